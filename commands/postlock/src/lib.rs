//! The postlock(1) command: runs another command while it holds a mailbox file locked, as the delivery agents would.

use cli::{Exit, Getopt, Logging, Opt};
use config::{Config, Source};
use delivery::mailbox::{self, LockPatience, LockStyles, Mailbox};
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::process::ExitCode;
use sys::process::{Ended, Side};

const PROGRAM: &str = "postlock";

/// Every failure of this command's own gives this status: the mailbox may be free later.
const FAILURE: Exit = Exit::TEMPFAIL;

struct Options {
    /// `-l`
    lock_style: Option<OsString>,
    folder: OsString,
    /// The command's name and its arguments.
    command: Vec<OsString>,
}

impl Options {
    fn program(&self) -> &OsStr {
        self.command.first().map_or(OsStr::new(""), OsString::as_os_str)
    }
}

/// Runs the command with its whole argument vector, the name it was called by first.
pub fn run(args: Vec<OsString>) -> ExitCode {
    match postlock(&args) {
        Ok(status) | Err(status) => status,
    }
}

fn postlock(args: &[OsString]) -> Result<ExitCode, ExitCode> {
    let called = args.first().map_or(PROGRAM.into(), |name| name.to_string_lossy().into_owned());
    cli::start_as(&called, Logging::Stderr);
    if std::env::var_os(cli::VERBOSE_ENVIRONMENT).is_some() {
        log::set_verbose(1);
    }
    let options = parse(args, &called)?;
    let config = cli::load(&Source::of(PROGRAM), FAILURE)?;
    cli::update_environment(&config).map_err(fatal)?;
    let mailbox = lock(&config, &options)?;
    let status = execute(&config, &options)?;
    drop(mailbox);
    Ok(status)
}

fn fatal(text: impl std::fmt::Display) -> ExitCode {
    cli::fatal_status(FAILURE, text)
}

fn parse(args: &[OsString], called: &str) -> Result<Options, ExitCode> {
    let usage = format!("usage: {called} [-c config_dir] [-l lock_style] [-v] folder command...");
    let mut lock_style = None;
    let mut getopt = Getopt::new(args, "c:l:v");
    for option in getopt.by_ref() {
        match option {
            Opt::Value('c', directory) => {
                cli::set_environment(cli::CONFIG_ENVIRONMENT, &directory)
                    .map_err(|_| fatal("out of memory"))?;
            }
            Opt::Value('l', style) => lock_style = Some(style),
            Opt::Flag('v') => log::set_verbose(log::verbose() + 1),
            _ => return Err(fatal(usage)),
        }
    }
    let mut operands = getopt.operands().into_iter();
    let folder = operands.next();
    let command: Vec<OsString> = operands.collect();
    match folder {
        Some(folder) if !command.is_empty() => Ok(Options { lock_style, folder, command }),
        _ => Err(fatal(usage)),
    }
}

/// Locks the folder as `-l` says, else as main.cf does.
fn lock(config: &Config, options: &Options) -> Result<Mailbox, ExitCode> {
    let parameter = params::MAILBOX_DELIVERY_LOCK;
    let list = match &options.lock_style {
        Some(list) => list.to_string_lossy().into_owned(),
        None => {
            // Read only now: what main.cf has does not matter with -l.
            config.check_one(&parameter).map_err(fatal)?;
            config.get(&parameter).to_owned()
        }
    };
    let styles = LockStyles::parse(&list).map_err(|unknown| {
        fatal(format_args!("unknown {} value \"{unknown}\" in \"{list}\"", parameter.name()))
    })?;
    let folder = Path::new(&options.folder);
    mailbox::open(folder, None, styles, &LockPatience::new(config), "5.2.0")
        .map_err(|failure| fatal(format_args!("open file {}: {}", shown(&options.folder), failure.text)))
}

/// Runs the command and gives its status; 1 if a signal ended it.
fn execute(config: &Config, options: &Options) -> Result<ExitCode, ExitCode> {
    match fork_patiently(config, options)? {
        Side::Child => {
            let error = sys::process::exec_found(&options.command);
            log::fatal_line!("execvp {}: {}", shown(options.program()), sys::error_text(&error));
            sys::process::exit_now(i32::from(Exit::FAILURE.code()))
        }
        Side::Parent(pid) => match sys::process::wait_for(pid) {
            // A status has eight bits.
            Ok(Ended::Exited(status)) => Ok(ExitCode::from(u8::try_from(status).unwrap_or(u8::MAX))),
            Ok(Ended::Killed(_)) => Ok(Exit::FAILURE.into()),
            Err(error) => Err(fatal(format_args!("waitpid: {}", sys::error_text(&error)))),
        },
    }
}

/// A host that has no room for a process now may have it soon: fork_attempts, fork_delay.
fn fork_patiently(config: &Config, options: &Options) -> Result<Side, ExitCode> {
    let mut tries = config.get(&params::FORK_ATTEMPTS);
    loop {
        match sys::process::fork_background() {
            Ok(side) => return Ok(side),
            Err(error) => {
                log::warn!("fork {}: {}", shown(options.program()), sys::error_text(&error));
            }
        }
        tries -= 1;
        if tries <= 0 {
            return Err(FAILURE.into());
        }
        std::thread::sleep(config.get(&params::FORK_DELAY));
    }
}

fn shown(text: &OsStr) -> log::Printable<'_> {
    log::bytes(text.as_bytes())
}
