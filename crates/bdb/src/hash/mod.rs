//! The hash method. A key's bucket is a chain of pages, of which each is in order by itself; when a chain gets a page
//! more, the table grows by one bucket, the next one in turn, whose pairs it takes out of another bucket.

mod grow;
mod page;

use crate::cursor::Place;
use crate::format::{NO_PAGE, PageKind};
use crate::meta::{HashMeta, Meta, hash_of};
use crate::overflow::{Item, Owned};
use crate::page::{Page, binary_search};
use crate::pages::Pages;
use crate::{Error, Existing, Store};
pub(crate) use page::{CHAIN_SIZE, Entry, chain_entry, room_for};
use std::cmp::Ordering;

/// Both kinds of pages that hold pairs.
pub(crate) const BUCKETS: &[PageKind] = &[PageKind::Hash, PageKind::HashUnsorted];

/// A hash file.
pub(crate) struct Hash<S> {
    pub(crate) pages: Pages<S>,
    pub(crate) meta: HashMeta,
}

/// Where a key is, or where it would be.
struct Found {
    /// The page and slot of the key.
    at: Option<(u32, usize)>,
    /// The first page of the bucket with enough room.
    room: Option<(u32, usize)>,
    /// The last page of the bucket.
    last: u32,
}

/// A key while it is searched: one that will go to overflow pages is in its order there.
#[derive(Clone, Copy)]
pub(crate) enum Sought<'a> {
    /// It will stand on a page, or is looked for.
    Bytes(&'a [u8]),
    /// It will stand on overflow pages.
    Chain(&'a [u8]),
}

impl<'a> Sought<'a> {
    /// Its bytes.
    pub(crate) fn bytes(self) -> &'a [u8] {
        let (Sought::Bytes(key) | Sought::Chain(key)) = self;
        key
    }

    /// The order of this key and one that stands on a page: that of bytes. Of two keys that differ in length only,
    /// Berkeley DB has the longer one first on a page; when one of them is on overflow pages, it comes last.
    pub(crate) fn cmp(self, other: &[u8]) -> Ordering {
        match self {
            Sought::Bytes(key) => {
                let common = key.len().min(other.len());
                key.get(..common).cmp(&other.get(..common)).then(other.len().cmp(&key.len()))
            }
            Sought::Chain(key) => key.cmp(other),
        }
    }
}

impl Page<'_> {
    /// Looks for a key, as long as all keys on the way stand on the page.
    fn search_here(self, key: Sought<'_>) -> Option<(bool, usize)> {
        binary_search(self.entries(), 2, |index| match self.hash_item(index) {
            Ok(Item::Here(other)) => Some(key.cmp(other)),
            _ => None,
        })
    }
}

impl<S: Store> Hash<S> {
    /// Opens a file.
    pub(crate) fn open(store: S, meta: Meta, cache: usize) -> Result<Hash<S>, Error> {
        let decoded = HashMeta::decode(&meta)?;
        let (format, allocation) = (meta.format, meta.allocation());
        let pages = Pages::new(store, format, PageKind::Hash, meta.bytes, &allocation, cache)?;
        Ok(Hash { pages, meta: decoded })
    }

    /// A new file of two buckets.
    pub(crate) fn create(store: S, meta: Meta, expected: u32, cache: usize) -> Result<Hash<S>, Error> {
        let (format, allocation) = (meta.format, meta.allocation());
        let mut pages = Pages::new(store, format, PageKind::Hash, meta.bytes, &allocation, cache)?;
        pages.extend(2)?;
        Ok(Hash { pages, meta: HashMeta::new(expected) })
    }

    /// Writes all changes.
    pub(crate) fn flush(&mut self) -> Result<(), Error> {
        if self.pages.is_changed() {
            let (order, free, last) = (self.pages.format.order, self.pages.first_free(), self.pages.last());
            let meta = self.meta.clone();
            meta.encode(order, self.pages.meta_mut(), free, last);
        }
        self.pages.flush()
    }

    /// The first page of a key's bucket.
    pub(crate) fn start_of(&self, key: &[u8]) -> u32 {
        self.meta.page_of(self.meta.bucket_of(hash_of(key)))
    }

    /// The value of a key, in the bucket that starts at this page.
    pub(crate) fn get_from(&mut self, start: u32, key: &[u8]) -> Result<Option<Owned>, Error> {
        match self.find(start, key, None)?.at {
            Some((number, index)) => {
                let page = self.pages.page(number)?;
                Ok(Some(page.hash_item(index + 1)?.to_owned()))
            }
            None => Ok(None),
        }
    }

    /// Stores a value; false says that the key was there and keeps its value.
    pub(crate) fn put(&mut self, key: &[u8], value: &[u8], existing: Existing) -> Result<bool, Error> {
        let room = room_for(key.len(), self.is_large(key)) + room_for(value.len(), self.is_large(value));
        let found = self.find(self.start_of(key), key, Some(room))?;
        let grew = match (found.at, existing) {
            (Some(_), Existing::Keep) => return Ok(false),
            (Some((number, index)), Existing::Replace) => self.replace(number, index, key, value)?,
            (None, _) => {
                let place = found.room.map_or((found.last, None), |(number, index)| (number, Some(index)));
                self.add(place, key, value)?
            }
        };
        if grew {
            self.grow()?;
        }
        Ok(true)
    }

    /// Removes a key; false says that it was not there.
    pub(crate) fn delete(&mut self, key: &[u8]) -> Result<bool, Error> {
        let Some((number, index)) = self.find(self.start_of(key), key, None)?.at else {
            return Ok(false);
        };
        self.remove(number, index)?;
        self.reclaim(number)?;
        Ok(true)
    }

    /// Whether an item goes to overflow pages.
    fn is_large(&self, item: &[u8]) -> bool {
        item.len() > self.pages.format.page_size / 4
    }

    /// Walks through the bucket of a key until it is there. `room` is the space that the pair would need.
    fn find(&mut self, start: u32, key: &[u8], room: Option<usize>) -> Result<Found, Error> {
        let mut number = start;
        let mut found = Found { at: None, room: None, last: number };
        for _ in 0..=self.pages.last() {
            let page = self.pages.page_of(number, BUCKETS)?;
            let (next, fits) = (page.following(), room.is_some_and(|room| room < page.free_space()));
            let (hit, index) = self.search(number, Sought::Bytes(key))?;
            if fits && found.room.is_none() {
                found.room = Some((number, index));
            }
            if hit {
                found.at = Some((number, index));
                return Ok(found);
            }
            found.last = number;
            match next {
                Some(next) => number = next,
                None => return Ok(found),
            }
        }
        Err(Error::damaged(number, "a bucket's pages form a ring"))
    }

    /// Looks for a key on one page. Says whether it is there, and at which slot it is or would be.
    fn search(&mut self, number: u32, key: Sought<'_>) -> Result<(bool, usize), Error> {
        let page = self.pages.page(number)?;
        let (entries, sorted) = (page.entries(), page.kind() == Some(PageKind::Hash));
        if !sorted {
            for index in (0..entries).step_by(2) {
                if self.compare(number, index, key)? == Ordering::Equal {
                    return Ok((true, index));
                }
            }
            return Ok((false, entries));
        }
        if let Some(found) = page.search_here(key) {
            return Ok(found);
        }
        let mut failure = None;
        let found = binary_search(entries, 2, |index| {
            self.compare(number, index, key).map_err(|error| failure = Some(error)).ok()
        });
        match failure {
            Some(error) => Err(error),
            None => Ok(found.unwrap_or((false, entries))),
        }
    }

    /// Compares a key with one on a page, or on overflow pages.
    fn compare(&mut self, number: u32, index: usize, key: Sought<'_>) -> Result<Ordering, Error> {
        match self.pages.page(number)?.hash_item(index)? {
            Item::Here(other) => Ok(key.cmp(other)),
            Item::Overflow(chain) => self.pages.compare_with_chain(key.bytes(), chain),
            Item::Values(_) | Item::Tree(_) => {
                Err(Error::damaged(number, "several keys in the place of one"))
            }
        }
    }

    /// Adds a pair to the bucket, on the given page or on one after it. True says that the bucket got a page more, or
    /// that a page is fuller than the file's creator wanted.
    fn add(&mut self, place: (u32, Option<usize>), key: &[u8], value: &[u8]) -> Result<bool, Error> {
        let (large_key, large_value) = (self.is_large(key), self.is_large(value));
        let room = room_for(key.len(), large_key) + room_for(value.len(), large_value);
        let (mut number, mut index) = place;
        let mut page = self.pages.page_of(number, BUCKETS)?;
        let mut steps = 0;
        while page.entries() > 0 && page.free_space() < room {
            let Some(next) = page.following() else {
                break;
            };
            steps += 1;
            if steps > self.pages.last() {
                return Err(Error::damaged(number, "a bucket's pages form a ring"));
            }
            (number, index) = (next, None);
            page = self.pages.page_of(number, BUCKETS)?;
        }
        let mut grew = page.free_space() < room;
        if grew {
            (number, index) = (self.append_page(number)?, None);
        }
        let order = self.pages.format.order;
        let (key_chain, value_chain);
        let key_entry = if large_key {
            key_chain = chain_entry(order, self.pages.write_chain(key)?);
            Entry::Stored(&key_chain)
        } else {
            Entry::Bytes(key)
        };
        let value_entry = if large_value {
            value_chain = chain_entry(order, self.pages.write_chain(value)?);
            Entry::Stored(&value_chain)
        } else {
            Entry::Bytes(value)
        };
        if self.sort(number)? {
            index = None;
        }
        let index = match index {
            Some(index) => index,
            None => {
                let sought = if large_key { Sought::Chain(key) } else { Sought::Bytes(key) };
                self.search(number, sought)?.1
            }
        };
        let mut page = self.pages.page_mut(number)?;
        page.insert_pair(index, key_entry, value_entry);
        let pairs = page.view().entries() / 2;
        self.meta.elements = self.meta.elements.wrapping_add(1);
        self.pages.touch_meta();
        let full = self.meta.fill_factor != 0 && pairs > self.meta.fill_factor as usize;
        grew |= full;
        Ok(grew)
    }

    /// Puts a new page at the end of a bucket.
    fn append_page(&mut self, last: u32) -> Result<u32, Error> {
        let number = self.pages.allocate(PageKind::Hash, 0)?;
        self.pages.page_mut(last)?.set_next(number);
        self.pages.page_mut(number)?.set_previous(last);
        Ok(number)
    }

    /// Gives a key that is at a slot another value. True as for [`Hash::add`].
    fn replace(&mut self, number: u32, index: usize, key: &[u8], value: &[u8]) -> Result<bool, Error> {
        let large = self.is_large(value);
        let page = self.pages.page(number)?;
        let free = page.free_space();
        match page.hash_item(index + 1)? {
            Item::Here(old) if !large && value.len().saturating_sub(old.len()) <= free => {
                self.pages.page_mut(number)?.replace_value(index + 1, value);
                Ok(false)
            }
            Item::Here(_) | Item::Overflow(_) => {
                self.remove(number, index)?;
                self.add((number, None), key, value)
            }
            Item::Values(_) | Item::Tree(_) => Err(Error::ReadOnlyFeatures),
        }
    }

    /// Removes the pair at a slot, with its overflow pages.
    fn remove(&mut self, number: u32, index: usize) -> Result<(), Error> {
        for slot in [index, index + 1] {
            match self.pages.page(number)?.hash_item(slot)? {
                Item::Overflow(chain) => self.pages.release_chain(chain)?,
                Item::Tree(_) => return Err(Error::ReadOnlyFeatures),
                Item::Here(_) | Item::Values(_) => {}
            }
        }
        self.pages.page_mut(number)?.remove_pair(index);
        self.meta.elements = self.meta.elements.wrapping_sub(1);
        self.pages.touch_meta();
        Ok(())
    }

    /// Gives a page back when it has become empty. The first page of a bucket stays: the second one is copied there.
    fn reclaim(&mut self, number: u32) -> Result<(), Error> {
        let page = self.pages.page(number)?;
        let (previous, next) = (page.previous(), page.next());
        if page.entries() > 0 || (previous == NO_PAGE && next == NO_PAGE) {
            return Ok(());
        }
        if previous == NO_PAGE {
            let copy = self.pages.page_of(next, BUCKETS)?.to_buffer();
            if let Some(after) = copy.view().following() {
                self.pages.page_mut(after)?.set_previous(number);
            }
            let mut page = self.pages.page_mut(number)?;
            page.copy_from(copy.view());
            page.set_number(number);
            page.set_previous(NO_PAGE);
            page.mark_not_logged();
            return self.pages.release(next);
        }
        self.pages.page_mut(previous)?.set_next(next);
        if next != NO_PAGE {
            self.pages.page_mut(next)?.set_previous(previous);
        }
        self.pages.release(number)
    }

    /// The first pair at or behind a place, in the order of the file.
    pub(crate) fn pair_at(&mut self, mut place: Place) -> Result<Option<(Place, Owned, Owned)>, Error> {
        let mut steps = 0;
        while place.bucket <= self.meta.max_bucket {
            if place.page == NO_PAGE {
                place.page = self.meta.page_of(place.bucket);
                place.index = 0;
            }
            let page = self.pages.page_of(place.page, BUCKETS)?;
            if place.index + 1 < page.entries() {
                let key = page.hash_item(place.index)?.to_owned();
                let value = page.hash_item(place.index + 1)?.to_owned();
                return Ok(Some((place, key, value)));
            }
            (place.page, place.index) = (page.next(), 0);
            if place.page == NO_PAGE {
                (place.bucket, steps) = (place.bucket + 1, 0);
            }
            steps += 1;
            if steps > self.pages.last().saturating_add(1) {
                return Err(Error::damaged(place.page, "a bucket's pages form a ring"));
            }
        }
        Ok(None)
    }
}
