//! Making connections.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::time::Duration;

use tokio::net::{TcpSocket, TcpStream, UnixStream};
use tokio::time::Instant;

use crate::channel::{Channel, Io};
use crate::client::Client;
use crate::failure::Failure;
use crate::log_lines;
use crate::session::{Fate, Peer, Session};

/// The longest path that fits a local socket's address.
const MAX_SOCKET_PATH: usize = 107;

/// An error's text as the C library words it.
pub(crate) fn error_text(error: &io::Error) -> String {
    if error.kind() == io::ErrorKind::TimedOut && error.raw_os_error().is_none() {
        return "Connection timed out".to_owned();
    }
    sys::error_text(error)
}

/// Connects to an address. `keep` says whether the connection may carry further messages.
pub(crate) async fn to_address(
    client: &Client,
    peer: Peer,
    address: IpAddr,
    keep: bool,
) -> Result<Session, Failure> {
    let port = peer.port.unwrap_or(0);
    let start = Instant::now();
    let attempt = connect_tcp(client, SocketAddr::new(address, port));
    match limited(client.settings.timeouts.connect, attempt).await {
        Ok(stream) => {
            // Replies and commands are written in whole batches.
            let _ = stream.set_nodelay(true);
            Ok(session(client, Box::new(stream), peer, start, keep))
        }
        Err(ConnectError::Configuration) => Err(Failure::local("4.4.0", "server configuration error")),
        Err(ConnectError::Io(error)) => {
            let text = format!("connect to {}: {}", peer.full(), error_text(&error));
            Err(Failure::local("4.4.1", text))
        }
    }
}

/// Connects to a local socket.
pub(crate) async fn to_socket(client: &Client, path: &str, keep: bool) -> Result<Session, Failure> {
    if path.len() > MAX_SOCKET_PATH {
        log_lines::socket_name_too_long(path);
        return Err(Failure::local("4.3.5", "Server configuration error"));
    }
    let peer = Peer { host: client.settings.myhostname.clone(), address: path.to_owned(), port: None };
    let start = Instant::now();
    let attempt = async { UnixStream::connect(Path::new(path)).await.map_err(ConnectError::Io) };
    match limited(client.settings.timeouts.connect, attempt).await {
        Ok(stream) => Ok(session(client, Box::new(stream), peer, start, keep)),
        Err(ConnectError::Configuration) => Err(Failure::local("4.4.0", "server configuration error")),
        Err(ConnectError::Io(error)) => {
            let text = format!("connect to {}: {}", peer.full(), error_text(&error));
            Err(Failure::local("4.4.1", text))
        }
    }
}

fn session(client: &Client, io: Box<dyn Io>, peer: Peer, start: Instant, keep: bool) -> Session {
    let settings = &client.settings;
    let channel = Channel::new(io, settings.line_limit, settings.utf8, client.reply_filter.clone());
    let fate = if keep { Fate::KeepUntil(start + settings.cache.reuse_time_limit) } else { Fate::Quit };
    let mut session = Session::new(channel, peer, fate);
    client.debug_peers.begin(&mut session);
    session
}

enum ConnectError {
    Io(io::Error),
    Configuration,
}

async fn limited<T>(
    limit: Duration,
    attempt: impl Future<Output = Result<T, ConnectError>>,
) -> Result<T, ConnectError> {
    if limit.is_zero() {
        return attempt.await;
    }
    match tokio::time::timeout(limit, attempt).await {
        Ok(outcome) => outcome,
        Err(_) => Err(ConnectError::Io(io::ErrorKind::TimedOut.into())),
    }
}

async fn connect_tcp(client: &Client, target: SocketAddr) -> Result<TcpStream, ConnectError> {
    let socket = if target.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() };
    let socket = socket.map_err(ConnectError::Io)?;
    let settings = &client.settings;
    if let Some(bytes) = settings.window_size
        && let Err(error) = sys::network::set_window_size(&socket, bytes)
    {
        log_lines::cannot_set_window_size(bytes, &error);
    }
    let configured = if target.is_ipv4() { &settings.bind.v4 } else { &settings.bind.v6 };
    let source = if configured.is_empty() {
        client.sole_address(target.ip())
    } else {
        configured.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>().ok()
    };
    if let Some(source) = source
        && let Err(error) = socket.bind(SocketAddr::new(source, 0))
    {
        log_lines::bind_failed(&source.to_string(), &error);
        if !configured.is_empty() && settings.bind.enforce {
            return Err(ConnectError::Configuration);
        }
    }
    socket.connect(target).await.map_err(ConnectError::Io)
}
