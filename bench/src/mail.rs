//! Messages through the whole system. Load and sink are Postfix's own smtp-source(1) and smtp-sink(1) on both sides.

use crate::Side;
use crate::report::Measurement;
use compat::host::Host;
use std::fs::File;
use std::io::Read;
use std::time::{Duration, Instant};

/// Messages of one run.
const MESSAGES: usize = 5_000;
/// Parallel SMTP sessions, one message a connection.
const SESSIONS: usize = 20;
/// Bytes of a message's content.
const SIZE: usize = 4_096;

const SITE: &str = "\
maillog_file = /var/log/mail.log
myhostname = mail.example.com
mydestination = localhost
mynetworks = 127.0.0.0/8
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
relayhost = [127.0.0.2]:2525
virtual_mailbox_domains = box.example
virtual_mailbox_base = /var/vmail
virtual_mailbox_maps = inline:{carol@box.example=carol/}
virtual_uid_maps = static:1000
virtual_gid_maps = static:1000
";

/// Where queue and mailboxes lie.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Storage {
    /// On this machine's disk.
    Disk,
    /// In memory: what neither disk nor file system slows down.
    Memory,
}

/// Puts the queue and the mailboxes into memory.
const INTO_MEMORY: &str = "cp -a /var/spool/postfix /tmp/queue && mount -t tmpfs -o mode=755 tmpfs /var/spool/postfix && \
     cp -a /tmp/queue/. /var/spool/postfix/ && mkdir -p /var/vmail && mount -t tmpfs tmpfs /var/vmail";

fn start(side: Side, storage: Storage) -> Host {
    let host = side.spec().main_cf(SITE).start();
    if storage == Storage::Memory {
        host.must(["sh", "-c", INTO_MEMORY]);
    }
    host.must(["install", "-d", "-o", "1000", "-g", "1000", "/var/vmail"]);
    host.must(["sh", "-c", "smtp-sink -u postfix 127.0.0.2:2525 1000 >/dev/null 2>&1 &"]);
    host.start_mail();
    host
}

/// Counts lines of the growing log that have a text, reading each byte once.
struct LogCounter {
    log: File,
    rest: String,
    count: usize,
}

impl LogCounter {
    fn new(host: &Host) -> LogCounter {
        let path = host.path("/var/log/mail.log");
        host.wait_for("a log", || path.exists());
        LogCounter { log: File::open(&path).expect("a log"), rest: String::new(), count: 0 }
    }

    /// Waits until so many lines had the text.
    fn wait(&mut self, text: &str, count: usize) {
        let start = Instant::now();
        while self.count < count {
            let mut bytes = Vec::new();
            self.log.read_to_end(&mut bytes).expect("read the log");
            self.rest += &String::from_utf8_lossy(&bytes);
            if let Some(end) = self.rest.rfind('\n') {
                let lines = self.rest.drain(..=end).collect::<String>();
                self.count += lines.lines().filter(|line| line.contains(text)).count();
            }
            assert!(start.elapsed() < Duration::from_secs(240), "only {} of {count} {text:?}", self.count);
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

fn flood(host: Host, recipient: &str, accepted: &'static str, end_to_end: &'static str) -> Vec<Measurement> {
    let mut removed = LogCounter::new(&host);
    let start = Instant::now();
    let (sessions, messages, size) = (SESSIONS.to_string(), MESSAGES.to_string(), SIZE.to_string());
    host.must(
        [
            "smtp-source",
            "-s",
            &sessions,
            "-m",
            &messages,
            "-l",
            &size,
            "-f",
            "ann@example.org",
            "-t",
            recipient,
        ]
        .iter()
        .chain(&["127.0.0.1:25"]),
    );
    let taken = start.elapsed();
    removed.wait(": removed", MESSAGES);
    let done = start.elapsed();
    vec![rate(accepted, MESSAGES, taken), rate(end_to_end, MESSAGES, done)]
}

fn rate(name: &'static str, count: usize, time: Duration) -> Measurement {
    Measurement { name, value: count as f64 / time.as_secs_f64() }
}

/// Relayed to another server.
pub fn relay(side: Side) -> Vec<Measurement> {
    let host = start(side, Storage::Disk);
    flood(host, "far@example.net", "relay: accepted, messages/s", "relay: end to end, messages/s")
}

/// Delivered to a maildir.
pub fn maildir(side: Side) -> Vec<Measurement> {
    let host = start(side, Storage::Disk);
    flood(host, "carol@box.example", "maildir: accepted, messages/s", "maildir: end to end, messages/s")
}

/// The same without the file system's share. An ext4 without a journal looks at every inode that was freed within the
/// last minute before it gives one to a new file, so on such a disk both sides come to wait for it alone.
pub fn maildir_in_memory(side: Side) -> Vec<Measurement> {
    let host = start(side, Storage::Memory);
    let (accepted, end_to_end) =
        ("maildir in memory: accepted, messages/s", "maildir in memory: end to end, messages/s");
    flood(host, "carol@box.example", accepted, end_to_end)
}

/// Submitted by sendmail(1), one process a message.
pub fn sendmail(side: Side) -> Vec<Measurement> {
    const SUBMISSIONS: usize = 500;
    let host = start(side, Storage::Disk);
    let mut removed = LogCounter::new(&host);
    let start = Instant::now();
    let script = format!(
        "head -c 4096 /dev/zero | tr '\\0' 'x' | fold -w 76 >/tmp/body; \
         i=0; while [ $i -lt {SUBMISSIONS} ]; do sendmail -f a@example.org carol@box.example </tmp/body; i=$((i+1)); done"
    );
    host.must(["sh", "-c", &script]);
    let taken = start.elapsed();
    removed.wait(": removed", SUBMISSIONS);
    vec![
        rate("sendmail: submitted, messages/s", SUBMISSIONS, taken),
        rate("sendmail: end to end, messages/s", SUBMISSIONS, start.elapsed()),
    ]
}
