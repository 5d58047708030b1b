//! The log lines of this crate.

use crate::{Attrs, Class, Error};
use std::path::Path;

/// A service does not answer the door; there will be another try.
pub(crate) fn connect_failed(tries: u32, class: Class, name: &str, error: &Error) {
    let text = match error {
        Error::Connect { error, .. } => sys::error_text(error),
        other => other.to_string(),
    };
    log::warn!("connect #{tries} to subsystem {}/{name}: {text}", class.name());
}

/// An exchange with a service failed; there will be another try.
pub(crate) fn exchange_failed(service: &str, error: &Error) {
    log::warn!("problem talking to service {service}: {error}");
}

/// trivial-rewrite(8) gave no transport.
pub(crate) fn null_transport(address: &[u8]) {
    log::warn!("resolve_clnt: null transport result for: <{}>", log::bytes(address));
}

/// trivial-rewrite(8) gave no recipient.
pub(crate) fn null_recipient(address: &[u8]) {
    log::warn!("resolve_clnt: null recipient result for: <{}>", log::bytes(address));
}

/// A command to a service that may fail: no connection.
pub(crate) fn command_connect(service: &str, error: &Error) {
    let text = match error {
        Error::Connect { error, .. } => sys::error_text(error),
        other => other.to_string(),
    };
    log::warn!("connect to {service}: {text}");
}

/// A command to a service that may fail: no announcement, or a wrong one.
pub(crate) fn not_announced(service: &str, error: &Error) {
    let socket = format!("{service} socket");
    match error {
        // The reference writes its request nevertheless.
        Error::Timeout => log::warn!("write {socket}: Connection timed out"),
        Error::Eof => log::warn!("write/read {socket}: Broken pipe"),
        Error::Protocol { .. } | Error::Unexpected { .. } | Error::Missing(_) => {
            malformed(&socket, error);
            // What the reference says when the system gave no reason.
            log::warn!("read {socket}: Application error");
        }
        other => log::warn!("read {socket}: {other}"),
    }
}

/// A command to a service that may fail: no answer.
pub(crate) fn command_exchange(service: &str, error: &Error) {
    log::warn!("write/read {service} socket: {error}");
}

/// A trigger's socket is not there.
pub(crate) fn no_trigger(path: &Path, error: &std::io::Error) {
    log::warn!("unable to look up {}: {}", path.display(), sys::error_text(error));
}

/// A trigger's path is something else.
pub(crate) fn odd_trigger(path: &Path) {
    log::warn!("{} is not a socket or a fifo", path.display());
}

/// A trigger is on its way; said to those who want to know very much.
pub(crate) fn triggering(path: &Path) {
    if log::verbose() > 1 {
        log::info!("unix_trigger: service {}", path.display());
    }
}

/// A trigger's socket does not answer.
pub(crate) fn no_trigger_connection(path: &Path, error: &std::io::Error) {
    if log::verbose() > 0 {
        log::warn!("unix_trigger: connect to {}: {}", path.display(), sys::error_text(error));
    }
}

/// A counting server gave no answer; mail goes on without it.
pub(crate) fn server_failed(endpoint: &str, error: &Error) {
    log::warn!("problem talking to server {endpoint}: {error}");
}

/// postdrop(1) did not start as it should.
pub(crate) fn command_failed(command: &str, status: i32) {
    log::warn!("command \"{command}\" exited with status {status}");
}

/// export_environment does not suit a program, which so does not start.
pub(crate) fn bad_environment(error: &config::environment::BadList) {
    log::fatal_line!("{error}");
}

/// postdrop(1) did not end as it should.
pub(crate) fn close_failed() {
    log::warn!("mail_stream_cleanup: close error");
}

/// postdrop(1) cannot be started.
pub(crate) fn cannot_execute(path: &Path, error: &std::io::Error) {
    log::fatal_line!("execvp {}: {}", path.display(), sys::error_text(error));
}

/// The other side of `socket` (`"private/local socket"`, `"anvil socket"`) sent attributes that are not as they must be.
/// For those who tell it apart from a failure of their own.
pub fn malformed(socket: &str, error: &Error) {
    match error {
        Error::Missing(_) => log::warn!("{error} in input from {socket}"),
        Error::Unexpected { found, expected } => {
            log::warn!("unexpected attribute {} from {socket} (expecting: {expected})", log::bytes(found));
        }
        Error::Protocol { found, expected } => {
            log::warn!("unexpected protocol {} from {socket} (expected: {expected})", log::bytes(found));
        }
        Error::Eof | Error::Timeout => log::warn!("{error} on {socket} while reading input attribute name"),
        Error::Number(text) => log::warn!(
            "malformed numerical data from {socket} while reading input attribute value: {:.100}",
            log::bytes(text).to_string()
        ),
        other => log::warn!("{other}"),
    }
}

/// The input ends where more must come, in the middle of a word or before it.
pub(crate) fn interrupted(source: &str, error: &Error, in_word: bool, context: &str) {
    match in_word {
        true => log::warn!("unexpected end-of-input from {source} while reading {context}"),
        false => log::warn!("{error} on {source} while reading {context}"),
    }
}

/// With `-v`: a service answers the door.
pub fn connected(class: Class, service: &str) {
    if log::verbose() > 0 {
        log::info!("connect to subsystem {}/{service}", class.name());
    }
}

/// With `-v`: a service does not.
pub fn not_connected(class: Class, service: &str, error: &std::io::Error) {
    if log::verbose() > 0 {
        log::info!("connect to subsystem {}/{service}: {}", class.name(), sys::error_text(error));
    }
}

/// With `-v`: a list that is sent.
pub(crate) fn sent(attrs: &Attrs) {
    if log::verbose() > 0 {
        for (name, value) in attrs.iter() {
            log::info!("send attr {} = {}", log::bytes(name), log::bytes(value));
        }
    }
}

/// With `-v`: a list that came.
pub(crate) fn received(source: &str, attrs: &Attrs) {
    if log::verbose() > 0 {
        for (found, given) in attrs.iter() {
            wanted(source, &log::printable(found));
            name(found);
            value(given);
        }
        wanted(source, "(list terminator)");
        name(b"");
    }
}

/// With `-v`: the attribute that comes next, as far as we know.
pub(crate) fn wanted(source: &str, name: &str) {
    if log::verbose() > 0 {
        log::info!("{source}: wanted attribute: {name}");
    }
}

/// With `-v`: the name that came; an empty one ends a list.
pub(crate) fn name(name: &[u8]) {
    if log::verbose() > 0 {
        log::info!("input attribute name: {}", or_end(name));
    }
}

/// With `-v`: the value that came.
pub(crate) fn value(value: &[u8]) {
    if log::verbose() > 0 {
        log::info!("input attribute value: {}", or_end(value));
    }
}

/// With `-v`: a list ends.
pub(crate) fn end(source: &str) {
    if log::verbose() > 0 {
        log::info!("{source}: terminator (consumed)");
    }
}

/// With `-v`: a list goes on.
pub(crate) fn no_end(source: &str, first: u8) {
    if log::verbose() > 0 {
        log::info!("{source}: non-terminator '{}' (lookahead)", log::bytes(&[first]));
    }
}

fn or_end(text: &[u8]) -> String {
    if text.is_empty() { "(end)".to_owned() } else { log::printable(text) }
}
