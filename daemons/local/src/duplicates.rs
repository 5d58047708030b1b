//! The filter against delivering twice to one place (duplicate_filter_limit).

use std::collections::HashSet;

/// Names of places that were delivered to.
#[derive(Debug, Default)]
pub(crate) struct Duplicates {
    seen: HashSet<Vec<u8>>,
    limit: usize,
}

impl Duplicates {
    /// Remembers at most `limit` places (0: any number).
    pub(crate) fn new(limit: usize) -> Duplicates {
        Duplicates { seen: HashSet::new(), limit }
    }

    /// True if the place was seen before; remembers it.
    pub(crate) fn seen(&mut self, kind: &str, place: &[u8]) -> bool {
        let key = key(kind, place);
        if self.seen.contains(&key) {
            return true;
        }
        if self.limit == 0 || self.seen.len() < self.limit {
            self.seen.insert(key);
        }
        false
    }

    /// True if the place was seen before.
    pub(crate) fn contains(&self, kind: &str, place: &[u8]) -> bool {
        self.seen.contains(&key(kind, place))
    }
}

fn key(kind: &str, place: &[u8]) -> Vec<u8> {
    address::fold(&[kind.as_bytes(), b" ", place].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_time_counts() {
        let mut duplicates = Duplicates::new(1);
        assert!(!duplicates.seen("file", b"/A"));
        assert!(duplicates.seen("file", b"/a"));
        assert!(!duplicates.seen("command", b"/a"));
        assert!(!duplicates.seen("command", b"/a"));
    }
}
