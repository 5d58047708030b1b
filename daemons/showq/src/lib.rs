//! The showq(8) daemon: lists the queue for postqueue(1).
//!
//! The files are read on threads of their own, some at a time, and others only when the reader took what came before:
//! memory does not grow with the queue, and the first line comes at once.

mod listing;
mod log_lines;
mod message;
mod pieces;
mod readers;

use listing::Settings;
use queue::Queue;
use server::{Conn, Fatal, Session, SessionService, Setup};
use std::ffi::OsString;
use std::fs::File;
use std::process::ExitCode;
use std::rc::Rc;
use std::time::Duration;

/// The service.
#[derive(Debug)]
struct Showq {
    settings: Settings,
    ipc_timeout: Duration,
}

impl SessionService for Showq {
    const PROGRAM: &'static str = "showq";

    fn pre_jail(setup: &Setup) -> Result<Self, Fatal> {
        setup.refuse_arguments()?;
        let config = &setup.config;
        Ok(Showq {
            settings: Settings {
                queue: Queue::from_config(config),
                nobody: config.get(&params::EMPTY_ADDRESS_RECIPIENT).to_owned(),
                duplicate_limit: usize::try_from(config.get(&params::DUPLICATE_FILTER_LIMIT)).unwrap_or(0),
            },
            ipc_timeout: config.get(&params::IPC_TIMEOUT),
        })
    }

    async fn serve(self: Rc<Self>, connection: Conn, session: Session) {
        let Ok(output) = connection.stream.into_blocking_output(self.ipc_timeout) else { return };
        let settings = self.settings.clone();
        let listing = tokio::task::spawn_blocking(move || {
            // Who has gone misses nothing.
            let _ = log::in_number(session.number, || listing::list(&settings, output));
        });
        let _ = listing.await;
    }

    fn serve_starter(self: Rc<Self>, _: &Setup) -> Result<(), Fatal> {
        let output = sys::inherit(1)
            .map_err(|error| Fatal::new(format_args!("standard output: {}", sys::error_text(&error))))?;
        let _ = listing::list(&self.settings, File::from(output));
        Ok(())
    }
}

/// Runs the daemon with its whole argument vector, the name it was called by first.
pub fn main(args: Vec<OsString>) -> ExitCode {
    server::run_sessions::<Showq>(args)
}
