//! What is not printable becomes `?`: control characters, and bytes that are not UTF-8.

use std::borrow::Cow;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};

static UTF8: AtomicBool = AtomicBool::new(false);

/// Are UTF-8 characters printable (`smtputf8_enable = yes`)? They are not, until this says so.
pub fn set_utf8(enabled: bool) {
    UTF8.store(enabled, Ordering::Relaxed);
}

/// Shows bytes as a log line does: every byte that is not printable ASCII or part of a UTF-8 character is a `?`.
pub fn bytes(text: &[u8]) -> Printable<'_> {
    Printable(text)
}

/// See [`bytes`].
#[derive(Clone, Copy)]
pub struct Printable<'a>(&'a [u8]);

impl<'a> Printable<'a> {
    /// What is shown; a copy only if something in it is not printable.
    pub fn text(self) -> Cow<'a, str> {
        shown(self.0, UTF8.load(Ordering::Relaxed))
    }
}

impl fmt::Display for Printable<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(&self.text())
    }
}

impl fmt::Debug for Printable<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

/// The text that [`bytes`] shows.
pub fn printable(text: &[u8]) -> String {
    bytes(text).text().into_owned()
}

/// Bytes as text, to be logged later: every byte that is not UTF-8 is the `?` that the log line would make of it.
pub fn show(text: &[u8]) -> String {
    let mut shown = String::with_capacity(text.len());
    for chunk in text.utf8_chunks() {
        shown.push_str(chunk.valid());
        shown.extend(chunk.invalid().iter().map(|_| '?'));
    }
    shown
}

fn shown(text: &[u8], utf8: bool) -> Cow<'_, str> {
    if let Ok(text) = std::str::from_utf8(text)
        && is_clean(text, utf8)
    {
        return text.into();
    }
    let mut shown = String::with_capacity(text.len());
    for chunk in text.utf8_chunks() {
        push_valid(&mut shown, chunk.valid(), utf8);
        shown.extend(chunk.invalid().iter().map(|_| '?'));
    }
    shown.into()
}

fn push_valid(shown: &mut String, text: &str, utf8: bool) {
    for character in text.chars() {
        if matches!(character, ' '..='~') || (utf8 && !character.is_ascii()) {
            shown.push(character);
        } else {
            shown.extend(std::iter::repeat_n('?', character.len_utf8()));
        }
    }
}

/// Formats and cleans a line's text.
pub(crate) fn clean(text: fmt::Arguments<'_>) -> String {
    let text = text.to_string();
    let utf8 = UTF8.load(Ordering::Relaxed);
    if is_clean(&text, utf8) { text } else { shown(text.as_bytes(), utf8).into_owned() }
}

fn is_clean(text: &str, utf8: bool) -> bool {
    // Without an early end, so that many bytes are looked at in one step.
    !text.bytes().fold(false, |odd, byte| odd | !(matches!(byte, b' '..=b'~') | (utf8 & !byte.is_ascii())))
}

#[cfg(test)]
mod tests {
    use super::*;

    // Expectations: Postfix 3.11's own test cases for printable().
    #[test]
    fn invalid_bytes_are_question_marks_one_by_one() {
        assert_eq!(shown(b"non\x08n-printable", true), "non?n-printable");
        assert_eq!(shown("na\u{ef}ve".as_bytes(), true), "na\u{ef}ve");
        assert_eq!(shown(b"na\xc3ve", true), "na?ve");
        assert_eq!(
            shown(b"\xd0\xb2\xd0\xd0\xba\xba\xd1\x82\xd0\xbe\xd1\x80", true),
            "\u{432}?\u{43a}?\u{442}\u{43e}\u{440}"
        );
    }

    #[test]
    fn without_utf8_every_byte_of_a_character_is_one() {
        assert_eq!(shown("na\u{ef}ve".as_bytes(), false), "na??ve");
    }
}
