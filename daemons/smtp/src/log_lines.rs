//! The lines this daemon writes to the log.

use crate::settings::Protocol;

fn excerpt(text: &[u8], limit: usize) -> String {
    String::from_utf8_lossy(text.get(..limit.min(text.len())).unwrap_or_default()).into_owned()
}

/// A command, for `-v`.
pub(crate) fn sent(peer: &str, command: &str) {
    if log::verbose() > 0 {
        log::info!("> {peer}: {command}");
    }
}

/// A reply line, for `-v`.
pub(crate) fn received(peer: &str, line: &[u8]) {
    if log::verbose() > 0 {
        log::info!("< {peer}: {}", excerpt(line, 100));
    }
}

/// The reply filter put another line in the place of the server's.
pub(crate) fn replacing_reply(peer: &str, line: &[u8], by: &[u8]) {
    let (line, by) = (log::bytes(line), log::bytes(by));
    log::info!("{peer}: replacing server reply \"{line}\" with \"{by}\"");
}

/// The reply filter cannot be asked.
pub(crate) fn reply_filter_failed(queue_id: &str, table: &[u8], line: &[u8]) {
    let (table, line) = (log::bytes(table), log::bytes(line));
    log::warn!("{queue_id}: table {table} lookup error for {line}");
}

/// A reply line is over the length limit.
pub(crate) fn long_reply_line(peer: &str, limit: usize, kept: &[u8]) {
    log::warn!("{peer}: response longer than {limit}: {}...", excerpt(kept, 30));
}

/// A reply line is so far over the limit that nothing more is read from this server. (It does not say which.)
pub(crate) fn disabling_input() {
    log::warn!("disabling input from unknown_stream");
}

/// A reply as a whole is over the length limit.
pub(crate) fn long_reply(peer: &str, limit: usize, kept: &[u8]) {
    log::warn!("{peer}: multi-line response longer than {limit} {}...", excerpt(kept, 30));
}

/// A line that is no reply came between replies.
pub(crate) fn not_smtp(queue_id: &str, protocol: Protocol, peer: &str, line: &[u8]) {
    let name = match protocol {
        Protocol::Smtp => "ESMTP",
        Protocol::Lmtp => "LMTP",
    };
    log::warn!("{queue_id}: non-{name} response from {peer}: {}", excerpt(line, 100));
}

/// What to do about such a server.
pub(crate) fn turn_off_pipelining(address: &str, protocol: Protocol) {
    let parameter = match protocol {
        Protocol::Smtp => params::SMTP_DISCARD_EHLO_KEYWORD_ADDRESS_MAPS.name(),
        Protocol::Lmtp => params::LMTP_DISCARD_LHLO_KEYWORD_ADDRESS_MAPS.name(),
    };
    log::warn!(
        "to prevent loss of mail, turn off command pipelining for {address} with the {parameter} parameter"
    );
}

/// A server is skipped, with the reason.
pub(crate) fn skipped(reason: &str) {
    log::info!("{reason}");
}

/// A recipient or message is not given up yet, because there are other servers.
pub(crate) fn trying_others(queue_id: &str, reason: &str) {
    log::info!("{queue_id}: {reason}");
}

/// The greeting has our own name.
pub(crate) fn greeted_with_own_name(peer: &str, name: &str) {
    log::warn!("host {peer} greeted me with my own hostname {name}");
}

/// The reply to EHLO has our own name.
pub(crate) fn hello_with_own_name(peer: &str, name: &str) {
    log::warn!("host {peer} replied to HELO/EHLO with my own hostname {name}");
}

/// Keywords of the server are ignored.
pub(crate) fn discarding_keywords(keywords: &str) {
    log::info!("discarding EHLO keywords: {keywords}");
}

/// An old `compatibility_level` keeps TLS off.
pub(crate) fn old_tls_level() {
    let level = params::SMTP_TLS_SECURITY_LEVEL.name();
    log::info!("using backwards-compatible default setting {level}=(empty)");
}

/// The server announces a message size limit that is no number.
pub(crate) fn bad_size_limit(limit: &str, peer: &str) {
    log::warn!("bad EHLO SIZE limit \"{limit}\" from {peer}");
}

/// A table that says which keywords to ignore cannot be read.
pub(crate) fn map_lookup_error(queue_id: &str, map: &str, key: &str) {
    log::warn!("{queue_id}: {map} map lookup error for {key}");
}

/// The server offers SMTPUTF8 without 8BITMIME.
pub(crate) fn utf8_without_8bit(peer: &str) {
    log::info!("host {peer} offers SMTPUTF8 support, but not 8BITMIME");
}

/// Workarounds for a broken firewall are on.
pub(crate) fn pix_workarounds(queue_id: &str, names: &str, peer: &str) {
    log::info!("{queue_id}: enabling PIX workarounds: {names} for {peer}");
}

/// STARTTLS was offered and not used.
pub(crate) fn starttls_offered(host: &str) {
    log::info!("Host offered STARTTLS: [{host}]");
}

/// XFORWARD was refused.
pub(crate) fn xforward_refused(peer: &str, reply: &str, request: &str) {
    log::warn!("host {peer} said: {reply} (in reply to {request})");
}

/// A content encoding that no version of the mail system writes.
pub(crate) fn unknown_encoding(queue_id: &str, encoding: &str) {
    log::warn!("{queue_id}: unknown content encoding: {encoding}");
}

/// A line was broken to fit the server's line length limit.
pub(crate) fn breaking_line(queue_id: &str, limit: usize) {
    log::info!("{queue_id}: breaking line > {limit} bytes with <CR><LF>SPACE");
}

/// The content cannot be read out of the queue file.
pub(crate) fn unreadable_content(queue_id: &str, error: &queue::record::Error) {
    log::warn!("{queue_id}: unreadable message content: {error}");
}

/// A destination that was configured (and not derived from a recipient) cannot be used.
pub(crate) fn configuration_problem(parameter: &str) {
    log::warn!("{parameter} configuration problem");
}

/// A fallback relay makes no sense for a local socket.
pub(crate) fn ignoring_fallback(parameter: &str, value: &str) {
    log::warn!("ignoring \"{parameter} = {value}\" setting for non-TCP connections");
}

/// The path of a local socket is too long.
pub(crate) fn socket_name_too_long(path: &str) {
    log::warn!("unix-domain name too long: {path}");
}

/// A configured source address cannot be used.
pub(crate) fn bind_failed(address: &str, error: &std::io::Error) {
    log::warn!("smtp_connect_addr: bind {address}: {}", crate::connect::error_text(error));
}

/// A connection has the kernel's own buffers.
pub(crate) fn cannot_set_window_size(bytes: usize, error: &std::io::Error) {
    log::warn!("setsockopt SO_SNDBUF {bytes}: {}", crate::connect::error_text(error));
}

/// A hint for port 465.
pub(crate) fn smtps_hint(wrapper: &str, level: &str) {
    log::info!(
        "SMTPS wrappermode (TCP port 465) requires setting \"{wrapper} = yes\", and \"{level} = encrypt\" (or stronger)"
    );
}

/// Wrapper mode without a level that makes TLS mandatory.
pub(crate) fn wrapper_needs_level(wrapper: &str, level: &str) {
    log::warn!("{wrapper} requires \"{level} = encrypt\" (or stronger)");
}

/// A flag of the master.cf command needs one recipient a request.
pub(crate) fn flag_needs_single_recipient(flag: char, service: &str) {
    log::warn!("flag `{flag}' requires {service}_destination_recipient_limit = 1");
}

/// The obsolete name for flag X.
pub(crate) fn assume_final_is_obsolete(parameter: &str, last_flags: &str) {
    log::warn!("{parameter} is obsolete; instead, specify \"{last_flags}X\" in master.cf");
}

/// More than one result for a one-to-one mapping.
pub(crate) fn multi_valued(map: &str, address: &str) {
    log::warn!("multi-valued {map} result for {address}");
}

/// A mapping's result has no address in it.
pub(crate) fn no_address(map: &str, address: &str, result: &str) {
    log::warn!("{map} lookup of {address} returns non-address result \"{result}\"");
}

/// A notice to the postmaster could not be sent.
pub(crate) fn notify_failed(error: &ipc::Error) {
    log::warn!("postmaster notify: {error}");
}

/// The session ends without an answer to the queue manager.
pub(crate) fn fatal(text: &dyn std::fmt::Display) {
    log::fatal_line!("{text}");
}

/// A policy table has a level that does not exist.
pub(crate) fn bad_tls_policy(map: &str, policy: &str, destination: &str) {
    log::warn!("{map}, next-hop destination \"{destination}\": invalid security level \"{policy}\"");
}

/// A server is skipped because nothing is known about the TLS that it must have.
pub(crate) fn tls_policy_problem(destination: &str, host: &str, reason: &str) {
    log::warn!("TLS policy lookup for {destination}/{host}: {reason}");
}

/// There is a password for a server, and no way to use it.
pub(crate) fn no_sasl_mechanism() {
    log::warn!("SASL authentication failure: No worthy mechs found");
}

/// A header or body line that a check did something about.
pub(crate) fn content_check(queue_id: &str, action: &str, place: &str, text: &[u8], argument: &[u8]) {
    let text = excerpt(text, 200);
    if argument.is_empty() {
        log::info!("{queue_id}: {action}: {place} {text}");
    } else {
        log::info!("{queue_id}: {action}: {place} {text}: {}", log::bytes(argument));
    }
}

/// A check that needs a text and has none.
pub(crate) fn check_without_text(action: &str, map: &str) {
    log::warn!("{action} action without text in {map} map");
}

/// A check with a text that is no header.
pub(crate) fn check_with_bad_header(action: &str, text: &[u8], map: &str) {
    log::warn!(
        "bad {action} header text \"{}\" in {map} map -- need \"headername: headervalue\"",
        log::bytes(text)
    );
}

/// A check that cannot be made when mail goes out.
pub(crate) fn unsupported_check(map: &str, action: &[u8]) {
    log::warn!("unsupported command in {map} map: {}", log::bytes(action));
}

/// Checks could not be looked up.
pub(crate) fn check_lookup_error(queue_id: &str, place: &str) {
    log::warn!("{queue_id}: smtp {place} checks lookup error");
}
