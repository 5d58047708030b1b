//! The postqueue(1) command: lists the queue and asks for deliveries. It is set-gid, so nothing that the caller
//! says or sets is trusted, and no other program is run but showq(8) by the superuser.

mod flush;
mod json;
mod list;
mod log_lines;
mod source;

use cli::{Exit, Getopt, Logging, Opt};
use config::{Config, Source};
use queue::Id;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::process::ExitCode;
use sys::User;
use sys::signals::{Signal, ignore};

/// This program's name in messages, whatever its caller calls it.
const PROGRAM: &str = "postqueue";

/// What to do.
#[derive(Debug, PartialEq, Eq)]
enum Action {
    List,
    ListJson,
    Flush,
    FlushSite(OsString),
    FlushMessage(OsString),
}

/// A failure: its fatal log line. The reference means to give other statuses for some failures, but an error
/// handler of its own gives 69 for all.
#[derive(Debug)]
struct Failure(String);

impl From<Failure> for ExitCode {
    fn from(Failure(text): Failure) -> ExitCode {
        cli::fatal_status(Exit::UNAVAILABLE, text)
    }
}

/// Runs the command with its whole argument vector, the name it was called by first.
pub fn run(mut args: Vec<OsString>) -> ExitCode {
    cli::start_as(PROGRAM, Logging::StderrAndMailLog);
    if let Some(name) = args.first_mut() {
        *name = PROGRAM.into();
    }
    match command(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(status) => status,
    }
}

fn command(args: &[OsString]) -> Result<(), ExitCode> {
    let action = parse(args)?;
    let config = cli::configure(&Source::of_process(PROGRAM, PROGRAM), PROGRAM, Exit::UNAVAILABLE)?;
    // A broken configuration is worse than nothing to do.
    let action = action.ok_or_else(usage)?;
    cli::clean_environment(&config).map_err(|error| cli::fatal_status(Exit::UNAVAILABLE, error))?;
    cli::enter_queue_directory(&config, Exit::UNAVAILABLE)?;
    // A reader that hangs up is an error of the write.
    let _ = ignore(Signal::SIGPIPE);
    match action {
        Action::List => source::with_listing(&config, list::show)?,
        Action::ListJson => source::with_listing(&config, json::show)?,
        Action::Flush => flush::everything(&config)?,
        Action::FlushSite(site) => flush::site(&config, site.as_bytes())?,
        Action::FlushMessage(name) => {
            let id = Id::parse(name.as_bytes()).ok_or_else(|| {
                let shown = shorten(&name);
                cli::fatal_status(
                    Exit::UNAVAILABLE,
                    format_args!("Cannot flush queue ID - invalid name: \"{shown}\""),
                )
            })?;
            flush::message(&config, &id)?;
        }
    }
    Ok(())
}

fn parse(args: &[OsString]) -> Result<Option<Action>, ExitCode> {
    let mut action = None;
    let mut getopt = Getopt::new(args, "c:fi:jps:v");
    for option in getopt.by_ref() {
        let wanted = match option {
            Opt::Value('c', directory) => {
                cli::set_environment(cli::CONFIG_ENVIRONMENT, &directory)
                    .map_err(|_| cli::fatal_status(Exit::UNAVAILABLE, "out of memory"))?;
                continue;
            }
            Opt::Flag('v') => {
                if sys::identity::effective_uid() == 0 {
                    log::set_verbose(log::verbose() + 1);
                }
                continue;
            }
            Opt::Flag('f') => Action::Flush,
            Opt::Flag('j') => Action::ListJson,
            Opt::Flag('p') => Action::List,
            Opt::Value('i', id) => Action::FlushMessage(id),
            Opt::Value('s', site) => Action::FlushSite(site),
            _ => return Err(usage()),
        };
        if action.replace(wanted).is_some() {
            return Err(usage());
        }
    }
    if getopt.operands().is_empty() { Ok(action) } else { Err(usage()) }
}

fn usage() -> ExitCode {
    cli::fatal_status(
        Exit::UNAVAILABLE,
        "usage: postqueue -f | postqueue -i queueid | postqueue -j | postqueue -p | postqueue -s site",
    )
}

/// At most 100 bytes of what the caller gave, for a message.
fn shorten(text: &OsStr) -> String {
    let bytes = text.as_bytes();
    match bytes.get(..100) {
        Some(start) if bytes.len() > 100 => format!("{}...", log::bytes(start)),
        _ => log::bytes(bytes).to_string(),
    }
}

/// Whether the caller may do something. The superuser and the mail system's owner may do everything.
fn permit(config: &Config, param: &params::Param<params::Text>, what: &str) -> Result<(), Failure> {
    let uid = sys::identity::real_uid();
    let owner = User::by_name(config.get(&params::MAIL_OWNER)).ok().flatten().map(|user| user.uid);
    if uid == 0 || Some(uid) == owner {
        return Ok(());
    }
    let opener = tables::Opener::for_command(config);
    match tables::denied_user(&opener, config, param, uid) {
        Ok(None) => Ok(()),
        Ok(Some(name)) => Err(Failure(format!("User {name}({uid}) is not allowed to {what} the mail queue"))),
        Err(text) => Err(Failure(text)),
    }
}
