//! The compatibility suite: every case runs on the reference and on ours, and what both do must be the same.
//!
//! Start at [`Pair`]: two hosts with the same configuration, one with Debian's Postfix, one with the same Postfix over
//! which ours was installed. For a host with a mixture of both see [`HostSpec`]. A difference that must stay goes into
//! `known-diffs.toml`, which [`ledger`] reads.
//!
//! A host here is a copy-on-write copy of a Debian root directory with its own network, processes and mounts, so both
//! sides have the same paths, the same ports and the same host name, and nothing outlives its test. A machine without
//! root or without references can play some cases from recordings: see [`recorded`].

pub mod backing;
pub mod batch;
pub mod certificates;
pub mod dns;
pub mod generate;
pub mod host;
pub mod ledger;
mod mail;
pub mod normalise;
pub mod pair;
pub mod recorded;
pub mod roots;
pub mod smtp;
pub mod transcript;

pub use batch::Job;
pub use host::{Host, HostSpec, Output};
pub use normalise::Normaliser;
pub use pair::Pair;
pub use transcript::Transcript;
