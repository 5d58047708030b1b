//! A connection to a PostgreSQL server: simple queries in, rows of text out.

use super::conninfo::{ConnInfo, Place};
use super::login_rules::{Binding, Method, end_point};
use super::report::ServerError;
use super::scram::{ChannelBinding, Exchange};
use super::session_attrs::Wanted;
use super::ssl::SslMode;
use crate::endpoint::{connect_first, resolve};
use crate::log_lines;
use crate::tls::{self, Demand, Distrust};
use crate::wire::Stream;
use bytes::BytesMut;
use config::networks::Protocols;
use fallible_iterator::FallibleIterator;
use nix::sys::socket::{getsockopt, sockopt::PeerCredentials};
use postgres_protocol::authentication::md5_hash;
use postgres_protocol::authentication::sasl::{SCRAM_SHA_256, SCRAM_SHA_256_PLUS};
use postgres_protocol::message::backend::{AuthenticationSaslBody, DataRowBody, Message};
use postgres_protocol::message::frontend;
use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::time::Duration;
use tables::Name;

/// The longest message of a server, bytes. (A row may have several long columns.)
const MAX_MESSAGE: usize = 64 * 1024 * 1024;

/// What the client library says when the server is gone.
const CLOSED: &str = "server closed the connection unexpectedly\n\tThis probably means the server terminated \
                      abnormally\n\tbefore or while processing the request.\n";

/// A row: the columns as text, `None` for NULL.
pub(crate) type Row = Vec<Option<Vec<u8>>>;

/// How a query ended.
pub(crate) enum QueryError {
    /// The server said no, or the connection is gone. The text is the client library's, with newlines.
    Failed(String),
    /// The server does not speak the protocol.
    Protocol,
    /// The server wants to copy data, or saw no query: the number of the result status.
    Unexpected(u32),
}

/// A connection.
pub(crate) struct Connection {
    stream: Stream,
    input: BytesMut,
    /// Whether a backslash in a string constant is only a backslash.
    standard_strings: bool,
    /// What the server says of itself, from version 14 on: that it starts read-only transactions, that it is a standby.
    starts_read_only: Option<bool>,
    in_hot_standby: Option<bool>,
    is_logged_in: bool,
}

/// Why a connection could not be made.
enum ConnectError {
    /// The server said no, which it may not do when asked with or without TLS.
    Refused(String),
    Other(String),
}

impl Connection {
    /// Connects to the first place that lets us in.
    ///
    /// # Errors
    /// What the client library says of all of them.
    pub(crate) fn open(info: &ConnInfo, protocols: Protocols) -> Result<Connection, String> {
        let mut complaints = String::new();
        let places = info.places_in_turn();
        let passes = info.wanted.passes().iter();
        for (wanted, place) in passes.flat_map(|wanted| places.iter().map(move |place| (wanted, *place))) {
            let streams = match candidates(place, protocols) {
                Ok(streams) => streams,
                Err(text) => {
                    complaints += &text;
                    continue;
                }
            };
            for candidate in streams {
                match candidate.log_in(info, *wanted) {
                    Ok(connection) => return Ok(connection),
                    Err(text) => complaints += &text,
                }
            }
        }
        Err(complaints)
    }

    fn start(stream: Stream, info: &ConnInfo) -> Result<Connection, ConnectError> {
        let mut connection = Connection {
            stream,
            input: BytesMut::new(),
            standard_strings: true,
            starts_read_only: None,
            in_hot_standby: None,
            is_logged_in: false,
        };
        let own_name = || {
            let user = nix::unistd::User::from_uid(nix::unistd::geteuid()).ok().flatten();
            user.map_or_else(Name::default, |user| user.name.as_str().into())
        };
        let user = info.user.clone().unwrap_or_else(own_name);
        let database = info.database.as_ref().unwrap_or(&user);
        let fixed = [("user", &user), ("database", database)];
        let others = info.startup.iter().map(|(name, value)| (name.as_str(), value));
        // A server that is gone may have said why: that is read next.
        let _ = connection.stream.write_all(&startup_message(fixed.into_iter().chain(others)));
        connection.authenticate(&user, info)?;
        connection.is_logged_in = true;
        let io_error = |error: io::Error| ConnectError::Other(format!("{}\n", sys::error_text(&error)));
        connection.stream.set_timeout(None).map_err(io_error)?;
        Ok(connection)
    }

    fn authenticate(&mut self, user: &Name, info: &ConnInfo) -> Result<(), ConnectError> {
        let (password, rules) = (info.password.as_ref(), &info.login_rules);
        let permit = |method| rules.permit(method).map_err(ConnectError::Other);
        let io_error = |error: io::Error| ConnectError::Other(format!("{error}\n"));
        let need =
            || password.ok_or_else(|| ConnectError::Other("fe_sendauth: no password supplied\n".to_owned()));
        let mut scram = None;
        // The server has shown that it knows the password, or has seen it.
        let mut is_proven = false;
        loop {
            let mut output = BytesMut::new();
            match self.read().map_err(ConnectError::Other)? {
                Message::ReadyForQuery(_) => return Ok(()),
                Message::ErrorResponse(body) => {
                    return Err(ConnectError::Refused(ServerError::new(&body).text(b"")));
                }
                Message::ParameterStatus(body) => self.note(body.name().ok(), body.value().ok()),
                Message::AuthenticationCleartextPassword => {
                    permit(Method::Password)?;
                    is_proven = true;
                    frontend::password_message(need()?, &mut output).map_err(io_error)?;
                }
                Message::AuthenticationMd5Password(body) => {
                    permit(Method::Md5)?;
                    is_proven = true;
                    let hash = md5_hash(user, need()?, body.salt());
                    frontend::password_message(hash.as_bytes(), &mut output).map_err(io_error)?;
                }
                Message::AuthenticationSasl(body) => {
                    permit(Method::Scram)?;
                    let (mechanism, binding) = self.binding(&body, rules.binding)?;
                    let keys = &info.scram_keys;
                    let password = if keys.replace_password() { Name::default() } else { need()?.clone() };
                    let client = Exchange::new(&password, keys, binding).map_err(ConnectError::Other)?;
                    frontend::sasl_initial_response(mechanism, &client.first(), &mut output)
                        .map_err(io_error)?;
                    scram = Some(client);
                }
                Message::AuthenticationSaslContinue(body) => {
                    let client = scram.as_mut().ok_or_else(unexpected)?;
                    let answer = client.answer(body.data()).map_err(ConnectError::Other)?;
                    frontend::sasl_response(&answer, &mut output).map_err(io_error)?;
                }
                Message::AuthenticationSaslFinal(body) => {
                    let client = scram.as_ref().ok_or_else(unexpected)?;
                    client.verify(body.data()).map_err(ConnectError::Other)?;
                    is_proven = true;
                }
                Message::NoticeResponse(body) => {
                    log_lines::pgsql_notice(&ServerError::notice(&body).text(b""))
                }
                Message::AuthenticationOk if !is_proven => permit(Method::None)?,
                Message::AuthenticationOk | Message::BackendKeyData(_) => {}
                _ => return Err(ConnectError::Other("authentication method not supported\n".to_owned())),
            }
            self.stream.write_all(&output).map_err(io_error)?;
        }
    }

    /// The mechanism of SCRAM to use, and what it ties the login to.
    fn binding(
        &self,
        offered: &AuthenticationSaslBody,
        wanted: Binding,
    ) -> Result<(&'static str, ChannelBinding), ConnectError> {
        let plus = offered.mechanisms().any(|name| Ok(name == SCRAM_SHA_256_PLUS)).unwrap_or(false);
        let certificate = self.stream.certificate().filter(|_| wanted != Binding::Disable);
        match (certificate, wanted) {
            (Some(certificate), _) if plus => {
                if let Some(digest) = end_point(certificate) {
                    return Ok((SCRAM_SHA_256_PLUS, ChannelBinding::EndPoint(digest)));
                }
            }
            (Some(_), Binding::Prefer) => return Ok((SCRAM_SHA_256, ChannelBinding::Unrequested)),
            _ => {}
        }
        match wanted {
            Binding::Require => Err(ConnectError::Other(NO_BINDING.to_owned())),
            _ => Ok((SCRAM_SHA_256, ChannelBinding::Unsupported)),
        }
    }

    /// Remembers what decides about quoting.
    fn note(&mut self, name: Option<&str>, value: Option<&str>) {
        let is_on = value == Some("on");
        match name {
            Some("standard_conforming_strings") => self.standard_strings = is_on,
            Some("default_transaction_read_only") => self.starts_read_only = Some(is_on),
            Some("in_hot_standby") => self.in_hot_standby = Some(is_on),
            _ => {}
        }
    }

    /// Whether transactions cannot change anything.
    ///
    /// # Errors
    /// The server does not say, in the client library's words.
    pub(crate) fn is_read_only(&mut self) -> Result<bool, String> {
        match (self.starts_read_only, self.in_hot_standby) {
            (Some(starts_read_only), Some(in_hot_standby)) => Ok(starts_read_only || in_hot_standby),
            _ => self.says(b"SHOW transaction_read_only", b"on"),
        }
    }

    /// Whether the server is a standby.
    ///
    /// # Errors
    /// The server does not say, in the client library's words.
    pub(crate) fn is_standby(&mut self) -> Result<bool, String> {
        match self.in_hot_standby {
            Some(in_hot_standby) => Ok(in_hot_standby),
            None => self.says(b"SELECT pg_catalog.pg_is_in_recovery()", b"t"),
        }
    }

    /// Whether a query has this answer.
    fn says(&mut self, query: &[u8], answer: &[u8]) -> Result<bool, String> {
        let query_text = String::from_utf8_lossy(query);
        let rows = self.query(query).map_err(|_| format!("\"{query_text}\" failed\n"))?;
        Ok(rows.first().and_then(|row| row.first()?.as_deref()) == Some(answer))
    }

    /// The next message, or the client library's words for its lack.
    fn read(&mut self) -> Result<Message, String> {
        loop {
            match Message::parse(&mut self.input) {
                Ok(Some(message)) => return Ok(message),
                Ok(None) if self.input.len() <= MAX_MESSAGE => {}
                _ => return Err(PROTOCOL.to_owned()),
            }
            let mut chunk = [0; 8192];
            match self.stream.read(&mut chunk) {
                Ok(0) => return Err(CLOSED.to_owned()),
                Ok(count) => self.input.extend_from_slice(&chunk[..count]),
                Err(error) if error.kind() == io::ErrorKind::ConnectionReset => return Err(CLOSED.to_owned()),
                Err(error) if tls::rustls_error(&error).is_some() => {
                    return Err(format!("SSL error: {}\n", tls::reason(&error)));
                }
                Err(error) => return Err(receive_error(&error)),
            }
        }
    }

    /// Sends a query and takes what it gives: the rows of its last statement.
    ///
    /// # Errors
    /// See [`QueryError`]. The connection is of no more use then.
    pub(crate) fn query(&mut self, query: &[u8]) -> Result<Vec<Row>, QueryError> {
        let mut output = vec![b'Q'];
        let length = u32::try_from(query.len() + 5).map_err(|_| QueryError::Protocol)?;
        output.extend_from_slice(&length.to_be_bytes());
        output.extend_from_slice(query);
        output.push(0);
        // A server that is gone may have said why: that is read below.
        let _ = self.stream.write_all(&output);
        let (mut rows, mut last) = (Vec::new(), Vec::new());
        let mut failure: Option<QueryError> = None;
        loop {
            match self.read() {
                Ok(Message::RowDescription(_)) => rows.clear(),
                Ok(Message::DataRow(body)) => rows.push(row_of(&body).ok_or(QueryError::Protocol)?),
                // Only the last statement's rows count, and it may have none.
                Ok(Message::CommandComplete(_)) => last = std::mem::take(&mut rows),
                Ok(Message::EmptyQueryResponse) => failure = Some(QueryError::Unexpected(0)),
                Ok(Message::CopyOutResponse(_)) => return Err(QueryError::Unexpected(3)),
                Ok(Message::CopyInResponse(_)) => return Err(QueryError::Unexpected(4)),
                Ok(Message::ErrorResponse(body)) => {
                    failure = Some(QueryError::Failed(ServerError::new(&body).text(query)));
                }
                Ok(Message::ParameterStatus(body)) => self.note(body.name().ok(), body.value().ok()),
                Ok(Message::ReadyForQuery(_)) => return failure.map_or(Ok(last), Err),
                Ok(Message::NoticeResponse(body)) => {
                    log_lines::pgsql_notice(&ServerError::notice(&body).text(query));
                }
                Ok(Message::NotificationResponse(_)) => {}
                Ok(_) => return Err(QueryError::Protocol),
                // What the server said before it hung up is not shown.
                Err(text) => return Err(QueryError::Failed(text)),
            }
        }
    }

    /// Writes text so that it can stand between single quotes.
    pub(crate) fn quote(&self, text: &[u8], query: &mut Vec<u8>) {
        for &byte in text {
            if byte == b'\'' || (byte == b'\\' && !self.standard_strings) {
                query.push(byte);
            }
            query.push(byte);
        }
    }
}

impl Drop for Connection {
    /// Says good-bye, once there was a welcome; a server that is gone will not miss it.
    fn drop(&mut self) {
        if self.is_logged_in {
            let mut farewell = BytesMut::new();
            frontend::terminate(&mut farewell);
            let _ = self.stream.write_all(&farewell);
        }
    }
}

/// What the client library says of a server that cannot tie a login to the connection.
const NO_BINDING: &str = "channel binding is required, but server did not offer an authentication method that supports \
                          channel binding\n";
const PROTOCOL: &str = "message contents do not agree with length in message type\n";

/// What a client says first: the version of the protocol, and parameters by name.
fn startup_message<'a>(parameters: impl Iterator<Item = (&'a str, &'a Name)>) -> Vec<u8> {
    const VERSION: u32 = 3 << 16;
    let mut message = [[0; 4], VERSION.to_be_bytes()].concat();
    for (name, value) in parameters {
        message.extend([name.as_bytes(), b"\0", value, b"\0"].concat());
    }
    message.push(0);
    let length = u32::try_from(message.len()).unwrap_or(u32::MAX);
    message[..4].copy_from_slice(&length.to_be_bytes());
    message
}

fn unexpected() -> ConnectError {
    ConnectError::Other(PROTOCOL.to_owned())
}

fn row_of(body: &DataRowBody) -> Option<Row> {
    let mut row = Vec::new();
    let mut ranges = body.ranges();
    while let Some(range) = ranges.next().ok()? {
        row.push(match range {
            Some(range) => Some(body.buffer().get(range)?.to_vec()),
            None => None,
        });
    }
    Some(row)
}

/// An address to try, and how the client library names it.
struct Candidate<'a> {
    place: &'a Place,
    title: String,
    address: Address,
    protocols: Protocols,
}

enum Address {
    Socket(Name),
    Network(std::net::SocketAddr),
}

/// The addresses of a place, or what the client library says when there are none.
fn candidates<'a>(place: &'a Place, protocols: Protocols) -> Result<Vec<Candidate<'a>>, String> {
    let port: i64 = place
        .port
        .parse()
        .map_err(|_| format!("invalid integer value \"{}\" for connection option \"port\"\n", place.port))?;
    let port = u16::try_from(port)
        .ok()
        .filter(|port| *port != 0)
        .ok_or_else(|| format!("invalid port number: \"{}\"\n", place.port))?;
    if place.is_local() {
        let path = place.host.with_suffix(&format!("/.s.PGSQL.{}", place.port));
        let title = format!("connection to server on socket \"{path}\" failed: ");
        return Ok(vec![Candidate { place, title, address: Address::Socket(path), protocols }]);
    }
    // A host whose name is no text does not exist.
    let host = &place.address.as_ref().unwrap_or(&place.host).to_string();
    let addresses = resolve(host, Some(port))
        .map_err(|why| format!("could not translate host name \"{host}\" to address: {why}\n"))?;
    Ok(addresses
        .into_iter()
        .map(|address| {
            let number = address.ip().to_string();
            let shown =
                if place.host == number.as_str().into() { String::new() } else { format!(" ({number})") };
            let title = format!("connection to server at \"{}\"{shown}, port {port} failed: ", place.host);
            Candidate { place, title, address: Address::Network(address), protocols }
        })
        .collect())
}

impl Candidate<'_> {
    /// Connects as often as `sslmode` says.
    fn log_in(&self, info: &ConnInfo, wanted: Wanted) -> Result<Connection, String> {
        let is_local = matches!(self.address, Address::Socket(_));
        let mode = info.ssl.mode();
        let attempts: &[Option<Demand>] = match mode {
            _ if is_local => &[None],
            SslMode::Disable => &[None],
            SslMode::Allow => &[None, Some(Demand::Nothing)],
            SslMode::Prefer => &[Some(Demand::Nothing), None],
            SslMode::Require(Demand::Nothing) => &[Some(Demand::Nothing)],
            SslMode::Require(Demand::Chain) => &[Some(Demand::Chain)],
            SslMode::Require(Demand::ChainAndName) => &[Some(Demand::ChainAndName)],
        };
        let mut complaints = String::new();
        for demand in attempts {
            match self.attempt(info, *demand) {
                Ok(mut connection) => {
                    let checked = wanted.check(&mut connection).map(|()| connection);
                    return checked.map_err(|text| format!("{}{text}", self.title));
                }
                Err(failure) => {
                    complaints += &format!("{}{}", self.title, failure.text);
                    if !failure.may_try_otherwise {
                        break;
                    }
                }
            }
        }
        Err(complaints)
    }

    /// Connects once.
    fn attempt(&self, info: &ConnInfo, demand: Option<Demand>) -> Result<Connection, Failure> {
        let limit = info.time_limit().map_err(Failure::last)?;
        let mut stream = self.connect(info, limit).map_err(Failure::last)?;
        // The limit is for the whole login.
        stream.set_timeout(limit).map_err(|error| Failure::last(receive_error(&error)))?;
        let mut with_tls = false;
        if let Some(demand) = demand {
            let offered = info.ssl.direct
                || ask_for_tls(&mut stream).map_err(|error| Failure::last(receive_error(&error)))?;
            if offered {
                stream = self.start_tls(stream, info, demand)?;
                with_tls = true;
            } else if matches!(info.ssl.mode(), SslMode::Require(_)) {
                return Err(Failure::last("server does not support SSL, but SSL was required\n".to_owned()));
            }
        }
        Connection::start(stream, info).map_err(|error| match error {
            // Without TLS after all: there is no other way left to ask.
            ConnectError::Refused(text) => Failure { text, may_try_otherwise: with_tls || demand.is_none() },
            ConnectError::Other(text) => Failure::last(text),
        })
    }

    fn start_tls(&self, stream: Stream, info: &ConnInfo, demand: Demand) -> Result<Stream, Failure> {
        let other_way = |text: String| Failure { text, may_try_otherwise: true };
        let (parameters, demand) = info.ssl.parameters(demand).map_err(other_way)?;
        let config = tls::client_config(&parameters, demand)
            .map_err(|unusable| other_way(info.ssl.complaint(&parameters, &unusable)))?;
        let host = &self.place.host.to_string();
        stream.start_tls(config, host).map_err(|error| {
            other_way(match tls::distrust(&error) {
                Some(Distrust::Name(names)) => wrong_name(names, host),
                Some(_) => "SSL error: certificate verify failed\n".to_owned(),
                None if is_timeout(&error) => TIMEOUT.to_owned(),
                None => format!("SSL error: {}\n", tls::reason(&error)),
            })
        })
    }

    fn connect(&self, info: &ConnInfo, limit: Option<Duration>) -> Result<Stream, String> {
        let (connected, question) = match &self.address {
            Address::Socket(path) => (
                UnixStream::connect(path).map(Stream::Unix),
                "Is the server running locally and accepting connections on that socket?",
            ),
            Address::Network(address) => (
                connect_first(&[*address], self.protocols, limit).map(Stream::Tcp),
                "Is the server running on that host and accepting TCP/IP connections?",
            ),
        };
        let stream = connected.map_err(|error| {
            let hint = if is_timeout(&error) { String::new() } else { format!("\t{question}\n") };
            format!("{}\n{hint}", sys::error_text(&error))
        })?;
        match (&stream, &info.required_peer) {
            (Stream::Unix(socket), Some(name)) => must_be_of(socket, name).map(|()| stream),
            _ => Ok(stream),
        }
    }
}

/// Checks that a server runs as this user: the parameter `requirepeer`.
fn must_be_of(socket: &UnixStream, name: &Name) -> Result<(), String> {
    let credentials = getsockopt(socket, PeerCredentials)
        .map_err(|error| format!("could not get peer credentials: {}\n", sys::error_text(&error.into())))?;
    let user = nix::unistd::User::from_uid(credentials.uid().into()).ok().flatten();
    let user = user.ok_or_else(|| format!("local user with ID {} does not exist\n", credentials.uid()))?;
    match *name == user.name.as_str().into() {
        true => Ok(()),
        false => {
            Err(format!("requirepeer specifies \"{name}\", but actual peer user name is \"{}\"\n", user.name))
        }
    }
}

/// What the client library says when `connect_timeout` is over.
const TIMEOUT: &str = "timeout expired\n";

fn is_timeout(error: &io::Error) -> bool {
    error.raw_os_error() == Some(nix::libc::ETIMEDOUT)
}

/// What the client library says when nothing comes.
fn receive_error(error: &io::Error) -> String {
    match is_timeout(error) {
        true => TIMEOUT.to_owned(),
        false => format!("could not receive data from server: {}\n", sys::error_text(error)),
    }
}

/// Why one way to connect failed.
struct Failure {
    text: String,
    /// Another way, with or without TLS, may be better.
    may_try_otherwise: bool,
}

impl Failure {
    fn last(text: String) -> Failure {
        Failure { text, may_try_otherwise: false }
    }
}

/// The client library's words for a certificate of other names.
fn wrong_name(names: &[String], host: &str) -> String {
    let first = names.first().map_or("", String::as_str);
    let others = match names.len() {
        0 | 1 => String::new(),
        2 => " (and 1 other name)".to_owned(),
        count => format!(" (and {} other names)", count - 1),
    };
    format!("server certificate for \"{first}\"{others} does not match host name \"{host}\"\n")
}

/// Asks whether the server speaks TLS.
fn ask_for_tls(stream: &mut Stream) -> io::Result<bool> {
    let mut request = BytesMut::new();
    frontend::ssl_request(&mut request);
    stream.write_all(&request)?;
    let mut answer = [0];
    stream.read_exact(&mut answer)?;
    Ok(answer == *b"S")
}
