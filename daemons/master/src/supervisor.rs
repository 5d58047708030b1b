//! The loop: sockets that get clients, children that speak or end, timers, signals.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd, RawFd};
use std::time::{Duration, Instant};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use server::protocol;
use sys::process::{Ended, Program};
use sys::signals::{Signal, SignalPipe, Watchdog};

use crate::definition::Identity;
use crate::error::Error;
use crate::service::{Demand, Service};
use crate::settings::Settings;
use crate::wakeup::Call;
use crate::{log_lines, wakeup};

/// Everything that master knows.
pub(crate) struct Supervisor {
    /// main.cf as it is.
    pub(crate) settings: Settings,
    /// main.cf as it was when master started: what cannot change while it runs.
    pub(crate) started: Settings,
    pub(crate) services: BTreeMap<Identity, Service>,
    /// Children of services that are no more.
    pub(crate) orphans: Vec<u32>,
    pub(crate) attached: bool,
    pub(crate) init: bool,
    flow: (OwnedFd, OwnedFd),
    generation: u32,
    signals: SignalPipe,
    exit_at: Option<Instant>,
    /// Wake-up calls that were not answered yet.
    calls: Vec<Call>,
}

/// Why the loop ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// `-e`.
    Time,
    /// This signal.
    Signal(Signal),
}

const WATCHDOG_SECONDS: u32 = 1000;
/// Signals that end the mail system.
const DEADLY: [Signal; 3] = [Signal::SIGINT, Signal::SIGQUIT, Signal::SIGTERM];

impl Supervisor {
    pub(crate) fn new(
        settings: Settings,
        attached: bool,
        init: bool,
        exit_after: Option<Duration>,
    ) -> Result<Supervisor, Error> {
        let mut signals = DEADLY.to_vec();
        signals.extend([Signal::SIGHUP, Signal::SIGCHLD]);
        let signals = SignalPipe::new(&signals).map_err(|error| Error::system("sigaction", &error))?;
        use nix::fcntl::OFlag;
        let flow = nix::unistd::pipe2(OFlag::O_NONBLOCK | OFlag::O_CLOEXEC).map_err(|error| {
            Error::new(format_args!("master_flow_init: pipe: {}", sys::errno_text(error)))
        })?;
        Ok(Supervisor {
            started: settings.clone(),
            settings,
            services: BTreeMap::new(),
            orphans: Vec::new(),
            attached,
            init,
            flow,
            generation: 0,
            signals,
            exit_at: exit_after.and_then(|time| Instant::now().checked_add(time)),
            calls: Vec::new(),
        })
    }

    /// Runs the mail system until it is told to end.
    pub(crate) fn run(&mut self) -> Result<End, Error> {
        let watchdog = Watchdog::new(WATCHDOG_SECONDS, log_lines::watchdog_timeout);
        loop {
            watchdog.pat();
            self.run_timers();
            if self.exit_at.is_some_and(|time| time <= Instant::now()) {
                return Ok(End::Time);
            }
            self.wait()?;
            for signal in self.signals.drain() {
                match signal {
                    Signal::SIGHUP => self.reload()?,
                    Signal::SIGCHLD => {}
                    deadly => return Ok(End::Signal(deadly)),
                }
            }
            // Signals may coincide, so look for children whatever came.
            self.reap();
        }
    }

    // Waits for something to happen, and sees to the sockets where it did.
    fn wait(&mut self) -> Result<(), Error> {
        enum What {
            Status,
            Client,
        }
        let calls = std::mem::take(&mut self.calls);
        let mut watched: Vec<PollFd<'_>> = vec![PollFd::new(self.signals.as_fd(), PollFlags::POLLIN)];
        let mut owners: Vec<(&Identity, What)> = Vec::new();
        for (identity, service) in &self.services {
            watched.push(PollFd::new(service.status.master_end.as_fd(), PollFlags::POLLIN));
            owners.push((identity, What::Status));
            if service.demand() == Demand::Child {
                for listener in &service.listeners {
                    watched.push(PollFd::new(listener.as_fd(), PollFlags::POLLIN));
                    owners.push((identity, What::Client));
                }
            }
        }
        watched.extend(calls.iter().map(|call| PollFd::new(call.connection.as_fd(), PollFlags::POLLIN)));
        let timeout = PollTimeout::try_from(self.time_to_next_timer()).unwrap_or(PollTimeout::MAX);
        match poll(&mut watched, timeout) {
            Ok(_) | Err(nix::errno::Errno::EINTR) => {}
            Err(error) => {
                return Err(Error::new(format_args!("event_loop: poll: {}", sys::errno_text(error))));
            }
        }
        let is_ready = |watched: &PollFd<'_>| watched.revents().is_some_and(|events| !events.is_empty());
        let answered: Vec<bool> = watched.iter().rev().take(calls.len()).rev().map(is_ready).collect();
        let ready = watched.iter().skip(1).map(is_ready).zip(owners).filter(|(ready, _)| *ready);
        // Status first: a child that became free spares a new one.
        let (mut spoken, mut wanted) = (Vec::new(), Vec::new());
        for (_, (identity, what)) in ready {
            match what {
                What::Status => spoken.push(identity.clone()),
                What::Client => wanted.push(identity.clone()),
            }
        }
        let unanswered = calls.into_iter().zip(answered).filter(|(_, answered)| !answered);
        self.calls = unanswered.map(|(call, _)| call).collect();
        for identity in &spoken {
            if let Some(service) = self.services.get_mut(identity) {
                service.read_status();
                service.warn_if_busy();
            }
        }
        wanted.dedup();
        for identity in &wanted {
            self.spawn(identity)?;
        }
        Ok(())
    }

    fn time_to_next_timer(&self) -> Duration {
        let timers = self
            .services
            .values()
            .flat_map(|service| [service.wakeup_at, service.throttled_until])
            .chain([self.exit_at]);
        let longest = Duration::from_secs(u64::from(WATCHDOG_SECONDS) / 2);
        let now = Instant::now();
        let next = timers.flatten().map(|time| time.saturating_duration_since(now)).min().unwrap_or(longest);
        // Rounded up, so that the timer has expired after the wait.
        next.min(longest).saturating_add(Duration::from_millis(1))
    }

    fn run_timers(&mut self) {
        let now = Instant::now();
        self.calls.retain(|call| call.given_up_at > now);
        for service in self.services.values_mut() {
            if service.throttled_until.is_some_and(|time| time <= now) {
                service.throttled_until = None;
                log_lines::throttle_released(&service.definition.program);
            }
            if service.wakeup_at.is_some_and(|time| time <= now) {
                let period = Duration::from_secs(u64::from(service.definition.wakeup));
                service.wakeup_at = now.checked_add(period);
                let definition = &service.definition;
                if service.is_throttled() {
                    continue;
                }
                match wakeup::send(definition, self.settings.owner) {
                    Ok(call) => self.calls.extend(call),
                    Err(error) => {
                        log_lines::wakeup_failed(&definition.name, &definition.identity.canonical, &error);
                    }
                }
            }
        }
    }

    // Starts a child, unless a status message that was just read made it needless.
    fn spawn(&mut self, identity: &Identity) -> Result<(), Error> {
        let Some(service) = self.services.get_mut(identity) else { return Ok(()) };
        if service.demand() != Demand::Child {
            return Ok(());
        }
        let stressed = service.start_stressed()?;
        self.generation = self.generation.wrapping_add(1);
        let (place, sessions) = service.free_place();
        let args = service.definition.arguments(stressed);
        let environment = [
            (protocol::GENERATION, OsString::from(format!("{:o}", self.generation))),
            (protocol::SESSIONS, OsString::from(sessions.to_string())),
        ];
        let mut descriptors: Vec<(BorrowedFd<'_>, RawFd)> = vec![
            (self.flow.0.as_fd(), protocol::FLOW_READ_FD),
            (self.flow.1.as_fd(), protocol::FLOW_WRITE_FD),
            (service.status.child_end.as_fd(), protocol::STATUS_FD),
        ];
        let listeners = service.listeners.iter().zip(protocol::FIRST_LISTEN_FD..);
        descriptors.extend(listeners.map(|(listener, number)| (listener.as_fd(), number)));
        let path = &service.definition.program;
        let program =
            Program { path, args: &args, environment: &environment, descriptors: &descriptors, closed: &[] };
        let failed = |error: &std::io::Error| {
            log_lines::exec_failed(path, error);
            std::thread::sleep(Duration::from_secs(1));
        };
        match sys::process::spawn(&program, 1, &failed) {
            Ok(pid) => {
                log_lines::spawned(path, pid);
                service.add_child(pid, self.generation, place);
            }
            Err(error) => {
                log_lines::fork_failed(&error);
                service.throttled_until = Instant::now().checked_add(self.settings.throttle_time);
            }
        }
        Ok(())
    }

    fn reap(&mut self) {
        while let Some((pid, ended)) = sys::process::reap() {
            let owner = self.services.values_mut().find(|service| service.children.contains_key(&pid));
            let Some(service) = owner else {
                // A child of a service that is no more, or (as process 1) somebody else's.
                self.orphans.retain(|orphan| *orphan != pid);
                continue;
            };
            let Some(child) = service.children.remove(&pid) else { continue };
            let program = &service.definition.program;
            match ended {
                Ended::Exited(0) => continue,
                Ended::Exited(status) => log_lines::exit_status(program, pid, status),
                Ended::Killed(signal) => log_lines::killed(program, pid, signal),
            }
            if !child.has_served && !service.is_throttled() {
                log_lines::throttling(program);
                service.throttled_until = Instant::now().checked_add(self.settings.throttle_time);
            }
        }
    }

    /// Ends the mail system: every process of it gets a SIGTERM.
    pub(crate) fn end_all(&self, signal: Signal) {
        // This process goes on until it has sent the signal to all.
        let _ = sys::signals::ignore(Signal::SIGTERM);
        if sys::process::kill_own_group(Signal::SIGTERM).is_err() {
            // Not the leader of its group (`-d`): one by one.
            for pid in self.services.values().flat_map(|service| service.children.keys()).chain(&self.orphans)
            {
                let _ = sys::process::kill(*pid, Signal::SIGTERM);
            }
        }
        log_lines::terminating(signal as i32);
    }
}
