//! smtpd(8) in the corners: every action of access(5), the restrictions that few use, XCLIENT and XFORWARD, what
//! configuration does to commands and replies. Clients come as strangers by XCLIENT.

use crate::dialogues::{Dialogue, compare};
use crate::site::{INSIDER, STRANGER};

/// The client plays `good.example`, which is nobody special.
const AS_GOOD: &str = "XCLIENT NAME=good.example ADDR=192.0.2.1";

/// One message from a sender, to a recipient of ours and one of nobody's.
macro_rules! message {
    ($sender:literal) => {
        (
            $sender,
            STRANGER,
            &[
                AS_GOOD,
                "EHLO client.example.org",
                concat!("MAIL FROM:<", $sender, ">"),
                "RCPT TO:<alice@example.com>",
                "RCPT TO:<x@elsewhere.invalid>",
                "DATA",
                "(content)",
                "QUIT",
            ],
        )
    };
}

const XCLIENT: &str = "\
smtpd_authorized_xclient_hosts = 127.0.0.1
smtpd_authorized_xforward_hosts = 127.0.0.1
notify_classes =
";

const ACTIONS: &str = "\
smtpd_authorized_xclient_hosts = 127.0.0.1
notify_classes =
smtpd_restriction_classes = classy
classy = check_sender_access inline:{{class@example.org = 554 5.7.5 by class}}
smtpd_sender_restrictions = check_sender_access texthash:/etc/postfix/senders
smtpd_log_access_permit_actions = static:all
";

const SENDERS: &str = "\
ok@example.org OK
reject@example.org REJECT
reason@example.org REJECT 5.7.99 go away please
status@example.org REJECT 5.1.1 sender status
defer@example.org DEFER
if-permit@example.org DEFER_IF_PERMIT
if-reject@example.org DEFER_IF_REJECT 4.2.3 maybe
code@example.org 451 4.3.2 custom text
number@example.org 12345
hold@example.org HOLD please look
discard@example.org DISCARD gone
filter@example.org FILTER foo
redirect@example.org REDIRECT alice
bcc@example.org BCC postmaster@example.com
prepend@example.org PREPEND X-Foo: bar
no-header@example.org PREPEND nothing
info@example.org INFO hello
class@example.org classy
unknown@example.org frobnicate
table@example.org texthash:/foo
list@example.org permit_mynetworks, reject
warn@example.org warn_if_reject reject
hang@example.org HANGUP bye
";

#[test]
fn actions() {
    const DIALOGUES: &[Dialogue] = &[
        message!("ok@example.org"),
        message!("reject@example.org"),
        message!("reason@example.org"),
        message!("status@example.org"),
        message!("defer@example.org"),
        message!("if-permit@example.org"),
        message!("if-reject@example.org"),
        message!("code@example.org"),
        message!("number@example.org"),
        message!("hold@example.org"),
        message!("discard@example.org"),
        message!("filter@example.org"),
        message!("redirect@example.org"),
        message!("bcc@example.org"),
        message!("prepend@example.org"),
        message!("no-header@example.org"),
        message!("info@example.org"),
        message!("class@example.org"),
        message!("unknown@example.org"),
        message!("table@example.org"),
        message!("list@example.org"),
        message!("warn@example.org"),
        message!("hang@example.org"),
    ];
    compare("access-control/actions", ACTIONS, &[("/etc/postfix/senders", SENDERS)], DIALOGUES);
}

const RARE: &str = "\
smtpd_authorized_xclient_hosts = 127.0.0.1
notify_classes =
smtpd_sender_restrictions = check_sender_access texthash:/etc/postfix/senders
";

const RARE_SENDERS: &str = "\
s1@example.org warn_if_reject reject_unlisted_recipient, reject_non_fqdn_sender
s2@example.org defer_if_permit, permit
s3@example.org defer_if_reject, reject
s4@example.org sleep x
s5@example.org permit_mx_backup
s6@example.org reject_unknown_client_hostname
s7@example.org permit_inet_interfaces, reject
s8@example.org reject_plaintext_session
s9@example.org check_relay_domains
s10@example.org check_policy_service
s11@example.org reject_rbl_client
s12@example.org check_sender_access
s13@example.org permit, reject
s14@example.org defer, reject
s15@example.org permit_auth_destination, reject
s16@example.org reject_sender_login_mismatch
s17@example.org warn_if_reject reject, defer
s18@example.org reject_unknown_address
s19@example.org defer_unauth_destination
";

#[test]
fn rare_restrictions() {
    const DIALOGUES: &[Dialogue] = &[
        message!("s1@example.org"),
        message!("s2@example.org"),
        message!("s3@example.org"),
        message!("s4@example.org"),
        message!("s5@example.org"),
        message!("s6@example.org"),
        message!("s7@example.org"),
        message!("s8@example.org"),
        message!("s9@example.org"),
        message!("s10@example.org"),
        message!("s11@example.org"),
        message!("s12@example.org"),
        message!("s13@example.org"),
        message!("s14@example.org"),
        message!("s15@example.org"),
        message!("s16@example.org"),
        message!("s17@example.org"),
        message!("s18@example.org"),
        message!("s19@example.org"),
    ];
    compare("access-control/rare", RARE, &[("/etc/postfix/senders", RARE_SENDERS)], DIALOGUES);
}

/// XCLIENT or XFORWARD, and a message after it.
macro_rules! impersonation {
    ($command:literal) => {
        (
            $command,
            STRANGER,
            &[
                "EHLO client.example.org",
                $command,
                "EHLO client.example.org",
                "MAIL FROM:<a@example.org>",
                "RCPT TO:<alice@example.com>",
                "DATA",
                "(content)",
                "QUIT",
            ],
        )
    };
}

#[test]
fn impersonation() {
    const DIALOGUES: &[Dialogue] = &[
        impersonation!("XCLIENT NAME=[UNAVAILABLE] ADDR=10.0.0.1 PORT=77"),
        impersonation!(
            "XCLIENT NAME=[TEMPUNAVAIL] ADDR=10.0.0.1 PROTO=ESMTP HELO=x.example DESTADDR=192.0.2.9"
        ),
        impersonation!("XCLIENT NAME=six.example ADDR=IPv6:2001:db8::1"),
        impersonation!("XCLIENT NAME=foo ADDR=1.2.3"),
        impersonation!("XCLIENT NAME=-foo"),
        impersonation!("XCLIENT PORT=x"),
        impersonation!("XCLIENT FOO=bar"),
        impersonation!("XCLIENT NAME="),
        impersonation!(
            "XFORWARD NAME=orig.example ADDR=10.9.8.7 PORT=99 PROTO=ESMTP HELO=o IDENT=AB SOURCE=REMOTE"
        ),
        impersonation!("XFORWARD ADDR=[UNAVAILABLE]"),
        impersonation!("XFORWARD SOURCE=x"),
        impersonation!("XFORWARD HELO=a+20b"),
        (
            "not-for-everybody",
            INSIDER,
            &["EHLO x", "XCLIENT NAME=x.example", "XFORWARD NAME=x.example", "QUIT"],
        ),
    ];
    compare("access-control/impersonation", XCLIENT, &[], DIALOGUES);
}

const DRESSED: &str = "\
smtpd_delay_reject = no
notify_classes =
disable_vrfy_command = yes
smtpd_recipient_limit = 2
smtpd_recipient_overshoot_limit = 1
smtpd_error_sleep_time = 0
smtpd_junk_command_limit = 2
smtpd_noop_commands = FROB
smtpd_forbidden_commands = EVIL
smtpd_discard_ehlo_keywords = dsn, etrn
smtpd_reject_footer = \\c. Ask $server_name \\n about ${sender}
smtpd_command_filter = pcre:{{/^QOIT/ QUIT}}
smtpd_forbid_bare_newline = reject
smtpd_hard_error_limit = 6
";

#[test]
fn dressed_replies() {
    const DIALOGUES: &[Dialogue] = &[
        ("keywords", STRANGER, &["EHLO x", "ETRN example.com", "VRFY alice", "HELP", "QOIT"]),
        (
            "too-many",
            STRANGER,
            &[
                "EHLO x",
                "MAIL FROM:<a@example.org>",
                "RCPT TO:<alice@example.com>",
                "RCPT TO:<bob@example.com>",
                "RCPT TO:<bob@example.com>",
                "RCPT TO:<bob@example.com>",
                "QUIT",
            ],
        ),
        ("footer", STRANGER, &["EHLO x", "MAIL FROM:<a@example.org>", "RCPT TO:<far@example.net>", "QUIT"]),
        ("dsn", STRANGER, &["EHLO x", "MAIL FROM:<a@example.org> RET=FULL", "QUIT"]),
        (
            "junk",
            STRANGER,
            &["EHLO x", "NOOP", "NOOP", "NOOP", "FROB", "NOOP", "NOOP", "NOOP", "NOOP", "NOOP"],
        ),
        ("evil", STRANGER, &["EHLO x", "EVIL"]),
        ("errors", STRANGER, &["EHLO x", "A", "B", "C", "D", "E", "F"]),
    ];
    compare("access-control/dressed-replies", DRESSED, &[], DIALOGUES);
}
