//! The entries of a bulk update, until they are written in the order of their keys. Many entries wait in a file: the
//! memory for a large table is that for where its entries stand.

use crate::place_index::PlaceTable;
use bdb::{Error, Loaded, Place, Spill};
use hashbrown::DefaultHashBuilder;
use std::fs::{File, OpenOptions};
use std::hash::BuildHasher;
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// Bytes of entries that wait in memory, before they are sorted.
const BLOCK: usize = 64 * 1024;
/// Bytes of a part that wait in memory.
const PART_BLOCK: usize = 16 * 1024;
/// Bytes of entries that are sorted at once.
const PART: u64 = 2 * 1024 * 1024;
/// How many keys are kept to choose where parts begin.
const SAMPLES: usize = 2048;
/// How many hash tables there are: each grows by itself.
const TABLES: usize = 256;

/// Opens a file without a name, where a table's file will be or else where temporary files go.
pub(crate) fn nameless_file(beside: &Path) -> io::Result<File> {
    let parent = beside.parent().filter(|parent| !parent.as_os_str().is_empty());
    let open = |directory: &Path| open_nameless(directory).or_else(|_| open_and_remove(directory));
    open(parent.unwrap_or(Path::new("."))).or_else(|_| open(&std::env::temp_dir()))
}

fn open_nameless(directory: &Path) -> io::Result<File> {
    let flags = nix::libc::O_TMPFILE;
    OpenOptions::new().read(true).write(true).custom_flags(flags).mode(0o600).open(directory)
}

/// For file systems that have no files without names.
fn open_and_remove(directory: &Path) -> io::Result<File> {
    let path = directory.join(format!(".postmap.{}", sys::process::pid()));
    let file = OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(&path)?;
    std::fs::remove_file(&path)?;
    Ok(file)
}

/// Entries with different keys.
pub(crate) struct BulkEntries {
    beside: std::path::PathBuf,
    spill: Spill<File>,
    /// Where the entries of all keys start.
    places: Vec<PlaceTable>,
    hasher: DefaultHashBuilder,
    samples: Samples,
}

impl BulkEntries {
    /// No entries. What does not stay in memory goes to a file `beside` another one.
    pub(crate) fn new(beside: &Path) -> BulkEntries {
        let directory = beside.to_owned();
        BulkEntries {
            beside: beside.to_owned(),
            spill: Spill::new(1, BLOCK, move || nameless_file(&directory)),
            places: std::iter::repeat_with(PlaceTable::default).take(TABLES).collect(),
            hasher: DefaultHashBuilder::default(),
            samples: Samples::default(),
        }
    }

    /// Adds an entry; the old one with the same key stays, unless `replace` is set. False says that it stayed.
    pub(crate) fn insert(&mut self, key: &[u8], value: &[u8], replace: bool) -> Result<bool, Error> {
        let hash = (self.hasher.hash_one(key) >> 16) as u32;
        let Some(table) = self.places.get_mut(hash as usize % TABLES) else {
            return Err(Error::Full);
        };
        let mut old = None;
        for slot in table.candidates(hash) {
            let place = Place::from_number(table.place(slot).unwrap_or(0));
            if self.spill.key_at(0, place)? == key {
                old = Some(slot);
                break;
            }
        }
        if old.is_some() && !replace {
            return Ok(false);
        }
        let place = self.spill.append(0, key, value)?.number();
        match old.and_then(|slot| table.place_mut(slot)) {
            Some(old) => *old = place,
            None => table.insert(hash, place),
        }
        self.samples.see(key);
        Ok(true)
    }

    /// Puts the entries into parts, each of which has greater keys than the one before it.
    pub(crate) fn sorted(self) -> Result<SortedEntries, Error> {
        let BulkEntries { beside, mut spill, places, samples, .. } = self;
        drop(places);
        let count = usize::try_from(spill.size() / PART).unwrap_or(usize::MAX) + 1;
        if count == 1 {
            return Ok(SortedEntries { spill, parts: 1 });
        }
        let starts = samples.starts_of_parts(count);
        let parts = starts.len() + 1;
        let mut sorted = Spill::new(parts, PART_BLOCK, move || nameless_file(&beside));
        spill.for_each(0, |key, value| {
            let part = starts.partition_point(|start| start.as_slice() <= key);
            sorted.append(part, key, value).map(|_| ())
        })?;
        Ok(SortedEntries { spill: sorted, parts })
    }
}

/// Keys at even distances in the order in which they came.
#[derive(Default)]
struct Samples {
    keys: Vec<Vec<u8>>,
    seen: usize,
    /// So many keys are passed over, less one.
    stride: usize,
}

impl Samples {
    fn see(&mut self, key: &[u8]) {
        self.stride = self.stride.max(1);
        if self.seen.is_multiple_of(self.stride) {
            self.keys.push(key.to_vec());
        }
        self.seen += 1;
        if self.keys.len() > SAMPLES {
            let mut index = 0;
            self.keys.retain(|_| {
                index += 1;
                index % 2 == 1
            });
            self.stride *= 2;
        }
    }

    /// Keys that split the entries into about that many parts of about the same size.
    fn starts_of_parts(self, count: usize) -> Vec<Vec<u8>> {
        let mut keys = self.keys;
        keys.sort_unstable();
        let total = keys.len();
        let mut starts: Vec<Vec<u8>> =
            (1..count).filter_map(|part| keys.get(part * total / count).cloned()).collect();
        starts.dedup();
        starts
    }
}

/// Entries that can be gone through in the order of their keys.
pub(crate) struct SortedEntries {
    spill: Spill<File>,
    parts: usize,
}

impl SortedEntries {
    /// The size of all entries, bytes; those that were replaced, too.
    pub(crate) fn size(&self) -> u64 {
        self.spill.size()
    }

    /// Gives all entries; of those with the same key, the last one only.
    pub(crate) fn for_each<E: From<Error>>(
        &self,
        mut take: impl FnMut(&[u8], &[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut memory = Vec::new();
        for part in 0..self.parts {
            let entries = self.spill.load(part..part + 1, memory)?;
            let order = order(&entries);
            for (index, &(bytes, at)) in order.iter().enumerate() {
                let (key, value) = entries.entry_at(at);
                let is_replaced = order.get(index + 1).is_some_and(|&(next_bytes, next)| {
                    next_bytes == bytes && entries.entry_at(next).0 == key
                });
                if !is_replaced {
                    take(key, value)?;
                }
            }
            memory = entries.into_buffer();
        }
        Ok(())
    }
}

/// The entries of a part in the order of their keys, then in that of the source: where each one is, behind some bytes
/// of its key.
fn order(entries: &Loaded) -> Vec<(u64, usize)> {
    let shared = shared_prefix(entries.entries().map(|(_, key, _)| key));
    let mut order: Vec<(u64, usize)> =
        entries.entries().map(|(at, key, _)| (next_bytes(key, shared), at)).collect();
    order.sort_unstable_by(|one, other| {
        one.0
            .cmp(&other.0)
            .then_with(|| entries.entry_at(one.1).0.cmp(entries.entry_at(other.1).0))
            .then(one.1.cmp(&other.1))
    });
    order
}

/// With how many bytes all keys start alike.
fn shared_prefix<'a>(mut keys: impl Iterator<Item = &'a [u8]>) -> usize {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn entries_of(entries: BulkEntries) -> Vec<(Vec<u8>, Vec<u8>)> {
        let mut all = Vec::new();
        let take = |key: &[u8], value: &[u8]| {
            all.push((key.to_vec(), value.to_vec()));
            Ok::<(), Error>(())
        };
        entries.sorted().unwrap().for_each(take).unwrap();
        all
    }

    fn beside() -> std::path::PathBuf {
        std::env::temp_dir().join("table")
    }

    #[test]
    fn files_without_names_leave_nothing() {
        let directory = tempfile::tempdir().unwrap();
        for open in [open_nameless, open_and_remove] {
            let mut file = open(directory.path()).unwrap();
            io::Write::write_all(&mut file, b"entries").unwrap();
            assert_eq!(file.metadata().unwrap().len(), 7);
            assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
        }
        assert!(nameless_file(Path::new("/nowhere/at/all")).is_ok());
    }

    #[test]
    fn entries_are_sorted_and_unique() {
        let mut entries = BulkEntries::new(&beside());
        assert!(entries.insert(b"b", b"1", false).unwrap());
        assert!(entries.insert(b"", b"2", false).unwrap());
        assert!(entries.insert(b"aa", b"", false).unwrap());
        assert!(!entries.insert(b"b", b"3", false).unwrap());
        assert!(entries.insert(b"aa", b"4", true).unwrap());
        let expected: [(&[u8], &[u8]); 3] = [(b"", b"2"), (b"aa", b"4"), (b"b", b"1")];
        assert_eq!(entries_of(entries), expected.map(|(key, value)| (key.to_vec(), value.to_vec())));
    }

    #[test]
    fn keys_with_long_shared_prefixes() {
        let mut entries = BulkEntries::new(&beside());
        let mut keys: Vec<Vec<u8>> = (0..300u32)
            .map(|number| format!("shared prefix {}", number * 7919 % 1000).into_bytes())
            .collect();
        keys.push(b"shared prefix ".to_vec());
        keys.push(b"shared prefix \0".to_vec());
        for key in &keys {
            entries.insert(key, b"v", true).unwrap();
        }
        keys.sort();
        keys.dedup();
        assert_eq!(entries_of(entries).into_iter().map(|(key, _)| key).collect::<Vec<_>>(), keys);
    }

    #[test]
    fn more_entries_than_memory() {
        let mut entries = BulkEntries::new(&beside());
        let mut expected = std::collections::BTreeMap::new();
        for number in 0..120_000_u32 {
            let scattered = number.wrapping_mul(2_654_435_761);
            let key = format!("key{}", scattered % 90_000).into_bytes();
            let value = vec![b'v'; number as usize % 150];
            let is_new = expected.insert(key.clone(), value.clone()).is_none();
            assert!(entries.insert(&key, &value, true).unwrap() || !is_new);
        }
        assert!(entries.spill.size() > 3 * PART);
        assert_eq!(entries_of(entries), expected.into_iter().collect::<Vec<_>>());
    }
}
