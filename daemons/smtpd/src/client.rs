//! The SMTP client: its address, and the name that belongs to it.

use std::net::{IpAddr, SocketAddr};

use dns::{Families, NativeError, NativeErrorKind, Resolver};
use server::{Conn, Stream};
use smtp::haproxy;
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::log_lines;
use crate::settings::Settings;

/// What is known about a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameStatus {
    /// It was found, and leads back to the address.
    Ok,
    /// The look-up failed, perhaps only now.
    Temporary,
    /// There is none.
    Permanent,
    /// It does not lead back to the address.
    Forged,
}

/// What stands for a name, address or port that is not known.
pub const UNKNOWN: &str = "unknown";

/// An SMTP client.
#[derive(Clone, Debug)]
pub struct Client {
    /// The name that was verified, or `unknown`.
    pub name: String,
    /// What is known about it.
    pub name_status: NameStatus,
    /// The name that the address leads to, verified or not, or `unknown`.
    pub reverse_name: String,
    /// What is known about it.
    pub reverse_name_status: NameStatus,
    /// The address, or `unknown`.
    pub address: String,
    /// The address as mail protocols write it, with `IPv6:` where it belongs.
    pub rfc_address: String,
    /// The port, or `unknown`.
    pub port: String,
    /// Name and address for the log: `name[address]`.
    pub name_address: String,
    /// The address, or the last one that was known.
    pub ip: Option<IpAddr>,
    /// The address that the connection really came from, whatever XCLIENT says.
    pub socket_ip: Option<IpAddr>,
    /// The network whose clients are counted together.
    pub counted_range: Option<String>,
    /// The server's address that the client connected to, or `unknown`.
    pub server_address: String,
    /// The server's port, or `unknown`.
    pub server_port: String,
    /// The client came in a way that we cannot serve.
    pub is_bogus: bool,
}

impl Client {
    /// Finds out who is at the other end of a connection.
    pub async fn identify(
        connection: &Conn,
        settings: &Settings,
        resolver: &Resolver,
        families: Families,
    ) -> Client {
        let behind_balancer = settings.upstream_proxy;
        let ends = match (&connection.attributes, &connection.stream) {
            (Some(attributes), _) => {
                if behind_balancer {
                    log_lines::ignoring_upstream_proxy();
                }
                passed_ends(attributes).map(Some)
            }
            (None, Stream::Tcp(stream)) if behind_balancer => {
                let limit = settings.upstream_proxy_timeout;
                let header = timeout(limit, balancer_header(stream, families)).await;
                let header = header.unwrap_or_else(|_| Err("haproxy read: timeout error".to_owned()));
                header.map(|ends| ends.or_else(|| connection.peer.zip(connection.local)))
            }
            _ => Ok(connection.peer.zip(connection.local)),
        };
        let ends = match ends {
            Ok(ends) => ends,
            Err(problem) => {
                log_lines::restriction_fault(&problem);
                let mut client = Client::unknown();
                client.is_bogus = true;
                client.update_name_address(settings.log_port);
                return client;
            }
        };
        let mut client = match ends {
            Some((peer, local)) => {
                let mut client = Client::from_ends(peer, local, settings);
                client.look_up_name(settings, resolver, families).await;
                client
            }
            // A client on a local socket is this host.
            None => Client::local(families),
        };
        client.update_name_address(settings.log_port);
        client
    }

    fn unknown() -> Client {
        Client {
            name: UNKNOWN.into(),
            name_status: NameStatus::Permanent,
            reverse_name: UNKNOWN.into(),
            reverse_name_status: NameStatus::Permanent,
            address: UNKNOWN.into(),
            rfc_address: UNKNOWN.into(),
            port: UNKNOWN.into(),
            name_address: String::new(),
            ip: None,
            socket_ip: None,
            counted_range: None,
            server_address: UNKNOWN.into(),
            server_port: UNKNOWN.into(),
            is_bogus: false,
        }
    }

    fn local(families: Families) -> Client {
        let (address, rfc_address) =
            if families.v6 && !families.v4 { ("::1", "IPv6:::1") } else { ("127.0.0.1", "127.0.0.1") };
        Client {
            name: "localhost".into(),
            name_status: NameStatus::Ok,
            reverse_name: "localhost".into(),
            reverse_name_status: NameStatus::Ok,
            address: address.into(),
            rfc_address: rfc_address.into(),
            port: "0".into(),
            server_address: address.into(),
            server_port: "0".into(),
            ..Client::unknown()
        }
    }

    fn from_ends(peer: SocketAddr, local: SocketAddr, settings: &Settings) -> Client {
        let (ip, server_ip) = (peer.ip().to_canonical(), local.ip().to_canonical());
        let limits = &settings.limits;
        Client {
            address: ip.to_string(),
            rfc_address: rfc_address(ip),
            port: peer.port().to_string(),
            ip: Some(ip),
            socket_ip: Some(ip),
            counted_range: Some(range(ip, limits.ipv4_prefix, limits.ipv6_prefix)),
            server_address: server_ip.to_string(),
            server_port: local.port().to_string(),
            ..Client::unknown()
        }
    }

    async fn look_up_name(&mut self, settings: &Settings, resolver: &Resolver, families: Families) {
        let Some(ip) = self.ip.filter(|_| settings.peername_lookup) else { return };
        let name = match resolver.native_name(ip).await {
            Ok(name) => name,
            Err(error) => {
                (self.name_status, self.reverse_name_status) = (status_of(error), status_of(error));
                return;
            }
        };
        if hosts::is_address(name.as_bytes()) {
            log_lines::numeric_hostname(&name);
            return;
        }
        if !hosts::is_hostname(name.as_bytes()) {
            return;
        }
        self.reverse_name = name;
        self.reverse_name_status = NameStatus::Ok;
        let own_family = Families { v4: families.v4 && ip.is_ipv4(), v6: families.v6 && ip.is_ipv6() };
        self.name_status = match resolver.native_addresses(&self.reverse_name, own_family).await {
            Ok(addresses) if addresses.contains(&ip) => {
                self.name.clone_from(&self.reverse_name);
                NameStatus::Ok
            }
            Ok(_) => {
                log_lines::forged_name(&self.reverse_name, &self.address, None);
                NameStatus::Forged
            }
            Err(error) => {
                log_lines::forged_name(&self.reverse_name, &self.address, Some(&error.to_string()));
                match status_of(error) {
                    NameStatus::Temporary => NameStatus::Temporary,
                    _ => NameStatus::Forged,
                }
            }
        };
    }

    /// Makes [`Client::name_address`] anew.
    pub fn update_name_address(&mut self, with_port: bool) {
        self.name_address = name_address(&self.name, &self.address, &self.port, with_port);
    }
}

/// `name[address]`, with the port if wanted.
pub fn name_address(name: &str, address: &str, port: &str, with_port: bool) -> String {
    if with_port { format!("{name}[{address}]:{port}") } else { format!("{name}[{address}]") }
}

/// An address as mail protocols write it.
pub fn rfc_address(ip: IpAddr) -> String {
    if ip.is_ipv6() { format!("IPv6:{ip}") } else { ip.to_string() }
}

fn status_of(error: NativeError) -> NameStatus {
    match error.0 {
        NativeErrorKind::Again => NameStatus::Temporary,
        NativeErrorKind::NoName | NativeErrorKind::NoAddress | NativeErrorKind::OtherFamily => {
            NameStatus::Permanent
        }
    }
}

/// The network of an address by prefix length; the address itself if the prefix is all of it.
fn range(ip: IpAddr, ipv4_prefix: u32, ipv6_prefix: u32) -> String {
    match ip {
        IpAddr::V4(ip) if ipv4_prefix < 32 => {
            let mask = u32::MAX.checked_shl(32 - ipv4_prefix).unwrap_or(0);
            format!("{}/{ipv4_prefix}", std::net::Ipv4Addr::from_bits(ip.to_bits() & mask))
        }
        IpAddr::V6(ip) if ipv6_prefix < 128 => {
            let mask = u128::MAX.checked_shl(128 - ipv6_prefix).unwrap_or(0);
            format!("{}/{ipv6_prefix}", std::net::Ipv6Addr::from_bits(ip.to_bits() & mask))
        }
        ip => ip.to_string(),
    }
}

/// The ends of a connection that a load balancer accepted; none if it speaks for itself.
async fn balancer_header(
    stream: &TcpStream,
    families: Families,
) -> Result<Option<(SocketAddr, SocketAddr)>, String> {
    let mut buffer = [0; haproxy::MAX_LENGTH];
    let count = stream.peek(&mut buffer).await.unwrap_or(0);
    let input = buffer.get(..count).unwrap_or_default();
    if input.is_empty() {
        return Err("haproxy read: EOF".to_owned());
    }
    let header = haproxy::parse(input, families.v4, families.v6)
        .map_err(|problem| format!("haproxy read: {problem}: {}", log_lines::escape(input)))?;
    let taken = buffer.get_mut(..header.length).map(|room| stream.try_read(room));
    match taken {
        Some(Ok(count)) if count == header.length => Ok(header.ends),
        Some(Err(error)) => Err(format!("haproxy read: {}", sys::error_text(&error))),
        _ => Err("haproxy read: short header".to_owned()),
    }
}

/// The ends of a connection that another process accepted.
fn passed_ends(attributes: &[(Vec<u8>, Vec<u8>)]) -> Result<(SocketAddr, SocketAddr), String> {
    let value = |name: &str, what: &str| {
        let found = attributes.iter().find(|(known, _)| known == name.as_bytes());
        let (_, value) = found.ok_or_else(|| format!("missing {what} from proxy"))?;
        Ok::<_, String>(String::from_utf8_lossy(value).into_owned())
    };
    let address = |name, what: &str| {
        let text = value(name, what)?;
        let family = if text.contains(':') { "IPv6" } else { "IPv4" };
        text.parse::<IpAddr>().map_err(|_| format!("bad {family} {what} syntax from proxy: {text}"))
    };
    let port = |name, what: &str, side: &str| {
        let text = value(name, what)?;
        text.parse::<u16>().map_err(|_| format!("bad TCP {side} port number syntax from proxy: {text}"))
    };
    let client = address(queue::attr::ACT_CLIENT_ADDR, "client address")?;
    let client_port = port(queue::attr::ACT_CLIENT_PORT, "client port", "client")?;
    let server = address(queue::attr::ACT_SERVER_ADDR, "server address")?;
    let server_port = port(queue::attr::ACT_SERVER_PORT, "server port", "server")?;
    Ok((SocketAddr::new(client, client_port), SocketAddr::new(server, server_port)))
}

#[cfg(test)]
mod tests {
    use super::*;

    // Values of the reference's own test table.
    #[test]
    fn ranges() {
        let of = |ip: &str, v4, v6| range(ip.parse().unwrap(), v4, v6);
        assert_eq!(of("255.255.255.255", 32, 84), "255.255.255.255");
        assert_eq!(of("255.255.255.255", 28, 84), "255.255.255.240/28");
        assert_eq!(of("255.255.255.255", 0, 84), "0.0.0.0/0");
        assert_eq!(of("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 32, 4), "f000::/4");
        assert_eq!(of("::1", 32, 128), "::1");
    }
}
