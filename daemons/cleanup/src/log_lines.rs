//! The daemon's log lines.

use address::log_form::LogForm;
use log::bytes;
use queue::Id;

/// Who sent a message, for lines about its content.
pub(crate) struct Origin<'a> {
    pub(crate) id: &'a Id,
    pub(crate) form: LogForm,
    /// `name[address]` or `local`.
    pub(crate) client: &'a [u8],
    pub(crate) sender: Option<&'a [u8]>,
    pub(crate) recipient: Option<&'a [u8]>,
    pub(crate) protocol: Option<&'a [u8]>,
    pub(crate) helo: Option<&'a [u8]>,
}

/// A header or body check, or a character filter, did something.
pub(crate) fn content_action(origin: &Origin<'_>, action: &str, class: &str, content: &[u8], text: &[u8]) {
    let shown = content.get(..content.len().min(200)).unwrap_or_default();
    let mut line = format!("{}: {action}: {class} ", origin.id).into_bytes();
    let mut push = |parts: &[&[u8]]| parts.iter().for_each(|part| line.extend_from_slice(part));
    push(&[shown, b" from ", origin.client, b";"]);
    if let Some(sender) = origin.sender {
        push(&[b" from=<", &origin.form.show(sender), b">"]);
    }
    if let Some(recipient) = origin.recipient {
        push(&[b" to=<", &origin.form.show(recipient), b">"]);
    }
    if let Some(protocol) = origin.protocol {
        push(&[b" proto=", protocol]);
    }
    if let Some(helo) = origin.helo {
        push(&[b" helo=<", helo, b">"]);
    }
    if !text.is_empty() {
        push(&[b": ", text]);
    }
    log::info!("{}", bytes(&line));
}

/// A message's structure is refused.
pub(crate) fn mime_error(origin: &Origin<'_>, error: &str, text: &[u8]) {
    let shown = text.get(..text.len().min(100)).unwrap_or_default();
    let sender = origin.form.show(origin.sender.unwrap_or_default());
    let recipient = origin.form.show(origin.recipient.unwrap_or(b"unknown"));
    log::info!(
        "{}: reject: mime-error {error}: {} from {}; from=<{}> to=<{}>",
        origin.id,
        bytes(shown),
        bytes(origin.client),
        bytes(&sender),
        bytes(&recipient)
    );
}

/// The message's id, as it stands in its header or as it was made.
pub(crate) fn message_id(id: &Id, resent: bool, value: &[u8]) {
    log::info!("{id}: {}message-id={}", if resent { "resent-" } else { "" }, bytes(value));
}

/// The queue file was removed.
pub(crate) fn removed(id: &Id, why: &str) {
    log::info!("{id}: removed ({why})");
}

/// The client broke the protocol; `why` says how.
pub(crate) fn rejected(id: &Id, why: impl std::fmt::Display) {
    log::warn!("{id}: message rejected: {why}");
}

/// A table cannot be read.
pub(crate) fn map_problem(id: &Id, map: &str) {
    log::warn!("{id}: {map} map lookup problem -- message not accepted, try again later");
}

/// A table cannot be read while an address is mapped.
pub(crate) fn map_problem_for(id: &Id, map: &str, address: &[u8]) {
    log::warn!(
        "{id}: {map} map lookup problem for {} -- message not accepted, try again later",
        bytes(address)
    );
}

/// Address mapping goes round in circles, or too deep.
pub(crate) fn map_nesting(id: &Id, map: &str, address: &[u8]) {
    log::warn!(
        "{id}: unreasonable {map} map nesting for {} -- message not accepted, try again later",
        bytes(address)
    );
}

/// Alias expansion gives too many addresses.
pub(crate) fn map_expansion(id: &Id, map: &str, address: &[u8]) {
    log::warn!(
        "{id}: unreasonable {map} map expansion size for {} -- message not accepted, try again later",
        bytes(address)
    );
}

/// Alias expansion gives too long an address.
pub(crate) fn map_result_length(id: &Id, map: &str, result: &[u8]) {
    let shown = result.get(..result.len().min(300)).unwrap_or_default();
    log::warn!(
        "{id}: unreasonable {map} result {}... -- message not accepted, try again later",
        bytes(shown)
    );
}

/// A table that maps one address to one gives several.
pub(crate) fn multi_valued(id: &Id, map: &str, address: &[u8]) {
    log::warn!("{id}: multi-valued {map} entry for {}", bytes(address));
}

/// A table's result is no address.
pub(crate) fn non_address_result(map: &str, address: &[u8], result: &[u8]) {
    log::warn!("{map} lookup of {} returns non-address result \"{}\"", bytes(address), bytes(result));
}

/// A header's text around an address was too long.
pub(crate) fn stripped_comments(text: &[u8]) {
    let shown = text.get(..text.len().min(100)).unwrap_or_default();
    log::warn!("stripping too many comments from address: {}...", bytes(shown));
}

/// The message grew over its limit.
pub(crate) fn too_large(id: &Id) {
    log::warn!("{id}: queue file size limit exceeded");
}

/// The queue file cannot be written.
pub(crate) fn write_error(id: &Id, error: &std::io::Error) {
    log::warn!("{id}: write queue file: {}", sys::error_text(error));
}

/// A record came twice, or at the wrong place.
pub(crate) fn out_of_order(id: &Id, what: &str, value: impl std::fmt::Display) {
    log::warn!("{id}: ignoring out-of-order {what} record <{value}>");
}

/// Notify flags of a recipient make no sense.
pub(crate) fn malformed_notify(id: &Id, word: &str, value: &[u8]) {
    log::warn!("{id}: ignoring malformed {word} notify record <{}>", bytes(value));
}

/// The list of addresses that are not masqueraded cannot be read.
pub(crate) fn exceptions_problem(id: &Id) {
    let list = params::MASQUERADE_EXCEPTIONS.name();
    log::info!("{id}: {list} map lookup problem -- message not accepted, try again later");
}

/// A client fell silent.
pub(crate) fn read_timeout(id: &Id) {
    log::warn!("{id}: read timeout on unix socket");
}

/// A log of an older message with the same id was in the way.
pub(crate) fn removed_spurious(dir: queue::Dir, id: &Id) {
    log::warn!("{}: removed spurious {id} log", dir.name());
}

/// A queue file cannot be removed.
pub(crate) fn remove_failed(path: &std::path::Path, error: &std::io::Error) {
    log::warn!("remove {}: {}", path.display(), sys::error_text(error));
}

/// The last piece of a file that is too large was not written; nobody wants it any more.
pub(crate) fn close_error() {
    log::warn!("mail_stream_cleanup: close error");
}

/// New files have times from the future, by so many seconds; they are set right.
pub(crate) fn clock_ahead(seconds: u64) {
    log::warn!("file system clock is {seconds} seconds ahead of local clock");
    log::warn!("resetting file time stamps - this hurts performance");
}

/// New files have times from the past, by so many seconds.
pub(crate) fn clock_behind(seconds: u64) {
    log::warn!("file system clock is {seconds} seconds behind local clock");
}
