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
#[derive(Clone, Debug, PartialEq, Eq)]
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
#[derive(Clone, Debug, PartialEq, Eq)]
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
    input: R,
    /// The name that was read last.
    name: Vec<u8>,
    /// Where the listing comes from, for what `-v` says.
    source: String,
}

/// What must come next, in messages.
const NAME: &str = "input attribute name";
const VALUE: &str = "input attribute value";

/// Longer values are a broken server's.
const MAX_VALUE: u64 = 1 << 20;

impl<R: Read> Listing<BufReader<R>> {
    /// Whether everything that was received has been read, so that the next call may wait for the server.
    pub fn is_drained(&self) -> bool {
        self.input.buffer().is_empty()
    }
}

impl<R: BufRead> Listing<R> {
    /// Reads the announcement; `source` names the input in what `-v` says.
    pub fn open(input: R, source: &str) -> Result<Self, Error> {
        let mut listing = Listing { input, name: Vec::new(), source: source.to_owned() };
        // A server that says nothing at all has nothing said about it.
        if listing.input.fill_buf()?.is_empty() {
            return Err(Error::Eof);
        }
        let found = listing.expect(protocol::PROTOCOL)?;
        if found != protocol::SHOWQ.as_bytes() {
            return Err(listing.complain(Error::Protocol { expected: protocol::SHOWQ, found }));
        }
        let end = "(list terminator)";
        log_lines::wanted(&listing.source, end);
        let found = listing.word(NAME)?;
        if found.is_empty() {
            log_lines::name(b"");
            Ok(listing)
        } else {
            Err(listing.complain(Error::Unexpected { found, expected: end }))
        }
    }

    /// The next message; nothing at the end.
    pub fn message(&mut self) -> Result<Option<Message>, Error> {
        if !self.has_more()? {
            return Ok(None);
        }
        Ok(Some(Message {
            queue_name: self.expect(names::QUEUE_NAME)?,
            queue_id: self.expect(names::QUEUE_ID)?,
            arrival_time: self.number(names::TIME)?,
            size: self.number(names::SIZE)?,
            forced_expire: self.number(names::FORCED_EXPIRE)? != 0,
            sender: self.expect(names::SENDER)?,
        }))
    }

    /// The next recipient of the message; nothing after the last.
    pub fn recipient(&mut self) -> Result<Option<Recipient>, Error> {
        if !self.has_more()? {
            return Ok(None);
        }
        Ok(Some(Recipient {
            original: self.expect(names::ORIGINAL_RECIPIENT)?,
            address: self.expect(names::RECIPIENT)?,
            log_class: self.expect(names::LOG_CLASS)?,
            reason: self.expect(names::REASON)?,
        }))
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

    fn expect(&mut self, name: &'static str) -> Result<Vec<u8>, Error> {
        let mut found = std::mem::take(&mut self.name);
        log_lines::wanted(&self.source, name);
        self.word_into(&mut found, NAME)?;
        log_lines::name(&found);
        if found.is_empty() {
            return Err(self.complain(Error::Missing(name)));
        }
        if found != name.as_bytes() {
            return Err(self.complain(Error::Unexpected { found, expected: name }));
        }
        self.name = found;
        let value = self.word(VALUE)?;
        log_lines::value(&value);
        Ok(value)
    }

    /// Logs what is wrong with the input.
    fn complain(&self, error: Error) -> Error {
        log_lines::malformed(&self.source, &error);
        error
    }

    fn number(&mut self, name: &'static str) -> Result<i64, Error> {
        let text = self.expect(name)?;
        let number = std::str::from_utf8(&text).ok().and_then(|text| text.parse::<u64>().ok());
        number.map(|number| number as i64).ok_or_else(|| self.complain(Error::Number(text)))
    }

    fn word(&mut self, context: &str) -> Result<Vec<u8>, Error> {
        let mut word = Vec::new();
        self.word_into(&mut word, context)?;
        Ok(word)
    }

    /// Reads up to the next NUL. Why that failed is logged, with what should have come: [`NAME`] or [`VALUE`].
    fn word_into(&mut self, word: &mut Vec<u8>, context: &str) -> Result<(), Error> {
        word.clear();
        let mut limited = (&mut self.input).take(MAX_VALUE);
        let error = match limited.read_until(0, word) {
            Ok(_) if word.pop_if(|last| *last == 0).is_some() => return Ok(()),
            Ok(_) if limited.limit() == 0 => Error::TooLong,
            Ok(_) => Error::Eof,
            Err(error) if error.kind() == ErrorKind::WouldBlock => Error::Timeout,
            Err(error) => error.into(),
        };
        log_lines::interrupted(&self.source, &error, !word.is_empty(), context);
        Err(error)
    }
}
