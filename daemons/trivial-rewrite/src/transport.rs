//! `transport_maps`: routes for some recipients or domains, see transport(5).

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use tables::{AddressSearch, Ask, LookupError, Maps, Parents, QueryForm, Strategy, Subdomains};

/// Which delivery agent, and where to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Route {
    pub(crate) transport: Vec<u8>,
    pub(crate) nexthop: Vec<u8>,
}

/// So long the result for `*` is remembered.
const WILDCARD_TTL: Duration = Duration::from_secs(30);

type Wildcard = Result<Option<Vec<u8>>, LookupError>;

/// The tables.
pub(crate) struct TransportTable {
    maps: Maps,
    strategy: Strategy,
    wildcard: Mutex<Option<(Instant, Wildcard)>>,
}

impl TransportTable {
    /// With these tables; `subdomains` says how entries for domains match the domains below them.
    pub(crate) fn new(maps: Maps, subdomains: Subdomains) -> Self {
        let strategy = Strategy {
            full: true,
            without_extension: true,
            domain: true,
            parents: match subdomains {
                Subdomains::WithParent => Parents::Plain,
                Subdomains::WithDot => Parents::Dotted,
            },
            ..Strategy::default()
        };
        Self { maps, strategy, wildcard: Mutex::new(None) }
    }

    /// The tables.
    pub(crate) fn maps(&self) -> &Maps {
        &self.maps
    }

    /// Changes the route as the table says for a recipient (internal form) of a domain.
    pub(crate) fn apply(
        &self,
        search: &AddressSearch,
        recipient: &[u8],
        domain: &[u8],
        route: &mut Route,
    ) -> Result<(), LookupError> {
        let hit = search.find(&self.maps, recipient, QueryForm::ExternalFirst, self.strategy)?;
        let value = match hit {
            Some(hit) => Some(hit.value),
            None => self.wildcard()?,
        };
        if let Some(value) = value {
            change_route(&value, domain, route);
        }
        Ok(())
    }

    /// Looks `*` up, as the reference does before the first request. What comes of it shows then.
    pub(crate) fn prime(&self) {
        let _ = self.wildcard();
    }

    /// The value for `*`.
    fn wildcard(&self) -> Wildcard {
        let mut known = self.wildcard.lock().unwrap_or_else(PoisonError::into_inner);
        match &*known {
            Some((since, Ok(value))) if since.elapsed() <= WILDCARD_TTL => Ok(value.clone()),
            _ => {
                let value = self.maps.find(b"*", Ask::All);
                *known = Some((Instant::now(), value.clone()));
                value
            }
        }
    }
}

/// `transport:nexthop`. Without transport, only the nexthop changes, if there is one; with it, the nexthop is the
/// domain, unless there is one.
fn change_route(value: &[u8], domain: &[u8], route: &mut Route) {
    let (transport, nexthop) = match memchr::memchr(b':', value) {
        Some(colon) => (value.get(..colon).unwrap_or_default(), value.get(colon + 1..).unwrap_or_default()),
        None => (value, &b""[..]),
    };
    if !transport.is_empty() {
        route.transport = transport.to_vec();
        route.nexthop = match transport {
            b"error" | b"retry" => b"Address is undeliverable".to_vec(),
            _ => domain.to_vec(),
        };
    }
    if !nexthop.is_empty() {
        route.nexthop = nexthop.to_vec();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // As in transport(5).
    #[test]
    fn entries() {
        let changed = |value: &str| {
            let mut route = Route { transport: b"smtp".to_vec(), nexthop: b"hop".to_vec() };
            change_route(value.as_bytes(), b"dom.ain", &mut route);
            format!(
                "{}:{}",
                String::from_utf8_lossy(&route.transport),
                String::from_utf8_lossy(&route.nexthop)
            )
        };
        assert_eq!(changed(":"), "smtp:hop");
        assert_eq!(changed(":other"), "smtp:other");
        assert_eq!(changed("uucp"), "uucp:dom.ain");
        assert_eq!(changed("uucp:"), "uucp:dom.ain");
        assert_eq!(changed("uucp:x:25"), "uucp:x:25");
        assert_eq!(changed("error:"), "error:Address is undeliverable");
        assert_eq!(changed("error:no such"), "error:no such");
    }
}
