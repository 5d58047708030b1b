//! Which domains are local: mydestination, and the addresses of this system in brackets.

use crate::{AddressSearch, IsLocal, LookupError, MatchList, OpenError, Opener};
use address::Delimiter;
use config::Config;
use std::net::IpAddr;
use std::sync::Arc;

/// The local domains. Cheap to clone.
#[derive(Clone)]
pub struct LocalDomains(Arc<Local>);

struct Local {
    names: MatchList,
    /// inet_interfaces and proxy_interfaces.
    addresses: Vec<IpAddr>,
    /// inet_protocols is `ipv4`: the C library then takes `::ffff:192.0.2.1` for the IPv4 address in it.
    only_ipv4: bool,
}

impl LocalDomains {
    /// By mydestination, inet_interfaces and proxy_interfaces.
    ///
    /// # Errors
    /// As [`MatchList::strings`].
    pub fn open(opener: &Opener, config: &Config) -> Result<LocalDomains, OpenError> {
        let list = &params::MYDESTINATION;
        let names = MatchList::strings(opener, list.name(), config.bytes(list))?;
        let own = config.own_addresses().iter().map(|own| own.address);
        let addresses = own.chain(config.proxy_addresses().iter().copied()).collect();
        Ok(LocalDomains(Arc::new(Local { names, addresses, only_ipv4: !config.protocols().ipv6 })))
    }

    /// Whether a look-up may wait for another process.
    pub fn asks_a_server(&self) -> bool {
        self.0.names.asks_a_server()
    }

    /// Whether a domain, or an address in brackets, is local. One trailing dot does not matter.
    ///
    /// # Errors
    /// A table could not answer.
    pub fn contains(&self, domain: &[u8]) -> Result<bool, LookupError> {
        let domain = domain.strip_suffix(b".").unwrap_or(domain);
        if domain.is_empty() || domain.ends_with(b".") {
            return Ok(false);
        }
        if self.0.names.matches(domain)? {
            return Ok(true);
        }
        let Some(inside) = domain.strip_prefix(b"[").and_then(|rest| rest.strip_suffix(b"]")) else {
            return Ok(false);
        };
        let bare = match inside.get(..5) {
            Some(prefix) if prefix.eq_ignore_ascii_case(b"IPv6:") => {
                let bare = inside.get(5..).unwrap_or_default();
                hosts::check_ipv6(bare).map(|()| bare)
            }
            _ => hosts::check_ipv4(inside).map(|()| inside),
        };
        let found = match bare {
            Ok(bare) => std::str::from_utf8(bare).ok().and_then(|text| text.parse::<IpAddr>().ok()),
            Err(invalid) => {
                log::warn!("{invalid}");
                None
            }
        };
        let found = found.map(|found| if self.0.only_ipv4 { found.to_canonical() } else { found });
        Ok(found.is_some_and(|found| self.0.addresses.contains(&found)))
    }
}

impl AddressSearch {
    /// By recipient_delimiter and its fellows, myorigin, and the local domains.
    pub fn from_config(config: &Config, local: &LocalDomains) -> AddressSearch {
        let local = local.clone();
        let is_local: Arc<IsLocal> = Arc::new(move |domain| local.contains(domain));
        AddressSearch::new(Delimiter::from_config(config), config.get(&params::MYORIGIN).as_bytes(), is_local)
    }
}
