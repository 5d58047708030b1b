//! The promise of durability: what was accepted is delivered or bounced, whatever is killed and whenever.

use crate::site::{self, INSIDER};
use compat::host::Host;
use compat::roots::Version;
use compat::smtp::{Client, Sink};
use compat::{HostSpec, Normaliser, normalise};
use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

const ROUNDS: usize = 20;
const SENDERS: usize = 4;

/// Between two messages of a sender: the load shall last, not fill the machine.
const PAUSE: Duration = Duration::from_millis(10);

/// Where a message goes, by its number: out to the sink, to a mailbox, to a maildir.
const RECIPIENTS: [&str; 3] = ["far@example.net", "alice@example.com", "carol@box.example"];

/// Mail is tried again soon. A local(8) that is killed, or that a stop ends, leaves its mailbox locked, as the reference's
/// does: others wait until the lock is stale, usually for 500 s.
const IMPATIENCE: &str =
    "queue_run_delay = 2s\nminimal_backoff_time = 1s\nmaximal_backoff_time = 2s\nstale_lock_time = 2s";

/// Ends the senders when it is dropped: also when the test fails in between.
struct Stop<'a>(&'a AtomicBool);

impl Drop for Stop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// What senders share.
#[derive(Default)]
struct Load {
    /// The number of the next message.
    next: AtomicUsize,
    /// How many were accepted.
    accepted: AtomicUsize,
    stop: AtomicBool,
}

impl Load {
    /// Waits until so many messages were accepted, however slow the machine is.
    fn wait_for(&self, host: &Host, count: usize) {
        host.wait_for("mail to be accepted", || self.accepted.load(Ordering::Relaxed) >= count);
    }
}

/// Sends until told to stop; gives the marks of all messages that were accepted.
fn send(host: &Host, sender: usize, load: &Load) -> BTreeSet<String> {
    let mut accepted = BTreeSet::new();
    while !load.stop.load(Ordering::Relaxed) {
        let number = load.next.fetch_add(1, Ordering::Relaxed);
        let mark = format!("mark-{number:06}-kept");
        let content = format!("Subject: {mark}\n\n{mark}\n{}\n", "x".repeat(number % 5000));
        let recipient = RECIPIENTS[number % RECIPIENTS.len()];
        let taken = if sender == 0 {
            let output =
                host.run_with_input(["sendmail", "-f", "alice@example.com", recipient], content.as_bytes());
            output.status == 0
        } else {
            Client::try_connect_from(host, INSIDER, 25).is_some_and(|mut client| {
                client.say("EHLO client.example.org");
                client.deliver("alice@example.com", &[recipient], content.as_bytes())
            })
        };
        if taken {
            accepted.insert(mark);
            load.accepted.fetch_add(1, Ordering::Relaxed);
        }
        std::thread::sleep(PAUSE);
    }
    accepted
}

/// Has senders at work during a disturbance; gives the marks of all messages that were accepted.
fn accepted_during(host: &Host, disturbance: impl FnOnce(&Load)) -> BTreeSet<String> {
    let load = Load::default();
    std::thread::scope(|scope| {
        let (stopping, load) = (Stop(&load.stop), &load);
        let senders: Vec<_> =
            (0..SENDERS).map(|sender| scope.spawn(move || send(host, sender, load))).collect();
        disturbance(load);
        drop(stopping);
        senders.into_iter().flat_map(|sender| sender.join().expect("a sender")).collect()
    })
}

/// Waits until all that is in the queue has been delivered, for five minutes at most. A message on its way from folder to
/// folder can be overlooked once, but not every time.
fn deliver_all(host: &Host) {
    let start = Instant::now();
    let mut seen_empty = 0;
    while seen_empty < 4 && start.elapsed() < Duration::from_secs(300) {
        seen_empty = if undelivered(host).is_empty() { seen_empty + 1 } else { 0 };
        host.run(["postqueue", "-f"]);
        std::thread::sleep(Duration::from_millis(300));
    }
}

/// Kills one process of the mail system, the master every fifth time (and then starts it again). Gives the name.
fn kill_one(host: &Host, round: usize) -> Option<String> {
    let mut running = host.processes();
    running.retain(|(_, name)| VICTIMS.contains(&name.as_str()));
    let masters = round % 5 == 4;
    // Every program that runs has its turn; which of its processes, the clock says.
    let names: BTreeSet<&str> =
        running.iter().map(|(_, name)| name.as_str()).filter(|name| (*name == "master") == masters).collect();
    let name = names.iter().nth(round % names.len().max(1)).copied()?;
    let pid = if masters {
        // A child of it that is about to become a daemon bears its name, too.
        let pid = fs::read_to_string(host.path("/var/spool/postfix/pid/master.pid")).ok()?;
        pid.trim().parse().ok()?
    } else {
        let candidates: Vec<u32> =
            running.iter().filter(|(_, other)| other == name).map(|(pid, _)| *pid).collect();
        let clock =
            SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.subsec_micros() as usize);
        *candidates.get(clock % candidates.len().max(1))?
    };
    // The shell's own, there need not be another; what ended meanwhile cannot be killed any more.
    let is_killed = host.run(["sh", "-c", &format!("kill -9 {pid}")]).status == 0;
    if masters {
        // Its children end by themselves once they notice; a new one waits for the lock until they have.
        host.wait_for("a new master to start", || host.run(["postfix", "start"]).status == 0);
    }
    is_killed.then(|| name.to_owned())
}

const VICTIMS: [&str; 14] = [
    "master",
    "smtpd",
    "cleanup",
    "qmgr",
    "pickup",
    "trivial-rewrite",
    "smtp",
    "local",
    "virtual",
    "bounce",
    "error",
    "postdrop",
    "sendmail",
    "showq",
];

/// Every mark that arrived, as often as it did: in mailboxes, maildirs, at the sink.
fn arrived(host: &Host, sink: &Sink) -> Vec<String> {
    let relayed: String = sink.taken_after(0).into_iter().map(|mail| mail.content).collect();
    arrived_locally(host).into_iter().chain(marks(&relayed, "Subject: mark-")).collect()
}

/// The marks that arrived more than once.
fn doubled(mut arrived: Vec<String>) -> Vec<String> {
    arrived.sort();
    arrived.windows(2).filter(|pair| pair[0] == pair[1]).map(|pair| pair[0].clone()).collect()
}

/// The marks in mailboxes and maildirs, as often as they are there.
fn arrived_locally(host: &Host) -> Vec<String> {
    let script = "cat /var/mail/* /var/vmail/carol/new/* /home/bob/Maildir/new/* 2>/dev/null";
    marks(&String::from_utf8_lossy(&host.run(["sh", "-c", script]).stdout), "Subject: mark-")
}

fn marks(text: &str, prefix: &str) -> Vec<String> {
    let start = prefix.len() - "mark-".len();
    text.match_indices(prefix)
        .filter_map(|(at, _)| text.get(at + start..at + start + "mark-000000-kept".len()))
        .map(str::to_owned)
        .collect()
}

/// The files of messages that are in the queue, complete or not.
fn queue_files(host: &Host) -> Vec<PathBuf> {
    host.queue_files(&["maildrop", "incoming", "active", "deferred"])
}

/// The files of complete messages.
fn undelivered(host: &Host) -> Vec<PathBuf> {
    let is_complete =
        |path: &PathBuf| fs::symlink_metadata(path).is_ok_and(|status| status.mode() & 0o700 == 0o700);
    queue_files(host).into_iter().filter(is_complete).collect()
}

/// What writers that were killed left behind, nobody was told to be mail. A start removes it when it is a week old.
fn age_queue_files(host: &Host) {
    let week_ago = SystemTime::now() - Duration::from_secs(8 * 24 * 3600);
    for path in queue_files(host) {
        let file = fs::File::options().write(true).open(&path).expect("a file that was left");
        file.set_modified(week_ago).expect("a new date");
    }
}

/// Logs about messages that are not there any more.
fn logs_without_message(host: &Host) -> Vec<PathBuf> {
    host.queue_files(&["bounce", "defer", "trace"])
}

#[test]
fn nothing_accepted_is_lost() {
    let spec =
        site::site(HostSpec::ours(Version::V3_11)).main_cf(IMPATIENCE).main_cf("service_throttle_time = 1s");
    let host = spec.start();
    let sink = site::start(&host);
    let mut killed = Vec::new();
    let accepted = accepted_during(&host, |load| {
        for round in 0..ROUNDS {
            std::thread::sleep(Duration::from_millis(700));
            load.wait_for(&host, 5 * round);
            killed.extend(kill_one(&host, round));
        }
    });
    assert!(killed.len() > ROUNDS / 2, "only these were killed: {killed:?}");
    host.run(["postfix", "start"]);
    deliver_all(&host);
    let arrived: BTreeSet<String> = arrived(&host, &sink).into_iter().collect();
    let lost: Vec<&String> = accepted.difference(&arrived).collect();
    let log = || normalise::apply(&[Normaliser::Date], &host.log());
    assert!(
        lost.is_empty(),
        "{} of {} accepted messages were lost: {lost:?}; left in the queue: {:?}; killed: {killed:?}\n{}",
        lost.len(),
        accepted.len(),
        undelivered(&host),
        log()
    );
    assert_eq!(undelivered(&host), Vec::<PathBuf>::new(), "mail that nobody delivers:\n{}", log());
    assert_eq!(logs_without_message(&host), Vec::<PathBuf>::new(), "logs that nobody removes:\n{}", log());
    assert_eq!(host.log().matches("panic").count(), 0, "a panic:\n{}", log());
    host.stop_mail();
    age_queue_files(&host);
    host.must(["postfix", "start"]);
    assert_eq!(queue_files(&host), Vec::<PathBuf>::new(), "files that nothing cleans up:\n{}", log());
    println!("{} messages accepted during the kills of {killed:?}, all delivered", accepted.len());
}

/// A reload lets what is under way come to its end: all that was accepted arrives, once. A stop cuts it off: all arrives.
#[test]
fn reloads_and_stops_lose_nothing() {
    let spec = site::site(HostSpec::ours(Version::V3_11)).main_cf(IMPATIENCE);
    let host = spec.start();
    let sink = site::start(&host);
    let check = |accepted: &BTreeSet<String>| {
        deliver_all(&host);
        let arrived = arrived(&host, &sink);
        let lost: Vec<&String> = accepted.iter().filter(|mark| !arrived.contains(mark)).collect();
        assert!(lost.is_empty(), "of {} messages, lost: {lost:?}\n{}", accepted.len(), host.log());
        assert_eq!(undelivered(&host), Vec::<PathBuf>::new(), "mail that nobody delivers:\n{}", host.log());
        doubled(arrived)
    };
    let accepted = accepted_during(&host, |load| {
        for round in 1..=8 {
            load.wait_for(&host, 10 * round);
            host.must(["postfix", "reload"]);
        }
        load.wait_for(&host, 90);
    });
    assert_eq!(check(&accepted), Vec::<String>::new(), "delivered twice after a reload:\n{}", host.log());
    let accepted = accepted_during(&host, |load| {
        load.wait_for(&host, 30);
        host.stop_mail();
        host.must(["postfix", "start"]);
        load.wait_for(&host, 60);
    });
    let doubled = check(&accepted);
    println!("{} messages accepted around a stop, delivered twice: {doubled:?}", accepted.len());
}

/// However few descriptors a caller leaves to sendmail(1) and postdrop(1): what they said they took arrives once, and
/// nothing else stays behind.
#[test]
fn few_descriptors_lose_nothing() {
    let host = site::site(HostSpec::ours(Version::V3_11)).start();
    let _sink = site::start(&host);
    let mut accepted = BTreeSet::new();
    for limit in 5..=16 {
        let mark = format!("mark-{limit:06}-kept");
        let script = format!("ulimit -n {limit}; exec sendmail -f alice@example.com alice@example.com");
        let output = host.run_with_input(["sh", "-c", &script], format!("Subject: {mark}\n\nx\n").as_bytes());
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!said.contains("panicked"), "{limit} descriptors: {said}");
        if output.status == 0 {
            accepted.insert(mark);
        }
    }
    assert!(accepted.len() > 5, "only {accepted:?} were accepted");
    host.wait_for("the mail to arrive", || {
        arrived_locally(&host).len() >= accepted.len() && queue_files(&host).is_empty()
    });
    let mut arrived = arrived_locally(&host);
    arrived.sort();
    assert_eq!(arrived, accepted.into_iter().collect::<Vec<_>>());
}
