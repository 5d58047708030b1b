//! A command's second step: main.cf, and what it says about logging and the environment.

use crate::Exit;
use config::environment::{self, BadList, Step, Variable};
use config::{Config, Line, Source};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::ExitCode;
use sys::process::Resource;
use sys::signals::{Signal, ignore};

/// Reads main.cf and logs from now on as it says, under the program's name. What was wrong is logged; the error is
/// the exit status, `failure`.
///
/// # Errors
/// main.cf cannot be read or used.
pub fn configure(source: &Source, stderr: &str, failure: Exit) -> Result<Config, ExitCode> {
    configure_with_fallback(source, stderr, failure, false)
}

/// The same, and says whether log lines may go straight to the log file while postlogd(8) does not run.
///
/// # Errors
/// main.cf cannot be read or used.
pub fn configure_with_fallback(
    source: &Source,
    stderr: &str,
    failure: Exit,
    log_fallback: bool,
) -> Result<Config, ExitCode> {
    let config = load(source, failure)?;
    match logging_settings(&config).apply(source.program, Some(stderr), log_fallback) {
        Ok(()) => Ok(config),
        Err(error) => Err(crate::fatal_status(failure, error)),
    }
}

/// Loads main.cf and says its warnings, and leaves log lines where they go: for commands that never write to the log.
///
/// # Errors
/// main.cf cannot be read or used.
pub fn load(source: &Source, failure: Exit) -> Result<Config, ExitCode> {
    let config = match Config::load(source) {
        Ok(config) => config,
        Err(error) => {
            for line in error.lines_before() {
                match line {
                    Line::Warning(text) => log::warn!("{text}"),
                    Line::Error(text) => log::error!("{text}"),
                }
            }
            return Err(crate::fatal_status(failure, error));
        }
    };
    for warning in config.warnings() {
        log::warn!("{warning}");
    }
    log::set_utf8(config.get(&params::SMTPUTF8_ENABLE));
    Ok(config)
}

/// What main.cf says about logging.
pub fn logging_settings(config: &Config) -> crate::logging::Settings {
    let text = |value: &str| value.to_owned();
    crate::logging::Settings {
        syslog_name: text(config.get(&params::SYSLOG_NAME)),
        syslog_facility: text(config.get(&params::SYSLOG_FACILITY)),
        maillog_file: text(config.get(&params::MAILLOG_FILE)),
        maillog_file_prefixes: text(config.get(&params::MAILLOG_FILE_PREFIXES)),
        maillog_file_permissions: text(config.get(&params::MAILLOG_FILE_PERMISSIONS)),
        queue_directory: PathBuf::from(config.get(&params::QUEUE_DIRECTORY)),
        postlog_service_name: text(config.get(&params::POSTLOG_SERVICE_NAME)),
        myhostname: text(config.get(&params::MYHOSTNAME)),
    }
}

/// The environment cannot become what import_environment says; the fatal text.
#[derive(Debug)]
pub enum EnvironmentError {
    /// The parameter is wrong.
    List(BadList),
    /// The environment cannot be changed.
    System(std::io::Error),
}

impl std::fmt::Display for EnvironmentError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            EnvironmentError::List(error) => error.fmt(f),
            EnvironmentError::System(error) => write!(f, "setenv: {}", sys::error_text(error)),
        }
    }
}

impl std::error::Error for EnvironmentError {}

impl From<BadList> for EnvironmentError {
    fn from(error: BadList) -> EnvironmentError {
        EnvironmentError::List(error)
    }
}

impl From<std::io::Error> for EnvironmentError {
    fn from(error: std::io::Error) -> EnvironmentError {
        EnvironmentError::System(error)
    }
}

/// Keeps nothing of the environment but what import_environment names: for commands with more rights than their
/// caller. In a set-gid program, a name without a value keeps nothing.
///
/// # Errors
/// The parameter is wrong, or the process has threads already.
pub fn clean_environment(config: &Config) -> Result<(), EnvironmentError> {
    let kept = environment::variables(config, &params::IMPORT_ENVIRONMENT, Step::Clean)?
        .into_iter()
        .filter_map(Variable::with_value);
    Ok(sys::environment::replace(kept.collect())?)
}

/// Sets the variables to which import_environment gives values, and leaves the others alone.
///
/// # Errors
/// The parameter is wrong, or the process has threads already.
pub fn update_environment(config: &Config) -> Result<(), EnvironmentError> {
    // What this program starts logs under the same name, also before it has read main.cf.
    sys::environment::set(crate::LOGTAG_ENVIRONMENT, config.get(&params::SYSLOG_NAME))?;
    for variable in environment::variables(config, &params::IMPORT_ENVIRONMENT, Step::Update)? {
        if let Some(value) = variable.value {
            sys::environment::set(variable.name, value)?;
        }
    }
    Ok(())
}

/// Bounds the size of files that this process writes by `message_size_limit`, if no lower bound is in force; a write
/// beyond it fails then, and does not end the process. This stops accidents; it is no defence against malice.
pub fn limit_file_size(config: &Config) {
    let Ok(limit @ 1..) = u64::try_from(config.get(&params::MESSAGE_SIZE_LIMIT)) else { return };
    // A process that may not do this goes on without.
    if let Ok(true) = sys::process::lower_limit(Resource::RLIMIT_FSIZE, limit) {
        let _ = ignore(Signal::SIGXFSZ);
    }
}

/// `debugger_command` is empty, and somebody wants a debugger.
#[derive(Debug)]
pub struct NoDebugger;

impl std::fmt::Display for NoDebugger {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "no {} variable set up", params::DEBUGGER_COMMAND.name())
    }
}

impl std::error::Error for NoDebugger {}

/// Runs `debugger_command`, which finds this process by `$process_name` and `$process_id`, and waits for it: by
/// convention it goes to the background after it gave the debugger time to attach.
///
/// # Errors
/// There is no such command. What becomes of one does not matter.
pub fn start_debugger(config: &Config) -> Result<(), NoDebugger> {
    let command = config.get(&params::DEBUGGER_COMMAND);
    if command.is_empty() {
        return Err(NoDebugger);
    }
    log::info!("running: {command}");
    let _ = std::process::Command::new("/bin/sh").arg0("sh").arg("-c").arg(command).status();
    Ok(())
}

/// Makes the queue directory the current one.
///
/// # Errors
/// The directory cannot be entered, which was logged; the error is the exit status, `failure`.
pub fn enter_queue_directory(config: &Config, failure: Exit) -> Result<(), ExitCode> {
    let directory = config.get(&params::QUEUE_DIRECTORY);
    std::env::set_current_dir(directory).map_err(|error| {
        crate::fatal_status(failure, format_args!("chdir {directory}: {}", sys::error_text(&error)))
    })
}
