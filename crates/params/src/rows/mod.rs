//! The rows, by theme.

mod address;
mod content;
mod delivery;
mod legacy;
mod lmtp_client;
mod postscreen;
mod process;
mod queue;
mod site;
mod smtp_client;
mod smtp_client_security;
mod smtp_server;
mod smtp_server_security;
mod tls;

/// Where the first theme begins to count.
mod start {
    pub(super) const END: usize = 0;
}

pub use address::*;
pub use content::*;
pub use delivery::*;
pub use legacy::*;
pub use lmtp_client::*;
pub use postscreen::*;
pub use process::*;
pub use queue::*;
pub use site::*;
pub use smtp_client::*;
pub use smtp_client_security::*;
pub use smtp_server::*;
pub use smtp_server_security::*;
pub use tls::*;

use crate::row::Row;

/// Number of parameters.
pub(crate) const COUNT: usize = legacy::END;

/// The themes, in the order in which their ordinals follow each other.
pub(crate) static THEMES: [&[Row]; 14] = [
    &site::ROWS,
    &process::ROWS,
    &address::ROWS,
    &content::ROWS,
    &queue::ROWS,
    &delivery::ROWS,
    &smtp_client::ROWS,
    &lmtp_client::ROWS,
    &smtp_client_security::ROWS,
    &smtp_server::ROWS,
    &smtp_server_security::ROWS,
    &postscreen::ROWS,
    &tls::ROWS,
    &legacy::ROWS,
];
