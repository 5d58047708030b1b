//! The two ways to resolve: for mail, and for probes that verify an address (`address_verify_*` parameters).

use config::Config;
use params::{Param, Text};
use server::Fatal;
use tables::{Flags, Maps, Opener, Subdomains};

use crate::transport::TransportTable;

/// A text of main.cf with its parameter's name.
#[derive(Clone, Debug)]
pub(crate) struct Setting {
    pub(crate) name: &'static str,
    pub(crate) value: Vec<u8>,
}

impl Setting {
    fn new(config: &Config, param: &Param<Text>) -> Self {
        Self { name: param.name(), value: config.get(param).as_bytes().to_vec() }
    }
}

/// Which parameters decide about routes.
pub(crate) struct Personality {
    pub(crate) local_transport: Setting,
    pub(crate) virtual_transport: Setting,
    pub(crate) relay_transport: Setting,
    pub(crate) default_transport: Setting,
    pub(crate) sender_transports: Option<Maps>,
    pub(crate) relayhost: Setting,
    pub(crate) sender_relayhosts: Option<Maps>,
    pub(crate) transport_maps: Option<TransportTable>,
}

/// The parameters of one personality.
struct Names {
    local_transport: &'static Param<Text>,
    virtual_transport: &'static Param<Text>,
    relay_transport: &'static Param<Text>,
    default_transport: &'static Param<Text>,
    sender_transports: &'static Param<Text>,
    relayhost: &'static Param<Text>,
    sender_relayhosts: &'static Param<Text>,
    transport_maps: &'static Param<Text>,
}

const REGULAR: Names = Names {
    local_transport: &params::LOCAL_TRANSPORT,
    virtual_transport: &params::VIRTUAL_TRANSPORT,
    relay_transport: &params::RELAY_TRANSPORT,
    default_transport: &params::DEFAULT_TRANSPORT,
    sender_transports: &params::SENDER_DEPENDENT_DEFAULT_TRANSPORT_MAPS,
    relayhost: &params::RELAYHOST,
    sender_relayhosts: &params::SENDER_DEPENDENT_RELAYHOST_MAPS,
    transport_maps: &params::TRANSPORT_MAPS,
};

const VERIFY: Names = Names {
    local_transport: &params::ADDRESS_VERIFY_LOCAL_TRANSPORT,
    virtual_transport: &params::ADDRESS_VERIFY_VIRTUAL_TRANSPORT,
    relay_transport: &params::ADDRESS_VERIFY_RELAY_TRANSPORT,
    default_transport: &params::ADDRESS_VERIFY_DEFAULT_TRANSPORT,
    sender_transports: &params::ADDRESS_VERIFY_SENDER_DEPENDENT_DEFAULT_TRANSPORT_MAPS,
    relayhost: &params::ADDRESS_VERIFY_RELAYHOST,
    sender_relayhosts: &params::ADDRESS_VERIFY_SENDER_DEPENDENT_RELAYHOST_MAPS,
    transport_maps: &params::ADDRESS_VERIFY_TRANSPORT_MAPS,
};

impl Personality {
    /// For mail.
    pub(crate) fn regular(opener: &Opener, config: &Config) -> Result<Self, Fatal> {
        Self::open(opener, config, &REGULAR)
    }

    /// For probes.
    pub(crate) fn verify(opener: &Opener, config: &Config) -> Result<Self, Fatal> {
        Self::open(opener, config, &VERIFY)
    }

    fn open(opener: &Opener, config: &Config, names: &Names) -> Result<Self, Fatal> {
        let maps = |param| open_maps(opener, config, param, Flags::LOOKUP | Flags::NO_REGSUB);
        let list = params::TRANSPORT_MAPS.name();
        let subdomains = Subdomains::of_list(opener, config, list).map_err(Fatal::new)?;
        Ok(Self {
            local_transport: Setting::new(config, names.local_transport),
            virtual_transport: Setting::new(config, names.virtual_transport),
            relay_transport: Setting::new(config, names.relay_transport),
            default_transport: Setting::new(config, names.default_transport),
            sender_transports: maps(names.sender_transports)?,
            relayhost: Setting::new(config, names.relayhost),
            sender_relayhosts: maps(names.sender_relayhosts)?,
            transport_maps: maps(names.transport_maps)?.map(|maps| TransportTable::new(maps, subdomains)),
        })
    }

    /// Whether resolving may wait for another process.
    pub(crate) fn asks_a_server(&self) -> bool {
        let senders = [&self.sender_transports, &self.sender_relayhosts];
        senders.into_iter().flatten().any(Maps::asks_a_server)
            || self.transport_maps.as_ref().is_some_and(|table| table.maps().asks_a_server())
    }
}

/// The tables of a parameter; `None` if it is empty.
pub(crate) fn open_maps(
    opener: &Opener,
    config: &Config,
    param: &Param<Text>,
    flags: Flags,
) -> Result<Option<Maps>, Fatal> {
    let list = config.bytes(param);
    if list.is_empty() {
        return Ok(None);
    }
    Maps::open(opener, param.name(), list, flags).map(Some).map_err(Fatal::new)
}
