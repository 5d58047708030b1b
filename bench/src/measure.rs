//! What a single run of a command takes: time and memory.

use compat::host::Host;

/// Runs a command and prints seconds to its end and to its first line, and the largest process in kilobytes.
const MEASURE: &str = include_str!("measure.pl");

/// What a run took.
pub struct Run {
    /// Seconds to its end.
    pub seconds: f64,
    /// Seconds to its first line of output.
    pub first_line: f64,
    /// The peak memory of its largest process; no less than a small interpreter's, which starts it.
    pub kilobytes: f64,
}

/// Runs a command on a host.
pub fn measure(host: &Host, argv: &[&str]) -> Run {
    host.write("/measure.pl", MEASURE);
    let output = host.must(["perl", "/measure.pl"].iter().chain(argv));
    let text = String::from_utf8_lossy(&output);
    let mut numbers = text.split_whitespace().map(|word| word.parse().unwrap_or(f64::NAN));
    let mut next = || numbers.next().unwrap_or(f64::NAN);
    Run { seconds: next(), first_line: next(), kilobytes: next() }
}
