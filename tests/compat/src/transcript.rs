//! What a scenario wrote down about a host: sections with a channel, a title and a text.

use crate::host::{Host, Output};
use crate::ledger;
use crate::normalise::{self, Normaliser};
use crate::pair::printable;
use similar::{ChangeTag, TextDiff};
use std::path::Path;

/// Log lines that come or not on the reference alone: the first meets a postlogd(8) that has been told to end, or not;
/// `postfix stop` says the second after a second; cleanup(8) compares clocks of different grain.
const CHANCE: [&str; 4] = [
    ": stopping the Postfix mail system",
    ": waiting for the Postfix mail system to terminate",
    ": warning: file system clock is 1 seconds ahead of local clock",
    ": warning: resetting file time stamps - this hurts performance",
];

/// The record of a scenario on one host.
#[derive(Clone, Debug, Default)]
pub struct Transcript {
    sections: Vec<Section>,
}

#[derive(Clone, Debug)]
struct Section {
    channel: String,
    title: String,
    text: String,
}

impl Transcript {
    /// An empty one.
    pub fn new() -> Transcript {
        Transcript::default()
    }

    /// Adds a section. The channel is what ledger entries name.
    pub fn text(&mut self, channel: &str, title: &str, text: &str) {
        self.sections.push(Section {
            channel: channel.to_owned(),
            title: title.to_owned(),
            text: text.to_owned(),
        });
    }

    /// Adds lines whose order is left to chance, sorted, without those that are there or not by chance. Queue ids that were
    /// numbered as they appear are numbered as their lines are sorted.
    pub fn unordered(&mut self, channel: &str, title: &str, text: &str) {
        let text = normalise::numbered_by_content(text);
        let certain = |line: &&str| !CHANCE.iter().any(|chance| line.contains(chance));
        let mut lines: Vec<&str> = text.lines().filter(certain).collect();
        lines.sort_unstable();
        // Every line with its end, so that a ledger entry can stand for a whole line wherever it is sorted to.
        self.text(channel, title, &lines.iter().map(|line| format!("{line}\n")).collect::<String>());
    }

    /// Adds what a command did: exit status, standard output and standard error.
    pub fn output(&mut self, title: &str, output: &Output, rules: &[Normaliser]) {
        self.text("status", title, &output.status.to_string());
        for (channel, bytes) in [("stdout", &output.stdout), ("stderr", &output.stderr)] {
            self.text(channel, title, &normalise::apply(rules, &printable(bytes)));
        }
    }

    /// Adds a file: mode, owner and content, or that there is none.
    pub fn file(&mut self, host: &Host, path: &Path) {
        self.text("files", &path.display().to_string(), &host.file_state(path));
    }

    /// Panics with all differences that the ledger does not know.
    pub fn assert_same(&self, ours: &Transcript, case: &str) {
        let report = self.differences(ours, case);
        assert!(report.is_empty(), "ours (+) differs from the reference (-)\n{report}");
    }

    /// The differences that the ledger does not know, for people to read; empty if there are none.
    pub fn differences(&self, ours: &Transcript, case: &str) -> String {
        let mut report = String::new();
        for at in 0..self.sections.len().max(ours.sections.len()) {
            match (self.sections.get(at), ours.sections.get(at)) {
                (Some(theirs), Some(ours)) => {
                    let same_title = theirs.title == ours.title && theirs.channel == ours.channel;
                    assert!(same_title, "{case}: sections {} and {} do not pair", theirs.title, ours.title);
                    if theirs.text != ours.text
                        && !ledger::excuses(case, &theirs.channel, &theirs.text, &ours.text)
                    {
                        report += &format!("--- {case}: {}: {}\n", theirs.channel, theirs.title);
                        report += &difference(&theirs.text, &ours.text);
                    }
                }
                (theirs, ours) => {
                    let lone = theirs.or(ours).map_or("", |section| &section.title);
                    report += &format!("--- {case}: only one side has {lone}\n");
                }
            }
        }
        report
    }
}

/// Lines that only one side has, in order.
fn difference(theirs: &str, ours: &str) -> String {
    let (theirs, ours): (Vec<&str>, Vec<&str>) = (theirs.split('\n').collect(), ours.split('\n').collect());
    let differences = TextDiff::from_slices(&theirs, &ours);
    differences
        .iter_all_changes()
        .filter(|change| change.tag() != ChangeTag::Equal)
        .map(|change| format!("{}{}\n", change.tag(), change.value()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_are_lines() {
        assert_eq!(difference("a\nb\nc", "a\nx\nc"), "-b\n+x\n");
        assert_eq!(difference("a", "a\nb"), "+b\n");
    }

    #[test]
    #[should_panic(expected = "-two")]
    fn a_difference_fails() {
        let (mut theirs, mut ours) = (Transcript::new(), Transcript::new());
        theirs.text("stdout", "x", "one\ntwo");
        ours.text("stdout", "x", "one");
        theirs.assert_same(&ours, "self-test");
    }
}
