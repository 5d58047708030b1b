//! Advisory locks on open files, and dot-locks beside them.

use std::fs::OpenOptions;
use std::io;
use std::os::fd::{AsFd, AsRawFd};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// Which kernel interface locks a file. They do not see each other on Linux.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LockKind {
    /// `flock(2)`: of the open file. What Postfix uses for its own files.
    Flock,
    /// `fcntl(2)`: of the process.
    Fcntl,
}

/// What to do with the lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Take it shared.
    Shared,
    /// Take it exclusively.
    Exclusive,
    /// Let it go.
    Release,
}

/// Locks or unlocks a whole file. With `wait` false, a lock that somebody else holds gives
/// [`io::ErrorKind::WouldBlock`].
///
/// # Errors
/// The lock is held by another, or the kernel refused.
pub fn lock(file: impl AsFd, kind: LockKind, operation: Operation, wait: bool) -> io::Result<()> {
    let number = file.as_fd().as_raw_fd();
    loop {
        let result = match kind {
            LockKind::Flock => {
                let base = match operation {
                    Operation::Shared => libc::LOCK_SH,
                    Operation::Exclusive => libc::LOCK_EX,
                    Operation::Release => libc::LOCK_UN,
                };
                // SAFETY: the descriptor is borrowed for the call.
                unsafe { libc::flock(number, if wait { base } else { base | libc::LOCK_NB }) }
            }
            LockKind::Fcntl => {
                let lock_type = match operation {
                    Operation::Shared => libc::F_RDLCK,
                    Operation::Exclusive => libc::F_WRLCK,
                    Operation::Release => libc::F_UNLCK,
                };
                let range = libc::flock {
                    l_type: lock_type as libc::c_short,
                    l_whence: libc::SEEK_SET as libc::c_short,
                    l_start: 0,
                    l_len: 0,
                    l_pid: 0,
                };
                let command = if wait { libc::F_SETLKW } else { libc::F_SETLK };
                // SAFETY: the descriptor is borrowed for the call and the range outlives it.
                unsafe { libc::fcntl(number, command, &range) }
            }
        };
        if result >= 0 {
            return Ok(());
        }
        let error = io::Error::last_os_error();
        match error.raw_os_error() {
            Some(libc::EINTR) if wait => {}
            // POSIX lets fcntl answer either for a lock that is held.
            Some(libc::EACCES) if kind == LockKind::Fcntl => return Err(io::ErrorKind::WouldBlock.into()),
            _ => return Err(error),
        }
    }
}

/// Tries to take an exclusive lock without waiting; false when another holds it.
///
/// # Errors
/// The kernel refused for another reason.
pub fn try_exclusive(file: impl AsFd, kind: LockKind) -> io::Result<bool> {
    match lock(file, kind, Operation::Exclusive, false) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(false),
        Err(error) => Err(error),
    }
}

/// How patient [`DotLock::acquire`] is: the parameters `deliver_lock_attempts`, `deliver_lock_delay` and `stale_lock_time`.
#[derive(Clone, Copy, Debug)]
pub struct DotLockPatience {
    /// How often to try.
    pub attempts: u32,
    /// The pause between tries.
    pub delay: Duration,
    /// A lock file that is older than this was left behind, and is removed.
    pub stale_after: Duration,
}

/// A lock file `FILE.lock`, removed when this value is dropped.
#[derive(Debug)]
pub struct DotLock {
    path: PathBuf,
}

impl DotLock {
    /// Makes `FILE.lock`. The error's kind is [`io::ErrorKind::AlreadyExists`] when somebody keeps holding it.
    ///
    /// # Errors
    /// The lock is held, or the lock file cannot be made (often: no permission in that directory).
    pub fn acquire(file: &Path, patience: &DotLockPatience) -> io::Result<DotLock> {
        let mut name = file.as_os_str().to_owned();
        name.push(".lock");
        let path = PathBuf::from(name);
        let mut outcome = Err(io::ErrorKind::AlreadyExists.into());
        for attempt in 0..patience.attempts.max(1) {
            if attempt > 0 {
                std::thread::sleep(patience.delay);
            }
            match OpenOptions::new().write(true).create_new(true).mode(0o000).open(&path) {
                Ok(_) => return Ok(DotLock { path }),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                    outcome = Err(error);
                    if is_stale(&path, patience.stale_after) {
                        let _ = std::fs::remove_file(&path);
                    }
                }
                Err(error) => return Err(error),
            }
        }
        outcome
    }
}

fn is_stale(path: &Path, age: Duration) -> bool {
    let Ok(metadata) = std::fs::symlink_metadata(path) else { return false };
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let changed = Duration::from_secs(u64::try_from(metadata.ctime()).unwrap_or(0));
    now > changed + age
}

impl Drop for DotLock {
    fn drop(&mut self) {
        // Nothing to do about a failure: the lock goes stale, as the protocol provides.
        let _ = std::fs::remove_file(&self.path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(name: &str) -> PathBuf {
        let path = std::env::temp_dir().join(format!("oxipost-sys-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        path
    }

    #[test]
    fn flock_is_of_the_open_file() {
        let path = folder("flock").join("file");
        let first = std::fs::File::create(&path).unwrap();
        let second = std::fs::File::open(&path).unwrap();
        assert!(try_exclusive(&first, LockKind::Flock).unwrap());
        assert!(!try_exclusive(&second, LockKind::Flock).unwrap());
        lock(&first, LockKind::Flock, Operation::Release, true).unwrap();
        assert!(try_exclusive(&second, LockKind::Flock).unwrap());
    }

    #[test]
    fn a_dot_lock_excludes_and_goes_away() {
        let file = folder("dotlock").join("mbox");
        let patience =
            DotLockPatience { attempts: 1, delay: Duration::ZERO, stale_after: Duration::from_secs(500) };
        let held = DotLock::acquire(&file, &patience).unwrap();
        let error = DotLock::acquire(&file, &patience).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::AlreadyExists);
        drop(held);
        DotLock::acquire(&file, &patience).unwrap();
    }
}
