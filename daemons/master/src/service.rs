//! A running service: its sockets, its children, and when it wants another child.

use std::collections::BTreeMap;
use std::io;
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use server::protocol::{Availability, HELP_WANTED, Status};

use crate::definition::Definition;
use crate::error::Error;
use crate::log_lines;

/// The master's end and the children's end of a status channel. It is a pair of sockets, so that children see at theirs
/// when master is gone.
#[derive(Debug)]
pub(crate) struct StatusChannel {
    pub(crate) master_end: OwnedFd,
    pub(crate) child_end: OwnedFd,
}

impl StatusChannel {
    pub(crate) fn open() -> Result<StatusChannel, Error> {
        use nix::sys::socket::{AddressFamily, SockFlag, SockType, socketpair};
        let (master_end, child_end) =
            socketpair(AddressFamily::Unix, SockType::Stream, None, SockFlag::SOCK_CLOEXEC)
                .map_err(|error| Error::new(format_args!("pipe: {}", sys::errno_text(error))))?;
        sys::set_nonblocking(&master_end, true).map_err(|error| Error::system("pipe", &error))?;
        Ok(StatusChannel { master_end, child_end })
    }
}

/// A process that master started.
#[derive(Debug)]
pub(crate) struct Child {
    pub(crate) generation: u32,
    pub(crate) available: bool,
    /// Did it take a client? One that ends badly before that makes the service suspect.
    pub(crate) has_served: bool,
    /// How many sessions it serves now, if it is one that can serve several.
    pub(crate) sessions: Option<u32>,
    /// Its place among the processes that share the service's sessions.
    place: usize,
    /// It belongs to the configuration before the last reload, and ends when its clients are gone.
    pub(crate) retired: bool,
}

/// What a service wants from its sockets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Demand {
    /// Its children see to its clients, or it is throttled.
    Nothing,
    /// A client that comes gets a new child.
    Child,
    /// There is no room for another child, and the children are all busy.
    Room,
}

/// A running service.
#[derive(Debug)]
pub(crate) struct Service {
    pub(crate) definition: Definition,
    pub(crate) listeners: Vec<OwnedFd>,
    pub(crate) status: StatusChannel,
    pub(crate) children: BTreeMap<u32, Child>,
    pub(crate) wakeup_at: Option<Instant>,
    /// Wake-ups start with the first child.
    pub(crate) waits_for_use: bool,
    pub(crate) throttled_until: Option<Instant>,
    busy_warned_at: Option<Instant>,
    stressed_until: Option<Instant>,
    /// Children say that they serve several sessions.
    has_sessions: bool,
    processors: u32,
    partial: Vec<u8>,
}

/// How long a service stays under stress, and how often the log may say so.
const STRESS_TIME: Duration = Duration::from_secs(1000);
/// What a process without limit on its sessions is told.
const UNLIMITED_SESSIONS: u32 = 1000;

impl Service {
    pub(crate) fn new(definition: Definition, listeners: Vec<OwnedFd>) -> Result<Service, Error> {
        let mut service = Service {
            waits_for_use: definition.wakeup_if_used,
            definition,
            listeners,
            status: StatusChannel::open()?,
            children: BTreeMap::new(),
            wakeup_at: None,
            throttled_until: None,
            busy_warned_at: None,
            stressed_until: None,
            has_sessions: false,
            processors: u32::try_from(sys::process::processors()).unwrap_or(1),
            partial: Vec::new(),
        };
        service.schedule_wakeup();
        Ok(service)
    }

    /// Sets the timer for a wake-up at once, if the service has wake-ups.
    pub(crate) fn schedule_wakeup(&mut self) {
        let wanted = self.definition.wakeup > 0 && !self.waits_for_use;
        self.wakeup_at = wanted.then(Instant::now);
    }

    /// Takes on what master.cf says now. The children that are there finish, and others come.
    pub(crate) fn redefine(&mut self, definition: Definition) -> Result<(), Error> {
        if definition.program != self.definition.program {
            self.has_sessions = false;
        }
        self.waits_for_use = definition.wakeup_if_used;
        self.definition = definition;
        self.retire_children()
    }

    /// Has all children finish: they see that their status channel is closed.
    pub(crate) fn retire_children(&mut self) -> Result<(), Error> {
        self.status = StatusChannel::open()?;
        self.partial.clear();
        for child in self.children.values_mut() {
            child.retired = true;
        }
        self.schedule_wakeup();
        Ok(())
    }

    pub(crate) fn is_throttled(&self) -> bool {
        self.throttled_until.is_some()
    }

    /// Greatest number of processes now: of a service with sessions, one a processor.
    fn process_limit(&self) -> u32 {
        let limit = self.definition.process_limit;
        match (self.has_sessions, limit) {
            (false, 0) => u32::MAX,
            (false, limit) => limit,
            (true, 0) => self.processors,
            (true, limit) => limit.min(self.processors),
        }
    }

    /// How many sessions the process in this place may serve: the service's limit is shared out.
    fn share(&self, place: usize) -> u32 {
        let processes = match self.definition.process_limit {
            0 => return UNLIMITED_SESSIONS,
            limit => limit.min(self.processors).max(1),
        };
        let limit = self.definition.process_limit;
        let place = u32::try_from(place).unwrap_or(u32::MAX);
        (limit / processes + u32::from(place < limit % processes)).max(1)
    }

    /// Enters a child that was just started.
    pub(crate) fn add_child(&mut self, pid: u32, generation: u32, place: usize) {
        let sessions = self.has_sessions.then_some(0);
        let child = Child { generation, available: true, has_served: false, sessions, place, retired: false };
        self.children.insert(pid, child);
        if std::mem::take(&mut self.waits_for_use) {
            self.schedule_wakeup();
        }
    }

    /// The place for another child, and how many sessions it may serve there.
    pub(crate) fn free_place(&self) -> (usize, u32) {
        let taken = |place| self.children.values().any(|child| !child.retired && child.place == place);
        let place = (0..).find(|place| !taken(*place)).unwrap_or(0);
        (place, self.share(place))
    }

    /// What the service wants now.
    pub(crate) fn demand(&self) -> Demand {
        if self.is_throttled() {
            return Demand::Nothing;
        }
        if self.has_sessions {
            return self.session_demand();
        }
        // A retired child that is idle still looks available for the moment until it has seen that it is retired.
        if self.children.values().any(|child| child.available) {
            return Demand::Nothing;
        }
        if u32::try_from(self.children.len()).unwrap_or(u32::MAX) < self.process_limit() {
            Demand::Child
        } else {
            Demand::Room
        }
    }

    fn session_demand(&self) -> Demand {
        let current = || self.children.values().filter(|child| !child.retired && child.available);
        let sessions = |child: &Child| child.sessions.unwrap_or(0);
        let has_room = current().count() < usize::try_from(self.process_limit()).unwrap_or(usize::MAX);
        if has_room && current().all(|child| sessions(child) >= HELP_WANTED.min(self.share(child.place))) {
            Demand::Child
        } else if !has_room && current().all(|child| sessions(child) >= self.share(child.place)) {
            Demand::Room
        } else {
            Demand::Nothing
        }
    }

    /// Says in the log, not too often, that a service for strangers has no room.
    pub(crate) fn warn_if_busy(&mut self) {
        if !self.definition.has_stress() || self.demand() != Demand::Room {
            return;
        }
        let now = Instant::now();
        if self.busy_warned_at.is_none_or(|time| now.duration_since(time) > STRESS_TIME) {
            self.busy_warned_at = Some(now);
            let definition = &self.definition;
            log_lines::all_busy(&definition.name, &definition.identity.canonical, definition.process_limit);
        }
        if self.has_sessions {
            self.stressed_until = now.checked_add(STRESS_TIME);
        }
    }

    /// Is the next child started with `stress=yes`? The one that takes the last room is, and for a while all after it; the
    /// children from before then make place for others.
    pub(crate) fn start_stressed(&mut self) -> Result<bool, Error> {
        let now = Instant::now();
        let was_stressed = self.stressed_until.is_some_and(|until| until > now);
        let count = u32::try_from(self.children.len()).unwrap_or(u32::MAX);
        if self.definition.has_stress()
            && !self.has_sessions
            && count.saturating_add(1) >= self.process_limit()
        {
            if !was_stressed {
                self.retire_children()?;
            }
            self.stressed_until = now.checked_add(STRESS_TIME);
            return Ok(true);
        }
        Ok(was_stressed)
    }

    /// Reads what children say about themselves.
    pub(crate) fn read_status(&mut self) {
        let mut buffer = [0u8; Status::LENGTH * 64];
        match nix::unistd::read(&self.status.master_end, &mut buffer) {
            Ok(length) => self.partial.extend_from_slice(buffer.get(..length).unwrap_or_default()),
            Err(nix::errno::Errno::EAGAIN) => return,
            Err(error) => return log_lines::status_failed(&io::Error::from(error)),
        }
        let received = std::mem::take(&mut self.partial);
        let (messages, rest) = received.as_chunks::<{ Status::LENGTH }>();
        for message in messages {
            self.take_status(Status::decode(message));
        }
        if !rest.is_empty() {
            let definition = &self.definition;
            log_lines::partial_status(&definition.name, &definition.identity.canonical, rest.len());
        }
    }

    fn take_status(&mut self, status: Status) {
        // A child that ended before its message was read is no surprise.
        let Some(child) = self.children.get_mut(&status.pid) else { return };
        if child.generation != status.generation {
            return log_lines::stale_status(status.pid, status.generation);
        }
        match status.availability {
            Availability::Available if !child.available => {
                child.has_served = true;
                child.available = true;
            }
            Availability::Taken => child.available = false,
            Availability::Available => {}
            Availability::Sessions(count) => {
                child.sessions = Some(count);
                self.has_sessions = true;
            }
            Availability::Unknown(code) => log_lines::unknown_status(status.pid, code),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn service(process_limit: &str) -> Service {
        let text = format!("smtp inet n - n - {process_limit} smtpd\n");
        let definition = crate::definition::tests::definition(&text);
        let mut service = Service::new(definition, Vec::new()).unwrap();
        service.processors = 2;
        service
    }

    fn say(service: &mut Service, pid: u32, availability: Availability) {
        service.take_status(Status { pid, generation: 1, availability });
    }

    #[test]
    fn a_child_for_one_client_at_a_time() {
        let mut service = service("2");
        assert_eq!(service.demand(), Demand::Child);
        service.add_child(10, 1, 0);
        assert_eq!(service.demand(), Demand::Nothing);
        say(&mut service, 10, Availability::Taken);
        assert_eq!(service.demand(), Demand::Child);
        service.add_child(11, 1, 1);
        say(&mut service, 11, Availability::Taken);
        assert_eq!(service.demand(), Demand::Room);
        say(&mut service, 10, Availability::Available);
        assert_eq!(service.demand(), Demand::Nothing);
    }

    #[test]
    fn sessions_are_shared_between_processors() {
        let mut service = service("5");
        assert_eq!(service.free_place(), (0, 3));
        service.add_child(10, 1, 0);
        say(&mut service, 10, Availability::Sessions(0));
        assert_eq!(service.free_place(), (1, 2));
        assert_eq!(service.demand(), Demand::Nothing);
        say(&mut service, 10, Availability::Sessions(3));
        assert_eq!(service.demand(), Demand::Child);
        service.add_child(11, 1, 1);
        assert_eq!(service.demand(), Demand::Nothing);
        say(&mut service, 11, Availability::Sessions(2));
        assert_eq!(service.demand(), Demand::Room);
    }

    #[test]
    fn retired_children_make_room() {
        let mut service = service("5");
        service.add_child(10, 1, 0);
        say(&mut service, 10, Availability::Sessions(3));
        service.retire_children().unwrap();
        assert_eq!(service.demand(), Demand::Child);
        assert_eq!(service.free_place(), (0, 3));
    }
}
