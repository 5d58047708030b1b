//! A table's new file, which takes the old one's place when it is complete. Readers see the old table or the new one.
//!
//! Postfix's postmap(1) writes into the old file, with an exclusive lock. Ours holds that lock, too, so that both wait
//! for one another.

use super::io_open_error;
use crate::{LookupError, Name, OpenError, log_lines};
use bdb::{Creation, Method};
use std::fs::{File, Metadata, OpenOptions};
use std::io;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::SystemTime;
use sys::lock::{LockKind, Operation, lock};

/// The number of keys that Postfix expects in a hash file; it stands in the file.
const EXPECTED_ELEMENTS: u32 = 4096;
/// libdb's limits of the page size that it derives from the file system's.
const PAGE_SIZES: std::ops::RangeInclusive<u64> = 512..=16384;

/// A file that is being built.
pub(super) struct NewFile {
    file: File,
    /// Its name until it is complete; none when the old file is written over.
    temporary: Option<PathBuf>,
    target: PathBuf,
    is_in_place: AtomicBool,
    /// The old file, locked, when it is not written over.
    _old: Option<File>,
}

/// Opens the file that is there and locks it against readers and writers. An empty one is no table, and is removed.
pub(super) fn lock_existing(path: &Name) -> Result<Option<File>, OpenError> {
    let fatal = |what: &str| {
        let what = format!("{what} {path}");
        move |error: io::Error| OpenError::fatal(format!("{what}: {}", sys::error_text(&error)))
    };
    loop {
        let file = match OpenOptions::new().read(true).write(true).open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(fatal("open")(error)),
        };
        lock(&file, LockKind::Flock, Operation::Exclusive, true).map_err(fatal("lock"))?;
        let status = file.metadata().map_err(fatal("fstat"))?;
        if !std::fs::metadata(path).is_ok_and(|named| is_same(&named, &status)) {
            // Another postmap replaced it while this one waited for the lock.
            continue;
        }
        if status.size() > 0 {
            return Ok(Some(file));
        }
        std::fs::remove_file(path).map_err(fatal("cannot remove zero-length database file"))?;
        log_lines::removed_empty_file(path);
        return Ok(None);
    }
}

fn is_same(one: &Metadata, other: &Metadata) -> bool {
    (one.dev(), one.ino()) == (other.dev(), other.ino())
}

impl NewFile {
    /// Starts a file. `old` is the one that it will replace.
    pub(super) fn create(path: &Name, old: Option<File>) -> Result<NewFile, OpenError> {
        let complain = |error: io::Error| io_open_error(path, &error);
        let target = std::fs::canonicalize(path).unwrap_or_else(|_| path.as_path().to_owned());
        let mut temporary = target.clone().into_os_string();
        temporary.push(".tmp");
        let temporary = PathBuf::from(temporary);
        let (file, temporary, old) = match (start(&temporary, old.as_ref()), old) {
            (Ok(file), old) => (file, Some(temporary), old),
            (Err(_), Some(old)) => (old, None, None),
            (Err(error), None) => return Err(complain(error)),
        };
        Ok(NewFile { file, temporary, target, is_in_place: AtomicBool::new(false), _old: old })
    }

    /// What its first page says.
    pub(super) fn creation(&self, method: Method) -> io::Result<Creation> {
        let status = self.file.metadata()?;
        Ok(Creation {
            method,
            page_size: page_size(&status),
            expected_elements: EXPECTED_ELEMENTS,
            file_id: file_id(&status),
        })
    }

    /// The place where it will be.
    pub(super) fn target(&self) -> &Path {
        &self.target
    }

    /// The open file, empty.
    pub(super) fn to_write(&self) -> io::Result<File> {
        // Readers of an old file wait for its lock meanwhile; those without locks may see half of it.
        self.file.set_len(0)?;
        self.file.try_clone()
    }

    /// Gives the complete file its name.
    pub(super) fn put_in_place(&self) -> Result<(), LookupError> {
        if let Some(temporary) = &self.temporary {
            std::fs::rename(temporary, &self.target).map_err(|error| {
                let (from, to) = (temporary.display(), self.target.display());
                LookupError::Fatal(format!(
                    "rename database from {from} to {to}: {}",
                    sys::error_text(&error)
                ))
            })?;
        }
        self.is_in_place.store(true, Ordering::Relaxed);
        Ok(())
    }
}

impl Drop for NewFile {
    fn drop(&mut self) {
        if let Some(temporary) = &self.temporary
            && !self.is_in_place.load(Ordering::Relaxed)
        {
            // Nothing can be done about one that stays: the next run uses it.
            let _ = std::fs::remove_file(temporary);
        }
    }
}

/// Opens and locks an empty file with the owner and mode of the old one. Fails where that cannot be, so that the old
/// file itself must be written.
fn start(temporary: &Path, old: Option<&File>) -> io::Result<File> {
    let old = old.map(File::metadata).transpose()?;
    if old.as_ref().is_some_and(|old| old.nlink() > 1) {
        return Err(io::ErrorKind::AlreadyExists.into());
    }
    let file = loop {
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o644)
            .open(temporary)?;
        lock(&file, LockKind::Flock, Operation::Exclusive, true)?;
        // Another postmap may have renamed the file while this one waited for the lock.
        if std::fs::metadata(temporary)
            .is_ok_and(|named| file.metadata().is_ok_and(|own| is_same(&named, &own)))
        {
            break file;
        }
    };
    file.set_len(0)?;
    if let Some(old) = old {
        let own = file.metadata()?;
        if (own.uid(), own.gid()) != (old.uid(), old.gid())
            && let Err(error) = std::os::unix::fs::fchown(&file, Some(old.uid()), Some(old.gid()))
        {
            let _ = std::fs::remove_file(temporary);
            return Err(error);
        }
        file.set_permissions(old.permissions())?;
    }
    Ok(file)
}

/// The page size that libdb takes: the file system's block size.
fn page_size(status: &Metadata) -> usize {
    let size = status.blksize().clamp(*PAGE_SIZES.start(), *PAGE_SIZES.end());
    usize::try_from(size).ok().filter(|size| size.is_power_of_two()).unwrap_or(8192)
}

/// What tells files from one another, as libdb makes it up: inode, device, time and process.
fn file_id(status: &Metadata) -> [u8; 20] {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let unique = now.as_secs().rotate_left(20) ^ u64::from(now.subsec_nanos());
    let numbers = [status.ino(), status.dev(), unique, u64::from(sys::process::pid())];
    let mut id = [0; 20];
    for (place, number) in id.chunks_mut(4).zip(numbers) {
        place.copy_from_slice(&(number as u32).to_ne_bytes());
    }
    id
}
