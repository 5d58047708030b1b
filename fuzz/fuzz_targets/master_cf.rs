//! master.cf.

#![no_main]

use libfuzzer_sys::fuzz_target;
use std::path::Path;

fuzz_target!(|input: &[u8]| {
    let _ = config::master_cf::parse(input, Path::new("master.cf"));
});
