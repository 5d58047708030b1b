//! Names of tables, files and what else configuration names, as bytes.

use bstr::{BStr, BString, ByteSlice};
use std::ffi::OsStr;
use std::fmt;
use std::ops::Deref;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// The name of a table, which often is that of its file, or another word of configuration: any bytes but null. Messages
/// show it as C's `%s` would.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Name(BString);

impl Name {
    /// The name as a path.
    pub fn as_path(&self) -> &Path {
        Path::new(OsStr::from_bytes(&self.0))
    }

    /// The name of a file that is called after this one: `/etc/aliases` and `.db` give `/etc/aliases.db`.
    pub fn with_suffix(&self, suffix: &str) -> Name {
        Name([self.0.as_slice(), suffix.as_bytes()].concat().into())
    }
}

impl Deref for Name {
    type Target = BStr;

    fn deref(&self) -> &BStr {
        self.0.as_bstr()
    }
}

impl AsRef<Path> for Name {
    fn as_ref(&self) -> &Path {
        self.as_path()
    }
}

impl AsRef<[u8]> for Name {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl From<&[u8]> for Name {
    fn from(name: &[u8]) -> Name {
        Name(name.into())
    }
}

impl From<&str> for Name {
    fn from(name: &str) -> Name {
        Name(name.into())
    }
}

impl From<Vec<u8>> for Name {
    fn from(name: Vec<u8>) -> Name {
        Name(name.into())
    }
}

impl From<&Path> for Name {
    fn from(path: &Path) -> Name {
        Name(path.as_os_str().as_bytes().into())
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&log::bytes(&self.0), f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_bytes_name_a_file() {
        let name = Name::from(&b"/t/caf\xe9"[..]).with_suffix(".db");
        assert_eq!(name.as_path().as_os_str().as_bytes(), b"/t/caf\xe9.db");
        assert_eq!(name.to_string(), "/t/caf?.db");
        assert_eq!(Name::from(name.as_path()), name);
    }
}
