//! Items that are too large for a page of their own kind: chains of overflow pages.

use crate::format::{NO_PAGE, PageKind};
use crate::pages::Pages;
use crate::{Error, Store};
use std::cmp::Ordering;

/// An item, or where it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Item<'a> {
    /// It stands on the page.
    Here(&'a [u8]),
    /// It stands on overflow pages.
    Overflow(Chain),
    /// Several values of one key, on the page: each between its lengths.
    Values(&'a [u8]),
    /// Several values of one key, in a tree with this root page.
    Tree(u32),
}

/// An item on overflow pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Chain {
    /// The first page.
    pub first: u32,
    /// The size of the item, bytes.
    pub size: u32,
}

impl<S: Store> Pages<S> {
    /// Reads an item.
    pub(crate) fn read_chain(&mut self, chain: Chain) -> Result<Vec<u8>, Error> {
        let mut item = Vec::new();
        let mut next = chain.first;
        let size = chain.size as usize;
        if size > self.last() as usize * self.format.page_size {
            return Err(Error::damaged(next, "an item larger than the file"));
        }
        while item.len() < size {
            let page = self.page_of(next, &[PageKind::Overflow])?;
            let part = page.overflow_part()?;
            if part.is_empty() {
                return Err(Error::damaged(next, "an empty overflow page"));
            }
            let count = part.len().min(size - item.len());
            item.extend_from_slice(part.get(..count).unwrap_or_default());
            next = page.next();
        }
        Ok(item)
    }

    /// Compares a key with an item. The order is that of bytes; of two that differ in length only, the longer one is
    /// greater.
    pub(crate) fn compare_with_chain(&mut self, key: &[u8], chain: Chain) -> Result<Ordering, Error> {
        let mut rest = key;
        let mut left = chain.size as usize;
        let mut next = chain.first;
        while !rest.is_empty() && left > 0 {
            let page = self.page_of(next, &[PageKind::Overflow])?;
            let part = page.overflow_part()?;
            let count = part.len().min(rest.len()).min(left);
            if count == 0 {
                return Err(Error::damaged(next, "an empty overflow page"));
            }
            let (head, tail) = rest.split_at(count);
            match head.cmp(part.get(..count).unwrap_or_default()) {
                Ordering::Equal => {}
                different => return Ok(different),
            }
            (rest, left, next) = (tail, left - count, page.next());
        }
        Ok(rest.len().cmp(&left))
    }

    /// Writes an item to overflow pages.
    pub(crate) fn write_chain(&mut self, item: &[u8]) -> Result<Chain, Error> {
        let size = u32::try_from(item.len()).map_err(|_| Error::Full)?;
        let overhead = self.format.overhead;
        let mut chain = Chain { first: NO_PAGE, size };
        let mut previous = NO_PAGE;
        for part in item.chunks(self.format.page_size - overhead) {
            let number = self.allocate(PageKind::Overflow, 0)?;
            let mut page = self.page_mut(number)?;
            page.set_previous(previous);
            page.put_overflow_part(part);
            if previous == NO_PAGE {
                chain.first = number;
            } else {
                self.page_mut(previous)?.set_next(number);
            }
            previous = number;
        }
        Ok(chain)
    }

    /// Gives the pages of an item back, unless another item refers to them, too.
    pub(crate) fn release_chain(&mut self, chain: Chain) -> Result<(), Error> {
        let mut next = chain.first;
        while next != NO_PAGE {
            let number = next;
            let page = self.page_of(number, &[PageKind::Overflow])?;
            next = page.next();
            let references = page.entries();
            if references > 1 {
                self.page_mut(number)?.set_entries(references - 1);
                return Ok(());
            }
            self.release(number)?;
        }
        Ok(())
    }

    /// The bytes of an item that has one value.
    pub(crate) fn read_item(&mut self, item: Owned) -> Result<Vec<u8>, Error> {
        match item {
            Owned::Here(bytes) => Ok(bytes),
            Owned::Overflow(chain) => self.read_chain(chain),
            Owned::Values(_) | Owned::Tree(_) => Err(Error::damaged(0, "several keys in the place of one")),
        }
    }
}

/// An item that was taken out of its page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Owned {
    /// Its bytes.
    Here(Vec<u8>),
    /// On overflow pages.
    Overflow(Chain),
    /// On-page duplicates.
    Values(Vec<u8>),
    /// Duplicates in a tree.
    Tree(u32),
}

impl Item<'_> {
    /// Takes the item out of its page.
    pub(crate) fn to_owned(self) -> Owned {
        match self {
            Item::Here(bytes) => Owned::Here(bytes.to_vec()),
            Item::Overflow(chain) => Owned::Overflow(chain),
            Item::Values(bytes) => Owned::Values(bytes.to_vec()),
            Item::Tree(root) => Owned::Tree(root),
        }
    }
}

impl Owned {
    /// The item, to be put on a page.
    pub(crate) fn as_item(&self) -> Item<'_> {
        match self {
            Owned::Here(bytes) => Item::Here(bytes),
            Owned::Overflow(chain) => Item::Overflow(*chain),
            Owned::Values(bytes) => Item::Values(bytes),
            Owned::Tree(root) => Item::Tree(*root),
        }
    }
}
