//! A filter for recipients that were there before.

use std::collections::HashSet;

use address::fold;

/// Remembers up to a number of keys, whatever their case.
#[derive(Debug)]
pub(crate) struct Duplicates {
    seen: HashSet<Vec<u8>>,
    limit: usize,
}

impl Duplicates {
    /// `limit` 0 means any number.
    pub(crate) fn new(limit: usize) -> Self {
        Self { seen: HashSet::new(), limit }
    }

    /// Whether the key was here before; from now on it was, unless there are too many.
    pub(crate) fn been_here(&mut self, key: &[u8]) -> bool {
        let key = fold(key);
        if self.seen.contains(&key) {
            return true;
        }
        if self.limit == 0 || self.seen.len() < self.limit {
            self.seen.insert(key);
        }
        false
    }

    /// Whether the key was here before.
    pub(crate) fn contains(&self, key: &[u8]) -> bool {
        self.seen.contains(&fold(key))
    }
}
