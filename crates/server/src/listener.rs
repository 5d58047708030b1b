//! Sockets that clients connect to, shared with master and with the other processes of the service.

use std::future::poll_fn;
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::task::{Context, Poll};

use nix::sys::socket::{SockFlag, accept4};
use tokio::io::unix::AsyncFd;

/// Accepts one client; `None` when another process was faster, or the client is gone already.
pub(crate) fn accept(listener: &OwnedFd) -> io::Result<Option<OwnedFd>> {
    use nix::errno::Errno;
    match accept4(listener.as_raw_fd(), SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK) {
        Ok(number) => sys::inherit(number).map(Some),
        // accept(2) on Linux gives errors of the new connection's network as its own; they mean "try the next".
        Err(
            Errno::EAGAIN
            | Errno::EINTR
            | Errno::ECONNABORTED
            | Errno::ENETDOWN
            | Errno::EPROTO
            | Errno::ENOPROTOOPT
            | Errno::EHOSTDOWN
            | Errno::ENONET
            | Errno::EHOSTUNREACH
            | Errno::EOPNOTSUPP
            | Errno::ENETUNREACH
            | Errno::ECONNRESET
            | Errno::ETIMEDOUT,
        ) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// What [`Listeners::accept_unless`] gives.
#[derive(Debug)]
pub(crate) enum Accepted {
    /// A client.
    Client(OwnedFd),
    /// Nobody: this process is outdated.
    Outdated(String),
}

/// All sockets of a service, for tokio.
#[derive(Debug)]
pub(crate) struct Listeners {
    sockets: Vec<AsyncFd<OwnedFd>>,
    // Where to look first, so that a busy socket does not starve the others.
    next: usize,
}

impl Listeners {
    pub(crate) fn new(sockets: Vec<OwnedFd>) -> io::Result<Listeners> {
        let sockets = sockets
            .into_iter()
            .map(|socket| {
                sys::set_nonblocking(&socket, true)?;
                sys::readiness::watch(socket)
            })
            .collect::<io::Result<Vec<_>>>()?;
        Ok(Listeners { sockets, next: 0 })
    }

    /// Waits for a client. Safe to cancel.
    pub(crate) async fn accept(&mut self) -> io::Result<OwnedFd> {
        loop {
            if let Accepted::Client(client) = self.accept_unless(&|| None).await? {
                return Ok(client);
            }
        }
    }

    /// Waits for a client. Before one is accepted, `outdated` may say why this process should not: the client then
    /// stays for the next process. Safe to cancel.
    pub(crate) async fn accept_unless(
        &mut self,
        outdated: &dyn Fn() -> Option<String>,
    ) -> io::Result<Accepted> {
        poll_fn(|context| self.poll_accept(context, outdated)).await
    }

    /// Accepts nobody any more; master and other processes still do.
    pub(crate) fn close(&mut self) {
        self.sockets.clear();
    }

    fn poll_accept(
        &mut self,
        context: &mut Context<'_>,
        outdated: &dyn Fn() -> Option<String>,
    ) -> Poll<io::Result<Accepted>> {
        let count = self.sockets.len();
        for step in 0..count {
            let index = (self.next + step) % count;
            let Some(socket) = self.sockets.get(index) else { continue };
            while let Poll::Ready(guard) = socket.poll_read_ready(context) {
                let mut guard = guard?;
                if let Some(why) = outdated() {
                    return Poll::Ready(Ok(Accepted::Outdated(why)));
                }
                match accept(socket.get_ref())? {
                    Some(client) => {
                        self.next = index + 1;
                        return Poll::Ready(Ok(Accepted::Client(client)));
                    }
                    None => guard.clear_ready(),
                }
            }
        }
        Poll::Pending
    }
}
