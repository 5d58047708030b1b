//! Tables that are held in memory: `texthash:`, `inline:`, `internal:`.

use crate::syntax::{items, name_and_value, strip_group, trim, whole_group};
use crate::{
    About, Entry, Flags, LogicalLines, LookupError, Name, OpenError, Owner, Seek, SourceLine, Table,
    file_values, is_utf8, log_lines, source_line,
};
use indexmap::IndexMap;
use std::io::BufRead;
use std::sync::{Mutex, PoisonError, RwLock};

/// A table whose entries are all in memory.
pub(crate) struct MemoryTable {
    about: About,
    entries: RwLock<IndexMap<Vec<u8>, Vec<u8>>>,
    cursor: Mutex<usize>,
}

impl MemoryTable {
    /// An empty table.
    pub(crate) fn new(kind: &'static str, name: &Name, flags: Flags) -> MemoryTable {
        MemoryTable {
            about: About::new(kind, name, flags | Flags::FIXED, Owner::Trusted),
            entries: RwLock::default(),
            cursor: Mutex::new(0),
        }
    }

    /// Keys of a source are folded as ASCII only, even where look-ups fold UTF-8: by experiment, see
    /// docs/undocumented/tables.md.
    fn source_key(&self, key: &[u8]) -> Vec<u8> {
        if self.about.flags.contains(Flags::FOLD_FIX) { key.to_ascii_lowercase() } else { key.to_vec() }
    }

    fn put(&mut self, key: &[u8], value: Vec<u8>) {
        let key = self.source_key(key);
        self.entries.get_mut().unwrap_or_else(PoisonError::into_inner).insert(key, value);
    }

    fn has(&mut self, key: &[u8]) -> bool {
        let key = self.source_key(key);
        self.entries.get_mut().unwrap_or_else(PoisonError::into_inner).contains_key(&key)
    }
}

impl Table for MemoryTable {
    fn about(&self) -> &About {
        &self.about
    }

    fn lookup(&self, key: &[u8]) -> Result<Option<Vec<u8>>, LookupError> {
        Ok(self.entries.read().unwrap_or_else(PoisonError::into_inner).get(key).cloned())
    }

    fn update(&self, key: &[u8], value: &[u8]) -> Result<bool, LookupError> {
        let mut entries = self.entries.write().unwrap_or_else(PoisonError::into_inner);
        entries.insert(key.to_vec(), value.to_vec());
        Ok(true)
    }

    fn delete(&self, key: &[u8]) -> Result<bool, LookupError> {
        let mut entries = self.entries.write().unwrap_or_else(PoisonError::into_inner);
        Ok(entries.shift_remove(key).is_some())
    }

    fn sequence(&self, seek: Seek) -> Result<Option<Entry>, LookupError> {
        let mut cursor = self.cursor.lock().unwrap_or_else(PoisonError::into_inner);
        if seek == Seek::First {
            *cursor = 0;
        }
        let entries = self.entries.read().unwrap_or_else(PoisonError::into_inner);
        let entry = entries.get_index(*cursor).map(|(key, value)| (key.clone(), value.clone()));
        *cursor += usize::from(entry.is_some());
        Ok(entry)
    }
}

/// Reads a `texthash:` file. Gives the table and how many lines were left out.
pub(crate) fn texthash(
    path: &Name,
    lines: &mut LogicalLines<'_, impl BufRead>,
    owner: Owner,
    flags: Flags,
) -> Result<(MemoryTable, usize), OpenError> {
    let mut table = MemoryTable::new("texthash", path, flags);
    table.about.owner = owner;
    let mut left_out = 0;
    for line in lines {
        let complain = |text: &str| log_lines::source_line(path, line.first, text);
        let (key, value) = match source_line(&line.text) {
            SourceLine::Entry { key, value } => (key, value),
            SourceLine::UnbalancedQuote => {
                log_lines::unbalanced_quote(path, line.first, &line.text);
                left_out += 1;
                continue;
            }
            SourceLine::Incomplete => {
                complain("expected format: key whitespace value -- ignoring this line");
                left_out += 1;
                continue;
            }
        };
        if key.ends_with(b":") {
            complain("record is in \"key: value\" format; is this an alias file?");
        }
        let value = if flags.contains(Flags::SRC_RHS_IS_FILE) {
            match file_values::read_base64(value) {
                Ok(value) => value,
                Err(why) => {
                    complain(&format!("{why}: skipping this entry"));
                    left_out += 1;
                    continue;
                }
            }
        } else {
            value.to_vec()
        };
        if table.has(key) && !flags.contains(Flags::DUP_REPLACE) {
            let duplicate = format!("duplicate entry: \"{}\"", log::bytes(key));
            if flags.contains(Flags::DUP_IGNORE) {
                continue;
            }
            if !flags.contains(Flags::DUP_WARN) {
                return Err(OpenError::unavailable(format!("{path}, line {}: {duplicate}", line.first)));
            }
            complain(&duplicate);
            continue;
        }
        table.put(key, value);
    }
    Ok((table, left_out))
}

/// Parses `inline:{ name=value, { name = text with spaces } }`.
pub(crate) fn inline(name: &Name, flags: Flags, utf8: bool) -> Result<MemoryTable, OpenError> {
    let need = if flags.contains(Flags::SRC_RHS_IS_FILE) { "filename" } else { "value" };
    let complain = |what: &str, need: &str| {
        OpenError::unavailable(format!("{what}: \"inline:{name}\"; need \"inline:{{name={need}...}}\""))
    };
    if utf8 && !is_utf8(name) {
        return Err(complain("bad UTF-8 syntax", "value"));
    }
    let list = whole_group(name).ok_or_else(|| complain("bad syntax", "value"))?;
    let mut table = MemoryTable::new("inline", name, flags);
    let mut count = 0;
    for item in items(list) {
        let item = match item.first() {
            Some(b'{') => trim(strip_group(item).map_err(|why| complain(&why, need))?),
            _ => item,
        };
        let (key, value) = name_and_value(item).map_err(|why| complain(why, need))?;
        let value = if flags.contains(Flags::SRC_RHS_IS_FILE) {
            file_values::read_base64(value).map_err(|why| complain(&why, need))?
        } else {
            value.to_vec()
        };
        table.put(key, value);
        count += 1;
    }
    if count == 0 {
        return Err(complain("empty table", need));
    }
    Ok(table)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inline_text(name: &str) -> String {
        inline(&name.into(), Flags::NONE, true).err().unwrap().text
    }

    #[test]
    fn inline_tables() {
        let table = inline(&"{ a=b, {c d = e f} }".into(), Flags::NONE, true);
        assert!(table.is_err(), "c d is not a name");
        let table = inline(&"{ A=b, {c = e f} }".into(), Flags::FOLD_FIX, true).unwrap();
        assert_eq!(table.lookup(b"a"), Ok(Some(b"b".to_vec())));
        assert_eq!(table.lookup(b"c"), Ok(Some(b"e f".to_vec())));
        assert_eq!(table.lookup(b"x"), Ok(None));
    }

    /// Texts of postmap 3.11.
    #[test]
    fn inline_mistakes() {
        assert_eq!(inline_text("a"), "bad syntax: \"inline:a\"; need \"inline:{name=value...}\"");
        assert_eq!(inline_text("{}"), "bad syntax: \"inline:{}\"; need \"inline:{name=value...}\"");
        assert_eq!(inline_text("{ , }"), "empty table: \"inline:{ , }\"; need \"inline:{name=value...}\"");
        assert_eq!(
            inline_text("{a}"),
            "missing '=' after attribute name: \"inline:{a}\"; need \"inline:{name=value...}\""
        );
    }

    #[test]
    fn texthash_files() {
        let name = Name::from("t");
        let read = |text: &str, flags| {
            texthash(&name, &mut LogicalLines::new(&name, text.as_bytes()), Owner::Trusted, flags)
        };
        let (table, left_out) = read("A b\n# c\nq\na c\n", Flags::LOOKUP | Flags::DUP_WARN).unwrap();
        assert_eq!(left_out, 1);
        assert_eq!(table.lookup(b"a"), Ok(Some(b"b".to_vec())));
        assert_eq!(table.sequence(Seek::First), Ok(Some((b"a".to_vec(), b"b".to_vec()))));
        assert_eq!(table.sequence(Seek::Next), Ok(None));
        let error = read("a b\na c\n", Flags::NONE).err().unwrap();
        assert_eq!(error.text, "t, line 2: duplicate entry: \"a\"");
    }
}
