//! Lists of environment variables, as `import_environment` and `export_environment` have them: a name, `name=value`, or
//! `{ name = value }` where there are spaces.

use crate::Config;
use crate::braces::{next_word, payload};
use crate::text::{NotAPair, is_blank, show, split_pair};
use std::ffi::OsString;
use std::fmt;

/// One variable of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variable {
    /// Its name; never empty when there is a value.
    pub name: String,
    /// The value to give it; `None`: the value that it has.
    pub value: Option<String>,
}

/// What a list is for. The messages of the reference name the step that found an entry to be wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The list is all of the environment.
    Clean,
    /// The values of the list are put into the environment.
    Update,
}

/// A list that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BadList {
    /// Braces in the parameter that do not match.
    Braces(&'static str, String),
    /// An entry with a `=` in it, but without a name before it.
    Entry(Step, NotAPair, String),
}

impl fmt::Display for BadList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BadList::Braces(parameter, why) => write!(f, "{parameter}: {why}"),
            BadList::Entry(Step::Clean, why, entry) => write!(f, "clean_env: {why} in: {entry}"),
            BadList::Entry(Step::Update, why, entry) => write!(f, "update_env: {why} in: {entry}"),
        }
    }
}

impl std::error::Error for BadList {}

/// The variables that a parameter lists, in its order.
///
/// # Errors
/// Braces do not match, or there is no name where there is a value.
pub fn variables(
    config: &Config,
    parameter: &params::Param<params::Text>,
    step: Step,
) -> Result<Vec<Variable>, BadList> {
    parse(parameter.name(), config.get(parameter).as_bytes(), step)
}

/// The environment of programs that this one starts: what `export_environment` says.
///
/// # Errors
/// As for [`variables`].
pub fn exported(config: &Config) -> Result<Vec<(OsString, OsString)>, BadList> {
    let variables = variables(config, &params::EXPORT_ENVIRONMENT, Step::Clean)?;
    Ok(variables.into_iter().filter_map(Variable::with_value).collect())
}

impl Variable {
    /// The variable with the value that it gets. A name without one has the value of this process's environment, unless
    /// that is [not to be trusted](sys::environment::trusted).
    pub fn with_value(self) -> Option<(OsString, OsString)> {
        let value = self.value.map(OsString::from).or_else(|| sys::environment::trusted(&self.name))?;
        Some((self.name.into(), value))
    }
}

fn parse(parameter: &'static str, list: &[u8], step: Step) -> Result<Vec<Variable>, BadList> {
    let mut rest = list;
    let is_separator = |byte| is_blank(byte) || byte == b',';
    let mut entries = Vec::new();
    while let Some(word) = next_word(&mut rest, is_separator) {
        entries.push(match word {
            [b'{', ..] => payload(word)
                .map_err(|mismatch| BadList::Braces(parameter, mismatch.to_string()))?
                .trim_ascii(),
            word => word,
        });
    }
    entries.into_iter().map(|entry| variable(entry, step)).collect()
}

fn variable(entry: &[u8], step: Step) -> Result<Variable, BadList> {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    if !entry.contains(&b'=') {
        return Ok(Variable { name: text(entry), value: None });
    }
    match split_pair(entry) {
        Ok((name, value)) => Ok(Variable { name: text(name), value: Some(text(value)) }),
        Err(why) => Err(BadList::Entry(step, why, show(entry))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(list: &str) -> Result<Vec<Variable>, String> {
        parse("import_environment", list.as_bytes(), Step::Update).map_err(|error| error.to_string())
    }

    // By experiment with Postfix 3.11.
    #[test]
    fn lists_of_variables() {
        let inherited = |name: &str| Variable { name: name.to_owned(), value: None };
        let given =
            |name: &str, value: &str| Variable { name: name.to_owned(), value: Some(value.to_owned()) };
        assert_eq!(parsed("TZ, LANG=C"), Ok(vec![inherited("TZ"), given("LANG", "C")]));
        assert_eq!(parsed("{ A = b c } {D}"), Ok(vec![given("A", "b c"), inherited("D")]));
        assert_eq!(parsed("A= B==c d}"), Ok(vec![given("A", ""), given("B", "=c"), inherited("d}")]));
        assert_eq!(parsed("{}"), Ok(vec![inherited("")]));
        assert_eq!(parsed("{A=b").unwrap_err(), "import_environment: missing '}' in \"{A=b\"");
        assert_eq!(parsed("=x").unwrap_err(), "update_env: missing attribute name in: =x");
        assert_eq!(parsed("{a b=x}").unwrap_err(), "update_env: missing '=' after attribute name in: a b=x");
        assert_eq!(parsed("{A}b").unwrap_err(), "import_environment: syntax error after '}' in \"{A}b\"");
    }
}
