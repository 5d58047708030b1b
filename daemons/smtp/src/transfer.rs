//! One message over an open conversation: envelope, content, and what the server says to each part.
//!
//! With command pipelining the commands of the envelope are sent in one go, as long as they fit a buffer of 4096
//! bytes; the server's replies are read when the buffer is full and after DATA. From there on the replies decide:
//! a refused sender, no accepted recipient or a refused DATA end the transaction with RSET.

use std::time::Duration;

use queue::flags::trace;
use smtp::ehlo::Keywords;
use smtp::response::Response;
use tokio::time::Instant;

use crate::channel::{Broken, Patience};
use crate::client::Client;
use crate::envelope;
use crate::failure::Failure;
use crate::generic::Unreadable;
use crate::job::Job;
use crate::log_lines;
use crate::message::{Body, Changes, ContentError};
use crate::session::{Fate, Session, one_line};
use crate::settings::{ProbeTarget, Protocol, Settings};

/// How much may be sent before replies are read.
const PIPELINE_SIZE: usize = 4096;

/// With pipelining, commands that wait to be sent are sent after this time.
const PIPELINE_AGE: Duration = Duration::from_secs(10);

/// How much content is sent at once.
const BODY_CHUNK: usize = 64 * 1024;

/// A command whose reply is still to come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    XforwardNameAddr,
    XforwardProtoHelo,
    Mail,
    Rcpt(usize),
    Data,
    Dot,
    Abort,
    Quit,
}

impl Step {
    fn request(self) -> &'static str {
        match self {
            Step::XforwardNameAddr => "XFORWARD name/address command",
            Step::XforwardProtoHelo => "XFORWARD helo/protocol command",
            Step::Mail => "MAIL FROM command",
            Step::Rcpt(_) => "RCPT TO command",
            Step::Data => "DATA command",
            Step::Dot => "end of DATA command",
            Step::Abort => "final RSET command",
            Step::Quit => "QUIT command",
        }
    }

    fn doing(self) -> &'static str {
        match self {
            Step::XforwardNameAddr => "sending XFORWARD name/address",
            Step::XforwardProtoHelo => "sending XFORWARD protocol/helo_name",
            Step::Mail => "sending MAIL FROM",
            Step::Rcpt(_) => "sending RCPT TO",
            Step::Data => "sending DATA command",
            Step::Dot => "sending end of data -- message may be sent more than once",
            Step::Abort => "sending final RSET",
            Step::Quit => "sending QUIT",
        }
    }

    fn limit(self, settings: &Settings) -> Duration {
        let limits = &settings.timeouts;
        match self {
            Step::XforwardNameAddr | Step::XforwardProtoHelo => limits.xforward,
            Step::Mail => limits.mail,
            Step::Rcpt(_) => limits.rcpt,
            Step::Data => limits.data_init,
            Step::Dot => limits.data_done,
            Step::Abort => limits.rset,
            Step::Quit => limits.quit,
        }
    }

    /// Failures from here on no longer matter to the message.
    fn is_farewell(self) -> bool {
        matches!(self, Step::Abort | Step::Quit)
    }
}

/// The transaction ended early; recipients were told where that matters. The connection may be unusable.
struct Stopped;

/// Sends a message to the recipients that are left. Each of them has an outcome afterwards: delivered, failed, or
/// kept for another server.
pub(crate) async fn send(client: &Client, session: &mut Session, job: &mut Job) {
    let limit = session.features.size_limit;
    let size = job.request.data_size;
    if limit > 0 && limit < u64::try_from(size).unwrap_or(0) {
        let server = session.peer.brief();
        let text = format!("message size {size} exceeds size limit {limit} of server {server}");
        job.fail_all(Some(session), &Failure::local("5.3.4", text)).await;
        job.session_completed = true;
        return;
    }
    let mut transaction = Transaction {
        client,
        session,
        job,
        sent: Vec::new(),
        mail_rejected: false,
        data_rejected: false,
        accepted: Vec::new(),
    };
    let outcome = transaction.run().await;
    if outcome.is_err() {
        session.dont_cache();
    } else if !session.channel.is_broken() {
        job.session_completed = true;
    }
}

/// Finds out with RSET whether a kept connection still works.
pub(crate) async fn probe(client: &Client, session: &mut Session, queue_id: &str) -> bool {
    session.command(b"RSET");
    let limit = client.settings.timeouts.rset;
    match session.response(&client.settings, limit, queue_id).await {
        Ok(response) => {
            session.rset_rejected = response.code / 100 != 2;
            !session.rset_rejected
        }
        Err(_) => false,
    }
}

/// Says QUIT outside of a transaction.
pub(crate) async fn quit(client: &Client, session: &mut Session, queue_id: &str) {
    session.command(b"QUIT");
    session.dont_cache();
    let limit = client.settings.timeouts.quit;
    if client.settings.skip_quit_response {
        let mut patience = Patience::new(limit, client.settings.per_request_deadline);
        let _ = session.channel.flush(&mut patience).await;
    } else {
        let _ = session.response(&client.settings, limit, queue_id).await;
    }
}

struct Transaction<'a> {
    client: &'a Client,
    session: &'a mut Session,
    job: &'a mut Job,
    /// Commands without a reply so far, in order.
    sent: Vec<Step>,
    mail_rejected: bool,
    data_rejected: bool,
    /// Recipients that the server accepted.
    accepted: Vec<usize>,
}

impl Transaction<'_> {
    async fn run(&mut self) -> Result<(), Stopped> {
        let probe_only = self.job.request.flags & trace::ONLY_MASK != 0;
        let settings = &self.client.settings;
        let probe_at_rcpt = probe_only && settings.probe_target == ProbeTarget::Rcpt;
        for step in self.envelope_steps(probe_at_rcpt) {
            let command = match self.command_for(step) {
                Ok(command) => command,
                Err(unreadable) => return Err(self.give_up(unreadable)),
            };
            if self.must_wait(command.len()) {
                self.read_replies().await?;
                let pointless = match step {
                    Step::Rcpt(_) => self.mail_rejected,
                    Step::Data => self.accepted.is_empty(),
                    _ => false,
                };
                if pointless {
                    return self.abort().await;
                }
            }
            self.session.command(&command);
            self.sent.push(step);
        }
        self.read_replies().await?;
        if probe_at_rcpt {
            return self.abort().await;
        }
        if self.data_rejected {
            return self.abort().await;
        }
        if probe_only {
            return self.finish_data_probe().await;
        }
        self.content_and_dot().await
    }

    fn envelope_steps(&self, probe_at_rcpt: bool) -> Vec<Step> {
        let mut steps = Vec::with_capacity(self.job.recipients.len() + 4);
        if self.client.settings.send_xforward {
            if envelope::has_name_addr(&self.job.request, &self.session.features) {
                steps.push(Step::XforwardNameAddr);
            }
            if envelope::has_proto_helo(&self.job.request, &self.session.features) {
                steps.push(Step::XforwardProtoHelo);
            }
        }
        steps.push(Step::Mail);
        steps.extend((0..self.job.recipients.len()).map(Step::Rcpt));
        if !probe_at_rcpt {
            steps.push(Step::Data);
        }
        steps
    }

    fn command_for(&mut self, step: Step) -> Result<Vec<u8>, Unreadable> {
        let request = &self.job.request;
        let features = &self.session.features;
        Ok(match step {
            Step::XforwardNameAddr => envelope::xforward_name_addr(request, features),
            Step::XforwardProtoHelo => envelope::xforward_proto_helo(request, features),
            Step::Mail => {
                self.job.begin_transfer(self.session.reuse_count);
                envelope::mail(self.client, &self.job.request, features)?
            }
            Step::Rcpt(at) => match self.job.recipients.get(at) {
                Some(entry) => envelope::rcpt(self.client, request, &entry.recipient, features)?,
                None => b"NOOP".to_vec(),
            },
            Step::Data => b"DATA".to_vec(),
            Step::Dot => b".".to_vec(),
            Step::Abort => b"RSET".to_vec(),
            Step::Quit => b"QUIT".to_vec(),
        })
    }

    /// True if replies must be read before a command of this length is sent.
    fn must_wait(&self, length: usize) -> bool {
        let channel = &self.session.channel;
        !self.sent.is_empty()
            && (!self.session.features.has(Keywords::PIPELINING)
                || channel.pending() + length + 2 > PIPELINE_SIZE
                || Instant::now() - channel.last_io() > PIPELINE_AGE)
    }

    /// Reads a reply to each command that has none.
    async fn read_replies(&mut self) -> Result<(), Stopped> {
        for step in std::mem::take(&mut self.sent) {
            let response = self.response(step).await?;
            self.handle(step, &response).await;
        }
        Ok(())
    }

    async fn response(&mut self, step: Step) -> Result<Response, Stopped> {
        let limit = step.limit(&self.client.settings);
        let outcome = self.session.response(&self.client.settings, limit, self.job.queue_id()).await;
        match outcome {
            Ok(response) => Ok(response),
            Err(broken) => {
                if !step.is_farewell() {
                    self.stop(broken, step.doing()).await;
                }
                Err(Stopped)
            }
        }
    }

    async fn stop(&mut self, broken: Broken, doing: &str) {
        let failure = Failure::broken(&self.session.peer, broken, doing);
        self.job.fail_all(Some(self.session), &failure).await;
    }

    async fn handle(&mut self, step: Step, response: &Response) {
        let positive = response.code / 100 == 2;
        match step {
            Step::XforwardNameAddr | Step::XforwardProtoHelo if !positive => {
                log_lines::xforward_refused(&self.session.peer.full(), &one_line(response), step.request());
            }
            Step::Mail if !positive => {
                self.fail_message(step, response).await;
                self.mail_rejected = true;
            }
            Step::Rcpt(_) if self.mail_rejected => {}
            Step::Rcpt(at) if positive => {
                self.accepted.push(at);
                let probe_only = self.job.request.flags & trace::ONLY_MASK != 0;
                if probe_only && self.client.settings.probe_target == ProbeTarget::Rcpt {
                    self.job.delivered(self.session, at, response, None).await;
                }
            }
            Step::Rcpt(at) => self.fail_recipient(at, step, response).await,
            Step::Data if response.code / 100 != 3 => {
                if !self.accepted.is_empty() {
                    self.fail_message(step, response).await;
                }
                self.data_rejected = true;
            }
            Step::Data => self.job.last_data_reply.clone_from(&response.text),
            _ => {}
        }
    }

    async fn fail_message(&mut self, step: Step, response: &Response) {
        self.session.check_code(response.code);
        let failure = Failure::said(&self.session.peer, response, step.request());
        self.job.fail_all(Some(self.session), &failure).await;
    }

    async fn fail_recipient(&mut self, at: usize, step: Step, response: &Response) {
        self.session.check_code(response.code);
        let failure = Failure::said(&self.session.peer, response, step.request());
        self.job.fail(self.session, at, &failure).await;
    }

    /// Ends a transaction that leads nowhere.
    async fn abort(&mut self) -> Result<(), Stopped> {
        self.expire();
        self.session.command(b"RSET");
        self.farewell(Step::Abort).await
    }

    /// A probe that ends after DATA leaves no way to go on with the connection.
    async fn finish_data_probe(&mut self) -> Result<(), Stopped> {
        for at in self.job.unmarked() {
            let response =
                Response { code: 250, status: "2.0.0".to_owned(), text: self.job.last_data_reply.clone() };
            self.job.delivered(self.session, at, &response, Some("2.0.0")).await;
        }
        self.session.fate = Fate::Forbidden;
        Ok(())
    }

    async fn content_and_dot(&mut self) -> Result<(), Stopped> {
        let mut lost_inside = false;
        if !self.accepted.is_empty() {
            match self.content().await? {
                Ok(()) => {}
                // The server may have said why it hung up.
                Err(Broken::Lost) => {
                    lost_inside = true;
                    self.session.channel.purge_output();
                    self.session.channel.unbreak();
                    self.session.dont_cache();
                }
                Err(broken) => {
                    self.stop(broken, "sending message body").await;
                    return Err(Stopped);
                }
            }
        }
        self.expire();
        if lost_inside {
            return self.read_verdict(true).await;
        }
        self.session.command(b".");
        if self.session.is_cached() {
            return self.read_verdict(false).await;
        }
        // QUIT goes along with the dot where that is allowed; the dot's reply is what counts.
        let along = self.session.features.has(Keywords::PIPELINING);
        if along {
            self.session.command(b"QUIT");
        }
        self.read_verdict(false).await?;
        if !along {
            self.session.command(b"QUIT");
        }
        self.after_quit().await
    }

    /// Sends the content. The outer result is for failures that recipients were told of.
    async fn content(&mut self) -> Result<Result<(), Broken>, Stopped> {
        let settings = &self.client.settings;
        let changes = Changes {
            downgrade: envelope::downgrades(self.client, &self.job.request, &self.session.features),
            generic: self.client.has_generic_maps(),
        };
        let content = match self.job.content() {
            Ok(content) => content,
            Err(error) => return Err(self.unreadable(error).await),
        };
        let mut body = Body::new(self.client, self.job.queue_id(), content, changes);
        let mut patience = Patience::new(settings.timeouts.data_xfer, settings.per_request_deadline)
            .with_rate(settings.min_data_rate);
        let headers = envelope::added_headers(self.client, &self.job.request, &self.job.recipients);
        for header in headers.map_err(|unreadable| self.give_up(unreadable))? {
            if let Err(error) = body.put_header(&header, self.session.channel.output()) {
                return Err(self.bad_content(error).await);
            }
        }
        loop {
            let more = match body.fill(BODY_CHUNK, self.session.channel.output()) {
                Ok(more) => more,
                Err(error) => return Err(self.bad_content(error).await),
            };
            if body.broke_line() {
                self.job.note_broken_line(settings.output_line_limit);
            }
            if !more {
                break;
            }
            if let Err(broken) = self.session.channel.flush(&mut patience).await {
                return Ok(Err(broken));
            }
        }
        if self.session.features.delay_final_dot {
            if let Err(broken) = self.session.channel.flush(&mut patience).await {
                return Ok(Err(broken));
            }
            tokio::time::sleep(settings.pix.delay).await;
        }
        Ok(Ok(()))
    }

    async fn bad_content(&mut self, error: ContentError) -> Stopped {
        match error {
            ContentError::Mime(error) => {
                let failure = Failure::local(error.status(), error.text());
                self.job.fail_all(Some(self.session), &failure).await;
                self.session.channel.purge_output();
                self.session.fate = Fate::Forbidden;
                Stopped
            }
            ContentError::Corrupt(error) => self.unreadable(error).await,
            ContentError::Generic(unreadable) => self.give_up(unreadable),
            ContentError::Checks => {
                self.stop(Broken::LocalData, "sending message body").await;
                self.session.channel.purge_output();
                self.session.fate = Fate::Forbidden;
                Stopped
            }
        }
    }

    /// Nothing more is said to the server, and nothing about the recipients.
    fn give_up(&mut self, unreadable: Unreadable) -> Stopped {
        self.job.give_up(unreadable);
        self.session.channel.purge_output();
        self.session.fate = Fate::Forbidden;
        Stopped
    }

    /// The server must not take the part that it has for the whole: the connection is dropped.
    async fn unreadable(&mut self, error: queue::record::Error) -> Stopped {
        self.job.note_unreadable(&error);
        let failure = Failure::local("5.3.0", "unreadable mail queue entry");
        self.job.fail_all(Some(self.session), &failure).await;
        self.session.channel.purge_output();
        self.session.fate = Fate::Forbidden;
        self.job.mark_corrupt_unless_failed();
        Stopped
    }

    /// Reads the reply, or with LMTP one reply a recipient, to the content.
    async fn read_verdict(&mut self, lost_inside: bool) -> Result<(), Stopped> {
        let per_recipient = self.client.settings.protocol == Protocol::Lmtp && !self.accepted.is_empty();
        let accepted = self.accepted.clone();
        let replies = if per_recipient { accepted.len() } else { 1 };
        for number in 0..replies {
            let response = self.verdict(lost_inside).await?;
            self.job.content_answered();
            let positive = response.code / 100 == 2;
            match accepted.get(number) {
                None => {}
                Some(&at) if per_recipient && positive => {
                    self.job.delivered(self.session, at, &response, None).await;
                }
                Some(&at) if per_recipient => self.fail_recipient(at, Step::Dot, &response).await,
                Some(_) if positive => {
                    for at in self.job.unmarked() {
                        self.job.delivered(self.session, at, &response, None).await;
                    }
                }
                Some(_) => self.fail_message(Step::Dot, &response).await,
            }
        }
        Ok(())
    }

    async fn verdict(&mut self, lost_inside: bool) -> Result<Response, Stopped> {
        if !lost_inside {
            return self.response(Step::Dot).await;
        }
        let limit = Step::Dot.limit(&self.client.settings);
        let outcome = self.session.response(&self.client.settings, limit, self.job.queue_id()).await;
        match outcome {
            Ok(response) => Ok(response),
            Err(_) => {
                self.stop(Broken::Lost, "sending message body").await;
                Err(Stopped)
            }
        }
    }

    async fn farewell(&mut self, step: Step) -> Result<(), Stopped> {
        if self.session.is_cached() {
            self.response(step).await?;
            return Ok(());
        }
        let along = self.session.features.has(Keywords::PIPELINING);
        if along {
            self.session.command(b"QUIT");
        }
        self.response(step).await?;
        if !along {
            self.session.command(b"QUIT");
        }
        self.after_quit().await
    }

    async fn after_quit(&mut self) -> Result<(), Stopped> {
        if !self.client.settings.skip_quit_response {
            self.response(Step::Quit).await?;
        }
        self.session.said_quit = true;
        Ok(())
    }

    fn expire(&mut self) {
        if self.session.is_expired(self.client.settings.cache.reuse_count_limit) {
            self.session.dont_cache();
        }
    }
}
