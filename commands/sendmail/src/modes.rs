//! Modes in which other programs do the work.

use crate::options::Options;
use crate::{Failure, failure, log_lines};
use config::Config;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::process::Command;
use tables::Opener;

/// Becomes postqueue(1).
pub(crate) fn postqueue(config: &Config, options: &Options, what: &[&OsStr]) -> Result<(), Failure> {
    let mut args = vec![OsString::from("postqueue")];
    args.extend(what.iter().map(|argument| argument.to_os_string()));
    args.extend(verbosity(options));
    become_program(config.get(&params::COMMAND_DIRECTORY), &args)
}

/// Becomes postalias(1).
pub(crate) fn new_aliases(config: &Config, options: &Options) -> Result<(), Failure> {
    let databases: Vec<OsString> = match &options.alias_file {
        Some(file) => vec![file.clone()],
        None => {
            let list = config.bytes(&params::ALIAS_DATABASE);
            config::byte_words(&list).map(|name| OsStr::from_bytes(name).to_owned()).collect()
        }
    };
    if databases.is_empty() {
        return Ok(());
    }
    let mut args = vec![OsString::from("postalias")];
    args.extend(verbosity(options));
    args.push("--".into());
    args.extend(databases);
    become_program(config.get(&params::COMMAND_DIRECTORY), &args)
}

/// Becomes smtpd(8), which talks SMTP on standard input and output.
pub(crate) fn stand_alone(config: &Config, options: &Options) -> Result<(), Failure> {
    permit_submission(config)?;
    let mut args = vec![OsString::from("smtpd"), "-S".into()];
    args.extend(verbosity(options));
    become_program(config.get(&params::DAEMON_DIRECTORY), &args)
}

/// Starts the mail system, and does not wait for it.
pub(crate) fn daemon(config: &Config, options: &Options) {
    let path = Path::new(config.get(&params::COMMAND_DIRECTORY)).join("postfix");
    // The reference does not know either what becomes of the program: its fatal line is that of a child process.
    if let Err(error) = Command::new(&path).args(verbosity(options)).arg("start").spawn() {
        log_lines::cannot_execute(&path, &error);
    }
}

/// Whether the caller may submit mail. postdrop(1) asks the same, and means it; here it is for a clear message.
pub(crate) fn permit_submission(config: &Config) -> Result<(), Failure> {
    let uid = sys::identity::real_uid();
    let users = &params::AUTHORIZED_SUBMIT_USERS;
    match tables::denied_user(&Opener::for_command(config), config, users, uid) {
        Ok(None) => Ok(()),
        Ok(Some(name)) => Err(failure(format!("User {name}({uid}) is not allowed to submit mail"))),
        Err(text) => Err(Failure(text)),
    }
}

fn verbosity(options: &Options) -> impl Iterator<Item = OsString> {
    (0..options.verbose).map(|_| OsString::from("-v"))
}

/// Goes on as another program; comes back only when that fails.
fn become_program(directory: &str, args: &[OsString]) -> Result<(), Failure> {
    let path = Path::new(directory).join(args.first().map_or(OsStr::new(""), OsString::as_os_str));
    let error = sys::process::exec(&path, args);
    Err(failure(format!("execv {}: {}", path.display(), sys::error_text(&error))))
}
