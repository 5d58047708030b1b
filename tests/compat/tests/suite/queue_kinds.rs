//! The queue's commands on queues that the real 3.11 made: messages of every kind, the same files, with the same inode
//! numbers, on both sides. What a command prints and logs, and the queue that it leaves behind, must be the same.

use compat::host::Host;
use compat::normalise::{self, Normaliser};
use compat::pair::{PairBuilder, printable};
use compat::roots::Version;
use compat::{HostSpec, Pair, Transcript};
use std::sync::LazyLock;

/// The scripts that work inside the hosts.
const SCRIPTS: &[(&str, &str)] = &[
    ("fill.sh", include_str!("queue_kinds/fill.sh")),
    ("smtp.pl", include_str!("queue_kinds/smtp.pl")),
    ("milter.pl", include_str!("queue_kinds/milter.pl")),
    ("restore.pl", include_str!("queue_kinds/restore.pl")),
    ("try.sh", include_str!("queue_kinds/try.sh")),
    ("left.sh", include_str!("queue_kinds/left.sh")),
    ("disturb.sh", include_str!("queue_kinds/disturb.sh")),
    ("showq.pl", include_str!("queue_kinds/showq.pl")),
];

/// Archives of queues.
pub struct Archives {
    kinds: Vec<u8>,
    large: Vec<u8>,
}

/// Those of most cases, made once.
static ARCHIVES: LazyLock<Archives> = LazyLock::new(|| fill(Version::V3_11));

/// Has a real mail system fill its queue.
pub fn fill(version: Version) -> Archives {
    let host = with_scripts(HostSpec::reference(version)).start();
    host.must(["bash", "/queue_kinds/fill.sh", "/tmp"]);
    Archives { kinds: host.read("/tmp/kinds.tar"), large: host.read("/tmp/large.tar") }
}

fn with_scripts(spec: HostSpec) -> HostSpec {
    SCRIPTS.iter().fold(spec, |spec, (name, text)| spec.file(format!("/queue_kinds/{name}"), text))
}

const MAIN_CF: &str = "\
maillog_file = /var/log/mail.log
myhostname = mail.example.com
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
";

/// Two hosts with the archived queues in `/tmp`.
fn pair(case: &str, main_cf: &str) -> Pair {
    archived(case, main_cf).build()
}

/// The same, before they are started.
pub fn archived(case: &str, main_cf: &str) -> PairBuilder {
    Pair::new(case).both(|spec| archived_on(spec, main_cf))
}

/// One host with the archived queues in `/tmp`.
pub fn archived_on(spec: HostSpec, main_cf: &str) -> HostSpec {
    with_archives(spec, &ARCHIVES, main_cf)
}

/// The same with others than those of most cases.
pub fn with_archives(spec: HostSpec, archives: &Archives, main_cf: &str) -> HostSpec {
    with_scripts(spec)
        .main_cf(MAIN_CF)
        .main_cf(main_cf)
        .file("/tmp/kinds.tar", &archives.kinds)
        .file("/tmp/large.tar", &archives.large)
}

const RULES: &[Normaliser] = &[Normaliser::LogNumber, Normaliser::Pid];

/// What was printed by the lines of a script for `try.sh`, one section each.
pub fn tried(host: &Host, archive: &str, naming: &str, lines: &str) -> Transcript {
    let output = host.run_with_input(["bash", "/queue_kinds/try.sh", archive, naming], lines.as_bytes());
    let text = without_debugging(&printable(&output.stdout));
    let mut transcript = Transcript::new();
    for section in text.split("== ").skip(1) {
        let title = section.lines().next().unwrap_or_default();
        transcript.text("queue", &format!("{title} ({naming})"), section);
    }
    transcript.text("status", "try.sh", &format!("{} {}", output.status, printable(&output.stderr)));
    transcript
}

/// Without the time of log lines, and without what `-v` says about the configuration.
pub fn without_debugging(text: &str) -> String {
    static DEBUGGING: LazyLock<regex::Regex> = LazyLock::new(|| {
        let pattern = r"(?m)^(?:\w+: |.*\]: )(?:name_mask|inet_addr_local|mynetworks\w*): .*\n";
        regex::Regex::new(pattern).expect("a pattern")
    });
    static LOG_TIME: LazyLock<regex::Regex> =
        LazyLock::new(|| regex::Regex::new(r"(?m)^\w{3} [ \d]\d \d\d:\d\d:\d\d ").expect("a pattern"));
    let text = LOG_TIME.replace_all(text, "");
    normalise::apply(RULES, &DEBUGGING.replace_all(&text, ""))
}

/// Names of all complete messages, in the queue directory.
const IDS: &str =
    "$(find maildrop incoming active deferred hold -type f ! -name '*.*' -printf '%f\\n' | sort)";
/// The same without those with thousands of recipients.
const SMALL_IDS: &str =
    "$(find maildrop incoming active deferred hold -type f ! -name '*.*' -size -80 -printf '%f\\n' | sort)";

#[test]
fn postcat_shows_every_kind() {
    let pair = pair("queue-kinds/postcat", "");
    let mut script = format!("postcat -q {IDS}\n");
    for options in
        ["-b", "-d", "-e", "-h", "-o", "-v", "-f", "-r", "-bd", "-eh", "-bh", "-dofv", "-rv", "-ho", "-edfov"]
    {
        script += &format!("postcat {options} -q {SMALL_IDS}\n");
    }
    for options in ["", "-e", "-v", "-o", "-s 20", "-vs 99", "-ehs 99999"] {
        script += &format!(
            "for id in $(find deferred -type f -size -80 | sort | sed -n 1~5p); do postcat {options} $id; postcat {options} <$id; cat $id | postcat {options}; done\n"
        );
    }
    pair.assert_same(|host| tried(host, "/tmp/kinds.tar", "named", &script));
}

#[test]
fn postcat_complains() {
    let pair = pair("queue-kinds/postcat-complaints", "");
    let arguments = [
        "/etc",
        "/nonexistent",
        "-q x/y",
        "-q ABC",
        "-Z",
        "-s",
        "-s 12x /etc/passwd",
        "-s -1",
        "/etc/passwd",
        "/dev/null",
        "-q ''",
        "-c /nonexistent -q A",
        "-s '' /dev/null",
        "-s 99999999999999999999 /etc/passwd",
        "-b -- -x",
        "/dev/null -e",
        "''",
        "incoming/123456.789",
        "-v incoming/123456.789",
        "<incoming/123456.789",
    ];
    let script: String = arguments.iter().map(|words| format!("postcat {words}\n")).collect();
    pair.assert_same(|host| tried(host, "/tmp/kinds.tar", "named", &script));
}

/// Lines for what is done to all messages, to some, and to such that are not there.
fn operations() -> String {
    let nth = |dir: &str, at: usize| {
        format!("$(find {dir} -type f ! -name '*.*' -printf '%f\\n' | sort | sed -n {at}p)")
    };
    let (deferred, held, incoming, dropped) =
        (nth("deferred", 1), nth("hold", 1), nth("incoming", 1), nth("maildrop", 1));
    let mut script = String::new();
    for letter in ["-d", "-e", "-f", "-h", "-H", "-r"] {
        script += &format!("postsuper {letter} ALL\n");
        script += &format!(
            "{{ ls -1 maildrop incoming; printf '%s\\n' {IDS}; printf 'bad/id\\n\\nABCDEF\\nx\\0y\\n blank'; }} | postsuper {letter} -\n"
        );
        script += &format!(
            "postsuper {letter} {deferred} {letter} {held} {letter} {incoming} {letter} ABCDEF {letter} x/y {letter} {dropped}\n"
        );
        script += &format!(
            "postsuper -v {letter} $(ls bounce | head -1) {letter} $(ls trace | head -1) hold deferred incoming\n"
        );
        script += &format!(
            "postsuper {letter} ALL bounce defer trace flush; postsuper {letter} {deferred} hold; postsuper {letter} ALL maildrop\n"
        );
    }
    script +=
        &format!("postsuper -H ALL -h {deferred} -e ALL -r {held}; postsuper -e ALL; postsuper -f ALL\n");
    script += "postsuper -h ALL -d ALL hold\n";
    script +=
        "postsuper; postsuper -s; postsuper -p; postsuper -S; postsuper -vps; postsuper -sv -d ALL hold\n";
    script += "postsuper -d ALL hold nowhere active; postsuper corrupt; postsuper saved; postsuper pid; postsuper -p flush trace\n";
    script += "postsuper -Z; postsuper -c etc; postsuper -c /nonexistent; postsuper -d; postsuper -d '' -h ''; postsuper -c /etc/postfix -p\n";
    script += "setpriv --reuid postfix --clear-groups postsuper -p; postsuper -d ALL hold/; postsuper -H ABC nowhere\n";
    script
}

#[test]
fn postsuper_operates() {
    let pair = pair("queue-kinds/postsuper", "enable_long_queue_ids = yes\n");
    pair.assert_same(|host| tried(host, "/tmp/kinds.tar", "named", &operations()));
}

/// Layouts that the queue is brought into.
const LAYOUTS: &[(&str, &str)] = &[
    ("depth-1", "hash_queue_names = deferred, defer\n"),
    ("depth-0", "hash_queue_names =\n"),
    (
        "depth-2",
        "hash_queue_names = deferred,defer,bounce,trace,hold,active,incoming\nhash_queue_depth = 2\nenable_long_queue_ids = yes\n",
    ),
    ("depth-3", "hash_queue_depth = 3\n"),
    ("maildrop", "hash_queue_names = maildrop deferred\n"),
];

/// Copied queues, whose names go with other inode numbers, are put in order, and then read; also those with odd things in
/// them.
#[test]
fn postsuper_repairs() {
    for (layout, main_cf) in LAYOUTS {
        let pair = pair(&format!("queue-kinds/repair-{layout}"), main_cf);
        let raw = "postsuper; postsuper; postqueue -p; postsuper -h ALL; postsuper -H ALL; postqueue -j\n\
            disturb\npostsuper -s; postsuper -s -v; postsuper -p\n\
            disturb\npostsuper -S -v; postsuper -ps\n\
            postsuper -s -h ABC; postsuper -s -d ALL\n\
            disturb\npostsuper -p -e ALL; postsuper -h ALL; postsuper -sf ALL; postsuper -r ALL\n";
        pair.assert_same(|host| tried(host, "/tmp/kinds.tar", "raw", raw));
        let read = format!("postsuper; postsuper; for id in {IDS}; do postcat -q $id; done; postqueue -p\n");
        pair.assert_same(|host| tried(host, "/tmp/kinds.tar", "raw", &read));
        let named = "disturb\npostsuper -d ALL hold nowhere active; postsuper -d ALL\n\
            disturb\npostsuper -e ALL; postsuper -d - <<<$(ls hold)\n";
        pair.assert_same(|host| tried(host, "/tmp/kinds.tar", "named", named));
    }
}

#[test]
fn large_message() {
    let pair = pair("queue-kinds/large", "");
    let script = "ls incoming | postsuper -h -; postcat -q $(ls hold) | md5sum; postcat -e hold/*; postcat -h hold/*; \
         postcat -bo hold/* | md5sum; postcat -v - <hold/* | md5sum; postqueue -p; postqueue -j; postsuper -r ALL; postsuper -d ALL\n";
    pair.assert_same(|host| tried(host, "/tmp/large.tar", "named", script));
}

/// System calls that change the queue.
const CHANGES: &str = "rename,renameat,renameat2,unlink,unlinkat,rmdir,mkdir,mkdirat,fchmod";

/// Runs a command that is killed as it is about to make a change, and says whether it came that far.
fn is_killed(host: &Host, command: &[&str], change: usize) -> bool {
    let inject = format!("inject={CHANGES}:signal=KILL:when={change}");
    let output = std::process::Command::new("strace")
        .args(["-f", "-qq", "-o", "/dev/null", "-e", &format!("trace={CHANGES}"), "-e", &inject, "chroot"])
        .arg(host.path("/"))
        .args(command)
        .output()
        .expect("strace(1), see tests/compat/install-tools");
    !output.status.success()
}

/// What is killed and repeated. The one that makes the fewest changes comes first.
const REPEATED: [&[&str]; 7] = [
    &["postsuper", "-H", "ALL"],
    &["postsuper"],
    &["postsuper", "-h", "ALL"],
    &["postsuper", "-r", "ALL"],
    &["postsuper", "-d", "ALL"],
    &["postsuper", "-e", "ALL"],
    &["postsuper", "-f", "ALL"],
];

/// After a kill at some change, the next run ends where an undisturbed one ends, on the reference. The changes are the
/// `first`, and from there on as many further as there are commands: each number is some command's.
fn killed_and_repeated(pair: &Pair, command: &[&str], first: usize) {
    let restore = ["perl", "/queue_kinds/restore.pl", "/tmp/kinds.tar", "raw"];
    let left = |host: &Host| printable(&host.must(["bash", "/queue_kinds/left.sh", "names"]));
    pair.theirs.must(restore);
    pair.theirs.must(command);
    let expected = left(&pair.theirs);
    for change in (first..).step_by(REPEATED.len()) {
        pair.ours.must(restore);
        let killed = is_killed(&pair.ours, command, change);
        pair.ours.must(command);
        assert_eq!(left(&pair.ours), expected, "{command:?} killed at change {change}");
        if !killed {
            assert!(change > first, "{command:?} made no change");
            return;
        }
    }
}

#[test]
fn postsuper_killed_loses_nothing() {
    let pair = pair("queue-kinds/killed", "");
    for (first, command) in (1..).zip(REPEATED) {
        killed_and_repeated(&pair, command, first);
    }
}

/// Listings from a showq(8) that master(8) started; the other daemons that would touch the queue are left out.
#[test]
fn listings_of_a_running_system() {
    let pair = pair(
        "queue-kinds/running",
        "enable_long_queue_ids = yes\nauthorized_mailq_users = !bin, static:all\nauthorized_flush_users = !bin, static:all\n",
    );
    let script = "set +e; exec 2>&1; cd /var/spool/postfix
        postconf -MX qmgr/unix pickup/unix; postfix start >/dev/null 2>&1
        as() { user=$1; shift; setpriv --reuid $user --regid $user --clear-groups \"$@\"; echo \"$user: status $?\"; }
        for options in -p -j -f '-i ABC' '-s example.com' '-s [127.0.0.1]' '-s bad_name' '-p -p' '' '-p x' -Z; do
            for user in root postfix bin nobody; do echo \"== postqueue $options\"; as $user postqueue $options; done
        done
        echo '== stream'; perl /queue_kinds/showq.pl
        echo '== mailq'; mailq; echo $?
        echo '== verbose'; postqueue -vp 2>&1 >/dev/null | sed -n 1,2000p; postqueue -vj 2>&1 >/dev/null | sed -n 1,2000p
        echo '== closed'; postqueue -p >&-; echo $?; postqueue -p <&- ; echo $?; (postqueue -j 2>&-); echo $?
        (postqueue -p >/dev/full); echo $?; (postqueue -j >/dev/full); echo $?
        (postqueue -p; echo $? >/tmp/status) | head -1; cat /tmp/status
        postfix stop >/dev/null 2>&1; for user in root nobody; do echo '== down'; as $user postqueue -p; as $user postqueue -j; done";
    pair.assert_same(|host| {
        host.must(["perl", "/queue_kinds/restore.pl", "/tmp/kinds.tar", "named"]);
        let output = host.run(["bash", "-c", script]);
        let mut transcript = Transcript::new();
        for section in without_debugging(&printable(&output.stdout)).split("== ").skip(1) {
            transcript.text("stdout", section.lines().next().unwrap_or_default(), section);
        }
        transcript
    });
}
