//! The log lines of this command.

use crate::shown;
use std::ffi::OsStr;
use std::path::Path;

/// The command was installed with rights that it must not have.
pub(crate) fn set_uid_root() {
    log::warn!("the Postfix sendmail command has set-uid root file permissions");
    log::warn!("or the command is run from a set-uid root process");
    log::warn!("the Postfix sendmail command must be installed without set-uid root file permissions");
}

/// What was wrong with a configuration directory.
pub(crate) fn configuration(line: &config::Line) {
    match line {
        config::Line::Warning(text) => log::warn!("{text}"),
        config::Line::Error(text) => log::error!("{text}"),
    }
}

/// `-q` after `-bd`, or before it.
pub(crate) fn flush_in_daemon_mode() {
    log::warn!("ignoring -q option in daemon mode");
}

/// A program that is not waited for does not start.
pub(crate) fn cannot_execute(path: &Path, error: &std::io::Error) {
    log::fatal_line!("execv {}: {}", path.display(), sys::error_text(error));
}

/// `-V` without a value was VERP once.
pub(crate) fn old_verp() {
    log::warn!("option -V is deprecated with Postfix 2.3; specify -XV instead");
}

/// `-Vxx` was VERP once.
pub(crate) fn old_verp_delimiters(option: &OsStr, letters: &OsStr) {
    log::warn!(
        "option {} is deprecated with Postfix 2.3; specify -X{} instead",
        shown(option),
        shown(letters)
    );
}

/// With `-v` before it: a word of `-N`.
pub(crate) fn notify_word(word: &str) {
    if log::verbose() > 0 {
        log::info!("name_mask: {word}");
    }
}

/// A word of `-N` that is none.
pub(crate) fn unknown_notify(word: &str, value: &OsStr) {
    log::warn!("unknown DSN NOTIFY command value \"{word}\" in \"{}\"", shown(value));
}

/// `-N`.
pub(crate) fn bad_notify(value: &OsStr) {
    log::warn!("bad -N option value: '{}' -- ignored", shown(value));
}

/// `-R`.
pub(crate) fn bad_return() {
    log::warn!("bad -R option value -- ignored");
}

/// `-V`.
pub(crate) fn long_envelope_id() {
    log::warn!("too long -V option value -- ignored");
}

/// `-V`.
pub(crate) fn bad_envelope_id() {
    log::warn!("bad syntax in -V option value -- ignored");
}

/// `-O REQUIRETLS=` where main.cf forbids it. The text lacks a quote in the reference, too.
pub(crate) fn requiretls_disabled(value: &OsStr) {
    log::warn!(
        "Ignoring option '-O {}, because the configuration is '{} = no'",
        shown(value),
        params::REQUIRETLS_ENABLE.name()
    );
}

/// `-O SMTPUTF8=` where main.cf forbids it.
pub(crate) fn smtputf8_disabled(value: &OsStr) {
    log::warn!(
        "'-O {}' was requested, but the configuration is '{} = no'",
        shown(value),
        params::SMTPUTF8_ENABLE.name()
    );
}

/// `-O`.
pub(crate) fn bad_setting(value: &OsStr) {
    log::warn!("bad -O option: '{}' -- ignored", shown(value));
}

/// An option without meaning here.
pub(crate) fn ignored(option: &str) {
    if log::verbose() > 0 {
        log::info!("-{option} option ignored");
    }
}

/// `-f` with more than one address.
pub(crate) fn malformed_sender(sender: &OsStr) {
    log::warn!("-f option specified malformed sender: {}", shown(sender));
}
