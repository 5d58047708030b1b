//! Several servers that have the same data: which to ask, and what happens when one does not answer.

use super::kept::{Held, Kept};
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How often a connection is tried for one request.
const MAX_TRIES: usize = 99;

/// A server by its address `T` and the connections `C` to it.
struct Host<T, C> {
    target: T,
    /// Hosts of a lower rank are asked first: sockets of this machine before the network.
    rank: u8,
    kept: Kept<C>,
    /// Not to be asked before.
    down_until: Mutex<Option<Instant>>,
}

/// A list of servers.
pub(crate) struct Hosts<T, C> {
    hosts: Vec<Host<T, C>>,
    retry_interval: Duration,
    random: RandomState,
}

impl<T, C> Host<T, C> {
    fn is_up(&self) -> bool {
        let down_until = self.down_until.lock().unwrap_or_else(PoisonError::into_inner);
        down_until.is_none_or(|time| time <= Instant::now())
    }

    fn set_down(&self, pause: Duration) {
        *self.down_until.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now().checked_add(pause);
        self.kept.clear();
    }

    fn set_up(&self) {
        *self.down_until.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

impl<T, C> Hosts<T, C> {
    /// The servers with their ranks. One that failed is left alone for `retry_interval`; a connection that is not used
    /// for `idle_interval` is closed.
    pub(crate) fn new(
        targets: Vec<(T, u8)>,
        retry_interval: Duration,
        idle_interval: Duration,
    ) -> Hosts<T, C> {
        let host = |(target, rank)| Host {
            target,
            rank,
            kept: Kept::new(idle_interval, Duration::MAX),
            down_until: Mutex::new(None),
        };
        Hosts { hosts: targets.into_iter().map(host).collect(), retry_interval, random: RandomState::new() }
    }

    /// Asks one server after the other until one answers. The two functions have logged their failures.
    pub(crate) fn ask<R>(
        &self,
        connect: impl Fn(&T) -> Option<C>,
        request: impl Fn(&T, &mut C) -> Option<R>,
    ) -> Option<R> {
        let mut tries = 0;
        loop {
            let (host, mut held) = match self.connected() {
                Some(connected) => connected,
                None => {
                    tries += 1;
                    let host = self.choose(Host::is_up).filter(|_| tries <= MAX_TRIES)?;
                    match connect(&host.target) {
                        Some(connection) => {
                            host.set_up();
                            (host, Held::fresh(connection))
                        }
                        None => {
                            host.set_down(self.retry_interval);
                            continue;
                        }
                    }
                }
            };
            match request(&host.target, &mut held.connection) {
                Some(answer) => {
                    host.kept.keep(held);
                    return Some(answer);
                }
                None => host.set_down(self.retry_interval),
            }
        }
    }

    fn connected(&self) -> Option<(&Host<T, C>, Held<C>)> {
        let host = self.choose(|host| host.kept.has_any())?;
        // Another session may have been faster.
        Some((host, host.kept.take()?))
    }

    /// A host of the lowest rank that there is, by chance.
    fn choose(&self, fits: impl Fn(&Host<T, C>) -> bool) -> Option<&Host<T, C>> {
        let fitting: Vec<&Host<T, C>> = self.hosts.iter().filter(|host| fits(host)).collect();
        let lowest = fitting.iter().map(|host| host.rank).min()?;
        let best: Vec<_> = fitting.into_iter().filter(|host| host.rank == lowest).collect();
        let chance = self.random.hash_one(Instant::now()) as usize;
        best.get(chance % best.len()).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;

    #[test]
    fn failing_hosts_are_left_alone() {
        let hosts: Hosts<&str, ()> =
            Hosts::new(vec![("a", 1), ("b", 0)], Duration::from_secs(60), Duration::from_secs(60));
        let tried = RefCell::new(Vec::new());
        let connect = |host: &&'static str| {
            tried.borrow_mut().push(*host);
            (*host == "a").then_some(())
        };
        let answer = hosts.ask(connect, |host, _| Some(*host));
        assert_eq!(answer, Some("a"));
        assert_eq!(*tried.borrow(), ["b", "a"]);
        assert_eq!(hosts.ask(connect, |host, _| Some(*host)), Some("a"));
        assert_eq!(tried.borrow().len(), 2, "the connection is used again");
        assert_eq!(hosts.ask(connect, |_, _| None::<()>), None);
        assert_eq!(hosts.ask(connect, |_, _| Some(())), None, "both are down");
    }
}
