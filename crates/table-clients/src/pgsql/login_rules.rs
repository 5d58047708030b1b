//! What a client accepts of a server during the login: the parameters `require_auth` and `channel_binding`.

use crate::ber::{Elements, SEQUENCE};
use sha2::{Digest, Sha256, Sha384, Sha512};

/// How a server lets clients in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Method {
    Password,
    Md5,
    Scram,
    None,
}

impl Method {
    /// What a server does that uses it.
    fn description(self) -> &'static str {
        match self {
            Method::Password => "server requested a cleartext password",
            Method::Md5 => "server requested a hashed password",
            Method::Scram => "server requested SASL authentication",
            Method::None => "server did not complete authentication",
        }
    }
}

/// The values of `require_auth`; those without a method are of logins that we do not have.
const METHODS: &[(&str, Option<Method>)] = &[
    ("password", Some(Method::Password)),
    ("md5", Some(Method::Md5)),
    ("gss", None),
    ("sspi", None),
    ("scram-sha-256", Some(Method::Scram)),
    ("oauth", None),
    ("none", Some(Method::None)),
];

/// Whether the login must be tied to the TLS connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Binding {
    Disable,
    #[default]
    Prefer,
    Require,
}

/// The rules.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct LoginRules {
    /// As it is written; empty for no rule.
    list: String,
    /// The methods that may be used, where there is a rule.
    allowed: Option<Vec<Method>>,
    pub(crate) binding: Binding,
}

impl LoginRules {
    /// Sets a parameter; `Ok(false)` if it is none of these.
    ///
    /// # Errors
    /// The value is none that it can have.
    pub(crate) fn set(&mut self, name: &str, value: &str) -> Result<bool, String> {
        match name {
            "channel_binding" => {
                self.binding = match value {
                    "disable" => Binding::Disable,
                    "prefer" => Binding::Prefer,
                    "require" => Binding::Require,
                    _ => return Err(format!("invalid channel_binding value: \"{value}\"")),
                }
            }
            "require_auth" => {
                self.allowed = methods(value)?;
                self.list = value.to_owned();
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Whether a server may ask for this method.
    ///
    /// # Errors
    /// What the client library says, with the newline.
    pub(crate) fn permit(&self, method: Method) -> Result<(), String> {
        if self.allowed.as_ref().is_some_and(|allowed| !allowed.contains(&method)) {
            let (list, what) = (&self.list, method.description());
            return Err(format!("authentication method requirement \"{list}\" failed: {what}\n"));
        }
        match (self.binding, method) {
            (Binding::Require, Method::Password | Method::Md5) => {
                Err("channel binding required but not supported by server's authentication request\n"
                    .to_owned())
            }
            (Binding::Require, Method::None) => Err("channel binding required, but server authenticated \
                                                     client without channel binding\n"
                .to_owned()),
            _ => Ok(()),
        }
    }
}

/// The methods of a list, or all others where it has exclamation marks.
fn methods(list: &str) -> Result<Option<Vec<Method>>, String> {
    if list.is_empty() {
        return Ok(None);
    }
    let (mut named, mut negative) = (Vec::new(), None);
    for word in list.split(',') {
        let plain = word.strip_prefix('!').unwrap_or(word);
        let is_negative = plain.len() < word.len();
        let known = METHODS.iter().find(|(name, _)| *name == plain);
        let (_, method) = known.ok_or_else(|| format!("invalid require_auth value: \"{word}\""))?;
        if *negative.get_or_insert(is_negative) != is_negative {
            let (this, others) = if is_negative { ("negative", "non-negative") } else { ("", "negative") };
            let this = if this.is_empty() { String::new() } else { format!("{this} ") };
            return Err(format!(
                "{this}require_auth method \"{word}\" cannot be mixed with {others} methods"
            ));
        }
        named.extend(*method);
    }
    let all = METHODS.iter().filter_map(|(_, method)| *method);
    Ok(Some(match negative {
        Some(true) => all.filter(|method| !named.contains(method)).collect(),
        _ => named,
    }))
}

/// The digest of a server's certificate that ties a login to it (RFC 5929, `tls-server-end-point`); `None` for a
/// signature without a digest of its own.
pub fn end_point(certificate: &[u8]) -> Option<Vec<u8>> {
    let mut fields = Elements(Elements(certificate).expect(SEQUENCE)?);
    fields.expect(SEQUENCE)?;
    let algorithm = Elements(fields.expect(SEQUENCE)?).expect(OBJECT_IDENTIFIER)?;
    Some(match algorithm {
        ECDSA_SHA384 | RSA_SHA384 => Sha384::digest(certificate).to_vec(),
        ECDSA_SHA512 | RSA_SHA512 => Sha512::digest(certificate).to_vec(),
        ED25519 => return None,
        // MD5 and SHA-1, too, are replaced by it.
        _ => Sha256::digest(certificate).to_vec(),
    })
}

const OBJECT_IDENTIFIER: u8 = 0x06;
const ECDSA_SHA384: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 3];
const ECDSA_SHA512: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 4];
const RSA_SHA384: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 12];
const RSA_SHA512: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 13];
const ED25519: &[u8] = &[0x2b, 0x65, 0x70];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_methods() {
        assert_eq!(methods("md5,none"), Ok(Some(vec![Method::Md5, Method::None])));
        assert_eq!(methods("!md5,!none"), Ok(Some(vec![Method::Password, Method::Scram])));
        assert!(methods("!md5,none").is_err());
        assert!(methods("x").is_err());
    }

    #[test]
    fn what_is_no_certificate_has_no_digest() {
        assert_eq!(end_point(b"\x30\x03\x30\x01\x00"), None);
    }
}
