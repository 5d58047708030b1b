//! Waking services up: a byte that a client would send.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::net::TcpStream;
use std::os::fd::AsRawFd;
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use config::master_cf::ServiceType;
use nix::sys::socket::{AddressFamily, SockFlag, SockType, UnixAddr, connect, socket};

use crate::definition::Definition;
use crate::settings::Owner;

/// What a wake-up call says: "the timer went off".
const WAKEUP: &[u8] = b"W";
/// Master waits for nobody longer than this.
const BRIEFLY: Duration = Duration::from_secs(1);

/// Sends a wake-up call to the service's own socket.
pub(crate) fn send(definition: &Definition, owner: Owner) -> io::Result<()> {
    let path = Path::new(&definition.identity.canonical);
    match definition.service_type {
        ServiceType::Inet => {
            let address = definition.addresses.first().ok_or(io::ErrorKind::AddrNotAvailable)?;
            TcpStream::connect_timeout(address, BRIEFLY)?.write_all(WAKEUP)
        }
        ServiceType::Unix => {
            // The socket's queue takes the connection at once, or is full, and then waiting would be for a service
            // that this process has to start. The byte stays there after the connection is closed here.
            let stream = socket(AddressFamily::Unix, SockType::Stream, SockFlag::SOCK_NONBLOCK, None)?;
            connect(stream.as_raw_fd(), &UnixAddr::new(path)?)?;
            UnixStream::from(stream).write_all(WAKEUP)
        }
        ServiceType::Fifo => {
            let _ids = sys::EffectiveIds::become_user(owner.uid, owner.gid)?;
            let flags = nix::fcntl::OFlag::O_NONBLOCK | nix::fcntl::OFlag::O_NOFOLLOW;
            OpenOptions::new().write(true).custom_flags(flags.bits()).open(path)?.write_all(WAKEUP)
        }
        ServiceType::UnixDgram | ServiceType::Pass => {
            Err(io::Error::from_raw_os_error(nix::errno::Errno::EOPNOTSUPP as i32))
        }
    }
}
