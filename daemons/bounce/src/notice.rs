//! The text of notices: a multipart/report of a text for people, a delivery report (RFC 3464), and the message.
//!
//! Everything here appends lines, each with a newline at its end, to a buffer.

use std::io::Write as _;

use ipc::bounce::Message;
use ipc::deliver::{Dsn, Recipient};
use queue::attr;
use queue::flags::{dsn_ret, sendopts};
use sys::WallTime;

use crate::original::Original;
use crate::settings::Settings;
use crate::template::{Class, Template};
use crate::text::FilledIn;
use crate::wrap::append_wrapped;

/// What of the message goes into a notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attach {
    /// All of it.
    Message,
    /// Its headers.
    Headers,
}

impl Attach {
    /// What the sender asked for by RET; everything if nothing.
    pub fn from_ret(ret: i32) -> Attach {
        if ret == dsn_ret::HDRS { Attach::Headers } else { Attach::Message }
    }
}

/// All that the notices about a message have in common.
#[derive(Debug)]
pub struct Notice<'a> {
    settings: &'a Settings,
    about: &'a Message,
    class: Class,
    template: &'a Template,
    /// The text of the template, with parameters filled in.
    text: &'a FilledIn,
    original: &'a Original,
    encoding: Option<&'static str>,
    boundary: String,
    /// mail_name in a form that fits into header names.
    mail_name: Vec<u8>,
}

impl<'a> Notice<'a> {
    /// About a message.
    pub fn new(
        settings: &'a Settings,
        about: &'a Message,
        (class, template, text): (Class, &'a Template, &'a FilledIn),
        original: &'a Original,
    ) -> Notice<'a> {
        let encoding = if settings.smtputf8 || about.encoding == attr::ENC_8BIT.as_bytes() {
            Some(attr::ENC_8BIT)
        } else if about.encoding == attr::ENC_7BIT.as_bytes() {
            Some(attr::ENC_7BIT)
        } else {
            if !about.encoding.is_empty() {
                crate::log_lines::unknown_encoding(&about.id, &about.encoding);
            }
            None
        };
        const NOT_IN_NAMES: &[u8] = b" \t\r\n()<>@,;:\\\".[]";
        let plain = |byte: &u8| if NOT_IN_NAMES.contains(byte) { b'-' } else { *byte };
        Notice {
            settings,
            about,
            class,
            template,
            text,
            original,
            encoding,
            boundary: format!("{}.{}/{}", about.id, sys::clock::now_seconds(), settings.hostname),
            mail_name: settings.mail_name.iter().map(plain).collect(),
        }
    }

    /// The headers of the notice and of its first part.
    pub fn headers(&self, out: &mut Vec<u8>, to: &[u8], is_postmaster_copy: bool) {
        let template = self.template;
        let subject = match &template.postmaster_subject {
            Some(subject) if is_postmaster_copy => subject,
            _ => &template.subject,
        };
        line(out, &[b"From: ", template.from(self.settings.standard_from).as_bytes()]);
        line(out, &[b"Subject: ", subject.as_bytes()]);
        line(out, &[b"To: ", &address::quote_822(to)]);
        let message_id = &self.original.message_id;
        if !message_id.is_empty() {
            line(out, &[b"References: ", message_id]);
            line(out, &[b"In-Reply-To: ", message_id]);
        }
        if self.settings.tls_required && self.about.sendopts & sendopts::REQUIRETLS_HEADER != 0 {
            line(out, &[b"TLS-Required: no"]);
        }
        let submitted = if is_postmaster_copy { "auto-generated" } else { "auto-replied" };
        line(out, &[b"Auto-Submitted: ", submitted.as_bytes()]);
        line(out, &[b"MIME-Version: 1.0"]);
        line(out, &[b"Content-Type: multipart/report; report-type=delivery-status;"]);
        line(out, &[b"\tboundary=\"", self.boundary.as_bytes(), b"\""]);
        if let Some(encoding) = self.encoding {
            let encoding = match encoding {
                attr::ENC_7BIT if template.is_8bit => attr::ENC_8BIT,
                other => other,
            };
            line(out, &[b"Content-Transfer-Encoding: ", encoding.as_bytes()]);
        }
        line(out, &[b""]);
        line(out, &[b"This is a MIME-encapsulated message."]);
        self.part(out, "Notification");
        let charset = if !template.charset.eq_ignore_ascii_case("us-ascii") {
            &template.charset
        } else if self.eight_bit().is_some() {
            "utf-8"
        } else {
            "us-ascii"
        };
        line(out, &[b"Content-Type: text/plain; charset=", charset.as_bytes()]);
        if let Some(encoding) = self.eight_bit() {
            line(out, &[b"Content-Transfer-Encoding: ", encoding.as_bytes()]);
        }
        line(out, &[b""]);
    }

    /// The template's text.
    pub fn boilerplate(&self, out: &mut Vec<u8>) {
        for text in self.text.lines(self.class, self.template) {
            line(out, &[text]);
        }
    }

    /// What happened to a recipient, for people.
    pub fn recipient_text(&self, out: &mut Vec<u8>, recipient: &Recipient, dsn: &Dsn) {
        line(out, &[b""]);
        let text = if recipient.original.is_empty() {
            [b"<", &recipient.address[..], b">: ", &dsn.reason].concat()
        } else {
            [b"<", &recipient.address[..], b"> (expanded from <", &recipient.original, b">): ", &dsn.reason]
                .concat()
        };
        append_wrapped(out, &text);
    }

    /// For a log that is gone: true if the notice is sent all the same.
    pub fn report_unavailable(&self, out: &mut Vec<u8>) -> bool {
        let is_failure = self.class == Class::Failure;
        if is_failure {
            line(out, &[b""]);
            line(out, &[b"\t--- Delivery report unavailable ---"]);
        }
        is_failure
    }

    /// The beginning of the delivery report.
    pub fn report_headers(&self, out: &mut Vec<u8>) {
        let about = self.about;
        let requested_utf8 = about.sendopts & sendopts::SMTPUTF8_REQUESTED != 0;
        self.part(out, "Delivery report");
        let global: &[u8] = if requested_utf8 { b"global-" } else { b"" };
        line(out, &[b"Content-Type: message/", global, b"delivery-status"]);
        if let Some(encoding) = self.eight_bit().filter(|_| requested_utf8) {
            line(out, &[b"Content-Transfer-Encoding: ", encoding.as_bytes()]);
        }
        line(out, &[b""]);
        line(out, &[b"Reporting-MTA: dns; ", self.settings.hostname.as_bytes()]);
        if !about.dsn_envid.is_empty() {
            line(out, &[b"Original-Envelope-Id: ", &about.dsn_envid]);
        }
        let name = &self.mail_name[..];
        line(out, &[b"X-", name, b"-Queue-ID: ", about.id.as_str().as_bytes()]);
        let sender = &self.original.sender;
        if !sender.is_empty() {
            line(out, &[b"X-", name, b"-Sender: ", self.address_type(sender), b"; ", sender]);
        }
        if self.original.arrival > 0 {
            line(out, &[b"Arrival-Date: ", mail_date(self.original.arrival).as_bytes()]);
        }
    }

    /// What happened to a recipient, for programs.
    pub fn recipient_report(&self, out: &mut Vec<u8>, recipient: &Recipient, dsn: &Dsn) {
        line(out, &[b""]);
        let address = &recipient.address;
        line(out, &[b"Final-Recipient: ", self.address_type(address), b"; ", address]);
        let original = &recipient.original;
        if !recipient.dsn_orcpt.is_empty() {
            line(out, &[b"Original-Recipient: ", &recipient.dsn_orcpt]);
        } else if !original.is_empty() {
            line(out, &[b"Original-Recipient: ", self.address_type(original), b"; ", original]);
        }
        let action = if self.class == Class::Failure { b"failed" } else { &dsn.action[..] };
        line(out, &[b"Action: ", action]);
        line(out, &[b"Status: ", &dsn.status]);
        if !dsn.mta_type.is_empty() && !dsn.mta_name.is_empty() {
            append_wrapped(out, &[b"Remote-MTA: ", &dsn.mta_type[..], b"; ", &dsn.mta_name].concat());
        }
        let diagnostic = if !dsn.diag_type.is_empty() && !dsn.diag_text.is_empty() {
            [b"Diagnostic-Code: ", &dsn.diag_type[..], b"; ", &dsn.diag_text].concat()
        } else {
            [&b"Diagnostic-Code: X-"[..], &self.mail_name, b"; ", &dsn.reason].concat()
        };
        append_wrapped(out, &diagnostic);
        if self.class == Class::Delay {
            let until = self.original.arrival.saturating_add(self.settings.max_lifetime);
            line(out, &[b"Will-Retry-Until: ", mail_date(until).as_bytes()]);
        }
    }

    /// What is attached really: of a large message, only the headers.
    pub fn attachment(&self, wanted: Attach) -> Attach {
        let limit = self.settings.size_limit;
        let size = self.original.size;
        let too_large = limit > 0 && self.original.file.is_some() && (size <= 0 || size > limit);
        if too_large { Attach::Headers } else { wanted }
    }

    /// The beginning of the part with the message; true if the message can follow.
    pub fn original_headers(&self, out: &mut Vec<u8>, attach: Attach) -> bool {
        let undelivered = matches!(self.class, Class::Failure | Class::Delay);
        let description = match (undelivered, attach) {
            (true, Attach::Headers) => "Undelivered Message Headers",
            (true, Attach::Message) => "Undelivered Message",
            (false, Attach::Headers) => "Message Headers",
            (false, Attach::Message) => "Message",
        };
        self.part(out, description);
        let requested_utf8 = self.about.sendopts & sendopts::SMTPUTF8_REQUESTED != 0;
        let content_type = match (requested_utf8, attach) {
            (true, Attach::Headers) => "message/global-headers",
            (true, Attach::Message) => "message/global",
            (false, Attach::Headers) => "text/rfc822-headers",
            (false, Attach::Message) => "message/rfc822",
        };
        line(out, &[b"Content-Type: ", content_type.as_bytes()]);
        if let Some(encoding) = self.eight_bit() {
            line(out, &[b"Content-Transfer-Encoding: ", encoding.as_bytes()]);
        }
        line(out, &[b""]);
        if self.original.file.is_none() || self.original.data_offset == 0 {
            line(out, &[b"\t--- Undelivered message unavailable ---"]);
            return false;
        }
        line(out, &[b"Return-Path: <", &self.original.sender, b">"]);
        true
    }

    /// The end of the notice.
    pub fn end(&self, out: &mut Vec<u8>) {
        line(out, &[b""]);
        line(out, &[b"--", self.boundary.as_bytes(), b"--"]);
    }

    fn part(&self, out: &mut Vec<u8>, description: &str) {
        line(out, &[b""]);
        line(out, &[b"--", self.boundary.as_bytes()]);
        line(out, &[b"Content-Description: ", description.as_bytes()]);
    }

    fn eight_bit(&self) -> Option<&'static str> {
        self.encoding.filter(|encoding| *encoding != attr::ENC_7BIT)
    }

    fn address_type(&self, address: &[u8]) -> &'static [u8] {
        let utf8 = !address.is_ascii() && std::str::from_utf8(address).is_ok();
        if utf8 && self.about.sendopts & sendopts::SMTPUTF8_ALL != 0 { b"utf-8" } else { b"rfc822" }
    }
}

/// Whether a line belongs to the headers of a message.
pub fn is_header(text: &[u8]) -> bool {
    if matches!(text.first(), Some(b' ' | b'\t')) {
        return true;
    }
    let Some(colon) = text.iter().position(|c| *c == b':') else { return false };
    let label = text.get(..colon).unwrap_or_default();
    let end = label.iter().rposition(|c| !matches!(c, b' ' | b'\t')).map_or(0, |last| last + 1);
    end > 0 && label.get(..end).unwrap_or_default().iter().all(u8::is_ascii_graphic)
}

fn line(out: &mut Vec<u8>, parts: &[&[u8]]) {
    for part in parts {
        // Writing to a buffer cannot fail.
        let _ = out.write_all(part);
    }
    out.push(b'\n');
}

fn mail_date(seconds: i64) -> String {
    WallTime { seconds, microseconds: 0 }.local().mail_date()
}
