//! The postdrop(1) command.

use std::ffi::OsString;
use std::process::ExitCode;

/// Runs the command with its whole argument vector, the name it was called by first.
pub fn run(_args: Vec<OsString>) -> ExitCode {
    ExitCode::FAILURE
}
