//! What goes wrong inside: tables that fail, processes that are stuck, configurations that cannot be used, clients of
//! internal services that do not keep to the protocol.

use crate::dialogues::{Dialogue, compare};
use crate::messages::settle;
use crate::site::{self, INSIDER};
use compat::host::Host;
use compat::normalise::{self, Normaliser};
use compat::roots::Version;
use compat::{HostSpec, Pair, Transcript};
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::time::Duration;

fn both(case: &str, scenario: fn(&Host) -> Transcript) {
    Pair::new(case).both(site::site).build().assert_same(scenario);
}

const RELAYED: &[Dialogue] = &[(
    "relayed",
    INSIDER,
    &["EHLO x", "MAIL FROM:<alice@example.com>", "RCPT TO:<far@example.net>", "DATA", "(content)", "QUIT"],
)];

#[test]
fn generic_maps_that_cannot_be_read() {
    compare("trouble/generic-maps", "smtp_generic_maps = fail:broken\n", &[], RELAYED);
}

#[test]
fn header_checks_that_cannot_be_read() {
    compare("trouble/header-checks", "header_checks = fail:broken\n", &[], RELAYED);
}

#[test]
fn transport_maps_that_cannot_be_read() {
    compare("trouble/transport-maps", "transport_maps = fail:broken\n", &[], RELAYED);
}

#[test]
fn aliases_that_cannot_be_read() {
    const LOCAL: &[Dialogue] = &[(
        "local",
        INSIDER,
        &["EHLO x", "MAIL FROM:<a@example.org>", "RCPT TO:<alice@example.com>", "DATA", "(content)", "QUIT"],
    )];
    compare("trouble/aliases", "alias_maps = fail:broken\nlocal_recipient_maps =\n", &[], LOCAL);
}

/// One-sided: a healthy qmgr of 3.11.7 does not end on any number of SIGALRM from outside (tried), because each one wakes its
/// loop, which resets the count. The log text is that of the source of 3.11.6; it was not seen in a run.
#[test]
fn a_stuck_process_says_so_and_is_replaced() {
    let host = site::site(HostSpec::ours(Version::V3_11)).start();
    let _sink = site::start(&host);
    host.must([
        "sh",
        "-c",
        "for p in /proc/[0-9]*; do [ \"$(cat $p/comm)\" != qmgr ] || kill -ALRM ${p#/proc/}; done",
    ]);
    host.wait_for_log("/qmgr pid ", 1);
    // The next trigger starts another one.
    host.run_with_input(["sendmail", "-f", "ann@example.org", "alice@example.com"], b"Subject: x\n\nx\n");
    host.wait_for_log("status=sent", 1);
    let log = host.log();
    assert!(log.contains(": fatal: watchdog timeout\n"), "{log}");
    let status = log.lines().find(|line| line.contains("warning: process")).unwrap_or_default();
    assert!(status.ends_with(" exit status 1"), "{log}");
    assert!(
        !log.contains("throttling"),
        "a process that had served is no reason to throttle its service:\n{log}"
    );
}

fn odd_requests(host: &Host) -> Transcript {
    let mut transcript = Transcript::new();
    let _sink = site::start(host);
    let path = host.path("/var/spool/postfix/private/anvil");
    let requests: [&[&str]; 7] = [
        &["request=connect\n\n"],
        &["request=dance\nident=x\n\n"],
        &["ident=a\n\n"],
        &["\n"],
        &["request=connect\nident=x\nfoo=bar\n\n"],
        &["ident=x\nrequest=connect\n\n"],
        &["request=connect\nident=smtp:192.0.2.1\n\n", "request=disconnect\n\n"],
    ];
    for conversation in requests {
        let mut stream = UnixStream::connect(&path).expect("connect to anvil");
        stream.set_read_timeout(Some(Duration::from_secs(5))).expect("a time limit");
        let mut heard = read_some(&mut stream);
        for request in conversation {
            let _ = stream.write_all(request.as_bytes());
            heard += &read_some(&mut stream);
        }
        transcript.text("replies", &conversation.concat(), &heard);
    }
    host.settle();
    host.stop_mail();
    let log: Vec<String> = host
        .log()
        .lines()
        .filter(|line| line.contains("/anvil[") && line.contains("warning"))
        .map(str::to_owned)
        .collect();
    transcript.unordered("log", "log", &normalise::apply(Normaliser::ALL, &log.join("\n")));
    transcript
}

fn read_some(stream: &mut UnixStream) -> String {
    let mut buffer = [0; 1000];
    match stream.read(&mut buffer) {
        Ok(length) => String::from_utf8_lossy(&buffer[..length]).into_owned() + "|",
        Err(error) => format!("{:?}|", error.kind()),
    }
}

#[test]
fn requests_that_anvil_does_not_expect() {
    both("trouble/anvil", odd_requests);
}

/// `sendmail -bs`: a user's SMTP session without a network.
fn stand_alone(host: &Host) -> Transcript {
    let mut transcript = Transcript::new();
    let _sink = site::start(host);
    let sessions: [(&str, &str); 6] = [
        (
            "everything",
            "EHLO x\r\nHELP\r\nVRFY root\r\nMAIL FROM:<ann@example.org> SIZE=10\r\nRCPT TO:<alice@example.com> NOTIFY=NEVER\r\n\
             RCPT TO:<far@example.net>\r\nRCPT TO:<>\r\nDATA\r\nSubject: x\r\n\r\n..hello\r\n.\r\nRSET\r\nMAIL FROM:<>\r\n\
             DATA\r\nMAIL FROM:<x@y.z>\r\nETRN example.com\r\nRSET\r\nETRN example.com\r\nXCLIENT NAME=x\r\nFOO\r\nQUIT\r\n",
        ),
        ("hang up", "HELO x\nMAIL FROM:<alice>\nRCPT TO:<alice>\n"),
        ("nothing", ""),
        ("no helo", "MAIL FROM:<alice>\nRCPT TO:<bob>\nDATA\nFrom: x\n bare\n.\nQUIT\n"),
        ("chunks", "EHLO x\r\nMAIL FROM:<bob>\r\nRCPT TO:<alice>\r\nBDAT 5 LAST\r\nabcd\nQUIT\r\n"),
        (
            "too many recipients",
            "EHLO x\r\nMAIL FROM:<bob> SIZE=99999999\r\nMAIL FROM:<bob>\r\nDATA\r\nQUIT\r\n",
        ),
    ];
    for (name, input) in sessions {
        let log_before = host.log().len();
        let disconnects = host.log().matches("disconnect from").count();
        let output = host.run_with_input(["sendmail", "-bs"], input.as_bytes());
        host.wait_for_log("disconnect from", disconnects + 1);
        settle(host, log_before);
        transcript.output(name, &output, Normaliser::ALL);
        transcript.unordered("log", name, &normalise::apply(Normaliser::ALL, &host.log()[log_before..]));
    }
    let as_user = host.run_as("bob", &["sendmail", "-bs"], sessions[4].1.as_bytes());
    let text = String::from_utf8_lossy(&as_user.stdout).into_owned();
    transcript.text("replies", "as a user", &normalise::apply(Normaliser::ALL, &text));
    host.stop_mail();
    transcript
}

#[test]
fn smtp_on_standard_input() {
    both("trouble/stand-alone", stand_alone);
}

/// SIGHUP with a main.cf that cannot be read.
fn reload_of_nonsense(host: &Host) -> Transcript {
    let mut transcript = Transcript::new();
    let _sink = site::start(host);
    let before = host.read("/etc/postfix/main.cf");
    host.must(["sh", "-c", "echo '} foo' >> /etc/postfix/main.cf"]);
    let log_before = host.log().len();
    let signal = "kill -HUP $(tr -d ' ' < /var/spool/postfix/pid/master.pid)";
    host.must(["sh", "-c", signal]);
    host.wait_for_log("missing '='", 1);
    // The reference's master ends after another second.
    let look = "for _ in {1..50}; do kill -0 $(tr -d ' ' < /var/spool/postfix/pid/master.pid) 2>/dev/null || break; \
                sleep 0.1; false; done && echo dead || echo alive";
    transcript.text("process", "master", &String::from_utf8_lossy(&host.must(["bash", "-c", look])));
    host.write("/etc/postfix/main.cf", &before);
    let log: Vec<String> = host.log()[log_before..]
        .lines()
        .filter(|line| line.contains("/master["))
        .map(str::to_owned)
        .collect();
    transcript.unordered("log", "log", &normalise::apply(Normaliser::ALL, &log.join("\n")));
    host.run(["postfix", "stop"]);
    transcript
}

#[test]
fn a_reload_with_a_configuration_that_cannot_be_read() {
    both("trouble/reload", reload_of_nonsense);
}
