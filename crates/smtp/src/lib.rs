//! The SMTP grammar: bytes in, values out, no I/O.
//!
//! Both sides of the protocol are here, as Postfix speaks them. A server splits its input with [`line::CommandReader`],
//! takes commands apart with [`token::tokens`], answers with [`Reply`] and decodes message content with
//! [`data::DataDecoder`] (after DATA) or [`bdat::ChunkDecoder`] (after BDAT). A client reads answers with
//! [`response::ResponseReader`], understands an EHLO answer with [`ehlo::Capabilities`] and sends content through
//! [`data::DotStuffer`].
//!
//! Not here: addresses (crate `address`), policy, sockets, time-outs. Start at [`Reply`].

pub mod bdat;
pub mod data;
pub mod dsn;
pub mod ehlo;
pub mod haproxy;
pub mod line;
pub mod reply;
pub mod response;
pub mod token;
pub mod xtext;

pub use reply::Reply;
