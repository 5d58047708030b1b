//! Page 0: what a file is and where its parts are.

use crate::format::{ByteOrder, Format, HEADER, HEADER_WITH_CHECKSUM, MAX_PAGE, MIN_PAGE, NO_PAGE, PageKind};
use crate::pages::{Allocation, verify_meta_checksum};
use crate::{Error, Method, Store};

const MAGIC: usize = 12;
const VERSION: usize = 16;
const PAGE_SIZE: usize = 20;
const ENCRYPTION: usize = 24;
const KIND: usize = 25;
const META_FLAGS: usize = 26;
const FREE: usize = 28;
const LAST: usize = 32;
const PARTITIONS: usize = 36;
const FLAGS: usize = 48;
const FILE_ID: usize = 52;

const MAX_BUCKET: usize = 72;
const HIGH_MASK: usize = 76;
const LOW_MASK: usize = 80;
const FILL_FACTOR: usize = 84;
const ELEMENTS: usize = 88;
const HASH_SAMPLE: usize = 92;
const SPARES: usize = 96;

const MIN_KEYS: usize = 76;
const PAD: usize = 84;
const ROOT: usize = 88;

const HASH_MAGIC: u32 = 0x0006_1561;
const BTREE_MAGIC: u32 = 0x0005_3162;
const HASH_VERSIONS: std::ops::RangeInclusive<u32> = 7..=9;
const BTREE_VERSIONS: std::ops::RangeInclusive<u32> = 8..=10;
/// What 5.3 writes.
const NEW_VERSION: u32 = 9;

/// Pages have checksums.
const WITH_CHECKSUMS: u8 = 1;
/// Keys may stand in the file more than once: the same flag for both methods.
const DUPLICATES: u32 = 1;
/// Btree: numbers of records instead of keys, numbers of records beside keys, compressed leaves.
const RECORDS: u32 = 2;
const RECORD_NUMBERS: u32 = 4;
const COMPRESSED: u32 = 0x80;

/// The text whose hash stands in the metadata, so that a program with another function notices.
const SAMPLE: &[u8] = b"%$sniglet^&\0";
/// Where doublings of a hash table start, at most.
pub(crate) const DOUBLINGS: usize = 32;

/// Metadata of either method.
pub(crate) struct Meta {
    /// Page 0 as it stands in the file.
    pub bytes: Vec<u8>,
    pub format: Format,
    pub method: Method,
    flags: u32,
}

impl Meta {
    /// Reads and checks page 0.
    pub(crate) fn read(store: &impl Store) -> Result<Meta, Error> {
        let mut head = vec![0; MIN_PAGE];
        if store.read_at(&mut head, 0)? < MIN_PAGE {
            return Err(Error::NotADatabase);
        }
        let (order, method) = identify(&head).ok_or(Error::NotADatabase)?;
        let version = order.u32(&head, VERSION);
        let known = match method {
            Method::Hash => HASH_VERSIONS.contains(&version),
            Method::Btree => BTREE_VERSIONS.contains(&version),
        };
        let page_size = order.u32(&head, PAGE_SIZE) as usize;
        let flags = order.u32(&head, FLAGS);
        let byte = |at: usize| head.get(at).copied().unwrap_or(0);
        let foreign = byte(ENCRYPTION) != 0
            || order.u32(&head, PARTITIONS) != 0
            || (method == Method::Btree && flags & (RECORDS | COMPRESSED) != 0);
        let kind = match method {
            Method::Hash => PageKind::HashMeta,
            Method::Btree => PageKind::BtreeMeta,
        };
        let size_fits = page_size.is_power_of_two() && (MIN_PAGE..=MAX_PAGE).contains(&page_size);
        if !known || foreign || byte(KIND) != kind.byte() || !size_fits {
            return Err(Error::NotADatabase);
        }
        let checksums = byte(META_FLAGS) & WITH_CHECKSUMS != 0;
        let overhead = if checksums { HEADER_WITH_CHECKSUM } else { HEADER };
        let format = Format { order, page_size, overhead };
        if checksums {
            verify_meta_checksum(format, &mut head)?;
        }
        let mut bytes = vec![0; page_size];
        store.read_at(&mut bytes, 0)?;
        Ok(Meta { bytes, format, method, flags })
    }

    /// Page 0 of a new file. `file_id` is what tells this file from others.
    pub(crate) fn new(method: Method, page_size: usize, file_id: &[u8; 20]) -> Meta {
        let order = ByteOrder::NATIVE;
        let mut bytes = vec![0; page_size];
        let (magic, kind) = match method {
            Method::Hash => (HASH_MAGIC, PageKind::HashMeta),
            Method::Btree => (BTREE_MAGIC, PageKind::BtreeMeta),
        };
        order.put_u32(&mut bytes, MAGIC, magic);
        order.put_u32(&mut bytes, VERSION, NEW_VERSION);
        order.put_u32(&mut bytes, PAGE_SIZE, u32::try_from(page_size).unwrap_or(u32::MAX));
        if let Some(place) = bytes.get_mut(KIND) {
            *place = kind.byte();
        }
        if let Some(place) = bytes.get_mut(FILE_ID..FILE_ID + file_id.len()) {
            place.copy_from_slice(file_id);
        }
        let format = Format { order, page_size, overhead: HEADER };
        Meta { bytes, format, method, flags: 0 }
    }

    fn u32(&self, at: usize) -> u32 {
        self.format.order.u32(&self.bytes, at)
    }

    /// Free pages, and the last page.
    pub(crate) fn allocation(&self) -> Allocation {
        Allocation { free: self.u32(FREE), last: self.u32(LAST) }
    }

    /// Whether this crate can change the file.
    pub(crate) fn can_be_changed(&self) -> bool {
        let also = if self.method == Method::Btree { RECORD_NUMBERS } else { 0 };
        self.flags & (DUPLICATES | also) == 0
    }
}

/// Tells byte order and method by the magic number.
fn identify(head: &[u8]) -> Option<(ByteOrder, Method)> {
    [ByteOrder::Little, ByteOrder::Big].into_iter().find_map(|order| match order.u32(head, MAGIC) {
        HASH_MAGIC => Some((order, Method::Hash)),
        BTREE_MAGIC => Some((order, Method::Btree)),
        _ => None,
    })
}

/// Writes what every method has.
fn put_allocation(order: ByteOrder, bytes: &mut [u8], free: u32, last: u32) {
    order.put_u32(bytes, FREE, free);
    order.put_u32(bytes, LAST, last);
}

/// How a hash file finds the bucket of a key.
#[derive(Clone, Debug)]
pub(crate) struct HashMeta {
    /// The last bucket.
    pub max_bucket: u32,
    /// The mask of a table that is about to be twice as large as it was.
    pub high_mask: u32,
    /// The mask of the table before that.
    pub low_mask: u32,
    /// So many pairs on a page make the table grow; 0 when only overfull pages do.
    pub fill_factor: u32,
    /// How many keys there are, plus the number that the creator expected.
    pub elements: u32,
    /// For each doubling: its first page less its first bucket.
    pub spares: [u32; DOUBLINGS],
}

impl HashMeta {
    /// The table of a new file with two buckets.
    pub(crate) fn new(expected_elements: u32) -> HashMeta {
        let mut spares = [0; DOUBLINGS];
        spares[0] = 1;
        spares[1] = 1;
        HashMeta {
            max_bucket: 1,
            high_mask: 1,
            low_mask: 0,
            fill_factor: 0,
            elements: expected_elements,
            spares,
        }
    }

    /// Reads and checks the numbers.
    pub(crate) fn decode(meta: &Meta) -> Result<HashMeta, Error> {
        let mut spares = [0; DOUBLINGS];
        for (index, spare) in spares.iter_mut().enumerate() {
            *spare = meta.u32(SPARES + 4 * index);
        }
        let decoded = HashMeta {
            max_bucket: meta.u32(MAX_BUCKET),
            high_mask: meta.u32(HIGH_MASK),
            low_mask: meta.u32(LOW_MASK),
            fill_factor: meta.u32(FILL_FACTOR),
            elements: meta.u32(ELEMENTS),
            spares,
        };
        let HashMeta { max_bucket, high_mask, low_mask, .. } = decoded;
        let table_size = u64::from(high_mask) + 1;
        let is_table = table_size.is_power_of_two()
            && low_mask == high_mask >> 1
            && max_bucket <= high_mask
            && (max_bucket > low_mask || max_bucket == 0);
        if !is_table || max_bucket >= meta.allocation().last.max(1) {
            return Err(Error::damaged(0, "the number of buckets is wrong"));
        }
        Ok(decoded)
    }

    /// Writes the numbers into page 0.
    pub(crate) fn encode(&self, order: ByteOrder, bytes: &mut [u8], free: u32, last: u32) {
        put_allocation(order, bytes, free, last);
        order.put_u32(bytes, MAX_BUCKET, self.max_bucket);
        order.put_u32(bytes, HIGH_MASK, self.high_mask);
        order.put_u32(bytes, LOW_MASK, self.low_mask);
        order.put_u32(bytes, FILL_FACTOR, self.fill_factor);
        order.put_u32(bytes, ELEMENTS, self.elements);
        order.put_u32(bytes, HASH_SAMPLE, hash_of(SAMPLE));
        for (index, &spare) in self.spares.iter().enumerate() {
            order.put_u32(bytes, SPARES + 4 * index, spare);
        }
    }

    /// The bucket of a key with this hash.
    pub(crate) fn bucket_of(&self, hash: u32) -> u32 {
        let bucket = hash & self.high_mask;
        if bucket > self.max_bucket { bucket & self.low_mask } else { bucket }
    }

    /// Adds the next bucket. `extend` adds so many pages to the file, and gives the first one. Gives the bucket whose
    /// keys the new one shares, and the new one.
    pub(crate) fn add_bucket(
        &mut self,
        extend: impl FnOnce(u32) -> Result<u32, Error>,
    ) -> Result<(u32, u32), Error> {
        let new = self.max_bucket.checked_add(1).ok_or(Error::Full)?;
        let old = new & self.low_mask;
        let doubles = self.max_bucket == self.high_mask;
        let spare = self.spares.get_mut(doubling_of(new)).ok_or(Error::Full)?;
        if doubles && *spare == NO_PAGE {
            // Pages for all buckets of the new half, so that a bucket's page can be computed.
            *spare = extend(new)?.wrapping_sub(new);
        }
        self.max_bucket = new;
        if doubles {
            self.low_mask = self.high_mask;
            self.high_mask |= new;
        }
        Ok((old, new))
    }

    /// The first page of a bucket.
    pub(crate) fn page_of(&self, bucket: u32) -> u32 {
        let spare = self.spares.get(doubling_of(bucket)).copied().unwrap_or(0);
        bucket.wrapping_add(spare)
    }
}

/// The doubling that made a bucket: the logarithm, rounded up, of how many buckets there are up to it.
fn doubling_of(bucket: u32) -> usize {
    (u32::BITS - bucket.leading_zeros()) as usize
}

/// The hash function, Fowler, Noll and Vo's: keys find their bucket by it.
pub(crate) fn hash_of(key: &[u8]) -> u32 {
    key.iter().fold(0, |hash: u32, &byte| hash.wrapping_mul(16_777_619) ^ u32::from(byte))
}

/// Where a btree starts.
#[derive(Clone, Debug)]
pub(crate) struct BtreeMeta {
    /// The root page.
    pub root: u32,
    /// How many keys must fit on a page: larger items go to overflow pages.
    pub min_keys: u32,
}

impl BtreeMeta {
    /// A tree of one page.
    pub(crate) fn new() -> BtreeMeta {
        BtreeMeta { root: 1, min_keys: 2 }
    }

    /// Reads and checks the numbers.
    pub(crate) fn decode(meta: &Meta) -> Result<BtreeMeta, Error> {
        let decoded = BtreeMeta { root: meta.u32(ROOT), min_keys: meta.u32(MIN_KEYS) };
        if decoded.min_keys < 2 || decoded.min_keys as usize > meta.format.page_size {
            return Err(Error::damaged(0, "the least number of keys on a page is wrong"));
        }
        Ok(decoded)
    }

    /// Writes the numbers into page 0. A new file says that records are padded with spaces, though only other methods
    /// have padding.
    pub(crate) fn encode(&self, order: ByteOrder, bytes: &mut [u8], free: u32, last: u32) {
        put_allocation(order, bytes, free, last);
        if order.u32(bytes, ROOT) == 0 {
            order.put_u32(bytes, PAD, u32::from(b' '));
        }
        order.put_u32(bytes, MIN_KEYS, self.min_keys);
        order.put_u32(bytes, ROOT, self.root);
    }

    /// Items larger than this go to overflow pages.
    pub(crate) fn largest_item(&self, format: Format) -> usize {
        let share = (format.page_size - format.overhead) / (self.min_keys as usize * 2);
        // The slot, the header of an item, and what alignment may add.
        share.saturating_sub(2 + 4 + 4)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_those_of_berkeley_db() {
        // The number in every file that 5.3 made.
        assert_eq!(hash_of(SAMPLE), 0x5e68_8dd1);
    }

    #[test]
    fn buckets_stand_behind_one_another() {
        let doublings: Vec<usize> = (0..9).map(doubling_of).collect();
        assert_eq!(doublings, [0, 1, 2, 2, 3, 3, 3, 3, 4]);
    }
}
