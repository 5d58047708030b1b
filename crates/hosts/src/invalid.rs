//! What is wrong with a text.

use std::fmt;

/// Why text is not a host name or network address. Displays as Postfix's warning, without `warning: `.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invalid(pub(crate) String);

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Invalid {}

pub(crate) fn invalid<T>(check: &str, what: impl fmt::Display, text: &[u8]) -> Result<T, Invalid> {
    Err(Invalid(format!("{check}: {what}: {}", log::show(head(text)))))
}

/// As much of a text as is shown.
pub(crate) fn head(text: &[u8]) -> &[u8] {
    text.get(..100).unwrap_or(text)
}
