//! A client's session: the greeting, one command after the other, the good-bye.

use std::rc::Rc;

use server::Conn;
use smtp::Reply;
use smtp::ehlo::Keywords;
use smtp::line::{Command, LineEnd, LineRules};
use smtp::token::{Token, tokens};

use crate::chat::{Chat, Patience};
use crate::checks::CheckState;
use crate::client::Client;
use crate::errors::ErrorClasses;
use crate::forwarded::Forwarded;
use crate::log_lines;
use crate::service::Server;
use crate::settings::BareNewline;
use crate::stress::Pressure;
use crate::tls::TlsLevel;
use crate::transaction::{Bdat, Transaction};
use crate::transcript::Transcript;
use crate::verb::{CommandCounts, Stage, Verb};

/// Why a session ends, or begins anew, in the middle of something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Break {
    /// The client was silent for too long.
    TimedOut,
    /// The client went away.
    Lost,
    /// We hang up, and all is said.
    Quiet,
    /// A lookup table that the protocol depends on does not work.
    LocalData,
    /// The session starts anew with a greeting (after XCLIENT).
    Restart,
}

/// What a command's handler gives.
#[derive(Clone, Debug)]
pub struct Answer {
    /// What the client is told.
    pub reply: Reply,
    /// Whether the command had success. A command without counts as an error.
    pub success: bool,
    /// What happens when the client was told.
    pub then: Then,
}

/// What happens after an answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Then {
    /// Nothing.
    #[default]
    Nothing,
    /// The mail transaction ends.
    EndMail,
    /// The mail transaction ends, but more BDAT chunks of it will come, and are thrown away.
    SkipChunks,
}

impl Answer {
    /// The command had success.
    pub fn ok(text: impl Into<Vec<u8>>) -> Self {
        Answer { reply: Reply::new(text), success: true, then: Then::Nothing }
    }

    /// The same, and then something else happens.
    pub fn then(self, then: Then) -> Self {
        Answer { then, ..self }
    }

    /// The command failed.
    pub fn error(text: impl Into<Vec<u8>>) -> Self {
        Answer::from(Reply::new(text))
    }
}

impl From<Reply> for Answer {
    /// A refusal.
    fn from(reply: Reply) -> Self {
        Answer { reply, success: false, then: Then::Nothing }
    }
}

/// What handlers return.
pub type Handled = Result<Answer, Break>;

/// How a conversation ended.
enum Ending {
    /// The client said QUIT, or we hung up after an answer.
    Said,
    /// The client made too many errors.
    TooManyErrors,
}

/// Whether the conversation goes on after a command.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Next {
    Go,
    End,
}

/// A session with one client.
#[derive(Debug)]
pub struct Session {
    pub(crate) server: Rc<Server>,
    pub(crate) chat: Chat,
    pub(crate) client: Client,
    pressure: Pressure,
    pub(crate) limits: Option<ipc::anvil::Session>,
    /// The name in HELO or EHLO, made harmless.
    pub(crate) helo_name: Option<Vec<u8>>,
    /// `SMTP` or `ESMTP`.
    pub(crate) protocol: &'static str,
    pub(crate) stage: Stage,
    pub(crate) errors: ErrorClasses,
    pub(crate) error_count: u32,
    pub(crate) junk_count: u32,
    pub(crate) counts: CommandCounts,
    pub(crate) mail: Transaction,
    /// How many transactions there were.
    pub(crate) transaction_count: u32,
    pub(crate) forwarded: Option<Forwarded>,
    pub(crate) checks: CheckState,
    pub(crate) etrn_domain: Option<Vec<u8>>,
    pub(crate) discarded_keywords: Keywords,
    pub(crate) may_xclient: Result<bool, ()>,
    pub(crate) may_xforward: Result<bool, ()>,
    pub(crate) bare_newline: BareNewline,
    pub(crate) saw_bare_newline: bool,
    pub(crate) illegal_pipelining: bool,
    pub(crate) is_passed_on: bool,
    pub(crate) access_denied: Option<Reply>,
    pub(crate) transcript: Transcript,
    hangs_up: bool,
}

impl Session {
    /// A session that begins; under stress the client gets less time.
    pub async fn new(server: Rc<Server>, connection: Conn, stressed: bool) -> Session {
        let settings = &server.settings;
        let client = Client::identify(&connection, settings, &server.resolver, server.families).await;
        let pressure = if stressed { server.stressed } else { server.usual };
        let patience = Patience {
            limit: pressure.timeout,
            whole_request: pressure.per_request_deadline,
            bytes_per_second: 0,
        };
        let rules = LineRules { limit: settings.line_limit, detect_bare_lf: !server.stand_alone };
        let mut session = Session {
            chat: Chat::new(connection.stream, rules, patience),
            hangs_up: client.is_bogus,
            client,
            limits: None,
            pressure,
            helo_name: None,
            protocol: "SMTP",
            stage: Stage::Connect,
            errors: ErrorClasses::default(),
            error_count: 0,
            junk_count: 0,
            counts: CommandCounts::default(),
            mail: Transaction::default(),
            transaction_count: 0,
            forwarded: None,
            checks: CheckState::default(),
            etrn_domain: None,
            discarded_keywords: Keywords::NONE,
            may_xclient: Ok(false),
            may_xforward: Ok(false),
            bare_newline: settings.bare_newline,
            saw_bare_newline: false,
            illegal_pipelining: false,
            is_passed_on: connection.attributes.is_some(),
            access_denied: None,
            transcript: Transcript::new(settings.notify),
            server,
        };
        session.look_up_rights().await;
        if !session.server.stand_alone {
            session.may_xforward = session.matches(|server| &server.lists.xforward_clients).await;
        }
        session
    }

    /// Serves the client to the end.
    pub async fn run(mut self) {
        log_lines::connect(&self.client.name_address);
        if self.matches(|server| &server.lists.debug_peers).await == Ok(true) {
            let extra = self.server.config.get(&params::DEBUG_PEER_LEVEL);
            log::set_session_verbosity(u32::try_from(extra).unwrap_or(0));
        }
        let ending = loop {
            match self.converse().await {
                Err(Break::Restart) => {}
                ending => break ending,
            }
        };
        let reason = match ending {
            Ok(Ending::Said) | Err(Break::Quiet | Break::Restart) => None,
            Ok(Ending::TooManyErrors) => Some("too many errors"),
            Err(Break::Lost) => Some("lost connection"),
            Err(Break::TimedOut) => {
                let text = format!("421 4.4.2 {} Error: timeout exceeded", self.myhostname());
                self.last_words(&text).await;
                Some("timeout")
            }
            Err(Break::LocalData) => {
                log_lines::local_data_error(&self);
                self.errors.insert(ErrorClasses::DATA);
                let text = format!("421 4.3.0 {} Server local data error", self.myhostname());
                self.last_words(&text).await;
                None
            }
        };
        if let Some(limits) = self.limits.take() {
            // The service notices without that, too.
            let _ = limits.disconnect().await;
        }
        if let Some(reason) = reason {
            self.log_abort(reason);
            self.transcript.set_end(reason);
        }
        self.helo_name = None;
        self.flush_queue_file().await;
        self.flush_transcript(0).await;
        self.reset_mail();
        log_lines::disconnect(&self);
        let _ = self.chat.flush().await;
    }

    async fn last_words(&mut self, text: &str) {
        // A client that is gone does not hear them.
        let _ = self.say(Reply::new(text)).await;
    }

    fn log_abort(&self, reason: &str) {
        let place = match self.stage {
            // A line that did not come to its end does not count.
            Stage::DataContent => format!("DATA ({} bytes)", self.mail.received_size),
            Stage::BdatContent => {
                let held = match &self.mail.bdat {
                    Bdat::Receiving(decoder) => i64::try_from(decoder.pending()).unwrap_or(0),
                    _ => 0,
                };
                format!("BDAT ({} bytes)", self.mail.received_size + held)
            }
            // It is fine to hang up after the message was taken.
            Stage::EndOfMessage if reason == "lost connection" => return,
            stage => stage.name().to_owned(),
        };
        log_lines::aborted(self, reason, &place);
    }

    /// The conversation, from the greeting on.
    async fn converse(&mut self) -> Result<Ending, Break> {
        self.chat.start_request(0);
        if self.hangs_up {
            let text = format!("421 4.3.0 {} Server local error", self.myhostname());
            self.say(Reply::new(text)).await?;
            return Ok(Ending::Said);
        }
        if self.server.tls == TlsLevel::Wrapper {
            log_lines::wrapper_mode_dropped(&self.client.name_address, &self.server.service_name);
            return Ok(Ending::Said);
        }
        if !self.is_passed_on && self.refuses_pipelining() {
            return self.refuse_synchronization().await;
        }
        if let Some(reply) = self.count_connection().await {
            self.say(reply).await?;
            return Ok(Ending::Said);
        }
        self.discarded_keywords = self.server.discarded_keywords(&self.client.address).await;
        self.greet().await?;
        loop {
            if self.hangs_up {
                return Ok(Ending::Said);
            }
            self.flush_transcript(self.server.settings.history_threshold).await;
            self.chat.start_request(0);
            if self.error_count >= self.pressure.hard_error_limit {
                self.errors.insert(ErrorClasses::PROTOCOL);
                let text = format!("421 4.7.0 {} Error: too many errors", self.myhostname());
                self.say(Reply::new(text)).await?;
                return Ok(Ending::TooManyErrors);
            }
            if self.one_command().await? == Next::End {
                return Ok(Ending::Said);
            }
        }
    }

    async fn greet(&mut self) -> Result<(), Break> {
        if !self.server.settings.delay_reject
            && let Some(reply) = self.check_client().await?
        {
            self.errors.insert(ErrorClasses::POLICY);
            self.access_denied = Some(reply.clone());
            self.say(reply).await?;
            self.error_count += 1;
            return Ok(());
        }
        let banner = [b"220 ".as_slice(), &self.server.settings.banner].concat();
        self.say(Reply::new(banner)).await
    }

    async fn refuse_synchronization(&mut self) -> Result<Ending, Break> {
        self.say(Reply::new("554 5.5.0 Error: SMTP protocol synchronization")).await?;
        Ok(Ending::Said)
    }

    /// Reads a command and answers it.
    async fn one_command(&mut self) -> Result<Next, Break> {
        let Command::Line { text, end, .. } = self.chat.command().await? else { return Ok(Next::Go) };
        // What is behind a NUL shows in one line of the log only.
        let mut whole = text;
        let mut line = whole.split(|&byte| byte == 0).next().unwrap_or_default().to_vec();
        log_lines::heard(&self.client.name_address, &line);
        self.transcript.heard(&line);
        self.note_line_end(&line, end);
        if end == LineEnd::BareLf && self.bare_newline == BareNewline::Reject {
            let reply = self.refuse_bare_newline();
            self.say(reply).await?;
            return Ok(Next::End);
        }
        if self.server.settings.smtputf8 && std::str::from_utf8(&line).is_err() {
            return self.not_a_command("500 5.5.2 Error: bad UTF-8 syntax").await;
        }
        if let Some(replacement) = self.filtered_command(&line).await? {
            line.clone_from(&replacement);
            whole = replacement;
        }
        let words = tokens(&line);
        let Some(first) = words.first() else {
            return self.not_a_command("500 5.5.2 Error: bad syntax").await;
        };
        if self.server.lists.noop_commands.matches(&first.text).unwrap_or(false) {
            self.say(Reply::new("250 2.0.0 Ok")).await?;
            self.count_junk();
            return Ok(Next::Go);
        }
        let verb = Verb::named(&first.text);
        self.counts.came(verb);
        if verb.is_none() {
            self.stage = Stage::Unknown;
            let forbidden = mime::header::name_length(&first.text).is_some()
                || self.server.lists.forbidden_commands.matches(&first.text).unwrap_or(false);
            if forbidden {
                log_lines::non_smtp_command(&self.client.name_address, &whole);
                self.say(Reply::new("221 2.7.0 Error: I can break rules, too. Goodbye.")).await?;
                return Ok(Next::End);
            }
        }
        if let Some(denied) = self.access_denied.clone().filter(|_| verb != Some(Verb::Quit)) {
            return self.deny_again(denied).await;
        }
        match verb {
            Some(verb) => self.perform(verb, &words, &line).await,
            None => {
                self.say(Reply::new("500 5.5.2 Error: command not recognized")).await?;
                self.errors.insert(ErrorClasses::PROTOCOL);
                self.error_count += 1;
                Ok(Next::Go)
            }
        }
    }

    fn note_line_end(&mut self, line: &[u8], end: LineEnd) {
        match end {
            LineEnd::Normal => {}
            LineEnd::BareLf => self.saw_bare_newline |= self.bare_newline == BareNewline::Note,
            LineEnd::TooLong | LineEnd::Flood => {
                if end == LineEnd::Flood {
                    log_lines::disabling_input();
                    self.chat.drop_input();
                }
                let limit = self.server.settings.line_limit;
                log_lines::request_too_long(&self.client.name_address, limit, line);
            }
        }
    }

    pub(crate) fn refuse_bare_newline(&mut self) -> Reply {
        log_lines::request(self, "reject", b"bare <LF> received");
        self.errors.insert(ErrorClasses::PROTOCOL);
        let code = self.server.settings.codes.bare_newline;
        Reply::new(format!("{code} 5.5.2 {} Error: bare <LF> received", self.myhostname()))
    }

    async fn not_a_command(&mut self, text: &str) -> Result<Next, Break> {
        self.errors.insert(ErrorClasses::PROTOCOL);
        self.say(Reply::new(text)).await?;
        self.error_count += 1;
        self.stage = Stage::Unknown;
        self.counts.came(None);
        Ok(Next::Go)
    }

    async fn deny_again(&mut self, denied: Reply) -> Result<Next, Break> {
        if denied.text().get(1..3) == Some(b"21") {
            self.say(denied).await?;
            return Ok(Next::Go);
        }
        let text = format!("503 5.7.0 Error: access denied for {}", self.client.name_address);
        self.say(Reply::new(text)).await?;
        self.error_count += 1;
        Ok(Next::Go)
    }

    async fn perform(&mut self, verb: Verb, words: &[Token], line: &[u8]) -> Result<Next, Break> {
        if self.server.tls.is_required() && !verb.is_allowed_before_tls() {
            self.say(Reply::new("530 5.7.0 Must issue a STARTTLS command first")).await?;
            self.error_count += 1;
            return Ok(Next::Go);
        }
        self.stage = Stage::Command(verb);
        if (self.protocol != "ESMTP" || verb.ends_pipeline()) && self.refuses_pipelining() {
            self.refuse_synchronization().await?;
            return Ok(Next::End);
        }
        let answer = self.handle(verb, words, line).await?;
        self.say(answer.reply).await?;
        if answer.then != Then::Nothing {
            self.reset().await;
        }
        if answer.then == Then::SkipChunks {
            self.mail.bdat = Bdat::Failed;
        }
        if answer.success {
            self.counts.succeeded(verb);
        } else {
            self.error_count += 1;
        }
        if verb.is_junk() {
            self.count_junk();
        }
        Ok(if verb == Verb::Quit { Next::End } else { Next::Go })
    }

    async fn handle(&mut self, verb: Verb, words: &[Token], line: &[u8]) -> Handled {
        match verb {
            Verb::Helo => self.helo(words).await,
            Verb::Ehlo => self.ehlo(words).await,
            Verb::Xclient => self.xclient(words).await,
            Verb::Xforward => self.xforward(words),
            Verb::Starttls => Ok(self.starttls(words)),
            Verb::Auth => Ok(self.auth()),
            Verb::Mail => self.mail_from(words).await,
            Verb::Rcpt => self.rcpt_to(words).await,
            Verb::Data => self.data(words).await,
            Verb::Bdat => self.bdat(words, line).await,
            Verb::Rset => self.rset(words).await,
            Verb::Noop => Ok(Answer::ok("250 2.0.0 Ok")),
            Verb::Vrfy => self.vrfy(words).await,
            Verb::Etrn => self.etrn(words).await,
            Verb::Quit => Ok(Answer::ok("221 2.0.0 Bye")),
            Verb::Help => Ok(self.help()),
        }
    }

    fn count_junk(&mut self) {
        if self.junk_count > self.pressure.junk_command_limit {
            self.error_count += 1;
        }
        self.junk_count += 1;
    }

    /// Whether the client did not wait where it must, and that is not forgiven.
    fn refuses_pipelining(&mut self) -> bool {
        if self.server.stand_alone || self.illegal_pipelining || self.chat.unsolicited().is_empty() {
            return false;
        }
        let input = self.chat.pending().to_vec();
        log_lines::improper_pipelining(self, &input);
        self.illegal_pipelining = true;
        self.server.settings.forbid_unauth_pipelining
    }

    /// Says something to the client; slowly, if it made many errors.
    pub(crate) async fn say(&mut self, reply: Reply) -> Result<(), Break> {
        let settings = &self.server.settings;
        let slow = self.error_count >= settings.soft_error_limit && !settings.error_sleep.is_zero();
        if slow {
            tokio::time::sleep(settings.error_sleep).await;
        }
        let reply = if reply.is_failure() { self.dress(reply).await } else { reply };
        log_lines::said(&self.client.name_address, &reply, self.server.settings.soft_bounce);
        self.transcript.said(&reply, self.server.settings.soft_bounce);
        self.hangs_up |= reply.hangs_up();
        self.chat.answer(&reply, self.server.settings.soft_bounce).await?;
        if slow { self.chat.flush().await } else { Ok(()) }
    }

    /// Ends the mail transaction, whatever became of it.
    pub(crate) fn reset_mail(&mut self) {
        self.mail = Transaction::default();
        self.forwarded = None;
    }

    /// Ends the transaction and what was remembered of the conversation up to there.
    pub(crate) async fn reset(&mut self) {
        // What came of a message that is given up is for the cleanup service's log.
        self.flush_queue_file().await;
        self.flush_transcript(self.server.settings.history_threshold).await;
        self.reset_mail();
    }

    /// The queue id, or what stands for it in log lines.
    pub(crate) fn queue_id_or_noqueue(&self) -> &str {
        self.mail.queue_id().unwrap_or("NOQUEUE")
    }

    pub(crate) fn myhostname(&self) -> &str {
        &self.server.settings.myhostname
    }

    /// How line ends are told for this client.
    pub(crate) fn line_rules(&self) -> LineRules {
        LineRules {
            limit: self.server.settings.line_limit,
            detect_bare_lf: !self.server.stand_alone && self.bare_newline != BareNewline::Allow,
        }
    }

    /// Whether the client is in a list; `Err` if the list cannot tell.
    pub(crate) async fn matches(
        &self,
        list: impl FnOnce(&Server) -> &crate::lookup::ClientList,
    ) -> Result<bool, ()> {
        let (name, address) = (self.client.name.as_bytes(), self.client.address.as_bytes());
        list(&self.server).matches_client_async(name, address).await.map_err(|_| ())
    }

    /// Finds out what the client's name and address allow it to do.
    pub(crate) async fn look_up_rights(&mut self) {
        if !self.server.stand_alone {
            self.may_xclient = self.matches(|server| &server.lists.xclient_clients).await;
        }
        let excluded = self.matches(|server| &server.lists.bare_newline_exclusions).await;
        self.bare_newline = match excluded {
            Ok(true) => BareNewline::Allow,
            _ => self.server.settings.bare_newline,
        };
        let rules = self.line_rules();
        self.chat.set_rules(rules);
    }
}
