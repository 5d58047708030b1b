//! Waking services up: a byte that a client would send.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::net::TcpStream;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::{Duration, Instant};

use config::master_cf::ServiceType;
use nix::fcntl::OFlag;
use nix::sys::socket::{AddressFamily, SockFlag, SockType, UnixAddr, connect, socket};

use crate::definition::Definition;
use crate::settings::Owner;

/// What a wake-up call says: "the timer went off".
const WAKEUP: &[u8] = b"W";
/// The same over a connection, where it is a string of the protocol and ends with a null byte (tlsmgr(8) waits for it).
const WAKEUP_STRING: &[u8] = b"W\0";
/// Master waits for nobody longer than this.
const BRIEFLY: Duration = Duration::from_secs(1);
/// How long a connection is kept for a service that does not answer.
const PATIENCE: Duration = Duration::from_secs(100);

/// A call over a connection. It is kept until the service says something or hangs up: one that greets its clients
/// must not find this one gone.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) connection: OwnedFd,
    pub(crate) given_up_at: Instant,
}

impl Call {
    fn over(connection: impl Into<OwnedFd>) -> Call {
        Call { connection: connection.into(), given_up_at: Instant::now() + PATIENCE }
    }
}

/// Sends a wake-up call to the service's own socket, and gives the connection if there is one.
pub(crate) fn send(definition: &Definition, owner: Owner) -> io::Result<Option<Call>> {
    let path = Path::new(&definition.identity.canonical);
    match definition.service_type {
        ServiceType::Inet => {
            let address = definition.addresses.first().ok_or(io::ErrorKind::AddrNotAvailable)?;
            let mut stream = TcpStream::connect_timeout(address, BRIEFLY)?;
            stream.write_all(WAKEUP_STRING)?;
            Ok(Some(Call::over(stream)))
        }
        ServiceType::Unix => {
            let mut stream = connect_to(path)?;
            stream.write_all(WAKEUP_STRING)?;
            Ok(Some(Call::over(stream)))
        }
        ServiceType::Fifo => {
            let _ids = sys::EffectiveIds::become_user(owner.uid, owner.gid)?;
            let flags = OFlag::O_NONBLOCK | OFlag::O_NOFOLLOW;
            OpenOptions::new().write(true).custom_flags(flags.bits()).open(path)?.write_all(WAKEUP)?;
            Ok(None)
        }
        ServiceType::Pass => {
            let stream = connect_to(path)?;
            // What is passed on is the end of a pipe with the call in it.
            let (read_end, write_end) = nix::unistd::pipe2(OFlag::O_CLOEXEC)?;
            sys::send_fd(&stream, read_end.as_fd())?;
            nix::unistd::write(&write_end, WAKEUP_STRING)?;
            Ok(Some(Call::over(stream)))
        }
        ServiceType::UnixDgram => Err(io::Error::from_raw_os_error(nix::errno::Errno::EOPNOTSUPP as i32)),
    }
}

// The socket's queue takes the connection at once, or is full, and then waiting would be for a service that this process
// has to start.
fn connect_to(path: &Path) -> io::Result<UnixStream> {
    let flags = SockFlag::SOCK_NONBLOCK | SockFlag::SOCK_CLOEXEC;
    let stream = socket(AddressFamily::Unix, SockType::Stream, flags, None)?;
    connect(stream.as_raw_fd(), &UnixAddr::new(path)?)?;
    Ok(UnixStream::from(stream))
}
