//! What every daemon starts with: arguments, master protocol, limits, jail, signals, the kinds of server.
//!
//! A daemon's `main(args)` is one call: [`run_sessions`] for a service that serves many clients at once,
//! [`run_one_job`] for one that takes a job at a time because it changes identity, [`run_trigger`] for one with a life
//! of its own that others wake up, [`run_datagram`] for one that reads datagrams. Each works under Postfix's master(8)
//! and under ours. Start at [`SessionService`] and [`Setup`].
//!
//! Not for protocols spoken with clients (crates `ipc` and `smtp`), nor for the master's own side, which shares
//! [`protocol`].

mod arguments;
mod connection;
mod datagram;
mod fatal;
mod jail;
mod listener;
mod log_lines;
mod master_link;
mod one_job;
mod pass;
pub mod protocol;
mod session;
mod setup;
mod slots;
mod trigger;

pub use connection::{Connection as Conn, Stream};
pub use datagram::{DatagramService, run_datagram};
pub use fatal::Fatal;
pub use log_lines::unsupported as log_unsupported;
pub use master_link::FlowControl;
pub use one_job::{OneJobService, run_one_job};
pub use session::{Session, SessionService, run_sessions};
pub use setup::{ProcessLimit, Setup};
pub use trigger::{EventService, Triggers, run_trigger};
