//! Descriptors of any kind in tokio's event loop.

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use std::time::Duration;

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

/// Waits for input on sockets that several processes listen on, such that a client wakes up one of them and not all
/// (`EPOLLEXCLUSIVE`), and beside them for the end of one descriptor of this process alone.
///
/// A process that was woken and ends without accepting the client takes the news with it. So the caller has to look
/// at the sockets by itself now and then.
#[derive(Debug)]
pub struct SharedWait {
    epoll: OwnedFd,
}

/// What [`SharedWait::wait`] saw.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Woken {
    /// The descriptor of this process has input, or its other end is gone.
    Own,
    /// There may be a client at the socket with this index.
    Shared(usize),
    /// The time is over, or a signal came.
    Nothing,
}

const OWN: u64 = u64::MAX;

impl SharedWait {
    /// Watches these descriptors. They must stay open for as long as this value lives.
    ///
    /// # Errors
    /// No more descriptors, or one that cannot be watched.
    pub fn new<'a>(
        own: BorrowedFd<'_>,
        shared: impl IntoIterator<Item = BorrowedFd<'a>>,
    ) -> io::Result<SharedWait> {
        // SAFETY: the call takes no memory; a number that is not negative is a descriptor that nobody else owns.
        let epoll = unsafe {
            let number = libc::epoll_create1(libc::EPOLL_CLOEXEC);
            if number < 0 {
                return Err(io::Error::last_os_error());
            }
            SharedWait { epoll: OwnedFd::from_raw_fd(number) }
        };
        epoll.add(own, libc::EPOLLIN, OWN)?;
        for (index, descriptor) in (0..).zip(shared) {
            epoll.add(descriptor, libc::EPOLLIN | libc::EPOLLEXCLUSIVE, index)?;
        }
        Ok(epoll)
    }

    fn add(&self, descriptor: BorrowedFd<'_>, events: libc::c_int, data: u64) -> io::Result<()> {
        let mut event = libc::epoll_event { events: events.cast_unsigned(), u64: data };
        let (epoll, operation) = (self.epoll.as_raw_fd(), libc::EPOLL_CTL_ADD);
        // SAFETY: the event lives on this stack for the time of the call.
        match unsafe { libc::epoll_ctl(epoll, operation, descriptor.as_raw_fd(), &raw mut event) } {
            0 => Ok(()),
            _ => Err(io::Error::last_os_error()),
        }
    }

    /// Waits for so long. This process's own descriptor comes first.
    ///
    /// # Errors
    /// The kernel refused.
    pub fn wait(&self, limit: Duration) -> io::Result<Woken> {
        const ROOM: usize = 8;
        let mut events = [libc::epoll_event { events: 0, u64: 0 }; ROOM];
        // Rounded up, so that the end of a time is reached and not only neared.
        let limit = i32::try_from(limit.as_millis() + 1).unwrap_or(i32::MAX);
        // SAFETY: the kernel writes at most ROOM events into an array of that size.
        let count = unsafe {
            libc::epoll_wait(self.epoll.as_raw_fd(), events.as_mut_ptr(), ROOM as libc::c_int, limit)
        };
        let Ok(count) = usize::try_from(count) else {
            let error = io::Error::last_os_error();
            return if error.kind() == io::ErrorKind::Interrupted { Ok(Woken::Nothing) } else { Err(error) };
        };
        let seen = events.get(..count).unwrap_or_default();
        Ok(match seen.iter().map(|event| event.u64).max() {
            None => Woken::Nothing,
            Some(OWN) => Woken::Own,
            Some(index) => usize::try_from(index).map_or(Woken::Nothing, Woken::Shared),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::fd::AsFd;

    #[test]
    fn a_client_wakes_one_of_those_who_wait() {
        let dir = std::env::temp_dir().join(format!("oxipost-shared-wait-{}", std::process::id()));
        let _ = std::fs::remove_file(&dir);
        let listener = std::os::unix::net::UnixListener::bind(&dir).unwrap();
        listener.set_nonblocking(true).unwrap();
        let (own, other_end) = std::os::unix::net::UnixStream::pair().unwrap();
        let waits: Vec<_> =
            (0..4).map(|_| SharedWait::new(own.as_fd(), [listener.as_fd()]).unwrap()).collect();
        let (sender, woken) = std::sync::mpsc::channel();
        let begin = std::sync::Barrier::new(waits.len() + 1);
        std::thread::scope(|scope| {
            for wait in &waits {
                let (sender, begin) = (sender.clone(), &begin);
                scope.spawn(move || {
                    begin.wait();
                    sender.send(wait.wait(Duration::from_secs(60)).unwrap()).unwrap();
                });
            }
            begin.wait();
            // Who begins to wait only when the client is there is woken as well.
            std::thread::sleep(Duration::from_millis(500));
            let _client = std::os::unix::net::UnixStream::connect(&dir).unwrap();
            assert_eq!(woken.recv().unwrap(), Woken::Shared(0));
            listener.accept().unwrap();
            drop(other_end);
        });
        assert_eq!(woken.try_iter().collect::<Vec<_>>(), [Woken::Own; 3]);
        std::fs::remove_file(&dir).unwrap();
    }

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
