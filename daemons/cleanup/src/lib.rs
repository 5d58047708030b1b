//! The cleanup(8) daemon: takes mail from the daemons that receive it, brings it into shape, and puts it into the queue.
//!
//! A client sends a message as a stream of records: envelope, content, and what was found in the content. One
//! `message::Message` takes them, one after the other, and writes the queue file; `envelope.rs`, `content.rs` and
//! `extracted.rs` are its three phases, `finish.rs` its end. `service.rs` speaks the protocol. Messages are handled side
//! by side in one process; what must wait for the disk waits on the blocking pool.

mod actions;
mod clock;
mod content;
mod duplicates;
mod envelope;
mod extracted;
mod finish;
mod flags;
mod full_name;
mod header;
mod log_lines;
mod lookups;
mod mapping;
mod masquerade;
mod message;
mod missing_headers;
mod notices;
mod output;
mod recipients;
mod records;
mod rewriter;
mod service;
mod settings;
mod text;

use std::ffi::OsString;
use std::process::ExitCode;

/// Runs the daemon with its whole argument vector, the name it was called by first.
pub fn main(args: Vec<OsString>) -> ExitCode {
    server::run_sessions::<service::Service>(args)
}
