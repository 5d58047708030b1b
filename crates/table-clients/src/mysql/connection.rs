//! A connection to a MySQL or MariaDB server: queries in, rows of text out.

use super::auth;
use super::packet::{Packets, Parts};
use crate::endpoint::{connect_first, resolve};
use crate::tls::{self, Demand, Distrust, Parameters};
use crate::wire::Stream;
use bstr::ByteSlice;
use config::networks::Protocols;
use std::io;
use std::os::unix::net::UnixStream;
use std::time::Duration;
use tables::Name;

/// What the client can do, in the protocol's numbers.
mod capability {
    pub(super) const LONG_PASSWORD: u32 = 1;
    pub(super) const LONG_FLAG: u32 = 1 << 2;
    pub(super) const CONNECT_WITH_DB: u32 = 1 << 3;
    pub(super) const PROTOCOL_41: u32 = 1 << 9;
    pub(super) const SSL: u32 = 1 << 11;
    pub(super) const TRANSACTIONS: u32 = 1 << 13;
    pub(super) const SECURE_CONNECTION: u32 = 1 << 15;
    pub(super) const MULTI_RESULTS: u32 = 1 << 17;
    pub(super) const PLUGIN_AUTH: u32 = 1 << 19;
}

/// What the server says about its state behind each result.
mod status {
    pub(super) const MORE_RESULTS: u16 = 1 << 3;
    pub(super) const NO_BACKSLASH_ESCAPES: u16 = 1 << 9;
}

/// What a greeting starts with.
const PROTOCOL_VERSION: u8 = 10;
/// The longest packet that we want to get, bytes.
const MAX_PACKET: u32 = 64 * 1024 * 1024;
/// The number of utf8mb4, until the character set is chosen by name.
const UTF8MB4: u8 = 45;

/// Where a server is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Socket(Name),
    Network { host: String, port: u16 },
}

/// How to connect.
#[derive(Clone, Debug)]
pub(crate) struct Login {
    pub(crate) user: Name,
    pub(crate) password: Name,
    pub(crate) database: Name,
    /// `None`: in clear.
    pub(crate) tls: Option<TlsLogin>,
    pub(crate) connect_timeout: Option<Duration>,
}

/// How to speak TLS.
#[derive(Clone, Debug)]
pub(crate) struct TlsLogin {
    pub(crate) parameters: Parameters,
    /// What is demanded of the server's certificate.
    pub(crate) demand: Demand,
    /// There are no authorities that could know the server. One of this machine is believed.
    pub(crate) without_authorities: bool,
    /// A server that does not speak TLS will not do.
    pub(crate) is_required: bool,
}

/// A row: the columns as text, `None` for NULL.
pub(crate) type Row = Vec<Option<Vec<u8>>>;

/// What came of one statement.
pub(crate) enum Outcome {
    /// It gives no rows.
    Done,
    Rows(Vec<Row>),
}

/// A connection.
pub(crate) struct Connection {
    packets: Packets,
    status: u16,
}

/// What the server says first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Greeting {
    capabilities: u32,
    challenge: Vec<u8>,
    method: Vec<u8>,
    status: u16,
}

/// The client library's words for a server that is gone.
const LOST: &str = "Lost connection to server during query";
const GONE: &str = "Server has gone away";
const MALFORMED: &str = "Malformed packet";

/// Reads the first message of a server; `None` if it is none, or of another version of the protocol.
pub fn parse_greeting(message: &[u8]) -> Option<Greeting> {
    let mut parts = Parts(message);
    if parts.byte()? != PROTOCOL_VERSION {
        return None;
    }
    parts.string();
    parts.number(4)?;
    let mut challenge = parts.take(8)?.to_vec();
    parts.byte()?;
    let low = parts.number(2)? as u32;
    parts.byte()?;
    let status = parts.number(2)? as u16;
    let high = parts.number(2)? as u32;
    let length = usize::from(parts.byte()?).saturating_sub(8).max(13);
    parts.take(10)?;
    let rest = parts.take(length.min(parts.0.len()))?;
    challenge.extend_from_slice(rest.strip_suffix(b"\0").unwrap_or(rest));
    let method = match parts.string() {
        b"" => b"mysql_native_password".to_vec(),
        method => method.to_vec(),
    };
    Some(Greeting { capabilities: low | high << 16, challenge, method, status })
}

/// The message of an error packet, without its number.
fn error_message(message: &[u8]) -> Option<String> {
    let rest = message.strip_prefix(b"\xff")?.get(2..)?;
    let text = match rest.strip_prefix(b"#") {
        Some(rest) => rest.get(5..)?,
        None => rest,
    };
    Some(String::from_utf8_lossy(text).into_owned())
}

fn system_error(error: &io::Error) -> i32 {
    error.raw_os_error().unwrap_or(0)
}

impl Place {
    fn connect(&self, protocols: Protocols, timeout: Option<Duration>) -> Result<Stream, String> {
        match self {
            Place::Socket(path) => UnixStream::connect(path).map(Stream::Unix).map_err(|error| {
                // Nobody listens at a socket without a name, says the system when it is asked.
                let nobody = nix::errno::Errno::ECONNREFUSED as i32;
                let number = if path.is_empty() { nobody } else { system_error(&error) };
                format!("Can't connect to local server through socket '{path}' ({number})")
            }),
            Place::Network { host, port } => {
                let addresses = resolve(host, Some(*port))
                    .map_err(|why| format!("Unknown server host '{host}' ({})", host_error(&why)))?;
                let connected = connect_first(&addresses, protocols, timeout);
                // The client library shows the number that starting to connect left behind.
                let number = nix::errno::Errno::EINPROGRESS as i32;
                connected
                    .map(Stream::Tcp)
                    .map_err(|_| format!("Can't connect to server on '{host}' ({number})"))
            }
        }
    }

    /// Whether this machine is meant.
    fn is_here(&self) -> bool {
        matches!(self.host(), "localhost" | "127.0.0.1" | "::1")
    }

    fn host(&self) -> &str {
        match self {
            Place::Socket(_) => "localhost",
            Place::Network { host, .. } => host,
        }
    }
}

/// The number that getaddrinfo(3) has for what it says.
fn host_error(why: &str) -> i32 {
    match why {
        "Name or service not known" => nix::libc::EAI_NONAME,
        "No address associated with hostname" => nix::libc::EAI_NODATA,
        "Non-recoverable failure in name resolution" => nix::libc::EAI_FAIL,
        _ => nix::libc::EAI_AGAIN,
    }
}

impl Connection {
    /// Connects and logs in.
    ///
    /// # Errors
    /// What the client library says.
    pub(crate) fn open(place: &Place, login: &Login, protocols: Protocols) -> Result<Connection, String> {
        let mut packets = Packets::new(place.connect(protocols, login.connect_timeout)?);
        let lost = |error: io::Error| {
            format!(
                "Lost connection to server at 'handshake: reading initial communication packet', system error: {}",
                system_error(&error)
            )
        };
        packets.set_timeout(login.connect_timeout).map_err(lost)?;
        let message = packets.read().map_err(lost)?;
        if let Some(text) = error_message(&message) {
            return Err(text);
        }
        let greeting = parse_greeting(&message).ok_or(MALFORMED)?;
        let mut connection = Connection { packets, status: greeting.status };
        let is_private = connection.start_tls(place, login, &greeting)?;
        connection.log_in(login, greeting, is_private)?;
        // The limit is for connecting; a query may take longer.
        connection.packets.set_timeout(None).map_err(lost)?;
        Ok(connection)
    }

    /// Speaks TLS if that is wanted and the server does; true if nobody can listen.
    fn start_tls(&mut self, place: &Place, login: &Login, greeting: &Greeting) -> Result<bool, String> {
        let is_local = matches!(place, Place::Socket(_));
        let Some(tls) = &login.tls else { return Ok(is_local) };
        if greeting.capabilities & capability::SSL == 0 {
            return match tls.is_required {
                true => Err("TLS/SSL error: SSL is required, but the server does not support it".to_owned()),
                false => Ok(is_local),
            };
        }
        let tls_error = |text: &str| format!("TLS/SSL error: {text}");
        let is_believed = tls.without_authorities && place.is_here();
        let demand = if is_believed { Demand::Nothing } else { tls.demand };
        let config =
            tls::client_config(&tls.parameters, demand).map_err(|unusable| tls_error(&unusable.text))?;
        self.packets.write(&response_head(capability::SSL)).map_err(|_| LOST.to_owned())?;
        self.packets.start_tls(config, place.host()).map_err(|error| match tls::distrust(&error) {
            Some(Distrust::Name(_)) => tls_error("Hostname verification failed"),
            // The client library would have the server prove that it knows the password.
            Some(Distrust::Issuer(_)) if tls.without_authorities && !login.password.is_empty() => {
                tls_error("Certificate verification failure: The certificate is NOT trusted.")
            }
            _ => tls_error(&tls::reason(&error)),
        })?;
        Ok(true)
    }

    fn log_in(&mut self, login: &Login, greeting: Greeting, is_private: bool) -> Result<(), String> {
        let lost = |error: io::Error| match tls::rustls_error(&error) {
            Some(_) => format!("TLS/SSL error: {}", tls::reason(&error)),
            None => format!(
                "Lost connection to server at 'reading authorization packet', system error: {}",
                system_error(&error)
            ),
        };
        let password = login.password.as_bytes();
        let native = b"mysql_native_password".to_vec();
        let (mut method, mut challenge) = (greeting.method, greeting.challenge);
        let first = match auth::answer(&method, password, &challenge, is_private) {
            Some(answer) => answer,
            None => {
                method = native;
                auth::answer(&method, password, &challenge, is_private).unwrap_or_default()
            }
        };
        let mut response = response_head(0);
        response.extend_from_slice(&login.user);
        response.push(0);
        response.push(u8::try_from(first.len()).unwrap_or(0));
        response.extend_from_slice(&first);
        for text in [login.database.as_bytes(), method.as_slice()] {
            response.extend_from_slice(text);
            response.push(0);
        }
        self.packets.write(&response).map_err(lost)?;
        loop {
            let message = self.packets.read().map_err(lost)?;
            if let Some(text) = error_message(&message) {
                return Err(text);
            }
            match message.as_slice() {
                [0x00, rest @ ..] => {
                    self.note_done(rest);
                    return Ok(());
                }
                // Another method.
                [0xfe, rest @ ..] => {
                    let mut parts = Parts(rest);
                    method = parts.string().to_vec();
                    challenge = parts.0.to_vec();
                    let answer = auth::answer(&method, password, &challenge, is_private)
                        .ok_or_else(|| cannot_load(&method))?;
                    self.packets.write(&answer).map_err(lost)?;
                }
                // The server knows the password's hash.
                [0x01, 0x03] => {}
                // It does not: it wants the password itself, which nobody else may see.
                [0x01, 0x04] if is_private => {
                    self.packets.write(&[password, b"\0"].concat()).map_err(lost)?;
                }
                _ => return Err(cannot_load(&method)),
            }
        }
    }

    /// Reads the server's state out of what follows the first byte of an OK packet.
    fn note_done(&mut self, rest: &[u8]) {
        let mut parts = Parts(rest);
        let read = parts.counted_number().and_then(|_| parts.counted_number()).and_then(|_| parts.number(2));
        if let Some(status) = read {
            self.status = status as u16;
        }
    }

    /// Sends a query and takes what all its statements give.
    ///
    /// # Errors
    /// What the client library says, and when.
    pub(crate) fn query(&mut self, query: &[u8]) -> Result<Vec<Outcome>, QueryError> {
        self.packets.restart();
        let command = [b"\x03", query].concat();
        self.packets.write(&command).map_err(|_| QueryError { text: GONE.to_owned(), step: Step::Query })?;
        let mut outcomes = Vec::new();
        loop {
            let step = if outcomes.is_empty() { Step::Query } else { Step::NextResult };
            outcomes.push(self.outcome(step)?);
            if self.status & status::MORE_RESULTS == 0 {
                return Ok(outcomes);
            }
        }
    }

    fn read(&mut self, when_lost: &str) -> Result<Vec<u8>, String> {
        let message = self.packets.read().map_err(|_| when_lost.to_owned())?;
        match error_message(&message) {
            Some(text) => Err(text),
            None => Ok(message),
        }
    }

    fn outcome(&mut self, step: Step) -> Result<Outcome, QueryError> {
        let failed = |text: String| QueryError { text, step };
        let message = self.read(LOST).map_err(failed)?;
        match message.as_slice() {
            [0x00, rest @ ..] => {
                self.note_done(rest);
                return Ok(Outcome::Done);
            }
            // The server asks for a file of ours. It gets none, and says what it thinks of that.
            [0xfb, ..] => {
                self.packets.write(b"").map_err(|_| failed(LOST.to_owned()))?;
                return self.read(LOST).map(|_| Outcome::Done).map_err(failed);
            }
            _ => {}
        }
        let columns = Parts(&message).counted_number().ok_or_else(|| failed(MALFORMED.to_owned()))?;
        for _ in 0..columns {
            self.read(LOST).map_err(failed)?;
        }
        self.read(LOST).map_err(failed)?;
        self.rows(columns).map_err(|text| QueryError { text, step: Step::StoreResult }).map(Outcome::Rows)
    }

    /// Reads rows of so many columns.
    fn rows(&mut self, columns: u64) -> Result<Vec<Row>, String> {
        let mut rows = Vec::new();
        loop {
            let message = self.read(LOST)?;
            if let [0xfe, rest @ ..] = message.as_slice()
                && rest.len() < 8
            {
                let mut parts = Parts(rest);
                parts.number(2);
                self.status = parts.number(2).map_or(0, |status| status as u16);
                return Ok(rows);
            }
            let mut parts = Parts(&message);
            let mut row = Vec::new();
            for _ in 0..columns {
                row.push(parts.counted_string().ok_or(MALFORMED)?.map(<[u8]>::to_vec));
            }
            rows.push(row);
        }
    }

    /// Writes text so that it can stand between quotes.
    pub(crate) fn quote(&self, text: &[u8], query: &mut Vec<u8>) {
        let backslash = self.status & status::NO_BACKSLASH_ESCAPES == 0;
        for &byte in text {
            match byte {
                b'\'' if !backslash => query.extend_from_slice(b"''"),
                _ if !backslash => query.push(byte),
                0 => query.extend_from_slice(b"\\0"),
                b'\n' => query.extend_from_slice(b"\\n"),
                b'\r' => query.extend_from_slice(b"\\r"),
                0x1a => query.extend_from_slice(b"\\Z"),
                b'\'' | b'"' | b'\\' => query.extend_from_slice(&[b'\\', byte]),
                _ => query.push(byte),
            }
        }
    }
}

/// Why a query failed.
pub(crate) struct QueryError {
    pub(crate) text: String,
    pub(crate) step: Step,
}

/// What the client library was doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Query,
    /// Waiting for what another statement gives.
    NextResult,
    /// Reading rows.
    StoreResult,
}

impl Step {
    /// Its name in log lines, if it has one.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Step::Query => "",
            Step::NextResult => " (mysql_next_result)",
            Step::StoreResult => " (mysql_store_result)",
        }
    }
}

fn cannot_load(method: &[u8]) -> String {
    let method = String::from_utf8_lossy(method);
    format!("Authentication plugin '{method}' cannot be loaded: not supported")
}

/// The beginning of our answer to the greeting, which is all of it when TLS is asked for.
fn response_head(more: u32) -> Vec<u8> {
    let capabilities = capability::LONG_PASSWORD
        | capability::LONG_FLAG
        | capability::CONNECT_WITH_DB
        | capability::PROTOCOL_41
        | capability::TRANSACTIONS
        | capability::SECURE_CONNECTION
        | capability::MULTI_RESULTS
        | capability::PLUGIN_AUTH
        | more;
    let mut head = capabilities.to_le_bytes().to_vec();
    head.extend_from_slice(&MAX_PACKET.to_le_bytes());
    head.push(UTF8MB4);
    head.extend_from_slice(&[0; 23]);
    head
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn error_packets() {
        assert_eq!(error_message(b"\xff\x15\x04#28000Access denied").as_deref(), Some("Access denied"));
        assert_eq!(error_message(b"\xff\x6a\x04Host blocked").as_deref(), Some("Host blocked"));
        assert_eq!(error_message(b"\x00"), None);
    }

    #[test]
    fn broken_greetings() {
        assert!(parse_greeting(b"").is_none());
        assert!(parse_greeting(b"\x0a5.5\0\x01\0\0\0challeng\0\x01").is_none());
    }
}
