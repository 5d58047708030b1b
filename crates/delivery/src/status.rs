//! Enhanced status codes (RFC 3463) inside texts such as `5.1.1 no such user`.

/// Most digits of the subject (second) and of the detail (third) number.
const MAX_DIGITS: usize = 3;

/// Length of the enhanced status code at the start of `text`, when there is a well-formed one: class 2, 4 or 5, then
/// two numbers of one to three digits, then the end or white space.
pub fn valid(text: &[u8]) -> Option<usize> {
    if !matches!(text.first(), Some(b'2' | b'4' | b'5')) || text.get(1) != Some(&b'.') {
        return None;
    }
    let subject = digits(text.get(2..)?)?;
    let detail_at = 2 + subject + 1;
    if text.get(detail_at - 1) != Some(&b'.') {
        return None;
    }
    let end = detail_at + digits(text.get(detail_at..)?)?;
    match text.get(end) {
        None => Some(end),
        Some(c) if is_space(*c) => Some(end),
        Some(_) => None,
    }
}

/// Splits `text` into its leading enhanced status code and the rest, without the white space around them. A text
/// without a code gets `default`.
pub fn split<'a>(default: &'a str, text: &'a [u8]) -> (&'a str, &'a [u8]) {
    let text = trim_start(text);
    match valid(text) {
        Some(len) => {
            let (code, rest) = text.split_at(len);
            (std::str::from_utf8(code).unwrap_or(default), trim_start(rest))
        }
        None => (default, text),
    }
}

/// `text` with an enhanced status code in front: its own, or else `default`.
pub fn prepend(default: &str, text: &[u8]) -> Vec<u8> {
    let (code, rest) = split(default, text);
    [code.as_bytes(), b" ", rest].concat()
}

fn digits(text: &[u8]) -> Option<usize> {
    let count = text.iter().take_while(|c| c.is_ascii_digit()).count();
    (1..=MAX_DIGITS).contains(&count).then_some(count)
}

fn is_space(c: u8) -> bool {
    c.is_ascii_whitespace() || c == 0x0b
}

fn trim_start(text: &[u8]) -> &[u8] {
    let skip = text.iter().take_while(|c| is_space(**c)).count();
    text.get(skip..).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_recognised() {
        assert_eq!(valid(b"5.1.1"), Some(5));
        assert_eq!(valid(b"4.123.456 x"), Some(9));
        for bad in ["", "5", "5.", "3.1.1", "5.1", "5.1.", "5.1.1x", "5.1234.1", "5.1.1234", "5..1"] {
            assert_eq!(valid(bad.as_bytes()), None, "{bad}");
        }
    }

    #[test]
    fn text_is_split_from_its_code() {
        assert_eq!(split("5.0.0", b"  5.1.1  unknown"), ("5.1.1", &b"unknown"[..]));
        assert_eq!(split("5.0.0", b"unknown"), ("5.0.0", &b"unknown"[..]));
        assert_eq!(prepend("4.0.0", b"5.3.0"), b"5.3.0 ");
    }
}
