//! What main.cf says to an SMTP or LMTP client, read once.
//!
//! The two clients are one program; each has its own set of parameters with the same meanings. The name that the
//! program was called by picks the set.

use std::net::IpAddr;
use std::time::Duration;

use config::Config;
use dns::exchange::{self, HostLookup, Preference};
use dns::{Families, Search};
use smtp::ehlo::Keywords;

/// Which protocol this process speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Protocol {
    /// SMTP.
    Smtp,
    /// LMTP (RFC 2033).
    Lmtp,
}

impl Protocol {
    /// By the name that the program was called by.
    pub(crate) fn from_program(name: &str) -> Option<Protocol> {
        match name {
            "smtp" => Some(Protocol::Smtp),
            "lmtp" => Some(Protocol::Lmtp),
            _ => None,
        }
    }
}

/// Time limits, one for each step of a conversation.
#[derive(Debug, Clone)]
pub(crate) struct Timeouts {
    pub(crate) connect: Duration,
    pub(crate) hello: Duration,
    pub(crate) xforward: Duration,
    pub(crate) mail: Duration,
    pub(crate) rcpt: Duration,
    pub(crate) data_init: Duration,
    pub(crate) data_xfer: Duration,
    pub(crate) data_done: Duration,
    pub(crate) rset: Duration,
    pub(crate) quit: Duration,
}

/// How far an address probe goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ProbeTarget {
    /// Up to the reply to RCPT TO.
    Rcpt,
    /// Up to the reply to DATA.
    Data,
}

/// How much TLS a destination must have. Without TLS of our own, all levels from `Encrypt` on defer mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum TlsLevel {
    None,
    May,
    Dane,
    Encrypt,
    Fingerprint,
    DaneOnly,
    Verify,
    Secure,
}

impl TlsLevel {
    const NAMES: [(&'static str, TlsLevel); 8] = [
        ("none", TlsLevel::None),
        ("may", TlsLevel::May),
        ("encrypt", TlsLevel::Encrypt),
        ("fingerprint", TlsLevel::Fingerprint),
        ("dane", TlsLevel::Dane),
        ("dane-only", TlsLevel::DaneOnly),
        ("verify", TlsLevel::Verify),
        ("secure", TlsLevel::Secure),
    ];

    /// By its configured name.
    pub(crate) fn parse(name: &str) -> Option<TlsLevel> {
        Self::NAMES.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, level)| *level)
    }

    /// Its configured name.
    pub(crate) fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(_, level)| *level == self).map_or("none", |(name, _)| name)
    }

    /// Mail must not go out in the clear.
    pub(crate) fn is_mandatory(self) -> bool {
        self >= TlsLevel::Encrypt
    }
}

/// When connections are kept for further messages.
#[derive(Debug, Clone)]
pub(crate) struct Cache {
    pub(crate) on_demand: bool,
    pub(crate) time_limit: Duration,
    pub(crate) reuse_time_limit: Duration,
    pub(crate) reuse_count_limit: i64,
}

/// What there is to say about TLS, without having it.
#[derive(Debug, Clone)]
pub(crate) struct Tls {
    pub(crate) level: TlsLevel,
    pub(crate) wrapper: bool,
    pub(crate) note_starttls_offer: bool,
    pub(crate) log_status: bool,
}

/// How to get along with Cisco PIX firewalls.
#[derive(Debug, Clone)]
pub(crate) struct Pix {
    pub(crate) workarounds: String,
    pub(crate) delay: Duration,
    pub(crate) threshold: Duration,
}

/// Limits of MIME processing.
#[derive(Debug, Clone)]
pub(crate) struct Mime {
    pub(crate) header_size: usize,
    pub(crate) boundary_length: usize,
    pub(crate) nesting: usize,
}

/// From where to connect.
#[derive(Debug, Clone)]
pub(crate) struct Bind {
    pub(crate) v4: String,
    pub(crate) v6: String,
    pub(crate) enforce: bool,
}

/// All settings of one client.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) protocol: Protocol,
    pub(crate) service: String,
    pub(crate) myhostname: String,
    pub(crate) mail_name: Vec<u8>,
    pub(crate) hello_name: String,
    pub(crate) timeouts: Timeouts,
    pub(crate) per_request_deadline: bool,
    /// Bytes of content that win one second, with a deadline.
    pub(crate) min_data_rate: u64,
    /// The table that replaces reply lines.
    pub(crate) reply_filter: Vec<u8>,
    pub(crate) line_limit: usize,
    pub(crate) output_line_limit: usize,
    pub(crate) utf8: bool,
    pub(crate) helpful_warnings: bool,
    pub(crate) default_port: String,
    pub(crate) relayhost: String,
    pub(crate) fallback_relay: String,
    pub(crate) best_mx_transport: String,
    pub(crate) mx_address_limit: usize,
    pub(crate) mx_session_limit: usize,
    pub(crate) lookup: exchange::Settings,
    pub(crate) dns_disabled: bool,
    pub(crate) always_ehlo: bool,
    pub(crate) never_ehlo: bool,
    pub(crate) skip_5xx_greeting: bool,
    pub(crate) skip_quit_response: bool,
    pub(crate) discard_keywords: Keywords,
    pub(crate) quote_envelope: bool,
    pub(crate) send_xforward: bool,
    pub(crate) disable_mime_conversion: bool,
    pub(crate) soft_bounce: bool,
    /// REQUIRETLS of senders counts.
    pub(crate) require_tls: bool,
    pub(crate) mydomain: String,
    pub(crate) probe_target: ProbeTarget,
    pub(crate) propagate_generic: bool,
    pub(crate) cache: Cache,
    pub(crate) tls: Tls,
    pub(crate) pix: Pix,
    pub(crate) mime: Mime,
    pub(crate) bind: Bind,
    /// tcp_windowsize, bytes; `None` leaves it to the kernel.
    pub(crate) window_size: Option<usize>,
}

/// A value that makes no sense; displays as the fatal log line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Invalid(pub(crate) String);

/// Reads one parameter of the client's own set.
macro_rules! pick {
    ($config:expr, $protocol:expr, $smtp:ident, $lmtp:ident) => {
        match $protocol {
            Protocol::Smtp => $config.get(&params::$smtp),
            Protocol::Lmtp => $config.get(&params::$lmtp),
        }
    };
}

/// One parameter of the client's own set.
macro_rules! pick_param {
    ($protocol:expr, $smtp:ident, $lmtp:ident) => {
        match $protocol {
            Protocol::Smtp => &params::$smtp,
            Protocol::Lmtp => &params::$lmtp,
        }
    };
}

pub(crate) use {pick, pick_param};

impl Settings {
    /// Reads the configuration.
    pub(crate) fn read(config: &Config, protocol: Protocol, service: &str) -> Result<Settings, Invalid> {
        let dns_disabled = dns_disabled(config, protocol)?;
        Ok(Settings {
            protocol,
            service: service.to_owned(),
            myhostname: config.get(&params::MYHOSTNAME).to_owned(),
            mail_name: config.bytes(&params::MAIL_NAME),
            hello_name: pick!(config, protocol, SMTP_HELO_NAME, LMTP_LHLO_NAME).to_owned(),
            timeouts: timeouts(config, protocol),
            per_request_deadline: pick!(
                config,
                protocol,
                SMTP_PER_REQUEST_DEADLINE,
                LMTP_PER_REQUEST_DEADLINE
            ),
            min_data_rate: u64::try_from(pick!(config, protocol, SMTP_MIN_DATA_RATE, LMTP_MIN_DATA_RATE))
                .unwrap_or(0),
            reply_filter: config.bytes(pick_param!(protocol, SMTP_REPLY_FILTER, LMTP_REPLY_FILTER)),
            line_limit: size(config.get(&params::LINE_LENGTH_LIMIT)),
            output_line_limit: size(pick!(config, protocol, SMTP_LINE_LENGTH_LIMIT, LMTP_LINE_LENGTH_LIMIT)),
            utf8: config.get(&params::SMTPUTF8_ENABLE),
            helpful_warnings: config.get(&params::HELPFUL_WARNINGS),
            default_port: pick!(config, protocol, SMTP_TCP_PORT, LMTP_TCP_PORT).to_owned(),
            relayhost: config.get(&params::RELAYHOST).to_owned(),
            fallback_relay: pick!(config, protocol, SMTP_FALLBACK_RELAY, LMTP_FALLBACK_RELAY).to_owned(),
            best_mx_transport: config.get(&params::BEST_MX_TRANSPORT).to_owned(),
            mx_address_limit: size(pick!(config, protocol, SMTP_MX_ADDRESS_LIMIT, LMTP_MX_ADDRESS_LIMIT)),
            mx_session_limit: size(pick!(config, protocol, SMTP_MX_SESSION_LIMIT, LMTP_MX_SESSION_LIMIT)),
            lookup: lookup(config, protocol, dns_disabled)?,
            dns_disabled,
            always_ehlo: config.get(&params::SMTP_ALWAYS_SEND_EHLO),
            never_ehlo: config.get(&params::SMTP_NEVER_SEND_EHLO),
            skip_5xx_greeting: pick!(config, protocol, SMTP_SKIP_5XX_GREETING, LMTP_SKIP_5XX_GREETING),
            skip_quit_response: pick!(config, protocol, SMTP_SKIP_QUIT_RESPONSE, LMTP_SKIP_QUIT_RESPONSE),
            discard_keywords: Keywords::parse(
                pick!(config, protocol, SMTP_DISCARD_EHLO_KEYWORDS, LMTP_DISCARD_LHLO_KEYWORDS).as_bytes(),
            ),
            quote_envelope: pick!(config, protocol, SMTP_QUOTE_RFC821_ENVELOPE, LMTP_QUOTE_RFC821_ENVELOPE),
            send_xforward: pick!(config, protocol, SMTP_SEND_XFORWARD_COMMAND, LMTP_SEND_XFORWARD_COMMAND),
            disable_mime_conversion: config.get(&params::DISABLE_MIME_OUTPUT_CONVERSION),
            soft_bounce: config.get(&params::SOFT_BOUNCE),
            require_tls: config.get(&params::REQUIRETLS_ENABLE),
            mydomain: config.get(&params::MYDOMAIN).to_owned(),
            probe_target: probe_target(config, protocol)?,
            propagate_generic: words(config.get(&params::PROPAGATE_UNMATCHED_EXTENSIONS))
                .any(|word| word == "generic"),
            cache: cache(config, protocol),
            tls: tls(config, protocol)?,
            pix: pix(config, protocol),
            mime: mime(config),
            bind: bind(config, protocol),
            window_size: usize::try_from(config.get(&params::TCP_WINDOWSIZE)).ok().filter(|size| *size > 0),
        })
    }
}

impl Settings {
    /// True if mail with REQUIRETLS must not go to a next hop without TLS. This is what the default of
    /// smtp_requiretls_policy says: not for this site's own domain, nor for next hops that are addresses, nor by LMTP.
    pub(crate) fn must_have_tls(&self, nexthop: &str) -> bool {
        let inside = nexthop.strip_prefix('[').and_then(|rest| rest.split_once(']')).map(|(host, _)| host);
        let host = inside.unwrap_or_else(|| nexthop.rsplit_once(':').map_or(nexthop, |(host, _)| host));
        let host = host.to_ascii_lowercase();
        let ours = self.mydomain.to_ascii_lowercase();
        let is_own = host == "localhost" || host == ours || host.ends_with(&format!(".{ours}"));
        let is_exempt = is_own || host.parse::<IpAddr>().is_ok();
        self.require_tls && self.protocol == Protocol::Smtp && !is_exempt
    }
}

/// The words of a list that is separated by commas and white space.
pub(crate) fn words(list: &str) -> impl Iterator<Item = &str> {
    list.split([',', ' ', '\t', '\r', '\n']).filter(|word| !word.is_empty())
}

fn size(value: i64) -> usize {
    usize::try_from(value).unwrap_or(0)
}

fn timeouts(config: &Config, protocol: Protocol) -> Timeouts {
    Timeouts {
        connect: pick!(config, protocol, SMTP_CONNECT_TIMEOUT, LMTP_CONNECT_TIMEOUT),
        hello: pick!(config, protocol, SMTP_HELO_TIMEOUT, LMTP_LHLO_TIMEOUT),
        xforward: pick!(config, protocol, SMTP_XFORWARD_TIMEOUT, LMTP_XFORWARD_TIMEOUT),
        mail: pick!(config, protocol, SMTP_MAIL_TIMEOUT, LMTP_MAIL_TIMEOUT),
        rcpt: pick!(config, protocol, SMTP_RCPT_TIMEOUT, LMTP_RCPT_TIMEOUT),
        data_init: pick!(config, protocol, SMTP_DATA_INIT_TIMEOUT, LMTP_DATA_INIT_TIMEOUT),
        data_xfer: pick!(config, protocol, SMTP_DATA_XFER_TIMEOUT, LMTP_DATA_XFER_TIMEOUT),
        data_done: pick!(config, protocol, SMTP_DATA_DONE_TIMEOUT, LMTP_DATA_DONE_TIMEOUT),
        rset: pick!(config, protocol, SMTP_RSET_TIMEOUT, LMTP_RSET_TIMEOUT),
        quit: pick!(config, protocol, SMTP_QUIT_TIMEOUT, LMTP_QUIT_TIMEOUT),
    }
}

fn cache(config: &Config, protocol: Protocol) -> Cache {
    Cache {
        on_demand: pick!(config, protocol, SMTP_CONNECTION_CACHE_ON_DEMAND, LMTP_CONNECTION_CACHE_ON_DEMAND),
        time_limit: pick!(
            config,
            protocol,
            SMTP_CONNECTION_CACHE_TIME_LIMIT,
            LMTP_CONNECTION_CACHE_TIME_LIMIT
        ),
        reuse_time_limit: pick!(
            config,
            protocol,
            SMTP_CONNECTION_REUSE_TIME_LIMIT,
            LMTP_CONNECTION_REUSE_TIME_LIMIT
        ),
        reuse_count_limit: pick!(
            config,
            protocol,
            SMTP_CONNECTION_REUSE_COUNT_LIMIT,
            LMTP_CONNECTION_REUSE_COUNT_LIMIT
        ),
    }
}

fn tls(config: &Config, protocol: Protocol) -> Result<Tls, Invalid> {
    Ok(Tls {
        level: tls_level(config, protocol)?,
        wrapper: pick!(config, protocol, SMTP_TLS_WRAPPERMODE, LMTP_TLS_WRAPPERMODE),
        note_starttls_offer: pick!(
            config,
            protocol,
            SMTP_TLS_NOTE_STARTTLS_OFFER,
            LMTP_TLS_NOTE_STARTTLS_OFFER
        ),
        log_status: pick!(config, protocol, SMTP_LOG_TLS_FEATURE_STATUS, LMTP_LOG_TLS_FEATURE_STATUS),
    })
}

fn pix(config: &Config, protocol: Protocol) -> Pix {
    Pix {
        workarounds: pick!(config, protocol, SMTP_PIX_WORKAROUNDS, LMTP_PIX_WORKAROUNDS).to_owned(),
        delay: pick!(config, protocol, SMTP_PIX_WORKAROUND_DELAY_TIME, LMTP_PIX_WORKAROUND_DELAY_TIME),
        threshold: pick!(
            config,
            protocol,
            SMTP_PIX_WORKAROUND_THRESHOLD_TIME,
            LMTP_PIX_WORKAROUND_THRESHOLD_TIME
        ),
    }
}

fn mime(config: &Config) -> Mime {
    Mime {
        header_size: size(config.get(&params::HEADER_SIZE_LIMIT)),
        boundary_length: size(config.get(&params::MIME_BOUNDARY_LENGTH_LIMIT)),
        nesting: size(config.get(&params::MIME_NESTING_LIMIT)),
    }
}

fn bind(config: &Config, protocol: Protocol) -> Bind {
    Bind {
        v4: pick!(config, protocol, SMTP_BIND_ADDRESS, LMTP_BIND_ADDRESS).to_owned(),
        v6: pick!(config, protocol, SMTP_BIND_ADDRESS6, LMTP_BIND_ADDRESS6).to_owned(),
        enforce: pick!(config, protocol, SMTP_BIND_ADDRESS_ENFORCE, LMTP_BIND_ADDRESS_ENFORCE),
    }
}

fn dns_disabled(config: &Config, protocol: Protocol) -> Result<bool, Invalid> {
    let level = pick!(config, protocol, SMTP_DNS_SUPPORT_LEVEL, LMTP_DNS_SUPPORT_LEVEL);
    match level {
        "" => Ok(config.get(&params::DISABLE_DNS_LOOKUPS)),
        "disabled" => Ok(true),
        "enabled" | "dnssec" => Ok(false),
        other => {
            let name = pick_param!(protocol, SMTP_DNS_SUPPORT_LEVEL, LMTP_DNS_SUPPORT_LEVEL).name();
            Err(Invalid(format!("invalid {name}: \"{other}\"")))
        }
    }
}

fn lookup(config: &Config, protocol: Protocol, dns_disabled: bool) -> Result<exchange::Settings, Invalid> {
    let lookups = pick!(config, protocol, SMTP_HOST_LOOKUP, LMTP_HOST_LOOKUP);
    let host_lookup = if dns_disabled {
        HostLookup { dns: false, native: true }
    } else {
        let name = pick_param!(protocol, SMTP_HOST_LOOKUP, LMTP_HOST_LOOKUP).name();
        let mut lookup = HostLookup { dns: false, native: false };
        for word in words(lookups) {
            match word {
                "dns" => lookup.dns = true,
                "native" => lookup.native = true,
                _ => return Err(Invalid(format!("unknown {name} value \"{word}\" in \"{lookups}\""))),
            }
        }
        lookup
    };
    let mut search = Search::None;
    for word in words(pick!(config, protocol, SMTP_DNS_RESOLVER_OPTIONS, LMTP_DNS_RESOLVER_OPTIONS)) {
        match word {
            "res_dnsrch" => search = Search::Parents,
            "res_defnames" if search == Search::None => search = Search::LocalNames,
            _ => {}
        }
    }
    let balance = pick!(config, protocol, SMTP_BALANCE_INET_PROTOCOLS, LMTP_BALANCE_INET_PROTOCOLS);
    let limit = size(pick!(config, protocol, SMTP_MX_ADDRESS_LIMIT, LMTP_MX_ADDRESS_LIMIT));
    Ok(exchange::Settings {
        families: Families::from_inet_protocols(config.get(&params::INET_PROTOCOLS)),
        host_lookup,
        search,
        preference: preference(config, protocol)?,
        randomize: pick!(config, protocol, SMTP_RANDOMIZE_ADDRESSES, LMTP_RANDOMIZE_ADDRESSES),
        balance_limit: if balance { limit } else { 0 },
        defer_if_no_address: pick!(
            config,
            protocol,
            SMTP_DEFER_IF_NO_MX_ADDRESS_FOUND,
            LMTP_DEFER_IF_NO_MX_ADDRESS_FOUND
        ),
        ignore_mx_lookup_error: config.get(&params::IGNORE_MX_LOOKUP_ERROR),
        ignore_srv_lookup_error: config.get(&params::IGNORE_SRV_LOOKUP_ERROR),
        allow_srv_fallback: config.get(&params::ALLOW_SRV_LOOKUP_FALLBACK),
    })
}

fn preference(config: &Config, protocol: Protocol) -> Result<Preference, Invalid> {
    match pick!(config, protocol, SMTP_ADDRESS_PREFERENCE, LMTP_ADDRESS_PREFERENCE) {
        "ipv6" => Ok(Preference::V6),
        "ipv4" => Ok(Preference::V4),
        "any" | "" => Ok(Preference::Any),
        other => {
            let name = pick_param!(protocol, SMTP_ADDRESS_PREFERENCE, LMTP_ADDRESS_PREFERENCE).name();
            Err(Invalid(format!("bad {name} value: {other}")))
        }
    }
}

fn probe_target(config: &Config, protocol: Protocol) -> Result<ProbeTarget, Invalid> {
    match pick!(config, protocol, SMTP_ADDRESS_VERIFY_TARGET, LMTP_ADDRESS_VERIFY_TARGET) {
        "rcpt" => Ok(ProbeTarget::Rcpt),
        "data" => Ok(ProbeTarget::Data),
        other => {
            let name = pick_param!(protocol, SMTP_ADDRESS_VERIFY_TARGET, LMTP_ADDRESS_VERIFY_TARGET).name();
            Err(Invalid(format!("bad protocol stage: \"{name} = {other}\"")))
        }
    }
}

fn tls_level(config: &Config, protocol: Protocol) -> Result<TlsLevel, Invalid> {
    let text = pick!(config, protocol, SMTP_TLS_SECURITY_LEVEL, LMTP_TLS_SECURITY_LEVEL);
    if !text.is_empty() {
        return TlsLevel::parse(text).ok_or_else(|| Invalid(format!("Invalid TLS level \"{text}\"")));
    }
    Ok(if pick!(config, protocol, SMTP_ENFORCE_TLS, LMTP_ENFORCE_TLS) {
        TlsLevel::Encrypt
    } else if pick!(config, protocol, SMTP_USE_TLS, LMTP_USE_TLS) {
        TlsLevel::May
    } else {
        TlsLevel::None
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_of_tls() {
        assert_eq!(TlsLevel::parse("DANE-only"), Some(TlsLevel::DaneOnly));
        assert!(!TlsLevel::May.is_mandatory() && !TlsLevel::Dane.is_mandatory());
        assert!(TlsLevel::Encrypt.is_mandatory() && TlsLevel::Secure.is_mandatory());
        assert_eq!(TlsLevel::Fingerprint.name(), "fingerprint");
    }
}
