//! The SMTP server (and the QMQP server) without TLS and authentication.

use crate::declare::parameters;
use crate::row::Program::{Every, One};
use crate::row::{any, min, span};

parameters! { after smtp_client_security;

    /// Reply code for the access result `DEFER`.
    ACCESS_MAP_DEFER_CODE: Int("access_map_defer_code", "450", any(), [One("smtpd")]) since "2.6";
    /// Reply code for the access result `REJECT`.
    ACCESS_MAP_REJECT_CODE: Int("access_map_reject_code", "554", any(), [One("smtpd")]);
    /// Reply template for clients on a DNS block list.
    DEFAULT_RBL_REPLY: Raw(
        "default_rbl_reply",
        "$rbl_code Service unavailable; $rbl_class [$rbl_what] blocked using $rbl_domain${rbl_reason?; \
         $rbl_reason}",
        min(1), [One("smtpd")]
    ) since "2.0";
    /// Reply code of the restriction `defer`.
    DEFER_CODE: Int("defer_code", "450", any(), [One("smtpd")]);
    /// Refuse the VRFY command.
    DISABLE_VRFY_COMMAND: Bool("disable_vrfy_command", "no", any(), [One("postscreen"), One("smtpd")]);
    /// Query that finds out if the resolver validates DNSSEC; empty for none.
    DNSSEC_PROBE: Text("dnssec_probe", "ns:.", any(), [Every]) since "3.6";
    /// Reply code for a malformed HELO name.
    INVALID_HOSTNAME_REJECT_CODE: Int("invalid_hostname_reject_code", "501", any(), [One("smtpd")]);
    /// Domains of the obsolete restriction `reject_maps_rbl`.
    MAPS_RBL_DOMAINS: Text("maps_rbl_domains", "", any(), [One("smtpd")]);
    /// Reply code for clients on a block list.
    MAPS_RBL_REJECT_CODE: Int("maps_rbl_reject_code", "554", any(), [One("smtpd")]);
    /// Reply code for bounces with several recipients.
    MULTI_RECIPIENT_BOUNCE_REJECT_CODE: Int(
        "multi_recipient_bounce_reject_code", "550", any(), [One("smtpd")]) since "2.1";
    /// Reply code for names that are not fully qualified.
    NON_FQDN_REJECT_CODE: Int("non_fqdn_reject_code", "504", any(), [One("smtpd")]);
    /// Settings in which `example.com` stands for its subdomains, too.
    PARENT_DOMAIN_MATCHES_SUBDOMAINS: Text(
        "parent_domain_matches_subdomains",
        "debug_peer_list,fast_flush_domains,mynetworks,permit_mx_backup_networks,qmqpd_authorized_clients,\
         relay_domains,smtpd_access_maps",
        any(), [Every]
    );
    /// Networks of the primary MX hosts of domains that we are a backup for.
    PERMIT_MX_BACKUP_NETWORKS: Text("permit_mx_backup_networks", "", any(), [One("smtpd")]);
    /// Reply code of `reject_plaintext_session`.
    PLAINTEXT_REJECT_CODE: Int("plaintext_reject_code", "450", any(), [One("smtpd")]) since "2.3";
    /// Clients that may use the QMQP server.
    QMQPD_AUTHORIZED_CLIENTS: Text("qmqpd_authorized_clients", "", any(), [One("qmqpd")]);
    /// Log the client's port, in the QMQP server.
    QMQPD_CLIENT_PORT_LOGGING: Bool("qmqpd_client_port_logging", "no", any(), [One("qmqpd")]) since "2.5";
    /// Pause before a negative reply, in the QMQP server.
    QMQPD_ERROR_DELAY: Seconds("qmqpd_error_delay", "1s", any(), [One("qmqpd")]);
    /// Time limit for sending or receiving, in the QMQP server.
    QMQPD_TIMEOUT: Seconds("qmqpd_timeout", "300s", min(1), [One("qmqpd")]);
    /// Tables with reply templates by block list.
    RBL_REPLY_MAPS: Text("rbl_reply_maps", "", any(), [One("smtpd")]) since "2.0";
    /// Reply code of the restriction `reject`.
    REJECT_CODE: Int("reject_code", "554", any(), [One("smtpd")]);
    /// What to do when a restriction that rejects meets a temporary error.
    REJECT_TEMPFAIL_ACTION: Text(
        "reject_tempfail_action", "defer_if_permit", min(1), [One("smtpd")]) since "2.6";
    /// Tables with fingerprints of client certificates that may relay.
    RELAY_CLIENTCERTS: Text("relay_clientcerts", "", any(), [One("smtpd")]) since "2.2";
    /// Reply code for mail that would be relayed without right.
    RELAY_DOMAINS_REJECT_CODE: Int("relay_domains_reject_code", "554", any(), [One("smtpd")]);
    /// Name the table in replies about unknown users.
    SHOW_USER_UNKNOWN_TABLE_NAME: Bool(
        "show_user_unknown_table_name", "yes", any(), [One("smtpd"), One("trivial-rewrite")]) since "2.0";
    /// Clients that may ask for VERP.
    SMTPD_AUTHORIZED_VERP_CLIENTS: Text(
        "smtpd_authorized_verp_clients", "$authorized_verp_clients", any(), [One("smtpd")]);
    /// Clients that may use XCLIENT.
    SMTPD_AUTHORIZED_XCLIENT_HOSTS: Text(
        "smtpd_authorized_xclient_hosts", "", any(), [One("smtpd")]) since "2.1";
    /// Clients that may use XFORWARD.
    SMTPD_AUTHORIZED_XFORWARD_HOSTS: Text(
        "smtpd_authorized_xforward_hosts", "", any(), [One("smtpd")]) since "2.1";
    /// Text after the code in the greeting.
    SMTPD_BANNER: Text(
        "smtpd_banner", "$myhostname ESMTP $mail_name", min(1), [One("postscreen"), One("smtpd")]);
    /// How many AUTH commands a client may send in a time unit; 0 for no limit.
    SMTPD_CLIENT_AUTH_RATE_LIMIT: Int("smtpd_client_auth_rate_limit", "0", any(), [One("smtpd")]) since "3.1";
    /// How many connections a client may have at once; 0 for no limit.
    SMTPD_CLIENT_CONNECTION_COUNT_LIMIT: Int(
        "smtpd_client_connection_count_limit", "50", any(), [One("postscreen"), One("smtpd")]) since "2.2";
    /// How many connections a client may make in a time unit; 0 for no limit.
    SMTPD_CLIENT_CONNECTION_RATE_LIMIT: Int(
        "smtpd_client_connection_rate_limit", "0", any(), [One("smtpd")]) since "2.2";
    /// Clients for which these limits do not hold.
    SMTPD_CLIENT_EVENT_LIMIT_EXCEPTIONS: Text(
        "smtpd_client_event_limit_exceptions",
        "${smtpd_client_connection_limit_exceptions:$mynetworks}",
        any(), [One("smtpd")]
    ) since "2.2";
    /// Length of the IPv4 prefix that counts as one client.
    SMTPD_CLIENT_IPV4_PREFIX_LENGTH: Int(
        "smtpd_client_ipv4_prefix_length", "32", span(0, 32), [One("smtpd")]) since "3.8";
    /// Length of the IPv6 prefix that counts as one client.
    SMTPD_CLIENT_IPV6_PREFIX_LENGTH: Int(
        "smtpd_client_ipv6_prefix_length", "84", span(0, 128), [One("smtpd")]) since "3.8";
    /// How many messages a client may send in a time unit; 0 for no limit.
    SMTPD_CLIENT_MESSAGE_RATE_LIMIT: Int(
        "smtpd_client_message_rate_limit", "0", any(), [One("smtpd")]) since "2.2";
    /// How many new TLS sessions a client may make in a time unit; 0 for no limit.
    SMTPD_CLIENT_NEW_TLS_SESSION_RATE_LIMIT: Int(
        "smtpd_client_new_tls_session_rate_limit", "0", any(), [One("smtpd")]) since "2.3";
    /// Log the client's port.
    SMTPD_CLIENT_PORT_LOGGING: Bool("smtpd_client_port_logging", "no", any(), [One("smtpd")]) since "2.5";
    /// How many recipients a client may send to in a time unit; 0 for no limit.
    SMTPD_CLIENT_RECIPIENT_RATE_LIMIT: Int(
        "smtpd_client_recipient_rate_limit", "0", any(), [One("smtpd")]) since "2.2";
    /// Restrictions at the time of the connection.
    SMTPD_CLIENT_RESTRICTIONS: Text("smtpd_client_restrictions", "", any(), [One("smtpd")]) since "3.0";
    /// Table that changes commands before they are looked at.
    SMTPD_COMMAND_FILTER: Text(
        "smtpd_command_filter", "", any(), [One("postscreen"), One("smtpd")]) since "2.7";
    /// Restrictions at the DATA command.
    SMTPD_DATA_RESTRICTIONS: Text("smtpd_data_restrictions", "", any(), [One("smtpd")]) since "2.0";
    /// Make no queue file before there is a valid recipient.
    SMTPD_DELAY_OPEN_UNTIL_VALID_RCPT: Bool(
        "smtpd_delay_open_until_valid_rcpt", "yes", any(), [One("smtpd")]) since "2.3";
    /// Apply the earlier restrictions at the RCPT command.
    SMTPD_DELAY_REJECT: Bool("smtpd_delay_reject", "yes", any(), [One("smtpd")]);
    /// Tables with EHLO keywords not to announce, by client address.
    SMTPD_DISCARD_EHLO_KEYWORD_ADDRESS_MAPS: Text(
        "smtpd_discard_ehlo_keyword_address_maps",
        "",
        any(), [One("postscreen"), One("smtpd")]
    ) since "2.2";
    /// EHLO keywords not to announce.
    SMTPD_DISCARD_EHLO_KEYWORDS: Text(
        "smtpd_discard_ehlo_keywords", "", any(), [One("postscreen"), One("smtpd")]) since "2.2";
    /// Tables that change or drop records in DNS answers.
    SMTPD_DNS_REPLY_FILTER: Text("smtpd_dns_reply_filter", "", any(), [One("smtpd")]) since "3.0";
    /// Restrictions at the end of a message.
    SMTPD_END_OF_DATA_RESTRICTIONS: Text(
        "smtpd_end_of_data_restrictions", "", any(), [One("smtpd")]) since "2.2";
    /// Pause before a negative reply to a client that makes errors.
    SMTPD_ERROR_SLEEP_TIME: Seconds("smtpd_error_sleep_time", "1s", any(), [One("smtpd")]);
    /// Restrictions at the ETRN command.
    SMTPD_ETRN_RESTRICTIONS: Text("smtpd_etrn_restrictions", "", any(), [One("smtpd")]);
    /// Characters allowed in what is put into reply templates.
    SMTPD_EXPANSION_FILTER: Raw(
        "smtpd_expansion_filter",
        "\\t\\40!\"#$%&'()*+,\
         -./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\\\]^_`abcdefghijklmnopqrstuvwxyz{|}~",
        min(1), [One("postscreen"), One("smtpd")]
    ) since "2.0";
    /// What to do about lines that end in a bare newline.
    SMTPD_FORBID_BARE_NEWLINE: Text(
        "smtpd_forbid_bare_newline", "normalize", min(1), [One("smtpd")]) since "3.9";
    /// Clients whose bare newlines are put up with.
    SMTPD_FORBID_BARE_NEWLINE_EXCLUSIONS: Text(
        "smtpd_forbid_bare_newline_exclusions", "$mynetworks", any(), [One("smtpd")]) since "3.9";
    /// Reply code for bare newlines.
    SMTPD_FORBID_BARE_NEWLINE_REJECT_CODE: Int(
        "smtpd_forbid_bare_newline_reject_code", "550", span(500, 599), [One("smtpd")]) since "3.9";
    /// Hang up on clients that do not wait for replies.
    SMTPD_FORBID_UNAUTH_PIPELINING: Bool(
        "smtpd_forbid_unauth_pipelining", "yes", any(), [One("smtpd")]) since "3.9";
    /// Commands after which to hang up.
    SMTPD_FORBIDDEN_COMMANDS: Text(
        "smtpd_forbidden_commands",
        "CONNECT GET POST regexp:{{/^[^A-Z]/ Bogus}}",
        any(), [One("postscreen"), One("proxymap"), One("smtpd")]
    ) since "2.2";
    /// How many errors a client may make before we hang up.
    SMTPD_HARD_ERROR_LIMIT: Int("smtpd_hard_error_limit", "${stress?{1}:{20}}", min(1), [One("smtpd")]);
    /// Insist on HELO or EHLO.
    SMTPD_HELO_REQUIRED: Bool("smtpd_helo_required", "no", any(), [One("postscreen"), One("smtpd")]);
    /// Restrictions at HELO and EHLO.
    SMTPD_HELO_RESTRICTIONS: Text("smtpd_helo_restrictions", "", any(), [One("smtpd")]) since "3.0";
    /// Leave the client out of Received: headers.
    SMTPD_HIDE_CLIENT_SESSION: Bool("smtpd_hide_client_session", "no", any(), [One("smtpd")]) since "3.10";
    /// Size of the command history that goes into a notice.
    SMTPD_HISTORY_FLUSH_THRESHOLD: Int("smtpd_history_flush_threshold", "100", min(1), [One("smtpd")]);
    /// How many commands without effect a client may send before they count as errors.
    SMTPD_JUNK_COMMAND_LIMIT: Int("smtpd_junk_command_limit", "${stress?{1}:{100}}", min(1), [One("smtpd")]);
    /// Actions that permit and are to be logged.
    SMTPD_LOG_ACCESS_PERMIT_ACTIONS: Text(
        "smtpd_log_access_permit_actions", "", any(), [One("smtpd")]) since "2.10";
    /// Tables with filters by client address.
    SMTPD_MILTER_MAPS: Text("smtpd_milter_maps", "", any(), [One("smtpd")]) since "3.2";
    /// Filters for mail that comes by SMTP.
    SMTPD_MILTERS: Text("smtpd_milters", "", any(), [One("smtpd")]) since "2.3";
    /// Least rate of transfer, bytes a second, with `smtpd_per_request_deadline`.
    SMTPD_MIN_DATA_RATE: Int("smtpd_min_data_rate", "500", min(1), [One("smtpd")]) since "3.7";
    /// Commands to answer with success and ignore.
    SMTPD_NOOP_COMMANDS: Text("smtpd_noop_commands", "", any(), [One("smtpd")]);
    /// Key for the null sender in access tables.
    SMTPD_NULL_ACCESS_LOOKUP_KEY: Text("smtpd_null_access_lookup_key", "<>", any(), [One("smtpd")]);
    /// Look up and check the client's name.
    SMTPD_PEERNAME_LOOKUP: Bool("smtpd_peername_lookup", "yes", any(), [One("smtpd")]) since "2.3";
    /// Make time limits those of whole requests, not of single reads and writes.
    SMTPD_PER_REQUEST_DEADLINE: Bool(
        "smtpd_per_request_deadline",
        "${smtpd_per_record_deadline?{$smtpd_per_record_deadline}:{${stress?{yes}:{no}}}}",
        any(), [One("smtpd")]
    ) since "3.7";
    /// Action when a policy server is not to be had.
    SMTPD_POLICY_SERVICE_DEFAULT_ACTION: Text(
        "smtpd_policy_service_default_action",
        "451 4.3.5 Server configuration problem",
        min(1), [One("smtpd")]
    ) since "3.0";
    /// How long an unused connection to a policy server is kept.
    SMTPD_POLICY_SERVICE_MAX_IDLE: Seconds(
        "smtpd_policy_service_max_idle", "300s", min(1), [One("smtpd")]) since "2.1";
    /// How long a busy connection to a policy server is kept.
    SMTPD_POLICY_SERVICE_MAX_TTL: Seconds(
        "smtpd_policy_service_max_ttl", "1000s", min(1), [One("smtpd")]) since "2.1";
    /// Text that policy servers get as `policy_context`.
    SMTPD_POLICY_SERVICE_POLICY_CONTEXT: Text(
        "smtpd_policy_service_policy_context", "", any(), [One("smtpd")]) since "3.1";
    /// How many requests go over one connection to a policy server; 0 for no limit.
    SMTPD_POLICY_SERVICE_REQUEST_LIMIT: Int(
        "smtpd_policy_service_request_limit", "0", any(), [One("smtpd")]) since "3.0";
    /// Wait between attempts to ask a policy server.
    SMTPD_POLICY_SERVICE_RETRY_DELAY: Seconds(
        "smtpd_policy_service_retry_delay", "1s", min(1), [One("smtpd")]) since "3.0";
    /// Time limit for talking to a policy server.
    SMTPD_POLICY_SERVICE_TIMEOUT: Seconds(
        "smtpd_policy_service_timeout", "100s", min(1), [One("smtpd")]) since "2.1";
    /// How often to try to ask a policy server.
    SMTPD_POLICY_SERVICE_TRY_LIMIT: Int(
        "smtpd_policy_service_try_limit", "2", min(1), [One("smtpd")]) since "3.0";
    /// Our name in EHLO to a filter before the queue.
    SMTPD_PROXY_EHLO: Text("smtpd_proxy_ehlo", "$myhostname", any(), [One("smtpd")]) since "2.1";
    /// Host and port of a filter before the queue.
    SMTPD_PROXY_FILTER: Text("smtpd_proxy_filter", "", any(), [One("smtpd")]) since "2.1";
    /// How to talk to a filter before the queue.
    SMTPD_PROXY_OPTIONS: Text("smtpd_proxy_options", "", any(), [One("smtpd")]) since "2.7";
    /// Time limit for talking to a filter before the queue.
    SMTPD_PROXY_TIMEOUT: Seconds("smtpd_proxy_timeout", "100s", min(1), [One("smtpd")]) since "2.1";
    /// How many recipients a message may have.
    SMTPD_RECIPIENT_LIMIT: Int("smtpd_recipient_limit", "1000", min(1), [One("smtpd")]);
    /// How many recipients beyond that are errors of the client.
    SMTPD_RECIPIENT_OVERSHOOT_LIMIT: Int("smtpd_recipient_overshoot_limit", "1000", min(1), [One("smtpd")]);
    /// Restrictions at the RCPT command, after those on relaying.
    SMTPD_RECIPIENT_RESTRICTIONS: Text("smtpd_recipient_restrictions", "", any(), [One("smtpd")]) since "3.0";
    /// Tables that change negative replies.
    SMTPD_REJECT_FILTER_MAPS: Text("smtpd_reject_filter_maps", "", any(), [One("smtpd")]) since "3.11";
    /// Text after negative replies.
    SMTPD_REJECT_FOOTER: Raw("smtpd_reject_footer", "", any(), [One("postscreen"), One("smtpd")]) since "2.8";
    /// Tables with such text by reply.
    SMTPD_REJECT_FOOTER_MAPS: Text("smtpd_reject_footer_maps", "", any(), [One("smtpd")]) since "3.4";
    /// Refuse unknown recipients without being told to.
    SMTPD_REJECT_UNLISTED_RECIPIENT: Bool(
        "smtpd_reject_unlisted_recipient", "yes", any(), [One("smtpd")]) since "2.1";
    /// Refuse unknown senders of our domains without being told to.
    SMTPD_REJECT_UNLISTED_SENDER: Bool(
        "smtpd_reject_unlisted_sender", "no", any(), [One("smtpd")]) since "2.1";
    /// Apply restrictions on relaying before those on recipients.
    SMTPD_RELAY_BEFORE_RECIPIENT_RESTRICTIONS: Bool(
        "smtpd_relay_before_recipient_restrictions",
        "${{$compatibility_level} <level {3.6} ? {no} : {yes}}",
        any(), [One("smtpd")]
    ) since "3.6";
    /// Restrictions on relaying, at the RCPT command.
    SMTPD_RELAY_RESTRICTIONS: Text(
        "smtpd_relay_restrictions",
        "${{$compatibility_level} <level {1} ? {} : {permit_mynetworks, permit_sasl_authenticated, \
         defer_unauth_destination}}",
        any(), [One("smtpd")]
    ) since "2.10";
    /// Names of restrictions that the site defines.
    SMTPD_RESTRICTION_CLASSES: Text("smtpd_restriction_classes", "", any(), [One("proxymap"), One("smtpd")]);
    /// Tables with the logins that own a sender address.
    SMTPD_SENDER_LOGIN_MAPS: Text("smtpd_sender_login_maps", "", any(), [One("proxymap"), One("smtpd")]);
    /// Restrictions at the MAIL command.
    SMTPD_SENDER_RESTRICTIONS: Text("smtpd_sender_restrictions", "", any(), [One("smtpd")]) since "3.0";
    /// Service that postscreen(8) hands connections to.
    SMTPD_SERVICE_NAME: Text("smtpd_service_name", "smtpd", min(1), [One("postscreen")]) since "2.8";
    /// How many errors a client may make before replies are delayed.
    SMTPD_SOFT_ERROR_LIMIT: Int("smtpd_soft_error_limit", "10", min(1), [One("smtpd")]);
    /// Time limit for sending replies and receiving commands.
    SMTPD_TIMEOUT: Seconds("smtpd_timeout", "${stress?{10}:{300}}s", min(1), [One("smtpd")]);
    /// Protocol in which a proxy tells the client's address.
    SMTPD_UPSTREAM_PROXY_PROTOCOL: Text(
        "smtpd_upstream_proxy_protocol", "", any(), [One("smtpd")]) since "2.10";
    /// Time limit for that.
    SMTPD_UPSTREAM_PROXY_TIMEOUT: Seconds(
        "smtpd_upstream_proxy_timeout", "5s", min(1), [One("smtpd")]) since "2.10";
    /// Insist on `<>` around addresses, with nothing else in them.
    STRICT_RFC821_ENVELOPES: Bool("strict_rfc821_envelopes", "no", any(), [One("smtpd")]);
    /// Reply code for domains without mail servers.
    UNKNOWN_ADDRESS_REJECT_CODE: Int("unknown_address_reject_code", "450", any(), [One("smtpd")]);
    /// What to do when such a look-up fails for now.
    UNKNOWN_ADDRESS_TEMPFAIL_ACTION: Text(
        "unknown_address_tempfail_action", "$reject_tempfail_action", min(1), [One("smtpd")]) since "2.6";
    /// Reply code for clients without a proper name.
    UNKNOWN_CLIENT_REJECT_CODE: Int("unknown_client_reject_code", "450", any(), [One("smtpd")]);
    /// What to do when looking up the HELO name fails for now.
    UNKNOWN_HELO_HOSTNAME_TEMPFAIL_ACTION: Text(
        "unknown_helo_hostname_tempfail_action",
        "$reject_tempfail_action",
        min(1), [One("smtpd")]
    ) since "2.6";
    /// Reply code for a HELO name that does not exist.
    UNKNOWN_HOSTNAME_REJECT_CODE: Int("unknown_hostname_reject_code", "450", any(), [One("smtpd")]);
    /// Reply code for unknown users in `mydestination`.
    UNKNOWN_LOCAL_RECIPIENT_REJECT_CODE: Int(
        "unknown_local_recipient_reject_code", "550", any(), [One("smtpd")]) since "2.0";
    /// Reply code for unknown users in `relay_domains`.
    UNKNOWN_RELAY_RECIPIENT_REJECT_CODE: Int(
        "unknown_relay_recipient_reject_code", "550", any(), [One("smtpd")]) since "2.0";
    /// Reply code for unknown users in `virtual_alias_domains`.
    UNKNOWN_VIRTUAL_ALIAS_REJECT_CODE: Int(
        "unknown_virtual_alias_reject_code", "550", any(), [One("smtpd")]) since "2.0";
    /// Reply code for unknown users in `virtual_mailbox_domains`.
    UNKNOWN_VIRTUAL_MAILBOX_REJECT_CODE: Int(
        "unknown_virtual_mailbox_reject_code", "550", any(), [One("smtpd")]) since "2.0";
    /// Reply code while a recipient's probe is not done.
    UNVERIFIED_RECIPIENT_DEFER_CODE: Int(
        "unverified_recipient_defer_code", "450", span(200, 499), [One("smtpd")]) since "2.6";
    /// Reply code for recipients that a probe found undeliverable.
    UNVERIFIED_RECIPIENT_REJECT_CODE: Int(
        "unverified_recipient_reject_code", "450", span(200, 599), [One("smtpd")]) since "2.1";
    /// Text in place of the probe's details, for recipients.
    UNVERIFIED_RECIPIENT_REJECT_REASON: Text(
        "unverified_recipient_reject_reason", "", any(), [One("smtpd")]) since "2.6";
    /// What to do when a recipient's probe fails for now.
    UNVERIFIED_RECIPIENT_TEMPFAIL_ACTION: Text(
        "unverified_recipient_tempfail_action",
        "$reject_tempfail_action",
        min(1), [One("smtpd")]
    ) since "2.6";
    /// Reply code while a sender's probe is not done.
    UNVERIFIED_SENDER_DEFER_CODE: Int(
        "unverified_sender_defer_code", "450", span(200, 499), [One("smtpd")]) since "2.6";
    /// Reply code for senders that a probe found undeliverable.
    UNVERIFIED_SENDER_REJECT_CODE: Int(
        "unverified_sender_reject_code", "450", span(200, 599), [One("smtpd")]) since "2.1";
    /// Text in place of the probe's details, for senders.
    UNVERIFIED_SENDER_REJECT_REASON: Text(
        "unverified_sender_reject_reason", "", any(), [One("smtpd")]) since "2.6";
    /// What to do when a sender's probe fails for now.
    UNVERIFIED_SENDER_TEMPFAIL_ACTION: Text(
        "unverified_sender_tempfail_action", "$reject_tempfail_action", min(1), [One("smtpd")]) since "2.6";
}
