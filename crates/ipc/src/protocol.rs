//! What each service announces when it is connected to: attribute [`PROTOCOL`] with one of these values.

/// The attribute's name.
pub const PROTOCOL: &str = "protocol";
/// anvil(8).
pub const ANVIL: &str = "anvil_protocol";
/// bounce(8), defer(8), trace(8).
pub const BOUNCE: &str = "delivery_status_protocol";
/// cleanup(8).
pub const CLEANUP: &str = "cleanup_protocol";
/// Delivery agents.
pub const DELIVER: &str = "delivery_request_protocol";
/// flush(8).
pub const FLUSH: &str = "queue_flush_protocol";
/// postdrop(1).
pub const POSTDROP: &str = "postdrop_protocol";
/// proxymap(8).
pub const PROXYMAP: &str = "proxymap_protocol";
/// showq(8).
pub const SHOWQ: &str = "mail_queue_list_protocol";
/// trivial-rewrite(8).
pub const TRIVIAL_REWRITE: &str = "trivial_rewrite_protocol";
/// verify(8), spelled as the reference spells it.
pub const VERIFY: &str = "address_verification_prrotocol";

/// The announcement of a service.
pub fn announcement(protocol: &str) -> crate::Attrs {
    let mut attrs = crate::Attrs::new();
    attrs.put_str(PROTOCOL, protocol);
    attrs
}
