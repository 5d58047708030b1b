//! Address classes, rewriting, routing and verification.

use crate::declare::parameters;
use crate::row::Program::{Every, One};
use crate::row::{any, min};

parameters! { after process;

    /// The parameter `address_verify_cache_cleanup_interval`.
    ADDRESS_VERIFY_CACHE_CLEANUP_INTERVAL: Seconds(
        "address_verify_cache_cleanup_interval", "12h", any(), [One("verify")]) since "2.7";
    /// The parameter `address_verify_default_transport`.
    ADDRESS_VERIFY_DEFAULT_TRANSPORT: Text(
        "address_verify_default_transport",
        "$default_transport",
        min(1), [One("trivial-rewrite")]
    ) since "2.1";
    /// The parameter `address_verify_local_transport`.
    ADDRESS_VERIFY_LOCAL_TRANSPORT: Text(
        "address_verify_local_transport", "$local_transport", min(1), [One("trivial-rewrite")]) since "2.1";
    /// The parameter `address_verify_map`.
    ADDRESS_VERIFY_MAP: Text(
        "address_verify_map",
        "$default_cache_db_type:$data_directory/verify_cache",
        any(), [One("proxymap"), One("verify")]
    ) since "2.1";
    /// The parameter `address_verify_negative_cache`.
    ADDRESS_VERIFY_NEGATIVE_CACHE: Bool("address_verify_negative_cache", "yes", any(), [Every]) since "2.1";
    /// The parameter `address_verify_negative_expire_time`.
    ADDRESS_VERIFY_NEGATIVE_EXPIRE_TIME: Seconds(
        "address_verify_negative_expire_time", "3d", min(1), [One("verify")]) since "2.1";
    /// The parameter `address_verify_negative_refresh_time`.
    ADDRESS_VERIFY_NEGATIVE_REFRESH_TIME: Seconds(
        "address_verify_negative_refresh_time", "3h", min(1), [One("verify")]) since "2.1";
    /// The parameter `address_verify_pending_request_limit`.
    ADDRESS_VERIFY_PENDING_REQUEST_LIMIT: Int(
        "address_verify_pending_request_limit", "5000", min(1), [One("qmgr")]) since "3.1";
    /// The parameter `address_verify_poll_count`.
    ADDRESS_VERIFY_POLL_COUNT: Int(
        "address_verify_poll_count", "${stress?{1}:{3}}", min(1), [One("smtpd")]) since "2.1";
    /// The parameter `address_verify_poll_delay`.
    ADDRESS_VERIFY_POLL_DELAY: Seconds("address_verify_poll_delay", "3s", min(1), [One("smtpd")]) since "2.1";
    /// The parameter `address_verify_positive_expire_time`.
    ADDRESS_VERIFY_POSITIVE_EXPIRE_TIME: Seconds(
        "address_verify_positive_expire_time", "31d", min(1), [One("verify")]) since "2.1";
    /// The parameter `address_verify_positive_refresh_time`.
    ADDRESS_VERIFY_POSITIVE_REFRESH_TIME: Seconds(
        "address_verify_positive_refresh_time", "7d", min(1), [One("verify")]) since "2.1";
    /// The parameter `address_verify_relay_transport`.
    ADDRESS_VERIFY_RELAY_TRANSPORT: Text(
        "address_verify_relay_transport", "$relay_transport", min(1), [One("trivial-rewrite")]) since "2.1";
    /// The parameter `address_verify_relayhost`.
    ADDRESS_VERIFY_RELAYHOST: Text(
        "address_verify_relayhost", "$relayhost", any(), [One("trivial-rewrite")]) since "2.1";
    /// The parameter `address_verify_sender`.
    ADDRESS_VERIFY_SENDER: Text(
        "address_verify_sender", "$double_bounce_sender", any(), [One("smtpd"), One("verify")]) since "2.1";
    /// The parameter `address_verify_sender_dependent_default_transport_maps`.
    ADDRESS_VERIFY_SENDER_DEPENDENT_DEFAULT_TRANSPORT_MAPS: Text(
        "address_verify_sender_dependent_default_transport_maps",
        "$sender_dependent_default_transport_maps",
        any(), [One("trivial-rewrite")]
    ) since "2.7";
    /// The parameter `address_verify_sender_dependent_relayhost_maps`.
    ADDRESS_VERIFY_SENDER_DEPENDENT_RELAYHOST_MAPS: Text(
        "address_verify_sender_dependent_relayhost_maps",
        "$sender_dependent_relayhost_maps",
        any(), [One("trivial-rewrite")]
    ) since "2.3";
    /// The parameter `address_verify_sender_ttl`.
    ADDRESS_VERIFY_SENDER_TTL: Seconds(
        "address_verify_sender_ttl", "0s", any(), [One("smtpd"), One("verify")]) since "2.9";
    /// The parameter `address_verify_service_name`.
    ADDRESS_VERIFY_SERVICE_NAME: Text("address_verify_service_name", "verify", min(1), [Every]);
    /// The parameter `address_verify_transport_maps`.
    ADDRESS_VERIFY_TRANSPORT_MAPS: Text(
        "address_verify_transport_maps", "$transport_maps", any(), [One("trivial-rewrite")]) since "2.1";
    /// The parameter `address_verify_virtual_transport`.
    ADDRESS_VERIFY_VIRTUAL_TRANSPORT: Text(
        "address_verify_virtual_transport",
        "$virtual_transport",
        min(1), [One("trivial-rewrite")]
    ) since "2.1";
    /// The parameter `allow_percent_hack`.
    ALLOW_PERCENT_HACK: Bool("allow_percent_hack", "yes", any(), [One("trivial-rewrite")]);
    /// The parameter `allow_untrusted_routing`.
    ALLOW_UNTRUSTED_ROUTING: Bool("allow_untrusted_routing", "no", any(), [One("smtpd")]);
    /// The parameter `append_at_myorigin`.
    APPEND_AT_MYORIGIN: Bool("append_at_myorigin", "yes", any(), [One("trivial-rewrite")]);
    /// The parameter `append_dot_mydomain`.
    APPEND_DOT_MYDOMAIN: Bool(
        "append_dot_mydomain",
        "${{$compatibility_level} <level {1} ? {yes} : {no}}",
        any(), [One("trivial-rewrite")]
    );
    /// The parameter `best_mx_transport`.
    BEST_MX_TRANSPORT: Text("best_mx_transport", "", any(), [One("lmtp"), One("smtp")]);
    /// The parameter `canonical_classes`.
    CANONICAL_CLASSES: Text(
        "canonical_classes",
        "envelope_sender, envelope_recipient, header_sender, header_recipient",
        min(1), [One("cleanup")]
    ) since "2.2";
    /// The parameter `canonical_maps`.
    CANONICAL_MAPS: Text("canonical_maps", "", any(), [One("cleanup"), One("proxymap"), One("smtpd")]);
    /// The parameter `default_transport`.
    DEFAULT_TRANSPORT: Text("default_transport", "smtp", min(1), [One("trivial-rewrite")]);
    /// The parameter `empty_address_default_transport_maps_lookup_key`.
    EMPTY_ADDRESS_DEFAULT_TRANSPORT_MAPS_LOOKUP_KEY: Text(
        "empty_address_default_transport_maps_lookup_key",
        "<>",
        min(1), [One("trivial-rewrite")]
    ) since "2.7";
    /// The parameter `empty_address_relayhost_maps_lookup_key`.
    EMPTY_ADDRESS_RELAYHOST_MAPS_LOOKUP_KEY: Text(
        "empty_address_relayhost_maps_lookup_key", "<>", min(1), [One("trivial-rewrite")]) since "2.5";
    /// The parameter `local_recipient_maps`.
    LOCAL_RECIPIENT_MAPS: Text(
        "local_recipient_maps",
        "proxy:unix:passwd.byname $alias_maps",
        any(), [One("proxymap"), One("smtpd")]
    );
    /// The parameter `local_transport`.
    LOCAL_TRANSPORT: Text("local_transport", "local:$myhostname", min(1), [One("trivial-rewrite")]);
    /// The parameter `masquerade_classes`.
    MASQUERADE_CLASSES: Text(
        "masquerade_classes", "envelope_sender, header_sender, header_recipient", any(), [One("cleanup")]);
    /// The parameter `masquerade_domains`.
    MASQUERADE_DOMAINS: Text("masquerade_domains", "", any(), [One("cleanup")]);
    /// The parameter `masquerade_exceptions`.
    MASQUERADE_EXCEPTIONS: Text("masquerade_exceptions", "", any(), [One("cleanup")]);
    /// The parameter `mydestination`.
    MYDESTINATION: Text("mydestination", "$myhostname, localhost.$mydomain, localhost", any(), [Every]);
    /// The parameter `myorigin`.
    MYORIGIN: Text("myorigin", "$myhostname", min(1), [Every]);
    /// The parameter `proxy_interfaces`.
    PROXY_INTERFACES: Text("proxy_interfaces", "", any(), [Every]) since "2.0";
    /// The parameter `recipient_canonical_classes`.
    RECIPIENT_CANONICAL_CLASSES: Text(
        "recipient_canonical_classes",
        "envelope_recipient, header_recipient",
        min(1), [One("cleanup")]
    ) since "2.2";
    /// The parameter `recipient_canonical_maps`.
    RECIPIENT_CANONICAL_MAPS: Text(
        "recipient_canonical_maps", "", any(), [One("cleanup"), One("proxymap"), One("smtpd")]);
    /// The parameter `recipient_delimiter`.
    RECIPIENT_DELIMITER: Text("recipient_delimiter", "", any(), [Every]);
    /// The parameter `relay_domains`.
    RELAY_DOMAINS: Text(
        "relay_domains", "${{$compatibility_level} <level {2} ? {$mydestination} : {}}", any(), [Every]);
    /// The parameter `relay_recipient_maps`.
    RELAY_RECIPIENT_MAPS: Text(
        "relay_recipient_maps", "", any(), [One("proxymap"), One("smtpd")]) since "2.0";
    /// The parameter `relay_transport`.
    RELAY_TRANSPORT: Text("relay_transport", "relay", min(1), [One("trivial-rewrite")]) since "2.0";
    /// The parameter `relayhost`.
    RELAYHOST: Text("relayhost", "", any(), [Every]);
    /// The parameter `resolve_dequoted_address`.
    RESOLVE_DEQUOTED_ADDRESS: Bool("resolve_dequoted_address", "yes", any(), [One("trivial-rewrite")]);
    /// The parameter `resolve_null_domain`.
    RESOLVE_NULL_DOMAIN: Bool("resolve_null_domain", "no", any(), [One("trivial-rewrite")]) since "2.1";
    /// The parameter `resolve_numeric_domain`.
    RESOLVE_NUMERIC_DOMAIN: Bool("resolve_numeric_domain", "no", any(), [One("trivial-rewrite")]) since "2.3";
    /// The parameter `rewrite_service_name`.
    REWRITE_SERVICE_NAME: Text("rewrite_service_name", "rewrite", min(1), [Every]) since "2.0";
    /// The parameter `sender_canonical_classes`.
    SENDER_CANONICAL_CLASSES: Text(
        "sender_canonical_classes", "envelope_sender, header_sender", min(1), [One("cleanup")]) since "2.2";
    /// The parameter `sender_canonical_maps`.
    SENDER_CANONICAL_MAPS: Text(
        "sender_canonical_maps", "", any(), [One("cleanup"), One("proxymap"), One("smtpd")]);
    /// The parameter `sender_dependent_default_transport_maps`.
    SENDER_DEPENDENT_DEFAULT_TRANSPORT_MAPS: Text(
        "sender_dependent_default_transport_maps", "", any(), [One("trivial-rewrite")]) since "2.7";
    /// The parameter `sender_dependent_relayhost_maps`.
    SENDER_DEPENDENT_RELAYHOST_MAPS: Text(
        "sender_dependent_relayhost_maps", "", any(), [One("trivial-rewrite")]) since "2.3";
    /// The parameter `swap_bangpath`.
    SWAP_BANGPATH: Bool("swap_bangpath", "yes", any(), [One("trivial-rewrite")]);
    /// The parameter `transport_maps`.
    TRANSPORT_MAPS: Text("transport_maps", "", any(), [One("proxymap"), One("trivial-rewrite")]);
    /// The parameter `virtual_alias_address_length_limit`.
    VIRTUAL_ALIAS_ADDRESS_LENGTH_LIMIT: Int(
        "virtual_alias_address_length_limit", "1000", min(1), [One("cleanup")]) since "3.0";
    /// The parameter `virtual_alias_domains`.
    VIRTUAL_ALIAS_DOMAINS: Text(
        "virtual_alias_domains",
        "$virtual_alias_maps",
        any(), [One("proxymap"), One("trivial-rewrite")]
    ) since "2.0";
    /// The parameter `virtual_alias_expansion_limit`.
    VIRTUAL_ALIAS_EXPANSION_LIMIT: Int(
        "virtual_alias_expansion_limit", "1000", min(1), [One("cleanup")]) since "2.1";
    /// The parameter `virtual_alias_maps`.
    VIRTUAL_ALIAS_MAPS: Text(
        "virtual_alias_maps",
        "$virtual_maps",
        any(), [One("cleanup"), One("proxymap"), One("smtpd"), One("trivial-rewrite")]
    ) since "2.0";
    /// The parameter `virtual_alias_recursion_limit`.
    VIRTUAL_ALIAS_RECURSION_LIMIT: Int(
        "virtual_alias_recursion_limit", "1000", min(1), [One("cleanup")]) since "2.1";
    /// The parameter `virtual_transport`.
    VIRTUAL_TRANSPORT: Text("virtual_transport", "virtual", min(1), [One("trivial-rewrite")]) since "2.0";
}
