//! The ledger of differences that stay: `known-diffs.toml`. An entry says what ours prints where the reference prints
//! something else, in which cases and channels, and why. An entry that nothing matches any more fails the run: each
//! use leaves a mark, and the last test of the suite looks for entries without one.

use crate::roots;
use serde::Deserialize;
use std::fs;
use std::path::PathBuf;
use std::sync::OnceLock;

/// Why a difference stays.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum Class {
    /// It will go: a later issue brings it.
    Todo,
    /// It stays for the reason given.
    Wontfix,
    /// The reference is wrong.
    ReferenceBug,
}

/// One difference.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// A short name, unique.
    pub id: String,
    /// The names of the cases, with `*` for any text.
    pub cases: String,
    /// The channel: `stdout`, `stderr`, `status`, `log`, `replies`, `files`, ... or `*`.
    pub channel: String,
    /// What ours has, to the letter, after normalisation.
    pub ours: String,
    /// What the reference has, to the letter, after normalisation.
    pub theirs: String,
    /// Why it stays, in a word.
    pub class: Class,
    /// Why it stays, in a sentence.
    pub reason: String,
    /// It shows in some runs only, as timing has it; a run without it does not make the entry stale.
    #[serde(default)]
    pub sometimes: bool,
}

#[derive(Deserialize)]
struct File {
    #[serde(default)]
    diff: Vec<Entry>,
}

/// All entries.
pub fn entries() -> &'static [Entry] {
    static ENTRIES: OnceLock<Vec<Entry>> = OnceLock::new();
    ENTRIES.get_or_init(|| {
        let path = roots::project().join("tests/compat/known-diffs.toml");
        let text = fs::read_to_string(&path).expect("tests/compat/known-diffs.toml");
        toml::from_str::<File>(&text).expect("known-diffs.toml parses").diff
    })
}

/// True if the two texts are the same once the known differences are taken out of both. Marks what it used.
pub fn excuses(case: &str, channel: &str, theirs: &str, ours: &str) -> bool {
    let (mut theirs, mut ours) = (theirs.to_owned(), ours.to_owned());
    let mut used = Vec::new();
    for entry in entries() {
        let fits = matches_glob(&entry.cases, case) && matches_glob(&entry.channel, channel);
        let here = (entry.theirs.is_empty() || theirs.contains(&entry.theirs))
            && (entry.ours.is_empty() || ours.contains(&entry.ours));
        if fits && here {
            let token = format!("<known:{}>", entry.id);
            let both = !entry.theirs.is_empty() && !entry.ours.is_empty();
            let with = if both { token.as_str() } else { "" };
            theirs = replace(&theirs, &entry.theirs, with);
            ours = replace(&ours, &entry.ours, with);
            used.push(&entry.id);
        }
    }
    let same = !used.is_empty() && theirs == ours;
    if same {
        let marks = marks();
        fs::create_dir_all(&marks).expect("a folder for marks");
        for id in used {
            fs::write(marks.join(id), "").expect("mark a ledger entry");
        }
    }
    same
}

/// The ids of entries that no case has used since the marks were last cleared.
pub fn stale() -> Vec<String> {
    let marks = marks();
    let unused = |entry: &&Entry| !entry.sometimes && !marks.join(&entry.id).exists();
    entries().iter().filter(unused).map(|entry| entry.id.clone()).collect()
}

/// Where uses are marked. `make test` clears it before the suite.
pub fn marks() -> PathBuf {
    roots::target().join("ledger-marks")
}

fn replace(text: &str, from: &str, to: &str) -> String {
    if from.is_empty() { text.to_owned() } else { text.replace(from, to) }
}

/// `*` stands for any text, also none.
pub fn matches_glob(glob: &str, text: &str) -> bool {
    match glob.split_once('*') {
        None => glob == text,
        Some((head, tail)) => text.strip_prefix(head).is_some_and(|rest| {
            (0..=rest.len()).any(|at| rest.is_char_boundary(at) && matches_glob(tail, &rest[at..]))
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globs() {
        assert!(matches_glob("*", ""));
        assert!(matches_glob("postconf/*", "postconf/d"));
        assert!(!matches_glob("postconf/*", "postmap/d"));
        assert!(matches_glob("*conf*x", "postconf/x"));
    }

    #[test]
    fn ids_are_unique_and_reasons_given() {
        let mut ids: Vec<&str> = entries().iter().map(|entry| entry.id.as_str()).collect();
        ids.sort_unstable();
        let count = ids.len();
        ids.dedup();
        assert_eq!(ids.len(), count, "two ledger entries with the same id");
        assert!(entries().iter().all(|entry| !entry.reason.trim().is_empty()));
    }
}
