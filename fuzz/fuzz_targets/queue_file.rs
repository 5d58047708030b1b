//! Records of a queue file, with pointers followed.

#![no_main]

use libfuzzer_sys::fuzz_target;
use queue::Reader;
use std::io::Cursor;

fuzz_target!(|input: &[u8]| {
    let mut raw = Reader::new(Cursor::new(input)).raw();
    while let Ok(Some(_)) = raw.next_raw() {}
    let mut reader = Reader::new(Cursor::new(input));
    // Pointers may go backwards; a caller bounds what it reads, and so do we.
    for _ in 0..10_000 {
        match reader.next_record() {
            Ok(Some(record)) => {
                queue::file::SizeRecord::parse(record.data);
                queue::file::parse_time(record.data);
            }
            _ => break,
        }
    }
});
