//! What every program checks once its parameters are evaluated.

use params::{Kind, Param, Row};

use crate::config::Config;
use crate::error::Error;
use crate::ports::KnownPorts;
use crate::source::{MAIN_CF, file_in, os_error};
use crate::text::{is_blank, is_space, show_path};

/// What Postfix evaluates before all else, because logging, the network and the opening of tables need it.
const FIRST: [&str; 21] = [
    params::MAIL_VERSION.name(),
    params::SYSLOG_FACILITY.name(),
    params::INET_PROTOCOLS.name(),
    params::MULTI_INSTANCE_DIRECTORIES.name(),
    params::MULTI_INSTANCE_GROUP.name(),
    params::MULTI_INSTANCE_NAME.name(),
    params::MAILLOG_FILE.name(),
    params::MAILLOG_FILE_PREFIXES.name(),
    params::MAILLOG_FILE_COMPRESSOR.name(),
    params::MAILLOG_FILE_ROTATE_SUFFIX.name(),
    params::MAILLOG_FILE_PERMISSIONS.name(),
    params::POSTLOG_SERVICE_NAME.name(),
    params::DNSSEC_PROBE.name(),
    params::KNOWN_TCP_PORTS.name(),
    params::DAEMON_TABLE_OPEN_ERROR_IS_FATAL.name(),
    params::DNS_NCACHE_TTL_FIX_ENABLE.name(),
    params::SMTPUTF8_ENABLE.name(),
    params::ENABLE_IDNA2003_COMPATIBILITY.name(),
    params::RESPECTFUL_LOGGING.name(),
    params::REQUIRETLS_ENABLE.name(),
    params::TLS_REQUIRED_ENABLE.name(),
];

/// Is the parameter evaluated before all others?
pub(crate) fn is_first(row: &Row) -> bool {
    FIRST.contains(&row.name)
}

/// Checks what logging and the network need; to be done before the other parameters are evaluated.
pub(crate) fn logging_and_network(config: &Config, warnings: &mut Vec<String>) -> Result<(), Error> {
    let facility = config.get(&params::SYSLOG_FACILITY);
    if !is_facility(facility) {
        return Err(bad(config, &params::SYSLOG_FACILITY, "unrecognized value", facility));
    }
    KnownPorts::parse(config.get(&params::KNOWN_TCP_PORTS), warnings);
    config.check_protocols(warnings)
}

/// Makes the other checks in Postfix's order.
pub(crate) fn every_program(config: &Config, warnings: &mut Vec<String>) -> Result<(), Error> {
    for param in [&params::MYHOSTNAME, &params::MYDOMAIN] {
        let name = config.get(param);
        if let Err(why) = hosts::check_hostname(name.as_bytes()) {
            warnings.push(why.to_string());
            return Err(bad(config, param, "bad parameter value", name));
        }
    }
    identities(config)?;
    config.evaluate_networks(warnings)?;
    let interfaces = config.get(&params::INET_INTERFACES);
    // The interfaces are only asked for when something can be wrong or somebody looks: commands start often.
    if !matches!(interfaces, "all" | "loopback-only") || log::verbose() > 0 {
        config.found_addresses()?;
    }
    let mode = config.get(&params::MAILLOG_FILE_PERMISSIONS);
    if !["644", "640", "600"].contains(&mode.trim_start_matches('0')) {
        let name = params::MAILLOG_FILE_PERMISSIONS.name();
        warnings.push(format!("ignoring bad permissions: {name} = {mode}"));
    }
    if config.get(&params::MYHOSTNAME).eq_ignore_ascii_case(config.get(&params::RELAYHOST)) {
        let (host, relay) = (params::MYHOSTNAME.name(), params::RELAYHOST.name());
        let value = config.get(&params::MYHOSTNAME);
        return Err(Error::fatal(format!(
            "{host} and {relay} parameter settings must not be identical: {value}"
        )));
    }
    let origin = config.get(&params::MYORIGIN);
    if origin.bytes().any(|byte| byte == b',' || is_blank(byte)) {
        let name = params::MYORIGIN.name();
        return Err(Error::fatal(format!(
            "{name} parameter setting must not contain multiple values: {origin}"
        )));
    }
    verp_delimiters(config)?;
    let level = config.get(&params::NON_BDB_MIGRATION_LEVEL);
    if !["disable", "enable-redirect", "enable-reindex"].iter().any(|known| known.eq_ignore_ascii_case(level))
    {
        return Err(Error::fatal(format!("invalid non-Berkeley-DB migration level: '{level}'")));
    }
    Ok(())
}

/// `file /etc/postfix/main.cf: parameter NAME: WHAT: VALUE`
fn bad<K: Kind>(config: &Config, param: &Param<K>, what: &str, value: &str) -> Error {
    let file = file_in(config.directory(), MAIN_CF);
    Error::fatal(format!("file {}: parameter {}: {what}: {value}", show_path(&file), param.name()))
}

/// The same for two parameters that do not go together.
fn clash(config: &Config, one: &Param<params::Text>, other: &Param<params::Text>, what: &str) -> Error {
    let file = file_in(config.directory(), MAIN_CF);
    let (one, other) = (one.name(), other.name());
    Error::fatal(format!("file {}: parameters {one} and {other}{what}", show_path(&file)))
}

/// Names of syslog facilities.
fn is_facility(name: &str) -> bool {
    const NAMES: [&str; 20] = [
        "auth", "authpriv", "cron", "daemon", "ftp", "kern", "lpr", "mail", "news", "security", "syslog",
        "user", "local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7",
    ];
    NAMES.contains(&name) || name == "uucp"
}

/// A user or group that a parameter names.
struct Identity {
    name: String,
    uid: u32,
    gid: u32,
}

/// The users and the group that keep the mail system's powers apart.
fn identities(config: &Config) -> Result<(), Error> {
    let privs = user(config, &params::DEFAULT_PRIVS)?;
    let owner = user(config, &params::MAIL_OWNER)?;
    if let Ok(Some(other)) = sys::User::by_uid(owner.uid)
        && other.name != owner.name
    {
        let (uid, name) = (owner.uid, other.name);
        let what = format!("user {} has the same user ID {uid} as user {name}", owner.name);
        return Err(plain(config, &params::MAIL_OWNER, &what));
    }
    let group_name = config.get(&params::SETGID_GROUP);
    let group = sys::Group::by_name(group_name)
        .ok()
        .flatten()
        .ok_or_else(|| bad(config, &params::SETGID_GROUP, "unknown group name", group_name))?;
    if group.gid == 0 {
        let what = format!("group {group_name} has privileged group ID");
        return Err(plain(config, &params::SETGID_GROUP, &what));
    }
    if let Ok(Some(other)) = sys::Group::by_gid(group.gid)
        && other.name != group.name
    {
        let what = format!("group {group_name} has the same group ID {} as group {}", group.gid, other.name);
        return Err(plain(config, &params::SETGID_GROUP, &what));
    }
    overlap(config, &privs, &owner, &Identity { name: group_name.to_owned(), uid: 0, gid: group.gid })
}

/// None of the three may share an id with another.
fn overlap(config: &Config, privs: &Identity, owner: &Identity, group: &Identity) -> Result<(), Error> {
    let (p, o, g) = (&params::DEFAULT_PRIVS, &params::MAIL_OWNER, &params::SETGID_GROUP);
    if privs.name == owner.name {
        return Err(clash(config, p, o, &format!(" specify the same user {}", privs.name)));
    }
    let users = format!("users {} and {} have the same", privs.name, owner.name);
    if privs.uid == owner.uid {
        return Err(clash(config, p, o, &format!(": {users} user ID: {}", owner.uid)));
    }
    if privs.gid == owner.gid {
        return Err(clash(config, p, o, &format!(": {users} group ID: {}", owner.gid)));
    }
    for (identity, param) in [(privs, p), (owner, o)] {
        if identity.gid == group.gid {
            let what = format!(
                ": user {} and group {} have the same group ID: {}",
                identity.name, group.name, group.gid
            );
            return Err(clash(config, param, g, &what));
        }
    }
    Ok(())
}

/// `file /etc/postfix/main.cf: parameter NAME: WHAT`
fn plain(config: &Config, param: &Param<params::Text>, what: &str) -> Error {
    let file = file_in(config.directory(), MAIN_CF);
    Error::fatal(format!("file {}: parameter {}: {what}", show_path(&file), param.name()))
}

/// A user that exists and is not root.
fn user(config: &Config, param: &Param<params::Text>) -> Result<Identity, Error> {
    let name = config.get(param);
    let user = sys::User::by_name(name)
        .ok()
        .flatten()
        .ok_or_else(|| bad(config, param, "unknown user name value", name))?;
    if user.uid == 0 {
        return Err(plain(config, param, &format!("user {name} has privileged user ID")));
    }
    if user.gid == 0 {
        return Err(plain(config, param, &format!("user {name} has privileged group ID")));
    }
    Ok(Identity { name: name.to_owned(), uid: user.uid, gid: user.gid })
}

/// Both characters of the VERP delimiters must be among those allowed.
fn verp_delimiters(config: &Config) -> Result<(), Error> {
    let delimiters = config.get(&params::DEFAULT_VERP_DELIMITERS);
    let allowed = config.get(&params::VERP_DELIMITER_FILTER);
    let mut bytes = delimiters.bytes();
    let why = match (bytes.next(), bytes.next(), bytes.next()) {
        (Some(first), Some(_), None) if !allowed.as_bytes().contains(&first) => {
            "bad first VERP delimiter character"
        }
        (Some(_), Some(second), None) if !allowed.as_bytes().contains(&second) => {
            "bad second VERP delimiter character"
        }
        (Some(_), Some(_), None) => return Ok(()),
        _ => "bad VERP delimiter character count",
    };
    let (one, other) = (&params::DEFAULT_VERP_DELIMITERS, &params::VERP_DELIMITER_FILTER);
    Err(clash(config, one, other, &format!(": {why}")))
}

/// Debian's addition: a `myorigin` that is a path stands for the first line of that file.
pub(crate) fn origin(value: String) -> Result<String, Error> {
    if params::profile::NAME != "debian" || !value.starts_with('/') {
        return Ok(value);
    }
    let content = std::fs::read(&value)
        .map_err(|why| Error::fatal(format!("{value}: cannot open file: {}", os_error(&why))))?;
    let first = content.split(|&byte| byte == b'\n').next().unwrap_or_default();
    let text = crate::text::show(crate::text::trim_end(crate::text::skip(first, is_space)));
    if text.is_empty() {
        return Err(Error::fatal(format!("{} file {value} is empty", params::MYORIGIN.name())));
    }
    Ok(text)
}
