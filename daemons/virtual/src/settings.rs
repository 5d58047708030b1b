//! What main.cf says to virtual(8), read once.

use config::Config;
use delivery::mailbox::{LockPatience, LockStyles};
use server::Fatal;

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
