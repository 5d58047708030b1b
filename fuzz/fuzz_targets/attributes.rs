//! The attribute protocol, as text comes in from a client of a public socket, and listings of the queue.

#![no_main]

use ipc::Attrs;
use ipc::showq::Listing;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    if let Ok(Some((attrs, consumed))) = Attrs::decode(input) {
        assert!(consumed <= input.len());
        let again = attrs.encode();
        let (back, _) = Attrs::decode(&again).unwrap().unwrap();
        assert_eq!(back.encode(), again);
    }
    let _ = ipc::decode_plain(input);
    if let Ok(mut listing) = Listing::open(input, "input") {
        while let Ok(Some(_)) = listing.message() {
            while let Ok(Some(_)) = listing.recipient() {}
        }
    }
});
