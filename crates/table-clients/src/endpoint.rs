//! Where a server listens, and how to get there.

use super::log_lines;
use super::wire::{Stream, Wire};
use bstr::ByteSlice;
use config::networks::Protocols;
use std::io;
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::os::unix::net::UnixStream;
use std::time::Duration;
use tables::{LookupError, Name, OpenError};

/// The address of a server.
#[derive(Clone, Debug)]
pub(crate) struct Endpoint {
    /// As it is written in the configuration, for messages.
    name: Name,
    place: Place,
}

#[derive(Clone, Debug)]
enum Place {
    /// Taken apart when it is connected to.
    Inet(Name),
    Unix(Name),
}

/// Why there is no connection.
#[derive(Debug)]
pub(crate) enum NoConnection {
    /// The address is none. The text is that of a fatal line.
    Address(String),
    Io(io::Error),
}

impl From<io::Error> for NoConnection {
    fn from(error: io::Error) -> NoConnection {
        NoConnection::Io(error)
    }
}

impl NoConnection {
    /// What it means for a look-up; `say` writes what the system said to the log.
    pub(crate) fn into_lookup_error(self, say: impl FnOnce(&str)) -> LookupError {
        match self {
            NoConnection::Address(text) => LookupError::Fatal(text),
            NoConnection::Io(error) => {
                say(&sys::error_text(&error));
                LookupError::io(&error)
            }
        }
    }
}

impl Endpoint {
    /// `host:port`, `[address]:port`, or only a port of this host.
    pub(crate) fn inet(name: &Name) -> Endpoint {
        Endpoint { name: name.clone(), place: Place::Inet(name.clone()) }
    }

    /// `inet:host:port`, `unix:path` or `local:path`.
    ///
    /// # Errors
    /// The text is neither.
    pub(crate) fn parse(service: &[u8]) -> Result<Endpoint, OpenError> {
        let shown = log::bytes(service);
        let (transport, name) = service
            .split_once_str(":")
            .filter(|(transport, name)| !transport.is_empty() && !name.is_empty())
            .ok_or_else(|| {
                OpenError::fatal(format!("need service transport:endpoint instead of \"{shown}\""))
            })?;
        let name = Name::from(name);
        match transport {
            b"inet" => Ok(Self::inet(&name)),
            b"unix" | b"local" => Ok(Endpoint { place: Place::Unix(name.clone()), name }),
            _ => {
                let transport = log::bytes(transport);
                Err(OpenError::fatal(format!("invalid transport name: {transport} in service: {shown}")))
            }
        }
    }

    /// The text behind the transport.
    pub(crate) fn name(&self) -> &Name {
        &self.name
    }

    /// Connects to the first address that accepts. Reading and writing on the result has the same time limit.
    ///
    /// # Errors
    /// What the last address said, or what is wrong with the name. That a host is not found is in the log already.
    pub(crate) fn connect(
        &self,
        protocols: Protocols,
        timeout: Option<Duration>,
    ) -> Result<Wire, NoConnection> {
        let stream = match &self.place {
            Place::Unix(path) => Stream::Unix(UnixStream::connect(path)?),
            Place::Inet(name) => {
                let (host, port) = config::master_cf::international_endpoint(name)
                    .map_err(|why| NoConnection::Address(format!("{name}: {why}")))?;
                let host = if host.is_empty() { "localhost".to_owned() } else { log::printable(host) };
                let addresses = resolve(&host, port_number(&log::printable(port))).map_err(|why| {
                    log_lines::host_not_found(&self.name, &why);
                    io::Error::from(nix::errno::Errno::EADDRNOTAVAIL)
                })?;
                Stream::Tcp(connect_first(&addresses, protocols, timeout)?)
            }
        };
        Ok(Wire::new(stream, timeout)?)
    }
}

/// A port by its number or its name in services(5).
pub(crate) fn port_number(port: &str) -> Option<u16> {
    port.parse().ok().or_else(|| sys::network::tcp_port(port))
}

/// The addresses of a host, or what getaddrinfo(3) says.
pub(crate) fn resolve(host: &str, port: Option<u16>) -> Result<Vec<SocketAddr>, String> {
    let Some(port) = port else {
        return Err("Servname not supported for ai_socktype".to_owned());
    };
    match (host, port).to_socket_addrs() {
        Ok(addresses) => Ok(addresses.collect()),
        Err(error) => {
            let text = error.to_string();
            Err(text.rsplit(": ").next().unwrap_or(&text).to_owned())
        }
    }
}

/// Connects to the first address that accepts.
pub(crate) fn connect_first(
    addresses: &[SocketAddr],
    protocols: Protocols,
    timeout: Option<Duration>,
) -> io::Result<TcpStream> {
    let mut outcome = Err(nix::errno::Errno::EAFNOSUPPORT.into());
    for address in addresses.iter().filter(|address| protocols.includes(address.ip())) {
        outcome = match timeout {
            Some(timeout) => TcpStream::connect_timeout(address, timeout),
            None => TcpStream::connect(address),
        };
        if let Ok(stream) = &outcome {
            // Requests are written at once, so that waiting for more only costs time.
            stream.set_nodelay(true)?;
            break;
        }
    }
    outcome
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn services() {
        let error = |text: &str| Endpoint::parse(text.as_bytes()).unwrap_err().text;
        assert_eq!(error("x"), "need service transport:endpoint instead of \"x\"");
        assert_eq!(error("inet:"), "need service transport:endpoint instead of \"inet:\"");
        assert_eq!(error("udp:a:1"), "invalid transport name: udp in service: udp:a:1");
        let bad = Endpoint::parse(b"inet:a:b:c").unwrap().connect(Protocols { ipv4: true, ipv6: true }, None);
        let NoConnection::Address(text) = bad.err().unwrap() else { panic!("an address") };
        assert_eq!(text, "a:b:c: valid hostname or network address required");
        assert_eq!(Endpoint::parse(b"unix:/run/x").unwrap().name(), &Name::from("/run/x"));
    }

    #[test]
    fn unknown_service() {
        assert_eq!(resolve("localhost", None).unwrap_err(), "Servname not supported for ai_socktype");
    }
}
