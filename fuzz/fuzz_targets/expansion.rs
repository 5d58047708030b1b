//! `$name` expansion: all modes, with values that refer to one another.

#![no_main]

use config::expand::{Found, Mode, expand};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    // The first line is expanded; the others are the values of `a`, `b`, `c`, ...
    let mut lines = input.split(|byte| *byte == b'\n');
    let text = lines.next().unwrap_or_default();
    let values: Vec<&[u8]> = lines.take(4).collect();
    for mode in [Mode::Recursive, Mode::Once, Mode::Scan] {
        let mut lookups = 0;
        let mut lookup = |name: &[u8]| {
            // References double with each level: bounded here, as the values' author is the administrator.
            lookups += 1;
            let at = usize::from(name.first()?.checked_sub(b'a')?);
            let value = values.get(at).filter(|_| lookups < 1000)?.to_vec();
            Some(if at % 2 == 0 { Found::Text(value) } else { Found::RawButNested(value) })
        };
        let _ = expand(text, mode, &mut lookup);
    }
});
