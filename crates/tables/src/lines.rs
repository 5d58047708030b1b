//! Table source text: logical lines, and the `key white-space value` form of postmap(1).

use crate::Name;
use crate::syntax::{is_space, quoted_key_end, trim};
use bstr::ByteSlice;
use std::io::{self, BufRead};

/// A source line with its continuation lines joined, comments and empty lines left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogicalLine {
    /// The text, without newlines. Empty only for a line that starts with a null byte.
    pub text: Vec<u8>,
    /// The number of its first line, from 1.
    pub first: usize,
}

/// Reads logical lines out of a file's content.
pub struct LogicalLines<'p, R> {
    path: &'p Name,
    reader: R,
    /// The number of the last physical line.
    line: usize,
    /// The logical line, as far as it was read.
    text: Vec<u8>,
    failure: Option<io::Error>,
}

impl<'p, R: BufRead> LogicalLines<'p, R> {
    /// The lines of `reader`; `path` is for warnings. What cannot be read ends the text, as in the reference.
    pub fn new(path: &'p Name, reader: R) -> LogicalLines<'p, R> {
        LogicalLines { path, reader, line: 0, text: Vec::new(), failure: None }
    }

    /// Why the text ended, if not because all was read.
    pub fn failure(&self) -> Option<&io::Error> {
        self.failure.as_ref()
    }

    /// Reads the next logical line into `text`; gives the number of its first physical line, from 1.
    fn advance(&mut self) -> Option<usize> {
        while let Some(first) = self.join() {
            if !self.text.first().copied().is_some_and(is_space) {
                return Some(first);
            }
            crate::log_lines::leading_space(self.path, &self.text);
        }
        None
    }

    /// The next logical line and the number of its first physical line, for those who need it no longer than until the
    /// next one.
    pub fn read(&mut self) -> Option<(usize, &[u8])> {
        let first = self.advance()?;
        Some((first, &self.text))
    }

    /// Reads one logical line, which may start with white space when the file does.
    fn join(&mut self) -> Option<usize> {
        self.text.clear();
        let mut first = self.line;
        let mut saw_null = false;
        while let Some(start) = self.append_physical() {
            if start == 0 {
                first = self.line;
            }
            let added = &self.text[start..];
            saw_null |= memchr::memchr(0, added).is_some();
            let content = added.iter().find(|&&byte| !is_space(byte));
            if content.is_none_or(|&byte| byte == b'#') {
                self.text.truncate(start);
            }
            if !self.text.is_empty() && !self.goes_on() {
                break;
            }
        }
        if saw_null {
            crate::log_lines::null_byte(self.path, first, self.line);
        }
        if self.text.is_empty() {
            return None;
        }
        // C programs see no more than what stands before a null byte.
        if let Some(end) = saw_null.then(|| memchr::memchr(0, &self.text)).flatten() {
            self.text.truncate(end);
        }
        Some(first)
    }

    /// Appends the next physical line without its newline; gives where it starts, `None` at the end.
    fn append_physical(&mut self) -> Option<usize> {
        let start = self.text.len();
        if let Err(error) = self.reader.read_until(b'\n', &mut self.text) {
            self.failure.get_or_insert(error);
        }
        if self.text.len() == start {
            return None;
        }
        self.text.pop_if(|byte| *byte == b'\n');
        self.line += 1;
        Some(start)
    }

    /// Whether the next physical line goes on with the current logical line.
    fn goes_on(&mut self) -> bool {
        loop {
            match self.reader.fill_buf() {
                Ok(text) => return text.first().is_some_and(|&byte| byte == b'#' || is_space(byte)),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                // Reading the line will tell.
                Err(_) => return false,
            }
        }
    }
}

impl<R: BufRead> Iterator for LogicalLines<'_, R> {
    type Item = LogicalLine;

    fn next(&mut self) -> Option<LogicalLine> {
        let first = self.advance()?;
        Some(LogicalLine { text: self.text.clone(), first })
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
        LogicalLines::new(&"t".into(), content.as_bytes())
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
