//! The hosts file.

use std::collections::HashMap;
use std::net::IpAddr;
use std::path::Path;

/// The content of a hosts file, read once.
#[derive(Debug, Default, Clone)]
pub struct Hosts {
    by_name: HashMap<String, Vec<IpAddr>>,
    by_address: HashMap<IpAddr, String>,
}

impl Hosts {
    /// Reads a hosts file; one that cannot be read counts as empty.
    pub fn read(path: &Path) -> Hosts {
        std::fs::read(path).map(|text| Hosts::parse(&String::from_utf8_lossy(&text))).unwrap_or_default()
    }

    /// Parses hosts(5) text: an address, then its names, on each line.
    pub fn parse(text: &str) -> Hosts {
        let mut hosts = Hosts::default();
        for line in text.lines() {
            let mut words = line.split('#').next().unwrap_or_default().split_ascii_whitespace();
            let Some(Ok(address)) = words.next().map(str::parse::<IpAddr>) else { continue };
            for name in words {
                hosts.by_address.entry(address).or_insert_with(|| name.to_owned());
                let addresses = hosts.by_name.entry(name.to_ascii_lowercase()).or_default();
                if !addresses.contains(&address) {
                    addresses.push(address);
                }
            }
        }
        hosts
    }

    /// The addresses of a name, in file order.
    pub fn addresses(&self, name: &str) -> &[IpAddr] {
        let name = name.strip_suffix('.').unwrap_or(name);
        self.by_name.get(&name.to_ascii_lowercase()).map_or(&[], Vec::as_slice)
    }

    /// The first name of an address.
    pub fn name(&self, address: IpAddr) -> Option<&str> {
        self.by_address.get(&address).map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn arbitrary_text_is_read(text: String) {
            let _ = Hosts::parse(&text);
        }
    }

    #[test]
    fn both_directions() {
        let hosts =
            Hosts::parse("127.0.0.1 localhost lo # x\n::1 localhost\n# c\nbad x\n10.0.0.1 A.example a\n");
        assert_eq!(hosts.addresses("LOCALHOST").len(), 2);
        assert_eq!(hosts.name("10.0.0.1".parse().unwrap()), Some("A.example"));
        assert!(hosts.addresses("x").is_empty());
    }
}
