//! Compares the clock of the queue's file system with this host's: mail from the file system's future would wait.

use std::fs::{File, FileTimes};
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use crate::log_lines;

/// A file system that is so far behind looks silly in headers; less is not worth a word.
const NOTABLE_LAG: Duration = Duration::from_secs(100);

/// The comparison. Once the clock was right it is not looked at any more.
#[derive(Debug, Default)]
pub(crate) struct FileSystemClock {
    is_right: AtomicBool,
    has_warned: AtomicBool,
}

impl FileSystemClock {
    /// Looks at a file that has just been written, and sets its times back if they are ahead.
    pub(crate) fn check(&self, file: &File) -> io::Result<()> {
        if self.is_right.load(Ordering::Relaxed) {
            return Ok(());
        }
        let (now, modified) = (SystemTime::now(), file.metadata()?.modified()?);
        // Both clocks in whole seconds, as the queue manager compares them.
        let ahead = seconds(modified).saturating_sub(seconds(now));
        if ahead > 0 {
            if !self.has_warned.swap(true, Ordering::Relaxed) {
                log_lines::clock_ahead(ahead);
            }
            return file.set_times(FileTimes::new().set_accessed(now).set_modified(now));
        }
        let behind = seconds(now).saturating_sub(seconds(modified));
        if behind > NOTABLE_LAG.as_secs() {
            log_lines::clock_behind(behind);
        }
        self.is_right.store(true, Ordering::Relaxed);
        Ok(())
    }
}

fn seconds(time: SystemTime) -> u64 {
    time.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after_check(clock: &FileSystemClock, shift: i64) -> (Vec<String>, i64) {
        let file = tempfile::tempfile().unwrap();
        let now = SystemTime::now();
        let away = Duration::from_secs(shift.unsigned_abs());
        let stamp = if shift < 0 { now - away } else { now + away };
        file.set_times(FileTimes::new().set_modified(stamp)).unwrap();
        let capture = log::Capture::start();
        clock.check(&file).unwrap();
        let left = seconds(file.metadata().unwrap().modified().unwrap()) as i64 - seconds(now) as i64;
        (capture.lines(), left)
    }

    #[test]
    fn a_file_from_the_future_is_set_back() {
        let clock = FileSystemClock::default();
        let (lines, left) = after_check(&clock, 1000);
        assert_eq!(lines.len(), 2, "{lines:?}");
        assert!((0..10).contains(&left));
        // It is said once, and looked at again until it is right.
        let (lines, left) = after_check(&clock, 1000);
        assert!(lines.is_empty() && (0..10).contains(&left));
        assert!(after_check(&clock, -10).0.is_empty());
        assert_eq!(after_check(&clock, 1000).1, 1000);
    }

    #[test]
    fn a_file_system_far_behind_is_told() {
        let (lines, left) = after_check(&FileSystemClock::default(), -500);
        assert_eq!((lines.len(), left), (1, -500));
    }
}
