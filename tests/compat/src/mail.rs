//! The mail system of a host: starting it, and waiting for what it does.

use crate::host::{Host, Output};
use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// How long a case waits for anything: nothing takes so long, but on a machine with very much else to do.
const PATIENCE: Duration = Duration::from_secs(120);

/// How long nothing must happen for a mail system to be at rest, when its log says what became of all mail, and when it does
/// not: a transport that failed leaves no word on the mail that is put off.
const QUIET: [Duration; 2] = [Duration::from_millis(250), Duration::from_secs(3)];

/// Directories of messages that somebody is at work on.
const UNDER_WAY: [&str; 3] = ["maildrop", "incoming", "active"];

impl Host {
    /// Starts the mail system and waits until it listens.
    pub fn start_mail(&self) -> Output {
        let output = self.run(["postfix", "start"]);
        self.wait_for("the SMTP server to listen", || self.connect(25).is_ok());
        output
    }

    /// The log that the mail system has written so far (`maillog_file = /var/log/mail.log`).
    pub fn log(&self) -> String {
        let bytes = fs::read(self.path("/var/log/mail.log")).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Waits until a condition holds; panics with the log if it takes too long.
    pub fn wait_for(&self, what: &str, mut condition: impl FnMut() -> bool) {
        let start = Instant::now();
        while !condition() {
            let waited = start.elapsed();
            assert!(waited < PATIENCE, "waited {waited:?} for {what}; the log so far:\n{}", self.log());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Waits until the log has at least `count` lines that contain `text`.
    pub fn wait_for_log(&self, text: &str, count: usize) {
        self.wait_for(&format!("{count} × {text:?} in the log"), || {
            self.log().lines().filter(|line| line.contains(text)).count() >= count
        });
    }

    /// Waits until everything that came in was delivered, bounced, put off or put on hold.
    pub fn settle(&self) {
        let mut quiet_since = Instant::now();
        let mut length = 0;
        self.wait_for("the queue to settle", || {
            let log = self.log();
            if log.len() != length || !self.queue_files(&UNDER_WAY).is_empty() {
                quiet_since = Instant::now();
            }
            length = log.len();
            quiet_since.elapsed() > QUIET[usize::from(!in_delivery(&log).is_empty())]
        });
    }

    /// Stops the mail system and waits until it has written the last line of its log.
    pub fn stop_mail(&self) {
        self.must(["postfix", "stop"]);
        self.wait_for_end_of_log();
    }

    /// Waits until nobody writes the log any more: postlogd(8) may do so for a moment after `postfix stop`.
    pub fn wait_for_end_of_log(&self) {
        self.wait_for("postlogd to end", || self.processes().iter().all(|(_, name)| name != "postlogd"));
    }

    /// The processes of the host: number and name.
    pub fn processes(&self) -> Vec<(u32, String)> {
        let numbers = fs::read_dir(self.path("/proc")).into_iter().flatten().flatten();
        let mut found: Vec<(u32, String)> = numbers
            .filter_map(|entry| {
                let number = entry.file_name().to_str()?.parse().ok()?;
                // Those that end meanwhile cannot be read.
                let name = fs::read_to_string(entry.path().join("comm")).ok()?;
                Some((number, name.trim_end().to_owned()))
            })
            .collect();
        found.sort();
        found
    }

    /// The files below directories of the queue.
    pub fn queue_files(&self, directories: &[&str]) -> Vec<PathBuf> {
        let queue = self.path("/var/spool/postfix");
        let mut folders: Vec<PathBuf> = directories.iter().map(|name| queue.join(name)).collect();
        let mut files = Vec::new();
        while let Some(folder) = folders.pop() {
            // What is gone meanwhile is not in the queue any more.
            for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
                match entry.file_type() {
                    Ok(kind) if kind.is_dir() => folders.push(entry.path()),
                    _ => files.push(entry.path()),
                }
            }
        }
        files
    }
}

/// Messages that the queue manager has taken up, and of which the log has not said yet what became of them. Their files are
/// gone, or put off, before that.
fn in_delivery(log: &str) -> BTreeSet<&str> {
    let mut found = BTreeSet::new();
    for line in log.lines() {
        let Some((program, (id, text))) =
            line.split_once("]: ").and_then(|(program, rest)| Some((program, rest.split_once(": ")?)))
        else {
            continue;
        };
        let by_queue_manager = program.contains("/qmgr[");
        if by_queue_manager && text.ends_with("(queue active)") {
            found.insert(id);
        } else if by_queue_manager && text == "removed" || text.contains(", status=deferred ") {
            found.remove(id);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_in_delivery() {
        let log = "Nov 23 05:17:04 mail postfix/qmgr[196]: 891DC3125AE: from=<b@x>, size=252, nrcpt=1 (queue active)\n\
                   Nov 23 05:17:04 mail postfix/qmgr[196]: 891DC3125AF: from=<>, size=252, nrcpt=1 (queue active)\n\
                   Nov 23 05:17:04 mail postfix/qmgr[196]: 891DC3125B0: from=<>, size=252, nrcpt=1 (queue active)\n\
                   Nov 23 05:17:04 mail postfix/error[2]: 891DC3125AE: to=<y>, dsn=4.0.0, status=deferred (later)\n\
                   Nov 23 05:17:04 mail postfix/qmgr[196]: 891DC3125AF: removed\n";
        assert_eq!(in_delivery(log), BTreeSet::from(["891DC3125B0"]));
    }
}
