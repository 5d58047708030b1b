//! Sockets and pipes that clients of a service connect to.

use std::fs;
use std::io;
use std::net::SocketAddr;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;

use config::master_cf::ServiceType;
use nix::sys::socket::{
    AddressFamily, Backlog, SockFlag, SockType, SockaddrStorage, UnixAddr, bind, listen, setsockopt, socket,
    sockopt,
};

use crate::definition::Definition;
use crate::error::Error;
use crate::log_lines;
use crate::settings::Owner;

/// How sockets listen.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Listening {
    /// How many clients may wait.
    pub(crate) backlog: u32,
    /// tcp_windowsize, bytes; `None` leaves it to the kernel.
    pub(crate) window_size: Option<usize>,
}

/// Opens what the service listens on. UNIX-domain sockets and pipes are made with the mail owner's rights, in the queue
/// directory, where the process is.
pub(crate) fn open(
    definition: &Definition,
    owner: Owner,
    listening: Listening,
) -> Result<Vec<OwnedFd>, Error> {
    let path = Path::new(&definition.identity.canonical);
    let as_owner = |make: &dyn Fn() -> Result<OwnedFd, Error>| {
        let _ids = sys::EffectiveIds::become_user(owner.uid, owner.gid)
            .map_err(|error| Error::system(format_args!("seteuid({})", owner.uid), &error))?;
        Ok(vec![make()?])
    };
    match definition.service_type {
        ServiceType::Inet => {
            definition.addresses.iter().map(|address| inet_listener(*address, listening)).collect()
        }
        ServiceType::Unix | ServiceType::Pass => {
            as_owner(&|| unix_socket(path, SockType::Stream, Some(listening.backlog)))
        }
        ServiceType::UnixDgram => as_owner(&|| unix_socket(path, SockType::Datagram, None)),
        ServiceType::Fifo => as_owner(&|| fifo(path)),
    }
}

fn backlog_of(count: u32) -> Backlog {
    Backlog::new(i32::try_from(count).unwrap_or(i32::MAX)).unwrap_or(Backlog::MAXCONN)
}

fn inet_listener(address: SocketAddr, listening: Listening) -> Result<OwnedFd, Error> {
    let system =
        |what: &str, error: nix::Error| Error::new(format_args!("{what}: {}", sys::errno_text(error)));
    let family = if address.is_ipv4() { AddressFamily::Inet } else { AddressFamily::Inet6 };
    let flags = SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK;
    let listener = socket(family, SockType::Stream, flags, None).map_err(|error| system("socket", error))?;
    if address.is_ipv6() {
        setsockopt(&listener, sockopt::Ipv6V6Only, &true)
            .map_err(|error| system("setsockopt(IPV6_V6ONLY)", error))?;
    }
    setsockopt(&listener, sockopt::ReuseAddr, &true)
        .map_err(|error| system("setsockopt(SO_REUSEADDR)", error))?;
    setsockopt(&listener, sockopt::ReusePort, &true)
        .map_err(|error| system("setsockopt(SO_REUSEPORT)", error))?;
    bind(listener.as_raw_fd(), &SockaddrStorage::from(address)).map_err(|error| {
        Error::new(format_args!("bind {} port {}: {}", address.ip(), address.port(), sys::errno_text(error)))
    })?;
    if let Some(bytes) = listening.window_size
        && let Err(error) = sys::network::set_window_size(&listener, bytes)
    {
        log_lines::cannot_set_window_size(bytes, &error);
    }
    listen(&listener, backlog_of(listening.backlog)).map_err(|error| system("listen", error))?;
    Ok(listener)
}

fn unix_socket(path: &Path, kind: SockType, backlog: Option<u32>) -> Result<OwnedFd, Error> {
    let shown = path.display();
    let address =
        UnixAddr::new(path).map_err(|_| Error::new(format_args!("unix-domain name too long: {shown}")))?;
    let flags = SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK;
    let server = socket(AddressFamily::Unix, kind, flags, None)
        .map_err(|error| Error::new(format_args!("socket: {}", sys::errno_text(error))))?;
    remove(path).map_err(|error| Error::system(format_args!("remove {shown}"), &error))?;
    bind(server.as_raw_fd(), &address)
        .map_err(|error| Error::new(format_args!("bind: {shown}: {}", sys::errno_text(error))))?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o666))
        .map_err(|error| Error::system(format_args!("chmod socket {shown}"), &error))?;
    if let Some(backlog) = backlog {
        listen(&server, backlog_of(backlog))
            .map_err(|error| Error::new(format_args!("listen: {}", sys::errno_text(error))))?;
    }
    Ok(server)
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

const FIFO_MODE: u32 = 0o622;

// Opened for both directions, so that it does not report its end when the last writer goes.
fn fifo(path: &Path) -> Result<OwnedFd, Error> {
    let shown = path.display();
    let failed =
        |what: &str, error: &io::Error| Error::system(format_args!("fifo_listen: {what} {shown}"), error);
    remove(path).map_err(|error| failed("remove", &error))?;
    nix::unistd::mkfifo(path, nix::sys::stat::Mode::from_bits_truncate(FIFO_MODE))
        .map_err(|error| failed("create fifo", &error.into()))?;
    let fifo = fs::OpenOptions::new()
        .read(true)
        .write(true)
        .custom_flags(nix::fcntl::OFlag::O_NONBLOCK.bits())
        .open(path)
        .map_err(|error| failed("open", &error))?;
    let metadata = fifo.metadata().map_err(|error| failed("fstat", &error))?;
    if !metadata.file_type().is_fifo() {
        return Err(Error::new(format_args!("fifo_listen: not a fifo: {shown}")));
    }
    fifo.set_permissions(fs::Permissions::from_mode(FIFO_MODE)).map_err(|error| failed("fchmod", &error))?;
    drain(&fifo);
    Ok(fifo.into())
}

// What was written before the service ran means nothing any more.
fn drain(fifo: impl AsFd) {
    let mut buffer = [0u8; 1024];
    while matches!(nix::unistd::read(&fifo, &mut buffer), Ok(1..)) {}
}
