//! The message that a notice is about.

use std::fs::File;
use std::io;
use std::path::PathBuf;

use queue::{Dir, Id, LockKind, Queue, Reader, Type, attr};

use crate::log_lines;

/// What a notice says about the original message, as far as it can be read.
#[derive(Debug, Default)]
pub struct Original {
    /// The queue file, with a shared lock.
    pub file: Option<File>,
    /// Where it is, relative to the queue directory.
    pub path: PathBuf,
    /// The sender in external form; MAILER-DAEMON for the null sender. Empty if not known.
    pub sender: Vec<u8>,
    /// When it arrived, seconds. 0 if not known.
    pub arrival: i64,
    /// Where its content starts. 0 if not known.
    pub data_offset: u64,
    /// Length of its content.
    pub size: i64,
    /// Its Message-ID with `<>`, if notices are to refer to it.
    pub message_id: Vec<u8>,
}

/// Why a message cannot be read; the text of the fatal log line.
#[derive(Debug)]
pub struct Unreadable(pub String);

impl Original {
    /// Opens a message and reads its envelope. `mailer_daemon` stands for the null sender. A message that is not there gives
    /// an `Original` without file.
    pub fn open(
        queue: &Queue,
        dir: Dir,
        id: &Id,
        mailer_daemon: &[u8],
        wants_message_id: bool,
    ) -> Result<Original, Unreadable> {
        let file = match queue.open_update(dir, id) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Original::default()),
            Err(error) => {
                return Err(Unreadable(format!("open {} {id}: {}", dir.name(), sys::error_text(&error))));
            }
        };
        let path = queue.path(dir, id);
        let locked = queue::try_lock(&file, LockKind::Shared);
        let refused = match locked {
            Ok(true) => None,
            Ok(false) => Some("Resource temporarily unavailable".to_owned()),
            Err(error) => Some(sys::error_text(&error)),
        };
        if let Some(why) = refused {
            return Err(Unreadable(format!("cannot get shared lock on {}: {why}", path.display())));
        }
        let mut original = Original { path, ..Original::default() };
        original.read_envelope(&file, id, mailer_daemon, wants_message_id);
        original.file = Some(file);
        Ok(original)
    }

    fn read_envelope(&mut self, file: &File, id: &Id, mailer_daemon: &[u8], wants_message_id: bool) {
        let mut reader = Reader::new(file);
        let mut enough = false;
        // A damaged file gives what could be read before the damage.
        while !enough {
            let record = match reader.next_record() {
                Ok(Some(record)) if record.kind != Type(0) => record,
                Ok(_) => break,
                Err(error) => {
                    log_lines::record_error(&self.path, &error);
                    break;
                }
            };
            let mut skip_content = false;
            match record.kind {
                Type::SIZE if self.size == 0 => {
                    let (size, _) = queue::file::SizeRecord::parse(record.data);
                    self.size = size.data_size.max(0);
                    self.data_offset = u64::try_from(size.data_offset).unwrap_or(0);
                }
                Type::TIME if self.arrival == 0 => {
                    self.arrival = queue::file::leading_number(record.data).max(0);
                }
                Type::FROM => {
                    let sender = if record.data.is_empty() { mailer_daemon } else { record.data };
                    self.sender = address::quote_822(sender);
                }
                Type::MESG => {
                    if self.sender.is_empty() {
                        log_lines::no_sender(id);
                    }
                    self.data_offset = reader.offset();
                    skip_content = true;
                }
                Type::ATTR if wants_message_id => self.message_id_record(id, record.data),
                _ => {}
            }
            enough = self.data_offset > 0
                && self.arrival > 0
                && !self.sender.is_empty()
                && (!wants_message_id || !self.message_id.is_empty());
            if skip_content && !enough {
                let end = self.data_offset + u64::try_from(self.size).unwrap_or(0);
                if reader.seek(end).is_err() {
                    break;
                }
            }
        }
    }

    fn message_id_record(&mut self, id: &Id, data: &[u8]) {
        let Some(value) =
            data.strip_prefix(attr::MESSAGE_ID.as_bytes()).and_then(|rest| rest.strip_prefix(b"="))
        else {
            return;
        };
        let shown = log::printable(value);
        if !value.starts_with(b"<") {
            log_lines::malformed_message_id(id, &format!("no '<' at start of text in \"{shown}\""));
            return;
        }
        match value.iter().position(|c| *c == b'>') {
            None => log_lines::malformed_message_id(id, &format!("missing '>' in \"{shown}\"")),
            Some(end) if end + 1 < value.len() => {
                log_lines::malformed_message_id(id, &format!("syntax error after '>' in \"{shown}\""));
            }
            Some(_) => self.message_id = value.to_vec(),
        }
    }
}
