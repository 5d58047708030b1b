//! The log lines of this daemon.

use queue::Id;
use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// A message was picked up. `former` is the queue id that it had before `postsuper -r`.
pub(crate) fn picked_up(id: &Id, uid: u32, sender: &[u8], former: Option<&OsStr>) {
    let sender = log::bytes(sender);
    match former {
        Some(name) => log::info!("{id}: uid={uid} from=<{sender}> orig_id={}", log::bytes(name.as_bytes())),
        None => log::info!("{id}: uid={uid} from=<{sender}>"),
    }
}

/// A message has a time stamp of tomorrow.
pub(crate) fn from_the_future(id: &Id, path: &Path, seconds: i64) {
    log::warn!("{id}: message {} dated {seconds} seconds into the future", path.display());
}

/// A message waited for days.
pub(crate) fn queued_for_long(id: &Id, path: &Path, days: i64) {
    log::warn!("{id}: message {} has been queued for {days} days", path.display());
}

/// A message has no sender.
pub(crate) fn no_sender(id: &Id, uid: u32) {
    log::warn!("{id}: uid={uid}: no envelope sender");
}

/// A file is not made of the records that it should be.
pub(crate) fn unexpected_record(uid: u32, kind: i32) {
    log::warn!("uid={uid}: unexpected or malformed record type {kind}");
}

/// A file's records are damaged.
pub(crate) fn bad_record(path: &Path, error: &queue::record::Error) {
    log::warn!("{}: {error}", path.display());
}

/// cleanup(8) did not take a message.
pub(crate) fn cleanup_failed(path: &Path, id: &str, text: &str) {
    log::warn!("{}: error writing {id}: {text}", path.display());
}

/// A file cannot be opened, or had better not be.
pub(crate) fn cannot_open(path: &Path, reason: &str) {
    log::warn!("open input file {}: {reason}", path.display());
}

/// A file that is done with stays.
pub(crate) fn cannot_remove(path: &Path, error: &io::Error) {
    log::warn!("remove {}: {}", path.display(), sys::error_text(error));
}
