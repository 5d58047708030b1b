//! Why master gives up: its fatal log line.

use std::fmt;
use std::io;

/// The text of a fatal log line, and what comes before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Error(server::Fatal);

impl Error {
    pub(crate) fn new(text: impl fmt::Display) -> Error {
        Error(server::Fatal::new(text))
    }

    /// `what: text of the system's error`.
    pub(crate) fn system(what: impl fmt::Display, error: &io::Error) -> Error {
        Error::new(format_args!("{what}: {}", sys::error_text(error)))
    }

    pub(crate) fn log(&self) {
        self.0.log();
    }
}

impl fmt::Display for Error {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(out)
    }
}

impl std::error::Error for Error {}

impl From<config::Error> for Error {
    fn from(error: config::Error) -> Error {
        Error(error.into())
    }
}

impl From<cli::logging::Error> for Error {
    fn from(error: cli::logging::Error) -> Error {
        Error(error.into())
    }
}
