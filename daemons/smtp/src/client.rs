//! What all conversations of the process share.

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;

use address::Delimiter;
use config::networks::{self, Protocols};
use config::{Config, ThisHost};
use dns::{ReplyFilter, Resolver};
use ipc::deliver::Request;
use mime::header;
use server::{Fatal, Setup};
use smtp::ehlo::Keywords;
use smtp::response::LineFilter;
use tables::{AddressSearch, Ask, Flags, IsLocal, Maps, MatchList, Opener, Subdomains};

use crate::cache::Cache;
use crate::checks::Checks;
use crate::failure::Failure;
use crate::generic::{Generic, Unreadable};
use crate::log_lines;
use crate::notify;
use crate::peers::{self, DebugPeers};
use crate::session::Session;
use crate::settings::{Invalid, Protocol, Settings, TlsLevel, pick, pick_param, words};

/// Flags of the master.cf command (`flags=DORX`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct CliFlags {
    /// `D`: add a Delivered-To: header, and refuse mail that has it already.
    pub(crate) delivered_to: bool,
    /// `O`: add an X-Original-To: header.
    pub(crate) original_to: bool,
    /// `R`: add a Return-Path: header.
    pub(crate) return_path: bool,
    /// `X`: delivery by LMTP is final.
    pub(crate) final_delivery: bool,
}

impl CliFlags {
    /// Reads the arguments; gives the flags and the last text of them.
    fn parse(arguments: &[String]) -> Result<(CliFlags, String), Fatal> {
        let mut flags = CliFlags::default();
        let mut last = "flags=".to_owned();
        for argument in arguments {
            let letters = match argument.get(..6) {
                Some(name) if name.eq_ignore_ascii_case("flags=") => argument.get(6..).unwrap_or_default(),
                _ => return Err(Fatal::new(format_args!("unknown attribute name: {argument}"))),
            };
            flags = CliFlags::default();
            for letter in letters.chars() {
                match letter {
                    'D' => flags.delivered_to = true,
                    'O' => flags.original_to = true,
                    'R' => flags.return_path = true,
                    'X' => flags.final_delivery = true,
                    _ => {
                        return Err(Fatal::new(format_args!(
                            "unknown {argument} value \"{letter}\" in \"{letters}\""
                        )));
                    }
                }
            }
            last.clone_from(argument);
        }
        Ok((flags, last))
    }
}

/// The shared state.
pub(crate) struct Client {
    pub(crate) settings: Settings,
    pub(crate) config: Config,
    pub(crate) flags: CliFlags,
    pub(crate) resolver: Resolver,
    pub(crate) cache: Cache,
    pub(crate) header_names: header::Names,
    /// Header and body checks, if there are any.
    pub(crate) checks: Option<Checks>,
    generic: Option<Generic>,
    keyword_maps: Maps,
    pix_maps: Maps,
    tls_policies: Maps,
    sasl_passwords: Maps,
    cached_destinations: MatchList,
    srv_services: HashSet<String>,
    own_addresses: Vec<IpAddr>,
    proxy_addresses: Vec<IpAddr>,
    ports: HashMap<String, u16>,
    pub(crate) debug_peers: DebugPeers,
    pub(crate) reply_filter: Option<LineFilter>,
}

impl Client {
    /// Opens everything that needs files outside of the jail.
    pub(crate) fn open(
        setup: &Setup,
        protocol: Protocol,
        arguments: &[String],
        opener: &Opener,
    ) -> Result<Client, Fatal> {
        let config = &setup.config;
        let settings = Settings::read(config, protocol, &setup.service_name)
            .map_err(|Invalid(text)| Fatal::new(text))?;
        let flags = flags(config, protocol, arguments)?;
        let (own_addresses, proxy_addresses) = addresses(config)?;
        let filter = pick_param!(protocol, SMTP_DNS_REPLY_FILTER, LMTP_DNS_REPLY_FILTER);
        let dns_filter = ReplyFilter::open(opener, filter.name(), config.bytes(filter))
            .map_err(|error| Fatal::new(error.text))?;
        let maps = |param: &params::Param<params::Text>, flags: Flags| {
            Maps::open(opener, param.name(), config.bytes(param), flags)
                .map_err(|error| Fatal::new(error.text))
        };
        let destinations =
            pick_param!(protocol, SMTP_CONNECTION_CACHE_DESTINATIONS, LMTP_CONNECTION_CACHE_DESTINATIONS);
        Ok(Client {
            checks: Checks::open(config, protocol, opener)?,
            generic: generic(config, protocol, opener, &settings)?,
            keyword_maps: maps(
                pick_param!(
                    protocol,
                    SMTP_DISCARD_EHLO_KEYWORD_ADDRESS_MAPS,
                    LMTP_DISCARD_LHLO_KEYWORD_ADDRESS_MAPS
                ),
                Flags::LOCK,
            )?,
            pix_maps: maps(
                pick_param!(protocol, SMTP_PIX_WORKAROUND_MAPS, LMTP_PIX_WORKAROUND_MAPS),
                Flags::LOCK,
            )?,
            tls_policies: maps(
                pick_param!(protocol, SMTP_TLS_POLICY_MAPS, LMTP_TLS_POLICY_MAPS),
                Flags::LOOKUP,
            )?,
            sasl_passwords: sasl_passwords(config, protocol, opener)?,
            cached_destinations: MatchList::strings(opener, destinations.name(), config.bytes(destinations))
                .map_err(|error| Fatal::new(error.text))?,
            srv_services: words(config.get(&params::USE_SRV_LOOKUP)).map(str::to_owned).collect(),
            own_addresses,
            proxy_addresses,
            ports: ports(config.get(&params::KNOWN_TCP_PORTS)),
            resolver: Resolver::from_system().map_err(Fatal::new)?.with_filter(dns_filter),
            debug_peers: DebugPeers::open(config, opener).map_err(|error| Fatal::new(error.text))?,
            reply_filter: peers::reply_filter(opener, &settings.reply_filter)?,
            header_names: header::Names::default(),
            cache: Cache::default(),
            config: config.clone(),
            settings,
            flags,
        })
    }

    /// True for an address that this mail system listens on, itself or through a proxy.
    pub(crate) fn is_own_address(&self, address: IpAddr) -> bool {
        self.own_addresses.contains(&address) || self.proxy_addresses.contains(&address)
    }

    /// The address to connect from: this system's only one of that family, if it is not the loopback address.
    pub(crate) fn sole_address(&self, target: IpAddr) -> Option<IpAddr> {
        let mut fitting = self.own_addresses.iter().filter(|own| own.is_ipv4() == target.is_ipv4());
        match (fitting.next(), fitting.next()) {
            (Some(own), None) if !own.is_loopback() => Some(*own),
            _ => None,
        }
    }

    /// The level of TLS that mail for a destination must have: by the policy tables, else as for all. The error is for
    /// tables that cannot be read or make no sense.
    pub(crate) fn tls_level_for(&self, destination: &str) -> Result<TlsLevel, Failure> {
        let invalid = || Failure::local("4.7.5", "client TLS configuration problem");
        let mut key = destination.to_ascii_lowercase();
        // Only plain domains have parents; `[host]` and `host:port` stand for themselves.
        let has_parents = hosts::is_hostname(key.as_bytes());
        while !key.is_empty() {
            match self.tls_policies.find(key.as_bytes(), Ask::All) {
                Ok(Some(policy)) => {
                    let policy = String::from_utf8_lossy(&policy).into_owned();
                    let level = words(&policy).next().and_then(TlsLevel::parse);
                    return level.ok_or_else(|| {
                        let level = words(&policy).next().unwrap_or_default();
                        log_lines::bad_tls_policy(self.tls_policies.title(), level, destination);
                        invalid()
                    });
                }
                Ok(None) => {}
                Err(_) => return Err(invalid()),
            }
            let parent = key.get(1..).and_then(|rest| rest.find('.')).filter(|_| has_parents);
            key = parent.and_then(|dot| key.get(dot + 1..)).unwrap_or_default().to_owned();
        }
        Ok(self.settings.tls.level)
    }

    /// True if there is a password for a server or destination, so that mail is only welcome there after AUTH.
    pub(crate) fn has_password_for(&self, host: &str, destination: &str, sender: &[u8]) -> bool {
        let mut keys = [sender, host.as_bytes(), destination.as_bytes()].into_iter();
        // Tables that cannot be read may well have one.
        keys.any(|key| !matches!(self.sasl_passwords.find(key, Ask::All), Ok(None)))
    }

    /// The port of a service by name.
    pub(crate) fn port_of(&self, name: &str) -> Option<u16> {
        self.ports.get(name).copied()
    }

    /// True if SRV records are looked up for this service.
    pub(crate) fn uses_srv(&self, service: &str) -> bool {
        self.srv_services.contains(service)
    }

    /// True if connections to this destination are always kept.
    pub(crate) fn caches_destination(&self, destination: &str) -> bool {
        self.cached_destinations.matches(destination.as_bytes()).unwrap_or(false)
    }

    /// The keywords to ignore from a server; or the name of the table that could not be read.
    pub(crate) fn discarded_keywords(&self, address: &str) -> Result<Keywords, &str> {
        match self.keyword_maps.find(address.as_bytes(), Ask::All) {
            Ok(Some(found)) => Ok(Keywords::parse(&found)),
            Ok(None) => Ok(self.settings.discard_keywords),
            Err(_) => Err(self.keyword_maps.title()),
        }
    }

    /// The workarounds for a server by its address.
    pub(crate) fn pix_workarounds_for(&self, address: &str) -> Option<String> {
        let found = self.pix_maps.find(address.as_bytes(), Ask::All).ok().flatten()?;
        Some(String::from_utf8_lossy(&found).into_owned())
    }

    /// True if addresses in headers may change.
    pub(crate) fn has_generic_maps(&self) -> bool {
        self.generic.is_some()
    }

    /// An envelope address after smtp_generic_maps.
    pub(crate) fn generic_address(&self, internal: &[u8]) -> Result<Vec<u8>, Unreadable> {
        let mapped = self.generic.as_ref().map(|generic| generic.map(internal)).transpose()?.flatten();
        Ok(mapped.unwrap_or_else(|| internal.to_vec()))
    }

    /// A header after smtp_generic_maps, if it changed.
    pub(crate) fn rewrite_header(
        &self,
        info: &header::Info,
        text: &[u8],
    ) -> Result<Option<Vec<u8>>, Unreadable> {
        self.generic.as_ref().map_or(Ok(None), |generic| generic.map_header(info, text))
    }

    /// Tells the postmaster about a session that went wrong, if notify_classes asks for that.
    pub(crate) async fn notify_postmaster(&self, session: &Session, request: &Request) {
        notify::about(self, session, request).await;
    }
}

/// Passwords, if SASL is wanted at all.
fn sasl_passwords(config: &Config, protocol: Protocol, opener: &Opener) -> Result<Maps, Fatal> {
    let param = pick_param!(protocol, SMTP_SASL_PASSWORD_MAPS, LMTP_SASL_PASSWORD_MAPS);
    if !pick!(config, protocol, SMTP_SASL_AUTH_ENABLE, LMTP_SASL_AUTH_ENABLE) {
        return Ok(Maps::empty(param.name()));
    }
    Maps::open(opener, param.name(), config.bytes(param), Flags::LOOKUP)
        .map_err(|error| Fatal::new(error.text))
}

/// What the command line in master.cf asks for.
fn flags(config: &Config, protocol: Protocol, arguments: &[String]) -> Result<CliFlags, Fatal> {
    let (mut flags, last_flags) = CliFlags::parse(arguments)?;
    if protocol == Protocol::Lmtp && config.get(&params::LMTP_ASSUME_FINAL) && !flags.final_delivery {
        flags.final_delivery = true;
        log_lines::assume_final_is_obsolete(params::LMTP_ASSUME_FINAL.name(), &last_flags);
    }
    Ok(flags)
}

/// The addresses that this mail system listens on, and those of proxies in front of it.
fn addresses(config: &Config) -> Result<(Vec<IpAddr>, Vec<IpAddr>), Fatal> {
    let protocols = Protocols::parse(config.get(&params::INET_PROTOCOLS), &mut Vec::new())?;
    let own = networks::own_addresses(&ThisHost, config.get(&params::INET_INTERFACES), protocols)?;
    let proxies = networks::addresses_of(
        &ThisHost,
        params::PROXY_INTERFACES.name(),
        config.get(&params::PROXY_INTERFACES),
        protocols,
    )?;
    Ok((own.into_iter().map(|own| own.address).collect(), proxies))
}

fn generic(
    config: &Config,
    protocol: Protocol,
    opener: &Opener,
    settings: &Settings,
) -> Result<Option<Generic>, Fatal> {
    let param = pick_param!(protocol, SMTP_GENERIC_MAPS, LMTP_GENERIC_MAPS);
    let list = config.bytes(param);
    if list.is_empty() {
        return Ok(None);
    }
    let maps =
        Maps::open(opener, param.name(), list, Flags::LOOKUP).map_err(|error| Fatal::new(error.text))?;
    let local = MatchList::domains(
        opener,
        params::MYDESTINATION.name(),
        config.bytes(&params::MYDESTINATION),
        Subdomains::of_list(opener, config, params::MYDESTINATION.name())
            .map_err(|error| Fatal::new(error.text))?,
    )
    .map_err(|error| Fatal::new(error.text))?;
    let origin = config.get(&params::MYORIGIN);
    let is_local: std::sync::Arc<IsLocal> = std::sync::Arc::new(move |domain: &[u8]| local.matches(domain));
    let search = AddressSearch::new(Delimiter::from_config(config), origin.as_bytes(), is_local);
    Ok(Some(Generic::new(maps, search, settings.propagate_generic, origin)))
}

/// Service names and their ports: known_tcp_ports over /etc/services.
fn ports(known: &str) -> HashMap<String, u16> {
    let mut ports = HashMap::new();
    let services = std::fs::read("/etc/services").unwrap_or_default();
    for line in String::from_utf8_lossy(&services).lines() {
        let mut fields = line.split('#').next().unwrap_or_default().split_ascii_whitespace();
        let (Some(name), Some(number)) = (fields.next(), fields.next()) else { continue };
        let Some(port) = number.strip_suffix("/tcp").and_then(|port| port.parse().ok()) else { continue };
        for name in std::iter::once(name).chain(fields) {
            ports.entry(name.to_owned()).or_insert(port);
        }
    }
    for names in words(known) {
        let mut names: Vec<&str> = names.split('=').collect();
        let Some(port) = names.pop().and_then(|port| port.parse().ok()) else { continue };
        for name in names {
            ports.insert(name.to_owned(), port);
        }
    }
    ports
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_of_services() {
        let ports = ports("lmtp=24, smtp=25, smtps=submissions=465");
        assert_eq!(ports.get("submissions"), Some(&465));
        assert_eq!(ports.get("smtps"), Some(&465));
        assert_eq!(ports.get("lmtp"), Some(&24));
    }

    #[test]
    fn flags_of_the_command() {
        let (flags, last) = CliFlags::parse(&["flags=DX".to_owned()]).unwrap();
        assert!(flags.delivered_to && flags.final_delivery && !flags.original_to);
        assert_eq!(last, "flags=DX");
        assert!(CliFlags::parse(&["x".to_owned()]).is_err());
    }
}
