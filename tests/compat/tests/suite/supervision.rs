//! postfix(1) and master(8): start, status, reload, stop, and what happens to a service that cannot start.

use crate::site;
use compat::host::Host;
use compat::normalise::{self, Normaliser};
use compat::{Pair, Transcript};

/// Said by `postfix stop` when a second was not enough.
const WAITING: &str = "postfix/postlog: waiting for the Postfix mail system to terminate\n";

fn note(transcript: &mut Transcript, host: &Host, title: &str, argv: &[&str]) {
    let output = host.run(argv);
    let text = |bytes: &[u8]| normalise::apply(Normaliser::ALL, &compat::pair::printable(bytes));
    transcript.text("status", title, &output.status.to_string());
    transcript.text("stdout", title, &text(&output.stdout));
    transcript.text("stderr", title, &text(&output.stderr).replace(WAITING, ""));
}

fn life(host: &Host) -> Transcript {
    let mut transcript = Transcript::new();
    let t = &mut transcript;
    note(t, host, "status before", &["postfix", "status"]);
    note(t, host, "stop before", &["postfix", "stop"]);
    note(t, host, "reload before", &["postfix", "reload"]);
    note(t, host, "flush before", &["postfix", "flush"]);
    let _sink = site::start(host);
    note(
        t,
        host,
        "spool",
        &[
            "sh",
            "-c",
            "cd /var/spool/postfix && find . -path ./etc -prune -o -path ./dev -prune -o -path ./lib -prune -o -path ./usr -prune -o -printf '%y %m %u:%g %p\\n' | grep -v '/unix\\.' | sort",
        ],
    );
    note(t, host, "status", &["postfix", "status"]);
    note(t, host, "start again", &["postfix", "start"]);
    note(t, host, "check", &["postfix", "check"]);
    note(t, host, "reload", &["postfix", "reload"]);
    host.wait_for_log("reload -- version", 1);
    note(t, host, "flush", &["postfix", "flush"]);
    note(t, host, "unknown", &["postfix", "dance"]);
    note(t, host, "nothing", &["postfix"]);
    note(
        t,
        host,
        "pid file",
        &[
            "sh",
            "-c",
            "wc -c </var/spool/postfix/pid/master.pid; stat -c '%a %U:%G' /var/spool/postfix/pid/master.pid /var/lib/postfix/*",
        ],
    );
    note(t, host, "stop", &["postfix", "stop"]);
    note(t, host, "status after", &["postfix", "status"]);
    host.wait_for_end_of_log();
    transcript.unordered("log", "log", &normalise::apply(Normaliser::ALL, &host.log()));
    transcript
}

#[test]
fn start_reload_stop() {
    Pair::new("supervision/life").both(site::site).build().assert_same(life);
}

fn broken_service(host: &Host) -> Transcript {
    let mut transcript = Transcript::new();
    host.write("/usr/lib/postfix/sbin/broken", "#!/bin/sh\nexit 3\n");
    host.must(["chmod", "755", "/usr/lib/postfix/sbin/broken"]);
    let _sink = site::start(host);
    host.run(["sh", "-c", "exec 3<>/dev/tcp/127.0.0.1/2626 || true"]);
    drop(host.connect(2626));
    host.wait_for_log("bad command startup", 1);
    host.stop_mail();
    transcript.unordered("log", "log", &normalise::apply(Normaliser::ALL, &host.log()));
    transcript
}

#[test]
fn a_service_that_cannot_start_is_throttled() {
    let sample = compat::roots::project().join("dist/debian/master.cf");
    let master_cf = std::fs::read_to_string(sample).expect("the sample") + "2626 inet n - n - - broken\n";
    let pair = Pair::new("supervision/broken").both(site::site);
    pair.master_cf(&master_cf).build().assert_same(broken_service);
}
