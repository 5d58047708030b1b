//! The trivial-rewrite(8) daemon: brings addresses into complete form, and finds the way for a recipient.
//!
//! Every other daemon asks it, all the time, so that one process with one set of tables serves them all. Start at
//! `service` for the protocol, `rewrite.rs` for complete forms, `resolve.rs` for address classes and routing.

mod log_lines;
mod personality;
mod resolve;
mod rewrite;
mod service;
mod transport;

use std::ffi::OsString;
use std::process::ExitCode;

/// Runs the daemon with its whole argument vector, the name it was called by first.
pub fn main(args: Vec<OsString>) -> ExitCode {
    server::run_sessions::<service::TrivialRewrite>(args)
}
