//! The SMTP client without TLS and authentication.

use crate::declare::parameters;
use crate::row::Program::One;
use crate::row::{any, min};

parameters! { after delivery;

    /// Which address family to try first: `ipv4`, `ipv6`, `any`.
    SMTP_ADDRESS_PREFERENCE: Text("smtp_address_preference", "any", min(1), [One("smtp")]) since "2.8";
    /// At which command an address probe ends: `rcpt` or `data`.
    SMTP_ADDRESS_VERIFY_TARGET: Text("smtp_address_verify_target", "rcpt", min(1), [One("smtp")]) since "3.0";
    /// Begin with EHLO whatever the greeting says.
    SMTP_ALWAYS_SEND_EHLO: Bool("smtp_always_send_ehlo", "yes", any(), [One("smtp")]);
    /// Keep addresses of both families among those that are tried.
    SMTP_BALANCE_INET_PROTOCOLS: Bool("smtp_balance_inet_protocols", "yes", any(), [One("smtp")]) since "3.3";
    /// IPv4 address to connect from.
    SMTP_BIND_ADDRESS: Text("smtp_bind_address", "", any(), [One("smtp")]);
    /// IPv6 address to connect from.
    SMTP_BIND_ADDRESS6: Text("smtp_bind_address6", "", any(), [One("smtp")]) since "2.2";
    /// Defer mail if the address to connect from cannot be used.
    SMTP_BIND_ADDRESS_ENFORCE: Bool("smtp_bind_address_enforce", "no", any(), [One("smtp")]) since "3.7";
    /// Pattern tables for body lines on the way out.
    SMTP_BODY_CHECKS: Text("smtp_body_checks", "", any(), [One("smtp")]) since "2.5";
    /// Use the name that a CNAME record leads to, for logging and authentication.
    SMTP_CNAME_OVERRIDES_SERVERNAME: Bool(
        "smtp_cname_overrides_servername", "no", any(), [One("smtp")]) since "2.2" instead "do not specify";
    /// Time limit for a TCP connection; 0 leaves it to the system.
    SMTP_CONNECT_TIMEOUT: Seconds("smtp_connect_timeout", "30s", any(), [One("smtp")]);
    /// Destinations whose connections are always kept for reuse.
    SMTP_CONNECTION_CACHE_DESTINATIONS: Text(
        "smtp_connection_cache_destinations", "", any(), [One("smtp")]) since "2.2";
    /// Keep connections while there is a lot of mail for a destination.
    SMTP_CONNECTION_CACHE_ON_DEMAND: Bool(
        "smtp_connection_cache_on_demand", "yes", any(), [One("smtp")]) since "2.2";
    /// How long an unused connection is kept.
    SMTP_CONNECTION_CACHE_TIME_LIMIT: Seconds(
        "smtp_connection_cache_time_limit", "2s", min(1), [One("smtp")]) since "2.2";
    /// How often a connection is used; 0 for no limit.
    SMTP_CONNECTION_REUSE_COUNT_LIMIT: Int(
        "smtp_connection_reuse_count_limit", "0", any(), [One("smtp")]) since "2.11";
    /// How long a connection is used.
    SMTP_CONNECTION_REUSE_TIME_LIMIT: Seconds(
        "smtp_connection_reuse_time_limit", "300s", min(1), [One("smtp")]) since "2.3";
    /// Time limit for the answer to the end of a message.
    SMTP_DATA_DONE_TIMEOUT: Seconds("smtp_data_done_timeout", "600s", min(1), [One("smtp")]);
    /// Time limit for the answer to DATA.
    SMTP_DATA_INIT_TIMEOUT: Seconds("smtp_data_init_timeout", "120s", min(1), [One("smtp")]);
    /// Time limit for sending a piece of a message.
    SMTP_DATA_XFER_TIMEOUT: Seconds("smtp_data_xfer_timeout", "180s", min(1), [One("smtp")]);
    /// Defer mail when no MX record leads to an address.
    SMTP_DEFER_IF_NO_MX_ADDRESS_FOUND: Bool(
        "smtp_defer_if_no_mx_address_found", "no", any(), [One("smtp")]) since "2.1";
    /// Like `default_delivery_status_filter`, for the SMTP client.
    SMTP_DELIVERY_STATUS_FILTER: Text(
        "smtp_delivery_status_filter", "$default_delivery_status_filter", any(), [One("smtp")]);
    /// Tables with EHLO keywords to ignore, by server address.
    SMTP_DISCARD_EHLO_KEYWORD_ADDRESS_MAPS: Text(
        "smtp_discard_ehlo_keyword_address_maps", "", any(), [One("smtp")]) since "2.2";
    /// EHLO keywords to ignore.
    SMTP_DISCARD_EHLO_KEYWORDS: Text("smtp_discard_ehlo_keywords", "", any(), [One("smtp")]) since "2.2";
    /// Tables that change or drop records in DNS answers.
    SMTP_DNS_REPLY_FILTER: Text("smtp_dns_reply_filter", "", any(), [One("smtp")]) since "3.0";
    /// Options of the resolver: `res_defnames`, `res_dnsrch`.
    SMTP_DNS_RESOLVER_OPTIONS: Text("smtp_dns_resolver_options", "", any(), [One("smtp")]) since "2.8";
    /// Whether to use the DNS, and DNSSEC: `disabled`, `enabled`, `dnssec`.
    SMTP_DNS_SUPPORT_LEVEL: Text("smtp_dns_support_level", "", any(), [One("smtp")]) since "2.11";
    /// Hosts to try when a destination cannot be found or reached.
    SMTP_FALLBACK_RELAY: Text("smtp_fallback_relay", "$fallback_relay", any(), [One("smtp")]);
    /// Tables that rewrite local addresses for the outside.
    SMTP_GENERIC_MAPS: Text("smtp_generic_maps", "", any(), [One("smtp")]) since "2.2";
    /// Pattern tables for headers on the way out.
    SMTP_HEADER_CHECKS: Text("smtp_header_checks", "", any(), [One("smtp")]) since "2.5";
    /// Our name in EHLO and HELO.
    SMTP_HELO_NAME: Text("smtp_helo_name", "$myhostname", min(1), [One("smtp")]) since "2.0";
    /// Time limit for greeting, EHLO and HELO.
    SMTP_HELO_TIMEOUT: Seconds("smtp_helo_timeout", "300s", min(1), [One("smtp")]);
    /// How names become addresses: `dns`, `native`.
    SMTP_HOST_LOOKUP: Text("smtp_host_lookup", "dns", min(1), [One("smtp")]) since "2.1";
    /// Longest line that is sent; 0 for no limit.
    SMTP_LINE_LENGTH_LIMIT: Int("smtp_line_length_limit", "998", any(), [One("smtp")]);
    /// Time limit for the answer to MAIL.
    SMTP_MAIL_TIMEOUT: Seconds("smtp_mail_timeout", "300s", min(1), [One("smtp")]);
    /// Pattern tables for MIME headers on the way out.
    SMTP_MIME_HEADER_CHECKS: Text("smtp_mime_header_checks", "", any(), [One("smtp")]) since "2.5";
    /// Least rate of transfer, bytes a second, with `smtp_per_request_deadline`.
    SMTP_MIN_DATA_RATE: Int("smtp_min_data_rate", "500", min(1), [One("smtp")]) since "3.7";
    /// How many addresses of a destination may be tried; 0 for no limit.
    SMTP_MX_ADDRESS_LIMIT: Int("smtp_mx_address_limit", "5", any(), [One("smtp")]) since "2.1";
    /// How many sessions may be tried before another server's turn; 0 for no limit.
    SMTP_MX_SESSION_LIMIT: Int("smtp_mx_session_limit", "2", any(), [One("smtp")]) since "2.1";
    /// Pattern tables for headers of attached messages on the way out.
    SMTP_NESTED_HEADER_CHECKS: Text("smtp_nested_header_checks", "", any(), [One("smtp")]) since "2.5";
    /// Begin with HELO.
    SMTP_NEVER_SEND_EHLO: Bool("smtp_never_send_ehlo", "no", any(), [One("smtp")]);
    /// Make time limits those of whole requests, not of single reads and writes.
    SMTP_PER_REQUEST_DEADLINE: Bool(
        "smtp_per_request_deadline",
        "${smtp_per_record_deadline?{$smtp_per_record_deadline}:{no}}",
        any(), [One("smtp")]
    ) since "3.7";
    /// Pause before the end of a message for the PIX workaround.
    SMTP_PIX_WORKAROUND_DELAY_TIME: Seconds("smtp_pix_workaround_delay_time", "10s", min(1), [One("smtp")]);
    /// Tables with PIX workarounds by server address.
    SMTP_PIX_WORKAROUND_MAPS: Text("smtp_pix_workaround_maps", "", any(), [One("smtp")]) since "2.4";
    /// Age of mail at which the PIX workaround begins.
    SMTP_PIX_WORKAROUND_THRESHOLD_TIME: Seconds(
        "smtp_pix_workaround_threshold_time", "500s", any(), [One("smtp")]);
    /// Workarounds for firewalls that break SMTP.
    SMTP_PIX_WORKAROUNDS: Text(
        "smtp_pix_workarounds", "disable_esmtp,delay_dotcrlf", any(), [One("smtp")]) since "2.4";
    /// Time limit for the answer to QUIT.
    SMTP_QUIT_TIMEOUT: Seconds("smtp_quit_timeout", "300s", min(1), [One("smtp")]);
    /// Quote addresses in MAIL and RCPT as the standard asks.
    SMTP_QUOTE_RFC821_ENVELOPE: Bool("smtp_quote_rfc821_envelope", "yes", any(), [One("smtp")]) since "2.1";
    /// Try servers of equal preference in random order.
    SMTP_RANDOMIZE_ADDRESSES: Bool("smtp_randomize_addresses", "yes", any(), [One("smtp")]);
    /// Time limit for the answer to RCPT.
    SMTP_RCPT_TIMEOUT: Seconds("smtp_rcpt_timeout", "300s", min(1), [One("smtp")]);
    /// Table that changes the server's replies.
    SMTP_REPLY_FILTER: Text("smtp_reply_filter", "", any(), [One("smtp")]) since "2.7";
    /// How strictly to follow REQUIRETLS, by destination.
    SMTP_REQUIRETLS_POLICY: Text(
        "smtp_requiretls_policy",
        "inline:{{${domain_to_ascii{$mydomain}}=opportunistic}, \
         {.${domain_to_ascii{$mydomain}}=opportunistic}, {localhost=opportunistic}}, cidr:{{0.0.0.0/0 \
         opportunistic}, {::/0 opportunistic}}, enforce",
        any(), [One("smtp")]
    ) since "3.11";
    /// Time limit for the answer to RSET.
    SMTP_RSET_TIMEOUT: Seconds("smtp_rset_timeout", "20s", min(1), [One("smtp")]) since "2.1";
    /// Send `AUTH=<>` with MAIL after authentication.
    SMTP_SEND_DUMMY_MAIL_AUTH: Bool("smtp_send_dummy_mail_auth", "no", any(), [One("smtp")]) since "2.9";
    /// Pass the original client's facts on to servers that announce XFORWARD.
    SMTP_SEND_XFORWARD_COMMAND: Bool("smtp_send_xforward_command", "no", any(), [One("smtp")]) since "2.1";
    /// Choose the password by the sender; connections are not shared then.
    SMTP_SENDER_DEPENDENT_AUTHENTICATION: Bool(
        "smtp_sender_dependent_authentication", "no", any(), [One("smtp")]) since "2.3";
    /// Go on to the next server after a greeting that refuses.
    SMTP_SKIP_5XX_GREETING: Bool("smtp_skip_5xx_greeting", "yes", any(), [One("smtp")]);
    /// Do not wait for the answer to QUIT.
    SMTP_SKIP_QUIT_RESPONSE: Bool("smtp_skip_quit_response", "yes", any(), [One("smtp")]);
    /// Port, or name of the service, to connect to.
    SMTP_TCP_PORT: Text("smtp_tcp_port", "smtp", any(), [One("smtp")]);
    /// Time limit for the answer to XFORWARD.
    SMTP_XFORWARD_TIMEOUT: Seconds("smtp_xforward_timeout", "300s", min(1), [One("smtp")]) since "2.1";
}
