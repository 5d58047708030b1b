//! Small tools for bytes that came out of a configuration file.

pub use log::show;

/// White space as C's isspace(3) has it in the POSIX locale.
pub(crate) fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | 0x0b | 0x0c | b'\r')
}

/// White space that separates words: blank, tab, carriage return, newline.
pub(crate) fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

/// Letters, digits and underscore: what parameter names in `$name` are made of.
pub(crate) fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// The text after its leading bytes of the given class.
pub(crate) fn skip(text: &[u8], class: impl Fn(u8) -> bool) -> &[u8] {
    let start = text.iter().position(|&byte| !class(byte)).unwrap_or(text.len());
    text.get(start..).unwrap_or_default()
}

/// The text without white space at its end.
pub(crate) fn trim_end(text: &[u8]) -> &[u8] {
    let end = text.iter().rposition(|&byte| !is_space(byte)).map_or(0, |last| last + 1);
    text.get(..end).unwrap_or_default()
}

/// The text without white space at either end.
pub(crate) fn trim(text: &[u8]) -> &[u8] {
    trim_end(skip(text, is_space))
}

/// At most the first `limit` bytes.
pub(crate) fn head(text: &[u8], limit: usize) -> &[u8] {
    text.get(..limit).unwrap_or(text)
}

/// A path as messages show it.
pub(crate) fn show_path(path: &std::path::Path) -> String {
    show(std::os::unix::ffi::OsStrExt::as_bytes(path.as_os_str()))
}

/// Words that are separated by white space or commas, as in most lists of main.cf.
pub fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split([' ', '\t', '\r', '\n', ',']).filter(|word| !word.is_empty())
}

/// The same in text that need not be UTF-8.
pub fn byte_words(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split(|byte| b" \t\r\n,".contains(byte)).filter(|word| !word.is_empty())
}

/// What [`integer`] found at the start of a text.
pub(crate) struct Integer<'a> {
    /// The number; the nearest bound if it did not fit.
    pub value: i64,
    /// The number did not fit.
    pub overflow: bool,
    /// What follows it; the whole text if there is no number.
    pub rest: &'a [u8],
    /// There was at least one digit.
    pub found: bool,
}

/// Reads a decimal number as C's strtol(3) does: white space and a sign may come first.
pub(crate) fn integer(text: &[u8]) -> Integer<'_> {
    let unsigned = skip(text, is_space);
    let (negative, digits) = match unsigned.split_first() {
        Some((b'-', rest)) => (true, rest),
        Some((b'+', rest)) => (false, rest),
        _ => (false, unsigned),
    };
    let rest = skip(digits, |byte| byte.is_ascii_digit());
    let digits = digits.get(..digits.len() - rest.len()).unwrap_or_default();
    if digits.is_empty() {
        return Integer { value: 0, overflow: false, rest: text, found: false };
    }
    let mut value: i64 = 0;
    let mut overflow = false;
    for digit in digits.iter().map(|&byte| i64::from(byte - b'0')) {
        let next = value
            .checked_mul(10)
            .and_then(|tens| if negative { tens.checked_sub(digit) } else { tens.checked_add(digit) });
        match next {
            Some(next) if !overflow => value = next,
            _ => {
                overflow = true;
                value = if negative { i64::MIN } else { i64::MAX };
            }
        }
    }
    Integer { value, overflow, rest, found: true }
}

/// Why a text is no `name = value`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotAPair {
    /// Nothing stands before the `=`.
    NoName,
    /// There is no `=`, or something stands between the name and it.
    NoEquals,
}

impl std::fmt::Display for NotAPair {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            NotAPair::NoName => "missing attribute name",
            NotAPair::NoEquals => "missing '=' after attribute name",
        })
    }
}

impl std::error::Error for NotAPair {}

/// Splits `name = value`; white space around both is dropped, the value may be empty.
///
/// # Errors
/// The text has no name or no `=` after it.
pub fn split_pair(text: &[u8]) -> Result<(&[u8], &[u8]), NotAPair> {
    let text = skip(text, is_space);
    let after = skip(text, |byte| !is_space(byte) && byte != b'=');
    let name = text.get(..text.len() - after.len()).unwrap_or_default();
    if name.is_empty() {
        return Err(NotAPair::NoName);
    }
    match skip(after, is_space).split_first() {
        Some((b'=', value)) => Ok((name, trim(value))),
        _ => Err(NotAPair::NoEquals),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_split() {
        assert_eq!(split_pair(b" a = b c "), Ok((&b"a"[..], &b"b c"[..])));
        assert_eq!(split_pair(b"a="), Ok((&b"a"[..], &b""[..])));
        assert_eq!(split_pair(b"a==b"), Ok((&b"a"[..], &b"=b"[..])));
        assert_eq!(split_pair(b"= b"), Err(NotAPair::NoName));
        assert_eq!(split_pair(b""), Err(NotAPair::NoName));
        assert_eq!(split_pair(b"a b = c"), Err(NotAPair::NoEquals));
    }

    #[test]
    fn integers_are_read_as_c_does() {
        assert_eq!(integer(b" -12x").value, -12);
        assert_eq!(integer(b" -12x").rest, b"x");
        assert!(!integer(b"x").found);
        assert!(integer(b"99999999999999999999").overflow);
        assert_eq!(integer(b"-9223372036854775808").value, i64::MIN);
    }
}
