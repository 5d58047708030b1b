//! What the running system decides: defaults, and the host's own addresses. Each is looked for once.

use params::Computed;

use super::{Inner, Reach};
use crate::error::Error;
use crate::networks::{NetworksStyle, OwnAddress, Protocols, networks, own_addresses};
use crate::text::show;

/// The domain of a host whose name has none.
pub(super) const FALLBACK_DOMAIN: &str = "localdomain";

impl Inner {
    /// A default that the running system decides.
    pub(super) fn computed(&self, computed: Computed) -> Result<String, Error> {
        Ok(match computed {
            Computed::ProcessName => self.program.to_owned(),
            Computed::ProcessId => std::process::id().to_string(),
            Computed::MyHostname => self.host_name(),
            Computed::MyDomain => {
                let host = self.text_of(params::MYHOSTNAME.row(), Reach::NoHost);
                host.split_once('.').map_or(FALLBACK_DOMAIN, |(_, domain)| domain).to_owned()
            }
            Computed::MyNetworks => {
                let style = self.text_of(params::MYNETWORKS_STYLE.row(), Reach::Host);
                if !self.protocols().any() {
                    return Ok(String::new());
                }
                networks(NetworksStyle::parse(&style)?, self.found_addresses()?)
            }
        })
    }

    /// The kernel's host name, completed with the domain that is set, if any.
    fn host_name(&self) -> String {
        let name = self.host.name().to_string_lossy().into_owned();
        if name.contains('.') {
            return name;
        }
        let domain = self.settings.get(params::MYDOMAIN.name());
        let domain =
            domain.map(|text| show(&self.expanded_within(Reach::NoHost, text, &mut Vec::new()).text));
        format!("{name}.{}", domain.as_deref().unwrap_or(FALLBACK_DOMAIN))
    }

    /// The protocol families in use; all, if they cannot be known.
    pub(super) fn protocols(&self) -> Protocols {
        self.found_protocols().0.clone().unwrap_or(Protocols { ipv4: true, ipv6: true })
    }

    /// The protocol families in use, or why they cannot be known, and warnings.
    pub(super) fn found_protocols(&self) -> &(Result<Protocols, Error>, Vec<String>) {
        self.protocols.get_or_init(|| {
            let text = self.text_of(params::INET_PROTOCOLS.row(), Reach::Host);
            let mut warnings = Vec::new();
            (Protocols::parse(&text, &mut warnings), warnings)
        })
    }

    /// The host's own addresses, or why they cannot be known.
    pub(super) fn found_addresses(&self) -> Result<&[OwnAddress], Error> {
        let find = || {
            let interfaces = self.text_of(params::INET_INTERFACES.row(), Reach::Host);
            own_addresses(self.host.as_ref(), &interfaces, self.protocols())
        };
        self.own_addresses.get_or_init(find).as_deref().map_err(Clone::clone)
    }
}
