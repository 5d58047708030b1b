//! Builds that are killed, that have no room, or that meet others: the old table stays, or the new one is there.

use crate::postconf_edits::bring_strace;
use compat::roots::Version;
use compat::{Host, HostSpec, Pair};

const KINDS: [&str; 4] = ["hash", "btree", "lmdb", "cdb"];

/// System calls that change files or wait for others.
const CALLS: &str = "flock fcntl ftruncate pwrite64 write fdatasync fchmod rename";

/// A source whose entries all have one value.
fn source(value: &str, entries: usize) -> String {
    (0..entries)
        .map(|number| format!("key{number}@example.com {value}{}\n", "x".repeat(number % 90)))
        .collect()
}

/// What a shell script in a host prints.
fn said(host: &Host, script: &str) -> String {
    let output = host.run(["bash", "-c", script]);
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Whose entries a table has: `old`, `new`, or both when it is broken.
fn generations(table: &str) -> String {
    format!("postmap -s {table} 2>/dev/null | cut -f2 | cut -c1-3 | sort | uniq -c | tr -s ' '")
}

/// Killed in its first, second, third ... system call of each kind, a build leaves the old table or the new one, and
/// the next build goes through.
#[test]
fn killed() {
    const ENTRIES: usize = 200;
    let host = HostSpec::ours(Version::V3_11)
        .file("/t/old", source("old", ENTRIES))
        .file("/t/new", source("new", ENTRIES))
        .start();
    bring_strace(&host);
    for kind in KINDS {
        let table = format!("{kind}:/c/t");
        let script = format!(
            "kills=0; for call in {CALLS}; do for n in $(seq 60); do \
                 rm -rf /c; mkdir /c; cp /t/old /c/t; postmap {table} 2>/dev/null; cp /t/new /c/t; \
                 LD_LIBRARY_PATH=/tools /tools/strace -E LD_LIBRARY_PATH -o /dev/null \
                     -e inject=$call:signal=KILL:when=$n postmap {table} 2>/dev/null && break; \
                 kills=$((kills + 1)); \
                 case $({generations}) in ' {ENTRIES} old'|' {ENTRIES} new') ;; *) echo $call $n: broken;; esac; \
                 postmap {table} 2>/dev/null; \
                 [ \"$({generations})\" = ' {ENTRIES} new' ] || echo $call $n: no further build; \
             done; done; [ $kills -gt 5 ] && echo done",
            generations = generations(&table),
        );
        assert_eq!(said(&host, &script), "done\n", "{kind}");
    }
}

/// On a full disk the old table stays. The reference's `hash` and `btree` are lost there.
#[test]
fn full_disk() {
    const ENTRIES: usize = 40_000;
    let host = HostSpec::ours(Version::V3_11)
        .file("/t/old", source("old", 300))
        .file("/t/new", source("new", ENTRIES))
        .start();
    for kind in KINDS {
        let table = format!("{kind}:/c/t");
        for size in ["size=6m", "size=7m", "size=8m"] {
            let script = format!(
                "mkdir -p /c; mount -t tmpfs -o {size} tmpfs /c; cp /t/old /c/t; postmap {table} 2>/dev/null; \
                 cp /t/new /c/t; dd if=/dev/zero of=/c/filler bs=1M count=2 2>/dev/null; \
                 postmap {table} >/tmp/said 2>&1 && echo built; grep -o 'No space left on device' /tmp/said; \
                 {generations}; rm -f /c/filler; umount /c",
                generations = generations(&table),
            );
            assert_eq!(said(&host, &script), "No space left on device\n 300 old\n", "{kind} {size}");
        }
    }
}

/// Many builds at once, ours and Postfix's, leave the table of one of them; those of ours never show readers of either
/// side half of one.
#[test]
fn builds_at_once() {
    const ENTRIES: usize = 3000;
    let pair = Pair::new("tables/trouble").file("/t/t", source("new", ENTRIES)).build();
    let reference = std::fs::read(pair.theirs.path("/usr/sbin/postmap")).expect("the reference's postmap");
    let host = &pair.ours;
    host.write("/t/reference", reference);
    host.must(["chmod", "755", "/t/reference"]);
    for kind in KINDS {
        let table = format!("{kind}:/t/t");
        let builds = |command: &str| {
            format!(
                "for n in 1 2 3 4 5 6; do {command} {table} 2>/dev/null & done; wait; {}",
                generations(&table)
            )
        };
        assert_eq!(said(host, &builds("postmap")), format!(" {ENTRIES} new\n"), "{kind}");
        let readers = format!(
            "(for n in 1 2 3 4 5 6 7 8; do postmap {table}; done; touch /t/{kind}-done) 2>/dev/null & \
             while [ ! -e /t/{kind}-done ]; do for reader in postmap /t/reference; do \
                 $reader -q key{}@example.com {table} 2>/dev/null | cut -c1-3; done; done | sort | uniq -c | tr -s ' ' | cut -d' ' -f3",
            ENTRIES - 1
        );
        assert_eq!(said(host, &readers), "new\n", "{kind}");
        if kind != "cdb" {
            assert_eq!(said(host, &builds("/t/reference")), format!(" {ENTRIES} new\n"), "{kind}");
        }
    }
}
