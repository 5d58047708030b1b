//! Descriptors of any kind in tokio's event loop.

use std::io;
use std::os::fd::OwnedFd;

use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

/// Has tokio say when a descriptor can be read. It must be in non-blocking mode, and the caller in a runtime.
///
/// # Errors
/// The descriptor is of a kind that cannot be polled, such as a regular file.
pub fn watch(descriptor: OwnedFd) -> io::Result<AsyncFd<OwnedFd>> {
    // SAFETY: an OwnedFd is open, and nothing can close or replace it while the AsyncFd owns it.
    unsafe { AsyncFd::register_with_interest(descriptor, Interest::READABLE) }.map_err(io::Error::from)
}

/// Has tokio say when the other end of a descriptor is gone; see [`closed`]. For the writing end of a pipe, too.
///
/// # Errors
/// The descriptor is of a kind that cannot be polled.
pub fn watch_end(descriptor: OwnedFd) -> io::Result<AsyncFd<OwnedFd>> {
    // SAFETY: an OwnedFd is open, and nothing can close or replace it while the AsyncFd owns it.
    unsafe { AsyncFd::register_with_interest(descriptor, Interest::READABLE | Interest::ERROR) }
        .map_err(io::Error::from)
}

/// Waits until the other end is gone. Safe to cancel.
pub async fn closed(descriptor: &AsyncFd<OwnedFd>) {
    // An error of the event loop means that nobody can tell, which is as bad as "gone".
    let _ = descriptor.ready(Interest::READABLE | Interest::ERROR).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pipe_without_readers_is_closed() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let (read_end, write_end) = nix::unistd::pipe2(nix::fcntl::OFlag::O_NONBLOCK).unwrap();
            let watched = watch_end(write_end).unwrap();
            let pause = std::time::Duration::from_millis(20);
            assert!(tokio::time::timeout(pause, closed(&watched)).await.is_err());
            drop(read_end);
            closed(&watched).await;
        });
    }
}
