//! postconf(1) changing files under bad conditions: a kill between any two system calls, a full disk, other editors,
//! files that are not what they should be.

use compat::{Host, Pair, Transcript};
use std::fs;
use std::process::Command;

/// Edits of both files.
const EDITS: [&str; 4] =
    ["-e relayhost=edited", "-# myhostname", "-F smtp/inet/chroot=y", "-P smtp/inet/smtpd_banner=edited"];

/// How the configuration is spoilt before the edit, in `/c`.
const STATES: [(&str, &str); 18] = [
    ("plain", "true"),
    ("mode", "chmod 600 *.cf"),
    ("owner", "chmod 666 *.cf; chown 5:5 *.cf"),
    ("set-id", "chmod 4755 *.cf"),
    ("links", "mkdir d; mv *.cf d; ln -s d/main.cf .; ln -s d/master.cf ."),
    ("hard-links", "ln main.cf m2; ln master.cf m3"),
    ("dangling", "rm *.cf; ln -s nosuch main.cf; ln -s nosuch master.cf"),
    ("missing", "rm *.cf"),
    ("unreadable", "chmod 000 *.cf"),
    ("devices", "rm *.cf; ln -s /dev/null main.cf; ln -s /dev/null master.cf"),
    ("left-over", "for f in *.cf; do echo x > $f.tmp; chmod 600 $f.tmp; done"),
    ("left-over-mode", "for f in *.cf; do echo x > $f.tmp; chmod 644 $f.tmp; done"),
    ("left-over-folder", "mkdir main.cf.tmp master.cf.tmp"),
    ("left-over-link", "echo keep > z; chmod 600 z; ln -s z main.cf.tmp; ln -s z master.cf.tmp"),
    ("left-over-dangling", "ln -s nosuch main.cf.tmp; ln -s nosuch master.cf.tmp"),
    ("left-over-hard-link", "echo keep > z; chmod 600 z; ln z main.cf.tmp; ln z master.cf.tmp"),
    ("foreign", "chown 1000:1000 . *.cf"),
    ("read-only", "chown 1000:1000 .; chmod 444 *.cf; chmod 555 ."),
];

/// Lists `/c`: modes, owners, contents. The reference leaves the beginnings of a new file behind when an edit fails;
/// ours does not, and the next edit of either starts with it anew. Mode and owner of the edited files: [`mode_and_owner`].
const LISTING: &str = "cd /c && ls -lnR --time-style=+ | \
     awk '{$5=\"\"; if (/^-.*[.]cf$/) $1=$3=$4=\"\"; print}' | grep -v '^total\\|[.]cf[.]tmp'; \
     for f in *.cf; do [ -f $f ] && md5sum $f; done";

/// Runs a script and keeps all that it says.
fn script(transcript: &mut Transcript, host: &Host, title: &str, text: &str) {
    let output = host.run(["bash", "-c", text]);
    transcript.output(title, &output, &[]);
}

#[test]
fn odd_files() {
    let pair = Pair::new("postconf/edits/odd-files").build();
    pair.assert_same(|host| {
        let mut transcript = Transcript::new();
        for user in ["", "setpriv --reuid=1000 --regid=1000 --clear-groups"] {
            for (state, spoil) in STATES {
                for edit in EDITS {
                    let text = format!(
                        "rm -rf /c; mkdir /c; cp /etc/postfix/*.cf /c; (cd /c; {spoil}); \
                         {user} postconf -c /c {edit}; echo $?; {LISTING}"
                    );
                    script(&mut transcript, host, &format!("{state} {user} {edit}"), &text);
                }
            }
        }
        transcript
    });
}

#[test]
fn mode_and_owner() {
    let pair = Pair::new("postconf/edits/mode-and-owner").build();
    pair.assert_same(|host| {
        let mut transcript = Transcript::new();
        for spoil in ["true", "chmod 600 *.cf", "chmod 640 *.cf; chown 5:7 *.cf"] {
            for edit in EDITS {
                let text = format!(
                    "rm -rf /c; mkdir /c; cp /etc/postfix/*.cf /c; cd /c; {spoil}; \
                     touch -d '1 hour ago' *.cf; postconf -c /c {edit}; \
                     find . -name '*.cf' -mmin -30 -printf '%m %U:%G %f\\n'"
                );
                script(&mut transcript, host, &format!("{spoil} {edit}"), &text);
            }
        }
        transcript
    });
}

/// On a disk of one page, or of a few, nothing that stood there is lost.
#[test]
fn full_disk() {
    let pair = Pair::new("postconf/edits/full-disk").build();
    pair.assert_same(|host| {
        let mut transcript = Transcript::new();
        for edit in EDITS {
            let text = format!(
                "mkdir -p /c; mount -t tmpfs -o size=64k tmpfs /c; cp /etc/postfix/*.cf /c; \
                 cat /dev/zero > /c/filler 2>/dev/null; postconf -c /c {edit}; echo $?; \
                 rm /c/filler; {LISTING}; umount /c"
            );
            script(&mut transcript, host, edit, &text);
        }
        transcript
    });
}

/// Editors wait for each other: every one of them finds what those before it wrote. The reference's may find that the
/// one before them has renamed the file that they were about to open; that edit is made again.
#[test]
fn editors_at_once() {
    let pair = Pair::new("postconf/edits/at-once").build();
    pair.assert_same(|host| {
        let mut transcript = Transcript::new();
        let text = "rm -rf /c; mkdir /c; cp /etc/postfix/*.cf /c; \
            edit() { \
                until said=$(postconf -c /c $* 2>&1); do \
                    case $said in *': open /c/'*'.tmp: No such file'*) : >/made-again;; *) break;; esac; \
                done; \
                [ -z \"$said\" ] || echo \"$said\"; \
            }; \
            for i in $(seq 40); do edit -e name$i=value & \
            edit -P smtp/inet/name$i=value & done; wait; ls /c; \
            grep '^name' /c/main.cf | sort; postconf -c /c -Mf smtp/inet | sort";
        script(&mut transcript, host, "eighty editors", text);
        transcript
    });
    assert!(!pair.ours.path("/made-again").exists(), "an editor of ours did not wait");
}

/// System calls that look at files or change them.
const CALLS: &str =
    "openat flock fstat newfstatat statx ftruncate read write fchmod fsync rename unlink close";

/// Puts the machine's own strace(1) into a host, which has none.
pub(crate) fn bring_strace(host: &Host) {
    let tools = host.path("/tools");
    fs::create_dir_all(&tools).expect("a folder for tools");
    fs::copy("/usr/bin/strace", tools.join("strace")).expect("strace, which install-tools installs");
    let needed = Command::new("ldd").arg("/usr/bin/strace").output().expect("ldd").stdout;
    let needed = String::from_utf8_lossy(&needed).into_owned();
    for library in
        needed.split_whitespace().filter(|word| word.starts_with('/') && word.contains("libunwind"))
    {
        let name = library.rsplit('/').next().expect("a file name");
        fs::copy(library, tools.join(name)).expect("a library of strace");
    }
}

/// Killed in its first, second, third ... system call of each kind, an edit leaves the old file or the new one, and the
/// next edit goes through.
#[test]
fn killed() {
    let pair = Pair::new("postconf/edits/killed").build();
    bring_strace(&pair.ours);
    for edit in [EDITS[0], EDITS[2]] {
        let text = format!(
            "rm -rf /c /new; mkdir /c /new; cp /etc/postfix/*.cf /new; postconf -c /new {edit}; kills=0; \
             for call in {CALLS}; do for n in $(seq 100); do \
                 rm -rf /c/*; cp /etc/postfix/*.cf /c; \
                 LD_LIBRARY_PATH=/tools /tools/strace -E LD_LIBRARY_PATH -o /dev/null \
                     -e inject=$call:signal=KILL:when=$n postconf -c /c {edit} && break; \
                 kills=$((kills + 1)); \
                 for f in main.cf master.cf; do \
                     cmp -s /c/$f /etc/postfix/$f || cmp -s /c/$f /new/$f || echo \"$call $n: $f is broken\"; \
                 done; \
                 postconf -c /c {edit} || echo \"$call $n: no further edit\"; \
                 cmp /c/main.cf /new/main.cf; cmp /c/master.cf /new/master.cf; ls /c | grep tmp; \
             done; done; [ $kills -gt 20 ] && echo done"
        );
        let output = pair.ours.run(["bash", "-c", &text]);
        let said = String::from_utf8_lossy(&output.stdout);
        assert_eq!(said, "done\n", "{edit}: {}", String::from_utf8_lossy(&output.stderr));
    }
}
