//! Directories, owners and modes, as the file `postfix-files` of the installed package lists them.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::fs;
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, lchown};
use std::path::{Path, PathBuf};
use std::process::Command;

use bstr::BString;
use cli::Exit;
use config::{Config, Source};

use crate::context::{Context, Outcome, outcome};
use crate::upgrade;

/// Which parts of an installation to bring in order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Work {
    set_permissions: bool,
    upgrade_permissions: bool,
    upgrade_configuration: bool,
}

/// Makes directories that are missing.
pub(crate) fn create_missing(context: &Context) -> Outcome {
    create(context, &context.config, Work::default())
}

/// `postfix set-permissions` and `postfix upgrade-configuration`, with `name=value` arguments.
pub(crate) fn run(context: &Context, operands: &[OsString]) -> Outcome {
    let program = context.daemon_directory.join("post-install");
    let mut work = Work::default();
    let mut overrides = Vec::new();
    for operand in operands {
        let word = operand.to_string_lossy();
        if word.contains([' ', '\t']) {
            let shown = program.display();
            context.say(format_args!("{shown}: Error: argument contains whitespace: '{word}'"))?;
            return Err(Exit::FAILURE);
        }
        match word.split_once('=') {
            Some((name, value)) => overrides.push((name.into(), value.into())),
            None if word.starts_with("set-perm") => work.set_permissions = true,
            None if word.starts_with("upgrade-perm") => work.upgrade_permissions = true,
            None if word.starts_with("upgrade-conf") => work.upgrade_configuration = true,
            None if word == "upgrade-source" => {
                work.upgrade_permissions = true;
                work.upgrade_configuration = true;
            }
            None if word == "upgrade-package" => {
                work.set_permissions = true;
                work.upgrade_configuration = true;
            }
            None if word == "create-missing" => {}
            None => return Err(complain(format_args!("{}: Error: {}", program.display(), usage(&program)))),
        }
    }
    let config = with_overrides(context, overrides)?;
    create(context, &config, work)?;
    if work.upgrade_configuration {
        upgrade::run(context, &config)?;
    }
    Ok(())
}

fn usage(program: &Path) -> String {
    format!(
        "Usage: {} [name=value] command\n    \
         create-missing          Create missing queue directories.\n    \
         upgrade-source          When installing or upgrading from source code.\n    \
         upgrade-package         When installing or upgrading from pre-built package.\n    \
         first-install-reminder  Remind of mandatory first-time configuration steps.\n    \
         name=value              Specify an installation parameter.",
        program.display()
    )
}

/// Writes to stderr; gives status 1.
pub(crate) fn complain(text: impl fmt::Display) -> Exit {
    // Nobody to tell if stderr is gone.
    let _ = writeln!(std::io::stderr(), "{text}");
    Exit::FAILURE
}

/// Parameters that an installation may choose; those given on the command line go to main.cf.
fn with_overrides(context: &Context, overrides: Vec<(BString, BString)>) -> Result<Config, Exit> {
    if overrides.is_empty() {
        return Ok(context.config.clone());
    }
    let source = Source { overrides: overrides.clone(), ..Source::of("postfix") };
    let config = Config::load(&source).map_err(crate::context::fatal)?;
    // All of them, as soon as one differs; the release at the end of a value stays a variable.
    if CHOSEN.iter().any(|parameter| config.get(parameter) != context.config.get(parameter)) {
        let release = config.get(&params::MAIL_VERSION);
        let settings = CHOSEN.iter().map(|parameter| {
            let value = config.get(parameter);
            let value =
                value.strip_suffix(release).map_or(value.to_owned(), |v| format!("{v}${{mail_version}}"));
            OsString::from(format!("{} = {value}", parameter.name()))
        });
        let args: Vec<OsString> = [OsString::from("-e")].into_iter().chain(settings).collect();
        context.run_program(&context.command("postconf"), &args)?;
    }
    Ok(config)
}

const CHOSEN: [&params::Param<params::Text>; 15] = [
    &params::DAEMON_DIRECTORY,
    &params::COMMAND_DIRECTORY,
    &params::QUEUE_DIRECTORY,
    &params::DATA_DIRECTORY,
    &params::MAIL_OWNER,
    &params::SETGID_GROUP,
    &params::SENDMAIL_PATH,
    &params::MAILQ_PATH,
    &params::NEWALIASES_PATH,
    &params::HTML_DIRECTORY,
    &params::MANPAGE_DIRECTORY,
    &params::SAMPLE_DIRECTORY,
    &params::README_DIRECTORY,
    &params::SHLIB_DIRECTORY,
    &params::META_DIRECTORY,
];

fn create(context: &Context, config: &Config, work: Work) -> Outcome {
    for (text, file) in listings(config)? {
        for line in text.lines().filter(|line| line.starts_with('$')) {
            if !context.owns_shared_files && !is_of_one_instance(line) {
                continue;
            }
            if let Some(item) = Item::parse(line, config, &file)? {
                item.bring_in_order(context, work)?;
            }
        }
    }
    set_up_jail(context)
}

/// The contents of postfix-files and of the files beside it; what every queue has, where no package has listed it.
fn listings(config: &Config) -> Result<Vec<(String, PathBuf)>, Exit> {
    let main = Path::new(config.get(&params::META_DIRECTORY)).join("postfix-files");
    let Ok(text) = fs::read_to_string(&main) else {
        return Ok(vec![(QUEUE_FILES.to_owned(), main)]);
    };
    let mut listings = vec![(text, main.clone())];
    let mut extra: Vec<PathBuf> = fs::read_dir(main.with_extension("d"))
        .map(|entries| entries.flatten().map(|entry| entry.path()).filter(|path| path.is_file()).collect())
        .unwrap_or_default();
    extra.sort();
    for path in extra {
        let text = fs::read_to_string(&path)
            .map_err(|error| complain(format_args!("{}: {}", path.display(), sys::error_text(&error))))?;
        listings.push((text, path));
    }
    Ok(listings)
}

/// The directories that are there in every installation: name, owner, group, mode and flags as in postfix-files.
const QUEUE_FILES: &str = "\
$config_directory:d:root:-:755:u
$data_directory:d:$mail_owner:-:700:uc
$daemon_directory:d:root:-:755:u
$queue_directory:d:root:-:755:uc
$queue_directory/active:d:$mail_owner:-:700:ucr
$queue_directory/bounce:d:$mail_owner:-:700:ucr
$queue_directory/corrupt:d:$mail_owner:-:700:ucr
$queue_directory/defer:d:$mail_owner:-:700:ucr
$queue_directory/deferred:d:$mail_owner:-:700:ucr
$queue_directory/flush:d:$mail_owner:-:700:ucr
$queue_directory/hold:d:$mail_owner:-:700:ucr
$queue_directory/incoming:d:$mail_owner:-:700:ucr
$queue_directory/private:d:$mail_owner:-:700:uc
$queue_directory/maildrop:d:$mail_owner:$setgid_group:730:uc
$queue_directory/public:d:$mail_owner:$setgid_group:710:uc
$queue_directory/pid:d:root:-:755:uc
$queue_directory/saved:d:$mail_owner:-:700:ucr
$queue_directory/trace:d:$mail_owner:-:700:ucr
$command_directory/postdrop:f:root:$setgid_group:2755:u
$command_directory/postqueue:f:root:$setgid_group:2755:u
$command_directory/postlog:f:root:$setgid_group:2755:u
";

fn is_of_one_instance(line: &str) -> bool {
    ["$config_directory", "$queue_directory", "$data_directory"].iter().any(|name| line.starts_with(name))
}

/// A line of postfix-files.
#[derive(Debug, PartialEq, Eq)]
struct Item {
    path: PathBuf,
    is_directory: bool,
    owner: String,
    group: Option<String>,
    mode: u32,
    flags: String,
}

impl Item {
    /// `None` for what is not a file or directory of this installation.
    fn parse(line: &str, config: &Config, file: &Path) -> Result<Option<Item>, Exit> {
        let mut fields = line.split(':');
        let mut field = || fields.next().unwrap_or_default();
        let (path, kind, owner, group, mode, flags) = (field(), field(), field(), field(), field(), field());
        let is_directory = match kind {
            "d" => true,
            "f" => false,
            "h" | "l" => return Ok(None),
            _ => {
                return Err(complain(format_args!("unknown type {kind} for {path} in {}", file.display())));
            }
        };
        let expand = |text: &str| match text {
            "-" => Ok(String::new()),
            _ => config.expand(text).map_err(crate::context::fatal),
        };
        let path = expand(path)?;
        if path == "no" || path.starts_with("no/") {
            return Ok(None);
        }
        Ok(Some(Item {
            path: PathBuf::from(path),
            is_directory,
            owner: expand(owner)?,
            group: Some(expand(group)?).filter(|group| !group.is_empty()),
            mode: u32::from_str_radix(mode, 8).unwrap_or(0o755),
            flags: expand(flags)?,
        }))
    }

    fn has(&self, flag: char) -> bool {
        self.flags.contains(flag)
    }

    fn bring_in_order(&self, context: &Context, work: Work) -> Outcome {
        let is_default = context.config_directory == Path::new(params::profile::CONFIG_DIRECTORY);
        if self.has('o') || ((self.has('1') || self.has('i')) && !is_default && !self.path.exists()) {
            return Ok(());
        }
        let mut set_permissions = work.set_permissions || (work.upgrade_permissions && self.has('u'));
        if self.is_directory && self.has('c') && !self.path.is_dir() {
            fs::create_dir(&self.path).map_err(|error| {
                let text = sys::error_text(&error);
                complain(format_args!("mkdir: cannot create directory '{}': {text}", self.path.display()))
            })?;
            set_permissions = true;
        }
        if set_permissions { self.set_permissions() } else { Ok(()) }
    }

    fn set_permissions(&self) -> Outcome {
        let uid = sys::User::by_name(&self.owner).ok().flatten().map(|user| user.uid);
        let uid = uid.ok_or_else(|| complain(format_args!("chown: invalid user: '{}'", self.owner)))?;
        let gid = match &self.group {
            None => None,
            Some(name) => {
                let group = sys::Group::by_name(name).ok().flatten();
                let missing = || complain(format_args!("chgrp: invalid group: '{name}'"));
                Some(group.ok_or_else(missing)?.gid)
            }
        };
        let is_tree = self.has('r');
        for path in self.tree(is_tree) {
            let failed = |what: &str, error: std::io::Error| {
                let text = sys::error_text(&error);
                complain(format_args!("{what}: cannot access '{}': {text}", path.display()))
            };
            lchown(&path, Some(uid), gid).map_err(|error| failed("chown", error))?;
            // In a queue the modes of files say what state they are in.
            if path == self.path || path.is_dir() {
                fs::set_permissions(&path, fs::Permissions::from_mode(self.mode))
                    .map_err(|error| failed("chmod", error))?;
            }
        }
        Ok(())
    }

    // This path and, if wanted, all below it.
    fn tree(&self, is_tree: bool) -> Vec<PathBuf> {
        let mut found = vec![self.path.clone()];
        let mut next = 0;
        while let Some(path) = found.get(next).filter(|_| is_tree && self.is_directory) {
            let is_directory = fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_dir());
            let below = is_directory.then(|| fs::read_dir(path).ok()).flatten();
            next += 1;
            found.extend(below.into_iter().flatten().flatten().map(|entry| entry.path()));
        }
        found
    }
}

/// Debian's package brings a script that keeps files in the jail up to date, with the help of another.
fn set_up_jail(context: &Context) -> Outcome {
    const SCRIPT: &str = "/usr/lib/postfix/configure-instance.sh";
    let helper = context.daemon_directory.join("postfix-script");
    let is_there = is_executable(SCRIPT.as_ref()) && is_executable(helper.as_os_str());
    if params::profile::NAME != "debian" || !is_there {
        return Ok(());
    }
    match Command::new(SCRIPT).status() {
        Ok(status) => outcome(status),
        Err(_) => Err(Exit::FAILURE),
    }
}

fn is_executable(path: &OsStr) -> bool {
    let path = Path::new(OsStr::from_bytes(path.as_bytes()));
    fs::metadata(path).is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o111 != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_names_a_directory() {
        let text = "queue_directory = /q\nmail_owner = post\nsetgid_group = drop\n";
        let config = Config::from_text("postfix", text).unwrap();
        let line = "$queue_directory/maildrop:d:$mail_owner:$setgid_group:730:uc";
        let item = Item::parse(line, &config, Path::new("postfix-files")).unwrap().unwrap();
        assert_eq!(item.path, Path::new("/q/maildrop"));
        assert_eq!((item.owner.as_str(), item.group.as_deref()), ("post", Some("drop")));
        assert_eq!((item.mode, item.has('c'), item.has('r')), (0o730, true, false));
    }
}
