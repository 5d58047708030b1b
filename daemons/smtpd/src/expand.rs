//! `$name` in texts for the client: reject footers and the replies of DNS lists.

use config::expand::{Found, Mode, expand};

use crate::session::Session;

/// Undoes C escapes, which the values of expansion filters have.
pub fn unescape(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes().peekable();
    while let Some(byte) = rest.next() {
        if byte != b'\\' {
            bytes.push(byte);
            continue;
        }
        match rest.next() {
            None => break,
            Some(b'a') => bytes.push(7),
            Some(b'b') => bytes.push(8),
            Some(b'f') => bytes.push(12),
            Some(b'n') => bytes.push(b'\n'),
            Some(b'r') => bytes.push(b'\r'),
            Some(b't') => bytes.push(b'\t'),
            Some(b'v') => bytes.push(11),
            Some(digit @ b'0'..=b'7') => {
                let mut value = u32::from(digit - b'0');
                for _ in 0..2 {
                    match rest.next_if(|next| matches!(next, b'0'..=b'7')) {
                        Some(next) => value = value << 3 | u32::from(next - b'0'),
                        None => break,
                    }
                }
                bytes.push(value.to_le_bytes()[0]);
            }
            Some(other) => bytes.push(other),
        }
    }
    bytes
}

impl Session {
    /// Expands a text; none if its syntax is wrong. `more` gives the values that only this text knows.
    pub(crate) fn expand(
        &self,
        text: impl AsRef<[u8]>,
        more: impl Fn(&str) -> Option<Vec<u8>>,
    ) -> Option<Vec<u8>> {
        let filter = &self.server.settings.expansion_filter;
        let mut lookup = |name: &[u8]| {
            let name = std::str::from_utf8(name).ok()?;
            let Some(mut value) = more(name).or_else(|| self.attribute(name)) else {
                crate::log_lines::restriction_fault(&format!(
                    "unknown macro name \"{name}\" in expansion request"
                ));
                return None;
            };
            for byte in value.iter_mut().filter(|byte| !filter.contains(byte)) {
                *byte = b'_';
            }
            Some(Found::Raw(value))
        };
        let expanded = expand(text.as_ref(), Mode::Once, &mut lookup);
        for warning in &expanded.warnings {
            crate::log_lines::restriction_fault(warning);
        }
        (!expanded.failed).then_some(expanded.text)
    }

    /// What the session can tell about itself.
    fn attribute(&self, name: &str) -> Option<Vec<u8>> {
        let client = &self.client;
        let text = |text: &str| Some(text.as_bytes().to_vec());
        match name {
            "server_name" => text(self.myhostname()),
            "client" => text(&client.name_address),
            "client_port" => text(&client.port),
            "client_address" => text(&client.address),
            "client_name" => text(&client.name),
            "reverse_client_name" => text(&client.reverse_name),
            "helo_name" => Some(self.helo_name.clone().unwrap_or_default()),
            "localtime" => text(&sys::clock::WallTime::now().local().format("%b %d %H:%M:%S")),
            _ => {
                if let Some(part) = name.strip_prefix("sender") {
                    address_part(self.mail.sender.as_deref(), part)
                } else if let Some(part) = name.strip_prefix("recipient") {
                    address_part(self.mail.recipient.as_deref(), part)
                } else {
                    None
                }
            }
        }
    }
}

/// An address, or its `_name` or `_domain`.
fn address_part(address: Option<&[u8]>, part: &str) -> Option<Vec<u8>> {
    if !matches!(part, "" | "_name" | "_domain") {
        return None;
    }
    let Some(address) = address else { return Some(Vec::new()) };
    let (local, domain) = address::split_at(address);
    Some(match part {
        "_domain" => domain.unwrap_or_default().to_vec(),
        _ if address.is_empty() => b"<>".to_vec(),
        "_name" => local.to_vec(),
        _ => address.to_vec(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes() {
        assert_eq!(unescape("a\\t\\40\\0401\\\\b\\"), b"a\t  1\\b");
    }

    #[test]
    fn parts_of_addresses() {
        assert_eq!(address_part(Some(b"a@b@c"), "_name").as_deref(), Some(&b"a@b"[..]));
        assert_eq!(address_part(Some(b"a@b"), "_domain").as_deref(), Some(&b"b"[..]));
        assert_eq!(address_part(Some(b""), "").as_deref(), Some(&b"<>"[..]));
        assert_eq!(address_part(None, "").as_deref(), Some(&b""[..]));
        assert_eq!(address_part(None, "x"), None);
    }
}
