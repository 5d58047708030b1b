//! The lines that clients of servers write to the log. Their texts are an interface.

use tables::Name;

/// A key that is empty, where a query is to be made of it.
pub(crate) fn empty_query(kind: &str, name: &Name) {
    log::warn!("table \"{kind}:{name}\": empty query string -- ignored");
}

/// A value that is empty, in an answer of a server.
pub(crate) fn empty_lookup_result(kind: &str, name: &Name, key: &[u8]) {
    log::warn!("table \"{kind}:{name}\": empty lookup result for: \"{}\" -- ignored", log::bytes(key));
}

pub(crate) fn host_not_found(name: &Name, why: &str) {
    log::warn!("host or service {name} not found: {why}");
}

pub(crate) fn connect_to(server: &Name, why: &str) {
    log::warn!("connect to {server}: {why}");
}

pub(crate) fn tcp_connect(name: &Name, why: &str) {
    log::warn!("connect to TCP map {name}: {why}");
}

pub(crate) fn tcp_reply(name: &Name, why: &str) {
    log::warn!("read TCP map reply from {name}: {why}");
}

pub(crate) fn tcp_bad_reply(name: &Name, what: &str, reply: &[u8]) {
    let reply = underscored(&reply[..reply.len().min(100)]);
    log::warn!("read TCP map reply from {name}: {what}: {reply}");
}

/// Text with an underscore for each byte that is not printable.
fn underscored(text: &[u8]) -> String {
    let mut clean = String::with_capacity(text.len());
    for chunk in text.utf8_chunks() {
        clean.extend(chunk.valid().chars().map(|c| if c.is_ascii_control() { '_' } else { c }));
        clean.extend(chunk.invalid().iter().map(|_| '_'));
    }
    clean
}

pub(crate) fn socketmap_lookup(name: &Name, why: &str) {
    log::warn!("table socketmap:{name} lookup error: {why}");
}

pub(crate) fn socketmap_failed(name: &Name, class: &str, reason: &[u8]) {
    let colon = if reason.is_empty() { "" } else { ": " };
    let reason = log::bytes(&reason[..reason.len().min(200)]);
    log::warn!("socketmap:{name} socketmap server {class} error{colon}{reason}");
}

pub(crate) fn memcache_io(name: &Name, why: Option<&str>) {
    match why {
        Some(why) => log::warn!("database memcache:{name}: I/O error: {why}"),
        None => log::warn!("database memcache:{name}: I/O error"),
    }
}

/// A reply that was not expected; the text says which.
pub(crate) fn memcache_reply(text: &str) {
    log::warn!("{text}");
}

pub(crate) fn memcache_too_long(name: &Name, key: &[u8], limit: usize) {
    let key = log::bytes(key);
    log::warn!(
        "database memcache:{name}: data for key {key} is too long (data_size_limit={limit}) -- not stored"
    );
}

pub(crate) fn memcache_skipped(name: &Name, operation: &str, key: &[u8], why: &str) {
    log::warn!("{name}: skipping {operation} for name \"{}\": {why}", log::bytes(key));
}

/// What OpenSSL has to say of a digest that it does not have.
pub(crate) fn openssl(lines: &[String]) {
    lines.iter().for_each(|line| log::warn!("{line}"));
}

/// A digest of a key that cannot be computed.
pub(crate) fn memcache_digest(name: &Name, digest: &str) {
    log::warn!("memcache:{name}: {digest} message digest failed");
}

pub(crate) fn memcache_no_sequence(name: &Name) {
    log::warn!("database memcache:{name}: first/next support requires backup database");
}

/// A look-up with too many results.
pub(crate) fn expansion_limit(function: &str, name: &Name, before_key: &str, key: &[u8]) {
    log::warn!("{function}: {name}: Expansion limit exceeded for key{before_key} '{}'", log::bytes(key));
}

pub(crate) fn sqlite_unquoted(name: &Name, query: &Name, macro_: &[u8]) {
    let macro_ = log::bytes(macro_);
    log::warn!("sqlite:{name}: query >{query}< contains >{macro_}< without the recommended '' quotes");
}

pub(crate) fn sqlite_step(name: &Name, what: &str) {
    log::warn!("dict_sqlite_lookup: {name}: SQL step failed {what}");
}

pub(crate) fn pgsql_connect(host: &Name, why: &str) {
    log::warn!("connect to pgsql server {host}: {why}");
}

pub(crate) fn pgsql_encoding(encoding: &Name, host: &Name) {
    log::warn!("dict_pgsql: cannot set the encoding to {encoding}, skipping {host}");
}

pub(crate) fn pgsql_escape(host: &Name) {
    log::warn!("dict pgsql: (host {host}) cannot escape input string: invalid multibyte character\n");
}

pub(crate) fn pgsql_fatal(host: &Name, why: &str) {
    log::warn!("pgsql query failed: fatal error from host {host}: {why}");
}

pub(crate) fn pgsql_protocol(host: &Name) {
    log::warn!("pgsql query failed: protocol error, host {host}");
}

pub(crate) fn pgsql_unknown(host: &Name, status: u32) {
    log::warn!("pgsql query failed: unknown code 0x{status:x} from host {host}");
}

pub(crate) fn mysql_connect(host: &Name, why: &str) {
    log::warn!("connect to mysql server {host}: {why}");
}

pub(crate) fn mysql_charset(charset: &Name, why: &str) {
    log::warn!("dict_mysql: mysql_set_character_set '{charset}' failed: {why}");
}

pub(crate) fn mysql_escape(host: &Name) {
    log::warn!("dict_mysql: host ({host}) cannot escape input string: >Malformed character<");
}

/// `step` is the client library's, in brackets, where the query itself went well.
pub(crate) fn mysql_failed(name: &Name, step: &str, why: &str) {
    log::warn!("mysql:{name}: query failed{step}: {why}");
}

pub(crate) fn mysql_domain(name: &Name, key: &[u8]) {
    log::warn!("mysql:{name} 'domain' pattern match failed for '{}'", log::bytes(key));
}

/// A parameter of an LDAP table that makes no sense.
pub(crate) fn ldap_open(name: &Name, what: &str) {
    log::warn!("dict_ldap_open: {name} {what}");
}

/// As [`ldap_open`], where the reference has a colon.
pub(crate) fn ldap_parameter(name: &Name, what: &str) {
    log::warn!("dict_ldap_open: {name}: {what}");
}

pub(crate) fn ldap_scheme(scheme: &str) {
    log::warn!("dict_ldap_open: URL scheme {scheme} requires protocol version 3");
}

pub(crate) fn ldap_bad_url(url: &str, code: i32, text: &str) {
    log::error!("dict_ldap_open: error parsing URL {url}: {code}: {text}; skipping");
}

pub(crate) fn ldap_start_tls(code: i32, text: &str) {
    log::error!("dict_ldap_connect: Unable to set STARTTLS: {code}: {text}");
}

pub(crate) fn ldap_bind(servers: &str, dn: &str, code: i32, text: &str) {
    log::warn!("dict_ldap_connect: Unable to bind to server {servers} with dn {dn}: {code} ({text})");
}

pub(crate) fn ldap_search(code: i32, text: &str) {
    log::warn!("dict_ldap_lookup: Search error {code}: {text} ");
}

pub(crate) fn ldap_no_base(name: &Name, base: &Name, code: i32, text: &str) {
    log::warn!("dict_ldap_lookup: {name}: Search base '{base}' not found: {code}: {text}");
}

/// A problem with the entries that a search found; `depth` counts the searches that led there.
pub(crate) fn ldap_values(depth: u32, what: &str) {
    log::warn!("dict_ldap_get_values[{depth}]: {what}");
}

pub(crate) fn ldap_init(servers: &str) {
    log::warn!("dict_ldap_connect: Unable to init LDAP server {servers}");
}

pub(crate) fn ldap_tls(code: i32, text: &str) {
    log::warn!("dict_ldap_set_tls_options: Unable to allocate new TLS context {code}: {text}");
}

pub(crate) fn ldap_tls_option(parameter: &str, value: &Name, code: i32, text: &str) {
    log::warn!("dict_ldap_set_tls_options: Unable to set {parameter} to {value}: {code}: {text}");
}

pub(crate) fn ldap_trouble(text: &str) {
    log::warn!("dict_ldap_lookup: Had some trouble with entries returned by search: {text}");
}

/// What a PostgreSQL server says beside its answers. The client library writes it to standard error, which only commands
/// have.
pub(crate) fn pgsql_notice(text: &str) {
    use std::io::Write;
    let _ = std::io::stderr().write_all(text.as_bytes());
}

/// A file for the secrets of connections that cannot be written; said where [`pgsql_notice`] says things.
pub(crate) fn pgsql_key_log(file: &Name, why: &str) {
    pgsql_notice(&format!("WARNING: could not open SSL key logging file \"{file}\": {why}\n"));
}
