//! Records of the envelope.

use queue::flags::{dsn_ret, qmgr_read, sendopts, trace};
use queue::record::segment;
use queue::{Type, attr};
use std::time::SystemTime;
use sys::WallTime;

use crate::log_lines;
use crate::message::{Message, Phase, RewriteContext};
use ipc::cleanup::Status;

use crate::flags::Flags;
use crate::text::{is_digits, is_printable, leading_number, shorten, until_nul};
use log::bytes;

/// The longest record of delays and extra flags that matters.
const MAX_SHOWN: usize = 200;

/// A record and, if it is an attribute that stands for a record type of its own, what it stands for.
pub(crate) struct Mapped<'a> {
    pub(crate) kind: Type,
    pub(crate) data: &'a [u8],
    /// Name and value of an attribute.
    pub(crate) attribute: Option<(&'a [u8], &'a [u8])>,
}

impl Message<'_> {
    /// Takes a record of the envelope.
    pub(crate) async fn envelope_record(&mut self, kind: Type, data: &[u8]) {
        if self.control_record(kind, data) {
            return;
        }
        if kind == Type::MILT_COUNT {
            self.milter_record(data);
            return;
        }
        let Some(mapped) = self.map_attribute(kind, data) else { return };
        if !kind.passes(segment::ENVELOPE) {
            self.reject(format_args!("unexpected record type {} in envelope", kind.0));
            return;
        }
        if !self.in_recipients && kind.passes(segment::ENV_RECIPIENT) && !self.begin_recipients() {
            return;
        }
        if self.recipient_record(kind, data, &mapped).await {
            return;
        }
        if kind == Type::MESG {
            self.phase = Phase::Content(None);
            self.in_recipients = false;
            return;
        }
        if self.in_recipients {
            self.qmgr_flags |= qmgr_read::MIXED_RCPT_OTHER;
        }
        self.message_record(kind, data, &mapped).await;
    }

    /// Records that speak to this daemon and do not go into the queue file.
    pub(crate) fn control_record(&mut self, kind: Type, data: &[u8]) -> bool {
        if kind != Type::FLGS {
            return false;
        }
        let bits = leading_number(data) as i32;
        match Flags::extra(bits) {
            Some(flags) => self.flags |= flags,
            None => log::warn!("{}: ignoring bad extra flags: 0x{bits:x}", self.id),
        }
        true
    }

    /// The number of milters that the client hands over.
    fn milter_record(&mut self, data: &[u8]) {
        if leading_number(data) > 0 {
            // The milters' state would follow; without milters of our own it cannot be read.
            self.reject("milters are not supported yet");
        }
    }

    /// Takes an attribute apart. `None`: it was refused or ignored.
    pub(crate) fn map_attribute<'a>(&mut self, kind: Type, data: &'a [u8]) -> Option<Mapped<'a>> {
        if kind != Type::ATTR {
            return Some(Mapped { kind, data: until_nul(data), attribute: None });
        }
        let data = until_nul(data);
        let (name, value) = match attr::split(data) {
            Ok(attribute) => attribute,
            Err(why) => {
                let shown = bytes(shorten(data, 100));
                self.reject(format_args!("malformed attribute: {why}: {shown}"));
                return None;
            }
        };
        if value.is_empty() {
            let (id, name) = (&self.id, bytes(name));
            log::warn!("{id}: spurious null attribute value for \"{name}\" -- ignored");
            return None;
        }
        let attribute = Some((name, value));
        Some(match attr::record_type(name) {
            Some(kind) => Mapped { kind, data: value, attribute },
            None => Mapped { kind, data, attribute },
        })
    }

    /// The first recipient record after other ones.
    fn begin_recipients(&mut self) -> bool {
        let Some(sender) = self.envelope.sender.as_deref() else {
            self.reject("missing sender envelope record");
            return false;
        };
        let Some(arrival) = self.envelope.arrival else {
            self.reject("missing time envelope record");
            return false;
        };
        let delay = self.service.settings.delay_warning_time;
        if !self.envelope.has_warn_time && !sender.is_empty() && delay.as_secs() > 0 {
            let delay = i64::try_from(delay.as_secs()).unwrap_or(i64::MAX);
            let when = WallTime::from(arrival).seconds.saturating_add(delay);
            self.put(Type::WARN, queue::file::format_warn_time(when).as_bytes());
        }
        self.in_recipients = true;
        true
    }

    /// Records about the message as a whole.
    async fn message_record(&mut self, kind: Type, data: &[u8], mapped: &Mapped<'_>) {
        match kind {
            // The size of another queue file; only what its sender asked for still counts.
            Type::SIZE => {
                let derived = sendopts::SMTPUTF8_HEADER
                    | sendopts::SMTPUTF8_SENDER
                    | sendopts::SMTPUTF8_RECIPIENT
                    | sendopts::REQUIRETLS_HEADER;
                // Its sixth word, whatever the others are; of a number that is too large, the lower half.
                let is_space = |byte: &u8| byte.is_ascii_whitespace() || *byte == b'\x0b';
                let mut words = until_nul(data).split(is_space).filter(|word| !word.is_empty());
                if let Some(number) = words.nth(5).and_then(queue::file::number) {
                    self.sendopts = number as i32;
                }
                self.sendopts &= !derived;
            }
            _ if mapped.kind == Type::CTIME => {}
            Type::TIME => {
                if self.envelope.arrival.is_none() {
                    let is_time = |time: &SystemTime| WallTime::from(*time).seconds != 0;
                    self.envelope.arrival = Some(queue::file::parse_time(data)).filter(is_time);
                    self.put(kind, data);
                }
                self.put_attribute(attr::CREATE_TIME, sys::clock::now_seconds().to_string().as_bytes());
            }
            Type::FULL => {
                if self.envelope.full_name.is_none() {
                    self.envelope.full_name = Some(until_nul(data).to_vec());
                    self.put(kind, data);
                }
            }
            Type::FROM if self.envelope.sender.is_some() => self.reject("multiple envelope sender records"),
            Type::FROM => self.sender(until_nul(data)).await,
            Type::WARN => {
                if !self.envelope.has_warn_time {
                    self.envelope.has_warn_time = true;
                    self.put(kind, data);
                }
            }
            Type::VERP => self.verp_record(data),
            _ => match mapped.kind {
                Type::DSN_ENVID => {
                    if is_printable(mapped.data) {
                        self.envelope.dsn_envelope_id = Some(mapped.data.to_vec());
                        self.put(kind, data);
                    } else {
                        self.reject("bad DSN envelope ID record");
                    }
                }
                Type::DSN_RET => self.dsn_return_record(kind, data, mapped.data),
                _ => match mapped.attribute {
                    Some((name, value)) => self.attribute_record(data, name, value),
                    None => self.put(kind, data),
                },
            },
        }
    }

    fn dsn_return_record(&mut self, kind: Type, data: &[u8], value: &[u8]) {
        let number = i32::try_from(leading_number(value)).unwrap_or(0);
        if is_digits(value) && (number == dsn_ret::FULL || number == dsn_ret::HDRS) {
            self.envelope.dsn_return = number;
            self.put(kind, data);
        } else {
            let shown = shorten(until_nul(data), MAX_SHOWN);
            self.reject(format_args!("bad DSN RET record <{}>", bytes(shown)));
        }
    }

    fn verp_record(&mut self, data: &[u8]) {
        if self.envelope.verp_delimiters.is_some() {
            return;
        }
        let delimiters = until_nul(data);
        let id = &self.id;
        let filter = self.service.settings.verp_delimiter_filter.as_bytes();
        if self.envelope.sender.as_deref().is_none_or(<[u8]>::is_empty) {
            log::warn!("{id}: ignoring VERP request for null sender");
        } else if delimiters.len() != 2 || !delimiters.iter().all(|byte| filter.contains(byte)) {
            log::warn!("{id}: ignoring bad VERP request: \"{}\"", bytes(shorten(delimiters, 100)));
        } else {
            self.envelope.verp_delimiters = Some(delimiters.to_vec());
            self.put(Type::VERP, data);
        }
    }

    fn attribute_record(&mut self, data: &[u8], name: &[u8], value: &[u8]) {
        let limit = self.service.settings.attribute_count_limit;
        if self.envelope.attributes.len() >= limit {
            self.reject(format_args!("attribute count exceeds limit {limit}"));
            return;
        }
        if name == attr::RWR_CONTEXT.as_bytes() {
            self.rewrite = if value == attr::RWR_LOCAL.as_bytes() {
                Some(RewriteContext::Local)
            } else if value == attr::RWR_REMOTE.as_bytes() {
                self.service.settings.rewrites_remote_headers.then_some(RewriteContext::Remote)
            } else {
                self.reject(format_args!("bad rewriting context: {}", bytes(shorten(value, 100))));
                return;
            };
        }
        if name == attr::TRACE_FLAGS.as_bytes() {
            if !is_digits(value) {
                let shown = shorten(until_nul(data), MAX_SHOWN);
                self.reject(format_args!("bad TFLAG record <{}>", bytes(shown)));
                return;
            }
            if self.envelope.trace_flags == 0 {
                self.envelope.trace_flags = leading_number(value) as i32 & trace::MASK;
            }
        }
        self.envelope.set_attribute(name, value);
        self.put(Type::ATTR, data);
    }

    /// Refuses what no later record can mend.
    pub(crate) fn fail(&mut self, error: Status, reason: &str) {
        self.note_error(error);
        self.reason = Some(reason.as_bytes().to_vec());
    }

    /// Warns about a record that came where it makes no sense.
    pub(crate) fn out_of_order(&self, what: &str, value: impl std::fmt::Display) {
        log_lines::out_of_order(&self.id, what, value);
    }
}
