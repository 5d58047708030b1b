//! The entries of a bulk update, held in memory until they are written in the order of their keys.

use hashbrown::{DefaultHashBuilder, HashTable};
use std::hash::BuildHasher;

/// Bytes of the two lengths in front of an entry.
const LENGTHS: usize = 8;

/// Entries with different keys.
#[derive(Default)]
pub(crate) struct BulkEntries {
    /// All entries, each with the lengths of key and value before it.
    bytes: Vec<u8>,
    /// Where the entries of all keys start.
    starts: HashTable<usize>,
    hasher: DefaultHashBuilder,
}

/// The entry that starts here.
fn entry(bytes: &[u8], start: usize) -> (&[u8], &[u8]) {
    let entry = bytes.get(start..).unwrap_or_default();
    let Some((&[k0, k1, k2, k3, v0, v1, v2, v3], text)) = entry.split_first_chunk::<LENGTHS>() else {
        return (&[], &[]);
    };
    let (keys, values) = (u32::from_le_bytes([k0, k1, k2, k3]), u32::from_le_bytes([v0, v1, v2, v3]));
    let (key, rest) = text.split_at_checked(keys as usize).unwrap_or_default();
    (key, rest.get(..values as usize).unwrap_or_default())
}

impl BulkEntries {
    /// Adds an entry; the old one with the same key stays, unless `replace` is set. False says that it stayed. Neither
    /// text may have 4 GB.
    pub(crate) fn insert(&mut self, key: &[u8], value: &[u8], replace: bool) -> bool {
        let BulkEntries { bytes, starts, hasher } = self;
        let start = bytes.len();
        let hash = hasher.hash_one(key);
        match starts.find_mut(hash, |&other| entry(bytes, other).0 == key) {
            Some(_) if !replace => return false,
            Some(old) => *old = start,
            None => {
                starts.insert_unique(hash, start, |&other| hasher.hash_one(entry(bytes, other).0));
            }
        }
        for length in [key.len(), value.len()] {
            bytes.extend_from_slice(&u32::try_from(length).unwrap_or(u32::MAX).to_le_bytes());
        }
        bytes.extend_from_slice(key);
        bytes.extend_from_slice(value);
        true
    }

    /// Puts the entries in the order of their keys.
    pub(crate) fn sorted(self) -> SortedEntries {
        let BulkEntries { bytes, starts, .. } = self;
        let mut starts: Vec<usize> = starts.into_iter().collect();
        // In the order of the source, which often is that of the keys.
        starts.sort_unstable();
        let shared = shared_prefix(&bytes, &starts);
        let mut order: Vec<(u64, usize)> =
            starts.into_iter().map(|start| (next_bytes(entry(&bytes, start).0, shared), start)).collect();
        order.sort_by(|one, other| {
            one.0.cmp(&other.0).then_with(|| entry(&bytes, one.1).0.cmp(entry(&bytes, other.1).0))
        });
        SortedEntries { bytes, order }
    }
}

/// With how many bytes all keys start alike.
fn shared_prefix(bytes: &[u8], starts: &[usize]) -> usize {
    let mut keys = starts.iter().map(|&start| entry(bytes, start).0);
    let first = keys.next().unwrap_or_default();
    keys.fold(first.len(), |shared, key| {
        first.iter().take(shared).zip(key).take_while(|(one, other)| one == other).count()
    })
}

/// Eight bytes of a key as a number, which tells most keys apart without a look at the keys themselves.
fn next_bytes(key: &[u8], shared: usize) -> u64 {
    let mut next = [0; 8];
    for (to, from) in next.iter_mut().zip(key.iter().skip(shared)) {
        *to = *from;
    }
    u64::from_be_bytes(next)
}

/// Entries in the order of their keys.
pub(crate) struct SortedEntries {
    bytes: Vec<u8>,
    /// Where entries start, behind some bytes of their keys.
    order: Vec<(u64, usize)>,
}

impl SortedEntries {
    /// Keys and values, one after the other.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.order.iter().map(|&(_, start)| entry(&self.bytes, start))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_sorted_and_unique() {
        let mut entries = BulkEntries::default();
        assert!(entries.insert(b"b", b"1", false));
        assert!(entries.insert(b"", b"2", false));
        assert!(entries.insert(b"aa", b"", false));
        assert!(!entries.insert(b"b", b"3", false));
        assert!(entries.insert(b"aa", b"4", true));
        let sorted = entries.sorted();
        let expected: [(&[u8], &[u8]); 3] = [(b"", b"2"), (b"aa", b"4"), (b"b", b"1")];
        assert_eq!(sorted.iter().collect::<Vec<_>>(), expected);
    }

    #[test]
    fn keys_with_long_shared_prefixes() {
        let mut entries = BulkEntries::default();
        let mut keys: Vec<Vec<u8>> = (0..300u32)
            .map(|number| format!("shared prefix {}", number * 7919 % 1000).into_bytes())
            .collect();
        keys.push(b"shared prefix ".to_vec());
        keys.push(b"shared prefix \0".to_vec());
        for key in &keys {
            entries.insert(key, b"v", true);
        }
        keys.sort();
        keys.dedup();
        let sorted = entries.sorted();
        assert_eq!(sorted.iter().map(|(key, _)| key.to_vec()).collect::<Vec<_>>(), keys);
    }
}
