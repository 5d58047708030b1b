//! Files of tables: text, patterns, cdb. The first byte picks the type, the file's content is the rest.

#![no_main]

use libfuzzer_sys::fuzz_target;
use std::fs;
use tables::{Flags, Opener, Settings};

fuzz_target!(|input: &[u8]| {
    let Some((pick, content)) = input.split_first() else { return };
    let kinds = ["texthash", "cidr", "pcre", "cdb"];
    let kind = kinds[usize::from(*pick) % kinds.len()];
    let path = format!("/dev/shm/oxipost-fuzz-{}", std::process::id());
    let file = if kind == "cdb" { format!("{path}.cdb") } else { path.clone() };
    fs::write(&file, content).unwrap();
    if let Ok(table) = Opener::new(Settings::default()).open(&format!("{kind}:{path}"), Flags::LOOKUP) {
        for key in ["", "a", "127.0.0.1", "user@example.com"] {
            let _ = table.lookup(key.as_bytes());
        }
    }
    let _ = fs::remove_file(&file);
});
