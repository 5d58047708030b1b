//! The attribute protocol between Postfix's daemons, and a typed client for each internal service.
//!
//! Start at [`Services`], which knows where the sockets are; each module below it is one service: what a client
//! may ask and, where a server of ours reads it too, the typed request. [`Attrs`] is the codec, free of I/O;
//! [`Connection`] moves lists of attributes and records over a socket, with a time limit for each step.
//!
//! Everything here is asynchronous and stays on one thread (tokio's current-thread runtime with a `LocalSet` will
//! do). Programs with one thing to do at a time call [`blocking::run`].
//!
//! Not for tables: the `proxy:` table type has its own, synchronous, client in the `tables` crate.

pub mod anvil;
mod attrs;
mod base64;
pub mod blocking;
pub mod bounce;
pub mod cleanup;
mod connection;
pub mod deliver;
mod error;
pub mod flush;
mod log_lines;
mod pool;
pub mod post_mail;
pub mod postdrop;
pub mod protocol;
pub mod rewrite;
mod services;
pub mod showq;
pub mod trigger;
pub mod verify;

pub use attrs::{Attrs, Decoder, Pair, Scanner, decode_plain, encode_plain};
pub use connection::{Connection, read_attrs, read_plain, write_attrs, write_plain};
pub use error::Error;
pub use log_lines::{
    connected as log_connected, malformed as log_malformed, not_connected as log_not_connected,
};
pub use pool::Pool;
pub use services::{Class, Services, Settings};
