//! What can go wrong between two daemons.

use std::fmt;
use std::io;

/// A failed exchange. `Display` gives text for a log line.
#[derive(Debug)]
pub enum Error {
    /// The service's socket cannot be connected to.
    Connect {
        /// `public/name` or `private/name`.
        service: String,
        /// How often it was tried.
        tries: u32,
        /// Why.
        error: io::Error,
    },
    /// Reading or writing failed.
    Io(io::Error),
    /// The other side closed the connection within a list.
    Eof,
    /// The other side did not answer in time.
    Timeout,
    /// The other side speaks another protocol.
    Protocol {
        /// What we expected it to announce.
        expected: &'static str,
        /// What it announced.
        found: Vec<u8>,
    },
    /// An attribute that must be there is not.
    Missing(&'static str),
    /// Another attribute than the one that must come next.
    Unexpected {
        /// The one that came.
        found: Vec<u8>,
        /// The one that must come.
        expected: &'static str,
    },
    /// A number that is none.
    Number(Vec<u8>),
    /// Encoded data that does not decode.
    Data(&'static str),
    /// More data than the protocol needs.
    TooLong,
    /// A malformed record.
    Record(queue::record::Error),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Connect { service, tries: 1, error } => {
                write!(f, "connect to {service}: {}", sys::error_text(error))
            }
            Error::Connect { service, tries, error } => {
                write!(f, "connect #{tries} to subsystem {service}: {}", sys::error_text(error))
            }
            Error::Io(error) => f.write_str(&sys::error_text(error)),
            Error::Eof => f.write_str("premature end-of-input"),
            Error::Timeout => f.write_str("timeout"),
            Error::Protocol { expected, found } => {
                write!(f, "unexpected protocol {} (expected: {expected})", String::from_utf8_lossy(found))
            }
            Error::Missing(name) => write!(f, "missing attribute {name}"),
            Error::Unexpected { found, expected } => {
                let found = String::from_utf8_lossy(found);
                write!(f, "unexpected attribute {found} (expecting: {expected})")
            }
            Error::Number(text) => {
                write!(f, "malformed numerical data: {:.100}", String::from_utf8_lossy(text))
            }
            Error::Data(name) => write!(f, "malformed data in attribute {name}"),
            Error::TooLong => f.write_str("attribute list too long"),
            Error::Record(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for Error {}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::UnexpectedEof => Error::Eof,
            io::ErrorKind::TimedOut => Error::Timeout,
            _ => Error::Io(error),
        }
    }
}

impl From<queue::record::Error> for Error {
    fn from(error: queue::record::Error) -> Self {
        Error::Record(error)
    }
}
