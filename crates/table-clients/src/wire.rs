//! A connection with a buffer, for protocols of lines and counted bytes.

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, StreamOwned};
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::time::Duration;

/// How much is read at once, bytes.
const CHUNK: usize = 4096;

/// A connected socket.
pub(crate) enum Stream {
    Tcp(TcpStream),
    Unix(UnixStream),
    Tls(Box<StreamOwned<ClientConnection, Stream>>),
}

impl Stream {
    /// Speaks TLS from now on; the handshake is done when this returns.
    pub(crate) fn start_tls(mut self, config: Arc<ClientConfig>, host: &str) -> io::Result<Stream> {
        let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
        let mut connection = ClientConnection::new(config, name).map_err(io::Error::other)?;
        while connection.is_handshaking() {
            connection.complete_io(&mut self)?;
        }
        Ok(Stream::Tls(Box::new(StreamOwned::new(connection, self))))
    }

    /// The server's certificate, in DER.
    pub(crate) fn certificate(&self) -> Option<&[u8]> {
        match self {
            Stream::Tls(stream) => stream.conn.peer_certificates()?.first().map(AsRef::as_ref),
            Stream::Tcp(_) | Stream::Unix(_) => None,
        }
    }

    /// Sets the time limit of each read and write. `None` waits for ever.
    pub(crate) fn set_timeout(&self, timeout: Option<Duration>) -> io::Result<()> {
        match self {
            Stream::Tcp(stream) => {
                stream.set_read_timeout(timeout).and_then(|()| stream.set_write_timeout(timeout))
            }
            Stream::Unix(stream) => {
                stream.set_read_timeout(timeout).and_then(|()| stream.set_write_timeout(timeout))
            }
            Stream::Tls(stream) => stream.sock.set_timeout(timeout),
        }
    }
}

/// The error of a socket whose time limit passed says "try again"; nobody does.
fn timed_out(error: io::Error) -> io::Error {
    match error.kind() {
        io::ErrorKind::WouldBlock => nix::errno::Errno::ETIMEDOUT.into(),
        _ => error,
    }
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Stream::Tcp(stream) => stream.read(buffer),
            Stream::Unix(stream) => stream.read(buffer),
            // A server that hangs up without a farewell has hung up all the same.
            Stream::Tls(stream) => match stream.read(buffer) {
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(0),
                outcome => outcome,
            },
        }
        .map_err(timed_out)
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Stream::Tcp(stream) => stream.write(bytes),
            Stream::Unix(stream) => stream.write(bytes),
            Stream::Tls(stream) => stream.write(bytes),
        }
        .map_err(timed_out)
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Stream::Tls(stream) => stream.flush(),
            Stream::Tcp(_) | Stream::Unix(_) => Ok(()),
        }
    }
}

/// What [`Wire::read_line`] found.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Line {
    /// A line without its newline.
    Whole(Vec<u8>),
    /// No newline within the limit: all that fits.
    TooLong(Vec<u8>),
    /// The server hung up before the newline.
    Cut,
}

/// A connection to a server.
pub(crate) struct Wire {
    stream: Stream,
    buffer: Vec<u8>,
    /// How much of the buffer was used.
    used: usize,
}

impl Wire {
    /// Takes a connected socket. `timeout` is the limit of each read and write.
    pub(crate) fn new(stream: Stream, timeout: Option<Duration>) -> io::Result<Wire> {
        stream.set_timeout(timeout)?;
        Ok(Wire { stream, buffer: Vec::new(), used: 0 })
    }

    /// What the reference shows as the system's complaint where the system has none: the error number that connecting
    /// with a time limit leaves behind.
    pub(crate) fn left_behind(&self) -> Option<String> {
        match self.stream {
            Stream::Tcp(_) | Stream::Tls(_) => Some(sys::errno_text(nix::errno::Errno::EINPROGRESS)),
            Stream::Unix(_) => None,
        }
    }

    /// Sends all bytes.
    pub(crate) fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes).and_then(|()| self.stream.flush())
    }

    /// The bytes that are there, at least one; none after the server hung up.
    fn fill(&mut self) -> io::Result<&[u8]> {
        if self.used == self.buffer.len() {
            self.buffer.resize(CHUNK, 0);
            self.used = 0;
            let count = loop {
                match self.stream.read(&mut self.buffer) {
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    outcome => break outcome,
                }
            };
            self.buffer.truncate(*count.as_ref().unwrap_or(&0));
            count?;
        }
        Ok(self.buffer.get(self.used..).unwrap_or_default())
    }

    /// The next byte; `None` if the server hung up.
    pub(crate) fn read_byte(&mut self) -> io::Result<Option<u8>> {
        let byte = self.fill()?.first().copied();
        self.used += usize::from(byte.is_some());
        Ok(byte)
    }

    /// A line of at most `limit` bytes, its newline included.
    pub(crate) fn read_line(&mut self, limit: usize) -> io::Result<Line> {
        let mut line = Vec::new();
        while line.len() < limit {
            match self.read_byte()? {
                None => return Ok(Line::Cut),
                Some(b'\n') => return Ok(Line::Whole(line)),
                Some(byte) => line.push(byte),
            }
        }
        Ok(Line::TooLong(line))
    }

    /// Exactly so many bytes; `None` if the server hung up before.
    pub(crate) fn read_exact(&mut self, count: usize) -> io::Result<Option<Vec<u8>>> {
        let mut bytes = Vec::new();
        while bytes.len() < count {
            let there = self.fill()?;
            if there.is_empty() {
                return Ok(None);
            }
            let taken = there.len().min(count - bytes.len());
            bytes.extend_from_slice(&there[..taken]);
            self.used += taken;
        }
        Ok(Some(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wire(sent: &[u8]) -> Wire {
        let (ours, mut theirs) = UnixStream::pair().unwrap();
        theirs.write_all(sent).unwrap();
        Wire::new(Stream::Unix(ours), Some(Duration::from_millis(50))).unwrap()
    }

    #[test]
    fn lines_and_bytes() {
        let mut wire = wire(b"one\ntwo\nabcdef");
        assert_eq!(wire.read_line(4).unwrap(), Line::Whole(b"one".to_vec()));
        assert_eq!(wire.read_line(3).unwrap(), Line::TooLong(b"two".to_vec()));
        assert_eq!(wire.read_byte().unwrap(), Some(b'\n'));
        assert_eq!(wire.read_exact(4).unwrap(), Some(b"abcd".to_vec()));
        assert_eq!(wire.read_exact(3).unwrap(), None);
        assert_eq!(wire.read_line(9).unwrap(), Line::Cut);
    }

    #[test]
    fn silence_is_a_time_out() {
        let (ours, _theirs) = UnixStream::pair().unwrap();
        let mut wire = Wire::new(Stream::Unix(ours), Some(Duration::from_millis(10))).unwrap();
        assert_eq!(sys::error_text(&wire.read_byte().unwrap_err()), "Connection timed out");
    }
}
