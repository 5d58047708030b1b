//! Where and how to connect to PostgreSQL: `inet:host:port`, `unix:/directory`, and connection URIs.

use super::login_rules::LoginRules;
use super::protocol_range::ProtocolRange;
use super::scram::Keys;
use super::service_file::{self, Parameter};
use super::session_attrs::Wanted;
use super::ssl::Ssl;
use bstr::ByteSlice;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::time::Duration;
use tables::Name;

/// The port and the directory of sockets that the client library has by default.
const DEFAULT_PORT: &str = "5432";
const DEFAULT_DIRECTORY: &str = "/var/run/postgresql";

/// One place to connect to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// A host name, an address, or (with a slash first) a directory of sockets.
    pub(crate) host: Name,
    /// The address, where the name is not to be looked up.
    pub(crate) address: Option<Name>,
    pub(crate) port: String,
}

impl Place {
    /// A directory of sockets?
    pub(crate) fn is_local(&self) -> bool {
        self.host.starts_with(b"/") || self.host.starts_with(b"@")
    }
}

/// All that the client library knows of a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ConnInfo {
    /// Tried in this order.
    pub(crate) places: Vec<Place>,
    pub(crate) user: Option<Name>,
    pub(crate) password: Option<Name>,
    pub(crate) database: Option<Name>,
    /// What replaces the password.
    pub(crate) scram_keys: Keys,
    pub(crate) ssl: Ssl,
    pub(crate) login_rules: LoginRules,
    /// Seconds, see [`ConnInfo::time_limit`].
    pub(crate) connect_timeout: Option<String>,
    /// The places are tried in an order of chance.
    pub(crate) balances: bool,
    pub(crate) wanted: Wanted,
    /// The user as whom a server on this machine must run.
    pub(crate) required_peer: Option<Name>,
    protocol: ProtocolRange,
    /// The service whose definition gives what else is to be known.
    service: Option<Name>,
    /// The names of the parameters that were set.
    named: Vec<String>,
    /// Parameters that the server gets as they are.
    pub(crate) startup: Vec<(String, Name)>,
}

impl ConnInfo {
    fn new() -> ConnInfo {
        ConnInfo {
            places: Vec::new(),
            user: None,
            password: None,
            database: None,
            scram_keys: Keys::default(),
            ssl: Ssl::default(),
            login_rules: LoginRules::default(),
            connect_timeout: None,
            balances: false,
            wanted: Wanted::Any,
            required_peer: None,
            protocol: ProtocolRange::default(),
            service: None,
            named: Vec::new(),
            startup: Vec::new(),
        }
    }

    /// `host` is a name or a directory; an empty one is the default directory.
    pub(crate) fn of_host(host: &[u8], port: Option<&str>) -> ConnInfo {
        let host = if host.is_empty() { DEFAULT_DIRECTORY.as_bytes() } else { host };
        let port = port.filter(|port| !port.is_empty()).unwrap_or(DEFAULT_PORT);
        let place = Place { host: host.into(), address: None, port: port.to_owned() };
        ConnInfo { places: vec![place], ..ConnInfo::new() }
    }

    /// Reads `postgresql://user:password@host:port,host/database?parameter=value`.
    ///
    /// # Errors
    /// What the client library says of it, without the newline at the end.
    pub(crate) fn of_uri(uri: &Name) -> Result<ConnInfo, String> {
        let rest = uri
            .strip_prefix(b"postgresql://")
            .or_else(|| uri.strip_prefix(b"postgres://"))
            .ok_or_else(|| format!("missing \"=\" after \"{uri}\" in connection info string"))?;
        let (rest, parameters) = rest.split_once_str("?").unwrap_or((rest, b""));
        let (authority, database) = rest.split_once_str("/").unwrap_or((rest, b""));
        let mut info = ConnInfo::new();
        let hosts = match authority.rsplit_once_str("@") {
            None => authority,
            Some((login, hosts)) => {
                let (user, password) = login.split_once_str(":").unwrap_or((login, b""));
                info.user = non_empty(decode(user)?);
                info.password = non_empty(decode(password)?);
                hosts
            }
        };
        info.database = non_empty(decode(database)?);
        let mut places = Places::default();
        for host in hosts.split_str(",") {
            let (host, port) = split_port(host, uri)?;
            places.hosts.push(decode(host)?);
            places.ports.push(decode(port)?.to_string());
        }
        for parameter in parameters.split_str("&").filter(|parameter| !parameter.is_empty()) {
            let (name, value) = parameter.split_once_str("=").ok_or_else(|| {
                let shown = log::bytes(parameter);
                format!("missing key/value separator \"=\" in URI query parameter: \"{shown}\"")
            })?;
            if value.contains(&b'=') {
                let shown = log::bytes(name);
                return Err(format!("extra key/value separator \"=\" in URI query parameter: \"{shown}\""));
            }
            let (name, value) = (decode(name)?.to_string(), decode(value)?);
            if !info.set(&name, value, &mut places)? {
                return Err(format!("invalid URI query parameter: \"{name}\""));
            }
        }
        info.add_service(&mut places)?;
        info.ssl.check()?;
        info.scram_keys.check()?;
        info.protocol.check()?;
        info.places = places.combined();
        Ok(info)
    }

    /// How long connecting and logging in may take; `None` for ever.
    ///
    /// # Errors
    /// What the client library says of a `connect_timeout` that is no number.
    pub(crate) fn time_limit(&self) -> Result<Option<Duration>, String> {
        let Some(text) = &self.connect_timeout else {
            return Ok(None);
        };
        let seconds: i32 = text.parse().map_err(|_| {
            format!("invalid integer value \"{text}\" for connection option \"connect_timeout\"\n")
        })?;
        Ok(u64::try_from(seconds).ok().filter(|&seconds| seconds > 0).map(Duration::from_secs))
    }

    /// The places in the order in which they are tried.
    pub(crate) fn places_in_turn(&self) -> Vec<&Place> {
        let mut places: Vec<(usize, &Place)> = self.places.iter().enumerate().collect();
        if self.balances {
            let chance = RandomState::new();
            places.sort_by_cached_key(|(at, _)| chance.hash_one(at));
        }
        places.into_iter().map(|(_, place)| place).collect()
    }

    /// Takes what the service defines and is not set yet.
    fn add_service(&mut self, places: &mut Places) -> Result<(), String> {
        let Some(service) = self.service.take() else { return Ok(()) };
        for Parameter { name, value, origin } in service_file::parameters(&service, &service_file::files())? {
            if !self.is_set(&name, places) && !self.set(&name, value, places)? {
                return Err(format!("syntax error in {origin}"));
            }
        }
        Ok(())
    }

    /// Whether a parameter of a service has a value already.
    fn is_set(&self, name: &str, places: &Places) -> bool {
        let any = |list: &[Name]| list.iter().any(|text| !text.is_empty());
        match name {
            "host" => any(&places.hosts),
            "hostaddr" => any(&places.addresses),
            "port" => places.ports.iter().any(|port| !port.is_empty()),
            "user" => self.user.is_some(),
            "password" => self.password.is_some(),
            "dbname" => self.database.is_some(),
            _ => self.named.iter().any(|set| set == name),
        }
    }

    /// Sets a parameter; `Ok(false)` if there is none of this name.
    fn set(&mut self, name: &str, value: Name, places: &mut Places) -> Result<bool, String> {
        self.named.push(name.to_owned());
        let text = value.to_string();
        if self.scram_keys.set(name, &value)
            || self.ssl.set(name, &value)?
            || self.login_rules.set(name, &text)?
            || self.protocol.set(name, &text)?
        {
            return Ok(true);
        }
        let list = |value: &Name| value.split_str(",").map(Name::from).collect();
        match name {
            "host" => places.hosts = list(&value),
            "hostaddr" => places.addresses = list(&value),
            "port" => places.ports = text.split(',').map(str::to_owned).collect(),
            "user" => self.user = Some(value),
            "password" => self.password = Some(value),
            "dbname" => self.database = Some(value),
            "connect_timeout" => self.connect_timeout = Some(text),
            "load_balance_hosts" => {
                self.balances = match text.as_str() {
                    "random" => true,
                    "disable" => false,
                    _ => return Err(format!("invalid {name} value: \"{value}\"")),
                }
            }
            "gssencmode" => match text.as_str() {
                "disable" | "prefer" => {}
                "require" => {
                    return Err(format!(
                        "{name} value \"{value}\" invalid when GSSAPI support is not compiled in"
                    ));
                }
                _ => return Err(format!("invalid {name} value: \"{value}\"")),
            },
            "target_session_attrs" => self.wanted = Wanted::parse(&text)?,
            "requirepeer" => self.required_peer = non_empty(value),
            "service" => self.service = Some(value),
            // What fits the locale, of which there is none.
            "client_encoding" if text == "auto" => {
                self.startup.push((name.to_owned(), "SQL_ASCII".into()));
            }
            "client_encoding" if value.is_empty() => {}
            "application_name" | "client_encoding" | "options" | "replication" => {
                self.startup.push((name.to_owned(), value))
            }
            _ if KNOWN_WITHOUT_EFFECT.contains(&name) => {}
            _ => return Ok(false),
        }
        Ok(true)
    }
}

/// Parameters of the client library that change nothing here: there is no Kerberos and no OAuth, and the rest tunes what the system does by itself.
const KNOWN_WITHOUT_EFFECT: &[&str] = &[
    "fallback_application_name",
    "gssdelegation",
    "gsslib",
    "keepalives",
    "keepalives_count",
    "keepalives_idle",
    "keepalives_interval",
    "krbsrvname",
    "oauth_client_id",
    "oauth_client_secret",
    "oauth_issuer",
    "oauth_scope",
    "passfile",
    "sslcompression",
    "sslpassword",
    "sslsni",
    "tcp_user_timeout",
];

/// The lists that make up places.
#[derive(Default)]
struct Places {
    hosts: Vec<Name>,
    addresses: Vec<Name>,
    ports: Vec<String>,
}

impl Places {
    /// One place for each host; a single port is for all.
    fn combined(self) -> Vec<Place> {
        let of = |list: &[Name], at: usize| list.get(at).cloned().filter(|text| !text.is_empty());
        let count = self.hosts.len().max(self.addresses.len());
        (0..count)
            .map(|at| {
                let address = of(&self.addresses, at);
                let host = of(&self.hosts, at).or_else(|| address.clone());
                let shared_port = self.ports.first().filter(|_| self.ports.len() == 1).cloned();
                let own_port = self.ports.get(at).cloned().filter(|port| !port.is_empty());
                let port = own_port.or(shared_port).filter(|port| !port.is_empty());
                Place {
                    host: host.unwrap_or_else(|| DEFAULT_DIRECTORY.into()),
                    address,
                    port: port.unwrap_or_else(|| DEFAULT_PORT.to_owned()),
                }
            })
            .collect()
    }
}

fn non_empty(text: Name) -> Option<Name> {
    Some(text).filter(|text| !text.is_empty())
}

/// Splits `host:port` or `[address]:port`.
fn split_port<'a>(text: &'a [u8], uri: &Name) -> Result<(&'a [u8], &'a [u8]), String> {
    if let Some(inner) = text.strip_prefix(b"[") {
        let (host, rest) = inner.split_once_str("]").ok_or_else(|| {
            format!(
                "end of string reached when looking for matching \"]\" in IPv6 host address in URI: \"{uri}\""
            )
        })?;
        return Ok((host, rest.strip_prefix(b":").unwrap_or(b"")));
    }
    Ok(text.split_once_str(":").unwrap_or((text, b"")))
}

/// Replaces `%XX`.
fn decode(text: &[u8]) -> Result<Name, String> {
    let mut decoded = Vec::with_capacity(text.len());
    let shown = log::bytes(text);
    let mut bytes = text.iter().copied();
    while let Some(byte) = bytes.next() {
        if byte != b'%' {
            decoded.push(byte);
            continue;
        }
        let mut digit = || char::from(bytes.next()?).to_digit(16);
        let (Some(high), Some(low)) = (digit(), digit()) else {
            return Err(format!("invalid percent-encoded token: \"{shown}\""));
        };
        match high * 16 + low {
            0 => return Err(format!("forbidden value %00 in percent-encoded value: \"{shown}\"")),
            value => decoded.push(value as u8),
        }
    }
    Ok(decoded.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uris() {
        let of_uri = |uri: &str| ConnInfo::of_uri(&uri.into());
        let info = of_uri("postgresql://us%40er:p%E9w@h1:1,[::1]:2,/d?sslmode=disable").unwrap();
        assert_eq!((info.user, info.password), (Some("us@er".into()), Some(b"p\xe9w"[..].into())));
        assert_eq!(info.database, Some("d".into()));
        let places: Vec<_> =
            info.places.iter().map(|place| (place.host.to_string(), place.port.as_str())).collect();
        let text = |text: &str| text.to_owned();
        assert_eq!(places, [(text("h1"), "1"), (text("::1"), "2"), (text("/var/run/postgresql"), "5432")]);
        let info = of_uri("postgres:///d?host=/run/x&port=7").unwrap();
        assert_eq!(info.places, ConnInfo::of_host(b"/run/x", Some("7")).places);
        assert_eq!(of_uri("postgresql://h?no=1").unwrap_err(), "invalid URI query parameter: \"no\"");
        assert_eq!(of_uri("postgresql://h/%zz").unwrap_err(), "invalid percent-encoded token: \"%zz\"");
    }
}
