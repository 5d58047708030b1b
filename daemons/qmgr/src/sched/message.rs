//! Messages and the recipients of theirs that are in memory, grouped for delivery.

use std::collections::VecDeque;

use super::arena::Id;
use super::{Clog, Destination, Effect, Job, Scheduler, Timer, Window};

/// A message in the active queue, as the scheduler sees it.
#[derive(Debug)]
pub struct Message<R> {
    /// When it came into the active queue, seconds.
    pub(super) queued_at: u64,
    /// Each recipient gets a delivery of its own.
    single_recipient: bool,
    /// Entries that have not ended, and readings of recipients that are under way.
    pub(super) references: u32,
    /// There are recipients that have not been read from the queue file.
    pub(super) has_more: bool,
    pub(super) unread_recipients: i64,
    pub(super) refilling: bool,
    refill_failed: bool,
    pub(super) refilled_at: u64,
    pub(super) recipients: i64,
    pub(super) recipient_limit: i64,
    pub(super) jobs: Vec<Id<Job<R>>>,
}

impl<R> Message<R> {
    pub(super) fn may_refill(&self) -> bool {
        self.has_more && self.references > 0 && !self.refilling && !self.refill_failed
    }
}

/// The share of a job that goes to one destination.
#[derive(Debug)]
pub struct Peer<R> {
    pub(super) job: Id<Job<R>>,
    pub(super) destination: Id<Destination<R>>,
    /// Waiting ones.
    pub(super) entries: VecDeque<Id<Entry<R>>>,
    /// Entries, also those under way.
    references: u32,
}

/// Recipients that go in one delivery.
#[derive(Debug)]
pub struct Entry<R> {
    message: Id<Message<R>>,
    peer: Id<Peer<R>>,
    destination: Id<Destination<R>>,
    recipients: Vec<R>,
}

/// Where an entry was when it ended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum From {
    Busy,
    Waiting,
}

impl<R> Scheduler<R> {
    /// Adds a message without recipients. `single_recipient` is for VERP.
    pub fn add_message(&mut self, now: u64, single_recipient: bool) -> Id<Message<R>> {
        self.messages.insert(Message {
            queued_at: now,
            single_recipient,
            references: 0,
            has_more: false,
            unread_recipients: 0,
            refilling: false,
            refill_failed: false,
            refilled_at: now,
            recipients: 0,
            recipient_limit: self.limits.recipients_each_message,
            jobs: Vec::new(),
        })
    }

    /// How many recipients may be read now for a new message.
    pub fn first_read_limit(&self) -> usize {
        let room = self.limits.recipients - self.recipients;
        clamp_read(room.max(self.limits.recipients_each_message))
    }

    /// How many recipients may be read now for a message that has some in memory.
    pub fn refill_limit(&self, id: Id<Message<R>>) -> usize {
        let message = &self.messages[id];
        clamp_read(message.recipient_limit - message.recipients)
    }

    /// Recipients of a message have been read and resolved: hands each to its destination. `unread` is how many are left in
    /// the queue file, `has_more` whether any are.
    pub fn assign(
        &mut self,
        id: Id<Message<R>>,
        recipients: impl IntoIterator<Item = (Id<Destination<R>>, R)>,
        has_more: bool,
        unread: i64,
        now: u64,
    ) {
        let message = &mut self.messages[id];
        message.has_more = has_more;
        message.unread_recipients = unread;
        message.refilled_at = now;
        for (destination, recipient) in recipients {
            let transport = self.destinations[destination].transport;
            let job = self.obtain_job(id, transport);
            let peer = self.obtain_peer(job, destination);
            let limit = self.transports[transport].settings.recipient_limit;
            let open = self.peers[peer].entries.back().copied().filter(|entry| {
                let len = self.entries[*entry].recipients.len();
                !self.messages[id].single_recipient && (limit == 0 || len < limit)
            });
            let entry = open.unwrap_or_else(|| self.create_entry(peer, id, now));
            self.entries[entry].recipients.push(recipient);
            self.jobs[job].recipients += 1;
            self.messages[id].recipients += 1;
            self.recipients += 1;
        }
        for job in &self.messages[id].jobs {
            let job = &self.jobs[*job];
            let transport = &mut self.transports[job.transport];
            if job.has_entries() && job.blocker_tag != transport.blocker_tag {
                transport.candidate = None;
            }
        }
        if !has_more {
            for job in self.messages[id].jobs.clone() {
                self.move_limits(job);
            }
        }
    }

    /// A reading that [`Effect::Refill`] asked for has ended, and [`Scheduler::assign`] was called if it went well.
    pub fn refilled(&mut self, id: Id<Message<R>>, ok: bool) {
        let message = &mut self.messages[id];
        message.refilling = false;
        message.refill_failed = !ok;
        self.release(id);
    }

    /// Keeps a message from being finished until [`Scheduler::release`].
    pub fn hold(&mut self, id: Id<Message<R>>) {
        self.messages[id].references += 1;
    }

    /// See [`Scheduler::hold`].
    pub fn release(&mut self, id: Id<Message<R>>) {
        let message = &mut self.messages[id];
        message.references = message.references.saturating_sub(1);
        if message.references == 0 {
            self.effects.push_back(Effect::Finished(id));
        }
    }

    pub(super) fn request_refill(&mut self, id: Id<Message<R>>) {
        let message = &mut self.messages[id];
        message.refilling = true;
        message.references += 1;
        self.effects.push_back(Effect::Refill(id));
    }

    /// Forgets a message whose entries have all ended.
    pub fn remove_message(&mut self, id: Id<Message<R>>) {
        for job in self.messages[id].jobs.clone() {
            self.free_job(job);
        }
        self.messages.remove(id);
    }

    /// Whose entry it is.
    pub fn entry_message(&self, id: Id<Entry<R>>) -> Id<Message<R>> {
        self.entries[id].message
    }

    /// Where it goes.
    pub fn entry_destination(&self, id: Id<Entry<R>>) -> &Destination<R> {
        &self.destinations[self.entries[id].destination]
    }

    /// Where it goes.
    pub fn entry_destination_id(&self, id: Id<Entry<R>>) -> Id<Destination<R>> {
        self.entries[id].destination
    }

    /// To whom.
    pub fn entry_recipients(&self, id: Id<Entry<R>>) -> &[R] {
        &self.entries[id].recipients
    }

    /// A selected entry could not be handed to a delivery agent: it waits again.
    pub fn unselect(&mut self, id: Id<Entry<R>>) {
        let entry = &self.entries[id];
        let destination = &mut self.destinations[entry.destination];
        destination.busy -= 1;
        destination.todo += 1;
        self.transports[destination.transport].waiting += 1;
        let peer = &mut self.peers[entry.peer];
        peer.entries.push_front(id);
        self.jobs[peer.job].selected_entries -= 1;
    }

    /// A delivery has ended, in whatever way.
    pub fn delivered(&mut self, id: Id<Entry<R>>, now: u64) {
        self.end_entry(id, From::Busy, now);
    }

    /// The recipients of an entry from [`Effect::Defer`] are deferred.
    pub fn deferred(&mut self, id: Id<Entry<R>>, now: u64) {
        self.end_entry(id, From::Waiting, now);
    }

    pub(super) fn begin_entry(&mut self, peer: Id<Peer<R>>, now: u64) -> Option<Id<Entry<R>>> {
        let peer = &mut self.peers[peer];
        let id = peer.entries.pop_front()?;
        let destination = &mut self.destinations[peer.destination];
        destination.todo -= 1;
        destination.busy += 1;
        self.transports[destination.transport].waiting -= 1;
        self.jobs[peer.job].selected_entries += 1;
        destination.update_connection_caching(now);
        Some(id)
    }

    /// Takes a waiting entry out of its peer, so that nobody selects it.
    pub(super) fn detach_entry(&mut self, id: Id<Entry<R>>) {
        let peer = &mut self.peers[self.entries[id].peer];
        let before = peer.entries.len();
        peer.entries.retain(|other| *other != id);
        if peer.entries.len() < before {
            self.jobs[peer.job].selected_entries += 1;
        }
    }

    /// Moves a waiting entry to another destination.
    pub(super) fn move_entry(&mut self, id: Id<Entry<R>>, to: Id<Destination<R>>, now: u64) {
        let message = self.entries[id].message;
        let old_job = self.peers[self.entries[id].peer].job;
        let job = self.obtain_job(message, self.destinations[to].transport);
        let peer = self.obtain_peer(job, to);
        let moved = self.create_entry(peer, message, now);
        let recipients = std::mem::take(&mut self.entries[id].recipients);
        let count = count(recipients.len());
        self.entries[moved].recipients = recipients;
        self.jobs[old_job].recipients -= count;
        self.jobs[job].recipients += count;
        self.detach_entry(id);
        self.end_entry(id, From::Waiting, now);
    }

    fn obtain_peer(&mut self, job: Id<Job<R>>, destination: Id<Destination<R>>) -> Id<Peer<R>> {
        // Either list would do. Mostly, one is short: a message to many destinations, or many messages to one.
        let (of_job, of_destination) = (&self.jobs[job].peers, &self.destinations[destination].peers);
        let known = if of_destination.len() <= of_job.len() {
            of_destination.iter().copied().find(|peer| self.peers[*peer].job == job)
        } else {
            of_job.iter().copied().find(|peer| self.peers[*peer].destination == destination)
        };
        known.unwrap_or_else(|| {
            let peer = self.peers.insert(Peer { job, destination, entries: VecDeque::new(), references: 0 });
            self.jobs[job].peers.push_back(peer);
            self.destinations[destination].peers.insert(peer);
            peer
        })
    }

    fn create_entry(&mut self, peer: Id<Peer<R>>, message: Id<Message<R>>, now: u64) -> Id<Entry<R>> {
        let destination = self.peers[peer].destination;
        let id = self.entries.insert(Entry { message, peer, destination, recipients: Vec::new() });
        self.messages[message].references += 1;
        let owner = &mut self.peers[peer];
        owner.entries.push_back(id);
        owner.references += 1;
        self.jobs[owner.job].read_entries += 1;
        let info = &mut self.destinations[destination];
        info.todo += 1;
        self.transports[info.transport].waiting += 1;
        self.warn_if_clogged(destination, now);
        id
    }

    fn end_entry(&mut self, id: Id<Entry<R>>, from: From, now: u64) {
        let Some(entry) = self.entries.remove(id) else { return };
        let destination = &mut self.destinations[entry.destination];
        match from {
            From::Busy => destination.busy -= 1,
            From::Waiting => {
                destination.todo -= 1;
                self.transports[destination.transport].waiting -= 1;
            }
        }
        let job_id = self.peers[entry.peer].job;
        let transport = self.jobs[job_id].transport;
        let count = count(entry.recipients.len());
        self.jobs[job_id].recipients -= count;
        self.messages[entry.message].recipients -= count;
        self.recipients -= count;
        self.release_limits(entry.message, job_id);

        let rate_delay = self.transports[transport].settings.rate_delay;
        if from == From::Busy && rate_delay > 0 {
            self.suspend(entry.destination, rate_delay);
        }
        if self.destinations[entry.destination].window != Window::Suspended {
            self.update_blocker(entry.destination);
        }
        self.release_peer(entry.peer);
        let many = self.destinations.len() as u64 > 2 * u64::try_from(self.limits.recipients).unwrap_or(0);
        let destination = &mut self.destinations[entry.destination];
        if from == From::Busy {
            destination.last_done = now;
        }
        if destination.is_empty() {
            if many && destination.throttled().is_some() {
                self.open_destination(entry.destination);
            }
            self.forget_if_idle(entry.destination);
        }
        let message = &mut self.messages[entry.message];
        message.references -= 1;
        if message.references == 0 {
            self.effects.push_back(Effect::Finished(entry.message));
        }
    }

    /// Recipients have left memory: jobs that cannot use the room give it to others.
    fn release_limits(&mut self, message: Id<Message<R>>, job: Id<Job<R>>) {
        let all_read = !self.messages[message].has_more;
        for index in 0..self.messages[message].jobs.len() {
            let Some(other) = self.messages[message].jobs.get(index).copied() else { break };
            let sponsor = &self.jobs[other];
            let has_room = sponsor.recipients < sponsor.recipient_limit;
            if other != job && has_room && (sponsor.age.is_none() || all_read) {
                self.move_limits(other);
            }
        }
        if all_read {
            self.move_limits(job);
        }
    }

    fn suspend(&mut self, id: Id<Destination<R>>, delay: u64) {
        if self.destinations[id].throttled().is_some() {
            self.open_destination(id);
        }
        self.destinations[id].window = Window::Suspended;
        self.effects.push_back(Effect::Timer(Timer::ResumeDestination(id), delay));
    }

    fn release_peer(&mut self, id: Id<Peer<R>>) {
        let peer = &mut self.peers[id];
        peer.references -= 1;
        if peer.references > 0 {
            return;
        }
        if let Some(peer) = self.peers.remove(id) {
            self.jobs[peer.job].peers.retain(|other| *other != id);
            self.destinations[peer.destination].peers.remove(&id);
        }
    }

    fn warn_if_clogged(&mut self, id: Id<Destination<R>>, now: u64) {
        let interval = self.limits.clog_warn_interval;
        let messages = self.messages.len() as u64;
        let destination = &mut self.destinations[id];
        let entries = u64::from(destination.todo) + u64::from(destination.busy);
        let limit = self.limits.active_messages;
        if interval == 0 || entries <= limit / 5 || now < destination.clog_warn_at {
            return;
        }
        destination.clog_warn_at = now + interval;
        let transport = &self.transports[destination.transport];
        let concurrency_limit = transport.settings.concurrency_limit;
        let window = match destination.window {
            Window::Ready(window) => u64::from(window),
            _ => 0,
        };
        self.effects.push_back(Effect::Clogged(Clog {
            nexthop: destination.nexthop.clone(),
            transport: transport.name.clone(),
            entries,
            messages,
            concurrency_limit: (concurrency_limit > 0 && concurrency_limit <= destination.busy + 1)
                .then_some(concurrency_limit),
            active_queue_limit: (window * messages.max(1) > limit * entries).then_some(limit),
            shares_transport: transport.destinations.len() > 1,
        }));
    }
}

/// Recipients that are read in one go, so that one message does not hold up the others.
const READ_LIMIT: i64 = 5000;

fn clamp_read(room: i64) -> usize {
    usize::try_from(room.clamp(1, READ_LIMIT)).unwrap_or(1)
}

fn count(len: usize) -> i64 {
    i64::try_from(len).unwrap_or(i64::MAX)
}
