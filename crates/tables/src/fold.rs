//! Key folding and UTF-8 checks, in front of every table.

use crate::lines::is_utf8;
use crate::{About, Answer, Entry, Flags, LookupError, Name, Owner, Seek, Table, log_lines};
use address::fold_case;
use std::borrow::Cow;
use std::sync::Arc;

/// A table behind folding and checks.
pub(crate) struct Folding {
    inner: Arc<dyn Table>,
    about: About,
    fold: bool,
    utf8: bool,
}

impl Folding {
    /// Puts a table behind what its flags ask for. Nothing is put before a table that needs nothing.
    pub(crate) fn wrap(inner: Arc<dyn Table>, utf8_enabled: bool) -> Arc<dyn Table> {
        let flags = inner.flags();
        if flags.contains(Flags::UTF8_ACTIVE) {
            return inner;
        }
        let wanted = if flags.contains(Flags::FIXED) { Flags::FOLD_FIX } else { Flags::FOLD_MUL };
        let fold = flags.intersects(wanted);
        let utf8 = utf8_enabled && flags.contains(Flags::UTF8_REQUEST);
        if !fold && !utf8 {
            return inner;
        }
        let flags = if utf8 { flags | Flags::UTF8_ACTIVE } else { flags };
        let about = About { flags, ..inner.about().clone() };
        Arc::new(Folding { inner, about, fold, utf8 })
    }

    /// The key to ask with; `None` when it is not UTF-8 but should be.
    fn key<'k>(&self, key: &'k [u8]) -> Option<Cow<'k, [u8]>> {
        if self.utf8 && !is_utf8(key) {
            log_lines::non_utf8_key(self.kind(), self.name(), key);
            return None;
        }
        Some(if self.fold { fold_case(key, self.utf8) } else { Cow::Borrowed(key) })
    }

    fn bad_value(&self, key: &[u8], value: &[u8]) -> bool {
        let bad = self.utf8 && !is_utf8(value);
        if bad {
            log_lines::non_utf8_value(self.kind(), self.name(), key, value);
        }
        bad
    }
}

impl Table for Folding {
    fn about(&self) -> &About {
        &self.about
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
        let Some(folded) = self.key(key) else {
            return Ok(None);
        };
        match self.inner.lookup(&folded)? {
            Some(value) if self.bad_value(key, &value) => Err(LookupError::Config),
            result => Ok(result),
        }
    }

    fn lookup_many(&self, keys: &[&[u8]]) -> Vec<Answer> {
        if self.utf8 && !keys.iter().all(|key| is_utf8(key)) {
            // Each is warned of in its turn.
            return Vec::new();
        }
        let folded: Vec<Cow<'_, [u8]>> = keys.iter().filter_map(|key| self.key(key)).collect();
        let folded: Vec<&[u8]> = folded.iter().map(AsRef::as_ref).collect();
        let mut answers = self.inner.lookup_many(&folded);
        for answer in &mut answers {
            if matches!(answer, Answer::Found(value) if self.utf8 && !is_utf8(value)) {
                *answer = Answer::Unknown;
            }
        }
        answers
    }

    fn update(&self, key: &[u8], value: &[u8]) -> Result<bool, LookupError> {
        let Some(folded) = self.key(key) else {
            return Ok(true);
        };
        if self.bad_value(key, value) {
            return Ok(true);
        }
        self.inner.update(&folded, value)
    }

    fn update_raw(&self, key: &[u8], value: &[u8]) -> Result<bool, LookupError> {
        self.inner.update_raw(key, value)
    }

    fn delete(&self, key: &[u8]) -> Result<bool, LookupError> {
        match self.key(key) {
            Some(folded) => self.inner.delete(&folded),
            None => Ok(true),
        }
    }

    fn sequence(&self, seek: Seek) -> Result<Option<Entry>, LookupError> {
        self.inner.sequence(seek)
    }
}
