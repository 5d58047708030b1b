//! The lines that tables write to the log. Their texts are an interface.

use crate::Name;

/// Text as C's `%s` prints it.
fn shown(text: &[u8]) -> log::Printable<'_> {
    log::bytes(text)
}

pub(crate) fn null_byte(path: &Name, first: usize, last: usize) {
    let why = "text after null byte may be ignored";
    if first == last {
        log::warn!("{path}, line {last}: {why}");
    } else {
        log::warn!("{path}, line {first}-{last}: {why}");
    }
}

pub(crate) fn leading_space(path: &Name, text: &[u8]) {
    let dots = if text.len() > 30 { "..." } else { "" };
    let head = shown(&text[..text.len().min(30)]);
    log::warn!("{path}: logical line must not start with whitespace: \"{head}{dots}\"");
}

/// With `-v`: what is compared next.
pub(crate) fn compared(how: &str, list: &str, subject: &[u8], pattern: &[u8]) {
    log::info!("{how}: {list}: {} ~? {}", shown(subject), shown(pattern));
}

/// With `-v`: no item of a list matched.
pub(crate) fn no_match(subject: &[u8]) {
    if log::verbose() > 0 {
        log::info!("match_list_match: {}: no match", shown(subject));
    }
}

/// A table that cannot be opened, in a program that goes on without it.
pub(crate) fn cannot_open(text: &str) {
    log::error!("{text}");
}

/// A request to a table that could not be opened.
pub(crate) fn unavailable(kind: &str, name: &Name, reason: &str) {
    log::warn!("{kind}:{name} is unavailable. {reason}");
}

/// A type that no installed part of the mail system knows.
pub(crate) fn unsupported_type(kind: &str) {
    log::warn!("unsupported dictionary type: {kind}. Is the postfix-{kind} package installed?");
}

/// Maps of NIS are empty here.
pub(crate) fn no_nis_domain() {
    log::warn!("dict_nis_init: NIS domain name not set - NIS lookups disabled");
}

/// A Berkeley DB file, as Debian's package has it: the name is said once in a process.
pub(crate) fn berkeley_db(name: &Name, is_first: bool) {
    if is_first {
        log::warn!("{name}: hash/btree support is deprecated.  Please switch to cdb or lmdb.");
    }
    log::warn!("See /usr/share/doc/postfix/NON_BERKELEYDB_README.gz for more info.");
}

/// What libdb itself says of a btree file in the place of a hash file, or the other way round, to whom it may concern.
pub(crate) fn other_database_type(path: &Name) {
    use std::io::Write;
    let folder = if path.contains(&b'/') { "" } else { "./" };
    let _ = writeln!(
        std::io::stderr(),
        "BDB0641 __db_meta_setup: {folder}{path}: unexpected file type or format"
    );
}

pub(crate) fn removed_empty_file(path: &Name) {
    log::warn!("removing zero-length database file: {path}");
}

pub(crate) fn older_than_source(database: &Name, source: &Name) {
    log::warn!("database {database} is older than source file {source}");
}

pub(crate) fn non_utf8_key(kind: &str, name: &Name, key: &[u8]) {
    log::warn!("{kind}:{name}: non-UTF-8 key \"{}\": malformed UTF-8 or invalid codepoint", shown(key));
}

pub(crate) fn non_utf8_value(kind: &str, name: &Name, key: &[u8], value: &[u8]) {
    let (key, value) = (shown(key), shown(value));
    log::warn!(
        "{kind}:{name}: key \"{key}\": non-UTF-8 value \"{value}\": malformed UTF-8 or invalid codepoint"
    );
}

/// A line of a source file that is not used, or used with doubt.
pub(crate) fn source_line(path: &Name, line: usize, text: &str) {
    log::warn!("{path}, line {line}: {text}");
}

pub(crate) fn unbalanced_quote(path: &Name, line: usize, text: &[u8]) {
    log::warn!("{path}, line {line}: unbalanced '\"' in '{}' -- ignoring this line", shown(text));
}

/// A rule of a pattern table: `pcre map FILE, line N: TEXT`.
pub(crate) fn pattern_rule(kind: &str, name: &Name, line: usize, text: &str) {
    log::warn!("{kind} map {name}, line {line}: {text}");
}

pub(crate) fn truncated_macro(value: &[u8]) {
    log::warn!("truncated macro reference: \"{}\"", shown(value));
}

pub(crate) fn empty_macro(value: &[u8]) {
    log::warn!("empty macro name: \"{}\"", shown(value));
}

/// With `-v`: a table was opened for look-ups or changes.
pub(crate) fn opened(kind: &str, name: &Name) {
    log::info!("dict_open: {kind}:{name}");
}

/// With `-v`: how large an lmdb file may become, bytes, before that is asked again.
pub(crate) fn lmdb_size_limit(name: &Name, limit: usize) {
    log::info!("database lmdb:{name}: using size limit {limit} during open");
}

pub(crate) fn duplicate_in_file(path: &Name, key: &[u8]) {
    log::warn!("{path}: duplicate entry: \"{}\"", shown(key));
}

pub(crate) fn duplicate_in_table(kind: &str, name: &Name, key: &[u8]) {
    log::warn!("{kind}:{name}: duplicate entry: \"{}\"", shown(key));
}

pub(crate) fn empty_result(title: &str, key: &[u8]) {
    log::warn!("{title} lookup of {} returns an empty string result", shown(key));
    log::warn!("{title} should return NO RESULT in case of NOT FOUND");
}

pub(crate) fn lookup_error(kind: &str, name: &Name, key: &[u8]) {
    log::warn!("{kind}:{name} lookup error for \"{}\"", shown(key));
}

/// A problem of one match list.
pub(crate) fn match_list(text: &str) {
    log::warn!("{text}");
}

pub(crate) fn list_comment(title: &str, start: &[u8], rest: &[u8]) {
    let (start, rest) = (shown(start), shown(&rest[..rest.len().min(20)]));
    log::warn!("{title}: #comment after other text is not allowed: {start} {rest}...");
}

pub(crate) fn no_password_database(which: &str) {
    log::warn!("cannot access UNIX {which} database: Success");
}

pub(crate) fn proxy_service(function: &str, service: &str, text: &str) {
    log::warn!("{function}: service {service}: {text}");
}

pub(crate) fn proxy_unexpected(text: &str) {
    log::warn!("{text}");
}

pub(crate) fn kept_old(kind: &str, name: &Name, reason: &str) {
    log::warn!("{kind}:{name} has changed, but {reason} -- using the previous content");
}

/// A look-up in a table behind `debug:`; `result` is the value, or why there is none.
pub(crate) fn debug_lookup(name: &Name, key: &[u8], result: &[u8]) {
    log::info!("{name} lookup: \"{}\" = \"{}\"", shown(key), shown(result));
}

/// A change of a table behind `debug:`.
pub(crate) fn debug_update(name: &Name, key: &[u8], value: &[u8], outcome: &str) {
    log::info!("{name} update: \"{}\" = \"{}\": {outcome}", shown(key), shown(value));
}

/// A deletion in a table behind `debug:`.
pub(crate) fn debug_delete(name: &Name, key: &[u8], outcome: &str) {
    log::info!("{name} delete: \"{}\": {outcome}", shown(key));
}

/// An entry that a walk through a table behind `debug:` came by.
pub(crate) fn debug_sequence(name: &Name, key: &[u8], value: &[u8]) {
    log::info!("{name} sequence: \"{}\" = \"{}\"", shown(key), shown(value));
}

/// The end of such a walk.
pub(crate) fn debug_end(name: &Name) {
    log::info!("{name} sequence: found EOF");
}
