//! A client's connection.

use std::io::{self, Write};
use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpStream, UnixStream};

/// A connection with a client, in both directions.
#[derive(Debug)]
pub struct Connection {
    /// What is read and written.
    pub stream: Stream,
    /// The client's address, if it came over the network.
    pub peer: Option<SocketAddr>,
    /// The address that the client connected to, if it came over the network.
    pub local: Option<SocketAddr>,
    /// What the process that passed the connection on says about it (`pass` services), name and value.
    pub attributes: Option<Vec<(Vec<u8>, Vec<u8>)>>,
}

/// The kinds of stream.
#[derive(Debug)]
pub enum Stream {
    /// A UNIX-domain socket.
    Unix(UnixStream),
    /// A TCP connection.
    Tcp(TcpStream),
    /// Standard input and output (`-S`).
    Standard {
        /// Descriptor 0.
        input: tokio::fs::File,
        /// Descriptor 1. Writing to it blocks, so that all is written when the process ends; there is one client only.
        output: std::fs::File,
    },
}

impl Connection {
    pub(crate) fn unix(stream: UnixStream) -> Connection {
        Connection { stream: Stream::Unix(stream), peer: None, local: None, attributes: None }
    }

    pub(crate) fn tcp(stream: TcpStream) -> Connection {
        // Addresses of a client that is gone already are unknown; reading will show it.
        let (peer, local) = (stream.peer_addr().ok(), stream.local_addr().ok());
        Connection { stream: Stream::Tcp(stream), peer, local, attributes: None }
    }

    pub(crate) fn standard() -> io::Result<Connection> {
        let input = tokio::fs::File::from_std(sys::inherit(0)?.into());
        let output = std::fs::File::from(sys::inherit(1)?);
        Ok(Connection {
            stream: Stream::Standard { input, output },
            peer: None,
            local: None,
            attributes: None,
        })
    }
}

impl Stream {
    /// The side that is written to, for a thread of its own: each write waits, at most for `patience` (zero: for ever).
    ///
    /// # Errors
    /// The system cannot change the mode of the connection.
    pub fn into_blocking_output(self, patience: Duration) -> io::Result<std::fs::File> {
        let patience = Some(patience).filter(|time| !time.is_zero());
        let descriptor = match self {
            Stream::Unix(stream) => {
                let stream = stream.into_std()?;
                stream.set_nonblocking(false)?;
                stream.set_write_timeout(patience)?;
                OwnedFd::from(stream)
            }
            Stream::Tcp(stream) => {
                let stream = stream.into_std()?;
                stream.set_nonblocking(false)?;
                stream.set_write_timeout(patience)?;
                OwnedFd::from(stream)
            }
            Stream::Standard { output, .. } => return Ok(output),
        };
        Ok(descriptor.into())
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Stream::Unix(stream) => Pin::new(stream).poll_read(context, buffer),
            Stream::Tcp(stream) => Pin::new(stream).poll_read(context, buffer),
            Stream::Standard { input, .. } => Pin::new(input).poll_read(context, buffer),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Stream::Unix(stream) => Pin::new(stream).poll_write(context, bytes),
            Stream::Tcp(stream) => Pin::new(stream).poll_write(context, bytes),
            Stream::Standard { output, .. } => Poll::Ready(output.write(bytes)),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Stream::Unix(stream) => Pin::new(stream).poll_flush(context),
            Stream::Tcp(stream) => Pin::new(stream).poll_flush(context),
            Stream::Standard { output, .. } => Poll::Ready(output.flush()),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Stream::Unix(stream) => Pin::new(stream).poll_shutdown(context),
            Stream::Tcp(stream) => Pin::new(stream).poll_shutdown(context),
            Stream::Standard { output, .. } => Poll::Ready(output.flush()),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Stream::Unix(stream) => Pin::new(stream).poll_write_vectored(context, slices),
            Stream::Tcp(stream) => Pin::new(stream).poll_write_vectored(context, slices),
            Stream::Standard { output, .. } => Poll::Ready(output.write_vectored(slices)),
        }
    }

    fn is_write_vectored(&self) -> bool {
        true
    }
}
