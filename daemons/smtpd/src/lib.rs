//! The smtpd(8) daemon: takes mail from SMTP clients, decides whether it may come in, and hands it to cleanup(8).
//!
//! One process serves many clients at once. `service` opens everything that sessions share; `session` is one
//! client's conversation, `commands` what each command does, `checks` the access control that decides about it,
//! `queue_file` the message on its way to cleanup(8). The grammar of the protocol is in crate `smtp`.
//!
//! Not here yet: TLS, SASL, milters and the before-queue proxy filter. Where main.cf asks for one of them, the log says so
//! when the process starts.

mod chat;
mod checks;
mod client;
mod commands;
mod compat;
mod dress;
mod errors;
mod expand;
mod forwarded;
mod limits;
mod log_lines;
mod lookup;
mod probe;
mod queue_file;
mod resolve;
mod service;
mod session;
mod settings;
mod stress;
mod tls;
mod transaction;
mod transcript;
mod verb;

use std::ffi::OsString;
use std::process::ExitCode;

/// Runs the daemon with its whole argument vector, the name it was called by first.
pub fn main(args: Vec<OsString>) -> ExitCode {
    server::run_sessions::<service::Smtpd>(args)
}
