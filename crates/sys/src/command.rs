//! Commands that run as somebody else, as local(8) and pipe(8) start them: their own session, their own identity, a
//! pipe in and a pipe out, and nothing of ours left open.

use std::ffi::{CString, OsStr, OsString};
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use nix::errno::Errno;
use nix::sys::signal::Signal;
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::{ForkResult, Pid};

use crate::process::Ended;

/// What to run.
#[derive(Debug)]
pub struct Command<'a> {
    /// Programs, tried in order: the next one if one without a slash in its name is not found.
    pub programs: &'a [Program],
    /// Where programs without a slash in their name are looked for, separated by colons.
    pub search_path: &'a str,
    /// The whole environment.
    pub environment: &'a [(OsString, OsString)],
    /// The user and group to become, for good.
    pub identity: (u32, u32),
    /// The working directory, if it is to change.
    pub directory: Option<&'a Path>,
    /// Standard input.
    pub input: BorrowedFd<'a>,
    /// Standard output and standard error.
    pub output: BorrowedFd<'a>,
}

/// A program and its arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    /// Its file, or its name in the search path.
    pub name: OsString,
    /// Its whole argument vector, the name that it is called by first.
    pub arguments: Vec<OsString>,
}

/// Why a command does not run; said in the new process, whose standard error is the command's.
#[derive(Debug)]
pub enum StartError {
    /// Its identity could not be taken on, or its descriptors not be arranged.
    Prepare(io::Error),
    /// Its working directory.
    Directory(io::Error),
    /// The program of this name.
    Execute(OsString, io::Error),
}

/// Starts a command and gives its process id. When it cannot be executed, the text of `explain` goes to its standard
/// error and it exits with `failure_status`.
///
/// # Errors
/// No process could be made, an argument contains a NUL byte, the process has threads that do not end, or it is to
/// become root.
pub fn start(
    command: &Command<'_>,
    failure_status: i32,
    explain: &dyn Fn(&StartError) -> String,
) -> io::Result<u32> {
    let (uid, gid) = command.identity;
    if uid == 0 || gid == 0 {
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, "privileged command"));
    }
    if !cfg!(test) && !becomes_single_threaded() {
        return Err(io::Error::other("fork in a process with threads"));
    }
    let prepared = Prepared::new(command)?;
    // SAFETY: this process has one thread (checked above), so the child may do anything that this process may.
    match unsafe { nix::unistd::fork() }? {
        ForkResult::Parent { child } => Ok(child.as_raw().unsigned_abs()),
        ForkResult::Child => {
            let error = become_command(command, &prepared);
            let text = explain(&error);
            let _ = nix::unistd::write(io::stderr(), text.as_bytes());
            // SAFETY: ends the child at once, without the parent's exit handlers.
            unsafe { libc::_exit(failure_status) }
        }
    }
}

/// Waits for helper threads that are about to end, such as those of a look-up.
fn becomes_single_threaded() -> bool {
    for _ in 0..100 {
        if !std::fs::read_dir("/proc/self/task").is_ok_and(|tasks| tasks.count() > 1) {
            return true;
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    false
}

struct Prepared {
    attempts: Vec<Attempt>,
    environment: Vec<CString>,
}

struct Attempt {
    /// Files to execute, the first that exists wins.
    paths: Vec<CString>,
    arguments: Vec<CString>,
    has_slash: bool,
    name: OsString,
}

impl Prepared {
    fn new(command: &Command<'_>) -> io::Result<Prepared> {
        let mut attempts = Vec::with_capacity(command.programs.len());
        for Program { name, arguments } in command.programs {
            let has_slash = name.as_bytes().contains(&b'/');
            let paths = if has_slash {
                vec![c_string(name)?]
            } else {
                let directories = command.search_path.split(':');
                directories
                    .map(|dir| c_string(Path::new(dir).join(name).as_os_str()))
                    .collect::<Result<_, _>>()?
            };
            let arguments = arguments.iter().map(|argument| c_string(argument)).collect::<Result<_, _>>()?;
            attempts.push(Attempt { paths, arguments, has_slash, name: name.clone() });
        }
        let environment = command.environment.iter().map(|(name, value)| {
            let mut pair = name.clone();
            pair.push("=");
            pair.push(value);
            c_string(&pair)
        });
        Ok(Prepared { attempts, environment: environment.collect::<Result<_, _>>()? })
    }
}

fn c_string(text: &OsStr) -> io::Result<CString> {
    CString::new(text.as_bytes()).map_err(|_| io::ErrorKind::InvalidInput.into())
}

/// In the child: returns only with an error.
fn become_command(command: &Command<'_>, prepared: &Prepared) -> StartError {
    let (uid, gid) = command.identity;
    if let Err(error) = crate::set_ugid(uid, gid) {
        return StartError::Prepare(error);
    }
    let _ = nix::unistd::setsid();
    for (source, target) in [(command.input, 0), (command.output, 1), (command.output, 2)] {
        // SAFETY: the source is open; the targets are the standard descriptors. dup2 clears close-on-exec.
        if unsafe { libc::dup2(source.as_raw_fd(), target) } < 0 {
            return StartError::Prepare(io::Error::last_os_error());
        }
    }
    close_on_exec_from(3);
    if let Some(directory) = command.directory
        && let Err(error) = nix::unistd::chdir(directory)
    {
        return StartError::Directory(error.into());
    }
    let mut last = StartError::Prepare(Errno::ENOENT.into());
    for attempt in &prepared.attempts {
        let error = execute(attempt, &prepared.environment);
        let goes_on = error == Errno::ENOENT && !attempt.has_slash;
        last = StartError::Execute(attempt.name.clone(), error.into());
        if !goes_on {
            break;
        }
    }
    last
}

fn execute(attempt: &Attempt, environment: &[CString]) -> Errno {
    let mut worst = Errno::ENOENT;
    for path in &attempt.paths {
        match nix::unistd::execve(path, &attempt.arguments, environment) {
            Ok(never) => match never {},
            Err(Errno::ENOEXEC) => return as_script(path, attempt, environment),
            Err(Errno::ENOENT | Errno::ENOTDIR) => {}
            Err(Errno::EACCES) => worst = Errno::EACCES,
            Err(error) => return error,
        }
    }
    worst
}

/// Lets all descriptors from `first` up close when a program is executed; until then, `explain` may log.
fn close_on_exec_from(first: u32) {
    // SAFETY: sets a flag of descriptors; numbers that are not open do no harm.
    let result = unsafe { libc::syscall(libc::SYS_close_range, first, u32::MAX, libc::CLOSE_RANGE_CLOEXEC) };
    if result < 0 {
        for number in first..1024 {
            let number = i32::try_from(number).unwrap_or(i32::MAX);
            // SAFETY: as above.
            unsafe { libc::fcntl(number, libc::F_SETFD, libc::FD_CLOEXEC) };
        }
    }
}

/// A file that the kernel does not know how to run is a shell script, by old custom.
fn as_script(path: &CString, attempt: &Attempt, environment: &[CString]) -> Errno {
    let shell = c"/bin/sh".to_owned();
    let rest = attempt.arguments.iter().skip(1).cloned();
    let arguments: Vec<CString> = [shell.clone(), path.clone()].into_iter().chain(rest).collect();
    match nix::unistd::execve(&shell, &arguments, environment) {
        Ok(never) => match never {},
        Err(error) => error,
    }
}

/// Looks whether a command has ended; never waits.
///
/// # Errors
/// It is not a child of this process.
pub fn try_wait(pid: u32) -> io::Result<Option<Ended>> {
    match waitpid(raw(pid)?, Some(WaitPidFlag::WNOHANG)) {
        Ok(WaitStatus::Exited(_, status)) => Ok(Some(Ended::Exited(status))),
        Ok(WaitStatus::Signaled(_, signal, _)) => Ok(Some(Ended::Killed(signal as i32))),
        Ok(_) | Err(Errno::EINTR) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Kills a command and all processes of its session's first process group.
///
/// # Errors
/// There is no such process any more, or no permission.
pub fn kill(pid: u32) -> io::Result<()> {
    let pid = raw(pid)?;
    let group = nix::sys::signal::kill(Pid::from_raw(-pid.as_raw()), Signal::SIGKILL);
    Ok(group.or_else(|_| nix::sys::signal::kill(pid, Signal::SIGKILL))?)
}

fn raw(pid: u32) -> io::Result<Pid> {
    Ok(Pid::from_raw(i32::try_from(pid).map_err(|_| io::Error::from(io::ErrorKind::InvalidInput))?))
}
