//! Bounce, defer and trace logs: what happened to each recipient of a message.
//!
//! An entry is a paragraph of `name=value` lines, after a line `<recipient>: text` for programs that read logs of
//! old versions.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Seek as _, SeekFrom, Write as _};
use std::path::PathBuf;

use ipc::deliver::{Dsn, Recipient, names};
use queue::{Dir, Id, LockKind, Queue};

use crate::log_lines;

/// Adds an entry and waits until it is on disk. After a failure the file is as before. The error comes with what was done.
pub fn append(queue: &Queue, dir: Dir, id: &Id, entry: &[u8]) -> Result<(), (&'static str, io::Error)> {
    let mut file = queue.open_append(dir, id).map_err(|error| ("open", error))?;
    queue::lock(&file, LockKind::Exclusive).map_err(|error| ("lock", error))?;
    let length = file.seek(SeekFrom::End(0)).map_err(|error| ("seek", error))?;
    let written = file.write_all(entry).and_then(|()| file.sync_all());
    written.map_err(|error| {
        // Half an entry would be read as a whole one.
        let _ = file.set_len(length);
        ("append", error)
    })
}

/// The text of an entry. `with_old_form` is backwards_bounce_logfile_compatibility.
pub fn format_entry(recipient: &Recipient, dsn: &Dsn, with_old_form: bool) -> Vec<u8> {
    let mut out = Vec::with_capacity(256);
    out.push(b'\n');
    let address = address::quote_822(&recipient.address);
    if with_old_form {
        let shown = if recipient.address.is_empty() { &b""[..] } else { &address };
        for part in [b"<", shown, b">: ", &dsn.reason, b"\n"] {
            out.extend_from_slice(part);
        }
    }
    let mut put = |name: &str, value: &[u8]| {
        for part in [name.as_bytes(), b"=", value, b"\n"] {
            out.extend_from_slice(part);
        }
    };
    put(names::RECIPIENT, if recipient.address.is_empty() { b"<>" } else { &address });
    if !recipient.original.is_empty() && !address::eq_fold(&recipient.address, &recipient.original) {
        put(names::ORIGINAL_RECIPIENT, &address::quote_822(&recipient.original));
    }
    if recipient.offset > 0 {
        put(names::OFFSET, recipient.offset.to_string().as_bytes());
    }
    if !recipient.dsn_orcpt.is_empty() {
        put(names::DSN_ORIG_RCPT, &recipient.dsn_orcpt);
    }
    if recipient.dsn_notify != 0 {
        put(names::NOTIFY_FLAGS, recipient.dsn_notify.to_string().as_bytes());
    }
    if !dsn.status.is_empty() {
        put(names::STATUS, &dsn.status);
    }
    if !dsn.action.is_empty() {
        put(names::ACTION, &dsn.action);
    }
    if !dsn.diag_type.is_empty() && !dsn.diag_text.is_empty() {
        put(names::DIAG_TYPE, &dsn.diag_type);
        put(names::DIAG_TEXT, &dsn.diag_text);
    }
    if !dsn.mta_type.is_empty() && !dsn.mta_name.is_empty() {
        put(names::MTA_TYPE, &dsn.mta_type);
        put(names::MTA_NAME, &dsn.mta_name);
    }
    if !dsn.reason.is_empty() {
        put(names::REASON, &dsn.reason);
    }
    out.push(b'\n');
    out
}

/// Reads a log, entry by entry. Addresses in it are in external form.
#[derive(Debug)]
pub struct LogReader {
    path: PathBuf,
    input: BufReader<File>,
    default_status: &'static str,
    default_action: &'static str,
}

impl LogReader {
    /// Opens a log. `None` if there is none.
    pub fn open(queue: &Queue, dir: Dir, id: &Id) -> io::Result<Option<LogReader>> {
        let file = match queue.open_read(dir, id) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let (default_status, default_action) =
            if dir == Dir::Defer { ("4.0.0", "delayed") } else { ("5.0.0", "failed") };
        Ok(Some(LogReader {
            path: queue.path(dir, id),
            input: BufReader::new(file),
            default_status,
            default_action,
        }))
    }

    /// Goes back to the first entry.
    pub fn rewind(&mut self) -> io::Result<()> {
        self.input.seek(SeekFrom::Start(0)).map(drop)
    }

    /// The next entry.
    pub fn next_entry(&mut self) -> io::Result<Option<(Recipient, Dsn)>> {
        let mut recipient = Recipient::default();
        let mut dsn = Dsn::default();
        let mut begun = false;
        let mut line = Vec::new();
        loop {
            line.clear();
            if self.input.read_until(b'\n', &mut line)? == 0 {
                // An entry that is not followed by an empty line is not complete.
                return Ok(None);
            }
            if line.last() == Some(&b'\n') {
                line.pop();
            }
            if line.is_empty() {
                if begun {
                    break;
                }
                continue;
            }
            begun = true;
            let text = log::printable(&line).into_bytes();
            self.line(&text, &mut recipient, &mut dsn);
        }
        or_default(&mut recipient.address, "(recipient address unavailable)");
        or_default(&mut dsn.status, self.default_status);
        or_default(&mut dsn.action, self.default_action);
        or_default(&mut dsn.reason, "(description unavailable)");
        Ok(Some((recipient, dsn)))
    }

    fn line(&self, line: &[u8], recipient: &mut Recipient, dsn: &mut Dsn) {
        if line.first().is_some_and(u8::is_ascii_alphanumeric) {
            match queue::attr::split(line) {
                Ok((name, value)) => self.attribute(name, value, recipient, dsn),
                Err(problem) => log_lines::malformed_record(&self.path, problem),
            }
            return;
        }
        let old_form = line.strip_prefix(b"<").and_then(|rest| {
            let end = rest.windows(3).position(|window| window == b">: ")?;
            Some((rest.get(..end)?, rest.get(end + 2..)?.trim_ascii_start()))
        });
        match old_form {
            Some((address, reason)) => {
                recipient.address = named(address);
                dsn.reason = reason.to_vec();
            }
            None => {
                let shown = String::from_utf8_lossy(line.get(..30).unwrap_or(line)).into_owned();
                log_lines::malformed_record(&self.path, &format!("{shown}..."));
            }
        }
    }

    fn attribute(&self, name: &[u8], value: &[u8], recipient: &mut Recipient, dsn: &mut Dsn) {
        let number = || queue::file::leading_number(value);
        let slot = match std::str::from_utf8(name).unwrap_or_default() {
            names::RECIPIENT => {
                recipient.address = named(value);
                return;
            }
            names::ORIGINAL_RECIPIENT => {
                recipient.original = named(value);
                return;
            }
            names::OFFSET => {
                recipient.offset = number().max(0);
                return;
            }
            names::NOTIFY_FLAGS => {
                let flags = i32::try_from(number()).unwrap_or(0);
                if flags > 0 && queue::flags::dsn_notify::is_valid(flags) {
                    recipient.dsn_notify = flags;
                }
                return;
            }
            names::DSN_ORIG_RCPT => &mut recipient.dsn_orcpt,
            names::STATUS => &mut dsn.status,
            names::ACTION => &mut dsn.action,
            names::DIAG_TYPE => &mut dsn.diag_type,
            names::DIAG_TEXT => &mut dsn.diag_text,
            names::MTA_TYPE => &mut dsn.mta_type,
            names::MTA_NAME => &mut dsn.mta_name,
            names::REASON => &mut dsn.reason,
            _ => {
                log_lines::unknown_attribute(&self.path, name);
                return;
            }
        };
        *slot = value.to_vec();
    }
}

fn named(address: &[u8]) -> Vec<u8> {
    if address.is_empty() { b"(MAILER-DAEMON)".to_vec() } else { address.to_vec() }
}

fn or_default(slot: &mut Vec<u8>, default: &str) {
    if slot.is_empty() {
        *slot = default.as_bytes().to_vec();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &[u8]) -> Vec<(Recipient, Dsn)> {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(text).unwrap();
        file.seek(SeekFrom::Start(0)).unwrap();
        let mut reader = LogReader {
            path: PathBuf::from("bounce/X"),
            input: BufReader::new(file),
            default_status: "5.0.0",
            default_action: "failed",
        };
        std::iter::from_fn(|| reader.next_entry().unwrap()).collect()
    }

    // As bounce(8) of 3.11 writes it.
    #[test]
    fn entries_are_written_and_read() {
        let recipient = Recipient {
            address: b"a b@example.com".to_vec(),
            original: b"c@example.com".to_vec(),
            offset: 344,
            dsn_orcpt: b"rfc822;c@example.com".to_vec(),
            dsn_notify: 4,
        };
        let mut dsn = Dsn::simple("5.1.1", "unknown user");
        dsn.action = b"failed".to_vec();
        let text = format_entry(&recipient, &dsn, true);
        let expected = "\n<\"a b\"@example.com>: unknown user\nrecipient=\"a b\"@example.com\n\
            original_recipient=c@example.com\noffset=344\ndsn_orig_rcpt=rfc822;c@example.com\nnotify_flags=4\n\
            status=5.1.1\naction=failed\nreason=unknown user\n\n";
        assert_eq!(String::from_utf8(text.clone()).unwrap(), expected);
        let entries = read(&text);
        assert_eq!(entries.len(), 1);
        assert_eq!(entries[0].0.address, b"\"a b\"@example.com");
        assert_eq!((entries[0].0.offset, entries[0].0.dsn_notify), (344, 4));
        assert_eq!(entries[0].1, dsn);
    }

    #[test]
    fn old_logs_are_read() {
        let entries = read(b"<x@example.com>: no such user\n\n<>: gone\n\nrubbish");
        assert_eq!(entries[0].0.address, b"x@example.com");
        assert_eq!(entries[0].1.reason, b"no such user");
        assert_eq!(entries[0].1.status, b"5.0.0");
        assert_eq!(entries[1].0.address, b"(MAILER-DAEMON)");
        assert_eq!(entries.len(), 2);
    }
}
