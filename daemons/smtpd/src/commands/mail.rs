//! MAIL, and what MAIL and RCPT have in common.

use address::{AddressList, Token as AddressToken};
use smtp::Reply;
use smtp::dsn::Ret;
use smtp::ehlo::Keywords;
use smtp::token::{Token, is_number, offset};
use sys::clock::WallTime;

use crate::errors::ErrorClasses;
use crate::log_lines;
use crate::queue_file::QueueFile;
use crate::session::{Answer, Break, Handled, Session};

/// Parameters of MAIL.
#[derive(Debug, Default)]
struct Parameters {
    encoding: Option<&'static str>,
    ret: Option<Ret>,
    envelope_id: Option<Vec<u8>>,
    verp: Option<Vec<u8>>,
}

impl Session {
    /// MAIL.
    pub(crate) async fn mail_from(&mut self, words: &[Token]) -> Handled {
        if let Some(answer) = self.mail_out_of_order() {
            return Ok(answer);
        }
        let (Some(path), true) = (words.get(2), words.get(1).is_some_and(|word| word.is("from:"))) else {
            self.errors.insert(ErrorClasses::PROTOCOL);
            return Ok(Answer::error("501 5.5.4 Syntax: MAIL FROM:<address>"));
        };
        if let Some(answer) = self.count_message().await {
            return Ok(answer);
        }
        let options = words.get(3..).unwrap_or_default();
        let smtputf8 = self.smtputf8_offered() && options.iter().any(|option| option.is("SMTPUTF8"));
        self.mail.smtputf8 = smtputf8;
        let strict = self.server.settings.strict_envelopes;
        let sender = match self.address_argument(path, true, strict, smtputf8).await? {
            Ok(sender) if !path.unclosed => sender,
            _ => {
                self.errors.insert(ErrorClasses::PROTOCOL);
                return Ok(Answer::error("501 5.1.7 Bad sender address syntax"));
            }
        };
        let parameters = match self.mail_parameters(options).await? {
            Ok(parameters) => parameters,
            Err(answer) => return Ok(answer),
        };
        if let Some(reply) = self.check_announced(&sender, &parameters) {
            return Ok(reply.into());
        }
        let sender = match self.check_mail(sender).await? {
            Ok(sender) => sender,
            Err(reply) => {
                self.reset_mail();
                return Ok(reply.into());
            }
        };
        if self.needs_smtputf8(&sender) {
            return Ok(Answer::error("553 5.6.7 Must declare SMTPUTF8 to send unicode address"));
        }
        self.note_old_smtputf8("sender", &sender);
        if let Some(reply) = self.check_queue_space() {
            self.reset_mail();
            return Ok(reply.into());
        }
        self.begin_mail(sender, parameters);
        if !self.server.settings.delay_open
            && let Err(reply) = self.open_queue_file().await
        {
            self.reset_mail();
            return Ok(reply.into());
        }
        Ok(Answer::ok("250 2.1.0 Ok"))
    }

    fn mail_out_of_order(&mut self) -> Option<Answer> {
        let (class, text) = if self.server.settings.helo_required && self.helo_name.is_none() {
            (ErrorClasses::POLICY, "503 5.5.1 Error: send HELO/EHLO first")
        } else if self.mail.has_begun() {
            (ErrorClasses::PROTOCOL, "503 5.5.1 Error: nested MAIL command")
        } else if self.mail.bdat.is_active() {
            (ErrorClasses::PROTOCOL, "503 5.5.1 Error: MAIL after BDAT")
        } else {
            return None;
        };
        self.errors.insert(class);
        Some(Answer::error(text))
    }

    /// Whether the message can be taken that the parameters announce.
    fn check_announced(&mut self, sender: &[u8], parameters: &Parameters) -> Option<Reply> {
        let saved = self.mail.sender.replace(sender.to_vec());
        let refused = self.check_size(self.mail.announced_size);
        self.mail.sender = saved;
        if refused.is_none() && parameters.verp.is_some() && sender.is_empty() {
            return Some(Reply::new("503 5.5.4 Error: XVERP requires non-null sender"));
        }
        refused
    }

    /// Asks about the sender, and finds out how its mail is rewritten. The address of our own verification probes is
    /// brought into its lasting form.
    async fn check_mail(&mut self, sender: Vec<u8>) -> Result<Result<Vec<u8>, Reply>, Break> {
        let sender = self.own_probe_sender(&sender).await?.unwrap_or(sender);
        if !self.server.settings.delay_reject
            && let Some(reply) = self.check_sender(sender.clone()).await?
        {
            return Ok(Err(reply));
        }
        if self.server.stand_alone {
            return Ok(Ok(sender));
        }
        Ok(match self.find_rewrite_context().await {
            Ok(context) => {
                self.mail.rewrite_context = context;
                Ok(sender)
            }
            Err(reply) => Err(reply),
        })
    }

    fn begin_mail(&mut self, sender: Vec<u8>, parameters: Parameters) {
        let now = WallTime::now();
        self.mail.instance = format!(
            "{:x}.{:x}.{:x}.{:x}",
            log::number(),
            now.seconds,
            now.microseconds,
            self.transaction_count
        );
        self.transaction_count = self.transaction_count.wrapping_add(1);
        self.mail.arrival = Some(now);
        self.mail.sender = Some(sender);
        self.mail.encoding = parameters.encoding;
        self.mail.ret = parameters.ret;
        self.mail.envelope_id = parameters.envelope_id;
        self.mail.verp = parameters.verp;
    }

    async fn mail_parameters(&mut self, options: &[Token]) -> Result<Result<Parameters, Answer>, Break> {
        let mut all = Parameters::default();
        for option in options {
            if let Err(text) = self.mail_parameter(option, &mut all).await {
                let class =
                    if text.starts_with("552") { ErrorClasses::POLICY } else { ErrorClasses::PROTOCOL };
                self.errors.insert(class);
                return Ok(Err(Answer::error(text)));
            }
        }
        Ok(Ok(all))
    }

    async fn mail_parameter(&mut self, option: &Token, all: &mut Parameters) -> Result<(), String> {
        if option.is("BODY=8BITMIME") {
            all.encoding = Some("8bit");
        } else if option.is("BODY=7BIT") {
            all.encoding = Some("7bit");
        } else if let Some(size) = option.value("SIZE=") {
            if !is_number(size) {
                return Err("501 5.5.4 Bad message size syntax".into());
            }
            let too_big = "552 5.3.4 Message size exceeds file system imposed limit";
            self.mail.announced_size = offset(size).ok_or(too_big)?;
        } else if self.smtputf8_offered() && option.is("SMTPUTF8") {
            // Was looked at before the address.
        } else if let Some(submitter) = option.value("AUTH=") {
            if self.mail.submitter.is_some() {
                return Err("503 5.5.4 Error: multiple AUTH= options".into());
            }
            if submitter != b"<>" {
                let utf8 = self.server.settings.smtputf8;
                self.mail.submitter = Some(smtp::response::printable(submitter, b'?', utf8));
            }
        } else if let Some(delimiters) = self.verp_parameter(option).await {
            all.verp = Some(delimiters?);
        } else if let Some(ret) = option.value("RET=") {
            self.dsn_offered()?;
            if all.ret.is_some() {
                return Err("501 5.5.4 Bad RET parameter syntax".into());
            }
            all.ret = Some(Ret::parse(ret).ok_or("501 5.5.4 Bad RET parameter syntax")?);
        } else if let Some(id) = option.value("ENVID=") {
            self.dsn_offered()?;
            let decoded = smtp::xtext::unquote(id).filter(|id| is_printable(id));
            if all.envelope_id.is_some() || decoded.is_none() {
                return Err("501 5.5.4 Bad ENVID parameter syntax".into());
            }
            all.envelope_id = decoded;
        } else {
            let shown = String::from_utf8_lossy(&option.text);
            return Err(format!("555 5.5.4 Unsupported option: {shown}"));
        }
        Ok(())
    }

    async fn verp_parameter(&self, option: &Token) -> Option<Result<Vec<u8>, String>> {
        let rest = option.value("XVERP")?;
        if !rest.is_empty() && !rest.starts_with(b"=") {
            return None;
        }
        if self.matches(|server| &server.lists.verp_clients).await != Ok(true) {
            return None;
        }
        let settings = &self.server.settings;
        let Some(delimiters) = rest.strip_prefix(b"=") else {
            return Some(Ok(settings.verp_delimiters.clone().into_bytes()));
        };
        let allowed = delimiters.iter().all(|byte| settings.verp_filter.as_bytes().contains(byte));
        if delimiters.len() != 2 || !allowed {
            let filter = &settings.verp_filter;
            return Some(Err(format!("501 5.5.4 Error: XVERP needs two characters from {filter}")));
        }
        Some(Ok(delimiters.to_vec()))
    }

    /// Whether the client may use DSN parameters.
    pub(super) fn dsn_offered(&self) -> Result<(), String> {
        if self.discarded_keywords.has(Keywords::DSN) {
            return Err("501 5.7.1 DSN support is disabled".into());
        }
        Ok(())
    }

    pub(super) fn smtputf8_offered(&self) -> bool {
        self.server.settings.smtputf8 && !self.discarded_keywords.has(Keywords::SMTPUTF8)
    }

    /// Says so where a non-ASCII address is only accepted by an old default.
    pub(super) fn note_old_smtputf8(&self, end: &str, address: &[u8]) {
        if self.server.old_defaults.smtputf8 && !self.mail.smtputf8 && !address.is_ascii() {
            log_lines::old_smtputf8(end, address, &self.client.name_address);
        }
    }

    /// Whether an address needs SMTPUTF8 that the client did not declare, and we insist on it.
    pub(super) fn needs_smtputf8(&self, address: &[u8]) -> bool {
        self.server.settings.strict_smtputf8 && !self.mail.smtputf8 && !address.is_ascii()
    }

    /// The address in an argument of MAIL, RCPT or VRFY, in internal form; `Err` if it is not one.
    ///
    /// Sloppy clients are forgiven for missing angle brackets and for text around the address, unless `strict`.
    pub(super) async fn address_argument(
        &mut self,
        argument: &Token,
        empty_is_fine: bool,
        strict: bool,
        smtputf8: bool,
    ) -> Result<Result<Vec<u8>, ()>, Break> {
        if argument.unclosed {
            return Ok(Err(()));
        }
        let text = argument.text.as_slice();
        let inside = text.strip_prefix(b"<").and_then(|text| text.strip_suffix(b">")).unwrap_or(text);
        let inside = match inside.iter().position(|&byte| byte == b':') {
            Some(colon) if inside.starts_with(b"@") => inside.get(colon + 1..).unwrap_or_default(),
            _ => inside,
        };
        let list = AddressList::parse(inside, self.server.settings.address_limit);
        let mut addresses = list.addresses();
        let address = addresses.next().map(address::Address::internalize).unwrap_or_default();
        let is_junk = |token: &&AddressToken| {
            !matches!(token, AddressToken::Address(_)) && !token.is_op(b'<') && !token.is_op(b'>')
        };
        let has_junk = list.tokens.iter().any(|token| is_junk(&token));
        let bad_syntax = addresses.next().is_some() || (strict && (has_junk || !text.starts_with(b"<")));
        let bad_address = (address.is_empty() && !empty_is_fine) || (strict && address.starts_with(b"@"));
        if bad_syntax || bad_address || !self.is_acceptable_address(&address, smtputf8).await? {
            log_lines::illegal_address(self, text);
            return Ok(Err(()));
        }
        Ok(Ok(address))
    }

    /// Opens the queue file and writes the envelope up to the first recipient.
    pub(super) async fn open_queue_file(&mut self) -> Result<(), Reply> {
        if self.server.stand_alone {
            return self.open_maildrop_file();
        }
        let flags = self.cleanup_flags();
        match QueueFile::open(&self.server.services, flags).await {
            Ok(mut file) => {
                self.put_envelope(&mut file);
                self.mail.queue_file = Some(file);
                log_lines::client(self);
                Ok(())
            }
            Err(error) => {
                log_lines::restriction_fault(&format!(
                    "unable to connect to the public {} service: {error}",
                    self.server.settings.cleanup_service
                ));
                Err(self.local_error())
            }
        }
    }

    fn open_maildrop_file(&mut self) -> Result<(), Reply> {
        match QueueFile::open_maildrop(&self.server.config) {
            Ok(mut file) => {
                self.put_envelope(&mut file);
                self.mail.queue_file = Some(file);
                log_lines::client(self);
                Ok(())
            }
            Err(reason) => {
                log_lines::restriction_fault(&reason.to_string());
                Err(self.local_error())
            }
        }
    }

    fn local_error(&mut self) -> Reply {
        self.errors.insert(ErrorClasses::SOFTWARE);
        Reply::new(format!("421 4.3.0 {} Server local error", self.myhostname()))
    }
}

fn is_printable(text: &[u8]) -> bool {
    !text.is_empty() && text.iter().all(|byte| (b' '..=b'~').contains(byte))
}
