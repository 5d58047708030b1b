//! Removes an unfinished file when the process is asked to end.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use sys::DoomedFile;
use sys::signals::{Signal, is_ignored};

/// The signals that ask the process to end.
pub(crate) fn signals() -> Vec<Signal> {
    let mut signals = vec![Signal::SIGINT, Signal::SIGQUIT];
    signals.extend([Signal::SIGTERM, Signal::SIGHUP].into_iter().filter(|signal| !is_ignored(*signal)));
    signals
}

/// The file to remove. Once it is taken out, the mail is the mail system's.
#[derive(Debug)]
pub(crate) struct Unfinished(DoomedFile);

impl Unfinished {
    /// Watches over a file from now on.
    pub(crate) fn watch(path: &Path, signals: &[Signal]) -> io::Result<Unfinished> {
        DoomedFile::new(path, signals).map(Unfinished)
    }

    /// Removes the file, and leaves nothing to be removed.
    pub(crate) fn remove(&self) -> Option<(PathBuf, io::Result<()>)> {
        let path = self.keep()?;
        let result = fs::remove_file(&path);
        Some((path, result))
    }

    /// The file stays.
    pub(crate) fn keep(&self) -> Option<PathBuf> {
        self.0.keep()
    }
}
