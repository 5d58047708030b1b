//! Packets of the MySQL protocol, and the numbers and strings in them.

use crate::wire::Stream;
use rustls::ClientConfig;
use std::io::{self, Read, Write};
use std::sync::Arc;
use std::time::Duration;

/// The longest message of a server, bytes.
const MAX_MESSAGE: usize = 64 * 1024 * 1024;
/// A packet of this length is continued by the next one.
const FULL_PACKET: usize = 0xff_ffff;

/// A stream of packets, which are numbered in each exchange.
pub(crate) struct Packets {
    /// Taken only while TLS starts.
    stream: Option<Stream>,
    sequence: u8,
}

impl Packets {
    /// Packets on a fresh connection.
    pub(crate) fn new(stream: Stream) -> Packets {
        Packets { stream: Some(stream), sequence: 0 }
    }

    /// A new exchange begins.
    pub(crate) fn restart(&mut self) {
        self.sequence = 0;
    }

    /// Speaks TLS from now on.
    pub(crate) fn start_tls(&mut self, config: Arc<ClientConfig>, host: &str) -> io::Result<()> {
        let stream = self.stream.take().ok_or(io::ErrorKind::NotConnected)?;
        self.stream = Some(stream.start_tls(config, host)?);
        Ok(())
    }

    /// Sets the time limit of each read and write. `None` waits for ever.
    pub(crate) fn set_timeout(&mut self, timeout: Option<Duration>) -> io::Result<()> {
        self.stream()?.set_timeout(timeout)
    }

    fn stream(&mut self) -> io::Result<&mut Stream> {
        self.stream.as_mut().ok_or_else(|| io::ErrorKind::NotConnected.into())
    }

    /// The next message.
    pub(crate) fn read(&mut self) -> io::Result<Vec<u8>> {
        let mut message = Vec::new();
        loop {
            let mut header = [0; 4];
            self.stream()?.read_exact(&mut header)?;
            let [low, middle, high, sequence] = header;
            let length = usize::from(low) | usize::from(middle) << 8 | usize::from(high) << 16;
            self.sequence = sequence.wrapping_add(1);
            if message.len() + length > MAX_MESSAGE {
                return Err(io::Error::other("message too long"));
            }
            let count = self.stream()?.take(length as u64).read_to_end(&mut message)?;
            if count < length {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            if length < FULL_PACKET {
                return Ok(message);
            }
        }
    }

    /// Sends a message.
    pub(crate) fn write(&mut self, message: &[u8]) -> io::Result<()> {
        let mut rest = message;
        loop {
            let (part, more) = rest.split_at(rest.len().min(FULL_PACKET));
            let [low, middle, high, ..] = (part.len() as u32).to_le_bytes();
            let packet = [&[low, middle, high, self.sequence], part].concat();
            self.sequence = self.sequence.wrapping_add(1);
            self.stream()?.write_all(&packet)?;
            if part.len() < FULL_PACKET {
                return self.stream()?.flush();
            }
            rest = more;
        }
    }
}

/// Reads the parts of a message, one after the other. `None` when it is too short.
pub(crate) struct Parts<'a>(pub(crate) &'a [u8]);

impl<'a> Parts<'a> {
    pub(crate) fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (part, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(part)
    }

    pub(crate) fn byte(&mut self) -> Option<u8> {
        self.take(1)?.first().copied()
    }

    /// A number of `count` bytes, the lowest first.
    pub(crate) fn number(&mut self, count: usize) -> Option<u64> {
        Some(self.take(count)?.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte)))
    }

    /// A number that tells its own length.
    pub(crate) fn counted_number(&mut self) -> Option<u64> {
        match self.byte()? {
            0xfc => self.number(2),
            0xfd => self.number(3),
            0xfe => self.number(8),
            small => (small < 0xfb).then_some(u64::from(small)),
        }
    }

    /// A string that tells its own length; the inner `None` is NULL.
    pub(crate) fn counted_string(&mut self) -> Option<Option<&'a [u8]>> {
        if self.0.first() == Some(&0xfb) {
            self.byte()?;
            return Some(None);
        }
        let length = usize::try_from(self.counted_number()?).ok()?;
        self.take(length).map(Some)
    }

    /// A string up to a null byte, or to the end.
    pub(crate) fn string(&mut self) -> &'a [u8] {
        let end = self.0.iter().position(|&byte| byte == 0);
        let text = &self.0[..end.unwrap_or(self.0.len())];
        self.0 = end.and_then(|end| self.0.get(end + 1..)).unwrap_or_default();
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts() {
        let mut parts = Parts(b"\x03abc\xfb\xfc\x01\x02rest\0x");
        assert_eq!(parts.counted_string(), Some(Some(&b"abc"[..])));
        assert_eq!(parts.counted_string(), Some(None));
        assert_eq!(parts.counted_number(), Some(0x201));
        assert_eq!(parts.string(), b"rest");
        assert_eq!(parts.number(2), None);
        assert_eq!(Parts(b"\xfe\xff\xff\xff\xff\xff\xff\xff\xff").counted_string(), None);
    }
}
