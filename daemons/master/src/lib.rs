//! The master(8) daemon: starts the programs of master.cf when they are needed, as often as they may run, and starts
//! them again when they end.
//!
//! One thread and one `poll(2)` loop (`supervisor`), because children are made by `fork(2)`. A `service` is a line of
//! master.cf (`definition`) with its sockets (`endpoint`) and its children. Children speak
//! [`server::protocol`] with master; those of ours may serve several sessions side by side, others (Postfix's own)
//! one client at a time, and both kinds run under the same master.

mod definition;
mod endpoint;
mod error;
mod log_lines;
mod options;
mod reload;
mod service;
mod settings;
mod startup;
mod supervisor;
mod wakeup;

use std::ffi::OsString;
use std::process::ExitCode;

/// Runs the daemon with its whole argument vector, the name it was called by first.
pub fn main(args: Vec<OsString>) -> ExitCode {
    match startup::run(&args) {
        Ok(status) => status,
        Err(error) => {
            error.log();
            ExitCode::FAILURE
        }
    }
}
