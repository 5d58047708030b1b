//! Programs that users have: swaks, msmtp, Python's smtplib hand mail in; pflogsumm reads the log.

use crate::site;
use compat::host::Host;
use compat::{Pair, Transcript};
use regex::Regex;
use std::process::{Command, Output};

/// Runs one of this machine's programs in the host's network.
fn outside(host: &Host, script: &str) -> Output {
    let script = script.to_owned();
    let output = host.in_network(move || Command::new("bash").args(["-c", &script]).output());
    output.expect("run a program of this machine")
}

fn hand_in(host: &Host, name: &str, script: &str) {
    let output = outside(host, script);
    assert!(
        output.status.success(),
        "{name}: {}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}

const SMTPLIB: &str = "python3 - <<'E'\nimport smtplib\nfrom email.message import EmailMessage\nm = EmailMessage()\nm['From'] = \
'ann@example.org'\nm['To'] = 'alice@example.com'\nm['Subject'] = 'smtplib'\nm.set_content('h\u{e9}llo')\nwith \
smtplib.SMTP('127.0.0.1', 25) as s:\n    s.send_message(m)\nE";

fn scenario(host: &Host) -> Transcript {
    let _sink = site::start(host);
    hand_in(
        host,
        "swaks",
        "swaks --server 127.0.0.1 --from ann@example.org --to alice@example.com --header 'Subject: swaks' --ehlo client.example.org",
    );
    hand_in(
        host,
        "msmtp",
        "printf 'Subject: msmtp\\n\\nhello\\n' | msmtp --host=127.0.0.1 --port=25 --from=ann@example.org --domain=client.example.org bob@example.com",
    );
    hand_in(host, "smtplib", SMTPLIB);
    let refused = outside(
        host,
        "swaks --server 127.0.0.1 --from ann@example.org --to far@example.net --ehlo client.example.org",
    );
    assert!(!refused.status.success(), "a stranger relayed");
    // Not stopped: what gets into the log then differs (last-line-of-master).
    host.settle();
    let log = host.path("/tmp/log");
    // Neither the hour nor midnight may make a difference.
    let time = Regex::new(r"(?m)^\w{3} [ \d]\d \d\d:\d\d:\d\d ").expect("a pattern");
    std::fs::write(&log, &*time.replace_all(&host.log(), "Nov 22 10:00:00 ")).expect("a copy of the log");
    let summary = Command::new("pflogsumm").arg("--problems_first").arg(&log).output().expect("pflogsumm");
    let mut transcript = Transcript::new();
    let text = String::from_utf8_lossy(&summary.stdout).into_owned();
    // Sizes and counts must agree; delays are chance.
    let delays = Regex::new(r"\d+\.\d s").expect("a pattern");
    transcript.text("pflogsumm", "summary", &delays.replace_all(&text, "DELAY"));
    transcript.text("pflogsumm", "status", &summary.status.to_string());
    transcript
}

#[test]
fn users_programs() {
    Pair::new("clients").both(site::site).build().assert_same(scenario);
}
