//! Deliveries on this host: aliases, `.forward` files, commands, files, and what becomes of those that fail.

use crate::site;
use compat::host::Host;
use compat::normalise::{self, Normaliser};
use compat::{HostSpec, Pair, Transcript};

// Field 41 of a process's status is its scheduling policy.
const ALIASES: &str = "\
postmaster: alice
list: alice, bob, nosuch, far@example.net
owner-list: alice
cmd: \"|/bin/cat > /tmp/cmd.out; pwd; id -un > /tmp/cmd.id; cut -d' ' -f41 /proc/self/stat >> /tmp/cmd.id\"
cmdplain: \"|/usr/bin/tee /tmp/tee.out\"
cmdfail: \"|exit 67\"
cmdfail1: \"|echo oops; exit 1\"
cmdtmp: \"|echo 4.2.1 later maybe; exit 75\"
cmddsn: \"|echo 5.7.9 not you; exit 9\"
cmdsig: \"|kill -9 $$\"
cmdnone: \"|/no/such/cmd a b\"
cmdnone2: \"|nosuchcmd a\"
cmdslow: \"|sleep 100\"
file: /tmp/file.out
maildir: /tmp/md/
devnull: /dev/null
filebad: /root/x
inc: :include:/etc/inc.list
inc2: :include:/etc/inc.bad
increl: :include:inc
incnone: :include:/etc/inc.none
loop1: loop2
loop2: loop1
self: self, alice
empty:
ext: bob
plist: bob, \"|exit 69\"
owner-plist: alice
home: ~/x
";

const RECIPIENTS: &[&str] = &[
    "alice",
    "bob",
    "nosuch",
    "nosuch+ext",
    "postmaster",
    "mailer-daemon",
    "list",
    "cmd",
    "cmdplain",
    "cmdfail",
    "cmdfail1",
    "cmdtmp",
    "cmddsn",
    "cmdsig",
    "cmdnone",
    "cmdnone2",
    "cmdslow",
    "file",
    "maildir",
    "devnull",
    "filebad",
    "inc",
    "inc2",
    "increl",
    "incnone",
    "loop1",
    "self",
    "empty",
    "ext+foo",
    "plist",
    "home",
    "bob+x",
    "bob+y",
    "alice+a/b",
    "alice+tag",
    "Alice",
];

fn spec(spec: HostSpec) -> HostSpec {
    site::site(spec)
        .main_cf(
            "alias_maps = cdb:/etc/aliases\nalias_database = cdb:/etc/aliases\nrecipient_delimiter = +\n\
             command_time_limit = 6s\nmailbox_command =\nlocal_recipient_maps =\nnotify_classes =\n",
        )
        .file("/etc/aliases", ALIASES)
        .file("/etc/inc.list", "# comment\nalice, bob\n\nalice\n")
        .file("/etc/inc.bad", "alice\n")
        .file(
            "/home/bob/.forward",
            "\\bob, \"|/bin/cat > /tmp/bob.out; id -un > /tmp/bob.id\", /home/bob/mbox2\n",
        )
        .file("/home/bob/.forward+x", "alice, bob\n")
        .file("/home/alice/.forward+tag", "alice+tag\n")
}

fn deliveries(host: &Host) -> Transcript {
    let mut transcript = Transcript::new();
    host.must(["sh", "-c", "chown bob:bob /home/bob/.f*; chown alice:alice /home/alice/.f*; chmod 666 /etc/inc.bad; postalias /etc/aliases; touch -d '1 minute ago' /etc/aliases*"]);
    let _sink = site::start(host);
    for recipient in RECIPIENTS {
        let log_before = host.log().len();
        let message = format!("Subject: x\nTo: <x@y>\n\nFrom here\nbody {recipient}\n");
        host.run_with_input(["sendmail", "-i", "-f", "s@example.com", recipient], message.as_bytes());
        host.settle();
        transcript.unordered("log", recipient, &normalise::apply(Normaliser::ALL, &host.log()[log_before..]));
    }
    let looped = b"Delivered-To: alice@example.com\nSubject: loop\n\nx\n";
    let log_before = host.log().len();
    host.run_with_input(["sendmail", "-f", "s@example.com", "alice"], looped);
    host.run_with_input(
        ["sendmail", "-N", "success", "-V", "EID", "-f", "s@example.com", "list"],
        b"Subject: d\n\nx\n",
    );
    host.settle();
    transcript.unordered(
        "log",
        "loop and DSN",
        &normalise::apply(Normaliser::ALL, &host.log()[log_before..]),
    );
    let script = "cd / && find home tmp var/mail root -newer etc/aliases -type f -printf '%p %m %u:%g\\n' | grep -v 'bash' | sed 's,/[0-9]*[.]V.*,/FILE,' | sort";
    transcript.text("files", "modes", &String::from_utf8_lossy(&host.must(["sh", "-c", script])));
    for file in [
        "/tmp/cmd.out",
        "/tmp/cmd.id",
        "/tmp/tee.out",
        "/tmp/file.out",
        "/tmp/bob.out",
        "/tmp/bob.id",
        "/home/bob/mbox2",
        "/var/mail/alice",
        "/var/mail/bob",
    ] {
        let output = host.run(["cat", file]);
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        transcript.text("content", file, &normalise::apply(Normaliser::ALL, &text));
    }
    host.stop_mail();
    transcript
}

#[test]
fn aliases_and_forward_files() {
    Pair::new("local/deliveries").both(spec).build().assert_same(deliveries);
}

/// Root's own maildir is made with root's rights; an alias of root that names one gets nobody's.
#[test]
fn maildirs_of_root() {
    let pair = Pair::new("local/maildirs-of-root")
        .both(site::site)
        .main_cf("home_mailbox = Maildir/\nalias_maps = inline:{shared=/home/shared/}\n");
    pair.build().assert_same(|host| {
        let _sink = site::start(host);
        host.must(["install", "-d", "-m", "1777", "/home/shared"]);
        let mut transcript = Transcript::new();
        for (count, user) in ["root", "shared"].into_iter().enumerate() {
            host.run_with_input(["sendmail", "-f", "alice@example.com", user], b"Subject: x\n\nHello.\n");
            host.wait_for_log(": removed", count + 1);
        }
        let found =
            host.must(["sh", "-c", "stat -c '%U %a' /root/Maildir /root/Maildir/new/* /home/shared/new/*"]);
        transcript.text("files", "owners", &String::from_utf8_lossy(&found));
        host.stop_mail();
        transcript.unordered("log", "all", &normalise::apply(Normaliser::ALL, &host.log()));
        transcript
    });
}
