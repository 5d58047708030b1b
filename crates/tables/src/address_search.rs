//! Looking up a mail address: the address itself, then less and less of it.
//!
//! The order is that of the tables' manual pages: `user+ext@domain`, `user@domain`, `user+ext` and `user` where the
//! domain is local, `@domain`. Which of these are tried is a [`Strategy`]; only the first, whole address is asked in
//! tables of patterns.

use crate::maps::off_thread;
use crate::{Ask, LookupError, Maps};
use address::Delimiter;
use std::sync::Arc;

/// Which parts of an address are tried, in the order of the fields.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Strategy {
    /// `user+ext@domain`.
    pub full: bool,
    /// `user@domain`.
    pub without_extension: bool,
    /// `user+ext` and `user`, where the domain is myorigin or local.
    pub localpart_if_local: bool,
    /// `user+ext@` and `user@`, where the domain is myorigin or local.
    pub localpart_at_if_local: bool,
    /// `@domain`.
    pub at_domain: bool,
    /// `domain`.
    pub domain: bool,
    /// After `domain`: its parents.
    pub parents: Parents,
    /// `user+ext@` and `user@`, whatever the domain.
    pub localpart_at: bool,
}

/// Which names of parent domains are tried after a domain.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Parents {
    /// None.
    #[default]
    None,
    /// `example.com` for `host.example.com` (parent_domain_matches_subdomains).
    Plain,
    /// `.example.com` for `host.example.com`.
    Dotted,
}

impl Strategy {
    /// What alias and rewriting tables use.
    pub const DEFAULT: Strategy = Strategy {
        full: true,
        without_extension: true,
        localpart_if_local: true,
        localpart_at_if_local: false,
        at_domain: true,
        domain: false,
        parents: Parents::None,
        localpart_at: false,
    };
}

/// In which form an address is asked. The *external* form has the quotes that a message header needs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum QueryForm {
    /// External only.
    External,
    /// Internal only.
    Internal,
    /// External; then internal, where that differs. What tables of addresses use.
    #[default]
    ExternalFirst,
    /// Internal; then external, where that differs.
    InternalFirst,
}

/// What was found for an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit {
    /// The table's value.
    pub value: Vec<u8>,
    /// The extension with its delimiter (`+ext`), when the hit was without it: the caller may propagate it.
    pub extension: Option<Vec<u8>>,
}

/// Says whether a domain is local (mydestination, inet_interfaces, proxy_interfaces).
pub type IsLocal = dyn Fn(&[u8]) -> Result<bool, LookupError> + Send + Sync;

/// How addresses are searched on this system. Cheap to clone.
#[derive(Clone)]
pub struct AddressSearch {
    delimiter: Arc<Delimiter>,
    origin: Arc<[u8]>,
    is_local: Arc<IsLocal>,
}

/// A look-up that tries one key after the other until there is a result.
struct Search<'a> {
    maps: &'a Maps,
    form: QueryForm,
}

impl Search<'_> {
    fn ask(&self, address: &[u8], ask: Ask, with_domain: bool) -> Result<Option<Vec<u8>>, LookupError> {
        let external =
            || if with_domain { address::quote_822(address) } else { address::quote_822_localpart(address) };
        let find = |key: &[u8]| self.maps.find(key, ask);
        match self.form {
            QueryForm::External => find(&external()),
            QueryForm::Internal => find(address),
            QueryForm::ExternalFirst => {
                let external = external();
                match find(&external)? {
                    None if external != address => find(address),
                    result => Ok(result),
                }
            }
            QueryForm::InternalFirst => match find(address)? {
                None => {
                    let external = external();
                    if external == address { Ok(None) } else { find(&external) }
                }
                result => Ok(result),
            },
        }
    }

    /// Asks for the local part of an address, with or without its `@`; then for the one without extension.
    fn localpart(
        &self,
        full: &[u8],
        bare: Option<&(Vec<u8>, &[u8])>,
        with_at: bool,
    ) -> Result<Option<Hit>, LookupError> {
        let cut = |address: &[u8]| {
            let end = memchr::memrchr(b'@', address).unwrap_or(address.len());
            address.get(..end + usize::from(with_at)).unwrap_or(address).to_vec()
        };
        if let Some(value) = self.ask(&cut(full), Ask::FixedOnly, with_at)? {
            return Ok(Some(Hit { value, extension: None }));
        }
        let Some((bare, extension)) = bare else {
            return Ok(None);
        };
        let value = self.ask(&cut(bare), Ask::FixedOnly, with_at)?;
        Ok(value.map(|value| Hit { value, extension: Some(extension.to_vec()) }))
    }

    /// Asks for a domain and its parents.
    fn domain(&self, domain: &[u8], parents: Parents) -> Result<Option<Vec<u8>>, LookupError> {
        let mut name = domain;
        while !name.is_empty() {
            if let Some(value) = self.maps.find(name, Ask::FixedOnly)? {
                return Ok(Some(value));
            }
            let Some(dot) = name.get(1..).and_then(|tail| memchr::memchr(b'.', tail)) else {
                break;
            };
            name = match parents {
                Parents::None => break,
                Parents::Plain => name.get(dot + 2..).unwrap_or_default(),
                Parents::Dotted => name.get(dot + 1..).unwrap_or_default(),
            };
        }
        Ok(None)
    }
}

impl AddressSearch {
    /// Searches with this recipient_delimiter and myorigin, where `is_local` knows local domains.
    pub fn new(delimiter: Delimiter, origin: &[u8], is_local: Arc<IsLocal>) -> AddressSearch {
        AddressSearch { delimiter: Arc::new(delimiter), origin: origin.into(), is_local }
    }

    /// Searches for an address in internal form.
    ///
    /// # Errors
    /// A table could not answer.
    pub fn find(
        &self,
        maps: &Maps,
        address: &[u8],
        form: QueryForm,
        strategy: Strategy,
    ) -> Result<Option<Hit>, LookupError> {
        let search = Search { maps, form };
        let plain = |value| Hit { value, extension: None };
        if strategy.full
            && let Some(value) = search.ask(address, Ask::All, true)?
        {
            return Ok(Some(plain(value)));
        }
        let bare = if strategy.without_extension { self.delimiter.strip(address) } else { None };
        if let Some((bare, extension)) = &bare
            && let Some(value) = search.ask(bare, Ask::FixedOnly, true)?
        {
            return Ok(Some(Hit { value, extension: Some(extension.to_vec()) }));
        }
        let (_, domain) = address::split_at(address);
        let Some(domain) = domain else {
            return Ok(None);
        };
        if (strategy.localpart_if_local || strategy.localpart_at_if_local) && self.is_here(domain)? {
            for (wanted, with_at) in
                [(strategy.localpart_if_local, false), (strategy.localpart_at_if_local, true)]
            {
                if wanted && let Some(hit) = search.localpart(address, bare.as_ref(), with_at)? {
                    return Ok(Some(hit));
                }
            }
        }
        if strategy.at_domain {
            let at_domain = &address[address.len() - domain.len() - 1..];
            if let Some(value) = maps.find(at_domain, Ask::FixedOnly)? {
                return Ok(Some(plain(value)));
            }
        }
        if strategy.domain
            && let Some(value) = search.domain(domain, strategy.parents)?
        {
            return Ok(Some(plain(value)));
        }
        if strategy.localpart_at {
            return search.localpart(address, bare.as_ref(), true);
        }
        Ok(None)
    }

    fn is_here(&self, domain: &[u8]) -> Result<bool, LookupError> {
        Ok(address::eq_fold(domain, &self.origin) || (self.is_local)(domain)?)
    }

    /// As [`AddressSearch::find`], with the blocking pool where a table asks a server.
    ///
    /// # Errors
    /// As [`AddressSearch::find`].
    pub async fn find_async(
        &self,
        maps: &Maps,
        address: &[u8],
        form: QueryForm,
        strategy: Strategy,
    ) -> Result<Option<Hit>, LookupError> {
        if !maps.asks_a_server() {
            return self.find(maps, address, form, strategy);
        }
        let (this, maps, address) = (self.clone(), maps.clone(), address.to_vec());
        off_thread(move || this.find(&maps, &address, form, strategy)).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Flags, Opener, Settings};

    fn search(list: &str, address: &str, strategy: Strategy) -> Option<(String, Option<String>)> {
        let maps = Maps::open(&Opener::new(Settings::default()), "test", list, Flags::LOOKUP).unwrap();
        let delimiter = Delimiter::new(b"+", b"double-bounce");
        let is_local: Arc<IsLocal> = Arc::new(|domain| Ok(domain == b"local.example"));
        let search = AddressSearch::new(delimiter, b"origin.example", is_local);
        let hit = search.find(&maps, address.as_bytes(), QueryForm::ExternalFirst, strategy).unwrap()?;
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Some((text(hit.value), hit.extension.map(text)))
    }

    fn default(list: &str, address: &str) -> Option<(String, Option<String>)> {
        search(list, address, Strategy::DEFAULT)
    }

    #[test]
    fn the_most_specific_key_wins() {
        let hit = |value: &str| Some((value.to_owned(), None));
        let without = |value: &str| Some((value.to_owned(), Some("+x".to_owned())));
        assert_eq!(default("inline:{a+x@b.c=1, a@b.c=2}", "a+x@b.c"), hit("1"));
        assert_eq!(default("inline:{a@b.c=2, @b.c=3}", "A+x@b.c"), without("2"));
        assert_eq!(default("inline:{a=4, @b.c=3}", "a+x@b.c"), hit("3"));
        assert_eq!(default("inline:{a=4, @local.example=3}", "a+x@local.example"), without("4"));
        assert_eq!(default("inline:{a+x=5, a=4}", "a+x@origin.example"), hit("5"));
        assert_eq!(default("inline:{a=4}", "a@b.c"), None);
        assert_eq!(default("inline:{a=4}", "a"), hit("4"));
    }

    #[test]
    fn quoted_keys_come_first() {
        assert_eq!(default("inline:{{\"a b\"@c.d = 1}, {\"x\"@c.d = 2}}", "a b@c.d").unwrap().0, "1");
    }

    #[test]
    fn patterns_see_the_whole_address_only() {
        assert_eq!(default("regexp:{{/^@/ no} {/^a@/ no}}", "a+x@b.c"), None);
    }

    #[test]
    fn domains_and_parents() {
        let strategy = |parents| Strategy { domain: true, parents, ..Strategy::default() };
        let found = |list, parents| search(list, "a@x.y.z", strategy(parents)).map(|hit| hit.0);
        assert_eq!(found("inline:{y.z=1}", Parents::Plain), Some("1".to_owned()));
        assert_eq!(found("inline:{y.z=1}", Parents::Dotted), None);
        assert_eq!(found("inline:{.y.z=1}", Parents::Dotted), Some("1".to_owned()));
        assert_eq!(found("inline:{y.z=1}", Parents::None), None);
    }
}
