//! The end of a daemon that cannot go on.

use std::fmt;
use std::process::ExitCode;
use std::time::Duration;

/// Why a daemon cannot start or go on: the text of its fatal log line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fatal {
    // What is logged before the fatal line: a warning, or else an error.
    before: Vec<(log::Level, String)>,
    text: String,
}

impl Fatal {
    /// A reason, worded as Postfix words it.
    pub fn new(text: impl fmt::Display) -> Fatal {
        Fatal { before: Vec::new(), text: text.to_string() }
    }

    /// Writes the log lines.
    pub fn log(&self) {
        for (level, line) in &self.before {
            log::write(*level, format_args!("{line}"));
        }
        log::fatal_line!("{}", self.text);
    }
}

impl fmt::Display for Fatal {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.text)
    }
}

impl std::error::Error for Fatal {}

impl From<config::Error> for Fatal {
    fn from(error: config::Error) -> Fatal {
        let before = error
            .lines_before()
            .iter()
            .map(|line| match line {
                config::Line::Warning(text) => (log::Level::Warning, text.clone()),
                config::Line::Error(text) => (log::Level::Error, text.clone()),
            })
            .collect();
        Fatal { before, text: error.to_string() }
    }
}

impl From<cli::logging::Error> for Fatal {
    fn from(error: cli::logging::Error) -> Fatal {
        Fatal::new(error)
    }
}

/// The edge: writes the log line and gives the exit status. Waits a second first, as every Postfix daemon does, so that
/// a service that cannot start does not spin.
pub(crate) fn end(result: Result<(), Fatal>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(fatal) => {
            fatal.log();
            std::thread::sleep(Duration::from_secs(1));
            ExitCode::FAILURE
        }
    }
}
