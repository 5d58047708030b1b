//! What the server does on each command. A handler returns its answer; [`crate::session`] says it.

mod bdat;
mod content;
mod hello;
mod mail;
mod other;
mod rcpt;
mod xclient;
mod xforward;
