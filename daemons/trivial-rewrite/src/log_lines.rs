//! The daemon's log lines.

use log::bytes;

/// A client asked for rules that do not exist.
pub(crate) fn unknown_context(rule: &[u8]) {
    log::warn!("unknown context: {}", bytes(rule));
}

/// A client sent an address that is not in external form.
pub(crate) fn null_address() {
    log::warn!("rewrite_addr: null address");
}

/// A client asked for something that does not exist.
pub(crate) fn bad_command(command: &[u8]) {
    log::warn!("bad command {}", bytes(command.get(..command.len().min(30)).unwrap_or_default()));
}

/// A client does not speak the protocol.
pub(crate) fn bad_request(service: &str, error: &ipc::Error) {
    ipc::log_malformed(&format!("{service} socket"), error);
}

/// A table or list could not be read.
pub(crate) fn lookup_failure(name: &str) {
    log::warn!("{name} lookup failure");
}

/// A table's result is empty where it cannot be.
pub(crate) fn null_result(name: &str, key: &[u8]) {
    log::warn!("{name}: ignoring null lookup result for {}", bytes(key));
}

/// A domain is in two classes.
pub(crate) fn listed_twice(domain: &[u8], one: &str, other: &str) {
    log::warn!("do not list domain {} in BOTH {one} and {other}", bytes(domain));
}

/// main.cf names no transport.
pub(crate) fn null_transport(directory: &std::path::Path, name: &str) {
    log::warn!("file {}/main.cf: parameter {name}: null transport is not allowed", directory.display());
}

/// An address could not be taken apart.
pub(crate) fn too_many_iterations(address: &[u8], count: usize) {
    log::warn!("resolve_addr: <{}>: giving up after {count} iterations", bytes(address));
}

/// A relocated_maps result lacks what it must have.
pub(crate) fn bad_relocated_result(result: &[u8]) {
    let shown = bytes(result.get(..result.len().min(100)).unwrap_or_default());
    let name = params::RELOCATED_MAPS.name();
    log::warn!("{name} result must contain RFC 3463 status and text: '{shown}'");
}

/// A default of old versions completed a domain.
pub(crate) fn compatible_completion(domain: &[u8], mydomain: &str, advice: bool) {
    let name = params::APPEND_DOT_MYDOMAIN.name();
    let domain = bytes(domain);
    let advice =
        if advice { "; please add \"localhost\" to mydestination or other address class" } else { "" };
    log::info!(
        "using backwards-compatible default setting {name}=yes to rewrite \"{domain}\" to \"{domain}.{mydomain}\"{advice}"
    );
}
