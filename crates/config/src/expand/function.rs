//! Functions that can be called in a reference: `${domain_to_ascii{text}}`.

use std::borrow::Cow;

use crate::text::show;

/// A function that can be called in a reference.
#[derive(Clone, Copy)]
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

    /// Why an argument is no domain.
    pub(super) fn complaint(self, argument: &[u8]) -> String {
        let form = match self {
            Self::DomainToAscii => "ASCII",
            Self::DomainToUtf8 => "UTF8",
        };
        let (name, why) = (self.name(), std::str::from_utf8(argument).map_or("malformed UTF-8", reason));
        let argument = show(argument);
        format!("midna_{name}_create: Problem translating domain \"{argument}\" to {form} form: {why}")
    }

    /// The result; `None` if the argument is no domain.
    pub(super) fn call(self, argument: &[u8]) -> Option<Cow<'_, [u8]>> {
        // The original takes the empty text for one that is not ASCII, and for no domain.
        match (self, argument.is_ascii() && !argument.is_empty()) {
            (Self::DomainToAscii, true) | (Self::DomainToUtf8, false) => Some(Cow::Borrowed(argument)),
            (Self::DomainToAscii, false) if argument.is_empty() => None,
            (Self::DomainToAscii, false) => {
                let ascii = idna::domain_to_ascii(std::str::from_utf8(argument).ok()?).ok()?;
                Some(Cow::Owned(ascii.into_bytes()))
            }
            (Self::DomainToUtf8, true) => {
                let (domain, outcome) = idna::domain_to_unicode(std::str::from_utf8(argument).ok()?);
                outcome.ok()?;
                Some(Cow::Owned(domain.into_bytes()))
            }
        }
    }
}

/// Why a text is no domain, in the words of the library that the original uses.
fn reason(domain: &str) -> &'static str {
    if domain.is_empty() || domain.split('.').any(str::is_empty) {
        "UIDNA_ERROR_EMPTY_LABEL"
    } else if domain.split('.').any(|label| label.len() > 63) {
        "UIDNA_ERROR_LABEL_TOO_LONG"
    } else {
        "UIDNA_ERROR_DISALLOWED"
    }
}
