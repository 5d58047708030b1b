//! The log lines of this crate.

use std::io;
use std::path::Path;
use sys::error_text;

/// A queue file's status cannot be read.
pub(crate) fn cannot_look(path: &Path, error: &io::Error) {
    log::warn!("{}: {}", path.display(), error_text(error));
}

/// Something in the queue is not a file.
pub(crate) fn not_regular(path: &Path, owner: u32) {
    log::warn!("{}: uid {owner}: not a regular file", path.display());
}

/// With `-v`: a new queue file has its name.
pub(crate) fn opened(path: &Path) {
    if log::verbose() > 0 {
        log::info!("open {}", path.display());
    }
}

/// A queue file has more than one name. With `-v`, that is said even of files of which it means nothing.
pub(crate) fn many_links(path: &Path, owner: u32, links: u64) {
    if log::verbose() > 0 {
        log::info!("{}: uid {owner}: file has {links} links", path.display());
    } else {
        log::warn!("{}: uid {owner}: file has {links} links", path.display());
    }
}

/// A line of a delivery log is no `name=value`.
pub(crate) fn malformed_log_record(path: &Path, complaint: &str) {
    log::warn!("{}: malformed record: {complaint}", path.display());
}

/// A line of a delivery log is neither of the new nor of the old form.
pub(crate) fn malformed_log_line(path: &Path, line: &[u8]) {
    log::warn!("{}: malformed record: {}...", path.display(), log::bytes(line));
}

/// A delivery log has an attribute that we do not know.
pub(crate) fn unknown_log_attribute(path: &Path, name: &[u8]) {
    log::warn!("{}: unknown attribute name: {}, ignored", path.display(), log::bytes(name));
}
