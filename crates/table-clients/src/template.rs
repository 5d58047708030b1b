//! Queries and results with `%s`, `%u`, `%d`, `%1`..`%9` in them, and the filter by domain.
//!
//! Queries and results of one table share what they demand of a key: a result with `%D` in it means that keys without
//! a domain are not looked up at all.

use super::log_lines;
use super::source::Source;
use bstr::ByteSlice;
use tables::{LookupError, MatchList, Name, OpenError, Opener};

/// A part of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Literal(Vec<u8>),
    /// `%s`, `%u`, `%d`: of what is expanded, the key in a query and the value in a result.
    Own(Part),
    /// `%S`, `%U`, `%D`: of the key.
    Key(Part),
    /// `%1` is the key's top-level domain.
    Label(usize),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Whole,
    User,
    Domain,
}

/// Whether a template is for what is asked or for what is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    Query,
    Result,
}

impl Role {
    fn name(self) -> &'static str {
        match self {
            Role::Query => "query",
            Role::Result => "result",
        }
    }
}

/// A text with `%` in it, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Template {
    pieces: Vec<Piece>,
}

impl Template {
    fn parse(text: &[u8]) -> Option<Template> {
        let mut pieces = Vec::new();
        let mut literal = Vec::new();
        let mut bytes = text.iter().copied();
        while let Some(byte) = bytes.next() {
            let piece = match byte {
                b'%' => match bytes.next()? {
                    b'%' => None,
                    b's' => Some(Piece::Own(Part::Whole)),
                    b'u' => Some(Piece::Own(Part::User)),
                    b'd' => Some(Piece::Own(Part::Domain)),
                    b'S' => Some(Piece::Key(Part::Whole)),
                    b'U' => Some(Piece::Key(Part::User)),
                    b'D' => Some(Piece::Key(Part::Domain)),
                    digit @ b'1'..=b'9' => Some(Piece::Label(usize::from(digit - b'0'))),
                    _ => return None,
                },
                _ => None,
            };
            match piece {
                None => literal.push(byte),
                Some(piece) => {
                    if !literal.is_empty() {
                        pieces.push(Piece::Literal(std::mem::take(&mut literal)));
                    }
                    pieces.push(piece);
                }
            }
        }
        if !literal.is_empty() {
            pieces.push(Piece::Literal(literal));
        }
        Some(Template { pieces })
    }

    /// Whether it depends on anything.
    pub(crate) fn is_dynamic(&self) -> bool {
        self.pieces.iter().any(|piece| !matches!(piece, Piece::Literal(_)))
    }
}

/// What the templates of a table demand of keys and values.
#[derive(Clone, Copy, Debug, Default)]
struct Demands {
    key_user: bool,
    key_domain: bool,
    value_user: bool,
    value_domain: bool,
    /// How many labels the key's domain must have.
    labels: usize,
}

/// What the templates of one table have in common.
pub(crate) struct Templates {
    kind: &'static str,
    name: Name,
    demands: Demands,
    domains: Option<MatchList>,
}

/// A key or value and the parts of it that were asked for.
#[derive(Clone, Copy)]
struct Address<'a> {
    whole: &'a [u8],
    /// Where the last `@` stands.
    at: Option<usize>,
}

impl<'a> Address<'a> {
    fn new(whole: &'a [u8]) -> Address<'a> {
        Address { whole, at: whole.rfind_byte(b'@') }
    }

    fn user(&self) -> &'a [u8] {
        self.at.map_or(self.whole, |at| &self.whole[..at])
    }

    fn domain(&self) -> &'a [u8] {
        self.at.map_or(&[], |at| &self.whole[at + 1..])
    }

    fn part(&self, part: Part) -> &'a [u8] {
        match part {
            Part::Whole => self.whole,
            Part::User => self.user(),
            Part::Domain => self.domain(),
        }
    }

    fn has(&self, user: bool, domain: bool) -> bool {
        !(domain && self.domain().is_empty() || user && self.at == Some(0))
    }

    /// The labels of the domain, the last one first.
    fn labels(&self) -> Vec<&'a [u8]> {
        self.domain().rsplit(|&byte| byte == b'.').filter(|label| !label.is_empty()).collect()
    }
}

impl Templates {
    /// For the templates of the table `kind:name`.
    pub(crate) fn new(kind: &'static str, name: &Name) -> Templates {
        Templates { kind, name: name.to_owned(), demands: Demands::default(), domains: None }
    }

    /// Takes a template apart and notes what it demands.
    ///
    /// # Errors
    /// It has a `%` that means nothing.
    pub(crate) fn add(&mut self, text: impl AsRef<[u8]>, role: Role) -> Result<Template, OpenError> {
        let text = text.as_ref();
        let template = Template::parse(text).ok_or_else(|| {
            OpenError::fatal(format!(
                "db_common_parse: {}: Invalid {} template: {}",
                self.name,
                role.name(),
                log::bytes(text)
            ))
        })?;
        let demands = &mut self.demands;
        for piece in &template.pieces {
            match (piece, role) {
                (Piece::Own(Part::User), Role::Result) => demands.value_user = true,
                (Piece::Own(Part::Domain), Role::Result) => demands.value_domain = true,
                (Piece::Own(Part::User) | Piece::Key(Part::User), _) => demands.key_user = true,
                (Piece::Own(Part::Domain) | Piece::Key(Part::Domain), _) => demands.key_domain = true,
                (Piece::Label(label), _) => {
                    demands.key_domain = true;
                    demands.labels = demands.labels.max(*label);
                }
                _ => {}
            }
        }
        Ok(template)
    }

    /// Takes the parameter `domain`: only keys with these domains are looked up.
    ///
    /// # Errors
    /// It is not a list, or a table in it cannot be opened.
    pub(crate) fn restrict(&mut self, opener: &Opener, source: &Source) -> Result<(), OpenError> {
        if let Some(list) = source.optional("domain") {
            self.domains = Some(MatchList::strings(opener, &source.name().to_string(), &list)?);
        }
        Ok(())
    }

    /// Whether a key passes the filter by domain.
    ///
    /// # Errors
    /// The list of domains could not be read.
    pub(crate) fn wants(&self, key: &[u8]) -> Result<bool, LookupError> {
        let key = Address::new(key);
        match (&self.domains, key.at) {
            (None, _) => Ok(true),
            // No domain at all, or a domain without a user.
            (Some(_), None | Some(0)) => Ok(false),
            (Some(domains), Some(_)) => domains.matches(key.domain()),
        }
    }

    /// The query for a key, each part of the key quoted. `None` if the key lacks a part that a template demands.
    pub(crate) fn query(
        &self,
        template: &Template,
        key: &[u8],
        quote: impl Fn(&[u8], &mut Vec<u8>),
    ) -> Option<Vec<u8>> {
        if key.is_empty() {
            log_lines::empty_query(self.kind, &self.name);
            return None;
        }
        let key = Address::new(key);
        let labels = self.labels_of_key(key)?;
        let mut query = Vec::new();
        for piece in &template.pieces {
            match piece {
                Piece::Literal(text) => query.extend_from_slice(text),
                Piece::Own(part) | Piece::Key(part) => quote(key.part(*part), &mut query),
                Piece::Label(label) => quote(labels.get(*label - 1)?, &mut query),
            }
        }
        Some(query)
    }

    /// The labels of a key that has all that is demanded.
    fn labels_of_key<'k>(&self, key: Address<'k>) -> Option<Vec<&'k [u8]>> {
        let demands = &self.demands;
        if !key.has(demands.key_user, demands.key_domain) {
            return None;
        }
        let labels = if demands.labels > 0 { key.labels() } else { Vec::new() };
        (labels.len() >= demands.labels).then_some(labels)
    }

    /// Adds one result to a list, with a comma before it if it is not the first. False if the value is nothing, or
    /// lacks a part that a template demands.
    pub(crate) fn append_result(
        &self,
        template: &Template,
        value: &[u8],
        key: &[u8],
        results: &mut Vec<u8>,
    ) -> bool {
        if value.is_empty() {
            log_lines::empty_lookup_result(self.kind, &self.name, key);
            return false;
        }
        let value = Address::new(value);
        let key = Address::new(key);
        let has_parts = value.has(self.demands.value_user, self.demands.value_domain);
        let Some(labels) = self.labels_of_key(key).filter(|_| has_parts) else {
            return false;
        };
        if !results.is_empty() {
            results.push(b',');
        }
        for piece in &template.pieces {
            results.extend_from_slice(match piece {
                Piece::Literal(text) => text,
                Piece::Own(part) => value.part(*part),
                Piece::Key(part) => key.part(*part),
                Piece::Label(label) => labels.get(*label - 1).copied().unwrap_or_default(),
            });
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(text: &str, key: &str) -> Option<String> {
        let mut templates = Templates::new("test", &"t".into());
        let template = templates.add(text, Role::Query).unwrap();
        let quote = |part: &[u8], query: &mut Vec<u8>| {
            query.push(b'<');
            query.extend_from_slice(part);
            query.push(b'>');
        };
        templates.query(&template, key.as_bytes(), quote).map(|query| String::from_utf8(query).unwrap())
    }

    #[test]
    fn queries() {
        assert_eq!(query("a=%s%%", "u@d").unwrap(), "a=<u@d>%");
        assert_eq!(query("%u %d", "a@b@c").unwrap(), "<a@b> <c>");
        assert_eq!(query("%u", "plain").unwrap(), "<plain>");
        assert_eq!(query("%d", "plain"), None);
        assert_eq!(query("%d", "plain@"), None);
        assert_eq!(query("%u", "@d"), None);
        assert_eq!(query("%d", "@d").unwrap(), "<d>");
        assert_eq!(query("%1 %3 %2", "u@c.b.a").unwrap(), "<a> <c> <b>");
        assert_eq!(query("%3", "u@b.a"), None);
        assert_eq!(query("%2", "u@.b..a.").unwrap(), "<b>");
        assert_eq!(query("%s", ""), None);
        assert_eq!(query("fixed", "k").unwrap(), "fixed");
    }

    #[test]
    fn wrong_templates() {
        let mut templates = Templates::new("test", &"t".into());
        for text in ["%", "%x", "a%0"] {
            let error = templates.add(text, Role::Result).unwrap_err();
            assert_eq!(error.text, format!("db_common_parse: t: Invalid result template: {text}"));
        }
        assert!(!templates.add("100%%", Role::Query).unwrap().is_dynamic());
    }

    #[test]
    fn results() {
        let mut templates = Templates::new("test", &"t".into());
        let template = templates.add("%u at %d for %U@%1", Role::Result).unwrap();
        let mut results = Vec::new();
        assert!(templates.append_result(&template, b"a@b", b"k@x.org", &mut results));
        assert!(!templates.append_result(&template, b"plain", b"k@x.org", &mut results));
        assert!(!templates.append_result(&template, b"", b"k@x.org", &mut results));
        assert!(templates.append_result(&template, b"c@d", b"k@x.org", &mut results));
        assert_eq!(results.as_bstr(), "a at b for k@org,c at d for k@org");
        assert!(!templates.append_result(&template, b"c@d", b"k", &mut results));
    }
}
