//! Search filters: from text (RFC 4515) to their encoding (RFC 4511 section 4.5.1.7).

use crate::ber::{OCTET_STRING, element, group};

/// Tags of the kinds of filters.
mod tag {
    pub(super) const AND: u8 = 0xa0;
    pub(super) const OR: u8 = 0xa1;
    pub(super) const NOT: u8 = 0xa2;
    pub(super) const EQUAL: u8 = 0xa3;
    pub(super) const SUBSTRINGS: u8 = 0xa4;
    pub(super) const AT_LEAST: u8 = 0xa5;
    pub(super) const AT_MOST: u8 = 0xa6;
    pub(super) const PRESENT: u8 = 0x87;
    pub(super) const APPROXIMATE: u8 = 0xa8;
    pub(super) const EXTENSIBLE: u8 = 0xa9;
}

/// How deep filters may be nested.
const MAX_DEPTH: usize = 100;

/// Encodes a filter; `None` if it is none. The brackets around all of it may be missing. An empty text is left to the
/// server to refuse.
pub fn encode(text: &[u8]) -> Option<Vec<u8>> {
    let mut parser = Parser { rest: text };
    parser.skip_space();
    if parser.rest.is_empty() {
        return Some(Vec::new());
    }
    let encoded = match parser.rest.first()? {
        b'(' => parser.filter(0)?,
        _ => {
            let item = std::mem::take(&mut parser.rest);
            encode_item(item)?
        }
    };
    parser.skip_space();
    parser.rest.is_empty().then_some(encoded)
}

struct Parser<'a> {
    rest: &'a [u8],
}

impl Parser<'_> {
    fn skip_space(&mut self) {
        self.rest = self.rest.trim_ascii_start();
    }

    fn accept(&mut self, byte: u8) -> Option<()> {
        self.rest = self.rest.strip_prefix(&[byte])?;
        Some(())
    }

    /// A filter in brackets.
    fn filter(&mut self, depth: usize) -> Option<Vec<u8>> {
        if depth > MAX_DEPTH {
            return None;
        }
        self.accept(b'(')?;
        self.skip_space();
        let encoded = match self.rest.first()? {
            b'&' => self.set(tag::AND, depth)?,
            b'|' => self.set(tag::OR, depth)?,
            b'!' => {
                self.accept(b'!')?;
                self.skip_space();
                group(tag::NOT, &[self.filter(depth + 1)?])
            }
            _ => {
                let end = self.rest.iter().position(|&byte| matches!(byte, b'(' | b')'))?;
                let (item, rest) = self.rest.split_at(end);
                self.rest = rest;
                encode_item(item)?
            }
        };
        self.skip_space();
        self.accept(b')')?;
        Some(encoded)
    }

    /// The filters behind `&` or `|`; there may be none.
    fn set(&mut self, tag: u8, depth: usize) -> Option<Vec<u8>> {
        self.rest = self.rest.get(1..)?;
        let mut filters = Vec::new();
        loop {
            self.skip_space();
            if self.rest.first() != Some(&b'(') {
                return Some(group(tag, &filters));
            }
            filters.push(self.filter(depth + 1)?);
        }
    }
}

/// `attribute=value` and its like, without brackets.
fn encode_item(item: &[u8]) -> Option<Vec<u8>> {
    let equals = item.iter().position(|&byte| byte == b'=')?;
    let (left, value) = (item.get(..equals)?, item.get(equals + 1..)?);
    let string = |text: &[u8]| element(OCTET_STRING, text);
    let (name, tag) = match left.last()? {
        b'<' => (&left[..equals - 1], tag::AT_MOST),
        b'>' => (&left[..equals - 1], tag::AT_LEAST),
        b'~' => (&left[..equals - 1], tag::APPROXIMATE),
        b':' => return encode_extensible(&left[..equals - 1], value),
        _ if value == b"*" => return is_description(left).then(|| element(tag::PRESENT, left)),
        _ if value.contains(&b'*') => return encode_substrings(left, value),
        _ => (left, tag::EQUAL),
    };
    is_description(name).then_some(())?;
    Some(group(tag, &[string(name), string(&unescape(value)?)]))
}

fn encode_substrings(name: &[u8], value: &[u8]) -> Option<Vec<u8>> {
    const INITIAL: u8 = 0x80;
    const ANY: u8 = 0x81;
    const FINAL: u8 = 0x82;
    is_description(name).then_some(())?;
    let parts: Vec<&[u8]> = value.split(|&byte| byte == b'*').collect();
    let last = parts.len() - 1;
    let mut pieces = Vec::new();
    for (at, part) in parts.into_iter().enumerate().filter(|(_, part)| !part.is_empty()) {
        let tag = match at {
            0 => INITIAL,
            _ if at == last => FINAL,
            _ => ANY,
        };
        pieces.push(element(tag, &unescape(part)?));
    }
    if pieces.is_empty() {
        return None;
    }
    Some(group(tag::SUBSTRINGS, &[element(OCTET_STRING, name), group(crate::ber::SEQUENCE, &pieces)]))
}

/// `attribute:dn:rule:=value`, where either name may be missing.
fn encode_extensible(left: &[u8], value: &[u8]) -> Option<Vec<u8>> {
    let mut words = left.split(|&byte| byte == b':');
    let name = words.next().filter(|name| !name.is_empty());
    let mut rule = None;
    let mut with_dn = false;
    for word in words {
        if word.eq_ignore_ascii_case(b"dn") && !with_dn && rule.is_none() {
            with_dn = true;
        } else if rule.is_none() && !word.is_empty() {
            rule = Some(word);
        } else {
            return None;
        }
    }
    if name.is_none() && rule.is_none() {
        return None;
    }
    let mut parts = Vec::new();
    parts.extend(rule.map(|rule| element(0x81, rule)));
    parts.extend(name.map(|name| element(0x82, name)));
    parts.push(element(0x83, &unescape(value)?));
    if with_dn {
        parts.push(element(0x84, &[0xff]));
    }
    Some(group(tag::EXTENSIBLE, &parts))
}

/// The name of an attribute, perhaps with options, or its number.
fn is_description(name: &[u8]) -> bool {
    !name.is_empty() && name.iter().all(|byte| byte.is_ascii_alphanumeric() || b"-.;_".contains(byte))
}

/// Replaces `\XX`; the older form `\*` is understood, too.
fn unescape(value: &[u8]) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16).map(|digit| digit as u8);
    let mut plain = Vec::with_capacity(value.len());
    let mut bytes = value.iter().copied();
    while let Some(byte) = bytes.next() {
        plain.push(match byte {
            b'\\' => match bytes.next()? {
                special @ (b'(' | b')' | b'*' | b'\\') => special,
                high => digit(high)? << 4 | digit(bytes.next()?)?,
            },
            b'(' | b')' | b'*' => return None,
            other => other,
        });
    }
    Some(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters() {
        assert_eq!(encode(b"(a=b)").unwrap(), b"\xa3\x06\x04\x01a\x04\x01b");
        assert_eq!(encode(b"a=b"), encode(b"(a=b)"));
        assert_eq!(encode(b"(a=*)").unwrap(), b"\x87\x01a");
        assert_eq!(encode(b"(a=\\2a)").unwrap(), b"\xa3\x06\x04\x01a\x04\x01*");
        assert_eq!(encode(b"(a=x*y*z)").unwrap(), b"\xa4\x0e\x04\x01a0\x09\x80\x01x\x81\x01y\x82\x01z");
        assert_eq!(encode(b"(&(a=b)(!(c>=d)))").unwrap()[..2], [0xa0, 18]);
        assert_eq!(encode(b"(a:dn:2.5.13.5:=x)").unwrap()[..2], [0xa9, 19]);
    }

    #[test]
    fn no_filters() {
        for text in ["(", "(a", "(a=b", "(a=b))", "()", "(&(a=b)", "(a=\\zz)", "(=x)", "a", "(a=b)(c=d)"] {
            assert_eq!(encode(text.as_bytes()), None, "{text}");
        }
        assert_eq!(encode("(!".repeat(500).as_bytes()), None);
    }
}
