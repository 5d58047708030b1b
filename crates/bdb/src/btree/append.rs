//! Pairs in the order of their keys, added at the end of the tree.

use super::page::Branch;
use super::split::distinguishing_length;
use super::{Btree, MAX_LEVELS};
use crate::format::{LEAF_LEVEL, NO_PAGE, PageKind};
use crate::overflow::{Item, Owned};
use crate::{Error, Store};

impl<S: Store> Btree<S> {
    /// Adds a pair behind all others.
    pub(crate) fn append(&mut self, key: &[u8], value: &[u8]) -> Result<(), Error> {
        let mut leaf = self.last_leaf()?;
        let needed = self.room_for(key) + self.room_for(value);
        if self.pages.page(leaf)?.free_space() < needed {
            leaf = self.next_leaf(leaf, key)?;
        }
        // Both items first: what they allocate may send the page to the store, which must not be in between.
        let (key, value) = (self.item(key)?, self.item(value)?);
        let mut page = self.pages.page_mut(leaf)?;
        page.append_item(&key);
        page.append_item(&value);
        Ok(())
    }

    /// The last leaf. Notes its parents when that is not known yet.
    fn last_leaf(&mut self) -> Result<u32, Error> {
        if let Some(&leaf) = self.right_edge.first() {
            return Ok(leaf);
        }
        let mut number = self.meta.root;
        for _ in 0..MAX_LEVELS {
            self.right_edge.insert(0, number);
            let page = self.pages.page_of(number, super::NODES)?;
            if page.kind() == Some(PageKind::BtreeLeaf) {
                return Ok(number);
            }
            number = page.child(page.entries().saturating_sub(1))?;
        }
        Err(Error::damaged(number, "the tree has too many levels"))
    }

    /// Puts a leaf behind the last one, for a key that starts it.
    fn next_leaf(&mut self, last: u32, key: &[u8]) -> Result<u32, Error> {
        let separator = if key.len() > self.largest_item {
            Owned::Overflow(self.pages.write_chain(key)?)
        } else {
            let page = self.pages.page(last)?;
            let length = match page.leaf_item(page.entries().saturating_sub(2))? {
                Item::Here(low) => distinguishing_length(low, key),
                _ => key.len(),
            };
            Owned::Here(key.get(..length).unwrap_or(key).to_vec())
        };
        let leaf = self.pages.allocate(PageKind::BtreeLeaf, LEAF_LEVEL)?;
        self.pages.page_mut(last)?.set_next(leaf);
        self.pages.page_mut(leaf)?.set_previous(last);
        self.lead_to(leaf, 1, separator.as_item())?;
        if let Some(edge) = self.right_edge.first_mut() {
            *edge = leaf;
        }
        Ok(leaf)
    }

    /// Adds a key that leads to a new page to the pages of the level above it. `above` is that level, counted from the
    /// leaves.
    fn lead_to(&mut self, mut child: u32, above: usize, key: Item<'_>) -> Result<(), Error> {
        let format = self.format();
        for depth in above..MAX_LEVELS {
            let item = Branch { key, child }.encode(format);
            let first = |child| Branch { key: Item::Here(&[]), child }.encode(format);
            let level = LEAF_LEVEL.saturating_add(u8::try_from(depth).unwrap_or(u8::MAX));
            let Some(&parent) = self.right_edge.get(depth) else {
                let left = first(self.move_root(child)?);
                let root = self.meta.root;
                let mut page = self.pages.page_mut(root)?;
                page.init(root, NO_PAGE, NO_PAGE, level, PageKind::BtreeInternal);
                page.append_item(&left);
                page.append_item(&item);
                self.right_edge.push(root);
                return Ok(());
            };
            if self.pages.page(parent)?.free_space() >= item.len() + 2 {
                self.pages.page_mut(parent)?.append_item(&item);
                return Ok(());
            }
            let next = self.pages.allocate(PageKind::BtreeInternal, level)?;
            self.pages.page_mut(next)?.append_item(&first(child));
            if let Some(edge) = self.right_edge.get_mut(depth) {
                *edge = next;
            }
            child = next;
        }
        Err(Error::damaged(NO_PAGE, "the tree has too many levels"))
    }

    /// Moves what the root has to another page, because the root is always the same one. `right` is the page that
    /// follows it.
    fn move_root(&mut self, right: u32) -> Result<u32, Error> {
        let root = self.pages.page(self.meta.root)?.to_buffer();
        let page = root.view();
        let kind = page.kind().ok_or(Error::damaged(self.meta.root, "unknown page type"))?;
        let number = self.pages.allocate(kind, page.level())?;
        let mut copy = self.pages.page_mut(number)?;
        copy.copy_from(page);
        copy.set_number(number);
        if kind == PageKind::BtreeLeaf {
            self.pages.page_mut(right)?.set_previous(number);
        }
        Ok(number)
    }
}
