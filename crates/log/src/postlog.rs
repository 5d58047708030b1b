//! Lines for Postfix's own logger, postlogd(8): a datagram a line, with time stamp and host name.

use std::io::Write;
use std::os::unix::net::UnixDatagram;
use std::path::PathBuf;

use crate::Level;
use crate::file::LogFile;

/// Environment variable: the path of postlogd's socket, handed from parent to child.
pub const SERVICE_ENVIRONMENT: &str = "POSTLOG_SERVICE";
/// Environment variable: the host's name, handed from parent to child.
pub const HOSTNAME_ENVIRONMENT: &str = "POSTLOG_HOSTNAME";

/// Formats a line as it stands in the log file, without its newline.
pub(crate) fn format_line(buffer: &mut Vec<u8>, hostname: &str, tag: &str, level: Level, text: &[u8]) {
    let host = hostname.split('.').next().unwrap_or_default();
    let time = sys::WallTime::now().local().format("%b %d %H:%M:%S");
    buffer.clear();
    // Writing to a vector cannot fail.
    let _ = write!(buffer, "{time} {host} {tag}[{}]: {}", crate::number(), level.prefix());
    buffer.extend_from_slice(text);
}

/// The connection to postlogd.
#[derive(Debug)]
pub struct PostlogClient {
    socket_path: PathBuf,
    hostname: String,
    fallback: Option<Fallback>,
    socket: Option<UnixDatagram>,
}

#[derive(Debug)]
struct Fallback {
    path: PathBuf,
    mode: u32,
    file: Option<LogFile>,
}

impl PostlogClient {
    /// A client of the postlogd that listens on this socket.
    pub fn new(socket_path: impl Into<PathBuf>, hostname: impl Into<String>) -> PostlogClient {
        PostlogClient {
            socket_path: socket_path.into(),
            hostname: hostname.into(),
            fallback: None,
            socket: None,
        }
    }

    /// Writes to this file when postlogd does not answer: for programs that run before postlogd does.
    #[must_use]
    pub fn with_fallback(mut self, path: impl Into<PathBuf>, mode: u32) -> PostlogClient {
        self.fallback = Some(Fallback { path: path.into(), mode, file: None });
        self
    }

    pub(crate) fn hostname(&self) -> &str {
        &self.hostname
    }

    /// Connects, if the socket is there; else opens the fallback file.
    pub(crate) fn connect(&mut self) {
        if self.socket.is_none() {
            self.socket = UnixDatagram::unbound()
                .and_then(|socket| socket.connect(&self.socket_path).map(|()| socket))
                .ok();
        }
        if self.socket.is_none()
            && let Some(fallback) = &mut self.fallback
        {
            fallback.open();
        }
    }

    /// Connects, or else opens the fallback file, if there is one.
    ///
    /// # Errors
    /// postlogd does not answer, and the file cannot be opened.
    pub fn prepare(&mut self) -> std::io::Result<()> {
        self.connect();
        match (&self.socket, &self.fallback) {
            (None, Some(Fallback { path, mode, file: None })) => LogFile::open(path, *mode).map(|_| ()),
            _ => Ok(()),
        }
    }

    pub(crate) fn send(&mut self, record: &[u8]) {
        self.connect();
        match (&self.socket, &mut self.fallback) {
            (Some(socket), _) => {
                if socket.send(record).is_err() {
                    // postlogd was restarted with a new socket, perhaps: one more try.
                    self.socket = None;
                    self.connect();
                    if let Some(socket) = &self.socket {
                        let _ = socket.send(record);
                    }
                }
            }
            (None, Some(fallback)) => {
                if let Some(file) = fallback.open() {
                    let _ = file.append(record);
                }
            }
            (None, None) => {}
        }
    }
}

impl Fallback {
    fn open(&mut self) -> Option<&mut LogFile> {
        if self.file.is_none() {
            self.file = LogFile::open(&self.path, self.mode).ok();
        }
        self.file.as_mut()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_the_first_label_of_the_host_name() {
        let mut buffer = Vec::new();
        crate::in_number(42, || {
            format_line(&mut buffer, "mail.example.com", "postfix/qmgr", Level::Warning, b"oops");
        });
        let line = String::from_utf8(buffer).unwrap();
        assert!(line.ends_with(" mail postfix/qmgr[42]: warning: oops"), "{line}");
        // `Nov 02 10:11:12 ` by strftime's %b %d %H:%M:%S: the day has a leading zero.
        assert_eq!(line.find(" mail"), Some("Nov 02 10:11:12".len()));
    }
}
