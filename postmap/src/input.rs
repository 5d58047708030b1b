//! Lines of standard input.

use bstr::ByteSlice;
use std::io::{self, BufRead, Read};

/// The lines of standard input, without their newlines. Input that cannot be read has ended, as for the reference.
pub(crate) fn input_lines() -> impl Iterator<Item = Vec<u8>> {
    io::stdin().lock().split(b'\n').map_while(Result::ok).map(up_to_null)
}

/// Bytes that are read from standard input at once, first and at most: the more keys are there, the less time the
/// look-up of each takes.
const FIRST_READ: usize = 64 * 1024;
const LARGEST_READ: usize = 512 * 1024;

/// Lines of which those that were read already can be told from those that must be waited for.
pub(crate) struct KeyReader<R> {
    input: R,
    buffer: Vec<u8>,
    /// Where the next line starts in the buffer.
    start: usize,
    /// How much to read next.
    read_size: usize,
    ended: bool,
}

impl<R: Read> KeyReader<R> {
    pub(crate) fn new(input: R) -> KeyReader<R> {
        KeyReader { input, buffer: Vec::new(), start: 0, read_size: FIRST_READ, ended: false }
    }

    fn rest(&self) -> &[u8] {
        self.buffer.get(self.start..).unwrap_or_default()
    }

    /// Reads until there is a line; false at the end of input, which is where it cannot be read, too.
    pub(crate) fn wait(&mut self) -> bool {
        if memchr::memchr(b'\n', self.rest()).is_some() {
            return true;
        }
        self.buffer.drain(..self.start);
        self.start = 0;
        while !self.ended {
            let old = self.buffer.len();
            self.buffer.resize(old + self.read_size, 0);
            let count = loop {
                match self.input.read(self.buffer.get_mut(old..).unwrap_or_default()) {
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    result => break result.unwrap_or(0),
                }
            };
            self.buffer.truncate(old + count);
            self.ended = count == 0;
            if count == self.read_size {
                self.read_size = LARGEST_READ.min(2 * self.read_size);
            }
            if self.buffer.get(old..).is_some_and(|new| memchr::memchr(b'\n', new).is_some()) {
                return true;
            }
        }
        !self.buffer.is_empty()
    }

    /// The lines that were read already, without their newlines and what null bytes hide.
    pub(crate) fn take_ready(&mut self) -> Vec<&[u8]> {
        let rest = self.buffer.get(self.start..).unwrap_or_default();
        let end = match memchr::memrchr(b'\n', rest) {
            _ if self.ended => rest.len(),
            last => last.map_or(0, |last| last + 1),
        };
        self.start += end;
        let lines = rest.get(..end).unwrap_or_default().lines_with_terminator();
        let text = |line: &'_ [u8]| memchr::memchr2(b'\n', 0, line).unwrap_or(line.len());
        lines.map(|line| line.get(..text(line)).unwrap_or_default()).collect()
    }
}

/// C programs see a line's text up to its first null byte.
fn up_to_null(mut line: Vec<u8>) -> Vec<u8> {
    if let Some(end) = line.iter().position(|&byte| byte == 0) {
        line.truncate(end);
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives its parts one read at a time.
    struct Parts(Vec<&'static [u8]>);

    impl Read for Parts {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let part: &[u8] = if self.0.is_empty() { b"" } else { self.0.remove(0) };
            buffer[..part.len()].copy_from_slice(part);
            Ok(part.len())
        }
    }

    #[test]
    fn lines_that_were_read_are_ready() {
        let mut keys = KeyReader::new(Parts(vec![b"one\ntwo\nth", b"r", b"ee\n\n", b"a\0b\nlast"]));
        let mut runs: Vec<Vec<Vec<u8>>> = Vec::new();
        while keys.wait() {
            runs.push(keys.take_ready().into_iter().map(<[u8]>::to_vec).collect());
        }
        let expected: [&[&[u8]]; 4] = [&[b"one", b"two"], &[b"three", b""], &[b"a"], &[b"last"]];
        assert_eq!(runs, expected);
    }
}
