//! Two hosts with the same configuration, the reference's programs in one and ours in the other.

use crate::host::{Host, HostSpec, Output};
use crate::normalise::Normaliser;
use crate::recorded::{self, Answers};
use crate::roots::Version;
use crate::transcript::Transcript;
use std::ffi::OsStr;
use std::path::Path;

/// Two hosts that are to behave the same.
pub struct Pair {
    case: String,
    /// The host with Debian's Postfix.
    pub theirs: Host,
    /// The host with ours installed over it.
    pub ours: Host,
}

/// A pair before it is started.
pub struct PairBuilder {
    case: String,
    theirs: HostSpec,
    ours: HostSpec,
}

impl Pair {
    /// A pair on Postfix 3.11; `case` names it in the ledger.
    #[allow(clippy::new_ret_no_self, reason = "a pair is built in steps, and each case begins here")]
    pub fn new(case: &str) -> PairBuilder {
        PairBuilder {
            case: case.to_owned(),
            theirs: HostSpec::reference(Version::V3_11),
            ours: HostSpec::ours(Version::V3_11),
        }
    }

    /// Both hosts, the reference first.
    pub fn hosts(&self) -> [&Host; 2] {
        [&self.theirs, &self.ours]
    }

    /// The name of the case, as in the ledger.
    pub fn case(&self) -> &str {
        &self.case
    }

    /// Runs a command on both, as root, with nothing on its standard input.
    pub fn run<S: AsRef<OsStr> + Clone>(&self, argv: impl IntoIterator<Item = S>) -> PairOutput<'_> {
        self.run_with_input(argv, b"")
    }

    /// Runs a command on both, as root.
    pub fn run_with_input<S: AsRef<OsStr> + Clone>(
        &self,
        argv: impl IntoIterator<Item = S>,
        input: &[u8],
    ) -> PairOutput<'_> {
        let argv: Vec<S> = argv.into_iter().collect();
        let words: Vec<String> =
            argv.iter().map(|word| word.as_ref().to_string_lossy().into_owned()).collect();
        PairOutput {
            pair: self,
            what: words.join(" "),
            theirs: self.theirs.run_with_input(argv.iter().cloned(), input),
            ours: self.ours.run_with_input(argv, input),
            rules: Vec::new(),
        }
    }

    /// Does the same with both hosts and compares what was written down.
    pub fn assert_same(&self, scenario: impl Fn(&Host) -> Transcript + Sync) {
        let (theirs, ours) = std::thread::scope(|scope| {
            let theirs = scope.spawn(|| scenario(&self.theirs));
            let ours = scenario(&self.ours);
            (theirs.join().expect("the scenario on the reference"), ours)
        });
        theirs.assert_same(&ours, &self.case);
    }

    /// Compares a file of both hosts: bytes, mode and owner.
    pub fn assert_same_file(&self, path: &str) {
        let mut theirs = Transcript::new();
        let mut ours = Transcript::new();
        theirs.file(&self.theirs, Path::new(path));
        ours.file(&self.ours, Path::new(path));
        theirs.assert_same(&ours, &self.case);
    }
}

/// A recording is of use only if ours has passed.
impl Drop for Pair {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.theirs.answers.save();
        }
    }
}

impl PairBuilder {
    /// Does the same to both hosts.
    pub fn both(mut self, change: impl Fn(HostSpec) -> HostSpec) -> PairBuilder {
        self.theirs = change(self.theirs);
        self.ours = change(self.ours);
        self
    }

    /// Adds lines to the packaged main.cf.
    pub fn main_cf(self, lines: &str) -> PairBuilder {
        self.both(|spec| spec.main_cf(lines))
    }

    /// Replaces master.cf.
    pub fn master_cf(self, content: &str) -> PairBuilder {
        self.file("/etc/postfix/master.cf", content)
    }

    /// Puts a file into both hosts.
    pub fn file(self, path: &str, content: impl AsRef<[u8]>) -> PairBuilder {
        self.both(|spec| spec.file(path, content.as_ref()))
    }

    /// Starts both hosts (not yet their mail systems).
    pub fn build(mut self) -> Pair {
        if recorded::has(&self.case) {
            self = self.both(HostSpec::recorded_configuration);
        }
        let (theirs, ours) = Answers::for_case(&self.case, &self.theirs.question());
        Pair { theirs: self.theirs.start_with(theirs), ours: self.ours.start_with(ours), case: self.case }
    }
}

/// What one command did on both sides.
#[must_use = "compare it: assert_same()"]
pub struct PairOutput<'a> {
    pair: &'a Pair,
    what: String,
    /// On the reference.
    pub theirs: Output,
    /// On ours.
    pub ours: Output,
    rules: Vec<Normaliser>,
}

impl PairOutput<'_> {
    /// Opts into normalisation of both output channels.
    pub fn normalise(mut self, rules: &[Normaliser]) -> Self {
        self.rules.extend_from_slice(rules);
        self
    }

    /// Compares exit status, standard output and standard error.
    pub fn assert_same(self) {
        let transcript = |output: &Output| {
            let mut transcript = Transcript::new();
            transcript.output(&self.what, output, &self.rules);
            transcript
        };
        transcript(&self.theirs).assert_same(&transcript(&self.ours), &self.pair.case);
    }
}

/// Text as it is; other bytes so that they can be told apart.
pub fn printable(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.escape_ascii().to_string().replace("\\n", "\n"),
    }
}
