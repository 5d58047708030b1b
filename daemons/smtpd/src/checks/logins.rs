//! Who owns a sender address (`smtpd_sender_login_maps`). As long as nobody can log in, no client is the owner.

use super::restriction::Keyword;
use super::state::{Outcome, Verdict};
use crate::log_lines;
use crate::session::Session;

impl Session {
    pub(super) async fn sender_login_mismatch(&mut self, keyword: Keyword, word: &str) -> Outcome {
        if !self.server.settings.sasl {
            log_lines::no_sasl(word);
            return Ok(Verdict::Dunno);
        }
        let Some(sender) = self.mail.sender.clone().filter(|sender| !sender.is_empty()) else {
            return Ok(Verdict::Dunno);
        };
        let server = self.server.clone();
        let maps = &server.tables.sender_login;
        if keyword == Keyword::RejectAuthSenderLoginMismatch || maps.is_empty() {
            return Ok(Verdict::Dunno);
        }
        let recipient = self.mail.recipient.clone();
        let resolved = self.resolve(recipient.as_deref(), &sender).await?;
        if resolved.failed {
            return Err(self.table_retry(&sender));
        }
        match maps.find_address(&resolved.recipient).await {
            Ok(None) => Ok(Verdict::Dunno),
            Ok(Some(_)) => {
                let text = [b"<", sender.as_slice(), b">: Sender address rejected: not logged in"].concat();
                Ok(self.refuse_policy(553, "5.7.1", text))
            }
            Err(error) => Err(self.lookup_failed(&error, &sender)),
        }
    }
}
