//! The listing as it grows: cut into pieces that go to the reader.

use std::io::Write;
use std::time::{Duration, Instant};

const SIZE: usize = 64 * 1024;
/// How long a piece may wait for more.
const MAX_DELAY: Duration = Duration::from_millis(100);

/// The reader of the listing has gone.
#[derive(Debug)]
pub(crate) struct Gone;

/// Takes finished pieces.
pub(crate) trait Sink {
    /// Takes a piece out of the buffer, unless the reader has gone.
    fn take(&mut self, piece: &mut Vec<u8>) -> Result<(), Gone>;
}

/// The reader itself.
impl<W: Write> Sink for W {
    fn take(&mut self, piece: &mut Vec<u8>) -> Result<(), Gone> {
        self.write_all(piece).map_err(|_| Gone)?;
        piece.clear();
        Ok(())
    }
}

/// The end of the listing that is being made.
pub(crate) struct Pieces<S> {
    sink: S,
    pending: Vec<u8>,
    /// When a piece was given away last.
    given: Option<Instant>,
}

impl<S: Sink> Pieces<S> {
    pub(crate) fn new(sink: S) -> Pieces<S> {
        Pieces { sink, pending: Vec::with_capacity(SIZE), given: None }
    }

    /// Adds a name and a value, which ends at a NUL.
    pub(crate) fn attribute(&mut self, name: &str, value: &[u8]) {
        let end = memchr::memchr(0, value).unwrap_or(value.len());
        let value = value.get(..end).unwrap_or_default();
        for word in [name.as_bytes(), value] {
            self.pending.extend_from_slice(word);
            self.pending.push(0);
        }
    }

    /// Adds what is encoded already.
    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        self.pending.extend_from_slice(bytes);
    }

    /// Where the listing grows.
    pub(crate) fn buffer(&mut self) -> &mut Vec<u8> {
        &mut self.pending
    }

    /// Gives the piece away if it is large enough, or is the first one, or has waited long: neither a large message
    /// nor a slow disk may hold up the reader.
    pub(crate) fn offer(&mut self) -> Result<(), Gone> {
        let is_due = self.pending.len() >= SIZE || self.given.is_none_or(|given| given.elapsed() > MAX_DELAY);
        if is_due { self.give() } else { Ok(()) }
    }

    /// Gives away what there is.
    pub(crate) fn give(&mut self) -> Result<(), Gone> {
        self.given = Some(Instant::now());
        if self.pending.is_empty() {
            return Ok(());
        }
        self.sink.take(&mut self.pending)
    }

    /// What is given next, and to whom.
    pub(crate) fn rest(&mut self) -> (&mut Vec<u8>, &mut S) {
        (&mut self.pending, &mut self.sink)
    }

    pub(crate) fn sink(&mut self) -> &mut S {
        &mut self.sink
    }
}
