//! Log lines of all daemons.

use std::io;

pub(crate) fn daemon_started() {
    if log::verbose() > 0 {
        log::info!("daemon started");
    }
}

pub(crate) fn master_disconnected() {
    if log::verbose() > 0 {
        log::info!("master disconnect -- exiting");
    }
}

pub(crate) fn idle_timeout() {
    if log::verbose() > 0 {
        log::info!("idle timeout -- exiting");
    }
}

pub(crate) fn connection_established() {
    if log::verbose() > 0 {
        log::info!("connection established");
    }
}

pub(crate) fn connection_closed() {
    if log::verbose() > 0 {
        log::info!("connection closed");
    }
}

/// Nothing has moved for so long that the process ends.
pub(crate) fn watchdog_timeout() {
    log::fatal_line!("watchdog timeout");
}

pub(crate) fn accept_failed(error: &io::Error) {
    log::error!("accept connection: {}", sys::error_text(error));
}

pub(crate) fn pass_failed(what: &str, error: &io::Error) {
    log::warn!("pass_accept_attr: {what}: {}", sys::error_text(error));
}

pub(crate) fn attributes_ignored() {
    log::warn!("service ignores 'pass' connection attributes");
}

pub(crate) fn flow_pipe_failed(error: &io::Error) {
    log::warn!("mail_flow_get: {}", sys::error_text(error));
}

pub(crate) fn panicked(text: &str, place: &str) {
    log::panic_line!("{place}: {text}");
}

pub(crate) fn configuration_warning(text: &str) {
    log::warn!("{text}");
}

pub(crate) fn table_of_sessions_unknown(why: &str) {
    log::warn!("cannot find this service's process limit in master.cf: {why}; using the default");
}

/// A parameter is set to what this program cannot do yet.
pub fn unsupported(parameter: &str) {
    log::warn!("{parameter}: what it is set to is not supported yet");
}

/// A table has changed that this process cannot open again.
pub(crate) fn table_changed(table: &str) {
    log::info!("table {table} has changed -- restarting");
}
