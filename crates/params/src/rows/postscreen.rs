//! postscreen(8) and dnsblog(8).

use crate::declare::parameters;
use crate::row::Program::One;
use crate::row::{any, min};

parameters! { after smtp_server_security;

    /// Delays dnsblog(8)'s answers, for tests.
    DNSBLOG_REPLY_DELAY: Seconds("dnsblog_reply_delay", "0s", any(), [One("dnsblog")]) since "2.8";
    /// Name of the dnsblog(8) service.
    DNSBLOG_SERVICE_NAME: Text("dnsblog_service_name", "dnsblog", min(1), [One("postscreen")]) since "2.8";
    /// Clients to let pass or keep out at once.
    POSTSCREEN_ACCESS_LIST: Text(
        "postscreen_access_list", "permit_mynetworks", any(), [One("postscreen")]) since "2.8";
    /// Own addresses on which clients may earn their pass.
    POSTSCREEN_ALLOWLIST_INTERFACES: Text(
        "postscreen_allowlist_interfaces",
        "${postscreen_whitelist_interfaces?{$postscreen_whitelist_interfaces}:{static:all}}",
        any(), [One("postscreen")]
    ) since "3.6";
    /// What to do when a client sends bare newlines.
    POSTSCREEN_BARE_NEWLINE_ACTION: Text(
        "postscreen_bare_newline_action", "ignore", min(1), [One("postscreen")]) since "2.8";
    /// Test clients for bare newlines.
    POSTSCREEN_BARE_NEWLINE_ENABLE: Bool(
        "postscreen_bare_newline_enable", "no", any(), [One("postscreen")]) since "2.8";
    /// How long a passed test for bare newlines is remembered.
    POSTSCREEN_BARE_NEWLINE_TTL: Seconds(
        "postscreen_bare_newline_ttl", "30d", min(1), [One("postscreen")]) since "2.8";
    /// How often expired results are removed.
    POSTSCREEN_CACHE_CLEANUP_INTERVAL: Seconds(
        "postscreen_cache_cleanup_interval", "12h", any(), [One("postscreen")]) since "2.8";
    /// Table with test results by client.
    POSTSCREEN_CACHE_MAP: Text(
        "postscreen_cache_map",
        "$default_cache_db_type:$data_directory/postscreen_cache",
        any(), [One("postscreen"), One("proxymap")]
    ) since "2.8";
    /// How long expired results are kept.
    POSTSCREEN_CACHE_RETENTION_TIME: Seconds(
        "postscreen_cache_retention_time", "7d", min(1), [One("postscreen")]) since "2.8";
    /// How many connections a client may have at once.
    POSTSCREEN_CLIENT_CONNECTION_COUNT_LIMIT: Int(
        "postscreen_client_connection_count_limit",
        "$smtpd_client_connection_count_limit",
        any(), [One("postscreen")]
    ) since "2.8";
    /// How many commands postscreen's own SMTP engine takes.
    POSTSCREEN_COMMAND_COUNT_LIMIT: Int(
        "postscreen_command_count_limit", "20", min(1), [One("postscreen")]) since "2.8";
    /// Table that changes commands before they are looked at.
    POSTSCREEN_COMMAND_FILTER: Text("postscreen_command_filter", "", any(), [One("postscreen")]) since "2.8";
    /// Time limit for a whole command.
    POSTSCREEN_COMMAND_TIME_LIMIT: Seconds(
        "postscreen_command_time_limit", "${stress?{10}:{300}}s", min(1), [One("postscreen")]) since "2.8";
    /// What to do with clients that the access list keeps out.
    POSTSCREEN_DENYLIST_ACTION: Text(
        "postscreen_denylist_action",
        "${postscreen_blacklist_action?{$postscreen_blacklist_action}:{ignore}}",
        min(1), [One("postscreen")]
    ) since "3.6";
    /// Refuse the VRFY command.
    POSTSCREEN_DISABLE_VRFY_COMMAND: Bool(
        "postscreen_disable_vrfy_command", "$disable_vrfy_command", any(), [One("postscreen")]) since "2.8";
    /// Tables with EHLO keywords not to announce, by client address.
    POSTSCREEN_DISCARD_EHLO_KEYWORD_ADDRESS_MAPS: Text(
        "postscreen_discard_ehlo_keyword_address_maps",
        "$smtpd_discard_ehlo_keyword_address_maps",
        any(), [One("postscreen")]
    ) since "2.8";
    /// EHLO keywords not to announce.
    POSTSCREEN_DISCARD_EHLO_KEYWORDS: Text(
        "postscreen_discard_ehlo_keywords",
        "$smtpd_discard_ehlo_keywords",
        any(), [One("postscreen")]
    ) since "2.8";
    /// What to do when a client's block list score is too high.
    POSTSCREEN_DNSBL_ACTION: Text(
        "postscreen_dnsbl_action", "ignore", min(1), [One("postscreen")]) since "2.8";
    /// Score at which other tests are skipped; 0 for never.
    POSTSCREEN_DNSBL_ALLOWLIST_THRESHOLD: Int(
        "postscreen_dnsbl_allowlist_threshold",
        "${postscreen_dnsbl_whitelist_threshold?{$postscreen_dnsbl_whitelist_threshold}:{0}}",
        any(), [One("postscreen")]
    ) since "3.6";
    /// Longest time that a passed block list test is remembered.
    POSTSCREEN_DNSBL_MAX_TTL: Seconds(
        "postscreen_dnsbl_max_ttl",
        "${postscreen_dnsbl_ttl?{$postscreen_dnsbl_ttl}:{1}}h",
        min(1), [One("postscreen")]
    ) since "3.1";
    /// Shortest time that a passed block list test is remembered.
    POSTSCREEN_DNSBL_MIN_TTL: Seconds(
        "postscreen_dnsbl_min_ttl", "60s", min(1), [One("postscreen")]) since "3.1";
    /// Table with names to show in place of block list domains.
    POSTSCREEN_DNSBL_REPLY_MAP: Text(
        "postscreen_dnsbl_reply_map", "", any(), [One("postscreen")]) since "2.8";
    /// Block and allow lists, with filters and weights.
    POSTSCREEN_DNSBL_SITES: Text("postscreen_dnsbl_sites", "", any(), [One("postscreen")]) since "2.8";
    /// Score from which a client fails.
    POSTSCREEN_DNSBL_THRESHOLD: Int(
        "postscreen_dnsbl_threshold", "1", min(1), [One("postscreen")]) since "2.8";
    /// Time limit for block list queries.
    POSTSCREEN_DNSBL_TIMEOUT: Seconds(
        "postscreen_dnsbl_timeout", "10s", min(1), [One("postscreen")]) since "3.0";
    /// Insist on TLS.
    POSTSCREEN_ENFORCE_TLS: Bool(
        "postscreen_enforce_tls",
        "$smtpd_enforce_tls",
        any(), [One("postscreen")]
    ) since "2.8" instead "specify \"postscreen_tls_security_level\"";
    /// Characters allowed in what is put into reply templates.
    POSTSCREEN_EXPANSION_FILTER: Raw(
        "postscreen_expansion_filter", "$smtpd_expansion_filter", min(1), [One("postscreen")]) since "2.8";
    /// Commands after which a client fails.
    POSTSCREEN_FORBIDDEN_COMMANDS: Text(
        "postscreen_forbidden_commands",
        "$smtpd_forbidden_commands",
        any(), [One("postscreen"), One("proxymap")]
    ) since "2.8";
    /// What to do when a client talks before the greeting.
    POSTSCREEN_GREET_ACTION: Text(
        "postscreen_greet_action", "ignore", min(1), [One("postscreen")]) since "2.8";
    /// First line of the greeting, which tempts hasty clients; empty for none.
    POSTSCREEN_GREET_BANNER: Text(
        "postscreen_greet_banner", "$smtpd_banner", any(), [One("postscreen")]) since "2.8";
    /// How long a passed greeting test is remembered.
    POSTSCREEN_GREET_TTL: Seconds("postscreen_greet_ttl", "1d", min(1), [One("postscreen")]) since "2.8";
    /// How long to wait for hasty clients.
    POSTSCREEN_GREET_WAIT: Seconds(
        "postscreen_greet_wait", "${stress?{2}:{6}}s", min(1), [One("postscreen")]) since "2.8";
    /// Insist on HELO or EHLO.
    POSTSCREEN_HELO_REQUIRED: Bool(
        "postscreen_helo_required", "$smtpd_helo_required", any(), [One("postscreen")]) since "2.8";
    /// What to do when a client sends what is no SMTP.
    POSTSCREEN_NON_SMTP_COMMAND_ACTION: Text(
        "postscreen_non_smtp_command_action", "drop", min(1), [One("postscreen")]) since "2.8";
    /// Test clients for what is no SMTP.
    POSTSCREEN_NON_SMTP_COMMAND_ENABLE: Bool(
        "postscreen_non_smtp_command_enable", "no", any(), [One("postscreen")]) since "2.8";
    /// How long a passed test for what is no SMTP is remembered.
    POSTSCREEN_NON_SMTP_COMMAND_TTL: Seconds(
        "postscreen_non_smtp_command_ttl", "30d", min(1), [One("postscreen")]) since "2.8";
    /// What to do when a client does not wait for replies.
    POSTSCREEN_PIPELINING_ACTION: Text(
        "postscreen_pipelining_action", "enforce", min(1), [One("postscreen")]) since "2.8";
    /// Test clients for not waiting for replies.
    POSTSCREEN_PIPELINING_ENABLE: Bool(
        "postscreen_pipelining_enable", "no", any(), [One("postscreen")]) since "2.8";
    /// How long a passed test for waiting is remembered.
    POSTSCREEN_PIPELINING_TTL: Seconds(
        "postscreen_pipelining_ttl", "30d", min(1), [One("postscreen")]) since "2.8";
    /// How many clients may wait for a real server.
    POSTSCREEN_POST_QUEUE_LIMIT: Int(
        "postscreen_post_queue_limit", "$default_process_limit", min(5), [One("postscreen")]) since "2.8";
    /// How many clients may wait for postscreen's decision.
    POSTSCREEN_PRE_QUEUE_LIMIT: Int(
        "postscreen_pre_queue_limit", "$default_process_limit", min(10), [One("postscreen")]) since "2.8";
    /// Text after negative replies.
    POSTSCREEN_REJECT_FOOTER: Raw(
        "postscreen_reject_footer", "$smtpd_reject_footer", any(), [One("postscreen")]) since "2.8";
    /// Tables with such text by reply.
    POSTSCREEN_REJECT_FOOTER_MAPS: Text(
        "postscreen_reject_footer_maps",
        "$smtpd_reject_footer_maps",
        any(), [One("postscreen")]
    ) since "3.4";
    /// TLS level: `none`, `may`, `encrypt`.
    POSTSCREEN_TLS_SECURITY_LEVEL: Text(
        "postscreen_tls_security_level",
        "$smtpd_tls_security_level",
        any(), [One("postscreen")]
    ) since "2.8";
    /// Protocol in which a proxy tells the client's address.
    POSTSCREEN_UPSTREAM_PROXY_PROTOCOL: Text(
        "postscreen_upstream_proxy_protocol", "", any(), [One("postscreen")]) since "2.10";
    /// Time limit for that.
    POSTSCREEN_UPSTREAM_PROXY_TIMEOUT: Seconds(
        "postscreen_upstream_proxy_timeout", "5s", min(1), [One("postscreen")]) since "2.10";
    /// Offer TLS.
    POSTSCREEN_USE_TLS: Bool(
        "postscreen_use_tls",
        "$smtpd_use_tls",
        any(), [One("postscreen")]
    ) since "2.8" instead "specify \"postscreen_tls_security_level\"";
    /// How long postscreen(8) may be busy with one event.
    POSTSCREEN_WATCHDOG_TIMEOUT: Seconds(
        "postscreen_watchdog_timeout", "10s", min(10), [One("postscreen")]) since "2.8";
}
