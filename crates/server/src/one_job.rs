//! Services that take one job at a time, because a job changes the process's identity.

use std::ffi::OsString;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use sys::readiness::{SharedWait, Woken};

use crate::arguments::Transport;
use crate::master_link::MasterLink;
use crate::protocol::Availability;
use crate::setup::{ProcessLimit, Setup, take_long_turns};
use crate::{Fatal, fatal, listener, log_lines};

/// A service that takes one job at a time: plain blocking code.
pub trait OneJobService: Sized {
    /// The program, as parameters are assigned to programs in crate `params`.
    const PROGRAM: &'static str;
    /// What master.cf must say about the number of processes.
    const PROCESS_LIMIT: ProcessLimit = ProcessLimit::Any;
    /// Must the service keep root's rights?
    const PRIVILEGED: bool = false;
    /// Does a job run other people's programs? They inherit how the process shares the processor.
    const RUNS_PROGRAMS: bool = true;

    /// Opens what must be opened with root's rights and outside of the jail.
    ///
    /// # Errors
    /// The service cannot start.
    fn pre_jail(setup: &Setup) -> Result<Self, Fatal>;

    /// Runs once in the jail, before the first job.
    ///
    /// # Errors
    /// The service cannot start.
    fn post_jail(&mut self, setup: &Setup) -> Result<(), Fatal> {
        let _ = setup;
        Ok(())
    }

    /// A table that has changed since it was opened. Asked before each job is accepted; the process then ends, and a new one
    /// starts with the table as it is.
    fn changed_table(&self) -> Option<String> {
        None
    }

    /// Does one job. The stream blocks.
    fn serve(&mut self, stream: UnixStream, setup: &Setup);

    /// Runs when the process ends in an orderly way.
    fn on_exit(&mut self) {}
}

/// Runs a one-job service to its end; for a daemon's `main`.
pub fn run_one_job<S: OneJobService>(args: Vec<OsString>) -> ExitCode {
    fatal::end(run::<S>(&args))
}

fn run<S: OneJobService>(args: &[OsString]) -> Result<(), Fatal> {
    let setup = Setup::load(args, S::PROGRAM, S::PROCESS_LIMIT)?;
    if S::PRIVILEGED && !setup.privileged {
        return Err(Fatal::new(format_args!("service {} requires privileged operation", setup.service_name)));
    }
    if setup.standard_input {
        return serve_standard_input::<S>(&setup);
    }
    let transport = setup.transport(&[Transport::Inet, Transport::Unix, Transport::Pass])?;
    let link = MasterLink::claim()?;
    let listeners = setup.claim_listeners()?;
    let mut service = S::pre_jail(&setup)?;
    setup.enter_jail()?;
    service.post_jail(&setup)?;
    if !S::RUNS_PROGRAMS {
        take_long_turns();
    }
    let result = accept_jobs(&mut service, &setup, transport, &link, &listeners);
    service.on_exit();
    result
}

fn serve_standard_input<S: OneJobService>(setup: &Setup) -> Result<(), Fatal> {
    let mut service = S::pre_jail(setup)?;
    setup.enter_jail()?;
    service.post_jail(setup)?;
    let input = sys::inherit(0)
        .map_err(|error| Fatal::new(format_args!("standard input: {}", sys::error_text(&error))))?;
    service.serve(UnixStream::from(input), setup);
    service.on_exit();
    Ok(())
}

fn accept_jobs<S: OneJobService>(
    service: &mut S,
    setup: &Setup,
    transport: Transport,
    link: &MasterLink,
    listeners: &[OwnedFd],
) -> Result<(), Fatal> {
    let timeout = setup.config.get(&params::DAEMON_TIMEOUT).as_secs();
    let watchdog =
        sys::signals::Watchdog::new(u32::try_from(timeout).unwrap_or(u32::MAX), log_lines::watchdog_timeout);
    for listener in listeners {
        sys::set_nonblocking(listener, true)
            .map_err(|error| Fatal::new(format_args!("listen socket: {}", sys::error_text(&error))))?;
    }
    let event_loop =
        |error: std::io::Error| Fatal::new(format_args!("event loop: {}", sys::error_text(&error)));
    let waiting = SharedWait::new(link.as_fd(), listeners.iter().map(AsFd::as_fd)).map_err(event_loop)?;
    let mut uses_left = setup.max_use();
    let mut idle_since = Instant::now();
    while uses_left != Some(0) {
        watchdog.pat();
        let idle_left = setup.max_idle().map(|limit| limit.saturating_sub(idle_since.elapsed()));
        let limit = idle_left.map_or(TICK, |left| left.min(TICK));
        let woken = match waiting.wait(limit).map_err(event_loop)? {
            Woken::Nothing => forgotten_client(listeners),
            woken => woken,
        };
        match woken {
            // At the end of master, a client that is not accepted yet goes to the process that comes next.
            Woken::Own => {
                log_lines::master_disconnected();
                return Ok(());
            }
            Woken::Nothing if idle_left == Some(Duration::ZERO) => {
                log_lines::idle_timeout();
                return Ok(());
            }
            Woken::Nothing => {}
            Woken::Shared(index) => {
                if let Some(table) = service.changed_table() {
                    log_lines::table_changed(&table);
                    return Ok(());
                }
                let Some(client) = listeners.get(index).and_then(accept) else { continue };
                let Some(stream) = job_stream(client, transport) else { continue };
                log_lines::connection_established();
                // A master that is gone shows when the job is done.
                let _ = link.notify(Availability::Taken);
                do_job(service, stream, setup)?;
                if link.notify(Availability::Available).is_err() {
                    log_lines::master_disconnected();
                    return Ok(());
                }
                log_lines::connection_closed();
                idle_since = Instant::now();
                uses_left = uses_left.map(|uses| uses - 1);
            }
        }
    }
    Ok(())
}

// How long to wait at most: the process that was woken for a client may have ended before it accepted it, because a
// table changed, and then nobody else was told.
const TICK: Duration = Duration::from_secs(1);

fn forgotten_client(listeners: &[OwnedFd]) -> Woken {
    let waits = |listener: &OwnedFd| sys::descriptors::wait_readable(listener, Some(Duration::ZERO));
    match listeners.iter().position(|listener| waits(listener).unwrap_or(false)) {
        Some(index) => Woken::Shared(index),
        None => Woken::Nothing,
    }
}

fn accept(listener: &OwnedFd) -> Option<OwnedFd> {
    match listener::accept(listener) {
        Ok(client) => client,
        Err(error) => {
            log_lines::accept_failed(&error);
            std::thread::sleep(Duration::from_millis(200));
            None
        }
    }
}

fn job_stream(client: OwnedFd, transport: Transport) -> Option<UnixStream> {
    if sys::set_nonblocking(&client, false).is_err() {
        return None;
    }
    if transport != Transport::Pass {
        return Some(UnixStream::from(client));
    }
    match sys::recv_fd(&client) {
        Ok(passed) => {
            log_lines::attributes_ignored();
            Some(UnixStream::from(passed))
        }
        Err(error) => {
            log_lines::pass_failed("cannot receive file descriptor", &error);
            None
        }
    }
}

// A defect in one job ends the process: it may have been somebody else at that moment. The client sees the connection
// close, which it takes for a temporary failure.
fn do_job<S: OneJobService>(service: &mut S, stream: UnixStream, setup: &Setup) -> Result<(), Fatal> {
    catch_unwind(AssertUnwindSafe(|| service.serve(stream, setup)))
        .map_err(|_| Fatal::new("job ended by a defect in this program"))
}
