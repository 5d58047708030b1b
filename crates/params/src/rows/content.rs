//! Message content: headers, MIME, limits, mail filters, submission.

use crate::declare::parameters;
use crate::row::Program::{Every, One};
use crate::row::{any, min};

parameters! { after address;

    /// The parameter `always_add_missing_headers`.
    ALWAYS_ADD_MISSING_HEADERS: Bool("always_add_missing_headers", "no", any(), [One("cleanup")]);
    /// The parameter `always_bcc`.
    ALWAYS_BCC: Text("always_bcc", "", any(), [One("cleanup")]);
    /// The parameter `authorized_flush_users`.
    AUTHORIZED_FLUSH_USERS: Text(
        "authorized_flush_users", "static:anyone", any(), [One("postqueue")]) since "2.2";
    /// The parameter `authorized_mailq_users`.
    AUTHORIZED_MAILQ_USERS: Text(
        "authorized_mailq_users", "static:anyone", any(), [One("postqueue")]) since "2.2";
    /// The parameter `authorized_submit_users`.
    AUTHORIZED_SUBMIT_USERS: Text(
        "authorized_submit_users", "static:anyone", any(), [One("postdrop"), One("sendmail")]) since "2.2";
    /// The parameter `body_checks`.
    BODY_CHECKS: Text("body_checks", "", any(), [One("cleanup")]);
    /// The parameter `body_checks_size_limit`.
    BODY_CHECKS_SIZE_LIMIT: Int("body_checks_size_limit", "51200", any(), [One("cleanup")]) since "2.0";
    /// The parameter `cleanup_replace_stray_cr_lf`.
    CLEANUP_REPLACE_STRAY_CR_LF: Bool(
        "cleanup_replace_stray_cr_lf", "yes", any(), [One("cleanup")]) since "3.9";
    /// The parameter `cleanup_service_name`.
    CLEANUP_SERVICE_NAME: Text("cleanup_service_name", "cleanup", min(1), [Every]) since "2.0";
    /// The parameter `content_filter`.
    CONTENT_FILTER: Text("content_filter", "", any(), [One("pickup"), One("qmqpd"), One("smtpd")]);
    /// The parameter `default_filter_nexthop`.
    DEFAULT_FILTER_NEXTHOP: Text("default_filter_nexthop", "", any(), [One("qmgr")]) since "2.7";
    /// The parameter `detect_8bit_encoding_header`.
    DETECT_8BIT_ENCODING_HEADER: Bool(
        "detect_8bit_encoding_header", "yes", any(), [One("cleanup")]) since "2.5";
    /// The parameter `disable_mime_input_processing`.
    DISABLE_MIME_INPUT_PROCESSING: Bool("disable_mime_input_processing", "no", any(), [Every]) since "2.0";
    /// The parameter `disable_mime_output_conversion`.
    DISABLE_MIME_OUTPUT_CONVERSION: Bool("disable_mime_output_conversion", "no", any(), [Every]) since "2.0";
    /// The parameter `duplicate_filter_limit`.
    DUPLICATE_FILTER_LIMIT: Int(
        "duplicate_filter_limit", "1000", any(), [One("cleanup"), One("local"), One("showq")]);
    /// The parameter `empty_address_local_login_sender_maps_lookup_key`.
    EMPTY_ADDRESS_LOCAL_LOGIN_SENDER_MAPS_LOOKUP_KEY: Text(
        "empty_address_local_login_sender_maps_lookup_key", "<>", any(), [One("postdrop")]) since "3.6";
    /// The parameter `empty_address_recipient`.
    EMPTY_ADDRESS_RECIPIENT: Text(
        "empty_address_recipient",
        "MAILER-DAEMON",
        min(1), [One("cleanup"), One("showq"), One("trivial-rewrite")]
    );
    /// The parameter `enable_idna2003_compatibility`.
    ENABLE_IDNA2003_COMPATIBILITY: Bool("enable_idna2003_compatibility", "no", any(), [Every]) since "3.2";
    /// The parameter `enable_original_recipient`.
    ENABLE_ORIGINAL_RECIPIENT: Bool("enable_original_recipient", "yes", any(), [Every]) since "2.1";
    /// The parameter `force_mime_input_conversion`.
    FORCE_MIME_INPUT_CONVERSION: Bool(
        "force_mime_input_conversion", "no", any(), [One("cleanup")]) since "3.9";
    /// The parameter `full_name_encoding_charset`.
    FULL_NAME_ENCODING_CHARSET: Text(
        "full_name_encoding_charset", "utf-8", min(1), [One("cleanup")]) since "3.10";
    /// The parameter `header_address_token_limit`.
    HEADER_ADDRESS_TOKEN_LIMIT: Int("header_address_token_limit", "10240", min(1), [Every]);
    /// The parameter `header_checks`.
    HEADER_CHECKS: Text("header_checks", "", any(), [One("cleanup")]);
    /// The parameter `header_from_format`.
    HEADER_FROM_FORMAT: Text(
        "header_from_format",
        "standard",
        min(1), [One("bounce"), One("cleanup"), One("lmtp"), One("smtp"), One("smtpd")]
    ) since "3.3";
    /// The parameter `header_size_limit`.
    HEADER_SIZE_LIMIT: Int("header_size_limit", "102400", min(1), [Every]);
    /// The parameter `hopcount_limit`.
    HOPCOUNT_LIMIT: Int("hopcount_limit", "50", min(1), [One("cleanup")]);
    /// The parameter `info_log_address_format`.
    INFO_LOG_ADDRESS_FORMAT: Text("info_log_address_format", "external", min(1), [Every]) since "3.5";
    /// The parameter `internal_mail_filter_classes`.
    INTERNAL_MAIL_FILTER_CLASSES: Text("internal_mail_filter_classes", "", any(), [Every]) since "2.3";
    /// The parameter `line_length_limit`.
    LINE_LENGTH_LIMIT: Int("line_length_limit", "2048", min(512), [Every]);
    /// The parameter `local_header_rewrite_clients`.
    LOCAL_HEADER_REWRITE_CLIENTS: Text(
        "local_header_rewrite_clients", "permit_inet_interfaces", any(), [One("smtpd")]);
    /// The parameter `local_login_sender_maps`.
    LOCAL_LOGIN_SENDER_MAPS: Text(
        "local_login_sender_maps", "static:*", any(), [One("postdrop")]) since "3.6";
    /// The parameter `message_drop_headers`.
    MESSAGE_DROP_HEADERS: Text(
        "message_drop_headers", "bcc, content-length, resent-bcc, return-path", any(), [Every]) since "3.0";
    /// The parameter `message_reject_characters`.
    MESSAGE_REJECT_CHARACTERS: Text("message_reject_characters", "", any(), [One("cleanup")]) since "2.3";
    /// The parameter `message_size_limit`.
    MESSAGE_SIZE_LIMIT: Long("message_size_limit", "10240000", any(), [Every]);
    /// The parameter `message_strip_characters`.
    MESSAGE_STRIP_CHARACTERS: Text("message_strip_characters", "", any(), [One("cleanup")]) since "2.3";
    /// The parameter `milter_command_timeout`.
    MILTER_COMMAND_TIMEOUT: Seconds(
        "milter_command_timeout", "30s", min(1), [One("cleanup"), One("smtpd")]) since "2.3";
    /// The parameter `milter_connect_macros`.
    MILTER_CONNECT_MACROS: Text(
        "milter_connect_macros",
        "j {daemon_name} {daemon_addr} v _",
        any(), [One("cleanup"), One("smtpd")]
    ) since "2.3";
    /// The parameter `milter_connect_timeout`.
    MILTER_CONNECT_TIMEOUT: Seconds(
        "milter_connect_timeout", "30s", min(1), [One("cleanup"), One("smtpd")]) since "2.3";
    /// The parameter `milter_content_timeout`.
    MILTER_CONTENT_TIMEOUT: Seconds(
        "milter_content_timeout", "300s", min(1), [One("cleanup"), One("smtpd")]) since "2.3";
    /// The parameter `milter_data_macros`.
    MILTER_DATA_MACROS: Text("milter_data_macros", "i", any(), [One("cleanup"), One("smtpd")]) since "2.3";
    /// The parameter `milter_default_action`.
    MILTER_DEFAULT_ACTION: Text(
        "milter_default_action", "shutdown", min(1), [One("cleanup"), One("smtpd")]) since "2.3";
    /// The parameter `milter_end_of_data_macros`.
    MILTER_END_OF_DATA_MACROS: Text(
        "milter_end_of_data_macros", "i", any(), [One("cleanup"), One("smtpd")]) since "2.3";
    /// The parameter `milter_end_of_header_macros`.
    MILTER_END_OF_HEADER_MACROS: Text(
        "milter_end_of_header_macros", "i", any(), [One("cleanup"), One("smtpd")]) since "2.5";
    /// The parameter `milter_header_checks`.
    MILTER_HEADER_CHECKS: Text("milter_header_checks", "", any(), [One("cleanup")]) since "2.7";
    /// The parameter `milter_helo_macros`.
    MILTER_HELO_MACROS: Text(
        "milter_helo_macros",
        "{tls_version} {cipher} {cipher_bits} {cert_subject} {cert_issuer}",
        any(), [One("cleanup"), One("smtpd")]
    ) since "2.3";
    /// The parameter `milter_macro_daemon_name`.
    MILTER_MACRO_DAEMON_NAME: Text(
        "milter_macro_daemon_name", "$myhostname", min(1), [One("cleanup"), One("smtpd")]) since "2.3";
    /// The parameter `milter_macro_defaults`.
    MILTER_MACRO_DEFAULTS: Text(
        "milter_macro_defaults", "", any(), [One("cleanup"), One("smtpd")]) since "3.1";
    /// The parameter `milter_macro_v`.
    MILTER_MACRO_V: Text(
        "milter_macro_v", "$mail_name $mail_version", min(1), [One("cleanup"), One("smtpd")]) since "2.3";
    /// The parameter `milter_mail_macros`.
    MILTER_MAIL_MACROS: Text(
        "milter_mail_macros",
        "i {auth_type} {auth_authen} {auth_author} {mail_addr} {mail_host} {mail_mailer}",
        any(), [One("cleanup"), One("smtpd")]
    ) since "2.3";
    /// The parameter `milter_protocol`.
    MILTER_PROTOCOL: Text("milter_protocol", "6", min(1), [One("cleanup"), One("smtpd")]) since "2.3";
    /// The parameter `milter_rcpt_macros`.
    MILTER_RCPT_MACROS: Text(
        "milter_rcpt_macros",
        "i {rcpt_addr} {rcpt_host} {rcpt_mailer}",
        any(), [One("cleanup"), One("smtpd")]
    ) since "2.3";
    /// The parameter `milter_unknown_command_macros`.
    MILTER_UNKNOWN_COMMAND_MACROS: Text(
        "milter_unknown_command_macros", "", any(), [One("cleanup"), One("smtpd")]) since "2.3";
    /// The parameter `mime_boundary_length_limit`.
    MIME_BOUNDARY_LENGTH_LIMIT: Int("mime_boundary_length_limit", "2048", min(1), [Every]) since "2.0";
    /// The parameter `mime_header_checks`.
    MIME_HEADER_CHECKS: Text("mime_header_checks", "$header_checks", any(), [One("cleanup")]) since "2.0";
    /// The parameter `mime_nesting_limit`.
    MIME_NESTING_LIMIT: Int("mime_nesting_limit", "100", min(1), [Every]) since "2.0";
    /// The parameter `nested_header_checks`.
    NESTED_HEADER_CHECKS: Text("nested_header_checks", "$header_checks", any(), [One("cleanup")]) since "2.0";
    /// The parameter `non_empty_end_of_header_action`.
    NON_EMPTY_END_OF_HEADER_ACTION: Text(
        "non_empty_end_of_header_action", "fix_quietly", min(1), [One("cleanup")]) since "3.11";
    /// The parameter `non_smtpd_milters`.
    NON_SMTPD_MILTERS: Text("non_smtpd_milters", "", any(), [One("cleanup")]) since "2.3";
    /// The parameter `pickup_service_name`.
    PICKUP_SERVICE_NAME: Text("pickup_service_name", "pickup", min(1), [Every]) since "2.0";
    /// The parameter `receive_override_options`.
    RECEIVE_OVERRIDE_OPTIONS: Text(
        "receive_override_options", "", any(), [One("pickup"), One("qmqpd"), One("smtpd")]) since "2.1";
    /// The parameter `recipient_bcc_maps`.
    RECIPIENT_BCC_MAPS: Text("recipient_bcc_maps", "", any(), [One("cleanup")]) since "2.1";
    /// The parameter `remote_header_rewrite_domain`.
    REMOTE_HEADER_REWRITE_DOMAIN: Text(
        "remote_header_rewrite_domain", "", any(), [One("cleanup"), One("trivial-rewrite")]);
    /// The parameter `respectful_logging`.
    RESPECTFUL_LOGGING: Bool(
        "respectful_logging",
        "${{$compatibility_level} <level {3.6} ? {no} : {yes}}",
        any(), [Every]
    ) since "3.6";
    /// The parameter `sender_bcc_maps`.
    SENDER_BCC_MAPS: Text("sender_bcc_maps", "", any(), [One("cleanup")]) since "2.1";
    /// The parameter `sendmail_fix_line_endings`.
    SENDMAIL_FIX_LINE_ENDINGS: Text(
        "sendmail_fix_line_endings", "always", min(1), [One("sendmail")]) since "2.9";
    /// The parameter `smtputf8_autodetect_classes`.
    SMTPUTF8_AUTODETECT_CLASSES: Text(
        "smtputf8_autodetect_classes", "sendmail, verify", min(1), [Every]) since "3.0";
    /// The parameter `smtputf8_enable`.
    SMTPUTF8_ENABLE: Bool(
        "smtputf8_enable",
        "${{$compatibility_level} <level {1} ? {no} : {yes}}",
        any(), [Every]
    ) since "3.0";
    /// The parameter `socketmap_max_reply_size`.
    SOCKETMAP_MAX_REPLY_SIZE: Int("socketmap_max_reply_size", "100000", min(1), [Every]) since "3.10";
    /// The parameter `strict_7bit_headers`.
    STRICT_7BIT_HEADERS: Bool("strict_7bit_headers", "no", any(), [Every]) since "2.0";
    /// The parameter `strict_8bitmime`.
    STRICT_8BITMIME: Bool("strict_8bitmime", "no", any(), [Every]) since "2.0";
    /// The parameter `strict_8bitmime_body`.
    STRICT_8BITMIME_BODY: Bool("strict_8bitmime_body", "no", any(), [Every]) since "2.0";
    /// The parameter `strict_mailbox_ownership`.
    STRICT_MAILBOX_OWNERSHIP: Bool(
        "strict_mailbox_ownership", "yes", any(), [One("local"), One("virtual")]) since "2.5";
    /// The parameter `strict_mime_encoding_domain`.
    STRICT_MIME_ENCODING_DOMAIN: Bool("strict_mime_encoding_domain", "no", any(), [Every]) since "2.0";
    /// The parameter `strict_smtputf8`.
    STRICT_SMTPUTF8: Bool("strict_smtputf8", "no", any(), [Every]) since "3.0";
    /// The parameter `undisclosed_recipients_header`.
    UNDISCLOSED_RECIPIENTS_HEADER: Text("undisclosed_recipients_header", "", any(), [One("cleanup")]);
}
