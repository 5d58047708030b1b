//! `ldap:file`: searches in an LDAP directory. See ldap_table(5).

mod connection;
mod filter;
mod message;
mod result_code;
mod settings;
mod url;
mod values;

pub use filter::encode as encode_filter;
pub use message::parse as parse_message;

use super::kept::{Held, Kept};
use super::log_lines;
use super::source::Source;
use super::template::{Role, Template, Templates};
use config::networks::Protocols;
use connection::{ConnectError, Connection};
use message::Entry;
use result_code::{DECODING_ERROR, FILTER_ERROR, NO_SUCH_OBJECT, PARAMETER_ERROR, SERVER_DOWN, SUCCESS};
use settings::Settings;
use tables::{About, Flags, LookupError, Name, OpenError, Opener, Table};
use values::Collector;

/// What a search found, or its result code.
type Searched = Result<Vec<Entry>, i32>;

/// A table of an LDAP directory.
pub(crate) struct LdapTable {
    about: About,
    settings: Settings,
    templates: Templates,
    search_base: Template,
    query_filter: Template,
    result_format: Template,
    protocols: Protocols,
    kept: Kept<Connection>,
}

/// Writes a part of a key so that it can stand in a distinguished name.
fn quote_dn(part: &[u8], base: &mut Vec<u8>) {
    quote(part, b" \t\"#+,;<>\\", base);
}

/// Writes a part of a key so that it can stand in a filter.
fn quote_filter(part: &[u8], filter: &mut Vec<u8>) {
    quote(part, b"*()\\", filter);
}

fn quote(part: &[u8], special: &[u8], quoted: &mut Vec<u8>) {
    for &byte in part {
        if special.contains(&byte) {
            quoted.extend_from_slice(format!("\\{byte:02X}").as_bytes());
        } else {
            quoted.push(byte);
        }
    }
}

impl LdapTable {
    /// Reads the parameters. The servers are not asked yet.
    pub(crate) fn open(opener: &Opener, name: &Name, flags: Flags) -> Result<LdapTable, OpenError> {
        let source = Source::open(name, opener.settings().main_cf.as_ref())?;
        let start = Settings::start(&source)?;
        let search_base = source.text("search_base", "");
        let timeout = source.number("timeout", 10, None)?;
        let query_filter = source.text("query_filter", "(mailacceptinggeneralid=%s)");
        let result_format = match source.optional("result_format") {
            Some(format) => format,
            None => source.required("result_filter", "%s")?,
        };
        let mut templates = Templates::new("ldap", name);
        let search_base = templates.add(&search_base, Role::Query)?;
        let query_template = templates.add(&query_filter, Role::Query)?;
        if !query_template.is_dynamic() {
            let what = format!("Fixed query_filter {query_filter} is probably useless");
            log_lines::ldap_parameter(name, &what);
        }
        let result_format = templates.add(&result_format, Role::Result)?;
        templates.restrict(opener, &source)?;
        let settings = Settings::read(&source, start, timeout)?;
        Ok(LdapTable {
            about: About::new("ldap", name, flags | Flags::FIXED, source.owner()),
            settings,
            templates,
            search_base,
            query_filter: query_template,
            result_format,
            protocols: opener.settings().protocols(),
            kept: Kept::without_limits(),
        })
    }

    /// Connects; failures are in the log. A server that cannot be reached and need not be logged in to is missed only
    /// when it is asked: that is `Ok(None)`.
    fn connect(&self) -> Result<Option<Held<Connection>>, LookupError> {
        match Connection::open(&self.settings, self.protocols) {
            Ok(connection) => return Ok(Some(Held::fresh(connection))),
            Err(ConnectError::Unreachable) => return Ok(None),
            Err(ConnectError::Servers) => log_lines::ldap_init(&self.settings.servers),
            Err(ConnectError::TlsFiles) => log_lines::ldap_tls(SERVER_DOWN, result_code::text(SERVER_DOWN)),
            Err(ConnectError::TlsRandomFile) => {
                let file = self.settings.tls_random_file.clone().unwrap_or_default();
                log_lines::ldap_tls_option(
                    "tls_random_file",
                    &file,
                    SERVER_DOWN,
                    result_code::text(SERVER_DOWN),
                );
            }
            Err(ConnectError::StartTls(code)) => log_lines::ldap_start_tls(code, result_code::text(code)),
            Err(ConnectError::Bind(code)) => {
                let dn = match &self.settings.bind_dn {
                    dn if dn.is_empty() => "empty or implicit".to_owned(),
                    dn => dn.to_string(),
                };
                log_lines::ldap_bind(&self.settings.servers, &dn, code, result_code::text(code));
            }
        }
        Err(LookupError::Retry(None))
    }

    /// Searches for the entries of a key. A connection that broke is made again once.
    fn search(
        &self,
        held: Option<Held<Connection>>,
        base: &Name,
        filter: &[u8],
    ) -> Result<(Held<Connection>, Searched), LookupError> {
        let Some(filter) = filter::encode(filter) else {
            return Err(self.search_error(FILTER_ERROR));
        };
        let settings = &self.settings;
        let search = settings.search(base, settings.scope, &filter, &settings.attributes.all);
        let ask = |held: &mut Held<Connection>| held.connection.search(&search, settings.chase_referrals);
        let first = held.map(|mut held| (ask(&mut held), held));
        if let Some((outcome, held)) = first.filter(|(outcome, _)| *outcome != Err(SERVER_DOWN)) {
            return Ok((held, outcome));
        }
        // Others that were kept are no better, most likely.
        self.kept.clear();
        // The client library takes no search that must be over at once, wherever the server is.
        let without_server =
            if settings.timeout.is_some_and(|limit| limit.is_zero()) { PARAMETER_ERROR } else { SERVER_DOWN };
        let mut held = self.connect()?.ok_or_else(|| self.search_error(without_server))?;
        let outcome = ask(&mut held);
        Ok((held, outcome))
    }

    fn search_error(&self, code: i32) -> LookupError {
        log_lines::ldap_search(code, result_code::text(code));
        LookupError::Retry(None)
    }

    fn expand(&self, template: &Template, key: &[u8], quote: fn(&[u8], &mut Vec<u8>)) -> Option<Vec<u8>> {
        self.templates.query(template, key, quote)
    }
}

impl Table for LdapTable {
    fn about(&self) -> &About {
        &self.about
    }

    fn asks_a_server(&self) -> bool {
        true
    }

    fn lookup(&self, key: &[u8]) -> Result<Option<Vec<u8>>, LookupError> {
        if std::str::from_utf8(key).is_err() || key.contains(&0) || !self.templates.wants(key)? {
            return Ok(None);
        }
        let held = match self.kept.take() {
            Some(held) => Some(held),
            None => self.connect()?,
        };
        let expanded = self.expand(&self.search_base, key, quote_dn);
        let expanded =
            expanded.and_then(|base| Some((base, self.expand(&self.query_filter, key, quote_filter)?)));
        let Some((base, filter)) = expanded else {
            held.into_iter().for_each(|held| self.kept.keep(held));
            return Ok(None);
        };
        let base = Name::from(base);
        let (mut held, outcome) = self.search(held, &base, &filter)?;
        let mut collector = Collector {
            name: &self.about.name,
            settings: &self.settings,
            templates: &self.templates,
            result_format: &self.result_format,
            key,
            text: Vec::new(),
            count: 0,
            last_code: SUCCESS,
        };
        let collected = match outcome {
            Ok(entries) => {
                let added = collector.add(&mut held.connection, &entries, 1);
                if !matches!(collector.last_code, SUCCESS | DECODING_ERROR) {
                    log_lines::ldap_trouble(result_code::text(collector.last_code));
                }
                added
            }
            // A base that depends on the key need not exist.
            Err(NO_SUCH_OBJECT) if self.search_base.is_dynamic() => Ok(()),
            Err(NO_SUCH_OBJECT) => {
                let text = result_code::text(NO_SUCH_OBJECT);
                log_lines::ldap_no_base(&self.about.name, &base, NO_SUCH_OBJECT, text);
                Err(LookupError::Retry(None))
            }
            // The next look-up connects anew.
            Err(code) => return Err(self.search_error(code)),
        };
        self.kept.keep(held);
        collected.map(|()| Some(collector.text).filter(|text| !text.is_empty()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoting() {
        let mut quoted = Vec::new();
        quote_filter(b"a*(b)\\", &mut quoted);
        quote_dn(b"a,b #", &mut quoted);
        assert_eq!(quoted, b"a\\2A\\28b\\29\\5Ca\\2Cb\\20\\23");
    }
}
