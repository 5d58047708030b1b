//! Command lines as a server reads them, and their words.

#![no_main]

use libfuzzer_sys::fuzz_target;
use smtp::line::{Command, CommandReader, LineRules};

fuzz_target!(|input: &[u8]| {
    for detect_bare_lf in [false, true] {
        let mut reader = CommandReader::new(LineRules { limit: 512, detect_bare_lf });
        let mut rest = input;
        loop {
            match reader.next(rest) {
                Command::NeedMore { consumed } => {
                    assert!(consumed <= rest.len());
                    break;
                }
                Command::Line { text, consumed, .. } => {
                    assert!(consumed > 0 && text.len() <= 512);
                    smtp::token::tokens(&text);
                    smtp::xtext::unquote(&text);
                    smtp::xtext::unquote_utf8(&text);
                    rest = &rest[consumed..];
                }
            }
        }
    }
});
