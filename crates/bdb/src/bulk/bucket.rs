//! The pages of a bucket, without the bytes of their entries.

use super::group_of;
use crate::hash::Sought;
use crate::page::binary_search;
use crate::{Error, Place, Spill, Store};
use std::cmp::Ordering;

/// A pair on a page.
#[derive(Clone, Copy)]
pub(super) struct Slot {
    pub(super) hash: u32,
    pub(super) place: Place,
    /// The bytes that it takes on the page, with its two slots there.
    pub(super) room: u16,
    /// The key is on overflow pages.
    pub(super) large_key: bool,
    /// The value is on overflow pages.
    pub(super) large_value: bool,
}

/// A page.
pub(super) struct PlannedPage {
    pub(super) number: u32,
    /// Bytes that neither slots nor items use.
    pub(super) free: usize,
    /// The pairs stand in the order of the page. Otherwise that is the order of their keys, and found when the page is
    /// written; with a key on overflow pages, the order depends on what came when.
    pub(super) in_order: bool,
    pub(super) slots: Vec<Slot>,
}

/// How many slots a page gets room for at a time: most pages never need twice as many.
const SLOTS: usize = 16;

impl PlannedPage {
    pub(super) fn new(number: u32, free: usize) -> PlannedPage {
        PlannedPage { number, free, in_order: false, slots: Vec::new() }
    }

    /// Whether a key is here, and its slot or that where it would be; that is of meaning only for a page in order.
    pub(super) fn search<S: Store>(
        &self,
        spill: &mut Spill<S>,
        hash: u32,
        key: &[u8],
    ) -> Result<(bool, usize), Error> {
        if self.in_order {
            return self.search_in_order(spill, Sought::Bytes(key));
        }
        for (index, slot) in self.slots.iter().enumerate().filter(|(_, slot)| slot.hash == hash) {
            if spill.key_at(group_of(hash), slot.place)? == key {
                return Ok((true, index));
            }
        }
        Ok((false, self.slots.len()))
    }

    fn search_in_order<S: Store>(
        &self,
        spill: &mut Spill<S>,
        key: Sought<'_>,
    ) -> Result<(bool, usize), Error> {
        let mut failure = None;
        let found = binary_search(self.slots.len(), 1, |index| {
            self.compare(spill, key, index).map_err(|error| failure = Some(error)).ok()
        });
        match failure {
            Some(error) => Err(error),
            None => Ok(found.unwrap_or((false, self.slots.len()))),
        }
    }

    fn compare<S: Store>(
        &self,
        spill: &mut Spill<S>,
        key: Sought<'_>,
        index: usize,
    ) -> Result<Ordering, Error> {
        let Some(slot) = self.slots.get(index) else {
            return Ok(Ordering::Less);
        };
        let other = spill.key_at(group_of(slot.hash), slot.place)?;
        // A key on overflow pages is compared byte by byte, without the rule for keys on pages.
        Ok(if slot.large_key { key.bytes().cmp(other) } else { key.cmp(other) })
    }

    /// Adds a pair that fits. `index` is its slot where that is known already.
    pub(super) fn insert<S: Store>(
        &mut self,
        spill: &mut Spill<S>,
        slot: Slot,
        index: Option<usize>,
    ) -> Result<(), Error> {
        let mut at = self.slots.len();
        if self.in_order || slot.large_key {
            let known = index.filter(|_| self.in_order);
            self.sort(spill)?;
            let key = spill.key_at(group_of(slot.hash), slot.place)?.to_vec();
            at = match (known, index) {
                (Some(index), _) => index,
                // A walk through the bucket searches all keys as if they were to stand on a page.
                (None, None) if slot.large_key => self.search_in_order(spill, Sought::Chain(&key))?.1,
                _ => self.search_in_order(spill, Sought::Bytes(&key))?.1,
            };
        }
        if self.slots.len() == self.slots.capacity() {
            self.slots.reserve_exact(SLOTS);
        }
        self.slots.insert(at, slot);
        self.free = self.free.saturating_sub(usize::from(slot.room));
        Ok(())
    }

    /// Removes a pair.
    pub(super) fn remove(&mut self, index: usize) -> Slot {
        let slot = self.slots.remove(index);
        self.free += usize::from(slot.room);
        slot
    }

    /// Puts the pairs in the order of the page.
    pub(super) fn sort<S: Store>(&mut self, spill: &mut Spill<S>) -> Result<(), Error> {
        if self.in_order {
            return Ok(());
        }
        let mut keyed = Vec::with_capacity(self.slots.len());
        for slot in self.slots.iter().rev() {
            keyed.push((spill.key_at(group_of(slot.hash), slot.place)?.to_vec(), *slot));
        }
        keyed.sort_by(|one, other| Sought::Bytes(&one.0).cmp(&other.0));
        self.slots.clear();
        self.slots.extend(keyed.into_iter().map(|(_, slot)| slot));
        self.in_order = true;
        Ok(())
    }
}
