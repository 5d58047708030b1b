//! Items on a btree page. Each starts at a multiple of four bytes. On leaves, slot `2 n` is a key and the next one its
//! value; on pages above them each slot is a key with the page where such keys start.

use crate::Error;
use crate::format::{Format, PageKind};
use crate::overflow::{Chain, Item};
use crate::page::{Page, PageMut};

const HERE: u8 = 1;
const TREE: u8 = 2;
const OVERFLOW: u8 = 3;
/// The item was deleted while somebody still looked at it.
const DELETED: u8 = 0x80;

/// The size of an item that tells of overflow pages.
pub(super) const CHAIN_SIZE: usize = 12;
/// What stands before the bytes of an item on a leaf.
const LEAF_HEADER: usize = 3;
/// What stands before the bytes of an item above.
const INTERNAL_HEADER: usize = 12;

/// Rounds up to a multiple of four.
fn aligned(size: usize) -> usize {
    size.next_multiple_of(4)
}

/// The size of an item on a leaf.
pub(super) fn leaf_size(length: usize) -> usize {
    aligned(LEAF_HEADER + length)
}

/// The size of an item above the leaves.
pub(super) fn internal_size(length: usize) -> usize {
    aligned(INTERNAL_HEADER + length)
}

/// The item on a leaf that tells of overflow pages.
pub(super) fn chain_item(format: Format, chain: Chain) -> [u8; CHAIN_SIZE] {
    let mut item = [0; CHAIN_SIZE];
    item[2] = OVERFLOW;
    format.order.put_u32(&mut item, 4, chain.first);
    format.order.put_u32(&mut item, 8, chain.size);
    item
}

/// The item on a leaf that has these bytes.
pub(super) fn leaf_item(format: Format, bytes: &[u8]) -> Vec<u8> {
    let mut item = Vec::with_capacity(leaf_size(bytes.len()));
    item.extend_from_slice(&format.order.u16_bytes(crate::format::narrow(bytes.len())));
    item.push(HERE);
    item.extend_from_slice(bytes);
    item.resize(leaf_size(bytes.len()), 0);
    item
}

/// A key above the leaves, and the page that it leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Branch<'a> {
    /// The key; nothing is compared with that of a page's first slot.
    pub key: Item<'a>,
    /// The page with this key and those behind it.
    pub child: u32,
}

impl Branch<'_> {
    /// The item as it stands on the page.
    pub(super) fn encode(&self, format: Format) -> Vec<u8> {
        let chain;
        let (kind, bytes): (u8, &[u8]) = match self.key {
            Item::Here(bytes) | Item::Values(bytes) => (HERE, bytes),
            Item::Overflow(to) => {
                chain = chain_item(format, to);
                (OVERFLOW, &chain)
            }
            Item::Tree(_) => (TREE, &[]),
        };
        let mut item = vec![0; internal_size(bytes.len())];
        let length = format.order.u16_bytes(crate::format::narrow(bytes.len()));
        let mut page = PageMut { format, bytes: &mut item };
        page.put(0, &length);
        page.put(2, &[kind]);
        page.put(INTERNAL_HEADER, bytes);
        format.order.put_u32(&mut item, 4, self.child);
        item
    }
}

impl<'a> Page<'a> {
    fn item_head(self, index: usize) -> Result<(usize, usize, u8), Error> {
        let at = self.slot(index);
        let length = usize::from(self.format.order.u16(self.bytes, at));
        let kind = self.bytes.get(at + 2).copied();
        let kind = kind.ok_or(Error::damaged(self.number(), "an item beyond the page"))?;
        Ok((at, length, kind))
    }

    fn bytes_at(self, at: usize, length: usize) -> Result<&'a [u8], Error> {
        let bytes = self.bytes.get(at..at + length);
        bytes.ok_or(Error::damaged(self.number(), "an item reaches beyond the page"))
    }

    /// An item of a leaf.
    pub(crate) fn leaf_item(self, index: usize) -> Result<Item<'a>, Error> {
        let (at, length, kind) = self.item_head(index)?;
        let order = self.format.order;
        Ok(match kind & !DELETED {
            HERE => Item::Here(self.bytes_at(at + LEAF_HEADER, length)?),
            TREE => Item::Tree(order.u32(self.bytes_at(at, CHAIN_SIZE)?, 4)),
            OVERFLOW => {
                let item = self.bytes_at(at, CHAIN_SIZE)?;
                Item::Overflow(Chain { first: order.u32(item, 4), size: order.u32(item, 8) })
            }
            _ => return Err(Error::damaged(self.number(), "an unknown type of item")),
        })
    }

    /// Whether an item of a leaf was deleted.
    pub(crate) fn is_deleted(self, index: usize) -> bool {
        self.item_head(index).is_ok_and(|(_, _, kind)| kind & DELETED != 0)
    }

    /// An item above the leaves.
    pub(super) fn branch(self, index: usize) -> Result<Branch<'a>, Error> {
        let (at, length, kind) = self.item_head(index)?;
        let order = self.format.order;
        let child = order.u32(self.bytes_at(at, INTERNAL_HEADER)?, 4);
        let bytes = self.bytes_at(at + INTERNAL_HEADER, length)?;
        let key = match kind & !DELETED {
            OVERFLOW if length >= CHAIN_SIZE => {
                Item::Overflow(Chain { first: order.u32(bytes, 4), size: order.u32(bytes, 8) })
            }
            HERE | TREE => Item::Here(bytes),
            _ => return Err(Error::damaged(self.number(), "an unknown type of item")),
        };
        Ok(Branch { key, child })
    }

    /// The page that a slot above the leaves leads to.
    pub(crate) fn child(self, index: usize) -> Result<u32, Error> {
        let at = self.slot(index) + 4;
        match self.kind() {
            Some(PageKind::RecordInternal) => Ok(self.format.order.u32(self.bytes, at - 4)),
            _ => Ok(self.format.order.u32(self.bytes, at)),
        }
    }

    /// The size of an item with its padding, of either kind of page.
    pub(super) fn item_size(self, index: usize) -> Result<usize, Error> {
        let (_, length, kind) = self.item_head(index)?;
        Ok(match (self.kind(), kind & !DELETED) {
            (Some(PageKind::BtreeInternal), OVERFLOW) => internal_size(CHAIN_SIZE),
            (Some(PageKind::BtreeInternal), _) => internal_size(length),
            (_, HERE) => leaf_size(length),
            _ => CHAIN_SIZE,
        })
    }

    /// An item as it stands on the page, with its padding.
    pub(super) fn stored(self, index: usize) -> Result<&'a [u8], Error> {
        let size = self.item_size(index)?;
        self.bytes_at(self.slot(index), size)
    }
}

impl PageMut<'_> {
    /// Inserts an item before a slot. It must fit.
    pub(super) fn insert_item(&mut self, index: usize, item: &[u8]) {
        let Some(at) = self.view().high_free().checked_sub(item.len()) else {
            return;
        };
        self.open_slots(index, 1);
        self.set_high_free(at);
        self.set_slot(index, at);
        self.put(at, item);
    }

    /// Removes the item of a slot.
    pub(super) fn remove_item(&mut self, index: usize) -> Result<(), Error> {
        let page = self.view();
        let (entries, high, at, size) =
            (page.entries(), page.high_free(), page.slot(index), page.item_size(index)?);
        if entries == 1 {
            self.set_entries(0);
            self.set_high_free(self.format.page_size);
            return Ok(());
        }
        self.shift(high, at, high + size);
        self.set_high_free(high + size);
        for other in 0..entries {
            let offset = self.view().slot(other);
            if offset < at {
                self.set_slot(other, offset + size);
            }
        }
        self.close_slots(index, 1);
        Ok(())
    }

    /// Puts an item in the place of another one.
    pub(super) fn replace_item(&mut self, index: usize, item: &[u8]) -> Result<(), Error> {
        let page = self.view();
        let (entries, high, at, size) =
            (page.entries(), page.high_free(), page.slot(index), page.item_size(index)?);
        let new_at = (at + size).saturating_sub(item.len());
        let new_high = (high + size).saturating_sub(item.len());
        if size != item.len() {
            self.shift(high, at, new_high);
            for other in 0..entries {
                let offset = self.view().slot(other);
                if offset <= at {
                    self.set_slot(other, (offset + size).saturating_sub(item.len()));
                }
            }
            self.set_high_free(new_high);
        }
        self.put(new_at, item);
        Ok(())
    }

    /// Adds an item behind all others, for pages that are filled in order.
    pub(super) fn append_item(&mut self, item: &[u8]) {
        let entries = self.view().entries();
        self.insert_item(entries, item);
    }

    /// Adds a slot that leads to the same item as another one: the key of a second value.
    pub(super) fn append_shared(&mut self, offset: usize) {
        let entries = self.view().entries();
        self.open_slots(entries, 1);
        self.set_slot(entries, offset);
    }
}
