//! The SMTP client without TLS and authentication.

use crate::declare::parameters;
use crate::row::Program::One;
use crate::row::{any, min};

parameters! { after delivery;

    /// The parameter `smtp_address_preference`.
    SMTP_ADDRESS_PREFERENCE: Text("smtp_address_preference", "any", min(1), [One("smtp")]) since "2.8";
    /// The parameter `smtp_address_verify_target`.
    SMTP_ADDRESS_VERIFY_TARGET: Text("smtp_address_verify_target", "rcpt", min(1), [One("smtp")]) since "3.0";
    /// The parameter `smtp_always_send_ehlo`.
    SMTP_ALWAYS_SEND_EHLO: Bool("smtp_always_send_ehlo", "yes", any(), [One("smtp")]);
    /// The parameter `smtp_balance_inet_protocols`.
    SMTP_BALANCE_INET_PROTOCOLS: Bool("smtp_balance_inet_protocols", "yes", any(), [One("smtp")]) since "3.3";
    /// The parameter `smtp_bind_address`.
    SMTP_BIND_ADDRESS: Text("smtp_bind_address", "", any(), [One("smtp")]);
    /// The parameter `smtp_bind_address6`.
    SMTP_BIND_ADDRESS6: Text("smtp_bind_address6", "", any(), [One("smtp")]) since "2.2";
    /// The parameter `smtp_bind_address_enforce`.
    SMTP_BIND_ADDRESS_ENFORCE: Bool("smtp_bind_address_enforce", "no", any(), [One("smtp")]) since "3.7";
    /// The parameter `smtp_body_checks`.
    SMTP_BODY_CHECKS: Text("smtp_body_checks", "", any(), [One("smtp")]) since "2.5";
    /// The parameter `smtp_cname_overrides_servername`.
    SMTP_CNAME_OVERRIDES_SERVERNAME: Bool(
        "smtp_cname_overrides_servername", "no", any(), [One("smtp")]) since "2.2" instead "do not specify";
    /// The parameter `smtp_connect_timeout`.
    SMTP_CONNECT_TIMEOUT: Seconds("smtp_connect_timeout", "30s", any(), [One("smtp")]);
    /// The parameter `smtp_connection_cache_destinations`.
    SMTP_CONNECTION_CACHE_DESTINATIONS: Text(
        "smtp_connection_cache_destinations", "", any(), [One("smtp")]) since "2.2";
    /// The parameter `smtp_connection_cache_on_demand`.
    SMTP_CONNECTION_CACHE_ON_DEMAND: Bool(
        "smtp_connection_cache_on_demand", "yes", any(), [One("smtp")]) since "2.2";
    /// The parameter `smtp_connection_cache_time_limit`.
    SMTP_CONNECTION_CACHE_TIME_LIMIT: Seconds(
        "smtp_connection_cache_time_limit", "2s", min(1), [One("smtp")]) since "2.2";
    /// The parameter `smtp_connection_reuse_count_limit`.
    SMTP_CONNECTION_REUSE_COUNT_LIMIT: Int(
        "smtp_connection_reuse_count_limit", "0", any(), [One("smtp")]) since "2.11";
    /// The parameter `smtp_connection_reuse_time_limit`.
    SMTP_CONNECTION_REUSE_TIME_LIMIT: Seconds(
        "smtp_connection_reuse_time_limit", "300s", min(1), [One("smtp")]) since "2.3";
    /// The parameter `smtp_data_done_timeout`.
    SMTP_DATA_DONE_TIMEOUT: Seconds("smtp_data_done_timeout", "600s", min(1), [One("smtp")]);
    /// The parameter `smtp_data_init_timeout`.
    SMTP_DATA_INIT_TIMEOUT: Seconds("smtp_data_init_timeout", "120s", min(1), [One("smtp")]);
    /// The parameter `smtp_data_xfer_timeout`.
    SMTP_DATA_XFER_TIMEOUT: Seconds("smtp_data_xfer_timeout", "180s", min(1), [One("smtp")]);
    /// The parameter `smtp_defer_if_no_mx_address_found`.
    SMTP_DEFER_IF_NO_MX_ADDRESS_FOUND: Bool(
        "smtp_defer_if_no_mx_address_found", "no", any(), [One("smtp")]) since "2.1";
    /// The parameter `smtp_delivery_status_filter`.
    SMTP_DELIVERY_STATUS_FILTER: Text(
        "smtp_delivery_status_filter", "$default_delivery_status_filter", any(), [One("smtp")]);
    /// The parameter `smtp_discard_ehlo_keyword_address_maps`.
    SMTP_DISCARD_EHLO_KEYWORD_ADDRESS_MAPS: Text(
        "smtp_discard_ehlo_keyword_address_maps", "", any(), [One("smtp")]) since "2.2";
    /// The parameter `smtp_discard_ehlo_keywords`.
    SMTP_DISCARD_EHLO_KEYWORDS: Text("smtp_discard_ehlo_keywords", "", any(), [One("smtp")]) since "2.2";
    /// The parameter `smtp_dns_reply_filter`.
    SMTP_DNS_REPLY_FILTER: Text("smtp_dns_reply_filter", "", any(), [One("smtp")]) since "3.0";
    /// The parameter `smtp_dns_resolver_options`.
    SMTP_DNS_RESOLVER_OPTIONS: Text("smtp_dns_resolver_options", "", any(), [One("smtp")]) since "2.8";
    /// The parameter `smtp_dns_support_level`.
    SMTP_DNS_SUPPORT_LEVEL: Text("smtp_dns_support_level", "", any(), [One("smtp")]) since "2.11";
    /// The parameter `smtp_fallback_relay`.
    SMTP_FALLBACK_RELAY: Text("smtp_fallback_relay", "$fallback_relay", any(), [One("smtp")]);
    /// The parameter `smtp_generic_maps`.
    SMTP_GENERIC_MAPS: Text("smtp_generic_maps", "", any(), [One("smtp")]) since "2.2";
    /// The parameter `smtp_header_checks`.
    SMTP_HEADER_CHECKS: Text("smtp_header_checks", "", any(), [One("smtp")]) since "2.5";
    /// The parameter `smtp_helo_name`.
    SMTP_HELO_NAME: Text("smtp_helo_name", "$myhostname", min(1), [One("smtp")]) since "2.0";
    /// The parameter `smtp_helo_timeout`.
    SMTP_HELO_TIMEOUT: Seconds("smtp_helo_timeout", "300s", min(1), [One("smtp")]);
    /// The parameter `smtp_host_lookup`.
    SMTP_HOST_LOOKUP: Text("smtp_host_lookup", "dns", min(1), [One("smtp")]) since "2.1";
    /// The parameter `smtp_line_length_limit`.
    SMTP_LINE_LENGTH_LIMIT: Int("smtp_line_length_limit", "998", any(), [One("smtp")]);
    /// The parameter `smtp_mail_timeout`.
    SMTP_MAIL_TIMEOUT: Seconds("smtp_mail_timeout", "300s", min(1), [One("smtp")]);
    /// The parameter `smtp_mime_header_checks`.
    SMTP_MIME_HEADER_CHECKS: Text("smtp_mime_header_checks", "", any(), [One("smtp")]) since "2.5";
    /// The parameter `smtp_min_data_rate`.
    SMTP_MIN_DATA_RATE: Int("smtp_min_data_rate", "500", min(1), [One("smtp")]) since "3.7";
    /// The parameter `smtp_mx_address_limit`.
    SMTP_MX_ADDRESS_LIMIT: Int("smtp_mx_address_limit", "5", any(), [One("smtp")]) since "2.1";
    /// The parameter `smtp_mx_session_limit`.
    SMTP_MX_SESSION_LIMIT: Int("smtp_mx_session_limit", "2", any(), [One("smtp")]) since "2.1";
    /// The parameter `smtp_nested_header_checks`.
    SMTP_NESTED_HEADER_CHECKS: Text("smtp_nested_header_checks", "", any(), [One("smtp")]) since "2.5";
    /// The parameter `smtp_never_send_ehlo`.
    SMTP_NEVER_SEND_EHLO: Bool("smtp_never_send_ehlo", "no", any(), [One("smtp")]);
    /// The parameter `smtp_per_request_deadline`.
    SMTP_PER_REQUEST_DEADLINE: Bool(
        "smtp_per_request_deadline",
        "${smtp_per_record_deadline?{$smtp_per_record_deadline}:{no}}",
        any(), [One("smtp")]
    ) since "3.7";
    /// The parameter `smtp_pix_workaround_delay_time`.
    SMTP_PIX_WORKAROUND_DELAY_TIME: Seconds("smtp_pix_workaround_delay_time", "10s", min(1), [One("smtp")]);
    /// The parameter `smtp_pix_workaround_maps`.
    SMTP_PIX_WORKAROUND_MAPS: Text("smtp_pix_workaround_maps", "", any(), [One("smtp")]) since "2.4";
    /// The parameter `smtp_pix_workaround_threshold_time`.
    SMTP_PIX_WORKAROUND_THRESHOLD_TIME: Seconds(
        "smtp_pix_workaround_threshold_time", "500s", any(), [One("smtp")]);
    /// The parameter `smtp_pix_workarounds`.
    SMTP_PIX_WORKAROUNDS: Text(
        "smtp_pix_workarounds", "disable_esmtp,delay_dotcrlf", any(), [One("smtp")]) since "2.4";
    /// The parameter `smtp_quit_timeout`.
    SMTP_QUIT_TIMEOUT: Seconds("smtp_quit_timeout", "300s", min(1), [One("smtp")]);
    /// The parameter `smtp_quote_rfc821_envelope`.
    SMTP_QUOTE_RFC821_ENVELOPE: Bool("smtp_quote_rfc821_envelope", "yes", any(), [One("smtp")]) since "2.1";
    /// The parameter `smtp_randomize_addresses`.
    SMTP_RANDOMIZE_ADDRESSES: Bool("smtp_randomize_addresses", "yes", any(), [One("smtp")]);
    /// The parameter `smtp_rcpt_timeout`.
    SMTP_RCPT_TIMEOUT: Seconds("smtp_rcpt_timeout", "300s", min(1), [One("smtp")]);
    /// The parameter `smtp_reply_filter`.
    SMTP_REPLY_FILTER: Text("smtp_reply_filter", "", any(), [One("smtp")]) since "2.7";
    /// The parameter `smtp_requiretls_policy`.
    SMTP_REQUIRETLS_POLICY: Text(
        "smtp_requiretls_policy",
        "inline:{{${domain_to_ascii{$mydomain}}=opportunistic}, \
         {.${domain_to_ascii{$mydomain}}=opportunistic}, {localhost=opportunistic}}, cidr:{{0.0.0.0/0 \
         opportunistic}, {::/0 opportunistic}}, enforce",
        any(), [One("smtp")]
    ) since "3.11";
    /// The parameter `smtp_rset_timeout`.
    SMTP_RSET_TIMEOUT: Seconds("smtp_rset_timeout", "20s", min(1), [One("smtp")]) since "2.1";
    /// The parameter `smtp_send_dummy_mail_auth`.
    SMTP_SEND_DUMMY_MAIL_AUTH: Bool("smtp_send_dummy_mail_auth", "no", any(), [One("smtp")]) since "2.9";
    /// The parameter `smtp_send_xforward_command`.
    SMTP_SEND_XFORWARD_COMMAND: Bool("smtp_send_xforward_command", "no", any(), [One("smtp")]) since "2.1";
    /// The parameter `smtp_sender_dependent_authentication`.
    SMTP_SENDER_DEPENDENT_AUTHENTICATION: Bool(
        "smtp_sender_dependent_authentication", "no", any(), [One("smtp")]) since "2.3";
    /// The parameter `smtp_skip_5xx_greeting`.
    SMTP_SKIP_5XX_GREETING: Bool("smtp_skip_5xx_greeting", "yes", any(), [One("smtp")]);
    /// The parameter `smtp_skip_quit_response`.
    SMTP_SKIP_QUIT_RESPONSE: Bool("smtp_skip_quit_response", "yes", any(), [One("smtp")]);
    /// The parameter `smtp_tcp_port`.
    SMTP_TCP_PORT: Text("smtp_tcp_port", "smtp", any(), [One("smtp")]);
    /// The parameter `smtp_xforward_timeout`.
    SMTP_XFORWARD_TIMEOUT: Seconds("smtp_xforward_timeout", "300s", min(1), [One("smtp")]) since "2.1";
}
