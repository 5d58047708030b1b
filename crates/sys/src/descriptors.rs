//! File descriptors: inherited, passed over sockets, and their flags.

use std::io::{self, IoSlice, IoSliceMut};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};

use nix::fcntl::{FcntlArg, FdFlag, OFlag, fcntl};
use nix::sys::socket::{ControlMessage, ControlMessageOwned, MsgFlags, recvmsg, sendmsg};

/// The flag of `open(2)` that keeps it from waiting at a pipe or a device.
pub const NONBLOCK: i32 = libc::O_NONBLOCK;

/// Takes ownership of a descriptor that this process was started with, by its agreed number.
///
/// # Errors
/// The descriptor is not open.
pub fn inherit(number: RawFd) -> io::Result<OwnedFd> {
    // SAFETY: the borrow lasts for one fcntl call, which fails for a descriptor that is not open.
    let borrowed = unsafe { BorrowedFd::borrow_raw(number) };
    fcntl(borrowed, FcntlArg::F_GETFD)?;
    // SAFETY: it is open, and by this function's contract nothing else in the process owns that number: the number
    // is part of an agreement with the parent process, and is claimed once, at start.
    Ok(unsafe { OwnedFd::from_raw_fd(number) })
}

/// Is this descriptor number open in this process?
pub fn is_open(number: RawFd) -> bool {
    // SAFETY: the borrow lasts for one fcntl call, which fails for a descriptor that is not open.
    let borrowed = unsafe { BorrowedFd::borrow_raw(number) };
    fcntl(borrowed, FcntlArg::F_GETFD).is_ok()
}

/// Gives the calling thread a table of descriptors of its own: a copy, in which it opens and closes files from then on
/// without holding up other threads. What others open or close later, it does not see.
///
/// # Errors
/// The kernel refused.
pub fn unshare_table() -> io::Result<()> {
    Ok(nix::sched::unshare(nix::sched::CloneFlags::CLONE_FILES)?)
}

/// Closes a descriptor by number, one that nothing in this process owns (left over by the parent).
pub fn close_stray(number: RawFd) {
    // SAFETY: by contract nobody owns the number; closing a number that is not open only fails.
    unsafe { libc::close(number) };
}

/// Closes all descriptors from `first` up. For the start of a program, before anything is opened.
pub fn close_from(first: RawFd) {
    let first = u32::try_from(first).unwrap_or(0);
    // SAFETY: called at start by contract, when no descriptor above the standard ones is owned by anybody.
    let result = unsafe { libc::syscall(libc::SYS_close_range, first, u32::MAX, 0) };
    if result < 0 {
        for number in first..1024 {
            close_stray(RawFd::try_from(number).unwrap_or(RawFd::MAX));
        }
    }
}

/// Opens /dev/null on each of descriptors 0, 1 and 2 that is not open, so that later files cannot take their place.
///
/// # Errors
/// /dev/null cannot be opened.
pub fn open_standard_descriptors() -> io::Result<()> {
    for number in 0..3 {
        if !is_open(number) {
            let null = std::fs::OpenOptions::new().read(true).write(true).open("/dev/null")?;
            // The lowest free number is the one that was missing; it stays open from here on.
            let _kept = std::os::fd::IntoRawFd::into_raw_fd(OwnedFd::from(null));
            set_flag(number, false)?;
        }
    }
    Ok(())
}

/// Puts another file in the place of standard input (0), output (1) or error (2).
///
/// # Errors
/// The number is not one of these, or `dup2(2)` failed.
pub fn replace_standard(file: impl AsFd, number: RawFd) -> io::Result<()> {
    if !(0..3).contains(&number) {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    // SAFETY: Rust owns none of the three standard descriptors, so replacing one closes nothing that is owned.
    if unsafe { libc::dup2(file.as_fd().as_raw_fd(), number) } < 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(())
}

fn set_flag(number: RawFd, on: bool) -> io::Result<()> {
    // SAFETY: the borrow lasts for one fcntl call.
    let borrowed = unsafe { BorrowedFd::borrow_raw(number) };
    let flag = if on { FdFlag::FD_CLOEXEC } else { FdFlag::empty() };
    fcntl(borrowed, FcntlArg::F_SETFD(flag))?;
    Ok(())
}

/// Has the kernel close this descriptor when the process starts another program.
///
/// # Errors
/// The `fcntl(2)` failed.
pub fn close_on_exec(descriptor: impl AsFd) -> io::Result<()> {
    set_flag(descriptor.as_fd().as_raw_fd(), true)
}

/// Keeps this descriptor open when the process starts another program.
///
/// # Errors
/// The `fcntl(2)` failed.
pub fn keep_on_exec(descriptor: impl AsFd) -> io::Result<()> {
    set_flag(descriptor.as_fd().as_raw_fd(), false)
}

/// Writes all of it, to a descriptor that belongs to somebody else.
///
/// # Errors
/// As of write(2).
pub fn write_all(descriptor: impl AsFd, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        match nix::unistd::write(&descriptor, bytes) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(count) => bytes = bytes.get(count..).unwrap_or_default(),
            Err(nix::errno::Errno::EINTR) => {}
            Err(why) => return Err(why.into()),
        }
    }
    Ok(())
}

/// Turns non-blocking mode on or off.
///
/// # Errors
/// The `fcntl(2)` failed.
pub fn set_nonblocking(descriptor: impl AsFd, on: bool) -> io::Result<()> {
    let descriptor = descriptor.as_fd();
    let mut flags = OFlag::from_bits_retain(fcntl(descriptor, FcntlArg::F_GETFL)?);
    flags.set(OFlag::O_NONBLOCK, on);
    fcntl(descriptor, FcntlArg::F_SETFL(flags))?;
    Ok(())
}

/// Sends one descriptor over a UNIX-domain socket, with one NUL byte as Postfix's `unix_send_fd` does.
///
/// # Errors
/// The peer is gone, or (on a non-blocking socket) [`io::ErrorKind::WouldBlock`].
pub fn send_fd(socket: impl AsFd, descriptor: impl AsFd) -> io::Result<()> {
    let numbers = [descriptor.as_fd().as_raw_fd()];
    let control = [ControlMessage::ScmRights(&numbers)];
    let payload = [IoSlice::new(b"\0")];
    sendmsg::<()>(socket.as_fd().as_raw_fd(), &payload, &control, MsgFlags::MSG_NOSIGNAL, None)?;
    Ok(())
}

/// Receives one descriptor that [`send_fd`] (or Postfix) sent. It is closed on exec.
///
/// # Errors
/// [`io::ErrorKind::UnexpectedEof`] when the peer closed or sent no descriptor; other errors of `recvmsg(2)`.
pub fn recv_fd(socket: impl AsFd) -> io::Result<OwnedFd> {
    let mut byte = [0u8; 1];
    let mut payload = [IoSliceMut::new(&mut byte)];
    let mut space = nix::cmsg_space!([RawFd; 4]);
    let message = recvmsg::<()>(
        socket.as_fd().as_raw_fd(),
        &mut payload,
        Some(&mut space),
        MsgFlags::MSG_CMSG_CLOEXEC,
    )?;
    let mut received = Vec::new();
    for control in message.cmsgs()? {
        if let ControlMessageOwned::ScmRights(numbers) = control {
            // SAFETY: the kernel has just made these descriptors for this process; nobody else knows them.
            received.extend(numbers.into_iter().map(|number| unsafe { OwnedFd::from_raw_fd(number) }));
        }
    }
    // More than one is a protocol error; the others close here.
    received.into_iter().next().ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
}

/// How many bytes can be read from this descriptor without waiting (`FIONREAD`).
///
/// # Errors
/// The `ioctl(2)` failed.
pub fn readable_bytes(descriptor: impl AsFd) -> io::Result<usize> {
    let mut count: libc::c_int = 0;
    // SAFETY: FIONREAD writes one int to the address that is passed.
    let result = unsafe { libc::ioctl(descriptor.as_fd().as_raw_fd(), libc::FIONREAD, &mut count) };
    if result < 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(usize::try_from(count).unwrap_or(0))
}

/// Waits until this descriptor can be read, or the time is over; says whether it can be read. `None` waits forever.
///
/// # Errors
/// The `poll(2)` failed; an interruption by a signal is [`io::ErrorKind::Interrupted`].
pub fn wait_readable(descriptor: impl AsFd, timeout: Option<std::time::Duration>) -> io::Result<bool> {
    wait(descriptor, timeout, nix::poll::PollFlags::POLLIN)
}

/// Waits until this descriptor can be written, or the time is over; says whether it can be written. `None` waits
/// forever.
///
/// # Errors
/// As [`wait_readable`].
pub fn wait_writable(descriptor: impl AsFd, timeout: Option<std::time::Duration>) -> io::Result<bool> {
    wait(descriptor, timeout, nix::poll::PollFlags::POLLOUT)
}

fn wait(
    descriptor: impl AsFd,
    timeout: Option<std::time::Duration>,
    events: nix::poll::PollFlags,
) -> io::Result<bool> {
    use nix::poll::{PollFd, PollTimeout, poll};
    let timeout = match timeout {
        None => PollTimeout::NONE,
        Some(time) => PollTimeout::try_from(time).unwrap_or(PollTimeout::MAX),
    };
    let mut descriptors = [PollFd::new(descriptor.as_fd(), events)];
    Ok(poll(&mut descriptors, timeout)? > 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read, Write};
    use std::os::unix::net::UnixStream;

    #[test]
    fn a_descriptor_passes_over_a_socket() {
        let (left, right) = UnixStream::pair().unwrap();
        let (mut inner, outer) = UnixStream::pair().unwrap();
        send_fd(&left, &outer).unwrap();
        drop(outer);
        let mut passed = UnixStream::from(recv_fd(&right).unwrap());
        passed.write_all(b"hello").unwrap();
        drop(passed);
        let mut text = String::new();
        inner.read_to_string(&mut text).unwrap();
        assert_eq!(text, "hello");
    }

    #[test]
    fn a_closed_socket_gives_no_descriptor() {
        let (left, right) = UnixStream::pair().unwrap();
        drop(left);
        assert_eq!(recv_fd(&right).unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
    }
}
