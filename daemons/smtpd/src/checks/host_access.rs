//! Access tables searched by a domain's name servers, mail exchangers or addresses.

use std::net::IpAddr;

use dns::{Data, ErrorKind, RecordType};
use tables::Name;

use super::access::Found;
use super::access_lookup::{address_value, host_value};
use super::engine::Walk;
use super::hosts::ascii_domain;
use super::restriction::{HostKind, Subject};
use super::state::{Outcome, Verdict};
use crate::client::UNKNOWN;
use crate::log_lines;
use crate::session::Session;

/// No more addresses are looked up for one domain.
const ADDRESS_LIMIT: usize = 100;

impl Session {
    pub(super) async fn check_host_access(
        &mut self,
        subject: Subject,
        kind: HostKind,
        table: &Name,
        word: &str,
        walk: &Walk<'_>,
    ) -> Outcome {
        let known = |name: &str| (!name.eq_ignore_ascii_case(UNKNOWN)).then(|| name.as_bytes().to_vec());
        let (target, name) = match subject {
            Subject::Client => (known(&self.client.name), self.client.name_address.clone().into_bytes()),
            Subject::ReverseClient => {
                let name = &self.client.reverse_name;
                (known(name), name.clone().into_bytes())
            }
            Subject::Helo => (self.helo_name.clone(), self.helo_name.clone().unwrap_or_default()),
            subject => {
                let address = self.address_of(subject);
                (address.clone(), address.unwrap_or_default())
            }
        };
        let Some(target) = target else { return Ok(Verdict::Dunno) };
        let default_access = walk.default_access;
        let found = Found { table, key: &target, name: &name, subject, default_access };
        let verdict = self.by_hosts_of(&found, &target, kind).await?;
        self.forbid_permit(word, verdict, &target)
    }

    async fn by_hosts_of(&mut self, found: &Found<'_>, target: &[u8], kind: HostKind) -> Outcome {
        let domain = address::split_at(target).1.unwrap_or(target);
        if let Some(inside) = domain.strip_prefix(b"[") {
            let maps = self.access_table(found.table, "check_addr_access");
            let bare = inside.strip_suffix(b"]").and_then(hosts::literal_address);
            return match bare {
                Some(address) if kind != HostKind::Ns => {
                    let hit = address_value(&maps, address).await;
                    self.apply(&found.keyed(address), hit).await
                }
                _ => Ok(Verdict::Dunno),
            };
        }
        let domain = ascii_domain(domain);
        let Some(hosts) = self.hosts_of(&domain, kind, target).await else { return Ok(Verdict::Dunno) };
        let search = if kind == HostKind::A { "check_addr_access" } else { "check_domain_access" };
        let maps = self.access_table(found.table, search);
        let mut address_count = 0;
        for host in hosts {
            if hosts::is_address(host.as_bytes()) {
                let hit = address_value(&maps, host.as_bytes()).await;
                if !matches!(hit, Ok(None)) {
                    return self.apply(&found.keyed(host.as_bytes()), hit).await;
                }
                continue;
            }
            if kind != HostKind::A {
                let hit = host_value(&maps, host.as_bytes(), self.server.parent_style).await;
                if !matches!(hit, Ok(None)) {
                    return self.apply(&found.keyed(host.as_bytes()), hit).await;
                }
            }
            for ip in self.addresses_of(&host, kind, found).await {
                address_count += 1;
                if address_count > ADDRESS_LIMIT {
                    self.warn_address_limit(kind, found);
                    return Ok(Verdict::Dunno);
                }
                let address = ip.to_string();
                let hit = address_value(&maps, address.as_bytes()).await;
                if !matches!(hit, Ok(None)) {
                    return self.apply(&found.keyed(address.as_bytes()), hit).await;
                }
            }
        }
        Ok(Verdict::Dunno)
    }

    /// The names of a domain's hosts. A domain without mail exchangers is its own; one without name servers has those
    /// of its parent.
    async fn hosts_of(&self, domain: &str, kind: HostKind, target: &[u8]) -> Option<Vec<String>> {
        let record_type = match kind {
            HostKind::A => return Some(vec![domain.to_owned()]),
            HostKind::Mx => RecordType::Mx,
            HostKind::Ns => RecordType::Ns,
        };
        let mut domain = domain;
        let mut is_exhausted = false;
        let mut result = self.server.resolver.lookup(domain, record_type).await;
        while let Err(error) = &result {
            match error.kind {
                ErrorKind::NullMx => return None,
                ErrorKind::NotFound if kind == HostKind::Mx => return Some(vec![domain.to_owned()]),
                ErrorKind::NotFound => {}
                _ => break,
            }
            domain = match domain.split_once('.') {
                Some((_, parent)) if !parent.is_empty() => parent,
                _ => {
                    is_exhausted = true;
                    break;
                }
            };
            result = self.server.resolver.lookup(domain, record_type).await;
        }
        match result {
            Ok(records) => Some(records.into_iter().filter_map(host_of).collect()),
            Err(error) => {
                let shown = if is_exhausted { log::printable(target) } else { domain.to_owned() };
                log_lines::restriction_fault(&format!(
                    "Unable to look up {record_type} host for {shown}: {}",
                    reason(&error)
                ));
                None
            }
        }
    }

    async fn addresses_of(&self, host: &str, kind: HostKind, found: &Found<'_>) -> Vec<IpAddr> {
        match self.server.resolver.native_addresses(host, self.server.families).await {
            Ok(addresses) => addresses,
            Err(error) => {
                if kind != HostKind::A {
                    log_lines::restriction_fault(&format!(
                        "Unable to look up {} host {host} for {} {}: {error}",
                        kind_name(kind),
                        found.subject.name(),
                        log::printable(found.name)
                    ));
                }
                Vec::new()
            }
        }
    }

    fn warn_address_limit(&self, kind: HostKind, found: &Found<'_>) {
        log_lines::restriction_fault(&format!(
            "check_server_access: {} server address count limit ({ADDRESS_LIMIT}) exceeded for {} {} -- \
             ignoring the remainder",
            kind_name(kind),
            found.subject.name(),
            log::printable(found.name)
        ));
    }
}

fn kind_name(kind: HostKind) -> &'static str {
    match kind {
        HostKind::Ns => "NS",
        HostKind::Mx => "MX",
        HostKind::A => "A",
    }
}

fn host_of(record: dns::Record) -> Option<String> {
    match record.data {
        Data::Mx { host, .. } | Data::Name(host) => Some(host),
        _ => None,
    }
}

/// The resolver library's text for a failure.
fn reason(error: &dns::Error) -> &'static str {
    match error.kind {
        ErrorKind::NotFound if error.no_such_name => "Host not found",
        ErrorKind::NotFound => "Host found but no data record of requested type",
        ErrorKind::Retry => "Host not found, try again",
        ErrorKind::Policy => "DNS reply filter policy",
        _ => "Non-recoverable error",
    }
}
