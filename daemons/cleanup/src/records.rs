//! Records from a client, taken straight out of a large buffer.

use std::time::Duration;

use ipc::Connection;
use queue::record::decode;
use queue::{Record, Type};
use tokio::io::{AsyncReadExt, BufReader};
use tokio::net::UnixStream;
use tokio::time::timeout;

/// So much is read at a time.
const READ_SIZE: usize = 64 * 1024;

/// Why there are no more records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Broken {
    /// The client hung up, or what it sent makes no sense.
    End,
    /// The client fell silent.
    Timeout,
}

/// The records of one message.
pub(crate) struct Records<'c> {
    io: &'c mut BufReader<UnixStream>,
    limit: Duration,
    buffer: Vec<u8>,
    start: usize,
    longest: usize,
}

impl<'c> Records<'c> {
    /// Of this client, from here on. No record may be longer than `longest` bytes.
    pub(crate) fn new(connection: &'c mut Connection, longest: usize) -> Self {
        let limit = connection.limit();
        let io = connection.io();
        // What was read with the greeting comes first; from now on this type's own buffer is used.
        let mut buffer = Vec::with_capacity(READ_SIZE);
        buffer.extend_from_slice(io.buffer());
        let length = io.buffer().len();
        tokio::io::AsyncBufReadExt::consume(io, length);
        Self { io, limit, buffer, start: 0, longest }
    }

    /// Waits until a whole record is there.
    pub(crate) async fn wait(&mut self) -> Result<(), Broken> {
        loop {
            match decode(self.rest(), self.longest) {
                Ok(Some(_)) => return Ok(()),
                Ok(None) => {}
                Err(_) => return Err(Broken::End),
            }
            self.buffer.drain(..self.start);
            self.start = 0;
            self.buffer.reserve(READ_SIZE);
            let read = timeout(self.limit, self.io.get_mut().read_buf(&mut self.buffer)).await;
            match read.map_err(|_| Broken::Timeout)? {
                Ok(0) | Err(_) => return Err(Broken::End),
                Ok(_) => {}
            }
        }
    }

    /// The next record, after [`Records::wait`].
    pub(crate) fn take(&mut self) -> Option<Record<'_>> {
        let rest = self.buffer.get(self.start..).unwrap_or_default();
        let (record, length) = decode(rest, self.longest).ok()??;
        self.start += length;
        Some(record)
    }

    /// Skips the rest of the message, so that the client comes to the point where it waits for an answer.
    pub(crate) async fn skip(&mut self) -> Result<(), Broken> {
        loop {
            self.wait().await?;
            if self.take().is_none_or(|record| record.kind == Type::END) {
                return Ok(());
            }
        }
    }

    fn rest(&self) -> &[u8] {
        self.buffer.get(self.start..).unwrap_or_default()
    }
}
