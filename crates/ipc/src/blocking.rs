//! Asynchronous clients in programs that do one thing at a time.

use std::future::Future;
use std::io;

/// Runs a future to its end on this thread, with a runtime of its own.
pub fn run<T>(future: impl Future<Output = T>) -> io::Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let local = tokio::task::LocalSet::new();
    Ok(local.block_on(&runtime, future))
}
