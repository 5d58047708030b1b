//! The queue's commands on large queues of waiting mail, with the mail system down.

use crate::Side;
use crate::measure::measure;
use crate::report::Measurement;

/// Makes as many deferred messages as its argument says, each with the log of its deferral, named after their inodes.
const FILL: &str = include_str!("queue/fill.pl");

fn commands(side: Side, messages: &str) -> Vec<Measurement> {
    let host = side.spec().main_cf("maillog_file = /var/log/mail.log\n").file("/queue/fill.pl", FILL).start();
    host.must(["postfix", "check"]);
    host.must(["perl", "/queue/fill.pl", messages]);
    let list = measure(&host, &["postqueue", "-p"]);
    let mut found = vec![
        Measurement { name: "postqueue -p, s", value: list.seconds },
        Measurement { name: "postqueue -p, first line, ms", value: list.first_line * 1000.0 },
        Measurement { name: "postqueue -p, memory, MB", value: list.kilobytes / 1024.0 },
    ];
    let actions: [(&'static str, &[&str]); 6] = [
        ("postqueue -j, s", &["postqueue", "-j"]),
        ("postsuper -s, s", &["postsuper", "-s"]),
        ("postsuper -h ALL, s", &["postsuper", "-h", "ALL"]),
        ("postsuper -H ALL, s", &["postsuper", "-H", "ALL"]),
        ("postsuper -r ALL, s", &["postsuper", "-r", "ALL"]),
        ("postsuper -d ALL, s", &["postsuper", "-d", "ALL"]),
    ];
    found.extend(actions.map(|(name, argv)| Measurement { name, value: measure(&host, argv).seconds }));
    found
}

/// 20,000 messages.
pub fn large(side: Side) -> Vec<Measurement> {
    commands(side, "20000")
}

/// 200,000 messages.
pub fn huge(side: Side) -> Vec<Measurement> {
    commands(side, "200000")
}
