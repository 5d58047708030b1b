//! A warning when the command ends while names of the queue are being changed.

use crate::log_lines;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use sys::signals::{Signal, SignalPipe, is_ignored};

/// Whether names were changed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Incomplete(Arc<AtomicBool>);

impl Incomplete {
    /// Has signals end the process with the warning from now on.
    pub(crate) fn watch() -> Incomplete {
        let incomplete = Incomplete::default();
        let mut signals = vec![Signal::SIGINT, Signal::SIGQUIT];
        signals.extend([Signal::SIGTERM, Signal::SIGHUP].into_iter().filter(|signal| !is_ignored(*signal)));
        if let Ok(pipe) = SignalPipe::new(&signals) {
            let watched = incomplete.clone();
            // Without the thread, signals would be lost; the process cannot go on either way.
            std::thread::spawn(move || {
                while sys::descriptors::wait_readable(&pipe, None).is_ok() {
                    if let Some(signal) = pipe.drain().first() {
                        watched.warn();
                        sys::process::exit_now(*signal as i32);
                    }
                }
            });
        }
        incomplete
    }

    /// Names of the queue are no longer what they were.
    pub(crate) fn begin(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Logs the warning, if it applies.
    pub(crate) fn warn(&self) {
        if self.0.load(Ordering::Relaxed) {
            log_lines::incomplete();
        }
    }
}
