//! Directories held open, so that the system looks up one name for a file and not each part of a path.

use nix::fcntl::{AT_FDCWD, OFlag, openat, renameat};
use nix::sys::stat::Mode;
use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// Directories that were used, for work on many files of few directories. Everything works as without it, with paths
/// relative to the queue directory: a directory that cannot be held (because descriptors are few, say) is not.
///
/// It is not for long: a directory that is removed and made again meanwhile is a new one.
#[derive(Debug)]
pub struct Nearby {
    held: Vec<(PathBuf, File)>,
    max: usize,
}

/// All subdirectories of one level, on both sides of a move. What comes after them is not held, instead of one of them:
/// in the subdirectories of two levels, names come in no order.
const MAX_HELD: usize = 32;

impl Default for Nearby {
    fn default() -> Nearby {
        Nearby { held: Vec::new(), max: MAX_HELD }
    }
}

impl Nearby {
    /// Holds nothing, for work on few files or with few descriptors.
    pub fn of_none() -> Nearby {
        Nearby { held: Vec::new(), max: 0 }
    }

    /// Opens a file for reading; `flags` come on top.
    pub fn open(&mut self, path: &Path, flags: OFlag) -> io::Result<File> {
        self.hold(parent(path).0);
        let (directory, name) = self.place(path);
        let flags = flags | OFlag::O_RDONLY | OFlag::O_CLOEXEC;
        match openat(directory, name, flags, Mode::empty()) {
            Ok(file) => Ok(File::from(file)),
            Err(nix::Error::EMFILE) if !self.held.is_empty() => {
                self.held.clear();
                openat(AT_FDCWD, path, flags, Mode::empty()).map(File::from).map_err(io::Error::from)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Renames a file; one rename(2) if that succeeds.
    pub fn rename(&mut self, old: &Path, new: &Path) -> io::Result<()> {
        self.hold(parent(old).0);
        self.hold(parent(new).0);
        let (from, old) = self.place(old);
        let (to, new) = self.place(new);
        renameat(from, old, to, new).map_err(io::Error::from)
    }

    /// Lets go of all directories: they may have changed.
    pub fn forget(&mut self) {
        self.held.clear();
    }

    fn hold(&mut self, directory: &Path) {
        if self.held.len() == self.max || self.find(directory).is_some() || directory.as_os_str().is_empty() {
            return;
        }
        let flags = OFlag::O_PATH | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC;
        if let Ok(opened) = openat(AT_FDCWD, directory, flags, Mode::empty()) {
            self.held.push((directory.to_owned(), File::from(opened)));
        }
    }

    fn find(&self, directory: &Path) -> Option<&File> {
        let is_it = |(path, _): &&(PathBuf, File)| path.as_os_str() == directory.as_os_str();
        self.held.iter().rfind(is_it).map(|(_, file)| file)
    }

    /// From where, and by which name, the system finds a file.
    fn place<'a>(&'a self, path: &'a Path) -> (BorrowedFd<'a>, &'a OsStr) {
        let (directory, name) = parent(path);
        match self.find(directory) {
            Some(held) => (held.as_fd(), name),
            None => (AT_FDCWD, path.as_os_str()),
        }
    }
}

/// A path in two: paths of queue files are plain, so that there is no need to look at each part.
fn parent(path: &Path) -> (&Path, &OsStr) {
    let bytes = path.as_os_str().as_bytes();
    let (directory, name) = match bytes.iter().rposition(|&byte| byte == b'/') {
        Some(at) => (bytes.get(..at).unwrap_or_default(), bytes.get(at + 1..).unwrap_or_default()),
        None => (&b""[..], bytes),
    };
    (Path::new(OsStr::from_bytes(directory)), OsStr::from_bytes(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::io::Read;

    #[test]
    fn files_are_opened_and_moved_in_their_directories() {
        let root = tempfile::tempdir().unwrap();
        let path = |name: &str| root.path().join(name);
        for dir in ["from", "to"] {
            fs::create_dir(path(dir)).unwrap();
        }
        fs::write(path("from/A"), "text").unwrap();
        let mut nearby = Nearby::default();
        nearby.rename(&path("from/A"), &path("to/B")).unwrap();
        let mut text = String::new();
        nearby.open(&path("to/B"), OFlag::empty()).unwrap().read_to_string(&mut text).unwrap();
        assert_eq!(text, "text");
        let error = nearby.open(&path("nowhere/B"), OFlag::empty()).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::NotFound);
        fs::remove_dir(path("from")).unwrap();
        fs::create_dir(path("from")).unwrap();
        assert!(nearby.rename(&path("to/B"), &path("from/A")).is_err());
        nearby.forget();
        nearby.rename(&path("to/B"), &path("from/A")).unwrap();
    }

    #[test]
    fn many_directories_are_not_held() {
        let root = tempfile::tempdir().unwrap();
        let mut nearby = Nearby::default();
        for number in 0..MAX_HELD + 9 {
            let directory = root.path().join(number.to_string());
            fs::create_dir(&directory).unwrap();
            fs::write(directory.join("A"), "").unwrap();
            nearby.open(&directory.join("A"), OFlag::empty()).unwrap();
        }
        assert_eq!(nearby.held.len(), MAX_HELD);
    }
}
