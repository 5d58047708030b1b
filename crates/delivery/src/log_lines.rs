//! The log lines of delivery agents. Programs parse them: change nothing here without a look at real Postfix.

use std::fmt::Write as _;
use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;
use std::path::Path;
use std::time::Duration;

use address::log_form::LogForm;
use bstr::ByteSlice as _;
use sys::LockKind;

use crate::delay;

/// Where the time of a delivery went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Delays {
    /// From arrival to now.
    pub total: Duration,
    /// Before the queue manager.
    pub before_qmgr: Duration,
    /// In the queue manager.
    pub in_qmgr: Duration,
    /// Setting up the connection.
    pub setup: Duration,
    /// Transmission.
    pub transmission: Duration,
}

/// What the line about one recipient says.
#[derive(Clone, Copy, Debug)]
pub struct DeliveryLine<'a> {
    /// The queue id.
    pub queue_id: &'a str,
    /// The final recipient.
    pub to: &'a [u8],
    /// The recipient before rewriting and expansion.
    pub original_to: &'a [u8],
    /// Where it went: `host[address]:port`, `local`, `none`.
    pub relay: &'a str,
    /// Deliveries that used the connection before this one.
    pub reuse_count: u32,
    /// Where the time went.
    pub delays: Delays,
    /// Protection of the connection (3.11 shows it only for some).
    pub tls: Option<&'a str>,
    /// The enhanced status code.
    pub dsn: &'a str,
    /// `sent`, `bounced`, `deferred`, ...
    pub status: &'a str,
    /// What is in the parentheses.
    pub text: &'a [u8],
}

/// How lines are written: info_log_address_format and delay_logging_resolution_limit.
#[derive(Clone, Copy, Debug)]
pub struct LogStyle {
    /// The form of addresses.
    pub addresses: LogForm,
    /// Decimals of delays.
    pub max_decimals: u32,
}

impl LogStyle {
    /// As main.cf says.
    pub fn new(config: &config::Config) -> LogStyle {
        LogStyle {
            addresses: LogForm::from_value(config.get(&params::INFO_LOG_ADDRESS_FORMAT)).unwrap_or_default(),
            max_decimals: u32::try_from(config.get(&params::DELAY_LOGGING_RESOLUTION_LIMIT)).unwrap_or(0),
        }
    }
}

/// `QUEUEID: to=<..>, orig_to=<..>, relay=.., conn_use=.., delay=.., delays=a/b/c/d, tls=.., dsn=.., status=.. (..)`
pub fn delivery(style: LogStyle, line: &DeliveryLine<'_>) {
    log::info!("{}", delivery_text(style, line));
}

fn delivery_text(style: LogStyle, line: &DeliveryLine<'_>) -> String {
    let mut text = String::with_capacity(256);
    text.push_str(line.queue_id);
    let _ = write!(text, ": to=<{}>", log::bytes(&style.addresses.show(line.to)));
    if !line.original_to.is_empty() && !address::eq_fold(line.to, line.original_to) {
        let _ = write!(text, ", orig_to=<{}>", log::bytes(&style.addresses.show(line.original_to)));
    }
    let _ = write!(text, ", relay={}", line.relay);
    if line.reuse_count > 0 {
        let _ = write!(text, ", conn_use={}", line.reuse_count + 1);
    }
    let delays = &line.delays;
    for (label, value) in [
        (", delay=", delays.total),
        (", delays=", delays.before_qmgr),
        ("/", delays.in_qmgr),
        ("/", delays.setup),
        ("/", delays.transmission),
    ] {
        text.push_str(label);
        delay::append(&mut text, value, style.max_decimals);
    }
    if let Some(tls) = line.tls {
        let _ = write!(text, ", tls={tls}");
    }
    let _ = write!(text, ", dsn={}, status={} ({})", line.dsn, line.status, log::bytes(line.text));
    text
}

/// A recipient goes to another delivery agent.
pub fn passing(style: LogStyle, queue_id: &str, recipient: &[u8], transport: &str) {
    log::info!(
        "{queue_id}: passing <{}> to transport={transport}",
        log::bytes(&style.addresses.show(recipient))
    );
}

/// A bounce, defer or trace service did not do its work.
pub fn service_failure(queue_id: &str, service: &str) {
    log::warn!("{queue_id}: {service} service failure");
}

/// A status of the wrong class.
pub fn ignoring_dsn_code(function: &str, code: &str) {
    log::warn!("{function}: ignoring dsn code \"{code}\"");
}

/// A result of delivery_status_filter that cannot be used.
pub fn bad_filter_status(title: &str, result: &[u8]) {
    log::warn!("{title}: bad status code: {}", log::bytes(result));
}

/// A delivery ends without an answer to the queue manager.
pub fn fatal(why: &dyn std::fmt::Display) {
    log::fatal_line!("{why}");
}

/// A delivery request that makes no sense.
pub fn bad_request(problem: &ipc::Error) {
    log::warn!("{problem}");
    log::warn!("deliver_request_get: error receiving common attributes");
}

/// A queue file that is gone.
pub fn cannot_open_queue_file(queue: &str, queue_id: &str, error: &io::Error) {
    log::warn!("open {queue} {queue_id}: {}", sys::error_text(error));
}

/// The message content is not what it should be.
pub fn bad_record_in_content(kind: i32) {
    log::warn!("bad record type: {kind} in message content");
}

/// A damaged queue file could not be marked.
pub fn cannot_mark_corrupt(error: &io::Error) {
    log::warn!("mark queue file corrupt: {}", sys::error_text(error));
}

/// A new mailbox file could not be given to its owner.
pub fn cannot_change_owner(path: &Path, error: &io::Error) {
    log::warn!("{}: cannot change file ownership: {}", path.display(), sys::error_text(error));
}

/// A mailbox file that changed while we waited for its lock.
pub fn file_changed(path: &Path) {
    log::warn!("{}: file status changed unexpectedly", path.display());
}

/// A file in a maildir's `tmp` that stays.
pub fn cannot_remove(path: &Path, error: &io::Error) {
    log::warn!("remove {}: {}", path.display(), sys::error_text(error));
}

/// A failure that delivery goes on in spite of.
pub fn plain_warning(text: &str) {
    log::warn!("{}", text.as_bytes().as_bstr());
}

/// A way to lock mailboxes that was recognised in a list.
pub(crate) fn lock_style_recognised(name: &str) {
    if log::verbose() > 0 {
        log::info!("name_mask: {name}");
    }
}

/// A try to lock a file exclusively; said before it.
pub(crate) fn locking(file: &File, style: LockKind) {
    if log::verbose() > 0 {
        let style = match style {
            LockKind::Flock => "MYFLOCK_STYLE_FLOCK",
            LockKind::Fcntl => "MYFLOCK_STYLE_FCNTL",
        };
        let number = file.as_raw_fd();
        log::info!("myflock({number}, {style}, MYFLOCK_OP_EXCLUSIVE|MYFLOCK_OP_NOWAIT)");
    }
}

/// How the try ended.
pub(crate) fn locked(success: bool) {
    if log::verbose() > 0 {
        log::info!("myflock() returns {}", if success { 0 } else { -1 });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Expectation from postfix-3.11.
    #[test]
    fn the_line_has_its_order() {
        let style = LogStyle { addresses: LogForm::External, max_decimals: 2 };
        let line = DeliveryLine {
            queue_id: "4d2A",
            to: b"a b@example.com",
            original_to: b"root",
            relay: "mx.example.com[192.0.2.1]:25",
            reuse_count: 1,
            delays: Delays {
                total: Duration::from_millis(1234),
                before_qmgr: Duration::from_millis(60),
                ..Delays::default()
            },
            tls: None,
            dsn: "2.0.0",
            status: "sent",
            text: b"250 2.0.0 Ok",
        };
        assert_eq!(
            delivery_text(style, &line),
            "4d2A: to=<\"a b\"@example.com>, orig_to=<root>, relay=mx.example.com[192.0.2.1]:25, conn_use=2, \
             delay=1.2, delays=0.06/0/0/0, dsn=2.0.0, status=sent (250 2.0.0 Ok)"
        );
    }
}
