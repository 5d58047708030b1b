//! Processes: starting a program with chosen descriptors, jail, resource limits, background.

use std::ffi::{CStr, CString, OsStr, OsString};
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, RawFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

pub use nix::sys::resource::Resource;
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::{ForkResult, Pid};

/// Where the system finds its commands (glibc's `_PATH_DEFPATH`): the `PATH` of what Postfix starts for strangers.
pub const SEARCH_PATH: &str = "/usr/bin:/bin";

/// This process's id.
pub fn pid() -> u32 {
    std::process::id()
}

/// Sets a resource limit, soft and hard alike; `None` is "unlimited".
///
/// # Errors
/// The kernel refused.
pub fn set_limit(resource: Resource, value: Option<u64>) -> io::Result<()> {
    let value = value.unwrap_or(nix::sys::resource::RLIM_INFINITY);
    Ok(nix::sys::resource::setrlimit(resource, value, value)?)
}

/// Sets a resource limit, unless a lower one is in force; says whether it did.
///
/// # Errors
/// The kernel refused.
pub fn lower_limit(resource: Resource, value: u64) -> io::Result<bool> {
    let (soft, _) = nix::sys::resource::getrlimit(resource)?;
    if soft > value { set_limit(resource, Some(value)).map(|()| true) } else { Ok(false) }
}

/// Raises the soft limit of open files towards `wanted`, as far as the hard limit (or root's right) allows; gives
/// the limit that is now in force.
///
/// # Errors
/// The limits cannot be read.
pub fn raise_open_files(wanted: u64) -> io::Result<u64> {
    use nix::sys::resource::{getrlimit, setrlimit};
    let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE)?;
    if soft >= wanted {
        return Ok(soft);
    }
    if wanted > hard && setrlimit(Resource::RLIMIT_NOFILE, wanted, wanted).is_ok() {
        return Ok(wanted);
    }
    let reachable = wanted.min(hard);
    setrlimit(Resource::RLIMIT_NOFILE, reachable, hard)?;
    Ok(reachable)
}

/// How many files the process may have open at once.
///
/// # Errors
/// The limit cannot be read.
pub fn max_open_files() -> io::Result<u64> {
    Ok(nix::sys::resource::getrlimit(Resource::RLIMIT_NOFILE)?.0)
}

/// Lets the process, and the threads that it starts from here on, take the processor in longer turns: waking up does not
/// interrupt what runs there. Its share of the time stays the same, and on a processor that is free it runs at once
/// (`SCHED_BATCH`, see sched(7)). Programs that it starts inherit this.
///
/// # Errors
/// The kernel refused.
pub fn take_long_turns() -> io::Result<()> {
    let parameters = libc::sched_param { sched_priority: 0 };
    // SAFETY: the call reads a structure that lives as long as it takes.
    match unsafe { libc::sched_setscheduler(0, libc::SCHED_BATCH, &raw const parameters) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// Confines the process to a directory and goes to its top.
///
/// # Errors
/// Not root, or no such directory.
pub fn chroot(directory: &Path) -> io::Result<()> {
    nix::unistd::chroot(directory)?;
    nix::unistd::chdir("/")?;
    Ok(())
}

/// How a child process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// It exited with this status.
    Exited(i32),
    /// This signal killed it.
    Killed(i32),
}

/// Collects one child that has ended, if there is any; never waits.
pub fn reap() -> Option<(u32, Ended)> {
    loop {
        match waitpid(None, Some(WaitPidFlag::WNOHANG)) {
            Ok(WaitStatus::Exited(pid, status)) => {
                return Some((pid.as_raw().unsigned_abs(), Ended::Exited(status)));
            }
            Ok(WaitStatus::Signaled(pid, signal, _)) => {
                return Some((pid.as_raw().unsigned_abs(), Ended::Killed(signal as i32)));
            }
            Ok(WaitStatus::StillAlive) => return None,
            Ok(_) | Err(nix::errno::Errno::EINTR) => {}
            Err(_) => return None,
        }
    }
}

/// Sends a signal to a process.
///
/// # Errors
/// No such process, or no permission.
pub fn kill(pid: u32, signal: nix::sys::signal::Signal) -> io::Result<()> {
    let pid = i32::try_from(pid).map_err(|_| io::Error::from(io::ErrorKind::InvalidInput))?;
    Ok(nix::sys::signal::kill(Pid::from_raw(pid), signal)?)
}

/// Sends a signal to all processes of a group.
///
/// # Errors
/// No such group, or no permission.
pub fn kill_group(leader: u32, signal: nix::sys::signal::Signal) -> io::Result<()> {
    let leader = i32::try_from(leader).map_err(|_| io::Error::from(io::ErrorKind::InvalidInput))?;
    Ok(nix::sys::signal::killpg(Pid::from_raw(leader), signal)?)
}

/// Is there such a process that this one may signal?
///
/// # Errors
/// There is none (`ESRCH`), or it is somebody else's (`EPERM`).
pub fn probe(pid: u32) -> io::Result<()> {
    let pid = i32::try_from(pid).map_err(|_| io::Error::from(io::ErrorKind::InvalidInput))?;
    Ok(nix::sys::signal::kill(Pid::from_raw(pid), None)?)
}

/// Sends a signal to all processes of the group that this process leads, itself included. Process 1 reaches all
/// processes of its system but itself.
///
/// # Errors
/// The process leads no group.
pub fn kill_own_group(signal: nix::sys::signal::Signal) -> io::Result<()> {
    Ok(nix::sys::signal::kill(Pid::from_raw(-nix::unistd::getpid().as_raw()), signal)?)
}

/// A program to start, with everything about the new process that differs from this one.
pub struct Program<'a> {
    /// The file to execute.
    pub path: &'a Path,
    /// The whole argument vector, `argv[0]` included.
    pub args: &'a [OsString],
    /// Variables to set over this process's environment.
    pub environment: &'a [(&'a str, OsString)],
    /// Descriptors to give to it: each under the number that comes with it. Numbers must differ.
    pub descriptors: &'a [(BorrowedFd<'a>, RawFd)],
    /// Descriptors that it must not have open (beyond those that close by themselves).
    pub closed: &'a [RawFd],
}

/// Starts a program; gives the new process's id. The caller collects it with [`reap`].
///
/// A program that cannot be executed shows as a process that exits with the status `exec_failed`; the text is
/// written by `on_failure`, which runs in the new process and may allocate and log, because the process that calls
/// this has one thread.
///
/// # Errors
/// No process could be made (`fork(2)`), or an argument contains a NUL byte. A process with several threads is
/// refused: its child could find a lock taken for good.
pub fn spawn(program: &Program<'_>, exec_failed: i32, on_failure: &dyn Fn(&io::Error)) -> io::Result<u32> {
    if !cfg!(test) && std::fs::read_dir("/proc/self/task").is_ok_and(|tasks| tasks.count() > 1) {
        return Err(io::Error::other("fork in a process with threads"));
    }
    let path = c_string(program.path.as_os_str())?;
    let args = program.args.iter().map(|arg| c_string(arg)).collect::<io::Result<Vec<_>>>()?;
    let environment = merged_environment(program.environment)?;
    // SAFETY: this process has one thread (checked above), so the child may do anything that this process may.
    match unsafe { nix::unistd::fork() }? {
        ForkResult::Parent { child } => Ok(child.as_raw().unsigned_abs()),
        ForkResult::Child => {
            let error = match arrange(program.descriptors, program.closed) {
                Ok(()) => match nix::unistd::execve(&path, &args, &environment) {
                    Ok(never) => match never {},
                    Err(error) => io::Error::from(error),
                },
                Err(error) => error,
            };
            on_failure(&error);
            // SAFETY: ends the child at once, without the parent's exit handlers.
            unsafe { libc::_exit(exec_failed) }
        }
    }
}

fn c_string(text: &OsStr) -> io::Result<CString> {
    CString::new(text.as_bytes()).map_err(|_| io::ErrorKind::InvalidInput.into())
}

fn merged_environment(changes: &[(&str, OsString)]) -> io::Result<Vec<CString>> {
    let inherited =
        std::env::vars_os().filter(|(name, _)| changes.iter().all(|(changed, _)| name != changed));
    let added = changes.iter().map(|(name, value)| (OsString::from(name), value.clone()));
    inherited
        .chain(added)
        .map(|(name, value)| {
            let mut pair = name;
            pair.push("=");
            pair.push(value);
            c_string(&pair)
        })
        .collect()
}

// In the child. Sources are first moved out of the way of all targets, so that no target overwrites a source.
fn arrange(descriptors: &[(BorrowedFd<'_>, RawFd)], closed: &[RawFd]) -> io::Result<()> {
    let above = descriptors.iter().map(|(_, target)| *target).max().unwrap_or(2) + 1;
    let mut moved = Vec::with_capacity(descriptors.len());
    for (source, target) in descriptors {
        // SAFETY: duplicates a descriptor that is borrowed for the call.
        let copy = unsafe { libc::fcntl(source.as_raw_fd(), libc::F_DUPFD_CLOEXEC, above.max(3)) };
        if copy < 0 {
            return Err(io::Error::last_os_error());
        }
        moved.push((copy, *target));
    }
    for number in closed {
        // SAFETY: in the child nobody uses these; a number that is not open does no harm.
        unsafe { libc::close(*number) };
    }
    for (copy, target) in moved {
        // SAFETY: the copy is open; the target is a number that the new program expects. dup2 clears close-on-exec.
        if unsafe { libc::dup2(copy, target) } < 0 {
            return Err(io::Error::last_os_error());
        }
    }
    Ok(())
}

/// Which side of a [`fork_background`] this is.
#[derive(Debug, PartialEq, Eq)]
pub enum Side {
    /// The process that called, with the new process's id.
    Parent(u32),
    /// The new process.
    Child,
}

/// Splits off a copy of this process. Only for a process with one thread, at start.
///
/// # Errors
/// `fork(2)` failed, or the process has several threads.
pub fn fork_background() -> io::Result<Side> {
    if std::fs::read_dir("/proc/self/task").is_ok_and(|tasks| tasks.count() > 1) {
        return Err(io::Error::other("fork in a process with threads"));
    }
    // SAFETY: one thread (checked above).
    match unsafe { nix::unistd::fork() }? {
        ForkResult::Parent { child } => Ok(Side::Parent(child.as_raw().unsigned_abs())),
        ForkResult::Child => Ok(Side::Child),
    }
}

/// Waits for one child to end.
///
/// # Errors
/// It is not a child of this process.
pub fn wait_for(pid: u32) -> io::Result<Ended> {
    let pid = Pid::from_raw(i32::try_from(pid).map_err(|_| io::Error::from(io::ErrorKind::InvalidInput))?);
    loop {
        match waitpid(pid, None) {
            Ok(WaitStatus::Exited(_, status)) => return Ok(Ended::Exited(status)),
            Ok(WaitStatus::Signaled(_, signal, _)) => return Ok(Ended::Killed(signal as i32)),
            Ok(_) | Err(nix::errno::Errno::EINTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

/// Starts a session of its own (`setsid(2)`).
///
/// # Errors
/// The process leads a process group already.
pub fn new_session() -> io::Result<()> {
    nix::unistd::setsid()?;
    Ok(())
}

/// Sets the file mode creation mask; gives the one before.
pub fn umask(mask: u32) -> u32 {
    nix::sys::stat::umask(nix::sys::stat::Mode::from_bits_truncate(mask)).bits()
}

/// The number of processors that this process may use, at least 1.
pub fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// Ends the process now, without running destructors or exit handlers: for a background copy that must leave the
/// original's state alone.
pub fn exit_now(status: i32) -> ! {
    // SAFETY: _exit takes any status and does not return.
    unsafe { libc::_exit(status) }
}

/// The file that this process was started from, as its parent named it; `None` where the kernel does not tell.
pub fn executed_file() -> Option<PathBuf> {
    // SAFETY: the kernel gives the address of a NUL-terminated string that lives as long as the process, or zero.
    let name = unsafe {
        let address = libc::getauxval(libc::AT_EXECFN) as *const libc::c_char;
        if address.is_null() {
            return None;
        }
        CStr::from_ptr(address)
    };
    Some(PathBuf::from(OsStr::from_bytes(name.to_bytes())))
}

/// Replaces this process by a program; comes back only with the reason why not. Unlike the standard library's way, this
/// leaves SIGPIPE alone: a program inherits that it is ignored.
pub fn exec(path: &Path, args: &[OsString]) -> io::Error {
    let attempt = || Ok(nix::unistd::execv(&c_string(path.as_os_str())?, &c_strings(args)?)?);
    attempt().map_or_else(|error| error, |never| match never {})
}

/// Replaces this process by the program that the first argument names, looked for in PATH where it has no slash, as
/// execvp(3) does: a shell runs what is no program. Comes back only with the reason why not.
pub fn exec_found(args: &[OsString]) -> io::Error {
    let attempt = || {
        let args = c_strings(args)?;
        let program = args.first().map(CString::as_c_str).unwrap_or_default();
        Ok(nix::unistd::execvp(program, &args)?)
    };
    attempt().map_or_else(|error| error, |never| match never {})
}

fn c_strings(args: &[OsString]) -> io::Result<Vec<CString>> {
    args.iter().map(|arg| c_string(arg)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;
    use std::os::fd::AsFd;

    #[test]
    fn descriptors_arrive_under_their_numbers() {
        let (read_end, write_end) = nix::unistd::pipe2(nix::fcntl::OFlag::O_CLOEXEC).unwrap();
        let args: Vec<OsString> = ["sh", "-c", "printf %s \"$WORD\" >&7"].map(OsString::from).to_vec();
        let program = Program {
            path: Path::new("/bin/sh"),
            args: &args,
            environment: &[("WORD", "seven".into())],
            descriptors: &[(write_end.as_fd(), 7)],
            closed: &[],
        };
        let pid = spawn(&program, 1, &|_| {}).unwrap();
        drop(write_end);
        let mut text = String::new();
        std::fs::File::from(read_end).read_to_string(&mut text).unwrap();
        assert_eq!(text, "seven");
        assert_eq!(wait_for(pid).unwrap(), Ended::Exited(0));
    }
}
