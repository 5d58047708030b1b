//! Content after DATA: however it is cut into buffers, the same lines come out; and it goes out and in again.

#![no_main]

use libfuzzer_sys::fuzz_target;
use smtp::data::{DataDecoder, DotStuffer, Progress};
use smtp::line::LineRules;

fn decode(input: &[u8], rules: LineRules, step: usize) -> Vec<(Vec<u8>, bool)> {
    let mut decoder = DataDecoder::new(rules);
    let mut lines = Vec::new();
    let (mut start, mut end) = (0, 0);
    loop {
        match decoder.decode(&input[start..end], |line| lines.push((line.text.to_vec(), line.complete))) {
            Progress::End { .. } => return lines,
            Progress::NeedMore { consumed } => start += consumed,
        }
        if end == input.len() {
            return lines;
        }
        end = (end + step).min(input.len());
    }
}

fuzz_target!(|input: &[u8]| {
    for detect_bare_lf in [false, true] {
        let rules = LineRules { limit: 64, detect_bare_lf };
        let whole = decode(input, rules, input.len().max(1));
        assert_eq!(whole, decode(input, rules, 100));
        assert_eq!(whole, decode(input, rules, 1));
    }
    let mut wire = Vec::new();
    let mut stuffer = DotStuffer::new(0);
    let text: Vec<u8> = input.iter().copied().filter(|byte| !matches!(byte, b'\r' | b'\n')).collect();
    stuffer.put(&text, true, &mut wire);
    stuffer.finish(&mut wire);
    let back = decode(&wire, LineRules { limit: 1 << 20, detect_bare_lf: true }, wire.len());
    assert_eq!(back.first().map(|(line, _)| line), Some(&text));
});
