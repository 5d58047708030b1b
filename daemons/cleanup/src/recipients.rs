//! Envelope addresses: rewriting, mapping, alias expansion, automatic BCC, and recipient records.

use address::eq_fold;
use queue::flags::{dsn_notify, qmgr_read, sendopts, trace};
use queue::{Type, attr};

use crate::envelope::Mapped;
use crate::log_lines;
use crate::lookups::{AddressClass, Side};
use crate::message::{Message, Phase, RewriteContext};
use crate::notices;
use ipc::cleanup::Status;

use crate::flags::Flags;
use crate::text::{is_digits, leading_number, shorten, until_nul};
use log::bytes;

/// A recipient that is about to be written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Recipient<'a> {
    pub(crate) address: &'a [u8],
    /// As the client gave it, before rewriting.
    pub(crate) original: &'a [u8],
    /// ORCPT; empty if there is none.
    pub(crate) dsn_original: &'a [u8],
    pub(crate) dsn_notify: i32,
}

/// The local part of the sender of notices.
const MAILER_DAEMON: &[u8] = b"MAILER-DAEMON";

impl Message<'_> {
    /// Takes a record about a recipient. False: it is about something else.
    pub(crate) async fn recipient_record(&mut self, kind: Type, data: &[u8], mapped: &Mapped<'_>) -> bool {
        match kind {
            Type::RCPT => self.recipient(until_nul(data)).await,
            Type::DONE | Type::DRCP => self.next = Default::default(),
            _ if mapped.kind == Type::DSN_ORCPT => {
                if let Some(old) = &self.next.dsn_original {
                    let shown = bytes(shorten(old, 200));
                    self.out_of_order("DSN original recipient", shown);
                }
                self.next.dsn_original = Some(mapped.data.to_vec());
            }
            _ if mapped.kind == Type::DSN_NOTIFY => self.dsn_notify_record(data, mapped.data),
            Type::ORCP => {
                if let Some(old) = &self.next.original {
                    let shown = match self.phase {
                        Phase::Extracted => until_nul(data),
                        _ => old.as_slice(),
                    };
                    self.out_of_order("original recipient", bytes(shorten(shown, 200)));
                }
                self.next.original = Some(until_nul(data).to_vec());
            }
            _ => return false,
        }
        true
    }

    fn dsn_notify_record(&mut self, data: &[u8], value: &[u8]) {
        if self.next.dsn_notify != 0 {
            self.out_of_order("DSN notify", self.next.dsn_notify);
            self.next.dsn_notify = 0;
        }
        let flags = i32::try_from(leading_number(value)).unwrap_or(0);
        if is_digits(value) && flags != 0 && dsn_notify::is_valid(flags) {
            self.next.dsn_notify = flags;
            self.qmgr_flags |= qmgr_read::from_dsn(flags);
            return;
        }
        let (word, shown) = match self.phase {
            Phase::Extracted => ("dsn", value),
            _ => ("DSN", until_nul(data)),
        };
        log_lines::malformed_notify(&self.id, word, shorten(shown, 200));
    }

    /// The envelope sender.
    pub(crate) async fn sender(&mut self, address: &[u8]) {
        let mut sender = self.service.rewriter.rewrite_internal(RewriteContext::Local, address).await;
        let is_daemon = sender
            .get(..MAILER_DAEMON.len() + 1)
            .and_then(|start| start.strip_suffix(b"@"))
            .is_some_and(|local| local.eq_ignore_ascii_case(MAILER_DAEMON));
        if is_daemon {
            // Notices go round as coming from nobody.
            let own = self.service.rewriter.rewrite_internal(RewriteContext::Local, MAILER_DAEMON).await;
            if eq_fold(&sender, &own) {
                sender.clear();
            }
        }
        self.map_envelope(&mut sender, AddressClass { side: Side::Sender, header: false }).await;
        if self.needs_utf8(&sender) {
            self.note_utf8(sendopts::SMTPUTF8_SENDER);
        }
        self.put(Type::FROM, &sender);
        self.envelope.sender = Some(sender.clone());
        if self.flags.has(Flags::BCC) && !sender.is_empty() {
            let service = self.service;
            self.mapped_bcc(service.lookups.sender_bcc.as_ref(), &sender).await;
        }
    }

    /// A recipient of the client's.
    async fn recipient(&mut self, address: &[u8]) {
        if self.envelope.sender.is_none() {
            self.reject("envelope recipient precedes sender");
            return;
        }
        let next = std::mem::take(&mut self.next);
        let original = next.original.unwrap_or_else(|| address.to_vec());
        let given =
            if address.is_empty() { self.service.settings.empty_recipient.as_bytes() } else { address };
        let recipient = self.clean_recipient(given).await;
        let dsn_original = match next.dsn_original {
            Some(given) => given,
            None if recipient.is_empty() => Vec::new(),
            None => {
                let utf8 = !recipient.is_ascii() && self.sendopts & sendopts::SMTPUTF8_REQUESTED != 0;
                let kind: &[u8] = if utf8 { b"utf-8;" } else { b"rfc822;" };
                [kind, &recipient].concat()
            }
        };
        self.expand(Recipient {
            address: &recipient,
            original: &original,
            dsn_original: &dsn_original,
            dsn_notify: next.dsn_notify,
        })
        .await;
        self.envelope.recipient = Some(recipient.clone());
        if self.flags.has(Flags::BCC) && !recipient.is_empty() {
            let service = self.service;
            self.mapped_bcc(service.lookups.recipient_bcc.as_ref(), &recipient).await;
        }
    }

    /// A recipient that configuration or a content check adds. Nobody gets notices about it.
    pub(crate) async fn bcc(&mut self, address: &[u8]) {
        let recipient = self.clean_recipient(address).await;
        self.expand(Recipient {
            address: &recipient,
            original: &recipient,
            dsn_original: b"",
            dsn_notify: dsn_notify::NEVER,
        })
        .await;
    }

    async fn mapped_bcc(&mut self, map: Option<&crate::lookups::AddressMap>, address: &[u8]) {
        let Some(map) = map else { return };
        match map.find_bcc(address).await {
            Ok(Some(bcc)) => self.bcc(&bcc).await,
            Ok(None) => {}
            Err(_) => self.map_failed(map.title()),
        }
    }

    /// Rewrites and maps a recipient; notes whether it needs SMTPUTF8.
    async fn clean_recipient(&mut self, address: &[u8]) -> Vec<u8> {
        let mut recipient = self.service.rewriter.rewrite_internal(RewriteContext::Local, address).await;
        self.map_envelope(&mut recipient, AddressClass { side: Side::Recipient, header: false }).await;
        if self.needs_utf8(&recipient) {
            self.note_utf8(0);
        }
        recipient
    }

    fn needs_utf8(&self, address: &[u8]) -> bool {
        self.service.settings.smtputf8 && !address.is_ascii() && std::str::from_utf8(address).is_ok()
    }

    /// Writes a recipient, or what virtual aliases make of it.
    async fn expand(&mut self, recipient: Recipient<'_>) {
        let service = self.service;
        let Some(aliases) = service.lookups.virtual_aliases.as_ref().filter(|_| self.flags.has(Flags::MAP))
        else {
            self.put_recipient(&recipient);
            return;
        };
        let expansion = self.expand_aliases(aliases, recipient.address).await;
        if expansion.len() > 1 && self.envelope.trace_flags & trace::MTA_VRFY != 0 {
            self.notice_failed(notices::verified(self, &recipient).await, "verify service update error");
            return;
        }
        let mut notify = recipient.dsn_notify;
        let unchanged = matches!(expansion.as_slice(), [one] if one == recipient.address);
        if notify & dsn_notify::SUCCESS != 0 && !unchanged {
            self.has_trace = true;
            self.notice_failed(notices::expanded(self, &recipient).await, "trace logfile update error");
            notify &= !dsn_notify::SUCCESS;
            if notify == 0 {
                notify = dsn_notify::NEVER;
            }
        }
        for address in &expansion {
            self.put_recipient(&Recipient { address, dsn_notify: notify, ..recipient });
        }
    }

    fn notice_failed(&mut self, done: bool, problem: &str) {
        if !done {
            log::warn!("{}: {problem}", self.id);
            self.note_error(Status::WRITE);
        }
    }

    /// Writes a recipient that was not there before.
    fn put_recipient(&mut self, recipient: &Recipient<'_>) {
        let Recipient { address, original, dsn_original, dsn_notify } = *recipient;
        let seen = if self.service.settings.enable_original_recipient {
            let notify = dsn_notify.to_string();
            self.duplicates.been_here(&[dsn_original, notify.as_bytes(), original, address].join(&b'\n'))
        } else {
            self.duplicates.been_here(address)
        };
        if seen {
            return;
        }
        if dsn_notify != 0 {
            self.put_attribute(attr::DSN_NOTIFY, dsn_notify.to_string().as_bytes());
        }
        if !dsn_original.is_empty() {
            self.put_attribute(attr::DSN_ORCPT, dsn_original);
        }
        self.put(Type::ORCP, original);
        self.put(Type::RCPT, address);
        self.recipients += 1;
    }
}
