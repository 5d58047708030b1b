//! One message on its way into the queue.

use std::time::SystemTime;

use queue::flags::sendopts;
use queue::{Id, Type};

use crate::content::Content;
use crate::duplicates::Duplicates;
use crate::log_lines::{self, Origin};
use crate::output::Output;
use crate::service::Service;
use ipc::cleanup::Status;

use crate::flags::Flags;

/// Whose incomplete addresses in headers are completed, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RewriteContext {
    /// As local ones.
    Local,
    /// With `remote_header_rewrite_domain`.
    Remote,
}

impl RewriteContext {
    /// The name of the rule in the protocol of trivial-rewrite.
    pub(crate) fn rule(self) -> &'static str {
        match self {
            RewriteContext::Local => queue::attr::RWR_LOCAL,
            RewriteContext::Remote => queue::attr::RWR_REMOTE,
        }
    }
}

/// Which part of the message the next record belongs to.
#[derive(Debug)]
pub(crate) enum Phase {
    /// Nothing has come yet.
    Start,
    /// The envelope.
    Envelope,
    /// The content. Its machine is made with the first record.
    Content(Option<Box<Content>>),
    /// Between the content and the first record of the extracted segment.
    ContentEnded,
    /// What comes after the content.
    Extracted,
}

/// What was said about the recipient that follows.
#[derive(Debug, Default)]
pub(crate) struct NextRecipient {
    /// The address before the client rewrote it.
    pub(crate) original: Option<Vec<u8>>,
    /// ORCPT parameter.
    pub(crate) dsn_original: Option<Vec<u8>>,
    /// NOTIFY parameter.
    pub(crate) dsn_notify: i32,
}

/// What was learnt from the envelope.
#[derive(Debug, Default)]
pub(crate) struct Envelope {
    pub(crate) arrival: Option<SystemTime>,
    pub(crate) full_name: Option<Vec<u8>>,
    pub(crate) sender: Option<Vec<u8>>,
    /// The last recipient.
    pub(crate) recipient: Option<Vec<u8>>,
    pub(crate) attributes: Vec<(Vec<u8>, Vec<u8>)>,
    pub(crate) dsn_envelope_id: Option<Vec<u8>>,
    pub(crate) dsn_return: i32,
    pub(crate) verp_delimiters: Option<Vec<u8>>,
    pub(crate) trace_flags: i32,
    /// A record of when to warn about a delay was there.
    pub(crate) has_warn_time: bool,
}

impl Envelope {
    /// The value of a named attribute.
    pub(crate) fn attribute(&self, name: &str) -> Option<&[u8]> {
        self.attributes.iter().find(|(known, _)| known == name.as_bytes()).map(|(_, value)| value.as_slice())
    }

    /// Sets a named attribute.
    pub(crate) fn set_attribute(&mut self, name: &[u8], value: &[u8]) {
        match self.attributes.iter_mut().find(|(known, _)| known == name) {
            Some((_, old)) => *old = value.to_vec(),
            None => self.attributes.push((name.to_vec(), value.to_vec())),
        }
    }
}

/// What header and body checks ask for beside refusing.
#[derive(Debug, Default)]
pub(crate) struct CheckResults {
    /// FILTER.
    pub(crate) filter: Option<Vec<u8>>,
    /// REDIRECT.
    pub(crate) redirect: Option<Vec<u8>>,
    /// BCC.
    pub(crate) bcc: Vec<Vec<u8>>,
}

/// One message.
#[derive(Debug)]
pub(crate) struct Message<'s> {
    pub(crate) service: &'s Service,
    pub(crate) id: Id,
    /// When the id was made.
    pub(crate) created: SystemTime,
    pub(crate) output: Output,
    pub(crate) phase: Phase,
    pub(crate) flags: Flags,
    pub(crate) errors: Status,
    /// Only these errors stop the writing of the queue file.
    fatal_errors: Status,
    /// Why the message is refused.
    pub(crate) reason: Option<Vec<u8>>,
    pub(crate) envelope: Envelope,
    pub(crate) next: NextRecipient,
    /// The records that come now are recipients.
    pub(crate) in_recipients: bool,
    pub(crate) end_seen: bool,
    pub(crate) checks: CheckResults,
    pub(crate) rewrite: Option<RewriteContext>,
    pub(crate) message_id: Option<Vec<u8>>,
    pub(crate) duplicates: Duplicates,
    pub(crate) recipients: i64,
    pub(crate) qmgr_flags: i64,
    pub(crate) sendopts: i32,
    pub(crate) data_offset: u64,
    pub(crate) extracted_offset: u64,
    /// Records for success notices were written to the trace service.
    pub(crate) has_trace: bool,
}

impl<'s> Message<'s> {
    /// A new message in a new queue file; `flags` are the client's.
    pub(crate) fn new(
        service: &'s Service,
        output: Output,
        id: Id,
        created: SystemTime,
        flags: Flags,
    ) -> Self {
        let mut sendopts = 0;
        if flags.has(Flags::SMTPUTF8) {
            sendopts |= sendopts::SMTPUTF8_REQUESTED;
        }
        if flags.has(Flags::REQUIRETLS) {
            sendopts |= sendopts::REQUIRETLS_ESMTP;
        }
        let mut envelope = Envelope::default();
        envelope.set_attribute(queue::attr::LOG_ORIGIN.as_bytes(), queue::attr::ORIGIN_LOCAL.as_bytes());
        Self {
            service,
            id,
            created,
            output,
            phase: Phase::Start,
            flags,
            errors: Status::default(),
            fatal_errors: if flags.has(Flags::BOUNCE) { Status::MASK_INCOMPLETE } else { Status(-1) },
            reason: None,
            envelope,
            next: NextRecipient::default(),
            in_recipients: false,
            end_seen: false,
            checks: CheckResults::default(),
            rewrite: Some(RewriteContext::Local),
            message_id: None,
            duplicates: Duplicates::new(service.settings.duplicate_filter_limit),
            recipients: 0,
            qmgr_flags: 0,
            sendopts,
            data_offset: 0,
            extracted_offset: 0,
            has_trace: false,
        }
    }

    /// Whether the queue file is still worth writing.
    pub(crate) fn is_ok(&self) -> bool {
        !self.errors.has(self.fatal_errors) && !self.flags.has(Flags::DISCARD)
    }

    /// Notes that something went wrong.
    pub(crate) fn note_error(&mut self, error: Status) {
        self.errors = self.errors.with(error);
    }

    /// Takes one record of the client. True after the last one.
    pub(crate) async fn record(&mut self, kind: Type, data: &[u8]) -> bool {
        if matches!(kind, Type::PTR | Type::DTXT) {
            let id = &self.id;
            log::warn!("{id}: record type {} not allowed - discarding this message", kind.0);
            self.note_error(Status::BAD);
            return false;
        }
        match self.phase {
            Phase::Start => {
                self.put(Type::SIZE, queue::file::SizeRecord::default().format().as_bytes());
                self.phase = Phase::Envelope;
                self.envelope_record(kind, data).await;
            }
            Phase::Envelope => self.envelope_record(kind, data).await,
            Phase::Content(_) => self.content_record(kind, data).await,
            Phase::ContentEnded => {
                self.put(Type::XTRA, b"");
                self.phase = Phase::Extracted;
                self.extracted_record(kind, data).await;
            }
            Phase::Extracted => self.extracted_record(kind, data).await,
        }
        if self.output.is_full()
            && let Err(error) = self.output.flush().await
        {
            self.write_failed(&error);
        }
        kind == Type::END
    }

    /// Writes a record, if the file is still worth it. Long text becomes several records.
    pub(crate) fn put(&mut self, kind: Type, data: &[u8]) {
        if !self.is_ok() {
            return;
        }
        let limit = self.service.settings.line_length_limit;
        let mut rest = data;
        let mut result = Ok(());
        if matches!(kind, Type::NORM | Type::CONT) {
            while rest.len() > limit && result.is_ok() {
                let (piece, more) = rest.split_at(limit);
                result = self.output.put(Type::CONT, piece);
                rest = more;
            }
        }
        if result.and_then(|()| self.output.put(kind, rest)).is_err() {
            log_lines::too_large(&self.id);
            self.note_error(Status::SIZE);
        }
    }

    /// Writes a named attribute.
    pub(crate) fn put_attribute(&mut self, name: &str, value: &[u8]) {
        let mut record = Vec::with_capacity(name.len() + 1 + value.len());
        record.extend_from_slice(name.as_bytes());
        record.push(b'=');
        record.extend_from_slice(value);
        self.put(Type::ATTR, &record);
    }

    /// The client broke the protocol.
    pub(crate) fn reject(&mut self, why: impl std::fmt::Display) {
        log_lines::rejected(&self.id, why);
        self.note_error(Status::BAD);
    }

    /// Writing the queue file failed.
    pub(crate) fn write_failed(&mut self, error: &std::io::Error) {
        if error.kind() == std::io::ErrorKind::FileTooLarge {
            log_lines::too_large(&self.id);
            self.note_error(Status::SIZE);
            return;
        }
        log_lines::write_error(&self.id, error);
        self.note_error(Status::WRITE);
    }

    /// A table could not be read.
    pub(crate) fn map_failed(&mut self, title: &str) {
        log_lines::map_problem(&self.id, title);
        self.note_error(Status::WRITE);
    }

    /// Notes that an address or header needs SMTPUTF8.
    pub(crate) fn note_utf8(&mut self, flag: i32) {
        self.sendopts |= flag;
        if self.flags.has(Flags::AUTO_UTF8) {
            self.sendopts |= sendopts::SMTPUTF8_REQUESTED;
        }
    }

    /// Where the message came from, for log lines.
    pub(crate) fn origin(&self) -> Origin<'_> {
        let envelope = &self.envelope;
        Origin {
            id: &self.id,
            form: self.service.settings.log_form,
            client: envelope.attribute(queue::attr::LOG_ORIGIN).unwrap_or(b"unknown"),
            sender: envelope.sender.as_deref(),
            recipient: envelope.recipient.as_deref(),
            protocol: envelope.attribute(queue::attr::LOG_PROTO_NAME),
            helo: envelope.attribute(queue::attr::LOG_HELO_NAME),
        }
    }
}
