//! The postsuper(1) command: deletes, holds, releases, requeues and expires mail, and repairs the queue.
//!
//! First the queue is repaired as far as that was asked for, so that names can be trusted; then the other options are
//! carried out in the order in which they were given.

mod directories;
mod files;
mod incomplete;
mod log_lines;
mod named;
mod removal;
mod sweep;

use cli::{Exit, Getopt, Logging, Opt};
use config::{Config, Source};
use directories::Directories;
use incomplete::Incomplete;
use named::Named;
use queue::Queue;
use std::ffi::OsString;
use std::io::{self, BufRead};
use std::os::unix::ffi::OsStrExt;
use std::process::ExitCode;
use sweep::{Repair, Sweep};
use sys::User;

const LETTERS: &str = "c:d:e:f:h:H:pr:sSv";

/// What is done to messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operation {
    Delete,
    Expire,
    /// Expire, and release from hold.
    ExpireRelease,
    Hold,
    Release,
    Requeue,
}

impl Operation {
    fn by_letter(letter: char) -> Option<Operation> {
        Some(match letter {
            'd' => Operation::Delete,
            'e' => Operation::Expire,
            'f' => Operation::ExpireRelease,
            'h' => Operation::Hold,
            'H' => Operation::Release,
            'r' => Operation::Requeue,
            _ => return None,
        })
    }
}

/// To which messages.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Target {
    All,
    /// Those that standard input names, one a line.
    Input,
    One(OsString),
}

impl Target {
    fn parse(value: OsString) -> Target {
        match value.as_bytes() {
            b"ALL" => Target::All,
            b"-" => Target::Input,
            _ => Target::One(value),
        }
    }
}

/// A failure: its fatal log line.
#[derive(Debug)]
struct Fatal(String);

/// What was done.
#[derive(Debug, Default)]
struct Tally {
    requeued: usize,
    held: usize,
    released: usize,
    deleted: usize,
    expired: usize,
    /// Names that were made to match an inode number, and are in place.
    renamed: usize,
    /// Names that did not match.
    mismatched: usize,
}

/// The command line.
#[derive(Debug, Default)]
struct Request {
    repair: Repair,
    operations: Vec<(Operation, Target)>,
    directories: Directories,
}

/// Runs the command with its whole argument vector, the name it was called by first.
pub fn run(mut args: Vec<OsString>) -> ExitCode {
    let program = cli::start(&args, Logging::StderrAndMailLog);
    if let Some(name) = args.first_mut() {
        *name = OsString::from(&program);
    }
    if sys::environment::trusted(cli::VERBOSE_ENVIRONMENT).is_some() {
        log::set_verbose(1);
    }
    match command(&program, &args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(status) => status,
    }
}

fn command(program: &str, args: &[OsString]) -> Result<(), ExitCode> {
    let fatal = |Fatal(text): Fatal| cli::fatal(text);
    check_caller().map_err(fatal)?;
    let request = parse(program, args).map_err(fatal)?;
    let config = cli::configure_with_fallback(
        &Source::of_process("postsuper", program),
        program,
        Exit::FAILURE,
        true,
    )?;
    cli::update_environment(&config).map_err(cli::fatal)?;
    cli::enter_queue_directory(&config, Exit::FAILURE)?;
    become_owner(&config).map_err(fatal)?;
    let incomplete = Incomplete::watch();
    carry_out(&config, &request, &incomplete).map_err(|failure| {
        let status = fatal(failure);
        incomplete.warn();
        status
    })
}

fn check_caller() -> Result<(), Fatal> {
    if sys::environment::is_untrusted() {
        return Err(Fatal("this postfix command must not run as a set-uid process".to_owned()));
    }
    if sys::identity::real_uid() != 0 {
        return Err(Fatal("use of this command is reserved for the superuser".to_owned()));
    }
    Ok(())
}

fn parse(program: &str, args: &[OsString]) -> Result<Request, Fatal> {
    let mut request = Request::default();
    let mut getopt = Getopt::new(args, LETTERS);
    for option in getopt.by_ref() {
        match option {
            Opt::Value('c', directory) => {
                if !directory.as_bytes().starts_with(b"/") {
                    return Err(Fatal("-c requires absolute pathname".to_owned()));
                }
                cli::set_environment(cli::CONFIG_ENVIRONMENT, &directory)
                    .map_err(|error| Fatal(format!("setenv: {}", sys::error_text(&error))))?;
            }
            Opt::Flag('p') => request.repair.purge = true,
            Opt::Flag('s') => request.repair.structure = true,
            Opt::Flag('S') => {
                request.repair.structure = true;
                request.repair.redundant = true;
            }
            Opt::Flag('v') => log::set_verbose(log::verbose() + 1),
            Opt::Value(letter, value) => match Operation::by_letter(letter) {
                Some(operation) => request.operations.push((operation, Target::parse(value))),
                None => return Err(usage(program)),
            },
            _ => return Err(usage(program)),
        }
    }
    if request.operations.is_empty() && !request.repair.is_wanted() {
        request.repair = Repair { purge: true, structure: true, redundant: false };
    }
    request.directories = Directories::named(getopt.operands());
    Ok(request)
}

fn usage(program: &str) -> Fatal {
    Fatal(format!(
        "usage: {program} [-c config_dir] [-d queue_id (delete)] [-e queue_id (expire)] \
         [-f queue_id (expire and/or un-hold)] [-h queue_id (hold)] [-H queue_id (un-hold)] \
         [-p (purge temporary files)] [-r queue_id (requeue)] [-s (structure fix)] \
         [-S (redundant structure fix)][-v (verbose)] [queue...]"
    ))
}

/// The queue belongs to the mail system's owner, and so must everything that is made in it. It also limits the
/// damage if somebody has led us astray.
fn become_owner(config: &Config) -> Result<(), Fatal> {
    let owner = config.get(&params::MAIL_OWNER);
    let user = match User::by_name(owner) {
        Ok(Some(user)) => user,
        _ => return Err(Fatal(format!("unknown mail_owner: {owner}"))),
    };
    sys::set_ugid(user.uid, user.gid).map_err(|error| Fatal(format!("set_ugid: {}", sys::error_text(&error))))
}

fn carry_out(config: &Config, request: &Request, incomplete: &Incomplete) -> Result<(), Fatal> {
    let queue = Queue::from_config(config);
    let mut tally = Tally::default();
    let directories = &request.directories;
    if request.repair.is_wanted() {
        let mut sweep = Sweep::new(&queue, &mut tally, incomplete);
        sweep.repair(directories, request.repair)?;
        // Names that did not match have an interim name now; a second round gives them their final one.
        if sweep.tally.mismatched > 0 {
            sweep.repair(directories, request.repair)?;
        }
    }
    let names_changed = tally.mismatched > 0 || tally.renamed > 0;
    let uses_names = request.operations.iter().any(|(_, target)| *target != Target::All);
    if names_changed && uses_names {
        log_lines::names_changed_error();
        return Err(Fatal("CHECK YOUR QUEUE IDS AND RE-ISSUE THE COMMAND".to_owned()));
    }
    for (operation, target) in &request.operations {
        let mut named = Named { queue: &queue, directories, tally: &mut tally };
        match target {
            Target::One(id) => named.apply(*operation, id.as_bytes())?,
            Target::Input => from_input(&mut named, *operation)?,
            Target::All => Sweep::new(&queue, &mut tally, incomplete).all(directories, *operation)?,
        }
    }
    report(&request.operations, &tally);
    Ok(())
}

fn from_input(named: &mut Named<'_>, operation: Operation) -> Result<(), Fatal> {
    let mut input = io::stdin().lock();
    let mut line = Vec::new();
    loop {
        line.clear();
        match input.read_until(b'\n', &mut line) {
            Ok(0) | Err(_) => return Ok(()),
            Ok(_) => {}
        }
        // As everywhere, a name ends at a NUL.
        let name = line.split(|byte| matches!(byte, b'\n' | 0)).next().unwrap_or_default();
        named.apply(operation, name)?;
    }
}

fn report(operations: &[(Operation, Target)], tally: &Tally) {
    use Operation::{Delete, Expire, ExpireRelease, Hold, Release, Requeue};
    let asked = |wanted: &[Operation]| operations.iter().any(|(operation, _)| wanted.contains(operation));
    let lines: [(&[Operation], &str, usize); 5] = [
        (&[Requeue], "Requeued", tally.requeued),
        (&[Delete], "Deleted", tally.deleted),
        (&[Expire, ExpireRelease], "Force-expired", tally.expired),
        (&[Hold], "Placed on hold", tally.held),
        (&[Release, ExpireRelease], "Released from hold", tally.released),
    ];
    for (wanted, what, count) in lines {
        if asked(wanted) {
            log_lines::summary(what, count);
        }
    }
    if tally.renamed > 0 {
        log_lines::summary("Renamed to match inode number", tally.renamed);
    }
    if tally.mismatched > 0 || tally.renamed > 0 {
        log_lines::names_changed_warning();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use queue::Dir;

    fn parsed(line: &str) -> Result<Request, Fatal> {
        let args: Vec<OsString> = line.split(' ').map(OsString::from).collect();
        parse("postsuper", &args)
    }

    #[test]
    fn operations_keep_their_order() {
        let request = parsed("postsuper -d A1 -h ALL -r - hold").unwrap();
        let one = Target::One("A1".into());
        let expected =
            [(Operation::Delete, one), (Operation::Hold, Target::All), (Operation::Requeue, Target::Input)];
        assert_eq!(request.operations, expected);
        assert!(request.directories.contains(Dir::Hold) && !request.directories.contains(Dir::Active));
        assert!(!request.repair.is_wanted());
    }

    #[test]
    fn without_options_the_queue_is_repaired() {
        let request = parsed("postsuper").unwrap();
        assert!(request.repair.purge && request.repair.structure && !request.repair.redundant);
        assert_eq!(parsed("postsuper -c etc").unwrap_err().0, "-c requires absolute pathname");
    }
}
