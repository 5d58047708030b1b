//! What postconf(1) says on stderr, besides fatal errors.

use std::fmt;
use std::path::Path;

use log::bytes;

/// A warning whose text was made elsewhere.
pub fn warning(text: impl fmt::Display) {
    log::warn!("{text}");
}

/// An error whose text was made elsewhere.
pub fn error(text: impl fmt::Display) {
    log::error!("{text}");
}

/// A name on the command line that is no parameter.
pub fn unknown_parameter(name: &[u8]) {
    log::warn!("{}: unknown parameter", bytes(name));
}

/// A pattern on the command line that matches no service.
pub fn unmatched_request(text: &[u8]) {
    log::warn!("unmatched request: \"{}\"", bytes(text));
}

/// An edit whose service is not there.
pub fn unmatched_service(text: &[u8]) {
    log::warn!("unmatched service_name/type: \"{}\"", bytes(text));
}

/// master.cf cannot be read, and need not be.
pub fn cannot_open(path: &str, why: &std::io::Error) {
    log::warn!("open {path}: {}", sys::error_text(why));
}

/// Something is wrong with an argument in master.cf.
pub fn bad_argument(why: &str) {
    log::warn!("{}: {}", config::MASTER_CF, bytes(why.as_bytes()));
}

/// A value refers to a name that nobody defines.
pub fn undefined_parameter(directory: &str, file: &str, name: &[u8]) {
    log::warn!("{directory}/{file}: undefined parameter: {}", bytes(name));
}

/// A file sets what cannot be set.
pub fn read_only_parameter(directory: &str, file: &str, name: &[u8], value: &[u8]) {
    log::warn!("{directory}/{file}: read-only parameter assignment: {}={}", bytes(name), bytes(value));
}

/// A file sets a name that nobody reads.
pub fn unused_parameter(directory: &str, file: &str, name: &[u8], value: &[u8]) {
    log::warn!("{directory}/{file}: unused parameter: {}={}", bytes(name), bytes(value));
}

/// A file sets a parameter that is on its way out.
pub fn deprecated_parameter(directory: &str, file: &str, name: &[u8], instead: &str) {
    let name = bytes(name);
    log::warn!("{directory}/{file}: support for parameter \"{name}\" will be removed; instead, {instead}");
}

/// Where to read about parameters that are on their way out.
pub fn deprecation_pointer() {
    log::warn!("See https://www.postfix.org/DEPRECATION_README.html for details");
}

/// A word of a list begins with `#`.
pub fn comment_after_text(path: &str, word: &[u8], rest: &[u8]) {
    let rest = rest.get(..20).unwrap_or(rest);
    log::warn!("{path}: #comment after other text is not allowed: {} {}...", bytes(word), bytes(rest));
}

/// Braces in a list of tables do not match; `service` is the entry of master.cf that holds it, if any.
pub fn bad_braces(path: &str, service: Option<&[u8]>, why: &str) {
    match service {
        Some(service) => log::warn!("{path}:{}: {}", bytes(service), bytes(why.as_bytes())),
        None => log::warn!("{path}: {}", bytes(why.as_bytes())),
    }
}

/// The file of a database client cannot be read.
pub fn cannot_open_client(table_type: &str, path: &[u8], why: &str) {
    log::warn!("open \"{table_type}\" configuration \"{}\": {why}", bytes(path));
}

/// The file of a database client sets a name that the client does not read.
pub fn unused_client_parameter(table_type: &str, path: &[u8], name: &[u8], value: &[u8]) {
    let path = bytes(path);
    log::warn!("{table_type}:{path}: unused parameter: {}={}", bytes(name), bytes(value));
}

/// A file that names plug-ins might be anybody's.
pub fn untrusted_plug_ins(path: &Path) {
    log::warn!("{}: file is owned or writable by non-root users -- skipping this file", path.display());
}

/// Two plug-ins for one table type.
pub fn duplicate_plug_in(path: &Path, table_type: &[u8]) {
    log::warn!("{}: ignoring duplicate entry for \"{}\"", path.display(), bytes(table_type));
}

/// The directory with further plug-ins cannot be read.
pub fn cannot_open_directory(path: &Path, why: &std::io::Error) {
    log::warn!("{}: directory open failed: {}", path.display(), sys::error_text(why));
}

/// `-T` does not know this.
pub fn unknown_tls_mode(mode: &[u8]) {
    log::warn!("unknown 'postconf -T' mode: {}", bytes(mode));
}

/// A name means something because something refers to it: where the reference stands and where the value, each
/// a file or a file with an entry of it. For verbose logging.
pub fn validated(name: &[u8], reference: &str, value: &str) {
    if log::verbose() > 0 {
        let name = bytes(name);
        log::info!("${name} in {reference} validates {name}=value in {value}");
    }
}

/// A class that `-C` names. For verbose logging.
pub fn class(word: &[u8]) {
    if log::verbose() > 0 {
        log::info!("name_mask: {}", bytes(word));
    }
}
