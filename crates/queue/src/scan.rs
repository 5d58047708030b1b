//! Walking over the files of a queue directory.

use crate::Dir;
use std::ffi::OsString;
use std::fs::{self, ReadDir};
use std::io;
use std::path::PathBuf;

/// The names in a queue directory, in the order in which the file system gives them. Names of one character are
/// the subdirectories of a hashed queue and are walked into, as deep as they go. The names are not checked; pass
/// them through [`crate::Id::parse`].
///
/// Memory does not grow with the number of files.
#[derive(Debug)]
pub struct Scan {
    open: Vec<(PathBuf, ReadDir)>,
    recursive: bool,
}

/// Deeper than hash_queue_depth can be; ends a walk through links that go in circles.
const MAX_DEPTH: usize = 100;

impl Scan {
    /// Walks into subdirectories.
    pub fn recursive(dir: Dir) -> io::Result<Scan> {
        Scan::start(dir, true)
    }

    /// Stays in the directory itself. For maildrop: it may be writable for strangers.
    pub fn flat(dir: Dir) -> io::Result<Scan> {
        Scan::start(dir, false)
    }

    fn start(dir: Dir, recursive: bool) -> io::Result<Scan> {
        let path = PathBuf::from(dir.name());
        let entries = fs::read_dir(&path)?;
        Ok(Scan { open: vec![(path, entries)], recursive })
    }
}

impl Iterator for Scan {
    type Item = io::Result<(PathBuf, OsString)>;

    /// The next directory and the name of a file in it.
    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let depth = self.open.len();
            let (path, entries) = self.open.last_mut()?;
            let name = match entries.next() {
                None => {
                    self.open.pop();
                    continue;
                }
                Some(Err(error)) => return Some(Err(error)),
                Some(Ok(entry)) => entry.file_name(),
            };
            if self.recursive && name.len() == 1 && depth < MAX_DEPTH {
                let sub = path.join(&name);
                match fs::read_dir(&sub) {
                    Ok(entries) => self.open.push((sub, entries)),
                    Err(error) => return Some(Err(error)),
                }
                continue;
            }
            return Some(Ok((path.clone(), name)));
        }
    }
}
