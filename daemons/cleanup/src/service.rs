//! The protocol, and what all messages of the process share.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::fmt;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use delivery::Reporter;
use delivery::log_lines::LogStyle;
use ipc::cleanup::{Outcome, Status};
use ipc::{Class, Connection, Services, cleanup, trigger};
use queue::{Dir, Id, NewFile, Queue};
use server::{Fatal, FlowControl, ProcessLimit, Session, SessionService, Setup, Stream};
use sys::signals::Signal;
use tables::Opener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::spawn_blocking;

use crate::clock::FileSystemClock;
use crate::flags::Flags;
use crate::log_lines;
use crate::lookups::Lookups;
use crate::message::Message;
use crate::output::Output;
use crate::records::{Broken, Records};
use crate::rewriter::Rewriter;
use crate::settings::{Settings, UNSUPPORTED};

/// How often tables are looked at for changes that need a new process.
const CHECK_TABLES: Duration = Duration::from_secs(10);
/// The pause between two wake-ups of the queue manager, so that at times of much mail one is for many messages.
const WAKE_PAUSE: Duration = Duration::from_millis(10);
/// The pause after a queue file could not be made.
const CREATE_RETRY: Duration = Duration::from_secs(10);
/// A record may always be so long.
const LONGEST_RECORD: usize = 1024 * 1024;

/// The daemon.
pub(crate) struct Service {
    pub(crate) settings: Settings,
    pub(crate) lookups: Lookups,
    pub(crate) services: Services,
    pub(crate) rewriter: Rewriter,
    pub(crate) reporter: Reporter,
    pub(crate) queue: Queue,
    pub(crate) unfinished: Unfinished,
    /// Of the queue's file system.
    pub(crate) clock: Arc<FileSystemClock>,
    flow: Option<FlowControl>,
    opener: Opener,
    tables_checked: Cell<Instant>,
    timeout: Duration,
    wake: Rc<Wake>,
}

impl fmt::Debug for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Service").field("unfinished", &self.unfinished).finish_non_exhaustive()
    }
}

impl SessionService for Service {
    const PROGRAM: &'static str = "cleanup";
    const PROCESS_LIMIT: ProcessLimit = ProcessLimit::None;
    const IN_FLOW_DELAY: bool = true;

    fn pre_jail(setup: &Setup) -> Result<Self, Fatal> {
        setup.refuse_arguments()?;
        let config = &setup.config;
        setup.warn_unsupported(UNSUPPORTED);
        let opener = Opener::for_daemon(config);
        let services = Services::new(config);
        let mut reporter = Reporter::new(&services, LogStyle::new(config));
        reporter.soft_bounce = config.get(&params::SOFT_BOUNCE);
        Ok(Self {
            settings: Settings::new(config)?,
            lookups: Lookups::open(&opener, config)?,
            rewriter: Rewriter::new(&services),
            reporter,
            queue: Queue::from_config(config),
            unfinished: Unfinished::default(),
            clock: Arc::default(),
            flow: setup.flow.clone(),
            opener,
            tables_checked: Cell::new(Instant::now()),
            timeout: config.get(&params::IPC_TIMEOUT),
            wake: Rc::default(),
            services,
        })
    }

    fn changed_table(&self) -> Option<String> {
        self.opener.needs_restart()
    }

    fn post_jail(self: &Rc<Self>, _setup: &Setup) -> Result<(), Fatal> {
        let mut terminate = signal(SignalKind::terminate())
            .map_err(|error| Fatal::new(format_args!("signal handler: {}", sys::error_text(&error))))?;
        let service = Rc::clone(self);
        // The master ends the mail system with this signal. Clients were told nothing about the messages under way.
        tokio::task::spawn_local(async move {
            if terminate.recv().await.is_some() {
                service.unfinished.remove_all();
                let _ = sys::signals::restore_default(Signal::SIGTERM);
                let _ = sys::process::kill(sys::pid(), Signal::SIGTERM);
            }
        });
        Ok(())
    }

    async fn serve(self: Rc<Self>, connection: server::Conn, session: Session) {
        let Stream::Unix(stream) = connection.stream else { return };
        let mut connection = Connection::new(stream, self.timeout);
        let outcome = self.receive(&mut connection).await;
        // A client that is gone will try again.
        let _ = cleanup::conclude(&mut connection, &outcome).await;
        self.check_tables(&session);
    }

    fn on_exit(&self) {
        self.unfinished.remove_all();
        if self.wake.wanted.get() || self.wake.sending.get() {
            let name = &self.services.settings().queue;
            let wake = trigger::send(&self.services, Class::Public, name, &[trigger::WAKEUP]);
            // The queue manager looks by itself now and then, so a lost wake-up only costs time.
            let _ = ipc::blocking::run(wake);
        }
    }
}

impl Service {
    /// Takes one message.
    async fn receive(&self, connection: &mut Connection) -> Outcome {
        let file = self.new_file().await;
        let (id, created) = (file.id().clone(), file.created());
        self.unfinished.add(&id, file.path().to_owned());
        let output = Output::new(file, self.settings.message_size_limit);
        let greeting = cleanup::greet(connection, &id).await;
        let flags = Flags::from_bits(*greeting.as_ref().unwrap_or(&0));
        let mut message = Message::new(self, output, id, created, flags);
        if greeting.is_err() {
            message.note_error(Status::BAD);
            return message.finish().await;
        }
        let longest = LONGEST_RECORD.max(self.settings.line_length_limit.saturating_mul(2));
        let mut records = Records::new(connection, longest);
        let mut broken = None;
        let mut ended = false;
        while !ended && message.is_ok() {
            if let Err(why) = records.wait().await {
                message.note_error(Status::BAD);
                broken = Some(why);
                break;
            }
            let Some(record) = records.take() else { continue };
            ended = message.record(record.kind, record.data).await;
        }
        if !ended && broken.is_none() {
            broken = records.skip().await.err();
        }
        if broken == Some(Broken::Timeout) {
            log_lines::read_timeout(&message.id);
        }
        message.finish().await
    }

    /// Makes a queue file; tries until it works, because there is nothing else to do.
    ///
    /// This runs on the event loop: a name in a directory that is in memory costs less than the way to another thread and
    /// back, and files that are made at the same time in one directory would only wait for each other.
    async fn new_file(&self) -> NewFile {
        loop {
            match self.queue.create(Dir::Incoming, 0) {
                Ok(file) => {
                    for dir in [Dir::Defer, Dir::Bounce, Dir::Trace] {
                        if self.queue.remove(dir, file.id()).is_ok() {
                            log_lines::removed_spurious(dir, file.id());
                        }
                    }
                    return file;
                }
                Err(error) => log::warn!("{error}"),
            }
            tokio::time::sleep(CREATE_RETRY).await;
        }
    }

    /// Tells the queue manager that there is mail.
    pub(crate) fn wake_queue_manager(&self) {
        self.wake.wanted.set(true);
        if self.wake.running.replace(true) {
            return;
        }
        let (wake, services) = (Rc::clone(&self.wake), self.services.clone());
        tokio::task::spawn_local(async move {
            while wake.wanted.replace(false) {
                let name = &services.settings().queue;
                // The queue manager looks by itself now and then, so a lost wake-up only costs time.
                wake.sending.set(true);
                let sent = trigger::send(&services, Class::Public, name, &[trigger::WAKEUP]).await;
                wake.sending.set(false);
                if let Ok(sent) = sent {
                    sent.wait(&services).await;
                }
                tokio::time::sleep(WAKE_PAUSE).await;
            }
            wake.running.set(false);
        });
    }

    /// Gives back a token of mail flow control.
    pub(crate) fn put_flow_token(&self) {
        if let Some(flow) = &self.flow {
            flow.put(1);
        }
    }

    /// Removes the files of a message that is not queued.
    pub(crate) async fn remove_files(&self, id: &Id, path: Option<PathBuf>, has_trace: bool) {
        let (queue, id) = (self.queue.clone(), id.clone());
        let number = log::number();
        let work = move || {
            if has_trace {
                let _ = queue.remove(Dir::Trace, &id);
            }
            if let Some(path) = path
                && let Err(error) = std::fs::remove_file(&path)
                && error.kind() != std::io::ErrorKind::NotFound
            {
                log_lines::remove_failed(&path, &error);
            }
        };
        let _ = spawn_blocking(move || log::in_number(number, work)).await;
    }

    /// Ends the process, in an orderly way, when a table has changed that it cannot open again.
    fn check_tables(&self, session: &Session) {
        if self.tables_checked.get().elapsed() < CHECK_TABLES {
            return;
        }
        self.tables_checked.set(Instant::now());
        if let Some(table) = self.opener.needs_restart() {
            session.retire_process(&table);
        }
    }
}

/// One wake-up of the queue manager at a time; those that come meanwhile become one.
#[derive(Debug, Default)]
struct Wake {
    wanted: Cell<bool>,
    /// One is on its way, and nothing was written yet.
    sending: Cell<bool>,
    running: Cell<bool>,
}

/// Queue files that are being written: they are removed when the process ends.
#[derive(Debug, Default)]
pub(crate) struct Unfinished(RefCell<HashMap<Id, PathBuf>>);

impl Unfinished {
    fn add(&self, id: &Id, path: PathBuf) {
        self.0.borrow_mut().insert(id.clone(), path);
    }

    /// The message is somebody else's now.
    pub(crate) fn remove(&self, id: &Id) {
        self.0.borrow_mut().remove(id);
    }

    fn remove_all(&self) {
        for (_, path) in self.0.borrow_mut().drain() {
            let _ = std::fs::remove_file(path);
        }
    }
}
