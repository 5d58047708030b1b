//! The right-hand sides of access(5) tables, which are also what policy servers answer.

use smtp::dsn;
use tables::Name;

use super::engine::Walk;
use super::refuse::{fit_status, rejected};
use super::restriction::{self, Keyword, Subject};
use super::state::{Outcome, Refusal, Verdict};
use crate::errors::ErrorClasses;
use crate::log_lines;
use crate::session::{Break, Session};
use crate::settings::TempFail;
use crate::verb::{Stage, Verb};

/// How deep restrictions may nest through tables.
const DEPTH_LIMIT: u32 = 100;

/// What a table gave, and for what.
#[derive(Clone, Copy)]
pub(super) struct Found<'a> {
    /// The table or policy server.
    pub table: &'a Name,
    /// The key, for warnings.
    pub key: &'a [u8],
    /// The name in replies.
    pub name: &'a [u8],
    /// The subject in replies.
    pub subject: Subject,
    /// What a bare `type:table` stands for.
    pub default_access: Option<Keyword>,
}

impl<'a> Found<'a> {
    /// What a policy server said about the request that a list is about.
    pub(super) fn by_policy(server: &'a Name, walk: &Walk<'a>) -> Self {
        Found {
            table: server,
            key: b"policy query",
            name: walk.name,
            subject: walk.subject,
            default_access: walk.default_access,
        }
    }

    /// The same, found for another key: an address after its host's name.
    pub(super) fn keyed(self, key: &'a [u8]) -> Self {
        Found { key, ..self }
    }
}

impl Session {
    /// Does what a right-hand side says.
    pub(super) async fn access_action(&mut self, found: &Found<'_>, value: &[u8]) -> Outcome {
        let end = value.iter().position(|byte| matches!(byte, b' ' | b'\t')).unwrap_or(value.len());
        let (verb, rest) = value.split_at_checked(end).unwrap_or((value, b""));
        let text = trim_start(rest);
        let action = verb.to_ascii_uppercase();
        match action.as_slice() {
            b"DUNNO" => Ok(Verdict::Dunno),
            b"OK" | b"RELAY" => self.permit_by_table(found, verb),
            b"REJECT" => {
                let code = self.server.settings.codes.access_map_reject;
                Ok(self.refuse_by_table(found, code, "5.7.1", text))
            }
            b"DEFER" => {
                let code = self.server.settings.codes.access_map_defer;
                Ok(self.refuse_by_table(found, code, "4.7.1", text))
            }
            b"DEFER_IF_PERMIT" => {
                let refusal = self.deferral_by_table(found, text);
                Ok(self.defer_if_permit(TempFail::DeferIfPermit, refusal))
            }
            b"DEFER_IF_REJECT" => {
                let refusal = self.deferral_by_table(found, text);
                self.checks.defer_if_reject.set(refusal);
                Ok(Verdict::Dunno)
            }
            b"HANGUP" => {
                log_lines::request(self, "hangup", text);
                self.chat.shut_down();
                Err(Break::Quiet.into())
            }
            b"INFO" => Ok(self.mention("info", text)),
            b"WARN" => Ok(self.mention("warn", text)),
            b"FILTER" | b"HOLD" | b"DISCARD" | b"REDIRECT" | b"BCC" => {
                self.message_action(found, &action, verb, text)
            }
            b"PREPEND" => Ok(self.prepend(found, text)),
            _ if smtp::token::is_number(value) => self.permit_by_table(found, verb),
            _ => match reply_code(verb).filter(|_| !text.is_empty()) {
                Some((code, status)) => Ok(self.refuse_by_table(found, code, status, text)),
                None => self.nested_list(found, value).await,
            },
        }
    }

    fn mention(&mut self, what: &str, text: &[u8]) -> Verdict {
        log_lines::request(self, what, text);
        Verdict::Dunno
    }

    fn permit_by_table(&mut self, found: &Found<'_>, verb: &[u8]) -> Outcome {
        self.permit(verb, found.subject, found.name, found.table)
    }

    fn refuse_by_table(&mut self, found: &Found<'_>, code: u16, default: &str, text: &[u8]) -> Verdict {
        let refusal = table_refusal(found, code, default, text, b"Access denied");
        self.refuse(refusal)
    }

    fn deferral_by_table(&self, found: &Found<'_>, text: &[u8]) -> Refusal {
        let code = self.server.settings.codes.access_map_defer;
        table_refusal(found, code, "4.7.1", text, b"Service unavailable")
    }

    /// The actions that travel with the message to the cleanup service.
    fn message_action(&mut self, found: &Found<'_>, action: &[u8], verb: &[u8], text: &[u8]) -> Outcome {
        let action = std::str::from_utf8(action).unwrap_or_default();
        if !self.can_delegate(found, action) {
            return Ok(Verdict::Dunno);
        }
        match action {
            "FILTER" => Ok(self.filter(found, text)),
            "REDIRECT" => {
                if self.is_target(found, text) {
                    self.log_trigger(found, "redirect", "REDIRECT", text);
                    self.mail.actions.redirect = Some(text.to_vec());
                }
                Ok(Verdict::Dunno)
            }
            "BCC" => {
                if self.is_target(found, text) {
                    self.log_trigger(found, "bcc", "BCC", text);
                    self.mail.actions.bcc.push(text.to_vec());
                }
                Ok(Verdict::Dunno)
            }
            "HOLD" => {
                if !self.mail.actions.hold {
                    self.log_action(found, "hold", text, "triggers HOLD action");
                    self.mail.actions.hold = true;
                }
                Ok(Verdict::Dunno)
            }
            _ => {
                self.log_action(found, "discard", text, "triggers DISCARD action");
                self.mail.actions.discard = true;
                self.permit_by_table(found, verb)
            }
        }
    }

    fn filter(&mut self, found: &Found<'_>, text: &[u8]) -> Verdict {
        let problem = if text.is_empty() {
            "has FILTER entry without value"
        } else if !text.contains(&b':') {
            "requires transport:destination"
        } else {
            self.log_trigger(found, "filter", "FILTER", text);
            self.mail.actions.filter = Some(text.to_vec());
            return Verdict::Dunno;
        };
        table_warning(found, problem);
        Verdict::Dunno
    }

    fn prepend(&mut self, found: &Found<'_>, text: &[u8]) -> Verdict {
        if !self.has_message(found, "PREPEND") {
            return Verdict::Dunno;
        }
        if self.stage == Stage::EndOfMessage {
            let warning = format!(
                "access table {}: action PREPEND must be used before {}",
                found.table,
                params::SMTPD_END_OF_DATA_RESTRICTIONS.name()
            );
            log_lines::restriction_fault(&warning);
        } else if mime::header::name_length(text).is_none() {
            table_warning(found, "requires header: text");
        } else {
            self.mail.actions.prepend.push(text.to_vec());
        }
        Verdict::Dunno
    }

    /// Whether an action on the message makes sense here; if not, a warning was logged.
    fn can_delegate(&self, found: &Found<'_>, action: &str) -> bool {
        if self.stage == Stage::Command(Verb::Etrn) {
            let warning = format!(
                "access table {}: action {action} is unavailable in {}",
                found.table,
                params::SMTPD_ETRN_RESTRICTIONS.name()
            );
            log_lines::restriction_fault(&warning);
            return false;
        }
        self.has_message(found, action)
    }

    fn has_message(&self, found: &Found<'_>, action: &str) -> bool {
        if self.mail.sender.is_none() {
            let warning = format!(
                "access table {}: with {}=no, action {action} is always skipped in {} or {} restrictions",
                found.table,
                params::SMTPD_DELAY_REJECT.name(),
                Subject::Client.name(),
                Subject::Helo.name()
            );
            log_lines::restriction_fault(&warning);
            return false;
        }
        true
    }

    fn is_target(&self, found: &Found<'_>, text: &[u8]) -> bool {
        let valid = text.contains(&b'@');
        if !valid {
            table_warning(found, "requires user@domain target");
        }
        valid
    }

    fn log_trigger(&self, found: &Found<'_>, what: &str, action: &str, text: &[u8]) {
        let intro = format!(">: {} triggers {action} ", found.subject.name());
        log_lines::request(self, what, &[b"<", found.name, intro.as_bytes(), text].concat());
    }

    fn log_action(&self, found: &Found<'_>, what: &str, text: &[u8], default: &str) {
        let text = if text.is_empty() { default.as_bytes() } else { text };
        let intro = format!(">: {} ", found.subject.name());
        log_lines::request(self, what, &[b"<", found.name, intro.as_bytes(), text].concat());
    }

    /// A right-hand side that is a restriction list of its own.
    async fn nested_list(&mut self, found: &Found<'_>, value: &[u8]) -> Outcome {
        let shown = log::bytes(value);
        if value.contains(&b':') {
            let warning = format!("access table {} has entry with lookup table: {shown}", found.table);
            log_lines::restriction_fault(&warning);
            log_lines::restriction_fault("do not specify lookup tables inside SMTPD access maps");
            let advice = "define a restriction class and specify its name instead.";
            return Err(self.configuration_fault(advice));
        }
        if self.checks.depth > DEPTH_LIMIT {
            let warning = format!("access table {} entry {shown} causes unreasonable recursion", found.table);
            return Err(self.configuration_fault(&warning));
        }
        let list = restriction::parse(value);
        if list.is_empty() {
            let warning = format!("access table {} entry {shown} has empty value", found.table);
            log_lines::restriction_fault(&warning);
            return Ok(Verdict::Permit);
        }
        self.evaluate(&list, found.name, found.subject, found.default_access).await
    }
}

fn table_warning(found: &Found<'_>, problem: &str) {
    let key = log::bytes(found.key);
    log_lines::restriction_fault(&format!("access table {} entry \"{key}\" {problem}", found.table));
}

fn table_refusal(found: &Found<'_>, code: u16, default: &str, text: &[u8], why: &[u8]) -> Refusal {
    let (status, text) = dsn::split(default.as_bytes(), text);
    let status = fit_status(&String::from_utf8_lossy(status), found.subject);
    let text = rejected(found.name, found.subject, if text.is_empty() { why } else { text });
    Refusal { class: ErrorClasses::POLICY, code, status: status.into_bytes(), text }
}

/// A reply code of three digits, and the enhanced status code that goes with it when the text has none.
fn reply_code(verb: &[u8]) -> Option<(u16, &'static str)> {
    let status = match verb.first()? {
        b'4' => "4.7.1",
        b'5' => "5.7.1",
        _ => return None,
    };
    let code = std::str::from_utf8(verb).ok().filter(|text| text.len() == 3)?.parse().ok()?;
    Some((code, status))
}

fn trim_start(text: &[u8]) -> &[u8] {
    let blanks = text.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
    text.get(blanks..).unwrap_or_default()
}
