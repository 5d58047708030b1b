//! Walks over whole directories: repairs, and operations on all messages.

use crate::directories::Directories;
use crate::incomplete::Incomplete;
use crate::named::LOGS;
use crate::{Fatal, Operation, Tally, files, log_lines, removal};
use queue::{Dir, Id, Nearby, Queue, mode};
use std::ffi::OsStr;
use std::fs::{self, FileType, Metadata, ReadDir};
use std::io::ErrorKind;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Which repairs are made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Repair {
    /// Remove old files that were never completed.
    pub(crate) purge: bool,
    /// Put files in the right place, under the right name.
    pub(crate) structure: bool,
    /// Do so even for long ids, which are unique without it.
    pub(crate) redundant: bool,
}

impl Repair {
    pub(crate) fn is_wanted(self) -> bool {
        self.purge || self.structure
    }
}

/// One pass does one of these.
#[derive(Clone, Copy)]
enum Pass {
    Repair(Repair),
    All(Operation),
}

/// Walks over directories.
pub(crate) struct Sweep<'a> {
    pub(crate) queue: &'a Queue,
    pub(crate) tally: &'a mut Tally,
    pub(crate) incomplete: &'a Incomplete,
    /// Files that are to be removed.
    doomed: Vec<PathBuf>,
    nearby: Nearby,
}

/// A file that was not completed for so long never will be: 7 days.
const MAX_INCOMPLETE_AGE: i64 = 7 * 24 * 3600;
/// What a file is called between two passes: no name that the mail system would touch.
const INTERIM: &[u8] = b"#FIX";

/// Files that wait for their removal at most.
const MAX_DOOMED: usize = 8192;

impl<'a> Sweep<'a> {
    pub(crate) fn new(queue: &'a Queue, tally: &'a mut Tally, incomplete: &'a Incomplete) -> Sweep<'a> {
        Sweep { queue, tally, incomplete, doomed: Vec::new(), nearby: Nearby::default() }
    }
}

impl Sweep<'_> {
    /// Makes repairs.
    pub(crate) fn repair(&mut self, directories: &Directories, repair: Repair) -> Result<(), Fatal> {
        directories.each().try_for_each(|dir| self.directory(dir?, Pass::Repair(repair)))
    }

    /// Does something to all messages.
    pub(crate) fn all(&mut self, directories: &Directories, operation: Operation) -> Result<(), Fatal> {
        directories.each().try_for_each(|dir| self.directory(dir?, Pass::All(operation)))
    }

    fn directory(&mut self, dir: Dir, pass: Pass) -> Result<(), Fatal> {
        log_lines::directory(dir.name());
        // Strangers can write to maildrop; we would not know where a subdirectory leads.
        let recurses = dir != Dir::Maildrop;
        let wanted_depth = if self.queue.is_hashed(dir) { self.queue.depth() } else { 0 };
        if wanted_depth > 0 && !recurses {
            return Err(Fatal(format!("{} queue must not be hashed", dir.name())));
        }
        let mut open = vec![open_directory(Path::new(dir.name()))?];
        while let Some((path, entries)) = open.last_mut() {
            let entry = match entries.next() {
                Some(Ok(entry)) => entry,
                Some(Err(_)) | None => {
                    let path = std::mem::take(path);
                    open.pop();
                    self.nearby.forget();
                    self.remove_doomed(dir)?;
                    if open.len() > wanted_depth {
                        files::remove_directory(&path)?;
                    }
                    continue;
                }
            };
            let name = entry.file_name();
            let path = path.join(&name);
            if name.len() == 1 && recurses {
                // What comes first is done first, should this fail.
                self.remove_doomed(dir)?;
                open.push(open_directory(&path)?);
                continue;
            }
            let Ok(kind) = entry.file_type() else { continue };
            if kind.is_dir() {
                remove_alien(&path);
            } else {
                self.file(dir, &path, &name, kind, pass)?;
            }
        }
        Ok(())
    }

    /// What the directory itself says about a file is enough for most operations, and asking the file would take as
    /// long as moving it.
    fn file(&mut self, dir: Dir, path: &Path, name: &OsStr, kind: FileType, pass: Pass) -> Result<(), Fatal> {
        match pass {
            Pass::All(Operation::Delete) => self.doom(dir, path),
            _ if !kind.is_file() => files::remove(path).map(drop),
            Pass::Repair(repair) => match fs::symlink_metadata(path) {
                Ok(status) => self.inspect(dir, path, name, &status, repair),
                Err(_) => Ok(()),
            },
            Pass::All(operation) => match Id::parse(name.as_bytes()) {
                Some(id) => self.message(dir, path, &id, operation),
                None => {
                    log_lines::bogus_name(path);
                    Ok(())
                }
            },
        }
    }

    /// Removal waits for company: the system removes files faster side by side.
    fn doom(&mut self, dir: Dir, path: &Path) -> Result<(), Fatal> {
        self.doomed.push(path.to_owned());
        if self.doomed.len() < MAX_DOOMED { Ok(()) } else { self.remove_doomed(dir) }
    }

    fn remove_doomed(&mut self, dir: Dir) -> Result<(), Fatal> {
        let doomed = std::mem::take(&mut self.doomed);
        self.tally.deleted += removal::remove_all(dir, &doomed)?;
        Ok(())
    }

    fn inspect(
        &mut self,
        dir: Dir,
        path: &Path,
        name: &OsStr,
        status: &Metadata,
        repair: Repair,
    ) -> Result<(), Fatal> {
        let is_ready = status.mode() & mode::OWNER_BITS == mode::READY;
        let is_old = sys::clock::now_seconds() > status.mtime() + MAX_INCOMPLETE_AGE;
        if repair.purge && dir.has_messages() && !is_ready && is_old {
            files::remove(path)?;
            return Ok(());
        }
        if repair.structure {
            return self.structure(dir, path, name, status, repair);
        }
        if Id::parse(name.as_bytes()).is_none() {
            log_lines::bogus_name(path);
        }
        Ok(())
    }

    /// Gives a file its right name and place.
    fn structure(
        &mut self,
        dir: Dir,
        path: &Path,
        name: &OsStr,
        status: &Metadata,
        repair: Repair,
    ) -> Result<(), Fatal> {
        let mut path = path.to_owned();
        let mut name = name.as_bytes();
        if let Some(stem) = name.strip_suffix(INTERIM).filter(|stem| !stem.is_empty()) {
            let Some(id) = Id::parse(stem) else {
                log_lines::bogus_name(&path);
                return Ok(());
            };
            if dir.has_messages() {
                match id.inode() {
                    None => {
                        log_lines::bogus_name(&path);
                        return Ok(());
                    }
                    Some(inode) if inode != status.ino() => {
                        log_lines::wrong_inode(&path);
                        return Ok(());
                    }
                    Some(_) => {}
                }
            }
            let wanted = self.queue.path(dir, &id);
            if !files::rename(&path, &wanted)? {
                return Ok(());
            }
            if dir.has_messages() {
                self.tally.renamed += 1;
                self.incomplete.begin();
            }
            path = wanted;
            name = stem;
        }
        let Some(id) = Id::parse(name) else {
            log_lines::bogus_name(&path);
            return Ok(());
        };
        if dir.has_messages() {
            let Some(inode) = id.inode() else {
                log_lines::bogus_name(&path);
                return Ok(());
            };
            let is_unwanted_form = id.is_long() && !self.queue.long_ids();
            let is_wrong = inode != status.ino() && (!id.is_long() || repair.redundant);
            if is_unwanted_form || is_wrong {
                return self.rename_to_inode(dir, &path, &id, status.ino());
            }
        }
        let wanted = self.queue.path(dir, &id);
        if path != wanted {
            self.incomplete.begin();
            files::rename(&path, &wanted)?;
        }
        Ok(())
    }

    /// Renames a message and its logs to an interim name that goes with the inode. The message comes last, so that an
    /// interrupted attempt can be repeated; the name is always the same one, for the same reason.
    fn rename_to_inode(&mut self, dir: Dir, path: &Path, id: &Id, inode: u64) -> Result<(), Fatal> {
        self.tally.mismatched += 1;
        self.incomplete.begin();
        let new_id = if self.queue.long_ids() { id.with_inode(inode) } else { id.to_short(inode) };
        for log in LOGS {
            files::rename(&self.queue.path(log, id), &interim(&self.queue.path(log, &new_id)))?;
        }
        files::rename(path, &interim(&self.queue.path(dir, &new_id)))?;
        Ok(())
    }

    /// Does something to one of all messages.
    fn message(&mut self, dir: Dir, path: &Path, id: &Id, operation: Operation) -> Result<(), Fatal> {
        if !dir.has_messages() || dir == Dir::Maildrop {
            return Ok(());
        }
        let queue = self.queue;
        let to = |dir| queue.path(dir, id);
        let expires = matches!(operation, Operation::Expire | Operation::ExpireRelease);
        if expires && is_ready(path) && files::expire(path) {
            self.tally.expired += 1;
        }
        match operation {
            Operation::Requeue if self.move_to(path, &to(Dir::Maildrop))? => self.tally.requeued += 1,
            Operation::Hold if dir != Dir::Hold && self.move_to(path, &to(Dir::Hold))? => {
                self.tally.held += 1
            }
            Operation::Release | Operation::ExpireRelease
                if dir == Dir::Hold && self.move_to(path, &to(Dir::Deferred))? =>
            {
                self.tally.released += 1;
            }
            _ => {}
        }
        Ok(())
    }

    fn move_to(&mut self, old: &Path, new: &Path) -> Result<bool, Fatal> {
        files::rename_nearby(&mut self.nearby, old, new)
    }
}

/// Whether a file is a complete message.
pub(crate) fn is_ready(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|status| status.mode() & mode::OWNER_BITS == mode::READY)
}

fn interim(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(OsStr::from_bytes(INTERIM));
    PathBuf::from(name)
}

fn open_directory(path: &Path) -> Result<(PathBuf, ReadDir), Fatal> {
    match fs::read_dir(path) {
        Ok(entries) => Ok((path.to_owned(), entries)),
        Err(error) => {
            let text = sys::error_text(&error);
            Err(Fatal(format!("scan_dir_push: open directory {}: {text}", path.display())))
        }
    }
}

/// A directory that does not belong here goes if it is empty.
fn remove_alien(path: &Path) {
    match fs::remove_dir(path) {
        Ok(()) => log_lines::step(format_args!("remove subdirectory {}", path.display())),
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => log_lines::cannot_remove_directory(path, &error),
    }
}
