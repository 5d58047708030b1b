//! Services that read datagrams: postlogd.

use std::ffi::OsString;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::socket::{MsgFlags, recv};

use sys::signals::{Signal, SignalPipe};

use crate::arguments::Transport;
use crate::master_link::MasterLink;
use crate::protocol::Availability;
use crate::setup::{ProcessLimit, Setup, take_long_turns};
use crate::{Fatal, fatal, log_lines};

/// A service that reads datagrams: plain blocking code.
pub trait DatagramService: Sized {
    /// The program, as parameters are assigned to programs in crate `params`.
    const PROGRAM: &'static str;
    /// What master.cf must say about the number of processes.
    const PROCESS_LIMIT: ProcessLimit = ProcessLimit::Any;
    /// Does `max_use` end the process?
    const LIMITED_USE: bool = true;
    /// The longest datagram, in bytes; the rest of a longer one is lost.
    const LONGEST: usize;

    /// How long the process may be stuck before it is ended.
    fn watchdog(setup: &Setup) -> Duration {
        let _ = setup;
        Duration::from_secs(1000)
    }

    /// Begins to log as main.cf says.
    ///
    /// # Errors
    /// The settings are wrong.
    fn start_log(logging: &cli::logging::Settings, called: &str) -> Result<(), cli::logging::Error> {
        logging.apply(called, None, false)
    }

    /// Opens what must be opened with root's rights and outside of the jail.
    ///
    /// # Errors
    /// The service cannot start.
    fn pre_jail(setup: &Setup) -> Result<Self, Fatal>;

    /// Takes one datagram.
    fn take(&mut self, datagram: &[u8]);

    /// Runs when no more datagrams wait, or many were taken: does with them what is better done at once.
    fn taken_all(&mut self) {}

    /// A datagram could not be received.
    fn receive_failed(&mut self, error: &io::Error);
}

/// Runs a datagram service to its end; for a daemon's `main`.
pub fn run_datagram<S: DatagramService>(args: Vec<OsString>) -> ExitCode {
    fatal::end(run::<S>(&args))
}

fn run<S: DatagramService>(args: &[OsString]) -> Result<(), Fatal> {
    let setup = Setup::load_and_log(args, S::PROGRAM, S::PROCESS_LIMIT, S::start_log)?;
    setup.transport(&[Transport::UnixDatagram])?;
    let link = MasterLink::claim()?;
    let sockets = setup.claim_listeners()?;
    let mut service = S::pre_jail(&setup)?;
    setup.enter_jail()?;
    take_long_turns();
    receive(&mut service, &setup, &link, &sockets)
}

fn receive<S: DatagramService>(
    service: &mut S,
    setup: &Setup,
    link: &MasterLink,
    sockets: &[OwnedFd],
) -> Result<(), Fatal> {
    let timeout = S::watchdog(setup);
    let watchdog = sys::signals::Watchdog::new(
        u32::try_from(timeout.as_secs()).unwrap_or(u32::MAX),
        log_lines::watchdog_timeout,
    );
    let tick = (timeout / 4).clamp(Duration::from_secs(1), Duration::from_secs(60));
    let mut buffer = vec![0; S::LONGEST];
    let mut uses_left = setup.max_use().filter(|_| S::LIMITED_USE);
    let mut idle_since = Instant::now();
    let mut is_known = false;
    let signals = SignalPipe::new(&[Signal::SIGTERM])
        .map_err(|error| Fatal::new(format_args!("sigaction: {}", sys::error_text(&error))))?;
    while uses_left != Some(0) {
        watchdog.pat();
        let idle_left = setup.max_idle().map(|limit| limit.saturating_sub(idle_since.elapsed()));
        let mut watched: Vec<PollFd<'_>> =
            sockets.iter().map(|socket| PollFd::new(socket.as_fd(), PollFlags::POLLIN)).collect();
        watched.push(PollFd::new(link.as_fd(), PollFlags::POLLIN));
        watched.push(PollFd::new(signals.as_fd(), PollFlags::POLLIN));
        let wait = idle_left.unwrap_or(tick).min(tick).saturating_add(Duration::from_millis(1));
        match poll(&mut watched, PollTimeout::try_from(wait).unwrap_or(PollTimeout::MAX)) {
            Ok(0) if idle_left == Some(Duration::ZERO) => {
                log_lines::idle_timeout();
                return Ok(());
            }
            Ok(0) => continue,
            Err(nix::errno::Errno::EINTR) if signals.drain().is_empty() => continue,
            // The mail system ends. What was sent before that is still taken.
            Err(nix::errno::Errno::EINTR) => return end_by_signal(service, sockets, &mut buffer),
            Ok(_) => {}
            Err(errno) => return Err(Fatal::new(format_args!("event loop: {}", sys::errno_text(errno)))),
        }
        let ready: Vec<bool> = watched
            .iter()
            .map(|watched| watched.revents().is_some_and(|events| !events.is_empty()))
            .collect();
        for (socket, _) in sockets.iter().zip(&ready).filter(|(_, ready)| **ready) {
            if !is_known {
                is_known = true;
                // A master that is gone shows at the pipe itself.
                let _ = link.notify(Availability::Taken);
                let _ = link.notify(Availability::Available);
            }
            drain(service, socket, &mut buffer);
            idle_since = Instant::now();
            uses_left = uses_left.map(|uses| uses.saturating_sub(1));
        }
        if !signals.drain().is_empty() {
            return end_by_signal(service, sockets, &mut buffer);
        }
        // Datagrams that are here come first: their senders do not wait for an answer.
        if ready.get(sockets.len()) == Some(&true) {
            log_lines::master_disconnected();
            return Ok(());
        }
    }
    Ok(())
}

fn end_by_signal<S: DatagramService>(
    service: &mut S,
    sockets: &[OwnedFd],
    buffer: &mut [u8],
) -> Result<(), Fatal> {
    for socket in sockets {
        drain(service, socket, buffer);
    }
    // Master shall see how the process ended.
    let _ = sys::signals::restore_default(Signal::SIGTERM);
    let _ = nix::sys::signal::raise(nix::sys::signal::Signal::SIGTERM);
    Ok(())
}

fn drain<S: DatagramService>(service: &mut S, socket: &OwnedFd, buffer: &mut [u8]) {
    take_waiting(service, socket, buffer);
    service.taken_all();
}

fn take_waiting<S: DatagramService>(service: &mut S, socket: &OwnedFd, buffer: &mut [u8]) {
    use std::os::fd::AsRawFd;
    // Bounded, so that the end of master is noticed under a flood.
    for _ in 0..100 {
        match recv(socket.as_raw_fd(), buffer, MsgFlags::MSG_DONTWAIT) {
            Ok(length) => service.take(buffer.get(..length).unwrap_or_default()),
            Err(nix::errno::Errno::EAGAIN) => return,
            Err(errno) => {
                service.receive_failed(&errno.into());
                return;
            }
        }
    }
}
