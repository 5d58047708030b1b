//! Searching access tables: by host name and its parents, by address and its networks, by mail address.

use tables::{LookupError, Name};

use super::access::Found;
use super::engine::Walk;
use super::restriction::Subject;
use super::state::{Outcome, Verdict};
use crate::log_lines;
use crate::lookup::{Maps, Part};
use crate::session::Session;

/// What stands in for a table that does not work.
const BROKEN_TABLE: &[u8] = b"451 4.3.5 Server configuration error";

/// The value of the first key that has one, with that key.
type Hit = Result<Option<Vec<u8>>, LookupError>;

impl Session {
    /// `check_client_access` and its fellows.
    pub(super) async fn check_access(
        &mut self,
        subject: Subject,
        table: &Name,
        word: &str,
        walk: &Walk<'_>,
    ) -> Outcome {
        let default_access = walk.default_access;
        match subject {
            Subject::Client => {
                let (host, address) = (self.client.name.clone(), self.client.address.clone());
                let name = self.client.name_address.clone();
                let found =
                    Found { table, key: host.as_bytes(), name: name.as_bytes(), subject, default_access };
                self.by_host(&found, &host, &address).await
            }
            Subject::ReverseClient => {
                let (host, address) = (self.client.reverse_name.clone(), self.client.address.clone());
                let found =
                    Found { table, key: host.as_bytes(), name: host.as_bytes(), subject, default_access };
                let verdict = self.by_host(&found, &host, &address).await?;
                self.forbid_permit(word, verdict, host.as_bytes())
            }
            Subject::Helo => match self.helo_name.clone() {
                Some(helo) => self.by_domain(&helo, table, subject, walk).await,
                None => Ok(Verdict::Dunno),
            },
            Subject::Etrn => match self.etrn_domain.clone() {
                Some(domain) => self.by_domain(&domain, table, subject, walk).await,
                None => Ok(Verdict::Dunno),
            },
            Subject::Sender => match self.mail.sender.clone() {
                Some(sender) if sender.is_empty() => self.by_null_sender(table, walk).await,
                Some(sender) => self.by_address(&sender, table, subject, walk).await,
                None => Ok(Verdict::Dunno),
            },
            Subject::Recipient => match self.mail.recipient.clone() {
                Some(recipient) => self.by_address(&recipient, table, subject, walk).await,
                None => Ok(Verdict::Dunno),
            },
            Subject::SaslLogin => {
                if !self.server.settings.sasl {
                    log_lines::no_sasl(word);
                }
                Ok(Verdict::Dunno)
            }
            Subject::ClientCertificate => {
                if !self.server.table_words.contains(table) {
                    // The quote that nothing closes is Postfix's.
                    let warning = format!("See earlier parsing error messages for '{table}");
                    return Err(self.configuration_fault(&warning));
                }
                // Clients show no certificates yet.
                if !self.server.settings.asks_for_certificates {
                    let parameter = params::SMTPD_TLS_ASK_CCERT.name();
                    log_lines::restriction_fault(&format!("{word} is requested, but \"{parameter} = no\""));
                }
                Ok(Verdict::Dunno)
            }
            Subject::Data | Subject::EndOfData => Ok(Verdict::Dunno),
        }
    }

    async fn by_host(&mut self, found: &Found<'_>, host: &str, address: &str) -> Outcome {
        let maps = self.access_table(found.table, "check_domain_access");
        match host_value(&maps, host.as_bytes(), self.server.parent_style).await {
            Ok(None) => {
                let hit = address_value(&maps, address.as_bytes()).await;
                self.apply(&found.keyed(address.as_bytes()), hit).await
            }
            hit => self.apply(found, hit).await,
        }
    }

    async fn by_domain(&mut self, domain: &[u8], table: &Name, subject: Subject, walk: &Walk<'_>) -> Outcome {
        let maps = self.access_table(table, "check_domain_access");
        let hit = host_value(&maps, domain, self.server.parent_style).await;
        let default_access = walk.default_access;
        self.apply(&Found { table, key: domain, name: domain, subject, default_access }, hit).await
    }

    async fn by_null_sender(&mut self, table: &Name, walk: &Walk<'_>) -> Outcome {
        let key = self.server.settings.null_access_key.clone().into_bytes();
        let hit = self.access_table(table, "check_access").find(&key, Part::Whole).await;
        let default_access = walk.default_access;
        let found = Found { table, key: &key, name: b"", subject: Subject::Sender, default_access };
        self.apply(&found, hit).await
    }

    async fn by_address(
        &mut self,
        address: &[u8],
        table: &Name,
        subject: Subject,
        walk: &Walk<'_>,
    ) -> Outcome {
        let other = if subject == Subject::Sender { &self.mail.recipient } else { &self.mail.sender };
        let other = other.clone();
        let resolved = self.resolve(other.as_deref(), address).await?;
        if resolved.failed {
            return Err(self.table_retry(address));
        }
        if !resolved.recipient.contains(&b'@') {
            let shown = log::printable(&resolved.recipient);
            log_lines::restriction_fault(&format!("check_mail_access: no @domain in address: {shown}"));
            return Ok(Verdict::Dunno);
        }
        let maps = self.access_table(table, "check_mail_access");
        let hit = maps.find_access(&resolved.recipient, self.server.parent_style).await;
        let key = resolved.recipient.as_slice();
        let found = Found { table, key, name: address, subject, default_access: walk.default_access };
        let verdict = self.apply(&found, hit).await?;
        let suspicious =
            subject == Subject::Recipient && resolved.routed && !self.server.settings.allow_untrusted_routing;
        Ok(if verdict == Verdict::Permit && suspicious { Verdict::Dunno } else { verdict })
    }

    /// Does what was found; nothing if nothing was.
    pub(super) async fn apply(&mut self, found: &Found<'_>, hit: Hit) -> Outcome {
        match hit {
            Ok(Some(value)) => self.access_action(found, &value).await,
            Ok(None) => Ok(Verdict::Dunno),
            Err(_) => self.access_action(found, BROKEN_TABLE).await,
        }
    }

    /// A client that sets its own reverse name or picks its sender must not be able to permit itself.
    pub(super) fn forbid_permit(&mut self, word: &str, verdict: Verdict, target: &[u8]) -> Outcome {
        if self.mail.actions.discard || verdict != Verdict::Permit {
            return Ok(verdict);
        }
        log_lines::forbidden_permit(word, target);
        Err(self.server_error())
    }

    /// The open table of that name. One that was not opened before the jail does not work: what only a table's
    /// right-hand side names, or stands in braces. `search` is the kind of search, for the warning.
    pub(super) fn access_table(&self, table: &Name, search: &str) -> Maps {
        match self.server.access_tables.get(table) {
            Some(maps) => maps.clone(),
            None => {
                log_lines::restriction_fault(&format!("{search}: unexpected dictionary: {table}"));
                Maps::broken()
            }
        }
    }
}

/// Looks a host name up, then its parent domains.
pub(super) async fn host_value(maps: &Maps, host: &[u8], parents: ParentStyle) -> Hit {
    let mut name = host;
    let mut part = Part::Whole;
    while !name.is_empty() {
        if let Some(value) = maps.find(name, part).await? {
            return Ok(Some(value));
        }
        if part == Part::Whole && hosts::is_address(host) {
            break;
        }
        let Some(dot) = name.iter().skip(1).position(|&byte| byte == b'.') else { break };
        let skip = if parents == ParentStyle::Bare { dot + 2 } else { dot + 1 };
        name = name.get(skip..).unwrap_or_default();
        part = Part::Partial;
    }
    Ok(None)
}

/// Looks an address up, then its networks at the limits of octets or groups.
pub(super) async fn address_value(maps: &Maps, address: &[u8]) -> Hit {
    let delimiter = if address.contains(&b':') { b':' } else { b'.' };
    let mut key = address;
    let mut part = Part::Whole;
    loop {
        if let Some(value) = maps.find(key, part).await? {
            return Ok(Some(value));
        }
        part = Part::Partial;
        match key.iter().rposition(|&byte| byte == delimiter) {
            Some(end) => key = key.get(..end).unwrap_or_default(),
            None => return Ok(None),
        }
    }
}

/// How a table names parent domains: `example.com` or `.example.com` (`parent_domain_matches_subdomains`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParentStyle {
    /// `example.com` also matches its subdomains.
    Bare,
    /// Only `.example.com` matches the subdomains.
    Dotted,
}
