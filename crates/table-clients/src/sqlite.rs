//! `sqlite:file`: a file of SQLite. See sqlite_table(5).

use super::log_lines;
use super::source::Source;
use super::sql::{ResultSettings, Sql, Wording, legacy_query};
use bstr::ByteSlice;
use rusqlite::fallible_iterator::FallibleIterator;
use rusqlite::types::ValueRef;
use rusqlite::{Batch, Connection, OpenFlags};
use std::sync::{Mutex, PoisonError};
use tables::{About, Flags, LookupError, Name, OpenError, Opener, Table};

/// A table in a file of SQLite.
pub(crate) struct SqliteTable {
    about: About,
    sql: Sql,
    database: Mutex<Connection>,
}

/// SQLite's own words for an error.
fn message(error: &rusqlite::Error) -> String {
    match error {
        rusqlite::Error::SqliteFailure(_, Some(message)) => message.clone(),
        rusqlite::Error::SqlInputError { msg, .. } => msg.clone(),
        other => other.to_string(),
    }
}

/// Warns of each `%s` and its like that no single quotes protect from what stands in a key.
fn warn_unquoted(name: &Name, query: &Name) {
    let bytes = query.as_bytes();
    let mut quote = None;
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        match (quote, byte) {
            (None, b'\'' | b'"') => quote = Some(byte),
            (Some(open), _) if open == byte => quote = None,
            _ => {}
        }
        if quote != Some(b'\'') && byte == b'%' {
            match bytes.get(at + 1) {
                Some(b'%') => at += 1,
                Some(next) if next.is_ascii_alphanumeric() => {
                    log_lines::sqlite_unquoted(name, query, &bytes[at..at + 2]);
                    at += 1;
                }
                _ => {}
            }
        }
        at += 1;
    }
}

impl SqliteTable {
    /// Reads the parameters and opens the database file.
    pub(crate) fn open(opener: &Opener, name: &Name, flags: Flags) -> Result<SqliteTable, OpenError> {
        let source = Source::open(name, opener.settings().main_cf.as_ref())?;
        let path = source.required("dbpath", "")?;
        let query = match source.optional("query") {
            Some(query) => query,
            None => legacy_query(&source)?,
        };
        warn_unquoted(name, &query);
        let results = ResultSettings::read(&source)?;
        let wording = Wording { function: "dict_sqlite_lookup", before_key: "" };
        let sql = Sql::new(opener, "sqlite", &source, &query, &results, wording)?;
        let database = Connection::open_with_flags(
            &path,
            OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX,
        );
        let database = database.map_err(|error| {
            // SQLite does not tell what the system said.
            let why = std::fs::File::open(&path)
                .err()
                .map_or_else(|| "Application error".to_owned(), |e| sys::error_text(&e));
            // The crate adds the path to SQLite's message.
            let message = message(&error);
            let message =
                message.strip_suffix(&format!(": {}", path.as_path().display())).unwrap_or(&message);
            OpenError::unavailable(format!("sqlite:{name}: open database {path}: {message}: {why}"))
        })?;
        Ok(SqliteTable {
            about: About::new("sqlite", name, flags | Flags::FIXED, source.owner()),
            sql,
            database: Mutex::new(database),
        })
    }

    /// Runs the query of a key.
    fn select(&self, query: &str, key: &[u8]) -> Result<Option<Vec<u8>>, LookupError> {
        let database = self.database.lock().unwrap_or_else(PoisonError::into_inner);
        // Only the first statement counts.
        let prepared = Batch::new(&database, query).next().map_err(|error| {
            let why = message(&error);
            LookupError::Fatal(format!(
                "dict_sqlite_lookup: {}: SQL prepare failed: {why}\n",
                self.about.name
            ))
        })?;
        let Some(mut statement) = prepared else {
            log_lines::sqlite_step(&self.about.name, &format!("for query '{query}': not an error\n"));
            return Err(LookupError::Retry(None));
        };
        let mut results = self.sql.results(key);
        let mut rows = statement.raw_query();
        loop {
            match rows.next() {
                Ok(None) => return Ok(results.finish()),
                Ok(Some(row)) => {
                    let value = row.get_ref(0).ok().and_then(|value| text_of(&database, value));
                    if let Some(value) = value {
                        results.add(&value)?;
                    }
                }
                Err(error) => {
                    let what = format!("for query '{query}': {}\n", message(&error));
                    log_lines::sqlite_step(&self.about.name, &what);
                    return Err(LookupError::Fatal(format!(
                        "dict_sqlite_lookup: {}: SQL finalize failed {what}",
                        self.about.name
                    )));
                }
            }
        }
    }
}

/// A value as SQLite writes it as text; `None` for NULL.
fn text_of(database: &Connection, value: ValueRef<'_>) -> Option<Vec<u8>> {
    let mut text = match value {
        ValueRef::Null => return None,
        ValueRef::Integer(number) => number.to_string().into_bytes(),
        // How many digits it writes is SQLite's to know.
        ValueRef::Real(number) => {
            let written =
                database.query_row("SELECT CAST(?1 AS TEXT)", [number], |row| row.get::<_, String>(0));
            written.ok()?.into_bytes()
        }
        ValueRef::Text(text) | ValueRef::Blob(text) => text.to_vec(),
    };
    let end = text.iter().position(|&byte| byte == 0).unwrap_or(text.len());
    text.truncate(end);
    Some(text)
}

impl Table for SqliteTable {
    fn about(&self) -> &About {
        &self.about
    }

    /// A query may take as long as a server's answer.
    fn asks_a_server(&self) -> bool {
        true
    }

    fn lookup(&self, key: &[u8]) -> Result<Option<Vec<u8>>, LookupError> {
        if std::str::from_utf8(key).is_err() || !self.sql.wants(key)? {
            return Ok(None);
        }
        let quote = |part: &[u8], query: &mut Vec<u8>| {
            for &byte in part {
                query.extend_from_slice(if byte == b'\'' { b"''" } else { std::slice::from_ref(&byte) });
            }
        };
        match self.sql.query(key, quote).map(String::from_utf8) {
            Some(Ok(query)) => self.select(&query, key),
            _ => Ok(None),
        }
    }
}
