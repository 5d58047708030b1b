//! Splits of btree pages. Where a page is split, and what its parent gets to know of that, is as in Berkeley DB 5.3, so
//! that the same input gives the same file.

use super::page::{Branch, CHAIN_SIZE, internal_size, leaf_size};
use super::{Btree, MAX_LEVELS, Path, Step, slots_of};
use crate::format::{LEAF_LEVEL, NO_PAGE, PageKind};
use crate::overflow::{Item, Owned};
use crate::page::{Page, PageBuffer, PageMut};
use crate::{Error, Store};

/// What came of one split.
enum Outcome {
    /// There is room now.
    Done,
    /// The parent has no room for another key, and must be split first.
    ParentIsFull,
}

impl<S: Store> Btree<S> {
    /// Splits the leaf where a key belongs, after those of its parents that have no room for one key more.
    pub(super) fn split(&mut self, key: &[u8]) -> Result<(), Error> {
        let mut level = LEAF_LEVEL;
        for _ in 0..MAX_LEVELS * 2 {
            let path = self.descend(key, level)?;
            let page = self.pages.page(path.end.page)?;
            level = page.level().max(LEAF_LEVEL);
            let two_items = 2 * (2 + leaf_size(self.largest_item).max(CHAIN_SIZE));
            let outcome = if two_items <= page.free_space() {
                Outcome::Done
            } else if path.above.is_empty() {
                self.split_root(path.end)?
            } else {
                self.split_page(&path)?
            };
            level = match outcome {
                Outcome::Done if level == LEAF_LEVEL => return Ok(()),
                Outcome::Done => level - 1,
                Outcome::ParentIsFull => level.saturating_add(1),
            };
        }
        Err(Error::damaged(self.meta.root, "no split makes room for a key"))
    }

    /// Moves the root's items to two new pages, and makes the root their parent.
    fn split_root(&mut self, root: Step) -> Result<Outcome, Error> {
        let old = self.pages.page(root.page)?.to_buffer();
        let page = old.view();
        let (Some(kind), level) = (page.kind(), page.level()) else {
            return Ok(Outcome::Done);
        };
        let parent_level = level.checked_add(1).ok_or(Error::Full)?;
        let (left, right) = (self.pages.allocate(kind, level)?, self.pages.allocate(kind, level)?);
        let split = split_point(page, root.index)?;
        copy_items(page, 0..split, &mut self.pages.page_mut(left)?)?;
        copy_items(page, split..page.entries(), &mut self.pages.page_mut(right)?)?;
        if kind == PageKind::BtreeLeaf {
            self.pages.page_mut(left)?.set_next(right);
            self.pages.page_mut(right)?.set_previous(left);
        }
        let key = self.promoted_key(page, split)?;
        let format = self.format();
        let first = Branch { key: Item::Here(&[]), child: left }.encode(format);
        let second = Branch { key: key.as_item(), child: right }.encode(format);
        let mut page = self.pages.page_mut(root.page)?;
        page.init(root.page, NO_PAGE, NO_PAGE, parent_level, PageKind::BtreeInternal);
        page.append_item(&first);
        page.append_item(&second);
        Ok(Outcome::Done)
    }

    /// Moves the upper part of a page to a new page on its right.
    fn split_page(&mut self, path: &Path) -> Result<Outcome, Error> {
        let (Some(&parent), number) = (path.above.last(), path.end.page) else {
            return Ok(Outcome::Done);
        };
        let old = self.pages.page(number)?.to_buffer();
        let page = old.view();
        let Some(kind) = page.kind() else {
            return Ok(Outcome::Done);
        };
        let is_leaf = kind == PageKind::BtreeLeaf;
        let split = split_point(page, path.end.index)?;
        let (mut left, mut right) = (PageBuffer::new(self.format()), PageBuffer::new(self.format()));
        let previous = if is_leaf { page.previous() } else { NO_PAGE };
        left.edit().init(number, previous, NO_PAGE, page.level(), kind);
        copy_items(page, 0..split, &mut left.edit())?;
        let key_length = separator_length(page, split, left.view())?;
        if self.pages.page(parent.page)?.free_space() < internal_size(key_length) + 2 {
            return Ok(Outcome::ParentIsFull);
        }
        let right_number = self.pages.allocate(kind, page.level())?;
        let (previous, next) = if is_leaf { (number, page.next()) } else { (NO_PAGE, NO_PAGE) };
        right.edit().init(right_number, previous, next, page.level(), kind);
        copy_items(page, split..page.entries(), &mut right.edit())?;
        left.edit().set_next(right_number);
        if is_leaf && page.next() != NO_PAGE {
            self.pages.page_of(page.next(), &[PageKind::BtreeLeaf])?;
            self.pages.page_mut(page.next())?.set_previous(right_number);
        }
        let mut key = self.promoted_key(page, split)?;
        if let Owned::Here(bytes) = &mut key {
            bytes.truncate(key_length);
        }
        let item = Branch { key: key.as_item(), child: right_number }.encode(self.format());
        self.pages.page_mut(parent.page)?.insert_item(parent.index + 1, &item);
        replace_content(&mut self.pages.page_mut(right_number)?, right.view());
        replace_content(&mut self.pages.page_mut(number)?, left.view());
        Ok(Outcome::Done)
    }

    /// The key that leads to the right part. One on overflow pages is copied when it comes from a leaf; above, its
    /// first slot needs none any more, and the parent takes it over.
    fn promoted_key(&mut self, page: Page<'_>, split: usize) -> Result<Owned, Error> {
        if page.kind() == Some(PageKind::BtreeInternal) {
            return Ok(page.branch(split)?.key.to_owned());
        }
        match page.leaf_item(split)?.to_owned() {
            Owned::Overflow(chain) => {
                let bytes = self.pages.read_chain(chain)?;
                Ok(Owned::Overflow(self.pages.write_chain(&bytes)?))
            }
            key @ Owned::Here(_) => Ok(key),
            Owned::Values(_) | Owned::Tree(_) => {
                Err(Error::damaged(page.number(), "several keys in the place of one"))
            }
        }
    }
}

/// Puts new content into a page; the bytes between slots and items stay what they were.
fn replace_content(page: &mut PageMut<'_>, content: Page<'_>) {
    let slots = content.format.overhead + 2 * content.entries();
    page.put(0, content.bytes.get(..slots).unwrap_or_default());
    let items = content.high_free();
    page.put(items, content.bytes.get(items..).unwrap_or_default());
    page.mark_not_logged();
}

/// The bytes of a key above the leaves that leads to the right part: as many as tell it from the last key of the left
/// part, where both stand on leaves; all, higher up.
fn separator_length(page: Page<'_>, split: usize, left: Page<'_>) -> Result<usize, Error> {
    if page.kind() == Some(PageKind::BtreeInternal) {
        return Ok(key_length(&page.branch(split)?.key));
    }
    let last = left.entries().saturating_sub(2);
    match (left.leaf_item(last)?, page.leaf_item(split)?) {
        (Item::Here(low), Item::Here(high)) => {
            let needed = distinguishing_length(low, high);
            let shorter = internal_size(needed) < internal_size(high.len());
            Ok(if shorter { needed } else { high.len() })
        }
        (_, key) => Ok(key_length(&key)),
    }
}

fn key_length(key: &Item<'_>) -> usize {
    match key {
        Item::Here(bytes) | Item::Values(bytes) => bytes.len(),
        Item::Overflow(_) | Item::Tree(_) => CHAIN_SIZE,
    }
}

/// How many bytes of the second key tell it from the first one.
pub(super) fn distinguishing_length(low: &[u8], high: &[u8]) -> usize {
    let same = low.iter().zip(high).take_while(|(a, b)| a == b).count();
    let shorter = low.len().min(high.len());
    if same < shorter || low.len() != high.len() { same + 1 } else { high.len() }
}

/// Where a page is split: the first slot of the right part. `inserting` is the slot for the new item.
fn split_point(page: Page<'_>, inserting: usize) -> Result<usize, Error> {
    let step = slots_of(page);
    let entries = page.entries();
    if entries < 2 * step {
        return Err(Error::damaged(page.number(), "too few items to split"));
    }
    let at_end = page.next() == NO_PAGE && inserting >= entries - step;
    let at_start = page.previous() == NO_PAGE && inserting == 0;
    // Input that is sorted fills pages better when most items stay together.
    let point = match (at_end, at_start) {
        (true, _) => entries - step,
        (false, true) => step,
        (false, false) => half_of(page, step)?,
    };
    let point = away_from_overflow_key(page, point, step);
    Ok(away_from_duplicates(page, point, step))
}

/// The slot where half of the bytes are on the left.
fn half_of(page: Page<'_>, step: usize) -> Result<usize, Error> {
    let half = (page.format.page_size - page.high_free()) / 2;
    let top = page.entries() - step;
    let (mut index, mut bytes) = (0, 0);
    while index < top && bytes < half {
        for slot in index..index + step {
            bytes += page.item_size(slot)?;
        }
        index += step;
    }
    Ok(index)
}

/// A slot nearby whose key is not on overflow pages: such keys make searches slow when they stand above the leaves.
fn away_from_overflow_key(page: Page<'_>, point: usize, step: usize) -> usize {
    let is_short = |index: usize| match page.kind() {
        Some(PageKind::BtreeInternal) => {
            page.branch(index).is_ok_and(|branch| matches!(branch.key, Item::Here(_)))
        }
        _ => page.leaf_item(index).is_ok_and(|item| matches!(item, Item::Here(_))),
    };
    if is_short(point) {
        return point;
    }
    for distance in (1..=3).map(|count| count * step) {
        let above = point + distance;
        if above < page.entries() && is_short(above) {
            return above;
        }
        if point > distance && is_short(point - distance) {
            return point - distance;
        }
    }
    point
}

/// A slot nearby where the values of one key do not come apart.
fn away_from_duplicates(page: Page<'_>, point: usize, step: usize) -> usize {
    let entries = page.entries();
    if step != 2 || point < step || page.slot(point) != page.slot(point - step) {
        return point;
    }
    for distance in (1..=entries / step).map(|count| count * step) {
        if point + distance < entries && page.slot(point + distance) != page.slot(point) {
            return point + distance;
        }
        if point > distance && page.slot(point - distance) != page.slot(point) {
            return point - distance + step;
        }
    }
    point
}

/// Copies items to an empty page. The first key on a page above the leaves is never compared, and gets lost.
fn copy_items(page: Page<'_>, slots: std::ops::Range<usize>, to: &mut PageMut<'_>) -> Result<(), Error> {
    let is_leaf = page.kind() == Some(PageKind::BtreeLeaf);
    let first = slots.start;
    for index in slots {
        if !is_leaf && index == first && index != 0 {
            let child = page.branch(index)?.child;
            to.append_item(&Branch { key: Item::Here(&[]), child }.encode(page.format));
        } else if is_leaf && index % 2 == 0 && index > first && page.slot(index) == page.slot(index - 2) {
            let shared = to.view().slot(index - first - 2);
            to.append_shared(shared);
        } else {
            to.append_item(page.stored(index)?);
        }
    }
    Ok(())
}
