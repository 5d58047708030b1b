//! Logical lines of main.cf and master.cf.
//!
//! A line that begins with white space continues the one before it. Comment lines (`#` first, white space before
//! it allowed) and empty lines are dropped wherever they stand, also in the middle of a continued line.

use bstr::ByteSlice;

use crate::text::{head, is_space, show, skip};

/// One logical line, its continuation lines joined as they stand, without newlines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogicalLine {
    /// The text; it never begins with white space and is never empty.
    pub text: Vec<u8>,
    /// Number of its first physical line, from 1.
    pub first: usize,
    /// Number of the last physical line that was looked at for it.
    pub last: usize,
}

/// Reads logical lines out of a whole file.
pub struct LogicalLines<'a> {
    path: &'a str,
    rest: &'a [u8],
    line: usize,
    warnings: &'a mut Vec<String>,
}

impl<'a> LogicalLines<'a> {
    /// Starts at the first line of `content`; `path` only serves the warnings, which are put in `warnings`.
    pub fn new(content: &'a [u8], path: &'a str, warnings: &'a mut Vec<String>) -> Self {
        Self { path, rest: content, line: 0, warnings }
    }

    /// A warning that arose outside, kept in order with those of the reader.
    pub fn warn(&mut self, warning: String) {
        self.warnings.push(warning);
    }

    /// Takes one physical line; the flag tells whether a newline ended it.
    fn physical_line(&mut self) -> (&'a [u8], bool) {
        let (line, rest, ended) = match self.rest.find_byte(b'\n') {
            Some(end) => {
                (self.rest.get(..end).unwrap_or_default(), self.rest.get(end + 1..).unwrap_or_default(), true)
            }
            None => (self.rest, &b""[..], false),
        };
        self.rest = rest;
        if ended || !line.is_empty() {
            self.line += 1;
        }
        (line, ended)
    }

    /// Joins physical lines up to the start of the next logical line, which may leave nothing at the end of the file.
    fn gather(&mut self) -> LogicalLine {
        let mut text = Vec::new();
        let mut first = 0;
        let mut null = false;
        loop {
            let starting = text.is_empty();
            let (line, ended) = self.physical_line();
            null |= line.find_byte(0).is_some();
            let content = skip(line, is_space);
            if !content.is_empty() && !content.starts_with(b"#") {
                text.extend_from_slice(line);
            }
            if starting {
                first = self.line;
            }
            if !ended {
                break;
            }
            let next = self.rest.first().copied();
            if !text.is_empty() && next.is_none_or(|next| next != b'#' && !is_space(next)) {
                break;
            }
        }
        if null {
            let (path, last) = (self.path, self.line);
            let span = if first == last { first.to_string() } else { format!("{first}-{last}") };
            self.warn(format!("{path}, line {span}: text after null byte may be ignored"));
        }
        LogicalLine { text, first, last: self.line }
    }
}

impl Iterator for LogicalLines<'_> {
    type Item = LogicalLine;

    fn next(&mut self) -> Option<LogicalLine> {
        loop {
            let line = self.gather();
            let &first = line.text.first()?;
            if !is_space(first) {
                return Some(line);
            }
            let shown = line.text.split(|&byte| byte == 0).next().unwrap_or_default();
            let (path, start) = (self.path, show(head(shown, 30)));
            let more = if line.text.len() > 30 { "..." } else { "" };
            self.warn(format!("{path}: logical line must not start with whitespace: \"{start}{more}\""));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(content: &[u8]) -> (Vec<(String, usize, usize)>, Vec<String>) {
        let mut warnings = Vec::new();
        let lines = LogicalLines::new(content, "f", &mut warnings)
            .map(|line| (show(&line.text), line.first, line.last))
            .collect();
        (lines, warnings)
    }

    fn one(text: &str, first: usize, last: usize) -> Vec<(String, usize, usize)> {
        vec![(text.to_owned(), first, last)]
    }

    // Line numbers and joins as Postfix 3.11 reports them.
    #[test]
    fn lines_are_joined_and_numbered() {
        assert_eq!(read(b"#abc\ndef").0, one("def", 2, 2));
        assert_eq!(read(b"\nabc\n").0, one("abc", 2, 2));
        assert_eq!(read(b"abc def").0, one("abc def", 1, 1));
        assert_eq!(read(b"abc\n #def\n ghi").0, one("abc ghi", 1, 3));
        assert_eq!(read(b"abc\n#def\n ghi").0, one("abc ghi", 1, 3));
        assert_eq!(read(b"abc\n\n ghi").0, one("abc ghi", 1, 3));
        assert_eq!(read(b"abc\n ").0, one("abc", 1, 2));
        assert_eq!(read(b"\n \n").0, []);
        assert_eq!(read(b"a\nb\n").0, [("a".to_owned(), 1, 1), ("b".to_owned(), 2, 2)]);
    }

    #[test]
    fn odd_lines_are_warned_about() {
        let (lines, warnings) = read(b" abcde\nfghij\n");
        assert_eq!(lines, one("fghij", 2, 2));
        assert_eq!(warnings, ["f: logical line must not start with whitespace: \" abcde\""]);
        let (_, warnings) = read(b"abc\0\n def");
        assert_eq!(warnings, ["f, line 1-2: text after null byte may be ignored"]);
    }
}
