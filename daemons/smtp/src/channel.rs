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

    /// Takes a step towards the next reply, with what happened in it: looks at what has come; if the reply is not
    /// complete yet, sends what waits and reads some more, and gives none.
    pub(crate) async fn advance(
        &mut self,
        patience: &mut Patience,
    ) -> (Result<Option<Response>, Broken>, Vec<Note>) {
        let unread = self.input.get(self.consumed..).unwrap_or_default();
        let next = self.replies.next(unread);
        let notes = self.replies.take_notes();
        let outcome = match next {
            Next::Response { response, consumed } => {
                self.consumed += consumed;
                Ok(Some(response))
            }
            Next::NeedMore { consumed } => {
                self.input.drain(..(self.consumed + consumed).min(self.input.len()));
                self.consumed = 0;
                self.exchange(patience).await.map(|()| None)
            }
            Next::FilterFailed => Err(self.give_up(Broken::LocalData)),
            Next::Flooded => Err(self.give_up(Broken::Lost)),
        };
        (outcome, notes)
    }

    fn give_up(&mut self, why: Broken) -> Broken {
        self.broken = true;
        why
    }

    async fn exchange(&mut self, patience: &mut Patience) -> Result<(), Broken> {
        self.flush(patience).await?;
        self.fill(*patience).await
    }

    async fn fill(&mut self, patience: Patience) -> Result<(), Broken> {
        self.input.reserve(READ_SIZE);
        match tokio::time::timeout_at(patience.until(), self.io.read_buf(&mut self.input)).await {
            Ok(Ok(count)) if count > 0 => {
                self.last_io = Instant::now();
                Ok(())
            }
            Ok(_) => Err(self.give_up(Broken::Lost)),
            Err(_) => Err(self.give_up(Broken::TimedOut)),
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

    async fn code(channel: &mut Channel) -> Result<u16, Broken> {
        let mut patience = Patience::new(Duration::from_secs(5), false);
        loop {
            if let Some(response) = channel.advance(&mut patience).await.0? {
                return Ok(response.code);
            }
        }
    }

    #[tokio::test(flavor = "current_thread")]
    async fn a_conversation() {
        let (mine, mut theirs) = tokio::io::duplex(1000);
        let mut channel = Channel::new(Box::new(mine), 2048, true, None);
        channel.put_command(b"NOOP");
        theirs.write_all(b"250 2.0.0 Ok\r\n221 x\r\n").await.unwrap();
        assert_eq!(code(&mut channel).await, Ok(250));
        channel.put_command(b"QUIT");
        assert_eq!(code(&mut channel).await, Ok(221));
        drop(theirs);
        assert_eq!(code(&mut channel).await, Err(Broken::Lost));
        assert!(channel.is_broken());
    }
}
