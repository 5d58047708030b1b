//! Thousands of short commands at little cost: both hosts of a pair run them from shell scripts, in some lanes side by
//! side, and what each printed is compared as for a single command.
//!
//! A [`Job`] is a configuration directory and the commands that are run while it stands as `/etc/postfix`.

use crate::host::{Host, Output};
use crate::pair::{Pair, printable};
use crate::recorded::{Done, Question};
use crate::roots;
use crate::transcript::Transcript;
use bstr::ByteSlice;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// A configuration and the commands that look at it or change it.
#[derive(Clone, Debug, Default)]
pub struct Job {
    /// Names the job within its case.
    pub title: String,
    /// What is in `/etc/postfix`: names, which may have folders in them, and contents.
    pub files: Vec<(String, Vec<u8>)>,
    /// The commands, in order.
    pub commands: Vec<Vec<String>>,
    /// Whether `main.cf` and `master.cf` are to be compared after each command: content, mode and owner.
    pub edits: bool,
}

const CONFIGURATION_FILES: [&str; 2] = ["main.cf", "master.cf"];

/// From here on an exit status stands for a signal: endless recursion makes the reference run out of stack.
const CRASHED: i32 = 128;

/// What the reference says when it has no more memory.
const NO_MEMORY: &str = ": insufficient memory for ";

/// The end of a command's output, before its exit status.
const END: &str = "\n\u{1}end ";

/// What every lane starts with. A command that does not end is ended by its use of the processor, one that wants ever
/// more memory by not getting it. All commands have the same process id, because some print it. Files are made old
/// after each edit: the reference reads young ones again and again, and says each time what it has to say.
const PRELUDE: &str = r"
ulimit -t 20 -v 2000000
export LD_PRELOAD=/batch/no_sleep.so
job() { begun=$lane/$1.begun; exec >$lane/$1.out 2>$lane/$1.err; mount --bind $lane/$1.etc /etc/postfix; }
begin() { echo 1000 >/proc/sys/kernel/ns_last_pid; } 2>/dev/null
end() { local status=$?; printf '\n\1end %d\n' $status; printf '\n\1end 0\n' >&2; }
keep() {
    for name in main.cf master.cf; do
        [[ ! -e /etc/postfix/$name || $begun -nt /etc/postfix/$name ]] && continue
        cp -p /etc/postfix/$name $lane/$1
        touch -d '1 hour ago' /etc/postfix/$name
    done
    : >$begun
}
";

/// In what order the reference goes through its hash tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Order {
    /// The same in each run.
    Fixed,
    /// Another in each run, as on a real host.
    Random,
}

/// Runs the jobs on both hosts and gives the title of each that differs, with the differences.
pub fn differences(pair: &Pair, jobs: &[Job]) -> Vec<(String, String)> {
    let (theirs, ours) = std::thread::scope(|scope| {
        let theirs = scope.spawn(|| run(&pair.theirs, jobs, Order::Fixed));
        let ours = run(&pair.ours, jobs, Order::Fixed);
        (theirs.join().expect("jobs on the reference"), ours)
    });
    let compared = jobs.iter().zip(&theirs).zip(&ours);
    let suspects = compared
        .map(|((job, theirs), ours)| Suspect {
            job,
            ours,
            differing: differing_commands(pair, job, theirs, ours),
        })
        .filter(|suspect| !suspect.differing.is_empty())
        .collect();
    in_no_order(pair, suspects)
}

/// Runs the jobs on one host: what each command of each printed.
pub fn outputs(host: &Host, jobs: &[Job]) -> Vec<Vec<Output>> {
    let jobs = run(host, jobs, Order::Fixed);
    jobs.into_iter().map(|done| done.into_iter().map(|done| done.output).collect()).collect()
}

/// A job of which some commands did something else on ours.
struct Suspect<'a> {
    job: &'a Job,
    ours: &'a [Done],
    /// The positions of the commands, with the differences.
    differing: Vec<(usize, String)>,
}

/// The positions of commands that did something else on ours, with the difference.
fn differing_commands(pair: &Pair, job: &Job, theirs: &[Done], ours: &[Done]) -> Vec<(usize, String)> {
    let case = format!("{}/{}", pair.case(), job.title);
    let commands = job.commands.iter().zip(theirs.iter().zip(ours)).enumerate();
    commands
        .filter(|(_, (_, (theirs, _)))| came_to_an_end(&theirs.output))
        .map(|(at, (command, (theirs, ours)))| {
            (at, transcript(command, theirs).differences(&transcript(command, ours), &case))
        })
        .filter(|(_, report)| !report.is_empty())
        .collect()
}

/// Did the reference do its work, for good or ill? Else there is nothing to compare.
fn came_to_an_end(theirs: &Output) -> bool {
    theirs.status < CRASHED && !theirs.stderr.contains_str(NO_MEMORY)
}

/// What a configuration with several errors makes the reference say depends on the order of its hash tables, which is
/// another in each run. Gives the title of each job in which ours does what the reference does in no order, with the
/// differences.
fn in_no_order(pair: &Pair, suspects: Vec<Suspect<'_>>) -> Vec<(String, String)> {
    /// How many orders are tried at once; many only with the few jobs that some did not explain.
    const FEW: usize = 8;
    const MANY: usize = 60;
    /// How often many are tried. With ten errors, of which the reference speaks of the first that it finds, so many miss
    /// one of them once in 10^27 times.
    const ROUNDS: usize = 10;
    let rounds = [FEW].into_iter().chain([MANY; ROUNDS]);
    let wrong = rounds.fold(suspects, |suspects, orders| in_none_of(pair, suspects, orders));
    wrong
        .into_iter()
        .map(|suspect| {
            let reports = suspect.differing.into_iter().map(|(_, report)| report);
            (suspect.job.title.clone(), reports.collect())
        })
        .collect()
}

/// The suspects, and of these the commands, in which ours does what the reference does in none of some orders. Where
/// one order makes the reference run out of stack, nobody knows what it would have said.
fn in_none_of<'a>(pair: &Pair, suspects: Vec<Suspect<'a>>, orders: usize) -> Vec<Suspect<'a>> {
    let copies: Vec<Job> = suspects.iter().flat_map(|suspect| vec![suspect.job.clone(); orders]).collect();
    let answers = run(&pair.theirs, &copies, Order::Random);
    let wrong = suspects.into_iter().zip(answers.chunks(orders)).map(|(mut suspect, answers)| {
        suspect.differing.retain(|(at, _)| {
            let answers: Vec<&Done> = answers.iter().filter_map(|done| done.get(*at)).collect();
            let is_lost = answers.iter().any(|done| !came_to_an_end(&done.output));
            !is_lost && (answers.is_empty() || !is_left_to_order(&answers, &suspect.ours[*at]))
        });
        suspect
    });
    wrong.filter(|suspect| !suspect.differing.is_empty()).collect()
}

/// Is ours within what the reference leaves to the order of its hash tables? Apart from diagnostics it is the same as
/// some answer. Diagnostics: the fatal one is that of some answer, and what comes before it is left to chance; without
/// one, ours has every line that all answers have, and none that no answer has.
fn is_left_to_order(answers: &[&Done], ours: &Done) -> bool {
    let all: Vec<Vec<&[u8]>> = answers.iter().map(|done| sorted_lines(done)).collect();
    let varies = all.windows(2).any(|two| two[0] != two[1]);
    let ours_lines = sorted_lines(ours);
    let is_relevant = |line: &&&[u8]| ours.output.status == 0 || line.contains_str(": fatal: ");
    let has = |lines: &Vec<&[u8]>, line: &&[u8]| lines.binary_search(line).is_ok();
    let has_no_other =
        ours_lines.iter().filter(is_relevant).all(|line| all.iter().any(|lines| has(lines, line)));
    let in_all = all[0].iter().filter(|line| all.iter().all(|lines| has(lines, line)));
    let lacks_none = in_all.filter(is_relevant).all(|line| has(&ours_lines, line));
    let is_same = |theirs: &&Done| {
        theirs.output.status == ours.output.status
            && theirs.output.stdout == ours.output.stdout
            && theirs.files == ours.files
    };
    varies && has_no_other && lacks_none && answers.iter().any(is_same)
}

fn sorted_lines(done: &Done) -> Vec<&[u8]> {
    let mut lines: Vec<&[u8]> = done.output.stderr.split(|byte| *byte == b'\n').collect();
    lines.sort_unstable();
    lines
}

/// Runs the jobs and panics with all differences that the ledger does not know.
pub fn assert_same(pair: &Pair, jobs: &[Job]) {
    let found = differences(pair, jobs);
    let report: String = found.iter().map(|(_, report)| report.as_str()).collect();
    assert!(
        found.is_empty(),
        "{} of {} differ; ours (+), the reference (-)\n{report}",
        found.len(),
        jobs.len()
    );
}

/// Standard error is compared without order: the reference's warnings follow its hash tables.
fn transcript(command: &[String], done: &Done) -> Transcript {
    let what = command.join(" ");
    let mut transcript = Transcript::new();
    transcript.text("status", &what, &done.output.status.to_string());
    transcript.text("stdout", &what, &printable(&done.output.stdout));
    transcript.unordered("stderr", &what, &printable(&done.output.stderr));
    for (name, text) in &done.files {
        transcript.text("files", &format!("{name} after {what}"), text);
    }
    transcript
}

/// Runs the jobs on one host.
fn run(host: &Host, jobs: &[Job], order: Order) -> Vec<Vec<Done>> {
    let questions = jobs.iter().map(|job| question(job, order));
    host.answers.to_all(questions, || run_in_lanes(host, jobs, order))
}

/// All that decides what the reference says to a job. Which jobs it is asked in random orders depends on ours.
fn question(job: &Job, order: Order) -> Question {
    let question = Question::new(&job.title).part(format!("{order:?} {}", job.edits));
    let question = match order {
        Order::Fixed => question,
        Order::Random => question.optional(),
    };
    let files = job.files.iter().flat_map(|(name, content)| [name.as_bytes(), content]);
    let question = files.fold(question, Question::part);
    job.commands
        .iter()
        .fold(question, |question, command| command.iter().fold(question.part(b"command"), Question::part))
}

fn run_in_lanes(host: &Host, jobs: &[Job], order: Order) -> Vec<Vec<Done>> {
    /// A few, because some commands wait rather than work.
    const LANES: usize = 4;
    host.place("/batch/no_sleep.so", fs::read(no_sleep()).expect("the library without sleep"));
    let all: Vec<(usize, &Job)> = jobs.iter().enumerate().collect();
    let lanes: Vec<Vec<(usize, &Job)>> = (0..LANES)
        .map(|lane| all.iter().copied().filter(|(at, _)| at % LANES == lane).collect())
        .filter(|lane: &Vec<_>| !lane.is_empty())
        .collect();
    let mut done = std::thread::scope(|scope| {
        let lanes: Vec<_> = lanes
            .iter()
            .enumerate()
            .map(|(number, lane)| scope.spawn(move || run_lane(host, number, lane, order)))
            .collect();
        lanes.into_iter().flat_map(|lane| lane.join().expect("a lane")).collect::<Vec<_>>()
    });
    done.sort_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, done)| done).collect()
}

/// Runs some of the jobs one after the other, with mounts of their own, and with process ids of their own: the same
/// commands then get the same ids on both hosts.
fn run_lane(host: &Host, number: usize, jobs: &[(usize, &Job)], order: Order) -> Vec<(usize, Vec<Done>)> {
    let folder = PathBuf::from(format!("/batch/{number}"));
    let mut script = format!("lane={}\n{PRELUDE}", folder.display());
    for (at, job) in jobs {
        prepare(host, &folder, *at, job);
        write_script(&mut script, *at, job);
    }
    let path = folder.join("script");
    host.place(&path, script);
    let mut command = host.command(["unshare", "--mount", "--pid", "--fork", "bash"]);
    if order == Order::Random {
        command.env_remove("NORANDOMIZE");
    }
    let status = command.arg(&path).status();
    assert!(status.is_ok_and(|status| status.success()), "lane {number} did not run to its end");
    let read = jobs.iter().map(|(at, job)| (*at, collect(host, &folder, *at, job))).collect();
    let _ = fs::remove_dir_all(host.path(&folder));
    read
}

/// Writes the files of a job into its folder on the host.
fn prepare(host: &Host, folder: &Path, at: usize, job: &Job) {
    let configuration = folder.join(format!("{at}.etc"));
    for (name, content) in &job.files {
        host.place(configuration.join(name), content);
    }
    let folders = if job.edits { job.commands.len() + 1 } else { 0 };
    for number in 0..folders {
        fs::create_dir_all(host.path(folder.join(format!("{at}.{number}")))).expect("a folder for edits");
    }
}

fn write_script(script: &mut String, at: usize, job: &Job) {
    let _ = writeln!(script, "job {at}");
    if job.edits {
        let _ = writeln!(script, "keep {at}.0");
    }
    for (number, command) in job.commands.iter().enumerate() {
        let words: Vec<String> = command.iter().map(|word| quoted(word)).collect();
        let _ = writeln!(script, "begin; {}; end", words.join(" "));
        if job.edits {
            let _ = writeln!(script, "keep {at}.{}", number + 1);
        }
    }
    script.push_str("umount /etc/postfix\n");
}

/// A word for the shell.
fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// Reads what a job left behind.
fn collect(host: &Host, folder: &Path, at: usize, job: &Job) -> Vec<Done> {
    let read = |kind| split(&host.read(folder.join(format!("{at}.{kind}"))));
    let (outputs, errors) = (read("out"), read("err"));
    assert_eq!(outputs.len(), job.commands.len(), "{}: commands that ended", job.title);
    let mut files = BTreeMap::new();
    let outputs = outputs.into_iter().zip(errors).enumerate();
    outputs
        .map(|(number, ((stdout, status), (stderr, _)))| {
            if job.edits {
                // What a command did not change is as it was before.
                for number in [number, number + 1] {
                    files.extend(kept(&host.path(folder.join(format!("{at}.{number}")))));
                }
            }
            let files = files.iter().map(|(name, text): (&&str, &String)| ((*name).to_owned(), text.clone()));
            Done { output: Output { stdout, stderr, status }, files: files.collect() }
        })
        .collect()
}

/// The parts of a stream, each with the number behind its end mark.
fn split(stream: &[u8]) -> Vec<(Vec<u8>, i32)> {
    let mut parts = Vec::new();
    let mut rest = stream;
    while let Some(at) = rest.find(END) {
        let (part, tail) = (&rest[..at], &rest[at + END.len()..]);
        let line = tail.find_byte(b'\n').unwrap_or(tail.len());
        let number = String::from_utf8_lossy(&tail[..line]).parse().expect("a number behind the mark");
        parts.push((part.to_vec(), number));
        rest = tail.get(line + 1..).unwrap_or_default();
    }
    parts
}

/// The configuration files that a command left in a folder: mode, owner, group and content.
fn kept(folder: &Path) -> impl Iterator<Item = (&'static str, String)> {
    let folder = folder.to_owned();
    let describe = move |name: &'static str| {
        let path = folder.join(name);
        let metadata = fs::metadata(&path).ok()?;
        let content = printable(&fs::read(&path).ok()?);
        let mode = metadata.permissions().mode();
        Some((name, format!("{mode:o} {}:{}\n{content}", metadata.uid(), metadata.gid())))
    };
    CONFIGURATION_FILES.into_iter().filter_map(describe)
}

/// A library that does away with sleep(3), compiled once.
pub fn no_sleep() -> &'static Path {
    static LIBRARY: OnceLock<PathBuf> = OnceLock::new();
    LIBRARY.get_or_init(|| {
        let library = roots::target().join("no_sleep.so");
        let source = roots::project().join("tests/compat/src/no_sleep.c");
        let scratch = library.with_extension(std::process::id().to_string());
        let mut compiler = Command::new("cc");
        compiler.args(["-shared", "-fPIC", "-nostdlib", "-O1", "-o"]).arg(&scratch).arg(source);
        assert!(compiler.status().is_ok_and(|status| status.success()), "cc did not compile no_sleep.c");
        fs::rename(&scratch, &library).expect("put a library in its place");
        library
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_are_split_at_their_marks() {
        let stream = b"one\n\n\x01end 0\n\n\x01end 75\nrest";
        assert_eq!(split(stream), [(b"one\n".to_vec(), 0), (Vec::new(), 75)]);
    }

    #[test]
    fn words_are_quoted_for_the_shell() {
        assert_eq!(quoted("it's $x"), r"'it'\''s $x'");
    }
}
