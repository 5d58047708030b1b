//! The answers of one case, as a file and by the hashes of their questions.
//!
//! ```toml
//! test = "postconf::packaged"        # the test that has the case
//! version = "3.11.7"                 # of the reference: its mail_version
//! package = "3.11.7-1"               # Debian's version of its package
//!
//! [answers]                          # question = [what each command did: status, stdout, stderr, files]
//! 04a1c07e5a0f2d11 = ["0 9a3fe2c80b1d e3b0c44298fc", "0 9a3fe2c80b1d e3b0c44298fc main.cf=5c2d9e07ab41"]
//!
//! [texts]                            # every text once
//! e3b0c44298fc = ""
//! ```

use super::{Done, folder, hex};
use crate::host::Output;
use crate::roots::{self, Version};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs;
use std::path::PathBuf;
use std::sync::Mutex;

/// Something that is asked of a host, or done to it, as a hash of all its parts.
#[derive(Clone, Debug, Default)]
pub struct Question {
    hash: Sha256,
    title: String,
    optional: bool,
}

impl Question {
    /// One without parts yet; the title is for people.
    pub fn new(title: impl Into<String>) -> Question {
        Question { hash: Sha256::new(), title: title.into(), optional: false }
    }

    /// One that nobody may have asked when the case was recorded. There is no answer to it then.
    pub fn optional(self) -> Question {
        Question { optional: true, ..self }
    }

    /// Adds a part.
    pub fn part(mut self, bytes: impl AsRef<[u8]>) -> Question {
        let bytes = bytes.as_ref();
        self.hash.update((bytes.len() as u64).to_be_bytes());
        self.hash.update(bytes);
        self
    }
}

/// What stands in a file.
#[derive(Clone, Debug, Default, Deserialize, Serialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
struct Recording {
    test: String,
    version: String,
    package: String,
    answers: BTreeMap<String, Vec<String>>,
    texts: BTreeMap<String, String>,
}

impl Recording {
    fn put(&mut self, key: String, done: &[Done]) {
        let commands = done.iter().map(|done| self.line(done)).collect();
        self.answers.insert(key, commands);
    }

    /// One command in a line.
    fn line(&mut self, done: &Done) -> String {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let stdout = self.name(text(&done.output.stdout));
        let stderr = self.name(text(&done.output.stderr));
        let mut line = format!("{} {stdout} {stderr}", done.output.status);
        for (name, state) in &done.files {
            line += &format!(" {name}={}", self.name(state.clone()));
        }
        line
    }

    /// Keeps a text under a name that depends on nothing else.
    fn name(&mut self, text: String) -> String {
        let name = hex(&Sha256::digest(&text)[..6]);
        self.texts.insert(name.clone(), text);
        name
    }

    /// The answer under a key; an error says what is wrong with the file.
    fn get(&self, key: &str) -> Option<Result<Vec<Done>, String>> {
        let lines = self.answers.get(key)?;
        Some(lines.iter().map(|line| self.done(line)).collect())
    }

    fn done(&self, line: &str) -> Result<Done, String> {
        let text = |name: Option<&str>| {
            let found = name.and_then(|name| self.texts.get(name)).cloned();
            found.ok_or_else(|| format!("no text {name:?} for {line:?}"))
        };
        let mut words = line.split(' ');
        let status = words.next().and_then(|word| word.parse().ok());
        let output = Output {
            status: status.ok_or_else(|| format!("no exit status in {line:?}"))?,
            stdout: text(words.next())?.into_bytes(),
            stderr: text(words.next())?.into_bytes(),
        };
        let file = |word: &str| {
            let (name, state) = word.rsplit_once('=').ok_or_else(|| format!("no file in {word:?}"))?;
            Ok((name.to_owned(), text(Some(state))?))
        };
        Ok(Done { output, files: words.map(file).collect::<Result<_, String>>()? })
    }
}

/// The answers of one case, and what the case has asked so far.
#[derive(Debug)]
pub struct Tape {
    case: String,
    recording: Recording,
    /// The hash of everything that happened to the host.
    history: [u8; 32],
    /// How often a question was asked with the same history.
    asked: HashMap<String, usize>,
}

impl Tape {
    /// One to record on.
    pub fn blank(case: &str, files: &Question) -> Tape {
        // A test's thread has the test's name, unless it is the only one.
        let test = std::thread::current().name().unwrap_or_default().to_owned();
        assert!(test != "main" && !test.is_empty(), "record with --test-threads 2 or more");
        let package = roots::package_version(Version::V3_11);
        let version = package.split('-').next().unwrap_or_default().to_owned();
        let recording = Recording { test, version, package, ..Recording::default() };
        let mut tape = Tape::with(case, recording);
        if !first_of(case) {
            // The case has several pairs, and the ones before have their answers there.
            tape.recording = read(case);
        }
        tape.note(files);
        tape
    }

    /// A recorded one. Panics if there is none or if it is of another version than ours.
    pub fn load(case: &str, files: &Question) -> Tape {
        let recording = read(case);
        let speaks = params::profile::MAIL_VERSION;
        assert!(recording.version == speaks, "{case}: stale, of {} and not {speaks}", recording.version);
        let mut tape = Tape::with(case, recording);
        tape.note(files);
        tape
    }

    fn with(case: &str, recording: Recording) -> Tape {
        Tape { case: case.to_owned(), recording, history: [0; 32], asked: HashMap::new() }
    }

    /// Something happened on which all later answers depend.
    pub fn note(&mut self, event: &Question) {
        let event = event.hash.clone().finalize();
        self.history = Sha256::new().chain_update(self.history).chain_update(event).finalize().into();
        self.asked.clear();
    }

    /// Keeps an answer.
    pub fn keep(&mut self, question: &Question, done: &[Done]) {
        let key = self.key(question);
        self.recording.put(key, done);
    }

    /// The answer to a question. Panics if it was not asked when the case was recorded.
    pub fn find(&mut self, question: &Question) -> Vec<Done> {
        let (key, case) = (self.key(question), &self.case);
        match self.recording.get(&key) {
            Some(Ok(done)) => done,
            Some(Err(error)) => panic!("{case}: the recording is broken: {error}"),
            None if question.optional => Vec::new(),
            None => panic!(
                "{case}: the recording is stale, it has no answer to {:?}: record again with OXIPOST_REFERENCE=record",
                question.title
            ),
        }
    }

    fn key(&mut self, question: &Question) -> String {
        let question = question.hash.clone().finalize();
        let hash = hex(&Sha256::new().chain_update(self.history).chain_update(question).finalize()[..8]);
        let times = self.asked.entry(hash.clone()).or_insert(0);
        *times += 1;
        if *times == 1 { hash } else { format!("{hash}-{times}") }
    }

    /// Writes what was recorded.
    pub fn save(&self) {
        let path = path(&self.case);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder of recordings");
        let text = toml::to_string_pretty(&self.recording).expect("a recording in TOML");
        fs::write(&path, text).expect("write a recording");
    }
}

fn path(case: &str) -> PathBuf {
    folder().join(format!("{case}.toml"))
}

/// All recordings.
pub fn files() -> Vec<PathBuf> {
    let (mut found, mut folders) = (Vec::new(), vec![folder()]);
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(&next).expect("a folder of recordings") {
            let path = entry.expect("a recording").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "toml") {
                found.push(path);
            }
        }
    }
    found
}

fn read(case: &str) -> Recording {
    let path = path(case);
    let text = fs::read_to_string(&path).unwrap_or_else(|error| {
        panic!("{}: {error}: this case has no recording and needs a reference", path.display())
    });
    toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// True for the first pair that a case starts in this run.
fn first_of(case: &str) -> bool {
    static SEEN: Mutex<Option<HashSet<String>>> = Mutex::new(None);
    SEEN.lock().expect("names of cases").get_or_insert_default().insert(case.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn done(stdout: &str, file: &str) -> Done {
        let output = Output { stdout: stdout.into(), stderr: b"warning\n".to_vec(), status: 1 };
        Done { output, files: vec![("/etc/x=y".to_owned(), file.to_owned())] }
    }

    #[test]
    fn what_was_kept_is_found() {
        let mut recording = Recording::default();
        let answers = [done("one\n\"two\"\n", "644 0:0\n'''\n"), done("", "gone\u{1}")];
        recording.put("key".to_owned(), &answers);
        let text = toml::to_string_pretty(&recording).expect("TOML");
        let again: Recording = toml::from_str(&text).expect("the same TOML");
        assert_eq!(again, recording);
        assert_eq!(again.get("key"), Some(Ok(answers.to_vec())));
        assert_eq!(again.get("other"), None);
    }

    #[test]
    fn damage_is_an_error() {
        let mut recording = Recording::default();
        recording.put("key".to_owned(), &[done("x", "y")]);
        recording.texts.clear();
        assert!(recording.get("key").is_some_and(|answer| answer.is_err()));
        for line in ["", "x", "0", "0 a b c"] {
            assert!(recording.done(line).is_err(), "{line:?}");
        }
    }

    #[test]
    fn answers_depend_on_what_came_before() {
        let ask = |word: &str| Question::new(word).part(word);
        let mut tape = Tape::with("self-test", Recording::default());
        let first = tape.key(&ask("a"));
        assert_eq!(tape.key(&ask("a")), format!("{first}-2"));
        assert_ne!(tape.key(&ask("b")), first);
        tape.note(&ask("edit"));
        assert_ne!(tape.key(&ask("a")), first);
    }

    #[test]
    fn parts_do_not_run_into_each_other() {
        let hash = |question: Question| question.hash.finalize();
        assert_ne!(
            hash(Question::new("").part("ab").part("c")),
            hash(Question::new("").part("a").part("bc"))
        );
    }

    #[test]
    #[should_panic(expected = "stale")]
    fn another_question_is_stale() {
        Tape::with("self-test", Recording::default()).find(&Question::new("postconf -n"));
    }
}
