//! Connections that wait for the next request.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// A connection that is in use.
pub(crate) struct Held<C> {
    /// The connection.
    pub(crate) connection: C,
    opened: Instant,
}

impl<C> Held<C> {
    /// A connection that was made just now.
    pub(crate) fn fresh(connection: C) -> Held<C> {
        Held { connection, opened: Instant::now() }
    }
}

struct Idle<C> {
    held: Held<C>,
    since: Instant,
}

/// Connections to one server that are not in use. Several sessions of a process ask side by side, each on its own.
pub(crate) struct Kept<C> {
    idle: Mutex<Vec<Idle<C>>>,
    idle_limit: Duration,
    life_limit: Duration,
}

impl<C> Kept<C> {
    /// A connection that was not used for `idle_limit` is closed; one that is older than `life_limit` is not used
    /// again.
    pub(crate) fn new(idle_limit: Duration, life_limit: Duration) -> Kept<C> {
        Kept { idle: Mutex::default(), idle_limit, life_limit }
    }

    /// Connections that may be kept for ever.
    pub(crate) fn without_limits() -> Kept<C> {
        Kept::new(Duration::MAX, Duration::MAX)
    }

    /// The connection that was used last.
    pub(crate) fn take(&self) -> Option<Held<C>> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.retain(|idle| {
            idle.since.elapsed() < self.idle_limit && idle.held.opened.elapsed() < self.life_limit
        });
        idle.pop().map(|idle| idle.held)
    }

    /// Gives a connection back after use.
    pub(crate) fn keep(&self, held: Held<C>) {
        let idle = Idle { held, since: Instant::now() };
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(idle);
    }

    /// Whether any is there.
    pub(crate) fn has_any(&self) -> bool {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.iter().any(|idle| idle.since.elapsed() < self.idle_limit)
    }

    /// Closes all.
    pub(crate) fn clear(&self) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_connections_are_closed() {
        let kept = Kept::new(Duration::MAX, Duration::MAX);
        kept.keep(Held::fresh(1));
        assert_eq!(kept.take().map(|held| held.connection), Some(1));
        assert!(!kept.has_any());
        for (idle, life) in [(Duration::ZERO, Duration::MAX), (Duration::MAX, Duration::ZERO)] {
            let kept = Kept::new(idle, life);
            kept.keep(Held::fresh(2));
            assert!(kept.take().is_none());
        }
    }
}
