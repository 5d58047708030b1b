//! Messages of real shapes through both: the same replies, deliveries, notices, queue listings and log lines.

use crate::site::{self, INSIDER, STRANGER};
use compat::host::Host;
use compat::normalise::{self, Normaliser};
use compat::smtp::{Client, Sink};
use compat::{HostSpec, Pair, Transcript, roots::Version};

/// One message and how it is handed in.
pub struct Message {
    name: &'static str,
    client: &'static str,
    mail: String,
    recipients: Vec<String>,
    content: Vec<u8>,
}

fn message(
    name: &'static str,
    client: &'static str,
    sender: &str,
    recipients: &[&str],
    content: &str,
) -> Message {
    Message {
        name,
        client,
        mail: format!("MAIL FROM:<{sender}>"),
        recipients: recipients.iter().map(|recipient| (*recipient).to_owned()).collect(),
        content: content.as_bytes().to_vec(),
    }
}

const PLAIN: &str = "From: Ann <ann@example.org>\nTo: alice@example.com\nSubject: plain\nDate: Sun, 1 Nov 2026 10:00:00 \
                     +0000\nMessage-ID: <plain@example.org>\n\nHello.\n";

const MULTIPART: &str = "From: ann@example.org\nTo: bob\nSubject: two parts\nMIME-Version: 1.0\nContent-Type: \
                         multipart/mixed;\n boundary=\"xyz\"\n\n--xyz\nContent-Type: text/plain\n\none\n--xyz\nContent-Type: \
                         text/html; charset=utf-8\n\n<p>two</p>\n--xyz--\n";

/// The messages: each name appears in the ledger and in failures.
pub fn messages() -> Vec<Message> {
    contents().into_iter().chain(fates()).collect()
}

/// Contents of all shapes.
fn contents() -> Vec<Message> {
    let long_lines = format!("Subject: long lines\n\n{}\n{}\n", "x".repeat(5000), "word ".repeat(3000));
    let large = format!(
        "Subject: two megabytes\n\n{}",
        "0123456789abcdef0123456789abcdef0123456789abcdef\n".repeat(42_000)
    );
    let hundred: Vec<String> = (0..100).map(|number| format!("user{number}@example.net")).collect();
    let hundred: Vec<&str> = hundred.iter().map(String::as_str).collect();
    let mut eight_bit = message(
        "8-bit",
        STRANGER,
        "ann@example.org",
        &["alice@example.com"],
        "Subject: gr\u{fc}n\n\n\u{e4}\u{f6}\u{fc} \u{2713}\n",
    );
    eight_bit.mail += " BODY=8BITMIME";
    vec![
        message("plain", STRANGER, "ann@example.org", &["alice@example.com"], PLAIN),
        message("multipart", STRANGER, "ann@example.org", &["bob@example.com"], MULTIPART),
        eight_bit,
        message("long-lines", STRANGER, "ann@example.org", &["alice@example.com"], &long_lines),
        message(
            "dots",
            STRANGER,
            "ann@example.org",
            &["alice@example.com"],
            "Subject: dots\n\n.\n..\n.x\n\n.\n",
        ),
        message(
            "from-lines",
            STRANGER,
            "ann@example.org",
            &["alice@example.com"],
            "Subject: f\n\nFrom me\n>From you\n",
        ),
        message("two-megabytes", STRANGER, "ann@example.org", &["carol@box.example"], &large),
        message("hundred-recipients", INSIDER, "alice@example.com", &hundred, PLAIN),
        message("null-sender", STRANGER, "", &["alice@example.com"], "Subject: null\n\nnull\n"),
        message("no-headers", STRANGER, "ann@example.org", &["alice@example.com"], "just text\n"),
        message("empty", STRANGER, "ann@example.org", &["alice@example.com"], ""),
    ]
}

/// Recipients that are refused, unknown, put off, elsewhere or not where they seem to be.
fn fates() -> Vec<Message> {
    let too_large = format!(
        "Subject: too large\n\n{}",
        "0123456789abcdef0123456789abcdef0123456789abcdef\n".repeat(90_000)
    );
    let mut announced = message(
        "announced-too-large",
        STRANGER,
        "ann@example.org",
        &["alice@example.com"],
        "Subject: x\n\nx\n",
    );
    announced.mail += " SIZE=99999999";
    vec![
        message(
            "unknown-user",
            STRANGER,
            "ann@example.org",
            &["nobody-here@example.com", "alice@example.com"],
            PLAIN,
        ),
        message("wrong-domain", INSIDER, "alice@example.com", &["far@nowhere.invalid"], PLAIN),
        message(
            "no-such-user-there",
            INSIDER,
            "alice@example.com",
            &["unknown@example.net", "far@example.net"],
            PLAIN,
        ),
        message("later-there", INSIDER, "alice@example.com", &["later@example.net"], PLAIN),
        message("closed-port", INSIDER, "alice@example.com", &["x@noport.example"], PLAIN),
        message("null-mx", INSIDER, "alice@example.com", &["x@null.example"], PLAIN),
        message("server-failure", INSIDER, "alice@example.com", &["x@broken"], PLAIN),
        message("double-bounce", INSIDER, "", &["unknown@example.net"], PLAIN),
        announced,
        message("too-large", STRANGER, "ann@example.org", &["alice@example.com"], &too_large),
        message("stranger-relays", STRANGER, "ann@example.org", &["far@example.net"], PLAIN),
        message(
            "percent-hack",
            STRANGER,
            "ann@example.org",
            &["far%example.net@example.com", "@example.com:far@example.net"],
            PLAIN,
        ),
        message("alias", STRANGER, "ann@example.org", &["team@example.com"], PLAIN),
        message("postmaster", STRANGER, "ann@example.org", &["postmaster"], PLAIN),
        message("extension", STRANGER, "ann@example.org", &["alice+list@example.com"], PLAIN),
        message(
            "virtual-alias",
            STRANGER,
            "ann@example.org",
            &["sales@virtual.example", "none@virtual.example"],
            PLAIN,
        ),
        message(
            "virtual-mbox",
            STRANGER,
            "ann@example.org",
            &["dave@box.example", "erin@box.example"],
            PLAIN,
        ),
        message("discard", INSIDER, "alice@example.com", &["x@discard.example", "y@error.example"], PLAIN),
        message(
            "received-loop",
            STRANGER,
            "ann@example.org",
            &["alice@example.com"],
            &("Received: by x\n".repeat(60) + "\nloop\n"),
        ),
    ]
}

/// Hands in one message, waits until the queue has nothing active, and writes down all that happened.
fn play(host: &Host, sink: &Sink, message: &Message, transcript: &mut Transcript) {
    let log_before = host.log().len();
    let taken_before = sink.count();
    let mut client = Client::connect_from(host, message.client, 25);
    client.say("EHLO client.example.org");
    let recipients: Vec<&str> = message.recipients.iter().map(String::as_str).collect();
    client.deliver_with(&message.mail, &recipients, &message.content);
    client.say("QUIT");
    let name = message.name;
    settle(host, log_before);
    let rules = Normaliser::ALL;
    let log = host.log()[log_before..].to_owned();
    transcript.text("replies", name, &normalise::apply(rules, &client.dialogue));
    transcript.unordered("log", name, &normalise::apply(rules, &log));
    transcript.text("queue", name, &listing(host));
    let taken = sink.taken_after(taken_before);
    let relayed: Vec<String> =
        taken.iter().map(|mail| mail.envelope.join("\n") + "\n" + &mail.content).collect();
    transcript.text("relayed", name, &normalise::apply(rules, &relayed.join("\n----\n")));
}

/// Waits until a session that began after that much of the log has ended, and all mail has come to rest.
pub fn settle(host: &Host, log_before: usize) {
    host.wait_for("the session to end", || host.log()[log_before..].contains("disconnect from"));
    host.settle();
}

/// The queue as postqueue(1) lists it; the order of messages is the order of directory entries, so it is sorted.
fn listing(host: &Host) -> String {
    let text = String::from_utf8_lossy(&host.must(["postqueue", "-p"])).into_owned();
    let (frame, records): (Vec<&str>, Vec<&str>) = text.lines().partition(|line| line.starts_with('-'));
    let records = records.join("\n");
    let mut messages: Vec<String> = records
        .split("\n\n")
        .map(|one| normalise::without_identity(Normaliser::ALL, one.trim_matches('\n')))
        .collect();
    messages.sort();
    frame.join("\n") + "\n" + &messages.join("\n\n")
}

/// The whole scenario: every message, then the mailboxes.
pub fn scenario(host: &Host) -> Transcript {
    let sink = site::start(host);
    let mut transcript = Transcript::new();
    for message in messages() {
        play(host, &sink, &message, &mut transcript);
    }
    mailboxes(host, &mut transcript);
    host.stop_mail();
    transcript
}

/// What lies in mailboxes and maildirs: bytes (normalised), modes and owners.
fn mailboxes(host: &Host, transcript: &mut Transcript) {
    let script = "cd / && find var/mail var/vmail home/bob/Maildir -printf '%M %u:%g %p\\n' | sed 's,/[0-9]*[.].*,/FILE,' | sort";
    transcript.text("files", "modes", &String::from_utf8_lossy(&host.must(["sh", "-c", script])));
    for mailbox in ["var/mail/alice", "var/vmail/dave"] {
        let text = host.must(["cat", &format!("/{mailbox}")]);
        transcript.text(
            "mailboxes",
            mailbox,
            &normalise::apply(Normaliser::ALL, &String::from_utf8_lossy(&text)),
        );
    }
    for maildir in ["/home/bob/Maildir/new", "/var/vmail/carol/new"] {
        // In the order of delivery: names begin with the time.
        let text = host.must(["sh", "-c", &format!("cat {maildir}/*")]);
        transcript.text(
            "mailboxes",
            maildir,
            &normalise::apply(Normaliser::ALL, &String::from_utf8_lossy(&text)),
        );
    }
}

#[test]
fn shapes() {
    Pair::new("messages").both(site::site).build().assert_same(scenario);
}

/// The harness itself: two references must agree, or a difference says nothing about ours.
#[test]
fn the_reference_agrees_with_itself() {
    let run = || scenario(&site::site(HostSpec::reference(Version::V3_11)).start());
    let first = std::thread::spawn(run);
    let second = run();
    first.join().expect("the scenario on the reference").assert_same(&second, "messages");
}
