//! SMTP dialogues, line by line: the same replies and the same log lines, good manners and bad.

use crate::site::{self, INSIDER, STRANGER};
use compat::host::Host;
use compat::normalise::{self, Normaliser};
use compat::smtp::Client;
use compat::{Pair, Transcript};

/// A named dialogue: who speaks, and what. A line `(content)` sends a short message; `(hang up)` closes.
pub(crate) type Dialogue = (&'static str, &'static str, &'static [&'static str]);

fn play(host: &Host, (name, from, lines): &Dialogue, transcript: &mut Transcript) {
    let log_before = host.log().len();
    let disconnects = host.log().matches("disconnect from").count();
    let mut client = Client::connect_from(host, from, 25);
    for line in *lines {
        match *line {
            "(content)" => drop(client.content(b"Subject: x\n\nHello.\n")),
            "(hang up)" => break,
            // A line with its own line ends, sent as it is; every reply that it draws is read.
            line if line.contains('\r') => {
                client.send(line.as_bytes());
                // What follows BDAT is content, not commands.
                let commands = if line.starts_with("BDAT") { 1 } else { line.matches('\n').count() };
                for _ in 0..commands {
                    client.reply();
                }
            }
            line => drop(client.say(line)),
        }
    }
    let dialogue = client.dialogue.clone();
    drop(client);
    host.wait_for_log("disconnect from", disconnects + 1);
    host.settle();
    transcript.text("replies", name, &normalise::apply(Normaliser::ALL, &dialogue));
    transcript.unordered("log", name, &normalise::apply(Normaliser::ALL, &host.log()[log_before..]));
}

fn all(host: &Host, dialogues: &[Dialogue]) -> Transcript {
    let _sink = site::start(host);
    let mut transcript = Transcript::new();
    for dialogue in dialogues {
        play(host, dialogue, &mut transcript);
    }
    host.stop_mail();
    transcript
}

pub(crate) fn compare(case: &str, main_cf: &str, files: &[(&str, &str)], dialogues: &[Dialogue]) {
    let pair = Pair::new(case).both(site::site).main_cf(main_cf);
    let pair = files.iter().fold(pair, |pair, (path, content)| pair.file(path, content)).build();
    pair.assert_same(|host| all(host, dialogues));
}

const MANNERS: &[Dialogue] = &[
    ("helo", STRANGER, &["HELO client.example.org", "QUIT"]),
    ("ehlo", STRANGER, &["EHLO client.example.org", "QUIT"]),
    (
        "no-helo",
        STRANGER,
        &["MAIL FROM:<a@example.org>", "RCPT TO:<alice@example.com>", "DATA", "(content)", "QUIT"],
    ),
    (
        "out-of-order",
        STRANGER,
        &[
            "EHLO x",
            "RCPT TO:<alice@example.com>",
            "DATA",
            "MAIL FROM:<a@b.c>",
            "DATA",
            "MAIL FROM:<a@b.c>",
            "QUIT",
        ],
    ),
    (
        "syntax",
        STRANGER,
        &[
            "EHLO",
            "HELO",
            "EHLO x y",
            "MAIL",
            "MAIL FROM",
            "MAIL FROM:",
            "MAIL FROM:a@b.c",
            "MAIL TO:<a@b.c>",
            "RSET x",
            "NOOP a b",
            "QUIT now",
            "QUIT",
        ],
    ),
    (
        "addresses",
        STRANGER,
        &[
            "EHLO x",
            "MAIL FROM:<\"a b\"@example.org>",
            "RCPT TO:<\"alice\"@example.com>",
            "RCPT TO:alice@example.com",
            "RCPT TO:<>",
            "RCPT TO:<@example.net:alice@example.com>",
            "RCPT TO:<alice>",
            "RCPT TO:<alice@>",
            "RCPT TO:<@example.com>",
            "RCPT TO:<a@b@example.com>",
            "RCPT TO:<alice@[127.0.0.1]>",
            "RCPT TO:<alice@example.com",
            "RCPT TO: <alice@example.com>",
            "RCPT TO:<alice@example.com> NOTIFY=NEVER",
            "RCPT TO:<alice@example.com> FOO=BAR",
            "RCPT TO:<alice@example.com> NOTIFY=SOMETIMES",
            "RCPT TO:<far@example.net>",
            "RCPT TO:<far!example.net@example.com>",
            "RCPT TO:<postmaster>",
            "RSET",
            "QUIT",
        ],
    ),
    (
        "mail-parameters",
        STRANGER,
        &[
            "EHLO x",
            "MAIL FROM:<a@b.c> SIZE=abc",
            "MAIL FROM:<a@b.c> SIZE=1 BODY=7BIT",
            "RSET",
            "MAIL FROM:<a@b.c> BODY=BINARY",
            "MAIL FROM:<a@b.c> RET=HDRS ENVID=x+20y",
            "RSET",
            "MAIL FROM:<a@b.c> RET=SOME",
            "MAIL FROM:<a@b.c> SMTPUTF8",
            "RSET",
            "MAIL FROM:<a@b.c> AUTH=<>",
            "MAIL FROM:<a@b.c> NOSUCH=1",
            "QUIT",
        ],
    ),
    (
        "unknown-commands",
        STRANGER,
        &[
            "EHLO x",
            "FOO",
            "VRFY alice",
            "VRFY nobody-here@example.com",
            "VRFY far@example.net",
            "EXPN list",
            "HELP",
            "STARTTLS",
            "AUTH PLAIN",
            "ETRN example.com",
            "NOOP",
            "QUIT",
        ],
    ),
    ("http", STRANGER, &["GET / HTTP/1.0"]),
    ("hang-up", STRANGER, &["EHLO x", "MAIL FROM:<a@b.c>", "RCPT TO:<alice@example.com>", "(hang up)"]),
    (
        "pipelined",
        STRANGER,
        &[
            "EHLO x",
            "MAIL FROM:<a@b.c>\r\nRCPT TO:<alice@example.com>\r\nRCPT TO:<far@example.net>\r\nDATA\r\n",
            "(content)",
            "QUIT",
        ],
    ),
    ("bare-line-feed", STRANGER, &["EHLO x\n\r", "QUIT"]),
    (
        "bdat",
        STRANGER,
        &[
            "EHLO x",
            "MAIL FROM:<a@b.c>",
            "RCPT TO:<alice@example.com>",
            "BDAT 4\r\nab\r\n",
            "BDAT 0 LAST",
            "BDAT",
            "BDAT x",
            "QUIT",
        ],
    ),
    (
        "twice",
        STRANGER,
        &[
            "EHLO x",
            "MAIL FROM:<a@b.c>",
            "RCPT TO:<alice@example.com>",
            "RCPT TO:<alice@example.com>",
            "DATA",
            "(content)",
            "MAIL FROM:<>",
            "RCPT TO:<alice@example.com>",
            "DATA",
            "(content)",
            "QUIT",
        ],
    ),
    (
        "insider",
        INSIDER,
        &["EHLO x", "MAIL FROM:<alice>", "RCPT TO:<far@example.net>", "DATA", "(content)", "QUIT"],
    ),
];

#[test]
fn manners() {
    compare("dialogues/manners", "", &[], MANNERS);
}

const RESTRICTED: &str = "\
smtpd_client_restrictions = check_client_access texthash:/etc/postfix/clients
smtpd_helo_required = yes
smtpd_helo_restrictions = permit_mynetworks, reject_invalid_helo_hostname, reject_non_fqdn_helo_hostname, check_helo_access pcre:/etc/postfix/helo
smtpd_sender_restrictions = reject_non_fqdn_sender, reject_unknown_sender_domain, check_sender_access texthash:/etc/postfix/senders
smtpd_recipient_restrictions = reject_non_fqdn_recipient, check_recipient_access texthash:/etc/postfix/recipients, warn_if_reject reject_unlisted_sender
smtpd_data_restrictions = reject_unauth_pipelining, reject_multi_recipient_bounce
smtpd_restriction_classes = strict
strict = reject_unknown_sender_domain, reject
smtpd_soft_error_limit = 20
";

const RESTRICTION_FILES: &[(&str, &str)] = &[
    ("/etc/postfix/clients", "127.0.0.5 REJECT go away\n127.0.0.6 450 4.7.1 later\n"),
    (
        "/etc/postfix/helo",
        "/^(spam)mer/ 554 5.7.1 no ${1}mers\n/^friend/ OK\n/^hold/ HOLD wait\n/^warn/ WARN look\n",
    ),
    (
        "/etc/postfix/senders",
        "bad@example.org REJECT\nexample.com OK\nslow@ DEFER_IF_PERMIT maybe\nstrict@example.org strict\ndunno@example.org DUNNO\ndrop@example.org DISCARD gone\nfilter@example.org PREPEND X-Seen: yes\nredirect@example.org REDIRECT bob@example.com\ninfo@example.org INFO hello\n",
    ),
    ("/etc/postfix/recipients", "bob@example.com 550 5.1.1 bob has moved\nalice@ OK\n@example.net REJECT\n"),
];

const CHECKS: &[Dialogue] = &[
    (
        "client-rejected",
        "127.0.0.5",
        &["EHLO friend.example.org", "MAIL FROM:<a@example.org>", "RCPT TO:<alice@example.com>", "QUIT"],
    ),
    (
        "client-deferred",
        "127.0.0.6",
        &["EHLO friend.example.org", "MAIL FROM:<a@example.org>", "RCPT TO:<alice@example.com>", "QUIT"],
    ),
    ("helo-missing", STRANGER, &["MAIL FROM:<a@example.org>", "QUIT"]),
    (
        "helo-invalid",
        STRANGER,
        &["EHLO -bad-", "MAIL FROM:<a@example.org>", "RCPT TO:<alice@example.com>", "QUIT"],
    ),
    (
        "helo-not-fqdn",
        STRANGER,
        &["EHLO short", "MAIL FROM:<a@example.org>", "RCPT TO:<alice@example.com>", "QUIT"],
    ),
    (
        "helo-table",
        STRANGER,
        &["EHLO spammer.example.org", "MAIL FROM:<a@example.org>", "RCPT TO:<alice@example.com>", "QUIT"],
    ),
    (
        "hold",
        STRANGER,
        &["EHLO hold.example.org", "MAIL FROM:<a@example.org>", "RCPT TO:<alice@example.com>", "QUIT"],
    ),
    (
        "warn",
        STRANGER,
        &[
            "EHLO warn.example.org",
            "MAIL FROM:<a@example.org>",
            "RCPT TO:<alice@example.com>",
            "DATA",
            "(content)",
            "QUIT",
        ],
    ),
    (
        "senders",
        STRANGER,
        &[
            "EHLO friend.example.org",
            "MAIL FROM:<short>",
            "RCPT TO:<alice@example.com>",
            "RSET",
            "MAIL FROM:<a@nowhere.invalid>",
            "RCPT TO:<alice@example.com>",
            "RSET",
            "MAIL FROM:<bad@example.org>",
            "RCPT TO:<alice@example.com>",
            "RSET",
            "MAIL FROM:<slow@example.org>",
            "RCPT TO:<alice@example.com>",
            "RSET",
            "MAIL FROM:<strict@example.org>",
            "RCPT TO:<alice@example.com>",
            "RSET",
            "MAIL FROM:<dunno@example.org>",
            "RCPT TO:<alice@example.com>",
            "RSET",
            "QUIT",
        ],
    ),
    (
        "recipients",
        STRANGER,
        &[
            "EHLO friend.example.org",
            "MAIL FROM:<a@example.org>",
            "RCPT TO:<bob@example.com>",
            "RCPT TO:<far@example.net>",
            "RCPT TO:<alice>",
            "RCPT TO:<carol@box.example>",
            "RCPT TO:<nobody@box.example>",
            "RCPT TO:<nobody@virtual.example>",
            "RCPT TO:<nobody@example.com>",
            "QUIT",
        ],
    ),
    (
        "discard",
        STRANGER,
        &[
            "EHLO friend.example.org",
            "MAIL FROM:<drop@example.org>",
            "RCPT TO:<alice@example.com>",
            "DATA",
            "(content)",
            "QUIT",
        ],
    ),
    (
        "prepend",
        STRANGER,
        &[
            "EHLO friend.example.org",
            "MAIL FROM:<filter@example.org>",
            "RCPT TO:<alice@example.com>",
            "DATA",
            "(content)",
            "QUIT",
        ],
    ),
    (
        "redirect",
        STRANGER,
        &[
            "EHLO friend.example.org",
            "MAIL FROM:<redirect@example.org>",
            "RCPT TO:<alice@example.com>",
            "DATA",
            "(content)",
            "QUIT",
        ],
    ),
    (
        "info",
        STRANGER,
        &[
            "EHLO friend.example.org",
            "MAIL FROM:<info@example.org>",
            "RCPT TO:<alice@example.com>",
            "DATA",
            "(content)",
            "QUIT",
        ],
    ),
    (
        "bounce-to-many",
        STRANGER,
        &[
            "EHLO friend.example.org",
            "MAIL FROM:<>",
            "RCPT TO:<alice@example.com>",
            "RCPT TO:<carol@box.example>",
            "DATA",
            "QUIT",
        ],
    ),
    (
        "too-many-errors",
        STRANGER,
        &[
            "EHLO friend.example.org",
            "X",
            "X",
            "X",
            "X",
            "X",
            "X",
            "X",
            "X",
            "X",
            "X",
            "X",
            "X",
            "X",
            "X",
            "X",
            "X",
            "X",
            "X",
            "X",
            "X",
            "X",
        ],
    ),
];

#[test]
fn restrictions() {
    compare("dialogues/restrictions", RESTRICTED, RESTRICTION_FILES, CHECKS);
}

/// Debian's default for `alias_maps` names a table of NIS, which most hosts have not.
#[test]
fn aliases_of_nis() {
    compare(
        "dialogues/nis",
        "alias_maps = texthash:/etc/postfix/aliases, nis:mail.aliases\n",
        &[],
        &[(
            "local",
            STRANGER,
            &[
                "EHLO client.example.org",
                "MAIL FROM:<a@example.org>",
                "RCPT TO:<alice@example.com>",
                "RCPT TO:<nobody-here@example.com>",
                "DATA",
                "(content)",
                "QUIT",
            ],
        )],
    );
}

/// What an error in between does to a transaction: crafted sequences found defects in this, up to 3.11.6.
const TRANSACTIONS: &[Dialogue] = &[
    (
        "verify-without-smtputf8",
        STRANGER,
        &[
            "EHLO client.example.org",
            "MAIL FROM:<ann@example.org>",
            "RCPT TO:<alice@example.com>",
            "VRFY \u{e4}@example.com",
            "DATA",
            "(content)",
            "QUIT",
        ],
    ),
    (
        "recipient-without-smtputf8",
        STRANGER,
        &[
            "EHLO client.example.org",
            "MAIL FROM:<ann@example.org>",
            "RCPT TO:<\u{e4}@example.com>",
            "RCPT TO:<alice@example.com>",
            "MAIL FROM:<\u{e4}@example.org>",
            "RSET",
            "QUIT",
        ],
    ),
    (
        "refused-at-the-end",
        STRANGER,
        &[
            "EHLO client.example.org",
            "MAIL FROM:<end@example.org>",
            "RCPT TO:<alice@example.com>",
            "DATA",
            "(content)",
            "RCPT TO:<alice@example.com>",
            "DATA",
            "QUIT",
        ],
    ),
    (
        "chunk-error",
        STRANGER,
        &[
            "EHLO client.example.org",
            "MAIL FROM:<ann@example.org>",
            "RCPT TO:<alice@example.com>",
            "BDAT x",
            "DATA",
            "RCPT TO:<alice@example.com>",
            "DATA",
            "QUIT",
        ],
    ),
];

#[test]
fn transactions() {
    compare(
        "dialogues/transactions",
        "strict_smtputf8 = yes\nsmtpd_end_of_data_restrictions = check_sender_access inline:{end@example.org=reject}",
        &[],
        TRANSACTIONS,
    );
}
