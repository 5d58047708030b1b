//! The showq(8) daemon: lists the queue for postqueue(1).
//!
//! The files are read on a thread of the blocking pool, a piece at a time, and a piece is made only when the reader
//! took the one before: memory does not grow with the queue, and the first line comes at once.

mod listing;
mod log_lines;

use listing::{Settings, Sink};
use queue::Queue;
use server::{Conn, Fatal, Session, SessionService, Setup};
use std::ffi::OsString;
use std::process::ExitCode;
use std::rc::Rc;
use std::time::Instant;
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
const PIECE_SIZE: usize = 16 * 1024;
/// How long a piece may wait for more.
const MAX_DELAY: Duration = Duration::from_millis(100);

impl SessionService for Showq {
    const PROGRAM: &'static str = "showq";

    fn pre_jail(setup: &Setup) -> Result<Self, Fatal> {
        if let Some(argument) = setup.args.first() {
            let shown = argument.to_string_lossy();
            return Err(Fatal::new(format_args!("unexpected command-line argument: {shown}")));
        }
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
                let mut pipe = Pipe { sender, pending: Vec::with_capacity(PIECE_SIZE), sent: None };
                listing::list(&settings, &mut pipe);
                pipe.send();
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
struct Pipe {
    sender: mpsc::Sender<Vec<u8>>,
    pending: Vec<u8>,
    /// When a piece was sent last.
    sent: Option<Instant>,
}

impl Pipe {
    fn send(&mut self) -> bool {
        let piece = std::mem::replace(&mut self.pending, Vec::with_capacity(PIECE_SIZE));
        self.sent = Some(Instant::now());
        self.sender.blocking_send(piece).is_ok()
    }
}

impl Sink for Pipe {
    fn take(&mut self, bytes: &[u8]) -> bool {
        self.pending.extend_from_slice(bytes);
        // The first lines go out at once, and a slow disk must not make the reader wait for a full piece.
        let is_due = self.sent.is_none_or(|sent| sent.elapsed() > MAX_DELAY);
        if is_due || self.pending.len() >= PIECE_SIZE { self.send() } else { true }
    }
}

/// Runs the daemon with its whole argument vector, the name it was called by first.
pub fn main(args: Vec<OsString>) -> ExitCode {
    server::run_sessions::<Showq>(args)
}
