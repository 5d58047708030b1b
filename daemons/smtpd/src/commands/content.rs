//! DATA, and the end of a message, however its content came.

use ipc::cleanup::{Outcome, Status};
use queue::Type;
use smtp::Reply;
use smtp::data::{DataDecoder, Line, Progress};
use smtp::token::Token;

use crate::errors::ErrorClasses;
use crate::log_lines;
use crate::queue_file::QueueFile;
use crate::session::{Answer, Break, Handled, Session, Then};
use crate::settings::BareNewline;
use crate::transaction::{ContentError, Transaction};
use crate::verb::Stage;

/// A line that a mailbox would take for the start of a message is hidden behind this.
const MAILBOX_LINE: &[u8] = b"X-Mailbox-Line: ";

impl Session {
    /// DATA.
    pub(crate) async fn data(&mut self, words: &[Token]) -> Handled {
        if let Some(answer) = self.data_out_of_order(words) {
            return Ok(answer);
        }
        if let Some(reply) = self.check_data().await? {
            return Ok(reply.into());
        }
        self.put_content_start();
        self.say(Reply::new("354 End data with <CR><LF>.<CR><LF>")).await?;
        self.stage = Stage::DataContent;
        self.receive_content().await?;
        self.stage = Stage::EndOfMessage;
        self.finish_message(false).await
    }

    fn data_out_of_order(&mut self, words: &[Token]) -> Option<Answer> {
        let text = if self.mail.bdat.is_active() {
            "503 5.5.1 Error: DATA after BDAT"
        } else if !self.mail.has_begun() {
            "503 5.5.1 Error: need RCPT command"
        } else if self.mail.recipient_count == 0 {
            return Some(Answer::error("554 5.5.1 Error: no valid recipients"));
        } else if words.len() != 1 {
            "501 5.5.4 Syntax: DATA"
        } else {
            return None;
        };
        self.errors.insert(ErrorClasses::PROTOCOL);
        Some(Answer::error(text))
    }

    async fn receive_content(&mut self) -> Result<(), Break> {
        self.chat.start_request(self.server.settings.min_data_rate);
        let mut decoder = DataDecoder::new(self.line_rules());
        let mut is_first = true;
        loop {
            let mut store = ContentStore::new(&mut self.mail, self.server.settings.message_limit);
            let progress = decoder.decode(self.chat.pending(), |line| {
                if std::mem::take(&mut is_first) {
                    store.protect_first_line(&line);
                }
                store.put(line);
            });
            let (due, over_limit) = (store.flush_is_due, store.over_limit);
            if over_limit {
                log_lines::queue_file_limit(self);
            }
            if due {
                self.flush_queue_file().await;
            }
            match progress {
                Progress::End { consumed } => {
                    self.chat.consume(consumed);
                    self.note_bare_newlines(decoder.saw_bare_lf());
                    return Ok(());
                }
                Progress::NeedMore { consumed } => {
                    self.chat.consume(consumed);
                    self.chat.read_content().await?;
                }
            }
        }
    }

    /// Takes notice that content has bare line feeds.
    pub(super) fn note_bare_newlines(&mut self, saw: bool) {
        match self.bare_newline {
            BareNewline::Reject if saw => self.mail.content_error = ContentError::BareNewline,
            BareNewline::Note => self.saw_bare_newline |= saw,
            _ => {}
        }
    }

    /// Passes on what was held back for the cleanup service.
    pub(crate) async fn flush_queue_file(&mut self) {
        let Transaction { queue_file: Some(file), content_error, .. } = &mut self.mail else { return };
        if file.flush().await.is_err() && *content_error == ContentError::None {
            *content_error = ContentError::Write;
        }
    }

    /// Ends a message: asks the last restrictions, has it queued, and says what became of it.
    pub(super) async fn finish_message(&mut self, by_bdat: bool) -> Handled {
        if self.mail.content_error == ContentError::None
            && let Some(reply) = self.check_end_of_data().await?
        {
            return Ok(Answer::from(reply).then(Then::EndMail));
        }
        let error = match std::mem::take(&mut self.mail.content_error) {
            ContentError::None => {
                self.put_content_end();
                match self.mail.queue_file.take() {
                    Some(file) => {
                        let id = file.id().to_owned();
                        match self.queued(file).await {
                            Ok(()) => return Ok(self.message_accepted(&id, by_bdat)),
                            Err(error) => error,
                        }
                    }
                    None => ContentError::Write,
                }
            }
            error => error,
        };
        Ok(self.message_refused(error).then(Then::EndMail))
    }

    async fn queued(&mut self, file: QueueFile) -> Result<(), ContentError> {
        match file.finish().await {
            Ok(outcome) if outcome.status.is_ok() => Ok(()),
            Ok(outcome) => Err(self.refused_by_cleanup(outcome)),
            Err(_) => Err(ContentError::Write),
        }
    }

    /// What the cleanup service's status means to the client.
    fn refused_by_cleanup(&mut self, outcome: Outcome) -> ContentError {
        let Outcome { status, reason } = outcome;
        if is_reply(&reason) {
            self.errors.insert(ErrorClasses::POLICY);
            return ContentError::Refused(Reply::new(reason));
        }
        let reason = smtp::response::printable(&reason, b' ', self.server.settings.smtputf8);
        let choices = [
            (Status::DEFER, ErrorClasses::POLICY, true),
            (Status::BAD, ErrorClasses::SOFTWARE, false),
            (Status::SIZE, ErrorClasses::BOUNCE, false),
            (Status::HOPS, ErrorClasses::BOUNCE, false),
            (Status::CONTENT, ErrorClasses::POLICY, true),
            (Status::WRITE, ErrorClasses::RESOURCE, false),
        ];
        let known = choices.into_iter().find(|(bit, ..)| status.has(*bit));
        let (bit, class, with_reason) = known.unwrap_or((Status::BAD, ErrorClasses::SOFTWARE, false));
        self.errors.insert(class);
        let detail = bit.detail();
        let text = if with_reason && !reason.is_empty() {
            [format!("{} ", detail.smtp).as_bytes(), &reason].concat()
        } else if bit == Status::BAD {
            format!("{} {} Error: internal error {}", detail.smtp, detail.dsn, status.0).into_bytes()
        } else {
            format!("{} {} Error: {}", detail.smtp, detail.dsn, detail.text).into_bytes()
        };
        ContentError::Refused(Reply::new(text))
    }

    fn message_accepted(&mut self, id: &str, by_bdat: bool) -> Answer {
        self.error_count = 0;
        self.errors = ErrorClasses::default();
        self.junk_count = 0;
        let text = if by_bdat {
            format!("250 2.0.0 Ok: {} bytes queued as {id}", self.mail.received_size)
        } else {
            format!("250 2.0.0 Ok: queued as {id}")
        };
        Answer::ok(text).then(Then::EndMail)
    }

    fn message_refused(&mut self, error: ContentError) -> Answer {
        let reply = match error {
            ContentError::BareNewline => self.refuse_bare_newline(),
            ContentError::Refused(reply) => reply,
            ContentError::TooBig => {
                self.errors.insert(ErrorClasses::BOUNCE);
                own_refusal(Status::SIZE)
            }
            ContentError::Write | ContentError::None => {
                self.errors.insert(ErrorClasses::RESOURCE);
                own_refusal(Status::WRITE)
            }
        };
        Answer::from(reply)
    }
}

fn own_refusal(status: Status) -> Reply {
    let detail = status.detail();
    Reply::new(format!("{} {} Error: {}", detail.smtp, detail.dsn, detail.text))
}

/// Whether the reason is a whole SMTP reply that refuses the message.
fn is_reply(reason: &[u8]) -> bool {
    matches!(reason.first(), Some(b'4' | b'5'))
        && reason.get(1..3).is_some_and(|digits| digits.iter().all(u8::is_ascii_digit))
        && matches!(reason.get(3), None | Some(b' ' | b'-'))
}

/// Takes lines of content and keeps the size limit.
pub(super) struct ContentStore<'a> {
    mail: &'a mut Transaction,
    limit: i64,
    /// The size limit was passed just now.
    pub(super) over_limit: bool,
    /// Enough is held back.
    pub(super) flush_is_due: bool,
}

impl<'a> ContentStore<'a> {
    pub(super) fn new(mail: &'a mut Transaction, limit: i64) -> Self {
        Self { mail, limit, over_limit: false, flush_is_due: false }
    }

    /// Takes one line or piece of a line.
    pub(super) fn put(&mut self, line: Line<'_>) {
        if self.mail.content_error != ContentError::None {
            return;
        }
        let size = i64::try_from(line.text.len()).unwrap_or(i64::MAX).saturating_add(2);
        if self.limit > 0 && self.limit - self.mail.received_size < size {
            self.mail.content_error = ContentError::TooBig;
            self.over_limit = true;
            return;
        }
        self.mail.received_size += size;
        self.record(if line.complete { Type::NORM } else { Type::CONT }, line.text);
    }

    /// The first line must neither look like the start of a message in a mailbox, nor continue our own header.
    fn protect_first_line(&mut self, line: &Line<'_>) {
        if line.unstuffed {
            return;
        }
        let quoted = line.text.iter().take_while(|&&byte| byte == b'>').count();
        if line.text.get(quoted..).is_some_and(|text| text.starts_with(b"From ")) {
            self.record(Type::CONT, MAILBOX_LINE);
            self.mail.received_size += i64::try_from(MAILBOX_LINE.len()).unwrap_or(0);
        }
        if matches!(line.text.first(), Some(b' ' | b'\t')) {
            self.record(Type::NORM, b"");
        }
    }

    fn record(&mut self, kind: Type, text: &[u8]) {
        if let Some(file) = &mut self.mail.queue_file {
            self.flush_is_due |= file.put(kind, text);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::is_reply;

    #[test]
    fn replies_are_told_from_reasons() {
        assert!(is_reply(b"550 5.7.1 no"));
        assert!(is_reply(b"450"));
        assert!(is_reply(b"550-5.7.1 no\r\n550 5.7.1 never"));
        assert!(!is_reply(b"5.7.1 message content rejected"));
        assert!(!is_reply(b"250 2.0.0 Ok"));
        assert!(!is_reply(b""));
    }
}
