//! What particular records of a queue file mean: sizes, times, and the message content.

use crate::record::{Error, Type};
use crate::{Reader, Record};
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The first record of a queue file. Its fields have a fixed width so that they can be filled in at the end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SizeRecord {
    /// Bytes between the message start and the extracted segment, record heads included.
    pub data_size: i64,
    /// Offset of the first content record.
    pub data_offset: i64,
    /// Number of recipients.
    pub recipients: i64,
    /// Hints for the queue manager ([`crate::flags::qmgr_read`]).
    pub qmgr_flags: i64,
    /// Length of the content as the sender counts it.
    pub content_length: i64,
    /// Sender options ([`crate::flags::sendopts`]).
    pub sendopts: i64,
}

impl SizeRecord {
    /// The data of the record: six numbers, 15 wide.
    pub fn format(&self) -> String {
        format!(
            "{:15} {:15} {:15} {:15} {:15} {:15}",
            self.data_size,
            self.data_offset,
            self.recipients,
            self.qmgr_flags,
            self.content_length,
            self.sendopts
        )
    }

    /// Reads the numbers that are there (older versions wrote fewer) and says how many. What is no number ends them,
    /// even within a word.
    pub fn parse(data: &[u8]) -> (SizeRecord, usize) {
        let mut values = [0i64; 6];
        let mut count = 0;
        let mut rest = data;
        for slot in &mut values {
            let Some((value, after)) = split_number(rest) else { break };
            *slot = value;
            rest = after;
            count += 1;
        }
        // Three of them are no larger than an `int`, of which the reference keeps the lower half of what is stated.
        let [data_size, data_offset, recipients, qmgr_flags, content_length, sendopts] = values;
        let [recipients, qmgr_flags, sendopts] =
            [recipients, qmgr_flags, sendopts].map(|value| i64::from(value as i32));
        let record = SizeRecord { data_size, data_offset, recipients, qmgr_flags, content_length, sendopts };
        (record, count)
    }
}

/// The data of a time record: seconds and microseconds.
pub fn format_time(time: SystemTime) -> String {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    format!("{} {}", since.as_secs(), since.subsec_micros())
}

/// Reads a time record; old files have no microseconds. A time that cannot be is the epoch.
pub fn parse_time(data: &[u8]) -> SystemTime {
    let digits = data.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let seconds = leading_number(data);
    if seconds < 0 {
        return UNIX_EPOCH.checked_sub(Duration::from_secs(seconds.unsigned_abs())).unwrap_or(UNIX_EPOCH);
    }
    let microseconds = leading_number(data.get(digits..).unwrap_or_default()).max(0).unsigned_abs();
    let since =
        Duration::from_secs(seconds.unsigned_abs()).saturating_add(Duration::from_micros(microseconds));
    UNIX_EPOCH.checked_add(since).unwrap_or(UNIX_EPOCH)
}

/// The data of a warning-time record, which is updated in place.
pub fn format_warn_time(seconds: i64) -> String {
    format!("{seconds:15}")
}

/// The number at the start of `text`, 0 if there is none (as C's `atol`).
pub fn leading_number(text: &[u8]) -> i64 {
    number(text).unwrap_or(0)
}

/// The number at the start of `text`, if there is one (as C's `sscanf`).
pub fn number(text: &[u8]) -> Option<i64> {
    split_number(text).map(|(value, _)| value)
}

/// The number at the start of `text`, after white space, and what follows it. A number that is too large is the largest.
fn split_number(text: &[u8]) -> Option<(i64, &[u8])> {
    let is_space = |byte: &u8| byte.is_ascii_whitespace() || *byte == b'\x0b';
    let text = text.get(text.iter().take_while(|byte| is_space(byte)).count()..)?;
    let (negative, digits) = match text.split_first() {
        Some((b'-', rest)) => (true, rest),
        Some((b'+', rest)) => (false, rest),
        _ => (false, text),
    };
    let length = digits.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (digits, rest) = digits.split_at_checked(length).filter(|_| length > 0)?;
    let value = digits
        .iter()
        .fold(0i64, |value, digit| value.saturating_mul(10).saturating_add(i64::from(digit - b'0')));
    Some((if negative { -value } else { value }, rest))
}

/// Overwrites the type of the recipient record at `offset`: no more attempts for that recipient. A crash
/// afterwards can only repeat a delivery, so this does not wait for the disk. Offset -1 means that there is no
/// record to mark (a recipient made up by an expansion).
pub fn mark_done(file: &File, offset: i64) -> io::Result<()> {
    if offset == -1 {
        return Ok(());
    }
    match u64::try_from(offset) {
        Ok(offset) if offset > 0 => file.write_all_at(&[Type::DONE.0], offset),
        _ => Err(io::Error::new(io::ErrorKind::InvalidInput, format!("bad offset {offset}"))),
    }
}

/// A piece of the message content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Text<'a> {
    /// The bytes, without a line end.
    pub data: &'a [u8],
    /// Whether they end a line (else the next piece continues it).
    pub ends_line: bool,
}

/// The content of a message, piece by piece.
#[derive(Debug)]
pub struct Content<R> {
    reader: Reader<R>,
}

impl<R: io::Read + io::Seek> Content<R> {
    /// The content that starts at `data_offset` (from the size record, or from the delivery request).
    pub fn at(mut reader: Reader<R>, data_offset: u64) -> Result<Self, Error> {
        reader.seek(data_offset)?;
        Ok(Content { reader })
    }

    /// The content that starts where the reader stands, just after the message-start record.
    pub fn here(reader: Reader<R>) -> Self {
        Content { reader }
    }

    /// The next piece; nothing at the end of the content.
    pub fn next_text(&mut self) -> Result<Option<Text<'_>>, Error> {
        Ok(match self.reader.next_record()? {
            Some(Record { kind: Type::NORM, data }) => Some(Text { data, ends_line: true }),
            Some(Record { kind: Type::CONT, data }) => Some(Text { data, ends_line: false }),
            _ => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // As cleanup(8) of 3.11 writes it for a message of 332 bytes with one recipient.
    #[test]
    fn size_record_is_95_wide() {
        let record = SizeRecord {
            data_size: 342,
            data_offset: 217,
            recipients: 1,
            qmgr_flags: 0,
            content_length: 342,
            sendopts: 0,
        };
        let text = record.format();
        assert_eq!(text.len(), 95);
        assert_eq!(SizeRecord::parse(text.as_bytes()), (record, 6));
        assert_eq!(SizeRecord::parse(b"  12  34").1, 2);
        // Postfix before 2.0 wrote one number.
        assert_eq!(SizeRecord::parse(b"            342").1, 1);
        let (cut, count) = SizeRecord::parse(b"12 3x 4");
        assert_eq!((cut.data_size, cut.data_offset, count), (12, 3, 2));
        assert_eq!(SizeRecord::parse(b"-").1, 0);
        // Expectation: nrcpt in the log of 3.11's qmgr.
        assert_eq!(SizeRecord::parse(b"1 2 20261123020020").0.recipients, 1_762_284_788);
    }

    #[test]
    fn times_may_lack_microseconds() {
        assert_eq!(parse_time(b"12 34"), UNIX_EPOCH + Duration::new(12, 34_000));
        assert_eq!(parse_time(b"12"), UNIX_EPOCH + Duration::new(12, 0));
        assert_eq!(parse_time(b"9223372036854775807 9223372036854775807"), UNIX_EPOCH);
        assert_eq!(format_time(UNIX_EPOCH + Duration::new(12, 34_000)), "12 34");
    }
}
