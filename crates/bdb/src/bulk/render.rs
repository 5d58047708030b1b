//! The pages of a hash file, each written once.

use super::bucket::{PlannedPage, Slot};
use super::layout::Layout;
use super::{GROUPS, capacity};
use crate::format::{NO_PAGE, PageKind};
use crate::hash::{CHAIN_SIZE, Entry, Sought, chain_entry};
use crate::meta::Meta;
use crate::overflow::Chain;
use crate::page::{PageBuffer, PageMut};
use crate::spill::Loaded;
use crate::{Error, Spill, Store};

/// Writes the whole file.
pub(super) fn write<S: Store>(
    mut meta: Meta,
    layout: &Layout,
    spill: &Spill<S>,
    store: &mut impl Store,
) -> Result<(), Error> {
    let mut out = Pages { layout, store };
    // With that many buckets, each one has entries of one group.
    let is_apart = layout.meta.low_mask as usize + 1 >= GROUPS;
    let (stride, at_once) = if is_apart { (GROUPS, 1) } else { (1, GROUPS) };
    let mut memory = Vec::new();
    for group in (0..GROUPS).step_by(at_once) {
        let entries = spill.load(group..group + at_once, memory)?;
        for pages in layout.buckets.iter().skip(group).step_by(stride) {
            out.bucket(pages, &entries)?;
        }
        memory = entries.into_buffer();
    }
    out.other_pages()?;
    let (order, free) = (layout.format.order, layout.space.free.last().copied().unwrap_or(NO_PAGE));
    layout.meta.encode(order, &mut meta.bytes, free, layout.space.last);
    PageMut { format: layout.format, bytes: &mut meta.bytes }.mark_not_logged();
    let store = out.store;
    store.write_at(&meta.bytes, 0)?;
    let size = (u64::from(layout.space.last) + 1) * layout.format.page_size as u64;
    if store.size()? < size {
        store.resize(size)?;
    }
    Ok(())
}

/// Writes pages.
struct Pages<'a, T> {
    layout: &'a Layout,
    store: &'a mut T,
}

/// A pair that is put on a page.
struct Pair<'a> {
    slot: Slot,
    key: &'a [u8],
    value: &'a [u8],
}

/// The item on a bucket's page for an item on overflow pages.
type ChainItem = [u8; CHAIN_SIZE];

impl<T: Store> Pages<'_, T> {
    fn write(&mut self, number: u32, page: &PageBuffer) -> Result<(), Error> {
        let bytes = page.view().bytes;
        self.store.write_at(bytes, u64::from(number) * bytes.len() as u64)?;
        Ok(())
    }

    /// Writes all pages of a bucket.
    fn bucket(&mut self, pages: &[PlannedPage], entries: &Loaded) -> Result<(), Error> {
        let is_empty = pages.iter().all(|page| page.slots.is_empty());
        if is_empty && self.layout.is_untouched(pages) {
            return Ok(());
        }
        for (index, planned) in pages.iter().enumerate() {
            let previous = index.checked_sub(1).and_then(|index| pages.get(index));
            let links = [previous, pages.get(index + 1)].map(|page| page.map_or(NO_PAGE, |page| page.number));
            let mut page = new_page(self.layout, planned.number, links, PageKind::Hash);
            for (at, pair) in in_order(planned, entries).into_iter().enumerate() {
                let (key, value) = self.overflow_pages(&pair)?;
                page.edit().insert_pair(2 * at, entry(&key, pair.key), entry(&value, pair.value));
            }
            self.write(planned.number, &page)?;
        }
        Ok(())
    }

    /// Writes what does not fit on a bucket's page. Gives what stands there for the key and for the value.
    fn overflow_pages(&mut self, pair: &Pair<'_>) -> Result<(Option<ChainItem>, Option<ChainItem>), Error> {
        let layout = self.layout;
        let Some(chains) = layout.chains.get(&pair.slot.place.number()) else {
            return Ok((None, None));
        };
        Ok((self.chain(pair.key, &chains.key)?, self.chain(pair.value, &chains.value)?))
    }

    fn chain(&mut self, item: &[u8], numbers: &[u32]) -> Result<Option<ChainItem>, Error> {
        let Some(&first) = numbers.first() else {
            return Ok(None);
        };
        let format = self.layout.format;
        for (index, (part, &number)) in item.chunks(capacity(format)).zip(numbers).enumerate() {
            let previous = index.checked_sub(1).and_then(|index| numbers.get(index));
            let links = [previous, numbers.get(index + 1)].map(|page| page.copied().unwrap_or(NO_PAGE));
            let mut page = new_page(self.layout, number, links, PageKind::Overflow);
            page.edit().put_overflow_part(part);
            self.write(number, &page)?;
        }
        let size = u32::try_from(item.len()).map_err(|_| Error::Full)?;
        Ok(Some(chain_entry(format.order, Chain { first, size })))
    }

    /// Writes what no bucket has: the free list, and the last page of those that were added for buckets to come.
    fn other_pages(&mut self) -> Result<(), Error> {
        let mut next = NO_PAGE;
        for &number in &self.layout.space.free {
            let page = new_page(self.layout, number, [NO_PAGE, next], PageKind::Free);
            self.write(number, &page)?;
            next = number;
        }
        let meta = &self.layout.meta;
        if meta.max_bucket < meta.high_mask {
            let last = meta.page_of(meta.high_mask);
            let page = new_page(self.layout, last, [NO_PAGE; 2], PageKind::Hash);
            self.write(last, &page)?;
        }
        Ok(())
    }
}

/// An item on a bucket's page.
fn entry<'a>(chain: &'a Option<ChainItem>, bytes: &'a [u8]) -> Entry<'a> {
    chain.as_ref().map_or(Entry::Bytes(bytes), |item| Entry::Stored(item))
}

/// An empty page between two others of a chain.
fn new_page(layout: &Layout, number: u32, [previous, next]: [u32; 2], kind: PageKind) -> PageBuffer {
    let mut page = PageBuffer::new(layout.format);
    page.edit().init(number, previous, next, 0, kind);
    page.edit().mark_not_logged();
    page
}

/// The pairs of a page in its order.
fn in_order<'a>(page: &PlannedPage, entries: &'a Loaded) -> Vec<Pair<'a>> {
    let pair = |slot: &Slot| {
        let (key, value) = entries.entry(slot.place);
        (leading_bytes(key), Pair { slot: *slot, key, value })
    };
    if page.in_order {
        return page.slots.iter().map(|slot| pair(slot).1).collect();
    }
    // Next to keys on overflow pages one key may have got in twice: then the later one stands before the earlier one.
    let mut pairs: Vec<_> = page.slots.iter().rev().map(pair).collect();
    pairs.sort_by(|(bytes, one), (other_bytes, other)| {
        bytes.cmp(other_bytes).then_with(|| Sought::Bytes(one.key).cmp(other.key))
    });
    pairs.into_iter().map(|(_, pair)| pair).collect()
}

/// The first bytes of a key as a number: it tells most keys apart. Of two keys that differ in length only, the longer
/// one is first, so that what is missing is the greatest byte.
fn leading_bytes(key: &[u8]) -> u64 {
    let mut bytes = [u8::MAX; 8];
    for (to, from) in bytes.iter_mut().zip(key) {
        *to = *from;
    }
    u64::from_be_bytes(bytes)
}
