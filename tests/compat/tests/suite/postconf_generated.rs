//! postconf(1) on random configurations. `OXIPOST_SEED` repeats a run, `OXIPOST_CASES` makes it longer.

use compat::generate::{self, Configuration};
use compat::{Pair, batch};
use std::time::{SystemTime, UNIX_EPOCH};

/// How many configurations are compared.
const CASES: usize = 2000;

/// How many are compared at once.
const CHUNK: usize = 500;

/// How many failing configurations are made smaller; others are only counted.
const SHRUNK: usize = 5;

fn from_environment(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().unwrap_or_else(|_| panic!("{name}: no number: {text}")))
}

#[test]
fn generated() {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("a time after 1970").as_secs();
    let seed = from_environment("OXIPOST_SEED").unwrap_or(now);
    let cases = from_environment("OXIPOST_CASES").map_or(CASES, |cases| cases as usize);
    println!("{cases} random configurations, OXIPOST_SEED={seed}");
    let pair = Pair::new("postconf/generated").build();
    let mut configurations = generate::configurations(seed, cases);
    let (mut failed, mut report) = (0, String::new());
    loop {
        let chunk: Vec<Configuration> = configurations.by_ref().take(CHUNK).collect();
        if chunk.is_empty() {
            break;
        }
        for at in failures(&pair, &chunk) {
            failed += 1;
            if failed <= SHRUNK {
                let smallest = generate::shrink(chunk[at].clone(), |some| failures(&pair, some));
                let difference = differs(&pair, &smallest).unwrap_or_default();
                report += &format!("{smallest}{difference}\n");
            }
        }
    }
    assert!(failed == 0, "{failed} of {cases} differ with OXIPOST_SEED={seed}\n{report}");
}

/// The positions of configurations on which the two differ.
fn failures(pair: &Pair, configurations: &[Configuration]) -> Vec<usize> {
    let jobs: Vec<_> = configurations.iter().enumerate().map(|(at, one)| one.job(at.to_string())).collect();
    let found = batch::differences(pair, &jobs);
    found.iter().map(|(title, _)| title.parse().expect("a position")).collect()
}

/// How the two differ, if they do.
fn differs(pair: &Pair, configuration: &Configuration) -> Option<String> {
    let jobs = [configuration.job("one".to_owned())];
    batch::differences(pair, &jobs).into_iter().map(|(_, report)| report).next()
}
