//! Results of pattern rules: text with `$number`, `${number}`, `$(number)` and `$$` in it.

use std::ops::Range;

/// Places of the whole match and of each group.
pub(crate) type Places = Vec<Option<Range<usize>>>;

/// The result of a rule: text with `$number` in it.
pub(crate) struct Template {
    pub(crate) pieces: Vec<Piece>,
    /// The highest group that is used; zero when there is none.
    pub(crate) highest: usize,
}

/// Text, or the number of a group that stands for text.
pub(crate) enum Piece {
    Literal(Vec<u8>),
    Group(usize),
}

impl Template {
    /// The result for a text and the places of the groups in it.
    pub(crate) fn expand(&self, text: &[u8], places: &[Option<Range<usize>>]) -> Vec<u8> {
        let mut out = Vec::new();
        for piece in &self.pieces {
            match piece {
                Piece::Literal(literal) => out.extend_from_slice(literal),
                Piece::Group(number) => {
                    let place = places.get(*number).cloned().flatten();
                    out.extend_from_slice(place.and_then(|range| text.get(range)).unwrap_or(b""));
                }
            }
        }
        out
    }
}

/// A part of a result as it is written.
pub(crate) enum Reference<'a> {
    /// Text, in which `$$` has become `$`.
    Literal(Vec<u8>),
    /// What follows a `$`, without parentheses.
    Name(&'a [u8]),
    /// A parenthesis that is not closed.
    Truncated,
    /// A `$` that nothing follows.
    Empty,
}

/// Splits text at `$` references. The first malformed one ends the list.
pub(crate) fn references(text: &[u8]) -> Vec<Reference<'_>> {
    let mut out = Vec::new();
    let mut literal = Vec::new();
    let mut at = 0;
    while let Some(&byte) = text.get(at) {
        if byte != b'$' {
            literal.push(byte);
            at += 1;
            continue;
        }
        if text.get(at + 1) == Some(&b'$') {
            literal.push(b'$');
            at += 2;
            continue;
        }
        if !literal.is_empty() {
            out.push(Reference::Literal(std::mem::take(&mut literal)));
        }
        let (name, next) = match text.get(at + 1) {
            Some(&open @ (b'(' | b'{')) => match parenthesised(&text[at + 2..], open) {
                Some(name) => (name, at + 3 + name.len()),
                None => {
                    out.push(Reference::Truncated);
                    return out;
                }
            },
            _ => {
                let rest = &text[at + 1..];
                let end = rest.iter().position(|&byte| !byte.is_ascii_alphanumeric() && byte != b'_');
                let name = &rest[..end.unwrap_or(rest.len())];
                (name, at + 1 + name.len())
            }
        };
        if name.is_empty() {
            out.push(Reference::Empty);
            return out;
        }
        out.push(Reference::Name(name));
        at = next;
    }
    if !literal.is_empty() {
        out.push(Reference::Literal(literal));
    }
    out
}

/// The text up to the parenthesis that closes one that was just opened.
fn parenthesised(text: &[u8], open: u8) -> Option<&[u8]> {
    let close = if open == b'(' { b')' } else { b'}' };
    let mut level = 1;
    for (at, &byte) in text.iter().enumerate() {
        if byte == open {
            level += 1;
        } else if byte == close {
            level -= 1;
            if level == 0 {
                return Some(&text[..at]);
            }
        }
    }
    None
}
