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

/// A queue file has more than one name.
pub(crate) fn many_links(path: &Path, owner: u32, links: u64) {
    log::warn!("{}: uid {owner}: file has {links} links", path.display());
}
