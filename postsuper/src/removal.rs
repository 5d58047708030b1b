//! Removal of many files at once.

use crate::sweep::is_ready;
use crate::{Fatal, files};
use queue::Dir;
use std::path::{Path, PathBuf};
use std::thread::{self, Builder};

/// More than there are processors: a removal mostly waits, for the disk or for others in the same directory.
const THREADS: usize = 16;
/// A thread that has less to do than this costs more than it brings.
const LEAST_SHARE: usize = 64;

/// Removes files of one directory of the queue, and says how many of them were complete messages.
pub(crate) fn remove_all(dir: Dir, files: &[PathBuf]) -> Result<usize, Fatal> {
    // With `-v`, each removal is logged, in its turn.
    let threads = if log::verbose() > 0 { 1 } else { THREADS };
    let share = files.len().div_ceil(threads).max(LEAST_SHARE);
    let Some((mine, others)) = files.split_at_checked(share) else { return remove_in_turn(dir, files) };
    thread::scope(|scope| {
        let start =
            |files| Builder::new().spawn_scoped(scope, move || remove_in_turn(dir, files)).map_err(|_| files);
        let others: Vec<_> = others.chunks(share).map(start).collect();
        let mut count = remove_in_turn(dir, mine);
        for other in others {
            let removed = match other {
                Ok(thread) => {
                    thread.join().unwrap_or_else(|_| Err(Fatal("removal of files failed".to_owned())))
                }
                // The system has no more threads to give.
                Err(files) => remove_in_turn(dir, files),
            };
            // The first failure is that of the first file, as if there was one thread.
            count = count.and_then(|count| Ok(count + removed?));
        }
        count
    })
}

fn remove_in_turn(dir: Dir, files: &[PathBuf]) -> Result<usize, Fatal> {
    let mut count = 0;
    for file in files {
        if remove(dir, file)? {
            count += 1;
        }
    }
    Ok(count)
}

/// Says whether it was a complete message, and is gone now.
fn remove(dir: Dir, file: &Path) -> Result<bool, Fatal> {
    let is_ready = dir.has_messages() && is_ready(file);
    Ok(files::remove(file)? && is_ready)
}
