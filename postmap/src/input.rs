//! Lines of standard input.

use std::io::{self, BufRead, Read};

/// The lines of standard input, without their newlines.
pub(crate) fn input_lines() -> impl Iterator<Item = io::Result<Vec<u8>>> {
    io::stdin().lock().split(b'\n').map(|line| line.map(up_to_null))
}

/// Bytes that are read from standard input at once.
const INPUT: usize = 64 * 1024;

/// Lines of which those that were read already can be told from those that must be waited for.
pub(crate) struct KeyReader<R> {
    input: R,
    buffer: Vec<u8>,
    /// Where the next line starts in the buffer.
    start: usize,
    ended: bool,
}

impl<R: Read> KeyReader<R> {
    pub(crate) fn new(input: R) -> KeyReader<R> {
        KeyReader { input, buffer: Vec::with_capacity(INPUT), start: 0, ended: false }
    }

    fn rest(&self) -> &[u8] {
        self.buffer.get(self.start..).unwrap_or_default()
    }

    /// Reads until there is a line; false at the end of input.
    pub(crate) fn wait(&mut self) -> io::Result<bool> {
        if memchr::memchr(b'\n', self.rest()).is_some() {
            return Ok(true);
        }
        self.buffer.drain(..self.start);
        self.start = 0;
        while !self.ended {
            let old = self.buffer.len();
            self.buffer.resize(old + INPUT, 0);
            let count = loop {
                match self.input.read(self.buffer.get_mut(old..).unwrap_or_default()) {
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    result => break result?,
                }
            };
            self.buffer.truncate(old + count);
            self.ended = count == 0;
            if self.buffer.get(old..).is_some_and(|new| memchr::memchr(b'\n', new).is_some()) {
                return Ok(true);
            }
        }
        Ok(!self.buffer.is_empty())
    }

    /// The next line, without its newline and what a null byte hides; `None` when it must be waited for.
    pub(crate) fn next_ready(&mut self) -> Option<&[u8]> {
        let rest = self.buffer.get(self.start..).unwrap_or_default();
        let (line, length) = match memchr::memchr(b'\n', rest) {
            Some(end) => (rest.get(..end)?, end + 1),
            None if self.ended && !rest.is_empty() => (rest, rest.len()),
            None => return None,
        };
        self.start += length;
        line.split(|&byte| byte == 0).next()
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
        while keys.wait().unwrap() {
            runs.push(std::iter::from_fn(|| keys.next_ready().map(<[u8]>::to_vec)).collect());
        }
        let expected: [&[&[u8]]; 4] = [&[b"one", b"two"], &[b"three", b""], &[b"a"], &[b"last"]];
        assert_eq!(runs, expected);
    }
}
