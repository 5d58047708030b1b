//! Log lines of the postfix command, in the words of Postfix 3.11's scripts.

use std::fmt::Display;
use std::path::Path;

use cli::Exit;

use crate::context::fatal;

pub(crate) fn old_defaults() {
    let newest = params::profile::LAST_COMPAT_LEVEL;
    log::info!("Postfix is using backwards-compatible default settings");
    log::info!("See https://www.postfix.org/COMPATIBILITY_README.html for details");
    log::info!(
        "To disable backwards compatibility use \"postconf compatibility_level={newest}\" and \"postfix reload\""
    );
}

pub(crate) fn no_master(daemon_directory: &Path) -> Exit {
    fatal(format_args!("no Postfix master program {}/master!", daemon_directory.display()))
}

pub(crate) fn no_configuration_directory(directory: &Path) -> Exit {
    fatal(format_args!("no Postfix configuration directory {}!", directory.display()))
}

pub(crate) fn unknown_command(command: &str) -> Exit {
    fatal(format_args!(
        "unknown command: '{command}'. Usage: postfix start (or stop, reload, abort, flush, check, status, \
         set-permissions, upgrade-configuration, logrotate, tls, non-bdb)"
    ))
}

pub(crate) fn already_running() -> Exit {
    fatal("the Postfix mail system is already running")
}

pub(crate) fn not_running() -> Exit {
    fatal("the Postfix mail system is not running")
}

pub(crate) fn is_not_running() {
    log::info!("the Postfix mail system is not running");
}

pub(crate) fn is_running(pid: impl Display) {
    log::info!("the Postfix mail system is running: PID: {pid}");
}

pub(crate) fn integrity_check_failed() -> Exit {
    fatal("Postfix integrity check failed!")
}

pub(crate) fn starting() {
    log::info!("starting the Postfix mail system");
}

pub(crate) fn startup_failed() -> Exit {
    fatal("mail system startup failed")
}

pub(crate) fn cannot_start_in_foreground() -> Exit {
    fatal("cannot start-fg the master daemon")
}

pub(crate) fn foreground_is_for_one_instance() -> Exit {
    fatal("start-fg does not support multi_instance_directories")
}

pub(crate) fn not_under_systemd() -> Exit {
    fatal("the Postfix mail system is started through systemd but not under systemd?")
}

pub(crate) fn redirecting_to_systemd(service: &str) {
    log::info!("redirecting the Postfix mail system startup to systemd {service}");
}

pub(crate) fn systemd_failed() -> Exit {
    fatal("mail system startup through systemd failed")
}

pub(crate) fn stopping() {
    log::info!("stopping the Postfix mail system");
}

pub(crate) fn waiting() {
    log::info!("waiting for the Postfix mail system to terminate");
}

pub(crate) fn stopping_with_force() {
    log::warn!("stopping the Postfix mail system with force");
}

pub(crate) fn aborting() {
    log::info!("aborting the Postfix mail system");
}

pub(crate) fn refreshing() {
    log::info!("refreshing the Postfix mail system");
}

pub(crate) fn cannot_create_directories() -> Exit {
    fatal("unable to create missing queue directories")
}

pub(crate) fn no_master_cf(path: &Path) -> Exit {
    fatal(format_args!("no {} file found", path.display()))
}

pub(crate) fn no_postlog_service() -> Exit {
    fatal("missing 'postlog' service in master.cf - run 'postfix upgrade-configuration'")
}

pub(crate) fn see_reindex_readme() {
    log::warn!("See https://www.postfix.org/NON_BERKELEYDB_README.html for suggestions");
}

pub(crate) fn not_owned_by(owner: &str, path: impl Display) {
    log::warn!("not owned by {owner}: {path}");
}

pub(crate) fn not_owned_by_group(group: &str, path: impl Display) {
    log::warn!("not owned by group {group}: {path}");
}

pub(crate) fn writable(path: impl Display) {
    log::warn!("group or other writable: {path}");
}

pub(crate) fn not_setgid(path: impl Display) {
    log::warn!("not set-gid or not owner+group+world executable: {path}");
}

pub(crate) fn differ(copy: impl Display, original: impl Display) {
    log::warn!("{copy} and {original} differ");
}

pub(crate) fn two_sendmails() {
    log::warn!("/usr/lib/sendmail and /usr/sbin/sendmail differ");
    log::warn!("Replace one by a symbolic link to the other");
}

pub(crate) fn damaged(path: impl Display) {
    log::warn!("damaged message: {path}");
}

pub(crate) fn logrotate_usage() -> Exit {
    fatal("usage postfix logrotate (no arguments)")
}

pub(crate) fn empty_parameter(name: &str) -> Exit {
    fatal(format_args!("empty '{name}' parameter value - logfile rotation failed"))
}

pub(crate) fn not_rotating(file: &str) -> Exit {
    fatal(format_args!("not rotating '{file}'"))
}

pub(crate) fn rotation_failed(file: &str, why: impl Display) -> Exit {
    fatal(format_args!("logfile '{file}' rotation failed: {why}"))
}
