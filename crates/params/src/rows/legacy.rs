//! Names from the past: nothing reads them but the defaults of their successors.

use crate::declare::parameters;
use crate::row::Program::Every;
use crate::row::any;

parameters! { after tls;

    /// Old name; now `smtpd_authorized_verp_clients`.
    AUTHORIZED_VERP_CLIENTS: Text(
        "authorized_verp_clients",
        "",
        any(), [Every]
    ) since "1.1" instead "specify \"smtpd_authorized_verp_clients\"" legacy true;
    /// Old name; now `smtp_fallback_relay`.
    FALLBACK_RELAY: Text(
        "fallback_relay", "", any(), [Every]) instead "specify \"smtp_fallback_relay\"" legacy true;
    /// Old name; now `lmtp_per_request_deadline`.
    LMTP_PER_RECORD_DEADLINE: Text(
        "lmtp_per_record_deadline",
        "",
        any(), [Every]
    ) since "2.9" instead "specify \"lmtp_per_request_deadline\"" legacy true;
    /// Old name; now `postscreen_denylist_action`.
    POSTSCREEN_BLACKLIST_ACTION: Text(
        "postscreen_blacklist_action",
        "",
        any(), [Every]
    ) since "2.8" instead "specify \"postscreen_denylist_action\"" legacy true;
    /// Old name; now `postscreen_dnsbl_max_ttl`.
    POSTSCREEN_DNSBL_TTL: Text(
        "postscreen_dnsbl_ttl",
        "",
        any(), [Every]
    ) since "2.8" instead "specify \"postscreen_dnsbl_max_ttl\"" legacy true;
    /// Old name; now `postscreen_dnsbl_allowlist_threshold`.
    POSTSCREEN_DNSBL_WHITELIST_THRESHOLD: Text(
        "postscreen_dnsbl_whitelist_threshold",
        "",
        any(), [Every]
    ) since "2.11" instead "specify \"postscreen_dnsbl_allowlist_threshold\"" legacy true;
    /// Old name; now `postscreen_allowlist_interfaces`.
    POSTSCREEN_WHITELIST_INTERFACES: Text(
        "postscreen_whitelist_interfaces",
        "",
        any(), [Every]
    ) since "2.9" instead "specify \"postscreen_allowlist_interfaces\"" legacy true;
    /// Old name; now `smtp_per_request_deadline`.
    SMTP_PER_RECORD_DEADLINE: Text(
        "smtp_per_record_deadline",
        "",
        any(), [Every]
    ) since "2.9" instead "specify \"smtp_per_request_deadline\"" legacy true;
    /// Old name; now `smtpd_client_event_limit_exceptions`.
    SMTPD_CLIENT_CONNECTION_LIMIT_EXCEPTIONS: Text(
        "smtpd_client_connection_limit_exceptions",
        "",
        any(), [Every]
    ) instead "specify \"smtpd_client_event_limit_exceptions\"" legacy true;
    /// Old name; now `smtpd_per_request_deadline`.
    SMTPD_PER_RECORD_DEADLINE: Text(
        "smtpd_per_record_deadline",
        "",
        any(), [Every]
    ) since "2.9" instead "specify \"smtpd_per_request_deadline\"" legacy true;
    /// Old name; now `tlsproxy_client_security_level`.
    TLSPROXY_CLIENT_LEVEL: Text(
        "tlsproxy_client_level",
        "",
        any(), [Every]
    ) since "3.4" instead "specify \"tlsproxy_client_security_level\"" legacy true;
    /// Old name; now `tlsproxy_client_policy_maps`.
    TLSPROXY_CLIENT_POLICY: Text(
        "tlsproxy_client_policy",
        "",
        any(), [Every]
    ) since "3.4" instead "specify \"tlsproxy_client_policy_maps\"" legacy true;
    /// Old name; now `virtual_alias_maps`.
    VIRTUAL_MAPS: Text(
        "virtual_maps", "", any(), [Every]) instead "specify \"virtual_alias_maps\"" legacy true;
}
