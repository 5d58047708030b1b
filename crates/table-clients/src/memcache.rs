//! `memcache:file`: a cache on the network, with a table behind it. See memcache_table(5).

use super::digest::Algorithm;
use super::endpoint::Endpoint;
use super::kept::{Held, Kept};
use super::log_lines;
use super::source::Source;
use super::template::{Role, Template, Templates};
use super::wire::{Line, Wire};
use config::networks::Protocols;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tables::{
    About, Access, Entry, Flags, LookupError, Name, OpenError, Opener, Owner, Seek, Table, is_space,
};

/// A table of key-value pairs on a memcache server.
pub(crate) struct MemcacheTable {
    about: About,
    access: Access,
    server: Server,
    templates: Templates,
    key_format: Template,
    key_digest: Option<Algorithm>,
    backup: Option<Arc<dyn Table>>,
}

/// The server, and how to speak with it.
struct Server {
    /// The table's name, for messages.
    table: Name,
    endpoint: Endpoint,
    protocols: Protocols,
    timeout: Option<Duration>,
    tries: u32,
    pause: Duration,
    max_line: usize,
    max_data: usize,
    /// What the server keeps beside each value, and for how long, seconds.
    item_flags: i32,
    ttl: i32,
    kept: Kept<Wire>,
}

/// Why one try at a request failed; shown from the second try on.
enum Failure {
    Io(Option<io::Error>),
    /// A text of its own, behind the table's name.
    Reply(String),
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Failure {
        Failure::Io(Some(error))
    }
}

impl Failure {
    /// What the system said.
    fn system_error(&self) -> Option<String> {
        match self {
            Failure::Io(error) => error.as_ref().map(sys::error_text),
            Failure::Reply(_) => None,
        }
    }
}

/// A line of the server, whose end is a newline with or without a carriage return before it.
fn read_line(wire: &mut Wire, limit: usize) -> Result<Vec<u8>, Failure> {
    let mut line = match wire.read_line(limit)? {
        Line::Whole(line) => line,
        // The limit may fall between the carriage return and the newline.
        Line::TooLong(line) if line.last() == Some(&b'\r') && wire.read_byte()? == Some(b'\n') => line,
        Line::TooLong(_) | Line::Cut => return Err(Failure::Io(None)),
    };
    if line.last() == Some(&b'\r') {
        line.pop();
    }
    let end = line.iter().position(|&byte| byte == 0).unwrap_or(line.len());
    line.truncate(end);
    Ok(line)
}

/// The length of the value that `VALUE key flags length` announces.
pub fn parse_value_header(line: &[u8]) -> Option<usize> {
    let rest = line.strip_prefix(b"VALUE")?;
    let mut words = rest.split(|&byte| is_space(byte)).filter(|word| !word.is_empty());
    let length = words.nth(2)?;
    let digits = length.strip_prefix(b"+").unwrap_or(length);
    let end = digits.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(digits.len());
    std::str::from_utf8(&digits[..end]).ok()?.parse().ok()
}

impl Server {
    fn open(opener: &Opener, name: &Name, source: &Source) -> Result<Server, OpenError> {
        let timeout = source.amount("timeout", 2, None)?;
        let ttl = source.number("ttl", 3600, None)?;
        let item_flags = source.number("flags", 0, None)?;
        let pause = source.amount("retry_pause", 1, Some(1))?;
        let tries = source.amount("max_try", 2, Some(1))?;
        let max_line = source.amount("line_size_limit", 1024, Some(1))?;
        let max_data = source.amount("data_size_limit", 10240, Some(1))?;
        Ok(Server {
            table: name.to_owned(),
            endpoint: Endpoint::parse(&source.text("memcache", "inet:localhost:11211"))?,
            protocols: opener.settings().protocols(),
            timeout: Some(Duration::from_secs(u64::from(timeout))).filter(|timeout| !timeout.is_zero()),
            tries,
            pause: Duration::from_secs(u64::from(pause)),
            max_line: max_line as usize,
            max_data: max_data as usize,
            item_flags,
            ttl,
            kept: Kept::without_limits(),
        })
    }

    /// Tries a request as often as allowed.
    fn ask<T>(&self, request: impl Fn(&mut Wire) -> Result<T, Failure>) -> Result<T, LookupError> {
        let mut cause = None;
        for count in 0..self.tries {
            if count > 0 {
                std::thread::sleep(self.pause);
            }
            let mut held = match self.kept.take() {
                Some(held) => held,
                None => match self.endpoint.connect(self.protocols, self.timeout) {
                    Ok(wire) => Held::fresh(wire),
                    Err(error) => {
                        let say = |why: &str| log_lines::connect_to(self.endpoint.name(), why);
                        return Err(error.into_lookup_error(say));
                    }
                },
            };
            match request(&mut held.connection) {
                Ok(answer) => {
                    self.kept.keep(held);
                    return Ok(answer);
                }
                Err(failure) => {
                    // Others that were kept are no better, most likely.
                    self.kept.clear();
                    cause = failure.system_error().or_else(|| held.connection.left_behind());
                    if count > 0 {
                        self.report(&failure, cause.as_deref());
                    }
                }
            }
        }
        Err(LookupError::Retry(cause))
    }

    fn report(&self, failure: &Failure, cause: Option<&str>) {
        match failure {
            Failure::Io(_) => log_lines::memcache_io(&self.table, cause),
            Failure::Reply(text) => log_lines::memcache_reply(text),
        }
    }

    /// The value of a key.
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, LookupError> {
        self.ask(|wire| {
            wire.send(&[b"get ", key, b"\r\n"].concat())?;
            let line = read_line(wire, self.max_line)?;
            if line == b"END" {
                return Ok(None);
            }
            let length =
                parse_value_header(&line).filter(|length| *length <= self.max_data).ok_or_else(|| {
                    let line = &line[..line.len().min(30)];
                    let text =
                        format!("{}: unexpected memcache server reply: {}", self.table, log::bytes(line));
                    Failure::Reply(text)
                })?;
            let cut = || Failure::Reply(format!("{}: EOF receiving memcache server reply", self.table));
            let mut value = wire.read_exact(length).map_err(|_| cut())?.ok_or_else(cut)?;
            if wire.read_exact(2).map_err(|_| cut())?.as_deref() != Some(b"\r\n") {
                return Err(cut());
            }
            let end = value.iter().position(|&byte| byte == 0).unwrap_or(value.len());
            value.truncate(end);
            // What is wrong behind the value is found out by the next request.
            let _ = read_line(wire, self.max_line);
            Ok(Some(value))
        })
    }

    /// Stores a value. False says that it is too long.
    fn set(&self, key: &[u8], value: &[u8]) -> Result<bool, LookupError> {
        if value.len() > self.max_data {
            log_lines::memcache_too_long(&self.table, key, self.max_data);
            return Ok(false);
        }
        self.ask(|wire| {
            let numbers = format!(" {} {} {}\r\n", self.item_flags, self.ttl, value.len());
            wire.send(&[b"set ", key, numbers.as_bytes(), value, b"\r\n"].concat())?;
            match read_line(wire, self.max_line)?.as_slice() {
                b"STORED" => Ok(true),
                other => Err(self.refused("update", other, 100)),
            }
        })
    }

    /// Removes a key. False says that it was not there.
    fn delete(&self, key: &[u8]) -> Result<bool, LookupError> {
        self.ask(|wire| {
            wire.send(&[b"delete ", key, b"\r\n"].concat())?;
            match read_line(wire, self.max_line)?.as_slice() {
                b"DELETED" => Ok(true),
                b"NOT_FOUND" => Ok(false),
                other => Err(self.refused("delete", other, 30)),
            }
        })
    }

    fn refused(&self, operation: &str, line: &[u8], shown: usize) -> Failure {
        let line = log::bytes(&line[..line.len().min(shown)]);
        Failure::Reply(format!("database memcache:{}: {operation} failed: {line}", self.table))
    }
}

impl MemcacheTable {
    /// Reads the parameters and opens the table behind. The server is not asked yet.
    pub(crate) fn open(
        opener: &Opener,
        name: &Name,
        access: Access,
        flags: Flags,
    ) -> Result<MemcacheTable, OpenError> {
        if flags.contains(Flags::NO_UNAUTH) {
            let text = format!("memcache:{name} map is not allowed for security-sensitive data");
            return Err(OpenError::unavailable(text));
        }
        let source = Source::open(name, opener.settings().main_cf.as_ref())?;
        let digest_name = source.optional("key_digest");
        let key_digest = digest_name.as_ref().and_then(|name| {
            Algorithm::by_name(&name.to_string()).inspect_err(|lines| log_lines::openssl(lines)).ok()
        });
        let key_format = source.text("key_format", "%s");
        let server = Server::open(opener, name, &source)?;
        let backup = match source.optional("backup") {
            // The table behind is not created: a cache is no place to build one.
            Some(backup) => {
                let access = if access == Access::Read { Access::Read } else { Access::Change };
                Some(opener.open_for(&backup, access, flags)?)
            }
            None => None,
        };
        let mut templates = Templates::new("memcache", name);
        let key_format = templates.add(&key_format, Role::Query)?;
        templates.restrict(opener, &source)?;
        if let (Some(digest), None) = (digest_name, &key_digest) {
            let text = format!("open {name}: key digest {digest} is not available");
            return Err(OpenError::unavailable(text));
        }
        let flags = flags | Flags::FIXED | Flags::MULTI_WRITER;
        let about = About::new("memcache", name, flags, Owner::Unknown);
        Ok(MemcacheTable { about, access, server, templates, key_format, key_digest, backup })
    }

    /// The key on the server, or why there can be none.
    fn server_key(&self, key: &[u8]) -> Result<Result<Vec<u8>, &'static str>, LookupError> {
        if key.is_empty() {
            return Ok(Err("empty lookup key"));
        }
        if !self.templates.wants(key)? {
            return Ok(Err("domain mismatch"));
        }
        let plain = |part: &[u8], query: &mut Vec<u8>| query.extend_from_slice(part);
        let Some(mut expanded) =
            self.templates.query(&self.key_format, key, plain).filter(|key| !key.is_empty())
        else {
            return Ok(Err("empty lookup key expansion"));
        };
        if let Some(digest) = &self.key_digest {
            expanded = digest.hex(&expanded).ok_or_else(|| {
                log_lines::memcache_digest(&self.about.name, digest.name());
                LookupError::Retry(None)
            })?;
            if expanded.is_empty() {
                return Ok(Err("empty lookup key expansion"));
            }
        }
        Ok(if expanded.iter().any(|&byte| is_space(byte)) {
            Err("name contains space")
        } else {
            Ok(expanded)
        })
    }

    /// Complains about a change of a table that was opened for look-ups.
    fn check_access(&self, operation: &str) -> Result<(), LookupError> {
        match self.access {
            Access::Read => Err(LookupError::unsupported("memcache", &self.about.name, operation)),
            _ => Ok(()),
        }
    }
}

impl Table for MemcacheTable {
    fn about(&self) -> &About {
        &self.about
    }

    fn asks_a_server(&self) -> bool {
        true
    }

    fn lookup(&self, key: &[u8]) -> Result<Option<Vec<u8>>, LookupError> {
        let Ok(server_key) = self.server_key(key)? else {
            return Ok(None);
        };
        let cached = self.server.get(&server_key);
        let Some(backup) = self.backup.as_ref().filter(|_| !matches!(cached, Ok(Some(_)))) else {
            return cached;
        };
        let found = backup.lookup(key)?;
        if let Some(value) = &found {
            // The cache is filled if it can be; the value is known in any case.
            let _ = self.server.set(&server_key, value);
        }
        Ok(found)
    }

    fn update(&self, key: &[u8], value: &[u8]) -> Result<bool, LookupError> {
        self.check_access("update")?;
        let server_key = match self.server_key(key)? {
            Ok(server_key) => server_key,
            Err(why) => {
                log_lines::memcache_skipped(&self.about.name, "update", key, why);
                return Ok(false);
            }
        };
        let stored = self.server.set(&server_key, value);
        self.backup.as_ref().map_or(stored, |backup| backup.update(key, value))
    }

    fn delete(&self, key: &[u8]) -> Result<bool, LookupError> {
        self.check_access("delete")?;
        let Ok(server_key) = self.server_key(key)? else {
            return Ok(false);
        };
        let deleted = self.server.delete(&server_key);
        self.backup.as_ref().map_or(deleted, |backup| backup.delete(key))
    }

    fn sequence(&self, seek: Seek) -> Result<Option<Entry>, LookupError> {
        match &self.backup {
            Some(backup) => backup.sequence(seek),
            None => {
                log_lines::memcache_no_sequence(&self.about.name);
                Ok(None)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn value_headers() {
        assert_eq!(parse_value_header(b"VALUE k 0 12"), Some(12));
        assert_eq!(parse_value_header(b"VALUE k 0 12 99"), Some(12));
        assert_eq!(parse_value_header(b"VALUE k 0"), None);
        assert_eq!(parse_value_header(b"VALUE k 0 -1"), None);
        assert_eq!(parse_value_header(b"ERROR"), None);
    }
}
