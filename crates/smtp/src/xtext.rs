//! xtext (RFC 3461 section 4) and its UTF-8 relative (RFC 6533 section 3), as DSN parameters, XCLIENT and XFORWARD
//! carry them.

/// Quotes `text`: `+`, bytes outside 33..126 and those in `special` become `+XX`.
///
/// With a non-empty `special`, as with an empty one, every other printable byte stays.
pub fn quote(text: &[u8], special: &[u8]) -> Vec<u8> {
    let mut quoted = Vec::with_capacity(text.len());
    for &byte in text {
        if byte != b'+' && (33..127).contains(&byte) && !special.contains(&byte) {
            quoted.push(byte);
        } else {
            quoted.extend_from_slice(format!("+{byte:02X}").as_bytes());
        }
    }
    quoted
}

/// Undoes [`quote`]; none if a `+` is not followed by two hexadecimal digits.
pub fn unquote(quoted: &[u8]) -> Option<Vec<u8>> {
    let mut text = Vec::with_capacity(quoted.len());
    let mut bytes = quoted.iter();
    while let Some(&byte) = bytes.next() {
        if byte == b'+' {
            let high = hex_digit(*bytes.next()?)?;
            let low = hex_digit(*bytes.next()?)?;
            text.push(high << 4 | low);
        } else {
            text.push(byte);
        }
    }
    Some(text)
}

/// Quotes UTF-8 text for an `ORCPT=utf-8;` parameter: backslash, bytes outside 33..126, those in `special` and all
/// of non-ASCII become `\x{HEX}`. None if the text is not UTF-8.
pub fn quote_utf8(text: &[u8], special: &[u8]) -> Option<Vec<u8>> {
    let mut quoted = Vec::with_capacity(text.len());
    for character in std::str::from_utf8(text).ok()?.chars() {
        match u8::try_from(character) {
            Ok(byte) if byte != b'\\' && (33..127).contains(&byte) && !special.contains(&byte) => {
                quoted.push(byte)
            }
            _ => quoted.extend_from_slice(format!("\\x{{{:02X}}}", u32::from(character)).as_bytes()),
        }
    }
    Some(quoted)
}

/// Undoes [`quote_utf8`]; none on a malformed `\x{...}` or a code point that does not exist. Other bytes are taken
/// as they are.
pub fn unquote_utf8(quoted: &[u8]) -> Option<Vec<u8>> {
    let mut text = Vec::with_capacity(quoted.len());
    let mut rest = quoted;
    while let Some((&byte, tail)) = rest.split_first() {
        let Some(code) = rest.strip_prefix(b"\\x{") else {
            text.push(byte);
            rest = tail;
            continue;
        };
        let end = memchr::memchr(b'}', code)?;
        let (digits, tail) = code.split_at_checked(end)?;
        let mut point = 0u32;
        for &digit in digits {
            point = point << 4 | u32::from(hex_digit(digit)?);
            if point > 0x10_ffff {
                return None;
            }
        }
        text.extend_from_slice(char::from_u32(point)?.encode_utf8(&mut [0; 4]).as_bytes());
        rest = tail.get(1..).unwrap_or_default();
    }
    Some(text)
}

fn hex_digit(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn malformed_text_is_refused() {
        assert_eq!(unquote(b"++1"), None);
        assert_eq!(unquote(b"+2+"), None);
        assert_eq!(unquote(b"+2"), None);
        assert_eq!(unquote(b"a+2Bb+0a").as_deref(), Some(&b"a+b\n"[..]));
        assert_eq!(unquote_utf8(b"\\x{33"), None);
        assert_eq!(unquote_utf8(b"\\x{x1}"), None);
        assert_eq!(unquote_utf8(b"\\x{110000}"), None);
        assert_eq!(unquote_utf8(b"\\x{E9}+\\").as_deref(), Some("\u{e9}+\\".as_bytes()));
    }

    proptest! {
        #[test]
        fn quoting_round_trips(text: Vec<u8>) {
            prop_assert_eq!(unquote(&quote(&text, b"=")), Some(text));
        }

        #[test]
        fn utf8_quoting_round_trips(text: String) {
            prop_assert_eq!(unquote_utf8(&quote_utf8(text.as_bytes(), b"+=").unwrap()), Some(text.into_bytes()));
        }

        #[test]
        fn nothing_panics(text: Vec<u8>) {
            let _ = (unquote(&text), unquote_utf8(&text), quote_utf8(&text, b""));
        }
    }
}
