//! Message content in BDAT chunks (RFC 3030).

use crate::data::Line;
use crate::line::LineRules;

/// Decodes the chunks of one message into lines. Lines may go on from one chunk to the next.
#[derive(Debug)]
pub struct ChunkDecoder {
    rules: LineRules,
    /// The start of a line whose end has not been seen.
    pending: Vec<u8>,
    saw_bare_lf: bool,
}

impl ChunkDecoder {
    /// A decoder at the start of a message.
    pub fn new(rules: LineRules) -> Self {
        Self { rules, pending: Vec::new(), saw_bare_lf: false }
    }

    /// Whether some line so far ended with a bare line feed (and the rules tell).
    pub fn saw_bare_lf(&self) -> bool {
        self.saw_bare_lf
    }

    /// How many bytes wait for the end of their line.
    pub fn pending(&self) -> usize {
        self.pending.len()
    }

    /// Gives out the lines in the next bytes of a chunk; at most one line limit of bytes stays pending.
    pub fn decode(&mut self, input: &[u8], mut line: impl FnMut(Line<'_>)) {
        let mut rest = input;
        // The pending line first, with just as much input as its end can take.
        while !self.pending.is_empty() {
            let before = self.pending.len();
            let take = rest.len().min((self.rules.limit + 1).saturating_sub(before));
            let (head, _) = rest.split_at_checked(take).unwrap_or((rest, &[]));
            self.pending.extend_from_slice(head);
            let Some(split) = self.rules.split(&self.pending) else { return };
            self.saw_bare_lf |= split.bare_lf;
            let text = self.pending.get(..split.text).unwrap_or_default();
            line(Line { text, complete: split.complete, unstuffed: false });
            // What was pending did not make a line of its own, so the line took all of it.
            rest = rest.get(split.consumed.saturating_sub(before)..).unwrap_or_default();
            self.pending.clear();
        }
        while let Some(split) = self.rules.split(rest) {
            self.saw_bare_lf |= split.bare_lf;
            let text = rest.get(..split.text).unwrap_or_default();
            line(Line { text, complete: split.complete, unstuffed: false });
            rest = rest.get(split.consumed..).unwrap_or_default();
        }
        self.pending.extend_from_slice(rest);
    }

    /// Gives out what is left after the last chunk, as a line.
    pub fn finish(&mut self, mut line: impl FnMut(Line<'_>)) {
        if !self.pending.is_empty() {
            line(Line { text: &self.pending, complete: true, unstuffed: false });
            self.pending.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn decode(input: &[u8], cuts: &[usize]) -> Vec<(Vec<u8>, bool)> {
        let mut decoder = ChunkDecoder::new(LineRules { limit: 5, detect_bare_lf: true });
        let mut lines = Vec::new();
        let mut done = 0;
        for &cut in cuts.iter().chain([&input.len()]) {
            let cut = cut.clamp(done, input.len());
            decoder.decode(&input[done..cut], |line| lines.push((line.text.to_vec(), line.complete)));
            done = cut;
        }
        decoder.finish(|line| lines.push((line.text.to_vec(), line.complete)));
        lines
    }

    #[test]
    fn lines_of_chunks() {
        let line = |text: &str, complete| (text.as_bytes().to_vec(), complete);
        assert_eq!(decode(b".\r\n..\r\nab", &[]), [line(".", true), line("..", true), line("ab", true)]);
        assert_eq!(
            decode(b"abcdefg\r\n\r\n", &[2]),
            [line("abcde", false), line("fg", true), line("", true)]
        );
        assert_eq!(decode(b"abcd\r\nx", &[5]), [line("abcd", true), line("x", true)]);
        assert_eq!(decode(b"abcd\rx", &[5]), [line("abcd\r", false), line("x", true)]);
        assert_eq!(decode(b"", &[]), []);
    }

    proptest! {
        #[test]
        fn chunks_do_not_matter(input in "[ab\r\n]{0,60}", mut cuts: Vec<usize>) {
            for cut in &mut cuts {
                *cut %= 61;
            }
            cuts.sort_unstable();
            prop_assert_eq!(decode(input.as_bytes(), &cuts), decode(input.as_bytes(), &[]));
        }
    }
}
