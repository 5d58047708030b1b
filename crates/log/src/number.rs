//! The number in a line's brackets. Sessions that run side by side in one process each have their own, so that tools
//! that pair lines by `smtpd[1234]` keep working.

use std::cell::Cell;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

thread_local! {
    static NUMBER: Cell<Option<u32>> = const { Cell::new(None) };
    static VERBOSITY: Cell<u32> = const { Cell::new(0) };
}

/// Process ids on Linux are below this, so that numbers of sessions collide with no process.
const PROCESS_ID_LIMIT: u32 = 4_194_304;

/// The number of the session in a slot of this process: slot 0 has the process id.
pub fn session_number(slot: usize) -> u32 {
    // 1023 slots fit into 32 bits; more than that share numbers.
    let slot = u32::try_from(slot % 1023).unwrap_or(0);
    std::process::id().wrapping_add(slot * PROCESS_ID_LIMIT)
}

/// The number that lines of the running session carry; the process id outside of sessions.
pub fn number() -> u32 {
    NUMBER.with(Cell::get).unwrap_or_else(std::process::id)
}

/// How much more verbose the running session is than the program, see [`set_session_verbosity`].
pub fn session_verbosity() -> u32 {
    VERBOSITY.with(Cell::get)
}

/// Makes the running session so much more verbose than the program (postconf(5) `debug_peer_level`), until this is
/// called again or the session ends.
pub fn set_session_verbosity(level: u32) {
    VERBOSITY.with(|verbosity| verbosity.set(level));
}

struct Restore(Option<u32>);

impl Drop for Restore {
    fn drop(&mut self) {
        NUMBER.with(|number| number.set(self.0));
    }
}

/// Runs a closure whose lines carry this number: for work that a session hands to a blocking thread.
pub fn in_number<T>(number: u32, work: impl FnOnce() -> T) -> T {
    let _restore = Restore(NUMBER.with(|cell| cell.replace(Some(number))));
    work()
}

/// Makes a future whose lines carry this number, whatever runs in between.
pub fn with_number<F: Future>(number: u32, future: F) -> WithNumber<F> {
    WithNumber { number, verbosity: 0, future: Box::pin(future) }
}

/// See [`with_number`].
#[derive(Debug)]
pub struct WithNumber<F> {
    number: u32,
    verbosity: u32,
    future: Pin<Box<F>>,
}

impl<F: Future> Future for WithNumber<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let number = self.number;
        let outside = VERBOSITY.replace(self.verbosity);
        let outcome = in_number(number, || self.future.as_mut().poll(context));
        self.verbosity = VERBOSITY.replace(outside);
        outcome
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_lasts_for_its_closure() {
        let outside = number();
        assert_eq!(in_number(7, || (number(), in_number(8, number), number())), (7, 8, 7));
        assert_eq!(number(), outside);
    }

    #[test]
    fn verbosity_is_the_sessions_own() {
        let session = || async { set_session_verbosity(session_verbosity() + 2) };
        let mut both = [with_number(7, session()), with_number(8, session())];
        let mut context = Context::from_waker(std::task::Waker::noop());
        for session in &mut both {
            assert!(Pin::new(&mut *session).poll(&mut context).is_ready());
            assert_eq!((session.verbosity, session_verbosity()), (2, 0));
        }
    }

    #[test]
    fn the_first_slot_is_the_process() {
        assert_eq!(session_number(0), std::process::id());
        assert_eq!(session_number(2), std::process::id() + 2 * 4_194_304);
    }
}
