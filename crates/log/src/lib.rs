//! Postfix's diagnostics: info, warning, error, fatal, panic, to stderr, syslog, postlogd or a file, in its exact form.
//!
//! A program calls [`init`] with a [`Setup`] (again after it read its configuration), and then logs with the macros
//! [`info!`], [`warn!`], [`error!`], [`fatal_line!`] and [`panic_line!`]. The last two only write: ending the program
//! is decided at its edge. Each line carries `syslog_name/program[number]`; the number is the process id, unless a
//! session has one of its own, see [`with_number`]. Text that strangers sent goes in through [`bytes()`], and what is
//! not printable comes out as `?`.
//!
//! Not for what is logged: each room has its own `log_lines` module.

mod capture;
mod file;
mod number;
mod postlog;
mod printable;
mod syslog;

use std::fmt;
use std::io::Write;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

pub use capture::{Capture, Kept};
pub use file::{LogFile, create_mode};
pub use number::{
    WithNumber, in_number, number, session_number, session_verbosity, set_session_verbosity, with_number,
};
pub use postlog::{HOSTNAME_ENVIRONMENT, PostlogClient, SERVICE_ENVIRONMENT};
pub use printable::{Printable, bytes, printable, set_utf8, show};
pub use syslog::{Facility, Syslog};

/// How grave a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Something happened.
    Info,
    /// Something is not as it should be.
    Warning,
    /// An operation failed.
    Error,
    /// The program gives up.
    Fatal,
    /// The program found its own state impossible.
    Panic,
}

impl Level {
    /// The word before the text, with its colon; empty for [`Level::Info`].
    pub fn prefix(self) -> &'static str {
        match self {
            Level::Info => "",
            Level::Warning => "warning: ",
            Level::Error => "error: ",
            Level::Fatal => "fatal: ",
            Level::Panic => "panic: ",
        }
    }
}

/// Where lines go, besides stderr.
#[derive(Debug, Default)]
pub enum Destination {
    /// Nowhere.
    #[default]
    None,
    /// The system logger.
    Syslog(Facility),
    /// Postfix's own logger, over its socket, or straight to a file when the socket does not answer.
    Postlog(PostlogClient),
    /// Straight to a file: postlogd itself.
    File(FileDestination),
}

/// [`Destination::File`].
#[derive(Debug)]
pub struct FileDestination {
    /// The file.
    pub file: LogFile,
    /// The host's name: its first label stands in each line.
    pub hostname: String,
}

/// How a program logs.
#[derive(Debug, Default)]
pub struct Setup {
    /// What stands before the number: `postfix/smtpd`.
    pub tag: String,
    /// If set, lines also go to stderr, after this word and a colon.
    pub stderr: Option<String>,
    /// Where else lines go.
    pub destination: Destination,
}

struct Sink {
    tag: String,
    stderr: Option<String>,
    destination: Destination,
    syslog: Option<Syslog>,
    buffer: Vec<u8>,
}

static SINK: Mutex<Option<Sink>> = Mutex::new(None);
static VERBOSE: AtomicU32 = AtomicU32::new(0);

fn sink() -> MutexGuard<'static, Option<Sink>> {
    SINK.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Sets up logging, or changes it. Sockets are opened at once, so that they work in a jail afterwards.
pub fn init(setup: Setup) {
    let Setup { tag, stderr, mut destination } = setup;
    let mut sink = sink();
    let syslog = match &mut destination {
        Destination::Syslog(_) => Some(sink.take().and_then(|old| old.syslog).unwrap_or_default().opened()),
        Destination::Postlog(client) => {
            client.connect();
            None
        }
        Destination::None | Destination::File(_) => None,
    };
    *sink = Some(Sink { tag, stderr, destination, syslog, buffer: Vec::with_capacity(2048) });
}

/// How verbose the running session is: the number of `-v` options, and what [`set_session_verbosity`] adds to it.
pub fn verbose() -> u32 {
    VERBOSE.load(Ordering::Relaxed) + session_verbosity()
}

/// Sets how verbose the program is.
pub fn set_verbose(level: u32) {
    VERBOSE.store(level, Ordering::Relaxed);
}

/// Writes one line; what the macros call.
pub fn write(level: Level, text: fmt::Arguments<'_>) {
    let text = printable::clean(text);
    if capture::take(level, &text) {
        return;
    }
    let mut sink = sink();
    let sink = sink.get_or_insert_with(|| Sink {
        tag: "unknown".to_owned(),
        stderr: Some("unknown".to_owned()),
        destination: Destination::None,
        syslog: None,
        buffer: Vec::new(),
    });
    sink.write(level, &text);
}

/// Longest text that is sent to a logger, in bytes; the rest is cut off. stderr gets all.
const TEXT_LIMIT: usize = 2000;

impl Sink {
    fn write(&mut self, level: Level, text: &str) {
        if let Some(name) = &self.stderr {
            let line = format!("{name}: {}{text}\n", level.prefix());
            // If stderr is gone there is nobody to tell.
            let _ = std::io::stderr().write_all(line.as_bytes());
        }
        let text = text.as_bytes().get(..TEXT_LIMIT).unwrap_or(text.as_bytes());
        match &mut self.destination {
            Destination::None => {}
            Destination::Syslog(facility) => {
                if let Some(syslog) = &mut self.syslog {
                    syslog.send(*facility, level, &self.tag, text, &mut self.buffer);
                }
            }
            Destination::Postlog(client) => {
                postlog::format_line(&mut self.buffer, client.hostname(), &self.tag, level, text);
                client.send(&self.buffer);
            }
            Destination::File(FileDestination { file, hostname }) => {
                postlog::format_line(&mut self.buffer, hostname, &self.tag, level, text);
                // A log that cannot be written has no place to say so.
                let _ = file.append(&self.buffer);
            }
        }
    }
}

/// Writes records that other programs formatted, each with its newline, to the log file of this process
/// ([`Destination::File`]): for postlogd. Does nothing with other destinations; says whether it did.
pub fn append_records(records: &[u8]) -> bool {
    match &mut *sink() {
        Some(Sink { destination: Destination::File(FileDestination { file, .. }), .. }) => {
            // A log that cannot be written has no place to say so.
            let _ = file.append_lines(records);
            true
        }
        _ => false,
    }
}

/// Logs a line at level info.
#[macro_export]
macro_rules! info {
    ($($arg:tt)*) => { $crate::write($crate::Level::Info, ::std::format_args!($($arg)*)) };
}

/// Logs a line after `warning: `.
#[macro_export]
macro_rules! warn {
    ($($arg:tt)*) => { $crate::write($crate::Level::Warning, ::std::format_args!($($arg)*)) };
}

/// Logs a line after `error: `.
#[macro_export]
macro_rules! error {
    ($($arg:tt)*) => { $crate::write($crate::Level::Error, ::std::format_args!($($arg)*)) };
}

/// Logs a line after `fatal: `. Only writes; ends nothing.
#[macro_export]
macro_rules! fatal_line {
    ($($arg:tt)*) => { $crate::write($crate::Level::Fatal, ::std::format_args!($($arg)*)) };
}

/// Logs a line after `panic: `. Only writes; ends nothing.
#[macro_export]
macro_rules! panic_line {
    ($($arg:tt)*) => { $crate::write($crate::Level::Panic, ::std::format_args!($($arg)*)) };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_captured_line_has_its_level() {
        let capture = Capture::start();
        warn!("{}: no", bytes(b"a\x01b"));
        info!("yes");
        assert_eq!(capture.lines(), ["warning: a?b: no", "yes"]);
    }
}
