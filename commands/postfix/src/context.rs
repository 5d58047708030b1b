//! What every command needs: the configuration, the environment of other programs, and the log.

use std::ffi::OsString;
use std::fmt;
use std::io::{IsTerminal, Write};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};

use cli::Exit;
use config::{Config, Source};

use crate::log_lines;

/// Done, or the exit status of what was not.
pub(crate) type Outcome = Result<(), Exit>;

/// Logs a fatal line; gives status 1.
pub(crate) fn fatal(text: impl fmt::Display) -> Exit {
    log::fatal_line!("{text}");
    Exit::FAILURE
}

/// The configuration and its directories.
pub(crate) struct Context {
    pub(crate) config: Config,
    pub(crate) command_directory: PathBuf,
    pub(crate) daemon_directory: PathBuf,
    pub(crate) config_directory: PathBuf,
    pub(crate) queue_directory: PathBuf,
    /// Does this instance look after the files that all instances share?
    pub(crate) owns_shared_files: bool,
    /// `multi_instance_directories` of the default instance.
    pub(crate) has_instances: bool,
}

impl Context {
    /// Reads main.cf, and sets up the environment for other programs and the working directory.
    pub(crate) fn load(program: &str) -> Result<Context, Exit> {
        let config = cli::configure_with_fallback(&Source::of("postfix"), program, Exit::FAILURE, true)
            .map_err(|_| Exit::FAILURE)?;
        clean_environment(&config).map_err(fatal)?;
        let settings = cli::logging_settings(&config);
        settings.apply_tag(program, Some(program), true).map_err(fatal)?;
        let newest = config::Level::parse(params::profile::LAST_COMPAT_LEVEL.as_bytes());
        if newest.is_some_and(|newest| config.compatibility_level() < newest) {
            log_lines::old_defaults();
        }
        let directory = |text: &str| PathBuf::from(text);
        let context = Context {
            command_directory: directory(config.get(&params::COMMAND_DIRECTORY)),
            daemon_directory: directory(config.get(&params::DAEMON_DIRECTORY)),
            queue_directory: directory(config.get(&params::QUEUE_DIRECTORY)),
            config_directory: config.directory().to_owned(),
            owns_shared_files: true,
            has_instances: false,
            config,
        };
        context.export().map_err(|error| fatal(format_args!("setenv: {error}")))?;
        for directory in [&context.command_directory, &context.daemon_directory, &context.queue_directory] {
            std::env::set_current_dir(directory).map_err(|error| {
                fatal(format_args!("chdir({}): {}", directory.display(), sys::error_text(&error)))
            })?;
        }
        // A shell that ends must not take the mail system with it.
        let _ = sys::signals::ignore(sys::signals::Signal::SIGHUP);
        context.with_instances()
    }

    fn with_instances(mut self) -> Result<Context, Exit> {
        let default = Path::new(params::profile::CONFIG_DIRECTORY);
        if !default.join(config::MAIN_CF).is_file() {
            return Ok(self);
        }
        let config = if self.config_directory == default {
            self.config.clone()
        } else {
            let source = Source { dir: Some(default.to_owned()), ..Source::of("postfix") };
            Config::load(&source).map_err(fatal)?
        };
        let listed = config.get(&params::MULTI_INSTANCE_DIRECTORIES);
        self.has_instances = config::words(listed).next().is_some();
        self.owns_shared_files = self.config_directory == default
            || !config::words(listed).any(|directory| Path::new(directory) == self.config_directory);
        Ok(self)
    }

    // What scripts and helper programs find in their environment.
    fn export(&self) -> std::io::Result<()> {
        let config = &self.config;
        sys::environment::set("PATH", "/bin:/usr/bin:/sbin:/usr/sbin")?;
        sys::environment::set(cli::CONFIG_ENVIRONMENT, &self.config_directory)?;
        sys::environment::set(params::CONFIG_DIRECTORY.name(), &self.config_directory)?;
        for parameter in &EXPORTED {
            sys::environment::set(parameter.name(), config.get(parameter))?;
        }
        Ok(())
    }

    /// From here on, lines look like those of the script that Postfix runs: in the log under its name; on stderr, too,
    /// when that is a terminal.
    pub(crate) fn log_as_script(&self) -> Outcome {
        let settings = cli::logging_settings(&self.config);
        let tag = format!("{}/postfix-script", cli::logging::inherited_tag());
        let name = if std::io::stderr().is_terminal() { tag.clone() } else { settings.tag("postlog") };
        settings.apply_tag(&tag, Some(&name), false).map_err(fatal)
    }

    /// Looks for what nothing works without.
    pub(crate) fn check_directories(&self) -> Outcome {
        if !self.daemon_directory.join("master").is_file() {
            return Err(log_lines::no_master(&self.daemon_directory));
        }
        if !self.config_directory.is_dir() {
            return Err(log_lines::no_configuration_directory(&self.config_directory));
        }
        Ok(())
    }

    /// Writes a line to standard output.
    pub(crate) fn say(&self, text: impl fmt::Display) -> Outcome {
        writeln!(std::io::stdout(), "{text}").map_err(|_| Exit::FAILURE)
    }

    /// The path of one of the mail system's commands.
    pub(crate) fn command(&self, name: &str) -> PathBuf {
        self.command_directory.join(name)
    }

    /// Runs a program to its end; its status is the outcome.
    pub(crate) fn run_program(&self, path: &Path, args: &[OsString]) -> Outcome {
        match Command::new(path).args(args).status() {
            Ok(status) => outcome(status),
            Err(error) => {
                // What a shell says and answers.
                let _ = writeln!(std::io::stderr(), "{}: {}", path.display(), sys::error_text(&error));
                Err(Exit::status(127))
            }
        }
    }

    /// Has postconf(1) warn about the configuration.
    pub(crate) fn warn_about_configuration(&self) {
        let program = self.command("postconf");
        // It only warns; that it cannot run shows elsewhere.
        let _ = Command::new(program).stdin(Stdio::null()).stdout(Stdio::null()).status();
    }

    /// Runs a command that is not built in by the script of an installed package; `None` if there is no script.
    pub(crate) fn run_script(&self, operands: &[OsString]) -> Option<Outcome> {
        let script = self.daemon_directory.join("postfix-script");
        let is_known = operands.first().is_some_and(|word| !word.is_empty());
        (is_known && script.is_file()).then(|| self.run_program(&script, operands))
    }
}

/// Environment variable that systemd sets for what it starts. Debian's postfix(1) keeps it.
pub(crate) const INVOCATION_ID: &str = "INVOCATION_ID";

fn clean_environment(config: &Config) -> Result<(), cli::EnvironmentError> {
    let invocation = std::env::var_os(INVOCATION_ID).filter(|_| params::profile::NAME == "debian");
    cli::clean_environment(config)?;
    if let Some(id) = invocation {
        sys::environment::set(INVOCATION_ID, id)?;
    }
    Ok(())
}

/// A child's exit status, as a shell would pass it on.
pub(crate) fn outcome(status: ExitStatus) -> Outcome {
    let code = match (status.code(), status.signal()) {
        (Some(0), _) => return Ok(()),
        (Some(code), _) => code,
        (None, Some(signal)) => 128 + signal,
        (None, None) => 1,
    };
    Err(Exit::status(u8::try_from(code).unwrap_or(1)))
}

/// Parameters that scripts find in their environment.
const EXPORTED: [params::Param<params::Text>; 15] = [
    params::COMMAND_DIRECTORY,
    params::DAEMON_DIRECTORY,
    params::DATA_DIRECTORY,
    params::META_DIRECTORY,
    params::QUEUE_DIRECTORY,
    params::SHLIB_DIRECTORY,
    params::MAIL_OWNER,
    params::SETGID_GROUP,
    params::SENDMAIL_PATH,
    params::MAILQ_PATH,
    params::NEWALIASES_PATH,
    params::MANPAGE_DIRECTORY,
    params::SAMPLE_DIRECTORY,
    params::README_DIRECTORY,
    params::HTML_DIRECTORY,
];
