//! What master takes from main.cf, and which changes of it need a restart.

use std::path::PathBuf;
use std::time::Duration;

use config::{Config, Source, ThisHost, networks};

use crate::error::Error;
use crate::log_lines;

/// main.cf, read for master.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) config: Config,
    pub(crate) daemon_directory: PathBuf,
    pub(crate) process_limit: u32,
    pub(crate) throttle_time: Duration,
    /// tcp_windowsize, bytes; `None` leaves it to the kernel.
    pub(crate) window_size: Option<usize>,
    /// The user that owns sockets and the data directory.
    pub(crate) owner: Owner,
}

/// Ids of the mail system's own user.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Owner {
    pub(crate) uid: u32,
    pub(crate) gid: u32,
}

impl Settings {
    /// Reads main.cf from the directory that the environment names.
    pub(crate) fn load() -> Result<Settings, Error> {
        let config = Config::load(&Source::of_process("master", "master"))?;
        config.check("master")?;
        networks::own_addresses(&ThisHost, config.get(&params::INET_INTERFACES), config.protocols())?;
        let owner = config.get(&params::MAIL_OWNER);
        let user = sys::User::by_name(owner).ok().flatten().ok_or_else(|| {
            let file = config::file_in(config.directory(), config::MAIN_CF);
            Error::new(format_args!(
                "file {}: parameter mail_owner: unknown user name value: {owner}",
                file.display()
            ))
        })?;
        for warning in config.warnings() {
            log_lines::configuration_warning(warning);
        }
        Ok(Settings {
            daemon_directory: PathBuf::from(config.get(&params::DAEMON_DIRECTORY)),
            process_limit: u32::try_from(config.get(&params::DEFAULT_PROCESS_LIMIT)).unwrap_or(1),
            throttle_time: config.get(&params::SERVICE_THROTTLE_TIME),
            window_size: usize::try_from(config.get(&params::TCP_WINDOWSIZE)).ok().filter(|size| *size > 0),
            owner: Owner { uid: user.uid, gid: user.gid },
            config,
        })
    }

    /// Logs to where main.cf says; straight to the log file while postlogd does not run.
    pub(crate) fn set_up_logging(&self) -> Result<(), Error> {
        cli::logging_settings(&self.config).apply("master", None, true)?;
        log::set_utf8(self.config.get(&params::SMTPUTF8_ENABLE));
        Ok(())
    }

    /// Complains about changes since master started that only a restart can bring about.
    pub(crate) fn compare(&self, started: &Settings) {
        let watched = [&params::CONFIG_DIRECTORY, &params::QUEUE_DIRECTORY, &params::INET_PROTOCOLS];
        for parameter in watched {
            let (old, new) = (started.config.get(parameter), self.config.get(parameter));
            if old != new {
                log_lines::change_ignored(parameter.name(), old, new);
            }
        }
    }
}
