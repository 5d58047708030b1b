//! Tables in files that change: the new content is swapped in without a restart.
//!
//! Where the new content has mistakes, or the file is gone, the old content stays. A process in a jail, or one that gave
//! up the right to read the file, cannot open it again: [`crate::Opener::needs_restart`] tells the server, which ends the
//! process when its sessions are done, as Postfix does for every change.

use crate::{About, Answer, Entry, LookupError, Name, OpenError, Owner, Seek, Table, log_lines};
use std::fs::{File, Metadata};
use std::os::unix::fs::MetadataExt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant, SystemTime};

/// How often a busy table's file is looked at. An idle server sees a change with the next look-up.
const CHECK_INTERVAL: Duration = Duration::from_millis(50);

/// How long a text file must be left alone before it is read again: an editor may be writing it.
const SETTLE: Duration = Duration::from_secs(1);

/// What a file was like when it was read. The open file tells of a rename over it, too: its link count drops.
pub(crate) struct Stamp {
    file: File,
    seen: Version,
}

#[derive(Clone, Copy, PartialEq, Eq)]
struct Version {
    inode: u64,
    size: u64,
    seconds: i64,
    nanoseconds: i64,
    linked: bool,
}

impl Version {
    fn of(status: &Metadata) -> Version {
        Version {
            inode: status.ino(),
            size: status.size(),
            seconds: status.mtime(),
            nanoseconds: status.mtime_nsec(),
            linked: status.nlink() > 0,
        }
    }
}

impl Stamp {
    /// The state of a file before its content is read.
    pub(crate) fn new(file: File) -> std::io::Result<Stamp> {
        let seen = Version::of(&file.metadata()?);
        Ok(Stamp { file, seen })
    }

    fn changed(&self) -> bool {
        self.file.metadata().is_ok_and(|status| Version::of(&status) != self.seen)
    }
}

/// A table as it was read.
pub(crate) struct Loaded {
    /// The table.
    pub(crate) table: Arc<dyn Table>,
    /// Its file; `None` for a table that stands in main.cf.
    pub(crate) stamp: Option<Stamp>,
    /// How many rules or lines with mistakes were left out.
    pub(crate) left_out: usize,
}

/// Opens a table's file and reads it.
pub(crate) type Load = Box<dyn Fn() -> Result<Loaded, OpenError> + Send + Sync>;

/// Where the process's file names start. It differs after chroot(2).
pub(crate) fn root() -> Option<(u64, u64)> {
    std::fs::metadata("/").ok().map(|status| (status.dev(), status.ino()))
}

/// A table that is read again when its file changes.
pub(crate) struct Reloading {
    about: About,
    path: Name,
    text: bool,
    load: Load,
    root: Option<(u64, u64)>,
    state: RwLock<Loaded>,
    swapping: Mutex<()>,
    started: Instant,
    next_check: AtomicU64,
    /// The file has changed, and only another process could read it.
    stuck: AtomicBool,
    /// The file is gone or damaged, and the log says so.
    told: AtomicBool,
}

impl Reloading {
    /// Reads the table for the first time. `path` is the file; `text` says that people edit it.
    pub(crate) fn open(path: &Name, text: bool, load: Load) -> Result<Arc<dyn Table>, OpenError> {
        Ok(Self::new(path, text, load)?)
    }

    fn new(path: &Name, text: bool, load: Load) -> Result<Arc<Reloading>, OpenError> {
        let loaded = load()?;
        Ok(Arc::new(Reloading {
            about: loaded.table.about().clone(),
            path: path.to_owned(),
            text,
            load,
            root: root(),
            state: RwLock::new(loaded),
            swapping: Mutex::new(()),
            started: Instant::now(),
            next_check: AtomicU64::new(0),
            stuck: AtomicBool::new(false),
            told: AtomicBool::new(false),
        }))
    }

    fn current(&self) -> Arc<dyn Table> {
        self.check();
        Arc::clone(&self.state.read().unwrap_or_else(PoisonError::into_inner).table)
    }

    /// Looks at the file now and then, and reads it anew when it has changed.
    fn check(&self) {
        let now = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        if now >= self.next_check.load(Ordering::Relaxed) {
            let next = now.saturating_add(u64::try_from(CHECK_INTERVAL.as_millis()).unwrap_or(u64::MAX));
            self.next_check.store(next, Ordering::Relaxed);
            if self.changed() {
                self.swap();
            }
        }
    }

    fn changed(&self) -> bool {
        let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
        state.stamp.as_ref().is_some_and(Stamp::changed)
    }

    /// Whether somebody may still be writing the file.
    fn unsettled(&self) -> bool {
        let modified = std::fs::metadata(&self.path).and_then(|status| status.modified());
        modified.is_ok_and(|at| SystemTime::now().duration_since(at).is_ok_and(|age| age < SETTLE))
    }

    fn swap(&self) {
        let Ok(_one_at_a_time) = self.swapping.try_lock() else {
            return;
        };
        if self.root != root() {
            self.stuck.store(true, Ordering::Relaxed);
            return;
        }
        if self.text && self.unsettled() {
            return;
        }
        match (self.load)() {
            Ok(new) => self.take(new),
            Err(_) if self.is_forbidden() => self.stuck.store(true, Ordering::Relaxed),
            Err(why) => {
                if !self.told.swap(true, Ordering::Relaxed) {
                    log_lines::kept_old(&self.about.kind, &self.about.name, &why.text);
                }
            }
        }
    }

    /// Takes new content, unless it has mistakes and the old one has none.
    fn take(&self, new: Loaded) {
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        self.told.store(false, Ordering::Relaxed);
        if new.left_out == 0 || state.left_out > 0 {
            *state = new;
            self.stuck.store(false, Ordering::Relaxed);
        } else {
            // The mistakes are in the log by now. The next change of the file is the next try.
            state.stamp = new.stamp;
            log_lines::kept_old(&self.about.kind, &self.about.name, "has mistakes");
        }
    }

    /// Whether this process has lost the right to read the file.
    fn is_forbidden(&self) -> bool {
        File::open(&self.path).is_err_and(|error| error.kind() == std::io::ErrorKind::PermissionDenied)
    }

    /// Whether the file has changed and this process cannot read it again.
    pub(crate) fn is_stuck(&self) -> bool {
        if self.changed() {
            drop(self.current());
        }
        self.stuck.load(Ordering::Relaxed)
    }
}

impl Table for Reloading {
    fn about(&self) -> &About {
        &self.about
    }

    fn owner(&self) -> Owner {
        self.current().owner()
    }

    fn lookup(&self, key: &[u8]) -> Result<Option<Vec<u8>>, LookupError> {
        self.current().lookup(key)
    }

    fn lookup_many(&self, keys: &[&[u8]]) -> Vec<Answer> {
        self.current().lookup_many(keys)
    }

    fn sequence(&self, seek: Seek) -> Result<Option<Entry>, LookupError> {
        self.current().sequence(seek)
    }

    fn stale_file(&self) -> Option<&Name> {
        self.is_stuck().then_some(&self.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Flags, LogicalLines, memory};

    fn load_file(path: Name) -> Load {
        Box::new(move || {
            let fail = |error: std::io::Error| OpenError::unavailable(error.to_string());
            let stamp = Stamp::new(File::open(&path).map_err(fail)?).map_err(fail)?;
            let content = std::fs::read(&path).map_err(fail)?;
            let mut lines = LogicalLines::new(&path, content.as_slice());
            let (table, left_out) = memory::texthash(&path, &mut lines, Owner::Trusted, Flags::NONE)?;
            Ok(Loaded { table: Arc::new(table), stamp: Some(stamp), left_out })
        })
    }

    fn settle_check(table: &Reloading) {
        table.next_check.store(0, Ordering::Relaxed);
    }

    #[test]
    fn a_changed_file_is_swapped_in() {
        let directory = tempfile::tempdir().unwrap();
        let path = Name::from(directory.path().join("t").as_path());
        std::fs::write(&path, "a 1\n").unwrap();
        let table = Reloading::new(&path, false, load_file(path.clone())).unwrap();
        assert_eq!(table.lookup(b"a"), Ok(Some(b"1".to_vec())));
        std::fs::write(&path, "a 22\n").unwrap();
        settle_check(&table);
        assert_eq!(table.lookup(b"a"), Ok(Some(b"22".to_vec())));
    }

    #[test]
    fn a_file_with_mistakes_or_without_content_is_not() {
        let directory = tempfile::tempdir().unwrap();
        let path = Name::from(directory.path().join("t").as_path());
        std::fs::write(&path, "a 1\n").unwrap();
        let table = Reloading::new(&path, false, load_file(path.clone())).unwrap();
        std::fs::write(&path, "a 2\nmistake\n").unwrap();
        settle_check(&table);
        assert_eq!(table.lookup(b"a"), Ok(Some(b"1".to_vec())));
        std::fs::write(&path, "a 333\n").unwrap();
        settle_check(&table);
        assert_eq!(table.lookup(b"a"), Ok(Some(b"333".to_vec())));
        std::fs::remove_file(&path).unwrap();
        settle_check(&table);
        assert_eq!(table.lookup(b"a"), Ok(Some(b"333".to_vec())));
        assert!(!table.is_stuck());
    }
}
