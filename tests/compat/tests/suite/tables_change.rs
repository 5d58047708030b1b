//! Tables that change: what readers see while a table is built, what a failure leaves, and what a running server
//! answers after a change.

use compat::smtp::Client;
use compat::{Host, Pair, Transcript};
use std::time::Duration;

/// Readers find each key at every moment of many rebuilds.
#[test]
fn readers_during_rebuilds() {
    let source: String = (0..3000).map(|number| format!("key{number} value{number}\n")).collect();
    let pair = Pair::new("tables/readers").file("/t/t", source).build();
    for kind in ["cdb", "lmdb"] {
        let script = format!(
            "cd /t; postmap {kind}:t; \
             (for n in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do postmap {kind}:t; done; touch {kind}-done) & \
             missed=0; while [ ! -e {kind}-done ]; do postmap -q key2999 {kind}:t >/dev/null || missed=$((missed+1)); done; \
             echo missed $missed"
        );
        pair.run(["bash", "-c", &script]).assert_same();
    }
}

/// A build that is killed, that has no room, or whose source cannot be read leaves the old table.
#[test]
fn failures_leave_the_old_table() {
    let pair = Pair::new("tables/failures").build();
    for kind in ["cdb", "lmdb"] {
        let killed = format!(
            "mkdir -p /t; cd /t; printf 'key old\\n' >t; postmap {kind}:t; rm t; mkfifo t; exec 5<>t; \
             printf 'key new\\nother new\\n' >&5; postmap {kind}:t 5>&- & while read -t 0 -u 5; do sleep 0.05; done; \
             {{ kill -9 $!; wait $!; }} 2>/dev/null; exec 5>&-; rm t; postmap -q key {kind}:t; postmap -s {kind}:t; \
             printf 'key newer\\n' >t; postmap {kind}:t; postmap -s {kind}:t; rm t; postmap {kind}:t; postmap -s {kind}:t; \
             mkdir t; postmap {kind}:t; postmap -s {kind}:t; rmdir t"
        );
        pair.run(["bash", "-c", &killed]).assert_same();
    }
}

/// A session of smtpd(8) that asks the table about a recipient.
fn ask(host: &Host, recipient: &str) -> String {
    let mut client = Client::connect(host, 25);
    let mut said = client.say("EHLO client.example.org");
    said.clear();
    client.say("MAIL FROM:<a@example.org>");
    said += &client.say(&format!("RCPT TO:<{recipient}>"));
    client.say("QUIT");
    said
}

/// New sessions see the new content, without a reload.
#[test]
fn running_servers_see_changes() {
    let kinds = ["cdb", "lmdb", "texthash", "pcre", "regexp"];
    let list: Vec<String> =
        kinds.iter().map(|kind| format!("check_recipient_access {kind}:/t/{kind}")).collect();
    let pair = Pair::new("tables/changes")
        .main_cf(&format!(
            "maillog_file = /var/log/mail.log\nmydestination = example.com\nlocal_recipient_maps =\n\
             smtpd_recipient_restrictions = {}, permit\n",
            list.join(", ")
        ))
        .build();
    pair.assert_same(|host| {
        let mut transcript = Transcript::new();
        let write = |answer: &str, old: bool| {
            for kind in kinds {
                let line = match kind {
                    "pcre" | "regexp" => format!("/^{kind}@example/ {answer}\n"),
                    _ => format!("{kind}@example.com {answer}\n"),
                };
                host.write(format!("/t/{kind}"), line);
                if old {
                    host.must(["touch", "-d", "1 hour ago", &format!("/t/{kind}")]);
                }
            }
            host.must(["postmap", "cdb:/t/cdb", "lmdb:/t/lmdb"]);
        };
        write("550 first", true);
        host.start_mail();
        for answer in ["550 second", "551 third and longer"] {
            for kind in kinds {
                transcript.text("smtp", kind, &ask(host, &format!("{kind}@example.com")));
            }
            // Text is read when it has been left alone for a second.
            std::thread::sleep(Duration::from_millis(1100));
            write(answer, false);
            std::thread::sleep(Duration::from_millis(2500));
        }
        for kind in kinds {
            transcript.text("smtp", kind, &ask(host, &format!("{kind}@example.com")));
        }
        transcript
    });
}
