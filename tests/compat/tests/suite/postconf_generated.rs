//! postconf(1) on random configurations. `OXIPOST_SEED` makes others, or the same again: `now` takes the time for it.
//! `OXIPOST_CASES` makes the run longer.

use compat::generate::{self, Configuration};
use compat::{Pair, batch};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// What is generated unless something else is asked for: a run that fails shall say something of what was changed.
const SEED: u64 = 20_261_123;

/// How many configurations are compared.
const CASES: usize = 2000;

/// How many are compared at once.
const CHUNK: usize = 500;

/// How many failing configurations are made smaller; `OXIPOST_SHRUNK` says otherwise.
const SHRUNK: u64 = 3;

/// How long all shrinking may take; `OXIPOST_SHRINK_SECONDS` says otherwise.
const SHRINK_SECONDS: u64 = 40;

/// How many are shown. Others are only counted.
const SHOWN: usize = 10;

fn from_environment(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().unwrap_or_else(|_| panic!("{name}: no number: {text}")))
}

#[test]
fn generated() {
    let seed = if std::env::var("OXIPOST_SEED").is_ok_and(|seed| seed == "now") {
        SystemTime::now().duration_since(UNIX_EPOCH).expect("a time after 1970").as_secs()
    } else {
        from_environment("OXIPOST_SEED").unwrap_or(SEED)
    };
    let cases = from_environment("OXIPOST_CASES").map_or(CASES, |cases| cases as usize);
    let mut to_shrink = from_environment("OXIPOST_SHRUNK").unwrap_or(SHRUNK);
    let mut time_to_shrink =
        Duration::from_secs(from_environment("OXIPOST_SHRINK_SECONDS").unwrap_or(SHRINK_SECONDS));
    println!("{cases} random configurations, OXIPOST_SEED={seed}");
    let pair = Pair::new("postconf/generated").build();
    let mut configurations = generate::configurations(seed, cases);
    let (mut failed, mut report) = (0, String::new());
    loop {
        let chunk: Vec<Configuration> = configurations.by_ref().take(CHUNK).collect();
        if chunk.is_empty() {
            break;
        }
        for (at, mut difference) in failures(&pair, &chunk) {
            failed += 1;
            let mut shown = chunk[at].clone();
            if to_shrink > 0 {
                to_shrink -= 1;
                let start = Instant::now();
                let positions =
                    |some: &[Configuration]| failures(&pair, some).into_iter().map(|(at, _)| at).collect();
                shown = generate::shrink(shown, start + time_to_shrink, positions);
                time_to_shrink = time_to_shrink.saturating_sub(start.elapsed());
                difference = failures(&pair, &[shown.clone()]).pop().unwrap_or_default().1;
            }
            if failed <= SHOWN {
                report += &format!("{shown}{difference}\n");
            }
        }
    }
    assert!(failed == 0, "{failed} of {cases} differ with OXIPOST_SEED={seed}\n{report}");
}

/// The positions of configurations on which the two differ, and how.
fn failures(pair: &Pair, configurations: &[Configuration]) -> Vec<(usize, String)> {
    let jobs: Vec<_> = configurations.iter().enumerate().map(|(at, one)| one.job(at.to_string())).collect();
    let found = batch::differences(pair, &jobs);
    found.into_iter().map(|(title, report)| (title.parse().expect("a position"), report)).collect()
}
