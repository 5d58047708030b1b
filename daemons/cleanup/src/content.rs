//! Records of the message content.

use std::borrow::Cow;

use mime::header::Kind;
use mime::{Error, Errors as MimeErrors, Event, Line, Machine};
use queue::Type;

use crate::actions::{Context, Outcome};
use crate::log_lines;
use crate::message::{Message, Phase};
use crate::settings::EndOfHeaderAction;
use ipc::cleanup::Status;

use crate::flags::Flags;
use crate::text::until_nul;

/// What is known of the content so far.
#[derive(Debug)]
pub(crate) struct Content {
    machine: Machine,
    pub(crate) headers: Headers,
}

/// What the primary headers were.
#[derive(Debug, Default)]
pub(crate) struct Headers {
    seen: u64,
    /// A `Resent-` header was there.
    pub(crate) resent: bool,
    pub(crate) received: usize,
    pub(crate) require_tls_seen: bool,
}

impl Headers {
    /// Notes that a header was there.
    pub(crate) fn note(&mut self, kind: Kind) {
        self.seen |= 1 << kind as u8;
    }

    /// Whether a header was there.
    pub(crate) fn has(&self, kind: Kind) -> bool {
        self.seen & (1 << kind as u8) != 0
    }
}

impl Message<'_> {
    /// Takes a record of the content.
    pub(crate) async fn content_record(&mut self, kind: Type, data: &[u8]) {
        if self.copy_plain_body(kind, data) {
            return;
        }
        // The content is away from the message while its events are handled.
        let Phase::Content(content) = &mut self.phase else { return };
        let mut content = match content.take() {
            Some(content) => content,
            None => self.begin_content(),
        };
        let line = match kind {
            Type::NORM | Type::CONT | Type::XTRA => self.filter_characters(data),
            _ => {
                let what = "cleanup_message_headerbody";
                log::warn!("{what}: message rejected: unexpected record type {} in message content", kind.0);
                self.note_error(Status::BAD);
                None
            }
        };
        if let Some(text) = line {
            let mut events = Vec::new();
            let line = match kind {
                Type::NORM => Line::Full(&text),
                Type::CONT => Line::Part(&text),
                _ => Line::End,
            };
            content.machine.push(line, &self.service.settings.header_names, &mut events);
            for event in events {
                self.content_event(&mut content.headers, event).await;
            }
            if kind == Type::XTRA {
                self.end_content(content.machine.errors());
                return;
            }
        }
        self.phase = Phase::Content(Some(content));
    }

    fn begin_content(&mut self) -> Box<Content> {
        self.put(Type::MESG, b"");
        self.data_offset = self.output.offset();
        let settings = &self.service.settings;
        let options = settings.mime_options(self.flags.has(Flags::FILTER));
        let machine = Machine::new(options, settings.mime_limits);
        Box::new(Content { machine, headers: Headers::default() })
    }

    /// The quick way for body lines that nobody wants to look at.
    fn copy_plain_body(&mut self, kind: Type, data: &[u8]) -> bool {
        let settings = &self.service.settings;
        let filters = self.flags.has(Flags::FILTER)
            && (settings.reject_characters.is_some()
                || settings.strip_characters.is_some()
                || self.service.lookups.body_checks.is_some());
        if filters
            || !matches!(kind, Type::NORM | Type::CONT)
            || (settings.replace_stray_cr_lf && memchr::memchr2(b'\r', b'\n', data).is_some())
        {
            return false;
        }
        let Phase::Content(Some(content)) = &mut self.phase else { return false };
        if content.machine.push_plain_body(data, kind == Type::NORM).is_none() {
            return false;
        }
        self.put(kind, data);
        true
    }

    /// Replaces stray line ends, refuses or strips characters as configured. `None`: the text was refused.
    fn filter_characters<'a>(&mut self, data: &'a [u8]) -> Option<Cow<'a, [u8]>> {
        let service = self.service;
        let settings = &service.settings;
        let mut text = Cow::Borrowed(data);
        if settings.replace_stray_cr_lf && memchr::memchr2(b'\r', b'\n', data).is_some() {
            for byte in text.to_mut() {
                if matches!(byte, b'\r' | b'\n') {
                    *byte = b' ';
                }
            }
        }
        if !self.flags.has(Flags::FILTER) {
            return Some(text);
        }
        if let Some(set) = &settings.reject_characters
            && text.iter().any(|&byte| set.contains(byte))
        {
            self.act(Context::Any, until_nul(&text), b"REJECT disallowed character", "character reject");
            return None;
        }
        if let Some(set) = &settings.strip_characters {
            text = Cow::Owned(text.iter().copied().filter(|&byte| !set.contains(byte)).collect());
        }
        Some(text)
    }

    async fn content_event(&mut self, headers: &mut Headers, event: Event<'_>) {
        match event {
            Event::Header { class, info, text } => self.header(headers, class, info, text).await,
            Event::EndOfPrimaryHeaders { errors } => self.end_of_headers(headers, errors),
            Event::Body { text, line_end, offset } => self.body(&text, line_end, offset).await,
            Event::Error { error, text } => self.mime_error(error, &text),
        }
    }

    async fn body(&mut self, text: &[u8], line_end: bool, offset: usize) {
        if !self.is_ok() {
            return;
        }
        let kind = if line_end { Type::NORM } else { Type::CONT };
        let service = self.service;
        let limit = service.settings.body_check_size;
        if self.flags.has(Flags::FILTER)
            && let Some(checks) = &service.lookups.body_checks
            && (limit == 0 || offset < limit)
        {
            let line = until_nul(text);
            match checks.find(line).await {
                Ok(Some(action)) => match self.act(Context::Body, line, &action, checks.title()) {
                    Outcome::Keep => {}
                    Outcome::Drop => return,
                    Outcome::Replace(new) => return self.put(kind, &new),
                },
                Ok(None) => {}
                Err(_) => self.map_failed(checks.title()),
            }
        }
        self.put(kind, text);
    }

    fn mime_error(&mut self, error: Error, text: &[u8]) {
        // Headers that are too long are cut. That is reported nowhere.
        let ignored = match error {
            Error::TruncatedHeader => true,
            Error::NonEmptyEndOfHeader => {
                self.service.settings.end_of_header_action != EndOfHeaderAction::Reject
            }
            _ => false,
        };
        if !ignored {
            log_lines::mime_error(&self.origin(), error.text(), text);
        }
    }

    fn end_content(&mut self, mut errors: MimeErrors) {
        errors.remove(Error::TruncatedHeader);
        if self.service.settings.end_of_header_action != EndOfHeaderAction::Reject {
            errors.remove(Error::NonEmptyEndOfHeader);
        }
        if let Some(error) = errors.worst()
            && self.reason.is_none()
        {
            self.note_error(Status::CONTENT);
            self.reason = Some(format!("{} {}", error.status(), error.text()).into_bytes());
        }
        self.extracted_offset = self.output.offset();
        self.phase = Phase::ContentEnded;
    }
}
