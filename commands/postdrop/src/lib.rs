//! The postdrop(1) command: takes a message from sendmail(1) and puts it into the maildrop directory. It is set-gid,
//! so nothing that the caller says or sets is trusted.

mod abandon;
mod log_lines;
mod sender_access;
mod submission;

use cli::{Exit, Getopt, Logging, Opt};
use config::{Config, Source};
use std::ffi::OsString;
use std::process::ExitCode;
use sys::signals::{Signal, ignore};
use tables::Opener;

/// This program's name in messages, whatever its caller calls it.
const PROGRAM: &str = "postdrop";

/// Runs the command with its whole argument vector, the name it was called by first.
pub fn run(mut args: Vec<OsString>) -> ExitCode {
    cli::start_as(PROGRAM, Logging::StderrAndMailLog);
    if let Some(name) = args.first_mut() {
        *name = PROGRAM.into();
    }
    match command(&args) {
        Ok(status) | Err(status) => status,
    }
}

fn command(args: &[OsString]) -> Result<ExitCode, ExitCode> {
    parse(args)?;
    let config = cli::configure(&Source::of_process(PROGRAM, PROGRAM), PROGRAM, Exit::FAILURE)?;
    cli::limit_file_size(&config);
    cli::clean_environment(&config).map_err(cli::fatal)?;
    cli::enter_queue_directory(&config, Exit::FAILURE)?;
    log_lines::entered(config.get(&params::QUEUE_DIRECTORY));
    // A caller that hangs up, and a file that grows too big whoever set the limit, must show as errors of writes.
    let _ = ignore(Signal::SIGPIPE);
    let _ = ignore(Signal::SIGXFSZ);
    check_permission(&config)?;
    submission::submit(&config)
}

fn parse(args: &[OsString]) -> Result<(), ExitCode> {
    for option in Getopt::new(args, "c:rv") {
        match option {
            Opt::Value('c', directory) => {
                cli::set_environment(cli::CONFIG_ENVIRONMENT, &directory)
                    .map_err(|_| cli::fatal("out of memory"))?;
            }
            Opt::Flag('r') => {}
            Opt::Flag('v') => {
                if sys::identity::effective_uid() == 0 {
                    log::set_verbose(log::verbose() + 1);
                }
            }
            _ => return Err(cli::fatal("usage: postdrop [-c config_dir] [-v]")),
        }
    }
    Ok(())
}

fn check_permission(config: &Config) -> Result<(), ExitCode> {
    let uid = sys::identity::real_uid();
    let users = &params::AUTHORIZED_SUBMIT_USERS;
    match tables::denied_user(&Opener::for_command(config), config, users, uid) {
        Ok(None) => Ok(()),
        Ok(Some(name)) => Err(cli::fatal(format_args!("User {name}({uid}) is not allowed to submit mail"))),
        Err(text) => Err(cli::fatal(text)),
    }
}
