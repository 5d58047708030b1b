//! How far a long update has come, for whoever waits at a terminal. Scripts and log files see nothing of it.

use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

/// An update that takes less time says nothing.
const PATIENCE: Duration = Duration::from_secs(2);
/// The time between two displays.
const INTERVAL: Duration = Duration::from_millis(500);
/// How many entries go by between looks at the clock.
const STRIDE: u64 = 4096;

/// Counts entries, and shows their number.
pub(crate) struct Progress {
    is_terminal: bool,
    next: Instant,
    entries: u64,
    is_shown: bool,
}

impl Progress {
    /// Starts to count.
    pub(crate) fn new() -> Progress {
        let is_terminal = io::stderr().is_terminal();
        Progress { is_terminal, next: Instant::now() + PATIENCE, entries: 0, is_shown: false }
    }

    /// One more entry was read.
    pub(crate) fn advance(&mut self) {
        self.entries += 1;
        if !self.is_terminal || !self.entries.is_multiple_of(STRIDE) {
            return;
        }
        let now = Instant::now();
        if now >= self.next {
            self.next = now + INTERVAL;
            self.is_shown = true;
            // Back to the start of the line: a warning overwrites the number.
            let _ = write!(io::stderr(), "{} entries\x1b[K\r", self.entries);
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.is_shown {
            let _ = write!(io::stderr(), "\x1b[K");
        }
    }
}
