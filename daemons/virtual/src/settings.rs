//! What main.cf says to virtual(8), read once.

use config::Config;
use delivery::mailbox::{LockPatience, LockStyles};
use server::Fatal;
use sys::User;
use sys::process::Resource;

/// All settings.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) service: String,
    pub(crate) hostname: String,
    pub(crate) base: String,
    pub(crate) minimum_uid: i64,
    pub(crate) strict_mailbox_ownership: bool,
    pub(crate) original_recipient: bool,
    pub(crate) locks: LockStyles,
    pub(crate) lock_patience: LockPatience,
}

impl Settings {
    /// Reads the configuration.
    pub(crate) fn read(config: &Config, service: &str) -> Result<Settings, Fatal> {
        let lock = params::VIRTUAL_MAILBOX_LOCK;
        let list = config.get(&lock);
        let locks = LockStyles::parse(list).map_err(|name| {
            Fatal::new(format_args!("unknown {} value \"{name}\" in \"{list}\"", lock.name()))
        })?;
        Ok(Settings {
            service: service.to_owned(),
            hostname: sys::hostname().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default(),
            base: config.get(&params::VIRTUAL_MAILBOX_BASE).to_owned(),
            minimum_uid: config.get(&params::VIRTUAL_MINIMUM_UID),
            strict_mailbox_ownership: config.get(&params::STRICT_MAILBOX_OWNERSHIP),
            original_recipient: config.get(&params::ENABLE_ORIGINAL_RECIPIENT),
            locks,
            lock_patience: LockPatience::new(config),
        })
    }
}

/// The limit on file size is virtual_mailbox_limit: it guards against a process gone wild.
pub(crate) fn limit_file_size(config: &Config) -> Result<(), Fatal> {
    let mailbox = config.get(&params::VIRTUAL_MAILBOX_LIMIT);
    let message = config.get(&params::MESSAGE_SIZE_LIMIT);
    let (mailbox_name, message_name) =
        (params::VIRTUAL_MAILBOX_LIMIT.name(), params::MESSAGE_SIZE_LIMIT.name());
    if mailbox <= 0 {
        return Ok(());
    }
    if message <= 0 {
        return Err(Fatal::new(format_args!(
            "configuration error: {mailbox_name} is limited but {message_name} is unlimited"
        )));
    }
    if mailbox < message {
        return Err(Fatal::new(format_args!(
            "configuration error: {mailbox_name} is smaller than {message_name}"
        )));
    }
    sys::set_limit(Resource::RLIMIT_FSIZE, u64::try_from(mailbox).ok())
        .map_err(|error| Fatal::new(format_args!("setrlimit: {}", sys::error_text(&error))))
}

/// The mail system's owner: user and group.
pub(crate) fn owner(config: &Config) -> Result<(u32, u32), Fatal> {
    let name = config.get(&params::MAIL_OWNER);
    let user = User::by_name(name).ok().flatten();
    let user = user.ok_or_else(|| Fatal::new(format_args!("unknown mail_owner user: {name}")))?;
    Ok((user.uid, user.gid))
}
