//! The btree method. Keys are in the order of bytes; of two that differ in length only, the shorter one comes first.

mod append;
mod page;
mod remove;
mod split;

use crate::cursor::Place;
use crate::format::{Format, LEAF_LEVEL, NO_PAGE, PageKind};
use crate::meta::{BtreeMeta, Meta};
use crate::overflow::{Item, Owned};
use crate::page::{Page, binary_search};
use crate::pages::Pages;
use crate::{Error, Existing, Store};
use page::{CHAIN_SIZE, chain_item, leaf_item, leaf_size};
use std::cmp::Ordering;

/// The pages of a tree.
const NODES: &[PageKind] = &[PageKind::BtreeInternal, PageKind::BtreeLeaf];
/// No tree has more levels: each page leads to at least two others, of at most 2^32.
const MAX_LEVELS: usize = 33;
/// No item needs more splits: it takes a quarter of a page at most, and each split halves one.
const MAX_SPLITS: usize = 8;

/// A btree file.
pub(crate) struct Btree<S> {
    pub(crate) pages: Pages<S>,
    meta: BtreeMeta,
    /// Items larger than this go to overflow pages.
    largest_item: usize,
    /// The last page of each level, leaves first, as long as pairs are appended.
    right_edge: Vec<u32>,
}

/// A page on the way from the root to a key, and the slot that the way goes through.
#[derive(Clone, Copy, Debug)]
struct Step {
    page: u32,
    index: usize,
}

/// The way to a key.
struct Path {
    /// Pages above, from the root on.
    above: Vec<Step>,
    /// The page where the search ended, and the slot of the key or of the one behind it.
    end: Step,
    /// Whether the key is there.
    exact: bool,
}

impl<S: Store> Btree<S> {
    /// Opens a file.
    pub(crate) fn open(store: S, meta: Meta, cache: usize) -> Result<Btree<S>, Error> {
        let decoded = BtreeMeta::decode(&meta)?;
        Self::new(store, meta, decoded, cache)
    }

    /// A new file with an empty tree.
    pub(crate) fn create(store: S, meta: Meta, cache: usize) -> Result<Btree<S>, Error> {
        let mut tree = Self::new(store, meta, BtreeMeta::new(), cache)?;
        let root = tree.pages.allocate(PageKind::BtreeLeaf, LEAF_LEVEL)?;
        debug_assert_eq!(root, tree.meta.root);
        Ok(tree)
    }

    fn new(store: S, meta: Meta, decoded: BtreeMeta, cache: usize) -> Result<Btree<S>, Error> {
        let (format, allocation) = (meta.format, meta.allocation());
        let pages = Pages::new(store, format, PageKind::Free, meta.bytes, &allocation, cache)?;
        let largest_item = decoded.largest_item(format);
        Ok(Btree { pages, meta: decoded, largest_item, right_edge: Vec::new() })
    }

    fn format(&self) -> Format {
        self.pages.format
    }

    /// Writes all changes.
    pub(crate) fn flush(&mut self) -> Result<(), Error> {
        if self.pages.is_changed() {
            let (order, free, last) = (self.format().order, self.pages.first_free(), self.pages.last());
            let meta = self.meta.clone();
            meta.encode(order, self.pages.meta_mut(), free, last);
        }
        self.pages.flush()
    }

    /// The leaf where a key is, or would be.
    pub(crate) fn leaf_of(&mut self, key: &[u8]) -> Result<u32, Error> {
        let mut number = self.meta.root;
        for _ in 0..MAX_LEVELS {
            let page = self.pages.page_of(number, NODES)?;
            if page.kind() == Some(PageKind::BtreeLeaf) {
                return Ok(number);
            }
            let (exact, index) = self.search(number, key)?;
            let page = self.pages.page(number)?;
            let is_above_leaves = page.level() == LEAF_LEVEL + 1;
            number = page.child(if exact { index } else { index.saturating_sub(1) })?;
            if is_above_leaves {
                return Ok(number);
            }
        }
        Err(Error::damaged(number, "the tree has too many levels"))
    }

    /// The value of a key on its leaf. Of several values the first one that was not deleted.
    pub(crate) fn get_from(&mut self, leaf: u32, key: &[u8]) -> Result<Option<Owned>, Error> {
        self.pages.page_of(leaf, &[PageKind::BtreeLeaf])?;
        let (exact, index) = self.search(leaf, key)?;
        if !exact {
            return Ok(None);
        }
        let page = self.pages.page(leaf)?;
        let first = (0..=index).rev().step_by(2).take_while(|&at| page.slot(at) == page.slot(index)).last();
        let values = (first.unwrap_or(index)..page.entries()).step_by(2);
        let live =
            values.take_while(|&at| page.slot(at) == page.slot(index)).find(|&at| !page.is_deleted(at + 1));
        live.map(|at| page.leaf_item(at + 1).map(Item::to_owned)).transpose()
    }

    /// Stores a value; false says that the key was there and keeps its value.
    pub(crate) fn put(&mut self, key: &[u8], value: &[u8], existing: Existing) -> Result<bool, Error> {
        self.right_edge.clear();
        for _ in 0..MAX_SPLITS {
            let path = self.descend(key, LEAF_LEVEL)?;
            let Step { page: number, index } = path.end;
            let page = self.pages.page(number)?;
            let live = path.exact && !page.is_deleted(index + 1);
            if live && existing == Existing::Keep {
                return Ok(false);
            }
            let mut needed = self.room_for(value);
            let page = self.pages.page(number)?;
            if path.exact {
                needed = needed.saturating_sub(page.item_size(index + 1)? + 2);
            } else {
                needed += self.room_for(key);
            }
            if self.pages.page(number)?.free_space() < needed {
                self.split(key)?;
                continue;
            }
            if path.exact {
                self.replace(path.end, value)?;
            } else {
                // Both items first: what they allocate may send the page to the store, which must not be in between.
                let (key, value) = (self.item(key)?, self.item(value)?);
                let mut page = self.pages.page_mut(number)?;
                page.insert_item(index, &key);
                page.insert_item(index + 1, &value);
            }
            return Ok(true);
        }
        Err(Error::damaged(self.meta.root, "no split makes room for a pair"))
    }

    /// The space that an item takes on a leaf, with its slot.
    fn room_for(&self, item: &[u8]) -> usize {
        2 + if item.len() > self.largest_item { CHAIN_SIZE } else { leaf_size(item.len()) }
    }

    /// The item on a leaf for a key or value. Large ones are written to overflow pages.
    fn item(&mut self, bytes: &[u8]) -> Result<Vec<u8>, Error> {
        if bytes.len() > self.largest_item {
            return Ok(chain_item(self.format(), self.pages.write_chain(bytes)?).to_vec());
        }
        Ok(leaf_item(self.format(), bytes))
    }

    /// Gives a key another value.
    fn replace(&mut self, key: Step, value: &[u8]) -> Result<(), Error> {
        let index = key.index + 1;
        let old = self.pages.page(key.page)?.leaf_item(index)?.to_owned();
        if matches!(old, Owned::Here(_)) && value.len() <= self.largest_item {
            let item = self.item(value)?;
            return self.pages.page_mut(key.page)?.replace_item(index, &item);
        }
        self.release_item(key.page, index)?;
        let item = self.item(value)?;
        let mut page = self.pages.page_mut(key.page)?;
        page.remove_item(index)?;
        page.insert_item(index, &item);
        Ok(())
    }

    /// Compares a key with that of a slot. The first one above the leaves is less than all keys that are sought there.
    fn compare(&mut self, number: u32, index: usize, key: &[u8]) -> Result<Ordering, Error> {
        let page = self.pages.page(number)?;
        let other = match page.kind() {
            Some(PageKind::BtreeLeaf | PageKind::DuplicateLeaf) => page.leaf_item(index)?,
            _ if index == 0 => return Ok(Ordering::Greater),
            _ => page.branch(index)?.key,
        };
        match other {
            Item::Here(bytes) => Ok(key.cmp(bytes)),
            Item::Overflow(chain) => self.pages.compare_with_chain(key, chain),
            Item::Values(_) | Item::Tree(_) => {
                Err(Error::damaged(number, "several keys in the place of one"))
            }
        }
    }

    /// Looks for a key on one page. Says whether it is there, and its slot or that of the next greater one.
    fn search(&mut self, number: u32, key: &[u8]) -> Result<(bool, usize), Error> {
        let page = self.pages.page(number)?;
        if let Some(found) = search_here(page, key) {
            return Ok(found);
        }
        let (step, entries) = (slots_of(page), page.entries());
        let mut failure = None;
        let found = binary_search(entries, step, |index| {
            self.compare(number, index, key).map_err(|error| failure = Some(error)).ok()
        });
        match failure {
            Some(error) => Err(error),
            None => Ok(found.unwrap_or((false, entries))),
        }
    }

    /// Goes from the root down to a level, towards a key. Ends at the root when that is lower.
    fn descend(&mut self, key: &[u8], level: u8) -> Result<Path, Error> {
        let mut path = Path { above: Vec::new(), end: Step { page: self.meta.root, index: 0 }, exact: false };
        while path.above.len() < MAX_LEVELS {
            let number = path.end.page;
            let page = self.pages.page_of(number, NODES)?;
            let ends = page.kind() == Some(PageKind::BtreeLeaf) || page.level() <= level;
            let (exact, index) = self.search(number, key)?;
            if ends {
                (path.end.index, path.exact) = (index, exact);
                return Ok(path);
            }
            let index = if exact { index } else { index.saturating_sub(1) };
            path.above.push(Step { page: number, index });
            path.end.page = self.pages.page(number)?.child(index)?;
        }
        Err(Error::damaged(path.end.page, "the tree has too many levels"))
    }

    /// The first leaf of a tree.
    pub(crate) fn first_leaf(&mut self, root: u32) -> Result<u32, Error> {
        let mut number = root;
        for _ in 0..MAX_LEVELS {
            let page = self.pages.page_of(number, NODES)?;
            if page.kind() == Some(PageKind::BtreeLeaf) || page.entries() == 0 {
                return Ok(number);
            }
            number = page.child(0)?;
        }
        Err(Error::damaged(number, "the tree has too many levels"))
    }

    /// The first pair at or behind a place, in the order of keys.
    pub(crate) fn pair_at(&mut self, mut place: Place) -> Result<Option<(Place, Owned, Owned)>, Error> {
        if place.page == NO_PAGE {
            place.page = self.first_leaf(self.meta.root)?;
            place.index = 0;
        }
        for _ in 0..=self.pages.last() {
            let page = self.pages.page_of(place.page, &[PageKind::BtreeLeaf])?;
            while place.index + 1 < page.entries() {
                if page.is_deleted(place.index + 1) {
                    place.index += 2;
                    continue;
                }
                let key = page.leaf_item(place.index)?.to_owned();
                let value = page.leaf_item(place.index + 1)?.to_owned();
                return Ok(Some((place, key, value)));
            }
            match page.following() {
                Some(next) => (place.page, place.index) = (next, 0),
                None => return Ok(None),
            }
        }
        Err(Error::damaged(place.page, "leaves form a ring"))
    }

    /// Where a key is, or the next greater one.
    pub(crate) fn place_of(&mut self, key: &[u8]) -> Result<(bool, Place), Error> {
        let path = self.descend(key, LEAF_LEVEL)?;
        Ok((path.exact, Place { bucket: 0, page: path.end.page, index: path.end.index }))
    }
}

/// Looks for a key on one page, as long as all keys on the way stand there.
fn search_here(page: Page<'_>, key: &[u8]) -> Option<(bool, usize)> {
    let is_leaf = page.kind() == Some(PageKind::BtreeLeaf);
    binary_search(page.entries(), slots_of(page), |index| {
        let other = if is_leaf {
            page.leaf_item(index).ok()?
        } else if index == 0 {
            return Some(Ordering::Greater);
        } else {
            page.branch(index).ok()?.key
        };
        match other {
            Item::Here(bytes) => Some(key.cmp(bytes)),
            _ => None,
        }
    })
}

/// How many slots belong together: a key and its value on leaves.
fn slots_of(page: Page<'_>) -> usize {
    if page.kind() == Some(PageKind::BtreeLeaf) { 2 } else { 1 }
}
