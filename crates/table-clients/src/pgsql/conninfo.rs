//! Where and how to connect to PostgreSQL: `inet:host:port`, `unix:/directory`, and connection URIs.

use super::login_rules::LoginRules;
use super::protocol_range::ProtocolRange;
use super::service_file::{self, Parameter};
use super::session_attrs::Wanted;
use super::ssl::Ssl;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::time::Duration;

/// The port and the directory of sockets that the client library has by default.
const DEFAULT_PORT: &str = "5432";
const DEFAULT_DIRECTORY: &str = "/var/run/postgresql";

/// One place to connect to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// A host name, an address, or (with a slash first) a directory of sockets.
    pub(crate) host: String,
    /// The address, where the name is not to be looked up.
    pub(crate) address: Option<String>,
    pub(crate) port: String,
}

impl Place {
    /// A directory of sockets?
    pub(crate) fn is_local(&self) -> bool {
        self.host.starts_with(['/', '@'])
    }
}

/// All that the client library knows of a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ConnInfo {
    /// Tried in this order.
    pub(crate) places: Vec<Place>,
    pub(crate) user: Option<String>,
    pub(crate) password: Option<String>,
    pub(crate) database: Option<String>,
    pub(crate) ssl: Ssl,
    pub(crate) login_rules: LoginRules,
    /// Seconds, see [`ConnInfo::time_limit`].
    pub(crate) connect_timeout: Option<String>,
    /// The places are tried in an order of chance.
    pub(crate) balances: bool,
    pub(crate) wanted: Wanted,
    /// The user as whom a server on this machine must run.
    pub(crate) required_peer: Option<String>,
    protocol: ProtocolRange,
    /// The service whose definition gives what else is to be known.
    service: Option<String>,
    /// The names of the parameters that were set.
    named: Vec<String>,
    /// Parameters that the server gets as they are.
    pub(crate) startup: Vec<(String, String)>,
}

impl ConnInfo {
    fn new() -> ConnInfo {
        ConnInfo {
            places: Vec::new(),
            user: None,
            password: None,
            database: None,
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
    pub(crate) fn of_host(host: &str, port: Option<&str>) -> ConnInfo {
        let host = if host.is_empty() { DEFAULT_DIRECTORY } else { host };
        let port = port.filter(|port| !port.is_empty()).unwrap_or(DEFAULT_PORT);
        let place = Place { host: host.to_owned(), address: None, port: port.to_owned() };
        ConnInfo { places: vec![place], ..ConnInfo::new() }
    }

    /// Reads `postgresql://user:password@host:port,host/database?parameter=value`.
    ///
    /// # Errors
    /// What the client library says of it, without the newline at the end.
    pub(crate) fn of_uri(uri: &str) -> Result<ConnInfo, String> {
        let rest = ["postgresql://", "postgres://"]
            .iter()
            .find_map(|scheme| uri.strip_prefix(scheme))
            .ok_or_else(|| format!("missing \"=\" after \"{uri}\" in connection info string"))?;
        let (rest, parameters) = rest.split_once('?').unwrap_or((rest, ""));
        let (authority, database) = rest.split_once('/').unwrap_or((rest, ""));
        let mut info = ConnInfo::new();
        let hosts = match authority.rsplit_once('@') {
            None => authority,
            Some((login, hosts)) => {
                let (user, password) = login.split_once(':').unwrap_or((login, ""));
                info.user = non_empty(decode(user)?);
                info.password = non_empty(decode(password)?);
                hosts
            }
        };
        info.database = non_empty(decode(database)?);
        let mut places = Places::default();
        for host in hosts.split(',') {
            let (host, port) = split_port(host, uri)?;
            places.hosts.push(decode(host)?);
            places.ports.push(decode(port)?);
        }
        for parameter in parameters.split('&').filter(|parameter| !parameter.is_empty()) {
            let (name, value) = parameter.split_once('=').ok_or_else(|| {
                format!("missing key/value separator \"=\" in URI query parameter: \"{parameter}\"")
            })?;
            let (name, value) = (decode(name)?, decode(value)?);
            if !info.set(&name, value, &mut places)? {
                return Err(format!("invalid URI query parameter: \"{name}\""));
            }
        }
        info.add_service(&mut places)?;
        info.protocol.check()?;
        info.ssl.check()?;
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
        let any = |list: &[String]| list.iter().any(|text| !text.is_empty());
        match name {
            "host" => any(&places.hosts),
            "hostaddr" => any(&places.addresses),
            "port" => any(&places.ports),
            "user" => self.user.is_some(),
            "password" => self.password.is_some(),
            "dbname" => self.database.is_some(),
            _ => self.named.iter().any(|set| set == name),
        }
    }

    /// Sets a parameter; `Ok(false)` if there is none of this name.
    fn set(&mut self, name: &str, value: String, places: &mut Places) -> Result<bool, String> {
        self.named.push(name.to_owned());
        if self.ssl.set(name, &value)?
            || self.login_rules.set(name, &value)?
            || self.protocol.set(name, &value)?
        {
            return Ok(true);
        }
        let list = |value: &str| value.split(',').map(str::to_owned).collect();
        match name {
            "host" => places.hosts = list(&value),
            "hostaddr" => places.addresses = list(&value),
            "port" => places.ports = list(&value),
            "user" => self.user = Some(value),
            "password" => self.password = Some(value),
            "dbname" => self.database = Some(value),
            "connect_timeout" => self.connect_timeout = Some(value),
            "load_balance_hosts" => {
                self.balances = match value.as_str() {
                    "random" => true,
                    "disable" => false,
                    _ => return Err(format!("invalid {name} value: \"{value}\"")),
                }
            }
            "gssencmode" => match value.as_str() {
                "disable" | "prefer" => {}
                "require" => {
                    return Err(format!(
                        "{name} value \"{value}\" invalid when GSSAPI support is not compiled in"
                    ));
                }
                _ => return Err(format!("invalid {name} value: \"{value}\"")),
            },
            "target_session_attrs" => self.wanted = Wanted::parse(&value)?,
            "requirepeer" => self.required_peer = non_empty(value),
            "service" => self.service = Some(value),
            // What fits the locale, of which there is none.
            "client_encoding" if value == "auto" => {
                self.startup.push((name.to_owned(), "SQL_ASCII".to_owned()));
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
    "sslkeylogfile",
    "sslpassword",
    "sslsni",
    "tcp_user_timeout",
];

/// The lists that make up places.
#[derive(Default)]
struct Places {
    hosts: Vec<String>,
    addresses: Vec<String>,
    ports: Vec<String>,
}

impl Places {
    /// One place for each host; a single port is for all.
    fn combined(self) -> Vec<Place> {
        let of = |list: &[String], at: usize| list.get(at).cloned().filter(|text| !text.is_empty());
        let count = self.hosts.len().max(self.addresses.len());
        (0..count)
            .map(|at| {
                let address = of(&self.addresses, at);
                let host = of(&self.hosts, at).or_else(|| address.clone());
                let shared_port = self.ports.first().filter(|_| self.ports.len() == 1).cloned();
                let port = of(&self.ports, at).or(shared_port).filter(|port| !port.is_empty());
                Place {
                    host: host.unwrap_or_else(|| DEFAULT_DIRECTORY.to_owned()),
                    address,
                    port: port.unwrap_or_else(|| DEFAULT_PORT.to_owned()),
                }
            })
            .collect()
    }
}

fn non_empty(text: String) -> Option<String> {
    Some(text).filter(|text| !text.is_empty())
}

/// Splits `host:port` or `[address]:port`.
fn split_port<'a>(text: &'a str, uri: &str) -> Result<(&'a str, &'a str), String> {
    if let Some(inner) = text.strip_prefix('[') {
        let (host, rest) = inner.split_once(']').ok_or_else(|| {
            format!(
                "end of string reached when looking for matching \"]\" in IPv6 host address in URI: \"{uri}\""
            )
        })?;
        return Ok((host, rest.strip_prefix(':').unwrap_or("")));
    }
    Ok(text.split_once(':').unwrap_or((text, "")))
}

/// Replaces `%XX`.
fn decode(text: &str) -> Result<String, String> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        if byte != b'%' {
            decoded.push(byte);
            continue;
        }
        let mut digit = || char::from(bytes.next()?).to_digit(16);
        let (Some(high), Some(low)) = (digit(), digit()) else {
            return Err(format!("invalid percent-encoded token: \"{text}\""));
        };
        match high * 16 + low {
            0 => return Err(format!("forbidden value %00 in percent-encoded value: \"{text}\"")),
            value => decoded.push(value as u8),
        }
    }
    Ok(String::from_utf8_lossy(&decoded).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uris() {
        let info = ConnInfo::of_uri("postgresql://us%40er:p%3Aw@h1:1,[::1]:2,/d?sslmode=disable").unwrap();
        assert_eq!((info.user.as_deref(), info.password.as_deref()), (Some("us@er"), Some("p:w")));
        assert_eq!(info.database.as_deref(), Some("d"));
        let places: Vec<_> =
            info.places.iter().map(|place| (place.host.as_str(), place.port.as_str())).collect();
        assert_eq!(places, [("h1", "1"), ("::1", "2"), ("/var/run/postgresql", "5432")]);
        let info = ConnInfo::of_uri("postgres:///d?host=/run/x&port=7").unwrap();
        assert_eq!(info.places, ConnInfo::of_host("/run/x", Some("7")).places);
        assert_eq!(
            ConnInfo::of_uri("postgresql://h?no=1").unwrap_err(),
            "invalid URI query parameter: \"no\""
        );
        assert_eq!(
            ConnInfo::of_uri("postgresql://h/%zz").unwrap_err(),
            "invalid percent-encoded token: \"%zz\""
        );
    }
}
