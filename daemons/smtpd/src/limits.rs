//! Limits on what one client may do in a while, counted by anvil(8) for all processes together.

use ipc::anvil;
use smtp::Reply;

use crate::errors::ErrorClasses;
use crate::log_lines;
use crate::session::{Answer, Session};

impl Session {
    /// Counts the connection; a refusal if there are too many.
    pub(crate) async fn count_connection(&mut self) -> Option<Reply> {
        let server = self.server.clone();
        let limits = &server.settings.limits;
        let range = self.client.counted_range.clone()?;
        if !limits.any() || self.may_xclient == Ok(true) || self.is_exempt().await {
            return None;
        }
        let mut counter = server.anvil.session(&server.service_name, &range);
        let (count, rate) = counter.connect().await.ok()?;
        self.limits = Some(counter);
        let what = if exceeds(count, limits.connection_count) {
            self.errors.insert(ErrorClasses::POLICY);
            ("Connection concurrency", count)
        } else if exceeds(rate, limits.connection_rate) {
            ("Connection rate", rate)
        } else {
            return None;
        };
        self.log_limit(what.0, what.1);
        let host = &server.settings.myhostname;
        Some(Reply::new(format!("421 4.7.0 {host} Error: too many connections from {}", self.client.address)))
    }

    /// Counts a MAIL command.
    pub(crate) async fn count_message(&mut self) -> Option<Answer> {
        let limit = self.server.settings.limits.message_rate;
        let rate = self.count(anvil::Event::Message, limit).await?;
        self.errors.insert(ErrorClasses::POLICY);
        self.log_limit("Message delivery request rate", rate);
        Some(Answer::error(format!("450 4.7.1 Error: too much mail from {}", self.client.address)))
    }

    /// Counts a RCPT or VRFY command.
    pub(crate) async fn count_recipient(&mut self) -> Option<Answer> {
        let limit = self.server.settings.limits.recipient_rate;
        let rate = self.count(anvil::Event::Recipient, limit).await?;
        self.errors.insert(ErrorClasses::POLICY);
        self.log_limit("Recipient address rate", rate);
        Some(Answer::error(format!("450 4.7.1 Error: too many recipients from {}", self.client.address)))
    }

    /// Counts an event if it has a limit; the rate if it is over that.
    async fn count(&mut self, event: anvil::Event, limit: i64) -> Option<i32> {
        if limit <= 0 {
            return None;
        }
        let rate = self.limits.as_mut()?.count(event).await.ok()?;
        exceeds(rate, limit).then_some(rate)
    }

    async fn is_exempt(&self) -> bool {
        self.matches(|server| &server.lists.limit_exceptions).await == Ok(true)
    }

    fn log_limit(&self, what: &str, value: i32) {
        let (client, service) = (&self.client.name_address, &self.server.service_name);
        log_lines::limit_exceeded(what, i64::from(value), client, service);
    }
}

fn exceeds(value: i32, limit: i64) -> bool {
    limit > 0 && i64::from(value) > limit
}
