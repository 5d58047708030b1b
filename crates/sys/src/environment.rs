//! The process's environment: trusted reading, and changes at start-up.
//!
//! Changing the environment while another thread reads it is undefined in the C library, so the functions here are
//! for the start of a program, before it has threads; they refuse when the kernel says that there are others.

use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;

/// Is the process running with rights that its caller does not have (set-uid, set-gid)? Then the environment, the
/// working directory and the like are the caller's to choose, and not to be trusted.
pub fn is_untrusted() -> bool {
    use nix::unistd::{getegid, geteuid, getgid, getuid};
    if getuid().is_root() && geteuid().is_root() {
        return false;
    }
    geteuid() != getuid() || getegid() != getgid()
}

/// An environment variable, unless the environment is [not to be trusted](is_untrusted).
pub fn trusted(name: &str) -> Option<OsString> {
    if is_untrusted() { None } else { std::env::var_os(name) }
}

fn is_single_threaded() -> bool {
    // Each thread is a directory there, so a link more than the two of an empty directory. Without a /proc (in a jail)
    // trust the caller's promise.
    std::fs::metadata("/proc/self/task").map_or(true, |tasks| tasks.nlink() <= 3)
}

fn check() -> io::Result<()> {
    // The test harness has threads of its own.
    if cfg!(test) || is_single_threaded() {
        Ok(())
    } else {
        Err(io::Error::other("environment change in a process with threads"))
    }
}

/// Sets a variable, while the process has one thread.
///
/// # Errors
/// The process has other threads, or there is no such variable: its name is empty or has a `=` in it, or it has a NUL.
pub fn set(name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> io::Result<()> {
    check()?;
    let (name, value) = (name.as_ref(), value.as_ref());
    let is_name = !name.is_empty() && !name.as_bytes().iter().any(|byte| b"=\0".contains(byte));
    if !is_name || value.as_bytes().contains(&0) {
        return Err(io::Error::from_raw_os_error(libc::EINVAL));
    }
    // SAFETY: the process has one thread, so nobody reads the environment meanwhile.
    unsafe { std::env::set_var(name, value) };
    Ok(())
}

/// Removes a variable, while the process has one thread.
///
/// # Errors
/// The process has other threads.
pub fn remove(name: impl AsRef<OsStr>) -> io::Result<()> {
    check()?;
    // SAFETY: the process has one thread, so nobody reads the environment meanwhile.
    unsafe { std::env::remove_var(name) };
    Ok(())
}

/// Replaces the whole environment.
///
/// # Errors
/// The process has other threads, or a variable is one that cannot be.
pub fn replace(variables: Vec<(OsString, OsString)>) -> io::Result<()> {
    check()?;
    let names: Vec<OsString> = std::env::vars_os().map(|(name, _)| name).collect();
    for name in names.iter().filter(|name| !name.is_empty()) {
        // SAFETY: as in `remove`; nothing here starts a thread.
        unsafe { std::env::remove_var(name) };
    }
    for (name, value) in variables {
        set(name, value)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::is_single_threaded;

    #[test]
    fn the_harness_has_threads() {
        let another = std::thread::spawn(|| std::thread::park_timeout(std::time::Duration::from_secs(5)));
        assert!(!is_single_threaded());
        another.thread().unpark();
        another.join().unwrap();
    }
}
