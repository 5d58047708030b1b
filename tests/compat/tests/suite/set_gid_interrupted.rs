//! postdrop(1) ended by a signal at each of its system calls: no file is left, or a complete one, and success is never
//! claimed for none.

use compat::roots::Version;
use compat::{Host, HostSpec};
use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Command;

/// A host where postdrop(1) can be interrupted.
struct Postdrop {
    host: Host,
    maildrop: PathBuf,
}

/// What an interrupted postdrop(1) left.
struct Left {
    /// The signal came.
    was_hit: bool,
    /// Success was claimed.
    confirmed: bool,
    /// Each file in maildrop: whether it is complete.
    files: Vec<bool>,
}

impl Postdrop {
    fn new() -> Postdrop {
        let host = HostSpec::ours(Version::V3_11).start();
        host.run(["postfix", "check"]);
        host.write("/whole", b"S\x03a@bR\x03c@dM\0N\x01xX\0E\0");
        let maildrop = host.path("/var/spool/postfix/maildrop");
        fs::create_dir_all(&maildrop).expect("the maildrop directory");
        Postdrop { host, maildrop }
    }

    /// Submits a message; the signal comes with the system call `call` when that is made the `count`th time. The maildrop
    /// is empty again afterwards.
    fn interrupted(&self, call: &str, count: usize, signal: &str) -> Left {
        let trace = self.host.path("/trace");
        let output = Command::new("strace")
            .args(["-f", "-e", &format!("trace={call}"), "-e"])
            .arg(format!("inject={call}:signal={signal}:when={count}"))
            .arg("-o")
            .arg(&trace)
            .arg("chroot")
            .arg(self.host.path("/"))
            .arg("postdrop")
            .stdin(File::open(self.host.path("/whole")).expect("the message"))
            .output()
            .expect("strace(1), see tests/compat/install-tools");
        let seen = fs::read_to_string(&trace).expect("what strace(1) saw");
        let files = fs::read_dir(&self.maildrop).expect("the maildrop directory").flatten().map(|file| {
            let mode = file.metadata().expect("a file in maildrop").permissions().mode();
            fs::remove_file(file.path()).expect("a file in maildrop");
            mode & 0o100 != 0
        });
        Left {
            was_hit: seen.contains(&format!("SIG{signal}")),
            confirmed: output.stdout.windows(9).any(|bytes| bytes == b"status\x000\0"),
            files: files.collect(),
        }
    }
}

/// Killed, it may leave an unfinished file.
#[test]
fn kill_between_system_calls() {
    let postdrop = Postdrop::new();
    for call in ["openat", "rename", "fchmod", "fsync", "write", "read", "connect", "close"] {
        for count in 1.. {
            let left = postdrop.interrupted(call, count, "KILL");
            assert!(left.files.len() <= 1, "{call} {count}: {} files", left.files.len());
            assert!(left.files == [true] || !left.confirmed, "{call} {count}: confirmed without a file");
            if !left.was_hit {
                assert!(left.confirmed, "{call}: not confirmed at the end");
                break;
            }
        }
    }
}

/// Signals that it can handle leave nothing unfinished.
#[test]
fn signals_between_system_calls() {
    let postdrop = Postdrop::new();
    let signals = ["TERM", "HUP", "INT", "QUIT"];
    for call in ["openat", "rename", "fchmod", "fsync", "write", "read"] {
        for count in 1.. {
            let signal = signals[count % signals.len()];
            let left = postdrop.interrupted(call, count, signal);
            assert!(matches!(left.files[..], [] | [true]), "{call} {count} {signal}: {:?} left", left.files);
            assert!(
                !left.confirmed || left.files.len() == 1,
                "{call} {count} {signal}: confirmed without a file"
            );
            if !left.was_hit {
                break;
            }
        }
    }
}
