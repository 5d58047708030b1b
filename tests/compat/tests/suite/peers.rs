//! Clients and servers that an administrator treats in a special way: looks over their shoulder, reads their replies
//! as other ones, does not see some of their DNS records.

use crate::messages::settle;
use crate::site::{self, INSIDER, STRANGER};
use compat::host::Host;
use compat::normalise::{self, Normaliser};
use compat::smtp::Client;
use compat::{Pair, Transcript};

/// Sends a message from each client, and gives the lines of the log that `wanted` picks.
fn relay(host: &Host, dialogues: &[(&str, &str, &str)], wanted: fn(&str) -> bool) -> Transcript {
    let _sink = site::start(host);
    let mut transcript = Transcript::new();
    for (client, sender, recipient) in dialogues {
        let log_before = host.log().len();
        let mut client = Client::connect_from(host, client, 25);
        client.say("EHLO client.example.org");
        client.deliver(sender, &[recipient], b"Subject: x\n\nHello.\n");
        client.say("QUIT");
        drop(client);
        settle(host, log_before);
        let log: String = host.log()[log_before..]
            .lines()
            .filter(|line| wanted(line))
            .map(|line| format!("{line}\n"))
            .collect();
        let log = normalise::apply(Normaliser::ALL, &log);
        transcript.unordered("log", recipient, &log);
    }
    host.stop_mail();
    transcript
}

/// The dialogue and the restrictions; the reference says much more about its insides.
fn is_dialogue(line: &str) -> bool {
    let marks =
        ["]: < ", "]: > ", "RESTRICTIONS <<<", "generic_checks: ", "replacing server reply", "status="];
    marks.iter().any(|mark| line.contains(mark)) && !line.contains("dict_proxy_lookup")
}

#[test]
fn debugged() {
    let pair = Pair::new("peers/debugged").both(site::site).main_cf(
        "debug_peer_list = 127.0.0.3, example.net\ndebug_peer_level = 1\n\
         smtpd_restriction_classes = strict\nstrict = reject_unauth_pipelining, reject_non_fqdn_sender, permit\n\
         smtpd_recipient_restrictions = check_sender_access inline:{eve@example.org=reject}, warn_if_reject, strict\n\
         smtp_reply_filter = regexp:{{/^550 5.1.1 (.*)/ 450 4.1.1 not yet}, {/^250-(PIPELINING)/ 250-X$1}}\n\
         smtp_per_request_deadline = yes\nsmtp_min_data_rate = 1000\n",
    );
    pair.build().assert_same(|host| {
        relay(
            host,
            &[
                (INSIDER, "alice@example.com", "far@example.net"),
                (INSIDER, "alice@example.com", "unknown@example.net"),
                (INSIDER, "eve@example.org", "far@example.net"),
                (INSIDER, "alice", "team@example.com"),
                (STRANGER, "a@example.org", "alice@example.com"),
            ],
            is_dialogue,
        )
    });
}

#[test]
fn dns_reply_filters() {
    let pair = Pair::new("peers/dns-reply-filters").both(site::site).main_cf(
        "smtp_dns_reply_filter = regexp:{{/^example\\.net\\. .* IN MX 10 mx\\.example\\.net\\./ ignore it},\
         {/^closed\\.example\\..* IN A/ IGNORE}, {/^null\\.example/ WHAT else}}\n\
         smtpd_dns_reply_filter = regexp:{{/^example\\.org\\./ IGNORE}}\n\
         smtpd_sender_restrictions = reject_unknown_sender_domain\n",
    );
    pair.build().assert_same(|host| {
        relay(
            host,
            &[
                (INSIDER, "alice@example.com", "far@example.net"),
                (INSIDER, "alice@example.com", "x@noport.example"),
                (INSIDER, "alice@example.com", "x@null.example"),
                (INSIDER, "a@example.org", "alice@example.com"),
            ],
            |line| line.contains("/smtp[") || line.contains("/smtpd["),
        )
    });
}

/// A chunk that is too big is not read to its end: the rest is commands, as far as it has come.
#[test]
fn chunks_too_big() {
    let pair = Pair::new("peers/chunks-too-big").both(site::site).main_cf("message_size_limit = 1000\n");
    pair.build().assert_same(|host| {
        let _sink = site::start(host);
        let mut transcript = Transcript::new();
        let chunk = [&[b'X'; 1190][..], b"\r\n\r\n\r\n\r\n\r\n"].concat();
        for command in ["BDAT 1200 LAST", "BDAT 1200"] {
            let mut client = Client::connect_from(host, INSIDER, 25);
            client.say("EHLO client.example.org");
            client.say("MAIL FROM:<alice@example.com>");
            client.say("RCPT TO:<alice@example.com>");
            client.send(&[command.as_bytes(), b"\r\n", &chunk, b"NOOP\r\nQUIT\r\n"].concat());
            let replies = [client.reply(), client.reply(), client.reply()].concat();
            transcript.text("dialogue", command, &replies);
        }
        host.wait_for_log("disconnect from", 3);
        host.stop_mail();
        transcript.unordered("log", "all", &normalise::apply(Normaliser::ALL, &host.log()));
        transcript
    });
}
