//! The structure of a message as Postfix sees it: which lines are headers of what, where body parts begin.
//!
//! [`Machine`] takes a message line by line and says what each line is. It does no I/O and knows nothing of what is
//! done with headers and body lines; header and body checks are the caller's.
//!
//! Not here: addresses in headers (the `address` crate), queue file records (the `queue` crate).

mod downgrade;
mod error;
pub mod header;
mod machine;
mod part;
mod token;

pub use error::{Error, Errors};
pub use machine::{Event, HeaderClass, Limits, Line, Machine, Options};
