//! The sendmail(1) command, also installed as mailq(1) and newaliases(1): what other programs call to send mail. It
//! runs with its caller's rights, and hands mail to postdrop(1), which has more.

mod content;
mod enqueue;
mod log_lines;
mod modes;
mod options;

use cli::{Exit, Logging};
use config::{Config, Source};
use options::{Mode, Options};
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::process::ExitCode;
use sys::identity;
use sys::signals::{Signal, ignore};

/// Every failure gives this status, whatever it is: mail must not bounce because this host has a problem.
const FAILURE: Exit = Exit::TEMPFAIL;

/// A failure: its fatal log line.
#[derive(Debug)]
struct Failure(String);

impl From<Failure> for ExitCode {
    fn from(Failure(text): Failure) -> ExitCode {
        cli::fatal_status(FAILURE, text)
    }
}

fn failure(text: impl Into<String>) -> Failure {
    Failure(text.into())
}

/// Runs the command with its whole argument vector, the name it was called by first.
pub fn run(mut args: Vec<OsString>) -> ExitCode {
    // Some callers leave descriptors open that somebody waits on.
    sys::descriptors::close_from(3);
    let program = cli::start(&args, Logging::StderrAndMailLog);
    let _ = ignore(Signal::SIGPIPE);
    if let Some(name) = args.first_mut() {
        *name = OsString::from(&program);
    }
    match command(&program, args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(status) => status,
    }
}

fn command(program: &str, args: Vec<OsString>) -> Result<(), ExitCode> {
    if sys::environment::trusted(cli::VERBOSE_ENVIRONMENT).is_some() {
        log::set_verbose(1);
    }
    give_up_privileges()?;
    choose_directory(&args)?;
    let config = cli::configure(&Source::of_process("sendmail", program), program, FAILURE)?;
    cli::update_environment(&config).map_err(|error| cli::fatal_status(FAILURE, error))?;
    cli::enter_queue_directory(&config, FAILURE)?;
    if sys::environment::trusted(cli::DEBUG_ENVIRONMENT).is_some() {
        cli::start_debugger(&config).map_err(|error| cli::fatal_status(FAILURE, error))?;
    }
    let options = options::parse(&config, program, args)?;
    log::set_verbose(options.verbose);
    Ok(dispatch(&config, &options)?)
}

/// A set-uid root installation is a mistake that would be dangerous to go along with.
fn give_up_privileges() -> Result<(), Failure> {
    if identity::effective_uid() != 0 || identity::real_uid() == 0 {
        return Ok(());
    }
    log_lines::set_uid_root();
    sys::set_ugid(identity::real_uid(), identity::real_gid())
        .map_err(|error| failure(format!("set_ugid: {}", sys::error_text(&error))))
}

/// `-C` names a directory, or the main.cf in it.
fn choose_directory(args: &[OsString]) -> Result<(), Failure> {
    let Some(named) = options::configuration_file(args) else { return Ok(()) };
    let path = Path::new(&named);
    let directory = match (path.file_name(), path.parent()) {
        (Some(name), Some(parent)) if name == "main.cf" => match parent.as_os_str() {
            empty if empty.is_empty() => OsStr::new("."),
            parent => parent,
        },
        _ => path.as_os_str(),
    };
    let installed = params::profile::CONFIG_DIRECTORY;
    if directory != installed && identity::effective_uid() != 0 {
        config::approve_directory(Path::new(directory)).map_err(|error| {
            for line in error.lines_before() {
                log_lines::configuration(line);
            }
            failure(error.to_string())
        })?;
    }
    cli::set_environment(cli::CONFIG_ENVIRONMENT, directory).map_err(|_| failure("out of memory"))
}

fn dispatch(config: &Config, options: &Options) -> Result<(), Failure> {
    // A daemon's interval, without a daemon.
    if options.interval && options.mode != Mode::Daemon {
        return Ok(());
    }
    let no_operands = |text: &str| match options.operands.is_empty() {
        true => Ok(()),
        false => Err(failure(text)),
    };
    match options.mode {
        Mode::Enqueue => match (&options.flush_site, &options.flush_id) {
            (Some(site), _) => {
                no_operands("flush site requires no recipient")?;
                modes::postqueue(config, options, &["-s".as_ref(), site])
            }
            (None, Some(id)) => {
                no_operands("flush queue_id requires no recipient")?;
                modes::postqueue(config, options, &["-i".as_ref(), id])
            }
            (None, None) => enqueue::enqueue(config, options),
        },
        Mode::Mailq => {
            no_operands("display queue mode requires no recipient")?;
            modes::postqueue(config, options, &["-p".as_ref()])
        }
        Mode::Flush => {
            no_operands("flush queue mode requires no recipient")?;
            modes::postqueue(config, options, &["-f".as_ref()])
        }
        Mode::Daemon => {
            no_operands("daemon mode requires no recipient")?;
            modes::daemon(config, options);
            Ok(())
        }
        Mode::NewAliases => {
            no_operands("alias initialization mode requires no recipient")?;
            modes::new_aliases(config, options)
        }
        Mode::StandAlone => {
            no_operands("stand-alone mode requires no recipient")?;
            modes::stand_alone(config, options)
        }
        Mode::Ignore => Ok(()),
    }
}

/// Bytes as they are shown in messages.
fn shown(text: &OsStr) -> log::Printable<'_> {
    log::bytes(text.as_bytes())
}
