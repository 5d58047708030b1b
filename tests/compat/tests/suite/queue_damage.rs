//! Damaged queue files and queues in disorder, by the thousand: what the reference makes of each is what ours makes of it.

use crate::queue_kinds::{archived, archived_on, tried, without_debugging};
use compat::batch::no_sleep;
use compat::host::Host;
use compat::pair::printable;
use compat::roots::Version;
use compat::{HostSpec, Pair, Transcript};
use std::fs;

const SCRIPTS: &[(&str, &str)] = &[
    ("mutate.pl", include_str!("queue_damage/mutate.pl")),
    ("disorder.pl", include_str!("queue_damage/disorder.pl")),
    ("postcat.sh", include_str!("queue_damage/postcat.sh")),
    ("listing.sh", include_str!("queue_damage/listing.sh")),
    ("settled.sh", include_str!("queue_damage/settled.sh")),
    ("qmgr.sh", include_str!("queue_damage/qmgr.sh")),
    ("pickup.sh", include_str!("queue_damage/pickup.sh")),
    ("verdicts.pl", include_str!("queue_damage/verdicts.pl")),
];

/// What becomes of mail that damaged files let through.
const DESTINATIONS: &str = "\
enable_long_queue_ids = yes
mydestination =
alias_maps =
alias_database =
in_flow_delay = 0
default_transport = discard:gone
relay_transport = discard:gone
transport_maps = inline:{{later.example=retry:4.3.0 later} {bounced.example=error:5.1.1 no such user}}
";

fn with_scripts(spec: HostSpec) -> HostSpec {
    let no_sleep = fs::read(no_sleep()).expect("the library without sleep");
    let spec = spec.file("/queue_damage/no_sleep.so", no_sleep);
    SCRIPTS.iter().fold(spec, |spec, (name, text)| spec.file(format!("/queue_damage/{name}"), text))
}

fn pair(case: &str, main_cf: &str) -> Pair {
    archived(case, main_cf).both(with_scripts).build()
}

/// What a script says about the archived queue, one section for each of its titles.
fn sections(host: &Host, script: &str) -> Transcript {
    host.must(["perl", "/queue_kinds/restore.pl", "/tmp/kinds.tar", "named"]);
    let output = host.run(["bash", "-c", &format!(". /queue_damage/{script}")]);
    let mut transcript = Transcript::new();
    for section in without_debugging(&printable(&output.stdout)).split("== ").skip(1) {
        transcript.text("stdout", section.lines().next().unwrap_or_default(), section);
    }
    transcript.text("status", script, &format!("{} {}", output.status, printable(&output.stderr)));
    transcript
}

#[test]
fn postcat_judges_2000_damaged_files() {
    pair("queue-damage/postcat", "enable_long_queue_ids = yes\n")
        .assert_same(|host| sections(host, "postcat.sh"));
}

#[test]
fn showq_judges_2000_damaged_files() {
    pair("queue-damage/listing", "enable_long_queue_ids = yes\n")
        .assert_same(|host| sections(host, "listing.sh"));
}

#[test]
fn qmgr_judges_damaged_files() {
    pair("queue-damage/qmgr", DESTINATIONS).assert_same(|host| sections(host, "qmgr.sh recent"));
}

#[test]
fn pickup_and_cleanup_judge_2000_damaged_files() {
    pair("queue-damage/pickup", DESTINATIONS).assert_same(|host| sections(host, "pickup.sh"));
}

/// Our queue manager lives on, and none of these files stays in its way.
#[test]
fn qmgr_survives_damaged_files_of_long_ago() {
    let spec = with_scripts(archived_on(HostSpec::ours(Version::V3_11), DESTINATIONS));
    let host = spec.start();
    sections(&host, "qmgr.sh ancient");
    let log = printable(&host.read("/var/log/mail.log"));
    assert!(log.contains("envelope records out of order") && log.contains("bad extra offset"), "{log}");
    assert!(!log.contains("exit status") && !log.contains("killed by signal"), "{log}");
    let waiting =
        host.must(["find", "/var/spool/postfix/incoming", "/var/spool/postfix/active", "-type", "f"]);
    assert_eq!(printable(&waiting), "");
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
    let pair = pair("queue-damage/disorder", "enable_long_queue_ids = yes\n");
    pair.assert_same(|host| tried(host, "/tmp/kinds.tar", "named", &script));
}
