//! Message content between DATA and the lone dot, in both directions.

use crate::line::LineRules;

/// One line, or piece of a line that is over the length limit, of decoded content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line<'a> {
    /// The text without line end and without the dot that the sender stuffed.
    pub text: &'a [u8],
    /// Whether the line ends here; if not, its next piece follows.
    pub complete: bool,
    /// Whether a stuffed dot was removed in front of the text.
    pub unstuffed: bool,
}

/// How far [`DataDecoder::decode`] came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// All complete lines were given out; keep the input from here on, and come again with more behind it.
    NeedMore {
        /// Bytes that are done with.
        consumed: usize,
    },
    /// The end of content was reached; what is behind it belongs to the next command.
    End {
        /// Bytes that are done with, the final dot's line included.
        consumed: usize,
    },
}

/// Decodes message content after DATA.
///
/// Input is given in buffers of any size; one that is longer than the line limit always gets somewhere.
#[derive(Debug)]
pub struct DataDecoder {
    rules: LineRules,
    at_line_start: bool,
    after_bare_lf: bool,
    saw_bare_lf: bool,
}

impl DataDecoder {
    /// A decoder at the start of content. When bare line feeds are told apart, a lone dot only ends the content if
    /// both the line before it and its own end with carriage return and line feed; otherwise the dot is dropped.
    pub fn new(rules: LineRules) -> Self {
        Self { rules, at_line_start: true, after_bare_lf: false, saw_bare_lf: false }
    }

    /// Whether some line so far ended with a bare line feed (and the rules tell).
    pub fn saw_bare_lf(&self) -> bool {
        self.saw_bare_lf
    }

    /// Gives out the lines of `input`.
    pub fn decode(&mut self, input: &[u8], mut line: impl FnMut(Line<'_>)) -> Progress {
        let mut consumed = 0;
        loop {
            let rest = input.get(consumed..).unwrap_or_default();
            let Some(split) = self.rules.split(rest) else { return Progress::NeedMore { consumed } };
            consumed += split.consumed;
            self.saw_bare_lf |= split.bare_lf;
            let at_line_start = std::mem::replace(&mut self.at_line_start, split.complete);
            let after_bare_lf = std::mem::replace(&mut self.after_bare_lf, split.bare_lf);
            let text = rest.get(..split.text).unwrap_or_default();
            match text.strip_prefix(b".") {
                Some(tail) if at_line_start => {
                    if tail.is_empty() {
                        if split.bare_lf || after_bare_lf {
                            continue;
                        }
                        return Progress::End { consumed };
                    }
                    line(Line { text: tail, complete: split.complete, unstuffed: true });
                }
                _ => line(Line { text, complete: split.complete, unstuffed: false }),
            }
        }
    }
}

/// Encodes message content for sending after DATA: doubles leading dots, ends lines with CR LF, breaks lines that
/// are over the peer's limit, and adds the final dot.
#[derive(Debug)]
pub struct DotStuffer {
    limit: usize,
    space_left: usize,
    broke_line: bool,
}

impl DotStuffer {
    /// An encoder at the start of content. Lines over `limit` bytes (postconf(5) `smtp_line_length_limit`; zero means
    /// no limit) are broken with CR LF and a space.
    pub fn new(limit: usize) -> Self {
        let limit = if limit == 0 { usize::MAX } else { limit };
        Self { limit, space_left: limit, broke_line: false }
    }

    /// Whether a line had to be broken so far.
    pub fn broke_line(&self) -> bool {
        self.broke_line
    }

    /// Appends one record of a queue file: a line (`complete`) or a piece of one.
    pub fn put(&mut self, text: &[u8], complete: bool, out: &mut Vec<u8>) {
        let mut rest = text;
        loop {
            if self.space_left == self.limit && rest.first() == Some(&b'.') {
                out.push(b'.');
            }
            let Some((piece, tail)) = rest.split_at_checked(self.space_left) else { break };
            out.extend_from_slice(piece);
            out.extend_from_slice(b"\r\n");
            self.space_left = self.limit;
            if !tail.is_empty() || !complete {
                out.push(b' ');
                self.space_left = self.space_left.saturating_sub(1);
                self.broke_line = true;
            }
            if tail.is_empty() {
                return;
            }
            rest = tail;
        }
        out.extend_from_slice(rest);
        if complete {
            out.extend_from_slice(b"\r\n");
            self.space_left = self.limit;
        } else {
            self.space_left -= rest.len();
        }
    }

    /// Appends the end of content. An unfinished line is ended first.
    pub fn finish(self, out: &mut Vec<u8>) {
        if self.space_left < self.limit {
            out.extend_from_slice(b"\r\n");
        }
        out.extend_from_slice(b".\r\n");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const RULES: LineRules = LineRules { limit: 10, detect_bare_lf: true };

    /// Decodes `input` offered in buffers that end at `cuts`, and shows the lines, the pieces of lines with a plus
    /// sign, and how much was left.
    fn decode(rules: LineRules, input: &[u8], cuts: &[usize]) -> (Vec<String>, Option<usize>) {
        let mut decoder = DataDecoder::new(rules);
        let mut lines = Vec::new();
        let mut done = 0;
        for &cut in cuts.iter().chain([&input.len()]) {
            let cut = cut.clamp(done, input.len());
            let progress = decoder.decode(&input[done..cut], |line| {
                lines.push(format!(
                    "{}{}",
                    String::from_utf8_lossy(line.text),
                    if line.complete { "" } else { "+" }
                ));
            });
            match progress {
                Progress::NeedMore { consumed } => done += consumed,
                Progress::End { consumed } => return (lines, Some(input.len() - done - consumed)),
            }
        }
        (lines, None)
    }

    #[test]
    fn dots_and_ends() {
        let all = |input: &[u8]| decode(RULES, input, &[]);
        assert_eq!(all(b".\r\n"), (vec![], Some(0)));
        assert_eq!(
            all(b"a\r\n..\r\n.b\r\n\r\n.\r\nQUIT\r\n"),
            (["a", ".", "b", ""].map(String::from).to_vec(), Some(6))
        );
        assert_eq!(all(b"a\r\n."), (vec!["a".into()], None));
        assert_eq!(all(b"0123456789.\r\n.\r\n"), (["0123456789+", "."].map(String::from).to_vec(), Some(0)));
    }

    // As 3.11 does with its default, smtpd_forbid_bare_newline = normalize.
    #[test]
    fn a_dot_between_bare_line_feeds_is_dropped() {
        let all = |input: &[u8]| decode(RULES, input, &[]);
        assert_eq!(all(b"a\n.\r\nb\r\n.\r\n"), (["a", "b"].map(String::from).to_vec(), Some(0)));
        assert_eq!(all(b"a\r\n.\nb\r\n.\r\n"), (["a", "b"].map(String::from).to_vec(), Some(0)));
        assert_eq!(all(b"a\n.\n.\r\n.\r\n"), (["a"].map(String::from).to_vec(), Some(0)));
        let old = LineRules { detect_bare_lf: false, ..RULES };
        assert_eq!(decode(old, b"a\n.\nb", &[]), (["a"].map(String::from).to_vec(), Some(1)));
    }

    #[test]
    fn long_lines_are_broken() {
        let mut out = Vec::new();
        let mut stuffer = DotStuffer::new(4);
        stuffer.put(b"abcd", true, &mut out);
        stuffer.put(b"abcdefg", true, &mut out);
        assert!(stuffer.broke_line());
        stuffer.put(b".ab", false, &mut out);
        stuffer.finish(&mut out);
        assert_eq!(String::from_utf8(out).unwrap(), "abcd\r\nabcd\r\n efg\r\n..ab\r\n.\r\n");
    }

    proptest! {
        #[test]
        fn buffers_do_not_matter(input in "[a.\r\n]{0,60}", mut cuts: Vec<usize>, detect_bare_lf: bool) {
            let rules = LineRules { limit: 5, detect_bare_lf };
            for cut in &mut cuts {
                *cut %= 61;
            }
            cuts.sort_unstable();
            prop_assert_eq!(decode(rules, input.as_bytes(), &cuts), decode(rules, input.as_bytes(), &[]));
        }

        #[test]
        fn stuffing_round_trips(lines in proptest::collection::vec("[a.]{0,9}", 0..9)) {
            let mut out = Vec::new();
            let mut stuffer = DotStuffer::new(0);
            for line in &lines {
                stuffer.put(line.as_bytes(), true, &mut out);
            }
            stuffer.finish(&mut out);
            prop_assert_eq!(decode(LineRules { limit: 20, ..RULES }, &out, &[]), (lines, Some(0)));
        }
    }
}
