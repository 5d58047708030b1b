//! Queues that older versions filled: ours does with them what the tools of those versions do.

use crate::queue_kinds::{fill, tried, with_archives};
use compat::HostSpec;
use compat::roots::Version;

const LIST: &str = include_str!("queue_versions/list.sh");

/// What is done to all messages, to some, and in repair. Each line has a fresh queue.
const COMMANDS: &str = "\
for id in $(find maildrop incoming active deferred hold -type f ! -name '*.*' -printf '%f\\n' | sort); do postcat -q $id; postcat -ohv -q $id | tail -n +4; done
bash /list.sh
postsuper -h ALL; bash /list.sh; postsuper -H ALL
postsuper -r ALL
postsuper -e ALL; bash /list.sh; postsuper -f ALL
postsuper -d ALL
find deferred -type f -printf '%f\\n' | sort | postsuper -h -
find deferred -type f -printf '%f\\n' | sort | sed -n 1~2p | postsuper -r -
find incoming active deferred hold -type f -printf '%f\\n' | sort | sed -n 2~2p | postsuper -d -
postsuper -s; postsuper -p; postsuper
";

fn old_queue(version: Version, case: &str) {
    let archives = fill(version);
    let spec = |spec: HostSpec| with_archives(spec, &archives, "").file("/list.sh", LIST);
    let theirs = spec(HostSpec::reference(version)).start();
    // The owners of files have the same numbers on both.
    let ours = ["/etc/passwd", "/etc/group"]
        .iter()
        .fold(spec(HostSpec::ours(Version::V3_11)), |spec, file| spec.file(file, theirs.read(file)))
        .start();
    let did = |host| tried(host, "/tmp/kinds.tar", "named", COMMANDS);
    did(&theirs).assert_same(&did(&ours), case);
}

#[test]
fn of_version_3_10() {
    old_queue(Version::V3_10, "queue-versions/3.10");
}

#[test]
fn of_version_3_7() {
    old_queue(Version::V3_7, "queue-versions/3.7");
}
