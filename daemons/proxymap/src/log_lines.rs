//! The lines that proxymap(8) writes to the log.

/// The list of tables that a service may open, and what it may do with them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    Read,
    Write,
}

pub(crate) fn unapproved(table: &[u8], mode: Mode) {
    let table = log::bytes(table);
    let (access, parameter) = match mode {
        Mode::Read => ("read-only", params::PROXY_READ_MAPS.name()),
        Mode::Write => ("read-write", params::PROXY_WRITE_MAPS.name()),
    };
    log::warn!("request for unapproved table: \"{table}\"");
    log::warn!("to approve this table for {access} access, list proxy:{table} in main.cf:{parameter}");
}

pub(crate) fn refused_change(table: &[u8], verb: &str) {
    log::warn!("refusing {} {verb} request on non-proxywrite service", log::bytes(table));
}

pub(crate) fn unrecognized_request(request: &[u8]) {
    log::warn!("unrecognized request: \"{}\", ignored", log::bytes(request));
}

pub(crate) fn bad_syntax(origin: &str, why: &str) {
    log::warn!("bad syntax in {origin} content: {why}");
}

pub(crate) fn cannot_open(path: &tables::Name, why: &str) {
    log::warn!("open {path}: {why}");
}

/// What the reference ends the process with; here it fails one request.
pub(crate) fn failed(text: &str) {
    log::warn!("{text}");
}

/// A request whose attributes are not as they must be.
pub(crate) fn malformed_request(error: &ipc::Error) {
    ipc::log_malformed("proxymap socket", error);
}
