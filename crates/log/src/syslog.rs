//! Lines for the system logger, by the datagram form of `syslog(3)`.

use std::io::{self, Write};
use std::os::unix::net::{UnixDatagram, UnixStream};

use crate::Level;

/// What kind of program logs: `syslog_facility`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Facility(u8);

impl Facility {
    /// Mail system.
    pub const MAIL: Facility = Facility(2 << 3);

    /// The facility of this name, as in syslog.conf(5).
    pub fn by_name(name: &str) -> Option<Facility> {
        let code = match name {
            "kern" => 0,
            "user" => 1,
            "mail" => 2,
            "daemon" => 3,
            "auth" | "security" => 4,
            "syslog" => 5,
            "lpr" => 6,
            "news" => 7,
            "uucp" => 8,
            "cron" => 9,
            "authpriv" => 10,
            "ftp" => 11,
            _ => {
                let local = name.strip_prefix("local")?;
                match local.as_bytes() {
                    [digit @ b'0'..=b'7'] => 16 + (digit - b'0'),
                    _ => return None,
                }
            }
        };
        Some(Facility(code << 3))
    }
}

impl Default for Facility {
    fn default() -> Facility {
        Facility::MAIL
    }
}

fn severity(level: Level) -> u8 {
    match level {
        Level::Info => 6,
        Level::Warning => 4,
        Level::Error => 3,
        Level::Fatal | Level::Panic => 2,
    }
}

const SOCKET: &str = "/dev/log";

#[derive(Debug)]
enum Socket {
    Datagram(UnixDatagram),
    Stream(UnixStream),
}

/// The connection to the system logger.
#[derive(Debug, Default)]
pub struct Syslog {
    socket: Option<Socket>,
}

impl Syslog {
    /// Connects now, if it is not connected.
    pub(crate) fn opened(mut self) -> Syslog {
        if self.socket.is_none() {
            self.socket = connect().ok();
        }
        self
    }

    pub(crate) fn send(
        &mut self,
        facility: Facility,
        level: Level,
        tag: &str,
        text: &[u8],
        buffer: &mut Vec<u8>,
    ) {
        let time = sys::WallTime::now().local().format("%b %e %H:%M:%S");
        buffer.clear();
        // Writing to a vector cannot fail.
        let _ = write!(buffer, "<{}>{time} {tag}", facility.0 | severity(level));
        // A record that is passed on for another program has that program's number in its tag.
        if !tag.contains('[') {
            let _ = write!(buffer, "[{}]", crate::number());
        }
        let _ = write!(buffer, ": {}", level.prefix());
        buffer.extend_from_slice(text);
        if self.try_send(buffer).is_err() {
            self.socket = connect().ok();
            let _ = self.try_send(buffer);
        }
    }

    fn try_send(&mut self, record: &[u8]) -> io::Result<()> {
        match &mut self.socket {
            None => Err(io::ErrorKind::NotConnected.into()),
            Some(Socket::Datagram(socket)) => socket.send(record).map(|_| ()),
            Some(Socket::Stream(stream)) => {
                // On a stream, a NUL byte ends a record.
                let mut record = record.to_vec();
                record.push(0);
                stream.write_all(&record)
            }
        }
    }
}

fn connect() -> io::Result<Socket> {
    let datagram = UnixDatagram::unbound()?;
    match datagram.connect(SOCKET) {
        Ok(()) => Ok(Socket::Datagram(datagram)),
        Err(_) => UnixStream::connect(SOCKET).map(Socket::Stream),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facilities_have_syslogs_numbers() {
        assert_eq!(Facility::by_name("mail"), Some(Facility::MAIL));
        assert_eq!(Facility::by_name("local7"), Some(Facility(23 << 3)));
        assert_eq!(Facility::by_name("local8"), None);
        assert_eq!(Facility::by_name("nonsense"), None);
    }
}
