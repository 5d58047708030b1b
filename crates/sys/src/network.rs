//! The host's name and its network interfaces.

use std::ffi::OsString;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::os::fd::{AsFd, AsRawFd};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use nix::errno::Errno;
use nix::sys::socket::{setsockopt, sockopt};

/// An address of a network interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interface {
    /// The interface's name, such as `lo`.
    pub name: String,
    /// The address.
    pub address: IpAddr,
    /// The network mask, as an address.
    pub netmask: IpAddr,
    /// Is the interface up?
    pub up: bool,
    /// For link-local IPv6 addresses, the interface's index.
    pub scope: u32,
}

/// `gethostname(2)`.
///
/// # Errors
/// The system call failed.
pub fn hostname() -> io::Result<OsString> {
    Ok(nix::unistd::gethostname()?)
}

/// Sets how many bytes the kernel buffers each way for a TCP socket, and thereby its window. To be called before the
/// socket listens or connects; connections that a listener accepts have its sizes.
///
/// # Errors
/// The kernel refused; the socket keeps its sizes.
pub fn set_window_size(socket: &impl AsFd, bytes: usize) -> io::Result<()> {
    setsockopt(socket, sockopt::SndBuf, &bytes)?;
    setsockopt(socket, sockopt::RcvBuf, &bytes)?;
    Ok(())
}

/// Connects to a UNIX-domain socket, and waits at most this long for its owner to have room for one more client.
///
/// # Errors
/// Nobody listens, or [`io::ErrorKind::WouldBlock`]: too many wait already.
pub fn connect_unix(path: &Path, patience: Duration) -> io::Result<UnixStream> {
    use nix::sys::socket::{AddressFamily, SockFlag, SockType, UnixAddr, connect, socket};
    const PAUSE: Duration = Duration::from_millis(10);
    let flags = SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK;
    let socket = socket(AddressFamily::Unix, SockType::Stream, flags, None)?;
    let address = UnixAddr::new(path)?;
    let mut waited = Duration::ZERO;
    loop {
        match connect(socket.as_raw_fd(), &address) {
            Ok(()) => break,
            Err(Errno::EAGAIN) if waited < patience => std::thread::sleep(PAUSE),
            Err(error) => return Err(error.into()),
        }
        waited += PAUSE;
    }
    let stream = UnixStream::from(socket);
    stream.set_nonblocking(false)?;
    Ok(stream)
}

/// The port of a TCP service, by its name in services(5).
pub fn tcp_port(name: &str) -> Option<u16> {
    let name = std::ffi::CString::new(name).ok()?;
    // SAFETY: both strings are NUL-terminated; the result points to static storage of the C library, which is read
    // before another call can change it, as programs call this before they start threads.
    let port = unsafe {
        let entry = libc::getservbyname(name.as_ptr(), c"tcp".as_ptr());
        if entry.is_null() {
            return None;
        }
        (*entry).s_port
    };
    // The port is in network byte order in the low half.
    u16::try_from(port & 0xffff).ok().map(u16::from_be)
}

/// All IPv4 and IPv6 addresses of the host's interfaces that are up, in the kernel's order.
///
/// # Errors
/// `getifaddrs(3)` failed.
pub fn interfaces() -> io::Result<Vec<Interface>> {
    use nix::net::if_::InterfaceFlags;
    let mut found = Vec::new();
    for entry in nix::ifaddrs::getifaddrs()? {
        let Some(storage) = entry.address else { continue };
        let mask = entry.netmask;
        let (address, netmask, scope) = if let Some(v4) = storage.as_sockaddr_in() {
            let mask = mask.and_then(|mask| mask.as_sockaddr_in().map(|mask| mask.ip()));
            (IpAddr::V4(v4.ip()), IpAddr::V4(mask.unwrap_or(Ipv4Addr::BROADCAST)), 0)
        } else if let Some(v6) = storage.as_sockaddr_in6() {
            let mask = mask.and_then(|mask| mask.as_sockaddr_in6().map(|mask| mask.ip()));
            let all_ones = Ipv6Addr::from(u128::MAX);
            (IpAddr::V6(v6.ip()), IpAddr::V6(mask.unwrap_or(all_ones)), v6.scope_id())
        } else {
            continue;
        };
        let up = entry.flags.contains(InterfaceFlags::IFF_UP);
        if up {
            found.push(Interface { name: entry.interface_name, address, netmask, up, scope });
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    #[test]
    fn loopback_is_listed_with_its_mask() {
        let all = super::interfaces().unwrap();
        if let Some(lo) = all.iter().find(|interface| interface.address.to_string() == "127.0.0.1") {
            assert_eq!(lo.netmask.to_string(), "255.0.0.0");
        }
    }
}
