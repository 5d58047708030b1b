//! A delivery request in work: the recipients that are left, and what becomes of each.

use std::fs::File;
use std::rc::Rc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use delivery::{Attempt, Delivery, NO_RELAY, Reporter, Verdict, pass};
use ipc::deliver::{Dsn, Recipient, Request, flags};
use queue::Reader;
use queue::file::Content;
use queue::flags::dsn_notify;
use smtp::ehlo::Keywords;
use smtp::response::Response;
use sys::WallTime;

use crate::failure::Failure;
use crate::log_lines;
use crate::session::{Session, one_line};
use crate::settings::{Protocol, Settings};
use crate::tls_status::TlsStatus;

/// What happened to a recipient in the session that is going on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mark {
    /// Nothing yet.
    Open,
    /// To be tried with another server.
    Keep,
    /// Delivered, bounced or deferred.
    Drop,
}

/// A recipient and its mark.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) recipient: Recipient,
    mark: Mark,
}

/// What of the configuration matters to a job.
#[derive(Debug, Clone)]
pub(crate) struct Manners {
    soft_bounce: bool,
    protocol: Protocol,
    final_delivery: bool,
    log_tls: bool,
}

impl Manners {
    /// `final_delivery`: deliveries by LMTP are final (flag X of the master.cf command).
    pub(crate) fn new(settings: &Settings, final_delivery: bool) -> Manners {
        Manners {
            soft_bounce: settings.soft_bounce,
            protocol: settings.protocol,
            final_delivery,
            log_tls: settings.tls.log_status,
        }
    }
}

/// A delivery request in work.
pub(crate) struct Job {
    pub(crate) request: Request,
    /// Recipients without an outcome.
    pub(crate) recipients: Vec<Entry>,
    /// The server that is being tried is the last one.
    pub(crate) final_server: bool,
    /// A transaction went through to its end, whatever the server said: the destination is alive.
    pub(crate) session_completed: bool,
    /// The last failure.
    pub(crate) why: Option<Failure>,
    pub(crate) tls: TlsStatus,
    /// The text of the reply to DATA, for probes.
    pub(crate) last_data_reply: Vec<u8>,
    delivery: Delivery,
    reporter: Rc<Reporter>,
    manners: Manners,
    verdict: Verdict,
    said_broken_line: bool,
    fatal: Option<delivery::Fatal>,
}

/// When a message arrived.
pub(crate) fn arrival(request: &Request) -> SystemTime {
    let seconds = u64::try_from(request.stats.incoming_arrival.seconds).unwrap_or(0);
    UNIX_EPOCH + Duration::from_secs(seconds)
}

impl Job {
    /// Takes a delivery in work.
    pub(crate) fn new(delivery: Delivery, reporter: &Rc<Reporter>, manners: &Manners, tls: TlsStatus) -> Job {
        let mut request = delivery.request.clone();
        let recipients = std::mem::take(&mut request.recipients);
        Job {
            request,
            recipients: recipients
                .into_iter()
                .map(|recipient| Entry { recipient, mark: Mark::Open })
                .collect(),
            final_server: false,
            session_completed: false,
            why: None,
            tls,
            last_data_reply: Vec::new(),
            delivery,
            reporter: Rc::clone(reporter),
            manners: manners.clone(),
            verdict: Verdict::Done,
            said_broken_line: false,
            fatal: None,
        }
    }

    /// The delivery with its verdict, to be concluded; or why the process cannot answer for it.
    pub(crate) fn into_result(self) -> Result<(Delivery, Verdict), delivery::Fatal> {
        match self.fatal {
            Some(fatal) => Err(fatal),
            None => Ok((self.delivery, self.verdict)),
        }
    }

    /// Nothing can be said about the recipients that are left: the queue manager gets no answer, and tries again later.
    pub(crate) fn give_up(&mut self, fatal: impl Into<delivery::Fatal>) {
        self.fatal = Some(fatal.into());
        self.recipients.clear();
    }

    /// The message's id.
    pub(crate) fn queue_id(&self) -> &str {
        self.request.id.as_str()
    }

    /// The message content, from its start.
    pub(crate) fn content(&self) -> Result<Content<File>, queue::record::Error> {
        let file = self.delivery.file.try_clone().map_err(queue::record::Error::Io)?;
        Content::at(Reader::new(file), u64::try_from(self.request.data_offset).unwrap_or(0))
    }

    /// The queue file, for headers.
    pub(crate) fn file(&self) -> &File {
        &self.delivery.file
    }

    /// Recipients of which nothing is known yet.
    pub(crate) fn unmarked(&self) -> Vec<usize> {
        let open = self.recipients.iter().enumerate().filter(|(_, entry)| entry.mark == Mark::Open);
        open.map(|(at, _)| at).collect()
    }

    /// Another server is going to be tried.
    pub(crate) fn begin_server(&mut self) {
        self.tls.begin();
    }

    /// The connection is ready.
    pub(crate) fn begin_transfer(&mut self, reuse_count: u32) {
        self.request.stats.reuse_count = i32::try_from(reuse_count).unwrap_or(0);
        self.request.stats.connection_done = WallTime::now();
    }

    /// The server has answered to the content.
    pub(crate) fn content_answered(&mut self) {
        self.request.stats.delivery_done = WallTime::now();
    }

    /// A line had to be broken: says so once a message.
    pub(crate) fn note_broken_line(&mut self, limit: usize) {
        if !std::mem::replace(&mut self.said_broken_line, true) {
            log_lines::breaking_line(self.queue_id(), limit);
        }
    }

    /// The queue file is damaged.
    pub(crate) fn note_unreadable(&self, error: &queue::record::Error) {
        log_lines::unreadable_content(self.queue_id(), error);
    }

    /// Sets a damaged queue file aside, if all of its recipients have been told.
    pub(crate) fn mark_corrupt_unless_failed(&self) {
        if self.verdict == Verdict::Done {
            delivery::mark_corrupt(&self.delivery.file);
        }
    }

    /// The server took the message for a recipient. `dsn` replaces the reply's status.
    pub(crate) async fn delivered(
        &mut self,
        session: &Session,
        at: usize,
        response: &Response,
        dsn: Option<&str>,
    ) {
        let with_dsn = session.features.has(Keywords::DSN);
        let is_final = self.manners.protocol == Protocol::Lmtp && self.manners.final_delivery && !with_dsn;
        let Some(entry) = self.recipients.get_mut(at) else { return };
        // A server that speaks DSN tells of its success itself.
        if with_dsn {
            entry.recipient.dsn_notify &= !dsn_notify::SUCCESS;
        }
        let recipient = entry.recipient.clone();
        let text = one_line(response).into_bytes();
        let dsn = Dsn {
            status: dsn.unwrap_or(&response.status).into(),
            action: if is_final { b"delivered".to_vec() } else { b"relayed".to_vec() },
            reason: text.clone(),
            diag_type: b"smtp".to_vec(),
            diag_text: text,
            mta_type: b"dns".to_vec(),
            mta_name: session.peer.host.clone().into_bytes(),
        };
        let relay = session.peer.full();
        let tls = self.tls_text();
        let attempt = self.attempt(&recipient, &relay, tls.as_deref());
        let verdict = self.reporter.sent(&attempt, dsn).await;
        let marks_success = self.request.flags & flags::SUCCESS != 0;
        self.settle(at, verdict, marks_success);
    }

    /// The server does not take the message for one recipient.
    pub(crate) async fn fail(&mut self, session: &Session, at: usize, failure: &Failure) {
        self.why = Some(failure.clone());
        if self.tries_others(failure, failure.is_soft()) {
            log_lines::trying_others(self.queue_id(), &failure.reason);
            if let Some(entry) = self.recipients.get_mut(at) {
                entry.mark = Mark::Keep;
            }
        } else {
            let _ = self.report(at, &session.peer.full(), failure, failure.is_soft()).await;
        }
    }

    /// All recipients of which nothing is known fail.
    pub(crate) async fn fail_all(&mut self, session: Option<&mut Session>, failure: &Failure) {
        self.why = Some(failure.clone());
        let soft = failure.is_soft() || (failure.soft_unless_final && !self.final_server);
        let relay = session.as_ref().map_or_else(|| NO_RELAY.to_owned(), |session| session.peer.full());
        if self.tries_others(failure, soft) {
            log_lines::trying_others(self.queue_id(), &failure.reason);
            for entry in &mut self.recipients {
                if entry.mark == Mark::Open {
                    entry.mark = Mark::Keep;
                }
            }
        } else {
            let now = WallTime::now();
            if self.request.stats.connection_done.seconds == 0 {
                self.request.stats.connection_done = now;
            }
            self.request.stats.delivery_done = now;
            let mut verdict = Verdict::Done;
            for at in self.unmarked() {
                verdict = verdict.and(self.report(at, &relay, failure, soft).await);
            }
            if verdict == Verdict::Again
                && failure.throttle
                && !self.session_completed
                && self.delivery.hop_status.is_none()
            {
                self.delivery.hop_status = Some(dsn_of(failure));
            }
        }
        match session {
            Some(session) if failure.throttle => session.throttle(),
            Some(session) if failure.dont_cache => session.dont_cache(),
            _ => {}
        }
    }

    /// Turns the whole request down; `service` stands for the relay in the log.
    pub(crate) async fn reject(&mut self, service: &str, failure: &Failure) {
        for at in self.unmarked() {
            let _ = self.report(at, service, failure, failure.is_soft()).await;
        }
        self.clean_up();
    }

    fn tries_others(&self, failure: &Failure, soft: bool) -> bool {
        (soft || (failure.is_hard() && self.manners.soft_bounce)) && !self.final_server
    }

    async fn report(&mut self, at: usize, relay: &str, failure: &Failure, soft: bool) -> Verdict {
        let Some(entry) = self.recipients.get(at) else { return Verdict::Done };
        let recipient = entry.recipient.clone();
        let tls = self.tls_text();
        let attempt = self.attempt(&recipient, relay, tls.as_deref());
        let dsn = dsn_of(failure);
        let verdict = if soft {
            self.reporter.defer(&attempt, dsn).await
        } else {
            self.reporter.bounce(&attempt, dsn).await
        };
        self.settle(at, verdict, true);
        verdict
    }

    fn attempt<'a>(&'a self, recipient: &'a Recipient, relay: &'a str, tls: Option<&'a str>) -> Attempt<'a> {
        Attempt { tls, ..Attempt::new(&self.request, recipient, relay) }
    }

    fn tls_text(&self) -> Option<String> {
        if self.manners.log_tls { self.tls.text() } else { None }
    }

    fn settle(&mut self, at: usize, verdict: Verdict, may_mark: bool) {
        let Some(entry) = self.recipients.get_mut(at) else { return };
        entry.mark = Mark::Drop;
        if verdict == Verdict::Done
            && may_mark
            && let Err(fatal) = self.delivery.complete(&entry.recipient)
        {
            self.fatal = Some(fatal);
        }
        self.verdict = std::mem::replace(&mut self.verdict, Verdict::Done).and(verdict);
    }

    /// Ends a session: recipients with an outcome leave the list, the others are open again.
    pub(crate) fn clean_up(&mut self) {
        self.recipients.retain(|entry| entry.mark != Mark::Drop);
        for entry in &mut self.recipients {
            entry.mark = Mark::Open;
        }
        let stats = &mut self.request.stats;
        stats.connection_done = WallTime::default();
        stats.delivery_done = WallTime::default();
        stats.reuse_count = 0;
    }

    /// Hands all recipients that are left to another delivery agent.
    pub(crate) async fn pass_to(&mut self, transport: &str) {
        let recipients: Vec<Recipient> = self.recipients.drain(..).map(|entry| entry.recipient).collect();
        for recipient in recipients {
            let verdict = match pass::to_agent(&self.reporter, &self.request, &recipient, transport).await {
                Ok(verdict) => verdict,
                Err(fatal) => return self.give_up(fatal),
            };
            self.verdict = std::mem::replace(&mut self.verdict, Verdict::Done).and(verdict);
        }
    }
}

fn dsn_of(failure: &Failure) -> Dsn {
    let mut dsn = Dsn::simple(&failure.dsn, failure.reason.clone());
    if let Some(remote) = &failure.remote {
        dsn.mta_type = b"dns".to_vec();
        dsn.mta_name = remote.mta.clone().into_bytes();
        dsn.diag_type = b"smtp".to_vec();
        dsn.diag_text = remote.reply.clone();
    }
    dsn
}
