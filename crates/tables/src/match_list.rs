//! Lists of patterns that a string, a domain or a client is compared with, as the value of `mydestination` or
//! `mynetworks`.
//!
//! Items are compared in order and the first that matches decides: `pattern`, `!pattern`, `/file` with more items,
//! `type:table`. What a pattern means depends on the list: see the four ways to open one.

use crate::cidr::{Network, parse_address};
use crate::maps::off_thread;
use crate::syntax::items;
use crate::{Flags, LogicalLines, LookupError, Name, OpenError, Opener, Table, log_lines};
use address::fold_case;
use bstr::ByteSlice;
use std::fs::File;
use std::io::Read;
use std::sync::Arc;

/// How deep files may name other files.
const MAX_DEPTH: usize = 20;

/// How tables of match lists are opened.
const TABLE_FLAGS: Flags = Flags::LOCK.union(Flags::UTF8_REQUEST);

/// Whether a domain matches its subdomains, too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subdomains {
    /// `example.com` matches `host.example.com` (parent_domain_matches_subdomains names the list).
    WithParent,
    /// Only `.example.com` matches `host.example.com`.
    WithDot,
}

impl Subdomains {
    /// What parent_domain_matches_subdomains says for the list of this parameter, such as `mynetworks`.
    ///
    /// # Errors
    /// The parameter itself is not a list, or a table in it cannot answer.
    pub fn of_list(
        opener: &Opener,
        config: &config::Config,
        parameter: &str,
    ) -> Result<Subdomains, OpenError> {
        let title = "parent_domain_matches_subdomains";
        let lists = config.bytes(&params::PARENT_DOMAIN_MATCHES_SUBDOMAINS);
        let named = MatchList::strings(opener, title, lists)?
            .matches(parameter.as_bytes())
            .map_err(|error| OpenError::fatal(format!("{title}: {error}")))?;
        Ok(if named { Subdomains::WithParent } else { Subdomains::WithDot })
    }
}

/// What is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Subject {
    Text,
    Domain,
    HostAndAddress,
}

enum Pattern {
    Text {
        text: Vec<u8>,
        network: Option<Result<Network, String>>,
    },
    Table {
        table: Arc<dyn Table>,
        /// As the list names it.
        spec: Name,
    },
    /// A file that could not be read: the list cannot say anything.
    Unreadable {
        path: Name,
        reason: String,
    },
}

struct Item {
    positive: bool,
    pattern: Pattern,
}

/// A list of patterns. Cheap to clone.
#[derive(Clone)]
pub struct MatchList(Arc<List>);

struct List {
    title: String,
    subject: Subject,
    subdomains: Subdomains,
    items: Vec<Item>,
    utf8: bool,
    asks_a_server: bool,
}

impl MatchList {
    /// A list of strings, each compared as a whole.
    ///
    /// # Errors
    /// The list has a mistake that no daemon can go on with, or a table cannot be opened (see [`Opener::open`]).
    pub fn strings(opener: &Opener, title: &str, list: impl AsRef<[u8]>) -> Result<MatchList, OpenError> {
        Self::open(opener, title, list, Subject::Text, Subdomains::WithDot)
    }

    /// A list of domains.
    ///
    /// # Errors
    /// As [`MatchList::strings`].
    pub fn domains(
        opener: &Opener,
        title: &str,
        list: impl AsRef<[u8]>,
        subdomains: Subdomains,
    ) -> Result<MatchList, OpenError> {
        Self::open(opener, title, list, Subject::Domain, subdomains)
    }

    /// A list of clients: host names (as domains), addresses, networks.
    ///
    /// # Errors
    /// As [`MatchList::strings`].
    pub fn clients(
        opener: &Opener,
        title: &str,
        list: impl AsRef<[u8]>,
        subdomains: Subdomains,
    ) -> Result<MatchList, OpenError> {
        Self::open(opener, title, list, Subject::HostAndAddress, subdomains)
    }

    fn open(
        opener: &Opener,
        title: &str,
        list: impl AsRef<[u8]>,
        subject: Subject,
        subdomains: Subdomains,
    ) -> Result<MatchList, OpenError> {
        let mut parser = Parser { opener, title, items: Vec::new() };
        parser.parse(list.as_ref(), true, 0)?;
        let asks_a_server = parser
            .items
            .iter()
            .any(|item| matches!(&item.pattern, Pattern::Table { table, .. } if table.asks_a_server()));
        let (title, utf8, items) = (title.to_owned(), opener.settings().utf8, parser.items);
        Ok(MatchList(Arc::new(List { title, subject, subdomains, items, utf8, asks_a_server })))
    }

    /// Whether the list has no items.
    pub fn is_empty(&self) -> bool {
        self.0.items.is_empty()
    }

    /// Whether a comparison may wait for another process.
    pub fn asks_a_server(&self) -> bool {
        self.0.asks_a_server
    }

    /// Compares a string or a domain with the list. Problems were logged when this returns.
    ///
    /// # Errors
    /// A table could not answer.
    pub fn matches(&self, text: &[u8]) -> Result<bool, LookupError> {
        self.0.matches(&[text]).map_err(Problem::logged)
    }

    /// As [`MatchList::matches`], for callers that end when a table cannot answer: the error is the text of their last
    /// log line.
    ///
    /// # Errors
    /// As [`MatchList::matches`].
    pub fn matches_or_text(&self, text: &[u8]) -> Result<bool, String> {
        self.0.matches(&[text]).map_err(|problem| problem.text)
    }

    /// Compares a client with the list. An unknown name is `unknown`, as everywhere in Postfix.
    ///
    /// # Errors
    /// As [`MatchList::matches`].
    pub fn matches_client(&self, name: &[u8], address: &[u8]) -> Result<bool, LookupError> {
        self.0.matches(&[name, address]).map_err(Problem::logged)
    }

    /// As [`MatchList::matches`], with the blocking pool where a table asks a server.
    ///
    /// # Errors
    /// As [`MatchList::matches`].
    pub async fn matches_async(&self, text: &[u8]) -> Result<bool, LookupError> {
        if !self.0.asks_a_server {
            return self.matches(text);
        }
        let (list, text) = (self.clone(), text.to_vec());
        off_thread(move || list.matches(&text)).await
    }

    /// As [`MatchList::matches_client`], with the blocking pool where a table asks a server.
    ///
    /// # Errors
    /// As [`MatchList::matches`].
    pub async fn matches_client_async(&self, name: &[u8], address: &[u8]) -> Result<bool, LookupError> {
        if !self.0.asks_a_server {
            return self.matches_client(name, address);
        }
        let (list, name, address) = (self.clone(), name.to_vec(), address.to_vec());
        off_thread(move || list.matches_client(&name, &address)).await
    }
}

struct Parser<'a> {
    opener: &'a Opener,
    title: &'a str,
    items: Vec<Item>,
}

/// `type:table`, but not `[2001:db8::1]`.
fn is_table(item: &[u8]) -> bool {
    item.first() != Some(&b'[') && item.contains(&b':')
}

impl Parser<'_> {
    fn parse(&mut self, list: &[u8], positive: bool, depth: usize) -> Result<(), OpenError> {
        let mut list = items(list);
        while let Some(item) = list.next() {
            if item.first() == Some(&b'#') {
                log_lines::list_comment(self.title, item, list.rest());
                return Ok(());
            }
            let pattern = item.trim_start_with(|c| c == '!');
            let positive = positive == ((item.len() - pattern.len()) % 2 == 0);
            if pattern.is_empty() {
                return Err(OpenError::fatal(format!("{}: no pattern after '!'", self.title)));
            }
            if pattern.first() == Some(&b'/') {
                self.file(pattern, positive, depth)?;
            } else if is_table(pattern) {
                let spec = Name::from(pattern);
                let table = self.opener.open(&spec, TABLE_FLAGS)?;
                self.items.push(Item { positive, pattern: Pattern::Table { table, spec } });
            } else {
                let text = fold_case(pattern, self.opener.settings().utf8).into_owned();
                let network = looks_like_network(&text).then(|| Network::parse(&text));
                self.items.push(Item { positive, pattern: Pattern::Text { text, network } });
            }
        }
        Ok(())
    }

    fn file(&mut self, path: &[u8], positive: bool, depth: usize) -> Result<(), OpenError> {
        let path = Name::from(path);
        let unreadable = |reason: String| {
            log_lines::cannot_open(&reason);
            Item { positive: true, pattern: Pattern::Unreadable { path: path.clone(), reason } }
        };
        if depth >= MAX_DEPTH {
            self.items.push(unreadable(format!("open file {path}: files are nested too deep")));
            return Ok(());
        }
        let failure = |step: &'static str| {
            let path = &path;
            move |error: std::io::Error| format!("{step} file {path}: {}", sys::error_text(&error))
        };
        let mut content = Vec::new();
        let read = File::open(&path)
            .map_err(failure("open"))
            .and_then(|mut file| file.read_to_end(&mut content).map_err(failure("match_list_parse: read")));
        match read {
            Ok(_) => {
                for line in LogicalLines::new(&path, content.as_slice()) {
                    self.parse(&line.text, positive, depth + 1)?;
                }
            }
            Err(reason) => {
                if self.opener.settings().if_unavailable == crate::IfUnavailable::Fail {
                    return Err(OpenError::unavailable(reason));
                }
                self.items.push(unreadable(reason));
            }
        }
        Ok(())
    }
}

fn only(text: &[u8], allowed: &[u8]) -> bool {
    text.iter().all(|byte| allowed.contains(byte))
}

const V4_BYTES: &[u8] = b"0123456789.";
const V6_BYTES: &[u8] = b"0123456789.abcdefABCDEF:";

/// Whether a pattern may be a network: `1.2.3.0/24`, `[fe80::]/10`. A lone IPv4 address is compared as text.
fn looks_like_network(text: &[u8]) -> bool {
    text.iter().any(|byte| matches!(byte, b':' | b'/'))
        && !only(text, V4_BYTES)
        && only(text, b"0123456789.abcdefABCDEF:[]/")
}

/// A table did not answer.
struct Problem {
    /// What is said about it.
    text: String,
    error: LookupError,
}

impl Problem {
    fn logged(self) -> LookupError {
        log_lines::match_list(&self.text);
        self.error
    }
}

impl List {
    /// The subjects of one item are compared before the next item.
    fn matches(&self, subjects: &[&[u8]]) -> Result<bool, Problem> {
        for item in &self.items {
            for (at, subject) in subjects.iter().enumerate() {
                let subject = fold_case(subject, self.utf8);
                if log::verbose() > 0 {
                    self.trace(at, &subject, &item.pattern);
                }
                let matched = match (self.subject, at) {
                    (Subject::Text, _) => self.text_matches(&subject, &item.pattern),
                    (Subject::HostAndAddress, 1) => self.address_matches(&subject, &item.pattern),
                    _ => self.domain_matches(&subject, &item.pattern),
                }?;
                if matched {
                    return Ok(item.positive);
                }
            }
        }
        subjects.iter().for_each(|subject| log_lines::no_match(subject));
        Ok(false)
    }

    fn trace(&self, at: usize, subject: &[u8], pattern: &Pattern) {
        let how = match (self.subject, at) {
            (Subject::Text, _) => "match_string",
            (Subject::HostAndAddress, 1) => "match_hostaddr",
            _ => "match_hostname",
        };
        let table;
        let pattern = match pattern {
            Pattern::Text { text, .. } => text.as_slice(),
            Pattern::Table { spec, .. } => {
                // TABLE_FLAGS, as the reference shows them.
                table = format!("{spec}(0,lock|utf8_request)");
                table.as_bytes()
            }
            Pattern::Unreadable { path, .. } => path,
        };
        log_lines::compared(how, &self.title, subject, pattern);
    }

    fn table_has(&self, table: &Arc<dyn Table>, key: &[u8]) -> Result<bool, Problem> {
        table.lookup(key).map(|value| value.is_some()).map_err(|error| Problem {
            text: format!("{}: {}:{}: table lookup problem", self.title, table.kind(), table.name()),
            error,
        })
    }

    fn unreadable(&self, path: &Name, reason: &str) -> Problem {
        log_lines::unavailable("non-existent", path, reason);
        Problem {
            text: format!("{}: non-existent:{path}: table lookup problem", self.title),
            error: LookupError::Retry(Some(reason.to_owned())),
        }
    }

    fn text_matches(&self, text: &[u8], pattern: &Pattern) -> Result<bool, Problem> {
        match pattern {
            Pattern::Table { table, .. } => self.table_has(table, text),
            Pattern::Text { text: pattern, .. } => Ok(text == pattern.as_slice()),
            Pattern::Unreadable { path, reason } => Err(self.unreadable(path, reason)),
        }
    }

    fn domain_matches(&self, name: &[u8], pattern: &Pattern) -> Result<bool, Problem> {
        let pattern = match pattern {
            Pattern::Table { table, .. } => return self.table_has_domain(table, name),
            Pattern::Text { text, .. } => text.as_slice(),
            Pattern::Unreadable { path, reason } => return Err(self.unreadable(path, reason)),
        };
        if name == pattern {
            return Ok(true);
        }
        let Some(head) = name.strip_suffix(pattern).filter(|head| !head.is_empty()) else {
            return Ok(false);
        };
        Ok(match self.subdomains {
            Subdomains::WithParent => head.ends_with(b"."),
            Subdomains::WithDot => pattern.first() == Some(&b'.'),
        })
    }

    /// Asks a table for a domain, then for its parents: `a.b.c`, `b.c`, `c`, or `a.b.c`, `.b.c`, `.c`.
    fn table_has_domain(&self, table: &Arc<dyn Table>, name: &[u8]) -> Result<bool, Problem> {
        let fixed = table.flags().contains(Flags::FIXED);
        let mut rest = name;
        let mut whole = true;
        while !rest.is_empty() && (whole || fixed) {
            if self.table_has(table, rest)? {
                return Ok(true);
            }
            whole = false;
            let Some(dot) = rest.get(1..).and_then(|tail| tail.find_byte(b'.')) else {
                break;
            };
            let skip = usize::from(self.subdomains == Subdomains::WithParent);
            rest = rest.get(dot + 1 + skip..).unwrap_or_default();
        }
        Ok(false)
    }

    fn address_matches(&self, address: &[u8], pattern: &Pattern) -> Result<bool, Problem> {
        if !only(address, V6_BYTES) {
            return Ok(false);
        }
        let (text, network) = match pattern {
            Pattern::Table { table, .. } => return self.table_has(table, address),
            Pattern::Text { text, network } => (text.as_slice(), network),
            Pattern::Unreadable { path, reason } => return Err(self.unreadable(path, reason)),
        };
        let bare = text.strip_prefix(b"[").and_then(|inside| inside.strip_suffix(b"]")).unwrap_or(text);
        if address == bare {
            return Ok(true);
        }
        if address.contains(&b':') != text.contains(&b':') {
            return Ok(false);
        }
        match network {
            None => Ok(false),
            Some(Err(why)) => {
                let text = format!("{}: {why}", self.title);
                Err(Problem { text, error: LookupError::Retry(Some(why.clone())) })
            }
            Some(Ok(network)) => Ok(parse_address(address).is_some_and(|address| network.contains(address))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{IfUnavailable, Settings};

    fn opener() -> Opener {
        Opener::new(Settings { if_unavailable: IfUnavailable::StandIn, ..Settings::default() })
    }

    fn domains(list: &str, subdomains: Subdomains, name: &str) -> bool {
        MatchList::domains(&opener(), "test", list, subdomains).unwrap().matches(name.as_bytes()).unwrap()
    }

    fn clients(list: &str, name: &str, address: &str) -> Result<bool, LookupError> {
        MatchList::clients(&opener(), "test", list, Subdomains::WithDot)
            .unwrap()
            .matches_client(name.as_bytes(), address.as_bytes())
    }

    #[test]
    fn domain_lists() {
        use Subdomains::{WithDot, WithParent};
        assert!(domains("Example.com", WithDot, "eXample.COM"));
        assert!(!domains("example.com", WithDot, "a.example.com"));
        assert!(domains(".example.com", WithDot, "a.example.com"));
        assert!(!domains(".example.com", WithDot, "example.com"));
        assert!(domains("example.com", WithParent, "a.example.com"));
        assert!(!domains("example.com", WithParent, "aexample.com"));
        assert!(!domains("!a.example.com, .example.com", WithDot, "a.example.com"));
        assert!(domains("inline:{example.com=x}", WithParent, "a.b.example.com"));
        assert!(domains("inline:{.example.com=x}", WithDot, "a.b.example.com"));
        assert!(!domains("inline:{example.com=x}", WithDot, "a.example.com"));
    }

    #[test]
    fn client_lists() {
        let yes = Ok(true);
        let no = Ok(false);
        assert_eq!(clients("127.0.0.0/8 [::1]/128", "localhost", "127.0.0.1"), yes);
        assert_eq!(clients("127.0.0.0/8 [::1]/128", "localhost", "::1"), yes);
        assert_eq!(clients("127.0.0.0/8 [::1]/128", "x", "10.0.0.1"), no);
        assert_eq!(clients("!10.0.0.1, 10.0.0.0/8", "x", "10.0.0.1"), no);
        assert_eq!(clients("!10.0.0.1, 10.0.0.0/8", "x", "10.0.0.2"), yes);
        assert_eq!(clients("10.0.0.1", "x", "10.0.0.1"), yes);
        assert_eq!(clients("[2001:DB8::1]", "x", "2001:db8::1"), yes);
        assert_eq!(clients("host.example.com", "host.example.com", "10.0.0.1"), yes);
        assert_eq!(clients("cidr:{ {10.0.0.0/8 x} }", "unknown", "10.0.0.1"), yes);
        assert!(clients("10.0.0.1/8", "x", "10.0.0.1").is_err());
    }

    #[test]
    fn files() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("list");
        std::fs::write(&path, "# comment\na.example\n  b.example\nc.example # no\n").unwrap();
        let path = path.to_str().unwrap();
        let list = MatchList::strings(&opener(), "test", format!("!c.example, {path}")).unwrap();
        assert_eq!(list.matches(b"b.example"), Ok(true));
        assert_eq!(list.matches(b"c.example"), Ok(false));
        let list = MatchList::strings(&opener(), "test", format!("!{path}, a.example")).unwrap();
        assert_eq!(list.matches(b"a.example"), Ok(false));
        let list = MatchList::strings(&opener(), "test", "/nope/list").unwrap();
        assert!(list.matches(b"a").is_err());
        assert!(MatchList::strings(&opener(), "test", "a !").is_err());
    }
}
