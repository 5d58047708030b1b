//! The small commands: RSET, VRFY, ETRN, HELP, STARTTLS, AUTH.

use ipc::flush::{self, Status};
use smtp::token::Token;

use crate::errors::ErrorClasses;
use crate::log_lines;
use crate::session::{Answer, Handled, Session};
use crate::verb::Verb;

impl Session {
    /// RSET.
    pub(crate) async fn rset(&mut self, words: &[Token]) -> Handled {
        if words.len() != 1 {
            self.errors.insert(ErrorClasses::PROTOCOL);
            return Ok(Answer::error("501 5.5.4 Syntax: RSET"));
        }
        self.reset().await;
        Ok(Answer::ok("250 2.0.0 Ok"))
    }

    /// VRFY.
    pub(crate) async fn vrfy(&mut self, words: &[Token]) -> Handled {
        if self.server.settings.disable_vrfy {
            self.errors.insert(ErrorClasses::POLICY);
            return Ok(Answer::error("502 5.5.1 VRFY command is disabled"));
        }
        let mut arguments = words.get(1..).unwrap_or_default();
        let mut smtputf8 = false;
        if self.smtputf8_offered()
            && let Some((last, rest)) = arguments.split_last()
            && last.is("SMTPUTF8")
        {
            (arguments, smtputf8) = (rest, true);
        }
        let Some((first, rest)) = arguments.split_first() else {
            self.errors.insert(ErrorClasses::PROTOCOL);
            let option = if self.server.settings.smtputf8 { " [SMTPUTF8]" } else { "" };
            return Ok(Answer::error(format!("501 5.5.4 Syntax: VRFY address{option}")));
        };
        if let Some(answer) = self.count_recipient().await {
            return Ok(answer);
        }
        let mut argument = first.clone();
        for word in rest {
            argument.text.push(b' ');
            argument.text.extend_from_slice(&word.text);
        }
        argument.unclosed = false;
        let Ok(address) = self.address_argument(&argument, false, false, smtputf8).await? else {
            self.errors.insert(ErrorClasses::PROTOCOL);
            return Ok(Answer::error("501 5.1.3 Bad recipient address syntax"));
        };
        if !smtputf8 && self.server.settings.strict_smtputf8 && !address.is_ascii() {
            // A transaction under way stays, since 3.11.7.
            return Ok(Answer::error("553 5.6.7 Must declare SMTPUTF8 to send unicode address"));
        }
        let saved = self.mail.smtputf8;
        self.mail.smtputf8 |= smtputf8;
        let refused = self.check_recipient(address).await;
        self.mail.smtputf8 = saved;
        if let Some(reply) = refused? {
            return Ok(reply.into());
        }
        Ok(Answer::ok([b"252 2.0.0 ", argument.text.as_slice()].concat()))
    }

    /// ETRN (RFC 1985).
    pub(crate) async fn etrn(&mut self, words: &[Token]) -> Handled {
        if self.server.settings.helo_required && self.helo_name.is_none() {
            self.errors.insert(ErrorClasses::POLICY);
            return Ok(Answer::error("503 Error: send HELO/EHLO first"));
        }
        if self.mail.has_begun() {
            self.errors.insert(ErrorClasses::PROTOCOL);
            return Ok(Answer::error("503 Error: MAIL transaction in progress"));
        }
        let [_, argument] = words else {
            self.errors.insert(ErrorClasses::PROTOCOL);
            return Ok(Answer::error("500 Syntax: ETRN domain"));
        };
        let domain = match argument.text.split_first() {
            Some((b'@' | b'#', rest)) => rest,
            _ => argument.text.as_slice(),
        };
        if !hosts::is_hostname(domain) && !hosts::is_address_literal(domain) {
            self.errors.insert(ErrorClasses::PROTOCOL);
            return Ok(Answer::error("501 Error: invalid parameter syntax"));
        }
        if self.server.stand_alone {
            log_lines::etrn_in_stand_alone_mode();
            return Ok(Answer::error("458 Unable to queue messages"));
        }
        if let Some(reply) = self.check_etrn(domain.to_vec()).await? {
            return Ok(reply.into());
        }
        Ok(self.flush_domain(domain).await)
    }

    async fn flush_domain(&self, domain: &[u8]) -> Answer {
        let status = match self.server.lists.flush_domains.matches_async(domain).await {
            Ok(true) => {
                if self.server.old_defaults.flush_domains {
                    log_lines::old_relay_domains("flush mail for domain", domain);
                }
                flush::send_site(&self.server.services, domain).await
            }
            Ok(false) => Status::Deny,
            Err(_) => Status::Fail,
        };
        let client = &self.client.name_address;
        match status {
            Status::Ok => return Answer::ok("250 Queuing started"),
            Status::Deny => {
                log_lines::etrn_refused(domain, client);
                let name = String::from_utf8_lossy(domain);
                return Answer::error(format!("459 <{name}>: service unavailable"));
            }
            Status::Bad => log_lines::etrn_bad(domain, client),
            Status::Fail | Status::Other(_) => log_lines::no_flush_service(),
        }
        Answer::error("458 Unable to queue messages")
    }

    /// HELP.
    pub(crate) fn help(&self) -> Answer {
        let mut names: Vec<&str> = Verb::ALL.into_iter().map(Verb::name).collect();
        names.sort_unstable();
        Answer::ok(format!("214 2.0.0 Commands: {}", names.join(" ")))
    }

    /// STARTTLS, which we do not have yet: as a Postfix that has it, and no certificate.
    pub(crate) fn starttls(&mut self, words: &[Token]) -> Answer {
        if words.len() != 1 {
            self.errors.insert(ErrorClasses::PROTOCOL);
            return Answer::error("501 5.5.4 Syntax: STARTTLS");
        }
        if self.server.tls.is_off() {
            self.errors.insert(ErrorClasses::PROTOCOL);
            return Answer::error("502 5.5.1 Error: command not implemented");
        }
        self.errors.insert(ErrorClasses::SOFTWARE);
        Answer::error("454 4.7.0 TLS not available due to local problem")
    }

    /// AUTH, which we do not have yet.
    pub(crate) fn auth(&mut self) -> Answer {
        if self.server.settings.helo_required && self.helo_name.is_none() {
            self.errors.insert(ErrorClasses::POLICY);
            return Answer::error("503 5.5.1 Error: send HELO/EHLO first");
        }
        self.errors.insert(ErrorClasses::PROTOCOL);
        Answer::error("503 5.5.1 Error: authentication not enabled")
    }
}
