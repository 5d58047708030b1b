//! main.cf and master.cf: read, edit, expand, check, override.
//!
//! A program loads a [`Config`] once and asks it for parameters by their handles in `params`. Reading files,
//! `$name` expansion, defaults, typed evaluation and the errors of each follow Postfix 3.11, text included. What is
//! wrong comes back as an [`Error`] whose text is the fatal log line, after the warnings it carries.
//!
//! Not for what a parameter means: that is the business of the program that reads it. The parts serve postconf(1),
//! too, which shows what is set rather than what it evaluates to: [`Dictionary`], [`expand`](expand::expand),
//! [`lines`], [`master_cf`].

pub mod braces;
mod checks;
mod compat;
mod config;
mod dictionary;
pub mod edit;
pub mod environment;
mod error;
mod evaluate;
pub mod expand;
mod host;
mod level;
pub mod lines;
mod log_lines;
pub mod master_cf;
pub mod networks;
mod ports;
mod service_patterns;
mod source;
mod text;

pub use compat::OldDefault;
pub use config::{Config, warn_unsupported};
pub use dictionary::Dictionary;
pub use error::{Error, Line};
pub use evaluate::evaluate;
pub use host::{Host, ThisHost};
pub use level::Level;
pub use ports::KnownPorts;
pub use service_patterns::ServicePatterns;
pub use source::{
    DIRECTORY_ENVIRONMENT, MAIN_CF, MASTER_CF, Source, approve_directory, file_in, read_file,
    read_file_to_edit,
};
pub use sys::Interface;
pub use text::{NotAPair, byte_words, show, split_pair, words};
