//! A file that must not outlive a process that is told to end.

use std::ffi::{CStr, CString, OsStr};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicPtr, Ordering};

use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};

static DOOMED_FILE: AtomicPtr<libc::c_char> = AtomicPtr::new(std::ptr::null_mut());

extern "C" fn remove_file_and_end(signal: libc::c_int) {
    let path = DOOMED_FILE.swap(std::ptr::null_mut(), Ordering::AcqRel);
    // SAFETY: unlink(2) and _exit(2) are async-signal-safe. A path that is not null came out of a CString and was taken
    // from its place by nobody else; it is not freed, as the process ends.
    unsafe {
        if !path.is_null() {
            libc::unlink(path);
        }
        libc::_exit(signal)
    }
}

/// A file that is removed when one of some signals comes; the signal's number is then the exit status. There is one
/// for a process. The signal ends the process at whatever it does, so nothing can happen after the removal.
#[derive(Debug)]
pub struct DoomedFile(());

impl DoomedFile {
    /// Has the file removed from now on.
    ///
    /// # Errors
    /// A signal cannot be caught, or the path has a NUL.
    pub fn new(path: &Path, signals: &[Signal]) -> io::Result<DoomedFile> {
        let path = CString::new(path.as_os_str().as_bytes())?;
        DOOMED_FILE.store(path.into_raw(), Ordering::Release);
        for signal in signals {
            // The other signals wait, or one would end the process before the file is gone.
            let handler = SigHandler::Handler(remove_file_and_end);
            let action = SigAction::new(handler, SaFlags::SA_RESTART, SigSet::all());
            // SAFETY: the handler is async-signal-safe.
            unsafe { sigaction(*signal, &action) }?;
        }
        Ok(DoomedFile(()))
    }

    /// The file stays, whatever comes. Gives its path; nothing if that was asked before.
    pub fn keep(&self) -> Option<PathBuf> {
        let path = DOOMED_FILE.swap(std::ptr::null_mut(), Ordering::AcqRel);
        if path.is_null() {
            return None;
        }
        // SAFETY: the path came out of a CString, and was taken from its place by nobody else. It is not freed: that
        // happens once in the life of a process.
        let path = unsafe { CStr::from_ptr(path) };
        Some(PathBuf::from(OsStr::from_bytes(path.to_bytes())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_kept_is_not_doomed_any_more() {
        let path = Path::new("maildrop/1234");
        let file = DoomedFile::new(path, &[Signal::SIGUSR2]).unwrap();
        assert_eq!(file.keep().as_deref(), Some(path));
        assert_eq!(file.keep(), None);
    }
}
