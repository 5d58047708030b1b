//! The directories that are worked on.

use crate::Fatal;
use queue::Dir;
use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;

/// Directories in the order in which they are worked on. A wrong name is an error only when its turn comes: what
/// was asked for the directories before it is done.
#[derive(Debug)]
pub(crate) struct Directories(Vec<OsString>);

/// Where the command looks if it is not told. Log directories come first: a message's logs must be found when the
/// message is renamed.
const DEFAULT: [Dir; 8] = [
    Dir::Defer,
    Dir::Bounce,
    Dir::Maildrop,
    Dir::Incoming,
    Dir::Active,
    Dir::Deferred,
    Dir::Hold,
    Dir::Flush,
];

/// Directories that the command knows how to treat.
const KNOWN: [Dir; 9] = [
    Dir::Maildrop,
    Dir::Incoming,
    Dir::Active,
    Dir::Deferred,
    Dir::Hold,
    Dir::Trace,
    Dir::Defer,
    Dir::Bounce,
    Dir::Flush,
];

impl Default for Directories {
    fn default() -> Self {
        Directories(DEFAULT.iter().map(|dir| dir.name().into()).collect())
    }
}

impl Directories {
    /// Those that the caller names, or else the default ones.
    pub(crate) fn named(names: Vec<OsString>) -> Directories {
        if names.is_empty() { Directories::default() } else { Directories(names) }
    }

    /// One after the other.
    pub(crate) fn each(&self) -> impl Iterator<Item = Result<Dir, Fatal>> {
        self.0.iter().map(|name| {
            Dir::by_name(name.as_bytes())
                .filter(|dir| KNOWN.contains(dir))
                .ok_or_else(|| Fatal(format!("invalid directory name: {}", log::bytes(name.as_bytes()))))
        })
    }

    /// Whether a directory is among them.
    pub(crate) fn contains(&self, dir: Dir) -> bool {
        self.0.iter().any(|name| name == dir.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_name_counts_when_its_turn_comes() {
        let directories = Directories::named(vec!["hold".into(), "corrupt".into()]);
        let mut each = directories.each();
        assert_eq!(each.next().unwrap().unwrap(), Dir::Hold);
        assert_eq!(each.next().unwrap().unwrap_err().0, "invalid directory name: corrupt");
    }
}
