//! From the command line to the loop: background, session, locks.

use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::os::fd::OwnedFd;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use sys::lock::{LockKind, try_exclusive};
use sys::process::Side;
use sys::signals::Signal;

use crate::error::Error;
use crate::log_lines;
use crate::options::Options;
use crate::settings::Settings;
use crate::supervisor::{End, Supervisor};

/// How long the foreground waits for the daemon: generous, as host names in main.cf may take their time.
const START_TIMEOUT: Duration = Duration::from_secs(100);

/// Runs master to its end.
pub(crate) fn run(args: &[OsString]) -> Result<ExitCode, Error> {
    sys::process::umask(0o077);
    log::set_verbose(u32::from(std::env::var_os(cli::VERBOSE_ENVIRONMENT).is_some()));
    // The kernel refuses only signals that cannot be ignored.
    let _ = sys::signals::ignore(Signal::SIGPIPE);
    sys::descriptors::close_from(3);
    log::init(log::Setup {
        tag: format!("{}/master", cli::logging::inherited_tag()),
        stderr: None,
        destination: cli::logging::destination_from_environment(),
    });
    check_rights()?;
    let options = Options::parse(args)?;
    log::set_verbose(log::verbose() + options.verbose);
    if let Some(directory) = &options.config_directory {
        cli::set_environment(cli::CONFIG_ENVIRONMENT, directory)
            .map_err(|error| Error::system("setenv", &error))?;
    }
    let ready = if options.wait {
        match go_to_background()? {
            Background::Parent => return Ok(ExitCode::SUCCESS),
            Background::Child(ready) => Some(ready),
        }
    } else {
        None
    };
    if !options.attached {
        leave_terminal(options.keep_stdout)?;
    }
    let debug = options.debug || std::env::var_os(cli::DEBUG_ENVIRONMENT).is_some();
    if !options.init && !debug && !options.attached {
        // Fails for a process that leads a group already, which is as good.
        let _ = sys::process::new_session();
    }
    let result = serve(&options, debug, ready.as_ref());
    if let Err(error) = &result {
        // The process that waits in the foreground speaks next, so this comes before the pipe to it closes.
        error.log();
        return Ok(ExitCode::FAILURE);
    }
    result
}

fn check_rights() -> Result<(), Error> {
    if !nix::unistd::getuid().is_root() {
        return Err(Error::new("the master command is reserved for the superuser"));
    }
    if sys::environment::is_untrusted() {
        return Err(Error::new("the master command must not run as a set-uid process"));
    }
    Ok(())
}

enum Background {
    Parent,
    // The pipe on which the child says that it is ready.
    Child(OwnedFd),
}

fn go_to_background() -> Result<Background, Error> {
    let (read_end, write_end) = nix::unistd::pipe2(nix::fcntl::OFlag::O_CLOEXEC)
        .map_err(|error| Error::new(format_args!("pipe: {}", sys::errno_text(error))))?;
    match sys::process::fork_background().map_err(|error| Error::system("fork", &error))? {
        Side::Child => Ok(Background::Child(write_end)),
        Side::Parent(pid) => {
            drop(write_end);
            match sys::descriptors::wait_readable(&read_end, Some(START_TIMEOUT)) {
                Ok(true) => {}
                _ => {
                    log::warn!("Connection timed out while waiting for daemon initialization");
                    let _ = sys::process::kill(pid, Signal::SIGKILL);
                }
            }
            let mut byte = [0];
            match File::from(read_end).read(&mut byte) {
                Ok(1) => Ok(Background::Parent),
                _ => Err(Error::new("daemon initialization failure -- see logs for details")),
            }
        }
    }
}

fn leave_terminal(keep_stdout: bool) -> Result<(), Error> {
    let failed = |error: std::io::Error| Error::system("open /dev/null", &error);
    let null = OpenOptions::new().read(true).write(true).open("/dev/null").map_err(failed)?;
    sys::descriptors::replace_standard(&null, 0).map_err(failed)?;
    if !keep_stdout {
        sys::descriptors::replace_standard(&null, 1).map_err(failed)?;
    }
    sys::descriptors::replace_standard(&null, 2).map_err(failed)
}

fn serve(options: &Options, debug: bool, ready: Option<&OwnedFd>) -> Result<ExitCode, Error> {
    let settings = Settings::load()?;
    cli::clean_environment(&settings.config).map_err(Error::new)?;
    // If main.cf names no good place for the log, that is fatal when all else is ready; until then there is a better use
    // for the place that there is.
    let _ = settings.set_up_logging();
    let queue_directory = Path::new(settings.config.get(&params::QUEUE_DIRECTORY));
    std::env::set_current_dir(queue_directory)
        .map_err(|error| Error::system(format_args!("chdir {}", queue_directory.display()), &error))?;
    let pid_file = Path::new("pid/master.pid");
    if options.test {
        let is_free = !pid_file.exists() || open_lock(pid_file).is_ok();
        return Ok(if is_free { ExitCode::SUCCESS } else { ExitCode::FAILURE });
    }
    // Both stay open, and so locked, to the end.
    let _pid_lock = take_lock(pid_file)?;
    let _data_lock = {
        let path = Path::new(settings.config.get(&params::DATA_DIRECTORY)).join("master.lock");
        let owner = settings.owner;
        let _ids = sys::EffectiveIds::become_user(owner.uid, owner.gid)
            .map_err(|error| Error::system(format_args!("seteuid({})", owner.uid), &error))?;
        take_lock(&path)?
    };
    if debug {
        cli::start_debugger(&settings.config).map_err(Error::new)?;
    }
    let mut supervisor = Supervisor::new(settings, options.attached, options.init, options.exit_after)?;
    supervisor.start_services()?;
    supervisor.settings.set_up_logging()?;
    let config = &supervisor.settings.config;
    log_lines::daemon_started(config.get(&params::MAIL_VERSION), config.directory());
    if let Some(pipe) = ready {
        // If nobody waits any more, nobody needs to know.
        let _ = nix::unistd::write(pipe, b"\0");
    }
    let end = supervisor.run()?;
    Ok(finish(&supervisor, end))
}

fn finish(supervisor: &Supervisor, end: End) -> ExitCode {
    match end {
        End::Time => {
            log_lines::exit_time();
            ExitCode::SUCCESS
        }
        End::Signal(signal) => {
            supervisor.end_all(signal);
            if !supervisor.init {
                // The parent shall see which signal it was.
                let _ = sys::signals::restore_default(signal);
                let _ = nix::sys::signal::raise(signal);
            }
            ExitCode::SUCCESS
        }
    }
}

fn open_lock(path: &Path) -> Result<File, String> {
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .custom_flags(nix::fcntl::OFlag::O_NOFOLLOW.bits())
        .open(path)
        .map_err(|error| match error.kind() {
            // Neither the file is there, nor the directory to make it in.
            io::ErrorKind::NotFound => {
                format!("cannot create file exclusively: {}", sys::error_text(&error))
            }
            _ => format!("cannot open file: {}", sys::error_text(&error)),
        })?;
    match try_exclusive(&file, LockKind::Flock) {
        Ok(true) => Ok(file),
        Ok(false) => {
            Err(format!("unable to set exclusive lock: {}", sys::errno_text(nix::errno::Errno::EAGAIN)))
        }
        Err(error) => Err(format!("unable to set exclusive lock: {}", sys::error_text(&error))),
    }
}

// A lock file holds the process id, in 32 columns.
fn take_lock(path: &Path) -> Result<File, Error> {
    let shown = path.display();
    let file = open_lock(path).map_err(|why| Error::new(format_args!("open lock file {shown}: {why}")))?;
    file.write_all_at(format!("{:>32}\n", sys::pid()).as_bytes(), 0)
        .map_err(|error| Error::system(format_args!("cannot update lock file {shown}"), &error))?;
    Ok(file)
}
