//! One message of the listing: its properties when its sender is found, then its recipients.

use crate::listing::Settings;
use crate::log_lines;
use crate::pieces::{Gone, Pieces, Sink};
use ipc::showq::names;
use nix::fcntl::OFlag;
use queue::delivery_log::{Entries, Entry};
use queue::file::leading_number;
use queue::{Dir, Id, Nearby, Reader, RegularFile, Type, mode};
use std::borrow::Cow;
use std::collections::HashSet;
use std::fs::{self, File, Metadata};
use std::io::Write;
use std::os::unix::fs::{MetadataExt, PermissionsExt};

/// Where reasons stand.
const LOGS: [Dir; 2] = [Dir::Defer, Dir::Bounce];
/// Enough for most envelopes and logs.
const BUFFER_SIZE: usize = 4096;
/// What ends the attributes of a message.
const END: &[u8] = &[0];

/// Which of the log directories have anything in them: in most queues nothing bounced, and asking each message for its
/// log would cost a good part of reading it.
fn filled_logs() -> Vec<Dir> {
    let is_empty = |dir: &Dir| fs::read_dir(dir.name()).is_ok_and(|mut names| names.next().is_none());
    LOGS.into_iter().filter(|dir| !is_empty(dir)).collect()
}

/// Lists messages that follow one another.
pub(crate) struct Lister<'a> {
    settings: &'a Settings,
    /// Where reasons are looked for.
    logs: Vec<Dir>,
    nearby: Nearby,
    /// What the message before left: room for parts of its file and its logs, the recipients that these know, an entry.
    buffer: Vec<u8>,
    log_buffer: Vec<u8>,
    listed: HashSet<Vec<u8>>,
    entry: Entry,
}

impl<'a> Lister<'a> {
    /// For so few messages that directories need not be looked into first.
    pub(crate) fn of_few(settings: &'a Settings) -> Lister<'a> {
        Lister::new(settings, LOGS.to_vec(), Nearby::of_none())
    }

    /// For many messages.
    pub(crate) fn of_many(settings: &'a Settings) -> Lister<'a> {
        Lister::new(settings, filled_logs(), Nearby::default())
    }

    fn new(settings: &'a Settings, logs: Vec<Dir>, nearby: Nearby) -> Lister<'a> {
        Lister {
            settings,
            logs,
            nearby,
            buffer: vec![0; BUFFER_SIZE],
            log_buffer: vec![0; BUFFER_SIZE],
            listed: HashSet::new(),
            entry: Entry::default(),
        }
    }

    /// Lists a message, if it is there and complete.
    pub(crate) fn list<S: Sink>(&mut self, dir: Dir, id: &Id, out: &mut Pieces<S>) -> Result<(), Gone> {
        match self.settings.queue.open_ready(&mut self.nearby, dir, id) {
            Ok(Some((file, status))) => Message { lister: self, dir, id, out }.list(file, &status)?,
            Ok(None) => {}
            Err(error) => log_lines::cannot_open(dir, id, &error),
        }
        out.offer()
    }
}

struct Message<'l, 'a, S> {
    lister: &'l mut Lister<'a>,
    dir: Dir,
    id: &'l Id,
    out: &'l mut Pieces<S>,
}

impl<S: Sink> Pieces<S> {
    fn recipient(
        &mut self,
        original: &[u8],
        address: &[u8],
        log_class: &str,
        reason: &[u8],
    ) -> Result<(), Gone> {
        self.attribute(names::ORIGINAL_RECIPIENT, original);
        self.attribute(names::RECIPIENT, address);
        self.attribute(names::LOG_CLASS, log_class.as_bytes());
        self.attribute(names::REASON, reason);
        self.offer()
    }

    /// Adds a number; these travel unsigned.
    fn number(&mut self, name: &str, value: i64) {
        // A buffer takes everything.
        let _ = write!(self.buffer(), "{name}\0{}\0", value as u64);
    }
}

impl<'a, S: Sink> Message<'_, 'a, S> {
    fn list(mut self, file: File, status: &Metadata) -> Result<(), Gone> {
        let mut reader =
            Reader::with_buffer(RegularFile::from(file), std::mem::take(&mut self.lister.buffer));
        let listed = self.records(&mut reader, status);
        // It may have grown with a record.
        self.lister.buffer = Some(reader.into_buffer())
            .filter(|buffer| buffer.len() == BUFFER_SIZE)
            .unwrap_or_else(|| vec![0; BUFFER_SIZE]);
        if listed? {
            self.out.bytes(END);
        }
        Ok(())
    }

    /// Lists what the records say; whether the message was listed at all.
    fn records(&mut self, reader: &mut Reader<RegularFile>, status: &Metadata) -> Result<bool, Gone> {
        let mut arrival = 0;
        let mut size = None;
        let mut original = None;
        let mut is_listed = false;
        loop {
            let (kind, data) = match reader.next_record() {
                Ok(Some(record)) => (record.kind, record.data),
                Ok(None) => break,
                Err(error) => {
                    log_lines::record_error(&self.lister.settings.queue.path(self.dir, self.id), &error);
                    break;
                }
            };
            let end = memchr::memchr(0, data).unwrap_or(data.len());
            let text = data.get(..end).unwrap_or_default();
            match kind {
                Type::TIME if arrival == 0 => arrival = leading_number(text),
                // In maildrop, the record holds only options of the sender.
                Type::SIZE if size.is_none() && self.dir != Dir::Maildrop => {
                    size = self.message_size(text);
                }
                Type::FROM => {
                    let sender = self.shown(text);
                    if is_listed {
                        log_lines::duplicate_sender(self.id, &sender);
                        break;
                    }
                    let time = if arrival > 0 { arrival } else { status.mtime() };
                    let shown_size = size.unwrap_or(i64::try_from(status.len()).unwrap_or(i64::MAX));
                    self.properties(time, shown_size, is_expired(status), &sender);
                    is_listed = true;
                    self.reasons()?;
                }
                Type::ORCP | Type::RCPT if !is_listed => {
                    log_lines::missing_sender(self.id);
                    break;
                }
                Type::ORCP => original = Some(quoted(text).into_owned()),
                Type::RCPT => {
                    let address = self.shown(text);
                    let before = original.take();
                    if !self.lister.listed.contains(address.as_bytes()) {
                        let before = before.as_deref().unwrap_or(&address);
                        self.out.recipient(before.as_bytes(), address.as_bytes(), "", b"")?;
                    }
                }
                Type::MESG => {
                    if let Some(size) = size.and_then(|size| u64::try_from(size).ok()) {
                        let target = reader.offset().saturating_add(size);
                        if reader.seek(target).is_err() {
                            break;
                        }
                    }
                }
                // A type of zero ends a file as if nothing was there.
                Type::END | Type(0) => break,
                _ => {}
            }
        }
        Ok(is_listed)
    }

    /// The message size in a size record; nothing, with a warning, when the record is malformed.
    fn message_size(&self, text: &[u8]) -> Option<i64> {
        let is_numeric = text.iter().all(|byte| byte.is_ascii_digit() || *byte == b' ');
        if is_numeric {
            return Some(leading_number(text));
        }
        log_lines::malformed_size(self.id, text);
        None
    }

    /// Lists the recipients that the logs know about, with reasons; they are not listed again.
    fn reasons(&mut self) -> Result<(), Gone> {
        let Lister { settings, logs, nearby, log_buffer, listed, entry, .. } = &mut *self.lister;
        listed.clear();
        let limit = settings.duplicate_limit;
        for &dir in logs.iter() {
            let path = settings.queue.path(dir, self.id);
            let Ok(file) = nearby.open(&path, OFlag::empty()) else { continue };
            let input = RegularFile::from(file).with_buffer(log_buffer);
            let mut entries = match dir {
                Dir::Defer => Entries::of_deferrals(input, path),
                _ => Entries::of_bounces(input, path),
            };
            while let Ok(true) = entries.read(entry) {
                let Entry { recipient, original_recipient, reason, .. } = &*entry;
                self.out.recipient(original_recipient, recipient, dir.name(), reason)?;
                if limit == 0 || listed.len() < limit {
                    listed.insert(recipient.clone());
                }
            }
        }
        Ok(())
    }

    fn properties(&mut self, time: i64, size: i64, expired: bool, sender: &str) {
        self.out.attribute(names::QUEUE_NAME, self.dir.name().as_bytes());
        self.out.attribute(names::QUEUE_ID, self.id.as_str().as_bytes());
        self.out.number(names::TIME, time);
        self.out.number(names::SIZE, size);
        self.out.attribute(names::FORCED_EXPIRE, if expired { b"1" } else { b"0" });
        self.out.attribute(names::SENDER, sender.as_bytes());
    }

    /// An address as it is shown: nobody by name, quoted, printable.
    fn shown<'t>(&self, address: &'t [u8]) -> Cow<'t, str>
    where
        'a: 't,
    {
        let settings: &'a Settings = self.lister.settings;
        quoted(if address.is_empty() { settings.nobody.as_bytes() } else { address })
    }
}

/// An address quoted, and printable.
fn quoted(address: &[u8]) -> Cow<'_, str> {
    match address::quoted_822(address) {
        Cow::Borrowed(address) => log::bytes(address).text(),
        Cow::Owned(address) => log::printable(&address).into(),
    }
}

fn is_expired(status: &Metadata) -> bool {
    status.permissions().mode() & mode::EXPIRE != 0
}
