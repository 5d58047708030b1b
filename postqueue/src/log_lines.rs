//! What `-v` shows of this command.

/// What waits for a site, or one message, is to be delivered.
pub(crate) fn flushing(function: &str, what: &str, which: &str) {
    if log::verbose() > 0 {
        log::info!("{function}: {what} {which}");
    }
}

/// What came of that, as flush(8) numbers it.
pub(crate) fn flushed(function: &str, what: &str, which: &str, status: i32) {
    if log::verbose() > 0 {
        log::info!("{function}: {what} {which} status {status}");
    }
}
