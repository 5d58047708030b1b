//! What delivery agents do to queue files.

use std::fs::File;
use std::os::unix::fs::PermissionsExt;

/// Marks a queue file as damaged, so that qmgr(8) sets it aside when the delivery attempt is over.
pub fn mark_corrupt(file: &File) {
    let mode = std::fs::Permissions::from_mode(queue::mode::CORRUPT);
    if let Err(error) = file.set_permissions(mode) {
        crate::log_lines::cannot_mark_corrupt(&error);
    }
}
