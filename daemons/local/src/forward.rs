//! Mail that goes on to other addresses: it enters the queue again, with one queue file for each pair of forwarding
//! address and envelope sender.

use delivery::Verdict;
use ipc::Error;
use ipc::cleanup::{Submission, flags};
use ipc::deliver::{Dsn, Recipient, Request};
use queue::flags::{dsn_notify, sendopts};
use queue::{Reader, Type, attr};
use sys::WallTime;

use crate::agent::Work;
use crate::alias::notify_without_success;
use crate::log_lines;
use crate::state::State;

/// Messages that are being written.
#[derive(Debug, Default)]
pub(crate) struct Forwards(Vec<Forward>);

#[derive(Debug)]
struct Forward {
    delivered: Vec<u8>,
    sender: Vec<u8>,
    submission: Submission,
    time: WallTime,
}

impl Work<'_> {
    /// Forwards to the recipient of the moment.
    pub(crate) fn deliver_indirect(&mut self, state: &State) -> Verdict {
        if self.duplicates.seen("indirect", &state.recipient.address) {
            return Verdict::Done;
        }
        if self.is_trace_only() {
            return self.sent(state, [b"forwards to ", state.recipient.address.as_slice()].concat());
        }
        match self.add_to_forward(state) {
            Ok(()) => Verdict::Done,
            Err(_) => self.fail(state, "4.3.0", "unable to forward message"),
        }
    }

    fn add_to_forward(&mut self, state: &State) -> Result<(), Error> {
        let delivered = state.delivered.clone().unwrap_or_default();
        let known = self.forwards.0.iter().position(|f| f.delivered == delivered && f.sender == state.sender);
        let at = match known {
            Some(at) => at,
            None => {
                let forward = self.open_forward(delivered, &state.sender)?;
                self.forwards.0.push(forward);
                self.forwards.0.len() - 1
            }
        };
        let agent = self.agent;
        match self.forwards.0.get_mut(at) {
            Some(forward) => agent.wait(forward.add(&state.recipient)),
            None => Ok(()),
        }
    }

    fn open_forward(&self, delivered: Vec<u8>, sender: &[u8]) -> Result<Forward, Error> {
        let agent = self.agent;
        let request = &self.delivery.request;
        let mut cleanup_flags = flags::BOUNCE | flags::MASK_INTERNAL | agent.cleanup_flags;
        if request.sendopts & sendopts::REQUIRETLS_ESMTP != 0 {
            cleanup_flags |= flags::REQUIRETLS;
        }
        if request.sendopts & sendopts::SMTPUTF8_REQUESTED != 0 {
            cleanup_flags |= flags::SMTPUTF8;
        }
        let opened = agent.wait(Submission::try_open(&agent.services, cleanup_flags));
        let submission = opened.inspect_err(|error| {
            log_lines::cleanup_unreachable(&agent.services.settings().cleanup, error);
        })?;
        let mut forward = Forward { delivered, sender: sender.to_vec(), submission, time: WallTime::now() };
        agent.wait(forward.begin(request))?;
        Ok(forward)
    }

    /// Sends what was collected, unless something went wrong before.
    pub(crate) fn finish_forwards(&mut self, state: &State, mut verdict: Verdict) -> Verdict {
        for forward in std::mem::take(&mut self.forwards).0 {
            if verdict == Verdict::Done {
                verdict = self.send_forward(forward, state);
            }
        }
        verdict
    }

    fn send_forward(&self, mut forward: Forward, state: &State) -> Verdict {
        let agent = self.agent;
        let settings = self.settings;
        let id = forward.submission.id().clone();
        let date = forward.time.local().mail_date();
        let mut headers = vec![
            [b"Received: by ", settings.myhostname.as_bytes(), b" (", &settings.mail_name, b")"].concat(),
            format!("\tid {id}; {date}").into_bytes(),
        ];
        if settings.delivered_header.forward {
            headers.push([b"Delivered-To: ", address::fold(&forward.delivered).as_slice()].concat());
        }
        let outcome = agent.wait(async {
            forward.submission.put(Type::MESG, b"").await?;
            for header in &headers {
                forward.submission.put(Type::NORM, header).await?;
            }
            if !self.copy_content(&mut forward.submission, id.as_str()).await? {
                return Ok(None);
            }
            forward.submission.put(Type::XTRA, b"").await?;
            forward.submission.put(Type::END, b"").await?;
            forward.submission.finish().await.map(Some)
        });
        match outcome {
            Ok::<_, Error>(Some(outcome)) if outcome.status.is_ok() => {
                let mut state = state.clone();
                if state.recipient.dsn_notify & dsn_notify::SUCCESS != 0 {
                    state.recipient.dsn_notify = notify_without_success(state.recipient.dsn_notify);
                }
                let dsn =
                    Dsn { action: b"relayed".to_vec(), ..Dsn::simple("2.0.0", format!("forwarded as {id}")) };
                self.sent_with(&state, dsn)
            }
            _ => Verdict::Again,
        }
    }

    /// Copies the content; false if the queue file is damaged.
    async fn copy_content(&self, submission: &mut Submission, id: &str) -> Result<bool, Error> {
        let source = self.source();
        let mut reader = Reader::new(source.file);
        if reader.seek(source.data_offset).is_err() {
            return Ok(false);
        }
        loop {
            match reader.next_record() {
                Ok(Some(record)) if record.kind == Type::NORM || record.kind == Type::CONT => {
                    if submission.push(record.kind, record.data) {
                        submission.flush().await?;
                    }
                }
                Ok(Some(record)) if record.kind == Type::XTRA => return Ok(true),
                Ok(record) => {
                    let kind = record.map_or(-1, |record| i32::from(record.kind.0));
                    log_lines::bad_record(id, kind);
                    break;
                }
                Err(_) => {
                    log_lines::bad_record(id, -2);
                    break;
                }
            }
        }
        delivery::mark_corrupt(source.file);
        Ok(false)
    }
}

impl Forward {
    /// The envelope up to the recipients.
    async fn begin(&mut self, request: &Request) -> Result<(), Error> {
        let time = format!("{} {}", self.time.seconds, self.time.microseconds);
        self.submission.put(Type::TIME, time.as_bytes()).await?;
        self.submission.put(Type::FROM, &self.sender).await?;
        if request.dsn_ret != 0 {
            self.submission.put_attr(attr::DSN_RET, request.dsn_ret.to_string()).await?;
        }
        let pass = [
            (attr::DSN_ENVID, &request.dsn_envid),
            (attr::LOG_CLIENT_NAME, &request.client.name),
            (attr::LOG_CLIENT_ADDR, &request.client.address),
            (attr::LOG_PROTO_NAME, &request.client.protocol),
            (attr::LOG_HELO_NAME, &request.client.helo),
            (attr::SASL_METHOD, &request.sasl.method),
            (attr::SASL_USERNAME, &request.sasl.username),
            (attr::SASL_SENDER, &request.sasl.sender),
            (attr::LOG_IDENT, &request.log_ident),
            (attr::RWR_CONTEXT, &request.rewrite_context),
        ];
        for (name, value) in pass {
            if !value.is_empty() {
                self.submission.put_attr(name, value).await?;
            }
        }
        Ok(())
    }

    async fn add(&mut self, recipient: &Recipient) -> Result<(), Error> {
        if !recipient.dsn_orcpt.is_empty() {
            self.submission.put_attr(attr::DSN_ORCPT, &recipient.dsn_orcpt).await?;
        }
        if recipient.dsn_notify != 0 {
            self.submission.put_attr(attr::DSN_NOTIFY, recipient.dsn_notify.to_string()).await?;
        }
        if !recipient.original.is_empty() {
            self.submission.put(Type::ORCP, &recipient.original).await?;
        }
        self.submission.put(Type::RCPT, &recipient.address).await
    }
}
