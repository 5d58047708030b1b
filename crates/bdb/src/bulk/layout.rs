//! Which entry goes to which page.

use super::bucket::{PlannedPage, Slot};
use super::{capacity, is_large};
use crate::format::Format;
use crate::hash::room_for;
use crate::meta::HashMeta;
use crate::{Error, Place, Spill, Store};
use std::collections::HashMap;

/// Page numbers that are in use and free.
pub(super) struct Space {
    /// The free list; the last one is used first.
    pub(super) free: Vec<u32>,
    /// The last page of the file.
    pub(super) last: u32,
}

impl Space {
    fn allocate(&mut self) -> Result<u32, Error> {
        if let Some(number) = self.free.pop() {
            return Ok(number);
        }
        self.extend(1)
    }

    fn extend(&mut self, count: u32) -> Result<u32, Error> {
        let first = self.last.checked_add(1).ok_or(Error::Full)?;
        self.last = self.last.checked_add(count).ok_or(Error::Full)?;
        Ok(first)
    }

    fn release(&mut self, number: u32) {
        if number == self.last {
            self.last -= 1;
        } else {
            self.free.push(number);
        }
    }
}

/// The overflow pages of a pair, in order.
#[derive(Default)]
pub(super) struct Chains {
    pub(super) key: Vec<u32>,
    pub(super) value: Vec<u32>,
}

/// All pages of a hash file under construction, without the bytes on them.
pub(super) struct Layout {
    pub(super) format: Format,
    pub(super) meta: HashMeta,
    pub(super) space: Space,
    /// The pages of each bucket.
    pub(super) buckets: Vec<Vec<PlannedPage>>,
    /// The overflow pages of those pairs that have some.
    pub(super) chains: HashMap<u32, Chains>,
}

/// An entry that goes to a page.
pub(super) struct NewPair<'a> {
    pub(super) hash: u32,
    pub(super) place: Place,
    pub(super) key: &'a [u8],
    pub(super) value: &'a [u8],
}

/// Where a key is, or where it would be.
pub(super) struct Found {
    /// The page in the bucket, and the slot of the key.
    at: Option<(usize, usize)>,
    /// The first page with enough room, and the slot there.
    room: Option<(usize, usize)>,
    /// The last page.
    last: usize,
}

impl Found {
    pub(super) fn is_there(&self) -> bool {
        self.at.is_some()
    }
}

impl Layout {
    /// Two empty buckets.
    pub(super) fn new(format: Format, meta: HashMeta) -> Layout {
        let buckets = (0..=meta.max_bucket)
            .map(|bucket| vec![PlannedPage::new(meta.page_of(bucket), capacity(format))]);
        let buckets: Vec<_> = buckets.collect();
        let space = Space { free: Vec::new(), last: meta.page_of(meta.max_bucket) };
        Layout { format, meta, space, buckets, chains: HashMap::new() }
    }

    fn room(&self, key: &[u8], value: &[u8]) -> usize {
        let room = |item: &[u8]| room_for(item.len(), is_large(self.format, item));
        room(key) + room(value)
    }

    fn pages(&mut self, bucket: u32) -> Result<&mut Vec<PlannedPage>, Error> {
        self.buckets.get_mut(bucket as usize).ok_or(Error::Full)
    }

    /// Walks through the bucket of a key until it is there.
    pub(super) fn find<S: Store>(
        &mut self,
        spill: &mut Spill<S>,
        hash: u32,
        key: &[u8],
        value: &[u8],
    ) -> Result<Found, Error> {
        let room = self.room(key, value);
        let mut found = Found { at: None, room: None, last: 0 };
        let bucket = self.meta.bucket_of(hash);
        for (number, page) in self.pages(bucket)?.iter().enumerate() {
            let (hit, index) = page.search(spill, hash, key)?;
            if room < page.free && found.room.is_none() {
                found.room = Some((number, index));
            }
            found.last = number;
            if hit {
                found.at = Some((number, index));
                break;
            }
        }
        Ok(found)
    }

    /// Puts a pair where it was looked for, instead of the one that is there.
    pub(super) fn put<S: Store>(
        &mut self,
        spill: &mut Spill<S>,
        found: &Found,
        pair: &NewPair<'_>,
    ) -> Result<(), Error> {
        let bucket = self.meta.bucket_of(pair.hash);
        let grew = match (found.at, found.room) {
            (Some((number, index)), _) => self.replace(spill, bucket, (number, index), pair)?,
            (None, Some((number, index))) => self.add(spill, bucket, (number, Some(index)), pair)?,
            (None, None) => self.add(spill, bucket, (found.last, None), pair)?,
        };
        if grew { self.grow(spill) } else { Ok(()) }
    }

    /// Adds a pair on the given page or on one behind it. True says that the bucket got a page more.
    fn add<S: Store>(
        &mut self,
        spill: &mut Spill<S>,
        bucket: u32,
        (mut number, mut index): (usize, Option<usize>),
        pair: &NewPair<'_>,
    ) -> Result<bool, Error> {
        let room = self.room(pair.key, pair.value);
        let too_full = |page: &PlannedPage| page.free < room;
        let pages = self.pages(bucket)?;
        while number + 1 < pages.len()
            && pages.get(number).is_some_and(|page| !page.slots.is_empty() && too_full(page))
        {
            (number, index) = (number + 1, None);
        }
        let grew = pages.get(number).is_some_and(too_full);
        if grew {
            self.append_page(bucket)?;
            (number, index) = (self.pages(bucket)?.len() - 1, None);
        }
        let slot = self.slot(pair, room)?;
        let page = self.pages(bucket)?.get_mut(number).ok_or(Error::Full)?;
        page.insert(spill, slot, index)?;
        self.meta.elements = self.meta.elements.wrapping_add(1);
        Ok(grew)
    }

    /// A pair as it will stand on a page; with pages for what does not.
    fn slot(&mut self, pair: &NewPair<'_>, room: usize) -> Result<Slot, Error> {
        let (large_key, large_value) = (is_large(self.format, pair.key), is_large(self.format, pair.value));
        if large_key || large_value {
            let mut chain = |item: &[u8], is_large: bool| -> Result<Vec<u32>, Error> {
                let pages = if is_large { item.len().div_ceil(capacity(self.format)) } else { 0 };
                (0..pages).map(|_| self.space.allocate()).collect()
            };
            let chains = Chains { key: chain(pair.key, large_key)?, value: chain(pair.value, large_value)? };
            self.chains.insert(pair.place.number(), chains);
        }
        let room = u16::try_from(room).map_err(|_| Error::Full)?;
        Ok(Slot { hash: pair.hash, place: pair.place, room, large_key, large_value })
    }

    fn append_page(&mut self, bucket: u32) -> Result<(), Error> {
        let page = PlannedPage::new(self.space.allocate()?, capacity(self.format));
        self.pages(bucket)?.push(page);
        Ok(())
    }

    /// Gives a key another value. True as for [`Layout::add`].
    fn replace<S: Store>(
        &mut self,
        spill: &mut Spill<S>,
        bucket: u32,
        (number, index): (usize, usize),
        pair: &NewPair<'_>,
    ) -> Result<bool, Error> {
        let room = self.room(pair.key, pair.value);
        let large = is_large(self.format, pair.value);
        let page = self.pages(bucket)?.get_mut(number).ok_or(Error::Full)?;
        let old = *page.slots.get(index).ok_or(Error::Full)?;
        let old_room = usize::from(old.room);
        if !old.large_value && !large && room.saturating_sub(old_room) <= page.free {
            page.free = page.free + old_room - room;
            if let Some(slot) = page.slots.get_mut(index) {
                slot.place = pair.place;
                slot.room = u16::try_from(room).map_err(|_| Error::Full)?;
            }
            if let Some(chains) = self.chains.remove(&old.place.number()) {
                self.chains.insert(pair.place.number(), chains);
            }
            return Ok(false);
        }
        page.remove(index);
        if let Some(chains) = self.chains.remove(&old.place.number()) {
            chains.key.into_iter().chain(chains.value).for_each(|page| self.space.release(page));
        }
        self.meta.elements = self.meta.elements.wrapping_sub(1);
        self.add(spill, bucket, (number, None), pair)
    }

    /// Adds the next bucket, and moves those pairs into it that belong there now: page by page, each pair to the last
    /// page of its bucket. A page that was emptied is free for those that come later.
    fn grow<S: Store>(&mut self, spill: &mut Spill<S>) -> Result<(), Error> {
        let Layout { meta, space, .. } = self;
        let (old, new) = meta.add_bucket(|count| space.extend(count))?;
        let empty = capacity(self.format);
        let first = vec![PlannedPage::new(self.meta.page_of(old), empty)];
        let mut source = std::mem::replace(self.pages(old)?, first);
        self.buckets.push(vec![PlannedPage::new(self.meta.page_of(new), empty)]);
        if self.order_matters(&source, old) {
            source.iter_mut().try_for_each(|page| page.sort(spill))?;
        }
        for (at, page) in source.into_iter().enumerate() {
            for slot in page.slots {
                let bucket = if self.meta.bucket_of(slot.hash) == old { old } else { new };
                if self.pages(bucket)?.last().is_none_or(|page| page.free < usize::from(slot.room)) {
                    self.append_page(bucket)?;
                }
                if let Some(page) = self.pages(bucket)?.last_mut() {
                    page.insert(spill, slot, None)?;
                }
            }
            if at > 0 {
                self.space.release(page.number);
            }
        }
        Ok(())
    }

    /// Whether the order of pairs decides on the pages where they go: when they do not all fit on the first one.
    fn order_matters(&self, source: &[PlannedPage], old: u32) -> bool {
        let mut rooms = [0; 2];
        for slot in source.iter().flat_map(|page| &page.slots) {
            let [kept, moved] = &mut rooms;
            let room = if self.meta.bucket_of(slot.hash) == old { kept } else { moved };
            *room += usize::from(slot.room);
        }
        rooms.into_iter().any(|room| room > capacity(self.format)) || source.iter().any(|page| page.in_order)
    }

    /// Whether these are the pages of the first bucket, and nothing was ever written there: then its page is a hole.
    pub(super) fn is_untouched(&self, pages: &[PlannedPage]) -> bool {
        self.meta.max_bucket == 1 && pages.first().is_some_and(|page| page.number == self.meta.page_of(0))
    }
}
