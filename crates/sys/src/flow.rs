//! Mail flow control: a pipe that the queue manager fills with tokens and that mail-receiving daemons drain, one byte
//! a message, so that mail is not taken in faster than it can be taken out. All ends are non-blocking.

use std::io;
use std::os::fd::BorrowedFd;

use crate::descriptors::readable_bytes;

/// Takes up to `count` tokens out; gives how many there were.
///
/// # Errors
/// The pipe cannot be read, or its writing end is closed.
pub fn get(read_end: BorrowedFd<'_>, count: usize) -> io::Result<usize> {
    let available = readable_bytes(read_end)?;
    if available == 0 {
        return Ok(0);
    }
    let mut buffer = [0u8; 1024];
    let mut taken = 0;
    while taken < count {
        let wanted = (count - taken).min(buffer.len());
        match nix::unistd::read(read_end, buffer.get_mut(..wanted).unwrap_or_default()) {
            Ok(0) => break,
            Ok(length) => taken += length,
            Err(nix::errno::Errno::EAGAIN) => break,
            Err(error) => return Err(error.into()),
        }
    }
    Ok(taken)
}

/// Puts `count` tokens in; gives how many fitted.
///
/// # Errors
/// The pipe cannot be written.
pub fn put(write_end: BorrowedFd<'_>, count: usize) -> io::Result<usize> {
    let buffer = [0u8; 1024];
    let mut given = 0;
    while given < count {
        let wanted = (count - given).min(buffer.len());
        match nix::unistd::write(write_end, buffer.get(..wanted).unwrap_or_default()) {
            Ok(length) => given += length,
            Err(nix::errno::Errno::EAGAIN) => break,
            Err(error) => return Err(error.into()),
        }
    }
    Ok(given)
}

/// How many tokens wait in the pipe.
///
/// # Errors
/// The `ioctl(2)` failed.
pub fn count(read_end: BorrowedFd<'_>) -> io::Result<usize> {
    readable_bytes(read_end)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::fd::AsFd;

    #[test]
    fn tokens_come_out_as_they_went_in() {
        let (read_end, write_end) = nix::unistd::pipe2(nix::fcntl::OFlag::O_NONBLOCK).unwrap();
        assert_eq!(get(read_end.as_fd(), 1).unwrap(), 0);
        assert_eq!(put(write_end.as_fd(), 2000).unwrap(), 2000);
        assert_eq!(count(read_end.as_fd()).unwrap(), 2000);
        assert_eq!(get(read_end.as_fd(), 1).unwrap(), 1);
        assert_eq!(get(read_end.as_fd(), 5000).unwrap(), 1999);
    }
}
