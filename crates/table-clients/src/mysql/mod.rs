//! `mysql:file`: queries to MySQL and MariaDB. See mysql_table(5).

mod auth;
mod connection;
mod options;
mod packet;

pub use connection::parse_greeting;

use super::endpoint::port_number;
use super::hosts::Hosts;
use super::log_lines;
use super::source::Source;
use super::sql::{ResultSettings, Sql, Wording, legacy_query};
use super::tls::{Demand, Parameters};
use bstr::ByteSlice;
use config::networks::Protocols;
use connection::{Connection, Login, Outcome, Place, Row, TlsLogin};
use options::Options;
use std::time::Duration;
use tables::{About, Flags, LookupError, Name, OpenError, Opener, Table};

/// The sockets of a server on this machine that Debian's client libraries have compiled in, the newest first.
const DEFAULT_SOCKETS: &[&str] = &["/run/mariadbd/mysqld.sock", "/run/mysqld/mysqld.sock"];
const DEFAULT_PORT: u16 = 3306;

/// Ranks of servers: sockets of this machine are asked before the network.
const LOCAL: u8 = 0;
const NETWORK: u8 = 1;

/// A table of MySQL.
pub(crate) struct MysqlTable {
    about: About,
    sql: Sql,
    charset: Name,
    require_result_set: bool,
    login: Login,
    protocols: Protocols,
    hosts: Hosts<Target, Connection>,
}

/// A server as `hosts` names it, and where that is.
struct Target {
    name: Name,
    place: Place,
}

/// The first socket that is there.
fn default_socket() -> &'static str {
    let is_there = |path: &&&str| std::path::Path::new(path).exists();
    DEFAULT_SOCKETS.iter().find(is_there).or(DEFAULT_SOCKETS.first()).copied().unwrap_or_default()
}

/// Reads one name out of `hosts`.
fn target(name: &Name, options: &Options) -> Result<(Target, u8), OpenError> {
    let (plain, mut is_local) = match name.strip_prefix(b"unix:") {
        Some(path) => (path, true),
        None => (name.strip_prefix(b"inet:").unwrap_or(name), false),
    };
    let (host, port) = match plain.rsplit_once_str(":") {
        Some((host, port)) => {
            let port = &log::printable(port);
            let is_number =
                port.bytes().all(|byte| byte.is_ascii_digit()) && port.bytes().any(|byte| byte != b'0');
            let complaint = || match is_number {
                true => OpenError::fatal(format!("bad port number: {port}")),
                false => OpenError::fatal(format!("unknown service: {port}/tcp")),
            };
            let number = port_number(port).filter(|&number| number != 0).ok_or_else(complaint)?;
            (host, Some(number))
        }
        None => (plain, None),
    };
    let socket = || options.get("socket").map_or_else(|| default_socket().into(), Name::from);
    let place = if host.is_empty() && !is_local || host.eq_ignore_ascii_case(b"localhost") {
        is_local = true;
        Place::Socket(socket())
    } else if is_local {
        Place::Socket(host.into())
    } else {
        let option = options.get("port").and_then(|port| port.parse().ok());
        let port = port.or(option).unwrap_or(DEFAULT_PORT);
        // A host whose name is no text does not exist.
        Place::Network { host: log::printable(host), port }
    };
    let rank = if is_local { LOCAL } else { NETWORK };
    Ok((Target { name: name.to_owned(), place }, rank))
}

/// How to speak TLS; `None` if no parameter is about that.
fn tls_login(source: &Source, options: &Options) -> Result<Option<TlsLogin>, OpenError> {
    let of = |parameter: &str, option: &str| {
        source.optional(parameter).or_else(|| options.get(option).map(Name::from))
    };
    let parameters = Parameters {
        authorities: of("tls_CAfile", "ssl-ca"),
        authorities_directory: of("tls_CApath", "ssl-capath"),
        certificate: of("tls_cert_file", "ssl-cert"),
        key: of("tls_key_file", "ssl-key"),
        ciphers: of("tls_ciphers", "ssl-cipher").map(|list| list.to_string()),
        ..Parameters::default()
    };
    let is_on = |value: &str| !matches!(value, "0" | "off" | "OFF" | "false");
    let verify = source.flag("tls_verify_cert")?;
    let verify = verify.or_else(|| options.get("ssl-verify-server-cert").map(is_on));
    let has_authorities = parameters.authorities.is_some() || parameters.authorities_directory.is_some();
    let is_wanted = has_authorities
        || verify == Some(true)
        || options.get("ssl").is_some_and(is_on)
        || parameters.certificate.is_some()
        || parameters.key.is_some()
        || parameters.ciphers.is_some();
    let demand = if verify.unwrap_or(has_authorities) { Demand::ChainAndName } else { Demand::Nothing };
    let is_required = verify == Some(true);
    Ok(is_wanted.then_some(TlsLogin {
        parameters,
        demand,
        without_authorities: !has_authorities,
        is_required,
    }))
}

/// The login of a table: what it says itself comes before what option files say.
fn login(source: &Source, options: &Options, database: Name) -> Result<Login, OpenError> {
    let own_name = || {
        let user = nix::unistd::User::from_uid(nix::unistd::geteuid()).ok().flatten();
        user.map_or_else(Name::default, |user| user.name.as_str().into())
    };
    let timeout = options.get("connect-timeout").and_then(|text| text.parse().ok());
    Ok(Login {
        user: source
            .optional("user")
            .or_else(|| options.get("user").map(Name::from))
            .unwrap_or_else(own_name),
        // The client library gets an empty password from Postfix, which is no reason to look for another one.
        password: source.text("password", ""),
        database,
        tls: tls_login(source, options)?,
        connect_timeout: timeout.map(Duration::from_secs),
    })
}

impl MysqlTable {
    /// Reads the parameters. The servers are not asked yet.
    pub(crate) fn open(opener: &Opener, name: &Name, flags: Flags) -> Result<MysqlTable, OpenError> {
        let source = Source::open(name, opener.settings().main_cf.as_ref())?;
        let database = source.required("dbname", "")?;
        let charset = source.required("charset", "utf8mb4")?;
        let retry_interval = source.amount("retry_interval", 60, Some(1))?;
        let idle_interval = source.amount("idle_interval", 60, Some(1))?;
        let group = Some(source.text("option_group", "client").to_string()).filter(|group| !group.is_empty());
        let file = source.optional("option_file");
        let options = Options::read(file.as_ref().map(Name::as_path), group.as_deref());
        let results = ResultSettings::read(&source)?;
        let login = login(&source, &options, database)?;
        let require_result_set = source.flag("require_result_set")?.unwrap_or(true);
        let query = match source.optional("query") {
            Some(query) => query,
            None => legacy_query(&source)?,
        };
        let wording = Wording { function: "dict_mysql_lookup", before_key: ":" };
        let sql = Sql::new(opener, "mysql", &source, &query, &results, wording)?;
        let targets: Vec<_> =
            source.hosts().iter().map(|host| target(host, &options)).collect::<Result<_, _>>()?;
        let seconds = |seconds: u32| Duration::from_secs(u64::from(seconds));
        Ok(MysqlTable {
            about: About::new("mysql", name, flags | Flags::FIXED, source.owner()),
            sql,
            charset,
            require_result_set,
            login,
            protocols: opener.settings().protocols(),
            hosts: Hosts::new(targets, seconds(retry_interval), seconds(idle_interval)),
        })
    }

    fn connect(&self, target: &Target) -> Option<Connection> {
        let mut connection = match Connection::open(&target.place, &self.login, self.protocols) {
            Ok(connection) => connection,
            Err(why) => {
                log_lines::mysql_connect(&target.name, &why);
                return None;
            }
        };
        let chosen = match is_charset(&self.charset.to_string()) {
            true => {
                let command = format!("SET NAMES {}", self.charset);
                connection.query(command.as_bytes()).map_err(|error| error.text)
            }
            false => Err(format!("Can't initialize character set {} (path: compiled_in)", self.charset)),
        };
        match chosen {
            Ok(_) => Some(connection),
            Err(why) => {
                log_lines::mysql_charset(&self.charset, &why);
                None
            }
        }
    }

    /// Whether quotes of a key can be told from parts of its characters. Some character sets use the codes of quotes
    /// and backslashes in the middle of a character.
    fn can_quote(&self, key: &[u8]) -> bool {
        const NEVER_SAFE: &[&str] = &["big5", "cp932", "gb18030", "gbk", "sjis"];
        key.is_ascii() || !NEVER_SAFE.iter().any(|name| self.charset.eq_ignore_ascii_case(name.as_bytes()))
    }

    /// The rows of a key; the inner `None` if the query gives none.
    fn ask(&self, target: &Target, connection: &mut Connection, key: &[u8]) -> Option<Vec<Row>> {
        if !self.can_quote(key) {
            log_lines::mysql_escape(&target.name);
            return None;
        }
        let query = self.sql.query(key, |part, query| connection.quote(part, query))?;
        let outcomes = match connection.query(&query) {
            Ok(outcomes) => outcomes,
            Err(error) => {
                log_lines::mysql_failed(&self.about.name, error.step.name(), &error.text);
                return None;
            }
        };
        let mut sets = outcomes.into_iter().filter_map(|outcome| match outcome {
            Outcome::Rows(rows) => Some(rows),
            Outcome::Done => None,
        });
        let first = sets.next();
        if sets.next().is_some() {
            let why = "multiple result sets returning data are not supported";
            log_lines::mysql_failed(&self.about.name, "", why);
            return None;
        }
        if first.is_none() && self.require_result_set {
            let why = "query returned no result set(require_result_set = yes)";
            log_lines::mysql_failed(&self.about.name, "", why);
            return None;
        }
        Some(first.unwrap_or_default())
    }
}

/// The character sets that the client library has.
fn is_charset(name: &str) -> bool {
    const NAMES: &[&str] = &[
        "armscii8", "ascii", "big5", "binary", "cp1250", "cp1251", "cp1256", "cp1257", "cp850", "cp852",
        "cp866", "cp932", "dec8", "eucjpms", "euckr", "gb2312", "gbk", "geostd8", "greek", "hebrew", "hp8",
        "keybcs2", "koi8r", "koi8u", "latin1", "latin2", "latin5", "latin7", "macce", "macroman", "sjis",
        "swe7", "tis620", "ucs2", "ujis", "utf16", "utf16le", "utf32", "utf8", "utf8mb3", "utf8mb4",
        "gb18030",
    ];
    NAMES.contains(&name.to_ascii_lowercase().as_str())
}

impl Table for MysqlTable {
    fn about(&self) -> &About {
        &self.about
    }

    fn asks_a_server(&self) -> bool {
        true
    }

    fn lookup(&self, key: &[u8]) -> Result<Option<Vec<u8>>, LookupError> {
        if !self.sql.wants(key).inspect_err(|_| log_lines::mysql_domain(&self.about.name, key))? {
            return Ok(None);
        }
        let rows = self
            .hosts
            .ask(|target| self.connect(target), |target, connection| self.ask(target, connection, key))
            .ok_or_else(|| LookupError::Retry(Some(sys::errno_text(nix::errno::Errno::ENOTSUP))))?;
        let mut results = self.sql.results(key);
        for value in rows.iter().flatten().flatten() {
            let end = value.iter().position(|&byte| byte == 0).unwrap_or(value.len());
            results.add(&value[..end])?;
        }
        Ok(results.finish())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts() {
        let of =
            |name: &str| target(&name.into(), &Options::default()).map(|(target, rank)| (target.place, rank));
        let network = |host: &str, port| Ok((Place::Network { host: host.to_owned(), port }, NETWORK));
        assert_eq!(of("h"), network("h", 3306));
        assert_eq!(of("inet:h:7"), network("h", 7));
        assert_eq!(of("unix:/x"), Ok((Place::Socket("/x".into()), LOCAL)));
        assert_eq!(of("Localhost"), Ok((Place::Socket(default_socket().into()), LOCAL)));
        assert!(of("h:no-such-service").is_err());
    }
}
