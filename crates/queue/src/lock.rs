//! Locks on queue files: what qmgr(8), the delivery agents and bounce(8) use among themselves. A lock belongs to
//! the open file and goes away when its last descriptor is closed.

use std::fs::File;
use std::io;
use sys::lock::Operation;

/// Who else may hold the lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LockKind {
    /// Others that want to share.
    Shared,
    /// Nobody.
    Exclusive,
}

impl LockKind {
    fn operation(self) -> Operation {
        match self {
            LockKind::Shared => Operation::Shared,
            LockKind::Exclusive => Operation::Exclusive,
        }
    }
}

/// Waits for the lock.
pub fn lock(file: &File, kind: LockKind) -> io::Result<()> {
    sys::lock::lock(file, sys::LockKind::Flock, kind.operation(), true)
}

/// Takes the lock unless somebody else holds it; says whether it was taken.
pub fn try_lock(file: &File, kind: LockKind) -> io::Result<bool> {
    match sys::lock::lock(file, sys::LockKind::Flock, kind.operation(), false) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(false),
        Err(error) => Err(error),
    }
}

/// Lets the lock go while the file stays open.
pub fn unlock(file: &File) -> io::Result<()> {
    sys::lock::lock(file, sys::LockKind::Flock, Operation::Release, false)
}
