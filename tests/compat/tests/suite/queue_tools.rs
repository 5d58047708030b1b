//! The queue's commands on a queue with waiting and held mail, which each side's own programs made and then exchanged.

use crate::site;
use compat::host::Host;
use compat::normalise::{self, Normaliser};
use compat::roots::Version;
use compat::smtp::Client;
use compat::{HostSpec, Pair, Transcript};
use regex::Regex;
use std::sync::LazyLock;

const RULES: &[Normaliser] = Normaliser::ALL;

/// Fills the queue of a running host: one message waits, one is held.
fn fill(host: &Host) -> Vec<String> {
    let mut client = Client::connect_from(host, site::INSIDER, 25);
    client.say("EHLO client.example.org");
    client.deliver("alice@example.com", &["later@example.net"], b"Subject: waits\n\nHello.\n");
    host.run_with_input(
        ["sendmail", "-N", "success,delay", "-V", "-f", "bob@example.com", "y@noport.example"],
        b"Subject: second\n\n.\n\nx\n",
    );
    host.wait_for("two deferred messages", || ids(host).len() == 2);
    ids(host)
}

/// Queue ids in the order of senders, each of which has one message.
fn ids(host: &Host) -> Vec<String> {
    let listing = String::from_utf8_lossy(&host.must(["postqueue", "-j"])).into_owned();
    let mut found: Vec<(String, String)> = listing
        .lines()
        .filter(|line| line.contains("\"deferred\"") || line.contains("\"hold\""))
        .filter_map(|line| {
            let id = line.split("\"queue_id\": \"").nth(1)?.split('"').next()?;
            let sender = line.split("\"sender\": \"").nth(1)?.split('"').next()?;
            Some((sender.to_owned(), id.to_owned()))
        })
        .collect();
    found.sort();
    found.into_iter().map(|(_, id)| id).collect()
}

fn note(transcript: &mut Transcript, host: &Host, title: &str, argv: &[&str]) {
    let output = host.run(argv);
    let text = |bytes: &[u8]| without_offsets(&normalise::apply(RULES, &compat::pair::printable(bytes)));
    transcript.text("status", title, &output.status.to_string());
    transcript.text("stdout", title, &text(&output.stdout));
    transcript.unordered("stderr", title, &text(&output.stderr).replace(WAITING, ""));
}

/// A listing: messages come in the order of directory entries, and a file that goes through pickup(8) again is listed with
/// the file's size, in which the digits of the time stand.
fn note_listing(transcript: &mut Transcript, host: &Host, title: &str, argv: &[&str]) {
    let output = host.run(argv);
    let text = normalise::without_identity(RULES, &compat::pair::printable(&output.stdout));
    transcript.text("status", title, &output.status.to_string());
    transcript.unordered("stdout", title, &REQUEUED_SIZE.replace_all(&text, "${1}SIZE "));
}

/// Said by `postfix stop` when a second was not enough.
const WAITING: &str = "postfix/postlog: waiting for the Postfix mail system to terminate\n";

static REQUEUED_SIZE: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?m)^(<queue-id>[!*]?\s+)\d+ ").expect("a pattern"));

/// Where content begins depends on how many digits the microseconds of the arrival time have.
fn without_offsets(text: &str) -> String {
    static OFFSET: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"(message_size: +\d+ +)\d+").expect("a pattern"));
    OFFSET.replace_all(text, "${1}OFFSET").into_owned()
}

fn scenario(host: &Host) -> Transcript {
    let _sink = site::start(host);
    let ids = fill(host);
    let mut transcript = Transcript::new();
    let t = &mut transcript;
    for id in &ids {
        note(t, host, "postcat -q", &["postcat", "-q", id]);
        note(t, host, "postcat -e", &["postcat", "-eq", id]);
        note(t, host, "postcat -bhq", &["postcat", "-bhq", id]);
        note(
            t,
            host,
            "postcat -vq",
            &[
                "sh",
                "-c",
                &format!(
                    "postcat -vq {id} 2>&1 | grep -v 'postcat: \\(name_mask\\|inet_addr\\|mynetworks\\)'"
                ),
            ],
        );
    }
    note_listing(t, host, "mailq", &["mailq"]);
    note_listing(t, host, "postqueue -j", &["postqueue", "-j"]);
    note(t, host, "postcat unknown", &["postcat", "-q", "ABCDEF012345"]);
    note(t, host, "postsuper -h", &["postsuper", "-h", &ids[0]]);
    note_listing(t, host, "mailq, held", &["mailq"]);
    note(t, host, "postsuper -h again", &["postsuper", "-h", &ids[0]]);
    note(t, host, "postsuper -H", &["postsuper", "-H", &ids[0]]);
    note(t, host, "postsuper -r", &["postsuper", "-r", &ids[1]]);
    note(t, host, "postsuper -d unknown", &["postsuper", "-d", "ABCDEF012345"]);
    note(t, host, "postsuper -d bad", &["postsuper", "-d", "../x"]);
    note(t, host, "postsuper -h ALL", &["postsuper", "-h", "ALL"]);
    note_listing(t, host, "mailq, all held", &["mailq"]);
    note(t, host, "postsuper -d ALL", &["postsuper", "-d", "ALL"]);
    note_listing(t, host, "mailq, empty", &["mailq"]);
    note(t, host, "postsuper", &["postsuper"]);
    note(t, host, "postqueue -f", &["postqueue", "-f"]);
    note(t, host, "postqueue -i", &["postqueue", "-i", "ABCDEF012345"]);
    note(t, host, "postqueue", &["postqueue"]);
    note(t, host, "stop", &["postfix", "stop"]);
    note(t, host, "mailq, down", &["mailq"]);
    transcript
}

#[test]
fn waiting_and_held_mail() {
    Pair::new("queue-tools").both(site::site).build().assert_same(scenario);
}

/// One command at a time out of the other side: ours on the real system's queue, a real one on ours.
fn swapped(command: &str) {
    let theirs = std::thread::spawn(|| scenario(&site::site(HostSpec::reference(Version::V3_11)).start()));
    let command = command.to_owned();
    let our_among = command.clone();
    let ours = std::thread::spawn(move || {
        scenario(&site::site(HostSpec::reference(Version::V3_11)).swap_command(&our_among).start())
    });
    let real = scenario(&site::site(HostSpec::ours(Version::V3_11)).swap_command(&command).start());
    let theirs = theirs.join().expect("the reference");
    theirs.assert_same(&ours.join().expect("ours among real ones"), &format!("queue-tools/our-{command}"));
    theirs.assert_same(&real, &format!("queue-tools/real-{command}"));
}

#[test]
fn swapped_postcat() {
    swapped("postcat");
}

#[test]
fn swapped_postsuper() {
    swapped("postsuper");
}

#[test]
fn swapped_postqueue() {
    swapped("postqueue");
}

#[test]
fn swapped_postdrop() {
    swapped("postdrop");
}

#[test]
fn swapped_sendmail() {
    swapped("sendmail");
}
