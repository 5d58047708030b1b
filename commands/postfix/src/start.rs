//! Starting the mail system.

use std::fs::File;
use std::path::Path;
use std::process::Command;

use crate::context::{Context, INVOCATION_ID, Outcome, outcome};
use crate::{check, log_lines, running};

/// Marks in the queue directory.
const QUICK_START: &str = "quick-start";
const SYSTEMD_START: &str = "debian-systemd-start";

pub(crate) fn start(context: &Context) -> Outcome {
    if running::is_running() {
        return Err(log_lines::already_running());
    }
    if Path::new(SYSTEMD_START).is_file() {
        return start_under_systemd(context);
    }
    check_first(context)?;
    if let Some(service) = systemd_service(context) {
        return redirect_to_systemd(&service);
    }
    log_lines::starting();
    run_master(context, "-w").map_err(|_| log_lines::startup_failed())
}

/// Runs master as a child of this process, or in its place when this is the first process of a container. ("postfix stop"
/// ends master's whole process group, so it must not be the caller's.)
pub(crate) fn start_in_foreground(context: &Context) -> Outcome {
    if running::is_running() {
        return Err(log_lines::already_running());
    }
    check_first(context)?;
    log_lines::starting();
    if context.has_instances {
        return Err(log_lines::foreground_is_for_one_instance());
    }
    if sys::pid() != 1 {
        return run_master(context, "-s");
    }
    let master = context.daemon_directory.join("master");
    let args = [master.clone().into_os_string(), "-i".into()];
    let _never_comes_back = sys::process::exec(&master, &args);
    Err(log_lines::cannot_start_in_foreground())
}

/// The second half of a start by systemd on Debian: the checks ran before, in a process with more rights.
pub(crate) fn start_under_systemd(context: &Context) -> Outcome {
    for mark in [QUICK_START, SYSTEMD_START] {
        // Not there is as good.
        let _ = std::fs::remove_file(mark);
    }
    if !systemd_runs() || !started_by_systemd() {
        return Err(log_lines::not_under_systemd());
    }
    run_master(context, "-w")
}

fn run_master(context: &Context, option: &str) -> Outcome {
    match Command::new(context.daemon_directory.join("master")).arg(option).status() {
        Ok(status) => outcome(status),
        Err(_) => Err(cli::Exit::FAILURE),
    }
}

fn check_first(context: &Context) -> Outcome {
    if std::fs::remove_file(QUICK_START).is_ok() {
        return Ok(());
    }
    check::fatal_problems(context).map_err(|_| log_lines::integrity_check_failed())?;
    check::warnings(context);
    check::alias_maps_migration(context);
    Ok(())
}

fn systemd_runs() -> bool {
    params::profile::NAME == "debian" && Path::new("/run/systemd/system").is_dir()
}

fn started_by_systemd() -> bool {
    std::env::var_os(INVOCATION_ID).is_some_and(|id| !id.is_empty())
}

/// The unit that Debian has for this instance, when systemd runs and did not start this process.
fn systemd_service(context: &Context) -> Option<String> {
    if !systemd_runs() || started_by_systemd() {
        return None;
    }
    let directory = context.config_directory.to_str()?;
    match directory.strip_prefix("/etc/postfix")? {
        "" => Some("postfix.service".to_owned()),
        instance => {
            let instance = instance.strip_prefix('-')?;
            let is_plain = instance.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.".contains(&byte));
            is_plain.then(|| format!("postfix@{instance}.service"))
        }
    }
}

fn redirect_to_systemd(service: &str) -> Outcome {
    log_lines::redirecting_to_systemd(service);
    File::create(SYSTEMD_START).map_err(|_| log_lines::systemd_failed())?;
    match Command::new("systemctl").args(["start", service]).status() {
        Ok(status) if status.success() => Ok(()),
        _ => Err(log_lines::systemd_failed()),
    }
}
