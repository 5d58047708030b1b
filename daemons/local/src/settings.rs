//! What main.cf says to local(8), read once.

use std::ffi::OsString;
use std::time::Duration;

use address::Delimiter;
use config::Config;
use delivery::mailbox::{LockPatience, LockStyles};
use server::Fatal;
use sys::User;

/// From what a destination was expanded (allow_mail_to_commands, allow_mail_to_files).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    /// An alias.
    Alias,
    /// A user's forward file.
    Forward,
    /// An `:include:` file.
    Include,
}

/// Which of the three sources are allowed something.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Sources {
    alias: bool,
    forward: bool,
    include: bool,
}

impl Sources {
    fn parse(parameter: &str, list: &str) -> Result<Sources, Fatal> {
        let mut sources = Sources::default();
        for name in words(list) {
            match name {
                "alias" => sources.alias = true,
                "forward" => sources.forward = true,
                "include" => sources.include = true,
                _ => return Err(unknown(parameter, name, list)),
            }
        }
        Ok(sources)
    }

    /// True if this source is allowed it.
    pub(crate) fn allow(self, source: Option<Source>) -> bool {
        match source {
            Some(Source::Alias) => self.alias,
            Some(Source::Forward) => self.forward,
            Some(Source::Include) => self.include,
            None => false,
        }
    }
}

/// Where a Delivered-To: header is added (prepend_delivered_header).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct DeliveredHeader {
    pub(crate) command: bool,
    pub(crate) file: bool,
    pub(crate) forward: bool,
}

/// Through what unmatched address extensions are passed on (propagate_unmatched_extensions).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Propagate {
    pub(crate) alias: bool,
    pub(crate) forward: bool,
    pub(crate) include: bool,
}

/// All settings.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) service: String,
    pub(crate) myhostname: String,
    pub(crate) mail_name: Vec<u8>,
    pub(crate) hostname: String,
    pub(crate) delimiter: Delimiter,
    pub(crate) duplicate_limit: usize,
    pub(crate) commands_from: Sources,
    pub(crate) files_from: Sources,
    pub(crate) delivered_header: DeliveredHeader,
    pub(crate) propagate: Propagate,
    pub(crate) owner_request_special: bool,
    pub(crate) expand_owner_alias: bool,
    pub(crate) frozen_delivered_to: bool,
    pub(crate) reset_owner: bool,
    pub(crate) require_home: bool,
    pub(crate) strict_mailbox_ownership: bool,
    pub(crate) biff: bool,
    pub(crate) original_recipient: bool,
    pub(crate) line_limit: usize,
    pub(crate) forward_path: String,
    pub(crate) home_mailbox: String,
    pub(crate) mail_spool_directory: String,
    pub(crate) mailbox_command: String,
    pub(crate) mailbox_transport: String,
    pub(crate) fallback_transport: String,
    pub(crate) luser_relay: String,
    pub(crate) command_directory: String,
    pub(crate) command_shell: String,
    pub(crate) command_filter: String,
    pub(crate) forward_filter: String,
    pub(crate) directory_filter: String,
    pub(crate) command_time_limit: Duration,
    pub(crate) export_environment: Vec<(OsString, OsString)>,
    pub(crate) locks: LockStyles,
    pub(crate) lock_patience: LockPatience,
    /// default_privs: who runs commands of root's aliases.
    pub(crate) default_identity: (u32, u32),
}

impl Settings {
    /// Reads the configuration.
    pub(crate) fn read(config: &Config, service: &str) -> Result<Settings, Fatal> {
        let text = |param: &params::Param<params::Text>| config.get(param).to_owned();
        let raw = |param: &params::Param<params::Raw>| config.get(param).to_owned();
        let name = params::ALLOW_MAIL_TO_COMMANDS;
        let commands_from = Sources::parse(name.name(), config.get(&name))?;
        let name = params::ALLOW_MAIL_TO_FILES;
        let files_from = Sources::parse(name.name(), config.get(&name))?;
        Ok(Settings {
            service: service.to_owned(),
            myhostname: text(&params::MYHOSTNAME),
            mail_name: config.bytes(&params::MAIL_NAME),
            hostname: sys::hostname().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default(),
            delimiter: Delimiter::from_config(config),
            duplicate_limit: usize::try_from(config.get(&params::DUPLICATE_FILTER_LIMIT)).unwrap_or(0),
            commands_from,
            files_from,
            delivered_header: delivered_header(config)?,
            propagate: propagate(config),
            owner_request_special: config.get(&params::OWNER_REQUEST_SPECIAL),
            expand_owner_alias: config.get(&params::EXPAND_OWNER_ALIAS),
            frozen_delivered_to: config.get(&params::FROZEN_DELIVERED_TO),
            reset_owner: config.get(&params::RESET_OWNER_ALIAS),
            require_home: config.get(&params::REQUIRE_HOME_DIRECTORY),
            strict_mailbox_ownership: config.get(&params::STRICT_MAILBOX_OWNERSHIP),
            biff: config.get(&params::BIFF),
            original_recipient: config.get(&params::ENABLE_ORIGINAL_RECIPIENT),
            line_limit: usize::try_from(config.get(&params::LINE_LENGTH_LIMIT)).unwrap_or(0),
            forward_path: raw(&params::FORWARD_PATH),
            home_mailbox: text(&params::HOME_MAILBOX),
            mail_spool_directory: text(&params::MAIL_SPOOL_DIRECTORY),
            mailbox_command: raw(&params::MAILBOX_COMMAND),
            mailbox_transport: text(&params::MAILBOX_TRANSPORT),
            fallback_transport: text(&params::FALLBACK_TRANSPORT),
            luser_relay: raw(&params::LUSER_RELAY),
            command_directory: raw(&params::COMMAND_EXECUTION_DIRECTORY),
            command_shell: text(&params::LOCAL_COMMAND_SHELL),
            command_filter: text(&params::COMMAND_EXPANSION_FILTER),
            forward_filter: text(&params::FORWARD_EXPANSION_FILTER),
            directory_filter: text(&params::EXECUTION_DIRECTORY_EXPANSION_FILTER),
            command_time_limit: config.get(&params::COMMAND_TIME_LIMIT),
            export_environment: config::environment::exported(config).map_err(Fatal::new)?,
            locks: locks(config)?,
            lock_patience: LockPatience::new(config),
            default_identity: default_identity(config)?,
        })
    }
}

/// The words of a list that is separated by commas and white space.
pub(crate) fn words(list: &str) -> impl Iterator<Item = &str> {
    list.split([',', ' ', '\t', '\r', '\n']).filter(|word| !word.is_empty())
}

fn unknown(parameter: &str, name: &str, list: &str) -> Fatal {
    Fatal::new(format_args!("unknown {parameter} value \"{name}\" in \"{list}\""))
}

fn delivered_header(config: &Config) -> Result<DeliveredHeader, Fatal> {
    let parameter = params::PREPEND_DELIVERED_HEADER;
    let list = config.get(&parameter);
    let mut header = DeliveredHeader::default();
    for name in words(list) {
        match name {
            "command" => header.command = true,
            "file" => header.file = true,
            "forward" => header.forward = true,
            _ => return Err(unknown(parameter.name(), name, list)),
        }
    }
    Ok(header)
}

fn propagate(config: &Config) -> Propagate {
    let list = config.get(&params::PROPAGATE_UNMATCHED_EXTENSIONS);
    let has = |wanted: &str| words(list).any(|word| word == wanted);
    Propagate { alias: has("alias"), forward: has("forward"), include: has("include") }
}

fn locks(config: &Config) -> Result<LockStyles, Fatal> {
    let parameter = params::MAILBOX_DELIVERY_LOCK;
    let list = config.get(&parameter);
    let styles = LockStyles::parse(list).map_err(|name| unknown(parameter.name(), &name, list))?;
    if styles == LockStyles::default() {
        let name = parameter.name();
        return Err(Fatal::new(format_args!(
            "parameter {name} specifies no applicable mailbox locking method"
        )));
    }
    Ok(styles)
}

fn default_identity(config: &Config) -> Result<(u32, u32), Fatal> {
    let parameter = params::DEFAULT_PRIVS;
    let name = config.get(&parameter);
    let user = User::by_name(name).ok().flatten().ok_or_else(|| {
        Fatal::new(format_args!(
            "file main.cf: parameter {}: unknown user name value: {name}",
            parameter.name()
        ))
    })?;
    if user.uid == 0 {
        return Err(Fatal::new(format_args!(
            "file main.cf: parameter {}: user {name} has privileged user ID",
            parameter.name()
        )));
    }
    if user.gid == 0 {
        return Err(Fatal::new(format_args!(
            "file main.cf: parameter {}: user {name} has privileged group ID",
            parameter.name()
        )));
    }
    Ok((user.uid, user.gid))
}
