//! Threads that read messages side by side, while the listing keeps the order of the directories.
//!
//! Reading a queue is mostly opening small files, which the system does as fast on each processor.

use crate::listing::Settings;
use crate::message::Lister;
use crate::pieces::{Gone, Pieces, Sink};
use log::{Capture, Kept};
use queue::{Dir, Id};
use std::collections::VecDeque;
use std::iter;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{Builder, Scope};

/// Also with fewer processors: the first to read a queue wait for the disk.
const THREADS: usize = 4;
/// Messages that a thread reads in one turn.
const BATCH: usize = 128;
/// Turns, and pieces of listing, that may wait for a thread or the reader.
const WAITING: usize = 2;

type Batch = Vec<(Dir, Id)>;

/// A piece of the listing of a batch.
struct Part {
    bytes: Vec<u8>,
    /// What was logged meanwhile.
    lines: Kept,
    /// Whether the batch ends with it.
    is_last: bool,
}

/// Fewer descriptors than this are not shared with other threads.
const MANY_FILES: u64 = 200;

/// Whether there is enough of everything for threads.
pub(crate) fn are_possible() -> bool {
    sys::process::max_open_files().is_ok_and(|max| max >= MANY_FILES)
}

/// Lists the messages that are left of `names`.
pub(crate) fn list<S: Sink>(
    settings: &Settings,
    names: &mut impl Iterator<Item = (Dir, Id)>,
    out: &mut Pieces<S>,
) -> Result<(), Gone> {
    let mut next_batch = || Some(names.take(BATCH).collect::<Batch>()).filter(|batch| !batch.is_empty());
    let Some(first) = next_batch() else { return Ok(()) };
    std::thread::scope(|scope| {
        let workers: Vec<Worker> = (0..THREADS).map_while(|_| Worker::start(scope, settings)).collect();
        if workers.is_empty() {
            let mut lister = Lister::of_many(settings);
            let mut left = iter::successors(Some(first), |_| next_batch()).flatten();
            return left.try_for_each(|(dir, id)| lister.list(dir, &id, out));
        }
        // Turns go round, and so do the answers.
        let mut turns = workers.iter().cycle();
        let mut busy: VecDeque<&Worker> = VecDeque::new();
        let mut batch = Some(first);
        loop {
            if let Some(batch) = batch.take()
                && let Some(worker) = turns.next()
            {
                worker.batches.send(batch).map_err(|_| Gone)?;
                busy.push_back(worker);
            }
            if busy.len() < workers.len() * WAITING {
                batch = next_batch();
            }
            if batch.is_none() {
                let Some(worker) = busy.pop_front() else { return Ok(()) };
                worker.pass_on(out.sink())?;
            }
        }
    })
}

/// One of the threads. It ends when this value goes, at the latest with its next piece.
struct Worker {
    batches: SyncSender<Batch>,
    parts: Receiver<Part>,
}

impl Worker {
    /// `None` if the system has no more threads to give.
    fn start<'scope>(scope: &'scope Scope<'scope, '_>, settings: &'scope Settings) -> Option<Worker> {
        let (batches, waiting) = sync_channel::<Batch>(WAITING);
        let (sender, parts) = sync_channel(WAITING);
        let work = move || {
            // Costs time if it cannot be.
            let _ = sys::descriptors::unshare_table();
            let mut out = Pieces::new(ToOrder { parts: sender, capture: Capture::start() });
            let mut read = |batch: Batch| {
                let mut lister = Lister::of_many(settings);
                batch.iter().try_for_each(|(dir, id)| lister.list(*dir, id, &mut out))?;
                out.finish()
            };
            for batch in waiting {
                if read(batch).is_err() {
                    return;
                }
            }
        };
        Builder::new().spawn_scoped(scope, work).ok()?;
        Some(Worker { batches, parts })
    }

    /// Passes on the listing of the oldest batch.
    fn pass_on<S: Sink>(&self, sink: &mut S) -> Result<(), Gone> {
        loop {
            let mut part = self.parts.recv().map_err(|_| Gone)?;
            part.lines.write();
            if !part.bytes.is_empty() {
                sink.take(&mut part.bytes)?;
            }
            if part.is_last {
                return Ok(());
            }
        }
    }
}

/// Where a thread's pieces go, with the lines that it logs.
struct ToOrder {
    parts: SyncSender<Part>,
    capture: Capture,
}

impl ToOrder {
    fn send(&self, piece: &mut Vec<u8>, is_last: bool) -> Result<(), Gone> {
        let bytes = std::mem::replace(piece, Vec::with_capacity(piece.capacity()));
        self.parts.send(Part { bytes, lines: self.capture.keep(), is_last }).map_err(|_| Gone)
    }
}

impl Sink for ToOrder {
    fn take(&mut self, piece: &mut Vec<u8>) -> Result<(), Gone> {
        self.send(piece, false)
    }
}

impl Pieces<ToOrder> {
    /// Ends a batch.
    fn finish(&mut self) -> Result<(), Gone> {
        let (rest, order) = self.rest();
        order.send(rest, true)
    }
}
