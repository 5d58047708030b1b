//! The wire: reads command lines and content, holds answers back until the client waits for them, keeps the time.

use std::os::fd::{AsFd, AsRawFd, BorrowedFd};
use std::time::Duration;

use nix::sys::socket::{MsgFlags, Shutdown, recv, shutdown};
use server::Stream;
use smtp::Reply;
use smtp::line::{Command, CommandReader, LineRules};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::{Instant, timeout};

use crate::session::Break;

/// Room for one read of content.
const READ_SIZE: usize = 64 * 1024;

/// Room for one read of commands.
const COMMAND_READ_SIZE: usize = 4 * 1024;

/// Answers are not held back longer than this while we are busy.
const HOLD_LIMIT: Duration = Duration::from_secs(10);

/// The time that a client has for a request.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// For each read and write; with a deadline, for the whole request.
    pub limit: Duration,
    /// Whether the limit is for the whole request (`smtpd_per_request_deadline`).
    pub whole_request: bool,
    /// With a deadline, how many bytes of content win one second; zero for none.
    pub bytes_per_second: u64,
}

/// A conversation with a client.
#[derive(Debug)]
pub struct Chat {
    stream: Stream,
    reader: CommandReader,
    input: Vec<u8>,
    start: usize,
    output: Vec<u8>,
    last_flush: Instant,
    patience: Patience,
    deadline: Option<Instant>,
}

impl Chat {
    /// A conversation that begins.
    pub fn new(stream: Stream, rules: LineRules, patience: Patience) -> Self {
        Self {
            stream,
            reader: CommandReader::new(rules),
            input: Vec::new(),
            start: 0,
            output: Vec::new(),
            last_flush: Instant::now(),
            patience,
            deadline: None,
        }
    }

    /// Changes how line ends are told.
    pub fn set_rules(&mut self, rules: LineRules) {
        self.reader.set_rules(rules);
    }

    /// A new request begins, and with it its time.
    pub fn start_request(&mut self, bytes_per_second: u64) {
        self.patience.bytes_per_second = bytes_per_second;
        self.deadline = self.patience.whole_request.then(|| Instant::now() + self.patience.limit);
    }

    /// The next command line.
    pub async fn command(&mut self) -> Result<Command, Break> {
        loop {
            match self.reader.next(self.input.get(self.start..).unwrap_or_default()) {
                Command::NeedMore { consumed } => {
                    self.consume(consumed);
                    self.fill(COMMAND_READ_SIZE).await?;
                }
                line @ Command::Line { consumed, .. } => {
                    self.consume(consumed);
                    return Ok(line);
                }
            }
        }
    }

    /// Input that was read and not consumed.
    pub fn pending(&self) -> &[u8] {
        self.input.get(self.start..).unwrap_or_default()
    }

    /// Forgets so many bytes of the pending input.
    pub fn consume(&mut self, count: usize) {
        self.start += count;
        if self.start >= self.input.len() {
            self.input.clear();
            self.start = 0;
        }
    }

    /// Reads more content, after the answers that were held back are written.
    pub async fn read_content(&mut self) -> Result<(), Break> {
        let count = self.fill(READ_SIZE).await?;
        if let Some(deadline) = &mut self.deadline
            && self.patience.bytes_per_second > 0
        {
            let won = count as f64 / self.patience.bytes_per_second as f64;
            *deadline = (*deadline + Duration::from_secs_f64(won)).min(Instant::now() + self.patience.limit);
        }
        Ok(())
    }

    async fn fill(&mut self, room: usize) -> Result<usize, Break> {
        self.flush().await?;
        if self.start > 0 {
            self.input.drain(..self.start);
            self.start = 0;
        }
        self.input.reserve(room);
        let limit = self.time_left();
        match timeout(limit, self.stream.read_buf(&mut self.input)).await {
            Err(_) => Err(Break::TimedOut),
            Ok(Ok(count)) if count > 0 => Ok(count),
            Ok(_) => Err(Break::Lost),
        }
    }

    /// What the client sent without waiting for an answer, if anything.
    pub fn unsolicited(&mut self) -> &[u8] {
        if self.pending().is_empty()
            && let Some(descriptor) = descriptor(&self.stream)
            && sys::descriptors::readable_bytes(descriptor).is_ok_and(|count| count > 0)
        {
            let mut buffer = [0; COMMAND_READ_SIZE];
            if let Ok(count) = recv(descriptor.as_raw_fd(), &mut buffer, MsgFlags::MSG_DONTWAIT) {
                self.input.extend_from_slice(buffer.get(..count).unwrap_or_default());
            }
        }
        self.pending()
    }

    /// Holds an answer back until the client waits for it; not too long, though.
    pub async fn answer(&mut self, reply: &Reply, soft_bounce: bool) -> Result<(), Break> {
        reply.write_to(soft_bounce, &mut self.output);
        if self.last_flush.elapsed() > HOLD_LIMIT { self.flush().await } else { Ok(()) }
    }

    /// Writes the answers that were held back.
    pub async fn flush(&mut self) -> Result<(), Break> {
        if self.output.is_empty() {
            return Ok(());
        }
        self.last_flush = Instant::now();
        let limit = self.time_left();
        let written = timeout(limit, self.stream.write_all(&self.output)).await;
        self.output.clear();
        match written {
            Err(_) => Err(Break::TimedOut),
            Ok(Err(_)) => Err(Break::Lost),
            Ok(Ok(())) => Ok(()),
        }
    }

    fn time_left(&self) -> Duration {
        match self.deadline {
            Some(deadline) => deadline.saturating_duration_since(Instant::now()),
            None => self.patience.limit,
        }
    }

    /// Takes no more input from the client than what has come already.
    pub fn shut_input(&mut self) {
        self.shut(Shutdown::Read);
    }

    /// The same, and forgets what has come.
    pub fn drop_input(&mut self) {
        self.input.clear();
        self.start = 0;
        self.shut_input();
    }

    /// Hangs up at once.
    pub fn shut_down(&mut self) {
        self.output.clear();
        self.shut(Shutdown::Both);
    }

    fn shut(&self, how: Shutdown) {
        if let Some(descriptor) = descriptor(&self.stream) {
            // A connection that is gone needs no shutting.
            let _ = shutdown(descriptor.as_raw_fd(), how);
        }
    }
}

fn descriptor(stream: &Stream) -> Option<BorrowedFd<'_>> {
    match stream {
        Stream::Tcp(stream) => Some(stream.as_fd()),
        Stream::Unix(stream) => Some(stream.as_fd()),
        Stream::Standard { .. } => None,
    }
}
