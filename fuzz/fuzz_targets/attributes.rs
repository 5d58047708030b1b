//! The attribute protocol, as text comes in from a client of a public socket.

#![no_main]

use ipc::Attrs;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    if let Ok(Some((attrs, consumed))) = Attrs::decode(input) {
        assert!(consumed <= input.len());
        let again = attrs.encode();
        let (back, _) = Attrs::decode(&again).unwrap().unwrap();
        assert_eq!(back.encode(), again);
    }
    let _ = ipc::decode_plain(input);
});
