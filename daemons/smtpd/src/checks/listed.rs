//! Whether an address that we are responsible for exists.

use smtp::dsn;
use tables::LookupError;

use super::refuse::{fit_status, rejected};
use super::restriction::Subject;
use super::state::{Outcome, Refusal, Stop, Verdict};
use crate::errors::ErrorClasses;
use crate::log_lines;
use crate::lookup::Maps;
use crate::resolve::{DomainClass, Resolved};
use crate::session::Session;

impl Session {
    /// Refuses a recipient that does not exist; once for each recipient.
    pub(super) async fn reject_unlisted_recipient(&mut self, recipient: &[u8]) -> Outcome {
        if self.server.settings.overrides.no_unknown_recipient_checks || self.checks.recipient_listed {
            return Ok(Verdict::Dunno);
        }
        self.checks.recipient_listed = !self.checks.warns();
        let sender = self.mail.sender.clone();
        self.reject_unlisted(sender.as_deref(), recipient, Subject::Recipient).await
    }

    /// Refuses a sender that does not exist; once for each sender.
    pub(super) async fn reject_unlisted_sender(&mut self, sender: &[u8]) -> Outcome {
        if self.server.settings.overrides.no_unknown_recipient_checks || self.checks.sender_listed {
            return Ok(Verdict::Dunno);
        }
        self.checks.sender_listed = !self.checks.warns();
        let recipient = self.mail.recipient.clone();
        self.reject_unlisted(recipient.as_deref(), sender, Subject::Sender).await
    }

    async fn reject_unlisted(&mut self, other: Option<&[u8]>, address: &[u8], subject: Subject) -> Outcome {
        let resolved = self.resolve(other, address).await?;
        if resolved.failed {
            return Err(self.table_retry(address));
        }
        let server = self.server.clone();
        let tables = &server.tables;
        let mut rewriting = vec![&tables.recipient_canonical];
        if subject == Subject::Sender {
            rewriting.push(&tables.sender_canonical);
        }
        rewriting.extend([&tables.canonical, &tables.virtual_alias]);
        for maps in rewriting {
            if self.is_listed(maps, &resolved, address).await? {
                return Ok(Verdict::Dunno);
            }
        }
        let is_sender = subject == Subject::Sender;
        let codes = server.settings.codes;
        match resolved.transport.as_slice() {
            b"error" => {
                let code = match resolved.class {
                    DomainClass::Alias => codes.unknown_virtual_alias,
                    _ => 550,
                };
                let default = if is_sender { "5.1.0" } else { "5.1.1" };
                return Ok(self.refuse_by_nexthop(code, default, &resolved.nexthop, address, subject));
            }
            b"retry" => {
                let default = if is_sender { "4.1.0" } else { "4.1.1" };
                return Ok(self.refuse_by_nexthop(450, default, &resolved.nexthop, address, subject));
            }
            _ => {}
        }
        let (maps, code, table) = match resolved.class {
            DomainClass::Local if !self.always_exists(&resolved.recipient) => {
                (&tables.local_recipient, codes.unknown_local_recipient, " in local recipient table")
            }
            DomainClass::Virtual => {
                (&tables.virtual_mailbox, codes.unknown_virtual_mailbox, " in virtual mailbox table")
            }
            DomainClass::Relay => {
                (&tables.relay_recipient, codes.unknown_relay_recipient, " in relay recipient table")
            }
            _ => return Ok(Verdict::Dunno),
        };
        if maps.is_empty() || self.is_listed(maps, &resolved, address).await? {
            if resolved.is_relay() && server.old_defaults.relay_domains {
                log_lines::old_relay_domains("accept mail for address", address);
            }
            return Ok(Verdict::Dunno);
        }
        let table = if server.settings.show_table_name { table } else { "" };
        let text = rejected(address, subject, format!("User unknown{table}").as_bytes());
        let status = if is_sender { "5.1.0" } else { "5.1.1" }.into();
        Ok(self.refuse(Refusal { class: ErrorClasses::BOUNCE, code, status, text }))
    }

    async fn is_listed(&mut self, maps: &Maps, resolved: &Resolved, name: &[u8]) -> Result<bool, Stop> {
        match maps.find_address(&resolved.recipient).await {
            Ok(found) => Ok(found.is_some()),
            Err(error @ LookupError::Retry(_)) => Err(self.lookup_failed(&error, name)),
            Err(_) => Err(self.server_error()),
        }
    }

    /// Addresses at local domains that need no account.
    fn always_exists(&self, address: &[u8]) -> bool {
        [self.server.settings.double_bounce_sender.as_bytes(), b"postmaster", b"mailer-daemon"].iter().any(
            |name| {
                address.get(name.len()) == Some(&b'@')
                    && address.get(..name.len()).is_some_and(|start| address::eq_fold(start, name))
            },
        )
    }

    /// Refuses with the text that the error or retry transport would bounce with.
    fn refuse_by_nexthop(
        &mut self,
        code: u16,
        default: &str,
        nexthop: &[u8],
        address: &[u8],
        subject: Subject,
    ) -> Verdict {
        let (status, why) = dsn::split(default.as_bytes(), nexthop);
        let status = fit_status(&String::from_utf8_lossy(status), subject).into_bytes();
        let text = rejected(address, subject, why);
        self.refuse(Refusal { class: ErrorClasses::BOUNCE, code, status, text })
    }
}
