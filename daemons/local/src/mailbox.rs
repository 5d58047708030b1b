//! The user's mailbox: handed to another agent or a command, or a file or maildir of ours.

use std::ffi::OsStr;
use std::fs;
use std::io::{Seek, SeekFrom};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use delivery::copy::CopyFlags;
use delivery::maildir::{self, MaildirError};
use delivery::message_copy::copy_to_file;
use delivery::{Failure, Verdict, mailbox};
use sys::WallTime;
use tables::Ask;

use crate::agent::{Work, dsn_of};
use crate::biff;
use crate::log_lines;
use crate::state::{Rights, State};

const OTHERS_MAY_WRITE: u32 = 0o002;
const GROUP_MAY_WRITE: u32 = 0o020;

/// Why a mailbox file was not written.
pub(crate) enum Unwritten {
    /// The queue file is damaged.
    Corrupt,
    /// Status and text.
    Failed(Failure),
}

impl Work<'_> {
    /// Delivers to a user's mailbox; nothing, if there is no such user.
    pub(crate) fn deliver_mailbox(&mut self, state: &State) -> Option<Verdict> {
        let state = state.deeper();
        if self.duplicates.seen("mailbox", &state.local) {
            return Some(Verdict::Done);
        }
        let agent = self.agent;
        let settings = self.settings;
        let transports = &agent.tables.mailbox_transports;
        if let Some(verdict) = self.pass_by_tables(&state, transports, &settings.mailbox_transport) {
            return Some(verdict);
        }
        let user = match self.look_up_user(&state) {
            Ok(user) => user?,
            Err(verdict) => return Some(verdict),
        };
        let rights = Rights::from(user);
        let commands = match agent.tables.mailbox_commands.maps() {
            Ok(maps) => maps.find(&state.user, Ask::All),
            Err(fatal) => return Some(self.give_up(fatal)),
        };
        match commands {
            Ok(Some(command)) => return Some(self.deliver_command(&state, &rights, &command)),
            Ok(None) => {}
            Err(_) => return Some(self.fail(&state, "4.3.0", "table lookup failure")),
        }
        if !settings.mailbox_command.is_empty() {
            return Some(self.deliver_command(&state, &rights, settings.mailbox_command.as_bytes()));
        }
        let home = rights.home.clone().unwrap_or_default();
        let home_mailbox = join(home.as_os_str().as_bytes(), settings.home_mailbox.as_bytes());
        if settings.home_mailbox.ends_with('/') {
            return Some(self.deliver_maildir(&state, &rights, &home_mailbox));
        }
        let spool = settings.mail_spool_directory.as_bytes();
        if settings.mail_spool_directory.ends_with('/') {
            let path = [spool, &state.user, b"/"].concat();
            return Some(self.deliver_maildir(&state, &rights, &path));
        }
        let (path, spool) = if settings.home_mailbox.is_empty() {
            (join(spool, &state.user), Some(Path::new(&settings.mail_spool_directory)))
        } else {
            (home_mailbox, None)
        };
        Some(self.deliver_mailbox_file(&state, &rights, &path, spool))
    }

    /// Delivers to a mailbox file; `spool` is the directory if it is the system's own.
    fn deliver_mailbox_file(
        &mut self,
        state: &State,
        rights: &Rights,
        path: &[u8],
        spool: Option<&Path>,
    ) -> Verdict {
        if self.is_trace_only() {
            return self.sent(state, "delivers to mailbox");
        }
        let mut state = state.deeper();
        if !self.settings.frozen_delivered_to {
            state.delivered = Some(state.recipient.address.clone());
        }
        match self.write_mailbox(&state, rights, path, spool) {
            Ok(end) => {
                let verdict = self.sent(&state, "delivered to mailbox");
                if self.settings.biff {
                    biff::notify(rights.login.as_deref().unwrap_or_default(), end);
                }
                verdict
            }
            Err(Unwritten::Corrupt) => Verdict::Again,
            Err(Unwritten::Failed(failure)) => {
                let prefix = format!(
                    "cannot update mailbox {} for user {}. ",
                    String::from_utf8_lossy(path),
                    state.user_text()
                );
                self.fail_with(&state, dsn_of(&failure.prefixed(&prefix)))
            }
        }
    }

    /// Opens and locks with as few rights as the directory allows, and writes as the user, so that quotas count. Gives the
    /// offset at which the message begins.
    fn write_mailbox(
        &self,
        state: &State,
        rights: &Rights,
        path: &[u8],
        spool: Option<&Path>,
    ) -> Result<u64, Unwritten> {
        let settings = self.settings;
        let denied = || Unwritten::Failed(Failure::new("4.3.0", "cannot change identity"));
        let (uid, gid) = match spool.and_then(|spool| fs::metadata(spool).ok()) {
            Some(status) if status.mode() & OTHERS_MAY_WRITE != 0 => (rights.uid, rights.gid),
            Some(status) if status.mode() & GROUP_MAY_WRITE != 0 => (rights.uid, status.gid()),
            Some(_) => (0, 0),
            None => (rights.uid, rights.gid),
        };
        let owner = (uid != rights.uid).then_some((rights.uid, rights.gid));
        let shown = String::from_utf8_lossy(path).into_owned();
        let path = Path::new(OsStr::from_bytes(path));
        let _spool_identity = self.become_user(uid, gid).ok_or_else(denied)?;
        let mut mailbox = mailbox::open(path, owner, settings.locks, &settings.lock_patience, "5.2.0")
            .map_err(Unwritten::Failed)?;
        // The locks go when the mailbox is dropped, which is after this identity ends.
        let _user_identity = self.become_user(rights.uid, rights.gid).ok_or_else(denied)?;
        if !mailbox.status.is_file() {
            let text = format!("destination {shown} is not a regular file");
            return Err(Unwritten::Failed(Failure::new("5.2.0", text)));
        }
        if settings.strict_mailbox_ownership && mailbox.status.uid() != rights.uid {
            log_lines::ownership_hint(params::STRICT_MAILBOX_OWNERSHIP.name());
            let text = format!("destination {shown} is not owned by recipient");
            return Err(Unwritten::Failed(Failure::new("4.2.0", text)));
        }
        let end = mailbox.file.seek(SeekFrom::End(0)).unwrap_or(0);
        let flags = CopyFlags { delivered_to: settings.delivered_header.file, ..CopyFlags::MBOX };
        let headers = self.headers(state);
        copy_to_file(self.source(), &mut mailbox.file, flags, &headers.as_copy_headers())
            .map_err(|error| error.failure().map_or(Unwritten::Corrupt, Unwritten::Failed))?;
        drop(_user_identity);
        drop(mailbox);
        Ok(end)
    }

    /// Delivers to a maildir with just these rights, root's own too; the path ends in a slash.
    pub(crate) fn deliver_maildir(&mut self, state: &State, rights: &Rights, path: &[u8]) -> Verdict {
        if self.is_trace_only() {
            return self.sent(state, "delivers to maildir");
        }
        let mut state = state.deeper();
        let settings = self.settings;
        if !settings.frozen_delivered_to {
            state.delivered = Some(state.recipient.address.clone());
        }
        let flags = CopyFlags { delivered_to: settings.delivered_header.file, ..CopyFlags::MAILDIR };
        let headers = self.headers(&state);
        let (uid, gid) = (rights.uid, rights.gid);
        let target = PathBuf::from(OsStr::from_bytes(path));
        let outcome = {
            let Some(_identity) = self.become_user(uid, gid) else {
                return self.fail(&state, "4.3.0", "cannot change identity");
            };
            let headers = headers.as_copy_headers();
            maildir::deliver(&target, &settings.hostname, self.source(), flags, &headers, "5.2.0")
        };
        match outcome {
            Ok(()) => self.sent(&state, "delivered to maildir"),
            Err(MaildirError::Corrupt) => Verdict::Again,
            Err(MaildirError::Failed { failure, permission }) => {
                if permission {
                    log_lines::maildir_access(uid, gid, &failure.text);
                }
                self.fail_with(&state, dsn_of(&failure.prefixed("maildir delivery failed: ")))
            }
        }
    }

    /// The headers that go in front of a message.
    pub(crate) fn headers(&self, state: &State) -> Headers {
        let quote = |address: &[u8]| {
            if address.is_empty() { Vec::new() } else { address::quote_822(address) }
        };
        let original = if self.settings.original_recipient { &state.recipient.original[..] } else { b"" };
        Headers {
            sender: quote(&state.sender),
            original_to: quote(original),
            delivered_to: quote(state.delivered.as_deref().unwrap_or_default()),
            asctime: WallTime::now().local().format("%a %b %e %H:%M:%S %Y"),
        }
    }
}

/// The headers that go in front of a message, in external form.
pub(crate) struct Headers {
    sender: Vec<u8>,
    original_to: Vec<u8>,
    delivered_to: Vec<u8>,
    asctime: String,
}

impl Headers {
    /// As the copying functions take them.
    pub(crate) fn as_copy_headers(&self) -> delivery::copy::CopyHeaders<'_> {
        delivery::copy::CopyHeaders {
            sender: &self.sender,
            original_to: &self.original_to,
            delivered_to: &self.delivered_to,
            asctime: &self.asctime,
        }
    }
}

fn join(directory: &[u8], name: &[u8]) -> Vec<u8> {
    [directory, b"/", name].concat()
}
