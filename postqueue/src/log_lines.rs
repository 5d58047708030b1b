//! What `-v` shows of this command.

use std::io;

/// showq(8) answers the door.
pub(crate) fn connected(service: &str) {
    if log::verbose() > 0 {
        log::info!("connect to subsystem public/{service}");
    }
}

/// showq(8) does not.
pub(crate) fn not_connected(service: &str, error: &io::Error) {
    if log::verbose() > 0 {
        log::info!("connect to subsystem public/{service}: {}", sys::error_text(error));
    }
}
