//! Users' own forward files (forward_path).

use std::ffi::OsStr;
use std::fs::{self, File, Metadata};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use delivery::Verdict;
use queue::flags::{dsn_notify, trace};

use crate::agent::Work;
use crate::alias::{expanded, notify_without_success};
use crate::expand;
use crate::log_lines;
use crate::settings::{Source, words};
use crate::state::{Rights, State};

const OTHERS_MAY_WRITE: u32 = 0o002;

impl Work<'_> {
    /// Delivers by the user's forward file; nothing, if there is none that counts.
    pub(crate) fn deliver_dotforward(&mut self, state: &State) -> Option<Verdict> {
        if self.settings.forward_path.is_empty() {
            return None;
        }
        let mut state = state.deeper();
        let user = match self.look_up_user(&state) {
            Ok(user) => user?,
            Err(verdict) => return Some(verdict),
        };
        if !self.settings.frozen_delivered_to {
            state.delivered = Some(state.recipient.address.clone());
        }
        let rights = Rights::from(user);
        state.source = Some(Source::Forward);
        // Mail for other local users goes through a queue file of its own, and include files do not set the sender.
        state.owner = Some(state.user.clone());
        let (path, status, has_extension) = self.find_forward_file(&state, &rights)?;
        if has_extension || !self.settings.propagate.forward {
            state.unmatched = None;
        }
        if self.delivery.request.flags & trace::MTA_VRFY != 0 {
            return Some(self.sent(&state, [b"forward via file: ", path.as_slice()].concat()));
        }
        if self.duplicates.seen("forward", &path) {
            return self.duplicates.contains("forward-done", &path).then_some(Verdict::Done);
        }
        state.expanded_from = Some(state.local.clone());
        let file = self.open_forward_file(&path, &status, &rights)?;
        let before = state.clone();
        state.recipient.dsn_notify = notify_without_success(state.recipient.dsn_notify);
        let (verdict, count) = self.deliver_lines(&state, &rights, file);
        if count == 0 {
            return None;
        }
        let _ = self.duplicates.seen("forward-done", &path);
        if verdict == Verdict::Done && before.recipient.dsn_notify & dsn_notify::SUCCESS != 0 {
            let _ = self.traced(&before, &expanded("expanded"));
        }
        Some(verdict)
    }

    /// The first file of forward_path that exists, and whether its name has the address extension in it.
    fn find_forward_file(&self, state: &State, rights: &Rights) -> Option<(Vec<u8>, Metadata, bool)> {
        let settings = self.settings;
        for pattern in words(&settings.forward_path) {
            let name = expand::attributes(pattern, settings, state, rights, Some(&settings.forward_filter));
            if name.failed || name.undefined {
                continue;
            }
            let _identity = self.become_user(rights.uid, rights.gid)?;
            if let Ok(status) = fs::symlink_metadata(Path::new(OsStr::from_bytes(&name.bytes))) {
                return Some((name.bytes, status, name.has_extension));
            }
        }
        None
    }

    /// Opens a forward file, if it is the user's own doing.
    fn open_forward_file(&self, path: &[u8], status: &Metadata, rights: &Rights) -> Option<File> {
        if !status.is_file() {
            log_lines::forward_file(path, "is not a regular file");
        } else if status.uid() != 0 && status.uid() != rights.uid {
            log_lines::forward_file(path, &format!("has bad owner uid {}", status.uid()));
        } else if status.mode() & OTHERS_MAY_WRITE != 0 {
            log_lines::forward_file(path, "is world writable");
        } else {
            let _identity = self.become_user(rights.uid, rights.gid)?;
            match File::open(Path::new(OsStr::from_bytes(path))) {
                Ok(file) => return Some(file),
                Err(error) => log_lines::forward_open(path, &error),
            }
        }
        None
    }
}
