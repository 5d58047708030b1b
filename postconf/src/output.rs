//! Standard output, buffered as the original buffers it.

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
        Self { buffer: Vec::new() }
    }

    /// Adds text.
    pub fn put(&mut self, text: &[u8]) {
        self.buffer.extend_from_slice(text);
        self.write_blocks();
    }

    /// Adds a line out of words, white space between them made one blank each.
    pub fn line(&mut self, text: &[u8], fold: bool) {
        append_line(&mut self.buffer, &[text], fold);
        self.write_blocks();
    }

    /// Adds the line `name = value`, as [`line`](Self::line) does.
    pub fn setting(&mut self, name: &[u8], value: &[u8], fold: bool) {
        append_line(&mut self.buffer, &[name, b"=", value], fold);
        self.write_blocks();
    }

    /// Writes what is left.
    pub fn flush(&mut self) {
        self.write(self.buffer.len());
    }

    fn write_blocks(&mut self) {
        let whole = self.buffer.len() / BLOCK * BLOCK;
        if whole > 0 {
            self.write(whole);
        }
        if log::verbose() > 0 {
            self.flush();
        }
    }

    /// Writes the first bytes, past the line buffer that the standard library puts before standard output. A reader
    /// that went away is not our problem: the original does not look, either.
    fn write(&mut self, length: usize) {
        if let Some(text) = self.buffer.get(..length) {
            let _ = sys::descriptors::write_all(std::io::stdout(), text);
        }
        self.buffer.drain(..length);
    }
}

/// Greatest width of folded lines, in bytes.
pub const WIDTH: usize = 80;

/// What continued lines begin with.
pub const INDENT: &[u8] = b"    ";

/// What separates words.
pub fn is_separator(byte: &u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

/// Appends one line with single blanks between the words of some texts, or several lines of limited width.
fn append_line(result: &mut Vec<u8>, texts: &[&[u8]], fold: bool) {
    if !fold && texts.iter().all(|text| is_one_word(text)) {
        for (at, text) in texts.iter().enumerate() {
            if at > 0 {
                result.push(b' ');
            }
            result.extend_from_slice(text);
        }
        result.push(b'\n');
        return;
    }
    let mut width = 0;
    let words = texts.iter().flat_map(|text| text.split(is_separator)).filter(|word| !word.is_empty());
    for word in words {
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
}

/// Most names and values are a word, which needs no splitting. Looking at every byte in the same way is quicker than
/// looking for the first separator.
fn is_one_word(text: &[u8]) -> bool {
    !text.is_empty() && text.iter().fold(true, |word, byte| word & (*byte > b' '))
}

#[cfg(test)]
mod tests {
    use super::append_line;

    fn line(text: &[u8], fold: bool) -> Vec<u8> {
        let mut result = Vec::new();
        append_line(&mut result, &[text], fold);
        result
    }

    #[test]
    fn words_are_joined_and_folded() {
        assert_eq!(line(b"a =  b\n\tc ", false), b"a = b c\n");
        assert_eq!(line(b"a = ", false), b"a =\n");
        assert_eq!(line(b"a", false), b"a\n");
        assert_eq!(line(b"a\rb", false), b"a b\n");
        let long = b"x".repeat(50);
        let text = [&long[..], b" ", &long[..]].concat();
        assert_eq!(line(&text, true), [&long[..], b"\n    ", &long[..], b"\n"].concat());
    }
}
