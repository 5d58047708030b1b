//! The reference on tape, for machines without root or without reference roots.
//!
//! `OXIPOST_REFERENCE` says where the reference's answers come from:
//!
//! * not set, or `live`: from real Postfix. A missing reference root fails the run.
//! * `record`: from real Postfix, and [`CASES`] are written down in `tests/compat/recorded/CASE.toml`.
//! * `recorded`: from those files. Ours runs in a [`room`] of the user's own, and does not need root.
//!   `tests/compat/replay` runs the cases of which there is a recording, counts those that there is none of, and says
//!   so in its last line.
//!
//! A case does not know of this. It asks its hosts; a host passes each question (a command with its input, a job of
//! the batch runner, the state of a file) to its [`Answers`], which ask the program, the tape, or both:
//!
//! ```text
//!              the reference's host         our host
//! live         Live                         Live
//! record       Recording (asks and keeps)   Abridged (asks, and shortens as the tape does)
//! recorded     Replaying (looks up)         Abridged
//! ```
//!
//! An answer is kept under a hash of everything that led to it: the host's files, every question before it, the
//! question itself. A case that asks something else than it did when it was recorded finds no answer, and fails as
//! stale; so does a recording of another version than the one that we speak. The module `recorded` of the suite records
//! one case again and compares it with what is committed.
//!
//! To record a case, add it to [`CASES`] and run its test as root with `OXIPOST_REFERENCE=record`; `make record` does
//! all that have a recording again. Both sides then start from the configuration in `tests/compat/recorded/root`.

pub mod room;
mod tape;

pub use tape::{Question, Tape, files};

use crate::host::Output;
use crate::ledger::matches_glob;
use crate::pair::printable;
use crate::roots;
use sha2::{Digest, Sha256};
use std::borrow::Borrow;
use std::path::PathBuf;
use std::sync::Mutex;

/// The cases that are recorded, as in the ledger: commands that need no mail system, other users or devices.
pub const CASES: &[&str] = &[
    "postconf/packaged",
    "postconf/edit",
    "postconf/options/*",
    "postconf/templates/*",
    "tables/build",
    "tables/query",
];

/// Where the reference's answers come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// From real Postfix.
    Live,
    /// From real Postfix, and kept.
    Record,
    /// From recordings.
    Recorded,
}

/// What `OXIPOST_REFERENCE` says. Panics on other words: a typing error must not pass for a run.
pub fn mode() -> Mode {
    match std::env::var("OXIPOST_REFERENCE").as_deref() {
        Err(_) | Ok("" | "live") => Mode::Live,
        Ok("record") => Mode::Record,
        Ok("recorded") => Mode::Recorded,
        Ok(other) => panic!("OXIPOST_REFERENCE={other}: not live, record or recorded"),
    }
}

/// Whether a case is recorded or played from a recording in this run.
pub fn has(case: &str) -> bool {
    match mode() {
        Mode::Live => false,
        Mode::Record => CASES.iter().any(|glob| matches_glob(glob, case)),
        Mode::Recorded => true,
    }
}

/// The folder of recordings; `OXIPOST_RECORDINGS` moves it.
pub fn folder() -> PathBuf {
    std::env::var_os("OXIPOST_RECORDINGS")
        .map_or_else(|| roots::project().join("tests/compat/recorded"), PathBuf::from)
}

/// What one command did, and the state of files after it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Done {
    /// What it printed and how it ended.
    pub output: Output,
    /// Names of files, and mode, owner and content of each.
    pub files: Vec<(String, String)>,
}

impl Done {
    /// The form in which it is kept: in UTF-8, and long texts by their digests. Diagnostics are never that long, and
    /// have to be sorted yet.
    fn abridged(&self) -> Done {
        let text = |bytes: &[u8]| printable(bytes);
        Done {
            output: Output {
                stdout: abridged(text(&self.output.stdout)).into_bytes(),
                stderr: text(&self.output.stderr).into_bytes(),
                status: self.output.status,
            },
            files: self.files.iter().map(|(name, state)| (name.clone(), abridged(state.clone()))).collect(),
        }
    }
}

fn all_abridged(jobs: Vec<Vec<Done>>) -> Vec<Vec<Done>> {
    jobs.iter().map(|job| job.iter().map(Done::abridged).collect()).collect()
}

/// A text, or the digest of one with more bytes than recordings have place for.
fn abridged(text: String) -> String {
    const LONGEST: usize = 2048;
    if text.len() <= LONGEST {
        return text;
    }
    format!("<{} bytes, SHA-256 {}>\n", text.len(), hex(&Sha256::digest(&text)))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Who answers for a host.
#[derive(Debug)]
pub enum Answers {
    /// Its programs.
    Live,
    /// Its programs; what they say goes on tape.
    Recording(Mutex<Tape>),
    /// The tape.
    Replaying(Mutex<Tape>),
    /// Its programs, shortened as the tape is.
    Abridged,
}

impl Answers {
    /// Those of the reference's host and of ours, for a case and the files that both hosts start with.
    pub fn for_case(case: &str, files: &Question) -> (Answers, Answers) {
        match mode() {
            Mode::Record if has(case) => {
                (Answers::Recording(Mutex::new(Tape::blank(case, files))), Answers::Abridged)
            }
            Mode::Live | Mode::Record => (Answers::Live, Answers::Live),
            Mode::Recorded => (Answers::Replaying(Mutex::new(Tape::load(case, files))), Answers::Abridged),
        }
    }

    /// What runs a command: one whose answer is kept has the same process id in each run, and the same descriptors:
    /// nsenter(1) leaves one open.
    pub fn runner(&self) -> &'static [&'static str] {
        match self {
            Answers::Live => &[],
            _ => &["unshare", "--pid", "--fork", "bash", "-c", "exec 3<&-; \"$@\"; exit $?", "runner"],
        }
    }

    /// The answer to one question, after which the host is not what it was.
    pub fn to(&self, question: Question, ask: impl FnOnce() -> Done) -> Done {
        let done =
            self.to_all([&question].into_iter(), || vec![vec![ask()]]).pop().and_then(|mut job| job.pop());
        self.note(&question);
        done.unwrap_or_default()
    }

    /// The answers to questions that leave the host as it is, all asked at once.
    pub fn to_all<Q: Borrow<Question>>(
        &self,
        questions: impl Iterator<Item = Q>,
        ask: impl FnOnce() -> Vec<Vec<Done>>,
    ) -> Vec<Vec<Done>> {
        match self {
            Answers::Live => ask(),
            Answers::Abridged => all_abridged(ask()),
            Answers::Recording(tape) => {
                let done = all_abridged(ask());
                let mut tape = tape.lock().expect("a tape");
                questions.zip(&done).for_each(|(question, job)| tape.keep(question.borrow(), job));
                done
            }
            Answers::Replaying(tape) => {
                let mut tape = tape.lock().expect("a tape");
                questions.map(|question| tape.find(question.borrow())).collect()
            }
        }
    }

    /// Writes a recording; its case has asked everything.
    pub fn save(&self) {
        if let Answers::Recording(tape) = self {
            tape.lock().expect("a tape").save();
        }
    }

    /// Something happened to the host that later answers depend on.
    pub fn note(&self, event: &Question) {
        if let Answers::Recording(tape) | Answers::Replaying(tape) = self {
            tape.lock().expect("a tape").note(event);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_are_kept_by_their_digest() {
        let done = Done {
            output: Output { stdout: vec![b'x'; 5000], stderr: b"caf\xe9\n".to_vec(), status: 1 },
            files: vec![("main.cf".to_owned(), "644 0:0\n".to_owned())],
        };
        let kept = done.abridged();
        assert!(kept.output.stdout.starts_with(b"<5000 bytes, SHA-256 "));
        assert_eq!(kept.output.stderr, b"caf\\xe9\n");
        assert_eq!(kept.files, done.files);
        assert_eq!(kept.abridged(), kept, "what is abridged stays as it is");
    }
}
