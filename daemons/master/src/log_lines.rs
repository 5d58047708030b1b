//! Log lines of master, in the words of Postfix 3.11.

use std::io;
use std::path::Path;

pub(crate) fn daemon_started(version: &str, directory: &Path) {
    log::info!("daemon started -- version {version}, configuration {}", directory.display());
}

pub(crate) fn reloading(version: &str, directory: &Path) {
    log::info!("reload -- version {version}, configuration {}", directory.display());
}

/// Nothing has moved for so long that the mail system ends.
pub(crate) fn watchdog_timeout() {
    log::fatal_line!("watchdog timeout");
}

pub(crate) fn reload_failed(error: &crate::error::Error) {
    log::error!("reload failed, the configuration from before stays: {error}");
}

pub(crate) fn terminating(signal: i32) {
    log::info!("terminating on signal {signal}");
}

pub(crate) fn exit_time() {
    log::info!("master exit time has arrived");
}

pub(crate) fn exit_status(program: &Path, pid: u32, status: i32) {
    log::warn!("process {} pid {pid} exit status {status}", program.display());
}

pub(crate) fn killed(program: &Path, pid: u32, signal: i32) {
    log::warn!("process {} pid {pid} killed by signal {signal}", program.display());
}

pub(crate) fn throttling(program: &Path) {
    log::warn!("{}: bad command startup -- throttling", program.display());
}

pub(crate) fn throttle_released(program: &Path) {
    if log::verbose() > 0 {
        log::info!("throttle released for command {}", program.display());
    }
}

pub(crate) fn fork_failed(error: &io::Error) {
    log::warn!("master_spawn: fork: {} -- throttling", sys::error_text(error));
}

pub(crate) fn exec_failed(program: &Path, error: &io::Error) {
    log::fatal_line!("master_spawn: exec {}: {}", program.display(), sys::error_text(error));
}

pub(crate) fn spawned(program: &Path, pid: u32) {
    if log::verbose() > 0 {
        log::info!("spawn command {}; pid {pid}", program.display());
    }
}

pub(crate) fn all_busy(name: &str, canonical: &str, limit: u32) {
    log::warn!(
        "service \"{name}\" ({canonical}) has reached its process limit \"{limit}\": new clients may experience \
         noticeable delays"
    );
    log::warn!(
        "to avoid this condition, increase the process count in master.cf or reduce the service time per client"
    );
    log::warn!(
        "see https://www.postfix.org/STRESS_README.html for examples of stress-adapting configuration settings"
    );
}

pub(crate) fn partial_status(name: &str, canonical: &str, length: usize) {
    log::warn!("service {name}({canonical}): child sent partial status update ({length} bytes)");
}

pub(crate) fn stale_status(pid: u32, generation: u32) {
    log::info!("ignoring status update from child pid {pid} generation {generation}");
}

pub(crate) fn unknown_status(pid: u32, code: i32) {
    log::warn!("master_status_event: ignoring unknown status: {pid} allegedly from pid: {code}");
}

pub(crate) fn status_failed(error: &io::Error) {
    log::warn!("master_status_event: read: {}", sys::error_text(error));
}

pub(crate) fn wakeup_failed(name: &str, canonical: &str, error: &io::Error) {
    log::warn!("master_wakeup_timer_event: service {name}({canonical}): {}", sys::error_text(error));
}

pub(crate) fn duplicate(name: &str, canonical: &str) {
    log::warn!("duplicate master.cf entry for service \"{name}\" ({canonical}) -- using the last entry");
}

pub(crate) fn change_ignored(parameter: &str, old: &str, new: &str) {
    log::warn!("ignoring {parameter} parameter value change");
    log::warn!("old value: \"{old}\", new value: \"{new}\"");
    log::warn!("to change {parameter}, stop and start Postfix");
}

pub(crate) fn interfaces_change_ignored(service: &str) {
    log::warn!("service {service}: ignoring inet_interfaces change");
    log::warn!("to change inet_interfaces, stop and start Postfix");
}

pub(crate) fn protocols_disabled(value: &str) {
    log::warn!("all network protocols are disabled (inet_protocols = {value})");
    log::warn!("disabling all type \"inet\" services in master.cf");
}

pub(crate) fn old_default(path: &Path, line: usize, field: &str, value: &str) {
    log::info!("{}: line {line}: using backwards-compatible default setting {field}={value}", path.display());
}

pub(crate) fn configuration_warning(text: &str) {
    log::warn!("{text}");
}

/// A socket listens with the kernel's own buffers.
pub(crate) fn cannot_set_window_size(bytes: usize, error: &io::Error) {
    log::warn!("setsockopt SO_SNDBUF {bytes}: {}", sys::error_text(error));
}
