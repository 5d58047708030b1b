//! Removal from a btree. A leaf that becomes empty is given back, with those of its parents that led nowhere else.

use super::{Btree, LEAF_LEVEL, MAX_LEVELS};
use crate::format::{NO_PAGE, PageKind};
use crate::overflow::Item;
use crate::{Error, Store};

impl<S: Store> Btree<S> {
    /// Removes a key; false says that it was not there.
    pub(crate) fn delete(&mut self, key: &[u8]) -> Result<bool, Error> {
        self.right_edge.clear();
        let path = self.descend(key, LEAF_LEVEL)?;
        let (leaf, index) = (path.end.page, path.end.index);
        if !path.exact || self.pages.page(leaf)?.is_deleted(index + 1) {
            return Ok(false);
        }
        self.release_item(leaf, index)?;
        self.release_item(leaf, index + 1)?;
        let mut page = self.pages.page_mut(leaf)?;
        page.remove_item(index)?;
        page.remove_item(index)?;
        if self.pages.page(leaf)?.entries() == 0 && leaf != self.meta.root {
            self.unlink(leaf)?;
            let pages: Vec<u32> = path.above.iter().map(|step| step.page).chain([leaf]).collect();
            let indexes: Vec<usize> = path.above.iter().map(|step| step.index).collect();
            self.remove_branch(&pages, &indexes)?;
        }
        Ok(true)
    }

    /// Removes the item of a slot, with its overflow pages.
    fn remove_item(&mut self, number: u32, index: usize) -> Result<(), Error> {
        self.release_item(number, index)?;
        self.pages.page_mut(number)?.remove_item(index)
    }

    /// Gives the overflow pages of an item back, which is about to be removed.
    pub(super) fn release_item(&mut self, number: u32, index: usize) -> Result<(), Error> {
        let page = self.pages.page(number)?;
        let item = match page.kind() {
            Some(PageKind::BtreeInternal) => page.branch(index)?.key,
            _ => page.leaf_item(index)?,
        };
        match item {
            Item::Overflow(chain) => self.pages.release_chain(chain),
            Item::Tree(_) => Err(Error::ReadOnlyFeatures),
            Item::Here(_) | Item::Values(_) => Ok(()),
        }
    }

    /// Takes a leaf out of the chain of leaves.
    fn unlink(&mut self, leaf: u32) -> Result<(), Error> {
        let page = self.pages.page(leaf)?;
        let (previous, next) = (page.previous(), page.next());
        if next != NO_PAGE {
            self.pages.page_of(next, &[PageKind::BtreeLeaf])?;
            self.pages.page_mut(next)?.set_previous(previous);
        }
        if previous != NO_PAGE {
            self.pages.page_of(previous, &[PageKind::BtreeLeaf])?;
            self.pages.page_mut(previous)?.set_next(next);
        }
        Ok(())
    }

    /// Removes what leads to an empty leaf. `pages` are those from the root to the leaf, `indexes` the slots on the way.
    fn remove_branch(&mut self, pages: &[u32], indexes: &[usize]) -> Result<(), Error> {
        // The lowest page that leads to others, too.
        let mut top = indexes.len().saturating_sub(1);
        while top > 0 && pages.get(top).is_some_and(|&page| self.leads_to_one(page)) {
            top -= 1;
        }
        let (Some(&page), Some(&index)) = (pages.get(top), indexes.get(top)) else {
            return Ok(());
        };
        self.remove_item(page, index)?;
        for (depth, &below) in pages.iter().enumerate().skip(top + 1) {
            if let Some(&index) = indexes.get(depth) {
                self.remove_item(below, index)?;
            }
            self.pages.release(below)?;
        }
        if page == self.meta.root { self.lower_root() } else { Ok(()) }
    }

    fn leads_to_one(&mut self, number: u32) -> bool {
        self.pages.page(number).is_ok_and(|page| page.entries() == 1)
    }

    /// Copies the only page that the root leads to over the root, as long as there is such a one.
    fn lower_root(&mut self) -> Result<(), Error> {
        let root = self.meta.root;
        for _ in 0..MAX_LEVELS {
            let page = self.pages.page(root)?;
            if page.kind() != Some(PageKind::BtreeInternal) || page.entries() != 1 {
                break;
            }
            let branch = page.branch(0)?;
            let child = branch.child;
            if child == root {
                return Err(Error::damaged(root, "leads to itself"));
            }
            if let Item::Overflow(chain) = branch.key {
                self.pages.release_chain(chain)?;
            }
            let copy = self.pages.page_of(child, super::NODES)?.to_buffer();
            let mut page = self.pages.page_mut(root)?;
            page.copy_from(copy.view());
            page.set_number(root);
            page.mark_not_logged();
            self.pages.release(child)?;
        }
        Ok(())
    }
}
