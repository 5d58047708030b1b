//! `/file` in an alias or forward file.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use delivery::copy::CopyFlags;
use delivery::mailbox::LockStyles;
use delivery::message_copy::{copy_to, copy_to_file};
use delivery::{Failure, Verdict, mailbox};
use ipc::deliver::Dsn;

use crate::agent::{Work, dsn_of};
use crate::mailbox::Unwritten;
use crate::state::{Rights, State};

const EXECUTABLE: u32 = 0o111;

impl Work<'_> {
    /// Appends the message to a file, or delivers into a maildir if its name ends in a slash.
    pub(crate) fn deliver_file(&mut self, state: &State, rights: &Rights, path: &[u8]) -> Verdict {
        let state = state.deeper();
        if self.duplicates.seen(&format!("file {}", rights.uid), path) {
            return Verdict::Done;
        }
        if !self.settings.files_from.allow(state.source) {
            return self.fail_towards_owner(&state, Dsn::simple("5.7.1", "mail to file is restricted"));
        }
        if self.is_trace_only() {
            return self.sent(&state, [b"delivers to file: ", path].concat());
        }
        if path.ends_with(b"/") {
            let (uid, gid) = self.identity(rights);
            return self.deliver_maildir(&state, &Rights { uid, gid, ..rights.clone() }, path);
        }
        match self.append_to_file(&state, rights, path) {
            Ok(()) => self.sent(&state, [b"delivered to file: ", path].concat()),
            Err(Unwritten::Corrupt) => Verdict::Again,
            Err(Unwritten::Failed(failure)) => {
                let prefix = format!("cannot append message to file {}: ", String::from_utf8_lossy(path));
                self.fail_towards_owner(&state, dsn_of(&failure.prefixed(&prefix)))
            }
        }
    }

    fn append_to_file(&self, state: &State, rights: &Rights, path: &[u8]) -> Result<(), Unwritten> {
        let settings = self.settings;
        let (uid, gid) = self.identity(rights);
        let _identity = self
            .become_user(uid, gid)
            .ok_or_else(|| Unwritten::Failed(Failure::new("4.3.0", "cannot change identity")))?;
        let locks = LockStyles { dotlock_may_fail: true, ..settings.locks };
        let path = Path::new(OsStr::from_bytes(path));
        let mut mailbox =
            mailbox::open(path, None, locks, &settings.lock_patience, "5.2.0").map_err(Unwritten::Failed)?;
        let is_file = mailbox.status.is_file();
        if is_file && mailbox.status.mode() & EXECUTABLE != 0 {
            return Err(Unwritten::Failed(Failure::new("5.7.1", "file is executable")));
        }
        let flags = CopyFlags { delivered_to: settings.delivered_header.file, ..CopyFlags::MBOX };
        let headers = self.headers(state);
        let headers = headers.as_copy_headers();
        let outcome = if is_file {
            copy_to_file(self.source(), &mut mailbox.file, flags, &headers)
        } else {
            copy_to(self.source(), &mut mailbox.file, flags, b"\n", &headers)
        };
        outcome.map_err(|error| error.failure().map_or(Unwritten::Corrupt, Unwritten::Failed))
    }
}
