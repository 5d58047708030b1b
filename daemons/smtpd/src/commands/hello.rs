//! HELO and EHLO.

use smtp::ehlo::Keywords;
use smtp::token::Token;

use crate::errors::ErrorClasses;
use crate::log_lines;
use crate::session::{Answer, Break, Handled, Session};

/// Characters that are made harmless in names that clients give.
const HARMFUL: &[u8] = b" <>()\\\";@";

impl Session {
    /// HELO.
    pub(crate) async fn helo(&mut self, words: &[Token]) -> Handled {
        let Some(name) = arguments(words) else {
            self.errors.insert(ErrorClasses::PROTOCOL);
            return Ok(Answer::error("501 Syntax: HELO hostname"));
        };
        if let Some(reply) = self.check_hello(&name).await? {
            return Ok(reply);
        }
        self.accept_hello(&name).await;
        self.protocol = "SMTP";
        Ok(Answer::ok(format!("250 {}", self.myhostname())))
    }

    /// EHLO.
    pub(crate) async fn ehlo(&mut self, words: &[Token]) -> Handled {
        let Some(name) = arguments(words) else {
            self.errors.insert(ErrorClasses::PROTOCOL);
            return Ok(Answer::error("501 Syntax: EHLO hostname"));
        };
        if let Some(reply) = self.check_hello(&name).await? {
            return Ok(reply);
        }
        self.accept_hello(&name).await;
        self.protocol = "ESMTP";
        let discarded = self.discarded_keywords;
        if !discarded.is_empty()
            && !discarded.has(Keywords::ENHANCEDSTATUSCODES)
            && !discarded.has(Keywords::SILENT)
        {
            log_lines::discarding_keywords(discarded);
        }
        if self.server.ehlo_tables_failed() {
            log_lines::unknown_features(&self.client.name_address);
            return Err(Break::LocalData);
        }
        let lines = self.keywords(discarded).await?;
        Ok(Answer::ok(lines.iter().map(|line| format!("250 {line}")).collect::<Vec<_>>().join("\r\n")))
    }

    async fn check_hello(&mut self, name: &[u8]) -> Result<Option<Answer>, Break> {
        if self.server.settings.delay_reject {
            return Ok(None);
        }
        Ok(self.check_helo(Some(name.to_vec())).await?.map(Answer::from))
    }

    async fn accept_hello(&mut self, name: &[u8]) {
        self.reset().await;
        let mut name = smtp::response::printable(name, b'?', self.server.settings.smtputf8);
        neuter(&mut name);
        self.helo_name = Some(name);
    }

    /// The lines of the answer to EHLO.
    async fn keywords(&self, discarded: Keywords) -> Result<Vec<String>, Break> {
        let settings = &self.server.settings;
        let mut lines = vec![settings.myhostname.clone()];
        let mut announce = |keyword: Keywords, wanted: bool, text: &str| {
            if wanted && !discarded.has(keyword) {
                lines.push(text.to_owned());
            }
        };
        let size = if settings.message_limit > 0 {
            format!("SIZE {}", settings.message_limit)
        } else {
            "SIZE".to_owned()
        };
        announce(Keywords::PIPELINING, true, "PIPELINING");
        announce(Keywords::SIZE, true, &size);
        announce(Keywords::VRFY, !settings.disable_vrfy, "VRFY");
        announce(Keywords::ETRN, true, "ETRN");
        let verp = if discarded.has(Keywords::VERP) {
            Ok(false)
        } else {
            self.matches(|server| &server.lists.verp_clients).await
        };
        announce(Keywords::VERP, self.known(verp, "XVERP")?, "XVERP");
        if !discarded.has(Keywords::XCLIENT) {
            let wanted = self.known(self.may_xclient, "XCLIENT")?;
            let attributes = "XCLIENT NAME ADDR PROTO HELO REVERSE_NAME PORT LOGIN DESTADDR DESTPORT";
            announce(Keywords::XCLIENT, wanted, attributes);
        }
        if !discarded.has(Keywords::XFORWARD) {
            let wanted = self.known(self.may_xforward, "XFORWARD")?;
            announce(Keywords::XFORWARD, wanted, "XFORWARD NAME ADDR PROTO HELO SOURCE PORT IDENT");
        }
        announce(Keywords::ENHANCEDSTATUSCODES, true, "ENHANCEDSTATUSCODES");
        announce(Keywords::EIGHTBITMIME, true, "8BITMIME");
        announce(Keywords::DSN, true, "DSN");
        announce(Keywords::SMTPUTF8, settings.smtputf8, "SMTPUTF8");
        announce(Keywords::CHUNKING, true, "CHUNKING");
        Ok(lines)
    }

    fn known(&self, wanted: Result<bool, ()>, keyword: &str) -> Result<bool, Break> {
        wanted.map_err(|()| {
            log_lines::unknown_whether_announced(keyword, &self.client.name_address);
            Break::LocalData
        })
    }
}

/// The words after the command, with single spaces between.
fn arguments(words: &[Token]) -> Option<Vec<u8>> {
    let rest = words.get(1..).filter(|rest| !rest.is_empty())?;
    Some(rest.iter().map(|word| word.text.as_slice()).collect::<Vec<_>>().join(&b' '))
}

/// Replaces characters that mean something in message headers.
pub(super) fn neuter(text: &mut [u8]) {
    for byte in text.iter_mut().filter(|byte| HARMFUL.contains(byte)) {
        *byte = b'?';
    }
}
