//! `make bench`: ours and the reference in turn on the same work, in hosts of their own on this machine. Prints the
//! median of each side and the ratio ours/theirs of each round. Never fails because of a slow result.
//!
//! `oxipost-bench [ROUNDS] [NAME ...]` runs only the benchmarks whose names begin with one of the given ones.

mod commands;
mod mail;
mod measure;
mod memory;
mod queue;
mod report;
mod tables;

use compat::HostSpec;
use compat::roots::Version;
use report::Measurement;

/// Which programs a host has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Debian's Postfix 3.11.
    Reference,
    /// Ours.
    Ours,
}

impl Side {
    /// A host with that side's programs.
    pub fn spec(self) -> HostSpec {
        match self {
            Side::Reference => HostSpec::reference(Version::V3_11),
            Side::Ours => HostSpec::ours(Version::V3_11),
        }
    }
}

/// A benchmark gives named figures for one side.
type Benchmark = fn(Side) -> Vec<Measurement>;

const BENCHMARKS: &[(&str, Benchmark)] = &[
    ("relay", mail::relay),
    ("maildir", mail::maildir),
    ("maildir-in-memory", mail::maildir_in_memory),
    ("sendmail", mail::sendmail),
    ("idle-sessions", memory::idle_sessions),
    ("commands", commands::start_up),
    ("postconf-large", commands::large_configuration),
    ("table-hash", tables::hash),
    ("table-btree", tables::btree),
    ("table-lmdb", tables::lmdb),
    ("table-cdb", tables::cdb),
    ("table-cidr", tables::cidr),
    ("table-regexp", tables::regexp),
    ("table-pcre", tables::pcre),
    ("queue-20000", queue::large),
    ("queue-200000", queue::huge),
];

/// Takes longer than all others together, so it is run only if it is asked for by name.
const ON_REQUEST: &str = "queue-200000";

fn main() {
    let mut arguments = std::env::args().skip(1).peekable();
    let rounds = arguments
        .next_if(|word| word.parse::<usize>().is_ok())
        .and_then(|word| word.parse().ok())
        .unwrap_or(3);
    let wanted: Vec<String> = arguments.collect();
    println!(
        "{:40} {:>12} {:>12}   ours/reference: median (least to most) of {rounds} rounds",
        "", "reference", "ours"
    );
    for (name, benchmark) in BENCHMARKS {
        let is_wanted = match wanted.as_slice() {
            [] => *name != ON_REQUEST,
            prefixes => prefixes.iter().any(|prefix| name.starts_with(prefix.as_str())),
        };
        if is_wanted {
            let pairs: Vec<_> =
                (0..rounds).map(|_| (benchmark(Side::Reference), benchmark(Side::Ours))).collect();
            report::print(&pairs);
        }
    }
}
