//! A list of tables that are asked one after the other, as the value of `alias_maps` or `transport_maps`.

use crate::syntax::items;
use crate::{Flags, LookupError, OpenError, Opener, Owner, Table, log_lines};
use std::sync::Arc;

/// Which tables of a list to ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ask {
    /// All.
    All,
    /// Only those with fixed keys: for parts of an address, which patterns must not see.
    FixedOnly,
}

/// What a list of tables said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The value, never empty.
    pub value: Vec<u8>,
    /// Who could have written the data of the table that has it.
    pub owner: Owner,
}

/// A list of tables. Cheap to clone.
#[derive(Clone)]
pub struct Maps(Arc<List>);

struct List {
    title: String,
    tables: Vec<Arc<dyn Table>>,
    asks_a_server: bool,
}

impl Maps {
    /// Opens the tables of a list. `title` is the parameter's name, for messages.
    ///
    /// # Errors
    /// A table cannot be opened, see [`Opener::open`].
    pub fn open(
        opener: &Opener,
        title: &str,
        list: impl AsRef<[u8]>,
        flags: Flags,
    ) -> Result<Maps, OpenError> {
        let mut tables = Vec::new();
        for spec in items(list.as_ref()) {
            tables.push(opener.open(spec, flags)?);
        }
        let asks_a_server = tables.iter().any(|table| table.asks_a_server());
        Ok(Maps(Arc::new(List { title: title.to_owned(), tables, asks_a_server })))
    }

    /// A list without tables.
    pub fn empty(title: &str) -> Maps {
        Maps(Arc::new(List { title: title.to_owned(), tables: Vec::new(), asks_a_server: false }))
    }

    /// Whether there is nothing to ask.
    pub fn is_empty(&self) -> bool {
        self.0.tables.is_empty()
    }

    /// The parameter's name.
    pub fn title(&self) -> &str {
        &self.0.title
    }

    /// The tables.
    pub fn tables(&self) -> &[Arc<dyn Table>] {
        &self.0.tables
    }

    /// Whether a look-up may wait for another process.
    pub fn asks_a_server(&self) -> bool {
        self.0.asks_a_server
    }

    /// The first table's value for a key. Problems were logged when this returns.
    ///
    /// # Errors
    /// A table could not answer: nobody knows whether it has the key.
    pub fn find(&self, key: &[u8], ask: Ask) -> Result<Option<Vec<u8>>, LookupError> {
        Ok(self.find_with_owner(key, ask)?.map(|found| found.value))
    }

    /// As [`Maps::find`], with the owner of the table that has the key.
    ///
    /// # Errors
    /// As [`Maps::find`].
    pub fn find_with_owner(&self, key: &[u8], ask: Ask) -> Result<Option<Found>, LookupError> {
        if key.is_empty() {
            return Ok(None);
        }
        for table in &self.0.tables {
            if ask == Ask::FixedOnly && !table.flags().contains(Flags::FIXED) {
                continue;
            }
            match table.lookup(key) {
                Ok(None) => {}
                Ok(Some(value)) if value.is_empty() => {
                    log_lines::empty_result(&self.0.title, key);
                    return Err(LookupError::Config);
                }
                Ok(Some(value)) => return Ok(Some(Found { value, owner: table.owner() })),
                Err(error) => {
                    if let LookupError::Fatal(text) = &error {
                        log_lines::proxy_unexpected(text);
                    }
                    log_lines::lookup_error(table.kind(), table.name(), key);
                    return Err(error);
                }
            }
        }
        Ok(None)
    }

    /// As [`Maps::find`]. Where a table asks a server, the look-up goes to the blocking pool, and other sessions of
    /// the process run meanwhile.
    ///
    /// # Errors
    /// As [`Maps::find`].
    pub async fn find_async(&self, key: &[u8], ask: Ask) -> Result<Option<Vec<u8>>, LookupError> {
        if !self.0.asks_a_server {
            return self.find(key, ask);
        }
        let (maps, key) = (self.clone(), key.to_vec());
        off_thread(move || maps.find(&key, ask)).await
    }
}

/// Runs a look-up on the blocking pool, with the session's number in its log lines.
pub(crate) async fn off_thread<T: Send + 'static>(
    look_up: impl FnOnce() -> Result<T, LookupError> + Send + 'static,
) -> Result<T, LookupError> {
    let number = log::number();
    let task = tokio::task::spawn_blocking(move || log::in_number(number, look_up));
    task.await.unwrap_or_else(|error| Err(LookupError::Retry(Some(error.to_string()))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Settings;

    fn maps(list: &str) -> Maps {
        Maps::open(&Opener::new(Settings::default()), "test_maps", list, Flags::LOOKUP).unwrap()
    }

    #[test]
    fn the_first_table_wins() {
        let maps = maps("inline:{a=1}, inline:{a=2, {b = 3}} static:x");
        assert_eq!(maps.find(b"A", Ask::All), Ok(Some(b"1".to_vec())));
        assert_eq!(maps.find(b"b", Ask::All), Ok(Some(b"3".to_vec())));
        assert_eq!(maps.find(b"c", Ask::All), Ok(Some(b"x".to_vec())));
        assert_eq!(maps.find(b"", Ask::All), Ok(None));
    }

    #[test]
    fn patterns_are_not_asked_for_parts() {
        let maps = maps("regexp:{ {/./ all} }");
        assert_eq!(maps.find(b"x", Ask::All), Ok(Some(b"all".to_vec())));
        assert_eq!(maps.find(b"x", Ask::FixedOnly), Ok(None));
    }

    #[test]
    fn failures_end_the_search() {
        assert_eq!(maps("fail:x, static:y").find(b"a", Ask::All), Err(LookupError::Retry(None)));
        assert_eq!(maps("inline:{a=}").find(b"a", Ask::All), Err(LookupError::Config));
    }

    #[test]
    fn a_stand_in_fails_for_now() {
        let settings = Settings { if_unavailable: crate::IfUnavailable::StandIn, ..Settings::default() };
        let opener = Opener::new(settings);
        let maps = Maps::open(&opener, "test_maps", "cdb:/nope", Flags::LOOKUP).unwrap();
        assert!(matches!(maps.find(b"a", Ask::All), Err(LookupError::Retry(_))));
        let error = Maps::open(&opener, "test_maps", "nope", Flags::LOOKUP).err().unwrap();
        assert_eq!(error.text, "open dictionary: expecting \"type:name\" form instead of \"nope\"");
    }
}
