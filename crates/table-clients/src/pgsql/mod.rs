//! `pgsql:file`: queries to PostgreSQL. See pgsql_table(5).

mod connection;
mod conninfo;
mod login_rules;
mod protocol_range;
mod report;
mod scram;
mod service_file;
mod session_attrs;
mod ssl;

use super::hosts::Hosts;
use super::log_lines;
use super::source::Source;
use super::sql::{ResultSettings, Sql, Wording, legacy_query};
use bstr::ByteSlice;
use config::networks::Protocols;
use connection::{Connection, QueryError, Row};
use conninfo::ConnInfo;
pub use login_rules::end_point as certificate_digest;
pub use service_file::in_file as parse_service_file;
use std::time::Duration;
use tables::{About, Flags, LookupError, Name, OpenError, Opener, Table};

/// A table of PostgreSQL.
pub(crate) struct PgsqlTable {
    about: About,
    sql: Sql,
    encoding: Name,
    protocols: Protocols,
    hosts: Hosts<Target, Connection>,
}

/// A server as `hosts` names it, and what that means.
struct Target {
    name: Name,
    info: Result<ConnInfo, String>,
}

/// Ranks of servers: sockets of this machine are asked before the network, connection URIs last.
const LOCAL: u8 = 0;
const NETWORK: u8 = 1;
const URI: u8 = 2;

fn is_uri(name: &Name) -> bool {
    let is_scheme = |scheme: &[u8]| {
        scheme.first().is_some_and(u8::is_ascii_alphabetic)
            && scheme.iter().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(byte))
    };
    name.split_once_str("://").is_some_and(|(scheme, _)| is_scheme(scheme))
}

/// Reads one name out of `hosts`; gives the host without its port for a name that is no URI.
fn target(name: &Name, login: &ConnInfo) -> (Target, u8, Option<Name>) {
    if is_uri(name) {
        return (Target { name: name.to_owned(), info: ConnInfo::of_uri(name) }, URI, None);
    }
    let plain = name.strip_prefix(b"unix:").or_else(|| name.strip_prefix(b"inet:")).unwrap_or(name);
    let is_local = plain.is_empty() || plain.starts_with(b"/");
    let (host, port) = match plain.rsplit_once_str(":").filter(|_| !is_local) {
        Some((host, port)) => (host, Some(log::printable(port))),
        None => (plain, None),
    };
    let mut info = login.clone();
    info.places = ConnInfo::of_host(host, port.as_deref()).places;
    let rank = if is_local { LOCAL } else { NETWORK };
    (Target { name: name.to_owned(), info: Ok(info) }, rank, Some(host.into()))
}

impl PgsqlTable {
    /// Reads the parameters. The servers are not asked yet.
    pub(crate) fn open(opener: &Opener, name: &Name, flags: Flags) -> Result<PgsqlTable, OpenError> {
        let source = Source::open(name, opener.settings().main_cf.as_ref())?;
        let database = source.optional("dbname");
        let mut login = ConnInfo::of_host(b"", None);
        login.user = source.optional("user");
        login.password = source.optional("password");
        login.database = database.clone();
        let encoding = source.required("encoding", "UTF8")?;
        let retry_interval = source.amount("retry_interval", 60, Some(1))?;
        let idle_interval = source.amount("idle_interval", 60, Some(1))?;
        let results = ResultSettings::read(&source)?;
        let query = match (source.optional("query"), source.optional("select_function")) {
            (Some(query), _) => query,
            (None, Some(function)) => [b"SELECT ", function.as_bytes(), b"('%s')"].concat().into(),
            (None, None) => legacy_query(&source)?,
        };
        let wording = Wording { function: "dict_pgsql_lookup", before_key: ":" };
        let sql = Sql::new(opener, "pgsql", &source, &query, &results, wording)?;
        let mut needs_database = None;
        let mut targets = Vec::new();
        for host in source.hosts() {
            let (target, rank, plain) = target(&host, &login);
            needs_database = plain.or(needs_database);
            targets.push((target, rank));
        }
        if let Some(host) = needs_database.filter(|_| database.is_none()) {
            let text = format!("pgsql:{name} host target '{host}' requires dbname setting");
            return Err(OpenError::unavailable(text));
        }
        let seconds = |seconds: u32| Duration::from_secs(u64::from(seconds));
        Ok(PgsqlTable {
            about: About::new("pgsql", name, flags | Flags::FIXED, source.owner()),
            sql,
            encoding,
            protocols: opener.settings().protocols(),
            hosts: Hosts::new(targets, seconds(retry_interval), seconds(idle_interval)),
        })
    }

    fn connect(&self, target: &Target) -> Option<Connection> {
        let connected = match &target.info {
            Ok(info) => Connection::open(info, self.protocols),
            Err(why) => Err(format!("{why}\n")),
        };
        let mut connection = match connected {
            Ok(connection) => connection,
            Err(why) => {
                log_lines::pgsql_connect(&target.name, &why);
                return None;
            }
        };
        let mut command = b"set client_encoding to '".to_vec();
        connection.quote(&self.encoding, &mut command);
        command.push(b'\'');
        if connection.query(&command).is_err() {
            log_lines::pgsql_encoding(&self.encoding, &target.name);
            return None;
        }
        Some(connection)
    }

    /// Whether quotes of a key can be told from parts of its characters. Some encodings use the codes of quotes and
    /// backslashes in the middle of a character.
    fn can_quote(&self, key: &[u8]) -> bool {
        const NEVER_SAFE: &[&str] =
            &["BIG5", "GB18030", "GBK", "JOHAB", "SHIFT_JIS_2004", "SJIS", "UHC", "SHIFTJIS", "MSKANJI"];
        let encoding: String =
            self.encoding.to_string().chars().filter(|c| *c != '-').map(|c| c.to_ascii_uppercase()).collect();
        match encoding.as_str() {
            "UTF8" | "UNICODE" => std::str::from_utf8(key).is_ok(),
            encoding => key.is_ascii() || !NEVER_SAFE.contains(&encoding),
        }
    }

    fn ask(&self, target: &Target, connection: &mut Connection, key: &[u8]) -> Option<Vec<Row>> {
        if !self.can_quote(key) {
            log_lines::pgsql_escape(&target.name);
            return None;
        }
        let query = self.sql.query(key, |part, query| connection.quote(part, query))?;
        match connection.query(&query) {
            Ok(rows) => return Some(rows),
            Err(QueryError::Failed(why)) => log_lines::pgsql_fatal(&target.name, &why),
            Err(QueryError::Protocol) => log_lines::pgsql_protocol(&target.name),
            Err(QueryError::Unexpected(status)) => log_lines::pgsql_unknown(&target.name, status),
        }
        None
    }
}

impl Table for PgsqlTable {
    fn about(&self) -> &About {
        &self.about
    }

    fn asks_a_server(&self) -> bool {
        true
    }

    fn lookup(&self, key: &[u8]) -> Result<Option<Vec<u8>>, LookupError> {
        if !self.sql.wants(key)? {
            return Ok(None);
        }
        let rows = self
            .hosts
            .ask(|target| self.connect(target), |target, connection| self.ask(target, connection, key))
            .ok_or(LookupError::Retry(None))?;
        let mut results = self.sql.results(key);
        for value in rows.iter().flatten() {
            // NULL counts as empty here, as in the client library.
            results.add(value.as_deref().unwrap_or_default())?;
        }
        Ok(results.finish())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts() {
        let login = ConnInfo::of_host(b"", None);
        let of = |name: &str| {
            let (target, rank, plain) = target(&name.into(), &login);
            let place = target.info.unwrap().places[0].clone();
            (place.host, place.port, rank, plain)
        };
        let some = |text: &str| Some(Name::from(text));
        assert_eq!(of("h:1"), ("h".into(), "1".into(), NETWORK, some("h")));
        assert_eq!(of("inet:h"), ("h".into(), "5432".into(), NETWORK, some("h")));
        assert_eq!(of("unix:/run/p"), ("/run/p".into(), "5432".into(), LOCAL, some("/run/p")));
        assert_eq!(of("postgresql://h:3/d"), ("h".into(), "3".into(), URI, None));
    }
}
