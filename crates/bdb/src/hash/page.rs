//! Pairs on a hash page. Items follow one another from the end of the page on without gaps, so that an item's size is
//! the distance between two slots. Slot `2 n` is the key of pair `n`, the next one its value.

use crate::Error;
use crate::format::ByteOrder;
use crate::overflow::{Chain, Item};
use crate::page::{Page, PageMut};

const HERE: u8 = 1;
const VALUES: u8 = 2;
const OVERFLOW: u8 = 3;
const TREE: u8 = 4;

/// The size of an item that tells of overflow pages.
pub(crate) const CHAIN_SIZE: usize = 12;

/// An item as it stands on the page: a type byte, and the rest.
#[derive(Clone, Copy)]
pub(crate) enum Entry<'a> {
    /// The bytes of a key or value.
    Bytes(&'a [u8]),
    /// An item that was built, or that comes from another page.
    Stored(&'a [u8]),
}

impl Entry<'_> {
    /// Its size on the page, without the slot.
    pub(crate) fn size(self) -> usize {
        match self {
            Entry::Bytes(bytes) => bytes.len() + 1,
            Entry::Stored(bytes) => bytes.len(),
        }
    }

    fn put(self, page: &mut PageMut<'_>, at: usize) {
        match self {
            Entry::Bytes(bytes) => {
                page.put(at, &[HERE]);
                page.put(at + 1, bytes);
            }
            Entry::Stored(bytes) => page.put(at, bytes),
        }
    }
}

/// The size on a page of a key or value, with its slot.
pub(crate) fn room_for(size: usize, is_large: bool) -> usize {
    2 + if is_large { CHAIN_SIZE } else { size + 1 }
}

/// The item that tells of overflow pages.
pub(crate) fn chain_entry(order: ByteOrder, chain: Chain) -> [u8; CHAIN_SIZE] {
    let mut entry = [0; CHAIN_SIZE];
    entry[0] = OVERFLOW;
    order.put_u32(&mut entry, 4, chain.first);
    order.put_u32(&mut entry, 8, chain.size);
    entry
}

/// Reads an item.
pub(crate) fn decode(order: ByteOrder, stored: &[u8]) -> Option<Item<'_>> {
    let (&kind, bytes) = stored.split_first()?;
    match kind {
        HERE => Some(Item::Here(bytes)),
        VALUES => Some(Item::Values(bytes)),
        OVERFLOW if stored.len() >= CHAIN_SIZE => {
            Some(Item::Overflow(Chain { first: order.u32(stored, 4), size: order.u32(stored, 8) }))
        }
        TREE if stored.len() >= 8 => Some(Item::Tree(order.u32(stored, 4))),
        _ => None,
    }
}

impl<'a> Page<'a> {
    /// An item as it stands on a hash page.
    pub(crate) fn stored_item(self, index: usize) -> &'a [u8] {
        self.bytes.get(self.slot(index)..self.slot_end(index)).unwrap_or_default()
    }

    /// An item of a hash page.
    pub(crate) fn hash_item(self, index: usize) -> Result<Item<'a>, Error> {
        decode(self.format.order, self.stored_item(index))
            .ok_or(Error::damaged(self.number(), "an unknown type of item"))
    }
}

impl PageMut<'_> {
    /// Inserts a pair before slot `index`. It must fit.
    pub(crate) fn insert_pair(&mut self, index: usize, key: Entry<'_>, value: Entry<'_>) {
        let (high, end) = (self.view().high_free(), self.view().slot_end(index));
        let growth = key.size() + value.size();
        let Some(new_high) = high.checked_sub(growth) else {
            return;
        };
        self.shift(high, end, new_high);
        self.open_slots(index, 2);
        for later in index + 2..self.view().entries() {
            let offset = self.view().slot(later).saturating_sub(growth);
            self.set_slot(later, offset);
        }
        let key_at = end - key.size();
        let value_at = key_at - value.size();
        self.set_slot(index, key_at);
        self.set_slot(index + 1, value_at);
        self.set_high_free(new_high);
        key.put(self, key_at);
        value.put(self, value_at);
    }

    /// Removes the pair at slot `index`.
    pub(crate) fn remove_pair(&mut self, index: usize) {
        let page = self.view();
        let (high, start, end) = (page.high_free(), page.slot(index + 1), page.slot_end(index));
        let growth = end.saturating_sub(start);
        self.shift(high, start, high + growth);
        self.close_slots(index, 2);
        for later in index..self.view().entries() {
            let offset = self.view().slot(later) + growth;
            self.set_slot(later, offset);
        }
        self.set_high_free(high + growth);
    }

    /// Replaces the bytes of a value that stands on the page. They must fit.
    pub(crate) fn replace_value(&mut self, index: usize, bytes: &[u8]) {
        let page = self.view();
        let (high, start, end) = (page.high_free(), page.slot(index), page.slot_end(index));
        let new_start = end.saturating_sub(bytes.len() + 1);
        let new_high = (high + new_start).saturating_sub(start);
        // The type byte moves along.
        self.shift(high, start + 1, new_high);
        for later in index..self.view().entries() {
            let offset = (self.view().slot(later) + new_start).saturating_sub(start);
            self.set_slot(later, offset);
        }
        self.set_high_free(new_high);
        self.put(new_start + 1, bytes);
    }
}
