//! What every lookup table can do, and what can go wrong.

use crate::Flags;
use crate::Name;
use std::borrow::Cow;
use std::fmt;

/// One open lookup table. Keys and values are bytes; a table does its own locking, so that one handle serves all
/// sessions of a process.
pub trait Table: Send + Sync {
    /// What it is.
    fn about(&self) -> &About;

    /// The type, for messages: `cdb`, `pcre`.
    fn kind(&self) -> &str {
        &self.about().kind
    }

    /// The name, for messages. A cdb that is open for queries is named by its file, with the suffix.
    fn name(&self) -> &Name {
        &self.about().name
    }

    /// How it was opened, and whether its keys are fixed or patterns.
    fn flags(&self) -> Flags {
        self.about().flags
    }

    /// Who could have written the data.
    fn owner(&self) -> Owner {
        self.about().owner
    }

    /// The value of one key, `None` when the table has none. The key is used as it stands: folding was done above.
    fn lookup(&self, key: &[u8]) -> Result<Option<Vec<u8>>, LookupError>;

    /// Stores a value. False says that the key was there already and the table's flags keep the old value.
    fn update(&self, _key: &[u8], _value: &[u8]) -> Result<bool, LookupError> {
        Err(LookupError::unsupported(self.kind(), self.name(), "update"))
    }

    /// Stores a value as it stands: the key is not folded, and nothing is added to it. For the entries by which NIS
    /// knows a table.
    fn update_raw(&self, key: &[u8], value: &[u8]) -> Result<bool, LookupError> {
        self.update(key, value)
    }

    /// Removes a key. False says that it was not there.
    fn delete(&self, _key: &[u8]) -> Result<bool, LookupError> {
        Err(LookupError::unsupported(self.kind(), self.name(), "delete"))
    }

    /// Walks through all entries, in the table's own order. `None` after the last one.
    fn sequence(&self, _seek: Seek) -> Result<Option<Entry>, LookupError> {
        Err(LookupError::unsupported(self.kind(), self.name(), "sequence"))
    }

    /// Whether a look-up waits for another process, so that it belongs on the blocking pool.
    fn asks_a_server(&self) -> bool {
        false
    }

    /// The file of a table that has changed on disk and that this process cannot read again.
    fn stale_file(&self) -> Option<&Name> {
        None
    }

    /// Looks many keys up as if one after the other, where that takes less time than to do so: with one lock, and in the
    /// order in which they stand in the file. Gives an answer for each key, or none at all.
    fn lookup_many(&self, _keys: &[&[u8]]) -> Vec<Answer> {
        Vec::new()
    }

    /// Writes what a bulk update collected. A bulk update that is dropped without this leaves the old table.
    fn finish(&self) -> Result<(), LookupError> {
        Ok(())
    }
}

/// What every table knows of itself.
#[derive(Clone, Debug)]
pub struct About {
    /// The type.
    pub kind: Cow<'static, str>,
    /// The name.
    pub name: Name,
    /// How it was opened.
    pub flags: Flags,
    /// Who could have written the data.
    pub owner: Owner,
}

impl About {
    /// A table of this type and name.
    pub fn new(kind: impl Into<Cow<'static, str>>, name: &Name, flags: Flags, owner: Owner) -> About {
        About { kind: kind.into(), name: name.to_owned(), flags, owner }
    }
}

/// A key and its value.
pub type Entry = (Vec<u8>, Vec<u8>);

/// What a look-up among many gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The key's value.
    Found(Vec<u8>),
    /// The key is not there.
    Missing,
    /// There was trouble, or too much to keep in memory: [`Table::lookup`] will tell.
    Unknown,
}

/// How many bytes of values answers to many keys may have.
pub(crate) const ANSWERS: usize = 1024 * 1024;

impl Answer {
    /// What a look-up gave, if there is `room` for so many bytes.
    pub(crate) fn of<E>(found: Result<Option<Vec<u8>>, E>, room: &mut usize) -> Answer {
        match found {
            Ok(None) => Answer::Missing,
            Ok(Some(value)) if value.len() <= *room => {
                *room -= value.len();
                Answer::Found(value)
            }
            Ok(Some(_)) | Err(_) => Answer::Unknown,
        }
    }
}

/// Where [`Table::sequence`] goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seek {
    /// To the first entry.
    First,
    /// To the one after the last one that was given.
    Next,
}

/// Who could have written a table's data. local(8) runs commands out of alias files as their owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    /// The data comes from the network or another process.
    Unknown,
    /// Root, or main.cf itself.
    Trusted,
    /// A file of this user.
    User(u32),
}

impl Owner {
    /// The owner of a file.
    pub fn of_uid(uid: u32) -> Owner {
        if uid == 0 { Owner::Trusted } else { Owner::User(uid) }
    }

    /// The owner of data that is combined out of two tables: the lowest trust of both.
    pub fn combined(self, other: Owner) -> Owner {
        match (self, other) {
            (Owner::Trusted, any) | (any, Owner::Trusted) => any,
            (Owner::User(a), Owner::User(b)) if a == b => Owner::User(a),
            _ => Owner::Unknown,
        }
    }
}

/// Why a request to a table was not answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LookupError {
    /// The table cannot answer now. The text is the system's, for `query error: %s`; none prints `Application error`.
    Retry(Option<String>),
    /// The table's data or configuration is wrong.
    Config,
    /// The request can never succeed; the text is what the reference says before it ends the process.
    Fatal(String),
}

impl LookupError {
    /// A failure of the system.
    pub fn io(error: &std::io::Error) -> LookupError {
        LookupError::Retry(Some(sys::error_text(error)))
    }

    /// An operation that the type does not have.
    pub fn unsupported(kind: &str, name: &Name, operation: &str) -> LookupError {
        LookupError::Fatal(format!("table {kind}:{name}: {operation} operation is not supported"))
    }

    /// The text behind `query error: ` that postmap(1) prints.
    pub fn cause(&self) -> &str {
        match self {
            LookupError::Retry(Some(text)) => text,
            LookupError::Retry(None) => "Application error",
            LookupError::Config => "",
            LookupError::Fatal(text) => text,
        }
    }
}

impl fmt::Display for LookupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LookupError::Retry(Some(text)) => write!(f, "temporary table lookup failure: {text}"),
            LookupError::Retry(None) => write!(f, "temporary table lookup failure"),
            LookupError::Config => write!(f, "table configuration problem"),
            LookupError::Fatal(text) => write!(f, "{text}"),
        }
    }
}

impl std::error::Error for LookupError {}

/// Why a table could not be opened. `Display` gives the reference's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenError {
    /// The text of the `fatal:` (commands) or `error:` (daemons) line.
    pub text: String,
    /// True when no daemon can go on with a stand-in: the reference ends the process in any case.
    pub always_fatal: bool,
}

impl OpenError {
    /// A table that is not available now; a daemon goes on and defers what needs it.
    pub fn unavailable(text: impl Into<String>) -> OpenError {
        OpenError { text: text.into(), always_fatal: false }
    }

    /// A text in the place of `type:name`.
    pub fn no_type_and_name(text: &[u8]) -> OpenError {
        let shown = log::bytes(text);
        OpenError::fatal(format!("open dictionary: expecting \"type:name\" form instead of \"{shown}\""))
    }

    /// A configuration that makes no sense.
    pub fn fatal(text: impl Into<String>) -> OpenError {
        OpenError { text: text.into(), always_fatal: true }
    }
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for OpenError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn combined_owner_is_the_least_trusted() {
        assert_eq!(Owner::Trusted.combined(Owner::User(5)), Owner::User(5));
        assert_eq!(Owner::User(5).combined(Owner::User(5)), Owner::User(5));
        assert_eq!(Owner::User(5).combined(Owner::User(6)), Owner::Unknown);
        assert_eq!(Owner::Unknown.combined(Owner::Trusted), Owner::Unknown);
    }
}
