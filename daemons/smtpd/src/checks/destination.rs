//! Who may send mail through us to where: the restrictions that keep the system from being an open relay.

use super::restriction::Subject;
use super::state::{Outcome, Stop, Verdict};
use crate::log_lines;
use crate::session::Session;

impl Session {
    pub(super) async fn permit_auth_destination(&mut self, word: &str) -> Outcome {
        let Some(recipient) = self.mail.recipient.clone() else { return Ok(Verdict::Dunno) };
        if self.is_auth_destination(&recipient).await? {
            self.permit(word, Subject::Recipient, &recipient, "")
        } else {
            Ok(Verdict::Dunno)
        }
    }

    pub(super) async fn reject_unauth_destination(&mut self, code: u16, status: &str) -> Outcome {
        let Some(recipient) = self.mail.recipient.clone() else { return Ok(Verdict::Dunno) };
        if self.is_auth_destination(&recipient).await? {
            return Ok(Verdict::Dunno);
        }
        let text = [b"<", recipient.as_slice(), b">: Relay access denied"].concat();
        Ok(self.refuse_policy(code, status, text))
    }

    /// Whether we are a destination or a relay for the address, and no routing is hidden in its local part.
    pub(super) async fn is_auth_destination(&mut self, recipient: &[u8]) -> Result<bool, Stop> {
        let sender = self.mail.sender.clone();
        let resolved = self.resolve(sender.as_deref(), recipient).await?;
        if resolved.failed {
            return Err(self.table_retry(recipient));
        }
        if !resolved.recipient.contains(&b'@') {
            return Ok(true);
        }
        if resolved.routed && !self.server.settings.allow_untrusted_routing {
            return Ok(false);
        }
        if resolved.is_relay() && self.server.old_defaults.relay_domains {
            let domain = address::split_at(&resolved.recipient).1.unwrap_or_default();
            log_lines::old_relay_domains("accept mail for domain", domain);
        }
        Ok(resolved.is_final() || resolved.is_relay())
    }
}
