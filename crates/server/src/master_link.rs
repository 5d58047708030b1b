//! A child's connection with its master: status messages, and the pipe of flow control tokens.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;

use tokio::io::unix::AsyncFd;

use crate::Fatal;
use crate::protocol::{self, Availability, Status};

/// The status pipe.
#[derive(Debug)]
pub(crate) struct MasterLink {
    status: OwnedFd,
    generation: u32,
    /// How many sessions our own master lets this process serve; `None` under Postfix's.
    pub(crate) sessions: Option<u32>,
}

impl MasterLink {
    /// Takes over the status pipe that master opened for this process.
    pub(crate) fn claim() -> Result<MasterLink, Fatal> {
        let status = sys::inherit(protocol::STATUS_FD)
            .map_err(|error| Fatal::new(format_args!("status pipe: {}", sys::error_text(&error))))?;
        // A failure only means that programs which this one starts see the pipe.
        let _ = sys::close_on_exec(&status);
        let sessions = std::env::var(protocol::SESSIONS).ok().and_then(|text| text.parse().ok());
        Ok(MasterLink { status, generation: generation()?, sessions })
    }

    #[cfg(test)]
    pub(crate) fn for_test(status: OwnedFd, sessions: Option<u32>) -> MasterLink {
        MasterLink { status, generation: 1, sessions }
    }

    /// Tells master about this process.
    ///
    /// # Errors
    /// Master closed the pipe: after a reload, or because it is gone. It means that this process should end.
    pub(crate) fn notify(&self, availability: Availability) -> io::Result<()> {
        let status = Status { pid: sys::pid(), generation: self.generation, availability };
        nix::unistd::write(&self.status, &status.encode())?;
        Ok(())
    }

    /// A second handle on the pipe for the event loop: it becomes readable when master is gone.
    pub(crate) fn watch(&self) -> io::Result<AsyncFd<OwnedFd>> {
        sys::readiness::watch_end(self.status.try_clone()?)
    }

    /// Tells a master that counts sessions how many there are; Postfix's would complain about the message.
    pub(crate) fn notify_sessions(&self, count: usize) {
        if self.sessions.is_some() {
            // A master that is gone shows at the pipe itself.
            let _ = self.notify(Availability::Sessions(u32::try_from(count).unwrap_or(u32::MAX)));
        }
    }
}

impl AsFd for MasterLink {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.status.as_fd()
    }
}

fn generation() -> Result<u32, Fatal> {
    match std::env::var(protocol::GENERATION) {
        Err(_) => Ok(0),
        Ok(text) if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) => {
            Err(Fatal::new(format_args!("bad generation: {text}")))
        }
        Ok(text) => Ok(u32::from_str_radix(&text, 8).unwrap_or(0)),
    }
}

/// The pipe of mail flow control tokens: the queue manager puts one in for each message that it takes out of the
/// incoming queue, and a daemon that brings mail in takes one out.
#[derive(Clone, Debug)]
pub struct FlowControl(Arc<Ends>);

#[derive(Debug)]
struct Ends {
    read: OwnedFd,
    write: OwnedFd,
}

impl FlowControl {
    /// Takes over the pipe that master opened; `None` when there is no master.
    pub(crate) fn claim() -> Option<FlowControl> {
        let read = sys::inherit(protocol::FLOW_READ_FD).ok()?;
        let write = sys::inherit(protocol::FLOW_WRITE_FD).ok()?;
        // A failure only means that programs which this one starts see the pipe.
        let _ = sys::close_on_exec(&read);
        let _ = sys::close_on_exec(&write);
        Some(FlowControl(Arc::new(Ends { read, write })))
    }

    /// Takes one token out; false when there is none, which means "wait for `in_flow_delay`".
    pub fn take_one(&self) -> bool {
        match sys::flow::get(self.0.read.as_fd(), 1) {
            Ok(count) => count > 0,
            Err(error) => {
                crate::log_lines::flow_pipe_failed(&error);
                false
            }
        }
    }

    /// Puts tokens in; what does not fit is dropped.
    pub fn put(&self, count: usize) {
        // A full or closed pipe is no trouble: tokens only slow others down.
        let _ = sys::flow::put(self.0.write.as_fd(), count);
    }

    /// Takes out up to `count` tokens that nobody shall use any more; gives how many there were.
    pub fn discard(&self, count: usize) -> usize {
        sys::flow::get(self.0.read.as_fd(), count).unwrap_or(0)
    }

    /// How many tokens wait in the pipe.
    pub fn count(&self) -> usize {
        sys::flow::count(self.0.read.as_fd()).unwrap_or(0)
    }
}
