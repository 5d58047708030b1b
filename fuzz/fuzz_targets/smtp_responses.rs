//! What servers answer, and their EHLO keywords.

#![no_main]

use libfuzzer_sys::fuzz_target;
use smtp::response::{Next, ResponseReader};

fuzz_target!(|input: &[u8]| {
    let mut reader = ResponseReader::new(512, true);
    let mut rest = input;
    while let Next::Response { response, consumed } = reader.next(rest) {
        assert!(consumed > 0);
        reader.take_notes();
        smtp::ehlo::Capabilities::parse(&response.text);
        rest = &rest[consumed..];
    }
});
