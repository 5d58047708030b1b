//! The scheduler: who is served next. No I/O and no clock here; times are seconds that the caller gives.
//!
//! A message has a [`Job`] for each transport that its recipients need. A job has a peer for each destination, and a
//! peer has entries: recipients that go to one destination in one delivery. [`Scheduler`] keeps all of them and says
//! what is to be done by [`Effect`]s.

mod arena;
mod destination;
mod feedback;
mod job;
mod message;
#[cfg(test)]
mod tests;
mod transport;

use std::collections::{HashMap, VecDeque};

pub use arena::{Arena, Id};
pub use destination::{Destination, Outcome, Window, WindowChange};
pub use feedback::Feedback;
pub use job::Job;
pub use message::{Entry, Message, Peer};
pub use transport::{Transport, TransportSettings};

/// The service that defers mail for destinations that are closed.
pub const RETRY: &str = "retry";
/// The service that bounces mail.
pub const ERROR: &str = "error";

/// Why mail waits: an enhanced status code and a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// Such as `4.3.0`.
    pub status: String,
    /// The rest.
    pub text: Vec<u8>,
}

impl Reason {
    /// With a text of our own.
    pub fn new(status: &str, text: &str) -> Reason {
        Reason { status: status.to_owned(), text: text.as_bytes().to_vec() }
    }

    /// As the nexthop for the retry service.
    pub fn nexthop(&self) -> Vec<u8> {
        [self.status.as_bytes(), b" ", &self.text].concat()
    }
}

/// What the caller has to do.
#[derive(Debug)]
pub enum Effect<R> {
    /// All entries of the message have ended.
    Finished(Id<Message<R>>),
    /// More recipients of the message are to be read, then [`Scheduler::refilled`] called.
    Refill(Id<Message<R>>),
    /// The entry's recipients are to be deferred here, because the retry service is out of order, too. Then
    /// [`Scheduler::deferred`] is to be called.
    Defer(Id<Entry<R>>, Reason),
    /// Call [`Scheduler::on_timer`] with it after so many seconds.
    Timer(Timer<R>, u64),
    /// A destination has a large part of the active queue.
    Clogged(Clog),
    /// The window of a destination was looked at, and such changes are to be shown.
    WindowChanged(WindowChange),
}

/// Something to happen later.
#[derive(Debug)]
pub enum Timer<R> {
    /// Open a closed destination.
    OpenDestination(Id<Destination<R>>, u32),
    /// End the pause after a delivery to a destination with a rate delay.
    ResumeDestination(Id<Destination<R>>),
    /// Try a transport again.
    OpenTransport(Id<Transport<R>>, u32),
}

/// What the warning about a destination that clogs the active queue says.
#[derive(Debug)]
pub struct Clog {
    /// Whose nexthop.
    pub nexthop: Vec<u8>,
    /// By which transport.
    pub transport: String,
    /// Entries of the destination.
    pub entries: u64,
    /// Messages in the active queue.
    pub messages: u64,
    /// The concurrency limit is what holds it up.
    pub concurrency_limit: Option<u32>,
    /// Its window is larger than its share of the active queue.
    pub active_queue_limit: Option<u64>,
    /// The transport has other destinations, too.
    pub shares_transport: bool,
}

/// The limits that are not per transport.
#[derive(Clone, Debug)]
pub struct Limits {
    /// qmgr_message_active_limit
    pub active_messages: u64,
    /// qmgr_message_recipient_limit
    pub recipients: i64,
    /// qmgr_message_recipient_minimum
    pub recipients_each_message: i64,
    /// minimal_backoff_time: for how long a destination stays closed, seconds
    pub destination_pause: u64,
    /// transport_retry_time, seconds
    pub transport_pause: u64,
    /// qmgr_clog_warn_time, seconds; 0 for no warnings
    pub clog_warn_interval: u64,
}

/// Gives the limits of a transport by its name.
pub type SettingsOf = Box<dyn Fn(&str) -> TransportSettings>;

/// All messages in the active queue, in the order in which they are to be delivered. `R` is a recipient.
pub struct Scheduler<R> {
    limits: Limits,
    settings_of: SettingsOf,
    transports: Arena<Transport<R>>,
    transports_by_name: HashMap<String, Id<Transport<R>>>,
    /// In the order in which they are looked at.
    rotation: VecDeque<Id<Transport<R>>>,
    destinations: Arena<Destination<R>>,
    messages: Arena<Message<R>>,
    jobs: Arena<Job<R>>,
    peers: Arena<Peer<R>>,
    entries: Arena<Entry<R>>,
    recipients: i64,
    serial: u64,
    effects: VecDeque<Effect<R>>,
}

impl<R> Scheduler<R> {
    /// An empty one.
    pub fn new(limits: Limits, settings_of: SettingsOf) -> Scheduler<R> {
        Scheduler {
            limits,
            settings_of,
            transports: Arena::default(),
            transports_by_name: HashMap::new(),
            rotation: VecDeque::new(),
            destinations: Arena::default(),
            messages: Arena::default(),
            jobs: Arena::default(),
            peers: Arena::default(),
            entries: Arena::default(),
            recipients: 0,
            serial: 0,
            effects: VecDeque::new(),
        }
    }

    /// What is to be done next because of the calls so far.
    pub fn next_effect(&mut self) -> Option<Effect<R>> {
        self.effects.pop_front()
    }

    /// Messages in the active queue.
    pub fn message_count(&self) -> u64 {
        self.messages.len() as u64
    }

    /// The transport of that name, made on first use.
    pub fn transport(&mut self, name: &str) -> Id<Transport<R>> {
        if let Some(id) = self.transports_by_name.get(name) {
            return *id;
        }
        let settings = (self.settings_of)(name).normalised();
        let id = self.transports.insert(Transport::new(name.to_owned(), settings));
        self.transports_by_name.insert(name.to_owned(), id);
        self.rotation.push_front(id);
        id
    }

    /// A transport's name, limits and state.
    pub fn transport_info(&self, id: Id<Transport<R>>) -> &Transport<R> {
        &self.transports[id]
    }

    /// The destination `name` of a transport, made on first use.
    pub fn destination(
        &mut self,
        transport: Id<Transport<R>>,
        name: &[u8],
        nexthop: &[u8],
    ) -> Id<Destination<R>> {
        if let Some(id) = self.transports[transport].destinations.get(name) {
            return *id;
        }
        let window = self.transports[transport].settings.initial_concurrency;
        let destination = Destination::new(transport, name.to_vec(), nexthop.to_vec(), window);
        let id = self.destinations.insert(destination);
        self.transports[transport].destinations.insert(name.to_vec(), id);
        id
    }

    /// A destination's nexthop and state.
    pub fn destination_info(&self, id: Id<Destination<R>>) -> &Destination<R> {
        &self.destinations[id]
    }

    /// The retry service, unless it is out of order itself.
    pub fn retry_transport(&mut self) -> Option<Id<Transport<R>>> {
        let id = self.transport(RETRY);
        self.transports[id].dead.is_none().then_some(id)
    }

    /// The destination of the retry service that defers mail for this reason, unless that is out of order itself.
    pub fn retry_destination(&mut self, reason: &Reason) -> Option<Id<Destination<R>>> {
        let transport = self.retry_transport()?;
        let nexthop = reason.nexthop();
        let id = self.destination(transport, &nexthop, &nexthop);
        self.destinations[id].throttled().is_none().then_some(id)
    }

    /// Picks a transport that could use another connection to a delivery agent, and counts one as in the making.
    pub fn allocate_transport(&mut self) -> Option<Id<Transport<R>>> {
        let index = self.rotation.iter().position(|id| self.wants_agent(*id))?;
        let id = *self.rotation.get(index)?;
        transport::rotate_past(&mut self.rotation, index);
        let transport = &mut self.transports[id];
        transport.pending += 1;
        transport.rate_locked = transport.settings.transport_rate_delay > 0;
        Some(id)
    }

    fn wants_agent(&self, id: Id<Transport<R>>) -> bool {
        let transport = &self.transports[id];
        if !transport.may_allocate() {
            return false;
        }
        let mut need = i64::from(transport.pending) + 1;
        transport.destinations.values().any(|id| {
            let destination = &self.destinations[*id];
            need -= i64::from(destination.free_slots().min(destination.todo));
            need <= 0
        })
    }

    /// A connection from [`Scheduler::allocate_transport`] is no longer in the making.
    pub fn agent_connected(&mut self, id: Id<Transport<R>>) {
        let transport = &mut self.transports[id];
        transport.pending = transport.pending.saturating_sub(1);
    }

    /// A transport with a rate delay may be used again.
    pub fn unlock_transport(&mut self, id: Id<Transport<R>>) {
        self.transports[id].rate_locked = false;
    }

    /// A delivery agent cannot be reached: nothing goes by this transport for a while, and what waits for it is deferred.
    pub fn transport_failed(&mut self, id: Id<Transport<R>>, reason: &Reason, now: u64) {
        let pause = self.limits.transport_pause;
        let transport = &mut self.transports[id];
        if transport.dead.is_none() {
            transport.dead = Some(reason.clone());
            transport.dead_epoch = transport.dead_epoch.wrapping_add(1);
            let timer = Timer::OpenTransport(id, transport.dead_epoch);
            self.effects.push_back(Effect::Timer(timer, pause));
        }
        let destinations: Vec<_> = self.transports[id].destinations.values().copied().collect();
        for destination in destinations {
            self.defer_waiting(destination, reason, now);
        }
    }

    /// A transport works.
    pub fn open_transport(&mut self, id: Id<Transport<R>>) {
        let transport = &mut self.transports[id];
        if transport.dead.take().is_some() {
            transport.dead_epoch = transport.dead_epoch.wrapping_add(1);
        }
        transport.rate_locked = false;
    }

    /// A delivery to the destination went well.
    pub fn open_destination(&mut self, id: Id<Destination<R>>) {
        let Some(destination) = self.destinations.get_mut(id) else { return };
        let settings = &self.transports[destination.transport].settings;
        let feedback = destination.unthrottle(settings);
        if settings.shows_windows {
            let change = destination.window_change(Outcome::Success, feedback, settings);
            self.effects.push_back(Effect::WindowChanged(change));
        }
    }

    /// The destination as a whole refused a delivery, or could not be reached.
    pub fn destination_failed(&mut self, id: Id<Destination<R>>, reason: &Reason, now: u64) {
        let Some(destination) = self.destinations.get_mut(id) else { return };
        if !destination.is_ready() {
            return;
        }
        let settings = &self.transports[destination.transport].settings;
        let feedback = destination.throttle(settings, reason);
        if settings.shows_windows {
            let change = destination.window_change(Outcome::Failure, feedback, settings);
            self.effects.push_back(Effect::WindowChanged(change));
        }
        if destination.is_ready() {
            return;
        }
        let timer = Timer::OpenDestination(id, destination.throttle_epoch);
        self.effects.push_back(Effect::Timer(timer, self.limits.destination_pause));
        self.defer_waiting(id, reason, now);
    }

    /// A timer of [`Effect::Timer`] has run off.
    pub fn on_timer(&mut self, timer: &Timer<R>) {
        match *timer {
            Timer::OpenTransport(id, epoch) => {
                if self.transports.get(id).is_some_and(|transport| transport.dead_epoch == epoch) {
                    self.open_transport(id);
                }
            }
            Timer::OpenDestination(id, epoch) => {
                let current = self.destinations.get(id).filter(|known| known.throttle_epoch == epoch);
                if current.is_some_and(|destination| destination.throttled().is_some()) {
                    self.open_destination(id);
                    self.forget_if_idle(id);
                }
            }
            Timer::ResumeDestination(id) => {
                let Some(destination) = self.destinations.get_mut(id) else { return };
                if destination.window != Window::Suspended {
                    return;
                }
                destination.window = Window::Ready(1);
                if destination.is_empty() {
                    self.forget_if_idle(id);
                } else {
                    self.update_blocker(id);
                }
            }
        }
    }

    /// Opens everything that is closed (`postqueue -f`).
    pub fn open_all(&mut self) {
        for transport in self.rotation.clone() {
            if self.transports[transport].dead.is_some() {
                self.open_transport(transport);
            }
            let destinations: Vec<_> = self.transports[transport].destinations.values().copied().collect();
            for destination in destinations {
                if self.destinations[destination].throttled().is_some() {
                    self.open_destination(destination);
                }
                self.forget_if_idle(destination);
            }
        }
    }

    /// Drops a destination without mail, unless there is something to remember about it.
    fn forget_if_idle(&mut self, id: Id<Destination<R>>) {
        let Some(destination) = self.destinations.get(id) else { return };
        if !destination.is_ready() || !destination.is_empty() {
            return;
        }
        if let Some(destination) = self.destinations.remove(id) {
            self.transports[destination.transport].destinations.swap_remove(&destination.name);
        }
    }

    /// Looks at jobs again that were passed over because this destination had no room.
    fn update_blocker(&mut self, id: Id<Destination<R>>) {
        let destination = &mut self.destinations[id];
        let transport = &mut self.transports[destination.transport];
        if destination.blocker_tag != transport.blocker_tag {
            return;
        }
        let has_room = destination.free_slots() > 0;
        if has_room && destination.todo > 0 {
            transport.blocker_tag += 2;
            transport.current = transport.first_job;
            transport.candidate = None;
        }
        if has_room || destination.throttled().is_some() {
            destination.blocker_tag = 0;
        }
    }

    /// Sends all that waits for a destination to the retry service.
    fn defer_waiting(&mut self, id: Id<Destination<R>>, reason: &Reason, now: u64) {
        if self.destinations[id].todo == 0 {
            return;
        }
        let retry = self.retry_destination(reason).filter(|retry| *retry != id);
        let entries: Vec<_> = self.destinations[id]
            .peers
            .iter()
            .flat_map(|peer| self.peers[*peer].entries.iter().copied())
            .collect();
        for entry in entries {
            match retry {
                Some(retry) => self.move_entry(entry, retry, now),
                None => {
                    self.detach_entry(entry);
                    self.effects.push_back(Effect::Defer(entry, reason.clone()));
                }
            }
        }
    }
}
