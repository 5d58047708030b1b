//! Log lines of postlogd.

use std::io;

pub(crate) fn receive_failed(error: &io::Error) {
    log::warn!("failed to receive message with recv: {}", sys::error_text(error));
}
