//! Reads the envelope of a message from its queue file: what is known about the message, and a batch of its recipients.

use std::io::{Read, Seek};
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use ipc::deliver::Recipient;
use queue::flags::{dsn_notify, dsn_ret, sendopts, trace};
use queue::{Reader, Type, attr, file, record::segment};
use sys::WallTime;

use crate::log_lines;

mod old_style;
mod origin;

pub use origin::Origin;

/// What a queue file says about its message.
#[derive(Clone, Debug)]
pub struct Envelope {
    /// The sender; `None` until its record was read.
    pub sender: Option<Vec<u8>>,
    /// When the message arrived.
    pub arrival: SystemTime,
    /// When the queue file was made, seconds.
    pub created: i64,
    /// Where the content starts.
    pub data_offset: u64,
    /// Bytes of the content segment.
    pub data_size: u64,
    /// Size of the message, for log and delivery agents.
    pub content_length: i64,
    /// SMTPUTF8 and REQUIRETLS, see [`sendopts`].
    pub sendopts: i32,
    /// `7bit`, `8bit` or empty.
    pub encoding: Vec<u8>,
    /// ENVID of the sender.
    pub dsn_envid: Vec<u8>,
    /// RET of the sender; 0 for none.
    pub dsn_ret: i32,
    /// VERP delimiters.
    pub verp: Option<Vec<u8>>,
    /// The content filter that all mail goes to.
    pub filter: Option<Vec<u8>>,
    /// The content inspector. It makes deliveries without marking recipients.
    pub inspector: Option<Vec<u8>>,
    /// Whom the whole message is redirected to.
    pub redirect: Option<Vec<u8>>,
    /// Where the message came from.
    pub origin: Origin,
    /// Verification and reporting, see [`trace`].
    pub trace_flags: i32,
    /// The record that asked for one report of this delivery attempt.
    pub trace_record: Option<u64>,
    /// The record with the time of the delay warning, and that time in seconds (-1: it was sent).
    pub warning: Option<(u64, i64)>,
    /// Hints in the size record.
    pub hints: i64,
    /// Recipients that are still in the file.
    pub unread: i64,
    /// Where to go on reading recipients; `None` when all are read.
    pub next_recipient: Option<u64>,
    seen_all_others: bool,
}

/// The file is damaged. Why is in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Damaged;

/// What belongs to the next recipient.
#[derive(Default)]
struct Pending {
    original: Option<Vec<u8>>,
    dsn_original: Option<Vec<u8>>,
    notify: i32,
}

impl Pending {
    fn take(&mut self) -> Pending {
        std::mem::take(self)
    }

    /// Tells of what belongs to no recipient.
    fn report(&self, id: &str) {
        let parts = [("DSN original recipient", &self.dsn_original), ("original recipient", &self.original)];
        for (what, address) in parts {
            if let Some(address) = address {
                log_lines::out_of_order_recipient(id, what, address);
            }
        }
    }
}

/// What to do after a record.
enum Next {
    Continue,
    Stop,
}

impl Envelope {
    fn empty() -> Envelope {
        Envelope {
            sender: None,
            arrival: UNIX_EPOCH,
            created: 0,
            data_offset: 0,
            data_size: 0,
            content_length: 0,
            sendopts: 0,
            encoding: Vec::new(),
            dsn_envid: Vec::new(),
            dsn_ret: 0,
            verp: None,
            filter: None,
            inspector: None,
            redirect: None,
            origin: Origin::unknown(),
            trace_flags: 0,
            trace_record: None,
            warning: None,
            hints: queue::flags::qmgr_read::MIXED_RCPT_OTHER,
            unread: 0,
            next_recipient: None,
            seen_all_others: false,
        }
    }

    /// Reads a new message, and at most `limit` of its recipients. `on_open` is called once the sender is known.
    pub fn read<R: Read + Seek>(
        file: &QueueFile<'_>,
        reader: &mut Reader<R>,
        limit: usize,
        settings: &ReadSettings,
    ) -> Result<(Envelope, Vec<Recipient>), Damaged> {
        let mut envelope = Envelope::empty();
        let recipients = envelope.read_records(file, reader, limit, settings)?;
        if settings.report_cleared_delay && envelope.warning.is_some_and(|(_, time)| time < 0) {
            envelope.trace_flags |= trace::REC_DLY_SENT;
        }
        if envelope.created == 0 {
            envelope.created = seconds(envelope.arrival);
        }
        Ok((envelope, recipients))
    }

    /// Reads the next recipients, at most `limit`.
    pub fn read_more<R: Read + Seek>(
        &mut self,
        file: &QueueFile<'_>,
        reader: &mut Reader<R>,
        limit: usize,
        settings: &ReadSettings,
    ) -> Result<Vec<Recipient>, Damaged> {
        let before = (self.next_recipient, self.unread);
        if let Some(offset) = self.next_recipient.take() {
            reader.seek(offset).map_err(|_| Damaged)?;
        }
        let result = self.read_records(file, reader, limit, settings);
        if result.is_err() {
            (self.next_recipient, self.unread) = before;
        }
        result
    }

    /// The sender's address.
    pub fn sender(&self) -> &[u8] {
        self.sender.as_deref().unwrap_or_default()
    }

    /// Some recipient asked for a success notice.
    pub fn wants_success_notice(&self) -> bool {
        self.hints & queue::flags::qmgr_read::from_dsn(dsn_notify::SUCCESS) != 0
    }

    fn read_records<R: Read + Seek>(
        &mut self,
        file: &QueueFile<'_>,
        reader: &mut Reader<R>,
        limit: usize,
        settings: &ReadSettings,
    ) -> Result<Vec<Recipient>, Damaged> {
        let mut recipients = Vec::new();
        let mut pending = Pending::default();
        let read = self.read_to_end(file, reader, settings, |envelope, entry, reader| {
            envelope.recipient_record(entry, reader, &mut recipients, &mut pending, limit)
        });
        if read.is_ok() {
            pending.report(file.id);
        }
        // A damaged file has other numbers of recipients, too.
        self.check_count(file.id);
        read?;
        self.check_presence(file.id)?;
        Ok(recipients)
    }

    /// Reads up to the end of the file, or until `recipient` has enough of what is about recipients.
    fn read_to_end<R: Read + Seek>(
        &mut self,
        file: &QueueFile<'_>,
        reader: &mut Reader<R>,
        settings: &ReadSettings,
        mut recipient: impl FnMut(&mut Self, &Entry<'_>, &mut Reader<R>) -> Result<Next, Damaged>,
    ) -> Result<(), Damaged> {
        loop {
            let (kind, data, offset) = self.next_record(file, reader)?;
            if kind == Type::END {
                self.seen_all_others = true;
                return Ok(());
            }
            let (kind, data) = match kind {
                Type::ATTR => attribute_record(file.id, &data)?,
                _ => (kind, data.as_slice()),
            };
            let entry = Entry { file, kind, data, offset };
            if is_about_recipient(kind) {
                if matches!(recipient(self, &entry, reader)?, Next::Stop) {
                    return Ok(());
                }
            } else if !self.seen_all_others {
                self.other_record(&entry, reader, settings)?;
            }
        }
    }

    /// The next record of a type that may be where it is, its data up to a NUL, and its offset.
    fn next_record<R: Read + Seek>(
        &self,
        file: &QueueFile<'_>,
        reader: &mut Reader<R>,
    ) -> Result<(Type, Vec<u8>, u64), Damaged> {
        loop {
            let mut offset = reader.offset();
            let after_content = offset == self.data_offset && offset > 0;
            if after_content {
                offset += self.data_size;
                reader.seek(offset).map_err(|_| Damaged)?;
            }
            let (kind, data) = match reader.next_raw() {
                Ok(Some(record)) if record.kind != Type(0) => (record.kind, record.text().to_vec()),
                ended => {
                    if let Err(error) = ended {
                        log_lines::record_error(file.path, &error);
                    }
                    log_lines::missing_end_record(file.id);
                    return Err(Damaged);
                }
            };
            if kind == Type::PTR {
                reader.follow(&data).map_err(|error| {
                    log_lines::record_error(file.path, &error);
                    Damaged
                })?;
                continue;
            }
            let is_expected = match after_content {
                true => kind == Type::XTRA,
                false => kind.is_in(segment::ENVELOPE) || kind.is_in(segment::EXTRACT),
            };
            if !is_expected {
                log_lines::unexpected_record(kind.0, offset);
                return Err(Damaged);
            }
            return Ok((kind, data, offset));
        }
    }

    fn recipient_record<R: Read + Seek>(
        &mut self,
        entry: &Entry<'_>,
        reader: &mut Reader<R>,
        recipients: &mut Vec<Recipient>,
        pending: &mut Pending,
        limit: usize,
    ) -> Result<Next, Damaged> {
        if self.next_recipient.is_some() {
            // The batch is full; the rest of the file is only read for other records.
            return Ok(Next::Continue);
        }
        match entry.kind {
            Type::RCPT => {
                self.unread -= 1;
                let about = pending.take();
                recipients.push(Recipient {
                    address: entry.data.to_vec(),
                    original: about.original.unwrap_or_default(),
                    offset: i64::try_from(entry.offset).unwrap_or(-1),
                    dsn_orcpt: about.dsn_original.unwrap_or_default(),
                    dsn_notify: about.notify,
                });
                if recipients.len() >= limit {
                    return self.batch_is_full(entry.offset, reader);
                }
            }
            Type::DONE | Type::DRCP => {
                self.unread -= 1;
                pending.take();
            }
            Type::DSN_ORCPT => {
                if let Some(old) = pending.dsn_original.replace(entry.data.to_vec()) {
                    log_lines::out_of_order_recipient(entry.file.id, "DSN original recipient address", &old);
                }
            }
            Type::DSN_NOTIFY => {
                if pending.notify != 0 {
                    log_lines::out_of_order_notify(entry.file.id, pending.notify);
                    pending.notify = 0;
                }
                match entry.flags().filter(|flags| dsn_notify::is_valid(*flags)) {
                    Some(flags) => pending.notify = flags,
                    None => log_lines::malformed_notify(entry.file.id, entry.data),
                }
            }
            _ => {
                if let Some(old) = pending.original.replace(entry.data.to_vec()) {
                    log_lines::out_of_order_recipient(entry.file.id, "original recipient", &old);
                }
            }
        }
        Ok(Next::Continue)
    }

    /// Remembers where to go on, and finds the shortest way to the other records that have to be read.
    fn batch_is_full<R: Read + Seek>(
        &mut self,
        offset: u64,
        reader: &mut Reader<R>,
    ) -> Result<Next, Damaged> {
        self.next_recipient = Some(reader.offset());
        if self.seen_all_others {
            return Ok(Next::Stop);
        }
        if self.hints & queue::flags::qmgr_read::MIXED_RCPT_OTHER != 0 {
            return Ok(Next::Continue);
        }
        if offset > self.data_offset {
            self.seen_all_others = true;
            return Ok(Next::Stop);
        }
        reader.seek(self.data_offset).map_err(|_| Damaged)?;
        Ok(Next::Continue)
    }

    fn other_record<R: Read + Seek>(
        &mut self,
        entry: &Entry<'_>,
        reader: &mut Reader<R>,
        settings: &ReadSettings,
    ) -> Result<(), Damaged> {
        let data = entry.data;
        match entry.kind {
            Type::SIZE => self.size_record(entry, reader)?,
            Type::TIME if seconds(self.arrival) == 0 => self.arrival = file::parse_time(data),
            Type::CTIME if self.created == 0 => self.created = file::leading_number(data),
            Type::FILT => self.filter = Some(data.to_vec()),
            Type::INSP => self.inspector = Some(data.to_vec()),
            Type::RDR => self.redirect = Some(data.to_vec()),
            Type::FROM if self.sender.is_none() => {
                self.sender = Some(data.to_vec());
                let size = self.content_length;
                log_lines::opened(
                    entry.file.id,
                    settings.log_form,
                    data,
                    size,
                    self.unread,
                    settings.queue_name,
                );
            }
            Type::DSN_ENVID => self.dsn_envid = data.to_vec(),
            Type::DSN_RET => match entry.flags() {
                Some(ret @ (dsn_ret::FULL | dsn_ret::HDRS)) => self.dsn_ret = ret,
                _ => log_lines::malformed_ret(entry.file.id, data),
            },
            Type::WARN if self.warning.is_none() => {
                self.warning = Some((entry.offset, file::leading_number(data)));
            }
            Type::VERP if self.verp.is_none() => self.verp_record(entry, settings),
            Type::ATTR => {
                if let Ok((name, value)) = attr::split(data) {
                    self.attribute(entry, name, value);
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn size_record<R: Read + Seek>(
        &mut self,
        entry: &Entry<'_>,
        reader: &mut Reader<R>,
    ) -> Result<(), Damaged> {
        if self.data_offset == 0 {
            match file::SizeRecord::parse(entry.data) {
                (_, 1) => {
                    let layout = old_style::layout(entry.file, reader)?;
                    (self.data_offset, self.data_size) = (layout.data_offset, layout.data_size);
                    self.unread = layout.recipients;
                }
                (size, 3..) => self.use_size_record(entry, &size)?,
                _ => {
                    log_lines::weird_size_record(entry.file.id);
                    return Err(Damaged);
                }
            }
        }
        match self.content_length {
            0 => self.content_length = i64::try_from(self.data_size).unwrap_or(i64::MAX),
            ..0 => {
                log_lines::invalid_size_record(entry.file.id, entry.data);
                return Err(Damaged);
            }
            _ => {}
        }
        Ok(())
    }

    fn use_size_record(&mut self, entry: &Entry<'_>, size: &file::SizeRecord) -> Result<(), Damaged> {
        self.unread = size.recipients;
        let offset = u64::try_from(size.data_offset).ok().filter(|offset| *offset > 0);
        let length = u64::try_from(size.data_size).ok().filter(|length| *length > 0);
        let (Some(offset), Some(length)) = (offset, length) else {
            log_lines::invalid_size_record(entry.file.id, entry.data);
            return Err(Damaged);
        };
        if size.qmgr_flags & !KNOWN_HINTS != 0 {
            log_lines::invalid_flags(entry.file.id, entry.data);
            return Err(Damaged);
        }
        (self.data_offset, self.data_size) = (offset, length);
        self.hints = size.qmgr_flags;
        self.content_length = size.content_length;
        self.sendopts = i32::try_from(size.sendopts).unwrap_or(0) & sendopts::ALL;
        Ok(())
    }

    fn verp_record(&mut self, entry: &Entry<'_>, settings: &ReadSettings) {
        if self.sender().is_empty() {
            log_lines::verp_for_null_sender(entry.file.id);
        } else if entry.data.len() == 2 && entry.data.iter().all(|c| settings.verp_filter.contains(c)) {
            self.verp = Some(entry.data.to_vec());
        } else {
            log_lines::bad_verp(entry.file.id, entry.data);
        }
    }

    fn attribute(&mut self, entry: &Entry<'_>, name: &[u8], value: &[u8]) {
        let Ok(name) = std::str::from_utf8(name) else { return };
        if self.origin.take(entry.file.id, name, value) {
            return;
        }
        match name {
            attr::ENCODING => self.encoding = value.to_vec(),
            attr::TRACE_FLAGS if self.trace_flags == 0 => {
                let flags = i32::try_from(file::leading_number(value)).unwrap_or(0);
                self.trace_flags = flags & trace::MASK;
                self.trace_record = (self.trace_flags == trace::RECORD).then_some(entry.offset);
            }
            _ => {}
        }
    }

    fn check_count(&mut self, id: &str) {
        if self.unread < 0 || (self.next_recipient.is_none() && self.unread != 0) {
            log_lines::recipient_count_mismatch(id, self.unread);
            self.unread = 0;
        }
    }

    fn check_presence(&self, id: &str) -> Result<(), Damaged> {
        let missing = if seconds(self.arrival) == 0 {
            "arrival time"
        } else if self.sender.is_none() {
            "sender"
        } else if self.data_offset == 0 {
            "size"
        } else {
            return Ok(());
        };
        log_lines::missing_record(id, missing);
        Err(Damaged)
    }
}

/// What reading needs to know about the site.
#[derive(Clone, Debug)]
pub struct ReadSettings {
    /// The form of addresses in the log.
    pub log_form: address::log_form::LogForm,
    /// verp_delimiter_filter
    pub verp_filter: Vec<u8>,
    /// confirm_delay_cleared
    pub report_cleared_delay: bool,
    /// The queue directory that the file is in, for the log.
    pub queue_name: &'static str,
}

/// Which file is read, for the log.
#[derive(Clone, Copy, Debug)]
pub struct QueueFile<'a> {
    /// The queue id.
    pub id: &'a str,
    /// Where it is, relative to the queue directory.
    pub path: &'a Path,
}

/// A record and where it is.
struct Entry<'a> {
    file: &'a QueueFile<'a>,
    kind: Type,
    data: &'a [u8],
    offset: u64,
}

impl Entry<'_> {
    /// A positive number, as flags are stored.
    fn flags(&self) -> Option<i32> {
        if self.data.is_empty() || !self.data.iter().all(u8::is_ascii_digit) {
            return None;
        }
        std::str::from_utf8(self.data).ok()?.parse().ok().filter(|flags| *flags != 0)
    }
}

const KNOWN_HINTS: i64 = 0x1f;

/// An attribute as the record that it may stand for.
fn attribute_record<'a>(id: &str, data: &'a [u8]) -> Result<(Type, &'a [u8]), Damaged> {
    match attr::split(data) {
        Err(problem) => {
            log_lines::bad_attribute(id, problem, data);
            Err(Damaged)
        }
        Ok((name, value)) => Ok(attr::record_type(name).map_or((Type::ATTR, data), |kind| (kind, value))),
    }
}

fn is_about_recipient(kind: Type) -> bool {
    [Type::RCPT, Type::DONE, Type::DRCP, Type::DSN_ORCPT, Type::DSN_NOTIFY, Type::ORCP].contains(&kind)
}

/// Seconds since 1970.
pub fn seconds(time: SystemTime) -> i64 {
    WallTime::from(time).seconds
}

#[cfg(test)]
mod tests;
