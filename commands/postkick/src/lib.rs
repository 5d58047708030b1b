//! The postkick(1) command: sends a request to a service of the mail system, for shell scripts.

use cli::{Exit, Getopt, Logging, Opt};
use config::{Config, Source};
use ipc::{Services, blocking, trigger};
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::process::ExitCode;

const PROGRAM: &str = "postkick";

/// A request, and the service that it is for.
struct Kick {
    class: OsString,
    service: OsString,
    request: OsString,
}

/// Runs the command with its whole argument vector, the name it was called by first.
pub fn run(args: Vec<OsString>) -> ExitCode {
    match postkick(args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(status) => status,
    }
}

fn postkick(mut args: Vec<OsString>) -> Result<(), ExitCode> {
    let program = cli::start(&args, Logging::Stderr);
    if let Some(name) = args.first_mut() {
        *name = OsString::from(&program);
    }
    if sys::environment::trusted(cli::VERBOSE_ENVIRONMENT).is_some() {
        log::set_verbose(1);
    }
    let kick = parse(&args, &program)?;
    let config = cli::load(&Source::of_process(PROGRAM, &program), Exit::FAILURE)?;
    cli::update_environment(&config).map_err(cli::fatal)?;
    cli::enter_queue_directory(&config, Exit::FAILURE)?;
    send(&config, &kick)
}

fn parse(args: &[OsString], program: &str) -> Result<Kick, ExitCode> {
    let usage = || cli::fatal(format_args!("usage: {program} [-c config_dir] [-v] class service request"));
    let mut getopt = Getopt::new(args, "c:v");
    for option in getopt.by_ref() {
        match option {
            Opt::Value('c', directory) => {
                cli::set_environment(cli::CONFIG_ENVIRONMENT, &directory)
                    .map_err(|_| cli::fatal("out of memory"))?;
            }
            Opt::Flag('v') => log::set_verbose(log::verbose() + 1),
            _ => return Err(usage()),
        }
    }
    match <[OsString; 3]>::try_from(getopt.operands()) {
        Ok([class, service, request]) => Ok(Kick { class, service, request }),
        Err(_) => Err(usage()),
    }
}

/// Sends the request and waits until the service has read it, or long enough.
fn send(config: &Config, kick: &Kick) -> Result<(), ExitCode> {
    let services = Services::new(config);
    // A class is any directory; an empty one is the root directory.
    let mut path = kick.class.clone();
    path.push("/");
    path.push(&kick.service);
    let sent = blocking::run(async {
        let sent = trigger::send_to(&services, Path::new(&path), kick.request.as_bytes()).await?;
        sent.wait_for(config.get(&params::APPLICATION_EVENT_DRAIN_TIME)).await;
        Ok::<(), std::io::Error>(())
    });
    match sent {
        Ok(Ok(())) => Ok(()),
        Ok(Err(_)) | Err(_) => {
            log::warn!(
                "Cannot contact class {} service {} - perhaps the mail system is down",
                shown(&kick.class),
                shown(&kick.service)
            );
            Err(Exit::FAILURE.into())
        }
    }
}

fn shown(text: &OsStr) -> log::Printable<'_> {
    log::bytes(text.as_bytes())
}
