//! LDAP URLs (RFC 4516): `ldap://host:port/dn?attributes?scope?filter`.

use super::message::Scope;

/// How to reach a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scheme {
    Ldap,
    Ldaps,
    /// A socket of this machine; the host is its path.
    Ldapi,
}

impl Scheme {
    /// The scheme's name.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Scheme::Ldap => "ldap",
            Scheme::Ldaps => "ldaps",
            Scheme::Ldapi => "ldapi",
        }
    }
}

/// A URL, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Url {
    pub(crate) scheme: Scheme,
    pub(crate) host: String,
    /// Any number, as the client library takes it; 0 is as good as none.
    pub(crate) port: Option<i32>,
    pub(crate) dn: String,
    pub(crate) attributes: Vec<String>,
    pub(crate) scope: Option<Scope>,
    pub(crate) filter: Option<String>,
}

/// Why a text is no LDAP URL, as the client library numbers it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BadUrl {
    Scheme = 3,
    Url = 5,
    Scope = 8,
}

/// Reads the scheme off the start of a text.
fn scheme(text: &str) -> Option<(Scheme, &str)> {
    let text = text.strip_prefix('<').unwrap_or(text);
    let text = text.get(..4).filter(|tag| tag.eq_ignore_ascii_case("URL:")).map_or(text, |_| &text[4..]);
    let (name, rest) = text.split_once("://")?;
    let scheme = match name.to_ascii_lowercase().as_str() {
        "ldap" => Scheme::Ldap,
        "ldaps" => Scheme::Ldaps,
        "ldapi" => Scheme::Ldapi,
        _ => return None,
    };
    Some((scheme, rest))
}

/// Whether a text starts as an LDAP URL.
pub(crate) fn is_url(text: &str) -> bool {
    scheme(text).is_some()
}

fn decode(text: &str) -> Result<String, BadUrl> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        if byte == b'%' {
            let mut digit = || char::from(bytes.next()?).to_digit(16);
            let (Some(high), Some(low)) = (digit(), digit()) else {
                return Err(BadUrl::Url);
            };
            decoded.push((high * 16 + low) as u8);
        } else {
            decoded.push(byte);
        }
    }
    Ok(String::from_utf8_lossy(&decoded).into_owned())
}

impl Url {
    /// Takes a URL apart.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn parse(text: &str) -> Result<Url, BadUrl> {
        let (scheme, rest) = scheme(text).ok_or(BadUrl::Scheme)?;
        let rest = if text.starts_with('<') { rest.strip_suffix('>').ok_or(BadUrl::Url)? } else { rest };
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (authority, dn) = rest.split_once('/').unwrap_or((rest, ""));
        let (host, port) = match scheme {
            Scheme::Ldapi => (authority, None),
            _ => split_port(authority)?,
        };
        let mut parts = query.splitn(4, '?');
        let mut part = || parts.next().unwrap_or("");
        let attributes =
            part().split(',').filter(|name| !name.is_empty()).map(decode).collect::<Result<_, _>>()?;
        let scope = match part() {
            "" => None,
            name => Some(Scope::by_name(name).ok_or(BadUrl::Scope)?),
        };
        let filter = Some(decode(part())?).filter(|filter| !filter.is_empty());
        Ok(Url { scheme, host: decode(host)?, port, dn: decode(dn)?, attributes, scope, filter })
    }
}

fn split_port(text: &str) -> Result<(&str, Option<i32>), BadUrl> {
    let (host, port) = match text.strip_prefix('[') {
        Some(inner) => {
            let (host, rest) = inner.split_once(']').ok_or(BadUrl::Url)?;
            (host, rest.strip_prefix(':'))
        }
        None => match text.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (text, None),
        },
    };
    match port {
        None => Ok((host, None)),
        Some(port) => {
            let port: i32 = port.parse().map_err(|_| BadUrl::Url)?;
            Ok((host, Some(port).filter(|&port| port != 0)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls() {
        let url = Url::parse("ldap://h:1/dc=a%2cb?mail,cn?sub?(a=%2a)").unwrap();
        assert_eq!((url.host.as_str(), url.port, url.dn.as_str()), ("h", Some(1), "dc=a,b"));
        assert_eq!((url.attributes.len(), url.scope), (2, Some(Scope::Subtree)));
        assert_eq!(url.filter.as_deref(), Some("(a=*)"));
        let url = Url::parse("ldapi://%2Frun%2Fldapi").unwrap();
        assert_eq!((url.scheme, url.host.as_str()), (Scheme::Ldapi, "/run/ldapi"));
        assert_eq!(Url::parse("LDAPS://[::1]").unwrap().host, "::1");
        assert!(is_url("<URL:ldap://h>"));
        assert!(!is_url("http://h"));
        assert_eq!(Url::parse("ldap://h/??far"), Err(BadUrl::Scope));
        assert_eq!(Url::parse("ldap://h:x"), Err(BadUrl::Url));
    }
}
