//! The settings of a main.cf, or of one master.cf entry: names and values as they stand.

use bstr::{BStr, BString, ByteSlice};
// Each start of a program asks for some thousand names.
use foldhash::fast::RandomState;
use indexmap::IndexMap;

use crate::error::Error;
use crate::lines::LogicalLines;
use crate::text::{show, split_pair};

/// Names with their values, in the order in which the names came first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dictionary {
    entries: IndexMap<BString, BString, RandomState>,
}

impl Dictionary {
    /// Nothing set yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// What a main.cf of this content sets; see [`read`](Self::read).
    ///
    /// # Errors
    /// As in `read`.
    pub fn parse(content: &[u8], path: &str, warnings: &mut Vec<String>) -> Result<Self, Error> {
        let mut settings = Self::new();
        settings.read(content, path, warnings)?;
        Ok(settings)
    }

    /// Adds the settings of a main.cf; `path` serves messages only. Warnings are added to `warnings`.
    ///
    /// # Errors
    /// A line that is no `name = value`, with file and line number.
    pub fn read(&mut self, content: &[u8], path: &str, warnings: &mut Vec<String>) -> Result<(), Error> {
        let mut lines = LogicalLines::new(content, path, warnings);
        while let Some(line) = lines.next() {
            let first = line.first;
            // What follows a null byte is not seen, as in the original.
            let text = line.text.split_str("\0").next().unwrap_or_default();
            let (name, value) = split_pair(text)
                .map_err(|why| Error::fatal(format!("{path}, line {first}: {why}: \"{}\"", show(text))))?;
            if let Some(old) = self.get(name).filter(|old| *old != value) {
                let (name, old) = (show(name), show(old));
                lines.warn(format!("{path}, line {first}: overriding earlier entry: {name}={old}"));
            }
            self.set(name, value);
        }
        Ok(())
    }

    /// The value of a name.
    pub fn get(&self, name: impl AsRef<[u8]>) -> Option<&BStr> {
        self.entries.get(BStr::new(name.as_ref())).map(|value| value.as_bstr())
    }

    /// Is the name set, if only to nothing?
    pub fn contains(&self, name: impl AsRef<[u8]>) -> bool {
        self.entries.contains_key(BStr::new(name.as_ref()))
    }

    /// Sets or replaces a value.
    pub fn set(&mut self, name: &[u8], value: &[u8]) {
        match self.entries.get_mut(BStr::new(name)) {
            Some(old) => {
                old.clear();
                old.extend_from_slice(value);
            }
            None => {
                self.entries.insert(name.into(), value.into());
            }
        }
    }

    /// Drops a name; tells whether it was there.
    pub fn remove(&mut self, name: impl AsRef<[u8]>) -> bool {
        self.entries.shift_remove(BStr::new(name.as_ref())).is_some()
    }

    /// All names and values.
    pub fn iter(&self) -> impl Iterator<Item = (&BStr, &BStr)> {
        self.entries.iter().map(|(name, value)| (name.as_bstr(), value.as_bstr()))
    }

    /// True when nothing is set.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn later_values_win_and_are_warned_about() {
        let mut warnings = Vec::new();
        let settings = Dictionary::parse(b"a = 1\nb=\na = 2\na=2\n", "/m", &mut warnings).unwrap();
        assert_eq!(settings.get("a"), Some(BStr::new("2")));
        assert_eq!(settings.get("b"), Some(BStr::new("")));
        assert_eq!(warnings, ["/m, line 3: overriding earlier entry: a=1"]);
    }

    // Texts of Postfix 3.11.
    #[test]
    fn bad_lines_are_fatal() {
        let error =
            |text: &str| Dictionary::parse(text.as_bytes(), "/m", &mut Vec::new()).unwrap_err().to_string();
        assert_eq!(error("\nfoo bar\n"), "/m, line 2: missing '=' after attribute name: \"foo bar\"");
        assert_eq!(error("= x\n"), "/m, line 1: missing attribute name: \"= x\"");
    }
}
