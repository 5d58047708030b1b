//! The log lines of bounce(8). Programs parse them: change nothing here without a look at real Postfix.

use std::path::Path;

use log::bytes;
use queue::Id;

/// What a notice is, as the log has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoticeKind {
    /// To the sender of undeliverable mail.
    SenderNonDelivery,
    /// To the postmaster.
    PostmasterNonDelivery,
    /// To the sender of late mail.
    SenderDelay,
    /// To the postmaster.
    PostmasterDelay,
    /// To a sender who asked for it.
    SenderReport,
}

impl NoticeKind {
    fn text(self) -> &'static str {
        match self {
            NoticeKind::SenderNonDelivery => "sender non-delivery notification",
            NoticeKind::PostmasterNonDelivery => "postmaster non-delivery notification",
            NoticeKind::SenderDelay => "sender delay notification",
            NoticeKind::PostmasterDelay => "postmaster delay notification",
            NoticeKind::SenderReport => "sender delivery status notification",
        }
    }
}

/// `QUEUEID: sender non-delivery notification: NEWID`
pub fn notice(id: &Id, kind: NoticeKind, notice: &Id) {
    log::info!("{id}: {}: {notice}", kind.text());
}

/// A message cannot be read on.
pub fn record_error(path: &Path, error: &queue::record::Error) {
    log::warn!("{}: {error}", path.display());
}

/// Nobody wants to know about an undeliverable notice to the postmaster.
pub fn postmaster_notice_discarded(id: &Id) {
    log::warn!("{id}: undeliverable postmaster notification discarded");
}

/// The sender cannot be told.
pub fn sender_notice_failed(id: &Id, recipient: &[u8], why: Option<&str>) {
    let recipient = bytes(recipient);
    match why {
        Some(why) => log::warn!("{id}: sender notification failed to {recipient}: {why}"),
        None => log::warn!("{id}: sender notification failed to {recipient}"),
    }
}

/// The postmaster cannot be told.
pub fn postmaster_notice_failed(id: &Id, why: Option<&str>) {
    match why {
        Some(why) => log::warn!("{id}: postmaster notification failed: {why}"),
        None => log::warn!("{id}: postmaster notification failed"),
    }
}

/// The postmaster cannot be told; `while_doing` is `bouncing to` or `warning`.
pub fn postmaster_copy_failed(id: &Id, while_doing: &str, sender: &[u8]) {
    log::warn!("{id}: postmaster notice failed while {while_doing} {}", bytes(sender));
}

/// A report about a notice is not sent.
pub fn no_report_for_double_bounce(id: &Id) {
    log::info!("{id}: not sending trace/success notification for double-bounce message");
}

/// A report about a notice is not sent.
pub fn no_report_for_single_bounce(id: &Id) {
    log::info!("{id}: not sending trace/success notification for single-bounce message");
}

/// VERP makes no sense without a sender.
pub fn verp_without_sender() {
    log::warn!("request to send VERP-style notification of bounced mail");
}

/// VERP delimiters that are none.
pub fn malformed_delimiters(delimiters: &[u8]) {
    log::warn!("malformed verp delimiter string: {}", bytes(delimiters));
}

/// A client that does not speak our protocol.
pub fn malformed_request() {
    log::warn!("malformed request");
}

/// Notices for one recipient come by the bounce service only.
pub fn wrong_service(service: &str) {
    log::warn!("wrong service name \"{service}\" for one-recipient bouncing");
}

/// cleanup(8) is not there.
pub fn cannot_reach_cleanup(error: &ipc::Error) {
    log::warn!("{error}");
}

/// An encoding that is none.
pub fn unknown_encoding(id: &Id, encoding: &[u8]) {
    log::warn!("{id}: unknown encoding: {}", bytes(encoding.get(..200).unwrap_or(encoding)));
}

/// A queue file without sender.
pub fn no_sender(id: &Id) {
    log::warn!("{id}: no sender before message content record");
}

/// A Message-ID that is none.
pub fn malformed_message_id(id: &Id, problem: &str) {
    log::warn!("{id}: malformed Message-ID attribute: {problem}");
}

/// A line in a log file that makes no sense.
pub fn malformed_record(path: &Path, problem: &str) {
    log::warn!("{}: malformed record: {problem}", path.display());
}

/// An attribute in a log file that nobody knows.
pub fn unknown_attribute(path: &Path, name: &[u8]) {
    log::warn!("{}: unknown attribute name: {}, ignored", path.display(), bytes(name));
}

// What can be wrong with a template file.

/// A template without text.
pub fn template_without_text(origin: &str, class: &str) {
    log::warn!("{origin}: missing message text in {class} template -- ignoring this template");
}

/// A template that needs a charset.
pub fn template_is_8bit(origin: &str, class: &str) {
    log::warn!("{origin}: 8-bit message text in {class} template");
    log::warn!("please specify a charset value other than us-ascii");
    log::warn!("-- ignoring this template for now");
}

/// A header that cannot be used; `part` is `value` or `label`.
pub fn template_header_is(origin: &str, what: &str, label: &str, part: &str, class: &str) {
    log::warn!("{origin}: {what} \"{label}\" header {part} in {class} template -- ignoring this template");
}

/// A template for nothing.
pub fn unknown_template(path: &str, line: usize, name: &str) {
    log::warn!("{path}, line {line}: unknown template name: {name} -- ignoring this template");
}

/// A template that does not end.
pub fn missing_end_marker(path: &str, line: usize, marker: &str) {
    log::warn!("{path}, line {line}: missing \"{marker}\" end marker");
}

/// A time that is shown in too small a unit.
pub fn excessive_time(origin: &str, result: u64, class: &str, name: &str, unit: &str) {
    log::warn!(
        "{origin}: excessive result \"{result}\" in {class} template conversion of parameter \"{name}\""
    );
    log::warn!("please increase time unit \"{unit}\" of \"{name}\" in {class} template");
    log::warn!("for instructions see the bounce(5) manual");
}

/// A time that is shown in too large a unit.
pub fn zero_time(origin: &str, class: &str, name: &str, unit: &str) {
    log::warn!("{origin}: zero result in {class} template conversion of parameter \"{name}\"");
    log::warn!("please reduce time unit \"{unit}\" of \"{name}\" in {class} template");
    log::warn!("for instructions see the bounce(5) manual");
}

/// The host's name or domain has no form that people read.
pub fn unreadable_domain(origin: &str, name: &str, value: &str) {
    log::warn!("{origin}: conversion \"{name}\" failed: input value: \"{value}\"");
}
