//! The proxymap(8) daemon: opens tables for other daemons, which saves open files and reaches out of their jails. As
//! `proxywrite`, it also changes them, one at a time.
//!
//! Only tables that main.cf names are opened, see `approved.rs`; `service.rs` speaks with clients.

mod approved;
mod log_lines;
mod service;

use std::ffi::OsString;
use std::process::ExitCode;

/// Runs the daemon with its whole argument vector, the name it was called by first.
pub fn main(args: Vec<OsString>) -> ExitCode {
    server::run_sessions::<service::Proxymap>(args)
}
