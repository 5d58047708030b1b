//! The log lines of this daemon.

use queue::{Dir, Id};
use std::io;
use std::path::Path;

/// A message cannot be opened.
pub(crate) fn cannot_open(dir: Dir, id: &Id, error: &io::Error) {
    log::warn!("open {} {id}: {}", dir.name(), sys::error_text(error));
}

/// A directory gives the same name again.
pub(crate) fn readdir_loop(dir: Dir, id: &Id) {
    log::warn!("readdir loop on queue {} id {id}", dir.name());
}

/// A message's file is damaged.
pub(crate) fn record_error(path: &Path, error: &queue::record::Error) {
    log::warn!("{}: {error}", path.display());
}

/// A message's size record is malformed.
pub(crate) fn malformed_size(id: &Id, record: &[u8]) {
    let shown = log::bytes(record.get(..100).unwrap_or(record));
    log::warn!("{id}: malformed size record: {shown} -- using file size instead");
}

/// A message has two senders.
pub(crate) fn duplicate_sender(id: &Id, sender: &str) {
    log::warn!("{id}: duplicate sender address: {sender} -- skipping remainder of this file");
}

/// A message has recipients before a sender.
pub(crate) fn missing_sender(id: &Id) {
    log::warn!("{id}: missing sender address:  -- skipping remainder of this file");
}

/// A queue directory cannot be read.
pub(crate) fn cannot_scan(dir: Dir, error: &io::Error) {
    log::fatal_line!("scan_dir_push: open directory {}: {}", dir.name(), sys::error_text(error));
}
