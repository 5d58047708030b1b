//! Access control: when which restriction list is asked, and what follows from its answer.
//!
//! The lists are evaluated in [`engine`]; what one restriction does is in the modules beside it. A list's answer is a
//! [`Verdict`]; all that lists remember is in [`CheckState`].

mod access;
mod access_lookup;
mod destination;
mod dns_lists;
mod engine;
mod host_access;
mod hosts;
mod listed;
mod logins;
mod mx_backup;
pub mod policy;
mod refuse;
pub mod restriction;
mod rewrite_context;
mod state;
pub mod table_spec;
mod unverified;

pub use access_lookup::ParentStyle;
pub use dns_lists::DnsListCache;
pub use state::{CheckState, Outcome, Refusal, Stop, Verdict};

use smtp::Reply;

use crate::errors::ErrorClasses;
use crate::log_lines;
use crate::session::{Break, Session};
use restriction::{List, Subject};

/// A refusal, or nothing if the request may go on.
pub type Checked = Result<Option<Reply>, Break>;

impl Session {
    /// Asks the client restrictions.
    pub async fn check_client(&mut self) -> Checked {
        if self.server.stand_alone {
            return Ok(None);
        }
        self.checks.defer_if_permit.active = false;
        let list = self.server.restrictions.client.clone();
        let name = self.client.name_address.clone();
        let verdict = self.ask(&list, name.as_bytes(), Subject::Client).await;
        self.checks.deferred_by_client = self.checks.defer_if_permit.active;
        refusal(verdict)
    }

    /// Asks the helo restrictions about a name.
    pub async fn check_helo(&mut self, name: Option<Vec<u8>>) -> Checked {
        if self.server.stand_alone {
            return Ok(None);
        }
        let Some(name) = name else { return Ok(None) };
        let saved = self.helo_name.replace(name.clone());
        self.checks.defer_if_permit.active = self.checks.deferred_by_client;
        let list = self.server.restrictions.helo.clone();
        let verdict = self.ask(&list, &name, Subject::Helo).await;
        self.checks.deferred_by_helo = self.checks.defer_if_permit.active;
        self.helo_name = saved;
        refusal(verdict)
    }

    /// Asks the sender restrictions about an address.
    pub async fn check_sender(&mut self, sender: Vec<u8>) -> Checked {
        if self.server.stand_alone {
            return Ok(None);
        }
        let saved = self.mail.sender.replace(sender.clone());
        self.checks.defer_if_permit.active = self.checks.deferred_by_client || self.checks.deferred_by_helo;
        self.checks.sender_listed = false;
        let list = self.server.restrictions.sender.clone();
        let mut verdict = self.ask(&list, &sender, Subject::Sender).await;
        self.checks.deferred_by_sender = self.checks.defer_if_permit.active;
        if self.server.settings.reject_unlisted_sender
            && matches!(verdict, Ok(Verdict::Dunno | Verdict::Permit))
            && !self.mail.actions.discard
            && !sender.is_empty()
        {
            verdict = self.reject_unlisted_sender(&sender).await;
        }
        self.mail.sender = saved;
        refusal(verdict)
    }

    /// Asks the relay and the recipient restrictions about an address, and whether there is such a recipient.
    pub async fn check_recipient(&mut self, recipient: Vec<u8>) -> Checked {
        if self.server.stand_alone {
            return Ok(None);
        }
        if recipient.eq_ignore_ascii_case(b"postmaster") {
            return Ok(None);
        }
        let saved = self.mail.recipient.replace(recipient.clone());
        let checked = self.check_present_recipient(&recipient).await;
        self.mail.recipient = saved;
        checked
    }

    async fn check_present_recipient(&mut self, recipient: &[u8]) -> Checked {
        self.checks.recipient_listed = false;
        if self.server.settings.delay_reject {
            if let Some(reply) = self.check_delayed_client_and_helo().await? {
                return Ok(Some(reply));
            }
            if let Some(sender) = self.mail.sender.clone()
                && let Some(reply) = self.check_sender(sender).await?
            {
                return Ok(Some(reply));
            }
        }
        self.checks.defer_if_permit.active = self.checks.deferred_by_sender;
        self.checks.reset();
        if let Some(reply) = self.ask_relay_and_recipient(recipient).await? {
            return Ok(Some(reply));
        }
        if let Some(reply) = self.deferred()? {
            return Ok(Some(reply));
        }
        if self.server.settings.reject_unlisted_recipient && !self.mail.actions.discard {
            return refusal(self.reject_unlisted_recipient(recipient).await);
        }
        Ok(None)
    }

    async fn ask_relay_and_recipient(&mut self, recipient: &[u8]) -> Checked {
        let server = self.server.clone();
        let old = server.old_defaults;
        let relay =
            if old.relay_restrictions { &server.restrictions.old_relay } else { &server.restrictions.relay };
        let mut lists = [(relay, true), (&server.restrictions.recipient, false)];
        if !server.settings.relay_before_recipient || old.relay_restrictions {
            lists.reverse();
        }
        let client = &self.client.name_address.clone();
        for (index, (list, is_relay)) in lists.into_iter().enumerate() {
            let verdict = self.ask_without_reset(list, recipient, Subject::Recipient).await;
            if is_relay && old.relay_restrictions && matches!(verdict, Ok(Verdict::Dunno)) {
                log_lines::old_relay_restrictions(recipient, client);
            }
            if let Some(reply) = refusal(verdict)? {
                if old.relay_before_recipient && index == 0 {
                    log_lines::old_order_of_restrictions(recipient, client);
                }
                return Ok(Some(reply));
            }
        }
        Ok(None)
    }

    async fn check_delayed_client_and_helo(&mut self) -> Checked {
        if let Some(reply) = self.check_client().await? {
            return Ok(Some(reply));
        }
        self.check_helo(self.helo_name.clone()).await
    }

    /// Asks the restrictions on ETRN about a domain.
    pub async fn check_etrn(&mut self, domain: Vec<u8>) -> Checked {
        self.etrn_domain = Some(domain.clone());
        let checked = self.check_present_etrn(&domain).await;
        self.etrn_domain = None;
        checked
    }

    async fn check_present_etrn(&mut self, domain: &[u8]) -> Checked {
        if self.server.settings.delay_reject
            && let Some(reply) = self.check_delayed_client_and_helo().await?
        {
            return Ok(Some(reply));
        }
        self.checks.defer_if_permit.active = self.checks.deferred_by_client || self.checks.deferred_by_helo;
        let list = self.server.restrictions.etrn.clone();
        let verdict = self.ask(&list, domain, Subject::Etrn).await;
        match refusal(verdict)? {
            Some(reply) => Ok(Some(reply)),
            None => self.deferred(),
        }
    }

    /// Asks the restrictions on DATA.
    pub async fn check_data(&mut self) -> Checked {
        if self.server.stand_alone {
            return Ok(None);
        }
        let list = self.server.restrictions.data.clone();
        self.check_message(&list, b"DATA", Subject::Data).await
    }

    /// Asks the restrictions on the end of content.
    pub async fn check_end_of_data(&mut self) -> Checked {
        if self.server.stand_alone {
            return Ok(None);
        }
        let list = self.server.restrictions.end_of_data.clone();
        self.check_message(&list, b"END-OF-MESSAGE", Subject::EndOfData).await
    }

    /// With several recipients, none of them is "the" recipient for restrictions on the message.
    async fn check_message(&mut self, list: &List, name: &[u8], subject: Subject) -> Checked {
        let many = self.mail.recipient_count > 1;
        let saved = if many { self.mail.recipient.take() } else { None };
        self.checks.defer_if_permit.active = false;
        let verdict = self.ask(list, name, subject).await;
        let checked = match refusal(verdict) {
            Ok(None) => self.deferred(),
            other => other,
        };
        if many {
            self.mail.recipient = saved;
        }
        checked
    }

    /// Whether a message of the announced size would be too big.
    pub fn check_size(&mut self, size: i64) -> Option<Reply> {
        self.checks.reset();
        if !self.server.settings.is_too_big(size) {
            return None;
        }
        let text = b"Message size exceeds fixed limit".to_vec();
        self.refuse_now(ErrorClasses::POLICY, 552, "5.3.4", text)
    }

    /// Whether there is room for a message of the largest size.
    pub fn check_queue_space(&mut self) -> Option<Reply> {
        if self.server.stand_alone {
            return None;
        }
        self.checks.reset();
        // A queue that cannot be looked at will fail when the message is stored, with a reason in the log.
        let space = nix::sys::statvfs::statvfs(".").ok()?;
        let block = space.fragment_size().max(1);
        let free = space.blocks_available();
        let blocks = |bytes: i64| u64::try_from(bytes).unwrap_or(0) / block;
        let settings = &self.server.settings;
        if blocks(settings.queue_minfree) < free
            && (blocks(settings.message_limit) as f64) < free as f64 / 1.5
        {
            return None;
        }
        let text = b"Insufficient system storage".to_vec();
        let reply = self.refuse_now(ErrorClasses::RESOURCE, 452, "4.3.1", text);
        log_lines::no_space(free.saturating_mul(block));
        reply
    }

    fn refuse_now(&mut self, class: ErrorClasses, code: u16, status: &str, text: Vec<u8>) -> Option<Reply> {
        match self.refuse(Refusal { class, code, status: status.into(), text }) {
            Verdict::Reject(reply) => Some(reply),
            Verdict::Dunno | Verdict::Permit => None,
        }
    }

    async fn ask(&mut self, list: &List, name: &[u8], subject: Subject) -> Outcome {
        self.checks.reset();
        self.ask_without_reset(list, name, subject).await
    }

    async fn ask_without_reset(&mut self, list: &List, name: &[u8], subject: Subject) -> Outcome {
        if list.is_empty() {
            return Ok(Verdict::Dunno);
        }
        self.evaluate(list, name, subject, subject.default_access()).await
    }

    /// The refusal that `defer_if_permit` left behind.
    fn deferred(&mut self) -> Checked {
        if !self.checks.defer_if_permit.active {
            return Ok(None);
        }
        let Some(refusal) = self.checks.defer_if_permit.refusal.clone() else { return Ok(None) };
        Ok(match self.refuse(refusal) {
            Verdict::Reject(reply) => Some(reply),
            Verdict::Dunno | Verdict::Permit => None,
        })
    }
}

/// What a list's answer means for the request.
fn refusal(outcome: Outcome) -> Checked {
    match outcome {
        Ok(Verdict::Reject(reply)) | Err(Stop::Reject(reply)) => Ok(Some(reply)),
        Ok(Verdict::Dunno | Verdict::Permit) => Ok(None),
        Err(Stop::Break(reason)) => Err(reason),
    }
}
