//! A connection to an LDAP server.

use super::message::{self, Answer, Credentials, Entry, Search};
use super::result_code::{
    CONNECT_ERROR, DECODING_ERROR, NOT_SUPPORTED, PARAMETER_ERROR, REFERRAL, SERVER_DOWN, SUCCESS, TIMEOUT,
    UNKNOWN_METHOD,
};
use super::settings::{Bind, Settings};
use super::url::{Scheme, Url};
use crate::ber;
use crate::endpoint::{connect_first, resolve};
use crate::tls;
use crate::wire::Stream;
use config::networks::Protocols;
use rustls::ClientConfig;
use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How many servers a referral may lead through.
const MAX_HOPS: usize = 5;
const LDAP_PORT: i32 = 389;
const LDAPS_PORT: i32 = 636;
/// The socket of a server on this machine.
const LDAPI_SOCKET: &str = "/run/slapd/ldapi";

/// A connection.
pub(crate) struct Connection {
    stream: Option<Stream>,
    host: String,
    input: Vec<u8>,
    last_id: i32,
    timeout: Option<Duration>,
    protocols: Protocols,
}

/// Which step of connecting failed, with the result code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ConnectError {
    /// The servers' addresses make no sense.
    Servers,
    /// A certificate or key cannot be used.
    TlsFiles,
    /// There is no file of random numbers in the library.
    TlsRandomFile,
    StartTls(i32),
    Bind(i32),
    /// There was no step; the server will be missed when it is asked.
    Unreachable,
}

fn stream_to(url: &Url, timeout: Option<Duration>, protocols: Protocols) -> io::Result<Stream> {
    let stream = if url.scheme == Scheme::Ldapi {
        let path = if url.host.is_empty() { LDAPI_SOCKET } else { &url.host };
        Stream::Unix(UnixStream::connect(path)?)
    } else {
        let default = if url.scheme == Scheme::Ldaps { LDAPS_PORT } else { LDAP_PORT };
        let host = if url.host.is_empty() { "localhost" } else { &url.host };
        let port = u16::try_from(url.port.unwrap_or(default)).map_err(io::Error::other)?;
        let addresses = resolve(host, Some(port)).map_err(io::Error::other)?;
        Stream::Tcp(connect_first(&addresses, protocols, limit(timeout))?)
    };
    stream.set_timeout(limit(timeout))?;
    Ok(stream)
}

/// A limit for steps that have none when it is zero.
fn limit(timeout: Option<Duration>) -> Option<Duration> {
    timeout.filter(|timeout| !timeout.is_zero())
}

/// The name that a server's certificate must have: where the server is this machine, the one that others know.
fn certified_name(host: &str) -> String {
    if !host.is_empty() && !host.eq_ignore_ascii_case("localhost") {
        return host.to_owned();
    }
    sys::network::hostname().ok().and_then(|name| name.into_string().ok()).unwrap_or_else(|| host.to_owned())
}

impl Connection {
    /// Connects to the first of these servers that is there.
    fn reach(
        urls: &[Url],
        timeout: Option<Duration>,
        protocols: Protocols,
        tls: Option<&Arc<ClientConfig>>,
    ) -> Option<Connection> {
        urls.iter().find_map(|url| {
            let mut stream = stream_to(url, timeout, protocols).ok()?;
            if let (Scheme::Ldaps, Some(config)) = (url.scheme, tls) {
                stream = stream.start_tls(Arc::clone(config), &certified_name(&url.host)).ok()?;
            }
            let host = url.host.clone();
            Some(Connection { stream: Some(stream), host, input: Vec::new(), last_id: 0, timeout, protocols })
        })
    }

    /// Connects, speaks TLS and logs in as the settings say.
    ///
    /// # Errors
    /// The step that failed.
    pub(crate) fn open(settings: &Settings, protocols: Protocols) -> Result<Connection, ConnectError> {
        let urls = settings.urls.as_deref().ok_or(ConnectError::Servers)?;
        let uses_tls = settings.start_tls || urls.iter().any(|url| url.scheme == Scheme::Ldaps);
        let config = match uses_tls {
            true if settings.tls_random_file.is_some() => return Err(ConnectError::TlsRandomFile),
            true => Some(
                tls::client_config(&settings.tls, settings.tls_demand).map_err(|_| ConnectError::TlsFiles)?,
            ),
            false => None,
        };
        let unreachable = match (settings.start_tls, &settings.bind) {
            (true, _) => ConnectError::StartTls(SERVER_DOWN),
            (false, Bind::None) => ConnectError::Unreachable,
            (false, _) => ConnectError::Bind(SERVER_DOWN),
        };
        let reached = Connection::reach(urls, settings.timeout, protocols, config.as_ref());
        let mut connection = reached.ok_or(unreachable)?;
        if settings.start_tls {
            let config = config.ok_or(ConnectError::StartTls(CONNECT_ERROR))?;
            connection.start_tls(config).map_err(ConnectError::StartTls)?;
        }
        connection.log_in(settings).map_err(ConnectError::Bind)?;
        Ok(connection)
    }

    fn start_tls(&mut self, config: Arc<ClientConfig>) -> Result<(), i32> {
        let id = self.next_id();
        self.send(&message::start_tls(id))?;
        self.done(id)?;
        let stream = self.stream.take().ok_or(SERVER_DOWN)?;
        self.stream = Some(stream.start_tls(config, &certified_name(&self.host)).map_err(|_| CONNECT_ERROR)?);
        Ok(())
    }

    fn log_in(&mut self, settings: &Settings) -> Result<(), i32> {
        let credentials = match &settings.bind {
            Bind::None => return Ok(()),
            Bind::Simple => Credentials::Simple { dn: &settings.bind_dn, password: &settings.bind_pw },
            Bind::Sasl { .. } if settings.version < 3 => return Err(NOT_SUPPORTED),
            Bind::Sasl { mechanisms, authorization } => {
                let wants =
                    |name: &[u8]| mechanisms.iter().any(|mechanism| mechanism.eq_ignore_ascii_case(name));
                if wants(b"EXTERNAL") && self.is_known_otherwise(settings) {
                    let response = authorization.to_vec();
                    Credentials::Sasl { mechanism: "EXTERNAL", response }
                } else if wants(b"PLAIN") {
                    let parts: [&[u8]; 3] = [authorization, &settings.bind_dn, &settings.bind_pw];
                    Credentials::Sasl { mechanism: "PLAIN", response: parts.join(&0) }
                } else {
                    return Err(UNKNOWN_METHOD);
                }
            }
        };
        let id = self.next_id();
        self.send(&message::bind(id, settings.version, &credentials))?;
        self.done(id)
    }

    /// Whether the server knows from elsewhere who we are: from the socket, or from our certificate.
    fn is_known_otherwise(&self, settings: &Settings) -> bool {
        match &self.stream {
            Some(Stream::Unix(_)) => true,
            Some(Stream::Tls(_)) => settings.tls.certificate.is_some(),
            _ => false,
        }
    }

    fn next_id(&mut self) -> i32 {
        self.last_id = self.last_id.wrapping_add(1).max(1);
        self.last_id
    }

    fn send(&mut self, request: &[u8]) -> Result<(), i32> {
        let stream = self.stream.as_mut().ok_or(SERVER_DOWN)?;
        stream.write_all(request).and_then(|()| stream.flush()).map_err(|_| SERVER_DOWN)
    }

    /// The next answer to a request, before the time is up.
    fn read(&mut self, id: i32, deadline: Option<Instant>) -> Result<Answer, i32> {
        loop {
            if let Some(length) = ber::length(&self.input).map_err(|_| DECODING_ERROR)?
                && self.input.len() >= length
            {
                let input: Vec<u8> = self.input.drain(..length).collect();
                match message::parse(&input) {
                    Some((answered, answer)) if answered == id => return Ok(answer),
                    // The server hangs up, and says why.
                    Some((0, Answer::Done(code, _))) => return Err(code),
                    Some(_) => continue,
                    None => return Err(DECODING_ERROR),
                }
            }
            let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
            if left.is_some_and(|left| left.is_zero()) {
                return Err(TIMEOUT);
            }
            let stream = self.stream.as_mut().ok_or(SERVER_DOWN)?;
            stream.set_timeout(left).map_err(|_| SERVER_DOWN)?;
            let mut chunk = [0; 8192];
            match stream.read(&mut chunk) {
                Ok(0) => return Err(SERVER_DOWN),
                Ok(count) => self.input.extend_from_slice(&chunk[..count]),
                Err(error) if error.kind() == io::ErrorKind::TimedOut => return Err(TIMEOUT),
                Err(_) => return Err(SERVER_DOWN),
            }
        }
    }

    /// When a request that is sent now must be answered.
    fn deadline(&self) -> Option<Instant> {
        limit(self.timeout).and_then(|timeout| Instant::now().checked_add(timeout))
    }

    /// Waits for the end of a request.
    fn done(&mut self, id: i32) -> Result<(), i32> {
        let deadline = self.deadline();
        loop {
            match self.read(id, deadline)? {
                Answer::Done(SUCCESS, _) => return Ok(()),
                Answer::Done(code, _) => return Err(code),
                _ => {}
            }
        }
    }

    /// Searches. Where `chase` is set, what other servers have is part of what is found.
    ///
    /// # Errors
    /// The result code.
    pub(crate) fn search(&mut self, search: &Search<'_>, chase: bool) -> Result<Vec<Entry>, i32> {
        self.search_from(search, chase.then_some(MAX_HOPS))
    }

    fn search_from(&mut self, search: &Search<'_>, hops: Option<usize>) -> Result<Vec<Entry>, i32> {
        if self.timeout == Some(Duration::ZERO) {
            // The client library takes no search that must be over at once.
            return Err(PARAMETER_ERROR);
        }
        let id = self.next_id();
        self.send(&message::search(id, search))?;
        let deadline = self.deadline();
        let mut entries = Vec::new();
        let mut references = Vec::new();
        let (code, referral) = loop {
            match self.read(id, deadline)? {
                Answer::Entry(entry) => entries.push(entry),
                Answer::Reference(urls) => references.push(urls),
                Answer::Done(code, referral) => break (code, referral),
            }
        };
        let Some(hops) = hops.and_then(|hops| hops.checked_sub(1)) else {
            return if code == SUCCESS { Ok(entries) } else { Err(code) };
        };
        for urls in references {
            // What cannot be reached is left out, as by the client library.
            entries.extend(self.follow(&urls, search, hops).unwrap_or_default());
        }
        match code {
            SUCCESS => Ok(entries),
            REFERRAL => self.follow(&referral, search, hops),
            _ => Err(code),
        }
    }

    /// Asks the first server of these that answers, without a name.
    fn follow(&self, urls: &[String], search: &Search<'_>, hops: usize) -> Result<Vec<Entry>, i32> {
        let mut outcome = Err(REFERRAL);
        for url in urls.iter().filter_map(|url| Url::parse(url).ok()) {
            let base = if url.dn.is_empty() { search.base } else { url.dn.as_bytes() };
            let scope = url.scope.unwrap_or(search.scope);
            let search = Search { base, scope, ..search.clone() };
            let servers = std::slice::from_ref(&url);
            let reached = Connection::reach(servers, self.timeout, self.protocols, None);
            outcome =
                reached.ok_or(SERVER_DOWN).and_then(|mut server| server.search_from(&search, Some(hops)));
            if outcome.is_ok() {
                break;
            }
        }
        outcome
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        let id = self.next_id();
        let _ = self.send(&message::unbind(id));
    }
}
