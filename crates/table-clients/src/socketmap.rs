//! `socketmap:inet:host:port:name`, `socketmap:unix:path:name`: netstrings. See socketmap_table(5).

use super::endpoint::Endpoint;
use super::kept::{Held, Kept};
use super::log_lines;
use super::wire::Wire;
use bstr::ByteSlice;
use config::networks::Protocols;
use std::io;
use std::time::Duration;
use tables::trim_start;
use tables::{About, Flags, LookupError, Name, OpenError, Opener, Owner, Table};

/// The limit of connecting, reading and writing.
const TIMEOUT: Duration = Duration::from_secs(100);
const IDLE_LIMIT: Duration = Duration::from_secs(10);
const LIFE_LIMIT: Duration = Duration::from_secs(100);

/// One map of a socketmap server.
pub(crate) struct SocketmapTable {
    about: About,
    /// The name of the map on the server.
    map: Vec<u8>,
    endpoint: Endpoint,
    protocols: Protocols,
    max_reply: usize,
    kept: Kept<Wire>,
}

/// Why no netstring came.
enum Broken {
    /// The server hung up, or the connection failed.
    Disconnect(Option<io::Error>),
    TimeLimit,
    Format,
    Size,
}

impl From<io::Error> for Broken {
    fn from(error: io::Error) -> Broken {
        match error.kind() {
            io::ErrorKind::TimedOut => Broken::TimeLimit,
            _ => Broken::Disconnect(Some(error)),
        }
    }
}

impl Broken {
    fn text(&self) -> &'static str {
        match self {
            Broken::Disconnect(_) => "unexpected disconnect",
            Broken::TimeLimit => "time limit exceeded",
            Broken::Format => "input format error",
            Broken::Size => "input exceeds size limit",
        }
    }

    /// The system's text, as postmap(1) shows it behind `query error: `.
    fn cause(&self, wire: &Wire) -> Option<String> {
        use nix::errno::Errno;
        match self {
            Broken::Disconnect(error) => error.as_ref().map(sys::error_text).or_else(|| wire.left_behind()),
            Broken::TimeLimit => Some(sys::errno_text(Errno::ETIMEDOUT)),
            Broken::Format => None,
            Broken::Size => Some(sys::errno_text(Errno::EMSGSIZE)),
        }
    }
}

/// Reads a netstring of at most `limit` bytes.
fn read_netstring(wire: &mut Wire, limit: usize) -> Result<Vec<u8>, Broken> {
    let mut length: usize = 0;
    loop {
        match wire.read_byte()? {
            None => return Err(Broken::Disconnect(None)),
            Some(b':') => break,
            Some(digit @ b'0'..=b'9') => {
                let longer =
                    length.checked_mul(10).and_then(|tens| tens.checked_add(usize::from(digit - b'0')));
                length = longer.filter(|length| isize::try_from(*length).is_ok()).ok_or(Broken::Size)?;
            }
            Some(_) => return Err(Broken::Format),
        }
    }
    if length > limit {
        return Err(Broken::Size);
    }
    let text = wire.read_exact(length)?.ok_or(Broken::Disconnect(None))?;
    match wire.read_byte()? {
        Some(b',') => Ok(text),
        _ => Err(Broken::Format),
    }
}

/// What a server says of a key.
#[derive(Debug, PartialEq, Eq)]
pub enum Reply {
    /// `OK`: the value.
    Found(Vec<u8>),
    /// `NOTFOUND`.
    NotFound,
    /// Something else: the class of error in Postfix's words, and the server's reason.
    Failed(&'static str, Vec<u8>),
}

/// Reads a reply, without the netstring around it.
pub fn parse_reply(text: &[u8]) -> Reply {
    // What follows a null byte is not seen, as in the original.
    let text = text.split(|&byte| byte == 0).next().unwrap_or_default();
    let space = text.iter().position(|&byte| byte == b' ');
    let (status, rest) = match space {
        Some(space) => (&text[..space], &text[space + 1..]),
        None => (text, &b""[..]),
    };
    let class = match status {
        b"OK" => return Reply::Found(rest.to_vec()),
        b"NOTFOUND" => return Reply::NotFound,
        b"TEMP" => "temporary",
        b"TIMEOUT" => "timeout",
        b"PERM" => "permanent",
        _ => "unknown",
    };
    Reply::Failed(class, trim_start(rest).to_vec())
}

impl SocketmapTable {
    /// Reads the address. The server is not asked yet.
    pub(crate) fn open(opener: &Opener, name: &Name, flags: Flags) -> Result<SocketmapTable, OpenError> {
        if flags.contains(Flags::NO_UNAUTH) {
            let text = format!("socketmap:{name} map is not allowed for security-sensitive data");
            return Err(OpenError::unavailable(text));
        }
        let (server, map) = name
            .rsplit_once_str(":")
            .ok_or_else(|| OpenError::unavailable("socketmap requires server:socketmap argument"))?;
        let settings = opener.settings();
        Ok(SocketmapTable {
            about: About::new("socketmap", name, flags | Flags::PATTERN, Owner::Unknown),
            map: map.to_owned(),
            endpoint: Endpoint::parse(server)?,
            protocols: settings.protocols(),
            max_reply: settings.socketmap_max_reply,
            kept: Kept::new(IDLE_LIMIT, LIFE_LIMIT),
        })
    }

    fn connection(&self) -> Result<Held<Wire>, LookupError> {
        if let Some(held) = self.kept.take() {
            return Ok(held);
        }
        let connected = self.endpoint.connect(self.protocols, Some(TIMEOUT));
        connected.map(Held::fresh).map_err(|error| {
            error.into_lookup_error(|why| {
                log_lines::connect_to(self.endpoint.name(), why);
                log_lines::socketmap_lookup(&self.about.name, why);
            })
        })
    }

    /// The reply to a request. A connection that broke is made again once, so that nobody sees a server's restart.
    fn ask(&self, request: &[u8]) -> Result<(Held<Wire>, Vec<u8>), LookupError> {
        let mut again = true;
        loop {
            let mut held = self.connection()?;
            let wire = &mut held.connection;
            let answer =
                wire.send(request).map_err(Broken::from).and_then(|()| read_netstring(wire, self.max_reply));
            match answer {
                Ok(reply) => return Ok((held, reply)),
                Err(Broken::Disconnect(_)) if again => {
                    // Others that were kept are no better, most likely.
                    self.kept.clear();
                    again = false;
                }
                Err(broken) => {
                    log_lines::socketmap_lookup(&self.about.name, broken.text());
                    return Err(LookupError::Retry(broken.cause(wire)));
                }
            }
        }
    }
}

impl Table for SocketmapTable {
    fn about(&self) -> &About {
        &self.about
    }

    fn asks_a_server(&self) -> bool {
        true
    }

    fn lookup(&self, key: &[u8]) -> Result<Option<Vec<u8>>, LookupError> {
        let length = self.map.len() + 1 + key.len();
        let request = [format!("{length}:").as_bytes(), &self.map, b" ", key, b","].concat();
        let (held, reply) = self.ask(&request)?;
        let cause = held.connection.left_behind();
        self.kept.keep(held);
        match parse_reply(&reply) {
            Reply::Found(value) => Ok(Some(value)),
            Reply::NotFound => Ok(None),
            Reply::Failed(class, reason) => {
                log_lines::socketmap_failed(&self.about.name, class, &reason);
                Err(if class == "permanent" { LookupError::Config } else { LookupError::Retry(cause) })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replies() {
        assert_eq!(parse_reply(b"OK a b"), Reply::Found(b"a b".to_vec()));
        assert_eq!(parse_reply(b"OK"), Reply::Found(Vec::new()));
        assert_eq!(parse_reply(b"NOTFOUND "), Reply::NotFound);
        assert_eq!(parse_reply(b"TEMP  later"), Reply::Failed("temporary", b"later".to_vec()));
        assert_eq!(parse_reply(b"what"), Reply::Failed("unknown", Vec::new()));
    }
}
