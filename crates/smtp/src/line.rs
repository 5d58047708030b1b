//! Lines of SMTP input: where they end, how long they may be, and what a line feed without carriage return means.

use memchr::memchr;

/// How line ends are found: the length limit and the treatment of a line feed that has no carriage return before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LineRules {
    /// A longer line is given in pieces of this many bytes (postconf(5) `line_length_limit`).
    pub limit: usize,
    /// Whether a bare line feed is told apart from carriage return, line feed (any `smtpd_forbid_bare_newline` but
    /// `no`). If so exactly one carriage return is removed from the line's end, otherwise all of them are.
    pub detect_bare_lf: bool,
}

/// The first line, or piece of a line, of some input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Split {
    /// How many bytes of the input are text.
    pub text: usize,
    /// How many bytes of the input it takes, line end included.
    pub consumed: usize,
    /// Whether the line's end was reached.
    pub complete: bool,
    /// Whether the line ended with a bare line feed. False when bare line feeds are not told apart.
    pub bare_lf: bool,
}

impl LineRules {
    /// The first line or piece of `input`; none if more input is needed to know.
    ///
    /// More input is never needed once `input` has `limit + 1` bytes.
    pub fn split(&self, input: &[u8]) -> Option<Split> {
        let window = input.get(..self.limit).unwrap_or(input);
        if let Some(newline) = memchr(b'\n', window) {
            return Some(self.ended(input, newline));
        }
        if input.len() < self.limit {
            return None;
        }
        // A carriage return that just fits is only text if no line feed follows.
        if window.last() == Some(&b'\r') {
            match input.get(self.limit) {
                None => return None,
                Some(b'\n') => return Some(self.ended(input, self.limit)),
                Some(_) => {}
            }
        }
        Some(Split { text: self.limit, consumed: self.limit, complete: false, bare_lf: false })
    }

    fn ended(&self, input: &[u8], newline: usize) -> Split {
        let line = input.get(..newline).unwrap_or_default();
        let (text, bare_lf) = if self.detect_bare_lf {
            match line.last() {
                Some(b'\r') => (newline - 1, false),
                _ => (newline, true),
            }
        } else {
            (line.iter().rposition(|&byte| byte != b'\r').map_or(0, |last| last + 1), false)
        };
        Split { text, consumed: newline + 1, complete: true, bare_lf }
    }
}

/// Finds command lines in a server's input. Lines over the limit are cut there and the rest is dropped.
#[derive(Debug)]
pub struct CommandReader {
    rules: LineRules,
    /// The start of a line over the limit, and how many more bytes will be dropped before we give up on the client.
    skipping: Option<(Vec<u8>, usize)>,
}

/// What [`CommandReader::next`] found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// More input is needed; so much of the present one is done with.
    NeedMore {
        /// Bytes that can be forgotten.
        consumed: usize,
    },
    /// A command line, without its end.
    Line {
        /// The text, cut at the limit.
        text: Vec<u8>,
        /// Bytes of the input that are done with.
        consumed: usize,
        /// How it ended.
        end: LineEnd,
    },
}

/// How a command line ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineEnd {
    /// Carriage return and line feed, or whatever passes for it.
    Normal,
    /// A bare line feed, told apart.
    BareLf,
    /// The line was over the limit, its rest was dropped.
    TooLong,
    /// The line was so long that no more input should be taken from this client.
    Flood,
}

impl CommandReader {
    /// A reader at the start of a line.
    pub fn new(rules: LineRules) -> Self {
        Self { rules, skipping: None }
    }

    /// Replaces the rules, for the next line.
    pub fn set_rules(&mut self, rules: LineRules) {
        self.rules = rules;
    }

    /// The next command line at the start of `input`.
    pub fn next(&mut self, input: &[u8]) -> Command {
        let mut consumed = 0;
        if self.skipping.is_none() {
            let Some(split) = self.rules.split(input) else { return Command::NeedMore { consumed } };
            let text = input.get(..split.text).unwrap_or_default().to_vec();
            if split.complete {
                let end = if split.bare_lf { LineEnd::BareLf } else { LineEnd::Normal };
                return Command::Line { text, consumed: split.consumed, end };
            }
            self.skipping = Some((text, self.rules.limit));
            consumed = split.consumed;
        }
        self.skip(input, consumed)
    }

    fn skip(&mut self, input: &[u8], mut consumed: usize) -> Command {
        let Some((text, mut budget)) = self.skipping.take() else { return Command::NeedMore { consumed } };
        let rest = input.get(consumed..).unwrap_or_default();
        let window = rest.get(..budget).unwrap_or(rest);
        if let Some(newline) = memchr(b'\n', window) {
            return Command::Line { text, consumed: consumed + newline + 1, end: LineEnd::TooLong };
        }
        consumed += window.len();
        budget -= window.len();
        if budget == 0 {
            return Command::Line { text, consumed, end: LineEnd::Flood };
        }
        self.skipping = Some((text, budget));
        Command::NeedMore { consumed }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: LineRules = LineRules { limit: 8, detect_bare_lf: true };
    const OLD: LineRules = LineRules { limit: 8, detect_bare_lf: false };

    fn split(rules: LineRules, input: &[u8]) -> Option<(usize, usize, bool, bool)> {
        rules.split(input).map(|split| (split.text, split.consumed, split.complete, split.bare_lf))
    }

    #[test]
    fn line_ends() {
        assert_eq!(split(RULES, b"abc\r\nx"), Some((3, 5, true, false)));
        assert_eq!(split(RULES, b"abc\r\r\nx"), Some((4, 6, true, false)));
        assert_eq!(split(OLD, b"abc\r\r\nx"), Some((3, 6, true, false)));
        assert_eq!(split(RULES, b"abc\nx"), Some((3, 4, true, true)));
        assert_eq!(split(OLD, b"abc\nx"), Some((3, 4, true, false)));
        assert_eq!(split(OLD, b"\r\r\n"), Some((0, 3, true, false)));
        assert_eq!(split(RULES, b"abc\r"), None);
        assert_eq!(split(RULES, b""), None);
    }

    #[test]
    fn the_limit_counts_the_line_feed_but_not_one_after_a_carriage_return() {
        assert_eq!(split(RULES, b"1234567\n"), Some((7, 8, true, true)));
        assert_eq!(split(RULES, b"1234567\r\n"), Some((7, 9, true, false)));
        assert_eq!(split(RULES, b"1234567\r"), None);
        assert_eq!(split(RULES, b"1234567\rx"), Some((8, 8, false, false)));
        assert_eq!(split(RULES, b"12345678"), Some((8, 8, false, false)));
        assert_eq!(split(RULES, b"12345678\r\n"), Some((8, 8, false, false)));
    }

    #[test]
    fn long_commands_are_cut() {
        let mut reader = CommandReader::new(RULES);
        let line = |text: &[u8], consumed, end| Command::Line { text: text.to_vec(), consumed, end };
        assert_eq!(reader.next(b"QUIT\r\nxx"), line(b"QUIT", 6, LineEnd::Normal));
        assert_eq!(reader.next(b"QUIT\nxx"), line(b"QUIT", 5, LineEnd::BareLf));
        assert_eq!(reader.next(b"NOOP 7890\r\nxx"), line(b"NOOP 789", 11, LineEnd::TooLong));
        assert_eq!(reader.next(b"NOOP 789abc"), Command::NeedMore { consumed: 11 });
        assert_eq!(reader.next(b"def"), Command::NeedMore { consumed: 3 });
        assert_eq!(reader.next(b"\nx"), line(b"NOOP 789", 1, LineEnd::TooLong));
        assert_eq!(reader.next(b"12345678abcdefghi\n"), line(b"12345678", 16, LineEnd::Flood));
    }
}
