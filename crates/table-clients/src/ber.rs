//! The encoding of LDAP messages (X.690, as RFC 4511 section 5.1 restricts it): tag, length, content.

/// Tags of universal types.
pub(crate) const BOOLEAN: u8 = 0x01;
pub(crate) const INTEGER: u8 = 0x02;
pub(crate) const OCTET_STRING: u8 = 0x04;
pub(crate) const ENUMERATED: u8 = 0x0a;
pub(crate) const SEQUENCE: u8 = 0x30;

/// The longest message of a server, bytes.
const MAX_MESSAGE: usize = 64 * 1024 * 1024;

/// An element of this tag.
pub(crate) fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut encoded = vec![tag];
    let length = content.len();
    match u8::try_from(length) {
        Ok(short) if short < 0x80 => encoded.push(short),
        _ => {
            let bytes = length.to_be_bytes();
            let start = bytes.iter().position(|&byte| byte != 0).unwrap_or(0);
            let digits = &bytes[start..];
            encoded.push(0x80 | digits.len() as u8);
            encoded.extend_from_slice(digits);
        }
    }
    encoded.extend_from_slice(content);
    encoded
}

/// An element whose content is other elements.
pub(crate) fn group(tag: u8, parts: &[Vec<u8>]) -> Vec<u8> {
    element(tag, &parts.concat())
}

/// A number as an element of this tag.
pub(crate) fn number(tag: u8, value: i32) -> Vec<u8> {
    let bytes = value.to_be_bytes();
    // As few bytes as keep the sign.
    let sign = if value < 0 { 0xff } else { 0 };
    let start = (0..3).find(|&at| bytes[at] != sign || (bytes[at + 1] ^ sign) & 0x80 != 0).unwrap_or(3);
    element(tag, &bytes[start..])
}

/// A truth value.
pub(crate) fn boolean(value: bool) -> Vec<u8> {
    element(BOOLEAN, &[if value { 0xff } else { 0 }])
}

/// How many bytes the element at the start of the input has in all. `Ok(None)` when its header is not complete.
///
/// # Errors
/// The element is too long, or its length is not definite.
pub fn length(input: &[u8]) -> Result<Option<usize>, Malformed> {
    let Some(&first) = input.get(1) else {
        return Ok(None);
    };
    if first < 0x80 {
        return Ok(Some(2 + usize::from(first)));
    }
    let digits = usize::from(first & 0x7f);
    if digits == 0 || digits > 4 {
        return Err(Malformed);
    }
    let Some(digits) = input.get(2..2 + digits) else {
        return Ok(None);
    };
    let length = digits.iter().fold(0_usize, |length, digit| length << 8 | usize::from(*digit));
    if length > MAX_MESSAGE { Err(Malformed) } else { Ok(Some(2 + digits.len() + length)) }
}

/// The input is no element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed;

/// Reads elements, one after the other.
#[derive(Clone, Copy)]
pub(crate) struct Elements<'a>(pub(crate) &'a [u8]);

impl<'a> Elements<'a> {
    /// The next element: its tag and its content.
    pub(crate) fn next(&mut self) -> Option<(u8, &'a [u8])> {
        let whole = length(self.0).ok().flatten()?;
        let (element, rest) = self.0.split_at_checked(whole)?;
        let digits =
            element.get(1).map_or(0, |&first| if first < 0x80 { 0 } else { usize::from(first & 0x7f) });
        self.0 = rest;
        Some((*element.first()?, element.get(2 + digits..)?))
    }

    /// The content of the next element, which must have this tag.
    pub(crate) fn expect(&mut self, tag: u8) -> Option<&'a [u8]> {
        self.next().filter(|(found, _)| *found == tag).map(|(_, content)| content)
    }

    /// The next element, a number of this tag.
    pub(crate) fn number(&mut self, tag: u8) -> Option<i32> {
        let content = self.expect(tag)?;
        let first = *content.first().filter(|_| content.len() <= 4)?;
        let start = if first & 0x80 != 0 { -1 } else { 0 };
        Some(content.iter().fold(start, |number, byte| number << 8 | i32::from(*byte)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_lengths() {
        for value in [0, 1, 127, 128, 255, 256, -1, -128, -129, i32::MAX, i32::MIN] {
            let encoded = number(INTEGER, value);
            assert_eq!(Elements(&encoded).number(INTEGER), Some(value));
        }
        assert_eq!(number(INTEGER, 128), [2, 2, 0, 128]);
        let long = element(OCTET_STRING, &[7; 300]);
        assert_eq!(&long[..4], [4, 0x82, 1, 44]);
        assert_eq!(length(&long), Ok(Some(304)));
        assert_eq!(Elements(&long).expect(OCTET_STRING).map(<[u8]>::len), Some(300));
    }

    #[test]
    fn broken_elements() {
        assert_eq!(length(&[0x30, 0x80]), Err(Malformed));
        assert_eq!(length(&[0x30, 0x84, 0xff, 0xff, 0xff, 0xff]), Err(Malformed));
        assert_eq!(length(&[0x30, 0x82, 1]), Ok(None));
        assert!(Elements(&[4, 5, 1]).next().is_none());
    }
}
