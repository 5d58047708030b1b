//! The pages of one file: a cache of bounded size, and the allocation of pages.
//!
//! Changes stay in the cache until [`Pages::flush`], unless the cache is too small for all of them.

use crate::format::{Format, HEADER_WITH_CHECKSUM, MIN_PAGE, NO_PAGE, PageKind};
use crate::page::{Page, PageMut};
use crate::{Error, Store};
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::ops::RangeInclusive;

/// The fewest pages in a cache: a request must be able to go on while it walks through a few pages.
const MIN_FRAMES: usize = 16;
/// How many bytes one write takes at most when many pages follow one another.
const RUN: usize = 256 * 1024;
/// How many bytes one read takes at most when many pages follow one another.
const READ_RUN: usize = 64 * 1024;
/// Where a page with a checksum has it; metadata has it at the end of its 512 bytes.
const CHECKSUM: usize = 28;
const META_CHECKSUM: usize = 492;

/// A page in memory.
struct Frame {
    number: u32,
    changed: bool,
    used: bool,
    bytes: Box<[u8]>,
}

/// The pages of one file.
pub(crate) struct Pages<S> {
    store: S,
    pub(crate) format: Format,
    /// Pages have checksums.
    checksums: bool,
    /// What a page is that was never written: a hash file's segments have such buckets.
    blank: PageKind,
    /// Page 0.
    meta: Vec<u8>,
    meta_changed: bool,
    /// The first free page.
    free: u32,
    /// The last page of the file.
    last: u32,
    /// So many pages the store has; what is beyond was never written.
    stored: u32,
    /// The store is longer than that: it ends with pages that were given back.
    cut_off: bool,
    frames: Vec<Frame>,
    places: HashMap<u32, usize, BuildHasherDefault<PageHasher>>,
    capacity: usize,
    hand: usize,
    /// Pages that were read at once, on their way to frames.
    run: Vec<u8>,
}

/// Where a file's allocation of pages starts.
pub(crate) struct Allocation {
    pub(crate) free: u32,
    pub(crate) last: u32,
}

impl<S: Store> Pages<S> {
    /// The pages of a store whose metadata was read. `cache` is in bytes.
    pub(crate) fn new(
        store: S,
        format: Format,
        blank: PageKind,
        meta: Vec<u8>,
        allocation: &Allocation,
        cache: usize,
    ) -> Result<Pages<S>, Error> {
        let page_size = format.page_size as u64;
        let stored = u32::try_from(store.size()?.div_ceil(page_size)).map_err(|_| Error::Full)?;
        if allocation.last.max(allocation.free) >= stored.max(1) {
            return Err(Error::damaged(0, "the file is shorter than its metadata says"));
        }
        Ok(Pages {
            store,
            format,
            checksums: format.overhead == HEADER_WITH_CHECKSUM,
            blank,
            meta,
            meta_changed: false,
            free: allocation.free,
            last: allocation.last,
            stored,
            cut_off: false,
            frames: Vec::new(),
            places: HashMap::default(),
            capacity: (cache / format.page_size).max(MIN_FRAMES),
            hand: 0,
            run: Vec::new(),
        })
    }

    /// The number of the last page.
    pub(crate) fn last(&self) -> u32 {
        self.last
    }

    /// The first page of the free list.
    pub(crate) fn first_free(&self) -> u32 {
        self.free
    }

    /// The store.
    pub(crate) fn store(&self) -> &S {
        &self.store
    }

    /// The metadata page, to be changed.
    pub(crate) fn meta_mut(&mut self) -> &mut Vec<u8> {
        self.meta_changed = true;
        &mut self.meta
    }

    /// Notes that metadata will have to be written.
    pub(crate) fn touch_meta(&mut self) {
        self.meta_changed = true;
    }

    /// Whether there is anything to write.
    pub(crate) fn is_changed(&self) -> bool {
        self.meta_changed || self.frames.iter().any(|frame| frame.changed)
    }

    /// A page to read.
    pub(crate) fn page(&mut self, number: u32) -> Result<Page<'_>, Error> {
        let index = self.frame(number)?;
        let frame = self.frames.get(index).ok_or(Error::damaged(number, "lost"))?;
        Ok(Page { format: self.format, bytes: &frame.bytes })
    }

    /// A page of a kind that is expected.
    pub(crate) fn page_of(&mut self, number: u32, kinds: &[PageKind]) -> Result<Page<'_>, Error> {
        let page = self.page(number)?;
        match page.kind() {
            Some(kind) if kinds.contains(&kind) => Ok(page),
            _ => Err(Error::damaged(number, "not the kind of page that the link to it asks for")),
        }
    }

    /// A page to change.
    pub(crate) fn page_mut(&mut self, number: u32) -> Result<PageMut<'_>, Error> {
        let index = self.frame(number)?;
        let format = self.format;
        let frame = self.frames.get_mut(index).ok_or(Error::damaged(number, "lost"))?;
        frame.changed = true;
        let mut page = PageMut { format, bytes: &mut frame.bytes };
        page.mark_not_logged();
        Ok(page)
    }

    /// A new page, off the free list or at the end of the file.
    pub(crate) fn allocate(&mut self, kind: PageKind, level: u8) -> Result<u32, Error> {
        self.meta_changed = true;
        let number = if self.free == NO_PAGE {
            let number = self.last.checked_add(1).ok_or(Error::Full)?;
            self.last = number;
            self.blank_frame(number)?;
            number
        } else {
            let number = self.free;
            let page = self.page(number)?;
            if page.kind() != Some(PageKind::Free) {
                return Err(Error::damaged(number, "in use, and on the free list"));
            }
            let next = page.next();
            if next > self.last {
                return Err(Error::damaged(number, "the free list leaves the file"));
            }
            self.free = next;
            number
        };
        self.page_mut(number)?.init(number, NO_PAGE, NO_PAGE, level, kind);
        Ok(number)
    }

    /// Extends the file by `count` pages at once, of which the last one is written and the others are blank. Gives the
    /// first one.
    pub(crate) fn extend(&mut self, count: u32) -> Result<u32, Error> {
        self.meta_changed = true;
        let first = self.last.checked_add(1).ok_or(Error::Full)?;
        let last = self.last.checked_add(count).ok_or(Error::Full)?;
        self.last = last;
        self.blank_frame(last)?;
        let kind = self.blank;
        self.page_mut(last)?.init(last, NO_PAGE, NO_PAGE, 0, kind);
        Ok(first)
    }

    /// Gives a page back. The last one of the file is cut off; others go to the free list.
    pub(crate) fn release(&mut self, number: u32) -> Result<(), Error> {
        self.meta_changed = true;
        if number == self.last && number != NO_PAGE {
            self.last -= 1;
            if self.stored > number {
                self.stored = number;
                self.cut_off = true;
            }
            if let Some(index) = self.places.remove(&number)
                && let Some(frame) = self.frames.get_mut(index)
            {
                // The frame is free for another page.
                (frame.number, frame.changed, frame.used) = (NO_PAGE, false, false);
            }
            return Ok(());
        }
        let next = self.free;
        self.page_mut(number)?.init(number, NO_PAGE, next, 0, PageKind::Free);
        self.free = number;
        Ok(())
    }

    /// Writes all changes.
    pub(crate) fn flush(&mut self) -> Result<(), Error> {
        let mut changed: Vec<(u32, usize)> = self
            .frames
            .iter()
            .enumerate()
            .filter(|(_, frame)| frame.changed)
            .map(|(index, frame)| (frame.number, index))
            .collect();
        changed.sort_unstable();
        let longest = (RUN / self.format.page_size).max(1);
        let mut run: Vec<u8> = Vec::new();
        let mut rest = changed.as_slice();
        while let Some(&(first, _)) = rest.first() {
            let is_next =
                |(ahead, (number, _)): (usize, &(u32, usize))| *number as usize == first as usize + ahead;
            let count = rest.iter().enumerate().take(longest).take_while(|&pair| is_next(pair)).count();
            let (now, later) = rest.split_at(count.max(1));
            run.clear();
            for &(_, index) in now {
                if let Some(frame) = self.frames.get_mut(index) {
                    frame.changed = false;
                    if self.checksums {
                        store_checksum(self.format, &mut frame.bytes, CHECKSUM);
                    }
                    run.extend_from_slice(&frame.bytes);
                }
            }
            self.write(first, &run)?;
            rest = later;
        }
        if self.meta_changed {
            let mut meta = std::mem::take(&mut self.meta);
            PageMut { format: self.format, bytes: &mut meta }.mark_not_logged();
            if self.checksums
                && let Some(head) = meta.get_mut(..MIN_PAGE)
            {
                store_checksum(self.format, head, META_CHECKSUM);
            }
            let written = self.write(NO_PAGE, &meta);
            self.meta = meta;
            written?;
            self.meta_changed = false;
        }
        self.cut()?;
        let size = (u64::from(self.last) + 1) * self.format.page_size as u64;
        if self.store.size()? < size {
            self.store.resize(size)?;
        }
        Ok(())
    }

    /// Cuts pages off that were given back.
    fn cut(&mut self) -> Result<(), Error> {
        if self.cut_off {
            self.store.resize(u64::from(self.stored) * self.format.page_size as u64)?;
            self.cut_off = false;
        }
        Ok(())
    }

    /// Writes pages that follow one another.
    fn write(&mut self, first: u32, bytes: &[u8]) -> Result<(), Error> {
        // What was cut off must not come back between the old end and these pages.
        self.cut()?;
        self.store.write_at(bytes, u64::from(first) * self.format.page_size as u64)?;
        let count = u32::try_from(bytes.len() / self.format.page_size).unwrap_or(u32::MAX);
        self.stored = self.stored.max(first.saturating_add(count));
        Ok(())
    }

    /// The frame with a page, read if need be.
    fn frame(&mut self, number: u32) -> Result<usize, Error> {
        if let Some(&index) = self.places.get(&number) {
            if let Some(frame) = self.frames.get_mut(index) {
                frame.used = true;
            }
            return Ok(index);
        }
        if number == NO_PAGE || number > self.last {
            return Err(Error::damaged(number, "a link leaves the file"));
        }
        let index = self.vacant()?;
        let frame = self.frames.get_mut(index).ok_or(Error::damaged(number, "lost"))?;
        let count = if number < self.stored {
            self.store.read_at(&mut frame.bytes, u64::from(number) * self.format.page_size as u64)?
        } else {
            0
        };
        if let Some(rest) = frame.bytes.get_mut(count..) {
            rest.fill(0);
        }
        self.admit(number, index)?;
        Ok(index)
    }

    /// Makes a frame that of a page, if the bytes that were put into it are sound.
    fn admit(&mut self, number: u32, index: usize) -> Result<(), Error> {
        let (format, blank) = (self.format, self.blank);
        let frame = self.frames.get_mut(index).ok_or(Error::damaged(number, "lost"))?;
        let mut page = PageMut { format, bytes: &mut frame.bytes };
        if page.view().number() == NO_PAGE && blank == PageKind::Hash {
            page.init(number, NO_PAGE, NO_PAGE, 0, blank);
        } else {
            if self.checksums {
                verify_checksum(format, page.bytes, CHECKSUM, number)?;
            }
            page.view().check(number)?;
        }
        (frame.number, frame.used) = (number, true);
        self.places.insert(number, index);
        Ok(())
    }

    /// How many pages [`Pages::read_run`] takes at most. It leaves room in the cache for pages that lead to them.
    pub(crate) fn longest_run(&self) -> usize {
        (READ_RUN / self.format.page_size).min(self.capacity / 2)
    }

    /// Reads pages at once that follow one another. One that cannot be had this way is left to whoever asks for it, and
    /// learns why.
    pub(crate) fn read_run(&mut self, pages: RangeInclusive<u32>) -> Result<(), Error> {
        if pages.clone().all(|number| self.places.contains_key(&number)) {
            return Ok(());
        }
        let size = self.format.page_size;
        let mut run = std::mem::take(&mut self.run);
        run.resize(self.longest_run() * size, 0);
        let wanted = run.len().min(pages.clone().count() * size);
        let (buffer, start) =
            (run.get_mut(..wanted).unwrap_or_default(), u64::from(*pages.start()) * size as u64);
        let count = self.store.read_at(buffer, start)?;
        for (number, bytes) in pages.zip(run.get(..count).unwrap_or_default().chunks_exact(size)) {
            if number == NO_PAGE
                || number > self.last
                || number >= self.stored
                || self.places.contains_key(&number)
            {
                continue;
            }
            let index = self.vacant()?;
            if let Some(frame) = self.frames.get_mut(index) {
                frame.bytes.copy_from_slice(bytes);
            }
            let _ = self.admit(number, index);
        }
        self.run = run;
        Ok(())
    }

    /// A frame for a page that is not in the store yet.
    fn blank_frame(&mut self, number: u32) -> Result<(), Error> {
        let index = self.vacant()?;
        if let Some(frame) = self.frames.get_mut(index) {
            frame.bytes.fill(0);
            (frame.number, frame.used) = (number, true);
            self.places.insert(number, index);
        }
        Ok(())
    }

    /// A frame that no page uses: the page in it that was not used for a while is written and dropped.
    fn vacant(&mut self) -> Result<usize, Error> {
        if self.frames.len() < self.capacity {
            let bytes = vec![0; self.format.page_size].into_boxed_slice();
            self.frames.push(Frame { number: NO_PAGE, changed: false, used: false, bytes });
            return Ok(self.frames.len() - 1);
        }
        loop {
            self.hand = (self.hand + 1) % self.frames.len();
            match self.frames.get_mut(self.hand) {
                Some(frame) if frame.used => frame.used = false,
                _ => break,
            }
        }
        let index = self.hand;
        let Some(frame) = self.frames.get_mut(index) else {
            return Ok(index);
        };
        let (number, changed) = (frame.number, std::mem::take(&mut frame.changed));
        frame.number = NO_PAGE;
        self.places.remove(&number);
        if changed {
            let mut bytes = std::mem::take(&mut frame.bytes);
            if self.checksums {
                store_checksum(self.format, &mut bytes, CHECKSUM);
            }
            let written = self.write(number, &bytes);
            if let Some(frame) = self.frames.get_mut(index) {
                frame.bytes = bytes;
            }
            written?;
        }
        Ok(index)
    }
}

/// Checks the checksum of a metadata page.
pub(crate) fn verify_meta_checksum(format: Format, meta: &mut [u8]) -> Result<(), Error> {
    match meta.get_mut(..MIN_PAGE) {
        Some(head) => verify_checksum(format, head, META_CHECKSUM, NO_PAGE),
        None => Err(Error::NotADatabase),
    }
}

/// The format's sum over bytes of which the checksum itself is zero.
fn sum(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0, |sum: u32, &byte| sum.wrapping_mul(33).wrapping_add(u32::from(byte)))
}

fn store_checksum(format: Format, bytes: &mut [u8], at: usize) {
    format.order.put_u32(bytes, at, 0);
    let sum = sum(bytes);
    format.order.put_u32(bytes, at, sum);
}

fn verify_checksum(format: Format, bytes: &mut [u8], at: usize, number: u32) -> Result<(), Error> {
    let stored = format.order.u32(bytes, at);
    store_checksum(format, bytes, at);
    if format.order.u32(bytes, at) != stored {
        return Err(Error::damaged(number, "its checksum does not match"));
    }
    Ok(())
}

/// Spreads page numbers over the table of frames. They come from one file, so that collisions cost its owner only.
#[derive(Default)]
struct PageHasher(u64);

impl Hasher for PageHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.write_u32(u32::from(byte));
        }
    }

    fn write_u32(&mut self, number: u32) {
        self.0 = (self.0 ^ u64::from(number)).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(26);
    }
}
