//! The word to comsat(8) that a user has mail.

use std::net::{Ipv4Addr, UdpSocket};

/// The port of the biff service.
const PORT: u16 = 512;

/// Tells that mail for `user` begins at `offset` of the mailbox. Nobody needs to listen.
pub(crate) fn notify(user: &str, offset: u64) {
    let mut text = format!("{user}@{offset}").into_bytes();
    text.push(0);
    if let Ok(socket) = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)) {
        let _ = socket.send_to(&text, (Ipv4Addr::LOCALHOST, PORT));
    }
}
