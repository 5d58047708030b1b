//! The record codec: a queue file, and the stream that a submitting program sends to cleanup(8) or postdrop(1),
//! is a sequence of records. A record is one type byte, a length in groups of seven bits (lowest first, the
//! eighth bit says that more follows), and that many bytes.
//!
//! Nothing here does I/O but [`Writer`], which only batches what it is given.

use std::fmt;
use std::io;

/// The type byte of a record.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Type(pub u8);

macro_rules! record_types {
    ($($(#[$doc:meta])* $name:ident = $byte:literal, $text:literal;)*) => {
        impl Type {
            $($(#[$doc])* pub const $name: Type = Type($byte);)*

            /// The name that postcat(1) shows.
            pub fn name(self) -> &'static str {
                $(if self.0 == $byte { return $text; })*
                "unknown_record_type"
            }
        }
    };
}

record_types! {
    /// Sizes and counts of the message, fixed width, first in the file.
    SIZE = b'C', "message_size";
    /// Arrival time, seconds and microseconds.
    TIME = b'T', "message_arrival_time";
    /// Time at which the queue file was made.
    CTIME = b'c', "queue_file_create_time";
    /// Full name of the sender.
    FULL = b'F', "sender_fullname";
    /// Inspector transport (never used).
    INSP = b'I', "content_inspector";
    /// Content filter transport. The same byte as [`Type::CONT`], told apart by the segment it is in.
    FILT = b'L', "content_filter";
    /// Envelope sender.
    FROM = b'S', "sender";
    /// Recipient that needs no more work.
    DONE = b'D', "done_recipient";
    /// Recipient that was taken back by a milter.
    DRCP = b'/', "canceled_recipient";
    /// Recipient.
    RCPT = b'R', "recipient";
    /// Recipient address before rewriting; belongs to the recipient that follows.
    ORCP = b'O', "original_recipient";
    /// When to send the next delay warning, fixed width, updated in place.
    WARN = b'W', "warning_message_time";
    /// `name=value`.
    ATTR = b'A', "named_attribute";
    /// Offset of the record to continue at.
    PTR = b'p', "pointer_record";
    /// Record that was made void.
    KILL = b'K', "killed_record";
    /// Start of the message content.
    MESG = b'M', "message_content";
    /// Content without a line end.
    CONT = b'L', "unterminated_text";
    /// Content that ends a line.
    NORM = b'N', "regular_text";
    /// Padding.
    DTXT = b'w', "padding";
    /// Start of the segment with information out of message headers.
    XTRA = b'X', "extracted_info";
    /// Return-receipt address.
    RRTO = b'r', "return_receipt";
    /// Errors-to address.
    ERTO = b'e', "errors_to";
    /// Priority.
    PRIO = b'P', "priority";
    /// VERP delimiters.
    VERP = b'V', "verp_delimiters";
    /// Last record.
    END = b'E', "message_end";
    /// Redirect all recipients to this address.
    RDR = b'>', "redirect_to";
    /// Flags for cleanup(8).
    FLGS = b'f', "flags";
    /// Seconds of delay on arrival.
    DELAY = b'd', "unknown_record_type";
    /// What to return to the sender.
    DSN_RET = b'<', "dsn_return_flags";
    /// Envelope id.
    DSN_ENVID = b'i', "dsn_envelope_id";
    /// Original recipient given by the client.
    DSN_ORCPT = b'o', "dsn_original_recipient";
    /// When to notify the sender about the recipient that follows.
    DSN_NOTIFY = b'n', "dsn_notify_flags";
    /// Number of milters (with those milters' records after it).
    MILT_COUNT = b'm', "unknown_record_type";
}

impl Type {
    /// Whether the type is one of those listed.
    pub fn is_in(self, set: &[u8]) -> bool {
        set.contains(&self.0)
    }

    /// Whether pickup(8) and cleanup(8) of the reference let it pass as one of those listed: also zero, which they find
    /// at the end of any list. Later it ends the reading of the message.
    pub fn passes(self, set: &[u8]) -> bool {
        self.0 == 0 || self.is_in(set)
    }
}

impl fmt::Debug for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Type({:?})", char::from(self.0))
    }
}

/// The records that may stand in each part of a message. The first of each set ends that part.
pub mod segment {
    /// Envelope of a queued message.
    pub const ENVELOPE: &[u8] = b"MCTcFILSDRO/WVA>K<ion";
    /// Content of a queued message.
    pub const CONTENT: &[u8] = b"XLNw";
    /// Extracted segment of a queued message.
    pub const EXTRACT: &[u8] = b"EDRO/PreAFIL>Kon";
    /// A run of recipients at the end of the envelope.
    pub const ENV_RECIPIENT: &[u8] = b"MDRO/Kon";
    /// A run of recipients at the end of the extracted segment.
    pub const EXT_RECIPIENT: &[u8] = b"EDRO/Kon";
    /// Envelope that postdrop(1) accepts from a stranger.
    pub const POST_ENVELOPE: &[u8] = b"MCFSRVAin";
    /// Content that postdrop(1) accepts from a stranger.
    pub const POST_CONTENT: &[u8] = b"XLN";
    /// Extracted segment that postdrop(1) accepts from a stranger.
    pub const POST_EXTRACT: &[u8] = b"EAR";
}

/// One record, its data borrowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record<'a> {
    /// What it is.
    pub kind: Type,
    /// What it says, without a terminator.
    pub data: &'a [u8],
}

impl<'a> Record<'a> {
    /// What it says, up to a NUL: for the reference, text ends there.
    pub fn text(&self) -> &'a [u8] {
        self.data.split(|&byte| byte == 0).next().unwrap_or_default()
    }
}

/// The longest record that the length encoding allows (28 bits).
pub const MAX_LENGTH: usize = (1 << 28) - 1;

/// What is wrong with a record. `Display` gives the text that Postfix logs after the file's name.
#[derive(Debug)]
pub enum Error {
    /// More length bytes than a length can have.
    LengthBits(Type),
    /// The input ends within the length.
    EofInLength(Type),
    /// The record is longer than the caller allows.
    TooLong(Type, usize),
    /// The input ends within the data.
    EofInData(Type, usize),
    /// A pointer that is not a number.
    BadPointer(Vec<u8>),
    /// Pointers that go round in circles.
    PointerLoop,
    /// The input cannot be positioned.
    Seek(io::Error),
    /// The input cannot be positioned at its end, where reading goes on after the last record.
    SeekEnd(io::Error),
    /// The input cannot be read.
    Io(io::Error),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::LengthBits(kind) => write!(f, "too many length bits, record type {}", kind.0),
            Error::EofInLength(kind) => write!(f, "unexpected EOF reading length, record type {}", kind.0),
            Error::TooLong(kind, len) => write!(f, "illegal length {len}, record type {}", kind.0),
            Error::EofInData(kind, len) => {
                write!(f, "unexpected EOF in data, record type {} length {len}", kind.0)
            }
            Error::BadPointer(value) => {
                write!(f, "malformed pointer record value: {}", log::bytes(value))
            }
            Error::PointerLoop => write!(f, "too many reverse jump records"),
            Error::Seek(error) => write!(f, "seek error after pointer record: {}", sys::error_text(error)),
            Error::SeekEnd(error) => {
                write!(f, "seek error after reading END record: {}", sys::error_text(error))
            }
            Error::Io(error) => write!(f, "read error: {}", sys::error_text(error)),
        }
    }
}

impl std::error::Error for Error {}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        Error::Io(error)
    }
}

/// Appends a record to `out`. Data beyond [`MAX_LENGTH`] is cut, which no caller comes near to.
pub fn encode(out: &mut Vec<u8>, kind: Type, data: &[u8]) {
    let data = data.get(..MAX_LENGTH).unwrap_or(data);
    out.push(kind.0);
    let mut rest = data.len();
    loop {
        let low = (rest & 0x7f) as u8;
        rest >>= 7;
        if rest == 0 {
            out.push(low);
            break;
        }
        out.push(low | 0x80);
    }
    out.extend_from_slice(data);
}

/// The type and length at the start of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// The record's type.
    pub kind: Type,
    /// How many bytes of data follow the head.
    pub data_len: usize,
    /// How many bytes the head itself takes.
    pub head_len: usize,
}

impl Head {
    /// The head at the start of `input`; nothing while more bytes are needed. At most `max` bytes of data are
    /// accepted; 0 means any length.
    pub fn decode(input: &[u8], max: usize) -> Result<Option<Head>, Error> {
        let Some((&kind, lengths)) = input.split_first() else { return Ok(None) };
        let kind = Type(kind);
        let mut data_len = 0usize;
        for (index, &byte) in lengths.iter().enumerate() {
            if index >= 4 {
                return Err(Error::LengthBits(kind));
            }
            data_len |= usize::from(byte & 0x7f) << (7 * index);
            if byte & 0x80 == 0 {
                if max > 0 && data_len > max {
                    return Err(Error::TooLong(kind, data_len));
                }
                return Ok(Some(Head { kind, data_len, head_len: index + 2 }));
            }
        }
        if lengths.len() >= 4 {
            return Err(Error::LengthBits(kind));
        }
        Ok(None)
    }
}

/// The record at the start of `input` and how many bytes it takes; nothing while more bytes are needed. At most
/// `max` bytes of data are accepted; 0 means any length.
pub fn decode(input: &[u8], max: usize) -> Result<Option<(Record<'_>, usize)>, Error> {
    let Some(head) = Head::decode(input, max)? else { return Ok(None) };
    let end = head.head_len + head.data_len;
    Ok(input.get(head.head_len..end).map(|data| (Record { kind: head.kind, data }, end)))
}

/// The error for input that ends after `rest`, an incomplete record.
pub fn truncated(rest: &[u8], max: usize) -> Error {
    match Head::decode(rest, max) {
        Ok(Some(head)) => Error::EofInData(head.kind, head.data_len),
        Ok(None) => Error::EofInLength(Type(rest.first().copied().unwrap_or_default())),
        Err(error) => error,
    }
}

/// Batches records into large writes and counts the offset.
#[derive(Debug)]
pub struct Writer<W> {
    inner: W,
    pending: Vec<u8>,
    written: u64,
}

/// How much a [`Writer`] holds back before it writes.
const WRITE_SIZE: usize = 64 * 1024;

impl<W: io::Write> Writer<W> {
    /// A writer whose first record goes to offset 0.
    pub fn new(inner: W) -> Self {
        Writer { inner, pending: Vec::new(), written: 0 }
    }

    /// Adds a record.
    pub fn put(&mut self, kind: Type, data: &[u8]) -> io::Result<()> {
        encode(&mut self.pending, kind, data);
        if self.pending.len() >= WRITE_SIZE { self.flush() } else { Ok(()) }
    }

    /// The offset that the next record will have.
    pub fn offset(&self) -> u64 {
        self.written + self.pending.len() as u64
    }

    /// Writes everything that was held back.
    pub fn flush(&mut self) -> io::Result<()> {
        self.inner.write_all(&self.pending)?;
        self.written += self.pending.len() as u64;
        self.pending.clear();
        self.inner.flush()
    }

    /// What it writes to.
    pub fn get_ref(&self) -> &W {
        &self.inner
    }

    /// What it writes to; the caller must not disturb the offset.
    pub fn get_mut(&mut self) -> &mut W {
        &mut self.inner
    }

    /// Flushes and gives back what it wrote to.
    pub fn into_inner(mut self) -> io::Result<W> {
        self.flush()?;
        Ok(self.inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_take_seven_bits_each() {
        let mut out = Vec::new();
        encode(&mut out, Type::NORM, &[b'x'; 200]);
        assert_eq!(&out[..3], b"N\xc8\x01");
        let (record, used) = decode(&out, 0).unwrap().unwrap();
        assert_eq!((record.kind, record.data.len(), used), (Type::NORM, 200, 203));
        encode(&mut out, Type::END, b"");
        assert_eq!(&out[203..], b"E\0");
    }

    #[test]
    fn incomplete_input_waits_and_bad_input_is_named() {
        assert_eq!(decode(b"", 0).unwrap(), None);
        assert_eq!(decode(b"N", 0).unwrap(), None);
        assert_eq!(decode(b"N\x05abc", 0).unwrap(), None);
        let long = decode(b"N\xff\xff\xff\xff", 0).unwrap_err();
        assert_eq!(long.to_string(), "too many length bits, record type 78");
        let limit = decode(b"N\x05abcde", 4).unwrap_err();
        assert_eq!(limit.to_string(), "illegal length 5, record type 78");
        assert_eq!(truncated(b"N\x05abc", 0).to_string(), "unexpected EOF in data, record type 78 length 5");
        assert_eq!(truncated(b"N\x85", 0).to_string(), "unexpected EOF reading length, record type 78");
    }

    proptest::proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes: Vec<u8>, max in 0usize..64) {
            let mut rest = &bytes[..];
            while let Ok(Some((_, used))) = decode(rest, max) {
                rest = &rest[used..];
            }
        }

        #[test]
        fn what_was_encoded_is_decoded(kind: u8, data: Vec<u8>) {
            let mut out = Vec::new();
            encode(&mut out, Type(kind), &data);
            let (record, used) = decode(&out, 0).unwrap().unwrap();
            assert_eq!((record.kind.0, record.data, used), (kind, &data[..], out.len()));
        }
    }
}
