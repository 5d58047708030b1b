//! Evaluation of a restriction list.

use bstr::ByteSlice;
use tables::Name;

use super::refuse::rejected;
use super::restriction::{Keyword, List, Subject, Word};
use super::state::{Outcome, Refusal, Stop, Verdict};
use crate::errors::ErrorClasses;
use crate::log_lines;
use crate::session::Session;
use crate::settings::TempFail;

/// A list while it is evaluated: who it is about, and where we are in it.
pub(super) struct Walk<'a> {
    list: &'a [Word],
    at: usize,
    /// The name in replies.
    pub(super) name: &'a [u8],
    /// The subject in replies.
    pub(super) subject: Subject,
    /// What a bare `type:table` stands for.
    pub(super) default_access: Option<Keyword>,
}

impl<'a> Walk<'a> {
    /// The word after the present one.
    fn following(&self) -> Option<&'a Word> {
        self.list.get(self.at)
    }

    /// Takes the word after the present one.
    fn take(&mut self) -> Option<&'a Word> {
        let word = self.list.get(self.at)?;
        self.at += 1;
        Some(word)
    }
}

impl Session {
    /// Evaluates a list, which may stand in a class or an access table and so inside another one.
    pub(super) fn evaluate<'a>(
        &'a mut self,
        list: &'a List,
        name: &'a [u8],
        subject: Subject,
        default_access: Option<Keyword>,
    ) -> std::pin::Pin<Box<dyn Future<Output = Outcome> + 'a>> {
        let walk = Walk { list, at: 0, name, subject, default_access };
        Box::pin(self.walk(walk))
    }

    async fn walk(&mut self, mut walk: Walk<'_>) -> Outcome {
        let outer_depth = self.checks.depth;
        self.checks.depth += 1;
        let subject = walk.subject.name();
        log_lines::restrictions_start(subject);
        let mut verdict = Verdict::Dunno;
        while !self.mail.actions.discard {
            let Some(word) = walk.take() else { break };
            log_lines::restriction(&word.name);
            if word.keyword == Some(Keyword::WarnIfReject) {
                if !self.checks.warns() {
                    self.checks.warn_depth = self.checks.depth;
                }
                continue;
            }
            verdict = self.restriction(&mut walk, word).await?;
            log_lines::restriction_status(&word.name, verdict.number());
            self.checks.end_warning();
            if verdict != Verdict::Dunno {
                break;
            }
            if self.checks.defer_if_permit.active && self.checks.defer_if_reject.active {
                break;
            }
        }
        log_lines::restrictions_end(subject);
        self.checks.depth = outer_depth;
        self.checks.end_warning();
        Ok(verdict)
    }

    /// Evaluates the restriction that `word` begins.
    async fn restriction(&mut self, walk: &mut Walk<'_>, word: &Word) -> Outcome {
        if word.is_table() {
            let Some(default) = walk.default_access else {
                let warning = format!(
                    "specify one of (check_client_access, check_reverse_client_hostname_access, \
                     check_helo_access, check_sender_access, check_recipient_access, check_etrn_access) \
                     before {} restriction \"{}\"",
                    walk.subject.name(),
                    word.name
                );
                return Err(self.configuration_fault(&warning));
            };
            return self.keyword(walk, default, default.name(), Some(&word.name)).await;
        }
        if let Some(keyword) = word.keyword {
            // Keywords are ASCII.
            let shown = word.name.to_str().unwrap_or_default();
            return self.keyword(walk, keyword, shown, None).await;
        }
        match self.server.restrictions.class(&word.name) {
            Some(list) => self.evaluate(&list, walk.name, walk.subject, walk.default_access).await,
            None => Err(self.configuration_fault(&format!("unknown smtpd restriction: \"{}\"", word.name))),
        }
    }

    /// Evaluates one keyword. `table` is given if it stands for a bare table.
    async fn keyword(
        &mut self,
        walk: &mut Walk<'_>,
        keyword: Keyword,
        word: &str,
        table: Option<&Name>,
    ) -> Outcome {
        match keyword {
            Keyword::Permit | Keyword::Reject | Keyword::Defer => self.plain_answer(walk, keyword, word),
            Keyword::DeferIfPermit | Keyword::DeferIfReject => Ok(self.requested_deferral(walk, keyword)),
            // Handled where the list is walked.
            Keyword::WarnIfReject => Ok(Verdict::Dunno),
            Keyword::Sleep => self.sleep(walk).await,
            Keyword::RejectUnauthPipelining => Ok(self.reject_unauth_pipelining(walk)),
            Keyword::CheckPolicyService => match walk.take().filter(|server| server.is_table()) {
                Some(server) => self.check_policy_service(&server.name, walk).await,
                None => {
                    let warning = "restriction check_policy_service must be followed by transport:server";
                    Err(self.configuration_fault(warning))
                }
            },
            Keyword::CheckAccess(subject) => {
                let table = self.table_argument(walk, word, table)?;
                self.check_access(subject, &table, word, walk).await
            }
            Keyword::CheckHostAccess(subject, kind) => {
                let table = self.table_argument(walk, word, table)?;
                self.check_host_access(subject, kind, &table, word, walk).await
            }
            Keyword::RejectRbl | Keyword::PermitDnswl | Keyword::RejectRhsbl(_) | Keyword::PermitRhswl => {
                match walk.take() {
                    Some(domain) => self.dns_list(keyword, word, &domain.name).await,
                    None => {
                        let warning = format!("restriction {word} requires domain name argument");
                        log_lines::restriction_fault(&warning);
                        Ok(Verdict::Dunno)
                    }
                }
            }
            Keyword::CheckRelayDomains | Keyword::RejectMapsRbl | Keyword::PermitNakedIp => {
                Err(self.removed(keyword))
            }
            keyword => self.argumentless(walk, keyword, word).await,
        }
    }

    /// The restrictions that look at one thing and have no argument.
    async fn argumentless(&mut self, walk: &Walk<'_>, keyword: Keyword, word: &str) -> Outcome {
        match keyword {
            Keyword::RejectPlaintextSession => {
                let code = self.server.settings.codes.plaintext;
                Ok(self.refuse_policy(code, "4.7.1", b"Session encryption is required".to_vec()))
            }
            Keyword::RejectUnknownClient => Ok(self.reject_unknown_client()),
            Keyword::RejectUnknownReverseClient => Ok(self.reject_unknown_reverse_client()),
            Keyword::PermitInetInterfaces => self.permit_inet_interfaces(word),
            Keyword::PermitMynetworks => self.permit_mynetworks(walk.name, word).await,
            Keyword::RejectInvalidHelo | Keyword::RejectUnknownHelo | Keyword::RejectNonFqdnHelo => {
                self.helo_syntax(keyword).await
            }
            Keyword::RejectUnknownDomain(subject) => self.reject_unknown_domain(subject).await,
            Keyword::RejectNonFqdnAddress(subject) => Ok(self.reject_non_fqdn_address(subject)),
            Keyword::RejectUnverified(subject) => self.reject_unverified(subject).await,
            Keyword::RejectUnlisted(subject) => match self.address_of(subject) {
                Some(address) if subject == Subject::Sender => self.reject_unlisted_sender(&address).await,
                Some(address) => self.reject_unlisted_recipient(&address).await,
                None => Ok(Verdict::Dunno),
            },
            Keyword::RejectAuthSenderLoginMismatch
            | Keyword::RejectKnownSenderLoginMismatch
            | Keyword::RejectUnauthSenderLoginMismatch => self.sender_login_mismatch(keyword, word).await,
            Keyword::PermitMxBackup => self.permit_mx_backup(word).await,
            Keyword::PermitAuthDestination => self.permit_auth_destination(word).await,
            Keyword::RejectUnauthDestination => {
                let code = self.server.settings.codes.relay;
                self.reject_unauth_destination(code, "5.7.1").await
            }
            Keyword::DeferUnauthDestination => {
                let code = self.server.settings.codes.relay.saturating_sub(100);
                self.reject_unauth_destination(code, "4.7.1").await
            }
            Keyword::RejectMultiRecipientBounce => Ok(self.reject_multi_recipient_bounce(walk)),
            // Nobody is authenticated yet, by SASL or by certificate.
            _ => Ok(Verdict::Dunno),
        }
    }

    fn plain_answer(&mut self, walk: &Walk<'_>, keyword: Keyword, word: &str) -> Outcome {
        let codes = self.server.settings.codes;
        let verdict = match keyword {
            Keyword::Permit => self.permit(word, walk.subject, walk.name, "")?,
            Keyword::Defer => {
                let text = rejected(walk.name, walk.subject, b"Try again later");
                self.refuse_policy(codes.defer, "4.3.2", text)
            }
            _ => {
                let text = rejected(walk.name, walk.subject, b"Access denied");
                self.refuse_policy(codes.reject, "5.7.1", text)
            }
        };
        if let Some(next) = walk.following()
            && (keyword == Keyword::Permit || !self.checks.warns())
        {
            log_lines::ignored_restriction(&next.name, keyword.name());
        }
        Ok(verdict)
    }

    fn requested_deferral(&mut self, walk: &Walk<'_>, keyword: Keyword) -> Verdict {
        let why = format!("{} requested", keyword.name());
        let text = rejected(walk.name, walk.subject, why.as_bytes());
        let refusal = Refusal { class: ErrorClasses::POLICY, code: 450, status: b"4.7.0".to_vec(), text };
        if keyword == Keyword::DeferIfPermit {
            return self.defer_if_permit(TempFail::DeferIfPermit, refusal);
        }
        self.checks.defer_if_reject.set(refusal);
        Verdict::Dunno
    }

    async fn sleep(&mut self, walk: &mut Walk<'_>) -> Outcome {
        match walk.take().and_then(|word| word.name.to_str().ok()?.parse().ok()) {
            Some(seconds) => {
                tokio::time::sleep(std::time::Duration::from_secs(seconds)).await;
                Ok(Verdict::Dunno)
            }
            None => Err(self.configuration_fault("restriction sleep must be followed by number")),
        }
    }

    fn reject_unauth_pipelining(&mut self, walk: &Walk<'_>) -> Verdict {
        if !self.illegal_pipelining {
            return Verdict::Dunno;
        }
        let text = rejected(walk.name, walk.subject, b"Improper use of SMTP command pipelining");
        let class = ErrorClasses::PROTOCOL;
        self.refuse(Refusal { class, code: 503, status: b"5.5.0".to_vec(), text })
    }

    fn reject_multi_recipient_bounce(&mut self, walk: &Walk<'_>) -> Verdict {
        let in_rcpt = self.stage == crate::verb::Stage::Command(crate::verb::Verb::Rcpt);
        let allowed = if in_rcpt { 0 } else { 1 };
        let is_bounce = self.mail.sender.as_ref().is_some_and(Vec::is_empty);
        if !is_bounce || self.mail.recipient_count <= allowed {
            return Verdict::Dunno;
        }
        let text = rejected(walk.name, walk.subject, b"Multi-recipient bounce");
        self.refuse_policy(self.server.settings.codes.multi_recipient_bounce, "5.5.3", text)
    }

    fn removed(&mut self, keyword: Keyword) -> Stop {
        let instead = match keyword {
            Keyword::CheckRelayDomains => "\"reject_unauth_destination\"",
            Keyword::RejectMapsRbl => "\"reject_rbl_client domain-name\"",
            _ => "\"permit_mynetworks\" or \"permit_sasl_authenticated\"",
        };
        let warning = format!(
            "support for restriction \"{}\" has been removed in {} 3.9; instead, specify {instead}",
            keyword.name(),
            log::bytes(&self.server.settings.mail_name)
        );
        self.configuration_fault(&warning)
    }

    /// The table that a `check_*_access` keyword names.
    fn table_argument(
        &mut self,
        walk: &mut Walk<'_>,
        word: &str,
        given: Option<&Name>,
    ) -> Result<Name, Stop> {
        if let Some(table) = given {
            return Ok(table.to_owned());
        }
        match walk.take() {
            Some(argument) if argument.is_table() => Ok(argument.name.clone()),
            argument => {
                let shown = argument.map_or_else(|| word.into(), |argument| argument.name.clone());
                let warning = format!("restriction {word}: bad argument \"{shown}\": need maptype:mapname");
                Err(self.configuration_fault(&warning))
            }
        }
    }

    /// The address that a restriction on sender or recipient is about; none if there is none yet, or it is the null
    /// sender.
    pub(super) fn address_of(&self, subject: Subject) -> Option<Vec<u8>> {
        let address = match subject {
            Subject::Sender => &self.mail.sender,
            _ => &self.mail.recipient,
        };
        address.clone().filter(|address| !address.is_empty())
    }
}
