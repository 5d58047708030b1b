//! Brings messages from the incoming and deferred queues into the active queue.

use std::cell::{Cell, RefCell};
use std::collections::HashSet;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use ipc::deliver::Recipient;
use queue::flags::trace;
use queue::{Checked, Dir, Id, LockKind, Queue, Reader, mode};
use server::FlowControl;
use sys::WallTime;

use crate::envelope::{Damaged, Envelope, QueueFile, ReadSettings};
use crate::log_lines;
use crate::manager::{ActiveMessage, Manager, MessageId, Urgency};
use crate::scan::{QueueScan, ScanFlags};

/// Messages that are on their way into the active queue at once, so that one does not wait for the other's disk.
const MAX_UNDERWAY: usize = 8;
/// For how long a message that somebody has locked is left alone.
const LOCKED_PAUSE: Duration = Duration::from_secs(60);

/// Which messages come next.
#[derive(Debug)]
pub struct Feeder {
    scans: RefCell<[QueueScan; 2]>,
    /// Whose turn it is.
    turn: Cell<usize>,
    /// Messages that are on their way. A scan that started meanwhile may find them a second time.
    underway: RefCell<HashSet<Id>>,
}

impl Feeder {
    /// With idle scans.
    pub fn new() -> Feeder {
        let scans = [QueueScan::new(Dir::Incoming), QueueScan::new(Dir::Deferred)];
        Feeder { scans: RefCell::new(scans), turn: Cell::new(0), underway: RefCell::default() }
    }

    /// Asks for a scan of a queue.
    pub fn request(&self, dir: Dir, flags: ScanFlags) {
        if let Some(scan) = self.scans.borrow_mut().iter_mut().find(|scan| scan.dir == dir) {
            scan.request(flags);
        }
    }

    /// The next message: incoming and deferred mail in turn, so that neither starves the other.
    fn next(&self) -> Option<(Dir, ScanFlags, Id)> {
        let mut scans = self.scans.borrow_mut();
        let count = scans.len();
        for step in 0..count {
            let index = (self.turn.get() + step) % count;
            let Some(scan) = scans.get_mut(index) else { continue };
            if let Some(found) = scan.next() {
                self.turn.set((index + 1) % count);
                return Some((scan.dir, scan.flags, found));
            }
        }
        None
    }

    fn incoming_is_idle(&self) -> bool {
        self.scans.borrow().first().is_some_and(QueueScan::is_idle)
    }
}

/// What became of a message that was to be taken up.
enum Taken {
    /// It is not there (any more), or cannot be moved.
    Nothing,
    /// Its time has not come: somebody has it locked.
    Locked,
    /// Its file is damaged.
    Damaged,
    /// Here it is. The file stays locked until the recipients have found their way.
    Ready(Box<Ready>),
}

struct Ready {
    file: File,
    envelope: Envelope,
    recipients: Vec<Recipient>,
    file_mode: u32,
    /// It is to be returned with what its defer log says, without another attempt.
    return_now: bool,
}

impl Manager {
    /// Puts messages that an earlier process left in the active queue back into the incoming queue.
    pub async fn recover(&self) {
        let queue = Arc::clone(&self.queue);
        blocking(move || move_back(&queue)).await;
    }

    /// Feeds the active queue for as long as the process lives.
    pub async fn feed(self: Rc<Self>, flow: Option<FlowControl>) {
        let flow = flow.filter(|_| self.settings.flow_control);
        let mut taken = 0;
        loop {
            self.fetch_more();
            let underway = self.feeder.underway.borrow().len();
            let active = self.sched.borrow().message_count() + underway as u64;
            let has_room = active < self.settings.limits.active_messages && underway < MAX_UNDERWAY;
            if !has_room {
                // Whoever waits longest outside is served first once there is room.
                self.feeder.turn.set(0);
            }
            match if has_room { self.feeder.next() } else { None } {
                Some((dir, flags, id)) => {
                    if !self.feeder.underway.borrow_mut().insert(id.clone()) {
                        continue;
                    }
                    self.spawn(Rc::clone(&self).take_up(dir, flags, id));
                    taken += usize::from(dir == Dir::Incoming);
                }
                None => {
                    self.permit(flow.as_ref(), std::mem::take(&mut taken));
                    self.room.notified().await;
                }
            }
        }
    }

    /// Lets those who bring mail in go on: one for each message that was taken out of the incoming queue, everybody
    /// when none is left there.
    fn permit(&self, flow: Option<&FlowControl>, taken: usize) {
        let Some(flow) = flow else { return };
        let limit = usize::try_from(self.settings.process_limit).unwrap_or(usize::MAX);
        let tokens = flow.count();
        if tokens > limit {
            flow.discard(tokens - limit);
        } else if tokens < limit {
            let room = limit - tokens;
            match if self.feeder.incoming_is_idle() { room } else { taken.min(room) } {
                0 => {}
                count => flow.put(count),
            }
        }
    }

    fn fetch_more(self: &Rc<Self>) {
        for index in 0..2 {
            let fetch = self.feeder.scans.borrow_mut().get_mut(index).and_then(QueueScan::fetch);
            let Some(fetch) = fetch else { continue };
            let manager = Rc::clone(self);
            let queue = Arc::clone(&self.queue);
            self.spawn(async move {
                if let Some(batch) = blocking(move || fetch.run(&queue)).await
                    && let Some(scan) = manager.feeder.scans.borrow_mut().get_mut(index)
                {
                    scan.fetched(batch);
                }
                manager.room.notify_one();
            });
        }
    }

    async fn take_up(self: Rc<Self>, dir: Dir, flags: ScanFlags, id: Id) {
        let limit = self.sched.borrow().first_read_limit();
        let active_since = WallTime::now();
        let taken = if dir == Dir::Incoming {
            // Written a moment ago, so it does not wait for the disk; a thread would cost more than the work.
            Some(take(&self.queue, dir, &id, limit, &self.settings.reading))
        } else {
            let (queue, name, reading) = (Arc::clone(&self.queue), id.clone(), self.settings.reading.clone());
            blocking(move || take(&queue, dir, &name, limit, &reading)).await
        };
        match taken {
            None | Some(Taken::Nothing) => {}
            Some(Taken::Locked) => {
                log_lines::still_being_delivered(id.as_str());
                self.put_back(&id, Dir::Incoming, LOCKED_PAUSE).await;
            }
            Some(Taken::Damaged) => self.set_aside(&id).await,
            Some(Taken::Ready(ready)) => self.activate(&id, flags, *ready, active_since).await,
        }
        self.feeder.underway.borrow_mut().remove(&id);
        self.carry_out();
    }

    async fn activate(self: &Rc<Self>, id: &Id, flags: ScanFlags, ready: Ready, active_since: WallTime) {
        let Ready { file, envelope, recipients, file_mode, return_now } = ready;
        let flush_after = file_mode & mode::UNTHROTTLE != 0;
        let urgency = Urgency {
            open_destinations: flush_after,
            use_deferred_transports: flush_after || flags.flush_deferred_transports,
            expire: file_mode & mode::EXPIRE != 0,
        };
        if envelope.trace_flags & trace::MTA_VRFY != 0 {
            self.probes.set(self.probes.get() + 1);
        }
        let now = Manager::now();
        let message = Rc::new(ActiveMessage {
            id: id.clone(),
            active_since,
            urgency,
            deferred: Cell::new(return_now),
            envelope: RefCell::new(envelope),
        });
        let handle = {
            let mut sched = self.sched.borrow_mut();
            let single_recipient = message.envelope.borrow().verp.is_some();
            let handle = sched.add_message(now, single_recipient);
            sched.hold(handle);
            handle
        };
        self.messages.borrow_mut().insert(handle, Rc::clone(&message));
        self.route(handle, &message, recipients, &file).await;
        drop(file);
        self.sched.borrow_mut().release(handle);
    }

    /// Reads more recipients of a message that has some in memory.
    pub async fn refill(self: Rc<Self>, handle: MessageId) {
        let ok = self.read_more(handle).await.is_ok();
        self.sched.borrow_mut().refilled(handle, ok);
        self.carry_out();
    }

    /// Reads more recipients, and sends them on their way.
    pub async fn read_more(self: &Rc<Self>, handle: MessageId) -> Result<(), Damaged> {
        let message = self.message(handle).ok_or(Damaged)?;
        let limit = self.sched.borrow().refill_limit(handle);
        let (queue, reading) = (Arc::clone(&self.queue), self.settings.reading.clone());
        let (id, mut envelope) = (message.id.clone(), message.envelope.borrow().clone());
        let read = blocking(move || {
            let file = open_active(&queue, &id).ok_or(Damaged)?;
            let mut reader = Reader::new(&file);
            let path = queue.path(Dir::Active, &id);
            let named = QueueFile { id: id.as_str(), path: &path };
            let recipients = envelope.read_more(&named, &mut reader, limit, &reading)?;
            Ok((file, envelope, recipients))
        });
        let (file, envelope, recipients) = read.await.unwrap_or(Err(Damaged))?;
        message.envelope.replace(envelope);
        self.route(handle, &message, recipients, &file).await;
        Ok(())
    }

    /// Puts a message from the active queue into another one, to be looked at again after a while.
    pub async fn put_back(&self, id: &Id, to: Dir, pause: Duration) {
        let (queue, name) = (Arc::clone(&self.queue), id.clone());
        let moved = blocking(move || {
            let path = queue.path(Dir::Active, &name);
            set_times(&path, SystemTime::now() + pause)?;
            queue.rename(&name, Dir::Active, to)
        });
        match moved.await {
            Some(Err(error)) if error.kind() == io::ErrorKind::NotFound => {
                log_lines::defer_rename_failed(id.as_str(), Dir::Active.name(), to.name(), &error);
            }
            Some(Err(error)) => self.give_up(server::Fatal::new(format_args!(
                "qmgr_active_defer: rename {id} from active to {}: {}",
                to.name(),
                sys::error_text(&error)
            ))),
            Some(Ok(())) | None => {}
        }
    }

    /// Puts a damaged file where nobody touches it.
    pub async fn set_aside(&self, id: &Id) {
        let (queue, name) = (Arc::clone(&self.queue), id.clone());
        match blocking(move || queue.rename(&name, Dir::Active, Dir::Corrupt)).await {
            Some(Ok(())) => log_lines::saved_corrupt(id.as_str()),
            Some(Err(error)) if error.kind() == io::ErrorKind::NotFound => {}
            Some(Err(error)) => self.give_up(server::Fatal::new(format_args!(
                "qmgr_active_corrupt: save corrupt file queue active id {id}: {}",
                sys::error_text(&error)
            ))),
            None => {}
        }
    }
}

/// Runs what may wait for the disk on another thread. `None` if that thread panicked, which the log has.
pub async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    tokio::task::spawn_blocking(work).await.ok()
}

fn take(queue: &Queue, dir: Dir, id: &Id, limit: usize, reading: &ReadSettings) -> Taken {
    // The look that found it may be a while ago.
    let Checked::Ready(_, status) = queue.check(dir, id) else { return Taken::Nothing };
    let file_mode = status.permissions().mode();
    if let Err(error) = queue.rename(id, dir, Dir::Active) {
        log_lines::rename_failed("qmgr_active_feed", id.as_str(), dir.name(), Dir::Active.name(), &error);
        return Taken::Nothing;
    }
    let Some(file) = open_active(queue, id) else { return Taken::Damaged };
    match queue::try_lock(&file, LockKind::Exclusive) {
        Ok(true) => {}
        _ => return Taken::Locked,
    }
    let mut reader = Reader::new(&file);
    let path = queue.path(Dir::Active, id);
    let named = QueueFile { id: id.as_str(), path: &path };
    let Ok((envelope, recipients)) = Envelope::read(&named, &mut reader, limit, reading) else {
        return Taken::Damaged;
    };
    if file_mode & mode::UNTHROTTLE != 0 {
        // Asked for once, done once.
        let calm = fs::Permissions::from_mode(file_mode & 0o7777 & !mode::UNTHROTTLE);
        if let Err(error) = file.set_permissions(calm) {
            log_lines::cannot_update(id.as_str(), &error);
        }
    }
    let defer_log = queue.path(Dir::Defer, id);
    let return_now =
        file_mode & mode::EXPIRE != 0 && fs::metadata(&defer_log).is_ok_and(|status| status.len() > 0);
    if return_now {
        return Taken::Ready(Box::new(Ready {
            file,
            envelope,
            recipients: Vec::new(),
            file_mode,
            return_now,
        }));
    }
    match fs::remove_file(&defer_log) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            log_lines::remove_failed(id.as_str(), Dir::Defer.name(), &error);
        }
        _ => {}
    }
    Taken::Ready(Box::new(Ready { file, envelope, recipients, file_mode, return_now }))
}

fn open_active(queue: &Queue, id: &Id) -> Option<File> {
    match queue.open_update(Dir::Active, id) {
        Ok(file) => Some(file),
        Err(error) => {
            log_lines::open_failed(Dir::Active.name(), id.as_str(), &error);
            None
        }
    }
}

fn move_back(queue: &Queue) {
    let Ok(scan) = queue.scan(Dir::Active) else { return };
    let now = SystemTime::now();
    for entry in scan {
        let Ok((_, name)) = entry else { continue };
        let Some(id) = Id::parse(name.as_encoded_bytes()) else {
            log_lines::ignored_at_start(Dir::Active.name(), &name.to_string_lossy());
            continue;
        };
        let moved = set_times(&queue.path(Dir::Active, &id), now)
            .and_then(|()| queue.rename(&id, Dir::Active, Dir::Incoming));
        if let Err(error) = moved {
            log_lines::cannot_move_at_start(id.as_str(), &error);
        }
    }
}

/// Sets the time at which a message is to be looked at.
fn set_times(path: &std::path::Path, time: SystemTime) -> io::Result<()> {
    let times = fs::FileTimes::new().set_accessed(time).set_modified(time);
    File::open(path)?.set_times(times)
}
