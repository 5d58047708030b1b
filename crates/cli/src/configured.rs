//! A command's second step: main.cf, and what it says about logging and the environment.

use crate::Exit;
use config::{Config, Line, Source};
use std::path::PathBuf;
use std::process::ExitCode;

/// Reads main.cf and logs from now on as it says, under the program's name. What was wrong is logged; the error is
/// the exit status, `failure`.
///
/// # Errors
/// main.cf cannot be read or used.
pub fn configure(program: &'static str, stderr: &str, failure: Exit) -> Result<Config, ExitCode> {
    configure_from(&Source::of(program), stderr, failure, false)
}

/// The same with more to say: overrides from the command line, and whether log lines may go straight to the log
/// file while postlogd(8) does not run.
///
/// # Errors
/// main.cf cannot be read or used.
pub fn configure_from(
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

/// Keeps nothing of the environment but what import_environment names: for commands with more rights than their
/// caller.
///
/// # Errors
/// The process has threads already.
pub fn clean_environment(config: &Config) -> std::io::Result<()> {
    sys::environment::clean(&environment_entries(config))
}

/// Sets the variables to which import_environment gives values, and leaves the others alone.
///
/// # Errors
/// The process has threads already.
pub fn update_environment(config: &Config) -> std::io::Result<()> {
    for entry in environment_entries(config) {
        if let Some((name, value)) = entry.split_once('=') {
            sys::environment::set(name.trim_end(), value.trim_start())?;
        }
    }
    Ok(())
}

/// The entries of import_environment: a name, `name=value`, or `{ name = value }` where the value has spaces.
fn environment_entries(config: &Config) -> Vec<String> {
    let mut rest = config.get(&params::IMPORT_ENVIRONMENT);
    let mut entries = Vec::new();
    let separators = [' ', '\t', '\r', '\n', ','];
    loop {
        rest = rest.trim_start_matches(separators);
        if rest.is_empty() {
            return entries;
        }
        let (entry, after) = match rest.strip_prefix('{') {
            Some(inside) => inside.split_once('}').unwrap_or((inside, "")),
            None => rest.split_once(separators).unwrap_or((rest, "")),
        };
        entries.push(entry.trim().to_owned());
        rest = after;
    }
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
