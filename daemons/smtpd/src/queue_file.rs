//! The message on its way to cleanup(8): which records, in which order.

use config::Config;
use ipc::cleanup::{Outcome, Submission, flags};
use ipc::postdrop::{NotStarted, Postdrop};
use ipc::{Error, Services};
use queue::{Type, attr};

use crate::session::Session;
use crate::transaction::Transaction;

/// A message on its way into the queue.
#[derive(Debug)]
pub struct QueueFile {
    to: Receiver,
    id: String,
}

/// Who receives the message.
#[derive(Debug)]
enum Receiver {
    /// cleanup(8).
    Cleanup(Submission),
    /// postdrop(1), in stand-alone mode. It is gone once something could not be written.
    Postdrop(Option<Postdrop>),
}

impl QueueFile {
    /// Begins a message for cleanup(8).
    pub async fn open(services: &Services, flags: i32) -> Result<Self, Error> {
        let submission = Submission::open(services, flags).await?;
        let id = submission.id().to_string();
        Ok(Self { to: Receiver::Cleanup(submission), id })
    }

    /// Begins a message for postdrop(1).
    pub fn open_maildrop(config: &Config) -> Result<Self, NotStarted> {
        let postdrop = Postdrop::start(config, log::verbose())?;
        let id = postdrop.id().to_owned();
        Ok(Self { to: Receiver::Postdrop(Some(postdrop)), id })
    }

    /// The queue id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Adds a record; says whether it is time to [`flush`](Self::flush).
    pub fn put(&mut self, kind: Type, data: &[u8]) -> bool {
        match &mut self.to {
            Receiver::Cleanup(submission) => submission.push(kind, data),
            Receiver::Postdrop(postdrop) => {
                if postdrop.as_mut().is_some_and(|postdrop| postdrop.put(kind, data).is_err()) {
                    *postdrop = None;
                }
                postdrop.is_none()
            }
        }
    }

    /// Adds an attribute.
    pub fn put_attr(&mut self, name: &str, value: impl AsRef<[u8]>) {
        let text = [name.as_bytes(), b"=", value.as_ref()].concat();
        self.put(Type::ATTR, &text);
    }

    /// Writes what was held back.
    pub async fn flush(&mut self) -> Result<(), Error> {
        match &mut self.to {
            Receiver::Cleanup(submission) => submission.flush().await,
            Receiver::Postdrop(Some(_)) => Ok(()),
            Receiver::Postdrop(None) => Err(Error::Eof),
        }
    }

    /// Ends the message and waits until it is queued, or not.
    pub async fn finish(mut self) -> Result<Outcome, Error> {
        self.put(Type::END, b"");
        match self.to {
            Receiver::Cleanup(submission) => submission.finish().await,
            Receiver::Postdrop(Some(postdrop)) => {
                let (status, reason) = postdrop.finish();
                Ok(Outcome { status, reason })
            }
            Receiver::Postdrop(None) => Err(Error::Eof),
        }
    }
}

impl Session {
    /// What cleanup(8) is asked to do with the message.
    pub(crate) fn cleanup_flags(&self) -> i32 {
        let settings = &self.server.settings;
        let mut wanted = flags::MASK_EXTERNAL;
        if settings.overrides.no_address_mappings {
            wanted &= !(flags::BCC_OK | flags::MAP_OK);
        }
        if settings.overrides.no_header_body_checks {
            wanted &= !flags::FILTER;
        }
        // Milters see content through cleanup(8) only after they saw the session, and there are none here yet.
        wanted &= !flags::MILTER;
        wanted |= flags::SMTP_REPLY;
        if self.mail.smtputf8 {
            wanted |= flags::SMTPUTF8;
        } else if settings.smtputf8_autodetect {
            wanted |= flags::AUTOUTF8;
        }
        wanted
    }

    /// Writes the envelope up to the first recipient.
    pub(crate) fn put_envelope(&self, file: &mut QueueFile) {
        // pickup(8) adds what it knows about mail that was submitted on this host.
        if !self.server.stand_alone {
            self.put_origin(file);
        }
        let mail = &self.mail;
        file.put(Type::FROM, mail.sender.as_deref().unwrap_or_default());
        if let Some(encoding) = mail.encoding {
            file.put_attr(attr::ENCODING, encoding);
        }
        if !self.server.stand_alone {
            self.put_client_attributes(file);
        }
        if let Some(verp) = &mail.verp {
            file.put(Type::VERP, verp);
        }
    }

    fn put_origin(&self, file: &mut QueueFile) {
        let settings = &self.server.settings;
        let mail = &self.mail;
        if let Some(arrival) = &mail.arrival {
            file.put(Type::TIME, format!("{} {}", arrival.seconds, arrival.microseconds).as_bytes());
        }
        if !settings.content_filter.is_empty() {
            file.put(Type::FILT, settings.content_filter.as_bytes());
        }
        let forwarded = self.forwarded.as_ref();
        match forwarded.and_then(|forwarded| forwarded.ident.as_deref()) {
            Some(ident) => file.put_attr(attr::LOG_IDENT, ident),
            None => {
                let id = file.id().to_owned();
                file.put_attr(attr::LOG_IDENT, id);
            }
        }
        let context = forwarded.and_then(|forwarded| forwarded.domain).unwrap_or(mail.rewrite_context);
        file.put_attr(attr::RWR_CONTEXT, context);
        if let Some(submitter) = &mail.submitter {
            file.put_attr(attr::SASL_SENDER, submitter);
        }
        if let Some(envelope_id) = &mail.envelope_id {
            file.put_attr(attr::DSN_ENVID, envelope_id);
        }
        if let Some(ret) = mail.ret {
            file.put_attr(attr::DSN_RET, ret.code().to_string());
        }
    }

    fn put_client_attributes(&self, file: &mut QueueFile) {
        let client = &self.client;
        match self.forwarded.as_ref().filter(|forwarded| forwarded.has_client) {
            Some(forwarded) => {
                file.put_attr(attr::LOG_CLIENT_NAME, &forwarded.name);
                file.put_attr(attr::LOG_CLIENT_ADDR, &forwarded.rfc_address);
                file.put_attr(attr::LOG_CLIENT_PORT, &forwarded.port);
                file.put_attr(attr::LOG_ORIGIN, &forwarded.name_address);
                if let Some(helo) = &forwarded.helo_name {
                    file.put_attr(attr::LOG_HELO_NAME, helo);
                }
                file.put_attr(attr::LOG_PROTO_NAME, &forwarded.protocol);
            }
            None => {
                file.put_attr(attr::LOG_CLIENT_NAME, &client.name);
                file.put_attr(attr::LOG_CLIENT_ADDR, &client.rfc_address);
                file.put_attr(attr::LOG_CLIENT_PORT, &client.port);
                file.put_attr(attr::LOG_ORIGIN, &client.name_address);
                if let Some(helo) = &self.helo_name {
                    file.put_attr(attr::LOG_HELO_NAME, helo);
                }
                file.put_attr(attr::LOG_PROTO_NAME, self.protocol);
            }
        }
        file.put_attr(attr::ACT_CLIENT_NAME, &client.name);
        file.put_attr(attr::ACT_REVERSE_CLIENT_NAME, &client.reverse_name);
        file.put_attr(attr::ACT_CLIENT_ADDR, &client.address);
        file.put_attr(attr::ACT_CLIENT_PORT, &client.port);
        file.put_attr(attr::ACT_SERVER_ADDR, &client.server_address);
        file.put_attr(attr::ACT_SERVER_PORT, &client.server_port);
        if let Some(helo) = &self.helo_name {
            file.put_attr(attr::ACT_HELO_NAME, helo);
        }
        file.put_attr(attr::ACT_PROTO_NAME, self.protocol);
        let family = match client.ip {
            Some(std::net::IpAddr::V4(_)) => nix::sys::socket::AddressFamily::Inet as i32,
            Some(std::net::IpAddr::V6(_)) => nix::sys::socket::AddressFamily::Inet6 as i32,
            None => nix::sys::socket::AddressFamily::Unspec as i32,
        };
        file.put_attr(attr::ACT_CLIENT_AF, family.to_string());
    }

    /// Writes the start of content: our own header lines.
    pub(crate) fn put_content_start(&mut self) {
        let received = self.received_header();
        let Transaction { queue_file: Some(file), actions, .. } = &mut self.mail else { return };
        if let Some(flags) = extra_flags(actions) {
            file.put(Type::FLGS, flags.to_string().as_bytes());
        }
        file.put(Type::MESG, b"");
        for header in actions.prepend.iter().chain(&received) {
            file.put(Type::NORM, header);
        }
    }

    /// The lines of the `Received:` header.
    fn received_header(&self) -> Vec<Vec<u8>> {
        let settings = &self.server.settings;
        let mail = &self.mail;
        let mut lines = Vec::with_capacity(3);
        let with = if settings.hide_client_session {
            String::new()
        } else {
            let helo = self.helo_name.as_deref().unwrap_or(self.client.name.as_bytes());
            let client = format!(" ({} [{}])", self.client.name, self.client.rfc_address);
            lines.push([b"Received: from ", helo, client.as_bytes()].concat());
            format!(" with {}", if mail.smtputf8 { "UTF8SMTP" } else { self.protocol })
        };
        let start = if settings.hide_client_session { "Received: " } else { "\t" };
        let id = mail.queue_id().unwrap_or_default();
        let mut by = format!("{start}by {} (", settings.myhostname).into_bytes();
        by.extend_from_slice(&settings.mail_name);
        by.extend_from_slice(format!("){with} id {id}").as_bytes());
        let date = mail.arrival.map(|arrival| arrival.local().mail_date()).unwrap_or_default();
        match mail.recipient.as_ref().filter(|_| mail.recipient_count == 1) {
            Some(recipient) => {
                lines.push(by);
                let recipient = address::quote_822(recipient);
                lines.push([b"\tfor <", recipient.as_slice(), b">; ", date.as_bytes()].concat());
            }
            None => {
                by.push(b';');
                lines.push(by);
                lines.push(format!("\t{date}").into_bytes());
            }
        }
        lines
    }

    /// Writes what follows the content: what restrictions want done with the message.
    pub(crate) fn put_content_end(&mut self) {
        let Transaction { queue_file: Some(file), actions, .. } = &mut self.mail else { return };
        file.put(Type::XTRA, b"");
        if let Some(filter) = &actions.filter {
            file.put(Type::FILT, filter);
        }
        if let Some(redirect) = &actions.redirect {
            file.put(Type::RDR, redirect);
        }
        for recipient in &actions.bcc {
            file.put(Type::RCPT, recipient);
            file.put_attr(attr::DSN_NOTIFY, smtp::dsn::Notify::NEVER.code().to_string());
        }
        if let Some(flags) = extra_flags(actions) {
            file.put(Type::FLGS, flags.to_string().as_bytes());
        }
    }
}

fn extra_flags(actions: &crate::transaction::Actions) -> Option<i32> {
    let mut wanted = 0;
    if actions.hold {
        wanted |= flags::HOLD;
    }
    if actions.discard {
        wanted |= flags::DISCARD;
    }
    (wanted != 0).then_some(wanted)
}
