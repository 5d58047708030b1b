//! main.cf: read, evaluated, expanded.

#![no_main]

use config::{Config, Host, Interface};
use libfuzzer_sys::fuzz_target;
use std::ffi::OsString;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A host that asks no name server: names of one byte have addresses.
struct SomeHost;

impl Host for SomeHost {
    fn name(&self) -> OsString {
        "mail.example.com".into()
    }

    fn addresses_of(&self, name: &str) -> Vec<IpAddr> {
        if name.len() == 1 {
            vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()]
        } else {
            Vec::new()
        }
    }

    fn interfaces(&self) -> io::Result<Vec<Interface>> {
        let (address, netmask) = (Ipv4Addr::LOCALHOST.into(), Ipv4Addr::new(255, 0, 0, 0).into());
        Ok(vec![Interface { name: "lo".to_owned(), address, netmask, up: true, scope: 0 }])
    }
}

fuzz_target!(|input: &[u8]| {
    let text = String::from_utf8_lossy(input);
    if let Ok(config) = Config::from_text_on(Box::new(SomeHost), "smtpd", &text) {
        let _ = config.check("smtpd");
        let _ = (config.own_addresses(), config.proxy_addresses());
        let _ = config.expand(&text);
    }
});
