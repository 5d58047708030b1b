//! What the clients of relational databases have in common: the query, the results, and the limit of both.

use super::log_lines;
use super::source::Source;
use super::template::{Role, Template, Templates};
use tables::{LookupError, Name, OpenError, Opener};

/// The query of a table and what is made of its rows.
pub(crate) struct Sql {
    name: Name,
    templates: Templates,
    query: Template,
    result: Template,
    /// The most results of one look-up; zero is no limit.
    expansion_limit: u32,
    wording: Wording,
}

/// How a type says that a look-up has too many results.
pub(crate) struct Wording {
    /// The reference's name for the step.
    pub(crate) function: &'static str,
    /// What stands before the key.
    pub(crate) before_key: &'static str,
}

/// The query of the legacy form: `SELECT select_field FROM table WHERE where_field = key additional_conditions`.
///
/// # Errors
/// One of the first three parameters is missing.
pub(crate) fn legacy_query(source: &Source) -> Result<Name, OpenError> {
    let table = source.required("table", "")?;
    let select_field = source.required("select_field", "")?;
    let where_field = source.required("where_field", "")?;
    let additional_conditions = source.text("additional_conditions", "");
    let words: [&[u8]; 8] = [
        b"SELECT ",
        &select_field,
        b" FROM ",
        &table,
        b" WHERE ",
        &where_field,
        b"='%s' ",
        &additional_conditions,
    ];
    Ok(words.concat().into())
}

/// The parameters `result_format` and `expansion_limit`.
pub(crate) struct ResultSettings {
    format: Name,
    expansion_limit: u32,
}

impl ResultSettings {
    /// Reads them.
    ///
    /// # Errors
    /// The format is empty, or the limit is no number.
    pub(crate) fn read(source: &Source) -> Result<ResultSettings, OpenError> {
        let format = source.required("result_format", "%s")?;
        Ok(ResultSettings { format, expansion_limit: source.amount("expansion_limit", 0, None)? })
    }
}

impl Sql {
    /// Takes the templates apart and reads the parameter `domain`.
    ///
    /// # Errors
    /// A template has a mistake, or the list of domains cannot be opened.
    pub(crate) fn new(
        opener: &Opener,
        kind: &'static str,
        source: &Source,
        query: &Name,
        results: &ResultSettings,
        wording: Wording,
    ) -> Result<Sql, OpenError> {
        let mut templates = Templates::new(kind, source.name());
        let query = templates.add(query, Role::Query)?;
        let result = templates.add(&results.format, Role::Result)?;
        templates.restrict(opener, source)?;
        let name = source.name().to_owned();
        Ok(Sql { name, templates, query, result, expansion_limit: results.expansion_limit, wording })
    }

    /// Whether a key is to be looked up: its domain passes the filter, and it has all parts that are asked for.
    ///
    /// # Errors
    /// The list of domains could not be read.
    pub(crate) fn wants(&self, key: &[u8]) -> Result<bool, LookupError> {
        // No server takes a null byte in a query.
        Ok(!key.contains(&0) && self.templates.wants(key)? && self.query(key, |_, _| ()).is_some())
    }

    /// The query for a key.
    pub(crate) fn query(&self, key: &[u8], quote: impl Fn(&[u8], &mut Vec<u8>)) -> Option<Vec<u8>> {
        self.templates.query(&self.query, key, quote)
    }

    /// Nothing yet, for the results of a key.
    pub(crate) fn results<'s>(&'s self, key: &'s [u8]) -> Results<'s> {
        Results { sql: self, key, count: 0, text: Vec::new() }
    }
}

/// The results of one look-up.
pub(crate) struct Results<'s> {
    sql: &'s Sql,
    key: &'s [u8],
    count: u32,
    text: Vec<u8>,
}

impl Results<'_> {
    /// Adds a value.
    ///
    /// # Errors
    /// There are more than `expansion_limit`.
    pub(crate) fn add(&mut self, value: &[u8]) -> Result<(), LookupError> {
        let sql = self.sql;
        if sql.templates.append_result(&sql.result, value, self.key, &mut self.text) {
            self.count += 1;
            if sql.expansion_limit > 0 && self.count > sql.expansion_limit {
                log_lines::expansion_limit(sql.wording.function, &sql.name, sql.wording.before_key, self.key);
                return Err(LookupError::Retry(None));
            }
        }
        Ok(())
    }

    /// All of them, with commas between; `None` if there are none.
    pub(crate) fn finish(self) -> Option<Vec<u8>> {
        Some(self.text).filter(|text| !text.is_empty())
    }
}
