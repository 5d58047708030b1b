//! Text in braces: `{ a = b }` is one word wherever words are separated by white space.

use crate::text::show;

/// The text between an opening bracket, which comes first, and its partner, and what follows that; `None` if the
/// partner is missing.
pub(crate) fn bracketed(text: &[u8], open: u8, close: u8) -> Option<(&[u8], &[u8])> {
    let mut level = 0_usize;
    for (at, &byte) in text.iter().enumerate() {
        if byte == open {
            level += 1;
        } else if byte == close {
            level = level.checked_sub(1)?;
            if level == 0 {
                return Some((text.get(1..at)?, text.get(at + 1..)?));
            }
        }
    }
    None
}

/// Takes the next word off `rest`, and the separator behind it; separators within braces do not end a word.
pub fn next_word<'a>(rest: &mut &'a [u8], is_separator: impl Fn(u8) -> bool) -> Option<&'a [u8]> {
    let start = rest.iter().position(|&byte| !is_separator(byte)).unwrap_or(rest.len());
    let text = rest.get(start..).unwrap_or_default();
    let mut level = 0_usize;
    let end = text.iter().position(|&byte| {
        match byte {
            b'{' => level += 1,
            b'}' => level = level.saturating_sub(1),
            _ => return level == 0 && is_separator(byte),
        }
        false
    });
    let end = end.unwrap_or(text.len());
    *rest = text.get(end + 1..).unwrap_or_default();
    text.get(..end).filter(|word| !word.is_empty())
}

/// Braces that do not match, or that something follows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mismatch<'a> {
    why: String,
    /// What the original goes on with: the text after the first brace, up to its partner if it has one.
    pub payload: &'a [u8],
}

impl std::fmt::Display for Mismatch<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.why)
    }
}

impl std::error::Error for Mismatch<'_> {}

/// The text in the braces of a word that begins with one, not trimmed.
///
/// # Errors
/// The closing brace is missing, or something follows it.
pub fn payload(word: &[u8]) -> Result<&[u8], Mismatch<'_>> {
    match bracketed(word, b'{', b'}') {
        Some((payload, b"")) => Ok(payload),
        Some((payload, _)) => {
            Err(Mismatch { why: format!("syntax error after '}}' in \"{}\"", show(word)), payload })
        }
        None => {
            let payload = word.strip_prefix(b"{").unwrap_or(word);
            Err(Mismatch { why: format!("missing '}}' in \"{}\"", show(word)), payload })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::is_blank;

    #[test]
    fn words_hold_together_in_braces() {
        let mut rest = &b" a {b c}d  e"[..];
        let words: Vec<_> = std::iter::from_fn(|| next_word(&mut rest, is_blank)).map(show).collect();
        assert_eq!(words, ["a", "{b c}d", "e"]);
    }

    // Texts of Postfix 3.11.
    #[test]
    fn braces_must_match() {
        assert_eq!(payload(b"{a {b}}"), Ok(&b"a {b}"[..]));
        let bad = |word| payload(word).map_err(|bad| (bad.to_string(), show(bad.payload))).unwrap_err();
        assert_eq!(bad(b"{a"), ("missing '}' in \"{a\"".to_owned(), "a".to_owned()));
        assert_eq!(bad(b"{a}b"), ("syntax error after '}' in \"{a}b\"".to_owned(), "a".to_owned()));
    }
}
