//! A sink for tests.

use std::cell::RefCell;
use std::marker::PhantomData;

use crate::Level;

thread_local! {
    static LINES: RefCell<Option<Vec<String>>> = const { RefCell::new(None) };
}

/// While this value lives, lines of this thread are kept instead of written.
#[derive(Debug)]
pub struct Capture {
    // The lines are the thread's; the guard must not leave it.
    not_send: PhantomData<*const ()>,
}

impl Capture {
    /// Starts keeping lines.
    pub fn start() -> Capture {
        LINES.with(|lines| *lines.borrow_mut() = Some(Vec::new()));
        Capture { not_send: PhantomData }
    }

    /// The lines so far, each with its level's prefix; they are taken out.
    pub fn lines(&self) -> Vec<String> {
        LINES.with(|lines| lines.borrow_mut().as_mut().map(std::mem::take).unwrap_or_default())
    }
}

impl Drop for Capture {
    fn drop(&mut self) {
        LINES.with(|lines| *lines.borrow_mut() = None);
    }
}

/// Keeps the line if this thread captures; says whether it did.
pub(crate) fn take(level: Level, text: &str) -> bool {
    LINES.with(|lines| match &mut *lines.borrow_mut() {
        Some(lines) => {
            lines.push(format!("{}{text}", level.prefix()));
            true
        }
        None => false,
    })
}
