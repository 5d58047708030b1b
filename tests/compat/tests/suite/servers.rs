//! Servers with odd manners that mail is relayed to: the same log lines, and the same words in notices.

use crate::dialogues::compare;
use crate::messages::settle;
use crate::site::{self, INSIDER};
use compat::host::Host;
use compat::normalise::{self, Normaliser};
use compat::smtp::{Client, Sink};
use compat::{Pair, Transcript};

/// Says what no server should say.
fn odd_rule(line: &str) -> Option<&'static str> {
    match line {
        line if line.starts_with("EHLO ") => {
            Some("250-odd.example\r\n250-SIZE 1k\r\n250-ENHANCEDSTATUSCODES\r\n250 8BITMIME")
        }
        line if line.starts_with("RCPT TO:<lines@") => {
            Some("550-5.1.1 the first line\r\n550-5.1.1 the second line\r\n550 5.1.1 the third")
        }
        line if line.starts_with("RCPT TO:<wrong@") => Some("550 4.1.1 the class is another"),
        _ => None,
    }
}

fn scenario(host: &Host) -> Transcript {
    let _odd = Sink::start(host, "127.0.0.4", 25, odd_rule);
    let _sink = site::start(host);
    let mut transcript = Transcript::new();
    for user in ["plain", "lines", "wrong"] {
        let log_before = host.log().len();
        let mut client = Client::connect_from(host, INSIDER, 25);
        client.say("EHLO client.example.org");
        client.deliver("alice@example.com", &[&format!("{user}@odd.example")], b"Subject: x\n\nHello.\n");
        client.say("QUIT");
        drop(client);
        settle(host, log_before);
        transcript.unordered("log", user, &normalise::apply(Normaliser::ALL, &host.log()[log_before..]));
    }
    let mailbox = host.must(["cat", "/var/mail/alice"]);
    let notices = normalise::apply(Normaliser::ALL, &String::from_utf8_lossy(&mailbox));
    transcript.text("mailboxes", "alice", &notices);
    host.stop_mail();
    transcript
}

#[test]
fn odd_manners() {
    let pair = Pair::new("servers/odd-manners").both(site::site);
    pair.file("/etc/postfix/transport", "odd.example smtp:[127.0.0.4]\n").build().assert_same(scenario);
}

/// What a `compatibility_level` of old says when mail leaves.
#[test]
fn old_defaults() {
    compare(
        "servers/old-defaults",
        "compatibility_level = 3.6\n",
        &[],
        &[(
            "relayed",
            INSIDER,
            &[
                "EHLO client.example.org",
                "MAIL FROM:<alice@example.com>",
                "RCPT TO:<far@example.net>",
                "DATA",
                "(content)",
                "QUIT",
            ],
        )],
    );
}
