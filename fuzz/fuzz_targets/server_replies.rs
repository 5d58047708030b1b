//! What servers of tables reply: tcp, socketmap, memcache, LDAP; certificates; filters of LDAP, which parts of keys are in;
//! and definitions of services, which the client library of PostgreSQL reads. The first byte picks.

#![no_main]

use libfuzzer_sys::fuzz_target;
use table_clients::{
    certificate_digest, encode_filter, parse_ldap_message, parse_memcache_header, parse_mysql_greeting,
    parse_service_file, parse_socketmap_reply, parse_tcp_reply,
};

fuzz_target!(|input: &[u8]| {
    let Some((pick, reply)) = input.split_first() else { return };
    match pick % 8 {
        0 => drop(parse_tcp_reply(reply)),
        1 => drop(parse_socketmap_reply(reply)),
        2 => drop(parse_memcache_header(reply)),
        3 => drop(parse_ldap_message(reply)),
        4 => drop(encode_filter(reply)),
        5 => drop(certificate_digest(reply)),
        6 => drop(parse_service_file(&"s".into(), reply, "file")),
        _ => drop(parse_mysql_greeting(reply)),
    }
});
