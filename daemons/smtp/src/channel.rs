//! A connection to a server: commands out, replies in, with time limits.

use std::time::Duration;

use smtp::response::{LineFilter, Next, Note, Response, ResponseReader};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::Instant;

/// What a conversation runs over.
pub(crate) trait Io: AsyncRead + AsyncWrite + Unpin {}

impl<T: AsyncRead + AsyncWrite + Unpin> Io for T {}

/// Why a conversation cannot go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Broken {
    /// The connection is gone.
    Lost,
    /// Nothing moved within the time limit.
    TimedOut,
    /// A table that the conversation needs cannot be read.
    LocalData,
}

/// How long to wait.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patience {
    limit: Duration,
    deadline: Option<Instant>,
    bytes_per_second: u64,
}

impl Patience {
    /// Up to `limit` for each read and write, or for everything from now on.
    pub(crate) fn new(limit: Duration, for_all: bool) -> Patience {
        Patience { limit, deadline: for_all.then(|| Instant::now() + limit), bytes_per_second: 0 }
    }

    /// The same, with a deadline that moves by one second for so many bytes sent, as far as the limit is from now.
    pub(crate) fn with_rate(self, bytes_per_second: u64) -> Patience {
        Patience { bytes_per_second, ..self }
    }

    fn earn(&mut self, bytes: usize) {
        if let Some(deadline) = &mut self.deadline
            && self.bytes_per_second > 0
        {
            let earned = Duration::from_secs_f64(bytes as f64 / self.bytes_per_second as f64);
            *deadline = (*deadline + earned).min(Instant::now() + self.limit);
        }
    }

    fn until(&self) -> Instant {
        self.deadline.unwrap_or_else(|| Instant::now() + self.limit)
    }
}

const READ_SIZE: usize = 4096;

/// A connection with its buffers.
pub(crate) struct Channel {
    io: Box<dyn Io>,
    input: Vec<u8>,
    consumed: usize,
    output: Vec<u8>,
    replies: ResponseReader,
    last_io: Instant,
    broken: bool,
}

impl Channel {
    /// A fresh connection. Replies are cut at `line_limit` bytes a line; with `utf8`, UTF-8 in them is kept.
    pub(crate) fn new(io: Box<dyn Io>, line_limit: usize, utf8: bool, filter: Option<LineFilter>) -> Channel {
        Channel {
            io,
            input: Vec::new(),
            consumed: 0,
            output: Vec::with_capacity(READ_SIZE),
            replies: ResponseReader::new(line_limit, utf8).with_filter(filter),
            last_io: Instant::now(),
            broken: false,
        }
    }

    /// True once an error or the end of input was seen: nothing more can be said.
    pub(crate) fn is_broken(&self) -> bool {
        self.broken
    }

    /// When something was last read or written.
    pub(crate) fn last_io(&self) -> Instant {
        self.last_io
    }

    /// Bytes that wait to be sent.
    pub(crate) fn pending(&self) -> usize {
        self.output.len()
    }

    /// Appends a command with its line end to what waits to be sent.
    pub(crate) fn put_command(&mut self, command: &[u8]) {
        self.output.extend_from_slice(command);
        self.output.extend_from_slice(b"\r\n");
    }

    /// What waits to be sent, to append to.
    pub(crate) fn output(&mut self) -> &mut Vec<u8> {
        &mut self.output
    }

    /// Forgets what waits to be sent.
    pub(crate) fn purge_output(&mut self) {
        self.output.clear();
    }

    /// Lets a broken connection be read again: the server may have said why it hung up.
    pub(crate) fn unbreak(&mut self) {
        self.broken = false;
    }

    /// Sends what waits.
    pub(crate) async fn flush(&mut self, patience: &mut Patience) -> Result<(), Broken> {
        let mut sent = 0;
        while let Some(rest) = self.output.get(sent..).filter(|rest| !rest.is_empty()) {
            match tokio::time::timeout_at(patience.until(), self.io.write(rest)).await {
                Ok(Ok(count)) if count > 0 => {
                    sent += count;
                    patience.earn(count);
                }
                outcome => {
                    self.output.clear();
                    self.broken = true;
                    return Err(if outcome.is_err() { Broken::TimedOut } else { Broken::Lost });
                }
            }
            self.last_io = Instant::now();
        }
        self.output.clear();
        Ok(())
    }

    /// Sends what waits and reads one reply, with what happened meanwhile.
    pub(crate) async fn response(&mut self, patience: Patience) -> (Result<Response, Broken>, Vec<Note>) {
        let outcome = self.read_response(patience).await;
        (outcome, self.replies.take_notes())
    }

    async fn read_response(&mut self, mut patience: Patience) -> Result<Response, Broken> {
        loop {
            let unread = self.input.get(self.consumed..).unwrap_or_default();
            match self.replies.next(unread) {
                Next::Response { response, consumed } => {
                    self.consumed += consumed;
                    return Ok(response);
                }
                Next::NeedMore { consumed } => self.consumed += consumed,
                Next::FilterFailed => {
                    self.broken = true;
                    return Err(Broken::LocalData);
                }
            }
            self.input.drain(..self.consumed.min(self.input.len()));
            self.consumed = 0;
            self.flush(&mut patience).await?;
            self.fill(patience).await?;
        }
    }

    async fn fill(&mut self, patience: Patience) -> Result<(), Broken> {
        self.input.reserve(READ_SIZE);
        match tokio::time::timeout_at(patience.until(), self.io.read_buf(&mut self.input)).await {
            Ok(Ok(count)) if count > 0 => {
                self.last_io = Instant::now();
                Ok(())
            }
            outcome => {
                self.broken = true;
                Err(if outcome.is_err() { Broken::TimedOut } else { Broken::Lost })
            }
        }
    }

    /// Sends what waits, without a word about failure, and hangs up.
    pub(crate) async fn close(mut self, mut patience: Patience) {
        if !self.broken {
            let _ = self.flush(&mut patience).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(flavor = "current_thread")]
    async fn a_conversation() {
        let (mine, mut theirs) = tokio::io::duplex(1000);
        let mut channel = Channel::new(Box::new(mine), 2048, true, None);
        let patience = Patience::new(Duration::from_secs(5), false);
        channel.put_command(b"NOOP");
        theirs.write_all(b"250 2.0.0 Ok\r\n221 x\r\n").await.unwrap();
        let (first, _) = channel.response(patience).await;
        assert_eq!(first.map(|response| response.code), Ok(250));
        channel.put_command(b"QUIT");
        let (second, _) = channel.response(patience).await;
        assert_eq!(second.map(|response| response.code), Ok(221));
        drop(theirs);
        assert_eq!(channel.response(patience).await.0, Err(Broken::Lost));
        assert!(channel.is_broken());
    }
}
