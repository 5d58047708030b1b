//! Table source text: logical lines, and the `key white-space value` form of postmap(1).

use crate::syntax::{is_space, quoted_key_end, trim};
use bstr::ByteSlice;

/// A source line with its continuation lines joined, comments and empty lines left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogicalLine {
    /// The text, without newlines. Empty only for a line that starts with a null byte.
    pub text: Vec<u8>,
    /// The number of its first line, from 1.
    pub first: usize,
}

/// Reads logical lines out of a file's content.
pub struct LogicalLines<'a> {
    path: &'a str,
    rest: &'a [u8],
    line: usize,
}

impl<'a> LogicalLines<'a> {
    /// The lines of `content`; `path` is for warnings.
    pub fn new(path: &'a str, content: &'a [u8]) -> LogicalLines<'a> {
        LogicalLines { path, rest: content, line: 0 }
    }

    /// The next physical line without its newline.
    fn physical(&mut self) -> Option<&'a [u8]> {
        if self.rest.is_empty() {
            return None;
        }
        let (line, rest) = match memchr::memchr(b'\n', self.rest) {
            Some(end) => (&self.rest[..end], &self.rest[end + 1..]),
            None => (self.rest, &self.rest[..0]),
        };
        self.rest = rest;
        self.line += 1;
        Some(line)
    }

    /// One logical line, which may start with white space when the file does.
    fn join(&mut self) -> Option<LogicalLine> {
        let mut text = Vec::new();
        let mut first = self.line;
        let mut saw_null = false;
        while let Some(line) = self.physical() {
            if text.is_empty() {
                first = self.line;
            }
            saw_null |= line.contains(&0);
            let content = line.iter().find(|&&byte| !is_space(byte));
            if content.is_some_and(|&byte| byte != b'#') {
                text.extend_from_slice(line);
            }
            let goes_on = self.rest.first().is_some_and(|&byte| byte == b'#' || is_space(byte));
            if !text.is_empty() && !goes_on {
                break;
            }
        }
        if saw_null {
            crate::log_lines::null_byte(self.path, first, self.line);
        }
        if text.is_empty() {
            return None;
        }
        // C programs see no more than what stands before a null byte.
        if let Some(end) = memchr::memchr(0, &text) {
            text.truncate(end);
        }
        Some(LogicalLine { text, first })
    }
}

impl Iterator for LogicalLines<'_> {
    type Item = LogicalLine;

    fn next(&mut self) -> Option<LogicalLine> {
        loop {
            let line = self.join()?;
            if !line.text.first().copied().is_some_and(is_space) {
                return Some(line);
            }
            crate::log_lines::leading_space(self.path, &line.text);
        }
    }
}

/// What one logical line of a postmap(1) source means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SourceLine<'a> {
    /// An entry. The key keeps its quotes.
    Entry {
        /// Up to the first white space outside of quotes.
        key: &'a [u8],
        /// The rest, trimmed.
        value: &'a [u8],
    },
    /// A double quote without its partner.
    UnbalancedQuote,
    /// Key or value is missing.
    Incomplete,
}

/// Splits a logical line into key and value.
pub fn source_line(text: &[u8]) -> SourceLine<'_> {
    let (end, open_quote) = quoted_key_end(text, |_| false);
    if open_quote {
        return SourceLine::UnbalancedQuote;
    }
    let (key, value) = (&text[..end], trim(&text[end..]));
    if key.is_empty() || value.is_empty() {
        return SourceLine::Incomplete;
    }
    SourceLine::Entry { key, value }
}

/// Whether text is ASCII or well-formed UTF-8.
pub fn is_utf8(text: &[u8]) -> bool {
    text.is_ascii() || text.to_str().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(content: &str) -> Vec<(usize, String)> {
        LogicalLines::new("t", content.as_bytes())
            .map(|line| (line.first, String::from_utf8(line.text).unwrap()))
            .collect()
    }

    fn one(content: &str) -> Option<(usize, String)> {
        lines(content).pop()
    }

    /// Expectations by experiment with postmap 3.11, see docs/undocumented/tables.md.
    #[test]
    fn logical_lines() {
        assert_eq!(one(" abcde\nfghij\n"), Some((2, "fghij".into())));
        assert_eq!(one(" #abcde\nfghij\n"), Some((2, "fghij".into())));
        assert_eq!(one("#abc\ndef"), Some((2, "def".into())));
        assert_eq!(one("\nabc\n"), Some((2, "abc".into())));
        assert_eq!(one("#abc def"), None);
        assert_eq!(one("abc\n def\n"), Some((1, "abc def".into())));
        assert_eq!(one("abc\n #def\n ghi"), Some((1, "abc ghi".into())));
        assert_eq!(one("abc\n#def\n ghi"), Some((1, "abc ghi".into())));
        assert_eq!(one("abc\n\n ghi"), Some((1, "abc ghi".into())));
        assert_eq!(one("abc\n "), Some((1, "abc".into())));
        assert_eq!(lines("\0a\nb"), [(1, String::new()), (2, "b".into())]);
        assert_eq!(lines("a b\nc d"), [(1, "a b".into()), (2, "c d".into())]);
    }

    #[test]
    fn source_lines() {
        let entry = |key: &'static str, value: &'static str| SourceLine::Entry {
            key: key.as_bytes(),
            value: value.as_bytes(),
        };
        assert_eq!(source_line(b"a  b c "), entry("a", "b c"));
        assert_eq!(source_line(b"\"a b\"@c\td"), entry("\"a b\"@c", "d"));
        assert_eq!(source_line(b"a\\ b c"), entry("a\\ b", "c"));
        assert_eq!(source_line(b"a"), SourceLine::Incomplete);
        assert_eq!(source_line(b"\"a b c"), SourceLine::UnbalancedQuote);
        assert_eq!(source_line(b"a\\"), SourceLine::Incomplete);
    }
}
