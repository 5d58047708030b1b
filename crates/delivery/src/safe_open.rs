//! Opens files in places where others may write, without being led astray by links.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

/// Why a file is not opened: the system's error, or one that stands for what we found; and the text to show.
#[derive(Debug)]
pub struct OpenError {
    /// The error.
    pub error: io::Error,
    /// For the log and for notices.
    pub text: String,
}

impl OpenError {
    fn system(action: &str, error: io::Error) -> OpenError {
        OpenError { text: format!("{action}: {}", sys::error_text(&error)), error }
    }

    fn found(errno: nix::errno::Errno, text: impl Into<String>) -> OpenError {
        OpenError { error: errno.into(), text: text.into() }
    }
}

impl std::fmt::Display for OpenError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for OpenError {}

/// Opens `path` for appending, and makes it with `mode` if there is none. A new file is given to `owner` (user and group)
/// if that is set. Never blocks on a pipe without reader, never follows a link that is not root's own.
pub fn open_append(path: &Path, mode: u32, owner: Option<(u32, u32)>) -> Result<(File, Metadata), OpenError> {
    let mut options = OpenOptions::new();
    options.append(true).custom_flags(libc::O_NONBLOCK);
    match open_existing(path, &options) {
        Err(OpenError { error, .. }) if error.kind() == io::ErrorKind::NotFound => {
            match create(path, mode, owner) {
                Err(OpenError { error, .. }) if error.kind() == io::ErrorKind::AlreadyExists => {
                    open_existing(path, &options)
                }
                result => result,
            }
        }
        result => result,
    }
}

/// Opens an existing file with `options`, and makes sure that it is what its name says: one plain name, no link of a
/// stranger, not swapped meanwhile.
pub fn open_existing(path: &Path, options: &OpenOptions) -> Result<(File, Metadata), OpenError> {
    use nix::errno::Errno;
    let file = options.open(path).map_err(|error| OpenError::system("cannot open file", error))?;
    let status = file.metadata().map_err(|error| OpenError::system("bad open file status", error))?;
    if status.nlink() != 1 {
        return Err(OpenError::found(Errno::EPERM, format!("file has {} hard links", status.nlink())));
    }
    if status.is_dir() {
        return Err(OpenError::found(Errno::EISDIR, "file is a directory"));
    }
    let by_name = fs::symlink_metadata(path).map_err(|error| {
        OpenError::found(
            Errno::EPERM,
            format!("file status changed unexpectedly: {}", sys::error_text(&error)),
        )
    })?;
    if by_name.is_symlink() {
        if by_name.uid() == 0 && is_in_root_only_directory(path) {
            return Ok((file, status));
        }
        return Err(OpenError::found(Errno::EPERM, "file is a symbolic link"));
    }
    let same = (status.dev(), status.ino(), status.nlink(), status.mode())
        == (by_name.dev(), by_name.ino(), by_name.nlink(), by_name.mode());
    if !same {
        return Err(OpenError::found(Errno::EPERM, "file status changed unexpectedly"));
    }
    Ok((file, status))
}

fn create(path: &Path, mode: u32, owner: Option<(u32, u32)>) -> Result<(File, Metadata), OpenError> {
    let mut options = OpenOptions::new();
    options.append(true).create_new(true).mode(mode).custom_flags(libc::O_NONBLOCK);
    let file =
        options.open(path).map_err(|error| OpenError::system("cannot create file exclusively", error))?;
    let status = file.metadata().map_err(|error| OpenError::system("bad open file status", error))?;
    if let Some((user, group)) = owner
        && let Err(error) = std::os::unix::fs::fchown(&file, Some(user), Some(group))
    {
        crate::log_lines::cannot_change_owner(path, &error);
        return Err(OpenError { error, text: String::new() });
    }
    Ok((file, status))
}

fn is_in_root_only_directory(path: &Path) -> bool {
    let parent = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    fs::metadata(parent).is_ok_and(|status| status.uid() == 0 && status.mode() & 0o022 == 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_refused() {
        let dir = tempfile::tempdir().unwrap();
        let target = dir.path().join("target");
        let (_, status) = open_append(&target, 0o600, None).unwrap();
        assert_eq!(status.mode() & 0o777, 0o600);
        let hard = dir.path().join("hard");
        fs::hard_link(&target, &hard).unwrap();
        assert_eq!(open_append(&hard, 0o600, None).unwrap_err().text, "file has 2 hard links");
        fs::remove_file(&hard).unwrap();
        let dangling = dir.path().join("dangling");
        std::os::unix::fs::symlink(dir.path().join("none"), &dangling).unwrap();
        assert_eq!(
            open_append(&dangling, 0o600, None).unwrap_err().text,
            "cannot open file: No such file or directory"
        );
    }
}
