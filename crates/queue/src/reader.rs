//! Walking over the records of a file.

use crate::record::{self, Error, Head, Record, Type};
use nix::errno::Errno;
use std::io::{Read, Seek, SeekFrom};
use std::ops::Range;

/// Reads records and knows where each one starts. Pointers are followed and padding is skipped, unless the caller
/// wants to see the file as it is.
#[derive(Debug)]
pub struct Reader<R> {
    inner: R,
    buffer: Vec<u8>,
    /// The unread part of the buffer.
    start: usize,
    end: usize,
    /// The offset in the input of the byte after the buffer's unread part.
    input_offset: u64,
    max: usize,
    follow_pointers: bool,
    skip_padding: bool,
    seekable: bool,
    last_target: u64,
    reverse_jumps: usize,
    record_offset: u64,
}

const BUFFER_SIZE: usize = 16 * 1024;
/// One reverse jump for each inserted header is normal, more than this are a loop.
const REVERSE_JUMP_LIMIT: usize = 10_000;

impl<R: Read> Reader<R> {
    /// Reads from where the input stands now, taken as offset 0.
    pub fn new(inner: R) -> Self {
        Reader::with_buffer(inner, vec![0; BUFFER_SIZE])
    }

    /// The same with a buffer that was there before, see [`Reader::into_buffer`], or one of another size: who reads only
    /// envelopes needs less.
    pub fn with_buffer(inner: R, mut buffer: Vec<u8>) -> Self {
        if buffer.is_empty() {
            buffer.push(0);
        }
        Reader {
            inner,
            buffer,
            start: 0,
            end: 0,
            input_offset: 0,
            max: 0,
            follow_pointers: true,
            skip_padding: true,
            seekable: true,
            last_target: 0,
            reverse_jumps: 0,
            record_offset: 0,
        }
    }

    /// Refuses records with more than `max` bytes of data (0: any length).
    pub fn with_limit(mut self, max: usize) -> Self {
        self.max = max;
        self
    }

    /// Shows pointers and padding as records of their own.
    pub fn raw(mut self) -> Self {
        self.follow_pointers = false;
        self.skip_padding = false;
        self
    }

    /// For pipes: pointers cannot be followed, and the last record is an error, too, because reading cannot go on at
    /// the end of the input. Without this, what the buffer holds by chance would decide.
    pub fn without_seek(mut self) -> Self {
        self.seekable = false;
        self
    }

    /// The offset of the next record.
    pub fn offset(&self) -> u64 {
        self.input_offset - (self.end - self.start) as u64
    }

    /// The offset of the record that was read last. This is what marks a recipient as done.
    pub fn record_offset(&self) -> u64 {
        self.record_offset
    }

    /// What it reads from.
    pub fn get_ref(&self) -> &R {
        &self.inner
    }

    /// Gives back what it reads from.
    pub fn into_inner(self) -> R {
        self.inner
    }

    /// Gives back the buffer, which may have grown with a record.
    pub fn into_buffer(self) -> Vec<u8> {
        self.buffer
    }

    /// The next record as it stands in the input, pointers and padding included; nothing at the end.
    pub fn next_raw(&mut self) -> Result<Option<Record<'_>>, Error> {
        Ok(self.next_span()?.map(|(kind, span)| self.record(kind, span)))
    }

    /// The next record's type, and where its data is in the buffer.
    fn next_span(&mut self) -> Result<Option<(Type, Range<usize>)>, Error> {
        self.record_offset = self.offset();
        let Some(head) = self.fill_head()? else { return Ok(None) };
        let total = head.head_len + head.data_len;
        while self.end - self.start < total {
            if self.fill(total)? == 0 {
                return Err(Error::EofInData(head.kind, head.data_len));
            }
        }
        let from = self.start + head.head_len;
        self.start += total;
        Ok(Some((head.kind, from..self.start)))
    }

    fn record(&self, kind: Type, span: Range<usize>) -> Record<'_> {
        Record { kind, data: self.buffer.get(span).unwrap_or_default() }
    }

    /// The type byte of the next record, without reading it; nothing at the end.
    pub fn peek(&mut self) -> Result<Option<u8>, Error> {
        if self.unread().is_empty() {
            self.fill(0)?;
        }
        Ok(self.unread().first().copied())
    }

    fn unread(&self) -> &[u8] {
        self.buffer.get(self.start..self.end).unwrap_or_default()
    }

    fn fill_head(&mut self) -> Result<Option<Head>, Error> {
        loop {
            if let Some(head) = Head::decode(self.unread(), self.max)? {
                return Ok(Some(head));
            }
            if self.fill(0)? == 0 {
                return match self.unread() {
                    [] => Ok(None),
                    rest => Err(record::truncated(rest, self.max)),
                };
            }
        }
    }

    /// Reads more, after making room for `want` bytes of unread data.
    fn fill(&mut self, want: usize) -> Result<usize, Error> {
        if self.start == self.end {
            self.start = 0;
            self.end = 0;
        } else if self.end == self.buffer.len() || self.start + want > self.buffer.len() {
            self.buffer.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        // Grow with the data that is really there, not with what a length claims.
        if self.end == self.buffer.len() {
            let size = self.buffer.len() * 2;
            self.buffer.resize(size, 0);
        }
        loop {
            let room = self.buffer.get_mut(self.end..).unwrap_or_default();
            match self.inner.read(room) {
                Ok(count) => {
                    self.end += count;
                    self.input_offset += count as u64;
                    return Ok(count);
                }
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => return Err(Error::Io(error)),
            }
        }
    }
}

impl<R: Read + Seek> Reader<R> {
    /// The next record; nothing at the end.
    pub fn next_record(&mut self) -> Result<Option<Record<'_>>, Error> {
        loop {
            let Some((kind, span)) = self.next_span()? else { return Ok(None) };
            match kind {
                Type::PTR if self.follow_pointers => {
                    let pointer = self.record(kind, span).data.to_vec();
                    self.follow(&pointer)?;
                }
                Type::DTXT if self.skip_padding => {}
                Type::END if !self.seekable => return Err(Error::SeekEnd(Errno::ESPIPE.into())),
                _ => return Ok(Some(self.record(kind, span))),
            }
        }
    }

    /// Continues at the offset that a pointer record names; 0 means that nothing was inserted here.
    pub fn follow(&mut self, pointer: &[u8]) -> Result<(), Error> {
        let text = pointer.split(|&byte| byte == 0).next().unwrap_or_default().trim_ascii_start();
        let Some(target) = pointer_target(text) else { return Err(Error::BadPointer(text.to_vec())) };
        if target == 0 {
            return Ok(());
        }
        if target <= self.last_target {
            self.reverse_jumps += 1;
            if self.reverse_jumps > REVERSE_JUMP_LIMIT {
                return Err(Error::PointerLoop);
            }
        }
        self.seek(target)?;
        self.last_target = target;
        Ok(())
    }

    /// Continues at an offset from the start of the input.
    pub fn seek(&mut self, offset: u64) -> Result<(), Error> {
        if !self.seekable {
            return Err(Error::Seek(Errno::ESPIPE.into()));
        }
        let buffered_from = self.input_offset - self.end as u64;
        if offset >= buffered_from && offset <= self.input_offset {
            self.start = (offset - buffered_from) as usize;
            return Ok(());
        }
        self.inner.seek(SeekFrom::Start(offset)).map_err(Error::Seek)?;
        self.start = 0;
        self.end = 0;
        self.input_offset = offset;
        Ok(())
    }
}

/// Digits only, and no larger than an offset can be. No digits at all are 0, which continues where it is.
fn pointer_target(text: &[u8]) -> Option<u64> {
    let target = text.iter().try_fold(0u64, |target, byte| {
        let digit = byte.is_ascii_digit().then(|| u64::from(byte - b'0'))?;
        target.checked_mul(10)?.checked_add(digit)
    })?;
    i64::try_from(target).is_ok().then_some(target)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::encode;
    use std::io::Cursor;

    fn types(bytes: Vec<u8>) -> Vec<u8> {
        let mut reader = Reader::new(Cursor::new(bytes));
        let mut seen = Vec::new();
        while let Some(record) = reader.next_record().unwrap() {
            seen.push(record.kind.0);
        }
        seen
    }

    #[test]
    fn pointers_are_followed_and_padding_skipped() {
        let mut bytes = Vec::new();
        encode(&mut bytes, Type::FROM, b"a");
        encode(&mut bytes, Type::PTR, b"              0");
        encode(&mut bytes, Type::DTXT, b"xx");
        let jump = bytes.len();
        encode(&mut bytes, Type::PTR, format!("{:15}", 0).as_bytes());
        let back = bytes.len();
        encode(&mut bytes, Type::END, b"");
        let heap = bytes.len();
        encode(&mut bytes, Type::RCPT, b"b");
        encode(&mut bytes, Type::PTR, format!("{back:15}").as_bytes());
        bytes[jump + 2..jump + 17].copy_from_slice(format!("{heap:15}").as_bytes());
        let mut reader = Reader::new(Cursor::new(bytes));
        let kinds: Vec<u8> =
            std::iter::from_fn(|| reader.next_record().unwrap().map(|r| r.kind.0)).take(3).collect();
        assert_eq!(kinds, b"SRE");
    }

    #[test]
    fn records_larger_than_the_buffer() {
        let mut bytes = Vec::new();
        for size in [1, 20_000, 0, 40_000, 3] {
            encode(&mut bytes, Type::NORM, &vec![b'x'; size]);
        }
        let mut reader = Reader::new(Cursor::new(bytes));
        let mut sizes = Vec::new();
        while let Some(record) = reader.next_record().unwrap() {
            sizes.push(record.data.len());
        }
        assert_eq!(sizes, [1, 20_000, 0, 40_000, 3]);
    }

    #[test]
    fn pointer_loops_end() {
        let mut bytes = Vec::new();
        encode(&mut bytes, Type::FROM, b"a");
        encode(&mut bytes, Type::PTR, b"              3");
        let mut reader = Reader::new(Cursor::new(bytes));
        assert!(reader.next_record().unwrap().is_some());
        assert!(matches!(reader.next_record(), Err(Error::PointerLoop)));
    }

    proptest::proptest! {
        #[test]
        fn arbitrary_files_end(bytes: Vec<u8>) {
            let mut reader = Reader::new(Cursor::new(bytes));
            for _ in 0..200 {
                match reader.next_record() {
                    Ok(Some(_)) => {}
                    _ => break,
                }
            }
        }
    }

    #[test]
    fn an_empty_file_has_no_records() {
        assert_eq!(types(Vec::new()), b"");
    }
}
