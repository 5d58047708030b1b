//! The LMTP client without TLS and authentication: the same as the SMTP client, parameter by parameter.

use crate::declare::parameters;
use crate::row::Program::One;
use crate::row::{any, min};

parameters! { after smtp_client;

    /// Same as `smtp_address_preference`, for the LMTP client.
    LMTP_ADDRESS_PREFERENCE: Text("lmtp_address_preference", "any", min(1), [One("lmtp")]) since "2.8";
    /// Same as `smtp_address_verify_target`, for the LMTP client.
    LMTP_ADDRESS_VERIFY_TARGET: Text("lmtp_address_verify_target", "rcpt", min(1), [One("lmtp")]) since "3.0";
    /// Take a server's success for final delivery when it does not know DSN.
    LMTP_ASSUME_FINAL: Bool("lmtp_assume_final", "no", any(), [One("lmtp"), One("smtp")]);
    /// Same as `smtp_balance_inet_protocols`, for the LMTP client.
    LMTP_BALANCE_INET_PROTOCOLS: Bool("lmtp_balance_inet_protocols", "yes", any(), [One("lmtp")]) since "3.3";
    /// Same as `smtp_bind_address`, for the LMTP client.
    LMTP_BIND_ADDRESS: Text("lmtp_bind_address", "", any(), [One("lmtp")]) since "2.3";
    /// Same as `smtp_bind_address6`, for the LMTP client.
    LMTP_BIND_ADDRESS6: Text("lmtp_bind_address6", "", any(), [One("lmtp")]) since "2.3";
    /// Same as `smtp_bind_address_enforce`, for the LMTP client.
    LMTP_BIND_ADDRESS_ENFORCE: Bool("lmtp_bind_address_enforce", "no", any(), [One("lmtp")]) since "3.7";
    /// Same as `smtp_body_checks`, for the LMTP client.
    LMTP_BODY_CHECKS: Text("lmtp_body_checks", "", any(), [One("lmtp")]) since "2.5";
    /// Same as `smtp_cname_overrides_servername`, for the LMTP client.
    LMTP_CNAME_OVERRIDES_SERVERNAME: Bool(
        "lmtp_cname_overrides_servername", "no", any(), [One("lmtp")]) since "2.3" instead "do not specify";
    /// Same as `smtp_connect_timeout`, for the LMTP client.
    LMTP_CONNECT_TIMEOUT: Seconds("lmtp_connect_timeout", "0s", any(), [One("lmtp")]);
    /// Same as `smtp_connection_cache_destinations`, for the LMTP client.
    LMTP_CONNECTION_CACHE_DESTINATIONS: Text(
        "lmtp_connection_cache_destinations", "", any(), [One("lmtp")]) since "2.3";
    /// Same as `smtp_connection_cache_on_demand`, for the LMTP client.
    LMTP_CONNECTION_CACHE_ON_DEMAND: Bool(
        "lmtp_connection_cache_on_demand", "yes", any(), [One("lmtp")]) since "2.3";
    /// Same as `smtp_connection_cache_time_limit`, for the LMTP client.
    LMTP_CONNECTION_CACHE_TIME_LIMIT: Seconds(
        "lmtp_connection_cache_time_limit", "2s", min(1), [One("lmtp")]) since "2.3";
    /// Same as `smtp_connection_reuse_count_limit`, for the LMTP client.
    LMTP_CONNECTION_REUSE_COUNT_LIMIT: Int(
        "lmtp_connection_reuse_count_limit", "0", any(), [One("lmtp")]) since "2.11";
    /// Same as `smtp_connection_reuse_time_limit`, for the LMTP client.
    LMTP_CONNECTION_REUSE_TIME_LIMIT: Seconds(
        "lmtp_connection_reuse_time_limit", "300s", min(1), [One("lmtp")]) since "2.3";
    /// Same as `smtp_data_done_timeout`, for the LMTP client.
    LMTP_DATA_DONE_TIMEOUT: Seconds("lmtp_data_done_timeout", "600s", min(1), [One("lmtp")]);
    /// Same as `smtp_data_init_timeout`, for the LMTP client.
    LMTP_DATA_INIT_TIMEOUT: Seconds("lmtp_data_init_timeout", "120s", min(1), [One("lmtp")]);
    /// Same as `smtp_data_xfer_timeout`, for the LMTP client.
    LMTP_DATA_XFER_TIMEOUT: Seconds("lmtp_data_xfer_timeout", "180s", min(1), [One("lmtp")]);
    /// Same as `smtp_defer_if_no_mx_address_found`, for the LMTP client.
    LMTP_DEFER_IF_NO_MX_ADDRESS_FOUND: Bool(
        "lmtp_defer_if_no_mx_address_found", "no", any(), [One("lmtp")]) since "2.3";
    /// Same as `smtp_delivery_status_filter`, for the LMTP client.
    LMTP_DELIVERY_STATUS_FILTER: Text(
        "lmtp_delivery_status_filter", "$default_delivery_status_filter", any(), [One("lmtp")]) since "3.0";
    /// Same as `smtp_discard_ehlo_keyword_address_maps`, for the LMTP client.
    LMTP_DISCARD_LHLO_KEYWORD_ADDRESS_MAPS: Text(
        "lmtp_discard_lhlo_keyword_address_maps", "", any(), [One("lmtp")]) since "2.3";
    /// Same as `smtp_discard_ehlo_keywords`, for the LMTP client.
    LMTP_DISCARD_LHLO_KEYWORDS: Text("lmtp_discard_lhlo_keywords", "", any(), [One("lmtp")]) since "2.3";
    /// Same as `smtp_dns_reply_filter`, for the LMTP client.
    LMTP_DNS_REPLY_FILTER: Text("lmtp_dns_reply_filter", "", any(), [One("lmtp")]) since "3.0";
    /// Same as `smtp_dns_resolver_options`, for the LMTP client.
    LMTP_DNS_RESOLVER_OPTIONS: Text("lmtp_dns_resolver_options", "", any(), [One("lmtp")]) since "2.8";
    /// Same as `smtp_dns_support_level`, for the LMTP client.
    LMTP_DNS_SUPPORT_LEVEL: Text("lmtp_dns_support_level", "", any(), [One("lmtp")]) since "2.11";
    /// Same as `smtp_fallback_relay`, for the LMTP client.
    LMTP_FALLBACK_RELAY: Text("lmtp_fallback_relay", "", any(), [One("lmtp")]) since "3.1";
    /// Same as `smtp_generic_maps`, for the LMTP client.
    LMTP_GENERIC_MAPS: Text("lmtp_generic_maps", "", any(), [One("lmtp")]) since "2.3";
    /// Same as `smtp_header_checks`, for the LMTP client.
    LMTP_HEADER_CHECKS: Text("lmtp_header_checks", "", any(), [One("lmtp")]) since "2.5";
    /// Same as `smtp_host_lookup`, for the LMTP client.
    LMTP_HOST_LOOKUP: Text("lmtp_host_lookup", "dns", min(1), [One("lmtp")]) since "2.3";
    /// Same as `smtp_helo_name`, for the LMTP client.
    LMTP_LHLO_NAME: Text("lmtp_lhlo_name", "$myhostname", min(1), [One("lmtp")]) since "2.3";
    /// Same as `smtp_helo_timeout`, for the LMTP client.
    LMTP_LHLO_TIMEOUT: Seconds("lmtp_lhlo_timeout", "300s", min(1), [One("lmtp")]);
    /// Same as `smtp_line_length_limit`, for the LMTP client.
    LMTP_LINE_LENGTH_LIMIT: Int("lmtp_line_length_limit", "998", any(), [One("lmtp")]) since "2.3";
    /// Same as `smtp_mail_timeout`, for the LMTP client.
    LMTP_MAIL_TIMEOUT: Seconds("lmtp_mail_timeout", "300s", min(1), [One("lmtp")]);
    /// Same as `smtp_mime_header_checks`, for the LMTP client.
    LMTP_MIME_HEADER_CHECKS: Text("lmtp_mime_header_checks", "", any(), [One("lmtp")]) since "2.5";
    /// Same as `smtp_min_data_rate`, for the LMTP client.
    LMTP_MIN_DATA_RATE: Int("lmtp_min_data_rate", "500", min(1), [One("lmtp")]) since "3.7";
    /// Same as `smtp_mx_address_limit`, for the LMTP client.
    LMTP_MX_ADDRESS_LIMIT: Int("lmtp_mx_address_limit", "5", any(), [One("lmtp")]) since "2.3";
    /// Same as `smtp_mx_session_limit`, for the LMTP client.
    LMTP_MX_SESSION_LIMIT: Int("lmtp_mx_session_limit", "2", any(), [One("lmtp")]) since "2.3";
    /// Same as `smtp_nested_header_checks`, for the LMTP client.
    LMTP_NESTED_HEADER_CHECKS: Text("lmtp_nested_header_checks", "", any(), [One("lmtp")]) since "2.5";
    /// Same as `smtp_per_request_deadline`, for the LMTP client.
    LMTP_PER_REQUEST_DEADLINE: Bool(
        "lmtp_per_request_deadline",
        "${lmtp_per_record_deadline?{$lmtp_per_record_deadline}:{no}}",
        any(), [One("lmtp")]
    ) since "3.7";
    /// Same as `smtp_pix_workaround_delay_time`, for the LMTP client.
    LMTP_PIX_WORKAROUND_DELAY_TIME: Seconds(
        "lmtp_pix_workaround_delay_time", "10s", min(1), [One("lmtp")]) since "2.3";
    /// Same as `smtp_pix_workaround_maps`, for the LMTP client.
    LMTP_PIX_WORKAROUND_MAPS: Text("lmtp_pix_workaround_maps", "", any(), [One("lmtp")]) since "2.4";
    /// Same as `smtp_pix_workaround_threshold_time`, for the LMTP client.
    LMTP_PIX_WORKAROUND_THRESHOLD_TIME: Seconds(
        "lmtp_pix_workaround_threshold_time", "500s", any(), [One("lmtp")]) since "2.3";
    /// Same as `smtp_pix_workarounds`, for the LMTP client.
    LMTP_PIX_WORKAROUNDS: Text(
        "lmtp_pix_workarounds", "disable_esmtp,delay_dotcrlf", any(), [One("lmtp")]) since "2.4";
    /// Same as `smtp_quit_timeout`, for the LMTP client.
    LMTP_QUIT_TIMEOUT: Seconds("lmtp_quit_timeout", "300s", min(1), [One("lmtp")]);
    /// Same as `smtp_quote_rfc821_envelope`, for the LMTP client.
    LMTP_QUOTE_RFC821_ENVELOPE: Bool("lmtp_quote_rfc821_envelope", "yes", any(), [One("lmtp")]) since "2.3";
    /// Same as `smtp_randomize_addresses`, for the LMTP client.
    LMTP_RANDOMIZE_ADDRESSES: Bool("lmtp_randomize_addresses", "yes", any(), [One("lmtp")]) since "2.3";
    /// Same as `smtp_rcpt_timeout`, for the LMTP client.
    LMTP_RCPT_TIMEOUT: Seconds("lmtp_rcpt_timeout", "300s", min(1), [One("lmtp")]);
    /// Same as `smtp_reply_filter`, for the LMTP client.
    LMTP_REPLY_FILTER: Text("lmtp_reply_filter", "", any(), [One("lmtp")]) since "2.7";
    /// Same as `smtp_requiretls_policy`, for the LMTP client.
    LMTP_REQUIRETLS_POLICY: Text(
        "lmtp_requiretls_policy", "opportunistic", any(), [One("lmtp")]) since "3.11";
    /// Same as `smtp_rset_timeout`, for the LMTP client.
    LMTP_RSET_TIMEOUT: Seconds("lmtp_rset_timeout", "20s", min(1), [One("lmtp")]);
    /// Same as `smtp_send_dummy_mail_auth`, for the LMTP client.
    LMTP_SEND_DUMMY_MAIL_AUTH: Bool("lmtp_send_dummy_mail_auth", "no", any(), [One("lmtp")]) since "2.9";
    /// Same as `smtp_send_xforward_command`, for the LMTP client.
    LMTP_SEND_XFORWARD_COMMAND: Bool("lmtp_send_xforward_command", "no", any(), [One("lmtp")]) since "2.1";
    /// Same as `smtp_sender_dependent_authentication`, for the LMTP client.
    LMTP_SENDER_DEPENDENT_AUTHENTICATION: Bool(
        "lmtp_sender_dependent_authentication", "no", any(), [One("lmtp")]) since "2.3";
    /// Same as `smtp_skip_5xx_greeting`, for the LMTP client.
    LMTP_SKIP_5XX_GREETING: Bool("lmtp_skip_5xx_greeting", "yes", any(), [One("lmtp")]) since "2.3";
    /// Same as `smtp_skip_quit_response`, for the LMTP client.
    LMTP_SKIP_QUIT_RESPONSE: Bool("lmtp_skip_quit_response", "no", any(), [One("lmtp")]);
    /// Same as `smtp_tcp_port`, for the LMTP client.
    LMTP_TCP_PORT: Text("lmtp_tcp_port", "24", any(), [One("lmtp")]);
    /// Same as `smtp_xforward_timeout`, for the LMTP client.
    LMTP_XFORWARD_TIMEOUT: Seconds("lmtp_xforward_timeout", "300s", min(1), [One("lmtp")]) since "2.1";
}
