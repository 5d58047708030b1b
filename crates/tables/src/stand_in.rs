//! What takes the place of a table that could not be opened: every request says why and fails for now, until the table
//! can be opened after all.
//!
//! Postfix's daemons end after a while, and the next one opens the table. Ours live longer, so they try again.

use crate::reload::root;
use crate::{About, Entry, Flags, LookupError, Name, Owner, Seek, Table, is_plug_in, log_lines};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

/// Tries to open the table again.
pub(crate) type Retry = Box<dyn Fn() -> Option<Arc<dyn Table>> + Send + Sync>;

/// The time between two tries.
const RETRY_INTERVAL: Duration = Duration::from_secs(10);

/// Stands in for a table.
pub(crate) struct StandIn {
    about: About,
    reason: String,
    retry: Option<Retry>,
    /// Where file names started when the table was opened; in a jail they mean other files.
    root: Option<(u64, u64)>,
    started: Instant,
    next_try: AtomicU64,
    table: OnceLock<Arc<dyn Table>>,
}

impl StandIn {
    /// For a table that is not there, for this reason.
    pub(crate) fn new(kind: &str, name: &Name, flags: Flags, reason: &str, retry: Option<Retry>) -> StandIn {
        StandIn {
            about: About::new(kind.to_owned(), name, flags | Flags::PATTERN, Owner::Trusted),
            reason: reason.to_owned(),
            retry,
            root: root(),
            started: Instant::now(),
            next_try: AtomicU64::new(RETRY_INTERVAL.as_secs()),
            table: OnceLock::new(),
        }
    }

    /// The table, if it could be opened meanwhile.
    fn recovered(&self) -> Option<&Arc<dyn Table>> {
        if let Some(table) = self.table.get() {
            return Some(table);
        }
        let now = self.started.elapsed().as_secs();
        if now < self.next_try.load(Ordering::Relaxed) {
            return None;
        }
        self.next_try.store(now.saturating_add(RETRY_INTERVAL.as_secs()), Ordering::Relaxed);
        let retry = self.retry.as_ref().filter(|_| self.root == root())?;
        let table = retry()?;
        Some(self.table.get_or_init(|| table))
    }

    /// Asks the table, or says that it is not there.
    fn ask<T>(&self, request: impl FnOnce(&dyn Table) -> Result<T, LookupError>) -> Result<T, LookupError> {
        match self.recovered() {
            Some(table) => request(&**table),
            None => {
                log_lines::unavailable(&self.about.kind, &self.about.name, &self.reason);
                Err(LookupError::Retry(Some(self.reason.clone())))
            }
        }
    }
}

impl Table for StandIn {
    fn about(&self) -> &About {
        &self.about
    }

    fn flags(&self) -> Flags {
        self.table.get().map_or(self.about.flags, |table| table.flags())
    }

    fn owner(&self) -> Owner {
        self.table.get().map_or(self.about.owner, |table| table.owner())
    }

    fn asks_a_server(&self) -> bool {
        self.about.kind == "proxy" || is_plug_in(&self.about.kind)
    }

    fn stale_file(&self) -> Option<&Name> {
        self.table.get().and_then(|table| table.stale_file())
    }

    fn lookup(&self, key: &[u8]) -> Result<Option<Vec<u8>>, LookupError> {
        self.ask(|table| table.lookup(key))
    }

    fn update(&self, key: &[u8], value: &[u8]) -> Result<bool, LookupError> {
        self.ask(|table| table.update(key, value))
    }

    fn delete(&self, key: &[u8]) -> Result<bool, LookupError> {
        self.ask(|table| table.delete(key))
    }

    fn sequence(&self, seek: Seek) -> Result<Option<Entry>, LookupError> {
        self.ask(|table| table.sequence(seek))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{IfUnavailable, Opener, Settings};

    #[test]
    fn a_table_that_appears_is_used() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("t");
        let settings = Settings { if_unavailable: IfUnavailable::StandIn, ..Settings::default() };
        let opener = Opener::new(settings);
        let retry: Retry = {
            let spec = format!("texthash:{}", path.display());
            Box::new(move || opener.open(&spec, Flags::NONE).ok().filter(|table| table.kind() == "texthash"))
        };
        let stand_in = StandIn::new("texthash", &"t".into(), Flags::NONE, "gone", Some(retry));
        assert!(stand_in.lookup(b"a").is_err());
        std::fs::write(&path, "a b\n").unwrap();
        assert!(stand_in.lookup(b"a").is_err(), "not tried again at once");
        stand_in.next_try.store(0, Ordering::Relaxed);
        assert_eq!(stand_in.lookup(b"a"), Ok(Some(b"b".to_vec())));
        assert!(stand_in.flags().contains(Flags::FIXED));
    }
}
