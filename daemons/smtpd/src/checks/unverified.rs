//! Addresses that are probed before they are believed: `reject_unverified_sender` and its fellow.

use ipc::verify::AddressStatus;

use super::refuse::rejected;
use super::restriction::Subject;
use super::state::{Outcome, Refusal, Verdict};
use crate::errors::ErrorClasses;
use crate::log_lines;
use crate::session::Session;

/// How much of a reason is told when mail is only deferred.
const REASON_LIMIT: usize = 250;

impl Session {
    pub(super) async fn reject_unverified(&mut self, subject: Subject) -> Outcome {
        let Some(address) = self.address_of(subject) else { return Ok(Verdict::Dunno) };
        let server = self.server.clone();
        let settings = &server.settings;
        let codes = &settings.codes;
        let is_sender = subject == Subject::Sender;
        let (defer, reject, tempfail, reason, status) = if is_sender {
            let codes = (codes.unverified_sender_defer, codes.unverified_sender_reject);
            (
                codes.0,
                codes.1,
                settings.unverified_sender_tempfail,
                &settings.unverified_sender_reason,
                "4.1.7",
            )
        } else {
            let codes = (codes.unverified_recipient_defer, codes.unverified_recipient_reject);
            let reason = &settings.unverified_recipient_reason;
            (codes.0, codes.1, settings.unverified_recipient_tempfail, reason, "4.1.1")
        };
        let mut tries = 0;
        let answer = loop {
            let answer = server.verify.query(&address).await;
            tries += 1;
            let pending = matches!(&answer, Ok(answer) if answer.status == AddressStatus::Todo);
            if !pending || tries >= settings.verify_poll_count {
                break answer;
            }
            tokio::time::sleep(settings.verify_poll_delay).await;
        };
        let policy = |code, text| {
            let status = status.as_bytes().to_vec();
            Refusal { class: ErrorClasses::POLICY, code, status, text }
        };
        let Ok(answer) = answer else {
            log_lines::restriction_fault(&format!("{} service failure", settings.verify_service));
            let text = rejected(&address, subject, b"address verification problem");
            return Ok(self.defer_if_permit(tempfail, policy(450, text)));
        };
        let code = match answer.status {
            AddressStatus::Ok => return Ok(Verdict::Dunno),
            AddressStatus::Todo | AddressStatus::Defer => defer,
            AddressStatus::Bounce => reject,
        };
        let why = if reason.is_empty() { &answer.reason } else { reason.as_bytes() };
        match code / 100 {
            2 => Ok(Verdict::Dunno),
            4 => {
                let why = why.get(..REASON_LIMIT).unwrap_or(why);
                let text = rejected(&address, subject, &[b"unverified address: ", why].concat());
                Ok(self.defer_if_permit(tempfail, policy(code, text)))
            }
            _ => {
                let text = rejected(&address, subject, &[b"undeliverable address: ", why].concat());
                Ok(self.refuse(policy(code, text)))
            }
        }
    }
}
