//! Services that serve many clients at once in one process.

use std::ffi::OsString;
use std::future::Future;
use std::os::fd::OwnedFd;
use std::process::ExitCode;
use std::rc::Rc;
use std::time::Duration;

use tokio::io::unix::AsyncFd;
use tokio::net::{TcpStream, UnixStream};
use tokio::sync::watch;
use tokio::task::{JoinSet, LocalSet};
use tokio::time::Instant;

use crate::arguments::Transport;
use crate::connection::Connection;
use crate::listener::{Accepted, Listeners};
use crate::master_link::MasterLink;
use crate::protocol::{Availability, HELP_WANTED};
use crate::setup::{ProcessLimit, Setup, take_long_turns};
use crate::slots::{Slot, Slots};
use crate::{Fatal, fatal, log_lines, pass};

/// A service that serves many clients at once: tasks on one thread.
///
/// A panic in one client's task ends that client's connection only.
pub trait SessionService: Sized + 'static {
    /// The program, as parameters are assigned to programs in crate `params`.
    const PROGRAM: &'static str;
    /// What master.cf must say about the number of processes.
    const PROCESS_LIMIT: ProcessLimit = ProcessLimit::Any;
    /// Does a process serve any number of clients, so that the process limit counts processes and not sessions? (So do
    /// Postfix's servers whose clients keep their connections: anvil, proxymap, trivial-rewrite.)
    const SHARED: bool = false;
    /// Does a new client wait for `in_flow_delay` when mail comes in faster than it goes out?
    const IN_FLOW_DELAY: bool = false;
    /// Does `max_use` end the process? (No, for services that hold state in memory.)
    const LIMITED_USE: bool = true;
    /// Does `max_idle` end the process?
    const LIMITED_IDLE: bool = true;

    /// Does what the service's name asks for other than serving clients. The process ends if it gives `true`.
    ///
    /// # Errors
    /// It could not be done.
    fn errand(setup: &Setup) -> Result<bool, Fatal> {
        let _ = setup;
        Ok(false)
    }

    /// Opens what must be opened with root's rights and outside of the jail: tables, files, keys.
    ///
    /// # Errors
    /// The service cannot start.
    fn pre_jail(setup: &Setup) -> Result<Self, Fatal>;

    /// Runs once in the jail, inside the tokio runtime, before the first client: starts background tasks with
    /// `tokio::task::spawn_local`.
    ///
    /// # Errors
    /// The service cannot start.
    fn post_jail(self: &Rc<Self>, setup: &Setup) -> Result<(), Fatal> {
        let _ = setup;
        Ok(())
    }

    /// Serves one client to the end.
    fn serve(self: Rc<Self>, connection: Connection, session: Session) -> impl Future<Output = ()>;

    /// Serves whoever started this process without master(8), on standard input and output (`-S`). A service that needs
    /// no event loop for that can do without.
    ///
    /// # Errors
    /// The service cannot start.
    fn serve_starter(self: Rc<Self>, setup: &Setup) -> Result<(), Fatal> {
        in_event_loop(async {
            self.post_jail(setup)?;
            serve_standard_input(&self).await
        })
    }

    /// After how much time without clients the process ends, given `max_idle`.
    fn max_idle(&self, configured: Option<Duration>) -> Option<Duration> {
        configured
    }

    /// The name of a table that has changed and that this process cannot open again, because it is in a jail or gave up
    /// its rights (`tables::Opener::needs_restart`). Asked before each client; the process then ends, and the client
    /// finds the next one.
    fn changed_table(&self) -> Option<String> {
        None
    }

    /// Runs when the process ends in an orderly way.
    fn on_exit(&self) {}
}

/// What belongs to one client's session.
#[derive(Clone, Debug)]
pub struct Session {
    /// The number in its log lines. Work that goes to another thread takes it along with [`log::in_number`].
    pub number: u32,
    /// Were all places taken when this session came in? (Postfix then starts processes with `stress = yes`.)
    pub stressed: bool,
    retired: watch::Receiver<bool>,
    retire: Rc<watch::Sender<bool>>,
}

impl Session {
    /// Resolves when the process winds up after `postfix reload` (or [`Session::retire_process`]). A server whose clients
    /// keep their connections waits for this between requests, and then hangs up.
    pub async fn retired(&self) {
        let mut retired = self.retired.clone();
        // The sender is in `self`, so it cannot be gone.
        let _ = retired.wait_for(|retired| *retired).await;
    }

    /// Is the process winding up?
    pub fn is_retired(&self) -> bool {
        *self.retired.borrow()
    }

    /// Winds the process up, because a table has changed that it cannot open again: no new clients, those that are here are
    /// served to the end.
    pub fn retire_process(&self, changed_table: &str) {
        log_lines::table_changed(changed_table);
        self.retire.send_replace(true);
    }
}

/// Runs a session service to its end; for a daemon's `main`.
pub fn run_sessions<S: SessionService>(args: Vec<OsString>) -> ExitCode {
    fatal::end(run::<S>(&args))
}

fn run<S: SessionService>(args: &[OsString]) -> Result<(), Fatal> {
    let setup = Setup::load(args, S::PROGRAM, S::PROCESS_LIMIT)?;
    let transport = if setup.standard_input {
        None
    } else {
        Some(setup.transport(&[Transport::Inet, Transport::Unix, Transport::Pass])?)
    };
    if S::errand(&setup)? {
        return Ok(());
    }
    let master = match transport {
        None => None,
        Some(transport) => Some((transport, MasterLink::claim()?, setup.claim_listeners()?)),
    };
    let limit = match &master {
        None => 1,
        Some(_) if S::SHARED => crate::setup::UNLIMITED,
        Some((_, link, _)) => match link.sessions {
            Some(count) => usize::try_from(count).unwrap_or(1).max(1),
            None => setup.process_limit(),
        },
    };
    // A session has a client, a queue file and a few connections to other services.
    let wanted = u64::try_from(limit).unwrap_or(0).saturating_mul(8).saturating_add(256);
    let _ = sys::process::raise_open_files(wanted);
    let service = Rc::new(S::pre_jail(&setup)?);
    setup.enter_jail()?;
    let result = match master {
        None => Rc::clone(&service).serve_starter(&setup),
        Some((transport, link, sockets)) => in_event_loop(async {
            take_long_turns();
            service.post_jail(&setup)?;
            Server::new(Rc::clone(&service), &setup, link, transport, sockets, limit)?.run().await
        }),
    };
    service.on_exit();
    result
}

fn in_event_loop(work: impl Future<Output = Result<(), Fatal>>) -> Result<(), Fatal> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .max_blocking_threads(64)
        .build()
        .map_err(|error| Fatal::new(format_args!("event loop: {}", sys::error_text(&error))))?;
    let result = LocalSet::new().block_on(&runtime, work);
    // Blocking work that is still under way belongs to nobody any more.
    runtime.shutdown_background();
    result
}

async fn serve_standard_input<S: SessionService>(service: &Rc<S>) -> Result<(), Fatal> {
    let connection = Connection::standard()
        .map_err(|error| Fatal::new(format_args!("standard input: {}", sys::error_text(&error))))?;
    let (retire, retired) = watch::channel(false);
    let session = Session { number: sys::pid(), stressed: false, retired, retire: Rc::new(retire) };
    Rc::clone(service).serve(connection, session).await;
    Ok(())
}

struct Server<S> {
    service: Rc<S>,
    link: MasterLink,
    master_end: AsyncFd<OwnedFd>,
    listeners: Listeners,
    transport: Transport,
    clients: JoinSet<()>,
    slots: Slots,
    limit: usize,
    max_idle: Option<Duration>,
    uses_left: Option<usize>,
    flow: Option<(crate::FlowControl, Duration)>,
    watchdog: sys::signals::Watchdog,
    retire: Rc<watch::Sender<bool>>,
    retired: watch::Receiver<bool>,
    reported: Reported,
}

/// What master was told last.
struct Reported {
    first_client: bool,
    sessions: usize,
}

enum Event {
    Client(std::io::Result<Accepted>),
    ClientEnded,
    MasterGone,
    Retired,
    Idle,
    Tick,
}

impl<S: SessionService> Server<S> {
    fn new(
        service: Rc<S>,
        setup: &Setup,
        link: MasterLink,
        transport: Transport,
        sockets: Vec<OwnedFd>,
        limit: usize,
    ) -> Result<Server<S>, Fatal> {
        let event_loop =
            |error: std::io::Error| Fatal::new(format_args!("event loop: {}", sys::error_text(&error)));
        let (retire, retired) = watch::channel(false);
        let max_idle = service.max_idle(setup.max_idle());
        let delay = setup.config.get(&params::IN_FLOW_DELAY);
        let timeout = setup.config.get(&params::DAEMON_TIMEOUT).as_secs();
        Ok(Server {
            service,
            master_end: link.watch().map_err(event_loop)?,
            link,
            listeners: Listeners::new(sockets).map_err(event_loop)?,
            transport,
            clients: JoinSet::new(),
            slots: Slots::default(),
            limit,
            max_idle: max_idle.filter(|_| S::LIMITED_IDLE),
            // Postfix's limit is for a process that serves one client at a time.
            uses_left: setup.max_use().filter(|_| S::LIMITED_USE).map(|uses| uses.saturating_mul(limit)),
            flow: setup
                .flow
                .clone()
                .filter(|_| S::IN_FLOW_DELAY && !delay.is_zero())
                .map(|flow| (flow, delay)),
            watchdog: sys::signals::Watchdog::new(
                u32::try_from(timeout).unwrap_or(u32::MAX),
                log_lines::watchdog_timeout,
            ),
            retire: Rc::new(retire),
            retired,
            reported: Reported { first_client: true, sessions: 0 },
        })
    }

    async fn run(mut self) -> Result<(), Fatal> {
        let mut idle_since = Instant::now();
        let mut ticks = tokio::time::interval(Duration::from_secs(60));
        self.link.notify_sessions(0);
        loop {
            match self.next_event(idle_since, &mut ticks).await {
                Event::Client(Ok(Accepted::Client(descriptor))) => self.start_session(descriptor),
                Event::Client(Ok(Accepted::Outdated(table))) => {
                    log_lines::table_changed(&table);
                    break;
                }
                Event::Client(Err(error)) => {
                    log_lines::accept_failed(&error);
                    // Out of descriptors, most likely: sessions that end will free some.
                    tokio::time::sleep(Duration::from_millis(200)).await;
                }
                Event::ClientEnded => {
                    idle_since = Instant::now();
                    self.report();
                }
                Event::MasterGone => {
                    log_lines::master_disconnected();
                    self.retire.send_replace(true);
                    break;
                }
                Event::Retired => break,
                Event::Idle => {
                    log_lines::idle_timeout();
                    break;
                }
                Event::Tick => {
                    self.watchdog.pat();
                    self.report_sessions();
                }
            }
            if self.uses_left == Some(0) {
                break;
            }
        }
        self.wind_up().await;
        Ok(())
    }

    async fn next_event(&mut self, idle_since: Instant, ticks: &mut tokio::time::Interval) -> Event {
        let has_room = self.slots.used() < self.limit;
        let is_idle = self.clients.is_empty();
        let idle_limit = self.max_idle.unwrap_or(Duration::MAX);
        let idle_end = idle_since.checked_add(idle_limit).filter(|_| self.max_idle.is_some());
        let mut retired = self.retired.clone();
        let service = Rc::clone(&self.service);
        let changed_table = || service.changed_table();
        tokio::select! {
            biased;
            () = sys::readiness::closed(&self.master_end) => Event::MasterGone,
            _ = retired.wait_for(|retired| *retired) => Event::Retired,
            // A panic has been logged where it happened.
            Some(_) = self.clients.join_next() => Event::ClientEnded,
            client = self.listeners.accept_unless(&changed_table), if has_room => Event::Client(client),
            _ = ticks.tick() => Event::Tick,
            () = sleep_until(idle_end), if is_idle => Event::Idle,
        }
    }

    fn start_session(&mut self, descriptor: OwnedFd) {
        log_lines::connection_established();
        if let Some(uses) = &mut self.uses_left {
            *uses = uses.saturating_sub(1);
        }
        let slot = self.slots.take();
        let session = Session {
            number: log::session_number(slot.index),
            stressed: self.slots.used() >= self.limit,
            retired: self.retired.clone(),
            retire: Rc::clone(&self.retire),
        };
        self.report();
        let delay = match &self.flow {
            Some((flow, delay)) if !flow.take_one() => Some(*delay),
            _ => None,
        };
        let (service, transport) = (Rc::clone(&self.service), self.transport);
        let number = session.number;
        let task = serve_client(service, transport, descriptor, session, delay, slot);
        self.clients.spawn_local(log::with_number(number, task));
    }

    // Postfix's master wants to hear once that this process took a client: else it takes an unhappy end for a program that
    // cannot start. Ours wants to know how many there are when that matters for starting another process.
    fn report(&mut self) {
        let link = &self.link;
        if self.reported.first_client {
            self.reported.first_client = false;
            // A master that is gone shows at the pipe itself.
            let _ = link.notify(Availability::Taken);
            let _ = link.notify(Availability::Available);
        }
        if is_news(self.slots.used(), self.reported.sessions, self.limit) {
            self.report_sessions();
        }
    }

    fn report_sessions(&mut self) {
        let now = self.slots.used();
        if now != self.reported.sessions {
            self.link.notify_sessions(now);
            self.reported.sessions = now;
        }
    }

    // No new clients; the others are served to the end. Master may start another process meanwhile.
    async fn wind_up(&mut self) {
        if self.clients.is_empty() {
            return;
        }
        let _ = self.link.notify(Availability::Taken);
        self.listeners.close();
        loop {
            tokio::select! {
                ended = self.clients.join_next() => match ended {
                    Some(_) => self.watchdog.pat(),
                    None => return,
                },
                () = sys::readiness::closed(&self.master_end), if !*self.retire.borrow() => {
                    self.retire.send_replace(true);
                }
            }
        }
    }
}

/// From here on a process is busy.
const BUSY: usize = HELP_WANTED as usize;

/// Is this count of sessions worth waking our master at once? That the process became busy or full is, and that there is room
/// again in one that was full. How it goes up and down in between matters to nobody: master hears the rest when it is
/// quiet, with the next tick.
fn is_news(now: usize, before: usize, limit: usize) -> bool {
    if before >= limit {
        now == 0 || now.saturating_add(BUSY) <= before
    } else {
        now >= limit || (before < BUSY && now >= BUSY)
    }
}

async fn sleep_until(end: Option<Instant>) {
    match end {
        Some(end) => tokio::time::sleep_until(end).await,
        None => std::future::pending().await,
    }
}

async fn serve_client<S: SessionService>(
    service: Rc<S>,
    transport: Transport,
    descriptor: OwnedFd,
    session: Session,
    delay: Option<Duration>,
    _slot: Slot,
) {
    let connection = match transport {
        Transport::Pass => pass::receive(descriptor).await,
        Transport::Inet => TcpStream::from_std(descriptor.into()).map(Connection::tcp).ok(),
        _ => UnixStream::from_std(descriptor.into()).map(Connection::unix).ok(),
    };
    let Some(connection) = connection else { return };
    if let Some(delay) = delay {
        tokio::time::sleep(delay).await;
    }
    service.serve(connection, session).await;
    log_lines::connection_closed();
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::os::unix::net::{UnixListener as Listener, UnixStream as Client};

    use nix::sys::socket::{AddressFamily, SockFlag, SockType, socketpair};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;
    use crate::protocol::Status;

    /// Answers one byte with the same byte; a `!` is a defect.
    #[derive(Default)]
    struct Echo {
        served: Cell<usize>,
    }

    impl SessionService for Echo {
        const PROGRAM: &'static str = "anvil";

        fn pre_jail(_: &Setup) -> Result<Echo, Fatal> {
            Ok(Echo::default())
        }

        async fn serve(self: Rc<Self>, mut connection: Connection, session: Session) {
            let mut byte = [0];
            tokio::select! {
                result = connection.stream.read_exact(&mut byte) => {
                    result.unwrap();
                }
                () = session.retired() => byte = *b"R",
            }
            assert_ne!(&byte, b"!", "a defect");
            self.served.set(self.served.get() + 1);
            connection.stream.write_all(&byte).await.unwrap();
        }
    }

    struct Scene {
        server: Server<Echo>,
        service: Rc<Echo>,
        listener: Listener,
        master: OwnedFd,
    }

    // A server with two places for sessions, as our master would start it; must run in a runtime.
    fn scene(main_cf: &str) -> Scene {
        let name = format!("oxipost-session-{}-{:p}", std::process::id(), main_cf);
        let path = std::env::temp_dir().join(name);
        let _ = std::fs::remove_file(&path);
        let listener = Listener::bind(&path).unwrap();
        let (master, child) =
            socketpair(AddressFamily::Unix, SockType::Stream, None, SockFlag::empty()).unwrap();
        let link = MasterLink::for_test(child, Some(2));
        let setup = Setup::for_test(config::Config::from_text("anvil", main_cf).unwrap());
        let service = Rc::new(Echo::default());
        let sockets = vec![listener.try_clone().unwrap().into()];
        let server = Server::new(Rc::clone(&service), &setup, link, Transport::Unix, sockets, 2).unwrap();
        Scene { server, service, listener, master }
    }

    #[test]
    fn master_hears_what_matters() {
        // Busy, then full.
        assert!(!is_news(3, 0, 50) && is_news(4, 0, 50) && !is_news(20, 4, 50) && is_news(50, 4, 50));
        // Room again, but not for each session that ends in a full process.
        assert!(!is_news(49, 50, 50) && is_news(46, 50, 50));
        // Up and down below.
        assert!(!is_news(0, 4, 50) && !is_news(9, 4, 50));
        assert!(is_news(1, 0, 1) && is_news(0, 1, 1) && is_news(0, 2, 2));
    }

    fn connect(listener: &Listener) -> UnixStream {
        let address = listener.local_addr().unwrap();
        let client = Client::connect(address.as_pathname().unwrap()).unwrap();
        client.set_nonblocking(true).unwrap();
        UnixStream::from_std(client).unwrap()
    }

    async fn ask(client: &mut UnixStream, byte: u8) -> Option<u8> {
        client.write_all(&[byte]).await.unwrap();
        answer(client).await
    }

    async fn answer(client: &mut UnixStream) -> Option<u8> {
        let mut answer = [0];
        (client.read(&mut answer).await.unwrap() == 1).then_some(answer[0])
    }

    fn run_scene<T>(main_cf: &str, test: impl AsyncFnOnce(Scene) -> T) -> T {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        LocalSet::new().block_on(&runtime, async { test(scene(main_cf)).await })
    }

    #[test]
    fn a_defect_ends_one_session_only() {
        run_scene("max_idle = 1s\nmyhostname = a.example\n", async |scene| {
            let Scene { server, service, listener, master: _master } = scene;
            let server = tokio::task::spawn_local(server.run());
            let (mut bad, mut good) = (connect(&listener), connect(&listener));
            assert_eq!(ask(&mut bad, b'!').await, None);
            assert_eq!(ask(&mut good, b'x').await, Some(b'x'));
            // Both places are free again.
            let (mut third, mut fourth) = (connect(&listener), connect(&listener));
            assert_eq!(ask(&mut third, b'3').await, Some(b'3'));
            assert_eq!(ask(&mut fourth, b'4').await, Some(b'4'));
            assert_eq!(service.served.get(), 3);
            // Nothing happens for max_idle.
            server.await.unwrap().unwrap();
        });
    }

    #[test]
    fn clients_are_served_to_the_end_when_master_goes() {
        run_scene("max_idle = 100s\nmyhostname = b.example\n", async |scene| {
            let Scene { server, listener, master, .. } = scene;
            let server = tokio::task::spawn_local(server.run());
            let mut client = connect(&listener);
            tokio::time::sleep(Duration::from_millis(50)).await;
            drop(master);
            assert_eq!(answer(&mut client).await, Some(b'R'));
            server.await.unwrap().unwrap();
        });
    }

    #[test]
    fn a_session_more_than_there_are_places_waits() {
        run_scene("max_idle = 100s\nmax_use = 2\nmyhostname = c.example\n", async |scene| {
            let Scene { server, listener, master, .. } = scene;
            let server = tokio::task::spawn_local(server.run());
            let (mut first, mut second, mut third) =
                (connect(&listener), connect(&listener), connect(&listener));
            third.write_all(b"3").await.unwrap();
            let early = tokio::time::timeout(Duration::from_millis(50), answer(&mut third)).await;
            assert!(early.is_err());
            assert_eq!(ask(&mut first, b'1').await, Some(b'1'));
            assert_eq!(answer(&mut third).await, Some(b'3'));
            // max_use times two places: the fourth is the last, so the process ends.
            assert_eq!(ask(&mut second, b'2').await, Some(b'2'));
            assert_eq!(ask(&mut connect(&listener), b'4').await, Some(b'4'));
            server.await.unwrap().unwrap();
            let mut first_message = [0; Status::LENGTH];
            nix::unistd::read(&master, &mut first_message).unwrap();
            assert_eq!(Status::decode(&first_message).availability, Availability::Sessions(0));
        });
    }
}
