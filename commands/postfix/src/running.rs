//! Commands for a mail system that runs: its master is the process that holds the lock on `pid/master.pid`.

use std::fs::File;
use std::process::Command;
use std::thread::sleep;
use std::time::Duration;

use sys::lock::{LockKind, try_exclusive};
use sys::signals::Signal;

use crate::context::{Context, Outcome};
use crate::log_lines;

/// The lock file, below the queue directory, which is the working directory.
const PID_FILE: &str = "pid/master.pid";

/// Does a master run?
pub(crate) fn is_running() -> bool {
    match File::open(PID_FILE) {
        Ok(file) => matches!(try_exclusive(&file, LockKind::Flock), Ok(false)),
        Err(_) => false,
    }
}

/// The first line of the lock file, with its padding.
fn pid_line() -> String {
    let text = std::fs::read_to_string(PID_FILE).unwrap_or_default();
    text.lines().next().unwrap_or_default().to_owned()
}

fn master_pid() -> Option<u32> {
    pid_line().trim().parse().ok()
}

pub(crate) fn signal_master(signal: Signal) -> Outcome {
    let sent = master_pid().map(|pid| sys::process::kill(pid, signal));
    match sent {
        Some(Ok(())) => Ok(()),
        _ => Err(cli::Exit::FAILURE),
    }
}

fn must_run() -> Outcome {
    if is_running() { Ok(()) } else { Err(log_lines::not_running()) }
}

/// How long a stopped master may take before the log says that somebody waits.
const PATIENCE: Duration = Duration::from_millis(100);

pub(crate) fn stop(_context: &Context) -> Outcome {
    must_run()?;
    log_lines::stopping();
    signal_master(Signal::SIGTERM)?;
    for _ in 0..5 {
        let tick = Duration::from_millis(5);
        for _ in 0..PATIENCE.as_millis() / tick.as_millis() {
            if !is_running() {
                return Ok(());
            }
            sleep(tick);
        }
        log_lines::waiting();
        sleep(Duration::from_secs(1));
    }
    log_lines::stopping_with_force();
    if let Some(pid) = master_pid() {
        // Master leads a group of its own, with all its children.
        sys::process::kill_group(pid, Signal::SIGKILL).map_err(|_| cli::Exit::FAILURE)?;
    }
    Ok(())
}

/// Stops, and has the next start leave out its checks.
pub(crate) fn quick_stop(context: &Context) -> Outcome {
    // The mark is made in any case.
    let _ = stop(context);
    File::create(context.queue_directory.join("quick-start")).map(|_| ()).map_err(|_| cli::Exit::FAILURE)
}

pub(crate) fn abort(_context: &Context) -> Outcome {
    must_run()?;
    log_lines::aborting();
    signal_master(Signal::SIGTERM)
}

/// Ends master alone: its children finish what they do.
pub(crate) fn drain(_context: &Context) -> Outcome {
    must_run()?;
    log_lines::stopping();
    signal_master(Signal::SIGKILL)
}

pub(crate) fn reload(context: &Context) -> Outcome {
    context.warn_about_configuration();
    must_run()?;
    log_lines::refreshing();
    let postsuper = context.command("postsuper");
    context.run_program(&postsuper, &["active".into()])?;
    signal_master(Signal::SIGHUP)?;
    // Goes on in the background; it says in the log what it finds.
    let _ = Command::new(postsuper).spawn();
    Ok(())
}

pub(crate) fn flush(context: &Context) -> Outcome {
    context.run_program(&context.command("postqueue"), &["-f".into()])
}

pub(crate) fn status(context: &Context) -> Outcome {
    context.warn_about_configuration();
    if !is_running() {
        log_lines::is_not_running();
        return Err(cli::Exit::FAILURE);
    }
    log_lines::is_running(pid_line().trim_start());
    Ok(())
}
