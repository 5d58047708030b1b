//! The logs that bounce(8), defer(8) and trace(8) keep for each message: what happened to which recipient.
//!
//! An entry is a run of `name=value` lines; empty lines stand between entries. Very old entries are one line,
//! `<recipient>: text`.

use crate::attr;
use crate::file::leading_number;
use crate::flags::dsn_notify;
use std::io::{self, BufRead, Read};
use std::path::PathBuf;

/// An entry, with place holders for what is missing, as notices and listings show them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entry {
    /// Recipient.
    pub recipient: Vec<u8>,
    /// Recipient before rewriting; may be empty.
    pub original_recipient: Vec<u8>,
    /// Original recipient that the client gave; may be empty.
    pub dsn_orcpt: Vec<u8>,
    /// DSN notify flags.
    pub dsn_notify: i32,
    /// Offset of the recipient's record; 0 when unknown.
    pub offset: i64,
    /// Enhanced status code.
    pub status: Vec<u8>,
    /// What was done.
    pub action: Vec<u8>,
    /// Type of the diagnostic; may be empty.
    pub diag_type: Vec<u8>,
    /// Text of the diagnostic; may be empty.
    pub diag_text: Vec<u8>,
    /// Type of the remote MTA's name; may be empty.
    pub mta_type: Vec<u8>,
    /// Remote MTA; may be empty.
    pub mta_name: Vec<u8>,
    /// Why.
    pub reason: Vec<u8>,
}

/// Reads a log.
#[derive(Debug)]
pub struct Entries<R> {
    input: R,
    /// For warnings.
    path: PathBuf,
    status: &'static str,
    action: &'static str,
    /// The line that was read last.
    line: Vec<u8>,
}

/// Longer lines are cut: nobody writes them.
const MAX_LINE: u64 = 100_000;
const USUAL_LINE: usize = 256;
const NOBODY: &[u8] = b"(MAILER-DAEMON)";

impl<R: BufRead> Entries<R> {
    /// Reads a log of recipients that failed; `path` is for warnings.
    pub fn of_bounces(input: R, path: impl Into<PathBuf>) -> Self {
        Entries {
            input,
            path: path.into(),
            status: "5.0.0",
            action: "failed",
            line: Vec::with_capacity(USUAL_LINE),
        }
    }

    /// Reads a log of recipients that are to be tried again; `path` is for warnings.
    pub fn of_deferrals(input: R, path: impl Into<PathBuf>) -> Self {
        Entries {
            input,
            path: path.into(),
            status: "4.0.0",
            action: "delayed",
            line: Vec::with_capacity(USUAL_LINE),
        }
    }

    /// Reads the next entry into `entry`, whatever was there before; says whether there was one. An entry without an empty
    /// line after it is not complete, and left out.
    pub fn read(&mut self, entry: &mut Entry) -> io::Result<bool> {
        entry.clear();
        let mut found = false;
        while self.next_line()? {
            // A line ends at a NUL, too.
            let end = memchr::memchr(0, &self.line).unwrap_or(self.line.len());
            let line = self.line.get(..end).unwrap_or_default();
            if line.is_empty() {
                if found {
                    entry.complete(self.status, self.action);
                    return Ok(true);
                }
                continue;
            }
            found = true;
            let shown = log::bytes(line).text();
            match shown.as_bytes() {
                line @ [byte, ..] if byte.is_ascii_alphanumeric() => self.attribute(entry, line),
                line => self.old_form(entry, line),
            }
        }
        Ok(false)
    }

    fn next_line(&mut self) -> io::Result<bool> {
        self.line.clear();
        if (&mut self.input).take(MAX_LINE).read_until(b'\n', &mut self.line)? == 0 {
            return Ok(false);
        }
        self.line.pop_if(|last| *last == b'\n');
        Ok(true)
    }

    fn attribute(&self, entry: &mut Entry, line: &[u8]) {
        let (name, value) = match attr::split(line) {
            Ok(pair) => pair,
            Err(complaint) => return crate::log_lines::malformed_log_record(&self.path, complaint),
        };
        let or_nobody = if value.is_empty() { NOBODY } else { value };
        match name {
            b"recipient" => set(&mut entry.recipient, or_nobody),
            b"original_recipient" => set(&mut entry.original_recipient, or_nobody),
            b"dsn_orig_rcpt" => set(&mut entry.dsn_orcpt, value),
            b"notify_flags" => {
                let flags = i32::try_from(leading_number(value)).unwrap_or(0);
                if flags > 0 && dsn_notify::is_valid(flags) {
                    entry.dsn_notify = flags;
                }
            }
            b"offset" => entry.offset = leading_number(value).max(entry.offset),
            b"status" => set(&mut entry.status, value),
            b"action" => set(&mut entry.action, value),
            b"diag_type" => set(&mut entry.diag_type, value),
            b"diag_text" => set(&mut entry.diag_text, value),
            b"mta_type" => set(&mut entry.mta_type, value),
            b"mta_mname" => set(&mut entry.mta_name, value),
            b"reason" => set(&mut entry.reason, value),
            _ => crate::log_lines::unknown_log_attribute(&self.path, name),
        }
    }

    fn old_form(&self, entry: &mut Entry, line: &[u8]) {
        let split = line.strip_prefix(b"<").and_then(|rest| {
            let at = rest.windows(3).position(|part| part == b">: ")?;
            Some((rest.get(..at)?, rest.get(at + 3..)?))
        });
        match split {
            Some((recipient, text)) => {
                set(&mut entry.recipient, if recipient.is_empty() { NOBODY } else { recipient });
                set(&mut entry.reason, text.trim_ascii_start());
            }
            None => crate::log_lines::malformed_log_line(&self.path, line.get(..30).unwrap_or(line)),
        }
    }
}

impl Entry {
    /// Empties all fields, and keeps their room.
    fn clear(&mut self) {
        let Entry {
            recipient,
            original_recipient,
            dsn_orcpt,
            dsn_notify,
            offset,
            status,
            action,
            diag_type,
            diag_text,
            mta_type,
            mta_name,
            reason,
        } = self;
        for text in [
            recipient,
            original_recipient,
            dsn_orcpt,
            status,
            action,
            diag_type,
            diag_text,
            mta_type,
            mta_name,
            reason,
        ] {
            text.clear();
        }
        *dsn_notify = 0;
        *offset = 0;
    }

    /// Fills in what must not be missing.
    fn complete(&mut self, status: &str, action: &str) {
        for (field, text) in [
            (&mut self.recipient, "(recipient address unavailable)"),
            (&mut self.status, status),
            (&mut self.action, action),
            (&mut self.reason, "(description unavailable)"),
        ] {
            if field.is_empty() {
                field.extend_from_slice(text.as_bytes());
            }
        }
    }
}

fn set(field: &mut Vec<u8>, value: &[u8]) {
    field.clear();
    field.extend_from_slice(value);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_and_place_holders() {
        let text = b"\n<a@b>: (connect failed)\n\nrecipient=c@d\noffset=12\nreason=no route\n\n\
            original_recipient=\n\n<>: incomplete";
        let mut entries = Entries::of_deferrals(&text[..], "defer/X");
        let mut next = || {
            let mut entry = Entry::default();
            entries.read(&mut entry).unwrap().then_some(entry)
        };
        let first = next().unwrap();
        assert_eq!((&first.recipient[..], &first.reason[..]), (&b"a@b"[..], &b"(connect failed)"[..]));
        assert_eq!((&first.status[..], &first.action[..]), (&b"4.0.0"[..], &b"delayed"[..]));
        let second = next().unwrap();
        assert_eq!((second.offset, &second.recipient[..]), (12, &b"c@d"[..]));
        let third = next().unwrap();
        assert_eq!(third.original_recipient, NOBODY);
        assert_eq!(third.recipient, b"(recipient address unavailable)");
        assert_eq!(next(), None);
    }
}
