//! The lines that anvil(8) writes to the log.

use crate::statistics::Peak;

/// A point in time as the reference prints it: `Nov 22 16:20:00`.
fn time(seconds: i64) -> String {
    sys::LocalTime::from_seconds(seconds).format("%b %e %H:%M:%S")
}

pub(crate) fn highest_rate(what: &str, peak: &Peak, unit: u64) {
    let (value, client, at) = (peak.value, log::bytes(&peak.ident), time(peak.at));
    log::info!("statistics: max {what} rate {value}/{unit}s for ({client}) at {at}");
}

pub(crate) fn highest_count(peak: &Peak) {
    let (value, client, at) = (peak.value, log::bytes(&peak.ident), time(peak.at));
    log::info!("statistics: max connection count {value} for ({client}) at {at}");
}

pub(crate) fn largest_cache(size: usize, at: i64) {
    log::info!("statistics: max cache size {size} at {}", time(at));
}

pub(crate) fn unrecognized_request(request: &[u8]) {
    log::warn!("unrecognized request: \"{}\", ignored", log::bytes(request));
}

/// A request whose attributes are not as they must be.
pub(crate) fn malformed_request(error: &ipc::Error) {
    ipc::log_malformed("anvil socket", error);
}
