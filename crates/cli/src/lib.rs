//! What every command starts with: getopt as the C library does it, a clean environment, `-v`, exit statuses.
//!
//! A command's `run(args)` calls [`start`], goes through its options with [`Getopt`], and ends with an [`Exit`]; where
//! Postfix dies with `fatal: text`, it returns [`fatal`]`(text)`. Not for what a command does, nor for reading main.cf
//! (crate `config`); [`logging`] turns its settings into a place for log lines.

mod configured;
mod exit;
mod getopt;
pub mod logging;

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::os::unix::ffi::OsStrExt;
use std::process::ExitCode;

pub use configured::{
    EnvironmentError, NoDebugger, clean_environment, configure, configure_with_fallback,
    enter_queue_directory, limit_file_size, load, logging_settings, start_debugger, update_environment,
};
pub use exit::Exit;
pub use getopt::{Getopt, Opt};

/// Environment variable: the configuration directory (`-c`).
pub const CONFIG_ENVIRONMENT: &str = "MAIL_CONFIG";
/// Environment variable: set for verbose logging (`-v`).
pub const VERBOSE_ENVIRONMENT: &str = "MAIL_VERBOSE";
/// Environment variable: set for starting daemons under a debugger (`-D`).
pub const DEBUG_ENVIRONMENT: &str = "MAIL_DEBUG";
/// Environment variable: `syslog_name`, handed from parent to child.
pub const LOGTAG_ENVIRONMENT: &str = "MAIL_LOGTAG";

/// Where a command's diagnostics go before it has read main.cf.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Logging {
    /// To stderr alone (postconf, postmap, ...).
    Stderr,
    /// To stderr and to the mail log (sendmail, postqueue, ...).
    StderrAndMailLog,
}

/// What follows the last slash of the name that a program was called by; the whole name if nothing does.
pub fn program_name(arg0: Option<&OsString>) -> String {
    let name = arg0.map_or(OsStr::new("unknown"), OsString::as_os_str).as_bytes();
    let last = name.rsplit(|&byte| byte == b'/').next().filter(|last| !last.is_empty());
    String::from_utf8_lossy(last.unwrap_or(name)).into_owned()
}

/// Starts a command: opens missing standard descriptors, sets the umask to 022, lets SIGPIPE do what it does to other
/// programs, and sends diagnostics to stderr under the program's name, which is given back.
pub fn start(args: &[OsString], logging: Logging) -> String {
    let program = program_name(args.first());
    start_as(&program, logging);
    program
}

/// Like [`start`], under a fixed name: for set-gid commands, whose caller chooses their first argument.
pub fn start_as(program: &str, logging: Logging) {
    sys::process::umask(0o022);
    // Without /dev/null there is nothing to be done, nor anywhere to say it.
    let _ = sys::open_standard_descriptors();
    // Without it nothing is lost: writes to a closed pipe fail instead.
    let _ = sys::signals::restore_pipe_signal();
    if sys::environment::is_untrusted() {
        // A set-gid program must not read a time zone file of the caller's choice.
        let _ = sys::environment::remove("TZ");
    }
    sys::clock::load_time_zone();
    let destination = match logging {
        Logging::Stderr => log::Destination::None,
        Logging::StderrAndMailLog => logging::destination_from_environment(),
    };
    let tag = format!("{}/{program}", logging::inherited_tag());
    log::init(log::Setup { tag, stderr: Some(program.to_owned()), destination });
}

/// Sets an environment variable for this process and its children: `MAIL_CONFIG` for `-c`.
///
/// # Errors
/// The process has threads already.
pub fn set_environment(name: &str, value: &OsStr) -> std::io::Result<()> {
    sys::environment::set(name, value)
}

/// Logs a fatal line and gives exit status 1.
pub fn fatal(text: impl fmt::Display) -> ExitCode {
    fatal_status(Exit::FAILURE, text)
}

/// Logs a fatal line and gives a chosen exit status.
pub fn fatal_status(status: Exit, text: impl fmt::Display) -> ExitCode {
    log::fatal_line!("{text}");
    status.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_program_is_the_last_component() {
        assert_eq!(program_name(Some(&"/usr/sbin/postqueue".into())), "postqueue");
        assert_eq!(program_name(Some(&"a/".into())), "a/");
        assert_eq!(program_name(None), "unknown");
    }
}
