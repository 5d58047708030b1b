//! showq(8): lists the queue.
//!
//! The listing is one endless list: for each message its properties, then its recipients, then an empty name; an
//! empty name instead of a message ends it. Neither side holds more than a recipient at a time.

use crate::{Error, log_lines, protocol};
use std::io::{BufRead, BufReader, ErrorKind, Read};

/// Names of attributes.
pub mod names {
    /// Queue directory.
    pub const QUEUE_NAME: &str = "queue_name";
    /// Queue id.
    pub const QUEUE_ID: &str = "queue_id";
    /// Arrival time.
    pub const TIME: &str = "time";
    /// Size.
    pub const SIZE: &str = "size";
    /// Whether it was expired by an administrator.
    pub const FORCED_EXPIRE: &str = "forced_expire";
    /// Sender, quoted.
    pub const SENDER: &str = "sender";
    /// Recipient before rewriting, quoted.
    pub const ORIGINAL_RECIPIENT: &str = "original_recipient";
    /// Recipient, quoted.
    pub const RECIPIENT: &str = "recipient";
    /// `defer`, `bounce` or nothing.
    pub const LOG_CLASS: &str = "log_class";
    /// Why.
    pub const REASON: &str = "reason";
}

/// A message in the queue.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Message {
    /// Queue directory.
    pub queue_name: Vec<u8>,
    /// Queue id.
    pub queue_id: Vec<u8>,
    /// Arrival time, seconds since the epoch.
    pub arrival_time: i64,
    /// Size in bytes.
    pub size: i64,
    /// Whether it was expired by an administrator.
    pub forced_expire: bool,
    /// Sender, quoted.
    pub sender: Vec<u8>,
}

/// A recipient of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recipient {
    /// Address before rewriting, quoted.
    pub original: Vec<u8>,
    /// Address, quoted.
    pub address: Vec<u8>,
    /// `defer`, `bounce` or nothing.
    pub log_class: Vec<u8>,
    /// Why it was not delivered; empty when nothing is known.
    pub reason: Vec<u8>,
}

/// Reads a listing. Call [`Listing::message`], then [`Listing::recipient`] until there is none.
#[derive(Debug)]
pub struct Listing<R> {
    words: Words<R>,
    message: Message,
    recipient: Recipient,
}

/// The names and values of a listing.
#[derive(Debug)]
struct Words<R> {
    input: R,
    /// The name, or number, that was read last.
    word: Vec<u8>,
    /// Where the listing comes from, for what `-v` says.
    source: String,
}

/// What must come next, in messages.
const NAME: &str = "input attribute name";
const VALUE: &str = "input attribute value";

/// Longer values are a broken server's.
const MAX_VALUE: usize = 1 << 20;

impl<R: Read> Listing<BufReader<R>> {
    /// Whether everything that was received has been read, so that the next call may wait for the server.
    pub fn is_drained(&self) -> bool {
        self.words.input.buffer().is_empty()
    }
}

impl<R: BufRead> Listing<R> {
    /// Reads the announcement; `source` names the input in what `-v` says.
    pub fn open(input: R, source: &str) -> Result<Self, Error> {
        let mut words = Words { input, word: Vec::new(), source: source.to_owned() };
        words.announcement()?;
        Ok(Listing { words, message: Message::default(), recipient: Recipient::default() })
    }

    /// The next message; nothing at the end.
    pub fn message(&mut self) -> Result<Option<&Message>, Error> {
        let Listing { words, message, .. } = self;
        if !words.has_more()? {
            return Ok(None);
        }
        words.value(names::QUEUE_NAME, &mut message.queue_name)?;
        words.value(names::QUEUE_ID, &mut message.queue_id)?;
        message.arrival_time = words.number(names::TIME)?;
        message.size = words.number(names::SIZE)?;
        message.forced_expire = words.number(names::FORCED_EXPIRE)? != 0;
        words.value(names::SENDER, &mut message.sender)?;
        Ok(Some(message))
    }

    /// The next recipient of the message; nothing after the last.
    pub fn recipient(&mut self) -> Result<Option<&Recipient>, Error> {
        let Listing { words, recipient, .. } = self;
        if !words.has_more()? {
            return Ok(None);
        }
        words.value(names::ORIGINAL_RECIPIENT, &mut recipient.original)?;
        words.value(names::RECIPIENT, &mut recipient.address)?;
        words.value(names::LOG_CLASS, &mut recipient.log_class)?;
        words.value(names::REASON, &mut recipient.reason)?;
        Ok(Some(recipient))
    }
}

impl<R: BufRead> Words<R> {
    fn announcement(&mut self) -> Result<(), Error> {
        // A server that says nothing at all has nothing said about it.
        if self.input.fill_buf()?.is_empty() {
            return Err(Error::Eof);
        }
        let mut found = Vec::new();
        self.value(protocol::PROTOCOL, &mut found)?;
        if found != protocol::SHOWQ.as_bytes() {
            return Err(self.complain(Error::Protocol { expected: protocol::SHOWQ, found }));
        }
        let end = "(list terminator)";
        log_lines::wanted(&self.source, end);
        read_word(&mut self.input, &mut self.word, &self.source, NAME)?;
        if !self.word.is_empty() {
            let found = std::mem::take(&mut self.word);
            return Err(self.complain(Error::Unexpected { found, expected: end }));
        }
        log_lines::name(b"");
        Ok(())
    }

    /// Looks for an empty name, and reads it if it is there.
    fn has_more(&mut self) -> Result<bool, Error> {
        match self.input.fill_buf()?.first() {
            None => Err(Error::Eof),
            Some(0) => {
                self.input.consume(1);
                log_lines::end(&self.source);
                Ok(false)
            }
            Some(first) => {
                log_lines::no_end(&self.source, *first);
                Ok(true)
            }
        }
    }

    /// Reads a name, which must be this one.
    fn name(&mut self, name: &'static str) -> Result<(), Error> {
        log_lines::wanted(&self.source, name);
        read_word(&mut self.input, &mut self.word, &self.source, NAME)?;
        log_lines::name(&self.word);
        if self.word.is_empty() {
            return Err(self.complain(Error::Missing(name)));
        }
        if self.word != name.as_bytes() {
            let found = std::mem::take(&mut self.word);
            return Err(self.complain(Error::Unexpected { found, expected: name }));
        }
        Ok(())
    }

    /// Reads a name and its value.
    fn value(&mut self, name: &'static str, value: &mut Vec<u8>) -> Result<(), Error> {
        self.name(name)?;
        read_word(&mut self.input, value, &self.source, VALUE)?;
        log_lines::value(value);
        Ok(())
    }

    /// Logs what is wrong with the input.
    fn complain(&self, error: Error) -> Error {
        log_lines::malformed(&self.source, &error);
        error
    }

    fn number(&mut self, name: &'static str) -> Result<i64, Error> {
        self.name(name)?;
        read_word(&mut self.input, &mut self.word, &self.source, VALUE)?;
        log_lines::value(&self.word);
        let number = std::str::from_utf8(&self.word).ok().and_then(|text| text.parse::<u64>().ok());
        number.map(|number| number as i64).ok_or_else(|| self.complain(Error::Number(self.word.clone())))
    }
}

/// Reads up to the next NUL. Why that failed is logged, with what should have come: [`NAME`] or [`VALUE`].
fn read_word(input: &mut impl BufRead, word: &mut Vec<u8>, source: &str, context: &str) -> Result<(), Error> {
    let error = match copy_word(input, word) {
        Ok(()) => return Ok(()),
        Err(Error::Io(error)) if error.kind() == ErrorKind::WouldBlock => Error::Timeout,
        Err(error) => error,
    };
    log_lines::interrupted(source, &error, !word.is_empty(), context);
    Err(error)
}

fn copy_word(input: &mut impl BufRead, word: &mut Vec<u8>) -> Result<(), Error> {
    word.clear();
    loop {
        let unread = match input.fill_buf() {
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            unread => unread?,
        };
        if unread.is_empty() {
            return Err(Error::Eof);
        }
        let end = memchr::memchr(0, unread);
        let part = unread.get(..end.unwrap_or(unread.len())).unwrap_or_default();
        if word.len() + part.len() >= MAX_VALUE {
            return Err(Error::TooLong);
        }
        word.extend_from_slice(part);
        let used = part.len() + usize::from(end.is_some());
        input.consume(used);
        if end.is_some() {
            return Ok(());
        }
    }
}
