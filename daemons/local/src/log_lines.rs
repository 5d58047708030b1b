//! The lines local(8) writes to the log.

use std::io;

use log::bytes;

/// A warning that another crate worded.
pub(crate) fn warning(text: &str) {
    log::warn!("{text}");
}

/// A recipient without a domain.
pub(crate) fn no_domain(local: &[u8]) {
    log::warn!("no @ in recipient address: {}", bytes(local));
}

/// An extension that would lead out of a directory.
pub(crate) fn illegal_extension(queue_id: &str, local: &[u8]) {
    log::warn!("{queue_id}: address with illegal extension: {}", bytes(local));
}

/// The expansion is too deep.
pub(crate) fn nesting(what: &str, place: &[u8]) {
    log::warn!("{what} for {}", bytes(place));
}

/// The password database cannot be asked.
pub(crate) fn user_lookup(user: &[u8], error: &io::Error) {
    log::warn!("error looking up passwd info for {}: {}", bytes(user), sys::error_text(error));
}

/// An alias table without an owner.
pub(crate) fn no_table_owner(table: &str) {
    log::warn!("deliver_alias: no owner UID for alias database {table}");
}

/// The owner of an alias table is nobody we know.
pub(crate) fn unknown_table_owner(table: &str, error: Option<&io::Error>) {
    match error {
        Some(error) => {
            log::warn!("cannot find alias database owner for {table}: {}", sys::error_text(error));
        }
        None => log::warn!("cannot find alias database owner for {table}"),
    }
}

/// An alias that expands to nothing.
pub(crate) fn empty_alias(name: &[u8]) {
    log::warn!("no recipient in alias lookup result for {}", bytes(name));
}

/// A table could not answer.
pub(crate) fn alias_lookup_failed(kind: &str, table: &tables::Name, name: &[u8]) {
    log::warn!("{kind}:{table}: lookup of '{}' failed", bytes(name));
}

/// `~user`.
pub(crate) fn bad_home_syntax(destination: &[u8]) {
    log::warn!("bad home directory syntax for: {}", bytes(destination));
}

/// `~/` where there is no user.
pub(crate) fn unknown_home(destination: &[u8]) {
    log::warn!("unknown home directory for: {}", bytes(destination));
}

/// Something about an include file.
pub(crate) fn include(path: &[u8], problem: &str) {
    log::warn!(":include: file {} {problem}", bytes(path));
}

/// An include file by a relative path.
pub(crate) fn relative_include(path: &[u8]) {
    log::warn!(":include:{} uses a relative path", bytes(path));
}

/// An include file that cannot be looked at.
pub(crate) fn include_lookup(path: &[u8], error: &io::Error) {
    log::warn!("unable to lookup :include: file {}: {}", bytes(path), sys::error_text(error));
}

/// An include file that cannot be opened.
pub(crate) fn include_open(path: &[u8], error: &io::Error) {
    log::warn!("cannot open include file {}: {}", bytes(path), sys::error_text(error));
}

/// The owner of an include file is nobody we know.
pub(crate) fn include_owner(path: &[u8], uid: u32, error: Option<&io::Error>) {
    match error {
        Some(error) => log::warn!("cannot find username for uid {uid}: {}", sys::error_text(error)),
        None => log::warn!("cannot find username for uid {uid}"),
    }
    log::warn!("{}: cannot find :include: file owner username", bytes(path));
}

/// Something about a forward file.
pub(crate) fn forward_file(path: &[u8], problem: &str) {
    log::warn!("file {} {problem}", bytes(path));
}

/// A forward file that cannot be opened.
pub(crate) fn forward_open(path: &[u8], error: &io::Error) {
    log::warn!("cannot open file {}: {}", bytes(path), sys::error_text(error));
}

/// Mail to a role account that has no alias is thrown away.
pub(crate) fn missing_alias(user: &[u8]) {
    log::warn!("required alias not found: {}", bytes(user));
}

/// A parameter's `$name` syntax is wrong.
pub(crate) fn bad_parameter(name: &str, value: &str) {
    log::warn!("bad parameter value syntax for {name}: {value}");
}

/// How to go on with mailboxes of other owners.
pub(crate) fn ownership_hint(parameter: &str) {
    log::warn!("specify \"{parameter} = no\" to ignore mailbox ownership mismatch");
}

/// A maildir that the user may not write.
pub(crate) fn maildir_access(uid: u32, gid: u32, reason: &str) {
    log::warn!("maildir access problem for UID/GID={uid}/{gid}: {reason}");
    log::warn!("perhaps you need to create the maildirs in advance");
}

/// The cleanup service cannot be reached.
pub(crate) fn cleanup_unreachable(service: &str, error: &ipc::Error) {
    log::warn!("connect to public/{service}: {error}");
}

/// A command does not take its input.
pub(crate) fn command_stuck(step: &str) {
    log::warn!("{step} limit exceeded");
}

/// A command cannot be killed.
pub(crate) fn cannot_kill(pid: u32, error: &io::Error) {
    log::warn!("cannot kill process (group) {pid}: {}", sys::error_text(error));
}

/// No process for a command.
pub(crate) fn fork_failed(error: &io::Error) {
    log::warn!("fork: {}", sys::error_text(error));
}

/// The present identity could not be changed.
pub(crate) fn identity(uid: u32, gid: u32, error: &io::Error) {
    log::fatal_line!("set_eugid: euid {uid} egid {gid}: {}", sys::error_text(error));
}

/// A record that does not belong into message content.
pub(crate) fn bad_record(queue_id: &str, kind: i32) {
    log::warn!("{queue_id}: bad record type: {kind} in message content");
}
