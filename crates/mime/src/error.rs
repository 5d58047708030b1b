//! What can be wrong with a message's structure.

/// One kind of error. Each is reported once a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Error {
    /// Parts within parts deeper than `mime_nesting_limit`.
    Nesting,
    /// A header longer than `header_size_limit`; the rest was dropped.
    TruncatedHeader,
    /// Eight-bit data in a header.
    EightBitInHeader,
    /// Eight-bit data in a part that is declared as, or defaults to, seven-bit.
    EightBitInBody,
    /// A composite part with an encoding that is not an identity.
    EncodingDomain,
    /// The primary header ended without an empty line.
    NonEmptyEndOfHeader,
}

impl Error {
    /// All errors, the more serious first.
    pub const ALL: [Error; 6] = [
        Error::Nesting,
        Error::TruncatedHeader,
        Error::EightBitInHeader,
        Error::EightBitInBody,
        Error::EncodingDomain,
        Error::NonEmptyEndOfHeader,
    ];

    /// The enhanced status code for mail refused because of this.
    pub const fn status(self) -> &'static str {
        "5.6.0"
    }

    /// The text for replies and log lines.
    pub const fn text(self) -> &'static str {
        match self {
            Error::Nesting => "MIME nesting exceeds safety limit",
            Error::TruncatedHeader => "message header length exceeds safety limit",
            Error::EightBitInHeader => "improper use of 8-bit data in message header",
            Error::EightBitInBody => "improper use of 8-bit data in message body",
            Error::EncodingDomain => "invalid message/* or multipart/* encoding domain",
            Error::NonEmptyEndOfHeader => "primary header was terminated with non-empty line",
        }
    }
}

/// A set of errors.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Errors(u8);

impl Errors {
    /// Whether the error is in the set.
    pub fn contains(self, error: Error) -> bool {
        self.0 & (1 << error as u8) != 0
    }

    /// Puts an error in; says whether it was new.
    pub fn insert(&mut self, error: Error) -> bool {
        let new = !self.contains(error);
        self.0 |= 1 << error as u8;
        new
    }

    /// Takes an error out.
    pub fn remove(&mut self, error: Error) {
        self.0 &= !(1 << error as u8);
    }

    /// The most serious error of the set.
    pub fn worst(self) -> Option<Error> {
        Error::ALL.into_iter().find(|&error| self.contains(error))
    }
}
