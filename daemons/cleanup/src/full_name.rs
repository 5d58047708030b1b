//! The sender's full name in a `From:` header that cleanup makes: as a phrase, as a comment, or encoded by RFC 2047.

use address::{Token, scan};

/// How a `From:` header is laid out (`header_from_format`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FromFormat {
    /// `phrase <address>`.
    Standard,
    /// `address (comment)`.
    Obsolete,
}

/// An encoded-word is at most so long (RFC 2047, 2).
const ENCODED_WORD_MAX: usize = 75;
/// What ends an encoded-word.
const ENCODED_WORD_END: &[u8] = b"?=";
/// Characters that must be encoded in a comment beside controls, spaces and eight-bit ones (RFC 2047, 5).
const ENCODE_IN_COMMENT: &[u8] = b" =?_()\\";
/// The same for a phrase.
const ENCODE_IN_PHRASE: &[u8] = b" =?_()<>@,;:\\\".[]#$%&'?^`{|}~";

/// Why a name was not encoded: the text of the warning.
pub(crate) type Warning = String;

/// The header text for a full name, or `None` if nothing of it is left. The words of an encoded name are separated by
/// line feeds.
pub(crate) fn header_text(
    name: &[u8],
    format: FromFormat,
    charset: &str,
    token_limit: usize,
) -> Result<Option<Vec<u8>>, Warning> {
    let Some(name) = normalized(name) else { return Ok(None) };
    if !name.is_ascii() {
        return encode(&name, format, charset).map(Some);
    }
    let text = match format {
        FromFormat::Standard => phrase(&name, token_limit),
        FromFormat::Obsolete => comment(&name),
    };
    Ok(text.filter(|text| !text.is_empty()))
}

/// Replaces control characters by spaces, and runs of spaces by one.
fn normalized(name: &[u8]) -> Option<Vec<u8>> {
    let mut text = Vec::with_capacity(name.len());
    for &byte in name {
        let byte = if byte.is_ascii_control() { b' ' } else { byte };
        if byte != b' ' || text.last().is_some_and(|&last| last != b' ') {
            text.push(byte);
        }
    }
    text.pop_if(|last| *last == b' ');
    (!text.is_empty()).then_some(text)
}

fn phrase(name: &[u8], token_limit: usize) -> Option<Vec<u8>> {
    let special = name.iter().any(|byte| b"%!()<>@,;:\\\".[]".contains(byte));
    let tokens = if special { vec![Token::Quoted(name.to_vec())] } else { scan(name, token_limit) };
    if tokens.is_empty() {
        return None;
    }
    Some(address::Address::from_tokens(tokens).externalize_tokens())
}

/// The name with its parentheses balanced, without a backslash at its end.
fn comment(name: &[u8]) -> Option<Vec<u8>> {
    let mut text = Vec::with_capacity(name.len());
    let mut open = 0usize;
    let mut bytes = name.iter().copied();
    while let Some(byte) = bytes.next() {
        match byte {
            b'\\' => {
                let Some(escaped) = bytes.next() else { break };
                text.extend_from_slice(&[b'\\', escaped]);
                continue;
            }
            b'(' => open += 1,
            b')' if open == 0 => continue,
            b')' => open -= 1,
            _ => {}
        }
        text.push(byte);
    }
    text.resize(text.len() + open, b')');
    text.iter().any(|byte| !byte.is_ascii_whitespace()).then_some(text)
}

fn encode(text: &[u8], format: FromFormat, charset: &str) -> Result<Vec<u8>, Warning> {
    check_charset(charset)?;
    let specials = match format {
        FromFormat::Obsolete => ENCODE_IN_COMMENT,
        FromFormat::Standard if text.first() == Some(&b'"') => {
            let text = String::from_utf8_lossy(text);
            return Err(format!("rfc2047_encode: encoder called with quoted word as input: '{text}'"));
        }
        FromFormat::Standard => ENCODE_IN_PHRASE,
    };
    let needs_code = |byte: u8| !byte.is_ascii() || byte.is_ascii_control() || specials.contains(&byte);
    // A long name that is mostly not ASCII would not be readable in quoted-printable, either.
    let coded = text.iter().filter(|&&byte| needs_code(byte)).count();
    if text.len() >= 20 && coded >= text.len() / 2 {
        Ok(encode_base64(text, charset))
    } else {
        Ok(encode_quoted_printable(text, charset, needs_code))
    }
}

fn check_charset(charset: &str) -> Result<(), Warning> {
    if charset.is_empty() {
        return Err("rfc2047_encode: encoder called with empty charset name".to_owned());
    }
    if charset.len() > ENCODED_WORD_MAX / 2 {
        let shown: String = charset.chars().take(100).collect();
        return Err(format!("rfc2047_encode: unreasonable charset name: '{shown}'"));
    }
    match charset.bytes().find(|byte| !byte.is_ascii_graphic() || b"()<>@,;:\\\"/[]?.=".contains(byte)) {
        Some(byte) => {
            Err(format!("rfc2047_encode: invalid character: 0x{byte:x} in charset name: '{charset}'"))
        }
        None => Ok(()),
    }
}

fn encode_quoted_printable(text: &[u8], charset: &str, needs_code: impl Fn(u8) -> bool) -> Vec<u8> {
    let start = format!("=?{charset}?Q?").into_bytes();
    let room = ENCODED_WORD_MAX - ENCODED_WORD_END.len() - start.len();
    let mut result = start.clone();
    let mut left = room;
    for &byte in text {
        let code = match byte {
            b' ' => vec![b'_'],
            byte if needs_code(byte) => format!("={byte:02X}").into_bytes(),
            byte => vec![byte],
        };
        if left < code.len() {
            result.extend_from_slice(ENCODED_WORD_END);
            result.push(b'\n');
            result.extend_from_slice(&start);
            left = room;
        }
        left -= code.len();
        result.extend_from_slice(&code);
    }
    result.extend_from_slice(ENCODED_WORD_END);
    result
}

fn encode_base64(text: &[u8], charset: &str) -> Vec<u8> {
    let start = format!("=?{charset}?B?").into_bytes();
    let room = ENCODED_WORD_MAX - ENCODED_WORD_END.len() - start.len();
    let words = text.chunks(3 * (room / 4).max(1)).map(|chunk| {
        let mut word = start.clone();
        push_base64(&mut word, chunk);
        word.extend_from_slice(ENCODED_WORD_END);
        word
    });
    words.collect::<Vec<_>>().join(&b'\n')
}

fn push_base64(out: &mut Vec<u8>, bytes: &[u8]) {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for group in bytes.chunks(3) {
        let value =
            group.iter().fold(0u32, |value, &byte| value << 8 | u32::from(byte)) << (8 * (3 - group.len()));
        for digit in 0..4 {
            let index = (value >> (18 - 6 * digit)) & 63;
            let letter = ALPHABET.get(index as usize).copied().unwrap_or(b'A');
            out.push(if digit <= group.len() { letter } else { b'=' });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(name: &str, format: FromFormat) -> Option<String> {
        header_text(name.as_bytes(), format, "utf-8", 100)
            .unwrap()
            .map(|text| String::from_utf8(text).unwrap())
    }

    #[test]
    fn plain_names() {
        assert_eq!(text("abc def", FromFormat::Standard).as_deref(), Some("abc def"));
        assert_eq!(text("foo@bar", FromFormat::Standard).as_deref(), Some("\"foo@bar\""));
        assert_eq!(text(" ", FromFormat::Standard), None);
        assert_eq!(text("a (b", FromFormat::Obsolete).as_deref(), Some("a (b)"));
        assert_eq!(text("a) b\\", FromFormat::Obsolete).as_deref(), Some("a b"));
    }

    #[test]
    fn names_that_are_not_ascii() {
        assert_eq!(text("J\u{f6}rg K", FromFormat::Standard).as_deref(), Some("=?utf-8?Q?J=C3=B6rg_K?="));
        let long = text(&"\u{f6}".repeat(12), FromFormat::Standard).unwrap();
        assert_eq!(long, "=?utf-8?B?w7bDtsO2w7bDtsO2w7bDtsO2w7bDtsO2?=");
    }
}
