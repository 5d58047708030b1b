//! The lines virtual(8) writes to the log.

use log::bytes;

/// A table could not answer.
pub(crate) fn lookup_failed(title: &str, address: &[u8]) {
    log::warn!("table {title}: lookup {}: Application error", bytes(address));
}

/// A recipient without a user or group id.
pub(crate) fn not_found(address: &[u8], title: &str) {
    log::warn!("recipient {}: not found in {title}", bytes(address));
}

/// A user or group id that is no good.
pub(crate) fn bad_id(address: &[u8], kind: &str, value: &[u8], title: &str) {
    log::warn!("recipient {}: bad {kind} {} in {title}", bytes(address), bytes(value));
}

/// A mailbox that would be outside of virtual_mailbox_base.
pub(crate) fn bad_mailbox_path(address: &[u8], mailbox: &str, title: &str) {
    log::warn!("recipient {}: bad mailbox path {mailbox} in {title}", bytes(address));
}

/// A mailbox that is no file.
pub(crate) fn not_a_file(address: &[u8], mailbox: &str) {
    log::warn!("recipient {}: destination {mailbox} is not a regular file", bytes(address));
}

/// How to go on with mailboxes of other owners.
pub(crate) fn ownership_hint(parameter: &str) {
    log::warn!("specify \"{parameter} = no\" to ignore mailbox ownership mismatch");
}

/// A maildir that the user may not write.
pub(crate) fn maildir_access(uid: u32, gid: u32, reason: &str) {
    log::warn!("maildir access problem for UID/GID={uid}/{gid}: {reason}");
    log::warn!("perhaps you need to create the maildirs in advance");
}

/// The present identity could not be changed.
pub(crate) fn identity(uid: u32, gid: u32, error: &std::io::Error) {
    log::fatal_line!("set_eugid: euid {uid} egid {gid}: {}", sys::error_text(error));
}
