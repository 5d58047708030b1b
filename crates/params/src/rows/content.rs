//! Message content: headers, MIME, limits, mail filters, submission.

use crate::declare::parameters;
use crate::row::Program::{Every, One};
use crate::row::{any, min};

parameters! { after address;

    /// Add From:, To:, Date: and Message-ID: to mail from anywhere.
    ALWAYS_ADD_MISSING_HEADERS: Bool("always_add_missing_headers", "no", any(), [One("cleanup")]);
    /// Address that gets a copy of every message.
    ALWAYS_BCC: Text("always_bcc", "", any(), [One("cleanup")]);
    /// Who may flush the queue.
    AUTHORIZED_FLUSH_USERS: Text(
        "authorized_flush_users", "static:anyone", any(), [One("postqueue")]) since "2.2";
    /// Who may look at the queue.
    AUTHORIZED_MAILQ_USERS: Text(
        "authorized_mailq_users", "static:anyone", any(), [One("postqueue")]) since "2.2";
    /// Who may post mail with sendmail(1).
    AUTHORIZED_SUBMIT_USERS: Text(
        "authorized_submit_users", "static:anyone", any(), [One("postdrop"), One("sendmail")]) since "2.2";
    /// Pattern tables for lines of message bodies.
    BODY_CHECKS: Text("body_checks", "", any(), [One("cleanup")]);
    /// How many bytes of each body part are checked.
    BODY_CHECKS_SIZE_LIMIT: Int("body_checks_size_limit", "51200", any(), [One("cleanup")]) since "2.0";
    /// Replace stray carriage returns and newlines in message content by blanks.
    CLEANUP_REPLACE_STRAY_CR_LF: Bool(
        "cleanup_replace_stray_cr_lf", "yes", any(), [One("cleanup")]) since "3.9";
    /// Name of the cleanup(8) service.
    CLEANUP_SERVICE_NAME: Text("cleanup_service_name", "cleanup", min(1), [Every]) since "2.0";
    /// Transport and next hop of a filter that all mail goes through.
    CONTENT_FILTER: Text("content_filter", "", any(), [One("pickup"), One("qmqpd"), One("smtpd")]);
    /// Next hop for filters that name none.
    DEFAULT_FILTER_NEXTHOP: Text("default_filter_nexthop", "", any(), [One("qmgr")]) since "2.7";
    /// Mark messages with 8-bit content and no MIME header as 8-bit.
    DETECT_8BIT_ENCODING_HEADER: Bool(
        "detect_8bit_encoding_header", "yes", any(), [One("cleanup")]) since "2.5";
    /// Do not look for MIME structure in mail that arrives.
    DISABLE_MIME_INPUT_PROCESSING: Bool("disable_mime_input_processing", "no", any(), [Every]) since "2.0";
    /// Do not convert 8-bit content for servers that take 7-bit only.
    DISABLE_MIME_OUTPUT_CONVERSION: Bool("disable_mime_output_conversion", "no", any(), [Every]) since "2.0";
    /// How many recipient addresses are remembered to find duplicates.
    DUPLICATE_FILTER_LIMIT: Int(
        "duplicate_filter_limit", "1000", any(), [One("cleanup"), One("local"), One("showq")]);
    /// Key for the null sender in `local_login_sender_maps`.
    EMPTY_ADDRESS_LOCAL_LOGIN_SENDER_MAPS_LOOKUP_KEY: Text(
        "empty_address_local_login_sender_maps_lookup_key", "<>", any(), [One("postdrop")]) since "3.6";
    /// Who gets mail for the null address.
    EMPTY_ADDRESS_RECIPIENT: Text(
        "empty_address_recipient",
        "MAILER-DAEMON",
        min(1), [One("cleanup"), One("showq"), One("trivial-rewrite")]
    );
    /// Convert international domains by the older rules.
    ENABLE_IDNA2003_COMPATIBILITY: Bool("enable_idna2003_compatibility", "no", any(), [Every]) since "3.2";
    /// Keep the original recipient in queue files and X-Original-To:.
    ENABLE_ORIGINAL_RECIPIENT: Bool("enable_original_recipient", "yes", any(), [Every]) since "2.1";
    /// Convert 8-bit content to quoted-printable when mail arrives.
    FORCE_MIME_INPUT_CONVERSION: Bool(
        "force_mime_input_conversion", "no", any(), [One("cleanup")]) since "3.9";
    /// Character set of full names in From: headers that we make.
    FULL_NAME_ENCODING_CHARSET: Text(
        "full_name_encoding_charset", "utf-8", min(1), [One("cleanup")]) since "3.10";
    /// How many tokens of an address header are looked at.
    HEADER_ADDRESS_TOKEN_LIMIT: Int("header_address_token_limit", "10240", min(1), [Every]);
    /// Pattern tables for message headers.
    HEADER_CHECKS: Text("header_checks", "", any(), [One("cleanup")]);
    /// Form of From: headers that we make: `standard` or `obsolete`.
    HEADER_FROM_FORMAT: Text(
        "header_from_format",
        "standard",
        min(1), [One("bounce"), One("cleanup"), One("lmtp"), One("smtp"), One("smtpd")]
    ) since "3.3";
    /// Greatest length of a message header, in bytes.
    HEADER_SIZE_LIMIT: Int("header_size_limit", "102400", min(1), [Every]);
    /// How many Received: headers a message may have.
    HOPCOUNT_LIMIT: Int("hopcount_limit", "50", min(1), [One("cleanup")]);
    /// Form of addresses in log lines: `external` or `internal`.
    INFO_LOG_ADDRESS_FORMAT: Text("info_log_address_format", "external", min(1), [Every]) since "3.5";
    /// Kinds of our own notices that content filters see, too.
    INTERNAL_MAIL_FILTER_CLASSES: Text("internal_mail_filter_classes", "", any(), [Every]) since "2.3";
    /// Longer lines are handled in pieces of this size.
    LINE_LENGTH_LIMIT: Int("line_length_limit", "2048", min(512), [Every]);
    /// Clients whose message headers are completed with the local domain.
    LOCAL_HEADER_REWRITE_CLIENTS: Text(
        "local_header_rewrite_clients", "permit_inet_interfaces", any(), [One("smtpd")]);
    /// Envelope senders that local users may use.
    LOCAL_LOGIN_SENDER_MAPS: Text(
        "local_login_sender_maps", "static:*", any(), [One("postdrop")]) since "3.6";
    /// Names of headers to remove from all mail.
    MESSAGE_DROP_HEADERS: Text(
        "message_drop_headers", "bcc, content-length, resent-bcc, return-path", any(), [Every]) since "3.0";
    /// Characters for which mail is refused.
    MESSAGE_REJECT_CHARACTERS: Text("message_reject_characters", "", any(), [One("cleanup")]) since "2.3";
    /// Greatest size of a message, in bytes; 0 for none.
    MESSAGE_SIZE_LIMIT: Long("message_size_limit", "10240000", any(), [Every]);
    /// Characters to remove from message content.
    MESSAGE_STRIP_CHARACTERS: Text("message_strip_characters", "", any(), [One("cleanup")]) since "2.3";
    /// Time limit for a filter's answer to an SMTP command.
    MILTER_COMMAND_TIMEOUT: Seconds(
        "milter_command_timeout", "30s", min(1), [One("cleanup"), One("smtpd")]) since "2.3";
    /// Macros that filters get when a client connects.
    MILTER_CONNECT_MACROS: Text(
        "milter_connect_macros",
        "j {daemon_name} {daemon_addr} v _",
        any(), [One("cleanup"), One("smtpd")]
    ) since "2.3";
    /// Time limit for connecting to a filter.
    MILTER_CONNECT_TIMEOUT: Seconds(
        "milter_connect_timeout", "30s", min(1), [One("cleanup"), One("smtpd")]) since "2.3";
    /// Time limit for a filter's answer to message content.
    MILTER_CONTENT_TIMEOUT: Seconds(
        "milter_content_timeout", "300s", min(1), [One("cleanup"), One("smtpd")]) since "2.3";
    /// Macros that filters get at the DATA command.
    MILTER_DATA_MACROS: Text("milter_data_macros", "i", any(), [One("cleanup"), One("smtpd")]) since "2.3";
    /// What to do when a filter is not to be had.
    MILTER_DEFAULT_ACTION: Text(
        "milter_default_action", "shutdown", min(1), [One("cleanup"), One("smtpd")]) since "2.3";
    /// Macros that filters get at the end of a message.
    MILTER_END_OF_DATA_MACROS: Text(
        "milter_end_of_data_macros", "i", any(), [One("cleanup"), One("smtpd")]) since "2.3";
    /// Macros that filters get at the end of the headers.
    MILTER_END_OF_HEADER_MACROS: Text(
        "milter_end_of_header_macros", "i", any(), [One("cleanup"), One("smtpd")]) since "2.5";
    /// Pattern tables for headers that filters add.
    MILTER_HEADER_CHECKS: Text("milter_header_checks", "", any(), [One("cleanup")]) since "2.7";
    /// Macros that filters get at the HELO command.
    MILTER_HELO_MACROS: Text(
        "milter_helo_macros",
        "{tls_version} {cipher} {cipher_bits} {cert_subject} {cert_issuer}",
        any(), [One("cleanup"), One("smtpd")]
    ) since "2.3";
    /// Value of the macro `{daemon_name}`.
    MILTER_MACRO_DAEMON_NAME: Text(
        "milter_macro_daemon_name", "$myhostname", min(1), [One("cleanup"), One("smtpd")]) since "2.3";
    /// Values for macros that have none.
    MILTER_MACRO_DEFAULTS: Text(
        "milter_macro_defaults", "", any(), [One("cleanup"), One("smtpd")]) since "3.1";
    /// Value of the macro `v`.
    MILTER_MACRO_V: Text(
        "milter_macro_v", "$mail_name $mail_version", min(1), [One("cleanup"), One("smtpd")]) since "2.3";
    /// Macros that filters get at the MAIL command.
    MILTER_MAIL_MACROS: Text(
        "milter_mail_macros",
        "i {auth_type} {auth_authen} {auth_author} {mail_addr} {mail_host} {mail_mailer}",
        any(), [One("cleanup"), One("smtpd")]
    ) since "2.3";
    /// Version of the filter protocol, and its optional features.
    MILTER_PROTOCOL: Text("milter_protocol", "6", min(1), [One("cleanup"), One("smtpd")]) since "2.3";
    /// Macros that filters get at the RCPT command.
    MILTER_RCPT_MACROS: Text(
        "milter_rcpt_macros",
        "i {rcpt_addr} {rcpt_host} {rcpt_mailer}",
        any(), [One("cleanup"), One("smtpd")]
    ) since "2.3";
    /// Macros that filters get at a command we do not know.
    MILTER_UNKNOWN_COMMAND_MACROS: Text(
        "milter_unknown_command_macros", "", any(), [One("cleanup"), One("smtpd")]) since "2.3";
    /// How many bytes of a MIME boundary are looked at.
    MIME_BOUNDARY_LENGTH_LIMIT: Int("mime_boundary_length_limit", "2048", min(1), [Every]) since "2.0";
    /// Pattern tables for MIME headers.
    MIME_HEADER_CHECKS: Text("mime_header_checks", "$header_checks", any(), [One("cleanup")]) since "2.0";
    /// How deep MIME parts may nest.
    MIME_NESTING_LIMIT: Int("mime_nesting_limit", "100", min(1), [Every]) since "2.0";
    /// Pattern tables for headers of attached messages.
    NESTED_HEADER_CHECKS: Text("nested_header_checks", "$header_checks", any(), [One("cleanup")]) since "2.0";
    /// What to do when text follows the headers without an empty line.
    NON_EMPTY_END_OF_HEADER_ACTION: Text(
        "non_empty_end_of_header_action", "fix_quietly", min(1), [One("cleanup")]) since "3.11";
    /// Filters for mail that does not come by SMTP.
    NON_SMTPD_MILTERS: Text("non_smtpd_milters", "", any(), [One("cleanup")]) since "2.3";
    /// Name of the pickup(8) service.
    PICKUP_SERVICE_NAME: Text("pickup_service_name", "pickup", min(1), [Every]) since "2.0";
    /// Steps to leave out when mail is received.
    RECEIVE_OVERRIDE_OPTIONS: Text(
        "receive_override_options", "", any(), [One("pickup"), One("qmqpd"), One("smtpd")]) since "2.1";
    /// Tables that add a recipient by the recipient.
    RECIPIENT_BCC_MAPS: Text("recipient_bcc_maps", "", any(), [One("cleanup")]) since "2.1";
    /// Domain that completes headers from strangers; empty leaves them alone.
    REMOTE_HEADER_REWRITE_DOMAIN: Text(
        "remote_header_rewrite_domain", "", any(), [One("cleanup"), One("trivial-rewrite")]);
    /// Say `allowlist` and `denylist` in log lines.
    RESPECTFUL_LOGGING: Bool(
        "respectful_logging",
        "${{$compatibility_level} <level {3.6} ? {no} : {yes}}",
        any(), [Every]
    ) since "3.6";
    /// Tables that add a recipient by the sender.
    SENDER_BCC_MAPS: Text("sender_bcc_maps", "", any(), [One("cleanup")]) since "2.1";
    /// When sendmail(1) takes CRLF for the end of a line.
    SENDMAIL_FIX_LINE_ENDINGS: Text(
        "sendmail_fix_line_endings", "always", min(1), [One("sendmail")]) since "2.9";
    /// Kinds of mail that are looked through for a need of SMTPUTF8.
    SMTPUTF8_AUTODETECT_CLASSES: Text(
        "smtputf8_autodetect_classes", "sendmail, verify", min(1), [Every]) since "3.0";
    /// Support international mail addresses.
    SMTPUTF8_ENABLE: Bool(
        "smtputf8_enable",
        "${{$compatibility_level} <level {1} ? {no} : {yes}}",
        any(), [Every]
    ) since "3.0";
    /// Greatest reply of a socketmap server, in bytes.
    SOCKETMAP_MAX_REPLY_SIZE: Int("socketmap_max_reply_size", "100000", min(1), [Every]) since "3.10";
    /// Refuse mail with 8-bit text in headers.
    STRICT_7BIT_HEADERS: Bool("strict_7bit_headers", "no", any(), [Every]) since "2.0";
    /// Both of `strict_7bit_headers` and `strict_8bitmime_body`.
    STRICT_8BITMIME: Bool("strict_8bitmime", "no", any(), [Every]) since "2.0";
    /// Refuse 8-bit content that no MIME header announces.
    STRICT_8BITMIME_BODY: Bool("strict_8bitmime_body", "no", any(), [Every]) since "2.0";
    /// Defer delivery to a mailbox that its user does not own.
    STRICT_MAILBOX_OWNERSHIP: Bool(
        "strict_mailbox_ownership", "yes", any(), [One("local"), One("virtual")]) since "2.5";
    /// Refuse encodings that composite MIME types must not have.
    STRICT_MIME_ENCODING_DOMAIN: Bool("strict_mime_encoding_domain", "no", any(), [Every]) since "2.0";
    /// Accept UTF-8 in addresses and headers only if announced.
    STRICT_SMTPUTF8: Bool("strict_smtputf8", "no", any(), [Every]) since "3.0";
    /// Header for messages that name no recipient; empty adds none.
    UNDISCLOSED_RECIPIENTS_HEADER: Text("undisclosed_recipients_header", "", any(), [One("cleanup")]);
}
