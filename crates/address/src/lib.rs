//! Mail addresses as Postfix understands them: tokens of RFC 822 with the old routing operators `%` and `!`,
//! both quoting forms, address lists with groups and comments, and address extensions.
//!
//! Two forms of an address go round the mail system. The *external* form is what stands in a message header: a
//! local part that is not a plain dot-string is quoted. The *internal* form has no quotes and stands in the
//! envelope and in most protocols between daemons. [`quote_822`] and [`unquote_822`] go from one to the other.
//!
//! Start at [`AddressList`], which parses the text of a header such as `To:` and gives it back as text after its
//! addresses were changed, or at [`Address`] for one address.
//!
//! Not here: what rewriting appends to an incomplete address (the trivial-rewrite daemon), look-ups by address
//! (the `tables` crate).

pub mod extension;
mod list;
pub mod log_form;
mod quote;
mod render;
mod token;

use std::borrow::Cow;
use unicase::UniCase;

pub use extension::Delimiter;
pub use list::AddressList;
pub use quote::{
    quote_821, quote_822, quote_822_into, quote_822_localpart, quote_822_strict, quoted_822, unquote_822,
};
pub use token::{Address, Token, scan};

/// The local part and the domain of an address in internal form, split at its last `@`.
pub fn split_at(address: &[u8]) -> (&[u8], Option<&[u8]>) {
    match memchr::memrchr(b'@', address) {
        Some(at) => (address.get(..at).unwrap_or_default(), address.get(at + 1..)),
        None => (address, None),
    }
}

/// Compares as Postfix compares addresses and domains: case folded by Unicode where both are UTF-8, else by ASCII.
pub fn eq_fold(a: &[u8], b: &[u8]) -> bool {
    if a.is_ascii() && b.is_ascii() {
        return a.eq_ignore_ascii_case(b);
    }
    fold(a) == fold(b)
}

/// Case folded by Unicode where the bytes are UTF-8, else by ASCII.
pub fn fold(text: &[u8]) -> Vec<u8> {
    fold_case(text, std::str::from_utf8(text).is_ok()).into_owned()
}

/// Folds the case of text: all of Unicode where the text is UTF-8 and `utf8` is set, ASCII letters otherwise.
pub fn fold_case(text: &[u8], utf8: bool) -> Cow<'_, [u8]> {
    if text.is_ascii() || !utf8 {
        return match text.iter().any(u8::is_ascii_uppercase) {
            true => Cow::Owned(text.to_ascii_lowercase()),
            false => Cow::Borrowed(text),
        };
    }
    match std::str::from_utf8(text) {
        Ok(text) => Cow::Owned(UniCase::unicode(text).to_folded_case().into_bytes()),
        Err(_) => Cow::Borrowed(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folding() {
        assert_eq!(fold_case(b"AbC", false).as_ref(), b"abc");
        assert_eq!(fold_case("UNTERß".as_bytes(), true).as_ref(), b"unterss");
        assert_eq!(fold_case("ÄÖ".as_bytes(), true).as_ref(), "äö".as_bytes());
        assert_eq!(fold_case("Ä".as_bytes(), false).as_ref(), "Ä".as_bytes());
        assert_eq!(fold_case(b"A\xff", true).as_ref(), b"A\xff");
    }
}
