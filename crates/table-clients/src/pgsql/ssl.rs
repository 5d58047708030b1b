//! How the client library of PostgreSQL speaks TLS: the parameters `ssl...` of a connection.

use crate::tls::{Demand, Parameters, Part, Unusable};
use nix::unistd::geteuid;
use rustls::SupportedProtocolVersion;
use rustls::version::{TLS12, TLS13};
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use tables::Name;

/// Whether a connection uses TLS: the parameter `sslmode`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SslMode {
    Disable,
    Allow,
    Prefer,
    Require(Demand),
}

/// The values of `sslmode`.
const MODES: &[(&str, SslMode)] = &[
    ("disable", SslMode::Disable),
    ("allow", SslMode::Allow),
    ("prefer", SslMode::Prefer),
    ("require", SslMode::Require(Demand::Nothing)),
    ("verify-ca", SslMode::Require(Demand::Chain)),
    ("verify-full", SslMode::Require(Demand::ChainAndName)),
];

/// Versions of the protocol by their names, lowest first. Only the last two are spoken.
const VERSIONS: &[&str] = &["TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"];

/// The value of `sslrootcert` for the authorities of the system.
const SYSTEM: &str = "system";

/// The protocol's name for servers that speak several.
const APPLICATION: &[u8] = b"postgresql";

/// The parameters.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Ssl {
    mode: Option<SslMode>,
    root_certificate: Option<Name>,
    revocations: Option<Name>,
    revocations_directory: Option<Name>,
    certificate: Option<Name>,
    key: Option<Name>,
    /// The client has no certificate, whatever files there are.
    without_certificate: bool,
    lowest: Option<String>,
    highest: Option<String>,
    /// Where the secrets of connections go.
    key_log: Option<Name>,
    /// TLS starts at once, unasked.
    pub(crate) direct: bool,
}

fn one_of<'t>(name: &str, value: &str, known: &[&'t str]) -> Result<&'t str, String> {
    let found = known.iter().find(|known| **known == value).copied();
    found.ok_or_else(|| format!("invalid {name} value: \"{value}\""))
}

impl Ssl {
    /// Sets a parameter; `Ok(false)` if it is none of these.
    ///
    /// # Errors
    /// The value is none that it can have.
    pub(crate) fn set(&mut self, name: &str, value: &Name) -> Result<bool, String> {
        let file = || Some(value.clone());
        let named_file = || file().filter(|name| !name.is_empty());
        let value = &*value.to_string();
        match name {
            "sslmode" => {
                let known = MODES.iter().find(|(known, _)| *known == value);
                let (_, mode) = known.ok_or_else(|| format!("invalid sslmode value: \"{value}\""))?;
                self.mode = Some(*mode);
            }
            "ssl" if value == "true" => self.mode = Some(SslMode::Require(Demand::Nothing)),
            "sslrootcert" => self.root_certificate = file(),
            "sslcrl" => self.revocations = named_file(),
            "sslcrldir" => self.revocations_directory = named_file(),
            "sslkeylogfile" => self.key_log = named_file(),
            "sslcert" => self.certificate = file(),
            "sslkey" => self.key = file(),
            "sslcertmode" => {
                self.without_certificate =
                    one_of(name, value, &["disable", "allow", "require"])? == "disable";
            }
            "sslnegotiation" => self.direct = one_of(name, value, &["postgres", "direct"])? == "direct",
            "ssl_min_protocol_version" | "ssl_max_protocol_version" => {
                if !value.is_empty() && !VERSIONS.iter().any(|known| known.eq_ignore_ascii_case(value)) {
                    return Err(format!("invalid \"{name}\" value: \"{value}\""));
                }
                let place = if name.contains("min") { &mut self.lowest } else { &mut self.highest };
                *place = Some(value.to_owned()).filter(|version| !version.is_empty());
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Whether the parameters go together.
    ///
    /// # Errors
    /// They do not.
    pub(crate) fn check(&self) -> Result<(), String> {
        let mode = self.mode();
        let shown = MODES.iter().find(|(_, known)| *known == mode).map_or("", |(name, _)| name);
        if self.is_system() && mode != SslMode::Require(Demand::ChainAndName) {
            return Err(format!(
                "weak sslmode \"{shown}\" may not be used with sslrootcert=system (use \"verify-full\")"
            ));
        }
        if self.direct && !matches!(mode, SslMode::Require(_)) {
            return Err(format!(
                "weak sslmode \"{shown}\" may not be used with sslnegotiation=direct \
                 (use \"require\", \"verify-ca\", or \"verify-full\")"
            ));
        }
        if rank(&self.lowest, 0) > rank(&self.highest, VERSIONS.len()) {
            return Err("invalid SSL protocol version range".to_owned());
        }
        Ok(())
    }

    /// Whether to use TLS.
    pub(crate) fn mode(&self) -> SslMode {
        let default = if self.is_system() { SslMode::Require(Demand::ChainAndName) } else { SslMode::Prefer };
        self.mode.unwrap_or(default)
    }

    fn is_system(&self) -> bool {
        self.root_certificate.as_ref().is_some_and(|file| **file == SYSTEM)
    }

    /// What to connect with, and what is demanded of the server where `demand` was asked for: a file of authorities that
    /// is there is used in any case.
    ///
    /// # Errors
    /// What the client library says, with the newline.
    pub(crate) fn parameters(&self, demand: Demand) -> Result<(Parameters, Demand), String> {
        let mut parameters = Parameters {
            versions: self.versions(),
            key_log: self.key_log.clone(),
            application: Some(APPLICATION),
            ..Parameters::default()
        };
        let mut demand = demand;
        if !self.is_system() {
            let root = self.root_certificate.clone().unwrap_or_else(|| in_home("root.crt"));
            if root.as_path().exists() {
                parameters.authorities = Some(root);
                let named = self.revocations.is_some() || self.revocations_directory.is_some();
                let usual = (!named).then(|| in_home("root.crl"));
                parameters.revocations = self.revocations.clone().or(usual);
                parameters.revocations_directory.clone_from(&self.revocations_directory);
                demand = if demand == Demand::Nothing { Demand::Chain } else { demand };
            } else if demand != Demand::Nothing {
                return Err(format!(
                    "root certificate file \"{}\" does not exist\nEither provide the file, use the system's trusted \
                     roots with sslrootcert=system, or change sslmode to disable server certificate verification.\n",
                    root
                ));
            }
        }
        let certificate = self.certificate_path();
        if !self.without_certificate && certificate.as_path().exists() {
            let key = self.key_path();
            check_key(&key)?;
            parameters.certificate = Some(certificate);
            parameters.key = Some(key);
        }
        Ok((parameters, demand))
    }

    fn certificate_path(&self) -> Name {
        self.certificate.clone().unwrap_or_else(|| in_home("postgresql.crt"))
    }

    fn key_path(&self) -> Name {
        self.key.clone().unwrap_or_else(|| in_home("postgresql.key"))
    }

    /// The client library's words for a file that cannot be used, with the newline.
    pub(crate) fn complaint(&self, parameters: &Parameters, unusable: &Unusable) -> String {
        let text = &unusable.text;
        match unusable.part {
            Part::Authorities => {
                let file = parameters.authorities.clone().unwrap_or_default();
                format!("could not read root certificate file \"{file}\": {text}\n")
            }
            Part::Certificate => {
                let file = self.certificate_path();
                format!("could not read certificate file \"{file}\": {text}\n")
            }
            Part::Key => {
                format!("could not load private key file \"{}\": {text}\n", self.key_path())
            }
            Part::Ciphers => format!("{text}\n"),
        }
    }

    fn versions(&self) -> Vec<&'static SupportedProtocolVersion> {
        let (lowest, highest) = (rank(&self.lowest, 0), rank(&self.highest, VERSIONS.len()));
        let spoken = [(2, &TLS12), (3, &TLS13)];
        let fits = |(number, _): &(usize, _)| (lowest..=highest).contains(number);
        spoken.into_iter().filter(fits).map(|(_, version)| version).collect()
    }
}

/// The place of a version among all.
fn rank(version: &Option<String>, default: usize) -> usize {
    let place = |name: &String| VERSIONS.iter().position(|known| known.eq_ignore_ascii_case(name));
    version.as_ref().and_then(place).unwrap_or(default)
}

/// A file that the client library looks for when none is named.
fn in_home(name: &str) -> Name {
    let own = || nix::unistd::User::from_uid(geteuid()).ok().flatten().map(|user| user.dir);
    let home = std::env::var_os("HOME").filter(|home| !home.is_empty()).map(PathBuf::from).or_else(own);
    Name::from(home.unwrap_or_default().join(".postgresql").join(name).as_path())
}

/// A key that others can read is none.
fn check_key(path: &Name) -> Result<(), String> {
    let status = match fs::metadata(path) {
        Ok(status) => status,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(format!("certificate present, but not private key file \"{path}\"\n"));
        }
        Err(error) => {
            let why = sys::error_text(&error);
            return Err(format!("could not stat private key file \"{path}\": {why}\n"));
        }
    };
    let others = if status.uid() == 0 { 0o037 } else { 0o077 };
    if status.mode() & others != 0 {
        return Err(format!(
            "private key file \"{path}\" has group or world access; file must have permissions u=rw (0600) or less if \
             owned by the current user, or permissions u=rw,g=r (0640) or less if owned by root\n"
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values() {
        let mut ssl = Ssl::default();
        assert_eq!(ssl.mode(), SslMode::Prefer);
        assert_eq!(ssl.set("host", &"x".into()), Ok(false));
        assert_eq!(ssl.set("sslmode", &"maybe".into()).unwrap_err(), "invalid sslmode value: \"maybe\"");
        ssl.set("ssl_min_protocol_version", &"tlsv1.3".into()).unwrap();
        assert_eq!(ssl.versions(), [&TLS13]);
        ssl.set("ssl_max_protocol_version", &"TLSv1.2".into()).unwrap();
        assert_eq!(ssl.check().unwrap_err(), "invalid SSL protocol version range");
    }

    #[test]
    fn the_systems_authorities_are_for_a_full_check() {
        let mut ssl = Ssl::default();
        ssl.set("sslrootcert", &"system".into()).unwrap();
        assert_eq!(ssl.mode(), SslMode::Require(Demand::ChainAndName));
        ssl.set("sslmode", &"require".into()).unwrap();
        assert!(ssl.check().is_err());
    }
}
