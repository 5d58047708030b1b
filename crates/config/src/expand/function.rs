//! Functions that can be called in a reference: `${domain_to_ascii{text}}`.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::HashSet;

use crate::checks::host_name;
use crate::text::{head, show};

/// A function that can be called in a reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Function {
    /// To the form that the DNS has.
    DomainToAscii,
    /// To the form that people read.
    DomainToUtf8,
}

impl Function {
    pub(super) fn by_name(name: &[u8]) -> Option<Self> {
        [Self::DomainToAscii, Self::DomainToUtf8]
            .into_iter()
            .find(|function| function.name().as_bytes() == name)
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::DomainToAscii => "domain_to_ascii",
            Self::DomainToUtf8 => "domain_to_utf8",
        }
    }

    /// The result.
    ///
    /// # Errors
    /// The argument is no domain.
    pub(super) fn call(self, argument: &[u8]) -> Result<Cow<'_, [u8]>, NoDomain> {
        // The original takes the empty text for one that is not ASCII.
        let is_ascii = argument.is_ascii() && !argument.is_empty();
        let converted = match self {
            Self::DomainToAscii if is_ascii => return Ok(Cow::Borrowed(argument)),
            Self::DomainToUtf8 if !is_ascii => return Ok(Cow::Borrowed(argument)),
            Self::DomainToAscii | Self::DomainToUtf8 => self.convert(argument)?,
        };
        Ok(Cow::Owned(converted.into_bytes()))
    }

    /// Converts a domain, unless it is known not to be one.
    fn convert(self, name: &[u8]) -> Result<String, NoDomain> {
        if FAILED.with_borrow(|failed| failed.contains(&(self, name.to_vec()))) {
            return Err(NoDomain(None));
        }
        let converted = match self {
            Self::DomainToAscii => to_ascii(name),
            Self::DomainToUtf8 => to_utf8(name),
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

/// Whether a text is a host's name, in any alphabet. What is wrong with one that is not ASCII is logged, once.
pub(crate) fn is_international_host(name: &[u8]) -> bool {
    match Function::DomainToAscii.call(name) {
        Ok(ascii) => std::str::from_utf8(&ascii).is_ok_and(|ascii| host_name(ascii).is_ok()),
        Err(NoDomain(why)) => {
            why.iter().for_each(|why| crate::log_lines::no_host_name(why));
            false
        }
    }
}

/// A text that is no domain; why, if that was not said before.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct NoDomain(pub(super) Option<String>);

thread_local! {
    /// Conversions that failed. Like the original, which caches what comes of them, we complain of each once only.
    static FAILED: RefCell<HashSet<(Function, Vec<u8>)>> = RefCell::default();
}

/// As many failures are remembered as the original has room for.
const REMEMBERED: usize = 100;

/// Longest label and longest name, in bytes, of a domain in ASCII.
const LABEL_LIMIT: usize = 63;
const NAME_LIMIT: usize = 253;

/// To ASCII. Host names alone pass.
fn to_ascii(name: &[u8]) -> Result<String, NoDomain> {
    let complaint = |why: &str| complaint("midna_domain_to_ascii_create", name, "ASCII", why);
    let text = std::str::from_utf8(name).map_err(|_| complaint("malformed UTF-8"))?;
    let mut errors = label_errors(text);
    let ascii = match idna::domain_to_ascii(text) {
        Ok(ascii) => ascii,
        Err(_) if errors.is_empty() => return Err(complaint("UIDNA_ERROR_DISALLOWED")),
        Err(_) => String::new(),
    };
    if ascii.split('.').any(|label| label.len() > LABEL_LIMIT) {
        errors.push("UIDNA_ERROR_LABEL_TOO_LONG");
    } else if ascii.strip_suffix('.').unwrap_or(&ascii).len() > NAME_LIMIT {
        errors.push("UIDNA_ERROR_DOMAIN_NAME_TOO_LONG");
    }
    if !errors.is_empty() {
        return Err(complaint(&errors.join(", ")));
    }
    host_name(&ascii).map_err(|_| complaint("malformed ASCII label(s)"))?;
    Ok(ascii)
}

/// From ASCII to the form that people read, if that could be turned back.
fn to_utf8(name: &[u8]) -> Result<String, NoDomain> {
    let complaint = |why: &str| complaint("midna_domain_to_utf8_create", name, "UTF8", why);
    let text = show(name);
    let errors = label_errors(&text);
    if !errors.is_empty() {
        return Err(complaint(&errors.join(", ")));
    }
    let (domain, outcome) = idna::domain_to_unicode(&text);
    outcome.map_err(|_| complaint(bad_encoding(&text)))?;
    Function::DomainToAscii.convert(domain.as_bytes())?;
    Ok(domain)
}

fn complaint(who: &str, name: &[u8], form: &str, why: &str) -> NoDomain {
    let shown = show(head(name, 100));
    NoDomain(Some(format!("{who}: Problem translating domain \"{shown}\" to {form} form: {why}")))
}

/// What is wrong with the labels of a domain in either form, in the words of the library that the original uses.
fn label_errors(domain: &str) -> Vec<&'static str> {
    let labels: Vec<&str> = domain.strip_suffix('.').unwrap_or(domain).split('.').collect();
    let is_encoded = |label: &str| label.get(..4).is_some_and(|head| head.eq_ignore_ascii_case("xn--"));
    let has_inner_hyphens = |label: &str| {
        let mut letters = label.chars().skip(2);
        letters.next() == Some('-') && letters.next() == Some('-') && !is_encoded(label)
    };
    type Check<'a> = (&'static str, &'a dyn Fn(&str) -> bool);
    let checks: [Check<'_>; 4] = [
        ("UIDNA_ERROR_EMPTY_LABEL", &|label| label.is_empty()),
        ("UIDNA_ERROR_LEADING_HYPHEN", &|label| label.starts_with('-')),
        ("UIDNA_ERROR_TRAILING_HYPHEN", &|label| label.ends_with('-')),
        ("UIDNA_ERROR_HYPHEN_3_4", &has_inner_hyphens),
    ];
    let failing = checks.iter().filter(|(_, is_bad)| labels.iter().any(|label| is_bad(label)));
    failing.map(|(name, _)| *name).collect()
}

/// Why an encoded label means nothing.
fn bad_encoding(domain: &str) -> &'static str {
    let lower = domain.to_ascii_lowercase();
    let mut encoded = lower.split('.').filter_map(|label| label.strip_prefix("xn--"));
    if encoded.all(|label| idna::punycode::decode(label).is_some()) {
        "UIDNA_ERROR_INVALID_ACE_LABEL"
    } else {
        "UIDNA_ERROR_PUNYCODE"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Texts of Postfix 3.11.
    #[test]
    fn what_is_no_domain_is_said() {
        let why = |function: Function, name: &str| {
            function.call(name.as_bytes()).map(|result| show(&result)).map_err(|NoDomain(text)| {
                text.as_deref().and_then(|text| text.rsplit_once(": ")).map_or("", |(_, why)| why).to_owned()
            })
        };
        let utf8 = |name| why(Function::DomainToUtf8, name);
        assert_eq!(utf8("xn--caf-dma"), Ok("caf\u{e9}".to_owned()));
        assert_eq!(utf8("A_B"), Ok("a_b".to_owned()));
        assert_eq!(utf8("a..b"), Err("UIDNA_ERROR_EMPTY_LABEL".to_owned()));
        assert_eq!(utf8("a."), Err("malformed ASCII label(s)".to_owned()));
        assert_eq!(utf8("1.2"), Err("malformed ASCII label(s)".to_owned()));
        assert_eq!(utf8("-a.b"), Err("UIDNA_ERROR_LEADING_HYPHEN".to_owned()));
        assert_eq!(utf8("ab--cd"), Err("UIDNA_ERROR_HYPHEN_3_4".to_owned()));
        assert_eq!(utf8("xn--a"), Err("UIDNA_ERROR_INVALID_ACE_LABEL".to_owned()));
        assert_eq!(utf8("xn--zzzz1"), Err("UIDNA_ERROR_PUNYCODE".to_owned()));
        let ascii = |name| why(Function::DomainToAscii, name);
        assert_eq!(ascii("1.2"), Ok("1.2".to_owned()));
        assert_eq!(ascii("\u{e9}"), Ok("xn--9ca".to_owned()));
        assert_eq!(ascii("\u{e9}-"), Err("UIDNA_ERROR_TRAILING_HYPHEN".to_owned()));
        assert_eq!(ascii("\u{e9} x"), Err("malformed ASCII label(s)".to_owned()));
        assert_eq!(ascii(""), Err("UIDNA_ERROR_EMPTY_LABEL".to_owned()));
        assert_eq!(ascii(""), Err(String::new()), "said before");
    }
}
