//! A connection to another daemon, and the lists and records that travel over it.

use crate::{Attrs, Decoder, Error, decode_plain, encode_plain, log_lines, protocol};
use std::io::ErrorKind;
use std::time::Duration;
use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;
use tokio::time::timeout;

/// Reads one list; nothing at the end of the input.
pub async fn read_attrs<R: AsyncBufRead + Unpin>(reader: &mut R) -> Result<Option<Attrs>, Error> {
    let mut decoder = Decoder::new();
    loop {
        let input = reader.fill_buf().await?;
        if input.is_empty() {
            return if decoder.is_untouched() { Ok(None) } else { Err(Error::Eof) };
        }
        let used = decoder.push(input)?;
        reader.consume(used);
        if decoder.is_complete() {
            return Ok(decoder.finish());
        }
    }
}

/// Writes one list.
pub async fn write_attrs<W: AsyncWrite + Unpin>(writer: &mut W, attrs: &Attrs) -> Result<(), Error> {
    writer.write_all(&attrs.encode()).await?;
    Ok(writer.flush().await?)
}

/// Reads one list of text lines; nothing at the end of the input.
pub async fn read_plain<R: AsyncBufRead + Unpin>(reader: &mut R) -> Result<Option<Attrs>, Error> {
    let mut pending = Vec::new();
    loop {
        let input = reader.fill_buf().await?;
        if input.is_empty() {
            return if pending.is_empty() { Ok(None) } else { Err(Error::Eof) };
        }
        let before = pending.len();
        pending.extend_from_slice(input);
        let taken = input.len();
        match decode_plain(&pending)? {
            Some((attrs, used)) => {
                reader.consume(used - before);
                return Ok(Some(attrs));
            }
            None => reader.consume(taken),
        }
    }
}

/// Writes one list as text lines.
pub async fn write_plain<W: AsyncWrite + Unpin>(writer: &mut W, attrs: &Attrs) -> Result<(), Error> {
    writer.write_all(&encode_plain(attrs)).await?;
    Ok(writer.flush().await?)
}

/// A connection to a service, or to a client. Each step has a time limit.
#[derive(Debug)]
pub struct Connection {
    io: BufReader<UnixStream>,
    limit: Duration,
    // What `-v` calls the other side; without a name, nothing is said of what goes over the connection.
    name: Option<String>,
}

const BUFFER_SIZE: usize = 8192;

impl Connection {
    /// Takes over a connected socket; `limit` is for each read and write.
    pub fn new(stream: UnixStream, limit: Duration) -> Connection {
        Connection { io: BufReader::with_capacity(BUFFER_SIZE, stream), limit, name: None }
    }

    /// Has `-v` say what is sent to and received from this side, such as `private/bounce socket`.
    #[must_use]
    pub(crate) fn named(mut self, name: String) -> Connection {
        self.name = Some(name);
        self
    }

    /// The buffered socket, for those who read or write without this type's limits.
    pub fn io(&mut self) -> &mut BufReader<UnixStream> {
        &mut self.io
    }

    /// The time limit for each step.
    pub fn limit(&self) -> Duration {
        self.limit
    }

    /// Another time limit for each step from now on.
    pub fn set_limit(&mut self, limit: Duration) {
        self.limit = limit;
    }

    /// The next list, which must come.
    pub async fn receive(&mut self) -> Result<Attrs, Error> {
        self.receive_or_end().await?.ok_or(Error::Eof)
    }

    /// The next list; nothing when the other side hung up.
    pub async fn receive_or_end(&mut self) -> Result<Option<Attrs>, Error> {
        let found = timeout(self.limit, read_attrs(&mut self.io)).await.map_err(|_| Error::Timeout)??;
        if let (Some(name), Some(attrs)) = (&self.name, &found) {
            log_lines::received(name, attrs);
        }
        Ok(found)
    }

    /// Sends a list.
    pub async fn send(&mut self, attrs: &Attrs) -> Result<(), Error> {
        if self.name.is_some() {
            log_lines::sent(attrs);
        }
        self.send_bytes(&attrs.encode()).await
    }

    /// Sends bytes.
    pub async fn send_bytes(&mut self, bytes: &[u8]) -> Result<(), Error> {
        Ok(timeout(self.limit, self.io.write_all(bytes)).await.map_err(|_| Error::Timeout)??)
    }

    /// Reads the announcement of a service and gives it back; it may hold more than the protocol's name.
    pub async fn expect_protocol(&mut self, expected: &'static str) -> Result<Attrs, Error> {
        let announced = self.receive().await?;
        let found = announced.scanner().str(protocol::PROTOCOL)?;
        if found != expected.as_bytes() {
            return Err(Error::Protocol { expected, found: found.to_vec() });
        }
        Ok(announced)
    }

    /// Announces a service to a client.
    pub async fn announce(&mut self, protocol: &str) -> Result<(), Error> {
        self.send(&protocol::announcement(protocol)).await
    }

    /// Whether the other side hung up, or said something that nobody asked for.
    pub fn is_stale(&self) -> bool {
        let mut byte = [0];
        match self.io.get_ref().try_read(&mut byte) {
            Err(error) => error.kind() != ErrorKind::WouldBlock,
            Ok(_) => true,
        }
    }

    /// Waits until the other side hangs up, for as long as one step may take.
    pub async fn wait_for_hangup(&mut self) {
        let drain = async {
            while let Ok(input) = self.io.fill_buf().await {
                match input.len() {
                    0 => break,
                    length => self.io.consume(length),
                }
            }
        };
        let _ = timeout(self.limit, drain).await;
    }
}
