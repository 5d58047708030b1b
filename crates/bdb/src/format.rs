//! Numbers and sizes of the file format. Source: the layout of `db_page.h` in Berkeley DB 5.3, and files that it wrote.

/// Where a file's numbers have their lowest byte. A file keeps the order of the machine that made it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ByteOrder {
    /// The lowest byte first.
    Little,
    /// The highest byte first.
    Big,
}

/// What every access to a page of one file needs to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Format {
    /// The order of bytes in numbers.
    pub order: ByteOrder,
    /// Bytes in a page: a power of two, 512 to 65536.
    pub page_size: usize,
    /// Bytes before the list of slots: the page header, and a checksum where the file has those.
    pub overhead: usize,
}

/// The size of a page header.
pub(crate) const HEADER: usize = 26;
/// The size of a page header with a checksum behind it.
pub(crate) const HEADER_WITH_CHECKSUM: usize = 32;
/// The smallest page: metadata uses no more of a larger one.
pub(crate) const MIN_PAGE: usize = 512;
/// The largest page.
pub(crate) const MAX_PAGE: usize = 65536;
/// No page: links end with it. Page 0 holds metadata, so that no link leads there.
pub(crate) const NO_PAGE: u32 = 0;
/// The level of btree leaves; their parents are level 2.
pub(crate) const LEAF_LEVEL: u8 = 1;

/// What a page holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PageKind {
    /// Nothing: it is on the free list.
    Free,
    /// Hash pairs in the order of their arrival, as versions before 4.6 wrote them.
    HashUnsorted,
    /// Keys of a btree above its leaves.
    BtreeInternal,
    /// Numbers of records above the leaves of a set of duplicates.
    RecordInternal,
    /// Pairs of a btree.
    BtreeLeaf,
    /// A set of duplicates in the order of their arrival.
    RecordLeaf,
    /// A part of an item that is too large for other pages.
    Overflow,
    /// Page 0 of a hash file.
    HashMeta,
    /// Page 0 of a btree file.
    BtreeMeta,
    /// A sorted set of duplicates.
    DuplicateLeaf,
    /// Hash pairs in the order of their keys.
    Hash,
}

impl PageKind {
    /// The kind that a type byte stands for.
    pub(crate) fn from_byte(byte: u8) -> Option<PageKind> {
        Some(match byte {
            0 => PageKind::Free,
            2 => PageKind::HashUnsorted,
            3 => PageKind::BtreeInternal,
            4 => PageKind::RecordInternal,
            5 => PageKind::BtreeLeaf,
            6 => PageKind::RecordLeaf,
            7 => PageKind::Overflow,
            8 => PageKind::HashMeta,
            9 => PageKind::BtreeMeta,
            12 => PageKind::DuplicateLeaf,
            13 => PageKind::Hash,
            _ => return None,
        })
    }

    /// The type byte.
    pub(crate) fn byte(self) -> u8 {
        match self {
            PageKind::Free => 0,
            PageKind::HashUnsorted => 2,
            PageKind::BtreeInternal => 3,
            PageKind::RecordInternal => 4,
            PageKind::BtreeLeaf => 5,
            PageKind::RecordLeaf => 6,
            PageKind::Overflow => 7,
            PageKind::HashMeta => 8,
            PageKind::BtreeMeta => 9,
            PageKind::DuplicateLeaf => 12,
            PageKind::Hash => 13,
        }
    }
}

impl ByteOrder {
    /// The order of this machine: new files get it.
    pub(crate) const NATIVE: ByteOrder =
        if cfg!(target_endian = "big") { ByteOrder::Big } else { ByteOrder::Little };

    /// The number at an offset, 0 beyond the end of the bytes.
    pub(crate) fn u16(self, bytes: &[u8], at: usize) -> u16 {
        match bytes.get(at..).and_then(<[u8]>::first_chunk) {
            Some(&number) if self == ByteOrder::Little => u16::from_le_bytes(number),
            Some(&number) => u16::from_be_bytes(number),
            None => 0,
        }
    }

    /// The number at an offset, 0 beyond the end of the bytes.
    pub(crate) fn u32(self, bytes: &[u8], at: usize) -> u32 {
        match bytes.get(at..).and_then(<[u8]>::first_chunk) {
            Some(&number) if self == ByteOrder::Little => u32::from_le_bytes(number),
            Some(&number) => u32::from_be_bytes(number),
            None => 0,
        }
    }

    /// Writes a number at an offset; nothing beyond the end of the bytes.
    pub(crate) fn put_u16(self, bytes: &mut [u8], at: usize, number: u16) {
        if let Some(place) = bytes.get_mut(at..).and_then(<[u8]>::first_chunk_mut) {
            *place = self.u16_bytes(number);
        }
    }

    /// Writes a number at an offset; nothing beyond the end of the bytes.
    pub(crate) fn put_u32(self, bytes: &mut [u8], at: usize, number: u32) {
        if let Some(place) = bytes.get_mut(at..).and_then(<[u8]>::first_chunk_mut) {
            *place = self.u32_bytes(number);
        }
    }

    /// A number as it stands in the file.
    pub(crate) fn u16_bytes(self, number: u16) -> [u8; 2] {
        if self == ByteOrder::Little { number.to_le_bytes() } else { number.to_be_bytes() }
    }

    /// A number as it stands in the file.
    pub(crate) fn u32_bytes(self, number: u32) -> [u8; 4] {
        if self == ByteOrder::Little { number.to_le_bytes() } else { number.to_be_bytes() }
    }
}

/// A page offset or an item's size as the 16-bit number of the format. A page of 65536 bytes ends at 0.
pub(crate) fn narrow(size: usize) -> u16 {
    (size & 0xffff) as u16
}
