//! Restrictions on the client's host and on the name in HELO or EHLO.

use dns::{ErrorKind, RecordType, Search};

use super::refuse::rejected;
use super::restriction::{Keyword, Subject};
use super::state::{Outcome, Refusal, Verdict};
use crate::client::NameStatus;
use crate::errors::ErrorClasses;
use crate::log_lines;
use crate::session::Session;

impl Session {
    pub(super) fn reject_unknown_client(&mut self) -> Verdict {
        let code = match self.client.name_status {
            NameStatus::Ok => return Verdict::Dunno,
            NameStatus::Temporary => 450,
            NameStatus::Permanent | NameStatus::Forged => self.server.settings.codes.unknown_client,
        };
        let text = format!("Client host rejected: cannot find your hostname, [{}]", self.client.address);
        self.refuse_policy(code, "4.7.25", text.into_bytes())
    }

    pub(super) fn reject_unknown_reverse_client(&mut self) -> Verdict {
        let code = match self.client.reverse_name_status {
            NameStatus::Ok => return Verdict::Dunno,
            NameStatus::Permanent => self.server.settings.codes.unknown_client,
            NameStatus::Temporary | NameStatus::Forged => 450,
        };
        let text =
            format!("Client host rejected: cannot find your reverse hostname, [{}]", self.client.address);
        self.refuse_policy(code, "4.7.1", text.into_bytes())
    }

    pub(super) fn permit_inet_interfaces(&mut self, word: &str) -> Outcome {
        if !self.is_own_address() {
            return Ok(Verdict::Dunno);
        }
        let name = self.client.name_address.clone();
        self.permit(word, Subject::Client, name.as_bytes(), "")
    }

    /// Whether the connection came from one of this system's own addresses.
    pub(super) fn is_own_address(&self) -> bool {
        self.client.socket_ip.is_some_and(|ip| self.server.own_addresses.contains(&ip))
    }

    pub(super) async fn permit_mynetworks(&mut self, request: &[u8], word: &str) -> Outcome {
        let server = self.server.clone();
        let client = self.client.clone();
        let (host, address) = (client.name.as_bytes(), client.address.as_bytes());
        match server.lists.mynetworks.matches_client_async(host, address).await {
            Ok(false) => Ok(Verdict::Dunno),
            Ok(true) => {
                let name = self.client.name_address.clone();
                if server.old_defaults.mynetworks_style
                    && !server.lists.new_mynetworks.matches_client(host, address).unwrap_or(true)
                {
                    log_lines::old_mynetworks_style(&server.settings.mynetworks_style, &name);
                }
                self.permit(word, Subject::Client, name.as_bytes(), "")
            }
            Err(error) => Err(self.lookup_failed(&error, request)),
        }
    }

    /// The restrictions on the name in HELO or EHLO.
    pub(super) async fn helo_syntax(&mut self, keyword: Keyword) -> Outcome {
        let Some(name) = self.helo_name.clone() else { return Ok(Verdict::Dunno) };
        if name.starts_with(b"[") {
            return Ok(self.reject_invalid_address(&name));
        }
        match keyword {
            Keyword::RejectInvalidHelo => Ok(self.reject_invalid_hostname(&name)),
            Keyword::RejectNonFqdnHelo => Ok(self.reject_non_fqdn_hostname(&name)),
            _ => self.reject_unknown_hostname(&name).await,
        }
    }

    fn reject_invalid_address(&mut self, name: &[u8]) -> Verdict {
        let bare = match name.strip_prefix(b"[").and_then(|rest| rest.strip_suffix(b"]")) {
            Some(inside) if !inside.is_empty() => inside,
            _ => name,
        };
        if hosts::literal_address(bare).is_some() {
            return Verdict::Dunno;
        }
        let text = rejected(name, Subject::Helo, b"invalid ip address");
        self.refuse_policy(self.server.settings.codes.invalid_hostname, "5.5.2", text)
    }

    fn reject_invalid_hostname(&mut self, name: &[u8]) -> Verdict {
        let bare = without_final_dot(name);
        if hosts::is_hostname(bare) || hosts::is_address(bare) {
            return Verdict::Dunno;
        }
        let text = rejected(name, Subject::Helo, b"Invalid name");
        self.refuse_policy(self.server.settings.codes.invalid_hostname, "5.5.2", text)
    }

    fn reject_non_fqdn_hostname(&mut self, name: &[u8]) -> Verdict {
        let bare = without_final_dot(name);
        if hosts::is_utf8_hostname(bare, self.mail.smtputf8) && bare.contains(&b'.') {
            return Verdict::Dunno;
        }
        let text = rejected(name, Subject::Helo, b"need fully-qualified hostname");
        self.refuse_policy(self.server.settings.codes.non_fqdn, "5.5.2", text)
    }

    async fn reject_unknown_hostname(&mut self, name: &[u8]) -> Outcome {
        let host = String::from_utf8_lossy(name).into_owned();
        let kinds = [RecordType::A, RecordType::Aaaa, RecordType::Mx];
        let Err(kind) = first_of(&self.server.resolver, &host, &kinds).await else {
            return Ok(Verdict::Dunno);
        };
        match kind {
            ErrorKind::NullMx => Ok(Verdict::Dunno),
            ErrorKind::Policy => {
                log_lines::restriction_fault(&format!(
                    "{host}: address or MX lookup error: DNS reply filter drops all results"
                ));
                Ok(Verdict::Dunno)
            }
            ErrorKind::Retry => {
                let text = rejected(name, Subject::Helo, b"Host not found");
                let refusal =
                    Refusal { class: ErrorClasses::POLICY, code: 450, status: b"4.7.1".to_vec(), text };
                Ok(self.defer_if_permit(self.server.settings.unknown_helo_tempfail, refusal))
            }
            kind => {
                let text = rejected(name, Subject::Helo, not_found(kind, b"Host not found"));
                Ok(self.refuse_policy(self.server.settings.codes.unknown_hostname, "4.7.1", text))
            }
        }
    }

    pub(super) fn reject_non_fqdn_address(&mut self, subject: Subject) -> Verdict {
        let address = match subject {
            Subject::Sender => self.mail.sender.clone().filter(|sender| !sender.is_empty()),
            _ => self.mail.recipient.clone(),
        };
        let Some(address) = address else { return Verdict::Dunno };
        let domain = address::split_at(&address).1.unwrap_or_default();
        if is_literal(domain) {
            return Verdict::Dunno;
        }
        let bare = without_final_dot(domain);
        if !bare.is_empty() && hosts::is_utf8_hostname(bare, self.mail.smtputf8) && bare.contains(&b'.') {
            return Verdict::Dunno;
        }
        let text = rejected(&address, subject, b"need fully-qualified address");
        self.refuse_policy(self.server.settings.codes.non_fqdn, "4.5.2", text)
    }

    /// `reject_unknown_sender_domain` and `reject_unknown_recipient_domain`.
    pub(super) async fn reject_unknown_domain(&mut self, subject: Subject) -> Outcome {
        let (address, other) = match subject {
            Subject::Sender => {
                (self.mail.sender.clone().filter(|sender| !sender.is_empty()), &self.mail.recipient)
            }
            _ => (self.mail.recipient.clone(), &self.mail.sender),
        };
        let (Some(address), other) = (address, other.clone()) else { return Ok(Verdict::Dunno) };
        let resolved = self.resolve(other.as_deref(), &address).await?;
        if resolved.failed {
            return Err(self.table_retry(&address));
        }
        let Some(domain) = address::split_at(&resolved.recipient).1 else { return Ok(Verdict::Dunno) };
        if resolved.is_final() || is_literal(domain) {
            return Ok(Verdict::Dunno);
        }
        self.reject_unknown_mailhost(domain, &address, subject).await
    }

    async fn reject_unknown_mailhost(&mut self, domain: &[u8], address: &[u8], subject: Subject) -> Outcome {
        let host = ascii_domain(domain);
        let kinds = [RecordType::Mx, RecordType::A, RecordType::Aaaa];
        let Err(kind) = first_of(&self.server.resolver, &host, &kinds).await else {
            return Ok(Verdict::Dunno);
        };
        let is_sender = subject == Subject::Sender;
        let status = if is_sender { "4.1.8" } else { "4.1.2" };
        match kind {
            ErrorKind::Policy => {
                log_lines::restriction_fault(&format!(
                    "{host}: MX or address lookup error: DNS reply filter drops all results"
                ));
                Ok(Verdict::Dunno)
            }
            ErrorKind::NullMx => {
                let why = format!("Domain {host} does not accept mail (nullMX)");
                let text = rejected(address, subject, why.as_bytes());
                let (code, status) = if is_sender { (550, "4.7.27") } else { (556, "4.1.10") };
                Ok(self.refuse_policy(code, status, text))
            }
            ErrorKind::Retry => {
                let text = rejected(address, subject, b"Domain not found");
                let refusal = Refusal { class: ErrorClasses::POLICY, code: 450, status: status.into(), text };
                Ok(self.defer_if_permit(self.server.settings.unknown_address_tempfail, refusal))
            }
            kind => {
                let text = rejected(address, subject, not_found(kind, b"Domain not found"));
                Ok(self.refuse_policy(self.server.settings.codes.unknown_address, status, text))
            }
        }
    }
}

/// Whether the name has a record of one of the types, asked for in this order; if not, the weightiest failure. An
/// answer that says that the domain takes no mail, or that makes no sense, ends the search.
async fn first_of(resolver: &dns::Resolver, name: &str, kinds: &[RecordType]) -> Result<(), ErrorKind> {
    let mut worst = ErrorKind::NotFound;
    for &kind in kinds {
        match resolver.lookup_in(name, kind, Search::None).await {
            Ok(_) => return Ok(()),
            Err(error) => {
                let ends =
                    kind == RecordType::Mx && matches!(error.kind, ErrorKind::NullMx | ErrorKind::Policy);
                let ends = ends || error.kind == ErrorKind::Invalid;
                if ends {
                    return Err(error.kind);
                }
                worst = worst.max(error.kind);
            }
        }
    }
    Err(worst)
}

fn not_found(kind: ErrorKind, plain: &'static [u8]) -> &'static [u8] {
    if kind == ErrorKind::Invalid { b"Malformed DNS server reply" } else { plain }
}

/// Whether a domain is an address in brackets.
pub(super) fn is_literal(domain: &[u8]) -> bool {
    domain.starts_with(b"[") && domain.ends_with(b"]")
}

/// A domain as DNS has it.
pub(super) fn ascii_domain(domain: &[u8]) -> String {
    let text = String::from_utf8_lossy(without_final_dot(domain));
    hosts::dns_name(&text).into_owned()
}

/// A name without one dot at its end.
fn without_final_dot(name: &[u8]) -> &[u8] {
    match name.strip_suffix(b".") {
        Some(bare) if !bare.is_empty() && !bare.ends_with(b".") => bare,
        _ => name,
    }
}
