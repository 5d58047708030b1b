//! The log lines of this command.

use queue::Id;
use std::io;
use std::path::Path;

/// What was done, and to how many messages.
pub(crate) fn summary(what: &str, count: usize) {
    let plural = if count == 1 { "" } else { "s" };
    log::info!("{what}: {count} message{plural}");
}

/// Something was done to one message.
pub(crate) fn done(id: &Id, what: &str) {
    log::info!("{id}: {what}");
}

/// A name that cannot be one of a message.
pub(crate) fn invalid_id(name: &[u8]) {
    log::warn!("invalid mail queue id: {}", log::bytes(name));
}

/// Names changed, and the caller named messages.
pub(crate) fn names_changed_error() {
    log::error!("QUEUE FILE NAMES WERE CHANGED TO MATCH INODE NUMBERS");
}

/// Names changed.
pub(crate) fn names_changed_warning() {
    log::warn!("QUEUE FILE NAMES WERE CHANGED TO MATCH INODE NUMBERS");
}

/// The command ends in the middle of a repair.
pub(crate) fn incomplete() {
    log::warn!("OPERATION INCOMPLETE -- RERUN COMMAND TO FIX THE QUEUE FIRST");
}

/// A file whose name is none of a queue file.
pub(crate) fn bogus_name(path: &Path) {
    log::warn!("bogus file name: {}", path.display());
}

/// A file with an interim name for another inode.
pub(crate) fn wrong_inode(path: &Path) {
    log::warn!("name/inode mismatch: {}", path.display());
}

/// A directory that does not belong here stays.
pub(crate) fn cannot_remove_directory(path: &Path, error: &io::Error) {
    log::warn!("remove subdirectory {}: {}", path.display(), sys::error_text(error));
}

/// A requeued file keeps its old time stamps.
pub(crate) fn cannot_reset_time(path: &Path, error: &io::Error) {
    log::warn!("{}: reset time stamps: {}", path.display(), sys::error_text(error));
}

/// A message cannot be marked as expired.
pub(crate) fn cannot_expire(path: &Path, reason: &str) {
    log::warn!("expire file {}: {reason}", path.display());
}

/// With `-v`: which directory is next.
pub(crate) fn directory(name: &str) {
    if log::verbose() > 0 {
        log::info!("queue: {name}");
    }
}

/// With `-v`: what happened to a file.
pub(crate) fn step(text: std::fmt::Arguments<'_>) {
    if log::verbose() > 0 {
        log::info!("{text}");
    }
}
