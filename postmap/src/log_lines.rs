//! The warnings of postmap(1) and postalias(1).

use tables::Name;

pub(crate) fn ignoring_mime_option() {
    log::warn!("ignoring -m option without -b or -h");
}

pub(crate) fn empty_result(kind: &str, name: &Name, key: &[u8]) {
    log::warn!("table {kind}:{name}: key {}: empty string result is not allowed", log::bytes(key));
    log::warn!("table {kind}:{name} should return NO RESULT in case of NOT FOUND");
}

pub(crate) fn empty_key(kind: &str, name: &Name) {
    log::warn!("table {kind}:{name}: empty lookup key value is not allowed");
}

pub(crate) fn bad_content(kind: &str, name: &Name, key: &[u8], why: &str) {
    log::warn!("table {kind}:{name}: key {}: {why}", log::bytes(key));
}

/// With `-v`: a table is built or changed.
pub(crate) fn opening(kind: &str, name: &Name) {
    log::info!("open {kind} {name}");
}

/// A line of the source that is not used, or used with doubt.
pub(crate) fn source_line(path: &Name, line: usize, text: &str) {
    log::warn!("{path}, line {line}: {text}");
}

pub(crate) fn non_utf8_line(path: &Name, line: usize, text: &[u8]) {
    log::warn!("{path}, line {line}: non-UTF-8 input \"{}\" -- ignoring this line", log::bytes(text));
}

/// Root makes a table in the directory of another user. `source` is what it is made of.
pub(crate) fn foreign_directory(source: &Name, table: &Name, directory: &Name) {
    log::warn!(
        "Creating root-owned database file(s) {table}.* in non-root-owned directory {directory}. Files {source}, {table}.*, \
         and directory {directory} should have the same owner. Please fix ownership to avoid a privilege-escalation attack."
    );
}
