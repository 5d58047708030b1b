//! The conversation with postdrop(1), which has the rights to write a queue file that its caller lacks. It is a child
//! process, and all of this blocks: it is for programs with one thing to do.

use crate::cleanup::{Status, names};
use crate::{blocking, log_lines, protocol};
use config::Config;
use config::environment::{self, BadList};
use queue::{Type, Writer};
use std::io::{self, BufReader};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Child, Command};

/// A message on its way to postdrop(1). Dropping it gives the message up: postdrop removes its file.
#[derive(Debug)]
pub struct Postdrop {
    child: Child,
    input: Writer<UnixStream>,
    output: BufReader<UnixStream>,
    id: String,
    command: String,
}

/// Why there is no program to talk to.
#[derive(Debug)]
pub enum NotStarted {
    /// `export_environment` is wrong.
    Environment(BadList),
    /// The program is not ready. This is its command line; why was logged, by itself or for it.
    Command(String),
}

impl std::fmt::Display for NotStarted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            NotStarted::Environment(error) => error.fmt(f),
            NotStarted::Command(line) => write!(f, "unable to execute {line}"),
        }
    }
}

impl std::error::Error for NotStarted {}

impl Postdrop {
    /// Starts the program and waits until it is ready.
    ///
    /// # Errors
    /// It cannot be started, or ended before it was ready.
    pub fn start(config: &Config, verbose: u32) -> Result<Postdrop, NotStarted> {
        let path = Path::new(config.get(&params::COMMAND_DIRECTORY)).join("postdrop");
        let line = format!("{} -r{}", path.display(), " -v".repeat(verbose as usize));
        let environment = environment::exported(config).map_err(|error| match error {
            BadList::Braces(..) => NotStarted::Environment(error),
            // The reference finds this out in the child process.
            BadList::Entry(..) => {
                log_lines::bad_environment(&error);
                log_lines::command_failed(&line, 1);
                NotStarted::Command(line.clone())
            }
        })?;
        let mut command = Command::new(&path);
        command.arg("-r").args((0..verbose).map(|_| "-v")).env_clear().envs(environment);
        command.env("PATH", sys::process::SEARCH_PATH);
        let (mut child, input, output) = talk(command).map_err(|error| {
            log_lines::cannot_execute(&path, &error);
            log_lines::command_failed(&line, 1);
            NotStarted::Command(line.clone())
        })?;
        let mut output = BufReader::new(output);
        if let Ok(Some(announced)) = blocking::receive(&mut output, &line)
            && announced.str(protocol::PROTOCOL) == Some(protocol::POSTDROP.as_bytes())
        {
            let id = String::from_utf8_lossy(announced.str(names::QUEUE_ID).unwrap_or_default()).into_owned();
            return Ok(Postdrop { child, input: Writer::new(input), output, id, command: line });
        }
        drop((input, output));
        if let Ok(status) = child.wait()
            && !status.success()
        {
            log_lines::command_failed(&line, status.code().unwrap_or(1));
        }
        Err(NotStarted::Command(line))
    }

    /// The name of the file that it writes.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Adds a record.
    ///
    /// # Errors
    /// The program is gone.
    pub fn put(&mut self, kind: Type, data: &[u8]) -> io::Result<()> {
        self.input.put(kind, data)
    }

    /// Ends the message, and waits until it is in the mail system's hands, or not.
    pub fn finish(mut self) -> (Status, Vec<u8>) {
        let answer = match self.input.flush() {
            Ok(()) => blocking::receive(&mut self.output, &self.command).ok().flatten(),
            Err(_) => None,
        };
        let outcome = answer.and_then(|answer| {
            let mut scanner = answer.scanner();
            let status = scanner.int(names::STATUS).ok()?;
            let reason = scanner.str(names::REASON).ok()?.to_vec();
            Some((Status(status), reason))
        });
        drop((self.input, self.output));
        if !self.child.wait().is_ok_and(|status| status.success()) {
            log_lines::close_failed();
        }
        outcome.unwrap_or((Status::WRITE, Vec::new()))
    }
}

/// Starts a command, with both ends of the conversation on one socket: as few descriptors as in the reference, and the
/// same errors when the command ends early.
fn talk(mut command: Command) -> io::Result<(Child, UnixStream, UnixStream)> {
    let (ours, theirs) = UnixStream::pair()?;
    command.stdin(OwnedFd::from(theirs.try_clone()?)).stdout(OwnedFd::from(theirs));
    let child = command.spawn()?;
    // The command holds the other end.
    drop(command);
    Ok((child, ours.try_clone()?, ours))
}
