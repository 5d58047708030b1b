//! The host that a configuration is evaluated on: its name, its interfaces, and the addresses of others.

use std::ffi::OsString;
use std::io;
use std::net::{IpAddr, ToSocketAddrs};

use sys::Interface;

/// What evaluation asks a host. Tests and fuzzing have hosts of their own, whose answers are at hand and the same
/// everywhere; programs run on [`ThisHost`].
pub trait Host: Send + Sync {
    /// The host's name; empty if it has none.
    fn name(&self) -> OsString;

    /// The addresses of a host name; none if it has none, or if they cannot be found now.
    fn addresses_of(&self, name: &str) -> Vec<IpAddr>;

    /// The interfaces that are up, with an entry for each address.
    ///
    /// # Errors
    /// They cannot be listed.
    fn interfaces(&self) -> io::Result<Vec<Interface>>;
}

/// The host that the program runs on, and the resolver of its C library.
#[derive(Clone, Copy, Debug)]
pub struct ThisHost;

impl Host for ThisHost {
    fn name(&self) -> OsString {
        sys::hostname().unwrap_or_default()
    }

    fn addresses_of(&self, name: &str) -> Vec<IpAddr> {
        (name, 0).to_socket_addrs().map_or_else(|_| Vec::new(), |all| all.map(|found| found.ip()).collect())
    }

    fn interfaces(&self) -> io::Result<Vec<Interface>> {
        sys::interfaces()
    }
}
