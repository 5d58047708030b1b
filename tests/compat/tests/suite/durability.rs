//! The promise of durability: what was accepted is delivered or bounced, whatever is killed and whenever.

use crate::site::{self, INSIDER};
use compat::host::Host;
use compat::roots::Version;
use compat::smtp::{Client, Sink};
use compat::{HostSpec, Normaliser, normalise};
use std::collections::BTreeSet;
use std::fs;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

const ROUNDS: usize = 20;
const SENDERS: usize = 4;

/// Where a message goes, by its number: out to the sink, to a mailbox, to a maildir.
const RECIPIENTS: [&str; 3] = ["far@example.net", "alice@example.com", "carol@box.example"];

/// Sends until told to stop; gives the marks of all messages that were accepted.
fn send(host: &Host, sender: usize, next: &AtomicUsize, stop: &AtomicBool) -> BTreeSet<String> {
    let mut accepted = BTreeSet::new();
    while !stop.load(Ordering::Relaxed) {
        let number = next.fetch_add(1, Ordering::Relaxed);
        let mark = format!("mark-{number:06}-kept");
        let content = format!("Subject: {mark}\n\n{mark}\n{}\n", "x".repeat(number % 5000));
        let recipient = RECIPIENTS[number % RECIPIENTS.len()];
        let taken = if sender == 0 {
            let output =
                host.run_with_input(["sendmail", "-f", "alice@example.com", recipient], content.as_bytes());
            output.status == 0
        } else {
            host.connect_from(INSIDER, 25).is_ok_and(|_| {
                let mut client = Client::connect_from(host, INSIDER, 25);
                client.say("EHLO client.example.org");
                client.deliver("alice@example.com", &[recipient], content.as_bytes())
            })
        };
        if taken {
            accepted.insert(mark);
        } else {
            std::thread::sleep(Duration::from_millis(20));
        }
    }
    accepted
}

/// Kills one process of the mail system, the master every fifth time (and then starts it again).
fn kill_one(host: &Host, round: usize) {
    let listing =
        String::from_utf8_lossy(&host.must(["sh", "-c", "cat /proc/[0-9]*/stat 2>/dev/null"])).into_owned();
    let mut processes: Vec<(u32, String)> = listing
        .lines()
        .filter_map(|line| {
            let (pid, rest) = line.split_once(" (")?;
            let (name, _) = rest.split_once(')')?;
            Some((pid.parse().ok()?, name.to_owned()))
        })
        .filter(|(_, name)| VICTIMS.contains(&name.as_str()))
        .collect();
    processes.sort();
    let masters = round % 5 == 4;
    let candidates: Vec<&(u32, String)> =
        processes.iter().filter(|(_, name)| (name == "master") == masters).collect();
    // Which one follows from the round and the clock: over twenty rounds every daemon has its turn.
    let clock = Instant::now().elapsed().subsec_nanos() as usize;
    if let Some((pid, _)) = candidates.get((round * 7 + clock) % candidates.len().max(1)) {
        host.run(["kill", "-9", &pid.to_string()]);
    }
    if masters {
        // Its children end by themselves once they notice; a new one waits for the lock until they have.
        host.wait_for("a new master to start", Duration::from_secs(30), || {
            (host.run(["postfix", "start"]).status == 0).then_some(())
        });
    }
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

/// Every mark that arrived: in mailboxes, maildirs, at the sink.
fn arrived(host: &Host, sink: &Sink) -> BTreeSet<String> {
    let script = "cat /var/mail/* /var/vmail/carol/new/* /home/bob/Maildir/new/* 2>/dev/null";
    let mut text = String::from_utf8_lossy(&host.run(["sh", "-c", script]).stdout).into_owned();
    for mail in sink.taken() {
        text += &mail.content;
    }
    text.match_indices("mark-")
        .filter_map(|(at, _)| text.get(at..at + "mark-000000-kept".len()))
        .map(str::to_owned)
        .collect()
}

fn undelivered(host: &Host) -> usize {
    let spool = host.path("/var/spool/postfix");
    let count = |name: &str| -> usize {
        let mut stack = vec![spool.join(name)];
        let mut files = 0;
        while let Some(folder) = stack.pop() {
            for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
                match entry.file_type() {
                    Ok(kind) if kind.is_dir() => stack.push(entry.path()),
                    _ => files += 1,
                }
            }
        }
        files
    };
    ["maildrop", "incoming", "active", "deferred"].into_iter().map(count).sum()
}

#[test]
fn nothing_accepted_is_lost() {
    let spec = site::site(HostSpec::ours(Version::V3_11))
        .main_cf("queue_run_delay = 2s\nminimal_backoff_time = 1s\nmaximal_backoff_time = 2s\nservice_throttle_time = 1s");
    let host = spec.start();
    let sink = site::start(&host);
    let (next, stop) = (AtomicUsize::new(0), AtomicBool::new(false));
    let accepted = std::thread::scope(|scope| {
        let senders: Vec<_> = (0..SENDERS)
            .map(|sender| {
                scope.spawn({
                    let (host, next, stop) = (&host, &next, &stop);
                    move || send(host, sender, next, stop)
                })
            })
            .collect();
        for round in 0..ROUNDS {
            std::thread::sleep(Duration::from_millis(700));
            kill_one(&host, round);
        }
        stop.store(true, Ordering::Relaxed);
        senders.into_iter().flat_map(|sender| sender.join().expect("a sender")).collect::<BTreeSet<String>>()
    });
    assert!(accepted.len() > 100, "only {} messages were accepted", accepted.len());
    host.run(["postfix", "start"]);
    let start = Instant::now();
    while undelivered(&host) > 0 && start.elapsed() < Duration::from_secs(90) {
        host.run(["postqueue", "-f"]);
        std::thread::sleep(Duration::from_millis(500));
    }
    let arrived = arrived(&host, &sink);
    let lost: Vec<&String> = accepted.difference(&arrived).collect();
    assert!(
        lost.is_empty(),
        "{} of {} accepted messages were lost: {lost:?}; left in the queue: {}\n{}",
        lost.len(),
        accepted.len(),
        undelivered(&host),
        normalise::apply(&[Normaliser::Date], &host.log())
    );
    assert_eq!(undelivered(&host), 0, "files that nothing cleans up:\n{}", host.log());
    println!("{} messages accepted during {ROUNDS} kills, all delivered", accepted.len());
}
