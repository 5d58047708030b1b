//! Keys and values with and without a null byte behind them: files have either form, and the first hit tells which.

use crate::{Answer, Flags};
use std::sync::atomic::{AtomicU32, Ordering};

/// Both forms.
const BOTH: Flags = Flags::TRY0NULL.union(Flags::TRY1NULL);

/// Which forms the keys of one open file may have.
pub(crate) struct NullForms(AtomicU32);

impl NullForms {
    /// What the flags say; when they do not say anything, either form.
    pub(crate) fn new(flags: Flags) -> NullForms {
        let forms = flags & BOTH;
        NullForms(AtomicU32::new(if forms == Flags::NONE { BOTH } else { forms }.bits()))
    }

    /// The forms that are possible, as flags.
    pub(crate) fn flags(&self) -> Flags {
        Flags::from_bits(self.0.load(Ordering::Relaxed))
    }

    /// The forms that are possible, that with a null byte first.
    pub(crate) fn candidates(&self) -> impl Iterator<Item = Flags> + use<> {
        let possible = self.flags();
        [Flags::TRY1NULL, Flags::TRY0NULL].into_iter().filter(move |&form| possible.contains(form))
    }

    /// Looks many keys up, as if one after the other: the first one that is there decides for all that follow. `find`
    /// looks all of them up in one form.
    pub(crate) fn find_many(&self, mut find: impl FnMut(Flags) -> Vec<Answer>) -> Vec<Answer> {
        // Before its first hit, a form misses the same keys that the other one misses.
        let hit = |answers: &[Answer]| answers.iter().position(|answer| *answer != Answer::Missing);
        let found = self.candidates().map(|form| {
            let answers = find(form);
            (hit(&answers).unwrap_or(usize::MAX), form, answers)
        });
        let Some((first, form, answers)) = found.min_by_key(|(first, ..)| *first) else {
            return Vec::new();
        };
        match answers.get(first) {
            Some(Answer::Found(_)) => self.decide(form),
            Some(_) if self.flags() == BOTH => return Vec::new(),
            _ => {}
        }
        answers
    }

    /// Notes that the file has this form.
    pub(crate) fn decide(&self, form: Flags) {
        self.0.store(form.bits(), Ordering::Relaxed);
    }

    /// The form for new entries: with a null byte, unless the file or the flags say otherwise.
    pub(crate) fn to_write(&self) -> Flags {
        let form = self.candidates().next().unwrap_or(Flags::TRY1NULL);
        self.decide(form);
        form
    }
}

/// A key or value as it stands in a file of this form.
pub(crate) fn stored(text: &[u8], form: Flags) -> Vec<u8> {
    [text, end(form)].concat()
}

/// What stands behind keys and values in a file of this form.
pub(crate) fn end(form: Flags) -> &'static [u8] {
    if form.contains(Flags::TRY1NULL) { b"\0" } else { b"" }
}
