//! Destinations as transport tables and main.cf write them: `host`, `host:service`, `[host]`, `[host]:service`.

use std::fmt;

use hosts::{is_address, is_utf8_hostname};

/// One parsed destination.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Destination {
    /// The text as configured.
    pub(crate) text: String,
    /// Host or domain, without brackets.
    pub(crate) domain: String,
    /// Service name or port number, as written or defaulted.
    pub(crate) service: String,
    /// TCP port.
    pub(crate) port: u16,
    /// Written in brackets: no look-up of mail exchangers.
    pub(crate) literal: bool,
}

/// Why a destination makes no sense. This is a configuration error and ends the session without a status, so that
/// the queue manager tries again later; displays as the fatal log line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Malformed(String);

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Parses a destination. `utf8` allows hosts of any alphabet (smtputf8_enable); `known_port` maps service names
/// (known_tcp_ports, then /etc/services).
pub(crate) fn parse(
    text: &str,
    default_service: &str,
    utf8: bool,
    known_port: impl Fn(&str) -> Option<u16>,
) -> Result<Destination, Malformed> {
    let wrong = |reason: &str| Malformed(format!("{reason} in server description: {text}"));
    let (domain, service) = split(text, default_service).map_err(wrong)?;
    let is_host = is_utf8_hostname(domain.as_bytes(), utf8) || is_address(domain.as_bytes());
    if !is_host {
        return Err(wrong("valid hostname or network address required"));
    }
    let all_digits = service.bytes().all(|byte| byte.is_ascii_digit());
    if service != default_service && service.starts_with(|c: char| c.is_ascii_digit()) && !all_digits {
        return Err(wrong("garbage after numerical service"));
    }
    let port = if all_digits {
        let port = service.parse::<u16>().ok().filter(|&port| port != 0);
        port.ok_or_else(|| Malformed(format!("bad network port: {service} for destination: {text}")))?
    } else {
        known_port(service).ok_or_else(|| Malformed(format!("unknown service: {service}/tcp")))?
    };
    Ok(Destination {
        text: text.to_owned(),
        domain: domain.to_owned(),
        service: service.to_owned(),
        port,
        literal: text.starts_with('['),
    })
}

fn split<'a>(text: &'a str, default_service: &'a str) -> Result<(&'a str, &'a str), &'static str> {
    let or_default = |service: &'a str| if service.is_empty() { default_service } else { service };
    let (host, service) = match text.strip_prefix('[') {
        Some(inside) => {
            let (host, rest) = inside.split_once(']').ok_or("missing \"]\"")?;
            let service = match rest.strip_prefix(':') {
                Some(service) => service,
                None if rest.is_empty() => "",
                None => return Err("garbage after \"]\""),
            };
            return Ok((bare_address(host)?, or_default(service)));
        }
        None => match text.rsplit_once(':') {
            Some((host, service)) => (host, or_default(service)),
            None => (text, default_service),
        },
    };
    if host.is_empty() { Err("missing host information") } else { Ok((host, service)) }
}

/// Takes the `IPv6:` off an address that is written as in mail addresses.
fn bare_address(host: &str) -> Result<&str, &'static str> {
    let tag = "IPv6:";
    match host.get(..tag.len()) {
        Some(start) if start.eq_ignore_ascii_case(tag) => {
            let address = host.get(tag.len()..).unwrap_or_default();
            address.parse::<std::net::Ipv6Addr>().map(|_| address).map_err(|_| "malformed IPv6 address")
        }
        _ => Ok(host),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Result<(String, u16, bool), String> {
        let known = |name: &str| (name == "smtp").then_some(25);
        parse(text, "smtp", true, known)
            .map(|d| (d.domain, d.port, d.literal))
            .map_err(|error| error.to_string())
    }

    #[test]
    fn forms_of_destinations() {
        assert_eq!(parsed("example.com"), Ok(("example.com".into(), 25, false)));
        assert_eq!(parsed("example.com:2525"), Ok(("example.com".into(), 2525, false)));
        assert_eq!(parsed("[example.com]"), Ok(("example.com".into(), 25, true)));
        assert_eq!(parsed("[127.0.0.1]:10025"), Ok(("127.0.0.1".into(), 10025, true)));
        assert_eq!(parsed("[IPv6:::1]"), Ok(("::1".into(), 25, true)));
        assert_eq!(parsed("[::1]:26"), Ok(("::1".into(), 26, true)));
    }

    proptest::proptest! {
        #[test]
        fn arbitrary_text_is_parsed_or_refused(text: String) {
            let _ = parsed(&text);
        }
    }

    // Texts from postfix-3.11 smtp(8).
    #[test]
    fn malformed_destinations() {
        assert_eq!(parsed("[a"), Err("missing \"]\" in server description: [a".into()));
        assert_eq!(
            parsed("a b"),
            Err("valid hostname or network address required in server description: a b".into())
        );
        assert_eq!(
            parsed("[]"),
            Err("valid hostname or network address required in server description: []".into())
        );
        assert_eq!(
            parsed("[127.0.0.?]:3"),
            Err("valid hostname or network address required in server description: [127.0.0.?]:3".into())
        );
        assert_eq!(parsed(":25"), Err("missing host information in server description: :25".into()));
        assert_eq!(parsed("a:0"), Err("bad network port: 0 for destination: a:0".into()));
        assert_eq!(parsed("a:nix"), Err("unknown service: nix/tcp".into()));
    }
}
