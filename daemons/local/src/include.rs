//! `:include:/file`.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use delivery::Verdict;
use sys::User;

use crate::agent::Work;
use crate::log_lines;
use crate::recipient::MAX_LEVEL;
use crate::settings::Source;
use crate::state::{Rights, State};

const OTHERS_MAY_WRITE: u32 = 0o002;

impl Work<'_> {
    /// Delivers to what an include file lists.
    pub(crate) fn deliver_include(&mut self, state: &State, rights: &Rights, path: &[u8]) -> Verdict {
        let mut state = state.deeper();
        let mut rights = rights.clone();
        if state.level > MAX_LEVEL {
            log_lines::nesting(":include: nesting limit exceeded", path);
            return self.fail(&state, "5.4.6", ":include: nesting limit exceeded");
        }
        if self.duplicates.seen(&format!("include {}", rights.uid), path) {
            return Verdict::Done;
        }
        state.expanded_from = Some(state.local.clone());
        let owner = match self.check_include(path, &rights) {
            Ok(owner) => owner,
            Err(()) => return self.fail(&state, "5.3.5", "mail system configuration error"),
        };
        state.source = Some(Source::Include);
        // A user's include file in root's alias must not get at the default identity: it has the user's rights.
        if rights.uid == 0 {
            match User::by_uid(owner) {
                Ok(Some(user)) if user.uid != 0 => rights = Rights::from(user),
                Ok(Some(_)) => {}
                Ok(None) => {
                    log_lines::include_owner(path, owner, None);
                    return self.fail(&state, "4.3.5", "mail system configuration error");
                }
                Err(error) => {
                    log_lines::include_owner(path, owner, Some(&error));
                    return self.fail(&state, "4.3.5", "mail system configuration error");
                }
            }
        }
        // Forward even to local users, so that each has a status of its own.
        if state.owner.is_none() {
            state.owner = Some(state.recipient.address.clone());
        }
        let opened = match self.become_user(rights.uid, rights.gid) {
            Some(_identity) => File::open(Path::new(OsStr::from_bytes(path))),
            None => Err(std::io::ErrorKind::PermissionDenied.into()),
        };
        match opened {
            Ok(file) => {
                if !self.settings.propagate.include {
                    state.unmatched = None;
                }
                self.deliver_lines(&state, &rights, file).0
            }
            Err(error) => {
                log_lines::include_open(path, &error);
                self.fail(&state, "5.3.5", "mail system configuration error")
            }
        }
    }

    /// The owner of an include file that may be used.
    fn check_include(&self, path: &[u8], rights: &Rights) -> Result<u32, ()> {
        if path.first() != Some(&b'/') {
            log_lines::relative_include(path);
            return Err(());
        }
        let status = {
            let _identity = self.become_user(rights.uid, rights.gid).ok_or(())?;
            fs::metadata(Path::new(OsStr::from_bytes(path)))
        };
        match status {
            Err(error) => log_lines::include_lookup(path, &error),
            Ok(status) if !status.is_file() => log_lines::include(path, "is not a regular file"),
            Ok(status) if status.mode() & OTHERS_MAY_WRITE != 0 => {
                log_lines::include(path, "is world writable");
            }
            Ok(status) => return Ok(status.uid()),
        }
        Err(())
    }
}
