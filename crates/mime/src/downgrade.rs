//! Eight-bit body text to quoted-printable (RFC 2045).

/// A line is broken when it grows longer than this.
const SOFT_LIMIT: usize = 72;

/// Encodes body text into quoted-printable lines.
#[derive(Debug, Default)]
pub(crate) struct Encoder {
    line: Vec<u8>,
}

impl Encoder {
    /// Takes a piece of a line; `line_end` says whether the line ends with it. Gives the finished lines.
    pub(crate) fn push(&mut self, text: &[u8], line_end: bool) -> Vec<Vec<u8>> {
        let mut finished = Vec::new();
        for &byte in text {
            if self.line.len() > SOFT_LIMIT {
                self.line.push(b'=');
                finished.push(std::mem::take(&mut self.line));
            }
            if matches!(byte, b'\t' | b' '..=b'~') && byte != b'=' {
                self.line.push(byte);
            } else {
                self.encode(byte);
            }
        }
        if line_end {
            if let Some(blank) = self.line.pop_if(|last| matches!(last, b' ' | b'\t')) {
                self.encode(blank);
            }
            finished.push(std::mem::take(&mut self.line));
        }
        finished
    }

    fn encode(&mut self, byte: u8) {
        const HEX: &[u8; 16] = b"0123456789ABCDEF";
        let digit = |value: u8| HEX.get(usize::from(value)).copied().unwrap_or(b'0');
        self.line.extend_from_slice(&[b'=', digit(byte >> 4), digit(byte & 0xf)]);
    }
}
