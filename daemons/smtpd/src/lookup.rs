//! Lookup tables and lists as this server uses them.

use address::Delimiter;
use tables::{AddressSearch, Ask, LookupError, MatchList, Parents, QueryForm, Strategy};

use crate::checks::ParentStyle;

/// A list of clients, networks and domains.
pub type ClientList = MatchList;

/// Which tables of a list see a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The key is whole: all of them.
    Whole,
    /// The key is a part of something: patterns do not.
    Partial,
}

/// An open list of tables, and how mail addresses are searched in it.
#[derive(Clone)]
pub struct Maps {
    maps: Option<tables::Maps>,
    search: AddressSearch,
}

impl std::fmt::Debug for Maps {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_tuple("Maps").field(&self.maps.as_ref().map(tables::Maps::title)).finish()
    }
}

impl Maps {
    /// With a list of tables that is open.
    pub fn new(maps: tables::Maps, search: &AddressSearch) -> Self {
        Self { maps: Some(maps), search: search.clone() }
    }

    /// A table that never works.
    pub fn broken() -> Self {
        let search =
            AddressSearch::new(Delimiter::new(b"", b""), b"", std::sync::Arc::new(|_: &[u8]| Ok(false)));
        Self { maps: None, search }
    }

    /// Whether there is nothing to ask.
    pub fn is_empty(&self) -> bool {
        self.maps.as_ref().is_some_and(tables::Maps::is_empty)
    }

    /// The value of a key.
    pub async fn find(&self, key: &[u8], part: Part) -> Result<Option<Vec<u8>>, LookupError> {
        let maps = self.maps.as_ref().ok_or(LookupError::Config)?;
        let ask = if part == Part::Whole { Ask::All } else { Ask::FixedOnly };
        maps.find_async(key, ask).await
    }

    /// The value of a mail address, in the order of aliases and rewriting tables.
    pub async fn find_address(&self, address: &[u8]) -> Result<Option<Vec<u8>>, LookupError> {
        self.search(address, Strategy::DEFAULT).await
    }

    /// The value of a mail address, in the order of access(5): address, without extension, domain and parents,
    /// local part.
    pub async fn find_access(
        &self,
        address: &[u8],
        style: ParentStyle,
    ) -> Result<Option<Vec<u8>>, LookupError> {
        let strategy = Strategy {
            full: true,
            without_extension: true,
            domain: true,
            parents: if style == ParentStyle::Bare { Parents::Plain } else { Parents::Dotted },
            localpart_at: true,
            ..Strategy::default()
        };
        self.search(address, strategy).await
    }

    async fn search(&self, address: &[u8], strategy: Strategy) -> Result<Option<Vec<u8>>, LookupError> {
        let maps = self.maps.as_ref().ok_or(LookupError::Config)?;
        let hit = self.search.find_async(maps, address, QueryForm::ExternalFirst, strategy).await?;
        Ok(hit.map(|hit| hit.value))
    }
}
