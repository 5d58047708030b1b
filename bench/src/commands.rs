//! Start-up of commands that scripts call in loops, and postconf(1) on a large configuration.

use crate::Side;
use crate::measure::measure;
use crate::report::Measurement;
use compat::host::Host;
use std::time::Instant;

/// Lines of a large main.cf.
const LINES: usize = 5000;
/// Entries of a large master.cf.
const SERVICES: usize = 400;

fn milliseconds(host: &Host, runs: usize, name: &'static str, command: &str) -> Measurement {
    let script = format!("i=0; while [ $i -lt {runs} ]; do {command} >/dev/null 2>&1; i=$((i+1)); done");
    let start = Instant::now();
    host.must(["sh", "-c", &script]);
    Measurement { name, value: start.elapsed().as_secs_f64() * 1000.0 / runs as f64 }
}

/// Milliseconds a run, processes started by a shell.
pub fn start_up(side: Side) -> Vec<Measurement> {
    const RUNS: usize = 200;
    let host = side.spec().start();
    vec![
        milliseconds(&host, RUNS, "postconf, ms", "postconf"),
        milliseconds(&host, RUNS, "postconf -h name, ms", "postconf -h mail_version"),
        milliseconds(&host, RUNS, "postconf -n, ms", "postconf -n"),
        milliseconds(&host, RUNS, "postconf -d, ms", "postconf -d"),
        milliseconds(&host, RUNS, "postconf -e, ms", "postconf -e relayhost=[mail.example.net]"),
        milliseconds(&host, RUNS, "postmap -q, ms", "postmap -q x inline:{x=y}"),
    ]
}

/// postconf(1) on a large configuration, and on one twice that size to show how its cost grows.
pub fn large_configuration(side: Side) -> Vec<Measurement> {
    const RUNS: usize = 20;
    let host = side.spec().start();
    for (folder, factor) in [("/large", 1), ("/double", 2)] {
        host.write(format!("{folder}/main.cf"), main_cf(factor * LINES));
        host.write(format!("{folder}/master.cf"), master_cf(factor * SERVICES));
    }
    let mut found = vec![
        milliseconds(&host, RUNS, "postconf (large), ms", "postconf -c /large"),
        milliseconds(&host, RUNS, "postconf (double), ms", "postconf -c /double"),
        milliseconds(&host, RUNS, "postconf -n (large), ms", "postconf -c /large -n"),
        milliseconds(&host, RUNS, "postconf -n (double), ms", "postconf -c /double -n"),
        milliseconds(&host, RUNS, "postconf -d (large), ms", "postconf -c /large -d"),
        milliseconds(&host, RUNS, "postconf -h name (large), ms", "postconf -c /large -h mail_version"),
        milliseconds(&host, RUNS, "postconf -e (large), ms", "postconf -c /large -e name_9=new"),
        milliseconds(&host, RUNS, "postconf -M (large), ms", "postconf -c /large -M"),
        milliseconds(&host, RUNS, "postconf -Px (large), ms", "postconf -c /large -Px"),
    ];
    found.extend(peak_memory(&host));
    found
}

/// Names of the user's own that refer to one another, and a setting of each service.
fn main_cf(lines: usize) -> String {
    let mut text = String::from("mydomain = example.com\nmyhostname = mail.$mydomain\n");
    for line in 0..lines {
        text += &match line % 10 {
            0 => format!("service{}_destination_concurrency_limit = {line}\n", line / 10),
            1 => format!("# about name_{line}\n"),
            _ => {
                format!("name_{line} = ${{name_{}?{{$mydomain}}}}, hash:$config_directory/{line}\n", line / 2)
            }
        };
    }
    text
}

fn master_cf(services: usize) -> String {
    let entry = |number| {
        format!(
            "service{number} unix - - n - - smtp -o syslog_name=postfix/$service_name -o name_{number}=$name_7\n"
        )
    };
    (0..services).map(entry).collect()
}

/// The peak memory of each display and of an edit, in kilobytes.
fn peak_memory(host: &Host) -> impl Iterator<Item = Measurement> + '_ {
    let commands: [(&'static str, &[&str]); 5] = [
        ("postconf (large), peak KB", &["postconf", "-c", "/large"]),
        ("postconf -n (large), peak KB", &["postconf", "-c", "/large", "-n"]),
        ("postconf -d (large), peak KB", &["postconf", "-c", "/large", "-d"]),
        ("postconf -h name (large), peak KB", &["postconf", "-c", "/large", "-h", "mail_version"]),
        ("postconf -e (large), peak KB", &["postconf", "-c", "/large", "-e", "name_9=newer"]),
    ];
    commands.into_iter().map(|(name, argv)| Measurement { name, value: measure(host, argv).kilobytes })
}
