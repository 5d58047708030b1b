//! What can go wrong with a file.

use std::fmt;
use std::io;

/// Why a request was not carried out.
#[derive(Debug)]
pub enum Error {
    /// The file system refused.
    Io(io::Error),
    /// The file is a Berkeley DB file of another access method than was asked for.
    OtherMethod,
    /// The file is no Berkeley DB file, or one of a version or with features that this crate does not know.
    NotADatabase,
    /// The structure of the file is damaged; nothing was read beyond that.
    Damaged {
        /// The page where that was seen.
        page: u32,
        /// What is wrong there.
        what: &'static str,
    },
    /// The file has features that this crate reads, but does not change: record numbers, several values for one key.
    ReadOnlyFeatures,
    /// The file would grow beyond what its format can address.
    Full,
}

impl Error {
    pub(crate) fn damaged(page: u32, what: &'static str) -> Error {
        Error::Damaged { page, what }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Io(error) => error.fmt(f),
            Error::OtherMethod => f.write_str("unexpected file type or format"),
            Error::NotADatabase => f.write_str("not a Berkeley DB hash or btree file that can be read"),
            Error::Damaged { page, what } => write!(f, "page {page}: {what}"),
            Error::ReadOnlyFeatures => {
                f.write_str("files with duplicate keys or record numbers are not changed")
            }
            Error::Full => f.write_str("the file cannot grow further"),
        }
    }
}

impl std::error::Error for Error {}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Error {
        Error::Io(error)
    }
}
