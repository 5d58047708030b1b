//! Address classes, rewriting, routing and verification.

use crate::declare::parameters;
use crate::row::Program::{Every, One};
use crate::row::{any, min};

parameters! { after process;

    /// How often expired results of address probes are removed.
    ADDRESS_VERIFY_CACHE_CLEANUP_INTERVAL: Seconds(
        "address_verify_cache_cleanup_interval", "12h", any(), [One("verify")]) since "2.7";
    /// Like `default_transport`, for address probes.
    ADDRESS_VERIFY_DEFAULT_TRANSPORT: Text(
        "address_verify_default_transport",
        "$default_transport",
        min(1), [One("trivial-rewrite")]
    ) since "2.1";
    /// Like `local_transport`, for address probes.
    ADDRESS_VERIFY_LOCAL_TRANSPORT: Text(
        "address_verify_local_transport", "$local_transport", min(1), [One("trivial-rewrite")]) since "2.1";
    /// Table with the results of address probes.
    ADDRESS_VERIFY_MAP: Text(
        "address_verify_map",
        "$default_cache_db_type:$data_directory/verify_cache",
        any(), [One("proxymap"), One("verify")]
    ) since "2.1";
    /// Remember addresses that were found undeliverable.
    ADDRESS_VERIFY_NEGATIVE_CACHE: Bool("address_verify_negative_cache", "yes", any(), [Every]) since "2.1";
    /// How long an undeliverable address is remembered.
    ADDRESS_VERIFY_NEGATIVE_EXPIRE_TIME: Seconds(
        "address_verify_negative_expire_time", "3d", min(1), [One("verify")]) since "2.1";
    /// When to probe an undeliverable address again.
    ADDRESS_VERIFY_NEGATIVE_REFRESH_TIME: Seconds(
        "address_verify_negative_refresh_time", "3h", min(1), [One("verify")]) since "2.1";
    /// Greatest number of probes under way.
    ADDRESS_VERIFY_PENDING_REQUEST_LIMIT: Int(
        "address_verify_pending_request_limit", "5000", min(1), [One("qmgr")]) since "3.1";
    /// How often to ask for a probe's result before giving a temporary error.
    ADDRESS_VERIFY_POLL_COUNT: Int(
        "address_verify_poll_count", "${stress?{1}:{3}}", min(1), [One("smtpd")]) since "2.1";
    /// Wait between queries for a probe's result.
    ADDRESS_VERIFY_POLL_DELAY: Seconds("address_verify_poll_delay", "3s", min(1), [One("smtpd")]) since "2.1";
    /// How long a deliverable address is remembered.
    ADDRESS_VERIFY_POSITIVE_EXPIRE_TIME: Seconds(
        "address_verify_positive_expire_time", "31d", min(1), [One("verify")]) since "2.1";
    /// When to probe a deliverable address again.
    ADDRESS_VERIFY_POSITIVE_REFRESH_TIME: Seconds(
        "address_verify_positive_refresh_time", "7d", min(1), [One("verify")]) since "2.1";
    /// Like `relay_transport`, for address probes.
    ADDRESS_VERIFY_RELAY_TRANSPORT: Text(
        "address_verify_relay_transport", "$relay_transport", min(1), [One("trivial-rewrite")]) since "2.1";
    /// Like `relayhost`, for address probes.
    ADDRESS_VERIFY_RELAYHOST: Text(
        "address_verify_relayhost", "$relayhost", any(), [One("trivial-rewrite")]) since "2.1";
    /// Sender of address probes.
    ADDRESS_VERIFY_SENDER: Text(
        "address_verify_sender", "$double_bounce_sender", any(), [One("smtpd"), One("verify")]) since "2.1";
    /// Like the setting without `address_verify_`, for address probes.
    ADDRESS_VERIFY_SENDER_DEPENDENT_DEFAULT_TRANSPORT_MAPS: Text(
        "address_verify_sender_dependent_default_transport_maps",
        "$sender_dependent_default_transport_maps",
        any(), [One("trivial-rewrite")]
    ) since "2.7";
    /// Like `sender_dependent_relayhost_maps`, for address probes.
    ADDRESS_VERIFY_SENDER_DEPENDENT_RELAYHOST_MAPS: Text(
        "address_verify_sender_dependent_relayhost_maps",
        "$sender_dependent_relayhost_maps",
        any(), [One("trivial-rewrite")]
    ) since "2.3";
    /// How often the sender of address probes changes; 0 for never.
    ADDRESS_VERIFY_SENDER_TTL: Seconds(
        "address_verify_sender_ttl", "0s", any(), [One("smtpd"), One("verify")]) since "2.9";
    /// Name of the verify(8) service.
    ADDRESS_VERIFY_SERVICE_NAME: Text("address_verify_service_name", "verify", min(1), [Every]);
    /// Like `transport_maps`, for address probes.
    ADDRESS_VERIFY_TRANSPORT_MAPS: Text(
        "address_verify_transport_maps", "$transport_maps", any(), [One("trivial-rewrite")]) since "2.1";
    /// Like `virtual_transport`, for address probes.
    ADDRESS_VERIFY_VIRTUAL_TRANSPORT: Text(
        "address_verify_virtual_transport",
        "$virtual_transport",
        min(1), [One("trivial-rewrite")]
    ) since "2.1";
    /// Rewrite `user%domain` to `user@domain`.
    ALLOW_PERCENT_HACK: Bool("allow_percent_hack", "yes", any(), [One("trivial-rewrite")]);
    /// Relay mail with routes in addresses (`user@a@b`) for strangers.
    ALLOW_UNTRUSTED_ROUTING: Bool("allow_untrusted_routing", "no", any(), [One("smtpd")]);
    /// Complete addresses that have no domain with `@$myorigin`.
    APPEND_AT_MYORIGIN: Bool("append_at_myorigin", "yes", any(), [One("trivial-rewrite")]);
    /// Complete domains that have no dot with `.$mydomain`.
    APPEND_DOT_MYDOMAIN: Bool(
        "append_dot_mydomain",
        "${{$compatibility_level} <level {1} ? {yes} : {no}}",
        any(), [One("trivial-rewrite")]
    );
    /// Transport for destinations whose best MX host is this one; empty makes it an error.
    BEST_MX_TRANSPORT: Text("best_mx_transport", "", any(), [One("lmtp"), One("smtp")]);
    /// Which addresses `canonical_maps` applies to.
    CANONICAL_CLASSES: Text(
        "canonical_classes",
        "envelope_sender, envelope_recipient, header_sender, header_recipient",
        min(1), [One("cleanup")]
    ) since "2.2";
    /// Tables that rewrite addresses in envelopes and headers.
    CANONICAL_MAPS: Text("canonical_maps", "", any(), [One("cleanup"), One("proxymap"), One("smtpd")]);
    /// Transport, and next hop, for destinations that nothing else claims.
    DEFAULT_TRANSPORT: Text("default_transport", "smtp", min(1), [One("trivial-rewrite")]);
    /// Key for the null sender in `sender_dependent_default_transport_maps`.
    EMPTY_ADDRESS_DEFAULT_TRANSPORT_MAPS_LOOKUP_KEY: Text(
        "empty_address_default_transport_maps_lookup_key",
        "<>",
        min(1), [One("trivial-rewrite")]
    ) since "2.7";
    /// Key for the null sender in `sender_dependent_relayhost_maps`.
    EMPTY_ADDRESS_RELAYHOST_MAPS_LOOKUP_KEY: Text(
        "empty_address_relayhost_maps_lookup_key", "<>", min(1), [One("trivial-rewrite")]) since "2.5";
    /// Tables of all local users, to refuse mail for others; empty: accept all.
    LOCAL_RECIPIENT_MAPS: Text(
        "local_recipient_maps",
        "proxy:unix:passwd.byname $alias_maps",
        any(), [One("proxymap"), One("smtpd")]
    );
    /// Transport for domains in `mydestination`.
    LOCAL_TRANSPORT: Text("local_transport", "local:$myhostname", min(1), [One("trivial-rewrite")]);
    /// Which addresses `masquerade_domains` applies to.
    MASQUERADE_CLASSES: Text(
        "masquerade_classes", "envelope_sender, header_sender, header_recipient", any(), [One("cleanup")]);
    /// Domains whose subdomains are hidden.
    MASQUERADE_DOMAINS: Text("masquerade_domains", "", any(), [One("cleanup")]);
    /// Users whose addresses are not masqueraded.
    MASQUERADE_EXCEPTIONS: Text("masquerade_exceptions", "", any(), [One("cleanup")]);
    /// Domains whose mail goes to local users.
    MYDESTINATION: Text("mydestination", "$myhostname, localhost.$mydomain, localhost", any(), [Every]);
    /// Domain that locally posted mail comes from and goes to.
    MYORIGIN: Text("myorigin", "$myhostname", min(1), [Every]);
    /// Addresses on which a proxy or address translator receives mail for us.
    PROXY_INTERFACES: Text("proxy_interfaces", "", any(), [Every]) since "2.0";
    /// Which addresses `recipient_canonical_maps` applies to.
    RECIPIENT_CANONICAL_CLASSES: Text(
        "recipient_canonical_classes",
        "envelope_recipient, header_recipient",
        min(1), [One("cleanup")]
    ) since "2.2";
    /// Tables that rewrite recipient addresses.
    RECIPIENT_CANONICAL_MAPS: Text(
        "recipient_canonical_maps", "", any(), [One("cleanup"), One("proxymap"), One("smtpd")]);
    /// Characters that separate a user name from its extension.
    RECIPIENT_DELIMITER: Text("recipient_delimiter", "", any(), [Every]);
    /// Domains to which mail is relayed, subdomains perhaps included.
    RELAY_DOMAINS: Text(
        "relay_domains", "${{$compatibility_level} <level {2} ? {$mydestination} : {}}", any(), [Every]);
    /// Tables of all valid addresses in `relay_domains`; empty: accept all.
    RELAY_RECIPIENT_MAPS: Text(
        "relay_recipient_maps", "", any(), [One("proxymap"), One("smtpd")]) since "2.0";
    /// Transport for domains in `relay_domains`.
    RELAY_TRANSPORT: Text("relay_transport", "relay", min(1), [One("trivial-rewrite")]) since "2.0";
    /// Next hop for mail that leaves the site.
    RELAYHOST: Text("relayhost", "", any(), [Every]);
    /// Look into quoted local parts for `@`, `%` and `!`.
    RESOLVE_DEQUOTED_ADDRESS: Bool("resolve_dequoted_address", "yes", any(), [One("trivial-rewrite")]);
    /// Take `user@` for a local address rather than an error.
    RESOLVE_NULL_DOMAIN: Bool("resolve_null_domain", "no", any(), [One("trivial-rewrite")]) since "2.1";
    /// Take `user@ipaddress` for `user@[ipaddress]`.
    RESOLVE_NUMERIC_DOMAIN: Bool("resolve_numeric_domain", "no", any(), [One("trivial-rewrite")]) since "2.3";
    /// Name of the address rewriting service.
    REWRITE_SERVICE_NAME: Text("rewrite_service_name", "rewrite", min(1), [Every]) since "2.0";
    /// Which addresses `sender_canonical_maps` applies to.
    SENDER_CANONICAL_CLASSES: Text(
        "sender_canonical_classes", "envelope_sender, header_sender", min(1), [One("cleanup")]) since "2.2";
    /// Tables that rewrite sender addresses.
    SENDER_CANONICAL_MAPS: Text(
        "sender_canonical_maps", "", any(), [One("cleanup"), One("proxymap"), One("smtpd")]);
    /// Tables that choose the default transport by the sender.
    SENDER_DEPENDENT_DEFAULT_TRANSPORT_MAPS: Text(
        "sender_dependent_default_transport_maps", "", any(), [One("trivial-rewrite")]) since "2.7";
    /// Tables that choose the relay host by the sender.
    SENDER_DEPENDENT_RELAYHOST_MAPS: Text(
        "sender_dependent_relayhost_maps", "", any(), [One("trivial-rewrite")]) since "2.3";
    /// Rewrite `site!user` to `user@site`.
    SWAP_BANGPATH: Bool("swap_bangpath", "yes", any(), [One("trivial-rewrite")]);
    /// Tables that choose transport and next hop by the recipient.
    TRANSPORT_MAPS: Text("transport_maps", "", any(), [One("proxymap"), One("trivial-rewrite")]);
    /// Greatest length of an address that virtual aliasing makes.
    VIRTUAL_ALIAS_ADDRESS_LENGTH_LIMIT: Int(
        "virtual_alias_address_length_limit", "1000", min(1), [One("cleanup")]) since "3.0";
    /// Domains all of whose addresses are aliases for others.
    VIRTUAL_ALIAS_DOMAINS: Text(
        "virtual_alias_domains",
        "$virtual_alias_maps",
        any(), [One("proxymap"), One("trivial-rewrite")]
    ) since "2.0";
    /// Greatest number of addresses that one alias may become.
    VIRTUAL_ALIAS_EXPANSION_LIMIT: Int(
        "virtual_alias_expansion_limit", "1000", min(1), [One("cleanup")]) since "2.1";
    /// Tables that replace recipients by others, local or not.
    VIRTUAL_ALIAS_MAPS: Text(
        "virtual_alias_maps",
        "$virtual_maps",
        any(), [One("cleanup"), One("proxymap"), One("smtpd"), One("trivial-rewrite")]
    ) since "2.0";
    /// How deep aliases may refer to aliases.
    VIRTUAL_ALIAS_RECURSION_LIMIT: Int(
        "virtual_alias_recursion_limit", "1000", min(1), [One("cleanup")]) since "2.1";
    /// Transport for domains in `virtual_mailbox_domains`.
    VIRTUAL_TRANSPORT: Text("virtual_transport", "virtual", min(1), [One("trivial-rewrite")]) since "2.0";
}
