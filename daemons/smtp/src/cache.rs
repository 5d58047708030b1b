//! Connections that are kept between messages (smtp_connection_cache_on_demand and its fellows).
//!
//! All conversations of this client run in one process, so the cache is a list in memory; there is no need for the
//! scache(8) service, whose place it takes. A connection is stored under the destination that it was made for, so that a
//! later message skips servers that do not answer, and under its server's address.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use tokio::time::Instant;

use crate::channel::Patience;
use crate::session::Session;

/// What must be equal for a connection to be used again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Key {
    /// The destination of a delivery request, or a server's address with its port.
    pub(crate) place: String,
    /// The message needs SMTPUTF8.
    pub(crate) smtputf8: bool,
}

struct Entry {
    id: u64,
    destination: Option<Key>,
    endpoint: Key,
    session: Session,
}

/// The kept connections. Cheap to clone.
#[derive(Clone, Default)]
pub(crate) struct Cache {
    shelf: Rc<RefCell<Shelf>>,
}

#[derive(Default)]
struct Shelf {
    entries: Vec<Entry>,
    next_id: u64,
}

impl Cache {
    /// Keeps a connection for at most `limit` of idleness, then hangs up.
    pub(crate) fn store(&self, destination: Option<Key>, endpoint: Key, session: Session, limit: Duration) {
        let id = {
            let mut shelf = self.shelf.borrow_mut();
            let id = shelf.next_id;
            shelf.next_id += 1;
            shelf.entries.push(Entry { id, destination, endpoint, session });
            id
        };
        let cache = self.clone();
        let until = Instant::now() + limit;
        tokio::task::spawn_local(async move {
            tokio::time::sleep_until(until).await;
            let expired = cache.take(|entry| entry.id == id);
            if let Some(session) = expired {
                session.channel.close(Patience::new(Duration::ZERO, false)).await;
            }
        });
    }

    /// A connection that was made for this destination.
    pub(crate) fn take_by_destination(&self, key: &Key) -> Option<Session> {
        self.take(|entry| entry.destination.as_ref() == Some(key))
    }

    /// A connection to this server address.
    pub(crate) fn take_by_endpoint(&self, key: &Key) -> Option<Session> {
        self.take(|entry| entry.endpoint == *key)
    }

    /// The longest kept one first, as connections are worth most when they are used before the server tires of them.
    fn take(&self, fits: impl Fn(&Entry) -> bool) -> Option<Session> {
        let mut shelf = self.shelf.borrow_mut();
        let at = shelf.entries.iter().position(fits)?;
        Some(shelf.entries.remove(at).session)
    }
}
