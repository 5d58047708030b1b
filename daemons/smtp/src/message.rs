//! The content of a message on its way to a server: rewritten, converted to 7 bits where the server needs that, with
//! lines that are not too long, and dots doubled.

use std::fs::File;

use mime::{Event, HeaderClass, Limits, Line, Machine, Options, header};
use queue::file::Content;
use smtp::data::DotStuffer;

use crate::checks::Verdict;
use crate::client::Client;
use crate::generic::Unreadable;
use crate::log_lines;

/// Why content cannot be sent.
#[derive(Debug)]
pub(crate) enum ContentError {
    /// It breaks the rules of MIME, so that it cannot be converted.
    Mime(mime::Error),
    /// The queue file is damaged.
    Corrupt(queue::record::Error),
    /// Addresses in headers cannot be mapped.
    Generic(Unreadable),
    /// Header or body checks cannot be looked up; that was logged.
    Checks,
}

/// How content is changed on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Changes {
    /// To 7 bits.
    pub(crate) downgrade: bool,
    /// Addresses in headers by smtp_generic_maps.
    pub(crate) generic: bool,
}

/// Produces the bytes that go over the wire, piece by piece.
pub(crate) struct Body<'a> {
    client: &'a Client,
    queue_id: String,
    content: Content<File>,
    stuffer: DotStuffer,
    machine: Option<Machine>,
    names: &'a header::Names,
    changes: Changes,
    unfinished_line: bool,
    done: bool,
}

impl<'a> Body<'a> {
    /// The body of a message whose content begins where `content` stands.
    pub(crate) fn new(
        client: &'a Client,
        queue_id: &str,
        content: Content<File>,
        changes: Changes,
    ) -> Body<'a> {
        let settings = &client.settings;
        let has_checks = client.checks.is_some();
        let machine = (changes.downgrade || changes.generic || has_checks).then(|| {
            let options = Options {
                downgrade: changes.downgrade,
                report_nesting: changes.downgrade,
                disable_mime: !changes.downgrade && !has_checks,
                ..Options::default()
            };
            let limits = Limits {
                header_size: settings.mime.header_size,
                boundary_length: settings.mime.boundary_length,
                nesting: settings.mime.nesting,
            };
            Machine::new(options, limits)
        });
        Body {
            client,
            queue_id: queue_id.to_owned(),
            content,
            stuffer: DotStuffer::new(settings.output_line_limit),
            machine,
            names: &client.header_names,
            changes,
            unfinished_line: false,
            done: false,
        }
    }

    /// Puts a header in front of the content, as master.cf flags ask for.
    pub(crate) fn put_header(&mut self, text: &[u8], out: &mut Vec<u8>) -> Result<(), ContentError> {
        self.put_line(text, true, out)
    }

    /// Appends about `amount` bytes; false at the end. The final dot is not included.
    pub(crate) fn fill(&mut self, amount: usize, out: &mut Vec<u8>) -> Result<bool, ContentError> {
        let end = out.len() + amount;
        while !self.done && out.len() < end {
            let piece = self.content.next_text().map_err(ContentError::Corrupt)?;
            match piece {
                Some(text) if self.machine.is_none() => {
                    self.stuffer.put(text.data, text.ends_line, out);
                    self.unfinished_line = !text.ends_line;
                }
                Some(text) => {
                    let (data, ends_line) = (text.data.to_vec(), text.ends_line);
                    self.put_line(&data, ends_line, out)?;
                }
                None => {
                    self.end(out)?;
                    self.done = true;
                }
            }
        }
        Ok(!self.done)
    }

    /// True if a line had to be broken.
    pub(crate) fn broke_line(&self) -> bool {
        self.stuffer.broke_line()
    }

    fn put_line(&mut self, data: &[u8], ends_line: bool, out: &mut Vec<u8>) -> Result<(), ContentError> {
        if self.machine.is_none() {
            self.stuffer.put(data, ends_line, out);
            self.unfinished_line = !ends_line;
            return Ok(());
        }
        let line = if ends_line { Line::Full(data) } else { Line::Part(data) };
        self.push(line, out)
    }

    fn push(&mut self, line: Line<'_>, out: &mut Vec<u8>) -> Result<(), ContentError> {
        let Some(machine) = &mut self.machine else { return Ok(()) };
        let mut events = Vec::new();
        machine.push(line, self.names, &mut events);
        let errors = machine.errors();
        for event in events {
            self.put_event(event, out)?;
        }
        match errors.worst() {
            Some(error) => Err(ContentError::Mime(error)),
            None => Ok(()),
        }
    }

    fn put_event(&mut self, event: Event<'_>, out: &mut Vec<u8>) -> Result<(), ContentError> {
        match event {
            Event::Header { class, info, text } => {
                let verdict = match &self.client.checks {
                    Some(checks) => {
                        checks.header(&self.queue_id, class, info.as_ref(), &text).map_err(|_| {
                            log_lines::check_lookup_error(&self.queue_id, "header");
                            ContentError::Checks
                        })?
                    }
                    None => Verdict::Keep,
                };
                let text = match verdict {
                    Verdict::Keep => text,
                    Verdict::Drop => return Ok(()),
                    Verdict::Replace(other) => other,
                    Verdict::Prepend(other) => {
                        self.stuffer.put(&other, true, out);
                        text
                    }
                };
                self.put_header_text(class, info, &text, out)?;
            }
            Event::Body { text, line_end, .. } => {
                let verdict = match &self.client.checks {
                    Some(checks) => checks.body(&self.queue_id, &text).map_err(|_| {
                        log_lines::check_lookup_error(&self.queue_id, "body");
                        ContentError::Checks
                    })?,
                    None => Verdict::Keep,
                };
                match verdict {
                    Verdict::Keep => self.stuffer.put(&text, line_end, out),
                    Verdict::Drop => {}
                    Verdict::Replace(other) => self.stuffer.put(&other, line_end, out),
                    Verdict::Prepend(other) => {
                        self.stuffer.put(&other, true, out);
                        self.stuffer.put(&text, line_end, out);
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn put_header_text(
        &mut self,
        class: HeaderClass,
        info: Option<header::Info>,
        text: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<(), ContentError> {
        let rewritten = match info {
            Some(info) if self.changes.generic && class == HeaderClass::Primary => {
                self.client.rewrite_header(&info, text).map_err(ContentError::Generic)?
            }
            _ => None,
        };
        for line in rewritten.as_deref().unwrap_or(text).split(|&byte| byte == b'\n') {
            self.stuffer.put(line, true, out);
        }
        Ok(())
    }

    fn end(&mut self, out: &mut Vec<u8>) -> Result<(), ContentError> {
        if self.machine.is_some() {
            self.push(Line::End, out)?;
        } else if self.unfinished_line {
            self.stuffer.put(b"", true, out);
        }
        Ok(())
    }
}
