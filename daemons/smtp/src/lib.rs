//! The smtp(8) daemon.

use std::ffi::OsString;
use std::process::ExitCode;

/// Runs the daemon with its whole argument vector, the name it was called by first.
pub fn main(_args: Vec<OsString>) -> ExitCode {
    ExitCode::FAILURE
}
