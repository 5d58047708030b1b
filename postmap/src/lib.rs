//! The postmap(1) command: builds, changes and asks lookup tables.
//!
//! postalias(1) does the same with another source syntax, so the work is in [`command`], which takes a [`Flavour`] that
//! says where the two differ. Start at [`command::run`].

pub mod command;
mod input;
mod json;
mod log_lines;
mod message;
mod progress;
mod query;
mod update;

use std::ffi::OsString;
use std::process::ExitCode;

pub use command::Flavour;
pub use update::{LastEntry, Source, SourceEntry};

/// Runs the command with its whole argument vector, the name it was called by first.
pub fn run(args: Vec<OsString>) -> ExitCode {
    command::run(&POSTMAP, &args)
}

/// `key white-space value` lines, and all options.
const POSTMAP: Flavour = Flavour {
    program: "postmap",
    options: "bc:d:fFhijmnNopq:rsuUvw",
    usage: "[-bfFhimnNoprsuUvw] [-c config_dir] [-d key] [-q key] [map_type:]file...",
    separator: "\t",
    bad_data: "",
    source: &update::PostmapSource,
};
