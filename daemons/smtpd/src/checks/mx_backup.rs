//! `permit_mx_backup`: relaying for domains that name us as a lesser mail exchanger.

use dns::{Data, ErrorKind, RecordType};

use super::hosts::{ascii_domain, is_literal};
use super::refuse::rejected;
use super::restriction::Subject;
use super::state::{Outcome, Refusal, Stop, Verdict};
use crate::errors::ErrorClasses;
use crate::log_lines;
use crate::session::Session;

impl Session {
    pub(super) async fn permit_mx_backup(&mut self, word: &str) -> Outcome {
        let Some(recipient) = self.mail.recipient.clone() else { return Ok(Verdict::Dunno) };
        if !self.server.warned_mx_backup.replace(true) {
            log_lines::restriction_fault(&format!(
                "support for restriction \"permit_mx_backup\" will be removed from {}; instead, specify \"{}\"",
                log::bytes(&self.server.settings.mail_name),
                params::RELAY_DOMAINS.name()
            ));
        }
        if self.is_mx_backup(&recipient).await? {
            self.permit(word, Subject::Recipient, &recipient, "")
        } else {
            Ok(Verdict::Dunno)
        }
    }

    async fn is_mx_backup(&mut self, recipient: &[u8]) -> Result<bool, Stop> {
        if self.is_auth_destination(recipient).await? {
            return Ok(true);
        }
        let sender = self.mail.sender.clone();
        let resolved = self.resolve(sender.as_deref(), recipient).await?;
        let domain = address::split_at(&resolved.recipient).1.unwrap_or_default();
        let untrusted = resolved.routed && !self.server.settings.allow_untrusted_routing;
        if untrusted || is_literal(domain) {
            return Ok(false);
        }
        let mut hosts = match self.server.resolver.lookup(&ascii_domain(domain), RecordType::Mx).await {
            Ok(records) => exchangers(records),
            Err(error) => {
                if matches!(error.kind, ErrorKind::Retry | ErrorKind::Policy) {
                    let why = format!("Unable to look up mail exchanger information: {}", error.text);
                    self.defer_if_reject(recipient, &why);
                }
                return Ok(false);
            }
        };
        hosts.sort_by_key(|(preference, _)| *preference);
        let best = hosts.first().map(|(preference, _)| *preference);
        let (primary, rest): (Vec<_>, Vec<_>) =
            hosts.into_iter().partition(|(preference, _)| Some(*preference) == best);
        if self.am_among(&primary, recipient).await? || !self.am_among(&rest, recipient).await? {
            return Ok(false);
        }
        let networks = self.server.lists.mx_backup_networks.clone();
        if networks.is_empty() {
            return Ok(true);
        }
        for (_, host) in &primary {
            if !self.is_authorized_exchanger(host, recipient).await {
                return Ok(false);
            }
        }
        Ok(true)
    }

    async fn am_among(&mut self, hosts: &[(u16, String)], recipient: &[u8]) -> Result<bool, Stop> {
        for (_, host) in hosts {
            match self.server.local_domains.contains(host.as_bytes()) {
                Ok(true) => return Ok(true),
                Ok(false) => {}
                Err(error) => return Err(self.lookup_failed(&error, recipient)),
            }
        }
        for (_, host) in hosts {
            match self.server.resolver.native_addresses(host, self.server.families).await {
                Ok(addresses) => {
                    if addresses.iter().any(|ip| self.server.all_own_addresses.contains(ip)) {
                        return Ok(true);
                    }
                }
                Err(error) => {
                    let why = format!("Unable to look up mail exchanger host {host}: {error}");
                    self.defer_if_reject(recipient, &why);
                }
            }
        }
        Ok(false)
    }

    async fn is_authorized_exchanger(&mut self, host: &str, recipient: &[u8]) -> bool {
        let server = self.server.clone();
        let kinds = server.families.record_types();
        let records = match server.resolver.lookup_types(host, kinds, dns::Search::None).await {
            Ok(records) => records,
            Err(error) => {
                let why = format!("Unable to look up host {host} as mail exchanger: {}", error.text);
                self.defer_if_reject(recipient, &why);
                return false;
            }
        };
        for ip in records.iter().filter_map(dns::Record::address) {
            let ip = ip.to_string();
            let networks = &server.lists.mx_backup_networks;
            match networks.matches_client_async(host.as_bytes(), ip.as_bytes()).await {
                Ok(true) => {}
                Ok(false) => return false,
                Err(_) => {
                    let why = format!("Unable to verify host {host} as mail exchanger");
                    self.defer_if_reject(recipient, &why);
                    return false;
                }
            }
        }
        true
    }

    fn defer_if_reject(&mut self, recipient: &[u8], why: &str) {
        let text = rejected(recipient, Subject::Recipient, why.as_bytes());
        let status = b"4.4.4".to_vec();
        self.checks.defer_if_reject.set(Refusal { class: ErrorClasses::POLICY, code: 450, status, text });
    }
}

fn exchangers(records: Vec<dns::Record>) -> Vec<(u16, String)> {
    let exchanger = |record: dns::Record| match record.data {
        Data::Mx { preference, host } => Some((preference, host)),
        _ => None,
    };
    records.into_iter().filter_map(exchanger).collect()
}
