//! Services of type `pass`: another process accepted the client, and passes the connection on, with what it knows.

use std::io;
use std::os::fd::OwnedFd;
use std::time::Duration;

use tokio::io::BufReader;
use tokio::net::{TcpStream, UnixStream};

use crate::connection::Connection;
use crate::log_lines;

// What the process at the other end gets for each step; Postfix's value.
const TIMEOUT: Duration = Duration::from_secs(100);

/// Receives the connection that comes over this socket; says in the log why not.
pub(crate) async fn receive(channel: OwnedFd) -> Option<Connection> {
    let channel = std::os::unix::net::UnixStream::from(channel);
    let channel = match UnixStream::from_std(channel) {
        Ok(channel) => channel,
        Err(error) => {
            log_lines::pass_failed("cannot accept connection", &error);
            return None;
        }
    };
    let descriptor = match timed(receive_descriptor(&channel)).await {
        Ok(descriptor) => descriptor,
        Err(error) if error.kind() == io::ErrorKind::TimedOut => {
            log_lines::pass_failed("timeout receiving file descriptor", &error);
            return None;
        }
        Err(error) => {
            log_lines::pass_failed("cannot receive file descriptor", &error);
            return None;
        }
    };
    let attributes = match timed(receive_attributes(channel)).await {
        Ok(attributes) => attributes,
        Err(error) => {
            log_lines::pass_failed("cannot receive connection attributes", &error);
            return None;
        }
    };
    match into_connection(descriptor) {
        Ok(connection) => Some(Connection { attributes: Some(attributes), ..connection }),
        Err(error) => {
            log_lines::pass_failed("cannot use file descriptor", &error);
            None
        }
    }
}

async fn timed<T>(step: impl Future<Output = io::Result<T>>) -> io::Result<T> {
    tokio::time::timeout(TIMEOUT, step).await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
}

async fn receive_descriptor(channel: &UnixStream) -> io::Result<OwnedFd> {
    channel.async_io(tokio::io::Interest::READABLE, || sys::recv_fd(channel)).await
}

async fn receive_attributes(channel: UnixStream) -> io::Result<Vec<(Vec<u8>, Vec<u8>)>> {
    let mut reader = BufReader::new(channel);
    match ipc::read_attrs(&mut reader).await {
        Ok(Some(attributes)) => {
            Ok(attributes.iter().map(|(name, value)| (name.to_vec(), value.to_vec())).collect())
        }
        Ok(None) => Err(io::ErrorKind::UnexpectedEof.into()),
        Err(error) => Err(io::Error::other(error.to_string())),
    }
}

fn into_connection(descriptor: OwnedFd) -> io::Result<Connection> {
    use nix::sys::socket::{AddressFamily, SockaddrLike, SockaddrStorage, getsockname};
    use std::os::fd::AsRawFd;
    sys::set_nonblocking(&descriptor, true)?;
    let family = getsockname::<SockaddrStorage>(descriptor.as_raw_fd())?.family();
    if family == Some(AddressFamily::Unix) {
        Ok(Connection::unix(UnixStream::from_std(descriptor.into())?))
    } else {
        Ok(Connection::tcp(TcpStream::from_std(descriptor.into())?))
    }
}
