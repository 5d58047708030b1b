//! Option files of MySQL clients: `[client]`, `password = secret`, `!include`.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// The files that are read when none is named.
const DEFAULT_FILES: &[&str] = &["/etc/my.cnf", "/etc/mysql/my.cnf"];
/// The groups that are read in addition to the named one.
const COMMON_GROUPS: &[&str] = &["client", "client-server", "client-mariadb"];
/// How deep files may include others.
const MAX_DEPTH: usize = 10;

/// What the groups of a client say. Later values replace earlier ones; names are written with dashes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Options(HashMap<String, String>);

impl Options {
    /// Reads a file, or the default ones; nothing if no group is named, either. What cannot be read has no options.
    pub(crate) fn read(file: Option<&Path>, group: Option<&str>) -> Options {
        let mut options = Options::default();
        match (file, group) {
            (Some(file), _) => options.add_file(file, group, 0),
            (None, Some(_)) => {
                let home = std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".my.cnf"));
                for file in DEFAULT_FILES.iter().map(PathBuf::from).chain(home) {
                    options.add_file(&file, group, 0);
                }
            }
            (None, None) => {}
        }
        options
    }

    /// The value of an option, unless it is empty.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    fn add_file(&mut self, path: &Path, group: Option<&str>, depth: usize) {
        let Ok(content) = std::fs::read(path) else {
            return;
        };
        let content = String::from_utf8_lossy(&content);
        let mut wanted = false;
        for line in content.lines().map(str::trim) {
            if let Some(directive) = line.strip_prefix('!') {
                if depth < MAX_DEPTH {
                    self.include(directive, group, depth + 1);
                }
            } else if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.split(']').next()) {
                wanted = group == Some(name) || COMMON_GROUPS.contains(&name);
            } else if wanted && !line.starts_with(['#', ';']) && !line.is_empty() {
                let (name, value) = line.split_once('=').unwrap_or((line, ""));
                self.0.insert(name.trim().replace('_', "-"), unquote(value));
            }
        }
    }

    fn include(&mut self, directive: &str, group: Option<&str>, depth: usize) {
        match directive.split_once(char::is_whitespace) {
            Some(("include", file)) => self.add_file(Path::new(file.trim()), group, depth),
            Some(("includedir", directory)) => {
                let entries = std::fs::read_dir(directory.trim()).into_iter().flatten().flatten();
                let mut files: Vec<PathBuf> = entries
                    .map(|entry| entry.path())
                    .filter(|path| path.extension().is_some_and(|end| end == "cnf"))
                    .collect();
                files.sort();
                for file in files {
                    self.add_file(&file, group, depth);
                }
            }
            _ => {}
        }
    }
}

/// A value without the quotes around it and without a comment behind it, and with its escapes replaced.
fn unquote(value: &str) -> String {
    let value = value.trim();
    let quoted = ['\'', '"']
        .into_iter()
        .find_map(|quote| value.strip_prefix(quote)?.rsplit_once(quote).map(|(inner, _)| inner));
    let value = quoted.unwrap_or_else(|| value.split(" #").next().unwrap_or_default().trim_end());
    let mut plain = String::with_capacity(value.len());
    let mut characters = value.chars();
    while let Some(c) = characters.next() {
        plain.push(match c {
            '\\' => match characters.next() {
                Some('n') => '\n',
                Some('t') => '\t',
                Some('r') => '\r',
                Some('b') => '\x08',
                Some('s') => ' ',
                Some(other) => other,
                None => '\\',
            },
            other => other,
        });
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_and_includes() {
        let directory = tempfile::tempdir().unwrap();
        let path = |name: &str| directory.path().join(name);
        std::fs::write(path("more.cnf"), "[mail]\nssl_ca = /ca # why\n").unwrap();
        std::fs::write(
            path("main"),
            format!(
                "[server]\nport=1\n[client]\nport = 2\npassword='a#b\\s'\n[mail]\nport=3\n!includedir {}\n",
                directory.path().display()
            ),
        )
        .unwrap();
        let file = path("main");
        let options = Options::read(Some(&file), Some("mail"));
        assert_eq!(options.get("port"), Some("3"));
        assert_eq!(options.get("password"), Some("a#b "));
        assert_eq!(options.get("ssl-ca"), Some("/ca"));
        assert_eq!(Options::read(Some(&file), None).get("port"), Some("2"));
        assert_eq!(Options::read(None, None), Options::default());
    }
}
