//! `debug:type:name`: a table of any type, with each request and its outcome in the log.

use crate::{About, Entry, Flags, LookupError, Name, Owner, Seek, Table, log_lines};
use std::sync::Arc;

/// A table whose requests are logged.
pub(crate) struct DebugTable {
    /// Named by the `type:name` of the table behind.
    about: About,
    inner: Arc<dyn Table>,
}

impl DebugTable {
    /// Logs what is asked of a table that was opened by this name.
    pub(crate) fn new(name: &Name, inner: Arc<dyn Table>) -> DebugTable {
        DebugTable { about: About::new("debug", name, inner.flags(), inner.owner()), inner }
    }
}

/// The reference's word for the outcome of a change; none for what ends the process before it is logged.
fn outcome(result: &Result<bool, LookupError>) -> Option<&'static str> {
    match result {
        Ok(true) => Some("success"),
        Ok(false) => Some("failed"),
        Err(LookupError::Fatal(_)) => None,
        Err(_) => Some("error"),
    }
}

impl Table for DebugTable {
    fn about(&self) -> &About {
        &self.about
    }

    fn flags(&self) -> Flags {
        self.inner.flags()
    }

    fn owner(&self) -> Owner {
        self.inner.owner()
    }

    fn asks_a_server(&self) -> bool {
        self.inner.asks_a_server()
    }

    fn stale_file(&self) -> Option<&Name> {
        self.inner.stale_file()
    }

    fn finish(&self) -> Result<(), LookupError> {
        self.inner.finish()
    }

    fn lookup(&self, key: &[u8]) -> Result<Option<Vec<u8>>, LookupError> {
        let result = self.inner.lookup(key);
        let shown = match &result {
            Ok(Some(value)) => value.as_slice(),
            Ok(None) => b"not_found",
            Err(LookupError::Fatal(_)) => return result,
            Err(_) => b"error",
        };
        log_lines::debug_lookup(&self.about.name, key, shown);
        result
    }

    fn update(&self, key: &[u8], value: &[u8]) -> Result<bool, LookupError> {
        let result = self.inner.update(key, value);
        if let Some(outcome) = outcome(&result) {
            log_lines::debug_update(&self.about.name, key, value, outcome);
        }
        result
    }

    fn delete(&self, key: &[u8]) -> Result<bool, LookupError> {
        let result = self.inner.delete(key);
        if let Some(outcome) = outcome(&result) {
            log_lines::debug_delete(&self.about.name, key, outcome);
        }
        result
    }

    fn sequence(&self, seek: Seek) -> Result<Option<Entry>, LookupError> {
        let result = self.inner.sequence(seek);
        match &result {
            Ok(Some((key, value))) => log_lines::debug_sequence(&self.about.name, key, value),
            Err(LookupError::Fatal(_)) => {}
            _ => log_lines::debug_end(&self.about.name),
        }
        result
    }
}
