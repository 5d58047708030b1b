//! Damaged queue files and queues in disorder, by the thousand: what the reference makes of each is what ours makes of it.

use crate::queue_kinds::{archived, tried, without_debugging};
use compat::batch::no_sleep;
use compat::host::Host;
use compat::pair::printable;
use compat::{Pair, Transcript};
use std::fs;

const SCRIPTS: &[(&str, &str)] = &[
    ("mutate.pl", include_str!("queue_damage/mutate.pl")),
    ("disorder.pl", include_str!("queue_damage/disorder.pl")),
    ("postcat.sh", include_str!("queue_damage/postcat.sh")),
    ("listing.sh", include_str!("queue_damage/listing.sh")),
];

fn pair(case: &str) -> Pair {
    let mut builder = archived(case, "enable_long_queue_ids = yes\n")
        .file("/queue_damage/no_sleep.so", fs::read(no_sleep()).expect("the library without sleep"));
    for (name, text) in SCRIPTS {
        builder = builder.file(&format!("/queue_damage/{name}"), text);
    }
    builder.build()
}

/// What a script says about the archived queue, one section for each of its titles.
fn sections(host: &Host, script: &str) -> Transcript {
    host.must(["perl", "/queue_kinds/restore.pl", "/tmp/kinds.tar", "named"]);
    let output = host.run(["bash", &format!("/queue_damage/{script}")]);
    let mut transcript = Transcript::new();
    for section in without_debugging(&printable(&output.stdout)).split("== ").skip(1) {
        transcript.text("stdout", section.lines().next().unwrap_or_default(), section);
    }
    transcript.text("status", script, &format!("{} {}", output.status, printable(&output.stderr)));
    transcript
}

#[test]
fn postcat_judges_2000_damaged_files() {
    pair("queue-damage/postcat").assert_same(|host| sections(host, "postcat.sh"));
}

#[test]
fn showq_judges_2000_damaged_files() {
    pair("queue-damage/listing").assert_same(|host| sections(host, "listing.sh"));
}

/// Each disorder is new, and repaired or worked on in one of these ways.
const COMMANDS: &[&str] = &[
    "postsuper -v; postsuper -v",
    "postsuper -S -v; postsuper -h ALL",
    "postsuper -ps; postsuper -v -d ALL",
    "postsuper -h ALL; postsuper -r ALL",
    "postsuper -v -H ALL -e ALL",
    "find hold deferred bounce -printf '%f\\n' | sort >/tmp/names; postsuper -v -d - </tmp/names",
];

#[test]
fn postsuper_puts_disorder_in_order() {
    let line = |seed: usize| {
        let commands = COMMANDS[seed % COMMANDS.len()];
        format!("perl /queue_damage/disorder.pl {seed}; {commands}; postqueue -p\n")
    };
    let script: String = (1..=30).map(line).collect();
    let pair = pair("queue-damage/disorder");
    pair.assert_same(|host| tried(host, "/tmp/kinds.tar", "named", &script));
}
