//! Changes of single files. A file that is gone already is nobody's fault: the mail system is at work meanwhile.
//! Anything else that fails ends the command.

use crate::{Fatal, log_lines};
use queue::{Nearby, make_parents, mode};
use std::fs::{self, OpenOptions, Permissions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;

/// Removes a file; says whether it was there.
pub(crate) fn remove(path: &Path) -> Result<bool, Fatal> {
    match fs::remove_file(path) {
        Ok(()) => {
            log_lines::step(format_args!("removed file {}", path.display()));
            Ok(true)
        }
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(fatal("remove file", path, &error)),
    }
}

/// Renames a file, and makes missing directories; says whether it was there.
pub(crate) fn rename(old: &Path, new: &Path) -> Result<bool, Fatal> {
    renamed(fs::rename(old, new), old, new)
}

/// The same for many files of a few directories.
pub(crate) fn rename_nearby(nearby: &mut Nearby, old: &Path, new: &Path) -> Result<bool, Fatal> {
    let result = nearby.rename(old, new);
    if result.is_err() {
        nearby.forget();
    }
    renamed(result, old, new)
}

/// What came of the first attempt to rename a file.
fn renamed(attempt: io::Result<()>, old: &Path, new: &Path) -> Result<bool, Fatal> {
    let result = match attempt {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            make_parents(new).and_then(|()| fs::rename(old, new))
        }
        Ok(()) => {
            log_lines::step(format_args!("renamed file {} as {}", old.display(), new.display()));
            Ok(())
        }
        result => result,
    };
    match result {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => {
            let (old, new) = (old.display(), new.display());
            Err(Fatal(format!("rename file {old} as {new}: {}", sys::error_text(&error))))
        }
    }
}

/// Removes a subdirectory that hash_queue_depth asks for no more.
pub(crate) fn remove_directory(path: &Path) -> Result<(), Fatal> {
    match fs::remove_dir(path) {
        Ok(()) => {
            log_lines::step(format_args!("remove directory {}", path.display()));
            Ok(())
        }
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(error) => Err(fatal("remove directory", path, &error)),
    }
}

/// Marks a complete message as expired; says whether it was not yet. The file is opened with care, so that nothing
/// outside of the queue gets a mark.
pub(crate) fn expire(path: &Path) -> bool {
    const NOFOLLOW: i32 = 0o400_000;
    let opened = OpenOptions::new().read(true).write(true).custom_flags(NOFOLLOW).open(path);
    let file = match opened {
        Ok(file) => file,
        Err(error) => {
            if error.kind() != ErrorKind::NotFound {
                log_lines::cannot_expire(path, &format!("cannot open file: {}", sys::error_text(&error)));
            }
            return false;
        }
    };
    let Ok(status) = file.metadata() else { return false };
    if status.nlink() != 1 {
        log_lines::cannot_expire(path, &format!("file has {} hard links", status.nlink()));
        return false;
    }
    let bits = status.permissions().mode() & 0o7777;
    if !status.is_file() || bits & mode::OWNER_BITS != mode::READY || bits & mode::EXPIRE != 0 {
        return false;
    }
    match file.set_permissions(Permissions::from_mode(bits | mode::EXPIRE)) {
        Ok(()) => true,
        Err(error) => {
            let reason = format!("cannot set permission: {}", sys::error_text(&error));
            log_lines::cannot_expire(path, &reason);
            false
        }
    }
}

fn fatal(what: &str, path: &Path, error: &io::Error) -> Fatal {
    Fatal(format!("{what} {}: {}", path.display(), sys::error_text(error)))
}
