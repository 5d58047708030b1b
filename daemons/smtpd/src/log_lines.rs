//! Every line that the server logs.

use log::bytes;
use smtp::Reply;
use smtp::ehlo::Keywords;
use tables::Name;

use crate::session::Session;

/// A session began.
pub fn connect(client: &str) {
    log::info!("connect from {client}");
}

/// A session ended.
pub fn disconnect(session: &Session) {
    let notes = if session.saw_bare_newline { " notes=bare_lf" } else { "" };
    log::info!("disconnect from {}{}{notes}", session.client.name_address, session.counts);
}

/// Something about the present request: `reject`, `permit`, `hold` and so on.
pub fn request(session: &Session, what: &str, text: &[u8]) {
    log::info!(
        "{}: {what}: {} from {}: {};{}",
        session.queue_id_or_noqueue(),
        session.stage.name(),
        session.client.name_address,
        bytes(text),
        bytes(&envelope(session)),
    );
}

/// The envelope part of lines about a request, with a space before each attribute.
fn envelope(session: &Session) -> Vec<u8> {
    let mut text = Vec::new();
    let form = session.server.settings.log_form;
    if let Some(sender) = &session.mail.sender {
        text.extend_from_slice(b" from=<");
        text.extend_from_slice(&form.show(sender));
        text.push(b'>');
    }
    if let Some(recipient) = &session.mail.recipient {
        text.extend_from_slice(b" to=<");
        text.extend_from_slice(&form.show(recipient));
        text.push(b'>');
    }
    text.extend_from_slice(b" proto=");
    text.extend_from_slice(session.protocol.as_bytes());
    if let Some(helo) = &session.helo_name {
        text.extend_from_slice(b" helo=<");
        text.extend_from_slice(helo);
        text.push(b'>');
    }
    if let Some(submitter) = &session.mail.submitter {
        text.extend_from_slice(b" sasl_sender=");
        text.extend_from_slice(submitter);
    }
    text
}

/// A message begins.
pub fn client(session: &Session) {
    let mut rest = String::new();
    if let Some(submitter) = &session.mail.submitter {
        rest.push_str(&format!(", sasl_sender={}", bytes(submitter)));
    }
    if let Some(forwarded) = &session.forwarded {
        if let Some(ident) = &forwarded.ident {
            rest.push_str(&format!(", orig_queue_id={}", bytes(ident)));
        }
        if forwarded.has_client {
            rest.push_str(&format!(", orig_client={}", forwarded.name_address));
        }
    }
    log::info!("{}: client={}{rest}", session.queue_id_or_noqueue(), session.client.name_address);
}

/// The session ended early, for `reason`.
pub fn aborted(session: &Session, reason: &str, place: &str) {
    log::info!(
        "{}: {reason} after {place} from {}",
        session.queue_id_or_noqueue(),
        session.client.name_address
    );
}

/// A lookup table that the protocol depends on does not work.
pub fn local_data_error(session: &Session) {
    log::info!(
        "{}: reject: {} from {}: 421 4.3.0 {} Server local data error",
        session.queue_id_or_noqueue(),
        session.stage.name(),
        session.client.name_address,
        session.server.settings.myhostname
    );
}

/// A command line was cut.
pub fn request_too_long(client: &str, limit: usize, text: &[u8]) {
    log::warn!("{client}: request longer than {limit}: {}...", bytes(clip(text, 30)));
}

/// A client sent so much without a line end that its input is cut off.
pub fn disabling_input() {
    log::warn!("disabling input from smtp socket");
}

/// A client did not wait for an answer that it must wait for.
pub fn improper_pipelining(session: &Session, input: &[u8]) {
    log::info!(
        "improper command pipelining after {} from {}: {}",
        session.stage.name(),
        session.client.name_address,
        escape(clip(input, 100))
    );
}

/// Not SMTP at all.
pub fn non_smtp_command(client: &str, line: &[u8]) {
    let shown = escape(line);
    log::warn!("non-SMTP command from {client}: {}", bytes(clip(shown.as_bytes(), 100)));
}

/// `smtpd_command_filter` changed a command.
pub fn replaced_command(client: &str, old: &[u8], new: &[u8]) {
    log::info!(
        "{client}: replacing command \"{}\" with \"{}\"",
        bytes(clip(old, 100)),
        bytes(clip(new, 100))
    );
}

/// A table used for the protocol failed.
pub fn table_lookup_error(table: &str, key: &[u8]) {
    log::warn!("{table} lookup error for \"{}\"", bytes(clip(key, 100)));
}

/// EHLO keywords are left out.
pub fn discarding_keywords(keywords: Keywords) {
    log::info!("discarding EHLO keywords: {keywords}");
}

/// It cannot be known whether the client may see or use a feature.
pub fn unknown_whether_announced(feature: &str, client: &str) {
    log::warn!("don't know if EHLO feature {feature} should be announced to {client}");
}

/// It cannot be known which features the client may see.
pub fn unknown_features(client: &str) {
    log::warn!("don't know what EHLO features to announce to {client}");
}

/// It cannot be known whether the client may use a command.
pub fn unknown_whether_permitted(command: &str, client: &str) {
    log::warn!("don't know if command {command} should be allowed from {client}");
}

/// An address that is not one.
pub fn illegal_address(session: &Session, text: &[u8]) {
    log::warn!(
        "Illegal address syntax from {} in {} command: {}",
        session.client.name_address,
        session.stage.name(),
        bytes(text)
    );
}

/// A client is over one of its rates. `what` is for example `Connection rate`.
pub fn limit_exceeded(what: &str, value: i64, client: &str, service: &str) {
    log::warn!("{what} limit exceeded: {value} from {client} for service {service}");
}

/// The message is over the size limit.
pub fn queue_file_limit(session: &Session) {
    log::warn!("{}: queue file size limit exceeded", session.queue_id_or_noqueue());
}

/// A `NOTIFY=` parameter with a name that is not one.
pub fn unknown_notify(name: &[u8], value: &[u8]) {
    log::warn!("unknown DSN NOTIFY command value \"{}\" in \"{}\"", bytes(name), bytes(value));
}

/// BDAT with arguments that make no sense.
pub fn malformed_bdat(session: &Session, line: &[u8]) {
    log::warn!(
        "{}: malformed BDAT command syntax from {}: {}",
        session.queue_id_or_noqueue(),
        session.client.name_address,
        bytes(clip(line, 100))
    );
}

/// BDAT of nothing.
pub fn null_bdat(session: &Session) {
    log::warn!("{}: null BDAT request from {}", session.queue_id_or_noqueue(), session.client.name_address);
}

/// A BDAT chunk that is over the message size limit.
pub fn bdat_over_limit(session: &Session) {
    log::warn!(
        "{}: BDAT request from {} exceeds message size limit",
        session.queue_id_or_noqueue(),
        session.client.name_address
    );
}

/// So much after an earlier error that no more is taken.
pub fn too_much_bdat(session: &Session) {
    log::warn!(
        "{}: too much BDAT content -- disabling further input from {}",
        session.queue_id_or_noqueue(),
        session.client.name_address
    );
}

/// There is no room for mail.
pub fn no_space(free: u64) {
    log::warn!("not enough free space in mail queue: {free} bytes < 1.5*message size limit");
}

/// A reply code out of range.
pub fn bad_reply_code(text: &[u8]) {
    log::warn!("SMTP reply code configuration error: {}", bytes(text));
}

/// A reply with a malformed enhanced status code.
pub fn bad_status(text: &[u8]) {
    log::warn!("DSN detail code configuration error: {}", bytes(text));
}

/// An enhanced status code that makes no sense for its subject was changed.
pub fn mapped_status(old: &str, subject: &str, new: &str) {
    log::info!("mapping DSN status {old} into {subject} status {new}");
}

/// A restriction that stands where it is never reached.
pub fn ignored_restriction(word: &Name, after: impl std::fmt::Display) {
    log::warn!("restriction `{word}' after `{after}' is ignored");
}

/// A restriction needs SASL.
pub fn no_sasl(name: &str) {
    log::warn!("restriction `{name}' ignored: no SASL support");
}

/// An allowlist entry in a place where anybody could put himself on the list.
pub fn forbidden_permit(restriction: &str, target: &[u8]) {
    log::warn!("restriction {restriction} returns OK for {}", bytes(target));
    log::warn!("this is not allowed for security reasons");
    log::warn!("use DUNNO instead of OK if you want to make an exception");
}

/// Relay restrictions are empty, by an old default, and that lets a recipient through.
pub fn old_relay_restrictions(recipient: &[u8], client: &str) {
    log::info!(
        "using backwards-compatible default setting \"smtpd_relay_restrictions = (empty)\" to avoid \"Relay access \
         denied\" error for recipient \"{}\" from client \"{client}\"",
        bytes(recipient)
    );
}

/// Recipient restrictions come first, by an old default, and refuse a recipient.
pub fn old_order_of_restrictions(recipient: &[u8], client: &str) {
    log::info!(
        "using backwards-compatible default setting smtpd_relay_before_recipient_restrictions=no to reject recipient \
         \"{}\" from client \"{client}\"",
        bytes(recipient)
    );
}

/// More clients are local than the new default has.
pub fn old_mynetworks_style(style: &str, client: &str) {
    log::info!(
        "using backwards-compatible default setting mynetworks_style={style} to permit request from client \"{client}\""
    );
}

/// `relay_domains` is `mydestination`, by an old default: `what` is for example `accept mail for domain`.
pub fn old_relay_domains(what: &str, name: &[u8]) {
    log::info!(
        "using backwards-compatible default setting relay_domains=$mydestination to {what} \"{}\"",
        bytes(name)
    );
}

/// SMTPUTF8 is off, by an old default, and so nobody had to declare it.
pub fn old_smtputf8(end: &str, address: &[u8], client: &str) {
    log::info!(
        "using backwards-compatible default setting smtputf8_enable=no to accept non-ASCII {end} address \"{}\" from \
         {client}",
        bytes(address)
    );
}

/// Some fault in a restriction list or an access table; the text is finished.
pub fn restriction_fault(text: &str) {
    log::warn!("{text}");
}

/// An ETRN request for a domain that is not flushed.
pub fn etrn_refused(domain: &[u8], client: &str) {
    log::warn!("reject: ETRN {}... from {client}", bytes(clip(domain, 100)));
}

/// An ETRN request that the flush service does not understand.
pub fn etrn_bad(domain: &[u8], client: &str) {
    log::warn!("bad ETRN {}... from {client}", bytes(clip(domain, 100)));
}

/// ETRN needs the mail system.
pub fn etrn_in_stand_alone_mode() {
    log::warn!("do not use ETRN in \"sendmail -bs\" mode");
}

/// The flush service is not there.
pub fn no_flush_service() {
    log::warn!("unable to talk to fast flush service");
}

/// A host name does not lead back to the address that it was found by; with a reason if the look-up failed.
pub fn forged_name(name: &str, address: &str, reason: Option<&str>) {
    match reason {
        Some(reason) => log::warn!("hostname {name} does not resolve to address {address}: {reason}"),
        None => log::warn!("hostname {name} does not resolve to address {address}"),
    }
}

/// A client's address leads to another address instead of a name.
pub fn numeric_hostname(name: &str) {
    log::warn!("numeric hostname: {name}");
}

/// postscreen(8) has told who the client is.
pub fn ignoring_upstream_proxy() {
    log::warn!("ignoring non-empty smtpd_upstream_proxy_protocol setting behind postscreen");
}

/// A client wants TLS from the first byte on, and we have none.
pub fn wrapper_mode_dropped(client: &str, service: &str) {
    log::warn!(
        "Wrapper-mode request dropped from {client} for service {service}. TLS context initialization failed. For \
         details see earlier warnings in your logs."
    );
}

/// `smtpd_reject_filter_maps` changed a reply.
pub fn filtered_reply(session: &Session, old: &Reply, new: &[u8]) {
    let id = session.queue_id_or_noqueue();
    log::info!("{id}: reply filter in: {}", bytes(old.text()));
    log::info!("{id}: reply filter out: {}", bytes(new));
}

/// `smtpd_reject_filter_maps` gave something that is not a reply.
pub fn bad_filtered_reply(session: &Session, new: &[u8]) {
    log::warn!("{}: ignoring invalid reject filter result: {}", session.queue_id_or_noqueue(), bytes(new));
}

/// The limits on free space and on message size do not go together.
pub fn small_minfree(minfree: i64, limit: i64) {
    log::warn!("queue_minfree({minfree}) should be at least 1.5*message_size_limit({limit})");
}

/// A notice to the postmaster could not be sent.
pub fn notice_failed(reason: &dyn std::fmt::Display) {
    log::warn!("postmaster notify: {reason}");
}

fn clip(text: &[u8], limit: usize) -> &[u8] {
    text.get(..limit).unwrap_or(text)
}

/// What a client said, for `-v`.
pub fn heard(client: &str, line: &[u8]) {
    if log::verbose() > 0 {
        log::info!("< {client}: {}", log::bytes(line));
    }
}

/// What we said to a client, for `-v`.
pub fn said(client: &str, reply: &Reply, soft_bounce: bool) {
    if log::verbose() > 0 {
        for line in reply.lines_on_wire(soft_bounce) {
            log::info!("> {client}: {}", log::bytes(&line));
        }
    }
}

/// A restriction list begins, for `-v`.
pub fn restrictions_start(subject: &str) {
    if log::verbose() > 0 {
        log::info!(">>> START {subject} RESTRICTIONS <<<");
    }
}

/// A restriction list ends, for `-v`.
pub fn restrictions_end(subject: &str) {
    if log::verbose() > 0 {
        log::info!(">>> END {subject} RESTRICTIONS <<<");
    }
}

/// A restriction is asked, for `-v`.
pub fn restriction(name: &Name) {
    if log::verbose() > 0 {
        log::info!("generic_checks: name={name}");
    }
}

/// What a restriction said: 0 for nothing, 1 to permit, 2 to refuse; for `-v`.
pub fn restriction_status(name: &Name, status: u8) {
    if log::verbose() > 0 {
        log::info!("generic_checks: name={name} status={status}");
    }
}

/// Text with C escapes for everything that is not printable.
pub fn escape(text: &[u8]) -> String {
    let mut shown = String::with_capacity(text.len());
    for &byte in text {
        match byte {
            b'\\' => shown.push_str("\\\\"),
            0x20..=0x7e => shown.push(char::from(byte)),
            0x07 => shown.push_str("\\a"),
            0x08 => shown.push_str("\\b"),
            0x0c => shown.push_str("\\f"),
            b'\n' => shown.push_str("\\n"),
            b'\r' => shown.push_str("\\r"),
            b'\t' => shown.push_str("\\t"),
            0x0b => shown.push_str("\\v"),
            _ => shown.push_str(&format!("\\{byte:03o}")),
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::escape;

    #[test]
    fn escapes() {
        assert_eq!(escape(b"a\\b\r\n\x01x\xff"), "a\\\\b\\r\\n\\001x\\377");
    }
}
