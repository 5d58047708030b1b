//! A walk through all pairs, in the order in which Berkeley DB gives them: keys in order for a btree, the order of
//! buckets for a hash file.

use crate::format::{NO_PAGE, PageKind};
use crate::overflow::{Item, Owned};
use crate::pages::Pages;
use crate::{Database, Entry, Error, Files, Store};
use std::collections::{HashSet, VecDeque};

/// The slot of a pair.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Place {
    /// The bucket; 0 in a btree.
    pub bucket: u32,
    /// The page; none before the walk through a bucket or a tree starts.
    pub page: u32,
    /// The slot of the key.
    pub index: usize,
}

/// Where a walk is. The file may be changed between two steps.
#[derive(Debug, Default)]
pub struct Cursor {
    place: Place,
    /// The key that was given last.
    key: Option<Vec<u8>>,
    /// Further values of that key.
    values: VecDeque<Owned>,
    /// The keys of this bucket that were given.
    given: HashSet<Vec<u8>>,
    /// The walk through this bucket was started again, because its pairs have moved: those that were given are left out.
    /// Otherwise a key may be given twice: Berkeley DB sometimes stores one twice next to a key on overflow pages.
    again: bool,
    /// How many pages were seen; a damaged file may lead in circles.
    pages: u64,
    ended: bool,
}

impl Cursor {
    /// A cursor before the first pair.
    pub fn new() -> Cursor {
        Cursor::default()
    }
}

impl<S: Store> Database<S> {
    /// The next pair, `None` after the last one. A key with several values is given with each of them.
    ///
    /// # Errors
    /// The file is damaged or cannot be read.
    pub fn next(&mut self, cursor: &mut Cursor) -> Result<Option<Entry>, Error> {
        loop {
            if let (Some(key), Some(value)) = (&cursor.key, cursor.values.pop_front()) {
                let value = self.pages().read_item(value)?;
                return Ok(Some((key.clone(), value)));
            }
            if cursor.ended {
                return Ok(None);
            }
            let start = self.advance(cursor)?;
            let found = match &mut self.files {
                Files::Hash(hash) => hash.pair_at(start)?,
                Files::Btree(tree) => tree.pair_at(start)?,
            };
            let Some((place, key, value)) = found else {
                cursor.ended = true;
                return Ok(None);
            };
            let is_hash = matches!(self.files, Files::Hash(_));
            if place.page != cursor.place.page || place.index <= cursor.place.index {
                cursor.pages += 1;
                if cursor.pages > 2 * (u64::from(self.pages().last()) + 1) {
                    return Err(Error::damaged(place.page, "pages form a ring"));
                }
            }
            if place.bucket != cursor.place.bucket {
                cursor.given.clear();
                cursor.again = false;
            }
            cursor.place = place;
            let key = self.pages().read_item(key)?;
            cursor.key = Some(key.clone());
            if is_hash && !cursor.given.insert(key) && cursor.again {
                continue;
            }
            let order = self.pages().format.order;
            cursor.values = match value {
                Owned::Values(set) => {
                    values_of(order, &set).into_iter().map(|value| Owned::Here(value.to_vec())).collect()
                }
                Owned::Tree(root) => self.pages().values_in_tree(root)?.into(),
                value => VecDeque::from([value]),
            };
        }
    }

    /// The place behind the pair that was given last. That pair may have moved or gone meanwhile.
    fn advance(&mut self, cursor: &mut Cursor) -> Result<Place, Error> {
        let Some(key) = &cursor.key else {
            return Ok(Place::default());
        };
        let mut place = cursor.place;
        if self.key_at(place)?.as_ref() == Some(key) {
            place.index += 2;
            return Ok(place);
        }
        cursor.pages = 0;
        match &mut self.files {
            // The bucket from its start; what was given is left out.
            Files::Hash(_) => {
                cursor.again = true;
                Ok(Place { page: NO_PAGE, index: 0, ..place })
            }
            Files::Btree(tree) => {
                let (is_there, mut place) = tree.place_of(key)?;
                place.index += if is_there { 2 } else { 0 };
                Ok(place)
            }
        }
    }

    /// The key that is at a place now.
    fn key_at(&mut self, place: Place) -> Result<Option<Vec<u8>>, Error> {
        let is_hash = matches!(self.files, Files::Hash(_));
        let pages = self.pages();
        if place.page > pages.last() {
            return Ok(None);
        }
        let page = pages.page(place.page)?;
        let item = match page.kind() {
            _ if place.index >= page.entries() => return Ok(None),
            Some(PageKind::Hash | PageKind::HashUnsorted) if is_hash => page.hash_item(place.index)?,
            Some(PageKind::BtreeLeaf) if !is_hash => page.leaf_item(place.index)?,
            _ => return Ok(None),
        };
        match item.to_owned() {
            Owned::Values(_) | Owned::Tree(_) => Ok(None),
            item => pages.read_item(item).map(Some),
        }
    }
}

/// The values of a set that stands on a page: each between two copies of its length.
pub(crate) fn values_of(order: crate::ByteOrder, set: &[u8]) -> Vec<&[u8]> {
    let mut values = Vec::new();
    let mut at = 0;
    while at < set.len() {
        let length = usize::from(order.u16(set, at));
        let Some(value) = set.get(at + 2..at + 2 + length) else {
            break;
        };
        values.push(value);
        at += length + 4;
    }
    values
}

impl<S: Store> Pages<S> {
    /// The values in a tree of duplicates, in order, without those that were deleted.
    pub(crate) fn values_in_tree(&mut self, root: u32) -> Result<Vec<Owned>, Error> {
        const ABOVE: &[PageKind] = &[PageKind::BtreeInternal, PageKind::RecordInternal];
        const LEAVES: &[PageKind] = &[PageKind::DuplicateLeaf, PageKind::RecordLeaf];
        let mut number = root;
        for _ in 0..=u8::MAX {
            let page = self.page(number)?;
            match page.kind() {
                Some(kind) if ABOVE.contains(&kind) && page.entries() > 0 => number = page.child(0)?,
                _ => break,
            }
        }
        let mut values = Vec::new();
        for _ in 0..=self.last() {
            let page = self.page_of(number, LEAVES)?;
            for index in (0..page.entries()).filter(|&index| !page.is_deleted(index)) {
                match page.leaf_item(index)? {
                    Item::Tree(_) | Item::Values(_) => {
                        return Err(Error::damaged(number, "a set within a set"));
                    }
                    item => values.push(item.to_owned()),
                }
            }
            number = page.next();
            if number == NO_PAGE {
                return Ok(values);
            }
        }
        Err(Error::damaged(number, "pages form a ring"))
    }
}
