//! What verbose logging says about the configuration, and what is wrong with hosts. Everything else goes back to the
//! caller as text.

use std::fs::File;
use std::net::IpAddr;
use std::os::fd::AsRawFd;

/// A file is about to be locked.
pub(crate) fn waiting_for_lock(file: &File) {
    if log::verbose() > 0 {
        log::info!("myflock({}, MYFLOCK_STYLE_FLOCK, MYFLOCK_OP_EXCLUSIVE)", file.as_raw_fd());
    }
}

/// It is locked.
pub(crate) fn locked() {
    if log::verbose() > 0 {
        log::info!("myflock() returns 0");
    }
}

/// A word of a list that was recognised.
pub(crate) fn recognised(word: &str) {
    if log::verbose() > 0 {
        log::info!("name_mask: {word}");
    }
}

/// An interface's address, and the mask of its network.
pub(crate) fn address_found(address: &IpAddr, netmask: &IpAddr) {
    if log::verbose() > 1 {
        log::info!("inet_addr_list_append: {address}");
        log::info!("inet_addr_list_append: {netmask}");
    }
}

/// How many addresses of a family the interfaces have.
pub(crate) fn interfaces_found(count: usize, family: &str) {
    if log::verbose() > 0 {
        log::info!("inet_addr_local: configured {count} {family} addresses");
    }
}

/// A network that was found, and whether it was found before.
pub(crate) fn network_found(network: &str, before: bool) {
    if log::verbose() > 0 {
        log::info!("been_here: {network}: {}", u8::from(before));
    }
}

/// The networks that were found.
pub(crate) fn networks_found(networks: &str) {
    if log::verbose() > 0 {
        log::info!("mynetworks_core: {networks}");
    }
}
