//! The conversation with postdrop(1), which has the rights to write a queue file that its caller lacks. It is a child
//! process, and all of this blocks: it is for programs with one thing to do.

use crate::cleanup::{Status, names};
use crate::{blocking, log_lines, protocol};
use config::Config;
use queue::{Type, Writer};
use std::io::{self, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// A message on its way to postdrop(1). Dropping it gives the message up: postdrop removes its file.
#[derive(Debug)]
pub struct Postdrop {
    child: Child,
    input: Writer<ChildStdin>,
    output: BufReader<ChildStdout>,
    id: String,
}

impl Postdrop {
    /// Starts the program and waits until it is ready.
    ///
    /// # Errors
    /// The error is its command line; why it is not ready was
    /// logged, by itself or for it.
    pub fn start(config: &Config, verbose: u32) -> Result<Postdrop, String> {
        let path = Path::new(config.get(&params::COMMAND_DIRECTORY)).join("postdrop");
        let mut command = Command::new(&path);
        command.arg("-r").args((0..verbose).map(|_| "-v"));
        let line = format!("{} -r{}", path.display(), " -v".repeat(verbose as usize));
        command.env_clear().envs(exported(config)).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = match command.spawn() {
            Ok(child) => child,
            Err(error) => {
                log_lines::cannot_execute(&path, &error);
                log_lines::command_failed(&line, 1);
                return Err(line);
            }
        };
        let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else { return Err(line) };
        let mut output = BufReader::new(output);
        if let Ok(Some(announced)) = blocking::read_attrs(&mut output)
            && announced.str(protocol::PROTOCOL) == Some(protocol::POSTDROP.as_bytes())
        {
            let id = String::from_utf8_lossy(announced.str(names::QUEUE_ID).unwrap_or_default()).into_owned();
            return Ok(Postdrop { child, input: Writer::new(input), output, id });
        }
        drop(input);
        if let Ok(status) = child.wait()
            && !status.success()
        {
            log_lines::command_failed(&line, status.code().unwrap_or(1));
        }
        Err(line)
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
            Ok(()) => blocking::read_attrs(&mut self.output).ok().flatten(),
            Err(_) => None,
        };
        let outcome = answer.and_then(|answer| {
            let mut scanner = answer.scanner();
            let status = scanner.int(names::STATUS).ok()?;
            let reason = scanner.str(names::REASON).ok()?.to_vec();
            Some((Status(status), reason))
        });
        drop(self.input);
        if !self.child.wait().is_ok_and(|status| status.success()) {
            log_lines::close_failed();
        }
        outcome.unwrap_or((Status::WRITE, Vec::new()))
    }
}

/// The part of the environment that export_environment names.
fn exported(config: &Config) -> Vec<(String, std::ffi::OsString)> {
    let mut kept = Vec::new();
    for entry in config::words(config.get(&params::EXPORT_ENVIRONMENT)) {
        match entry.split_once('=') {
            Some((name, value)) => kept.push((name.to_owned(), value.into())),
            None => kept.extend(std::env::var_os(entry).map(|value| (entry.to_owned(), value))),
        }
    }
    kept
}
