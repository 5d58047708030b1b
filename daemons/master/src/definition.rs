//! A service as master.cf and main.cf define it.

use std::ffi::OsString;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;

use config::master_cf::{self, Entry, ServiceType};
use config::{ServicePatterns, ThisHost, networks};

use crate::error::Error;
use crate::log_lines;
use crate::settings::Settings;

/// What identifies a service across reloads: its type and where its socket is.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Identity {
    pub(crate) type_name: &'static str,
    /// The socket's path below the queue directory; for `inet`, the port, after the host if one is given.
    pub(crate) canonical: String,
}

/// A line of master.cf, worked out.
#[derive(Clone, Debug)]
pub(crate) struct Definition {
    pub(crate) identity: Identity,
    /// The name in master.cf.
    pub(crate) name: String,
    pub(crate) service_type: ServiceType,
    /// Where an `inet` service listens.
    pub(crate) addresses: Vec<SocketAddr>,
    pub(crate) wakeup: u32,
    pub(crate) wakeup_if_used: bool,
    /// Greatest number of processes; 0 for no limit.
    pub(crate) process_limit: u32,
    pub(crate) program: PathBuf,
    /// The argument vector, up to where `stress=` stands and after it.
    args: Vec<OsString>,
    /// The place in `args` of the value `stress=`, for services that strangers can reach.
    stress: Option<usize>,
}

impl Definition {
    /// Can strangers load this service until it is under stress?
    pub(crate) fn has_stress(&self) -> bool {
        self.stress.is_some()
    }

    /// The argument vector of a new process.
    pub(crate) fn arguments(&self, stressed: bool) -> Vec<OsString> {
        let mut args = self.args.clone();
        if let Some(stress) = self.stress.and_then(|place| args.get_mut(place)).filter(|_| stressed) {
            stress.push("yes");
        }
        args
    }
}

/// Reads master.cf. A service that stands there twice counts as its last line says.
pub(crate) fn read(
    settings: &Settings,
    started: &Settings,
    attached: bool,
) -> Result<Vec<Definition>, Error> {
    let path = config::file_in(settings.config.directory(), config::MASTER_CF);
    let bytes = std::fs::read(&path)
        .map_err(|error| Error::system(format_args!("open {}", path.display()), &error))?;
    let mut disabled = settings.config.get(&params::MASTER_SERVICE_DISABLE).to_owned();
    // The families that sockets were opened for at the start stay in force.
    if !started.config.protocols().any() {
        log_lines::protocols_disabled(settings.config.get(&params::INET_PROTOCOLS));
        disabled.insert_str(0, "inet,");
    }
    let patterns = ServicePatterns::parse(&disabled);
    let mut warnings = Vec::new();
    let entries = master_cf::parse_enabled(&bytes, &path, &patterns, &mut warnings);
    for warning in &warnings {
        log_lines::configuration_warning(warning);
    }
    let interfaces_changed =
        settings.config.get(&params::INET_INTERFACES) != started.config.get(&params::INET_INTERFACES);
    let mut definitions: Vec<Definition> = Vec::new();
    for entry in entries? {
        let context = |why: Problem| match why {
            Problem::Entry(text) => {
                Error::new(format_args!("{}: line {}: {text}", path.display(), entry.line))
            }
            Problem::Port(text) => Error::new(text),
        };
        if entry.chroot.is_none() && has_old_chroot(settings) {
            log_lines::old_default(&path, entry.line, "chroot", "y");
        }
        if entry.service_type == ServiceType::Inet && interfaces_changed {
            log_lines::interfaces_change_ignored(&entry.name);
        }
        let definition = define(&entry, settings, started, attached).map_err(context)?;
        match definitions.iter_mut().find(|known| known.identity == definition.identity) {
            Some(known) => {
                log_lines::duplicate(&known.name, &known.identity.canonical);
                *known = definition;
            }
            None => definitions.push(definition),
        }
    }
    Ok(definitions)
}

// Before compatibility level 1, daemons ran in the jail unless master.cf said otherwise.
fn has_old_chroot(settings: &Settings) -> bool {
    settings.config.compatibility_level() < config::Level::new(1, 0, 0)
}

/// Why a service cannot be offered.
#[derive(Debug)]
pub(crate) enum Problem {
    /// The entry is wrong: the text comes after the line's number.
    Entry(String),
    /// There is no such port: the text stands for itself.
    Port(String),
}

fn define(
    entry: &Entry,
    settings: &Settings,
    started: &Settings,
    attached: bool,
) -> Result<Definition, Problem> {
    let process_limit = entry.maxproc.unwrap_or(settings.process_limit);
    let (canonical, addresses) = match entry.service_type {
        ServiceType::Inet => inet_endpoint(&entry.name, started)?,
        _ => {
            let class = if entry.private { "private" } else { "public" };
            (format!("{class}/{}", entry.name), Vec::new())
        }
    };
    let has_strangers = match entry.service_type {
        ServiceType::Inet => addresses.iter().any(|address| !address.ip().is_loopback()),
        // A connection screener passes strangers on.
        ServiceType::Pass => true,
        _ => false,
    };
    let mut args = Arguments::new(entry, process_limit, attached, settings);
    let stress = (has_strangers && process_limit > 1).then(|| args.push_stress());
    if addresses.len() > 1 {
        args.push("-s", &addresses.len().to_string());
    }
    args.0.extend(entry.args.iter().cloned());
    Ok(Definition {
        identity: Identity { type_name: entry.service_type.name(), canonical },
        name: entry.name.clone(),
        service_type: entry.service_type,
        addresses,
        wakeup: entry.wakeup,
        wakeup_if_used: entry.wakeup_if_used,
        process_limit,
        program: settings.daemon_directory.join(&entry.command),
        args: args.0,
        stress,
    })
}

struct Arguments(Vec<OsString>);

impl Arguments {
    fn new(entry: &Entry, process_limit: u32, attached: bool, settings: &Settings) -> Arguments {
        let mut args = Arguments(vec![OsString::from(&entry.command)]);
        match process_limit {
            0 => args.flag("-z"),
            1 => args.flag("-l"),
            _ => {}
        }
        let program = entry.command.rsplit('/').next().unwrap_or_default();
        if program != entry.name {
            args.push("-n", &entry.name);
        }
        args.push("-t", entry.service_type.name());
        let chroot = entry.chroot.unwrap_or_else(|| has_old_chroot(settings));
        let flags =
            [(attached, "-d"), (log::verbose() > 0, "-v"), (entry.unprivileged, "-u"), (chroot, "-c")];
        for (_, flag) in flags.into_iter().filter(|(wanted, _)| *wanted) {
            args.flag(flag);
        }
        args
    }

    fn flag(&mut self, flag: &str) {
        self.0.push(flag.into());
    }

    fn push(&mut self, flag: &str, value: &str) {
        self.0.push(flag.into());
        self.0.push(value.into());
    }

    // Gives the place of the value.
    fn push_stress(&mut self) -> usize {
        self.push("-o", "stress=");
        self.0.len() - 1
    }
}

/// The canonical name of an `inet` service, and its addresses.
fn inet_endpoint(name: &str, started: &Settings) -> Result<(String, Vec<SocketAddr>), Problem> {
    let (host, port_name) =
        master_cf::endpoint(name).map_err(|why| Problem::Entry(format!("{why} in \"{name}\"")))?;
    let protocols = started.config.protocols();
    let addresses: Vec<IpAddr> = if !host.is_empty() {
        let addresses = networks::addresses_of_host(&ThisHost, host, protocols);
        if addresses.is_empty() {
            return Err(Problem::Entry(format!("bad hostname or network address: {name}")));
        }
        addresses
    } else if started.config.get(&params::INET_INTERFACES).eq_ignore_ascii_case("all") {
        let v4 = protocols.ipv4.then_some(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
        let v6 = protocols.ipv6.then_some(IpAddr::V6(Ipv6Addr::UNSPECIFIED));
        v4.into_iter().chain(v6).collect()
    } else {
        let own = started.config.own_addresses();
        if own.is_empty() {
            let text = "service definition requires valid host name or address, or non-empty inet_interfaces setting";
            return Err(Problem::Entry(text.to_owned()));
        }
        own.iter().map(|own| own.address).collect()
    };
    let mut unique: Vec<IpAddr> = Vec::with_capacity(addresses.len());
    for address in addresses {
        if !unique.contains(&address) {
            unique.push(address);
        }
    }
    let port = tcp_port(port_name, started);
    let canonical = match (port, host) {
        (None, _) => name.to_owned(),
        (Some(port), "") => port.to_string(),
        (Some(port), host) => format!("[{host}]:{port}"),
    };
    let first = unique.first().map(IpAddr::to_string).unwrap_or_default();
    let port = port.ok_or_else(|| {
        Problem::Port(format!("{first}:{port_name}: Servname not supported for ai_socktype"))
    })?;
    Ok((canonical, unique.into_iter().map(|address| SocketAddr::new(address, port)).collect()))
}

/// A port by number, by `known_tcp_ports`, or by services(5).
fn tcp_port(name: &str, settings: &Settings) -> Option<u16> {
    port_number(name)
        .or_else(|| known_port(settings.config.get(&params::KNOWN_TCP_PORTS), name))
        .or_else(|| sys::network::tcp_port(name))
}

/// A number as getaddrinfo(3) of the C library takes it: what does not fit loses its upper bits, and is no number if it
/// is negative as one of 32 bits.
fn port_number(name: &str) -> Option<u16> {
    let digits = name.strip_prefix(['+', '-']).unwrap_or(name);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let number = match digits.parse::<u64>() {
        Ok(number) if name.starts_with('-') => number.wrapping_neg(),
        Ok(number) => number,
        Err(_) => u64::MAX,
    };
    let number = number & u64::from(u32::MAX);
    let is_negative = i32::try_from(number).is_err();
    if is_negative { None } else { u16::try_from(number & u64::from(u16::MAX)).ok() }
}

// `lmtp=24, smtp=25, smtps=submissions=465`: several names may share a number.
fn known_port(table: &str, name: &str) -> Option<u16> {
    table.split(',').find_map(|group| {
        let mut words: Vec<&str> = group.split('=').map(str::trim).collect();
        let port = words.pop()?.parse().ok()?;
        words.contains(&name).then_some(port)
    })
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::settings::Owner;
    use std::path::Path;
    use std::time::Duration;

    fn settings() -> Settings {
        let text = "compatibility_level = 3.11\ninet_protocols = ipv4\nmyhostname = mail.example.com\n";
        Settings {
            window_size: None,
            config: config::Config::from_text("master", text).unwrap(),
            daemon_directory: "/usr/lib/postfix/sbin".into(),
            process_limit: 100,
            throttle_time: Duration::from_secs(60),
            owner: Owner { uid: 0, gid: 0 },
        }
    }

    /// The one service of a master.cf.
    pub(crate) fn definition(master_cf: &str) -> Definition {
        let settings = settings();
        let entries = master_cf::parse(master_cf.as_bytes(), Path::new("master.cf")).unwrap();
        define(entries.first().unwrap(), &settings, &settings, false).unwrap()
    }

    // What the master of 3.11 listens on.
    #[test]
    fn ports_are_read_as_the_c_library_does() {
        let numbers =
            [("25", 25), ("00025", 25), ("+26", 26), ("65561", 25), ("131097", 25), ("4294967321", 25)];
        for (name, port) in numbers {
            assert_eq!(port_number(name), Some(port), "{name}");
        }
        assert_eq!(port_number("99999999999"), Some(0xe7ff));
        for name in ["2147483648", "-5", "25x", "", "+", "99999999999999999999999"] {
            assert_eq!(port_number(name), None, "{name}");
        }
    }

    // Expectations: the arguments that 3.11's master gives to its children.
    #[test]
    fn arguments_are_those_of_the_reference() {
        let qmgr = definition("qmgr unix n - n 300 1 qmgr\n");
        assert_eq!(qmgr.arguments(false), ["qmgr", "-l", "-t", "unix", "-u"]);
        assert_eq!(qmgr.identity.canonical, "public/qmgr");
        let defer = definition("defer unix - - y - 0 bounce -o a=b\n");
        assert_eq!(
            defer.arguments(true),
            ["bounce", "-z", "-n", "defer", "-t", "unix", "-u", "-c", "-o", "a=b"]
        );
        let smtp = definition("smtp inet n - n - - smtpd\n");
        let expected = ["smtpd", "-n", "smtp", "-t", "inet", "-u", "-o", "stress="];
        assert_eq!(smtp.arguments(false), expected);
        assert_eq!(smtp.arguments(true).last(), Some(&"stress=yes".into()));
        assert_eq!(smtp.identity.canonical, "25");
        let inner = definition("127.0.0.1:10025 inet n - n - 10 smtpd\n");
        assert!(!inner.has_stress());
        assert_eq!(inner.identity.canonical, "[127.0.0.1]:10025");
    }

    #[test]
    fn names_may_share_a_port() {
        let table = "lmtp=24, smtp=25, smtps=submissions=465, submission=587";
        assert_eq!(known_port(table, "smtp"), Some(25));
        assert_eq!(known_port(table, "submissions"), Some(465));
        assert_eq!(known_port(table, "smtps"), Some(465));
        assert_eq!(known_port(table, "imap"), None);
    }
}
