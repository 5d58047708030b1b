//! Start-up of commands that scripts call in loops.

use crate::Side;
use crate::report::Measurement;
use compat::host::Host;
use std::time::Instant;

const RUNS: usize = 200;

fn milliseconds(host: &Host, name: &'static str, command: &str) -> Measurement {
    let script = format!("i=0; while [ $i -lt {RUNS} ]; do {command} >/dev/null 2>&1; i=$((i+1)); done");
    let start = Instant::now();
    host.must(["sh", "-c", &script]);
    Measurement { name, value: start.elapsed().as_secs_f64() * 1000.0 / RUNS as f64 }
}

/// Milliseconds a run, processes started by a shell.
pub fn start_up(side: Side) -> Vec<Measurement> {
    let host = side.spec().start();
    vec![
        milliseconds(&host, "postconf -h name, ms", "postconf -h mail_version"),
        milliseconds(&host, "postconf -n, ms", "postconf -n"),
        milliseconds(&host, "postconf -d, ms", "postconf -d"),
        milliseconds(&host, "postmap -q, ms", "postmap -q x inline:{x=y}"),
    ]
}
