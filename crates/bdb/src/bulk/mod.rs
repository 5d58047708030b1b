//! New hash files out of many entries at once.
//!
//! What Berkeley DB does entry by entry decides on which page an entry stands. All that depends on sizes and hashes
//! mostly: [`Layout`] goes the same way without the entries' bytes, which wait in a [`Spill`]. At the end each page is
//! written once. The file is that of one insertion after the other, page for page.

mod bucket;
mod layout;
mod render;

use crate::format::{Format, HEADER, MAX_PAGE, MIN_PAGE};
use crate::meta::{HashMeta, Meta, hash_of};
use crate::{Creation, Error, Existing, Method, Spill, Store};
use layout::{Layout, NewPair};

/// Entries are kept apart by the lower bits of their hashes, which decide on their buckets.
const GROUPS: usize = 256;
/// Bytes of each group that wait in memory.
const BLOCK: usize = 8 * 1024;

/// The group of a hash.
fn group_of(hash: u32) -> usize {
    hash as usize % GROUPS
}

/// A hash file under construction.
pub struct HashBuilder<S> {
    meta: Meta,
    spill: Spill<S>,
    layout: Layout,
}

impl<S: Store> HashBuilder<S> {
    /// Starts with no entries. `spill` makes the file where they wait when there are many. [`Creation::method`] is
    /// taken for granted.
    pub fn new(
        creation: &Creation,
        spill: impl FnMut() -> std::io::Result<S> + Send + 'static,
    ) -> HashBuilder<S> {
        let page_size = creation.page_size.clamp(MIN_PAGE, MAX_PAGE).next_power_of_two();
        let meta = Meta::new(Method::Hash, page_size, &creation.file_id);
        let layout = Layout::new(meta.format, HashMeta::new(creation.expected_elements));
        HashBuilder { meta, spill: Spill::new(GROUPS, BLOCK, spill), layout }
    }

    /// Adds an entry. False says that the key was there and keeps its value.
    ///
    /// # Errors
    /// The waiting entries cannot be written or read.
    pub fn put(&mut self, key: &[u8], value: &[u8], existing: Existing) -> Result<bool, Error> {
        let hash = hash_of(key);
        let found = self.layout.find(&mut self.spill, hash, key, value)?;
        if found.is_there() && existing == Existing::Keep {
            return Ok(false);
        }
        let place = self.spill.append(group_of(hash), key, value)?;
        let pair = NewPair { hash, place, key, value };
        self.layout.put(&mut self.spill, &found, &pair)?;
        Ok(true)
    }

    /// Writes the file.
    ///
    /// # Errors
    /// The waiting entries cannot be read, or the store cannot be written.
    pub fn finish(self, store: &mut impl Store) -> Result<(), Error> {
        render::write(self.meta, &self.layout, &self.spill, store)
    }
}

/// Whether an item goes to overflow pages.
fn is_large(format: Format, item: &[u8]) -> bool {
    item.len() > format.page_size / 4
}

/// The bytes of a page that slots and items share: new files have no checksums.
fn capacity(format: Format) -> usize {
    format.page_size - HEADER
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Database;
    use crate::page::Page;
    use proptest::prelude::*;

    const CREATION: Creation =
        Creation { method: Method::Hash, page_size: 512, expected_elements: 4096, file_id: [7; 20] };

    fn built(entries: &[(Vec<u8>, Vec<u8>)], existing: Existing, page_size: usize) -> (Vec<bool>, Vec<u8>) {
        let creation = Creation { page_size, ..CREATION };
        let mut builder = HashBuilder::new(&creation, || Ok(Vec::<u8>::new()));
        let new = entries.iter().map(|(key, value)| builder.put(key, value, existing).unwrap()).collect();
        let mut file = Vec::new();
        builder.finish(&mut file).unwrap();
        (new, file)
    }

    fn inserted(
        entries: &[(Vec<u8>, Vec<u8>)],
        existing: Existing,
        page_size: usize,
    ) -> (Vec<bool>, Vec<u8>) {
        let creation = Creation { page_size, ..CREATION };
        let mut database = Database::create(Vec::new(), &creation, 1 << 20).unwrap();
        let new = entries.iter().map(|(key, value)| database.put(key, value, existing).unwrap()).collect();
        database.flush().unwrap();
        (new, database.store().clone())
    }

    /// The pages of a file, without the bytes between slots and items.
    fn pages(file: &[u8], page_size: usize) -> Vec<Vec<u8>> {
        let format = Format { order: crate::ByteOrder::NATIVE, page_size, overhead: HEADER };
        let page = |(number, bytes): (usize, &[u8])| {
            let view = Page { format, bytes };
            let used = match view.kind() {
                _ if number == 0 => page_size..page_size,
                Some(crate::format::PageKind::Overflow) => HEADER + view.high_free()..page_size,
                Some(crate::format::PageKind::Free) => HEADER..page_size,
                _ => HEADER + 2 * view.entries()..view.high_free(),
            };
            let mut bytes = bytes.to_vec();
            bytes[used].fill(0);
            bytes
        };
        file.chunks(page_size).enumerate().map(page).collect()
    }

    fn assert_same(entries: &[(Vec<u8>, Vec<u8>)], existing: Existing, page_size: usize) {
        let (ours, file) = built(entries, existing, page_size);
        let (new, expected) = inserted(entries, existing, page_size);
        assert_eq!(ours, new);
        let (file, expected) = (pages(&file, page_size), pages(&expected, page_size));
        assert_eq!(file.len(), expected.len());
        for (number, (page, expected)) in file.iter().zip(&expected).enumerate() {
            assert!(page == expected, "page {number}");
        }
    }

    /// A key or value: mostly short ones, some of which go to overflow pages; many that begin alike.
    fn item() -> impl Strategy<Value = Vec<u8>> {
        prop_oneof![
            20 => proptest::collection::vec(0..4_u8, 0..12),
            10 => proptest::collection::vec(any::<u8>(), 0..60),
            1 => (100..1600_usize, 0..3_u8).prop_map(|(size, byte)| vec![byte; size]),
        ]
    }

    /// A key. None that goes to overflow pages begins like another one: with such, Berkeley DB's search misses keys.
    fn key() -> impl Strategy<Value = Vec<u8>> {
        item().prop_map(|mut item| {
            let is_large = item.len() > 100;
            item.insert(0, if is_large { 200 } else { 100 });
            item
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn files_are_those_of_single_insertions(
            entries in proptest::collection::vec((key(), item()), 0..600),
            replace: bool,
        ) {
            let existing = if replace { Existing::Replace } else { Existing::Keep };
            assert_same(&entries, existing, 512);
        }
    }

    #[test]
    fn large_files_are_those_of_single_insertions() {
        let entry = |number: u32| {
            let key = format!("user{:x}@example.com", number.wrapping_mul(2_654_435_761)).into_bytes();
            (key, vec![b'v'; number as usize % 97])
        };
        let entries: Vec<_> = (0..40_000).map(entry).collect();
        assert_same(&entries, Existing::Keep, 512);
        assert_same(&entries, Existing::Keep, 4096);
    }
}
