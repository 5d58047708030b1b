//! Triggers: a few bytes that wake a service up (qmgr(8), pickup(8), flush(8)).

use crate::{Class, Services, log_lines};
use std::io;
use std::os::unix::fs::FileTypeExt;
use std::path::Path;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::time::timeout;

/// Wake up: do what you do regularly.
pub const WAKEUP: u8 = b'W';
/// qmgr(8): look at the deferred queue.
pub const SCAN_DEFERRED: u8 = b'D';
/// qmgr(8): look at the incoming queue.
pub const SCAN_INCOMING: u8 = b'I';
/// qmgr(8): forget about dead destinations.
pub const FLUSH_DEAD: u8 = b'F';
/// qmgr(8): whatever the files' time stamps say.
pub const SCAN_ALL: u8 = b'A';
/// qmgr(8): try everything now.
pub const FLUSH_ALL: &[u8] = &[FLUSH_DEAD, SCAN_ALL, SCAN_DEFERRED, SCAN_INCOMING];

/// A trigger that was sent. The service may still have to read it: keep this until it did, or for as long as you
/// can.
#[derive(Debug)]
#[must_use]
pub struct Sent(Option<UnixStream>);

impl Sent {
    /// Waits until the service has read the trigger and hung up, or for as long as trigger_timeout says.
    pub async fn wait(self, services: &Services) {
        self.wait_for(services.settings().trigger_timeout).await;
    }

    /// As [`Sent::wait`], with another limit.
    pub async fn wait_for(mut self, limit: Duration) {
        if let Some(stream) = &mut self.0 {
            let mut byte = [0];
            let _ = timeout(limit, stream.read(&mut byte)).await;
        }
    }
}

/// Sends a trigger. The error is that the service is not there; a service that is busy is not an error.
pub async fn send(services: &Services, class: Class, service: &str, request: &[u8]) -> io::Result<Sent> {
    send_to(services, &services.path(class, service), request).await
}

/// As [`send`], to a socket or a fifo by its path.
pub async fn send_to(services: &Services, path: &Path, request: &[u8]) -> io::Result<Sent> {
    let limit = services.settings().trigger_timeout;
    if is_fifo(path)? {
        write_fifo(path, request)?;
        return Ok(Sent(None));
    }
    log_lines::triggering(path);
    let connected = timeout(limit, UnixStream::connect(path))
        .await
        .unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()));
    let mut stream = connected.inspect_err(|error| log_lines::no_trigger_connection(path, error))?;
    // A service that hangs up at once has its reasons.
    let _ = timeout(limit, stream.write_all(&terminated(request))).await;
    Ok(Sent(Some(stream)))
}

/// Sends a trigger from a program that does one thing at a time, and does not stay to see it read: what was sent stays in
/// the socket.
pub fn notify(services: &Services, class: Class, service: &str, request: &[u8]) -> io::Result<()> {
    use std::io::Write;
    let path = services.path(class, service);
    if is_fifo(&path)? {
        return write_fifo(&path, request);
    }
    log_lines::triggering(&path);
    let mut stream = sys::network::connect_unix(&path, services.settings().trigger_timeout)
        .inspect_err(|error| log_lines::no_trigger_connection(&path, error))?;
    stream.write_all(&terminated(request))
}

/// Whether a service listens at a fifo; else it does at a socket.
fn is_fifo(path: &Path) -> io::Result<bool> {
    let kind = std::fs::metadata(path).inspect_err(|error| log_lines::no_trigger(path, error))?.file_type();
    if !kind.is_fifo() && !kind.is_socket() {
        log_lines::odd_trigger(path);
        return Err(io::ErrorKind::InvalidInput.into());
    }
    Ok(kind.is_fifo())
}

/// A request as it goes through a socket.
fn terminated(request: &[u8]) -> Vec<u8> {
    [request, b"\0"].concat()
}

/// Fifos are an old form of trigger services; nobody reading is an error, a full one is not.
fn write_fifo(path: &Path, request: &[u8]) -> io::Result<()> {
    use std::io::Write;
    use std::os::unix::fs::OpenOptionsExt;
    const NONBLOCK: i32 = 0o4000;
    let mut fifo = std::fs::OpenOptions::new().write(true).custom_flags(NONBLOCK).open(path)?;
    match fifo.write(request) {
        Err(error) if error.kind() != io::ErrorKind::WouldBlock => Err(error),
        _ => Ok(()),
    }
}
