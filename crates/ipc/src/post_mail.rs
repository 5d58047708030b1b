//! Mail that the mail system makes itself: notices, probes, forwarded mail. It goes into cleanup(8) with a minimal
//! envelope and the first headers.

use crate::cleanup::{Outcome, Submission};
use crate::{Error, Services};
use queue::{Id, Type, attr};
use sys::WallTime;

/// Who it is from, to whom it goes, and what is done with it on the way.
#[derive(Clone, Copy, Debug)]
pub struct Envelope<'a> {
    /// Sender.
    pub sender: &'a [u8],
    /// Recipient.
    pub recipient: &'a [u8],
    /// Flags for cleanup(8) beside those for internal mail: checks and milters if internal_mail_filter_classes
    /// says so, SMTPUTF8 detection if smtputf8_autodetect_classes says so, what the original mail asked for.
    pub cleanup_flags: i32,
    /// Trace flags.
    pub trace_flags: i32,
}

/// myhostname and mail_name, for the Received: header.
#[derive(Clone, Copy, Debug)]
pub struct Origin<'a> {
    /// myhostname.
    pub hostname: &'a str,
    /// mail_name.
    pub mail_name: &'a [u8],
}

/// A message that is being written, line by line.
#[derive(Debug)]
pub struct Posting {
    submission: Submission,
    /// The message's Date:, for those who need it again.
    pub date: String,
}

impl Posting {
    /// Starts a message and waits for the service to come up.
    pub async fn open(
        services: &Services,
        origin: Origin<'_>,
        envelope: Envelope<'_>,
    ) -> Result<Posting, Error> {
        let flags = envelope.cleanup_flags | crate::cleanup::flags::MASK_INTERNAL;
        Posting::start(Submission::open(services, flags).await?, origin, envelope)
    }

    /// Starts a message, if the service is there.
    pub async fn try_open(
        services: &Services,
        origin: Origin<'_>,
        envelope: Envelope<'_>,
    ) -> Result<Posting, Error> {
        let flags = envelope.cleanup_flags | crate::cleanup::flags::MASK_INTERNAL;
        Posting::start(Submission::try_open(services, flags).await?, origin, envelope)
    }

    fn start(
        mut submission: Submission,
        origin: Origin<'_>,
        envelope: Envelope<'_>,
    ) -> Result<Posting, Error> {
        let now = WallTime::now();
        let date = now.local().mail_date();
        let received = [b"Received: by ", origin.hostname.as_bytes(), b" (", origin.mail_name, b")"].concat();
        let stamp = format!("\tid {}; {date}", submission.id());
        let time = format!("{} {}", now.seconds, now.microseconds);
        submission.push(Type::TIME, time.as_bytes());
        submission.push(Type::ATTR, format!("{}={}", attr::LOG_ORIGIN, attr::ORIGIN_LOCAL).as_bytes());
        submission.push(Type::ATTR, format!("{}={}", attr::TRACE_FLAGS, envelope.trace_flags).as_bytes());
        submission.push(Type::FROM, envelope.sender);
        submission.push(Type::RCPT, envelope.recipient);
        submission.push(Type::MESG, b"");
        submission.push(Type::NORM, &received);
        submission.push(Type::NORM, stamp.as_bytes());
        submission.push(Type::NORM, format!("Date: {date}").as_bytes());
        Ok(Posting { submission, date })
    }

    /// The message's queue id.
    pub fn id(&self) -> &Id {
        self.submission.id()
    }

    /// Adds a line.
    pub async fn line(&mut self, text: impl AsRef<[u8]>) -> Result<(), Error> {
        self.submission.put(Type::NORM, text.as_ref()).await
    }

    /// Adds a piece of content: a line, or a part of one ([`Type::NORM`], [`Type::CONT`]).
    pub async fn text(&mut self, kind: Type, data: &[u8]) -> Result<(), Error> {
        self.submission.put(kind, data).await
    }

    /// Gives the message up. What was written so far still reaches the service, which then says in its log what it
    /// drops.
    pub async fn abandon(mut self) {
        // The service notices the end of the connection in any case.
        let _ = self.submission.flush().await;
    }

    /// Ends the message and waits until it is queued, or not.
    pub async fn finish(mut self) -> Result<Outcome, Error> {
        self.submission.push(Type::XTRA, b"");
        self.submission.push(Type::END, b"");
        self.submission.finish().await
    }
}
