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
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    match std::str::from_utf8(text) {
        Ok(text) => UniCase::unicode(text).to_folded_case().into_bytes(),
        Err(_) => text.to_ascii_lowercase(),
    }
}
