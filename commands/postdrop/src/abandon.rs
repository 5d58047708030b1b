//! Removes an unfinished file when the process is asked to end.

use std::fs;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use sys::signals::{Signal, SignalPipe, is_ignored};

/// The file to remove. Once it is taken out, the mail is the mail system's.
#[derive(Clone, Debug)]
pub(crate) struct Unfinished(Arc<Mutex<Option<PathBuf>>>);

impl Unfinished {
    /// Watches over a file from now on, on a thread of its own.
    pub(crate) fn watch(path: PathBuf) -> io::Result<Unfinished> {
        let mut signals = vec![Signal::SIGINT, Signal::SIGQUIT];
        signals.extend([Signal::SIGTERM, Signal::SIGHUP].into_iter().filter(|signal| !is_ignored(*signal)));
        let pipe = SignalPipe::new(&signals)?;
        let unfinished = Unfinished(Arc::new(Mutex::new(Some(path))));
        let watched = unfinished.clone();
        std::thread::Builder::new().spawn(move || {
            loop {
                if sys::descriptors::wait_readable(&pipe, None).is_err() {
                    return;
                }
                if let Some(signal) = pipe.drain().first() {
                    watched.end_process(*signal);
                }
            }
        })?;
        Ok(unfinished)
    }

    /// Removes the file, and leaves nothing to be removed.
    pub(crate) fn remove(&self) -> Option<(PathBuf, io::Result<()>)> {
        let path = self.keep()?;
        let result = fs::remove_file(&path);
        Some((path, result))
    }

    /// The file stays.
    pub(crate) fn keep(&self) -> Option<PathBuf> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn end_process(&self, signal: Signal) {
        // The lock is held to the end, so that the main thread cannot report success for a removed file.
        let mut path = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(path) = path.take() {
            let _ = fs::remove_file(path);
        }
        sys::process::exit_now(signal as i32);
    }
}
