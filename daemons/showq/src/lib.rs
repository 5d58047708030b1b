//! The showq(8) daemon: lists the queue for postqueue(1).
//!
//! The files are read on threads of their own, a piece at a time, and a piece is made only when the reader took one
//! before: memory does not grow with the queue, and the first line comes at once.

mod listing;
mod log_lines;
mod message;
mod pieces;
mod readers;

use listing::Settings;
use pieces::{Gone, Sink};
use queue::Queue;
use server::{Conn, Fatal, Session, SessionService, Setup};
use std::ffi::OsString;
use std::process::ExitCode;
use std::rc::Rc;
use tokio::io::AsyncWriteExt;
use tokio::sync::mpsc;
use tokio::time::{Duration, timeout};

/// The service.
#[derive(Debug)]
struct Showq {
    settings: Settings,
    ipc_timeout: Duration,
}

/// Pieces that may wait for the reader.
const PIECES: usize = 4;

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

    async fn serve(self: Rc<Self>, mut connection: Conn, session: Session) {
        let (sender, mut pieces) = mpsc::channel::<Vec<u8>>(PIECES);
        let settings = self.settings.clone();
        let number = session.number;
        let reading = tokio::task::spawn_blocking(move || {
            log::in_number(number, || {
                // Who has gone misses nothing.
                let _ = listing::list(&settings, sender);
            });
        });
        while let Some(piece) = pieces.recv().await {
            let written = timeout(self.ipc_timeout, connection.stream.write_all(&piece)).await;
            if !matches!(written, Ok(Ok(()))) {
                break;
            }
        }
        let _ = connection.stream.flush().await;
        // Ends the reading thread, if the client hung up on it.
        drop(pieces);
        let _ = reading.await;
    }
}

/// The blocking end of the channel.
impl Sink for mpsc::Sender<Vec<u8>> {
    fn take(&mut self, piece: Vec<u8>) -> Result<(), Gone> {
        self.blocking_send(piece).map_err(|_| Gone)
    }
}

/// Runs the daemon with its whole argument vector, the name it was called by first.
pub fn main(args: Vec<OsString>) -> ExitCode {
    server::run_sessions::<Showq>(args)
}
