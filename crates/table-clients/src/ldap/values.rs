//! From entries to results: which attributes count, and which lead to other entries.

use super::connection::Connection;
use super::filter;
use super::message::{Entry, Scope, Search};
use super::result_code::{self, FILTER_ERROR, NO_SUCH_OBJECT, SUCCESS};
use super::settings::Settings;
use super::url::{Url, is_url};
use crate::log_lines;
use crate::template::{Template, Templates};
use tables::{LookupError, Name};

/// Collects the results of one look-up.
pub(crate) struct Collector<'l> {
    pub(crate) name: &'l Name,
    pub(crate) settings: &'l Settings,
    pub(crate) templates: &'l Templates,
    pub(crate) result_format: &'l Template,
    pub(crate) key: &'l [u8],
    /// The results so far.
    pub(crate) text: Vec<u8>,
    /// How many that are.
    pub(crate) count: u32,
    /// The result code of the last search that values led to.
    pub(crate) last_code: i32,
}

/// How the name of an attribute relates to another.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Relation {
    /// The same, or the other one has more options: `mail` and `mail;lang-en`.
    Covers,
    /// This one has more options.
    IsCovered,
    Distinct,
}

fn relation(this: &str, other: &str) -> Relation {
    let same = this.bytes().zip(other.bytes()).take_while(|(a, b)| a.eq_ignore_ascii_case(b)).count();
    let (rest, other) = (&this.as_bytes()[same..], &other.as_bytes()[same..]);
    match (rest.first(), other.first()) {
        (None, None | Some(b';')) => Relation::Covers,
        (Some(b';'), None) => Relation::IsCovered,
        _ => Relation::Distinct,
    }
}

/// Whether an entry has a value of an attribute.
fn has_value(entry: &Entry, name: &str) -> bool {
    entry.attributes.iter().any(|(found, values)| found.eq_ignore_ascii_case(name) && !values.is_empty())
}

/// What a search is for, and the value that led to it.
struct Target {
    base: Vec<u8>,
    scope: Scope,
    filter: Option<String>,
    attributes: Vec<String>,
}

impl Collector<'_> {
    /// Adds what these entries have. `depth` counts the searches that led here, from 1.
    ///
    /// # Errors
    /// A limit is exceeded, or another entry cannot be asked for. Both are in the log.
    pub(crate) fn add(
        &mut self,
        connection: &mut Connection,
        entries: &[Entry],
        depth: u32,
    ) -> Result<(), LookupError> {
        let attributes = &self.settings.attributes;
        // These two last from one entry to the next, as in the original.
        let mut is_terminal = false;
        let mut is_leaf = true;
        for (at, entry) in entries.iter().enumerate() {
            let limit = self.settings.size_limit;
            if usize::try_from(limit).is_ok_and(|limit| limit > 0 && at >= limit) {
                let what = format!("{}: Query size limit ({limit}) exceeded", self.name);
                return Err(self.fail(depth, &what));
            }
            let of_terminal = &attributes.all[..attributes.terminal];
            is_terminal |= of_terminal.iter().any(|name| has_value(entry, name));
            if !is_terminal && attributes.leaf > 0 {
                is_leaf &= !attributes.all[attributes.plain..].iter().any(|name| has_value(entry, name));
            }
            for (name, values) in entry.attributes.iter().filter(|(_, values)| !values.is_empty()) {
                let kind =
                    attributes.all.iter().position(|wanted| relation(wanted, name) == Relation::Covers);
                let place = kind.unwrap_or(attributes.all.len());
                if place < attributes.plain || is_terminal {
                    let skipped = (is_terminal && place >= attributes.terminal)
                        || (!is_leaf && place < attributes.terminal + attributes.leaf);
                    if !skipped {
                        self.add_values(values, depth)?;
                    }
                } else if kind.is_some() && depth < self.settings.recursion_limit {
                    self.follow(connection, values, depth)?;
                } else if kind.is_some() {
                    let value = log::bytes(values.first().map(Vec::as_slice).unwrap_or_default());
                    let what = format!(
                        "{}: Recursion limit exceeded for special attribute {name}={value}",
                        self.name
                    );
                    return Err(self.fail(depth, &what));
                }
            }
        }
        Ok(())
    }

    fn fail(&self, depth: u32, what: &str) -> LookupError {
        log_lines::ldap_values(depth, what);
        LookupError::Retry(None)
    }

    fn add_values(&mut self, values: &[Vec<u8>], depth: u32) -> Result<(), LookupError> {
        for value in values {
            let end = value.iter().position(|&byte| byte == 0).unwrap_or(value.len());
            let added =
                self.templates.append_result(self.result_format, &value[..end], self.key, &mut self.text);
            self.count += u32::from(added);
            let limit = self.settings.expansion_limit;
            if added && limit > 0 && self.count > limit {
                let key = log::bytes(self.key);
                let what = format!("{}: Expansion limit exceeded for key: '{key}'", self.name);
                return Err(self.fail(depth, &what));
            }
        }
        Ok(())
    }

    /// Looks up the entries that values of a special attribute name.
    fn follow(
        &mut self,
        connection: &mut Connection,
        values: &[Vec<u8>],
        depth: u32,
    ) -> Result<(), LookupError> {
        for value in values {
            let Some(target) = self.target(value, depth)? else {
                continue;
            };
            let found = self.search(connection, &target);
            self.last_code = found.as_ref().err().copied().unwrap_or(SUCCESS);
            match found {
                Ok(entries) => self.add(connection, &entries, depth + 1)?,
                // As if it existed and had no results.
                Err(NO_SUCH_OBJECT) => {
                    let value = log::bytes(value);
                    log_lines::ldap_values(depth, &format!("DN {value} not found, skipping "))
                }
                Err(code) => {
                    let text = result_code::text(code);
                    return Err(self.fail(depth, &format!("search error {code}: {text} ")));
                }
            }
        }
        Ok(())
    }

    /// What to search for by a name or URL; `None` if it has nothing of interest.
    fn target(&self, value: &[u8], depth: u32) -> Result<Option<Target>, LookupError> {
        let all = &self.settings.attributes.all;
        let text = &log::printable(value);
        if !is_url(text) {
            return Ok(Some(Target {
                base: value.to_vec(),
                scope: Scope::Base,
                filter: Some("objectclass=*".to_owned()),
                attributes: all.clone(),
            }));
        }
        let url = Url::parse(text).map_err(|why| {
            let code = why as i32;
            self.fail(depth, &format!("malformed URL {text}: {}({code})", result_code::text(code)))
        })?;
        // A URL can hide attributes, and ask for options of them.
        let mut attributes = Vec::new();
        for of_url in &url.attributes {
            for wanted in all {
                match relation(of_url, wanted) {
                    Relation::Covers => attributes.push(wanted.clone()),
                    Relation::IsCovered => attributes.push(of_url.clone()),
                    Relation::Distinct => {}
                }
            }
        }
        if url.attributes.is_empty() {
            attributes.clone_from(all);
        } else if attributes.is_empty() {
            return Ok(None);
        }
        let scope = url.scope.unwrap_or(Scope::Base);
        Ok(Some(Target { base: url.dn.into_bytes(), scope, filter: url.filter, attributes }))
    }

    fn search(&self, connection: &mut Connection, target: &Target) -> Result<Vec<Entry>, i32> {
        let text = target.filter.as_deref().unwrap_or("(objectclass=*)");
        let filter = filter::encode(text.as_bytes()).ok_or(FILTER_ERROR)?;
        let search = self.settings.search(&target.base, target.scope, &filter, &target.attributes);
        connection.search(&search, self.settings.chase_referrals)
    }
}

impl Settings {
    /// A search with the limits of the settings.
    pub(crate) fn search<'s>(
        &self,
        base: &'s [u8],
        scope: Scope,
        filter: &'s [u8],
        attributes: &'s [String],
    ) -> Search<'s> {
        Search {
            base,
            scope,
            filter,
            attributes,
            size_limit: self.size_limit,
            time_limit: self.timeout.and_then(|limit| i32::try_from(limit.as_secs()).ok()).unwrap_or(0),
            dereference: self.dereference,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_of_attributes() {
        assert!(relation("mail", "MAIL") == Relation::Covers);
        assert!(relation("mail", "mail;lang-en") == Relation::Covers);
        assert!(relation("mail;lang-en", "mail") == Relation::IsCovered);
        assert!(relation("mail", "mailbox") == Relation::Distinct);
        assert!(relation("mailbox", "mail") == Relation::Distinct);
    }
}
