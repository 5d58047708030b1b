//! How often each client did what, and how many connections it has.
//!
//! A client is known by `service:address`. Its numbers belong to one time unit, which starts with its first event and
//! starts again with the first event after its end. A client without connections is forgotten after a time unit.

use crate::statistics::{Rate, Statistics};
use std::collections::{HashMap, VecDeque};

/// What is remembered of a client.
#[derive(Clone, Debug, Default)]
struct Remote {
    connections: i32,
    rates: Rates,
    /// When the time unit started; `None` after a time unit in which nothing happened was seen.
    start: Option<i64>,
    /// When it lost its last connection, as a number that tells stale entries of the queue apart.
    left: u64,
}

/// Events in the current time unit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Rates {
    pub(crate) connection: i32,
    pub(crate) message: i32,
    pub(crate) recipient: i32,
    pub(crate) newtls: i32,
    pub(crate) auth: i32,
}

impl Rates {
    fn of(&mut self, rate: Rate) -> &mut i32 {
        match rate {
            Rate::Connection => &mut self.connection,
            Rate::Message => &mut self.message,
            Rate::Recipient => &mut self.recipient,
            Rate::NewTls => &mut self.newtls,
            Rate::Auth => &mut self.auth,
        }
    }
}

impl Remote {
    fn new(now: i64) -> Remote {
        let rates = Rates { connection: 1, ..Rates::default() };
        Remote { connections: 1, rates, start: Some(now), left: 0 }
    }

    /// Counts an event, in a new time unit if the old one is over.
    fn count(&mut self, rate: Rate, now: i64, unit: i64) -> i32 {
        if self.start.is_none_or(|start| start + unit < now) {
            self.rates = Rates::default();
            self.start = Some(now);
        }
        let value = self.rates.of(rate);
        *value = value.saturating_add(1);
        *value
    }

    /// The numbers of the current time unit.
    fn current(&mut self, now: i64, unit: i64) -> Rates {
        if self.start.is_some_and(|start| start + unit < now) {
            self.rates = Rates::default();
            self.start = None;
        }
        self.rates
    }
}

/// What is remembered of all clients. Times are in seconds.
#[derive(Debug)]
pub(crate) struct Registry {
    unit: i64,
    remotes: HashMap<Vec<u8>, Remote>,
    /// Clients without connections in the order in which they lost the last one: when, who, and [`Remote::left`].
    leaving: VecDeque<(i64, Vec<u8>, u64)>,
    departures: u64,
    pub(crate) statistics: Statistics,
}

/// The client that a connection with smtpd(8) speaks for, if it does.
#[derive(Debug, Default)]
pub(crate) struct Link(Option<Vec<u8>>);

impl Link {
    /// Is a client counted as connected through it?
    pub(crate) fn is_counted(&self) -> bool {
        self.0.is_some()
    }
}

impl Registry {
    /// Remembers nobody. `unit` is anvil_rate_time_unit.
    pub(crate) fn new(unit: i64) -> Registry {
        Registry {
            unit,
            remotes: HashMap::new(),
            leaving: VecDeque::new(),
            departures: 0,
            statistics: Statistics::default(),
        }
    }

    /// Forgets clients that have been without connections for a time unit.
    fn forget(&mut self, now: i64) {
        while let Some((left, ..)) = self.leaving.front() {
            if left + self.unit > now {
                return;
            }
            let Some((_, ident, departure)) = self.leaving.pop_front() else {
                return;
            };
            let is_gone = |remote: &Remote| remote.connections == 0 && remote.left == departure;
            if self.remotes.get(&ident).is_some_and(is_gone) {
                self.remotes.remove(&ident);
            }
        }
    }

    /// Counts a connection of a client, and links it to the connection with smtpd.
    fn arrive(&mut self, link: &mut Link, ident: &[u8], now: i64) {
        self.forget(now);
        let unit = self.unit;
        match self.remotes.get_mut(ident) {
            Some(remote) => {
                remote.count(Rate::Connection, now, unit);
                remote.connections += 1;
            }
            None => {
                self.remotes.insert(ident.to_vec(), Remote::new(now));
                self.statistics.cache_size(self.remotes.len(), now);
            }
        }
        // A connection speaks for one client at a time.
        if let Some(before) = link.0.replace(ident.to_vec()) {
            self.leave(&before, now);
        }
    }

    fn leave(&mut self, ident: &[u8], now: i64) {
        let Some(remote) = self.remotes.get_mut(ident) else {
            return;
        };
        if remote.connections > 0 {
            remote.connections -= 1;
            if remote.connections == 0 {
                self.departures += 1;
                remote.left = self.departures;
                self.leaving.push_back((now, ident.to_vec(), self.departures));
            }
        }
    }

    /// A client connects. Gives its connections and its connection rate.
    pub(crate) fn connect(&mut self, link: &mut Link, ident: &[u8], now: i64) -> (i32, i32) {
        self.arrive(link, ident, now);
        let Some(remote) = self.remotes.get(ident) else {
            return (0, 0);
        };
        let (count, rate) = (remote.connections, remote.rates.connection);
        self.statistics.rate(Rate::Connection, rate, ident, now);
        self.statistics.connections(count, ident, now);
        (count, rate)
    }

    /// A client does something else that is counted. Gives the rate.
    pub(crate) fn event(&mut self, link: &mut Link, rate: Rate, ident: &[u8], now: i64) -> i32 {
        self.forget(now);
        if !self.remotes.contains_key(ident) {
            self.arrive(link, ident, now);
        }
        let unit = self.unit;
        let value = self.remotes.get_mut(ident).map_or(0, |remote| remote.count(rate, now, unit));
        self.statistics.rate(rate, value, ident, now);
        value
    }

    /// A client disconnects.
    pub(crate) fn disconnect(&mut self, link: &mut Link, ident: &[u8], now: i64) {
        if link.0.as_deref() == Some(ident) {
            link.0 = None;
            self.leave(ident, now);
        }
    }

    /// The connection with smtpd ends.
    pub(crate) fn hang_up(&mut self, link: &mut Link, now: i64) {
        if let Some(ident) = link.0.take() {
            self.leave(&ident, now);
        }
    }

    /// A client's numbers: its connections, its rates.
    pub(crate) fn look_up(&mut self, ident: &[u8], now: i64) -> (i32, Rates) {
        self.forget(now);
        let unit = self.unit;
        match self.remotes.get_mut(ident) {
            Some(remote) => (remote.connections, remote.current(now, unit)),
            None => (0, Rates::default()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &[u8] = b"smtp:192.0.2.1";

    #[test]
    fn connections_and_rates() {
        let mut registry = Registry::new(60);
        let (mut one, mut two) = (Link::default(), Link::default());
        assert_eq!(registry.connect(&mut one, A, 0), (1, 1));
        assert_eq!(registry.connect(&mut two, A, 10), (2, 2));
        assert_eq!(registry.event(&mut two, Rate::Message, A, 20), 1);
        registry.disconnect(&mut one, A, 30);
        assert_eq!(registry.look_up(A, 60), (1, Rates { connection: 2, message: 1, ..Rates::default() }));
        assert_eq!(registry.connect(&mut one, A, 61), (2, 1), "a new time unit");
        registry.hang_up(&mut one, 62);
        registry.hang_up(&mut two, 63);
        assert_eq!(registry.look_up(A, 64), (0, Rates { connection: 1, ..Rates::default() }));
    }

    #[test]
    fn a_client_without_connections_is_forgotten() {
        let mut registry = Registry::new(60);
        let mut link = Link::default();
        registry.connect(&mut link, A, 0);
        registry.hang_up(&mut link, 10);
        assert_eq!(registry.connect(&mut link, A, 69), (1, 1));
        registry.hang_up(&mut link, 70);
        registry.look_up(b"x", 129);
        assert_eq!(registry.remotes.len(), 1);
        registry.look_up(b"x", 130);
        assert_eq!(registry.remotes.len(), 0);
        assert!(registry.leaving.is_empty());
    }

    #[test]
    fn an_event_without_connection_counts_one() {
        let mut registry = Registry::new(60);
        let mut link = Link::default();
        assert_eq!(registry.event(&mut link, Rate::Auth, A, 0), 1);
        assert_eq!(registry.look_up(A, 1).0, 1);
        registry.disconnect(&mut link, A, 2);
        assert_eq!(registry.look_up(A, 3).0, 0);
        registry.disconnect(&mut link, A, 4);
        assert_eq!(registry.look_up(A, 5).0, 0);
    }

    #[test]
    fn a_link_speaks_for_one_client() {
        let mut registry = Registry::new(60);
        let mut link = Link::default();
        registry.connect(&mut link, A, 0);
        assert_eq!(registry.connect(&mut link, A, 1), (1, 2), "the first connection is over");
        registry.hang_up(&mut link, 1);
        assert_eq!(registry.look_up(A, 1).0, 0);
    }
}
