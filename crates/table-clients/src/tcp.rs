//! `tcp:host:port`: one line asks, one line answers. See tcp_table(5).

use super::endpoint::Endpoint;
use super::kept::{Held, Kept};
use super::log_lines;
use super::wire::{Line, Wire};
use config::networks::Protocols;
use std::time::Duration;
use tables::{About, Flags, LookupError, Name, OpenError, Opener, Owner, Table, is_space};

/// How often a request is tried, with this pause between.
const TRIES: u32 = 10;
const PAUSE: Duration = Duration::from_secs(1);
/// The limit of connecting, reading and writing.
const TIMEOUT: Duration = Duration::from_secs(100);
/// The longest answer, its newline included, bytes.
const MAX_REPLY: usize = 4096;

/// A table behind a TCP server.
pub(crate) struct TcpTable {
    about: About,
    endpoint: Endpoint,
    protocols: Protocols,
    kept: Kept<Wire>,
}

/// What a server says of a key.
#[derive(Debug, PartialEq, Eq)]
pub enum Reply {
    /// `200`: the value.
    Found(Vec<u8>),
    /// `500`.
    NotFound,
    /// `400`: ask again later.
    TryAgain,
    /// Another number.
    BadStatus,
    /// No number and white space, or a `%` without two hexadecimal digits.
    Malformed,
}

/// Reads a reply, without its newline.
pub fn parse_reply(line: &[u8]) -> Reply {
    // What follows a null byte is not seen, as in the original.
    let line = line.split(|&byte| byte == 0).next().unwrap_or_default();
    let Some((status, text)) = line.split_at_checked(3) else {
        return Reply::Malformed;
    };
    let value = match text.split_first() {
        Some((&space, text)) if is_space(space) => unquote(text),
        _ => None,
    };
    let Some(mut value) = value.filter(|_| status.iter().all(u8::is_ascii_digit)) else {
        return Reply::Malformed;
    };
    match status.first() {
        Some(b'2') => {
            let end = value.iter().position(|&byte| byte == 0).unwrap_or(value.len());
            value.truncate(end);
            Reply::Found(value)
        }
        Some(b'4') => Reply::TryAgain,
        Some(b'5') => Reply::NotFound,
        _ => Reply::BadStatus,
    }
}

/// Writes what is not printable, white space and `%` as `%XX`.
fn quote(text: &[u8]) -> Vec<u8> {
    let mut quoted = Vec::with_capacity(text.len());
    for &byte in text {
        if byte.is_ascii_graphic() && byte != b'%' {
            quoted.push(byte);
        } else {
            quoted.extend_from_slice(format!("%{byte:02X}").as_bytes());
        }
    }
    quoted
}

fn unquote(text: &[u8]) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let mut raw = Vec::with_capacity(text.len());
    let mut bytes = text.iter().copied();
    while let Some(byte) = bytes.next() {
        raw.push(match byte {
            b'%' => (digit(bytes.next()?)? << 4) | digit(bytes.next()?)?,
            _ => byte,
        });
    }
    Some(raw)
}

impl TcpTable {
    /// Reads the address. The server is not asked yet.
    pub(crate) fn open(opener: &Opener, name: &Name, flags: Flags) -> Result<TcpTable, OpenError> {
        if flags.contains(Flags::NO_UNAUTH) {
            let text = format!("tcp:{name} map is not allowed for security sensitive data");
            return Err(OpenError::unavailable(text));
        }
        Ok(TcpTable {
            about: About::new("tcp", name, flags | Flags::PATTERN, Owner::Unknown),
            endpoint: Endpoint::inet(name),
            protocols: opener.settings().protocols(),
            kept: Kept::without_limits(),
        })
    }

    fn connection(&self) -> Result<Held<Wire>, LookupError> {
        if let Some(held) = self.kept.take() {
            return Ok(held);
        }
        let connected = self.endpoint.connect(self.protocols, Some(TIMEOUT));
        connected
            .map(Held::fresh)
            .map_err(|error| error.into_lookup_error(|why| log_lines::tcp_connect(&self.about.name, why)))
    }

    /// Asks once. The error was logged.
    fn exchange(&self, request: &[u8]) -> Result<(Held<Wire>, Vec<u8>), LookupError> {
        let mut held = self.connection()?;
        let wire = &mut held.connection;
        let why = match wire.send(request).and_then(|()| wire.read_line(MAX_REPLY)) {
            Ok(Line::Whole(line)) => return Ok((held, line)),
            Ok(Line::TooLong(_)) => {
                log_lines::tcp_reply(&self.about.name, &format!("text longer than {MAX_REPLY}"));
                return Err(LookupError::Retry(Some(wire.left_behind().unwrap_or_default())));
            }
            Ok(Line::Cut) => wire.left_behind().unwrap_or_default(),
            Err(error) => sys::error_text(&error),
        };
        // Others that were kept are no better, most likely.
        self.kept.clear();
        log_lines::tcp_reply(&self.about.name, &format!("unexpected EOF ({why})"));
        Err(LookupError::Retry(Some(why)))
    }
}

impl Table for TcpTable {
    fn about(&self) -> &About {
        &self.about
    }

    fn asks_a_server(&self) -> bool {
        true
    }

    fn lookup(&self, key: &[u8]) -> Result<Option<Vec<u8>>, LookupError> {
        let request = [b"get ", quote(key).as_slice(), b"\n"].concat();
        let mut tries = 1;
        let (held, line) = loop {
            match self.exchange(&request) {
                Ok(answer) => break answer,
                Err(LookupError::Retry(_)) if tries < TRIES => std::thread::sleep(PAUSE),
                Err(error) => return Err(error),
            }
            tries += 1;
        };
        let complaint = match parse_reply(&line) {
            Reply::Found(value) => {
                self.kept.keep(held);
                return Ok(Some(value));
            }
            Reply::NotFound => {
                self.kept.keep(held);
                return Ok(None);
            }
            Reply::TryAgain => None,
            Reply::BadStatus => Some("bad status code"),
            Reply::Malformed => Some("malformed reply"),
        };
        if let Some(complaint) = complaint {
            log_lines::tcp_bad_reply(&self.about.name, complaint, &line);
        }
        Err(LookupError::Retry(held.connection.left_behind()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // As postmap(1) of 3.11 with a server of odd habits.
    #[test]
    fn replies() {
        let found = |text: &[u8]| Reply::Found(text.to_vec());
        assert_eq!(parse_reply(b"200 a%20%25"), found(b"a %"));
        assert_eq!(parse_reply(b"200\tx y z"), found(b"x y z"));
        assert_eq!(parse_reply(b"200 a%00b"), found(b"a"));
        assert_eq!(parse_reply(b"200 "), found(b""));
        assert_eq!(parse_reply(b"599 x"), Reply::NotFound);
        assert_eq!(parse_reply(b"400 later"), Reply::TryAgain);
        assert_eq!(parse_reply(b"300 x"), Reply::BadStatus);
        for malformed in [&b"xyz"[..], b"200", b"20", b"", b"200 a%zz", b"200 a%2", b"2x0 a"] {
            assert_eq!(parse_reply(malformed), Reply::Malformed);
        }
    }

    #[test]
    fn requests() {
        assert_eq!(quote("Ä b%".as_bytes()), b"%C3%84%20b%25");
    }
}
