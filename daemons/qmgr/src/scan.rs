//! Walks through a queue directory, in small batches so that nothing else has to wait for the disk.

use std::os::unix::fs::MetadataExt;

use queue::{Checked, Dir, Id, Queue, Scan};

use crate::log_lines;

/// Why the queue is walked through, and what is to be done with what is found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ScanFlags {
    /// Walk through it (again).
    pub start: bool,
    /// Take also mail whose time has not come.
    pub all: bool,
    /// Open everything that is closed, once, now.
    pub flush_once: bool,
    /// Deliver also by transports in defer_transports.
    pub flush_deferred_transports: bool,
}

impl ScanFlags {
    /// Both.
    #[must_use]
    pub fn with(self, other: ScanFlags) -> ScanFlags {
        ScanFlags {
            start: self.start || other.start,
            all: self.all || other.all,
            flush_once: self.flush_once || other.flush_once,
            flush_deferred_transports: self.flush_deferred_transports || other.flush_deferred_transports,
        }
    }
}

/// Messages that are fetched at once.
const BATCH: usize = 32;
/// Directory entries that are looked at for one batch.
const LOOKS: usize = 1000;

/// The scan of one queue.
#[derive(Debug)]
pub struct QueueScan {
    /// Which queue.
    pub dir: Dir,
    /// For the scan that runs.
    pub flags: ScanFlags,
    next_flags: ScanFlags,
    state: State,
    found: std::collections::VecDeque<Id>,
}

#[derive(Debug)]
enum State {
    Idle,
    /// Not opened yet.
    Start,
    Open(Box<Scan>),
    /// A batch is being fetched.
    Fetching,
}

impl QueueScan {
    /// Of `dir`, not running.
    pub fn new(dir: Dir) -> QueueScan {
        QueueScan {
            dir,
            flags: ScanFlags::default(),
            next_flags: ScanFlags::default(),
            state: State::Idle,
            found: std::collections::VecDeque::new(),
        }
    }

    /// Is it idle, with everything handed out?
    pub fn is_idle(&self) -> bool {
        matches!(self.state, State::Idle) && self.found.is_empty()
    }

    /// Asks for a scan. One that runs goes on with the new flags, and another one follows it.
    pub fn request(&mut self, flags: ScanFlags) {
        let running = !self.is_idle();
        if running {
            self.flags.all |= flags.all;
            self.flags.flush_deferred_transports |= flags.flush_deferred_transports;
        }
        self.next_flags = self.next_flags.with(flags);
        if !running && flags.start {
            self.start();
        }
    }

    fn start(&mut self) {
        self.flags = std::mem::take(&mut self.next_flags);
        self.state = State::Start;
    }

    /// The next message that was fetched.
    pub fn next(&mut self) -> Option<Id> {
        self.found.pop_front()
    }

    /// A batch to fetch, if none is there and none is on its way. Run [`Fetch::run`] where it may wait for the disk, and
    /// give the result to [`QueueScan::fetched`].
    pub fn fetch(&mut self) -> Option<Fetch> {
        if !self.found.is_empty() {
            return None;
        }
        if matches!(self.state, State::Idle) && self.next_flags.start {
            self.start();
        }
        let scan = match std::mem::replace(&mut self.state, State::Fetching) {
            State::Start => None,
            State::Open(scan) => Some(scan),
            other => {
                self.state = other;
                return None;
            }
        };
        Some(Fetch { dir: self.dir, scan, all: self.flags.all })
    }

    /// A batch has come.
    pub fn fetched(&mut self, batch: Batch) {
        self.found.extend(batch.found);
        self.state = match batch.rest {
            Some(scan) => State::Open(scan),
            None => State::Idle,
        };
    }
}

/// See [`QueueScan::fetch`].
#[derive(Debug)]
pub struct Fetch {
    dir: Dir,
    scan: Option<Box<Scan>>,
    all: bool,
}

/// What was fetched, and the rest of the scan.
#[derive(Debug)]
pub struct Batch {
    found: Vec<Id>,
    rest: Option<Box<Scan>>,
}

impl Fetch {
    /// Looks for messages that are complete and whose time has come. Waits for the disk.
    pub fn run(self, queue: &Queue) -> Batch {
        let mut found = Vec::new();
        let mut scan = match self.scan {
            Some(scan) => scan,
            None => match queue.scan(self.dir) {
                Ok(scan) => Box::new(scan),
                Err(error) => {
                    log_lines::cannot_scan(self.dir.name(), &error);
                    return Batch { found, rest: None };
                }
            },
        };
        let now = sys::clock::now_seconds();
        for _ in 0..LOOKS {
            let Some(entry) = scan.next() else { return Batch { found, rest: None } };
            let Ok((_, name)) = entry else { continue };
            let Some(id) = Id::parse(name.as_encoded_bytes()) else { continue };
            let Checked::Ready(_, status) = queue.check(self.dir, &id) else { continue };
            if !self.all && status.mtime() > now + 1 {
                continue;
            }
            found.push(id);
            if found.len() >= BATCH {
                break;
            }
        }
        Batch { found, rest: Some(scan) }
    }
}
