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
pub(crate) struct Progress<W: Write> {
    terminal: Option<W>,
    next: Instant,
    entries: u64,
    is_shown: bool,
}

impl Progress<io::Stderr> {
    /// Starts to count.
    pub(crate) fn new() -> Self {
        Self::on(Some(io::stderr()).filter(io::Stderr::is_terminal), PATIENCE)
    }
}

impl<W: Write> Progress<W> {
    /// Shows nothing before `patience` is over, and never without a terminal.
    fn on(terminal: Option<W>, patience: Duration) -> Self {
        Progress { terminal, next: Instant::now() + patience, entries: 0, is_shown: false }
    }

    /// One more entry was read.
    pub(crate) fn advance(&mut self) {
        self.entries += 1;
        let Some(terminal) = &mut self.terminal else { return };
        if !self.entries.is_multiple_of(STRIDE) {
            return;
        }
        let now = Instant::now();
        if now >= self.next {
            self.next = now + INTERVAL;
            self.is_shown = true;
            // Back to the start of the line: a warning overwrites the number.
            let _ = write!(terminal, "{} entries\x1b[K\r", self.entries);
        }
    }
}

impl<W: Write> Drop for Progress<W> {
    fn drop(&mut self) {
        if let (true, Some(terminal)) = (self.is_shown, &mut self.terminal) {
            let _ = write!(terminal, "\x1b[K");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown_after(entries: u64, patience: Duration) -> String {
        let mut terminal = Vec::new();
        let mut progress = Progress::on(Some(&mut terminal), patience);
        (0..entries).for_each(|_| progress.advance());
        drop(progress);
        String::from_utf8(terminal).unwrap()
    }

    #[test]
    fn only_long_updates_are_shown() {
        assert_eq!(shown_after(STRIDE, Duration::ZERO), "4096 entries\x1b[K\r\x1b[K");
        assert_eq!(shown_after(STRIDE - 1, Duration::ZERO), "");
        assert_eq!(shown_after(3 * STRIDE, PATIENCE), "");
    }
}
