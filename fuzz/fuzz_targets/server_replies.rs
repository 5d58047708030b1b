//! What servers of tables reply: tcp, socketmap, memcache, LDAP; certificates; and filters of LDAP, which parts of keys are in. The
//! first byte picks.

#![no_main]

use libfuzzer_sys::fuzz_target;
use table_clients::{
    certificate_digest, encode_filter, parse_ldap_message, parse_memcache_header, parse_mysql_greeting,
    parse_socketmap_reply, parse_tcp_reply,
};

fuzz_target!(|input: &[u8]| {
    let Some((pick, reply)) = input.split_first() else { return };
    match pick % 7 {
        0 => drop(parse_tcp_reply(reply)),
        1 => drop(parse_socketmap_reply(reply)),
        2 => drop(parse_memcache_header(reply)),
        3 => drop(parse_ldap_message(reply)),
        4 => drop(encode_filter(reply)),
        5 => drop(certificate_digest(reply)),
        _ => drop(parse_mysql_greeting(reply)),
    }
});
