//! What senders and verify(8) are told at once, before the message is queued or instead of that.

use std::io::Seek;

use delivery::{Attempt, NO_RELAY, Verdict};
use ipc::bounce::{self, Command, Kind, Message as BouncedMessage, Request};
use ipc::cleanup::Status;
use ipc::deliver::{self, Dsn, MessageStats};
use queue::flags::{dsn_notify, dsn_ret, trace};
use queue::{Dir, Reader, Type, attr};
use sys::WallTime;

use crate::flags::Flags;
use crate::message::Message;
use crate::recipients::Recipient;
use crate::text::{is_digits, leading_number, until_nul};

/// The recipient that a notice names when there is none.
const UNKNOWN: &[u8] = b"unknown";

/// A probe's recipient is an alias for several: it counts as deliverable. False: verify(8) did not take it.
pub(crate) async fn verified(message: &Message<'_>, recipient: &Recipient<'_>) -> bool {
    let recipient = to_deliver(recipient);
    let stats = stats(message);
    let attempt = attempt(message, &stats, &recipient, trace::MTA_VRFY);
    let dsn = Dsn::simple("2.0.0", "aliased to multiple recipients");
    message.service.reporter.sent(&attempt, dsn).await == Verdict::Done
}

/// Tells the sender that an alias was expanded. False: trace(8) did not take it.
pub(crate) async fn expanded(message: &Message<'_>, recipient: &Recipient<'_>) -> bool {
    let recipient = to_deliver(recipient);
    let stats = stats(message);
    let attempt = attempt(message, &stats, &recipient, bounce::flags::CLEAN);
    let dsn = Dsn { action: b"expanded".to_vec(), ..Dsn::simple("2.0.0", "alias expanded") };
    message.service.reporter.traced(&attempt, &dsn).await == Verdict::Done
}

/// Tells the sender why the message is refused for all its recipients. After this, either the message is to be thrown
/// away, or its client is told that it could not be taken.
pub(crate) async fn bounce(message: &mut Message<'_>) {
    let (status, reason) = match &message.reason {
        Some(reason) => {
            let (status, text) = smtp::dsn::split(b"5.0.0", reason);
            (String::from_utf8_lossy(status).into_owned(), text.to_vec())
        }
        None => {
            let detail = message.errors.detail();
            (detail.dsn.to_owned(), detail.text.as_bytes().to_vec())
        }
    };
    if let Err(error) = message.output.flush().await {
        message.write_failed(&error);
    }
    let stats = stats(message);
    let mut recipients = recipients(message);
    if recipients.is_empty() {
        recipients.push(deliver::Recipient { address: UNKNOWN.to_vec(), ..deliver::Recipient::default() });
    }
    for recipient in &recipients {
        if message.errors.has(Status::WRITE) {
            break;
        }
        let attempt = attempt(message, &stats, recipient, bounce::flags::CLEAN);
        let dsn = Dsn::simple(&status, reason.clone());
        if message.service.reporter.bounce(&attempt, dsn).await == Verdict::Again {
            message.note_error(Status::WRITE);
        }
    }
    if !message.errors.has(Status::WRITE) && !flush(message).await {
        log::warn!("{}: bounce message failure", message.id);
        message.note_error(Status::WRITE);
    }
    if message.errors.has(Status::WRITE) {
        message.errors = Status::WRITE;
    } else {
        message.errors = Status::OK;
        message.flags |= Flags::DISCARD;
    }
}

/// Has the notice sent.
async fn flush(message: &Message<'_>) -> bool {
    let envelope = &message.envelope;
    // Content that was refused, or is incomplete, is not sent back.
    let headers_only = message.errors.has(Status::CONTENT) || message.errors.has(Status::SIZE);
    let about = BouncedMessage {
        dir: Dir::Incoming,
        id: message.id.clone(),
        encoding: envelope.attribute(attr::ENCODING).unwrap_or_default().to_vec(),
        sendopts: message.sendopts,
        sender: envelope.sender.clone().unwrap_or_default(),
        dsn_envid: envelope.dsn_envelope_id.clone().unwrap_or_default(),
        dsn_ret: if headers_only { dsn_ret::HDRS } else { envelope.dsn_return },
    };
    let flags = bounce::flags::CLEAN;
    let verp = envelope.verp_delimiters.clone().filter(|_| !message.service.settings.disable_verp_bounces);
    let request = match verp {
        Some(delimiters) => Request::Verp { flags, message: about, delimiters },
        None => Request::Notify { command: Command::Flush, flags, message: about },
    };
    bounce::request(&message.service.services, Kind::Bounce, &request).await == 0
}

/// The recipients that were written to the queue file.
fn recipients(message: &Message<'_>) -> Vec<deliver::Recipient> {
    let Some(mut file) = message.output.file().and_then(|file| file.file().try_clone().ok()) else {
        return Vec::new();
    };
    if file.rewind().is_err() {
        return Vec::new();
    }
    let mut reader = Reader::new(file);
    let mut recipients = Vec::new();
    let mut next = deliver::Recipient::default();
    // A file that was cut because it is too large ends within a record.
    loop {
        let offset = i64::try_from(reader.offset()).unwrap_or(0);
        let Ok(Some(record)) = reader.next_record() else { break };
        let (kind, data) = (record.kind, until_nul(record.data));
        let (kind, data) = match attr::split(data) {
            Ok((name, value)) if kind == Type::ATTR => (attr::record_type(name).unwrap_or(kind), value),
            _ => (kind, data),
        };
        match kind {
            Type::END => break,
            Type::DSN_ORCPT => next.dsn_orcpt = data.to_vec(),
            Type::DSN_NOTIFY => {
                let flags = i32::try_from(leading_number(data)).unwrap_or(0);
                next.dsn_notify = if is_digits(data) && dsn_notify::is_valid(flags) { flags } else { 0 };
            }
            Type::ORCP => next.original = data.to_vec(),
            Type::RCPT => {
                let mut recipient = std::mem::take(&mut next);
                recipient.offset = offset;
                recipient.address = data.to_vec();
                if recipient.original.is_empty() {
                    recipient.original = data.to_vec();
                }
                recipients.push(recipient);
            }
            Type::DRCP | Type::DONE => next = deliver::Recipient::default(),
            _ => {}
        }
    }
    recipients
}

fn stats(message: &Message<'_>) -> MessageStats {
    let arrival = message.envelope.arrival.map(WallTime::from).unwrap_or_default();
    MessageStats { incoming_arrival: arrival, ..MessageStats::default() }
}

fn attempt<'a>(
    message: &'a Message<'_>,
    stats: &'a MessageStats,
    recipient: &'a deliver::Recipient,
    flags: i32,
) -> Attempt<'a> {
    Attempt { flags, id: &message.id, stats, recipient, relay: NO_RELAY, tls: None }
}

fn to_deliver(recipient: &Recipient<'_>) -> deliver::Recipient {
    deliver::Recipient {
        offset: 0,
        dsn_orcpt: recipient.dsn_original.to_vec(),
        dsn_notify: recipient.dsn_notify,
        original: recipient.original.to_vec(),
        address: recipient.address.to_vec(),
    }
}
