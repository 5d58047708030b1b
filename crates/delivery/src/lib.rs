//! The delivery-agent side: request, status, mbox and maildir, DSN status, the delivery log line.
//!
//! An agent reads a request with [`serve`] or [`Waiter::serve`], does its work for each recipient, tells what came of it with
//! [`Reporter`] (which writes the log line and tells bounce(8) and its fellows), marks recipients that are
//! [`Verdict::Done`] with [`Delivery::complete`].
//! [`mailbox`], [`maildir`] and [`message_copy`] deliver into files.
//!
//! Not for routing, and not for the protocols that mail leaves by.

pub mod copy;
mod delay;
pub mod delivered_to;
mod failure;
mod filter;
pub mod log_lines;
pub mod mailbox;
pub mod mailbox_agent;
pub mod maildir;
pub mod message_copy;
pub mod pass;
mod queue_file;
mod report;
mod request;
pub mod safe_open;
mod serve;
pub mod status;
pub mod verp;

pub use failure::{Failure, mailbox_status};
pub use filter::StatusFilter;
pub use queue_file::mark_corrupt;
pub use report::{Attempt, NO_RELAY, Reporter, Verdict};
pub use request::{Delivery, Fatal, Received};
pub use serve::{Waiter, serve};
