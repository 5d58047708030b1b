//! The small syntax that table specifications share: lists, `{ }` grouping, `name = value`.

use bstr::ByteSlice;

/// Separators of items in Postfix lists.
pub(crate) fn is_separator(byte: u8) -> bool {
    matches!(byte, b',' | b' ' | b'\t' | b'\r' | b'\n')
}

/// White space as C's isspace() has it in the POSIX locale.
pub fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n' | 0x0b | 0x0c)
}

/// Without white space at the end.
pub(crate) fn trim_end(text: &[u8]) -> &[u8] {
    let end = text.iter().rposition(|&byte| !is_space(byte)).map_or(0, |last| last + 1);
    &text[..end]
}

/// Without white space at the start.
pub fn trim_start(text: &[u8]) -> &[u8] {
    let start = text.iter().position(|&byte| !is_space(byte)).unwrap_or(text.len());
    &text[start..]
}

/// Without white space at either end.
pub(crate) fn trim(text: &[u8]) -> &[u8] {
    trim_start(trim_end(text))
}

/// The number that C's atoi(3) of a 64-bit system makes of digits: what is too large wraps around.
pub(crate) fn wrapping_number(digits: &[u8]) -> i32 {
    let number = digits.to_str().ok().and_then(|digits| digits.parse::<i64>().ok());
    number.unwrap_or(i64::MAX) as i32
}

/// The length of the balanced `{ }` group that the text starts with, braces included; `None` without one.
pub(crate) fn group_length(text: &[u8]) -> Option<usize> {
    if text.first() != Some(&b'{') {
        return None;
    }
    let mut level = 0usize;
    for (at, byte) in text.iter().enumerate() {
        match byte {
            b'{' => level += 1,
            b'}' => {
                level -= 1;
                if level == 0 {
                    return Some(at + 1);
                }
            }
            _ => {}
        }
    }
    None
}

/// What stands between the braces, when the whole text is one group that is not empty.
pub(crate) fn whole_group(text: &[u8]) -> Option<&[u8]> {
    let length = group_length(text)?;
    if length != text.len() || length == 2 {
        return None;
    }
    text.get(1..length - 1)
}

/// Takes the braces off. The error is Postfix's text for what is wrong.
pub fn strip_group(text: &[u8]) -> Result<&[u8], String> {
    let shown = log::bytes(text);
    if text.first() != Some(&b'{') {
        return Err(format!("no '{{' at start of text in \"{shown}\""));
    }
    let Some(length) = group_length(text) else {
        return Err(format!("missing '}}' in \"{shown}\""));
    };
    if length != text.len() {
        return Err(format!("syntax error after '}}' in \"{shown}\""));
    }
    Ok(&text[1..length - 1])
}

/// The items of a list that is separated by commas and white space, where a `{ }` group is one item.
pub struct Items<'a> {
    rest: &'a [u8],
}

/// Splits a list.
pub fn items(text: &[u8]) -> Items<'_> {
    Items { rest: text }
}

impl<'a> Items<'a> {
    /// What was not looked at yet.
    pub fn rest(&self) -> &'a [u8] {
        self.rest
    }
}

impl<'a> Iterator for Items<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let start = self.rest.iter().position(|&byte| !is_separator(byte))?;
        let text = &self.rest[start..];
        let mut level = 0usize;
        for (at, &byte) in text.iter().enumerate() {
            match byte {
                b'{' => level += 1,
                b'}' if level > 0 => level -= 1,
                _ if level == 0 && is_separator(byte) => {
                    self.rest = &text[at + 1..];
                    return Some(&text[..at]);
                }
                _ => {}
            }
        }
        self.rest = &[];
        Some(text)
    }
}

/// The end of a key at the first white space (or byte that `stop` names) outside of double quotes, and whether a quote
/// was left open.
pub(crate) fn quoted_key_end(text: &[u8], stop: impl Fn(u8) -> bool) -> (usize, bool) {
    let mut in_quotes = false;
    let mut at = 0;
    while let Some(&byte) = text.get(at) {
        match byte {
            b'\\' => {
                at += 1;
                if at >= text.len() {
                    break;
                }
            }
            b'"' => in_quotes = !in_quotes,
            _ if !in_quotes && (is_space(byte) || stop(byte)) => break,
            _ => {}
        }
        at += 1;
    }
    (at.min(text.len()), in_quotes)
}

/// Splits `name = value`, where the name may hold quoted parts.
pub(crate) fn name_and_value(text: &[u8]) -> Result<(&[u8], &[u8]), &'static str> {
    let text = trim_start(text);
    if text.is_empty() {
        return Err("no key found; expected format: key = value");
    }
    let (end, open_quote) = quoted_key_end(text, |byte| byte == b'=');
    if open_quote {
        return Err("unbalanced '\"'");
    }
    let rest = trim_start(&text[end..]);
    match rest.strip_prefix(b"=") {
        Some(value) => Ok((&text[..end], trim(value))),
        None => Err("missing '=' after attribute name"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(text: &str) -> Vec<&str> {
        items(text.as_bytes()).map(|item| std::str::from_utf8(item).unwrap()).collect()
    }

    #[test]
    fn lists() {
        assert_eq!(split("a, b\tc,,d"), ["a", "b", "c", "d"]);
        assert_eq!(split("a:{ b, c } d"), ["a:{ b, c }", "d"]);
        assert_eq!(split(" , "), [] as [&str; 0]);
        assert_eq!(split("}a b{ c"), ["}a", "b{ c"]);
    }

    #[test]
    fn numbers_wrap_around() {
        assert_eq!(wrapping_number(b"024"), 24);
        assert_eq!(wrapping_number(b"4294967297"), 1);
        assert_eq!(wrapping_number(b"99999999999999999999"), -1);
    }

    #[test]
    fn groups() {
        assert_eq!(group_length(b"{a{b}c}d"), Some(7));
        assert_eq!(group_length(b"{a{b}"), None);
        assert_eq!(whole_group(b"{}"), None);
        assert_eq!(whole_group(b"{a}b"), None);
        assert_eq!(strip_group(b"{ a } x").unwrap_err(), "syntax error after '}' in \"{ a } x\"");
        assert_eq!(strip_group(b"x").unwrap_err(), "no '{' at start of text in \"x\"");
        assert_eq!(strip_group(b"{x").unwrap_err(), "missing '}' in \"{x\"");
    }

    #[test]
    fn names_and_values() {
        assert_eq!(name_and_value(b" a b = c "), Err("missing '=' after attribute name"));
        assert_eq!(name_and_value(b" \"a b\"=  c d "), Ok((&b"\"a b\""[..], &b"c d"[..])));
        assert_eq!(name_and_value(b"a"), Err("missing '=' after attribute name"));
        assert_eq!(name_and_value(b"\"a = b"), Err("unbalanced '\"'"));
        assert_eq!(name_and_value(b"a="), Ok((&b"a"[..], &b""[..])));
    }
}
