//! The postfix(1) command: starts, stops and checks the mail system.
//!
//! What Postfix does in shell scripts (`postfix-script`, `post-install`) is done here, with their messages, exit
//! statuses and files, so that a host without the scripts works as well. Commands that are not built in still go to
//! `postfix-script` where a package has installed one, and several instances to `multi_instance_wrapper`.

mod check;
mod context;
mod installation;
mod log_lines;
mod logrotate;
mod running;
mod start;
mod upgrade;

use std::ffi::OsString;
use std::process::ExitCode;

use cli::{Exit, Getopt, Logging, Opt};

use crate::context::{Context, Outcome};

/// Runs the command with its whole argument vector, the name it was called by first.
pub fn run(args: Vec<OsString>) -> ExitCode {
    match postfix(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(status) => status.into(),
    }
}

fn postfix(args: &[OsString]) -> Outcome {
    let program = cli::start(args, Logging::StderrAndMailLog);
    let fatal = |text: &dyn std::fmt::Display| {
        log::fatal_line!("{text}");
        Exit::FAILURE
    };
    // This program logs under its bare name, without `syslog_name`.
    log::init(log::Setup {
        tag: program.clone(),
        stderr: Some(program.clone()),
        destination: cli::logging::destination_from_environment(),
    });
    if !nix::unistd::getuid().is_root() {
        log::error!("to submit mail, use the Postfix sendmail command");
        return Err(fatal(&"the postfix command is reserved for the superuser"));
    }
    if sys::environment::is_untrusted() {
        return Err(fatal(&"the postfix command must not run as a set-uid process"));
    }
    let operands = parse(args, &program)?;
    let one_instance = std::env::var_os(cli::CONFIG_ENVIRONMENT).is_some();
    let context = Context::load(&program)?;
    let instances = context.config.get(&params::MULTI_INSTANCE_DIRECTORIES);
    if one_instance || config::words(instances).next().is_none() {
        context.log_as_script()?;
        dispatch(&context, &operands)
    } else {
        Err(hand_over(&context, &operands))
    }
}

fn parse(args: &[OsString], program: &str) -> Result<Vec<OsString>, Exit> {
    let mut args = args.to_vec();
    if let Some(first) = args.first_mut() {
        *first = program.into();
    }
    let mut getopt = Getopt::new(&args, "c:Dv");
    for opt in getopt.by_ref() {
        let set = |name: &str, value: &OsString| {
            cli::set_environment(name, value).map_err(|error| context::fatal(format_args!("setenv: {error}")))
        };
        match opt {
            Opt::Value('c', directory) => {
                if !directory.as_encoded_bytes().starts_with(b"/") {
                    return Err(context::fatal("-c requires absolute pathname"));
                }
                set(cli::CONFIG_ENVIRONMENT, &directory)?;
            }
            Opt::Flag('D') => set(cli::DEBUG_ENVIRONMENT, &OsString::new())?,
            Opt::Flag('v') => {
                log::set_verbose(log::verbose() + 1);
                set(cli::VERBOSE_ENVIRONMENT, &OsString::new())?;
            }
            _ => return Err(context::fatal(format_args!("usage: {program} [-c config_dir] [-Dv] command"))),
        }
    }
    Ok(getopt.operands())
}

/// Several instances: their manager calls this program again, once for each.
fn hand_over(context: &Context, operands: &[OsString]) -> Exit {
    let wrapper = context.config.get(&params::MULTI_INSTANCE_WRAPPER);
    let mut words: Vec<OsString> = wrapper.split_ascii_whitespace().map(OsString::from).collect();
    let Some(path) = words.first().cloned() else {
        return context::fatal("multi-instance support is requested, but multi_instance_wrapper is empty");
    };
    words.extend_from_slice(operands);
    let error = sys::process::exec(path.as_ref(), &words);
    context::fatal(format_args!("{}: {}", path.to_string_lossy(), sys::error_text(&error)))
}

fn dispatch(context: &Context, operands: &[OsString]) -> Outcome {
    let command = operands.first().map(|word| word.to_string_lossy()).unwrap_or_default();
    context.check_directories()?;
    match command.as_ref() {
        "start" => start::start(context),
        "start-fg" => start::start_in_foreground(context),
        "debian-systemd-start" => start::start_under_systemd(context),
        "stop" => running::stop(context),
        "quick-stop" => running::quick_stop(context),
        "abort" => running::abort(context),
        "drain" => running::drain(context),
        "reload" => running::reload(context),
        "flush" => running::flush(context),
        "status" => running::status(context),
        "check" => check::check(context),
        "set-permissions" | "upgrade-configuration" => installation::run(context, operands),
        "logrotate" => logrotate::run(context, operands),
        "start_msg" => context.say("Start postfix"),
        "stop_msg" => context.say("Stop postfix"),
        path if path.starts_with('/') => {
            context.run_program(path.as_ref(), operands.get(1..).unwrap_or_default())
        }
        other => context.run_script(operands).unwrap_or_else(|| Err(log_lines::unknown_command(other))),
    }
}
