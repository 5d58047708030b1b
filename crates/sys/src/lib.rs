//! System interfaces that need `unsafe` or deserve one home: identity changes, descriptor passing, locks,
//! passwd and group look-ups, POSIX regular expressions, chroot, resource limits.
//!
//! Not for policy: nothing here reads configuration or logs. Every failure comes back as an [`std::io::Error`] (or a
//! small error type), and the caller decides what it means. This is the only crate of the workspace that may use
//! `unsafe`; each block says why it is sound. Start at [`identity`] and [`descriptors`].

pub mod clock;
pub mod command;
pub mod descriptors;
mod doomed;
pub mod environment;
pub mod flow;
pub mod identity;
pub mod lock;
pub mod network;
pub mod process;
pub mod readiness;
pub mod regex;
pub mod signals;

pub use clock::{LocalTime, WallTime};
pub use descriptors::{
    close_on_exec, inherit, keep_on_exec, open_standard_descriptors, recv_fd, send_fd, set_nonblocking,
};
pub use doomed::DoomedFile;
pub use identity::{EffectiveIds, Group, User, set_ugid};
pub use lock::{DotLock, LockKind};
pub use network::{Interface, hostname, interfaces};
pub use process::{chroot, pid, set_limit};
pub use regex::PosixRegex;

/// The text of an operating system error as `strerror(3)` gives it, without the ` (os error 2)` that
/// [`std::io::Error`] adds. Log lines and messages use this wherever Postfix writes `%m`.
pub fn error_text(error: &std::io::Error) -> String {
    let text = error.to_string();
    match text.find(" (os error ").filter(|_| error.raw_os_error().is_some()) {
        Some(end) => text.get(..end).unwrap_or_default().to_owned(),
        None => text,
    }
}

/// [`error_text`] of an error number. (What the crate `nix` says about a number is its own wording.)
pub fn errno_text(error: nix::errno::Errno) -> String {
    error_text(&error.into())
}

#[cfg(test)]
mod tests {
    use super::error_text;

    #[test]
    fn error_text_is_strerror() {
        let error = std::io::Error::from_raw_os_error(libc::ENOENT);
        assert_eq!(error_text(&error), "No such file or directory");
        assert_eq!(super::errno_text(nix::errno::Errno::EAGAIN), "Resource temporarily unavailable");
        assert_eq!(error_text(&std::io::Error::other("own text")), "own text");
    }
}
