//! Running a command with a message on its standard input.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use delivery::copy::{CopyFlags, CopyHeaders};
use delivery::message_copy::{CopyError, Source, copy_to};
use delivery::status;
use ipc::deliver::Dsn;
use sys::EffectiveIds;
use sys::command::{Command, Program, StartError};
use sys::process::{Ended, SEARCH_PATH};

use crate::log_lines;
use crate::sysexits;

/// How much of a command's output is looked at.
const OUTPUT_LIMIT: usize = 4096;

/// A command and everything around it.
pub(crate) struct CommandLine<'a> {
    /// The text behind the bar.
    pub(crate) command: &'a [u8],
    /// local_command_shell; empty for none.
    pub(crate) shell: &'a str,
    /// User and group.
    pub(crate) identity: (u32, u32),
    /// The whole environment.
    pub(crate) environment: Vec<(OsString, OsString)>,
    /// The working directory.
    pub(crate) directory: Option<PathBuf>,
    /// Limit for each step.
    pub(crate) time_limit: Duration,
}

/// How it went.
pub(crate) enum Outcome {
    /// The command took the message.
    Delivered,
    /// The queue file is damaged.
    Corrupt,
    /// It did not take it: bounce or defer, by the status.
    Failed(Dsn),
}

/// Gives a message to a command and waits for its end.
pub(crate) fn run(
    line: &CommandLine<'_>,
    source: Source<'_>,
    flags: CopyFlags,
    headers: &CopyHeaders<'_>,
) -> Outcome {
    match Running::start(line) {
        Ok(mut running) => {
            let copied = copy_to(source, &mut running.input(), flags, b"\n", headers);
            running.finish(copied)
        }
        Err(error) => {
            log_lines::fork_failed(&error);
            let text = format!("Delivery failed: {}", sys::error_text(&error));
            Outcome::Failed(unix_dsn("4.3.0", &text, "system resource problem"))
        }
    }
}

struct Running<'a> {
    line: &'a CommandLine<'a>,
    pid: u32,
    input: Option<File>,
    output: File,
    timed_out: bool,
}

impl<'a> Running<'a> {
    fn start(line: &'a CommandLine<'a>) -> io::Result<Running<'a>> {
        let (input_read, input_write) = io::pipe()?;
        let (output_read, output_write) = io::pipe()?;
        // A command must not wait for us to read what it says: beyond the pipe's size, its output is lost.
        sys::set_nonblocking(&output_write, true)?;
        sys::set_nonblocking(&input_write, true)?;
        sys::set_nonblocking(&output_read, true)?;
        let programs = programs(line);
        let command = Command {
            programs: &programs,
            search_path: SEARCH_PATH,
            environment: &line.environment,
            identity: line.identity,
            directory: line.directory.as_deref(),
            input: input_read.as_fd(),
            output: output_write.as_fd(),
        };
        let pid = sys::command::start(&command, sysexits::TEMPORARY_FAILURE, &explain(line))?;
        Ok(Running {
            line,
            pid,
            input: Some(File::from(OwnedFd::from(input_write))),
            output: File::from(OwnedFd::from(output_read)),
            timed_out: false,
        })
    }

    fn input(&mut self) -> Input<'_> {
        Input { file: self.input.as_mut(), limit: self.line.time_limit, timed_out: &mut self.timed_out }
    }

    fn finish(mut self, copied: Result<(), CopyError>) -> Outcome {
        self.input = None;
        let output = self.read_output();
        if self.timed_out {
            self.kill();
        }
        let ended = self.wait();
        // Output that begins with a NUL counts as said, but nothing of it is shown.
        let shown = printable(&output);
        self.judge(copied, ended, (!output.is_empty()).then_some(shown.as_str()))
    }

    fn read_output(&mut self) -> Vec<u8> {
        let mut output = Vec::new();
        let mut buffer = [0; OUTPUT_LIMIT];
        while output.len() < OUTPUT_LIMIT {
            match self.output.read(&mut buffer) {
                Ok(0) => break,
                Ok(count) => output.extend_from_slice(buffer.get(..count).unwrap_or_default()),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock && !self.timed_out => {
                    if !wait_ready(&self.output, Direction::Read, self.line.time_limit) {
                        log_lines::command_stuck("pipe_command_read: read time");
                        self.timed_out = true;
                    }
                }
                Err(_) => break,
            }
        }
        output.truncate(OUTPUT_LIMIT);
        output
    }

    fn wait(&mut self) -> Option<Ended> {
        let limit = if self.timed_out { Duration::from_secs(1) } else { self.line.time_limit };
        let end = Instant::now() + limit;
        let mut pause = Duration::from_micros(200);
        let mut killed = false;
        loop {
            match sys::command::try_wait(self.pid) {
                Ok(Some(ended)) => return Some(ended),
                Ok(None) => {}
                Err(_) => return None,
            }
            if !killed && Instant::now() >= end {
                if !self.timed_out {
                    log_lines::command_stuck("pipe_command_wait_or_kill: child wait time");
                    self.timed_out = true;
                }
                self.kill();
                killed = true;
            }
            std::thread::sleep(pause);
            pause = (pause * 2).min(Duration::from_millis(50));
        }
    }

    /// With the command's own identity: nothing else may be hit.
    fn kill(&self) {
        let (uid, gid) = self.line.identity;
        let Ok(_identity) = EffectiveIds::become_user(uid, gid) else { return };
        if let Err(error) = sys::command::kill(self.pid) {
            log_lines::cannot_kill(self.pid, &error);
        }
    }

    fn judge(&self, copied: Result<(), CopyError>, ended: Option<Ended>, output: Option<&str>) -> Outcome {
        let command = String::from_utf8_lossy(self.line.command).into_owned();
        let said = output.map(|output| format!(". Command output: {output}")).unwrap_or_default();
        let failed = |status: &str, text: String, otherwise: &str| {
            Outcome::Failed(unix_dsn(status, &text, output.unwrap_or(otherwise)))
        };
        if self.timed_out {
            let text = format!("Command time limit exceeded: \"{command}\"{said}");
            return failed("5.3.0", text, "internal software error");
        }
        match ended {
            Some(Ended::Killed(signal)) => {
                let text = format!("Command died with signal {signal}: \"{command}\"{said}");
                failed("4.3.0", text, "internal software error")
            }
            Some(Ended::Exited(code)) if code != 0 => {
                let output = output.unwrap_or_default().as_bytes();
                if status::valid(output).is_some() {
                    let (dsn, text) = status::split("5.3.0", output);
                    let text = String::from_utf8_lossy(text).into_owned();
                    return Outcome::Failed(unix_dsn(dsn, &text, &text));
                }
                match sysexits::detail(code) {
                    Some((dsn, meaning)) => failed(dsn, format!("{meaning}{said}"), meaning),
                    None => {
                        let text = format!("Command died with status {code}: \"{command}\"{said}");
                        failed("5.3.0", text, &format!("unknown mail system error {code}"))
                    }
                }
            }
            _ => match copied {
                Ok(()) => Outcome::Delivered,
                Err(CopyError::Corrupt) => Outcome::Corrupt,
                // A command that does not want to read all of it is its own master.
                Err(CopyError::Write(error)) if error.kind() == io::ErrorKind::BrokenPipe => {
                    Outcome::Delivered
                }
                Err(error) => {
                    let failure = error.failure();
                    let status = failure.as_ref().map_or("5.3.0", |failure| failure.status);
                    let why = failure.map(|failure| failure.text).unwrap_or_default();
                    let text = format!("Command failed: {why}: \"{command}\"");
                    Outcome::Failed(unix_dsn(status, &text, "input/output error"))
                }
            },
        }
    }
}

/// Standard input of a command, with a time limit.
struct Input<'a> {
    file: Option<&'a mut File>,
    limit: Duration,
    timed_out: &'a mut bool,
}

impl Write for Input<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let Some(file) = self.file.as_mut() else { return Err(io::ErrorKind::BrokenPipe.into()) };
        loop {
            match file.write(bytes) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    if *self.timed_out || !wait_ready(file, Direction::Write, self.limit) {
                        if !*self.timed_out {
                            log_lines::command_stuck("pipe_command_write: write time");
                            *self.timed_out = true;
                        }
                        return Err(io::ErrorKind::TimedOut.into());
                    }
                }
                outcome => return outcome,
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

enum Direction {
    Read,
    Write,
}

fn wait_ready(file: &File, direction: Direction, limit: Duration) -> bool {
    let outcome = match direction {
        Direction::Read => sys::descriptors::wait_readable(file, Some(limit)),
        Direction::Write => sys::descriptors::wait_writable(file, Some(limit)),
    };
    outcome.unwrap_or(false)
}

/// Programs to try: a shell of the site's choice if there is one; else the command itself where the text has nothing for
/// a shell to do, and then `sh -c`.
fn programs(line: &CommandLine<'_>) -> Vec<Program> {
    let text = OsString::from_vec(line.command.to_vec());
    let mut shell: Vec<OsString> = line.shell.split_ascii_whitespace().map(OsString::from).collect();
    if let Some(name) = shell.first().cloned() {
        shell.push(text);
        return vec![Program { name, arguments: shell }];
    }
    let mut programs = Vec::new();
    let is_plain =
        line.command.iter().all(|byte| byte.is_ascii_alphanumeric() || b"!@%-_=+:,./ \t".contains(byte));
    let words: Vec<OsString> = line
        .command
        .split(|byte| matches!(byte, b' ' | b'\t'))
        .filter(|word| !word.is_empty())
        .map(|word| OsString::from_vec(word.to_vec()))
        .collect();
    if is_plain && let Some(name) = words.first().cloned() {
        programs.push(Program { name, arguments: words });
    }
    programs.push(Program { name: "/bin/sh".into(), arguments: vec!["sh".into(), "-c".into(), text] });
    programs
}

/// What a command that cannot be started says on its standard error, and in the log.
fn explain<'a>(line: &'a CommandLine<'a>) -> impl Fn(&StartError) -> String + 'a {
    move |error| {
        let text = match error {
            StartError::Prepare(error) => format!("pipe_command: dup2: {}", sys::error_text(error)),
            StartError::Directory(error) => {
                let directory = line.directory.as_deref().unwrap_or_else(|| Path::new(""));
                let (uid, gid) = line.identity;
                format!(
                    "cannot change directory to \"{}\" for uid={uid} gid={gid}: {}",
                    directory.display(),
                    sys::error_text(error)
                )
            }
            StartError::Execute(name, error) => {
                let context = if line.shell.is_empty() { "" } else { "pipe_command: " };
                format!("{context}execvp {}: {}", name.to_string_lossy(), sys::error_text(error))
            }
        };
        delivery::log_lines::fatal(&text);
        format!("local: fatal: {text}\n")
    }
}

/// A command's output on one line: tabs and line feeds as spaces, other unprintable characters as underscores.
fn printable(output: &[u8]) -> String {
    let upto_nul = output.split(|&byte| byte == 0).next().unwrap_or_default();
    let shown = upto_nul.iter().map(|&byte| if matches!(byte, b'\t' | b'\n') { b' ' } else { byte });
    let bytes: Vec<u8> = shown.collect();
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.extend(chunk.valid().chars().map(|c| if c.is_ascii_control() { '_' } else { c }));
        text.extend(chunk.invalid().iter().map(|_| '_'));
    }
    text
}

fn unix_dsn(status: &str, text: &str, diagnostic: &str) -> Dsn {
    let mut dsn = Dsn::simple(status, text);
    dsn.diag_type = b"x-unix".to_vec();
    dsn.diag_text = diagnostic.into();
    dsn
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(command: &'static str) -> CommandLine<'static> {
        CommandLine {
            command: command.as_bytes(),
            shell: "",
            identity: (1, 1),
            environment: Vec::new(),
            directory: None,
            time_limit: Duration::from_secs(1),
        }
    }

    #[test]
    fn a_shell_only_where_needed() {
        assert_eq!(programs(&line("/bin/cat -n x")).len(), 2);
        assert_eq!(programs(&line("cat > $HOME/x")).len(), 1);
    }

    proptest::proptest! {
        #[test]
        fn arbitrary_output_is_made_printable(output: Vec<u8>) {
            let shown = printable(&output);
            proptest::prop_assert!(!shown.chars().any(|c| c.is_ascii_control()));
        }
    }

    #[test]
    fn output_is_made_printable() {
        assert_eq!(printable(b"a\tb\n\x01c\xff\0d"), "a b _c_");
    }
}
