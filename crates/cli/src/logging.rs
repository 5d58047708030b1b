//! Where log lines go: what the environment says before main.cf is read, and what main.cf says after that.

use std::fmt;
use std::path::{Path, PathBuf};

use crate::LOGTAG_ENVIRONMENT;

/// `syslog_name` as a parent process handed it on, else Postfix's default.
pub fn inherited_tag() -> String {
    sys::environment::trusted(LOGTAG_ENVIRONMENT)
        .map_or_else(|| "postfix".to_owned(), |tag| tag.to_string_lossy().into_owned())
}

/// The destination before main.cf is read: postlogd if a parent process handed its socket on, else syslog.
pub fn destination_from_environment() -> log::Destination {
    let inherited =
        |name| sys::environment::trusted(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    match inherited(log::SERVICE_ENVIRONMENT) {
        None => log::Destination::Syslog(log::Facility::MAIL),
        Some(socket) => {
            let hostname = inherited(log::HOSTNAME_ENVIRONMENT)
                .map_or_else(|| "amnesiac".to_owned(), |name| name.to_string_lossy().into_owned());
            log::Destination::Postlog(log::PostlogClient::new(socket, hostname))
        }
    }
}

/// What main.cf says about logging.
#[derive(Clone, Debug)]
pub struct Settings {
    /// `syslog_name`.
    pub syslog_name: String,
    /// `syslog_facility`.
    pub syslog_facility: String,
    /// `maillog_file`; empty for syslog.
    pub maillog_file: String,
    /// `maillog_file_prefixes`.
    pub maillog_file_prefixes: String,
    /// `maillog_file_permissions`.
    pub maillog_file_permissions: String,
    /// `queue_directory`.
    pub queue_directory: PathBuf,
    /// `postlog_service_name`.
    pub postlog_service_name: String,
    /// `myhostname`.
    pub myhostname: String,
}

/// Why logging cannot be set up as main.cf says. The texts are Postfix's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// `maillog_file` is outside of `maillog_file_prefixes`.
    Prefix(String),
    /// Neither does postlogd answer, nor can this file be opened, for that reason.
    File(String, String),
    /// `syslog_facility` is not a facility's name. The text needs the configuration directory.
    Facility(String),
    /// The environment for children cannot be changed.
    Environment(String),
}

impl fmt::Display for Error {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Prefix(file) => {
                write!(out, "maillog_file value '{file}' does not match any prefix in maillog_file_prefixes")
            }
            Error::File(file, why) => write!(out, "open logfile '{file}': {why}"),
            Error::Facility(value) => {
                write!(out, "parameter syslog_facility: unrecognized value: {value}")
            }
            Error::Environment(text) => write!(out, "setenv: {text}"),
        }
    }
}

impl std::error::Error for Error {}

impl Settings {
    /// The destination that these settings name. With `fallback`, a program writes the log file itself when postlogd
    /// does not answer, because it runs before postlogd does (master, postfix, postlog).
    ///
    /// # Errors
    /// The settings are wrong.
    pub fn destination(&self, fallback: bool) -> Result<log::Destination, Error> {
        if self.maillog_file.is_empty() {
            let facility = log::Facility::by_name(&self.syslog_facility)
                .ok_or_else(|| Error::Facility(self.syslog_facility.clone()))?;
            return Ok(log::Destination::Syslog(facility));
        }
        let is_allowed = self
            .maillog_file_prefixes
            .split([',', ' ', '\t', '\r', '\n'])
            .any(|prefix| !prefix.is_empty() && self.maillog_file.starts_with(prefix));
        if !is_allowed {
            return Err(Error::Prefix(self.maillog_file.clone()));
        }
        let client = log::PostlogClient::new(self.postlog_socket(), self.myhostname.as_str());
        if !fallback {
            return Ok(log::Destination::Postlog(client));
        }
        let mut client = client.with_fallback(Path::new(&self.maillog_file), self.create_mode());
        client.prepare().map_err(|error| Error::File(self.maillog_file.clone(), sys::error_text(&error)))?;
        Ok(log::Destination::Postlog(client))
    }

    /// The mode of a new log file.
    pub fn create_mode(&self) -> u32 {
        log::create_mode(&self.maillog_file_permissions).unwrap_or(0o600)
    }

    /// The path of postlogd's socket.
    pub fn postlog_socket(&self) -> PathBuf {
        self.queue_directory.join("public").join(&self.postlog_service_name)
    }

    /// Sets what children need to log before they have read main.cf; for programs with one thread.
    ///
    /// # Errors
    /// The process has other threads.
    pub fn export(&self) -> Result<(), Error> {
        let export = || -> std::io::Result<()> {
            sys::environment::set(LOGTAG_ENVIRONMENT, &self.syslog_name)?;
            if self.maillog_file.is_empty() {
                sys::environment::remove(log::SERVICE_ENVIRONMENT)?;
                sys::environment::remove(log::HOSTNAME_ENVIRONMENT)
            } else {
                sys::environment::set(log::SERVICE_ENVIRONMENT, self.postlog_socket())?;
                sys::environment::set(log::HOSTNAME_ENVIRONMENT, &self.myhostname)
            }
        };
        export().map_err(|error| Error::Environment(sys::error_text(&error)))
    }

    /// What a program's lines begin with: `syslog_name/program`.
    pub fn tag(&self, program: &str) -> String {
        format!("{}/{program}", self.syslog_name)
    }

    /// Logs under `syslog_name/program` to the destination that these settings name, and to stderr under `stderr`.
    ///
    /// # Errors
    /// The settings are wrong.
    pub fn apply(&self, program: &str, stderr: Option<&str>, fallback: bool) -> Result<(), Error> {
        self.apply_tag(&self.tag(program), stderr, fallback)
    }

    /// Like [`Settings::apply`] for postlogd(8): straight to the log file, as nobody else reads its socket. Lines that
    /// it sends there while it is not ready to read would make it wait for itself.
    ///
    /// # Errors
    /// The settings are wrong, or the file cannot be opened.
    pub fn apply_as_logger(&self, program: &str) -> Result<(), Error> {
        let destination = match self.destination(false)? {
            log::Destination::Postlog(_) => {
                let file = log::LogFile::open(Path::new(&self.maillog_file), self.create_mode())
                    .map_err(|error| Error::File(self.maillog_file.clone(), sys::error_text(&error)))?;
                log::Destination::File(log::FileDestination { file, hostname: self.myhostname.clone() })
            }
            other => other,
        };
        self.export()?;
        log::init(log::Setup { tag: self.tag(program), stderr: None, destination });
        Ok(())
    }

    /// Like [`Settings::apply`], under a tag as it is.
    ///
    /// # Errors
    /// The settings are wrong.
    pub fn apply_tag(&self, tag: &str, stderr: Option<&str>, fallback: bool) -> Result<(), Error> {
        let destination = self.destination(fallback)?;
        self.export()?;
        log::init(log::Setup { tag: tag.to_owned(), stderr: stderr.map(str::to_owned), destination });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(file: &str) -> Settings {
        Settings {
            syslog_name: "postfix".into(),
            syslog_facility: "mail".into(),
            maillog_file: file.into(),
            maillog_file_prefixes: "/var, /dev/stdout".into(),
            maillog_file_permissions: "0600".into(),
            queue_directory: "/var/spool/postfix".into(),
            postlog_service_name: "postlog".into(),
            myhostname: "mail.example.com".into(),
        }
    }

    #[test]
    fn the_log_file_must_have_a_known_prefix() {
        assert!(matches!(settings("/var/log/mail").destination(false), Ok(log::Destination::Postlog(_))));
        let error = settings("/tmp/mail").destination(false).unwrap_err();
        assert_eq!(
            error.to_string(),
            "maillog_file value '/tmp/mail' does not match any prefix in maillog_file_prefixes"
        );
    }

    #[test]
    fn no_log_file_means_syslog() {
        assert!(matches!(settings("").destination(false), Ok(log::Destination::Syslog(_))));
    }
}
