//! Lines of a thread that are kept back: for tests, and for work whose lines are to stand in another order.

use std::cell::RefCell;
use std::marker::PhantomData;

use crate::Level;

thread_local! {
    static LINES: RefCell<Option<Vec<(Level, String)>>> = const { RefCell::new(None) };
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
        let text = |(level, text): (Level, String)| format!("{}{text}", level.prefix());
        taken().into_iter().map(text).collect()
    }

    /// Takes out the lines so far, to be written later.
    pub fn keep(&self) -> Kept {
        Kept(taken())
    }
}

impl Drop for Capture {
    fn drop(&mut self) {
        LINES.with(|lines| *lines.borrow_mut() = None);
    }
}

/// Lines that one thread kept back for another one to write.
#[derive(Debug, Default)]
pub struct Kept(Vec<(Level, String)>);

impl Kept {
    /// Writes them now.
    pub fn write(self) {
        for (level, text) in self.0 {
            crate::write(level, format_args!("{text}"));
        }
    }
}

fn taken() -> Vec<(Level, String)> {
    LINES.with(|lines| lines.borrow_mut().as_mut().map(std::mem::take).unwrap_or_default())
}

/// Keeps the line if this thread captures; says whether it did.
pub(crate) fn take(level: Level, text: &str) -> bool {
    LINES.with(|lines| match &mut *lines.borrow_mut() {
        Some(lines) => {
            lines.push((level, text.to_owned()));
            true
        }
        None => false,
    })
}
