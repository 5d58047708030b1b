//! Defaults that the running system decides.

use std::cell::OnceCell;
use std::os::unix::ffi::OsStringExt;

use bstr::{BString, ByteSlice, ByteVec};
use config::expand::{Found, Mode, expand};
use config::networks::{NetworksStyle, Protocols, networks, own_addresses};
use config::{Dictionary, Error, ThisHost};
use params::{Computed, Default, Param};

use crate::log_lines;
use crate::view::View;

/// The domain of a host whose name has none.
const FALLBACK_DOMAIN: &str = "localdomain";

/// What was computed already: everything here has side effects, warnings for one, that must come once.
#[derive(Debug, std::default::Default)]
pub struct Computations {
    hostname: OnceCell<BString>,
    domain: OnceCell<BString>,
    networks: OnceCell<BString>,
}

impl View<'_> {
    /// The default of a parameter, not expanded.
    pub(crate) fn computed_default(&self, computed: Computed) -> Result<BString, Error> {
        match computed {
            Computed::ProcessName => Ok(self.program.into()),
            Computed::ProcessId => Ok(std::process::id().to_string().into()),
            Computed::MyHostname => kept(&self.computations.hostname, || self.hostname()),
            Computed::MyDomain => kept(&self.computations.domain, || self.domain()),
            Computed::MyNetworks => kept(&self.computations.networks, || self.networks()),
        }
    }

    fn hostname(&self) -> Result<BString, Error> {
        let mut name = BString::from(sys::hostname().unwrap_or_default().into_vec());
        if !name.contains(&b'.') {
            let domain = set_value(&self.settings, &params::MYDOMAIN)?;
            name.push_byte(b'.');
            name.extend_from_slice(domain.as_deref().unwrap_or(FALLBACK_DOMAIN.as_bytes()));
        }
        Ok(name)
    }

    fn domain(&self) -> Result<BString, Error> {
        let host = match set_value(&self.settings, &params::MYHOSTNAME)? {
            Some(host) => host.into(),
            None => self.computed_default(Computed::MyHostname)?,
        };
        Ok(host.split_once_str(".").map_or(FALLBACK_DOMAIN.into(), |(_, domain)| domain.into()))
    }

    fn networks(&self) -> Result<BString, Error> {
        let interfaces = self.set_or_default(&params::INET_INTERFACES)?;
        let style = self.set_or_default(&params::MYNETWORKS_STYLE)?;
        let protocols = self.set_or_default(&params::INET_PROTOCOLS)?;
        let mut warnings = Vec::new();
        let protocols = Protocols::parse(&protocols, &mut warnings);
        warnings.iter().for_each(log_lines::warning);
        let protocols = protocols?;
        if !protocols.any() {
            return Ok(BString::default());
        }
        let style = NetworksStyle::parse(&style)?;
        Ok(networks(style, &own_addresses(&ThisHost, &interfaces, protocols)?).into())
    }

    /// What main.cf sets, expanded with what main.cf sets; else the default, expanded.
    fn set_or_default(&self, param: &Param<params::Text>) -> Result<String, Error> {
        if !self.shows_defaults()
            && let Some(value) = set_value(&self.settings, param)?
        {
            return Ok(config::show(&value));
        }
        let Default::Text(default) = param.row().default else { return Ok(String::new()) };
        Ok(config::show(&self.expand(default.as_bytes(), None)?))
    }
}

/// Computes a value once.
fn kept(
    cell: &OnceCell<BString>,
    compute: impl FnOnce() -> Result<BString, Error>,
) -> Result<BString, Error> {
    if let Some(value) = cell.get() {
        return Ok(value.clone());
    }
    let value = compute()?;
    Ok(cell.get_or_init(|| value).clone())
}

/// What main.cf sets a parameter to. References find only what main.cf sets, too.
fn set_value(settings: &Dictionary, param: &Param<params::Text>) -> Result<Option<Vec<u8>>, Error> {
    settings.get(param.name()).map(|value| expand_set(settings, MAIN_CF_SETTINGS, value)).transpose()
}

/// What errors call the settings of main.cf.
pub const MAIN_CF_SETTINGS: &str = "mail_dict";

/// Expands a text with what a dictionary sets, and nothing else. `name` is what errors call the dictionary.
pub fn expand_set(settings: &Dictionary, name: &str, text: &[u8]) -> Result<Vec<u8>, Error> {
    let mut lookup = |name: &[u8]| settings.get(name).map(|value| Found::Text(value.to_vec()));
    let done = expand(text, Mode::Recursive, &mut lookup);
    done.warnings.iter().for_each(log_lines::warning);
    done.whole_in(name)
}
