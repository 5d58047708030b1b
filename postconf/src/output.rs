//! Standard output, buffered as the original buffers it.

use std::io::Write;

/// Bytes that are written at once: it decides how output and warnings mix when both go to one place.
const BLOCK: usize = 4096;

/// Collects output and writes it block by block. What is not flushed is lost, as after the original's fatal errors.
#[derive(Default)]
pub struct Output {
    buffer: Vec<u8>,
}

impl Output {
    /// Nothing to write yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds text.
    pub fn put(&mut self, text: &[u8]) {
        self.buffer.extend_from_slice(text);
        let whole = self.buffer.len() / BLOCK * BLOCK;
        if whole > 0 {
            write(self.buffer.get(..whole).unwrap_or_default());
            self.buffer.drain(..whole);
        }
        if log::verbose() > 0 {
            self.flush();
        }
    }

    /// Adds a line out of words, white space between them made one blank each.
    pub fn line(&mut self, text: &[u8], fold: bool) {
        self.put(&line(text, fold));
    }

    /// Writes what is left.
    pub fn flush(&mut self) {
        write(&self.buffer);
        self.buffer.clear();
    }
}

/// A reader that went away is not our problem: the original does not look, either.
fn write(text: &[u8]) {
    let mut stdout = std::io::stdout().lock();
    let _ = stdout.write_all(text).and_then(|()| stdout.flush());
}

/// Greatest width of folded lines, in bytes.
pub const WIDTH: usize = 80;

/// What continued lines begin with.
pub const INDENT: &[u8] = b"    ";

/// What separates words.
pub fn is_separator(byte: &u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

/// One line with single blanks between its words, or several lines of limited width.
fn line(text: &[u8], fold: bool) -> Vec<u8> {
    let mut result = Vec::with_capacity(text.len() + 1);
    let mut width = 0;
    for word in text.split(is_separator).filter(|word| !word.is_empty()) {
        if width > 0 {
            if !fold || width + word.len() < WIDTH {
                result.push(b' ');
                width += 1;
            } else {
                result.push(b'\n');
                result.extend_from_slice(INDENT);
                width = INDENT.len();
            }
        }
        result.extend_from_slice(word);
        width += word.len();
    }
    result.push(b'\n');
    result
}

#[cfg(test)]
mod tests {
    use super::line;

    #[test]
    fn words_are_joined_and_folded() {
        assert_eq!(line(b"a =  b\n\tc ", false), b"a = b c\n");
        assert_eq!(line(b"a = ", false), b"a =\n");
        let long = b"x".repeat(50);
        let text = [&long[..], b" ", &long[..]].concat();
        assert_eq!(line(&text, true), [&long[..], b"\n    ", &long[..], b"\n"].concat());
    }
}
