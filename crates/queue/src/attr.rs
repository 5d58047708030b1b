//! Names of the attributes that stand in queue files (`A` records). Many of them are also used between daemons.

use crate::Type;

/// Body encoding: `7bit`, `8bit`, or empty for unknown.
pub const ENCODING: &str = "encoding";
/// Client host name, for logging.
pub const LOG_CLIENT_NAME: &str = "log_client_name";
/// Client address, for logging.
pub const LOG_CLIENT_ADDR: &str = "log_client_address";
/// Client port, for logging.
pub const LOG_CLIENT_PORT: &str = "log_client_port";
/// HELO name, for logging.
pub const LOG_HELO_NAME: &str = "log_helo_name";
/// `SMTP`, `ESMTP` or `QMQP`, for logging.
pub const LOG_PROTO_NAME: &str = "log_protocol_name";
/// `name[address]`, or `local`.
pub const LOG_ORIGIN: &str = "log_message_origin";
/// The queue id that an earlier hop logged.
pub const LOG_IDENT: &str = "log_ident";
/// Client name for policies and milters.
pub const ACT_CLIENT_NAME: &str = "client_name";
/// Client name by reverse look-up.
pub const ACT_REVERSE_CLIENT_NAME: &str = "reverse_client_name";
/// Client address.
pub const ACT_CLIENT_ADDR: &str = "client_address";
/// Client port.
pub const ACT_CLIENT_PORT: &str = "client_port";
/// Client address family.
pub const ACT_CLIENT_AF: &str = "client_address_type";
/// Server address.
pub const ACT_SERVER_ADDR: &str = "server_address";
/// Server port.
pub const ACT_SERVER_PORT: &str = "server_port";
/// HELO name.
pub const ACT_HELO_NAME: &str = "helo_name";
/// Protocol name.
pub const ACT_PROTO_NAME: &str = "protocol_name";
/// SASL mechanism.
pub const SASL_METHOD: &str = "sasl_method";
/// SASL user.
pub const SASL_USERNAME: &str = "sasl_username";
/// AUTH parameter of MAIL FROM.
pub const SASL_SENDER: &str = "sasl_sender";
/// Whether addresses are rewritten as local or remote ones: `local`, `remote`.
pub const RWR_CONTEXT: &str = "rewrite_context";
/// Trace flags of the delivery request.
pub const TRACE_FLAGS: &str = "trace_flags";
/// Time at which the queue file was made.
pub const CREATE_TIME: &str = "create_time";
/// Message id, for threading of notices.
pub const MESSAGE_ID: &str = "message_id";
/// DSN envelope id.
pub const DSN_ENVID: &str = "envelope_id";
/// DSN return flag.
pub const DSN_RET: &str = "ret_flags";
/// DSN notify flags.
pub const DSN_NOTIFY: &str = "notify_flags";
/// DSN original recipient.
pub const DSN_ORCPT: &str = "dsn_orig_rcpt";

/// Value of [`ENCODING`] for 8-bit content.
pub const ENC_8BIT: &str = "8bit";
/// Value of [`ENCODING`] for 7-bit content.
pub const ENC_7BIT: &str = "7bit";
/// Value of [`RWR_CONTEXT`] for local mail.
pub const RWR_LOCAL: &str = "local";
/// Value of [`RWR_CONTEXT`] for mail of strangers.
pub const RWR_REMOTE: &str = "remote";
/// Value of [`LOG_ORIGIN`] for mail that was made here.
pub const ORIGIN_LOCAL: &str = "local";

/// Attributes that older or unprivileged senders put into `A` records stand for a record type of their own.
pub fn record_type(name: &[u8]) -> Option<Type> {
    const KNOWN: [(&str, Type); 5] = [
        (DSN_ORCPT, Type::DSN_ORCPT),
        (DSN_NOTIFY, Type::DSN_NOTIFY),
        (DSN_ENVID, Type::DSN_ENVID),
        (DSN_RET, Type::DSN_RET),
        (CREATE_TIME, Type::CTIME),
    ];
    KNOWN.iter().find(|(known, _)| known.as_bytes() == name).map(|&(_, kind)| kind)
}

/// Splits `name = value` with optional white space around both. The error is the text that Postfix logs.
pub fn split(record: &[u8]) -> Result<(&[u8], &[u8]), &'static str> {
    let start = trim_start(record);
    if start.is_empty() || start.first() == Some(&b'=') {
        return Err("missing attribute name");
    }
    let name_end = start.iter().position(|&byte| is_space(byte) || byte == b'=');
    let Some(name_end) = name_end else { return Err("missing '=' after attribute name") };
    let (name, rest) = start.split_at(name_end);
    match trim_start(rest).split_first() {
        Some((b'=', value)) => Ok((name, trim_end(trim_start(value)))),
        _ => Err("missing '=' after attribute name"),
    }
}

/// White space of the C library: unlike Rust's, with the vertical tab.
fn is_space(byte: u8) -> bool {
    byte.is_ascii_whitespace() || byte == b'\x0b'
}

fn trim_start(text: &[u8]) -> &[u8] {
    let start = text.iter().position(|&byte| !is_space(byte)).unwrap_or(text.len());
    text.get(start..).unwrap_or_default()
}

fn trim_end(text: &[u8]) -> &[u8] {
    let end = text.iter().rposition(|&byte| !is_space(byte)).map_or(0, |last| last + 1);
    text.get(..end).unwrap_or_default()
}
