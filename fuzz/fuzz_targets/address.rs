//! Addresses and address lists, both quoting forms.

#![no_main]

use address::{Address, AddressList};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let list = AddressList::parse(input, 102_400);
    for one in list.addresses() {
        Address::scan(&one.externalize());
        one.externalize_tokens();
    }
    let quoted = address::quote_822(input);
    address::quote_821(input);
    address::quote_822_strict(input);
    address::unquote_822(&quoted);
    address::unquote_822(input);
});
