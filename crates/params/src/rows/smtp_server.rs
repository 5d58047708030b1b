//! The SMTP server (and the QMQP server) without TLS and authentication.

use crate::declare::parameters;
use crate::row::Program::{Every, One};
use crate::row::{any, min, span};

parameters! { after smtp_client_security;

    /// The parameter `access_map_defer_code`.
    ACCESS_MAP_DEFER_CODE: Int("access_map_defer_code", "450", any(), [One("smtpd")]) since "2.6";
    /// The parameter `access_map_reject_code`.
    ACCESS_MAP_REJECT_CODE: Int("access_map_reject_code", "554", any(), [One("smtpd")]);
    /// The parameter `default_rbl_reply`.
    DEFAULT_RBL_REPLY: Raw(
        "default_rbl_reply",
        "$rbl_code Service unavailable; $rbl_class [$rbl_what] blocked using $rbl_domain${rbl_reason?; \
         $rbl_reason}",
        min(1), [One("smtpd")]
    ) since "2.0";
    /// The parameter `defer_code`.
    DEFER_CODE: Int("defer_code", "450", any(), [One("smtpd")]);
    /// The parameter `disable_vrfy_command`.
    DISABLE_VRFY_COMMAND: Bool("disable_vrfy_command", "no", any(), [One("postscreen"), One("smtpd")]);
    /// The parameter `dnssec_probe`.
    DNSSEC_PROBE: Text("dnssec_probe", "ns:.", any(), [Every]) since "3.6";
    /// The parameter `invalid_hostname_reject_code`.
    INVALID_HOSTNAME_REJECT_CODE: Int("invalid_hostname_reject_code", "501", any(), [One("smtpd")]);
    /// The parameter `maps_rbl_domains`.
    MAPS_RBL_DOMAINS: Text("maps_rbl_domains", "", any(), [One("smtpd")]);
    /// The parameter `maps_rbl_reject_code`.
    MAPS_RBL_REJECT_CODE: Int("maps_rbl_reject_code", "554", any(), [One("smtpd")]);
    /// The parameter `multi_recipient_bounce_reject_code`.
    MULTI_RECIPIENT_BOUNCE_REJECT_CODE: Int(
        "multi_recipient_bounce_reject_code", "550", any(), [One("smtpd")]) since "2.1";
    /// The parameter `non_fqdn_reject_code`.
    NON_FQDN_REJECT_CODE: Int("non_fqdn_reject_code", "504", any(), [One("smtpd")]);
    /// The parameter `parent_domain_matches_subdomains`.
    PARENT_DOMAIN_MATCHES_SUBDOMAINS: Text(
        "parent_domain_matches_subdomains",
        "debug_peer_list,fast_flush_domains,mynetworks,permit_mx_backup_networks,qmqpd_authorized_clients,\
         relay_domains,smtpd_access_maps",
        any(), [Every]
    );
    /// The parameter `permit_mx_backup_networks`.
    PERMIT_MX_BACKUP_NETWORKS: Text("permit_mx_backup_networks", "", any(), [One("smtpd")]);
    /// The parameter `plaintext_reject_code`.
    PLAINTEXT_REJECT_CODE: Int("plaintext_reject_code", "450", any(), [One("smtpd")]) since "2.3";
    /// The parameter `qmqpd_authorized_clients`.
    QMQPD_AUTHORIZED_CLIENTS: Text("qmqpd_authorized_clients", "", any(), [One("qmqpd")]);
    /// The parameter `qmqpd_client_port_logging`.
    QMQPD_CLIENT_PORT_LOGGING: Bool("qmqpd_client_port_logging", "no", any(), [One("qmqpd")]) since "2.5";
    /// The parameter `qmqpd_error_delay`.
    QMQPD_ERROR_DELAY: Seconds("qmqpd_error_delay", "1s", any(), [One("qmqpd")]);
    /// The parameter `qmqpd_timeout`.
    QMQPD_TIMEOUT: Seconds("qmqpd_timeout", "300s", min(1), [One("qmqpd")]);
    /// The parameter `rbl_reply_maps`.
    RBL_REPLY_MAPS: Text("rbl_reply_maps", "", any(), [One("smtpd")]) since "2.0";
    /// The parameter `reject_code`.
    REJECT_CODE: Int("reject_code", "554", any(), [One("smtpd")]);
    /// The parameter `reject_tempfail_action`.
    REJECT_TEMPFAIL_ACTION: Text(
        "reject_tempfail_action", "defer_if_permit", min(1), [One("smtpd")]) since "2.6";
    /// The parameter `relay_clientcerts`.
    RELAY_CLIENTCERTS: Text("relay_clientcerts", "", any(), [One("smtpd")]) since "2.2";
    /// The parameter `relay_domains_reject_code`.
    RELAY_DOMAINS_REJECT_CODE: Int("relay_domains_reject_code", "554", any(), [One("smtpd")]);
    /// The parameter `show_user_unknown_table_name`.
    SHOW_USER_UNKNOWN_TABLE_NAME: Bool(
        "show_user_unknown_table_name", "yes", any(), [One("smtpd"), One("trivial-rewrite")]) since "2.0";
    /// The parameter `smtpd_authorized_verp_clients`.
    SMTPD_AUTHORIZED_VERP_CLIENTS: Text(
        "smtpd_authorized_verp_clients", "$authorized_verp_clients", any(), [One("smtpd")]);
    /// The parameter `smtpd_authorized_xclient_hosts`.
    SMTPD_AUTHORIZED_XCLIENT_HOSTS: Text(
        "smtpd_authorized_xclient_hosts", "", any(), [One("smtpd")]) since "2.1";
    /// The parameter `smtpd_authorized_xforward_hosts`.
    SMTPD_AUTHORIZED_XFORWARD_HOSTS: Text(
        "smtpd_authorized_xforward_hosts", "", any(), [One("smtpd")]) since "2.1";
    /// The parameter `smtpd_banner`.
    SMTPD_BANNER: Text(
        "smtpd_banner", "$myhostname ESMTP $mail_name", min(1), [One("postscreen"), One("smtpd")]);
    /// The parameter `smtpd_client_auth_rate_limit`.
    SMTPD_CLIENT_AUTH_RATE_LIMIT: Int("smtpd_client_auth_rate_limit", "0", any(), [One("smtpd")]) since "3.1";
    /// The parameter `smtpd_client_connection_count_limit`.
    SMTPD_CLIENT_CONNECTION_COUNT_LIMIT: Int(
        "smtpd_client_connection_count_limit", "50", any(), [One("postscreen"), One("smtpd")]) since "2.2";
    /// The parameter `smtpd_client_connection_rate_limit`.
    SMTPD_CLIENT_CONNECTION_RATE_LIMIT: Int(
        "smtpd_client_connection_rate_limit", "0", any(), [One("smtpd")]) since "2.2";
    /// The parameter `smtpd_client_event_limit_exceptions`.
    SMTPD_CLIENT_EVENT_LIMIT_EXCEPTIONS: Text(
        "smtpd_client_event_limit_exceptions",
        "${smtpd_client_connection_limit_exceptions:$mynetworks}",
        any(), [One("smtpd")]
    ) since "2.2";
    /// The parameter `smtpd_client_ipv4_prefix_length`.
    SMTPD_CLIENT_IPV4_PREFIX_LENGTH: Int(
        "smtpd_client_ipv4_prefix_length", "32", span(0, 32), [One("smtpd")]) since "3.8";
    /// The parameter `smtpd_client_ipv6_prefix_length`.
    SMTPD_CLIENT_IPV6_PREFIX_LENGTH: Int(
        "smtpd_client_ipv6_prefix_length", "84", span(0, 128), [One("smtpd")]) since "3.8";
    /// The parameter `smtpd_client_message_rate_limit`.
    SMTPD_CLIENT_MESSAGE_RATE_LIMIT: Int(
        "smtpd_client_message_rate_limit", "0", any(), [One("smtpd")]) since "2.2";
    /// The parameter `smtpd_client_new_tls_session_rate_limit`.
    SMTPD_CLIENT_NEW_TLS_SESSION_RATE_LIMIT: Int(
        "smtpd_client_new_tls_session_rate_limit", "0", any(), [One("smtpd")]) since "2.3";
    /// The parameter `smtpd_client_port_logging`.
    SMTPD_CLIENT_PORT_LOGGING: Bool("smtpd_client_port_logging", "no", any(), [One("smtpd")]) since "2.5";
    /// The parameter `smtpd_client_recipient_rate_limit`.
    SMTPD_CLIENT_RECIPIENT_RATE_LIMIT: Int(
        "smtpd_client_recipient_rate_limit", "0", any(), [One("smtpd")]) since "2.2";
    /// The parameter `smtpd_client_restrictions`.
    SMTPD_CLIENT_RESTRICTIONS: Text("smtpd_client_restrictions", "", any(), [One("smtpd")]) since "3.0";
    /// The parameter `smtpd_command_filter`.
    SMTPD_COMMAND_FILTER: Text(
        "smtpd_command_filter", "", any(), [One("postscreen"), One("smtpd")]) since "2.7";
    /// The parameter `smtpd_data_restrictions`.
    SMTPD_DATA_RESTRICTIONS: Text("smtpd_data_restrictions", "", any(), [One("smtpd")]) since "2.0";
    /// The parameter `smtpd_delay_open_until_valid_rcpt`.
    SMTPD_DELAY_OPEN_UNTIL_VALID_RCPT: Bool(
        "smtpd_delay_open_until_valid_rcpt", "yes", any(), [One("smtpd")]) since "2.3";
    /// The parameter `smtpd_delay_reject`.
    SMTPD_DELAY_REJECT: Bool("smtpd_delay_reject", "yes", any(), [One("smtpd")]);
    /// The parameter `smtpd_discard_ehlo_keyword_address_maps`.
    SMTPD_DISCARD_EHLO_KEYWORD_ADDRESS_MAPS: Text(
        "smtpd_discard_ehlo_keyword_address_maps",
        "",
        any(), [One("postscreen"), One("smtpd")]
    ) since "2.2";
    /// The parameter `smtpd_discard_ehlo_keywords`.
    SMTPD_DISCARD_EHLO_KEYWORDS: Text(
        "smtpd_discard_ehlo_keywords", "", any(), [One("postscreen"), One("smtpd")]) since "2.2";
    /// The parameter `smtpd_dns_reply_filter`.
    SMTPD_DNS_REPLY_FILTER: Text("smtpd_dns_reply_filter", "", any(), [One("smtpd")]) since "3.0";
    /// The parameter `smtpd_end_of_data_restrictions`.
    SMTPD_END_OF_DATA_RESTRICTIONS: Text(
        "smtpd_end_of_data_restrictions", "", any(), [One("smtpd")]) since "2.2";
    /// The parameter `smtpd_error_sleep_time`.
    SMTPD_ERROR_SLEEP_TIME: Seconds("smtpd_error_sleep_time", "1s", any(), [One("smtpd")]);
    /// The parameter `smtpd_etrn_restrictions`.
    SMTPD_ETRN_RESTRICTIONS: Text("smtpd_etrn_restrictions", "", any(), [One("smtpd")]);
    /// The parameter `smtpd_expansion_filter`.
    SMTPD_EXPANSION_FILTER: Raw(
        "smtpd_expansion_filter",
        "\\t\\40!\"#$%&'()*+,\
         -./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\\\]^_`abcdefghijklmnopqrstuvwxyz{|}~",
        min(1), [One("postscreen"), One("smtpd")]
    ) since "2.0";
    /// The parameter `smtpd_forbid_bare_newline`.
    SMTPD_FORBID_BARE_NEWLINE: Text(
        "smtpd_forbid_bare_newline", "normalize", min(1), [One("smtpd")]) since "3.9";
    /// The parameter `smtpd_forbid_bare_newline_exclusions`.
    SMTPD_FORBID_BARE_NEWLINE_EXCLUSIONS: Text(
        "smtpd_forbid_bare_newline_exclusions", "$mynetworks", any(), [One("smtpd")]) since "3.9";
    /// The parameter `smtpd_forbid_bare_newline_reject_code`.
    SMTPD_FORBID_BARE_NEWLINE_REJECT_CODE: Int(
        "smtpd_forbid_bare_newline_reject_code", "550", span(500, 599), [One("smtpd")]) since "3.9";
    /// The parameter `smtpd_forbid_unauth_pipelining`.
    SMTPD_FORBID_UNAUTH_PIPELINING: Bool(
        "smtpd_forbid_unauth_pipelining", "yes", any(), [One("smtpd")]) since "3.9";
    /// The parameter `smtpd_forbidden_commands`.
    SMTPD_FORBIDDEN_COMMANDS: Text(
        "smtpd_forbidden_commands",
        "CONNECT GET POST regexp:{{/^[^A-Z]/ Bogus}}",
        any(), [One("postscreen"), One("proxymap"), One("smtpd")]
    ) since "2.2";
    /// The parameter `smtpd_hard_error_limit`.
    SMTPD_HARD_ERROR_LIMIT: Int("smtpd_hard_error_limit", "${stress?{1}:{20}}", min(1), [One("smtpd")]);
    /// The parameter `smtpd_helo_required`.
    SMTPD_HELO_REQUIRED: Bool("smtpd_helo_required", "no", any(), [One("postscreen"), One("smtpd")]);
    /// The parameter `smtpd_helo_restrictions`.
    SMTPD_HELO_RESTRICTIONS: Text("smtpd_helo_restrictions", "", any(), [One("smtpd")]) since "3.0";
    /// The parameter `smtpd_hide_client_session`.
    SMTPD_HIDE_CLIENT_SESSION: Bool("smtpd_hide_client_session", "no", any(), [One("smtpd")]) since "3.10";
    /// The parameter `smtpd_history_flush_threshold`.
    SMTPD_HISTORY_FLUSH_THRESHOLD: Int("smtpd_history_flush_threshold", "100", min(1), [One("smtpd")]);
    /// The parameter `smtpd_junk_command_limit`.
    SMTPD_JUNK_COMMAND_LIMIT: Int("smtpd_junk_command_limit", "${stress?{1}:{100}}", min(1), [One("smtpd")]);
    /// The parameter `smtpd_log_access_permit_actions`.
    SMTPD_LOG_ACCESS_PERMIT_ACTIONS: Text(
        "smtpd_log_access_permit_actions", "", any(), [One("smtpd")]) since "2.10";
    /// The parameter `smtpd_milter_maps`.
    SMTPD_MILTER_MAPS: Text("smtpd_milter_maps", "", any(), [One("smtpd")]) since "3.2";
    /// The parameter `smtpd_milters`.
    SMTPD_MILTERS: Text("smtpd_milters", "", any(), [One("smtpd")]) since "2.3";
    /// The parameter `smtpd_min_data_rate`.
    SMTPD_MIN_DATA_RATE: Int("smtpd_min_data_rate", "500", min(1), [One("smtpd")]) since "3.7";
    /// The parameter `smtpd_noop_commands`.
    SMTPD_NOOP_COMMANDS: Text("smtpd_noop_commands", "", any(), [One("smtpd")]);
    /// The parameter `smtpd_null_access_lookup_key`.
    SMTPD_NULL_ACCESS_LOOKUP_KEY: Text("smtpd_null_access_lookup_key", "<>", any(), [One("smtpd")]);
    /// The parameter `smtpd_peername_lookup`.
    SMTPD_PEERNAME_LOOKUP: Bool("smtpd_peername_lookup", "yes", any(), [One("smtpd")]) since "2.3";
    /// The parameter `smtpd_per_request_deadline`.
    SMTPD_PER_REQUEST_DEADLINE: Bool(
        "smtpd_per_request_deadline",
        "${smtpd_per_record_deadline?{$smtpd_per_record_deadline}:{${stress?{yes}:{no}}}}",
        any(), [One("smtpd")]
    ) since "3.7";
    /// The parameter `smtpd_policy_service_default_action`.
    SMTPD_POLICY_SERVICE_DEFAULT_ACTION: Text(
        "smtpd_policy_service_default_action",
        "451 4.3.5 Server configuration problem",
        min(1), [One("smtpd")]
    ) since "3.0";
    /// The parameter `smtpd_policy_service_max_idle`.
    SMTPD_POLICY_SERVICE_MAX_IDLE: Seconds(
        "smtpd_policy_service_max_idle", "300s", min(1), [One("smtpd")]) since "2.1";
    /// The parameter `smtpd_policy_service_max_ttl`.
    SMTPD_POLICY_SERVICE_MAX_TTL: Seconds(
        "smtpd_policy_service_max_ttl", "1000s", min(1), [One("smtpd")]) since "2.1";
    /// The parameter `smtpd_policy_service_policy_context`.
    SMTPD_POLICY_SERVICE_POLICY_CONTEXT: Text(
        "smtpd_policy_service_policy_context", "", any(), [One("smtpd")]) since "3.1";
    /// The parameter `smtpd_policy_service_request_limit`.
    SMTPD_POLICY_SERVICE_REQUEST_LIMIT: Int(
        "smtpd_policy_service_request_limit", "0", any(), [One("smtpd")]) since "3.0";
    /// The parameter `smtpd_policy_service_retry_delay`.
    SMTPD_POLICY_SERVICE_RETRY_DELAY: Seconds(
        "smtpd_policy_service_retry_delay", "1s", min(1), [One("smtpd")]) since "3.0";
    /// The parameter `smtpd_policy_service_timeout`.
    SMTPD_POLICY_SERVICE_TIMEOUT: Seconds(
        "smtpd_policy_service_timeout", "100s", min(1), [One("smtpd")]) since "2.1";
    /// The parameter `smtpd_policy_service_try_limit`.
    SMTPD_POLICY_SERVICE_TRY_LIMIT: Int(
        "smtpd_policy_service_try_limit", "2", min(1), [One("smtpd")]) since "3.0";
    /// The parameter `smtpd_proxy_ehlo`.
    SMTPD_PROXY_EHLO: Text("smtpd_proxy_ehlo", "$myhostname", any(), [One("smtpd")]) since "2.1";
    /// The parameter `smtpd_proxy_filter`.
    SMTPD_PROXY_FILTER: Text("smtpd_proxy_filter", "", any(), [One("smtpd")]) since "2.1";
    /// The parameter `smtpd_proxy_options`.
    SMTPD_PROXY_OPTIONS: Text("smtpd_proxy_options", "", any(), [One("smtpd")]) since "2.7";
    /// The parameter `smtpd_proxy_timeout`.
    SMTPD_PROXY_TIMEOUT: Seconds("smtpd_proxy_timeout", "100s", min(1), [One("smtpd")]) since "2.1";
    /// The parameter `smtpd_recipient_limit`.
    SMTPD_RECIPIENT_LIMIT: Int("smtpd_recipient_limit", "1000", min(1), [One("smtpd")]);
    /// The parameter `smtpd_recipient_overshoot_limit`.
    SMTPD_RECIPIENT_OVERSHOOT_LIMIT: Int("smtpd_recipient_overshoot_limit", "1000", min(1), [One("smtpd")]);
    /// The parameter `smtpd_recipient_restrictions`.
    SMTPD_RECIPIENT_RESTRICTIONS: Text("smtpd_recipient_restrictions", "", any(), [One("smtpd")]) since "3.0";
    /// The parameter `smtpd_reject_filter_maps`.
    SMTPD_REJECT_FILTER_MAPS: Text("smtpd_reject_filter_maps", "", any(), [One("smtpd")]) since "3.11";
    /// The parameter `smtpd_reject_footer`.
    SMTPD_REJECT_FOOTER: Raw("smtpd_reject_footer", "", any(), [One("postscreen"), One("smtpd")]) since "2.8";
    /// The parameter `smtpd_reject_footer_maps`.
    SMTPD_REJECT_FOOTER_MAPS: Text("smtpd_reject_footer_maps", "", any(), [One("smtpd")]) since "3.4";
    /// The parameter `smtpd_reject_unlisted_recipient`.
    SMTPD_REJECT_UNLISTED_RECIPIENT: Bool(
        "smtpd_reject_unlisted_recipient", "yes", any(), [One("smtpd")]) since "2.1";
    /// The parameter `smtpd_reject_unlisted_sender`.
    SMTPD_REJECT_UNLISTED_SENDER: Bool(
        "smtpd_reject_unlisted_sender", "no", any(), [One("smtpd")]) since "2.1";
    /// The parameter `smtpd_relay_before_recipient_restrictions`.
    SMTPD_RELAY_BEFORE_RECIPIENT_RESTRICTIONS: Bool(
        "smtpd_relay_before_recipient_restrictions",
        "${{$compatibility_level} <level {3.6} ? {no} : {yes}}",
        any(), [One("smtpd")]
    ) since "3.6";
    /// The parameter `smtpd_relay_restrictions`.
    SMTPD_RELAY_RESTRICTIONS: Text(
        "smtpd_relay_restrictions",
        "${{$compatibility_level} <level {1} ? {} : {permit_mynetworks, permit_sasl_authenticated, \
         defer_unauth_destination}}",
        any(), [One("smtpd")]
    ) since "2.10";
    /// The parameter `smtpd_restriction_classes`.
    SMTPD_RESTRICTION_CLASSES: Text("smtpd_restriction_classes", "", any(), [One("proxymap"), One("smtpd")]);
    /// The parameter `smtpd_sender_login_maps`.
    SMTPD_SENDER_LOGIN_MAPS: Text("smtpd_sender_login_maps", "", any(), [One("proxymap"), One("smtpd")]);
    /// The parameter `smtpd_sender_restrictions`.
    SMTPD_SENDER_RESTRICTIONS: Text("smtpd_sender_restrictions", "", any(), [One("smtpd")]) since "3.0";
    /// The parameter `smtpd_service_name`.
    SMTPD_SERVICE_NAME: Text("smtpd_service_name", "smtpd", min(1), [One("postscreen")]) since "2.8";
    /// The parameter `smtpd_soft_error_limit`.
    SMTPD_SOFT_ERROR_LIMIT: Int("smtpd_soft_error_limit", "10", min(1), [One("smtpd")]);
    /// The parameter `smtpd_timeout`.
    SMTPD_TIMEOUT: Seconds("smtpd_timeout", "${stress?{10}:{300}}s", min(1), [One("smtpd")]);
    /// The parameter `smtpd_upstream_proxy_protocol`.
    SMTPD_UPSTREAM_PROXY_PROTOCOL: Text(
        "smtpd_upstream_proxy_protocol", "", any(), [One("smtpd")]) since "2.10";
    /// The parameter `smtpd_upstream_proxy_timeout`.
    SMTPD_UPSTREAM_PROXY_TIMEOUT: Seconds(
        "smtpd_upstream_proxy_timeout", "5s", min(1), [One("smtpd")]) since "2.10";
    /// The parameter `strict_rfc821_envelopes`.
    STRICT_RFC821_ENVELOPES: Bool("strict_rfc821_envelopes", "no", any(), [One("smtpd")]);
    /// The parameter `unknown_address_reject_code`.
    UNKNOWN_ADDRESS_REJECT_CODE: Int("unknown_address_reject_code", "450", any(), [One("smtpd")]);
    /// The parameter `unknown_address_tempfail_action`.
    UNKNOWN_ADDRESS_TEMPFAIL_ACTION: Text(
        "unknown_address_tempfail_action", "$reject_tempfail_action", min(1), [One("smtpd")]) since "2.6";
    /// The parameter `unknown_client_reject_code`.
    UNKNOWN_CLIENT_REJECT_CODE: Int("unknown_client_reject_code", "450", any(), [One("smtpd")]);
    /// The parameter `unknown_helo_hostname_tempfail_action`.
    UNKNOWN_HELO_HOSTNAME_TEMPFAIL_ACTION: Text(
        "unknown_helo_hostname_tempfail_action",
        "$reject_tempfail_action",
        min(1), [One("smtpd")]
    ) since "2.6";
    /// The parameter `unknown_hostname_reject_code`.
    UNKNOWN_HOSTNAME_REJECT_CODE: Int("unknown_hostname_reject_code", "450", any(), [One("smtpd")]);
    /// The parameter `unknown_local_recipient_reject_code`.
    UNKNOWN_LOCAL_RECIPIENT_REJECT_CODE: Int(
        "unknown_local_recipient_reject_code", "550", any(), [One("smtpd")]) since "2.0";
    /// The parameter `unknown_relay_recipient_reject_code`.
    UNKNOWN_RELAY_RECIPIENT_REJECT_CODE: Int(
        "unknown_relay_recipient_reject_code", "550", any(), [One("smtpd")]) since "2.0";
    /// The parameter `unknown_virtual_alias_reject_code`.
    UNKNOWN_VIRTUAL_ALIAS_REJECT_CODE: Int(
        "unknown_virtual_alias_reject_code", "550", any(), [One("smtpd")]) since "2.0";
    /// The parameter `unknown_virtual_mailbox_reject_code`.
    UNKNOWN_VIRTUAL_MAILBOX_REJECT_CODE: Int(
        "unknown_virtual_mailbox_reject_code", "550", any(), [One("smtpd")]) since "2.0";
    /// The parameter `unverified_recipient_defer_code`.
    UNVERIFIED_RECIPIENT_DEFER_CODE: Int(
        "unverified_recipient_defer_code", "450", span(200, 499), [One("smtpd")]) since "2.6";
    /// The parameter `unverified_recipient_reject_code`.
    UNVERIFIED_RECIPIENT_REJECT_CODE: Int(
        "unverified_recipient_reject_code", "450", span(200, 599), [One("smtpd")]) since "2.1";
    /// The parameter `unverified_recipient_reject_reason`.
    UNVERIFIED_RECIPIENT_REJECT_REASON: Text(
        "unverified_recipient_reject_reason", "", any(), [One("smtpd")]) since "2.6";
    /// The parameter `unverified_recipient_tempfail_action`.
    UNVERIFIED_RECIPIENT_TEMPFAIL_ACTION: Text(
        "unverified_recipient_tempfail_action",
        "$reject_tempfail_action",
        min(1), [One("smtpd")]
    ) since "2.6";
    /// The parameter `unverified_sender_defer_code`.
    UNVERIFIED_SENDER_DEFER_CODE: Int(
        "unverified_sender_defer_code", "450", span(200, 499), [One("smtpd")]) since "2.6";
    /// The parameter `unverified_sender_reject_code`.
    UNVERIFIED_SENDER_REJECT_CODE: Int(
        "unverified_sender_reject_code", "450", span(200, 599), [One("smtpd")]) since "2.1";
    /// The parameter `unverified_sender_reject_reason`.
    UNVERIFIED_SENDER_REJECT_REASON: Text(
        "unverified_sender_reject_reason", "", any(), [One("smtpd")]) since "2.6";
    /// The parameter `unverified_sender_tempfail_action`.
    UNVERIFIED_SENDER_TEMPFAIL_ACTION: Text(
        "unverified_sender_tempfail_action", "$reject_tempfail_action", min(1), [One("smtpd")]) since "2.6";
}
