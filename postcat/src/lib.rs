//! The postcat(1) command: shows what is in queue files.

mod show;

use cli::{Getopt, Logging, Opt};
use config::Config;
use queue::file::leading_number;
use queue::{Dir, Id, Queue};
use show::{Parts, Show};
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::os::fd::AsFd;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Where `-q` looks, in this order.
const SEARCHED: [Dir; 6] = [Dir::Maildrop, Dir::Incoming, Dir::Active, Dir::Deferred, Dir::Hold, Dir::Saved];
/// A file may move to a directory that was looked at already; one more round finds it.
const SEARCH_ROUNDS: usize = 2;

#[derive(Default)]
struct Options {
    show: Show,
    search_queue: bool,
    verbose: u32,
}

/// Runs the command with its whole argument vector, the name it was called by first.
pub fn run(args: Vec<OsString>) -> ExitCode {
    // Unlike others, this command calls itself by its whole path.
    let program = args.first().map_or("postcat".into(), |name| name.to_string_lossy().into_owned());
    cli::start_as(&program, Logging::Stderr);
    match command(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(status) => status,
    }
}

fn command(args: &[OsString]) -> Result<(), ExitCode> {
    let mut getopt = Getopt::new(args, "bc:defhoqrs:v");
    let options = parse(&mut getopt, args)?;
    log::set_verbose(options.verbose);
    let config = cli::load(&config::Source::of("postcat"), cli::Exit::FAILURE)?;
    cli::update_environment(&config).map_err(cli::fatal)?;
    let operands = getopt.operands();
    if operands.is_empty() {
        let input = io::stdin().as_fd().try_clone_to_owned().map(File::from);
        let input =
            input.map_err(|error| cli::fatal(format_args!("open stdin: {}", sys::error_text(&error))))?;
        return show_one(&options, Path::new("stdin"), input, true);
    }
    if options.search_queue {
        return show_queued(&options, &config, &operands);
    }
    for name in &operands {
        let path = Path::new(name);
        let file = File::open(path).map_err(|error| {
            cli::fatal(format_args!("open {}: {}", path.display(), sys::error_text(&error)))
        })?;
        show_one(&options, path, file, false)?;
    }
    Ok(())
}

fn parse(getopt: &mut Getopt<'_>, args: &[OsString]) -> Result<Options, ExitCode> {
    let mut options = Options::default();
    let show = &mut options.show;
    for option in getopt.by_ref() {
        match option {
            Opt::Flag('b') => show.parts.body = true,
            Opt::Flag('d') => show.type_numbers = true,
            Opt::Flag('e') => show.parts.envelope = true,
            Opt::Flag('f') => show.pathnames = true,
            Opt::Flag('h') => show.parts.header = true,
            Opt::Flag('o') => show.offsets = true,
            Opt::Flag('q') => options.search_queue = true,
            Opt::Flag('r') => show.raw = true,
            Opt::Flag('v') => options.verbose += 1,
            Opt::Value('c', directory) => {
                cli::set_environment(cli::CONFIG_ENVIRONMENT, &directory)
                    .map_err(|_| cli::fatal("out of memory"))?;
            }
            Opt::Value('s', offset) => {
                show.start = parse_offset(offset.as_bytes()).ok_or_else(|| {
                    cli::fatal(format_args!("bad offset: {}", log::bytes(offset.as_bytes())))
                })?;
            }
            _ => return Err(usage(args)),
        }
    }
    if show.parts == Parts::default() {
        show.parts = Parts { envelope: true, header: true, body: true };
    }
    show.verbose = options.verbose > 0;
    Ok(options)
}

/// Digits only. A number that is too large is the largest offset, which no file has.
fn parse_offset(text: &[u8]) -> Option<u64> {
    let is_number = !text.is_empty() && text.iter().all(u8::is_ascii_digit);
    is_number.then(|| leading_number(text).unsigned_abs())
}

fn usage(args: &[OsString]) -> ExitCode {
    let name = args.first().map_or(OsStr::new("postcat"), OsString::as_os_str);
    cli::fatal(format_args!(
        "usage: {} [-b (body text)] [-c config_dir] [-d (decimal record type)] [-e (envelope records)] \
         [-h (header text)] [-q (access queue)] [-v] [file(s)...]",
        log::bytes(name.as_bytes())
    ))
}

fn show_queued(options: &Options, config: &Config, names: &[OsString]) -> Result<(), ExitCode> {
    cli::enter_queue_directory(config, cli::Exit::FAILURE)?;
    let queue = Queue::from_config(config);
    for name in names {
        let shown = log::bytes(name.as_bytes());
        let id = Id::parse(name.as_bytes())
            .ok_or_else(|| cli::fatal(format_args!("bad mail queue ID: {shown}")))?;
        let (path, file) = find(&queue, &id).map_err(|error| {
            cli::fatal(format_args!("open queue file {shown}: {}", sys::error_text(&error)))
        })?;
        show_one(options, &path, file, false)?;
    }
    Ok(())
}

fn find(queue: &Queue, id: &Id) -> io::Result<(PathBuf, File)> {
    let mut failure = io::Error::from_raw_os_error(2);
    for _ in 0..SEARCH_ROUNDS {
        for dir in SEARCHED {
            match queue.open_read(dir, id) {
                Ok(file) => return Ok((queue.path(dir, id), file)),
                Err(error) => failure = error,
            }
        }
    }
    Err(failure)
}

fn show_one(options: &Options, path: &Path, file: File, is_stdin: bool) -> Result<(), ExitCode> {
    options.show.file(path, file, is_stdin, &mut io::stdout().lock()).map_err(cli::fatal)
}
