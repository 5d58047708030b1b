//! Names of any alphabet, and their ASCII form (RFC 5890).

use crate::invalid::head;
use crate::uts46::{self, Faults};
use crate::{is_hostname, log_lines};
use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::HashSet;

/// A text that is no domain; why, if that was not said before in this thread.
#[derive(Debug, PartialEq, Eq)]
pub struct NoDomain(pub Option<String>);

/// The form that a domain which is not all ASCII has in the DNS.
///
/// # Errors
/// The text is no host's name, in any alphabet.
pub fn to_ascii(name: &[u8]) -> Result<String, NoDomain> {
    Form::Ascii.convert(name)
}

/// The form that people read.
///
/// # Errors
/// The text has none.
pub fn to_utf8(name: &[u8]) -> Result<String, NoDomain> {
    Form::Utf8.convert(name)
}

/// Whether this is a host name, with `utf8` of any alphabet. What is wrong with one that is not ASCII is logged, once.
pub fn is_utf8_hostname(name: &[u8], utf8: bool) -> bool {
    if !utf8 || name.is_ascii() {
        return is_hostname(name);
    }
    to_ascii(name).inspect_err(log_lines::no_domain).is_ok()
}

/// A name as the DNS is asked for it. One that has no such form, which is logged, once, is taken as it stands.
pub fn dns_name(name: &str) -> Cow<'_, str> {
    if name.is_ascii() {
        return Cow::Borrowed(name);
    }
    to_ascii(name.as_bytes()).inspect_err(log_lines::no_domain).map_or(Cow::Borrowed(name), Cow::Owned)
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Form {
    Ascii,
    Utf8,
}

thread_local! {
    /// Conversions that failed. Like the original, which caches what comes of them, we complain of each once only.
    static FAILED: RefCell<HashSet<(Form, Vec<u8>)>> = RefCell::default();
}

/// As many failures are remembered as the original has room for.
const REMEMBERED: usize = 100;

impl Form {
    /// Converts a domain, unless it is known not to be one.
    fn convert(self, name: &[u8]) -> Result<String, NoDomain> {
        if FAILED.with_borrow(|failed| failed.contains(&(self, name.to_vec()))) {
            return Err(NoDomain(None));
        }
        let converted = match self {
            Self::Ascii => ascii_form(name),
            Self::Utf8 => utf8_form(name),
        };
        if converted.is_err() {
            FAILED.with_borrow_mut(|failed| {
                if failed.len() >= REMEMBERED {
                    failed.clear();
                }
                failed.insert((self, name.to_vec()));
            });
        }
        converted
    }
}

fn ascii_form(name: &[u8]) -> Result<String, NoDomain> {
    let complaint = |why: &str| complaint("midna_domain_to_ascii_create", name, "ASCII", why);
    let text = std::str::from_utf8(name).map_err(|_| complaint("malformed UTF-8"))?;
    let ascii = uts46::to_ascii(text).map_err(|faults| complaint(&names(&faults)))?;
    // What the standard lets pass can still be no host's name.
    if is_hostname(ascii.as_bytes()) { Ok(ascii) } else { Err(complaint("malformed ASCII label(s)")) }
}

/// Only what could be turned back.
fn utf8_form(name: &[u8]) -> Result<String, NoDomain> {
    let complaint = |form: &str, why: &str| complaint("midna_domain_to_utf8_create", name, form, why);
    let text = std::str::from_utf8(name).map_err(|_| complaint("UTF-8", "malformed UTF-8"))?;
    let domain = uts46::to_unicode(text).map_err(|faults| complaint("UTF8", &names(&faults)))?;
    to_ascii(domain.as_bytes())?;
    Ok(domain)
}

fn names(faults: &Faults) -> String {
    let names: Vec<&str> = faults.iter().map(|fault| fault.name()).collect();
    names.join(",")
}

fn complaint(who: &str, name: &[u8], form: &str, why: &str) -> NoDomain {
    let shown = log::show(head(name));
    NoDomain(Some(format!("{who}: Problem translating domain \"{shown}\" to {form} form: {why}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_any_alphabet() {
        assert_eq!(dns_name("b\u{fc}cher.example"), "xn--bcher-kva.example");
        assert_eq!(dns_name("mail.example.com"), "mail.example.com");
        assert_eq!(dns_name("sp\u{e4}t..example"), "sp\u{e4}t..example");
        // As Postfix 3.11 takes them.
        for good in ["sp\u{e4}t.example", "sp\u{e4}t.exam_le", "a"] {
            assert!(is_utf8_hostname(good.as_bytes(), true), "{good}");
        }
        for bad in ["sp\u{e4}t.exam+le", "\u{e4}.-x", "sp\u{e4}t..example", "1.2", ""] {
            assert!(!is_utf8_hostname(bad.as_bytes(), true), "{bad}");
        }
        assert!(!is_utf8_hostname("sp\u{e4}t.example".as_bytes(), false));
        assert!(!is_utf8_hostname(b"sp\xe4t.example", true));
    }

    // Texts of Postfix 3.11.
    #[test]
    fn what_is_no_domain_is_said() {
        let why = |NoDomain(text): NoDomain| {
            text.as_deref().and_then(|text| text.rsplit_once(": ")).map_or("", |(_, why)| why).to_owned()
        };
        let utf8 = |name: &str| to_utf8(name.as_bytes()).map_err(why);
        assert_eq!(utf8("xn--caf-dma"), Ok("caf\u{e9}".to_owned()));
        assert_eq!(utf8("A_B"), Ok("a_b".to_owned()));
        assert_eq!(utf8("a..b"), Err("UIDNA_ERROR_EMPTY_LABEL".to_owned()));
        assert_eq!(utf8("a."), Err("malformed ASCII label(s)".to_owned()));
        assert_eq!(utf8("1.2"), Err("malformed ASCII label(s)".to_owned()));
        assert_eq!(utf8("-a.b"), Err("UIDNA_ERROR_LEADING_HYPHEN".to_owned()));
        assert_eq!(utf8("ab--cd"), Err("UIDNA_ERROR_HYPHEN_3_4".to_owned()));
        assert_eq!(utf8("xn--a"), Err("UIDNA_ERROR_INVALID_ACE_LABEL".to_owned()));
        assert_eq!(utf8("xn--zzzz1"), Err("UIDNA_ERROR_PUNYCODE".to_owned()));
        let ascii = |name: &str| to_ascii(name.as_bytes()).map_err(why);
        assert_eq!(ascii("\u{e9}"), Ok("xn--9ca".to_owned()));
        assert_eq!(ascii("\u{e9}-"), Err("UIDNA_ERROR_TRAILING_HYPHEN".to_owned()));
        assert_eq!(ascii("\u{e9} x"), Err("malformed ASCII label(s)".to_owned()));
        assert_eq!(ascii(""), Err("UIDNA_ERROR_EMPTY_LABEL".to_owned()));
        assert_eq!(ascii(""), Err(String::new()), "said before");
    }

    proptest::proptest! {
        #[test]
        fn forms_come_back(name in "[a-zA-Z0-9\\PC.\u{ad}\u{200c}\u{200d}_-]{0,12}(\\.[a-z]{1,3})?") {
            if let Ok(ascii) = to_ascii(name.as_bytes()) {
                let utf8 = to_utf8(ascii.as_bytes()).expect("what was made from a domain is one");
                proptest::prop_assert_eq!(to_ascii(utf8.as_bytes()), Ok(ascii));
            }
        }

        #[test]
        fn any_bytes_are_judged(name in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..300)) {
            let _ = (to_ascii(&name), to_utf8(&name));
        }
    }
}
