//! Entries that wait in a file, because all of them together may need more memory than there should be used.
//!
//! Entries come in groups: a group can be read back without the others. Where an entry stands never changes, so that it
//! can be found again by four bytes.

use crate::{Error, Store};
use std::io;

/// Bytes of the two lengths in front of an entry.
const LENGTHS: usize = 8;
/// Entries start at multiples of this, so that 32 bits reach far, bytes.
const UNIT: usize = 8;
/// How many bytes are read for a key of unknown length.
const GUESS: usize = 128;

/// Where an entry stands. Never zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place(u32);

impl Place {
    /// The place as a number that is not zero.
    pub fn number(self) -> u32 {
        self.0
    }

    /// The place that gave this number.
    pub fn from_number(number: u32) -> Place {
        Place(number)
    }

    fn offset(self) -> u64 {
        u64::from(self.0) * UNIT as u64
    }

    fn at(offset: u64) -> Result<Place, Error> {
        u32::try_from(offset / UNIT as u64).map(Place).map_err(|_| Error::Full)
    }
}

/// A part of the file that belongs to one group.
#[derive(Clone, Copy)]
struct Extent {
    start: u64,
    length: usize,
}

#[derive(Default)]
struct Group {
    /// Entries that were not written yet.
    block: Vec<u8>,
    /// Where the block will stand.
    start: u64,
    written: Vec<Extent>,
}

/// Makes the file when the first block is written.
type Open<S> = Box<dyn FnMut() -> io::Result<S> + Send>;

/// Entries in memory and in a file.
pub struct Spill<S> {
    open: Open<S>,
    store: Option<S>,
    block_size: usize,
    end: u64,
    groups: Vec<Group>,
    scratch: Vec<u8>,
}

impl<S: Store> Spill<S> {
    /// No entries, in so many groups. `block_size` is how many bytes of each group wait in memory; `open` makes the
    /// file for more than that, and is not called before.
    pub fn new(
        groups: usize,
        block_size: usize,
        open: impl FnMut() -> io::Result<S> + Send + 'static,
    ) -> Spill<S> {
        Spill {
            open: Box::new(open),
            store: None,
            block_size,
            end: UNIT as u64,
            groups: std::iter::repeat_with(Group::default).take(groups).collect(),
            scratch: Vec::new(),
        }
    }

    /// The size of all entries, bytes.
    pub fn size(&self) -> u64 {
        self.end
    }

    /// Adds an entry to a group.
    ///
    /// # Errors
    /// The file cannot be made or written, or is larger than 32 GB.
    pub fn append(&mut self, group: usize, key: &[u8], value: &[u8]) -> Result<Place, Error> {
        let size = (LENGTHS + key.len() + value.len()).next_multiple_of(UNIT);
        let pending = self.groups.get(group).map_or(0, |group| group.block.len());
        if pending > 0 && pending + size > self.block_size {
            self.write_block(group)?;
        }
        let groups = &mut self.groups;
        let Some(Group { block, start, .. }) = groups.get_mut(group) else {
            return Err(Error::Full);
        };
        if block.is_empty() {
            *start = self.end;
            self.end += size.max(self.block_size) as u64;
        }
        let place = Place::at(*start + block.len() as u64)?;
        for length in [key.len(), value.len()] {
            block.extend_from_slice(&u32::try_from(length).map_err(|_| Error::Full)?.to_ne_bytes());
        }
        block.extend_from_slice(key);
        block.extend_from_slice(value);
        block.resize(block.len().next_multiple_of(UNIT), 0);
        Ok(place)
    }

    fn write_block(&mut self, group: usize) -> Result<(), Error> {
        let Some(Group { block, start, written }) = self.groups.get_mut(group) else {
            return Ok(());
        };
        let store = match &mut self.store {
            Some(store) => store,
            none => none.insert((self.open)()?),
        };
        store.write_at(block, *start)?;
        written.push(Extent { start: *start, length: block.len() });
        block.clear();
        Ok(())
    }

    /// The key of an entry.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn key_at(&mut self, group: usize, place: Place) -> Result<&[u8], Error> {
        let Spill { store, groups, scratch, .. } = self;
        if let Some(Group { block, start, .. }) = groups.get(group)
            && !block.is_empty()
            && let Some(at) = place.offset().checked_sub(*start)
        {
            return Ok(entry_at(block, usize::try_from(at).unwrap_or(usize::MAX)).0);
        }
        let store = store.as_mut().ok_or_else(lost)?;
        scratch.resize(GUESS, 0);
        let mut count = store.read_at(scratch, place.offset())?;
        let length = lengths(scratch).0;
        if LENGTHS + length > count {
            scratch.resize(LENGTHS + length, 0);
            count = store.read_at(scratch, place.offset())?;
        }
        scratch.get(LENGTHS..LENGTHS + length).filter(|_| LENGTHS + length <= count).ok_or_else(lost)
    }

    /// Gives all entries of a group, in the order in which they came.
    ///
    /// # Errors
    /// The file cannot be read; or what `take` gives.
    pub fn for_each<E: From<Error>>(
        &mut self,
        group: usize,
        mut take: impl FnMut(&[u8], &[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        let Spill { store, groups, scratch, .. } = self;
        let Some(Group { block, written, .. }) = groups.get(group) else {
            return Ok(());
        };
        for extent in written {
            scratch.clear();
            read_extent(store.as_ref(), *extent, scratch)?;
            entries(scratch).try_for_each(|(_, key, value)| take(key, value))?;
        }
        entries(block).try_for_each(|(_, key, value)| take(key, value))
    }

    /// Reads some groups into memory. `buffer` is memory that may be used again.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn load(&self, groups: std::ops::Range<usize>, buffer: Vec<u8>) -> Result<Loaded, Error> {
        let mut loaded = Loaded { bytes: buffer, extents: Vec::new() };
        loaded.bytes.clear();
        for Group { block, start, written } in self.groups.get(groups).unwrap_or_default() {
            for extent in written {
                loaded.extents.push((extent.start, loaded.bytes.len()));
                read_extent(self.store.as_ref(), *extent, &mut loaded.bytes)?;
            }
            if !block.is_empty() {
                loaded.extents.push((*start, loaded.bytes.len()));
                loaded.bytes.extend_from_slice(block);
            }
        }
        loaded.extents.sort_unstable();
        Ok(loaded)
    }
}

/// What was written is not there any more: somebody else has cut the file off.
fn lost() -> Error {
    Error::Io(io::ErrorKind::UnexpectedEof.into())
}

/// Reads an extent behind what is in the buffer.
fn read_extent<S: Store>(store: Option<&S>, extent: Extent, to: &mut Vec<u8>) -> Result<(), Error> {
    let old = to.len();
    to.resize(old + extent.length, 0);
    let place = to.get_mut(old..).unwrap_or_default();
    let count = store.ok_or_else(lost)?.read_at(place, extent.start)?;
    if count == extent.length { Ok(()) } else { Err(lost()) }
}

/// Groups that were read into memory.
pub struct Loaded {
    bytes: Vec<u8>,
    /// Where extents were in the file, and where they are in memory.
    extents: Vec<(u64, usize)>,
}

impl Loaded {
    /// The key and value at a place of these groups.
    pub fn entry(&self, place: Place) -> (&[u8], &[u8]) {
        let behind = self.extents.partition_point(|&(start, _)| start <= place.offset());
        let Some(&(start, at)) = behind.checked_sub(1).and_then(|index| self.extents.get(index)) else {
            return (&[], &[]);
        };
        entry_at(&self.bytes, at + usize::try_from(place.offset() - start).unwrap_or(0))
    }

    /// All entries of a group, in the order in which they came, each behind a number for [`Loaded::entry_at`].
    pub fn entries(&self) -> impl Iterator<Item = (usize, &[u8], &[u8])> {
        entries(&self.bytes)
    }

    /// The entry that [`Loaded::entries`] gave behind this number.
    pub fn entry_at(&self, number: usize) -> (&[u8], &[u8]) {
        entry_at(&self.bytes, number)
    }

    /// The memory, for the next groups.
    pub fn into_buffer(self) -> Vec<u8> {
        self.bytes
    }
}

fn lengths(bytes: &[u8]) -> (usize, usize) {
    match bytes.first_chunk() {
        Some(&[k0, k1, k2, k3, v0, v1, v2, v3]) => {
            (u32::from_ne_bytes([k0, k1, k2, k3]) as usize, u32::from_ne_bytes([v0, v1, v2, v3]) as usize)
        }
        None => (0, 0),
    }
}

fn entry_at(bytes: &[u8], at: usize) -> (&[u8], &[u8]) {
    let entry = bytes.get(at..).unwrap_or_default();
    let (key, value) = lengths(entry);
    let (key, rest) = entry.get(LENGTHS..).and_then(|text| text.split_at_checked(key)).unwrap_or_default();
    (key, rest.get(..value).unwrap_or_default())
}

fn entries(bytes: &[u8]) -> impl Iterator<Item = (usize, &[u8], &[u8])> {
    let mut next = 0;
    std::iter::from_fn(move || {
        (next < bytes.len()).then(|| {
            let (start, (key, value)) = (next, entry_at(bytes, next));
            next += (LENGTHS + key.len() + value.len()).next_multiple_of(UNIT);
            (start, key, value)
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_found_again() {
        let mut spill = Spill::new(3, 256, || Ok(Vec::<u8>::new()));
        let mut places = Vec::new();
        for number in 0..400_usize {
            let key = format!("key{number}").repeat(number % 7).into_bytes();
            let value = vec![b'v'; number];
            let group = number % 3;
            places.push((group, spill.append(group, &key, &value).unwrap(), key, value));
        }
        for (group, place, key, _) in &places {
            assert_eq!(spill.key_at(*group, *place).unwrap(), key);
        }
        let loaded = spill.load(0..3, Vec::new()).unwrap();
        for (_, place, key, value) in &places {
            assert_eq!(loaded.entry(*place), (key.as_slice(), value.as_slice()));
        }
        let mut seen = Vec::new();
        spill
            .for_each(1, |key, value| {
                seen.push((key.to_vec(), value.to_vec()));
                Ok::<(), Error>(())
            })
            .unwrap();
        let expected: Vec<_> = places
            .iter()
            .filter(|place| place.0 == 1)
            .map(|(_, _, key, value)| (key.clone(), value.clone()))
            .collect();
        assert_eq!(seen, expected);
        let group = spill.load(1..2, Vec::new()).unwrap();
        assert!(group.entries().all(|(at, key, value)| group.entry_at(at) == (key, value)));
        assert_eq!(group.entries().count(), expected.len());
    }
}
