//! Why a look-up gave nothing.

use std::fmt;

/// What class of failure a look-up had; ordered from the weakest claim to the strongest, so that of two failed
/// look-ups of one name the greater one is reported (an answer that may come later beats one that will not).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ErrorKind {
    /// The name does not exist, has no record of the type, or is not a host name at all.
    NotFound,
    /// The domain says by an SRV record that it has no such service.
    NullSrv,
    /// The domain says by an MX record that it takes no mail (RFC 7505).
    NullMx,
    /// The name server refused for good.
    Fail,
    /// The answer was there but malformed.
    Invalid,
    /// No usable answer now; it may come later.
    Retry,
    /// A reply filter dropped all records.
    Policy,
}

/// A failed look-up with the text that Postfix reports for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    /// The class.
    pub kind: ErrorKind,
    /// For `NotFound`: the name itself does not exist (NXDOMAIN), as opposed to having no record of this type.
    pub no_such_name: bool,
    /// Time to live of the negative answer in seconds, where the server sent an SOA record.
    pub negative_ttl: Option<u32>,
    /// The text for logs and notices.
    pub text: String,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for Error {}

/// Why the native name service (hosts file, then DNS with the search list) gave nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NativeErrorKind {
    /// The name is not known anywhere.
    NoName,
    /// The name is known, but has no address of the wanted families.
    NoAddress,
    /// The name is an address of a family that is not wanted.
    OtherFamily,
    /// Try again later.
    Again,
}

/// A failed native look-up; displays as the C library's `gai_strerror` does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NativeError(pub NativeErrorKind);

impl fmt::Display for NativeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            NativeErrorKind::NoName => "Name or service not known",
            NativeErrorKind::NoAddress => "No address associated with hostname",
            NativeErrorKind::OtherFamily => "Address family for hostname not supported",
            NativeErrorKind::Again => "Temporary failure in name resolution",
        })
    }
}

impl std::error::Error for NativeError {}
