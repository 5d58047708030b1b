//! The anvil(8) daemon: counts what each SMTP client does in a time unit, for all smtpd(8) processes.
//!
//! The counting is in `registry.rs`, which knows neither sockets nor clocks; the highest numbers, which are logged now
//! and then, are in `statistics.rs`; `service.rs` speaks with clients.

mod log_lines;
mod registry;
mod service;
mod statistics;

use std::ffi::OsString;
use std::process::ExitCode;

/// Runs the daemon with its whole argument vector, the name it was called by first.
pub fn main(args: Vec<OsString>) -> ExitCode {
    server::run_sessions::<service::Anvil>(args)
}
