//! Records after the content: what was found in headers, and more recipients.

use queue::flags::qmgr_read;
use queue::record::segment;
use queue::{Type, attr};

use crate::flags::Flags;
use crate::message::Message;

impl Message<'_> {
    /// Takes a record of the extracted segment.
    pub(crate) async fn extracted_record(&mut self, kind: Type, data: &[u8]) {
        if self.control_record(kind, data) {
            return;
        }
        if !kind.passes(segment::EXTRACT) {
            self.reject(format_args!("unexpected record type {} in extracted envelope", kind.0));
            return;
        }
        let Some(mapped) = self.map_attribute(kind, data) else { return };
        if !self.in_recipients && kind.passes(segment::EXT_RECIPIENT) {
            self.put_content_results();
            self.in_recipients = true;
        }
        if self.recipient_record(kind, data, &mapped).await {
            return;
        }
        if kind == Type::END {
            self.in_recipients = false;
            self.end_seen = true;
            self.finish_extracted().await;
            return;
        }
        if self.in_recipients {
            self.qmgr_flags |= qmgr_read::MIXED_RCPT_OTHER;
        }
        self.put(kind, data);
    }

    /// What was learnt from the content goes before the recipients.
    fn put_content_results(&mut self) {
        if let Some(filter) = self.checks.filter.clone() {
            self.put(Type::FILT, &filter);
        }
        if let Some(redirect) = self.checks.redirect.clone() {
            self.put(Type::RDR, &redirect);
        }
        if let Some(id) = self.message_id.clone() {
            self.put_attribute(attr::MESSAGE_ID, &id);
        }
        if let Some(encoding) = self.envelope.attribute(attr::ENCODING).map(<[u8]>::to_vec) {
            self.put_attribute(attr::ENCODING, &encoding);
        }
    }

    /// Adds automatic recipients, and ends the file.
    async fn finish_extracted(&mut self) {
        let service = self.service;
        if self.flags.has(Flags::BCC) && self.envelope.recipient.is_some() {
            let address = service.settings.always_bcc.as_bytes();
            if !address.is_empty() {
                self.bcc(address).await;
            }
        }
        let more = std::mem::take(&mut self.checks.bcc);
        if self.is_ok() && self.envelope.recipient.is_some() {
            for address in more {
                self.bcc(&address).await;
            }
        }
        self.put(Type::END, b"");
    }
}
