//! Bounce, defer and trace logs of messages.

#![no_main]

use libfuzzer_sys::fuzz_target;
use queue::delivery_log::{Entries, Entry};

fuzz_target!(|input: &[u8]| {
    for mut entries in [Entries::of_bounces(input, "bounce/X"), Entries::of_deferrals(input, "defer/X")] {
        let mut entry = Entry::default();
        while let Ok(true) = entries.read(&mut entry) {}
    }
});
