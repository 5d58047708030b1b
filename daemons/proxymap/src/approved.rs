//! Which tables may be opened: those that proxy_read_maps or proxy_write_maps lists as `proxy:type:name`.
//!
//! The lists consist of other parameters' values, so they hold much that is no table; all that is passed over.

use crate::log_lines::{self, Mode};
use config::Config;
use std::collections::BTreeSet;
use tables::{LogicalLines, Name};

/// How deep files and groups may nest.
const MAX_DEPTH: usize = 20;
const PROXY: &str = "proxy:";

/// Which tables of a list are meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(crate) enum Which {
    /// Those with `proxy:` before their name.
    #[default]
    Proxied,
    /// All of them.
    All,
}

/// The tables that may be opened, as `type:name`.
#[derive(Debug, Default)]
pub(crate) struct Approved {
    which: Which,
    tables: BTreeSet<Vec<u8>>,
}

/// Takes `proxy:` off the front, however often it stands there.
pub(crate) fn without_proxy(mut table: &[u8]) -> &[u8] {
    while let Some(rest) = table.strip_prefix(PROXY.as_bytes()) {
        table = rest;
    }
    table
}

impl Approved {
    /// What main.cf approves for a service.
    pub(crate) fn from_config(config: &Config, mode: Mode, which: Which) -> Approved {
        let parameter = match mode {
            Mode::Read => &params::PROXY_READ_MAPS,
            Mode::Write => &params::PROXY_WRITE_MAPS,
        };
        let mut approved = Approved { which, tables: BTreeSet::new() };
        approved.list(&config.bytes(parameter), parameter.name(), 0);
        if mode == Mode::Read {
            approved.add_restriction_classes(config);
        }
        approved
    }

    /// The tables in alphabetical order, without `proxy:`.
    pub(crate) fn tables(&self) -> impl Iterator<Item = &[u8]> {
        self.tables.iter().map(Vec::as_slice)
    }

    /// Whether a table may be opened; its name is without `proxy:`.
    pub(crate) fn contains(&self, table: &[u8]) -> bool {
        self.tables.contains(table)
    }

    /// Approves what restriction classes name.
    fn add_restriction_classes(&mut self, config: &Config) {
        let parameter = &params::SMTPD_RESTRICTION_CLASSES;
        for class in config::byte_words(&config.bytes(parameter)) {
            if let Some(list) = config.lookup(class) {
                self.list(&list, parameter.name(), 0);
            }
        }
    }

    /// Approves what a list names. `origin` is the parameter or file, for messages.
    fn list(&mut self, list: &[u8], origin: &str, depth: usize) {
        if depth > MAX_DEPTH {
            return;
        }
        for item in tables::list_items(list) {
            match self.item(item, origin, depth) {
                Ok(()) => {}
                Err(why) => log_lines::bad_syntax(origin, &why),
            }
        }
    }

    fn item(&mut self, item: &[u8], origin: &str, depth: usize) -> Result<(), String> {
        let mut item = item;
        if item.first() == Some(&b'{') {
            // A table with settings of its own: the name comes first.
            match tables::list_items(tables::strip_group(item)?).next() {
                Some(first) => item = first,
                None => return Ok(()),
            }
        }
        if item.first() == Some(&b'/') {
            self.file(item, depth);
            return Ok(());
        }
        if !item.first().is_some_and(u8::is_ascii_alphanumeric) || !item.contains(&b':') {
            return Ok(());
        }
        for combined in ["unionmap:", "pipemap:"] {
            if let Some(members) = item.strip_prefix(combined.as_bytes()) {
                if members.first() == Some(&b'{') {
                    self.list(tables::strip_group(members)?, origin, depth + 1);
                }
                return Ok(());
            }
        }
        let table = without_proxy(item);
        if self.which == Which::All || table.len() < item.len() {
            self.tables.insert(table.to_vec());
        }
        Ok(())
    }

    /// A file of match list items may name tables, too.
    fn file(&mut self, path: &[u8], depth: usize) {
        let path = Name::from(path);
        match std::fs::read(&path) {
            Ok(content) => {
                let origin = path.to_string();
                for line in LogicalLines::new(&path, &content[..]) {
                    self.list(&line.text, &origin, depth + 1);
                }
            }
            Err(error) => log_lines::cannot_open(&path, &sys::error_text(&error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn approved(list: &str) -> Vec<String> {
        named(list, Which::Proxied)
    }

    fn named(list: &str, which: Which) -> Vec<String> {
        let mut approved = Approved { which, ..Approved::default() };
        approved.list(list.as_bytes(), "test", 0);
        approved.tables().map(|table| String::from_utf8(table.to_vec()).unwrap()).collect()
    }

    #[test]
    fn tables_without_proxy_are_listed_on_demand() {
        let list = "hash:/c, proxy:cdb:/b, example.com, unionmap:{proxy:cdb:/a,static:x}";
        assert_eq!(named(list, Which::All), ["cdb:/a", "cdb:/b", "hash:/c", "static:x"]);
    }

    #[test]
    fn only_proxied_tables_are_approved() {
        assert_eq!(approved("hash:/a, proxy:hash:/b unix:c proxy:proxy:cdb:/d"), ["cdb:/d", "hash:/b"]);
        assert_eq!(approved("$x, example.com, check_access, { proxy:cdb:/a, foo=bar }"), ["cdb:/a"]);
        assert_eq!(
            approved("unionmap:{proxy:cdb:/a, static:x, pipemap:{proxy:cdb:/b}}"),
            ["cdb:/a", "cdb:/b"]
        );
        assert_eq!(approved("proxy:unionmap:{cdb:/a}"), ["unionmap:{cdb:/a}"]);
        assert_eq!(approved("unionmap:x {proxy:cdb:/a"), [] as [&str; 0]);
    }

    #[test]
    fn files_are_read() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("list");
        std::fs::write(&path, "# comment\nproxy:cdb:/a\n  proxy:cdb:/b\n").unwrap();
        assert_eq!(approved(&format!("{}", path.display())), ["cdb:/a", "cdb:/b"]);
    }
}
