//! A message through the MIME machine.

#![no_main]

use libfuzzer_sys::fuzz_target;
use mime::header::Names;
use mime::{Limits, Line, Machine, Options};

fuzz_target!(|input: &[u8]| {
    let all = Options {
        report_truncated_header: true,
        report_8bit_in_header: true,
        report_8bit_in_body: true,
        report_encoding_domain: true,
        report_nesting: true,
        report_non_empty_end: true,
        downgrade: true,
        ..Options::default()
    };
    for options in [Options::default(), all] {
        let limits = Limits { header_size: 1000, boundary_length: 70, nesting: 5 };
        let mut machine = Machine::new(options, limits);
        let names = Names::new("bcc");
        for line in input.split(|byte| *byte == b'\n') {
            let mut events = Vec::new();
            match line.split_last() {
                Some((b'\\', part)) => machine.push(Line::Part(part), &names, &mut events),
                _ => machine.push(Line::Full(line), &names, &mut events),
            }
        }
        machine.push(Line::End, &names, &mut Vec::new());
    }
});
