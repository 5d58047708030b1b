//! Lists of attributes, as bytes and as values.
//!
//! On the wire, a list is `name NUL value NUL ... NUL`: an empty name ends it. A group of attributes with free
//! names stands between `{ NUL` and `} NUL`, which have no value. Names may repeat, and order matters: the
//! reference reads lists strictly in order. anvil(8) alone uses text lines instead, `name=value`, ended by an empty
//! line; see [`encode_plain`].

use crate::{Error, base64};
use std::ops::Range;

/// A list of attributes, in order. It is kept in its encoded form, so sending and receiving copy nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Attrs {
    bytes: Vec<u8>,
    entries: Vec<Entry>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Entry {
    name: Range<usize>,
    value: Range<usize>,
}

const OPEN: &[u8] = b"{";
const CLOSE: &[u8] = b"}";
/// More than any list of the protocol needs; a bound on what a broken peer can make us hold.
const MAX_BYTES: usize = 1 << 20;
/// The reference takes at most 1024 attributes in a group.
const MAX_ENTRIES: usize = 2048;

impl Attrs {
    /// An empty list.
    pub fn new() -> Attrs {
        Attrs::default()
    }

    /// Adds a string. What follows a NUL in it cannot be sent and is left out.
    pub fn put_str(&mut self, name: &str, value: impl AsRef<[u8]>) -> &mut Attrs {
        let value = value.as_ref();
        let value = value.split(|&byte| byte == 0).next().unwrap_or_default();
        self.push(name.as_bytes(), value);
        self
    }

    /// Adds an integer. Negative ones travel as the unsigned number with the same 32 bits.
    pub fn put_int(&mut self, name: &str, value: i32) -> &mut Attrs {
        self.push(name.as_bytes(), (value as u32).to_string().as_bytes());
        self
    }

    /// Adds a long integer. Negative ones travel as the unsigned number with the same 64 bits.
    pub fn put_long(&mut self, name: &str, value: i64) -> &mut Attrs {
        self.push(name.as_bytes(), (value as u64).to_string().as_bytes());
        self
    }

    /// Adds binary data, in base64.
    pub fn put_data(&mut self, name: &str, value: &[u8]) -> &mut Attrs {
        self.push(name.as_bytes(), &base64::encode(value));
        self
    }

    /// Adds a group of attributes with free names.
    pub fn put_group<'a>(&mut self, group: impl IntoIterator<Item = (&'a [u8], &'a [u8])>) -> &mut Attrs {
        self.push_mark(OPEN);
        for (name, value) in group {
            self.push(name, value);
        }
        self.push_mark(CLOSE);
        self
    }

    fn push(&mut self, name: &[u8], value: &[u8]) {
        let name_start = self.bytes.len();
        self.bytes.extend_from_slice(name);
        self.bytes.push(0);
        let value_start = self.bytes.len();
        self.bytes.extend_from_slice(value);
        let value = value_start..self.bytes.len();
        self.bytes.push(0);
        self.entries.push(Entry { name: name_start..value_start - 1, value });
    }

    fn push_mark(&mut self, mark: &[u8]) {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(mark);
        let end = self.bytes.len();
        self.bytes.push(0);
        self.entries.push(Entry { name: start..end, value: end..end });
    }

    /// Names and values in order; the marks of a group appear as `{` and `}` with empty values.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.entries.iter().map(|entry| (self.slice(&entry.name), self.slice(&entry.value)))
    }

    fn slice(&self, range: &Range<usize>) -> &[u8] {
        self.bytes.get(range.clone()).unwrap_or_default()
    }

    /// How many attributes there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The first value with this name.
    pub fn str(&self, name: &str) -> Option<&[u8]> {
        self.iter().find(|(known, _)| *known == name.as_bytes()).map(|(_, value)| value)
    }

    /// The first integer with this name; nothing when it is not there or no number.
    pub fn int(&self, name: &str) -> Option<i32> {
        self.str(name).and_then(|value| parse_int(value).ok())
    }

    /// The first long integer with this name; nothing when it is not there or no number.
    pub fn long(&self, name: &str) -> Option<i64> {
        self.str(name).and_then(|value| parse_long(value).ok())
    }

    /// Reads the attributes strictly in order.
    pub fn scanner(&self) -> Scanner<'_> {
        Scanner { attrs: self, next: 0 }
    }

    /// The list as it is sent, with its end.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.bytes.len() + 1);
        self.encode_into(&mut out);
        out
    }

    /// Appends the list as it is sent, with its end.
    pub fn encode_into(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.bytes);
        out.push(0);
    }

    /// The list at the start of `input` and how many bytes it takes; nothing while more bytes are needed.
    pub fn decode(input: &[u8]) -> Result<Option<(Attrs, usize)>, Error> {
        let mut decoder = Decoder::new();
        let used = decoder.push(input)?;
        Ok(decoder.finish().map(|attrs| (attrs, used)))
    }
}

fn parse_int(text: &[u8]) -> Result<i32, Error> {
    let number = parse_long(text)?;
    // Both the unsigned form that is sent and a plain negative number are read.
    match (u32::try_from(number), i32::try_from(number)) {
        (Ok(unsigned), _) => Ok(unsigned as i32),
        (_, Ok(signed)) => Ok(signed),
        _ => Err(Error::Number(text.to_vec())),
    }
}

fn parse_long(text: &[u8]) -> Result<i64, Error> {
    let bad = || Error::Number(text.to_vec());
    let digits = std::str::from_utf8(text).map_err(|_| bad())?.trim_start();
    match digits.parse::<u64>() {
        Ok(unsigned) => Ok(unsigned as i64),
        Err(_) => digits.parse::<i64>().map_err(|_| bad()),
    }
}

/// Takes the bytes of a list as they come in.
#[derive(Debug, Default)]
pub struct Decoder {
    attrs: Attrs,
    name_start: usize,
    name_end: Option<usize>,
    complete: bool,
}

impl Decoder {
    /// A decoder at the start of a list.
    pub fn new() -> Decoder {
        Decoder::default()
    }

    /// Whether nothing of a list has come in yet.
    pub fn is_untouched(&self) -> bool {
        !self.complete && self.attrs.bytes.is_empty()
    }

    /// Takes bytes up to the end of the list, and says how many.
    pub fn push(&mut self, input: &[u8]) -> Result<usize, Error> {
        let mut used = 0;
        while !self.complete {
            let rest = input.get(used..).unwrap_or_default();
            let Some(length) = memchr::memchr(0, rest) else {
                self.attrs.bytes.extend_from_slice(rest);
                used += rest.len();
                break;
            };
            self.attrs.bytes.extend_from_slice(rest.get(..=length).unwrap_or_default());
            used += length + 1;
            self.end_word()?;
        }
        if self.attrs.bytes.len() > MAX_BYTES {
            return Err(Error::TooLong);
        }
        Ok(used)
    }

    /// A NUL came in: the end of a name, of a value, or of the list.
    fn end_word(&mut self) -> Result<(), Error> {
        let end = self.attrs.bytes.len() - 1;
        match self.name_end.take() {
            Some(name_end) => self.add(self.name_start..name_end, name_end + 1..end)?,
            None if end == self.name_start => {
                self.attrs.bytes.pop();
                self.complete = true;
            }
            None => {
                let name = self.attrs.slice(&(self.name_start..end));
                if name == OPEN || name == CLOSE {
                    self.add(self.name_start..end, end..end)?;
                } else {
                    self.name_end = Some(end);
                }
            }
        }
        Ok(())
    }

    fn add(&mut self, name: Range<usize>, value: Range<usize>) -> Result<(), Error> {
        if self.attrs.entries.len() >= MAX_ENTRIES {
            return Err(Error::TooLong);
        }
        self.attrs.entries.push(Entry { name, value });
        self.name_start = self.attrs.bytes.len();
        Ok(())
    }

    /// Whether the end of the list came in.
    pub fn is_complete(&self) -> bool {
        self.complete
    }

    /// The list, once its end came in.
    pub fn finish(self) -> Option<Attrs> {
        self.complete.then_some(self.attrs)
    }
}

/// A name and its value.
pub type Pair<'a> = (&'a [u8], &'a [u8]);

/// Reads attributes in the order that the protocol demands, as the reference's servers do.
#[derive(Clone, Debug)]
pub struct Scanner<'a> {
    attrs: &'a Attrs,
    next: usize,
}

impl<'a> Scanner<'a> {
    /// The next attribute's value, which must have this name.
    pub fn str(&mut self, name: &'static str) -> Result<&'a [u8], Error> {
        let entry = self.attrs.entries.get(self.next).ok_or(Error::Missing(name))?;
        let found = self.attrs.slice(&entry.name);
        if found != name.as_bytes() {
            return Err(Error::Unexpected { found: found.to_vec(), expected: name });
        }
        self.next += 1;
        Ok(self.attrs.slice(&entry.value))
    }

    /// The next attribute as an integer.
    pub fn int(&mut self, name: &'static str) -> Result<i32, Error> {
        parse_int(self.str(name)?)
    }

    /// The next attribute as a long integer.
    pub fn long(&mut self, name: &'static str) -> Result<i64, Error> {
        parse_long(self.str(name)?)
    }

    /// The next attribute as binary data.
    pub fn data(&mut self, name: &'static str) -> Result<Vec<u8>, Error> {
        base64::decode(self.str(name)?).ok_or(Error::Data(name))
    }

    /// The attributes of a group.
    pub fn group(&mut self) -> Result<Vec<Pair<'a>>, Error> {
        self.str("{")?;
        let mut group = Vec::new();
        loop {
            let entry = self.attrs.entries.get(self.next).ok_or(Error::Missing("}"))?;
            self.next += 1;
            match self.attrs.slice(&entry.name) {
                CLOSE => return Ok(group),
                name => group.push((name, self.attrs.slice(&entry.value))),
            }
        }
    }

    /// Everything must have been read.
    pub fn end(&self) -> Result<(), Error> {
        match self.attrs.entries.get(self.next) {
            None => Ok(()),
            Some(entry) => Err(Error::Unexpected {
                found: self.attrs.slice(&entry.name).to_vec(),
                expected: "(list terminator)",
            }),
        }
    }
}

/// The list as text lines, ended by an empty one: how anvil(8) and policy servers speak.
pub fn encode_plain(attrs: &Attrs) -> Vec<u8> {
    let mut out = Vec::with_capacity(attrs.bytes.len() + 1);
    for (name, value) in attrs.iter() {
        out.extend_from_slice(name);
        if name != OPEN && name != CLOSE {
            out.push(b'=');
            out.extend_from_slice(value);
        }
        out.push(b'\n');
    }
    out.push(b'\n');
    out
}

/// The list of text lines at the start of `input` and how many bytes it takes; nothing while more are needed.
pub fn decode_plain(input: &[u8]) -> Result<Option<(Attrs, usize)>, Error> {
    let mut attrs = Attrs::new();
    let mut used = 0;
    loop {
        let rest = input.get(used..).unwrap_or_default();
        let Some(length) = memchr::memchr(b'\n', rest) else {
            return if rest.len() > MAX_BYTES { Err(Error::TooLong) } else { Ok(None) };
        };
        let line = rest.get(..length).unwrap_or_default();
        used += length + 1;
        if line.is_empty() {
            return Ok(Some((attrs, used)));
        }
        if used > MAX_BYTES || attrs.entries.len() >= MAX_ENTRIES {
            return Err(Error::TooLong);
        }
        match memchr::memchr(b'=', line) {
            Some(at) => {
                let (name, value) = line.split_at(at);
                attrs.push(name, value.get(1..).unwrap_or_default());
            }
            None if line == OPEN || line == CLOSE => attrs.push_mark(line),
            None => return Err(Error::Unexpected { found: line.to_vec(), expected: "name=value" }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // The first bytes of a conversation with 3.11's trivial-rewrite.
    #[test]
    fn wire_form() {
        let mut attrs = Attrs::new();
        attrs.put_str("protocol", "trivial_rewrite_protocol");
        assert_eq!(attrs.encode(), b"protocol\0trivial_rewrite_protocol\0\0");
        let (back, used) = Attrs::decode(b"protocol\0trivial_rewrite_protocol\0\0x").unwrap().unwrap();
        assert_eq!((back, used), (attrs, 35));
    }

    #[test]
    fn negative_numbers_travel_unsigned() {
        let mut attrs = Attrs::new();
        attrs.put_int("status", -1).put_long("offset", -1);
        assert_eq!(attrs.encode(), b"status\x004294967295\0offset\x0018446744073709551615\0\0");
        assert_eq!((attrs.int("status"), attrs.long("offset")), (Some(-1), Some(-1)));
    }

    #[test]
    fn lists_may_come_in_pieces() {
        let mut attrs = Attrs::new();
        attrs.put_str("a", "").put_group([(&b"x"[..], &b"1"[..]), (b"y", b"")]).put_int("b", 7);
        let bytes = attrs.encode();
        let mut decoder = Decoder::new();
        for byte in &bytes {
            assert_eq!(decoder.push(&[*byte]).unwrap(), 1);
        }
        let back = decoder.finish().unwrap();
        assert_eq!(back, attrs);
        let mut scanner = back.scanner();
        assert_eq!(scanner.str("a").unwrap(), b"");
        assert_eq!(scanner.group().unwrap(), [(&b"x"[..], &b"1"[..]), (b"y", b"")]);
        assert_eq!(scanner.int("b").unwrap(), 7);
        scanner.end().unwrap();
    }

    #[test]
    fn scanners_demand_order() {
        let mut attrs = Attrs::new();
        attrs.put_str("a", "1").put_str("b", "2");
        let mut scanner = attrs.scanner();
        assert_eq!(scanner.str("b").unwrap_err().to_string(), "unexpected attribute a (expecting: b)");
        assert_eq!(scanner.str("a").unwrap(), b"1");
        assert_eq!(
            scanner.end().unwrap_err().to_string(),
            "unexpected attribute b (expecting: (list terminator))"
        );
        scanner.str("b").unwrap();
        assert_eq!(scanner.str("c").unwrap_err().to_string(), "missing attribute c");
    }

    #[test]
    fn plain_form() {
        let mut attrs = Attrs::new();
        attrs.put_str("request", "connect").put_str("ident", "smtp:a=b");
        let bytes = encode_plain(&attrs);
        assert_eq!(bytes, b"request=connect\nident=smtp:a=b\n\n");
        assert_eq!(decode_plain(&bytes).unwrap().unwrap(), (attrs, bytes.len()));
    }

    proptest::proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes: Vec<u8>) {
            let _ = Attrs::decode(&bytes);
            let _ = decode_plain(&bytes);
        }
    }
}
