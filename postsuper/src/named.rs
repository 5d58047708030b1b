//! Operations on a message by its queue id. A message may move to another directory while we look; a second round
//! finds it.

use crate::directories::Directories;
use crate::{Fatal, Operation, Tally, files, log_lines};
use nix::fcntl::AT_FDCWD;
use nix::sys::stat::{self, UtimensatFlags};
use nix::sys::time::TimeSpec;
use queue::{Checked, Dir, Id, Queue};
use std::path::Path;

/// Logs about a message, which go when the message goes.
pub(crate) const LOGS: [Dir; 3] = [Dir::Bounce, Dir::Defer, Dir::Trace];
const ROUNDS: usize = 2;

/// Works on messages by name.
pub(crate) struct Named<'a> {
    pub(crate) queue: &'a Queue,
    pub(crate) directories: &'a Directories,
    pub(crate) tally: &'a mut Tally,
}

impl Named<'_> {
    /// Does something to one message; a message that is not there is passed over in silence.
    pub(crate) fn apply(&mut self, operation: Operation, name: &[u8]) -> Result<(), Fatal> {
        let Some(id) = Id::parse(name) else {
            log_lines::invalid_id(name);
            // The reference looks at the name once for each of the two operations.
            if operation == Operation::ExpireRelease {
                log_lines::invalid_id(name);
            }
            return Ok(());
        };
        match operation {
            Operation::Delete => self.delete(&id),
            Operation::Requeue => self.requeue(&id),
            Operation::Hold => self.hold(&id),
            Operation::Release => self.release(&id),
            Operation::Expire => self.expire(&id),
            Operation::ExpireRelease => {
                self.expire(&id)?;
                self.release(&id)
            }
        }
    }

    /// Finds the message in a directory of those asked for, `but` some, and works on it there; says whether that
    /// was done.
    fn find(
        &self,
        id: &Id,
        but: &[Dir],
        mut work: impl FnMut(&Path) -> Result<bool, Fatal>,
    ) -> Result<bool, Fatal> {
        for _ in 0..ROUNDS {
            for dir in self.directories.each() {
                let dir = dir?;
                if dir.has_messages()
                    && !but.contains(&dir)
                    && let Checked::Ready(path, _) = self.queue.check(dir, id)
                    && work(&path)?
                {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    fn delete(&mut self, id: &Id) -> Result<(), Fatal> {
        let found = self.find(id, &[], |path| {
            // The logs go first, while the message holds the id: later the id may be another message's.
            for log in LOGS {
                files::remove(&self.queue.path(log, id))?;
            }
            files::remove(path)
        })?;
        if found {
            self.tally.deleted += 1;
            log_lines::done(id, "removed");
        }
        Ok(())
    }

    fn requeue(&mut self, id: &Id) -> Result<(), Fatal> {
        let new = self.queue.path(Dir::Maildrop, id);
        let found = self.find(id, &[Dir::Maildrop], |path| files::rename(path, &new))?;
        if found {
            reset_time(&new);
            self.tally.requeued += 1;
            log_lines::done(id, "requeued");
        }
        Ok(())
    }

    fn hold(&mut self, id: &Id) -> Result<(), Fatal> {
        let new = self.queue.path(Dir::Hold, id);
        // What is in maildrop was not looked at by cleanup(8) yet, and must not get past it.
        let found = self.find(id, &[Dir::Maildrop, Dir::Hold], |path| files::rename(path, &new))?;
        if found {
            self.tally.held += 1;
            log_lines::done(id, "placed on hold");
        }
        Ok(())
    }

    fn release(&mut self, id: &Id) -> Result<(), Fatal> {
        if !self.directories.contains(Dir::Hold) {
            return Ok(());
        }
        if let Checked::Ready(path, _) = self.queue.check(Dir::Hold, id)
            && files::rename(&path, &self.queue.path(Dir::Deferred, id))?
        {
            self.tally.released += 1;
            log_lines::done(id, "released from hold");
        }
        Ok(())
    }

    fn expire(&mut self, id: &Id) -> Result<(), Fatal> {
        let found = self.find(id, &[Dir::Maildrop], |path| Ok(files::expire(path)))?;
        if found {
            self.tally.expired += 1;
            log_lines::done(id, "expired");
        }
        Ok(())
    }
}

/// pickup(8) takes mail for older than it is, otherwise. Whole seconds, as in the reference.
fn reset_time(path: &Path) {
    let now = TimeSpec::new(sys::clock::now_seconds(), 0);
    if let Err(error) = stat::utimensat(AT_FDCWD, path, &now, &now, UtimensatFlags::FollowSymlink) {
        log_lines::cannot_reset_time(path, &error.into());
    }
}
