//! The mail queue on disk: queue ids, directories and their hashing, states kept in file modes, locking, scanning,
//! and the record codec of queue files.
//!
//! Start at [`Queue`], which knows where a message's file is and moves it, and at [`record`], which turns bytes
//! into records and back without doing any I/O. [`Reader`] walks over the records of a file, [`mod@file`] knows what
//! particular records mean. Nothing here knows about processes or protocols; see the `ipc` crate for those.
//!
//! Every path is relative to the queue directory, which is the current directory of each daemon and of each command
//! that touches the queue (in a jail, there is no other way).

pub mod attr;
pub mod delivery_log;
pub mod file;
pub mod flags;
mod id;
mod layout;
mod lock;
mod log_lines;
mod nearby;
mod new_file;
mod reader;
pub mod record;
mod regular;
mod safe_base;
mod scan;

pub use id::Id;
pub use layout::{Checked, Dir, Queue, make_parents, mode};
pub use lock::{LockKind, lock, try_lock, unlock};
pub use nearby::Nearby;
pub use new_file::{Committed, CreateError, NewFile};
pub use reader::Reader;
pub use record::{Record, Type, Writer};
pub use regular::{BufferedFile, RegularFile};
pub use scan::Scan;
