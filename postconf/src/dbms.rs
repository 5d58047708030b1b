//! Parameters of database clients: `mysql:/etc/postfix/virtual.cf` has them in a file of its own, `mysql:virtual` in
//! main.cf under names that begin with `virtual_`.

use bstr::ByteSlice;
use config::braces::{next_word, payload};
use config::{Dictionary, Error};

use crate::log_lines;
use crate::user_names::Reference;
use crate::view::View;

/// Names that the SQL clients have from the time before they knew queries.
const OLD_SQL: [&str; 4] = ["additional_conditions", "select_field", "table", "where_field"];

/// A table type whose clients have parameters.
struct Client {
    table_type: &'static str,
    names: &'static [&'static str],
    old_sql: bool,
}

/// All such types, with the names that ldap_table(5), mysql_table(5) and so on tell.
const CLIENTS: [Client; 6] = [
    Client {
        table_type: "ldap",
        names: &[
            "bind",
            "bind_dn",
            "bind_pw",
            "cache",
            "cache_expiry",
            "cache_size",
            "chase_referrals",
            "debuglevel",
            "dereference",
            "domain",
            "expansion_limit",
            "leaf_result_attribute",
            "query_filter",
            "recursion_limit",
            "result_attribute",
            "result_filter",
            "result_format",
            "sasl_authz_id",
            "sasl_mechs",
            "sasl_minssf",
            "sasl_realm",
            "scope",
            "search_base",
            "server_host",
            "server_port",
            "size_limit",
            "special_result_attribute",
            "start_tls",
            "terminal_result_attribute",
            "timeout",
            "tls_ca_cert_dir",
            "tls_ca_cert_file",
            "tls_cert",
            "tls_cipher_suite",
            "tls_key",
            "tls_random_file",
            "tls_require_cert",
            "version",
        ],
        old_sql: false,
    },
    Client {
        table_type: "mysql",
        names: &[
            "charset",
            "dbname",
            "domain",
            "expansion_limit",
            "hosts",
            "idle_interval",
            "option_file",
            "option_group",
            "password",
            "query",
            "require_result_set",
            "result_format",
            "retry_interval",
            "tls_CAfile",
            "tls_CApath",
            "tls_cert_file",
            "tls_ciphers",
            "tls_key_file",
            "tls_verify_cert",
            "user",
        ],
        old_sql: true,
    },
    Client {
        table_type: "pgsql",
        names: &[
            "dbname",
            "domain",
            "encoding",
            "expansion_limit",
            "hosts",
            "idle_interval",
            "password",
            "query",
            "result_format",
            "retry_interval",
            "select_function",
            "user",
        ],
        old_sql: true,
    },
    Client {
        table_type: "sqlite",
        names: &["dbpath", "domain", "expansion_limit", "query", "result_format"],
        old_sql: true,
    },
    Client {
        table_type: "memcache",
        names: &[
            "backup",
            "data_size_limit",
            "domain",
            "flags",
            "key_digest",
            "key_format",
            "line_size_limit",
            "max_try",
            "memcache",
            "retry_pause",
            "timeout",
            "ttl",
        ],
        old_sql: false,
    },
    Client {
        table_type: "mongodb",
        names: &[
            "collection",
            "dbname",
            "domain",
            "expansion_limit",
            "projection",
            "query_filter",
            "result_attribute",
            "result_format",
            "uri",
        ],
        old_sql: false,
    },
];

impl Client {
    fn of(table_type: &[u8]) -> Option<&'static Client> {
        CLIENTS.iter().find(|client| client.table_type.as_bytes() == table_type)
    }

    fn names(&self) -> impl Iterator<Item = &'static str> {
        self.names.iter().chain(OLD_SQL.iter().take(if self.old_sql { OLD_SQL.len() } else { 0 })).copied()
    }
}

impl View<'_> {
    /// Looks for database clients in a value that main.cf or a service sets.
    pub(crate) fn scan_for_clients(&mut self, value: &[u8], service: Option<usize>) -> Result<(), Error> {
        if !value.contains(&b':')
            && !value.contains(&b'$')
            && !value.contains(&b'#')
            && !value.contains(&b'{')
        {
            return Ok(());
        }
        let expanded = self.expand(value, service.and_then(|at| self.services.get(at)))?;
        self.scan_list_for_clients(&expanded, service, true)
    }

    /// Goes through a list, and through lists in braces within it if they hold no patterns.
    fn scan_list_for_clients(
        &mut self,
        list: &[u8],
        service: Option<usize>,
        inner: bool,
    ) -> Result<(), Error> {
        let path = if service.is_some() { self.master_path() } else { self.main_path() };
        let mut rest = list;
        while let Some(word) = next_word(&mut rest, is_separator) {
            if word.starts_with(b"#") {
                log_lines::comment_after_text(&path, word, rest);
                break;
            }
            if word.starts_with(b"{") {
                let payload = self.without_braces(word, &path, service);
                if inner {
                    self.scan_list_for_clients(payload, service, inner)?;
                }
                continue;
            }
            let Some((table_type, name)) = client_of(word) else { continue };
            match name.first() {
                Some(b'/') => {
                    if let Some(client) = Client::of(table_type) {
                        self.check_client_file(client, name)?;
                    }
                }
                Some(b'.') => {}
                Some(b'{') => {
                    let patterns = matches!(table_type, b"regexp" | b"pcre");
                    let payload = self.without_braces(name, &path, service);
                    self.scan_list_for_clients(payload, service, inner && !patterns)?;
                }
                _ => {
                    for parameter in Client::of(table_type).into_iter().flat_map(Client::names) {
                        let parameter = [name, b"_", parameter.as_bytes()].concat();
                        self.refer_to(&parameter, Reference::Client, service);
                    }
                }
            }
        }
        Ok(())
    }

    /// The text in braces; a warning if they do not match.
    fn without_braces<'t>(&self, word: &'t [u8], path: &str, service: Option<usize>) -> &'t [u8] {
        payload(word).unwrap_or_else(|why| {
            let service = service.and_then(|at| self.services.get(at));
            let name_space = service.map(|service| service.name_space.as_slice());
            log_lines::bad_braces(path, name_space, &why.to_string());
            why.payload
        })
    }

    /// Looks for unknown names in a client's file, once for each file.
    fn check_client_file(&mut self, client: &Client, path: &[u8]) -> Result<(), Error> {
        let table_type = client.table_type;
        if !self.clients_seen.insert([table_type.as_bytes(), b":", path].concat().into()) {
            return Ok(());
        }
        let file_path = path.to_path_lossy();
        let content = match std::fs::metadata(&file_path)
            .and_then(|facts| if facts.is_file() { std::fs::read(&file_path).map(Some) } else { Ok(None) })
        {
            Ok(Some(content)) => content,
            Ok(None) => {
                log_lines::cannot_open_client(table_type, path, "not a regular file");
                return Ok(());
            }
            Err(why) => {
                // Passwords may stand there: not being allowed to read it is no surprise.
                if why.kind() != std::io::ErrorKind::PermissionDenied {
                    log_lines::cannot_open_client(table_type, path, &sys::error_text(&why));
                }
                return Ok(());
            }
        };
        let mut warnings = Vec::new();
        let settings = Dictionary::parse(&content, &path.to_str_lossy(), &mut warnings);
        warnings.iter().for_each(log_lines::warning);
        let settings = settings?;
        if !self.is_quiet() {
            for (name, value) in settings.iter() {
                if !client.names().any(|known| known == name) {
                    log_lines::unused_client_parameter(table_type, path, name, value);
                }
            }
        }
        Ok(())
    }
}

/// What separates the tables of a list.
fn is_separator(byte: u8) -> bool {
    b", \t\r\n".contains(&byte)
}

/// Type and name of a table, adapters taken off.
fn client_of(word: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut word = word;
    loop {
        let (table_type, name) = word.split_once_str(":")?;
        if !matches!(table_type, b"proxy" | b"debug") {
            return Some((table_type, name));
        }
        word = name;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn adapters_are_looked_through() {
        assert_eq!(client_of(b"proxy:debug:mysql:/x"), Some((&b"mysql"[..], &b"/x"[..])));
        assert_eq!(client_of(b"proxy"), None);
    }
}
