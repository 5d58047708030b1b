//! RCPT.

use queue::{Type, attr};
use smtp::Reply;
use smtp::dsn::Notify;
use smtp::token::Token;

use crate::errors::ErrorClasses;
use crate::log_lines;
use crate::session::{Answer, Handled, Session};

/// Parameters of RCPT.
#[derive(Debug, Default)]
struct Parameters {
    notify: Notify,
    /// Type and address of the original recipient.
    original: Option<(Vec<u8>, Vec<u8>)>,
}

impl Session {
    /// RCPT.
    pub(crate) async fn rcpt_to(&mut self, words: &[Token]) -> Handled {
        if let Some(text) = self.rcpt_out_of_order() {
            self.errors.insert(ErrorClasses::PROTOCOL);
            return Ok(Answer::error(text));
        }
        let (Some(path), true) = (words.get(2), words.get(1).is_some_and(|word| word.is("to:"))) else {
            self.errors.insert(ErrorClasses::PROTOCOL);
            return Ok(Answer::error("501 5.5.4 Syntax: RCPT TO:<address>"));
        };
        if let Some(answer) = self.count_recipient().await {
            return Ok(answer);
        }
        let strict = self.server.settings.strict_envelopes;
        let smtputf8 = self.mail.smtputf8;
        let Ok(mut recipient) = self.address_argument(path, false, strict, smtputf8).await? else {
            self.errors.insert(ErrorClasses::PROTOCOL);
            return Ok(Answer::error("501 5.1.3 Bad recipient address syntax"));
        };
        let parameters = match self.rcpt_parameters(words.get(3..).unwrap_or_default()) {
            Ok(parameters) => parameters,
            Err(text) => {
                self.errors.insert(ErrorClasses::PROTOCOL);
                return Ok(Answer::error(text));
            }
        };
        if let Some(answer) = self.too_many_recipients() {
            return Ok(answer);
        }
        if self.needs_smtputf8(&recipient) {
            return Ok(Answer::error("553 5.6.7 Must declare SMTPUTF8 to send unicode address"));
        }
        self.note_old_smtputf8("recipient", &recipient);
        match self.own_probe_sender(&recipient).await? {
            Some(probe) => recipient = probe,
            None => {
                if let Some(reply) = self.check_recipient(recipient.clone()).await? {
                    return Ok(reply.into());
                }
            }
        }
        if self.mail.queue_file.is_none()
            && let Err(reply) = self.open_queue_file().await
        {
            return Ok(reply.into());
        }
        if self.add_recipient(recipient, &path.text, parameters) {
            self.flush_queue_file().await;
        }
        Ok(Answer::ok("250 2.1.5 Ok"))
    }

    fn rcpt_out_of_order(&self) -> Option<&'static str> {
        if !self.mail.has_begun() {
            return Some("503 5.5.1 Error: need MAIL command");
        }
        self.mail.bdat.is_active().then_some("503 5.5.1 Error: RCPT after BDAT")
    }

    fn too_many_recipients(&mut self) -> Option<Answer> {
        let settings = &self.server.settings;
        if settings.recipient_limit == 0 || self.mail.recipient_count < settings.recipient_limit {
            return None;
        }
        let forgiven = self.mail.overshoot < settings.recipient_overshoot;
        self.mail.overshoot += 1;
        if !forgiven {
            self.errors.insert(ErrorClasses::POLICY);
        }
        let reply = Reply::new("452 4.5.3 Error: too many recipients");
        Some(Answer { success: forgiven, ..Answer::from(reply) })
    }

    fn rcpt_parameters(&self, options: &[Token]) -> Result<Parameters, String> {
        let mut all = Parameters::default();
        for option in options {
            if let Some(value) = option.value("NOTIFY=") {
                self.dsn_offered()?;
                let bad = "501 5.5.4 Error: Bad NOTIFY parameter syntax";
                if !all.notify.is_empty() {
                    return Err(bad.into());
                }
                if let Some(name) = Notify::unknown_name(value) {
                    log_lines::unknown_notify(name, value);
                }
                all.notify = Notify::parse(value).ok_or(bad)?;
            } else if let Some(value) = option.value("ORCPT=") {
                self.dsn_offered()?;
                let bad = "501 5.5.4 Error: Bad ORCPT parameter syntax";
                if all.original.is_some() {
                    return Err(bad.into());
                }
                all.original = Some(original_recipient(value).ok_or(bad)?);
            } else {
                let shown = String::from_utf8_lossy(&option.text);
                return Err(format!("555 5.5.4 Unsupported option: {shown}"));
            }
        }
        Ok(all)
    }

    /// Adds a recipient to the queue file; says whether it is time to flush that.
    fn add_recipient(&mut self, recipient: Vec<u8>, path: &[u8], parameters: Parameters) -> bool {
        self.mail.recipient_count += 1;
        let Some(file) = &mut self.mail.queue_file else { return false };
        if !parameters.notify.is_empty() {
            file.put_attr(attr::DSN_NOTIFY, parameters.notify.code().to_string());
        }
        let original = match parameters.original {
            Some((kind, address)) => [kind.as_slice(), b";", &address].concat(),
            None => {
                let bare = path.strip_prefix(b"<").and_then(|path| path.strip_suffix(b">")).unwrap_or(path);
                [b"rfc822;", bare].concat()
            }
        };
        file.put_attr(attr::DSN_ORCPT, original);
        let flush_is_due = file.put(Type::RCPT, &recipient);
        if self.mail.recipient.is_none() {
            self.mail.recipient = Some(recipient);
        }
        flush_is_due
    }
}

fn original_recipient(value: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
    let semicolon = value.iter().position(|&byte| byte == b';').filter(|&at| at > 0)?;
    let (kind, coded) = (value.get(..semicolon)?, value.get(semicolon + 1..)?);
    let address = if kind.eq_ignore_ascii_case(b"utf-8") {
        smtp::xtext::unquote_utf8(coded)?
    } else {
        smtp::xtext::unquote(coded)?
    };
    Some((kind.to_vec(), address))
}
