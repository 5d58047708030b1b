//! Growth of a hash table by one bucket.

use super::page::{Entry, decode};
use super::{BUCKETS, Hash, Sought};
use crate::format::{NO_PAGE, PageKind};
use crate::meta::hash_of;
use crate::overflow::Item;
use crate::page::Page;
use crate::{Error, Store};
use std::borrow::Cow;

/// A key that stands on a page.
struct StoredKey<'a> {
    bytes: Cow<'a, [u8]>,
    on_overflow_pages: bool,
}

impl StoredKey<'_> {
    fn sought(&self) -> Sought<'_> {
        if self.on_overflow_pages { Sought::Chain(&self.bytes) } else { Sought::Bytes(&self.bytes) }
    }
}

impl<S: Store> Hash<S> {
    /// Adds the next bucket, and moves those pairs into it that belong there now.
    pub(super) fn grow(&mut self) -> Result<(), Error> {
        let pages = &mut self.pages;
        let (old, new) = self.meta.add_bucket(|count| pages.extend(count))?;
        self.pages.touch_meta();
        self.split(old, new)
    }

    /// Moves pairs out of the old bucket. Its pages are read one after the other, and pairs go to the last page of
    /// their bucket; a page that was read is free for those that come later.
    fn split(&mut self, old: u32, new: u32) -> Result<(), Error> {
        let (first, new_page) = (self.meta.page_of(old), self.meta.page_of(new));
        self.pages.page_of(first, BUCKETS)?;
        self.sort(first)?;
        self.pages.page_of(new_page, &[PageKind::Hash, PageKind::HashUnsorted, PageKind::Free])?;
        self.pages.page_mut(new_page)?.init(new_page, NO_PAGE, NO_PAGE, 0, PageKind::Hash);
        let mut source = self.pages.page(first)?.to_buffer();
        self.pages.page_mut(first)?.init(first, NO_PAGE, NO_PAGE, 0, PageKind::Hash);
        let mut targets = [first, new_page];
        for _ in 0..=self.pages.last() {
            let page = source.view();
            self.distribute(page, old, &mut targets)?;
            if page.number() != first {
                self.pages.release(page.number())?;
            }
            match page.following() {
                Some(next) => source = self.pages.page_of(next, BUCKETS)?.to_buffer(),
                None => break,
            }
        }
        Ok(())
    }

    /// Copies the pairs of a page to the last pages of those that stay and of those that move.
    fn distribute(&mut self, page: Page<'_>, old: u32, targets: &mut [u32; 2]) -> Result<(), Error> {
        for index in (0..page.entries()).step_by(2) {
            let key = self.stored_key(page, index)?;
            let [kept, moved] = &mut *targets;
            let target = if self.meta.bucket_of(hash_of(&key.bytes)) == old { kept } else { moved };
            let room = page.stored_item(index).len() + page.stored_item(index + 1).len() + 4;
            if self.pages.page(*target)?.free_space() < room {
                *target = self.append_page(*target)?;
            }
            self.copy_pair(page, index, &key, *target)?;
        }
        Ok(())
    }

    /// Puts a page of an old version in order. True says that it was not.
    pub(super) fn sort(&mut self, number: u32) -> Result<bool, Error> {
        if self.pages.page(number)?.kind() == Some(PageKind::Hash) {
            return Ok(false);
        }
        let copy = self.pages.page(number)?.to_buffer();
        let page = copy.view();
        self.pages.page_mut(number)?.init(number, page.previous(), page.next(), 0, PageKind::Hash);
        for index in (0..page.entries()).step_by(2) {
            let key = self.stored_key(page, index)?;
            self.copy_pair(page, index, &key, number)?;
        }
        Ok(true)
    }

    /// The key at a slot, wherever its bytes are.
    fn stored_key<'a>(&mut self, page: Page<'a>, index: usize) -> Result<StoredKey<'a>, Error> {
        match decode(page.format.order, page.stored_item(index)) {
            Some(Item::Here(bytes)) => {
                Ok(StoredKey { bytes: Cow::Borrowed(bytes), on_overflow_pages: false })
            }
            Some(Item::Overflow(chain)) => {
                let bytes = Cow::Owned(self.pages.read_chain(chain)?);
                Ok(StoredKey { bytes, on_overflow_pages: true })
            }
            _ => Err(Error::damaged(page.number(), "several keys in the place of one")),
        }
    }

    /// Copies a pair as it stands to another page.
    fn copy_pair(
        &mut self,
        page: Page<'_>,
        index: usize,
        key: &StoredKey<'_>,
        target: u32,
    ) -> Result<(), Error> {
        let slot = self.search(target, key.sought())?.1;
        let (key, value) = (page.stored_item(index), page.stored_item(index + 1));
        self.pages.page_mut(target)?.insert_pair(slot, Entry::Stored(key), Entry::Stored(value));
        Ok(())
    }
}
