//! postconf(1) beside older releases: what both know prints the same, apart from what docs/versions.md lists.

use crate::postconf_corpus;
use compat::roots::{self, Version};
use compat::{Host, HostSpec, Job, Output, batch};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;

#[test]
fn beside_3_10() {
    beside(Version::V3_10);
}

#[test]
fn beside_3_7() {
    beside(Version::V3_7);
}

fn beside(version: Version) {
    let documented = Documented::read(version);
    let (older, ours) = (HostSpec::reference(version).start(), HostSpec::ours(Version::V3_11).start());
    // Names that come from services must come from the same services.
    older.write("/etc/postfix/master.cf", ours.read("/etc/postfix/master.cf"));
    let (old, new) = (defaults(&older), defaults(&ours));
    let names = |settings: &BTreeMap<String, String>| settings.keys().cloned().collect::<BTreeSet<_>>();
    let (old_names, new_names) = (names(&old), names(&new));
    let without = |all: &BTreeSet<String>, known: &BTreeSet<String>| all.difference(known).cloned().collect();
    let in_both: BTreeSet<String> = old_names.intersection(&new_names).cloned().collect();
    let (same, changed): (BTreeSet<String>, _) =
        in_both.iter().cloned().partition(|name| old[name] == new[name]);
    let referring = documented.referring.intersection(&same).cloned().collect();
    let found = Documented {
        only_older: without(&old_names, &new_names),
        only_newer: without(&new_names, &old_names),
        changed,
        referring,
    };
    assert_eq!(found, documented, "docs/versions.md (right) is not what prints (left)");
    let same_expanded = without(&same, &documented.referring);
    same_on_corpus(&older, &ours, &Known { in_both, same, same_expanded, newer: new_names });
}

/// What docs/versions.md says of a release.
#[derive(Debug, Default, PartialEq, Eq)]
struct Documented {
    only_older: BTreeSet<String>,
    only_newer: BTreeSet<String>,
    changed: BTreeSet<String>,
    /// Names whose defaults are the same, but refer to such that are not.
    referring: BTreeSet<String>,
}

impl Documented {
    fn read(version: Version) -> Documented {
        let path = roots::project().join("docs/versions.md");
        let text = fs::read_to_string(path).expect("docs/versions.md");
        let heading = format!("## {}", version.name());
        let mut documented = Documented::default();
        let lines = text.lines().skip_while(|line| *line != heading).skip(1);
        let mut section = String::new();
        for line in lines.take_while(|line| !line.starts_with("## ")) {
            if let Some(title) = line.strip_prefix("### ") {
                section = title.to_owned();
            }
            let item = line.strip_prefix("- `").or_else(|| line.strip_prefix("| `"));
            let Some((name, _)) = item.and_then(|item| item.split_once('`')) else { continue };
            let list = if section.contains("only") {
                &mut documented.only_older
            } else if section.contains("does not have") {
                &mut documented.only_newer
            } else if section.contains("refer to") {
                &mut documented.referring
            } else if section.contains("others in") {
                &mut documented.changed
            } else {
                continue;
            };
            list.insert(name.to_owned());
        }
        documented
    }
}

/// `postconf -d`, without what is another in each run.
fn defaults(host: &Host) -> BTreeMap<String, String> {
    let text = String::from_utf8(host.must(["postconf", "-d"])).expect("defaults are text");
    settings(&text).filter(|(name, _)| name != "process_id").collect()
}

/// Lines `name = value`.
fn settings(text: &str) -> impl Iterator<Item = (String, String)> + '_ {
    text.lines()
        .filter_map(|line| line.split_once(" ="))
        .map(|(name, value)| (name.to_owned(), value.trim_start().to_owned()))
}

/// What is displayed of each configuration. What expands has fixed values of what configurations refer to and each
/// release has its own default of.
const DISPLAYS: &[&str] = &[
    "",
    "-n",
    "-nx -o mail_version=3 -o default_database_type=hash",
    "-C service",
    "-C user",
    "-M",
    "-Mf",
    "-F",
    "-P",
    "-h relayhost mydestination",
];

/// What is displayed of some. The default of the policy cannot be expanded where `mydomain` is empty.
const MORE_DISPLAYS: &[&str] = &[
    "-nf",
    "-x -o mail_version=3 -o default_database_type=hash -o smtp_requiretls_policy=",
    "-nfx -o mail_version=3 -o default_database_type=hash",
    "-C builtin -n",
    "-C service -x",
    "-C user -x -o mail_version=3 -o default_database_type=hash",
    "-Mx -o mail_version=3 -o default_database_type=hash",
    "-M */inet",
    "-Fx -o mail_version=3 -o default_database_type=hash",
    "-Pf",
    "-Px -o mail_version=3 -o default_database_type=hash",
    "-P */inet/*",
];

/// Of so many configurations one is displayed in more ways, and edited.
const SOME: usize = 3;

/// Names of parameters.
struct Known {
    /// That both releases have.
    in_both: BTreeSet<String>,
    /// That have the same default in both.
    same: BTreeSet<String>,
    /// Whose default is the same in both when it is expanded, too.
    same_expanded: BTreeSet<String>,
    /// That the newer one has.
    newer: BTreeSet<String>,
}

impl Known {
    /// What a command printed about names that mean the same in both.
    fn part_of(&self, command: &[String], output: &Output) -> Vec<(String, String)> {
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let of = |is_wanted: &dyn Fn(&String) -> bool| {
            settings(&text.replace("\n    ", " ")).filter(|(name, _)| is_wanted(name)).collect::<Vec<_>>()
        };
        let command = command[1..].join(" ");
        match command.split(" -o").next().unwrap_or_default() {
            "" => of(&|name| self.same.contains(name)),
            "-x" => of(&|name| self.same_expanded.contains(name)),
            "-n" | "-nf" | "-nx" | "-nfx" | "-C builtin -n" | "-C service" | "-C service -x" => {
                of(&|name| self.in_both.contains(name))
            }
            "-C user" | "-C user -x" => of(&|name| !self.newer.contains(name)),
            _ => vec![(String::new(), text)],
        }
    }
}

/// main.cf and master.cf of real configurations print the same, as far as both know the names.
fn same_on_corpus(older: &Host, ours: &Host, known: &Known) {
    let hosts = [older, ours];
    let mut jobs: Vec<Job> = postconf_corpus::configurations(&hosts, DISPLAYS);
    let more = postconf_corpus::configurations(&hosts, MORE_DISPLAYS).into_iter().step_by(SOME);
    jobs.extend(more.flat_map(|job| [edits_of(&job), job]));
    let (theirs, ours) = (batch::outputs(older, &jobs), batch::outputs(ours, &jobs));
    for ((job, theirs), ours) in jobs.iter().zip(&theirs).zip(&ours) {
        for ((command, theirs), ours) in job.commands.iter().zip(theirs).zip(ours) {
            let title = format!("{}: {}", job.title, command.join(" "));
            assert_eq!(theirs.status, ours.status, "{title}");
            assert_eq!(known.part_of(command, theirs), known.part_of(command, ours), "{title}");
        }
    }
}

/// The job that edits the configuration of another, and shows the files after that. The older releases do not agree
/// with the newer about where new settings go, if there are some or the last line does not end: here are old ones.
fn edits_of(job: &Job) -> Job {
    const SETTINGS: &[u8] = b"\nrelayhost =\nmynetworks =\ninet_protocols = all\n";
    let mut job = postconf_corpus::edits_of(job);
    for (name, content) in &mut job.files {
        if name == "main.cf" {
            content.extend_from_slice(SETTINGS);
        }
    }
    job.commands.push(["cat", "/etc/postfix/main.cf", "/etc/postfix/master.cf"].map(str::to_owned).to_vec());
    Job { edits: false, ..job }
}
