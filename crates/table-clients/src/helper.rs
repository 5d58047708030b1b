//! The program `oxipost-tables`, which looks keys up for commands that do not have this crate in them: see
//! [`tables::helper`].

use cli::{Exit, Getopt, Logging, Opt};
use std::ffi::OsString;
use std::io;
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::process::ExitCode;
use sys::signals::{Signal, ignore};
use tables::Opener;

/// The commands that may start it, and whose names its log lines have.
const PARENTS: [&str; 3] = ["postdrop", "postqueue", "sendmail"];

/// Runs the program with its whole argument vector: `oxipost-tables [-v..] PARENT`, a socket on standard input.
pub fn main(args: Vec<OsString>) -> ExitCode {
    let mut options = Getopt::new(&args, "v");
    let mut verbose = 0;
    for option in options.by_ref() {
        match option {
            Opt::Flag('v') => verbose += 1,
            _ => return Exit::USAGE.into(),
        }
    }
    let operands = options.operands();
    let Some(&parent) = PARENTS.iter().find(|&name| operands == [*name]) else {
        return Exit::USAGE.into();
    };
    cli::start_as(parent, Logging::StderrAndMailLog);
    // A parent that hangs up is an error of the write.
    let _ = ignore(Signal::SIGPIPE);
    log::set_verbose(verbose);
    match serve(parent) {
        Ok(()) => ExitCode::SUCCESS,
        Err(status) => status,
    }
}

fn serve(parent: &'static str) -> Result<(), ExitCode> {
    let config = cli::configure(&config::Source::of(parent), parent, Exit::FAILURE)?;
    let stream = io::stdin().as_fd().try_clone_to_owned().map(UnixStream::from);
    let stream = stream.map_err(|error| cli::fatal(sys::error_text(&error)))?;
    tables::helper::serve(stream, &Opener::for_command(&config)).map_err(cli::fatal)
}
