//! Writes constant databases, D. J. Bernstein's format: records as they come, then 256 hash tables, then the header with
//! their places. Only hashes and places of records are held in memory.

use crate::place_index::PlaceTable;
use std::collections::HashSet;
use std::fs::File;
use std::io::{self, BufWriter, Seek, SeekFrom, Write};
use std::os::unix::fs::FileExt;

/// Where records start, behind the header of 256 places and lengths.
pub(crate) const HEADER: u32 = 2048;
/// Bytes of the two lengths in front of a record.
const LENGTHS: u32 = 8;
/// Bytes that are held back before they are written.
const BUFFER: usize = 64 * 1024;

/// The hash of a key.
fn hash(key: &[u8]) -> u32 {
    key.iter().fold(5381, |hash: u32, &byte| hash.wrapping_mul(33) ^ u32::from(byte))
}

/// A hash table as it stands in the file: twice as many slots as records, filled in the order of the records.
fn file_table(bucket: PlaceTable) -> Vec<(u32, u32)> {
    let mut records = bucket.into_entries();
    records.sort_unstable_by_key(|(_, place)| *place);
    let mut table = PlaceTable::with_slots(records.len() * 2);
    records.into_iter().for_each(|(hash, place)| table.put(hash, place));
    table.into_slots()
}

/// What becomes of a record whose key is there already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Duplicate {
    /// It is left out.
    Refuse,
    /// It is added behind the first one, which look-ups find.
    Add,
    /// It takes the place of the old one.
    Replace,
}

/// A database that is being written.
pub(crate) struct Writer {
    file: File,
    out: BufWriter<File>,
    /// Where the next record goes.
    end: u32,
    /// Up to where the file is known to be written.
    flushed: u32,
    buckets: Vec<PlaceTable>,
    /// Places of records that were replaced.
    dead: HashSet<u32>,
}

fn too_large() -> io::Error {
    // What the reference says of a database of 4 GB.
    io::Error::from_raw_os_error(nix::libc::ENOMEM)
}

/// Bytes as a length in the file.
fn length(bytes: &[u8]) -> io::Result<u32> {
    u32::try_from(bytes.len()).map_err(|_| too_large())
}

impl Writer {
    /// Starts with an empty file.
    pub(crate) fn new(mut file: File) -> io::Result<Writer> {
        file.seek(SeekFrom::Start(u64::from(HEADER)))?;
        let out = BufWriter::with_capacity(BUFFER, file.try_clone()?);
        let buckets = std::iter::repeat_with(PlaceTable::default).take(256).collect();
        Ok(Writer { file, out, end: HEADER, flushed: HEADER, buckets, dead: HashSet::new() })
    }

    /// Adds a record. False says that the key was there already.
    pub(crate) fn add(&mut self, key: &[u8], value: &[u8], duplicate: Duplicate) -> io::Result<bool> {
        let hash = hash(key);
        let bucket = (hash & 255) as usize;
        let old = self.find(hash, key)?;
        if old.is_some() && duplicate == Duplicate::Refuse {
            return Ok(false);
        }
        let place = self.write_record(key, value)?;
        let Some(bucket) = self.buckets.get_mut(bucket) else {
            return Ok(true);
        };
        match old.filter(|_| duplicate == Duplicate::Replace).and_then(|slot| bucket.place_mut(slot)) {
            Some(old_place) => {
                self.dead.insert(*old_place);
                *old_place = place;
            }
            None => bucket.insert(hash, place),
        }
        Ok(old.is_none())
    }

    /// The slot of a key's first record.
    fn find(&mut self, hash: u32, key: &[u8]) -> io::Result<Option<usize>> {
        let Some(bucket) = self.buckets.get((hash & 255) as usize) else {
            return Ok(None);
        };
        let candidates: Vec<usize> = bucket.candidates(hash).collect();
        for slot in candidates {
            let place = self.buckets.get((hash & 255) as usize).and_then(|bucket| bucket.place(slot));
            if let Some(place) = place
                && self.has_key(place, key)?
            {
                return Ok(Some(slot));
            }
        }
        Ok(None)
    }

    fn has_key(&mut self, place: u32, key: &[u8]) -> io::Result<bool> {
        if place >= self.flushed {
            self.out.flush()?;
            self.flushed = self.end;
        }
        let mut lengths = [0; 4];
        self.file.read_exact_at(&mut lengths, u64::from(place))?;
        if u32::from_le_bytes(lengths) != length(key)? {
            return Ok(false);
        }
        let mut stored = vec![0; key.len()];
        self.file.read_exact_at(&mut stored, u64::from(place) + u64::from(LENGTHS))?;
        Ok(stored == key)
    }

    fn write_record(&mut self, key: &[u8], value: &[u8]) -> io::Result<u32> {
        let (keys, values) = (length(key)?, length(value)?);
        let place = self.end;
        let behind = place.checked_add(LENGTHS).and_then(|at| at.checked_add(keys)?.checked_add(values));
        self.end = behind.ok_or_else(too_large)?;
        self.out.write_all(&keys.to_le_bytes())?;
        self.out.write_all(&values.to_le_bytes())?;
        self.out.write_all(key)?;
        self.out.write_all(value)?;
        Ok(place)
    }

    /// Writes the tables and the header.
    pub(crate) fn finish(mut self) -> io::Result<()> {
        if !self.dead.is_empty() {
            self.remove_dead()?;
        }
        let mut header = Vec::with_capacity(HEADER as usize);
        for bucket in std::mem::take(&mut self.buckets) {
            let table = file_table(bucket);
            let slots = u32::try_from(table.len()).map_err(|_| too_large())?;
            header.extend_from_slice(&self.end.to_le_bytes());
            header.extend_from_slice(&slots.to_le_bytes());
            let bytes = slots.checked_mul(8).and_then(|bytes| self.end.checked_add(bytes));
            self.end = bytes.ok_or_else(too_large)?;
            for (hash, place) in table {
                self.out.write_all(&hash.to_le_bytes())?;
                self.out.write_all(&place.to_le_bytes())?;
            }
        }
        self.out.flush()?;
        self.file.write_all_at(&header, 0)
    }

    /// Moves what stands behind a replaced record up, as if that one had never been written.
    fn remove_dead(&mut self) -> io::Result<()> {
        self.out.flush()?;
        let mut moves: Vec<(u32, u32)> = Vec::with_capacity(self.dead.len());
        let (mut from, mut to) = (HEADER, HEADER);
        while from < self.end {
            let mut lengths = [0; LENGTHS as usize];
            self.file.read_exact_at(&mut lengths, u64::from(from))?;
            let [k0, k1, k2, k3, v0, v1, v2, v3] = lengths;
            let size = LENGTHS + u32::from_le_bytes([k0, k1, k2, k3]) + u32::from_le_bytes([v0, v1, v2, v3]);
            if !self.dead.contains(&from) {
                if from != to {
                    let mut record = vec![0; size as usize];
                    self.file.read_exact_at(&mut record, u64::from(from))?;
                    self.file.write_all_at(&record, u64::from(to))?;
                }
                to += size;
            } else {
                // Records from here on have moved by this much.
                moves.push((from, from + size - to));
            }
            from += size;
        }
        for place in self.buckets.iter_mut().flat_map(PlaceTable::places_mut) {
            let before = moves.partition_point(|(from, _)| from < place);
            *place -= before.checked_sub(1).and_then(|at| moves.get(at)).map_or(0, |(_, distance)| *distance);
        }
        self.end = to;
        self.file.set_len(u64::from(to))?;
        self.out.seek(SeekFrom::Start(u64::from(to))).map(|_| ())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Writes a database and gives all of its records in order.
    fn records(entries: &[(&str, &str)], duplicate: Duplicate) -> (Vec<bool>, Vec<u8>) {
        let path = tempfile::NamedTempFile::new().unwrap();
        let mut writer = Writer::new(path.reopen().unwrap()).unwrap();
        let new = entries
            .iter()
            .map(|(key, value)| writer.add(key.as_bytes(), value.as_bytes(), duplicate).unwrap())
            .collect();
        writer.finish().unwrap();
        (new, std::fs::read(path.path()).unwrap())
    }

    fn value(file: &[u8], key: &str) -> Option<Vec<u8>> {
        let path = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(path.path(), file).unwrap();
        cdb2::CDB::open(path.path()).unwrap().get(key.as_bytes()).map(Result::unwrap)
    }

    #[test]
    fn duplicates() {
        let entries = [("a", "1"), ("b", "22"), ("a", "333"), ("c", "4"), ("a", "5")];
        for (duplicate, expected) in
            [(Duplicate::Refuse, "1"), (Duplicate::Add, "1"), (Duplicate::Replace, "5")]
        {
            let (new, file) = records(&entries, duplicate);
            assert_eq!(new, [true, true, false, true, false]);
            assert_eq!(value(&file, "a").as_deref(), Some(expected.as_bytes()), "{duplicate:?}");
            assert_eq!(value(&file, "b").as_deref(), Some(&b"22"[..]));
            assert_eq!(value(&file, "c").as_deref(), Some(&b"4"[..]));
        }
        // A database without the replaced records is the same to the byte.
        let (_, replaced) = records(&entries, Duplicate::Replace);
        assert_eq!(replaced, records(&[("b", "22"), ("c", "4"), ("a", "5")], Duplicate::Refuse).1);
    }

    #[test]
    fn many_records() {
        let entries: Vec<(String, String)> =
            (0..20_000).map(|at| (format!("key{at}"), format!("value{at}"))).collect();
        let texts: Vec<(&str, &str)> = entries.iter().map(|(key, value)| (&key[..], &value[..])).collect();
        let (new, file) = records(&texts, Duplicate::Refuse);
        assert!(new.into_iter().all(|is_new| is_new));
        for (key, expected) in texts.iter().step_by(777) {
            assert_eq!(value(&file, key).as_deref(), Some(expected.as_bytes()));
        }
        assert_eq!(value(&file, "nothing"), None);
    }
}
