//! Lookup tables: building large ones, and asking indexed files and patterns.

use crate::Side;
use crate::report::Measurement;
use compat::host::Host;
use std::fmt::Write as _;

/// Entries of a large table.
const ENTRIES: u32 = 1_000_000;
/// Look-ups in a large table.
const QUERIES: usize = 200_000;
/// Rules of a large cidr table.
const NETWORKS: u32 = 100_000;
/// Rules of a large table of regular expressions.
const PATTERNS: u32 = 2_000;
/// Look-ups in tables of rules.
const PATTERN_QUERIES: u32 = 2_000;

/// A number that looks like chance, the same on both sides.
fn scatter(number: u32) -> u32 {
    number.wrapping_mul(2_654_435_761).rotate_left(15).wrapping_mul(2_246_822_519)
}

/// Runs a command twice; gives its seconds of processor time and its peak memory in MB.
fn measure(host: &Host, time: &'static str, memory: &'static str, command: &str) -> Vec<Measurement> {
    let script = format!(
        "TIMEFORMAT='%U %S'; time {command}; {command} 2>/dev/null & pid=$!; \
         while peak=$(grep VmHWM /proc/$pid/status 2>/dev/null); do echo \"$peak\"; sleep 0.02; done | tail -1; wait $pid"
    );
    let output = host.run(["bash", "-c", &script]);
    let last_line = |text: &[u8]| String::from_utf8_lossy(text).lines().last().unwrap_or_default().to_owned();
    let numbers =
        |line: &str| -> Vec<f64> { line.split_whitespace().filter_map(|word| word.parse().ok()).collect() };
    let peak = numbers(&last_line(&output.stdout)).last().copied().unwrap_or(f64::NAN);
    vec![
        Measurement { name: time, value: numbers(&last_line(&output.stderr)).iter().sum() },
        Measurement { name: memory, value: peak / 1024.0 },
    ]
}

fn key(number: u32) -> String {
    format!("user{:x}@example{}.com", scatter(number), number % 1000)
}

/// A host with a million entries to build, and keys to ask for.
fn with_entries(side: Side) -> Host {
    let mut entries = String::new();
    let mut keys = String::new();
    for number in 0..ENTRIES {
        let _ = writeln!(entries, "{} value{number}", key(number));
    }
    for number in (0..ENTRIES).step_by(ENTRIES as usize / QUERIES) {
        let _ = writeln!(keys, "{}", key(scatter(number) % ENTRIES));
    }
    side.spec().file("/t/entries", entries).file("/t/keys", keys).start()
}

/// An indexed file of a million entries.
fn indexed(side: Side, kind: &str, names: [&'static str; 4]) -> Vec<Measurement> {
    let host = with_entries(side);
    let [build, build_memory, ask, ask_memory] = names;
    let mut figures = measure(&host, build, build_memory, &format!("postmap {kind}:/t/entries"));
    let query = format!("postmap -q - {kind}:/t/entries </t/keys >/dev/null");
    figures.extend(measure(&host, ask, ask_memory, &query));
    figures
}

/// lmdb.
pub fn lmdb(side: Side) -> Vec<Measurement> {
    indexed(
        side,
        "lmdb",
        ["lmdb: build, s", "lmdb: build, MB", "lmdb: 200,000 look-ups, s", "lmdb: look-ups, MB"],
    )
}

/// cdb.
pub fn cdb(side: Side) -> Vec<Measurement> {
    indexed(side, "cdb", ["cdb: build, s", "cdb: build, MB", "cdb: 200,000 look-ups, s", "cdb: look-ups, MB"])
}

/// Berkeley DB's hash.
pub fn hash(side: Side) -> Vec<Measurement> {
    indexed(
        side,
        "hash",
        ["hash: build, s", "hash: build, MB", "hash: 200,000 look-ups, s", "hash: look-ups, MB"],
    )
}

/// Berkeley DB's btree.
pub fn btree(side: Side) -> Vec<Measurement> {
    indexed(
        side,
        "btree",
        ["btree: build, s", "btree: build, MB", "btree: 200,000 look-ups, s", "btree: look-ups, MB"],
    )
}

/// Asks a table of rules.
fn ask(side: Side, kind: &str, rules: String, keys: String, names: [&'static str; 2]) -> Vec<Measurement> {
    let host = side.spec().file("/t/rules", rules).file("/t/keys", keys).start();
    measure(&host, names[0], names[1], &format!("postmap -q - {kind}:/t/rules </t/keys >/dev/null"))
}

fn address(number: u32) -> String {
    std::net::Ipv4Addr::from_bits(scatter(number)).to_string()
}

/// Networks.
pub fn cidr(side: Side) -> Vec<Measurement> {
    let mut rules = String::new();
    for number in 0..NETWORKS {
        let network = std::net::Ipv4Addr::from_bits(scatter(number) & 0xffff_ff00);
        let _ = writeln!(rules, "{network}/24 result{number}");
    }
    let keys = (0..PATTERN_QUERIES).map(|number| address(number * 31) + "\n").collect();
    ask(side, "cidr", rules, keys, ["cidr: 100,000 rules, s", "cidr: 100,000 rules, MB"])
}

/// Rules as in header checks, and subjects of which some match.
fn patterns(side: Side, kind: &str, names: [&'static str; 2]) -> Vec<Measurement> {
    let word = |number: u32| format!("{:x}", scatter(number) | 0x1000_0000);
    let mut rules = String::new();
    for number in 0..PATTERNS {
        let (one, other) = (word(number), word(number + 7));
        let _ = match number % 3 {
            0 => writeln!(rules, "/^Subject:.*{one}[0-9]+ ?(off|sale)/ REJECT $1"),
            1 => writeln!(rules, "/(^|@){one}[-.]{other}\\.net$/ REJECT {one}"),
            _ => writeln!(rules, "/^Received: from .*({one}|{other})\\.example/ HOLD"),
        };
    }
    let keys = (0..PATTERN_QUERIES)
        .map(|number| format!("Subject: about {} and {}17 sale\n", word(number * 7), word(number)))
        .collect();
    ask(side, kind, rules, keys, names)
}

/// POSIX regular expressions.
pub fn regexp(side: Side) -> Vec<Measurement> {
    patterns(side, "regexp", ["regexp: 2,000 rules, s", "regexp: 2,000 rules, MB"])
}

/// Perl-compatible regular expressions.
pub fn pcre(side: Side) -> Vec<Measurement> {
    patterns(side, "pcre", ["pcre: 2,000 rules, s", "pcre: 2,000 rules, MB"])
}
