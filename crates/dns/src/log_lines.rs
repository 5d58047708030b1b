//! The lines this crate writes to the log.

use crate::record::RecordType;
use hosts::Invalid;

/// A name that is an address where a host name belongs; used nevertheless.
pub(crate) fn numeric_name(place: &str, kind: RecordType, query: &str, name: &str) {
    log::warn!("numeric domain name in {place} of {kind} record for {query}: {name:.100}");
}

/// A name that no host can have; its record is dropped.
pub(crate) fn malformed_name(fault: &Invalid, place: &str, kind: RecordType, query: &str, name: &str) {
    log::warn!("{fault}");
    log::warn!("malformed domain name in {place} of {kind} record for {query}: {name:.100}");
}

/// An alias chain without an end.
pub(crate) fn server_loop(name: &str) {
    log::warn!("dns_lookup: Name server loop for {name}");
}

/// All exchangers of a domain are names without addresses.
pub(crate) fn no_valid_exchanger(domain: &str) {
    log::warn!("no MX host for {domain} has a valid address record");
}

/// All hosts of a service are names without addresses.
pub(crate) fn no_valid_service_host(question: &str) {
    log::warn!("no SRV host for {question} has a valid address record");
}

/// There are no service records; other records are looked up instead.
pub(crate) fn skipping_service(question: &str, reason: &str) {
    log::info!("skipping SRV lookup for {question}: {reason}");
}

/// A reply filter wants a record away.
pub(crate) fn ignoring(record: &str) {
    log::info!("ignoring DNS RR: {record}");
}

/// A reply filter's table says something that it cannot say.
pub(crate) fn unknown_filter_action(title: &str, action: &[u8]) {
    log::warn!("{title}: unknown DNS filter action: \"{}\"", log::bytes(action));
}
