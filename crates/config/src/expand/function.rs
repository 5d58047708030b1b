//! Functions that can be called in a reference: `${domain_to_ascii{text}}`.

use hosts::NoDomain;
use std::borrow::Cow;

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
            Self::DomainToAscii => hosts::to_ascii(argument)?,
            Self::DomainToUtf8 => hosts::to_utf8(argument)?,
        };
        Ok(Cow::Owned(converted.into_bytes()))
    }
}
