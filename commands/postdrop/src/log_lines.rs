//! The log lines of this command.

use queue::CreateError;
use std::io;
use std::path::Path;

/// No file can be made; there will be another try.
pub(crate) fn cannot_create(error: &CreateError) {
    log::warn!("{error}");
}

/// The input is no sequence of records.
pub(crate) fn bad_record(error: &queue::record::Error) {
    log::warn!("stdin: {error}");
}

/// An attribute record that is none.
pub(crate) fn malformed_attribute(uid: u32, complaint: &str, record: &[u8]) {
    log::warn!("uid={uid}: ignoring malformed record: {complaint}: {}", shorten(record));
}

/// Trace flags that a user may not set.
pub(crate) fn unexpected_trace_flags(uid: u32, value: &[u8]) {
    log::warn!("uid={uid}: ignoring unexpected trace flags: {}", shorten(value));
}

/// An attribute that a user may not set.
pub(crate) fn ignored_attribute(uid: u32, name: &[u8], value: &[u8]) {
    log::warn!("uid={uid}: ignoring attribute record: {}={}", shorten(name), shorten(value));
}

/// The file cannot be completed.
pub(crate) fn write_failed(uid: u32, error: &io::Error) {
    log::warn!("uid={uid}: {}", sys::error_text(error));
}

/// With `-v`: the queue directory is the current one.
pub(crate) fn entered(queue_directory: &str) {
    if log::verbose() > 0 {
        log::info!("chdir {queue_directory}");
    }
}

/// With `-v`: a file that was given up is gone.
pub(crate) fn removed(path: &Path) {
    if log::verbose() > 0 {
        log::info!("remove {}", path.display());
    }
}

/// A file that was given up stays.
pub(crate) fn cannot_remove(uid: u32, path: &Path, error: &io::Error) {
    log::warn!("uid={uid}: remove {}: {}", path.display(), sys::error_text(error));
}

fn shorten(text: &[u8]) -> log::Printable<'_> {
    log::bytes(text.get(..200).unwrap_or(text))
}
