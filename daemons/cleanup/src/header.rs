//! Headers: checks, rewriting of addresses, folding.

use address::AddressList;
use mime::HeaderClass;
use mime::header::{Addresses, Info, Kind};
use queue::flags::sendopts;
use queue::{Type, attr};

use crate::actions::{Context, Outcome};
use crate::content::Headers;
use crate::log_lines;
use crate::lookups::{AddressClass, Side};
use crate::message::Message;
use ipc::cleanup::Status;

use crate::flags::Flags;
use crate::text::until_nul;
use log::bytes;

/// Addresses are put together on lines of this length.
const FOLD_AT: usize = 70;

impl Message<'_> {
    /// Takes one header, its lines separated by line feeds.
    pub(crate) async fn header(
        &mut self,
        headers: &mut Headers,
        class: HeaderClass,
        mut info: Option<Info>,
        mut text: Vec<u8>,
    ) {
        if info.is_some_and(|info| info.kind == Kind::Received) {
            headers.received += 1;
        }
        // MIME headers go through the MIME header checks wherever they stand.
        let class = if info.is_some_and(|info| info.mime) { HeaderClass::Multipart } else { class };
        match self.check_header(class, &text).await {
            Outcome::Keep => {}
            Outcome::Drop => return,
            Outcome::Replace(new) => {
                info = self.service.settings.header_names.find(&new);
                text = new;
            }
        }
        let Some(info) = info else {
            self.put_header(&text);
            return;
        };
        if info.kind == Kind::ContentTransferEncoding {
            self.note_encoding(value(&text, info));
        }
        if class != HeaderClass::Primary {
            self.put_header(&text);
            return;
        }
        headers.note(info.kind);
        self.note_header(headers, info, &text);
        if !self.is_ok() {
            return;
        }
        headers.resent |= info.resent;
        let side = match info.addresses {
            Addresses::Sender => Some(Side::Sender),
            Addresses::Recipient | Addresses::ExtractedRecipient => Some(Side::Recipient),
            Addresses::None => None,
        };
        match side.zip(self.rewrite) {
            Some((side, _)) => self.rewrite_header(info, side, text).await,
            None if !info.dropped => self.put_header(&text),
            None => {}
        }
    }

    async fn check_header(&mut self, class: HeaderClass, text: &[u8]) -> Outcome {
        let lookups = &self.service.lookups;
        let checks = match class {
            HeaderClass::Primary => &lookups.header_checks,
            HeaderClass::Multipart => &lookups.mime_header_checks,
            HeaderClass::Nested => &lookups.nested_header_checks,
        };
        let Some(checks) = checks.as_ref().filter(|_| self.flags.has(Flags::FILTER)) else {
            return Outcome::Keep;
        };
        match checks.find(text).await {
            Ok(Some(action)) => self.act(Context::Header, text, &action, checks.title()),
            Ok(None) => Outcome::Keep,
            Err(_) => {
                self.map_failed(checks.title());
                Outcome::Keep
            }
        }
    }

    /// A part that is declared as 8-bit makes the message one.
    fn note_encoding(&mut self, value: &[u8]) {
        let eight_bit = value.eq_ignore_ascii_case(b"8bit") || value.eq_ignore_ascii_case(b"binary");
        if eight_bit && self.service.settings.detect_8bit {
            self.envelope.set_attribute(attr::ENCODING.as_bytes(), attr::ENC_8BIT.as_bytes());
        }
    }

    /// Logs, counts and remembers what some headers say.
    fn note_header(&mut self, headers: &mut Headers, info: Info, text: &[u8]) {
        let settings = &self.service.settings;
        let value = value(text, info);
        match info.kind {
            Kind::MessageId => {
                log_lines::message_id(&self.id, false, value);
                if self.message_id.is_none()
                    && let Some(length) = balanced_length(value)
                {
                    let id = value.get(..length).unwrap_or_default();
                    self.message_id = Some(printable(id));
                }
            }
            Kind::ResentMessageId => log_lines::message_id(&self.id, true, value),
            Kind::Received if headers.received >= settings.hop_limit => {
                log_lines::rejected(&self.id, "hopcount exceeded");
                self.note_error(Status::HOPS);
            }
            Kind::TlsRequired if settings.tls_required => {
                if value.eq_ignore_ascii_case(b"no") {
                    self.sendopts |= sendopts::REQUIRETLS_HEADER;
                } else {
                    let shown = text.get(..text.len().min(100)).unwrap_or_default();
                    log::warn!("ignoring malformed header: '{}'", bytes(shown));
                }
            }
            Kind::RequireTlsEsmtp
                if settings.require_tls
                    && settings.require_tls_header
                    && value.eq_ignore_ascii_case(b"yes") =>
            {
                self.sendopts |= sendopts::REQUIRETLS_ESMTP;
                headers.require_tls_seen = true;
            }
            _ => {}
        }
    }

    /// Rewrites the addresses of a header and writes it, if it is to be kept.
    async fn rewrite_header(&mut self, info: Info, side: Side, text: Vec<u8>) {
        let Some(context) = self.rewrite else { return };
        let limit = self.service.settings.token_limit;
        let mut list = AddressList::parse(text.get(info.name_length + 1..).unwrap_or_default(), limit);
        let mut changed = false;
        for address in list.addresses_mut() {
            let class = AddressClass { side, header: true };
            changed |= self.rewrite_header_address(context, address, class).await;
        }
        if info.dropped {
            return;
        }
        if !changed {
            self.put_header(&text);
            return;
        }
        let mut new = text.get(..info.name_length).unwrap_or_default().to_vec();
        new.extend_from_slice(b": ");
        new.extend_from_slice(&list.to_header_text(log_lines::stripped_comments));
        fold(&mut new);
        self.put_header(&new);
    }

    /// Writes a header: each line a record, lines that were made here with a tab in front, and no more than
    /// `header_size_limit` allows.
    pub(crate) fn put_header(&mut self, text: &[u8]) {
        if self.service.settings.smtputf8 && !text.is_ascii() {
            self.note_utf8(sendopts::SMTPUTF8_HEADER);
        }
        let limit = self.service.settings.mime_limits.header_size;
        let mut start = 0;
        for line in until_nul(text).split(|&byte| byte == b'\n') {
            let end = start + line.len();
            let cut = end > limit;
            if cut && start * 10 > limit * 9 {
                break;
            }
            let kept = if cut { line.get(..limit.saturating_sub(start)).unwrap_or_default() } else { line };
            if start == 0 || matches!(kept.first(), Some(b' ' | b'\t')) {
                self.put(Type::NORM, kept);
            } else {
                self.put(Type::NORM, &[b"\t", kept].concat());
            }
            if cut {
                break;
            }
            start = end + 1;
        }
    }
}

/// Puts as many of the lines together as fit on one; each holds one address.
pub(crate) fn fold(text: &mut [u8]) {
    let mut line_start = 0;
    let mut at = 0;
    while let Some(feed) = memchr::memchr(b'\n', text.get(at..).unwrap_or_default()).map(|feed| at + feed) {
        let next = feed + 1;
        let rest = text.get(next..).unwrap_or_default();
        let end = next + memchr::memchr(b'\n', rest).unwrap_or(rest.len());
        if end - line_start < FOLD_AT {
            if let Some(byte) = text.get_mut(feed) {
                *byte = b' ';
            }
        } else {
            line_start = next;
        }
        at = next;
    }
}

/// A header's value without the white space before it.
fn value(text: &[u8], info: Info) -> &[u8] {
    until_nul(text).get(info.name_length + 1..).unwrap_or_default().trim_ascii_start()
}

/// The length of `<...>` at the start of the text.
fn balanced_length(text: &[u8]) -> Option<usize> {
    if text.first() != Some(&b'<') {
        return None;
    }
    let mut depth = 0usize;
    for (at, byte) in text.iter().enumerate() {
        match byte {
            b'<' => depth += 1,
            b'>' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some(at + 1);
        }
    }
    None
}

/// Blanks in place of what cannot be printed.
fn printable(text: &[u8]) -> Vec<u8> {
    let mut shown = Vec::with_capacity(text.len());
    for chunk in text.utf8_chunks() {
        shown.extend(chunk.valid().bytes().map(|byte| if byte.is_ascii_control() { b' ' } else { byte }));
        shown.extend(chunk.invalid().iter().map(|_| b' '));
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folding_fills_lines() {
        let address = "someone@somewhere.example.com";
        let mut text = format!("To: {address},\n{address},\n{address}").into_bytes();
        fold(&mut text);
        assert_eq!(String::from_utf8(text).unwrap(), format!("To: {address}, {address},\n{address}"));
    }
}
