//! Policy servers (SMTPD_POLICY_README): one request with all attributes of the present state, one action as answer.

use std::cell::RefCell;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::time::{Duration, Instant};

use bstr::ByteSlice;
use config::{Config, braces};
use ipc::{Attrs, encode_plain, read_plain};
use server::Stream;
use tables::Name;
use tokio::io::{AsyncWriteExt, BufReader};
use tokio::net::{TcpStream, UnixStream};

use super::access::Found;
use super::engine::Walk;
use super::state::Outcome;
use crate::log_lines;
use crate::session::Session;
use crate::verb::{Stage, Verb};

/// The action when even the configured default action fails.
const LAST_RESORT: &[u8] = b"451 4.3.5 Server configuration problem";

/// A policy server as it is configured.
#[derive(Clone, Debug)]
pub struct Settings {
    /// `inet:host:port`, `unix:path` or `host:port`.
    endpoint: Name,
    timeout: Duration,
    max_idle: Duration,
    max_ttl: Duration,
    request_limit: i64,
    try_limit: i64,
    retry_delay: Duration,
    default_action: Vec<u8>,
    context: Vec<u8>,
}

impl Settings {
    /// Takes a policy server's specification apart: an endpoint, or `{endpoint, name=value ...}`.
    pub fn parse(text: &Name, config: &Config) -> Result<Settings, String> {
        let mut settings = Settings {
            endpoint: text.clone(),
            timeout: config.get(&params::SMTPD_POLICY_SERVICE_TIMEOUT),
            max_idle: config.get(&params::SMTPD_POLICY_SERVICE_MAX_IDLE),
            max_ttl: config.get(&params::SMTPD_POLICY_SERVICE_MAX_TTL),
            request_limit: config.get(&params::SMTPD_POLICY_SERVICE_REQUEST_LIMIT),
            try_limit: config.get(&params::SMTPD_POLICY_SERVICE_TRY_LIMIT),
            retry_delay: config.get(&params::SMTPD_POLICY_SERVICE_RETRY_DELAY),
            default_action: config.bytes(&params::SMTPD_POLICY_SERVICE_DEFAULT_ACTION),
            context: config.bytes(&params::SMTPD_POLICY_SERVICE_POLICY_CONTEXT),
        };
        if text.starts_with(b"{") {
            let inside = braces::payload(text)
                .map_err(|bad| format!("policy service syntax error: {}", log::bytes(bad.payload)))?;
            let mut words = tables::list_items(inside);
            settings.endpoint =
                words.next().ok_or_else(|| format!("empty policy service: \"{text}\""))?.into();
            for word in words {
                settings.override_with(word)?;
            }
        }
        match settings.split_endpoint() {
            None => Err(format!("need service transport:endpoint instead of \"{}\"", settings.endpoint)),
            Some((b"inet" | b"unix" | b"local", _)) => Ok(settings),
            Some((other, _)) => {
                let other = log::bytes(other);
                Err(format!("invalid transport name: {other} in service: {}", settings.endpoint))
            }
        }
    }

    /// The transport (`inet`, `unix`) and the address, neither empty.
    fn split_endpoint(&self) -> Option<(&[u8], &[u8])> {
        self.endpoint
            .split_once_str(b":")
            .filter(|(transport, address)| !transport.is_empty() && !address.is_empty())
    }

    fn override_with(&mut self, word: &[u8]) -> Result<(), String> {
        let word = match word.first() {
            Some(b'{') => {
                braces::payload(word).map_err(|bad| format!("{bad} in \"{}\"", log::bytes(bad.payload)))?
            }
            _ => word,
        };
        let (name, value) = config::split_pair(word)
            .map_err(|why| format!("malformed option: {why}: \"...{}...\"", log::bytes(word)))?;
        let (shown_name, shown) = (log::bytes(name), log::bytes(value));
        let text = value.to_str().unwrap_or_default();
        let number =
            || text.parse().map_err(|_| format!("bad numerical configuration: {shown_name} = {shown}"));
        let time = || seconds(text).ok_or_else(|| format!("{shown_name}: bad time value or unit: {shown}"));
        match name {
            b"timeout" => self.timeout = time()?,
            b"max_idle" => self.max_idle = time()?,
            b"max_ttl" => self.max_ttl = time()?,
            b"retry_delay" => self.retry_delay = time()?,
            b"request_limit" => self.request_limit = number()?,
            b"try_limit" => self.try_limit = number()?,
            b"default_action" => self.default_action = value.to_vec(),
            b"policy_context" => self.context = value.to_vec(),
            _ => return Err(format!("unknown option: \"{shown_name} = {shown}\"")),
        }
        Ok(())
    }
}

/// A time with its unit; a bare number is seconds.
pub fn seconds(text: &str) -> Option<Duration> {
    let (number, unit) = match text.char_indices().last()? {
        (_, last) if last.is_ascii_digit() => (text, 1),
        (at, 's') => (text.get(..at)?, 1),
        (at, 'm') => (text.get(..at)?, 60),
        (at, 'h') => (text.get(..at)?, 3600),
        (at, 'd') => (text.get(..at)?, 86_400),
        (at, 'w') => (text.get(..at)?, 604_800),
        _ => return None,
    };
    Some(Duration::from_secs(number.parse::<u64>().ok()?.checked_mul(unit)?))
}

/// A connection with a policy server.
#[derive(Debug)]
struct Link {
    stream: BufReader<Stream>,
    since: Instant,
    used: Instant,
    requests: i64,
}

/// A policy server, with connections that wait for their next request.
#[derive(Debug)]
pub struct PolicyServer {
    settings: Settings,
    idle: RefCell<Vec<Link>>,
}

impl PolicyServer {
    /// A server without a connection yet.
    pub fn new(settings: Settings) -> Self {
        Self { settings, idle: RefCell::default() }
    }

    /// Asks; the action, or none if the server does not answer.
    async fn ask(&self, request: &[u8]) -> Option<Vec<u8>> {
        let settings = &self.settings;
        let mut tries = 0;
        loop {
            let error = match self.try_once(request).await {
                Ok(action) => return Some(action),
                Err(error) => error,
            };
            tries += 1;
            let gives_up = settings.try_limit > 0 && tries >= settings.try_limit;
            let is_common = matches!(
                error.kind(),
                std::io::ErrorKind::BrokenPipe
                    | std::io::ErrorKind::NotFound
                    | std::io::ErrorKind::ConnectionReset
                    | std::io::ErrorKind::UnexpectedEof
            );
            if gives_up || !is_common {
                let (_, endpoint) = settings.split_endpoint().unwrap_or_default();
                let (endpoint, text) = (log::bytes(endpoint), sys::error_text(&error));
                log_lines::restriction_fault(&format!("problem talking to server {endpoint}: {text}"));
            }
            if gives_up {
                return None;
            }
            tokio::time::sleep(settings.retry_delay).await;
        }
    }

    async fn try_once(&self, request: &[u8]) -> std::io::Result<Vec<u8>> {
        let limit = self.settings.timeout;
        let mut link = match self.take_idle() {
            Some(link) => link,
            None => timed(limit, self.connect()).await?,
        };
        timed(limit, link.stream.get_mut().write_all(request)).await?;
        let answer = timed(limit, async {
            read_plain(&mut link.stream).await.map_err(|error| std::io::Error::other(error.to_string()))
        });
        let answer = answer.await?.ok_or(std::io::ErrorKind::UnexpectedEof)?;
        let action = answer.str("action").map(<[u8]>::to_vec).ok_or(std::io::ErrorKind::InvalidData)?;
        link.requests += 1;
        link.used = Instant::now();
        if self.settings.request_limit == 0 || link.requests < self.settings.request_limit {
            self.idle.borrow_mut().push(link);
        }
        Ok(action)
    }

    fn take_idle(&self) -> Option<Link> {
        let mut idle = self.idle.borrow_mut();
        let settings = &self.settings;
        idle.retain(|link| {
            link.used.elapsed() < settings.max_idle
                && link.since.elapsed() < settings.max_ttl
                && !is_stale(link.stream.get_ref())
        });
        idle.pop()
    }

    async fn connect(&self) -> std::io::Result<Link> {
        let (transport, address) = self.settings.split_endpoint().unwrap_or_default();
        let connected = match transport {
            b"unix" | b"local" => UnixStream::connect(OsStr::from_bytes(address)).await.map(Stream::Unix),
            _ => TcpStream::connect(inet_address(&address.to_str_lossy())).await.map(Stream::Tcp),
        };
        let stream = connected.inspect_err(|error| {
            log_lines::restriction_fault(&format!(
                "connect to {}: {}",
                log::bytes(address),
                sys::error_text(error)
            ));
        })?;
        let now = Instant::now();
        Ok(Link { stream: BufReader::new(stream), since: now, used: now, requests: 0 })
    }
}

/// Whether the server hung up meanwhile, or said something out of turn.
fn is_stale(stream: &Stream) -> bool {
    let mut byte = [0];
    let read = match stream {
        Stream::Tcp(stream) => stream.try_read(&mut byte),
        Stream::Unix(stream) => stream.try_read(&mut byte),
        Stream::Standard { .. } => return true,
    };
    !matches!(read, Err(error) if error.kind() == std::io::ErrorKind::WouldBlock)
}

/// An address as the system's resolver takes it: `:port` and `port` mean this host.
fn inet_address(text: &str) -> String {
    match text.rsplit_once(':') {
        Some(("", port)) => format!("localhost:{port}"),
        Some(_) => text.to_owned(),
        None => format!("localhost:{text}"),
    }
}

async fn timed<T>(limit: Duration, step: impl Future<Output = std::io::Result<T>>) -> std::io::Result<T> {
    tokio::time::timeout(limit, step).await.unwrap_or_else(|_| Err(std::io::ErrorKind::TimedOut.into()))
}

impl Session {
    /// Asks a policy server, and does what it says.
    pub(super) async fn check_policy_service(&mut self, name: &Name, walk: &Walk<'_>) -> Outcome {
        let server = self.server.clone();
        let Some(policy) = server.policy_servers.get(name) else {
            return Err(self.configuration_fault(&format!("no client endpoint for policy server {name}")));
        };
        let request = encode_plain(&self.policy_request(&policy.settings.context));
        let answer = policy.ask(&request).await.filter(|action| {
            let valid = !self.server.settings.smtputf8 || std::str::from_utf8(action).is_ok();
            if !valid {
                let shown = log::printable(action);
                log_lines::restriction_fault(&format!(
                    "malformed UTF-8 in policy server {name} response: \"{shown}\""
                ));
            }
            valid
        });
        let found = Found::by_policy(name, walk);
        if let Some(action) = answer {
            return self.access_action(&found, &action).await;
        }
        // A default action may ask another policy server, and that one this one.
        self.checks.policy_depth += 1;
        let action = if self.checks.policy_depth == 1 {
            policy.settings.default_action.clone()
        } else {
            LAST_RESORT.to_vec()
        };
        let outcome = self.access_action(&found, &action).await;
        self.checks.policy_depth -= 1;
        outcome
    }

    fn policy_request(&self, context: &[u8]) -> Attrs {
        let mail = &self.mail;
        let client = &self.client;
        let settings = &self.server.settings;
        let has_message = matches!(self.stage, Stage::Command(Verb::Data | Verb::Bdat) | Stage::EndOfMessage);
        let state = match self.stage {
            Stage::Command(Verb::Bdat) => Verb::Data.name(),
            stage => stage.name(),
        };
        let count = if has_message { i32::try_from(mail.recipient_count).unwrap_or(i32::MAX) } else { 0 };
        let size = if mail.received_size > 0 { mail.received_size } else { mail.announced_size };
        let bytes = |value: &Option<Vec<u8>>| value.clone().unwrap_or_default();
        let mut request = Attrs::new();
        request
            .put_str("request", "smtpd_access_policy")
            .put_str("protocol_state", state)
            .put_str("protocol_name", self.protocol)
            .put_str("client_address", &client.address)
            .put_str("client_name", &client.name)
            .put_str("client_port", &client.port)
            .put_str("reverse_client_name", &client.reverse_name)
            .put_str("server_address", &client.server_address)
            .put_str("server_port", &client.server_port)
            .put_str("helo_name", bytes(&self.helo_name))
            .put_str("sender", bytes(&mail.sender))
            .put_str("recipient", bytes(&mail.recipient))
            .put_int("recipient_count", count)
            .put_str("queue_id", mail.queue_id().unwrap_or_default())
            .put_str("instance", &mail.instance)
            .put_long("size", size)
            .put_str("etrn_domain", bytes(&self.etrn_domain))
            .put_str("stress", &settings.stress);
        for name in [
            "sasl_method",
            "sasl_username",
            "sasl_sender",
            "ccert_subject",
            "ccert_issuer",
            "ccert_fingerprint",
            "ccert_pubkey_fingerprint",
            "encryption_protocol",
            "encryption_cipher",
        ] {
            request.put_str(name, "");
        }
        request
            .put_int("encryption_keysize", 0)
            .put_str("policy_context", context)
            .put_str("compatibility_level", &settings.compatibility_level)
            .put_str("mail_version", &settings.mail_version);
        request
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_addresses() {
        assert_eq!(seconds("10"), Some(Duration::from_secs(10)));
        assert_eq!(seconds("2m"), Some(Duration::from_secs(120)));
        assert_eq!(seconds("x"), None);
        assert_eq!(inet_address("127.0.0.1:10"), "127.0.0.1:10");
        assert_eq!(inet_address("10"), "localhost:10");
    }
}
