//! Services with a life of their own that others wake up with a byte or a few: qmgr, pickup, flush.

use std::ffi::OsString;
use std::future::Future;
use std::io;
use std::os::fd::OwnedFd;
use std::process::ExitCode;
use std::rc::Rc;
use std::time::Duration;

use tokio::io::AsyncReadExt;
use tokio::io::unix::AsyncFd;
use tokio::net::UnixStream;
use tokio::task::LocalSet;
use tokio::time::Instant;

use crate::arguments::Transport;
use crate::listener::Listeners;
use crate::master_link::MasterLink;
use crate::protocol::Availability;
use crate::setup::{ProcessLimit, Setup, take_long_turns};
use crate::{Fatal, fatal, log_lines};

/// How long work that was begun on the disk may take at the end of the process.
const LAST_DISK_WORK: Duration = Duration::from_secs(10);

/// A service with a life of its own: tasks on one thread, woken up by others.
pub trait EventService: Sized + 'static {
    /// The program, as parameters are assigned to programs in crate `params`.
    const PROGRAM: &'static str;
    /// What master.cf must say about the number of processes.
    const PROCESS_LIMIT: ProcessLimit = ProcessLimit::One;
    /// Does `max_use` end the process?
    const LIMITED_USE: bool = true;
    /// Does `max_idle` end the process?
    const LIMITED_IDLE: bool = true;
    /// Does a trigger wait for `in_flow_delay` when mail comes in faster than it goes out?
    const IN_FLOW_DELAY: bool = false;
    /// Threads for work that waits for the disk. Handing a piece of work to a thread that is busy wakes nobody, so a
    /// service with many small pieces does better with few threads.
    const DISK_THREADS: usize = 64;

    /// How long the process may be stuck before it is ended.
    fn watchdog(setup: &Setup) -> Duration {
        let _ = setup;
        Duration::from_secs(1000)
    }

    /// Opens what must be opened with root's rights and outside of the jail.
    ///
    /// # Errors
    /// The service cannot start.
    fn pre_jail(setup: &Setup) -> Result<Self, Fatal>;

    /// Runs the service in the jail. It ends when [`Triggers::next`] gives `None`, or earlier.
    ///
    /// # Errors
    /// The service cannot go on.
    fn run(self: Rc<Self>, setup: Setup, triggers: Triggers) -> impl Future<Output = Result<(), Fatal>>;
}

/// What wakes the service up.
#[derive(Debug)]
pub struct Triggers {
    link: MasterLink,
    master_end: AsyncFd<OwnedFd>,
    source: Source,
    idle_limit: Option<Duration>,
    idle_since: Instant,
    uses_left: Option<usize>,
    first: bool,
    flow: Option<(crate::FlowControl, Duration)>,
    watchdog: sys::signals::Watchdog,
    ticks: tokio::time::Interval,
}

#[derive(Debug)]
enum Source {
    Sockets {
        listeners: Listeners,
        /// The client whose trigger is being read. It is kept here, so that a read that was cut off goes on.
        client: Option<UnixStream>,
    },
    Fifo(AsyncFd<OwnedFd>),
}

/// The most that one trigger can carry, in bytes; Postfix's value.
const TRIGGER_LENGTH: usize = 1024;
/// How long a client that connected may take to send its trigger.
const TRIGGER_TIMEOUT: Duration = Duration::from_secs(10);

impl Triggers {
    /// Waits for the next trigger and gives its bytes, `None` when the process should end: master is gone or reloads,
    /// nothing happened for `max_idle`, or `max_use` is reached. Safe to cancel.
    pub async fn next(&mut self) -> Option<Vec<u8>> {
        loop {
            if self.uses_left == Some(0) {
                return None;
            }
            let idle_end = self.idle_limit.and_then(|limit| self.idle_since.checked_add(limit));
            let trigger = tokio::select! {
                biased;
                () = sys::readiness::closed(&self.master_end) => {
                    log_lines::master_disconnected();
                    return None;
                }
                trigger = self.source.next() => trigger,
                _ = self.ticks.tick() => {
                    self.watchdog.pat();
                    continue;
                }
                () = sleep_until(idle_end) => {
                    log_lines::idle_timeout();
                    return None;
                }
            };
            self.idle_since = Instant::now();
            self.watchdog.pat();
            match trigger {
                Ok(Some(bytes)) => {
                    self.uses_left = self.uses_left.map(|uses| uses.saturating_sub(1));
                    self.report();
                    self.wait_for_flow().await;
                    return Some(bytes);
                }
                Ok(None) => {}
                Err(error) => {
                    log_lines::accept_failed(&error);
                    tokio::time::sleep(Duration::from_millis(200)).await;
                }
            }
        }
    }

    // Once is enough for master to see that the program started well; there is one process only, so whether it is busy
    // changes nothing.
    fn report(&mut self) {
        if std::mem::take(&mut self.first) {
            let link = &self.link;
            // A master that is gone shows at the pipe itself.
            let _ = link.notify(Availability::Taken);
            let _ = link.notify(Availability::Available);
        }
    }

    async fn wait_for_flow(&self) {
        if let Some((flow, delay)) = &self.flow
            && !flow.take_one()
        {
            tokio::time::sleep(*delay).await;
        }
    }
}

impl Source {
    // One trigger; `Ok(None)` is a client that sent nothing.
    async fn next(&mut self) -> io::Result<Option<Vec<u8>>> {
        match self {
            Source::Sockets { listeners, client } => {
                if client.is_none() {
                    let accepted = listeners.accept().await?;
                    *client = UnixStream::from_std(accepted.into()).ok();
                }
                let Some(stream) = client else { return Ok(None) };
                let bytes = read_trigger(stream).await.filter(|bytes| !bytes.is_empty());
                *client = None;
                Ok(bytes)
            }
            Source::Fifo(fifo) => read_fifo(fifo).await.map(Some),
        }
    }
}

async fn read_trigger(stream: &mut UnixStream) -> Option<Vec<u8>> {
    let mut buffer = vec![0; TRIGGER_LENGTH];
    let length = tokio::time::timeout(TRIGGER_TIMEOUT, stream.read(&mut buffer)).await.ok()?.ok()?;
    buffer.truncate(length);
    Some(buffer)
}

async fn read_fifo(fifo: &AsyncFd<OwnedFd>) -> io::Result<Vec<u8>> {
    loop {
        let mut guard = fifo.readable().await?;
        let mut buffer = vec![0; TRIGGER_LENGTH];
        let result = guard.try_io(|fifo| Ok(nix::unistd::read(fifo.get_ref(), &mut buffer)?));
        match result {
            Ok(Ok(length)) => {
                buffer.truncate(length);
                return Ok(buffer);
            }
            Ok(Err(error)) => return Err(error),
            Err(_would_block) => {}
        }
    }
}

async fn sleep_until(end: Option<Instant>) {
    match end {
        Some(end) => tokio::time::sleep_until(end).await,
        None => std::future::pending().await,
    }
}

/// Runs a service that is woken by triggers to its end; for a daemon's `main`.
pub fn run_trigger<S: EventService>(args: Vec<OsString>) -> ExitCode {
    fatal::end(run::<S>(&args))
}

fn run<S: EventService>(args: &[OsString]) -> Result<(), Fatal> {
    let setup = Setup::load(args, S::PROGRAM, S::PROCESS_LIMIT)?;
    let transport = setup.transport(&[Transport::Unix, Transport::Fifo, Transport::Pass])?;
    let link = MasterLink::claim()?;
    let sockets = setup.claim_listeners()?;
    let service = Rc::new(S::pre_jail(&setup)?);
    setup.enter_jail()?;
    take_long_turns();
    let event_loop = |error: io::Error| Fatal::new(format_args!("event loop: {}", sys::error_text(&error)));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .max_blocking_threads(S::DISK_THREADS)
        .build()
        .map_err(event_loop)?;
    let tasks = LocalSet::new();
    let result = tasks.block_on(&runtime, async {
        let triggers = Triggers::new::<S>(&setup, link, sockets, transport).map_err(event_loop)?;
        service.run(setup.clone(), triggers).await
    });
    // What a thread has begun on the disk it also logs.
    runtime.shutdown_timeout(LAST_DISK_WORK);
    result
}

impl Triggers {
    fn new<S: EventService>(
        setup: &Setup,
        link: MasterLink,
        sockets: Vec<OwnedFd>,
        transport: Transport,
    ) -> io::Result<Triggers> {
        let source = match transport {
            Transport::Fifo => {
                // There is one fifo for a service: a name in the file system.
                let fifo = sockets.into_iter().next().ok_or(io::ErrorKind::NotFound)?;
                sys::set_nonblocking(&fifo, true)?;
                Source::Fifo(sys::readiness::watch(fifo)?)
            }
            _ => Source::Sockets { listeners: Listeners::new(sockets)?, client: None },
        };
        let delay = setup.config.get(&params::IN_FLOW_DELAY);
        let timeout = u32::try_from(S::watchdog(setup).as_secs()).unwrap_or(u32::MAX);
        let tick = Duration::from_secs(u64::from(timeout / 4).clamp(1, 60));
        let watchdog = sys::signals::Watchdog::new(timeout, log_lines::watchdog_timeout);
        watchdog.pat();
        Ok(Triggers {
            master_end: link.watch()?,
            link,
            source,
            idle_limit: setup.max_idle().filter(|_| S::LIMITED_IDLE),
            idle_since: Instant::now(),
            uses_left: setup.max_use().filter(|_| S::LIMITED_USE),
            first: true,
            flow: setup
                .flow
                .clone()
                .filter(|_| S::IN_FLOW_DELAY && !delay.is_zero())
                .map(|flow| (flow, delay)),
            watchdog,
            ticks: tokio::time::interval(tick),
        })
    }
}
