//! Address extensions: `user+extension@domain`.

use config::Config;

use crate::{eq_fold, split_at};

/// What splits a local part from its extension (`recipient_delimiter`), and which local parts are never split.
#[derive(Clone, Debug, Default)]
pub struct Delimiter {
    characters: Vec<u8>,
    double_bounce: Vec<u8>,
    keep_list_addresses: bool,
}

impl Delimiter {
    /// By `recipient_delimiter`, `double_bounce_sender` and `owner_request_special`.
    pub fn from_config(config: &Config) -> Self {
        Self {
            keep_list_addresses: config.get(&params::OWNER_REQUEST_SPECIAL),
            ..Self::new(
                config.get(&params::RECIPIENT_DELIMITER).as_bytes(),
                config.get(&params::DOUBLE_BOUNCE_SENDER).as_bytes(),
            )
        }
    }

    /// With the given delimiter characters; `owner-list` and `list-request` are not split at `-`.
    pub fn new(characters: &[u8], double_bounce: &[u8]) -> Self {
        Self {
            characters: characters.to_vec(),
            double_bounce: double_bounce.to_vec(),
            keep_list_addresses: true,
        }
    }

    /// Whether there is any delimiter at all.
    pub fn is_empty(&self) -> bool {
        self.characters.is_empty()
    }

    /// The delimiter characters.
    pub fn characters(&self) -> &[u8] {
        &self.characters
    }

    /// Where a local part's delimiter stands, if it is split.
    pub fn position(&self, local: &[u8]) -> Option<usize> {
        if local.eq_ignore_ascii_case(b"postmaster")
            || local.eq_ignore_ascii_case(b"mailer-daemon")
            || eq_fold(local, &self.double_bounce)
        {
            return None;
        }
        if self.keep_list_addresses && self.characters.contains(&b'-') {
            let owner = local.get(..6).is_some_and(|start| start.eq_ignore_ascii_case(b"owner-"));
            let request = local.len() > 8
                && local.get(local.len() - 8..).is_some_and(|end| end.eq_ignore_ascii_case(b"-request"));
            if owner || request {
                return None;
            }
        }
        let at = local.iter().position(|byte| self.characters.contains(byte))?;
        (at > 0).then_some(at)
    }

    /// Splits a local part: what is before the delimiter, and the extension after it.
    pub fn split<'a>(&self, local: &'a [u8]) -> (&'a [u8], Option<&'a [u8]>) {
        match self.position(local) {
            Some(at) => (local.get(..at).unwrap_or_default(), local.get(at + 1..)),
            None => (local, None),
        }
    }

    /// An address (internal form, with or without domain) without its extension, and the extension with its
    /// delimiter. `None` if there is no extension.
    pub fn strip<'a>(&self, address: &'a [u8]) -> Option<(Vec<u8>, &'a [u8])> {
        let (local, domain) = split_at(address);
        let at = self.position(local)?;
        let mut stripped = local.get(..at)?.to_vec();
        if let Some(domain) = domain {
            stripped.push(b'@');
            stripped.extend_from_slice(domain);
        }
        Some((stripped, local.get(at..)?))
    }
}
