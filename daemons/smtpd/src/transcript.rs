//! What was said in a session, and the notice that the postmaster gets when it went wrong in a way that he wants to
//! know about.

use ipc::post_mail::{Envelope, Origin, Posting};
use smtp::Reply;

use crate::errors::ErrorClasses;
use crate::log_lines;
use crate::session::Session;

/// The width of a notice's lines.
const WIDTH: usize = 78;

/// The indentation of folded lines.
const INDENT: usize = 4;

/// The conversation so far.
#[derive(Debug)]
pub struct Transcript {
    /// The classes of error that ask for a notice; with none, nothing is remembered.
    wanted: ErrorClasses,
    lines: Vec<Vec<u8>>,
    end: Option<String>,
}

impl Transcript {
    /// A conversation that begins.
    pub fn new(wanted: ErrorClasses) -> Self {
        Self { wanted, lines: Vec::new(), end: None }
    }

    /// Remembers what the client said.
    pub fn heard(&mut self, line: &[u8]) {
        self.push(b"In:  ", line);
    }

    /// Remembers what we said.
    pub fn said(&mut self, reply: &Reply, soft_bounce: bool) {
        if self.wanted.is_empty() {
            return;
        }
        for line in reply.lines_on_wire(soft_bounce) {
            self.push(b"Out: ", &line);
        }
    }

    fn push(&mut self, direction: &[u8], line: &[u8]) {
        if !self.wanted.is_empty() {
            self.lines.push([direction, line].concat());
        }
    }

    /// Notes why the session ended.
    pub fn set_end(&mut self, reason: &str) {
        self.end = Some(reason.to_owned());
    }
}

impl Session {
    /// Forgets the conversation if it has more than `threshold` lines, after a notice if one is due.
    pub(crate) async fn flush_transcript(&mut self, threshold: usize) {
        if self.transcript.lines.len() <= threshold {
            return;
        }
        if !self.server.stand_alone
            && self.errors.intersects(self.server.settings.notify)
            && let Err(error) = self.send_transcript().await
        {
            log_lines::notice_failed(&error);
        }
        self.errors = ErrorClasses::default();
        self.transcript.lines.clear();
    }

    async fn send_transcript(&self) -> Result<(), ipc::Error> {
        let settings = &self.server.settings;
        let at = |name: &str| format!("{name}@{}", settings.myorigin);
        let recipient = if self.errors.intersects(ErrorClasses::BOUNCE) {
            &settings.bounce_recipient
        } else {
            &settings.error_recipient
        };
        let origin = Origin { hostname: &settings.myhostname, mail_name: &settings.mail_name };
        let sender = at(&settings.double_bounce_sender);
        let envelope = Envelope {
            sender: sender.as_bytes(),
            recipient: recipient.as_bytes(),
            cleanup_flags: self.server.notice_flags,
            trace_flags: 0,
        };
        let mut notice = Posting::try_open(&self.server.services, origin, envelope).await?;
        let daemon = at("MAILER-DAEMON");
        let postmaster = &settings.error_recipient;
        if settings.standard_from {
            notice.line(format!("From: Mail Delivery System <{daemon}>")).await?;
            notice.line(format!("To: Postmaster <{postmaster}>")).await?;
        } else {
            notice.line(format!("From: {daemon} (Mail Delivery System)")).await?;
            notice.line(format!("To: {postmaster} (Postmaster)")).await?;
        }
        let client = &self.client.name_address;
        let subject = format!(" SMTP server: errors from {client}");
        notice.line([b"Subject: ", &settings.mail_name[..], subject.as_bytes()].concat()).await?;
        for line in ["", "Transcript of session follows.", ""] {
            notice.line(line).await?;
        }
        for line in &self.transcript.lines {
            for piece in wrap(&smtp::response::printable(line, b'?', settings.smtputf8)) {
                notice.line(piece).await?;
            }
        }
        notice.line("").await?;
        if let Some(reason) = &self.transcript.end {
            notice.line(format!("Session aborted, reason: {reason}")).await?;
        }
        notice.line("").await?;
        notice.line("For other details, see the local mail logfile").await?;
        notice.finish().await.map(drop)
    }
}

/// Folds a line at its spaces; each piece starts with a space, those after the first with more.
fn wrap(text: &[u8]) -> Vec<Vec<u8>> {
    let mut pieces = Vec::new();
    let mut rest = text;
    loop {
        let indent = if pieces.is_empty() { 0 } else { INDENT };
        let width = WIDTH - indent;
        let end = if rest.len() <= width { rest.len() } else { break_point(rest, width) };
        let (piece, tail) = rest.split_at_checked(end).unwrap_or((rest, b""));
        pieces.push([&b" "[..], &vec![b' '; indent], piece.trim_ascii_end()].concat());
        rest = tail.trim_ascii_start();
        if rest.is_empty() {
            return pieces;
        }
    }
}

/// Where to break: at the last blank that fits, or the first one at all.
fn break_point(text: &[u8], width: usize) -> usize {
    let is_blank = |byte: &u8| matches!(byte, b' ' | b'\t');
    let head = text.get(..=width).unwrap_or(text);
    match head.iter().rposition(is_blank).filter(|&at| at > 0) {
        Some(at) => at,
        None => text.iter().skip(1).position(is_blank).map_or(text.len(), |at| at + 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lines_are_folded_at_spaces() {
        let word = "x".repeat(40);
        let pieces = wrap(format!("Out: {word} {word} y").as_bytes());
        assert_eq!(pieces, [format!(" Out: {word}").into_bytes(), format!("     {word} y").into_bytes()]);
        assert_eq!(wrap(b""), [b" ".to_vec()]);
        let long = "z".repeat(100);
        assert_eq!(wrap(long.as_bytes()), [format!(" {long}").into_bytes()]);
    }
}
