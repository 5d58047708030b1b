//! Requests and answers of LDAP (RFC 4511) as bytes.

use crate::ber::{ENUMERATED, Elements, INTEGER, OCTET_STRING, SEQUENCE, boolean, element, group, number};

/// Tags of operations.
mod tag {
    pub(super) const BIND_REQUEST: u8 = 0x60;
    pub(super) const BIND_RESPONSE: u8 = 0x61;
    pub(super) const UNBIND_REQUEST: u8 = 0x42;
    pub(super) const SEARCH_REQUEST: u8 = 0x63;
    pub(super) const SEARCH_ENTRY: u8 = 0x64;
    pub(super) const SEARCH_DONE: u8 = 0x65;
    pub(super) const SEARCH_REFERENCE: u8 = 0x73;
    pub(super) const EXTENDED_REQUEST: u8 = 0x77;
    pub(super) const EXTENDED_RESPONSE: u8 = 0x78;
    pub(super) const REFERRAL: u8 = 0xa3;
    pub(super) const SASL_CREDENTIALS: u8 = 0xa3;
    pub(super) const SIMPLE_CREDENTIALS: u8 = 0x80;
    pub(super) const REQUEST_NAME: u8 = 0x80;
}

const START_TLS: &[u8] = b"1.3.6.1.4.1.1466.20037";

/// Which entries a search looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    Base = 0,
    OneLevel = 1,
    Subtree = 2,
}

impl Scope {
    /// The scope of a name, in any case.
    pub(crate) fn by_name(name: &str) -> Option<Scope> {
        match name.to_ascii_lowercase().as_str() {
            "base" => Some(Scope::Base),
            "one" | "onelevel" => Some(Scope::OneLevel),
            "sub" | "subtree" => Some(Scope::Subtree),
            _ => None,
        }
    }
}

/// How to log in.
#[derive(Clone, Debug)]
pub(crate) enum Credentials<'a> {
    Simple { dn: &'a [u8], password: &'a [u8] },
    Sasl { mechanism: &'static str, response: Vec<u8> },
}

/// A search.
#[derive(Clone, Debug)]
pub(crate) struct Search<'a> {
    pub(crate) base: &'a [u8],
    pub(crate) scope: Scope,
    /// Encoded, see [`super::filter::encode`].
    pub(crate) filter: &'a [u8],
    pub(crate) attributes: &'a [String],
    /// Entries; zero is no limit.
    pub(crate) size_limit: i32,
    /// Seconds; zero is no limit.
    pub(crate) time_limit: i32,
    /// Whether aliases are followed, 0 to 3.
    pub(crate) dereference: i32,
}

fn message(id: i32, operation: Vec<u8>) -> Vec<u8> {
    group(SEQUENCE, &[number(INTEGER, id), operation])
}

/// A request to log in.
pub(crate) fn bind(id: i32, version: i32, credentials: &Credentials<'_>) -> Vec<u8> {
    let (dn, credentials) = match credentials {
        Credentials::Simple { dn, password } => (*dn, element(tag::SIMPLE_CREDENTIALS, password)),
        Credentials::Sasl { mechanism, response } => {
            let mechanism = element(OCTET_STRING, mechanism.as_bytes());
            (&b""[..], group(tag::SASL_CREDENTIALS, &[mechanism, element(OCTET_STRING, response)]))
        }
    };
    let dn = element(OCTET_STRING, dn);
    message(id, group(tag::BIND_REQUEST, &[number(INTEGER, version), dn, credentials]))
}

/// A farewell.
pub(crate) fn unbind(id: i32) -> Vec<u8> {
    message(id, element(tag::UNBIND_REQUEST, b""))
}

/// A request to speak TLS.
pub(crate) fn start_tls(id: i32) -> Vec<u8> {
    message(id, group(tag::EXTENDED_REQUEST, &[element(tag::REQUEST_NAME, START_TLS)]))
}

/// A request to search.
pub(crate) fn search(id: i32, search: &Search<'_>) -> Vec<u8> {
    let attributes: Vec<Vec<u8>> =
        search.attributes.iter().map(|name| element(OCTET_STRING, name.as_bytes())).collect();
    let parts = [
        element(OCTET_STRING, search.base),
        number(ENUMERATED, search.scope as i32),
        number(ENUMERATED, search.dereference),
        number(INTEGER, search.size_limit),
        number(INTEGER, search.time_limit),
        boolean(false),
        search.filter.to_vec(),
        group(SEQUENCE, &attributes),
    ];
    message(id, group(tag::SEARCH_REQUEST, &parts))
}

/// An entry that a search found: attributes with their values, in the server's order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entry {
    /// Names and values.
    pub attributes: Vec<(String, Vec<Vec<u8>>)>,
}

/// What a server says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// A search found this.
    Entry(Entry),
    /// A search goes on elsewhere: URLs of which any will do.
    Reference(Vec<String>),
    /// The request is done: its result code, and where else to ask.
    Done(i32, Vec<String>),
}

fn strings(content: &[u8]) -> Vec<String> {
    let mut elements = Elements(content);
    let mut found = Vec::new();
    while let Some((_, text)) = elements.next() {
        found.push(String::from_utf8_lossy(text).into_owned());
    }
    found
}

fn entry(content: &[u8]) -> Option<Entry> {
    let mut elements = Elements(content);
    elements.expect(OCTET_STRING)?;
    let mut list = Elements(elements.expect(SEQUENCE)?);
    let mut attributes = Vec::new();
    while let Some((_, attribute)) = list.next() {
        let mut parts = Elements(attribute);
        let name = String::from_utf8_lossy(parts.expect(OCTET_STRING)?).into_owned();
        let (_, set) = parts.next()?;
        let mut set = Elements(set);
        let mut values = Vec::new();
        while let Some((_, value)) = set.next() {
            values.push(value.to_vec());
        }
        attributes.push((name, values));
    }
    Some(Entry { attributes })
}

/// Reads a message: the number of the request that it answers, and the answer. `None` for what is no answer of these.
pub fn parse(input: &[u8]) -> Option<(i32, Answer)> {
    let mut parts = Elements(Elements(input).expect(SEQUENCE)?);
    let id = parts.number(INTEGER)?;
    let (tag, content) = parts.next()?;
    let answer = match tag {
        tag::SEARCH_ENTRY => Answer::Entry(entry(content)?),
        tag::SEARCH_REFERENCE => Answer::Reference(strings(content)),
        tag::BIND_RESPONSE | tag::SEARCH_DONE | tag::EXTENDED_RESPONSE => {
            let mut parts = Elements(content);
            let code = parts.number(ENUMERATED)?;
            parts.expect(OCTET_STRING)?;
            parts.expect(OCTET_STRING)?;
            let referral = parts.next().filter(|(tag, _)| *tag == tag::REFERRAL);
            Answer::Done(code, referral.map_or_else(Vec::new, |(_, content)| strings(content)))
        }
        _ => return None,
    };
    Some((id, answer))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers() {
        let done = b"\x30\x0c\x02\x01\x05\x61\x07\x0a\x01\x31\x04\x00\x04\x00";
        assert_eq!(parse(done), Some((5, Answer::Done(49, Vec::new()))));
        let entry = b"\x30\x16\x02\x01\x02\x64\x11\x04\x03a=b\x30\x0a\x30\x08\x04\x01m\x31\x03\x04\x01x";
        let Some((2, Answer::Entry(entry))) = parse(entry) else { panic!("no entry") };
        assert_eq!(entry.attributes, [("m".to_owned(), vec![b"x".to_vec()])]);
        assert_eq!(parse(b"\x30\x03\x02\x01\x02"), None);
        assert_eq!(parse(b""), None);
    }

    #[test]
    fn requests() {
        let credentials = Credentials::Simple { dn: b"", password: b"" };
        assert_eq!(bind(1, 3, &credentials), b"\x30\x0c\x02\x01\x01\x60\x07\x02\x01\x03\x04\x00\x80\x00");
    }
}
