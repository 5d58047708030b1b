//! Look-ups in the domain name system and the hosts file, as a mail system asks them: mail exchangers in their order
//! of preference, addresses, names of addresses, text records.
//!
//! Not for: connecting to what was found, or deciding what a failure means for a message; callers do that by
//! [`ErrorKind`] and [`exchange::Problem`].
//!
//! Start at [`Resolver`]. It reads `/etc/resolv.conf` and `/etc/hosts` when it is made, so a daemon makes it before
//! it enters its jail. Nothing is cached: a name server's answer is asked for each time, as the C library does.

mod error;
pub mod exchange;
mod hostname;
mod hosts_file;
mod log_lines;
mod record;
mod reply_filter;
mod resolver;

pub use error::{Error, ErrorKind, NativeError, NativeErrorKind};
pub use hosts_file::Hosts;
pub use record::{Data, Record, RecordType};
pub use reply_filter::ReplyFilter;
pub use resolver::{Families, Resolver, Search, reverse_name};
