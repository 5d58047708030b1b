//! Turning a refusal into a reply: what `warn_if_reject`, `defer_if_reject` and `soft_bounce` make of it, and the log.

use log::printable;
use smtp::{Reply, dsn};

use super::restriction::Subject;
use super::state::{Outcome, Refusal, Stop, Verdict};
use crate::errors::ErrorClasses;
use crate::log_lines;
use crate::session::Session;
use crate::settings::TempFail;

/// The longest reply text.
const TEXT_LIMIT: usize = 510;

impl Session {
    /// Refuses the request, or only warns if `warn_if_reject` is in force.
    pub(super) fn refuse(&mut self, refusal: Refusal) -> Verdict {
        let ours = refusal.class.intersects(ErrorClasses::SOFTWARE)
            || refusal.class.intersects(ErrorClasses::RESOURCE)
            || refusal.class.intersects(ErrorClasses::DATA);
        let only_warn = self.checks.warns() && !ours;
        self.errors.insert(refusal.class);
        let mut text = reply_text(&refusal);
        if !only_warn && self.checks.defer_if_reject.active && text.first() == Some(&b'5') {
            self.checks.warn_depth = 0;
            self.checks.defer_if_reject.active = false;
            if let Some(deferral) = self.checks.defer_if_reject.refusal.clone() {
                return self.refuse(deferral);
            }
        }
        let class = match text.first() {
            Some(b'5') if self.server.settings.soft_bounce => b'4',
            Some(&class) => class,
            None => b'4',
        };
        for at in [0, 4] {
            if let Some(digit) = text.get_mut(at) {
                *digit = class;
            }
        }
        log_lines::request(self, if only_warn { "reject_warning" } else { "reject" }, &text);
        if only_warn { Verdict::Dunno } else { Verdict::Reject(Reply::new(text)) }
    }

    /// Refuses the request because of a policy.
    pub(super) fn refuse_policy(&mut self, code: u16, status: &str, text: Vec<u8>) -> Verdict {
        self.refuse(Refusal { class: ErrorClasses::POLICY, code, status: status.into(), text })
    }

    /// Refuses the request later, if it would otherwise be permitted; or at once, if the setting says so or
    /// `warn_if_reject` is in force.
    pub(super) fn defer_if_permit(&mut self, kind: TempFail, refusal: Refusal) -> Verdict {
        if self.checks.warns() || kind == TempFail::Defer {
            return self.refuse(refusal);
        }
        self.checks.defer_if_permit.set(refusal);
        Verdict::Dunno
    }

    /// A lookup table that cannot answer now.
    pub(super) fn table_retry(&mut self, name: &[u8]) -> Stop {
        let text = [b"<", name, b">: Temporary lookup failure"].concat();
        self.stop(Refusal { class: ErrorClasses::DATA, code: 451, status: b"4.3.0".to_vec(), text })
    }

    /// A configuration that does not work.
    pub(super) fn server_error(&mut self) -> Stop {
        let text = b"Server configuration error".to_vec();
        self.stop(Refusal { class: ErrorClasses::SOFTWARE, code: 451, status: b"4.3.5".to_vec(), text })
    }

    /// A configuration that does not work, with what the log should say about it.
    pub(super) fn configuration_fault(&mut self, warning: &str) -> Stop {
        log_lines::restriction_fault(warning);
        self.server_error()
    }

    fn stop(&mut self, refusal: Refusal) -> Stop {
        let plain = reply_text(&refusal);
        match self.refuse(refusal) {
            Verdict::Reject(reply) => Stop::Reject(reply),
            // Errors of our own are never mere warnings.
            Verdict::Dunno | Verdict::Permit => Stop::Reject(Reply::new(plain)),
        }
    }

    /// What a failed look-up means for the request: not now, or never with this configuration.
    pub(super) fn lookup_failed(&mut self, error: &tables::LookupError, name: &[u8]) -> Stop {
        match error {
            tables::LookupError::Retry(_) => self.table_retry(name),
            _ => self.server_error(),
        }
    }

    /// Permits the request, and logs it if `smtpd_log_access_permit_actions` asks for it.
    pub(super) fn permit(
        &mut self,
        action: impl AsRef<[u8]>,
        subject: Subject,
        name: &[u8],
        origin: impl AsRef<[u8]>,
    ) -> Outcome {
        let (action, origin) = (action.as_ref(), origin.as_ref());
        let logged = !self.checks.defer_if_permit.active
            && self.server.lists.permit_actions.matches(action).unwrap_or(false);
        if logged {
            let mut text =
                [b"action=", action, b" for ", subject.name().as_bytes(), b"=", name, b" "].concat();
            if !origin.is_empty() {
                text.extend_from_slice(b"from ");
                text.extend_from_slice(origin);
            }
            log_lines::request(self, "permit", &text);
        }
        Ok(Verdict::Permit)
    }
}

/// `<name>: subject rejected: why`
pub(super) fn rejected(name: &[u8], subject: Subject, why: &[u8]) -> Vec<u8> {
    [b"<", name, b">: ", subject.name().as_bytes(), b" rejected: ", why].concat()
}

fn reply_text(refusal: &Refusal) -> Vec<u8> {
    let mut text = format!("{} ", refusal.code).into_bytes();
    text.extend_from_slice(&refusal.status);
    text.push(b' ');
    text.extend_from_slice(&refusal.text);
    if !(400..=599).contains(&refusal.code) {
        log_lines::bad_reply_code(&text);
        text = b"450 4.7.1 Service unavailable".to_vec();
    }
    if dsn::status_len(text.get(4..).unwrap_or_default()).is_none() {
        log_lines::bad_status(&text);
        text = b"450 4.7.1 Service unavailable".to_vec();
    }
    text.truncate(TEXT_LIMIT);
    smtp::response::printable(&text, b' ', printable_utf8())
}

/// Whether UTF-8 counts as printable follows what the log does.
fn printable_utf8() -> bool {
    printable("\u{e9}".as_bytes()) == "\u{e9}"
}

/// An enhanced status code in the address class, made to fit its subject: `X.1.7` says nothing about a client.
pub(super) fn fit_status(status: &str, subject: Subject) -> String {
    let Some((class, detail)) = status.split_once(".1.") else { return status.to_owned() };
    if class.len() != 1 || !class.bytes().all(|byte| byte.is_ascii_digit()) {
        return status.to_owned();
    }
    let detail = match (subject, detail) {
        (Subject::Sender, "1" | "3" | "4" | "6" | "7") => "1.7",
        (Subject::Sender, "2" | "8") => "1.8",
        (Subject::Sender, _) => "1.0",
        (Subject::Recipient, "1") => "1.1",
        (Subject::Recipient, "2" | "8") => "1.2",
        (Subject::Recipient, "3" | "7") => "1.3",
        (Subject::Recipient, "4") => "1.4",
        (Subject::Recipient, "5") => "1.5",
        (Subject::Recipient, "6") => "1.6",
        (Subject::Recipient, _) => "1.0",
        _ => "0.0",
    };
    let fitted = format!("{class}.{detail}");
    if fitted != status {
        log_lines::mapped_status(status, subject.name(), &fitted);
    }
    format!("4.{detail}")
}

#[cfg(test)]
mod tests {
    use super::*;

    // By the reference's own rules; the class is put right when the reply is made.
    #[test]
    fn status_fits_subject() {
        assert_eq!(fit_status("5.7.1", Subject::Client), "5.7.1");
        assert_eq!(fit_status("5.1.1", Subject::Recipient), "4.1.1");
        assert_eq!(fit_status("5.1.1", Subject::Sender), "4.1.7");
        assert_eq!(fit_status("4.1.2", Subject::Sender), "4.1.8");
        assert_eq!(fit_status("5.1.8", Subject::Recipient), "4.1.2");
        assert_eq!(fit_status("5.1.9", Subject::Helo), "4.0.0");
        assert_eq!(fit_status("5.1.99", Subject::Recipient), "4.1.0");
    }
}
