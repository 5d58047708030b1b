//! Why a delivery into a file failed.

use std::io;

/// An enhanced status code and a text for the sender.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Such as `4.2.0`.
    pub status: &'static str,
    /// What went wrong, for the log and for notices.
    pub text: String,
    /// The text behind `Diagnostic-Code: x-unix;`, if notices show one.
    pub unix_diagnostic: Option<&'static str>,
}

impl Failure {
    /// Without a diagnostic code of its own.
    pub fn new(status: &'static str, text: impl Into<String>) -> Failure {
        Failure { status, text: text.into(), unix_diagnostic: None }
    }

    /// An input or output error.
    pub fn io(status: &'static str, text: impl Into<String>) -> Failure {
        Failure { status, text: text.into(), unix_diagnostic: Some("input/output error") }
    }

    /// The same with `prefix` in front of the text.
    #[must_use]
    pub fn prefixed(mut self, prefix: &str) -> Failure {
        self.text.insert_str(0, prefix);
        self
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for Failure {}

/// The status for an error on a mailbox file: try again, system full, mailbox full, or else `default`.
pub fn mailbox_status(error: &io::Error, default: &'static str) -> &'static str {
    use nix::errno::Errno;
    match error.raw_os_error().map(Errno::from_raw) {
        Some(Errno::EAGAIN | Errno::ESTALE) => "4.2.0",
        Some(Errno::ENOSPC) => "4.3.0",
        Some(Errno::EDQUOT | Errno::EFBIG) => "5.2.2",
        _ => default,
    }
}
