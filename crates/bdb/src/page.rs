//! One page: its header, and the slots that lead to its items. Items stand at the end of the page, slots at its start.

use crate::Error;
use crate::format::{ByteOrder, Format, HEADER, NO_PAGE, PageKind, narrow};
use std::cmp::Ordering;

const LOG_POSITION: usize = 0;
const NUMBER: usize = 8;
const PREVIOUS: usize = 12;
const NEXT: usize = 16;
const ENTRIES: usize = 20;
const HIGH_FREE: usize = 22;
const LEVEL: usize = 24;
const KIND: usize = 25;

/// A page to read.
#[derive(Clone, Copy)]
pub(crate) struct Page<'a> {
    /// The file's.
    pub format: Format,
    /// All bytes of the page.
    pub bytes: &'a [u8],
}

/// A page to change.
pub(crate) struct PageMut<'a> {
    /// The file's.
    pub format: Format,
    /// All bytes of the page.
    pub bytes: &'a mut [u8],
}

/// Looks through slots that are in order, `step` slots a key. `compare` gives the order of the key that is sought and
/// that of a slot, and ends the search with `None`. Says whether the key is there, and its slot or that of the next
/// greater one.
pub(crate) fn binary_search(
    entries: usize,
    step: usize,
    mut compare: impl FnMut(usize) -> Option<Ordering>,
) -> Option<(bool, usize)> {
    let (mut base, mut limit) = (0, entries / step);
    while limit != 0 {
        let index = base + (limit >> 1) * step;
        match compare(index)? {
            Ordering::Equal => return Some((true, index)),
            Ordering::Less => {}
            Ordering::Greater => {
                base = index + step;
                limit -= 1;
            }
        }
        limit >>= 1;
    }
    Some((false, base))
}

/// A page outside the file: a copy while the original is written anew.
pub(crate) struct PageBuffer {
    format: Format,
    bytes: Vec<u8>,
}

impl PageBuffer {
    /// The page to read.
    pub(crate) fn view(&self) -> Page<'_> {
        Page { format: self.format, bytes: &self.bytes }
    }

    /// The page to change.
    pub(crate) fn edit(&mut self) -> PageMut<'_> {
        PageMut { format: self.format, bytes: &mut self.bytes }
    }

    /// An empty page.
    pub(crate) fn new(format: Format) -> PageBuffer {
        PageBuffer { format, bytes: vec![0; format.page_size] }
    }
}

impl<'a> Page<'a> {
    fn u32(&self, at: usize) -> u32 {
        self.format.order.u32(self.bytes, at)
    }

    fn u16(&self, at: usize) -> usize {
        usize::from(self.format.order.u16(self.bytes, at))
    }

    /// Its own number.
    pub(crate) fn number(&self) -> u32 {
        self.u32(NUMBER)
    }

    /// The page before it in a chain.
    pub(crate) fn previous(&self) -> u32 {
        self.u32(PREVIOUS)
    }

    /// The page after it in a chain, or on the free list.
    pub(crate) fn next(&self) -> u32 {
        self.u32(NEXT)
    }

    /// The page after it in a chain.
    pub(crate) fn following(&self) -> Option<u32> {
        Some(self.next()).filter(|&next| next != NO_PAGE)
    }

    /// How many slots there are. On overflow pages: how many items refer to it.
    pub(crate) fn entries(&self) -> usize {
        self.u16(ENTRIES)
    }

    /// Where items start. On overflow pages: how many bytes of the item the page has.
    pub(crate) fn high_free(&self) -> usize {
        match self.u16(HIGH_FREE) {
            0 => self.format.page_size & (1 << 16),
            offset => offset,
        }
    }

    /// The bytes of an item on an overflow page.
    pub(crate) fn overflow_part(&self) -> Result<&'a [u8], Error> {
        let end = self.format.overhead + self.u16(HIGH_FREE);
        self.bytes
            .get(self.format.overhead..end)
            .ok_or(Error::damaged(self.number(), "overflow data reaches beyond the page"))
    }

    /// The level in a btree.
    pub(crate) fn level(&self) -> u8 {
        self.bytes.get(LEVEL).copied().unwrap_or(0)
    }

    /// What it holds.
    pub(crate) fn kind(&self) -> Option<PageKind> {
        PageKind::from_byte(self.bytes.get(KIND).copied().unwrap_or(u8::MAX))
    }

    /// Where the item of a slot starts.
    pub(crate) fn slot(&self, index: usize) -> usize {
        self.u16(self.format.overhead + 2 * index)
    }

    /// Where an item on a hash page ends: the one before it starts there.
    pub(crate) fn slot_end(&self, index: usize) -> usize {
        if index == 0 { self.format.page_size } else { self.slot(index - 1) }
    }

    /// The bytes that neither slots nor items use.
    pub(crate) fn free_space(&self) -> usize {
        self.high_free().saturating_sub(self.format.overhead + 2 * self.entries())
    }

    /// Checks that slots and items are where they may be, so that nothing else has to ask again. To be done once when
    /// a page comes out of a file.
    pub(crate) fn check(&self, number: u32) -> Result<(), Error> {
        let damaged = |what| Error::damaged(number, what);
        let Some(kind) = self.kind() else {
            return Err(damaged("unknown page type"));
        };
        if self.number() != number {
            return Err(damaged("has another page's number"));
        }
        if matches!(kind, PageKind::Free | PageKind::HashMeta | PageKind::BtreeMeta) {
            return Ok(());
        }
        if kind == PageKind::Overflow {
            return self.overflow_part().map(|_| ());
        }
        let items = self.high_free();
        if items > self.format.page_size || items < self.format.overhead + 2 * self.entries() {
            return Err(damaged("slots and items overlap"));
        }
        let is_hash = matches!(kind, PageKind::Hash | PageKind::HashUnsorted);
        if (is_hash || kind == PageKind::BtreeLeaf) && !self.entries().is_multiple_of(2) {
            return Err(damaged("a key without a value"));
        }
        let slots = self.format.overhead..self.format.overhead + 2 * self.entries();
        let slots = self.bytes.get(slots).unwrap_or_default();
        let lowest = match self.format.order {
            ByteOrder::Little => self.lowest_item(slots, is_hash, items, u16::from_le_bytes),
            ByteOrder::Big => self.lowest_item(slots, is_hash, items, u16::from_be_bytes),
        };
        match lowest {
            None => Err(damaged("a slot leads out of the items")),
            Some(end) if is_hash && end != items => Err(damaged("items do not reach the free space")),
            Some(_) => Ok(()),
        }
    }

    /// Where the last item starts, if all slots lead to places from `lowest` on; on hash pages each one to a place below
    /// the one before. Every page that is read comes here, so that all slots are looked at before anything is decided.
    fn lowest_item(
        &self,
        slots: &[u8],
        is_hash: bool,
        lowest: usize,
        number: impl Fn([u8; 2]) -> u16,
    ) -> Option<usize> {
        let (mut end, mut is_sound) = (self.format.page_size, true);
        for &slot in slots.as_chunks().0 {
            let start = usize::from(number(slot));
            is_sound &= start >= lowest && start < end;
            end = if is_hash { start } else { end };
        }
        is_sound.then_some(end)
    }

    /// A copy.
    pub(crate) fn to_buffer(self) -> PageBuffer {
        PageBuffer { format: self.format, bytes: self.bytes.to_vec() }
    }
}

impl PageMut<'_> {
    /// The same page to read.
    pub(crate) fn view(&self) -> Page<'_> {
        Page { format: self.format, bytes: self.bytes }
    }

    fn put_u32(&mut self, at: usize, number: u32) {
        self.format.order.put_u32(self.bytes, at, number);
    }

    fn put_u16(&mut self, at: usize, number: usize) {
        self.format.order.put_u16(self.bytes, at, narrow(number));
    }

    /// Marks the page as changed without a log.
    pub(crate) fn mark_not_logged(&mut self) {
        self.put_u32(LOG_POSITION, 0);
        self.put_u32(LOG_POSITION + 4, 1);
    }

    /// Makes the page an empty one. The bytes behind the header stay what they were.
    pub(crate) fn init(&mut self, number: u32, previous: u32, next: u32, level: u8, kind: PageKind) {
        self.put_u32(NUMBER, number);
        self.set_previous(previous);
        self.set_next(next);
        self.set_entries(0);
        self.set_high_free(self.format.page_size);
        if let Some(place) = self.bytes.get_mut(LEVEL..HEADER) {
            place.copy_from_slice(&[level, kind.byte()]);
        }
    }

    /// Gives the page another number, after its bytes were copied.
    pub(crate) fn set_number(&mut self, number: u32) {
        self.put_u32(NUMBER, number);
    }

    /// Links it to the page before it.
    pub(crate) fn set_previous(&mut self, number: u32) {
        self.put_u32(PREVIOUS, number);
    }

    /// Links it to the page after it.
    pub(crate) fn set_next(&mut self, number: u32) {
        self.put_u32(NEXT, number);
    }

    /// The number of slots, or of references to an overflow page.
    pub(crate) fn set_entries(&mut self, entries: usize) {
        self.put_u16(ENTRIES, entries);
    }

    /// Where items start, or the number of bytes on an overflow page.
    pub(crate) fn set_high_free(&mut self, offset: usize) {
        self.put_u16(HIGH_FREE, offset);
    }

    /// Where the item of a slot starts.
    pub(crate) fn set_slot(&mut self, index: usize, offset: usize) {
        self.put_u16(self.format.overhead + 2 * index, offset);
    }

    /// Makes room for `count` slots before slot `index`.
    pub(crate) fn open_slots(&mut self, index: usize, count: usize) {
        let entries = self.view().entries();
        let start = self.format.overhead + 2 * index;
        let end = self.format.overhead + 2 * entries;
        if start <= end && end + 2 * count <= self.bytes.len() {
            self.bytes.copy_within(start..end, start + 2 * count);
            self.set_entries(entries + count);
        }
    }

    /// Drops `count` slots from slot `index` on.
    pub(crate) fn close_slots(&mut self, index: usize, count: usize) {
        let entries = self.view().entries();
        let start = self.format.overhead + 2 * (index + count);
        let end = self.format.overhead + 2 * entries;
        if start <= end && end <= self.bytes.len() {
            self.bytes.copy_within(start..end, start - 2 * count);
            self.set_entries(entries - count);
        }
    }

    /// Moves bytes within the page; nothing when they would leave it.
    pub(crate) fn shift(&mut self, start: usize, end: usize, to: usize) {
        if start <= end && end <= self.bytes.len() && to + (end - start) <= self.bytes.len() {
            self.bytes.copy_within(start..end, to);
        }
    }

    /// Writes bytes at an offset; nothing when they would leave the page.
    pub(crate) fn put(&mut self, at: usize, bytes: &[u8]) {
        if let Some(place) = self.bytes.get_mut(at..at + bytes.len()) {
            place.copy_from_slice(bytes);
        }
    }

    /// Puts bytes of an item on an overflow page that one item refers to.
    pub(crate) fn put_overflow_part(&mut self, part: &[u8]) {
        self.set_entries(1);
        self.set_high_free(part.len());
        self.put(self.format.overhead, part);
    }

    /// Takes over another page's bytes.
    pub(crate) fn copy_from(&mut self, other: Page<'_>) {
        if self.bytes.len() == other.bytes.len() {
            self.bytes.copy_from_slice(other.bytes);
        }
    }
}
