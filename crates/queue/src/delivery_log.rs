//! The logs that bounce(8), defer(8) and trace(8) keep for each message: what happened to which recipient.
//!
//! An entry is a run of `name=value` lines; empty lines stand between entries. Very old entries are one line,
//! `<recipient>: text`.

use crate::attr;
use crate::file::leading_number;
use crate::flags::dsn_notify;
use std::io::{self, BufRead};
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
}

/// Longer lines are cut: nobody writes them.
const MAX_LINE: u64 = 100_000;
const NOBODY: &[u8] = b"(MAILER-DAEMON)";

impl<R: BufRead> Entries<R> {
    /// Reads a log of recipients that failed; `path` is for warnings.
    pub fn of_bounces(input: R, path: impl Into<PathBuf>) -> Self {
        Entries { input, path: path.into(), status: "5.0.0", action: "failed" }
    }

    /// Reads a log of recipients that are to be tried again; `path` is for warnings.
    pub fn of_deferrals(input: R, path: impl Into<PathBuf>) -> Self {
        Entries { input, path: path.into(), status: "4.0.0", action: "delayed" }
    }

    /// The next entry; nothing at the end. An entry without an empty line after it is not complete, and left out.
    pub fn next_entry(&mut self) -> io::Result<Option<Entry>> {
        let mut entry = Entry::default();
        let mut found = false;
        let mut line = Vec::new();
        while self.line(&mut line)? {
            // A line ends at a NUL, too.
            let line = line.split(|&byte| byte == 0).next().unwrap_or_default();
            if line.is_empty() {
                if found {
                    return Ok(Some(self.complete(entry)));
                }
                continue;
            }
            found = true;
            let shown = log::printable(line).into_bytes();
            match shown.first() {
                Some(byte) if byte.is_ascii_alphanumeric() => self.attribute(&mut entry, &shown),
                _ => self.old_form(&mut entry, &shown),
            }
        }
        Ok(None)
    }

    fn line(&mut self, line: &mut Vec<u8>) -> io::Result<bool> {
        use std::io::Read;
        line.clear();
        if (&mut self.input).take(MAX_LINE).read_until(b'\n', line)? == 0 {
            return Ok(false);
        }
        if line.last() == Some(&b'\n') {
            line.pop();
        }
        Ok(true)
    }

    fn attribute(&self, entry: &mut Entry, line: &[u8]) {
        let (name, value) = match attr::split(line) {
            Ok(pair) => pair,
            Err(complaint) => return crate::log_lines::malformed_log_record(&self.path, complaint),
        };
        let or_nobody = |value: &[u8]| if value.is_empty() { NOBODY.to_vec() } else { value.to_vec() };
        match name {
            b"recipient" => entry.recipient = or_nobody(value),
            b"original_recipient" => entry.original_recipient = or_nobody(value),
            b"dsn_orig_rcpt" => entry.dsn_orcpt = value.to_vec(),
            b"notify_flags" => {
                let flags = i32::try_from(leading_number(value)).unwrap_or(0);
                if flags > 0 && dsn_notify::is_valid(flags) {
                    entry.dsn_notify = flags;
                }
            }
            b"offset" => entry.offset = leading_number(value).max(entry.offset),
            b"status" => entry.status = value.to_vec(),
            b"action" => entry.action = value.to_vec(),
            b"diag_type" => entry.diag_type = value.to_vec(),
            b"diag_text" => entry.diag_text = value.to_vec(),
            b"mta_type" => entry.mta_type = value.to_vec(),
            b"mta_mname" => entry.mta_name = value.to_vec(),
            b"reason" => entry.reason = value.to_vec(),
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
                entry.recipient = if recipient.is_empty() { NOBODY.to_vec() } else { recipient.to_vec() };
                entry.reason = text.trim_ascii_start().to_vec();
            }
            None => crate::log_lines::malformed_log_line(&self.path, line.get(..30).unwrap_or(line)),
        }
    }

    fn complete(&self, mut entry: Entry) -> Entry {
        let fill = |field: &mut Vec<u8>, text: &str| {
            if field.is_empty() {
                field.extend_from_slice(text.as_bytes());
            }
        };
        fill(&mut entry.recipient, "(recipient address unavailable)");
        fill(&mut entry.status, self.status);
        fill(&mut entry.action, self.action);
        fill(&mut entry.reason, "(description unavailable)");
        entry
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_and_place_holders() {
        let text = b"\n<a@b>: (connect failed)\n\nrecipient=c@d\noffset=12\nreason=no route\n\n\
            original_recipient=\n\n<>: incomplete";
        let mut entries = Entries::of_deferrals(&text[..], "defer/X");
        let first = entries.next_entry().unwrap().unwrap();
        assert_eq!((&first.recipient[..], &first.reason[..]), (&b"a@b"[..], &b"(connect failed)"[..]));
        assert_eq!((&first.status[..], &first.action[..]), (&b"4.0.0"[..], &b"delayed"[..]));
        let second = entries.next_entry().unwrap().unwrap();
        assert_eq!((second.offset, &second.recipient[..]), (12, &b"c@d"[..]));
        let third = entries.next_entry().unwrap().unwrap();
        assert_eq!(third.original_recipient, NOBODY);
        assert_eq!(third.recipient, b"(recipient address unavailable)");
        assert_eq!(entries.next_entry().unwrap(), None);
    }
}
