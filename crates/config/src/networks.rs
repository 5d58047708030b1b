//! The host's own addresses and networks, as `inet_protocols`, `inet_interfaces` and `mynetworks_style` choose them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use nix::errno::Errno;
use nix::sys::socket::{AddressFamily, SockFlag, SockType, socket};
use sys::Interface;

use crate::error::Error;
use crate::host::Host;
use crate::log_lines;
use crate::text::words;

/// The protocol families in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Protocols {
    /// IPv4 is wanted and the kernel has it.
    pub ipv4: bool,
    /// IPv6 is wanted and the kernel has it.
    pub ipv6: bool,
}

impl Protocols {
    /// Evaluates `inet_protocols`. A protocol that the kernel lacks is dropped, with a warning.
    ///
    /// # Errors
    /// A word that names no protocol, or a failing socket(2).
    pub fn parse(value: &str, warnings: &mut Vec<String>) -> Result<Self, Error> {
        let context = params::INET_PROTOCOLS.name();
        let mut found = Self { ipv4: false, ipv6: false };
        for word in words(value) {
            match word {
                "all" => found = Self { ipv4: true, ipv6: true },
                "ipv4" => found.ipv4 = true,
                "ipv6" => found.ipv6 = true,
                _ => return Err(unknown_value(context, word, value)),
            }
            log_lines::recognised(word);
        }
        if found.ipv6 {
            found.ipv6 = available(AddressFamily::Inet6, "IPv6", warnings)?;
        }
        if found.ipv4 {
            found.ipv4 = available(AddressFamily::Inet, "IPv4", warnings)?;
        }
        Ok(found)
    }

    /// Is any protocol in use?
    pub fn any(self) -> bool {
        self.ipv4 || self.ipv6
    }

    /// Does the address belong to a protocol in use?
    pub fn includes(self, address: IpAddr) -> bool {
        if address.is_ipv4() { self.ipv4 } else { self.ipv6 }
    }
}

/// The fatal text for a word that is not among those a parameter knows.
fn unknown_value(context: &str, word: &str, value: &str) -> Error {
    Error::fatal(format!("unknown {context} value \"{word}\" in \"{value}\""))
}

/// Asks the kernel for a socket of the family.
fn available(family: AddressFamily, name: &str, warnings: &mut Vec<String>) -> Result<bool, Error> {
    match socket(family, SockType::Stream, SockFlag::SOCK_CLOEXEC, None) {
        Ok(_) => Ok(true),
        Err(why @ (Errno::EAFNOSUPPORT | Errno::EPROTONOSUPPORT)) => {
            let context = params::INET_PROTOCOLS.name();
            warnings.push(format!("{context}: disabling {name} name/address support: {}", why.desc()));
            Ok(false)
        }
        Err(why) => Err(Error::fatal(format!("socket: {}", why.desc()))),
    }
}

/// An address of the host with its network mask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OwnAddress {
    /// The address.
    pub address: IpAddr,
    /// Its interface's mask.
    pub netmask: IpAddr,
}

/// The addresses on which this mail system receives mail, IPv4 before IPv6.
///
/// # Errors
/// A host name that cannot be found, or an address that no interface has.
pub fn own_addresses(
    host: &dyn Host,
    inet_interfaces: &str,
    protocols: Protocols,
) -> Result<Vec<OwnAddress>, Error> {
    if !protocols.any() {
        return Ok(Vec::new());
    }
    match inet_interfaces {
        "all" => local(host, protocols),
        "loopback-only" => {
            let mut addresses = local(host, protocols)?;
            addresses.retain(|own| own.address.is_loopback());
            Ok(addresses)
        }
        listed => {
            let name = params::INET_INTERFACES.name();
            let wanted = addresses_of(host, name, listed, protocols)?;
            let local = local(host, protocols)?;
            wanted
                .into_iter()
                .map(|address| {
                    local.iter().find(|own| own.address == address).copied().ok_or_else(|| {
                        Error::fatal(format!("parameter {name}: no local interface found for {address}"))
                    })
                })
                .collect()
        }
    }
}

/// The addresses of a list of hosts, in order, each once; `parameter` is the one that holds the list. Unlike most
/// lists, it is not split at carriage returns or newlines (by experiment).
///
/// # Errors
/// A host name that cannot be found.
pub fn addresses_of(
    host: &dyn Host,
    parameter: &str,
    list: &str,
    protocols: Protocols,
) -> Result<Vec<IpAddr>, Error> {
    let mut found = Vec::new();
    for name in list.split([' ', '\t', ',']).filter(|word| !word.is_empty()) {
        let addresses = addresses_of_host(host, name, protocols);
        if addresses.is_empty() {
            return Err(Error::fatal(format!("config variable {parameter}: host not found: {name}")));
        }
        found.extend(addresses);
    }
    found.sort_unstable();
    found.dedup();
    Ok(found)
}

/// The addresses of a host name or of an address, in brackets or not, in the families in use.
pub fn addresses_of_host(host: &dyn Host, name: &str, protocols: Protocols) -> Vec<IpAddr> {
    let bare = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(name);
    let mut found = bare.parse().map_or_else(|_| host.addresses_of(bare), |address| vec![address]);
    found.retain(|&address| protocols.includes(address));
    found.dedup();
    found
}

/// All addresses of the interfaces that are up.
fn local(host: &dyn Host, protocols: Protocols) -> Result<Vec<OwnAddress>, Error> {
    let none = || Error::fatal("could not find any active network interfaces");
    let interfaces = host.interfaces().map_err(|_| none())?;
    let usable = |wanted_v4: bool| {
        interfaces.iter().filter(move |interface: &&Interface| {
            interface.address.is_ipv4() == wanted_v4 && !interface.address.is_unspecified()
        })
    };
    let mut found = Vec::new();
    for (is_v4, wanted, name) in [(true, protocols.ipv4, "IPv4"), (false, protocols.ipv6, "IPv6")] {
        if wanted {
            let before = found.len();
            for Interface { address, netmask, .. } in usable(is_v4) {
                log_lines::address_found(address, netmask);
                found.push(OwnAddress { address: *address, netmask: *netmask });
            }
            log_lines::interfaces_found(found.len() - before, name);
        }
    }
    if found.is_empty() { Err(none()) } else { Ok(found) }
}

/// What `mynetworks_style` says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NetworksStyle {
    /// The networks that addresses belonged to before there were masks.
    Class,
    /// The networks of the interfaces' masks.
    Subnet,
    /// The addresses alone.
    Host,
}

impl NetworksStyle {
    /// Evaluates `mynetworks_style`.
    ///
    /// # Errors
    /// The value is not exactly one of its words.
    pub fn parse(value: &str) -> Result<Self, Error> {
        let mut styles = Vec::new();
        for word in words(value) {
            let style = match word {
                "class" => Self::Class,
                "subnet" => Self::Subnet,
                "host" => Self::Host,
                _ => return Err(unknown_value("mynetworks mask style", word, value)),
            };
            log_lines::recognised(word);
            if !styles.contains(&style) {
                styles.push(style);
            }
        }
        match styles.as_slice() {
            [style] => Ok(*style),
            _ => {
                let name = params::MYNETWORKS_STYLE.name();
                Err(Error::fatal(format!("bad {name} value: {value}; specify exactly one value")))
            }
        }
    }
}

/// The default of `mynetworks`.
pub fn networks(style: NetworksStyle, own: &[OwnAddress]) -> String {
    let mut found: Vec<String> = Vec::new();
    for address in own {
        let network = match address.address {
            IpAddr::V4(bare) => network_v4(style, bare, address.netmask),
            IpAddr::V6(bare) => network_v6(style, bare, address.netmask),
        };
        let before = found.contains(&network);
        if own.len() > 1 {
            log_lines::network_found(&network, before);
        }
        if !before {
            found.push(network);
        }
    }
    // Postfix ends the list with a blank, too; postconf(1) drops it.
    let networks: String = found.into_iter().flat_map(|network| [network, " ".to_owned()]).collect();
    log_lines::networks_found(&networks);
    networks
}

/// `127.0.0.0/8`
fn network_v4(style: NetworksStyle, address: Ipv4Addr, netmask: IpAddr) -> String {
    let prefix = match (style, netmask, address.octets()) {
        (NetworksStyle::Class, _, [0..=127, ..]) => 8,
        (NetworksStyle::Class, _, [128..=191, ..]) => 16,
        (NetworksStyle::Class, _, [192..=223, ..]) => 24,
        (NetworksStyle::Class, ..) => 4,
        (NetworksStyle::Subnet, IpAddr::V4(mask), _) => u32::from(mask).leading_ones(),
        _ => 32,
    };
    let mask = u32::MAX.checked_shl(32 - prefix).unwrap_or(0);
    format!("{}/{prefix}", Ipv4Addr::from(u32::from(address) & mask))
}

/// `[::1]/128`
fn network_v6(style: NetworksStyle, address: Ipv6Addr, netmask: IpAddr) -> String {
    let prefix = match (style, netmask) {
        (NetworksStyle::Class | NetworksStyle::Subnet, IpAddr::V6(mask)) => u128::from(mask).leading_ones(),
        _ => 128,
    };
    let mask = u128::MAX.checked_shl(128 - prefix).unwrap_or(0);
    format!("[{}]/{prefix}", Ipv6Addr::from(u128::from(address) & mask))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own(address: &str, netmask: &str) -> OwnAddress {
        OwnAddress { address: address.parse().unwrap(), netmask: netmask.parse().unwrap() }
    }

    #[test]
    fn styles_choose_the_prefix() {
        let all = [
            own("127.0.0.1", "255.0.0.0"),
            own("192.0.2.77", "255.255.255.192"),
            own("::1", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
            own("fe80::1", "ffff:ffff:ffff:ffff::"),
        ];
        let list = |style: &str| networks(NetworksStyle::parse(style).unwrap(), &all);
        assert_eq!(list("host"), "127.0.0.1/32 192.0.2.77/32 [::1]/128 [fe80::1]/128 ");
        assert_eq!(list("subnet"), "127.0.0.0/8 192.0.2.64/26 [::1]/128 [fe80::]/64 ");
        assert_eq!(list("class"), "127.0.0.0/8 192.0.2.0/24 [::1]/128 [fe80::]/64 ");
    }

    #[test]
    fn bad_words_are_fatal() {
        let text = |style| NetworksStyle::parse(style).unwrap_err().to_string();
        assert_eq!(text("x"), "unknown mynetworks mask style value \"x\" in \"x\"");
        assert_eq!(text("host, class"), "bad mynetworks_style value: host, class; specify exactly one value");
        let error = Protocols::parse("ipv4, ipx", &mut Vec::new()).unwrap_err();
        assert_eq!(error.to_string(), "unknown inet_protocols value \"ipx\" in \"ipv4, ipx\"");
    }
}
