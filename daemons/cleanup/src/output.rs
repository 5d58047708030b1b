//! The queue file that is being written.
//!
//! Records are collected in memory and written in large pieces on the blocking pool; a small message is one write.

use std::io::{self, Seek, SeekFrom, Write};
use std::path::PathBuf;
use std::sync::Arc;

use queue::record::encode;
use queue::{Committed, Dir, NewFile, Queue, Type};
use tokio::task::spawn_blocking;

use crate::clock::FileSystemClock;

/// So much is collected before it is written.
const WRITE_SIZE: usize = 256 * 1024;

/// The reference writes in blocks of this size, and so learns late that the file is too large.
const NOTICE_SIZE: u64 = 4096;

/// Why a record was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TooLarge;

/// A queue file, not yet complete.
#[derive(Debug)]
pub(crate) struct Output {
    /// `None` while it is away on the blocking pool, and after an I/O task was lost.
    file: Option<NewFile>,
    buffer: Vec<u8>,
    /// Bytes that are in the file already.
    written: u64,
    /// The file may grow to this size.
    limit: u64,
}

impl Output {
    /// Takes a new file; `limit` is its largest size (0: any).
    pub(crate) fn new(file: NewFile, limit: u64) -> Self {
        let limit = if limit == 0 { u64::MAX } else { limit };
        Self { file: Some(file), buffer: Vec::with_capacity(8 * 1024), written: 0, limit }
    }

    /// Where the next record goes.
    pub(crate) fn offset(&self) -> u64 {
        self.written + self.buffer.len() as u64
    }

    /// Adds a record. A file that is too large is cut, and that shows when a block of [`NOTICE_SIZE`] is complete.
    pub(crate) fn put(&mut self, kind: Type, data: &[u8]) -> Result<(), TooLarge> {
        encode(&mut self.buffer, kind, data);
        if self.offset() / NOTICE_SIZE * NOTICE_SIZE <= self.limit {
            return Ok(());
        }
        self.cut();
        Err(TooLarge)
    }

    /// Whether the file grew over its limit by less than [`Output::put`] noticed.
    pub(crate) fn is_over_limit(&self) -> bool {
        self.offset() > self.limit
    }

    fn cut(&mut self) {
        let room = usize::try_from(self.limit.saturating_sub(self.written)).unwrap_or(usize::MAX);
        self.buffer.truncate(room);
    }

    /// Whether it is time for [`Output::flush`].
    pub(crate) fn is_full(&self) -> bool {
        self.buffer.len() >= WRITE_SIZE
    }

    /// Writes what was collected.
    pub(crate) async fn flush(&mut self) -> io::Result<()> {
        let buffer = std::mem::take(&mut self.buffer);
        let written = buffer.len() as u64;
        self.buffer = self
            .with_file(move |file| {
                file.file_mut().write_all(&buffer)?;
                let mut buffer = buffer;
                buffer.clear();
                Ok(buffer)
            })
            .await?;
        self.written += written;
        Ok(())
    }

    /// Puts the record with the sizes, which has a fixed length, over the one at the start of the file.
    pub(crate) async fn finish_size_record(&mut self, data: &[u8]) -> io::Result<()> {
        if self.is_over_limit() {
            self.cut();
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        let mut record = Vec::with_capacity(100);
        encode(&mut record, Type::SIZE, data);
        if self.written == 0
            && let Some(start) = self.buffer.get_mut(..record.len())
        {
            start.copy_from_slice(&record);
            return Ok(());
        }
        self.flush().await?;
        self.with_file(move |file| {
            let file = file.file_mut();
            file.seek(SeekFrom::Start(0))?;
            file.write_all(&record)?;
            file.seek(SeekFrom::End(0)).map(drop)
        })
        .await
    }

    /// Everything to disk; after this the message is the mail system's.
    pub(crate) async fn commit(
        mut self,
        queue: &Queue,
        dir: Dir,
        clock: &Arc<FileSystemClock>,
    ) -> io::Result<Committed> {
        let clock = (dir == Dir::Incoming).then(|| Arc::clone(clock));
        let buffer = std::mem::take(&mut self.buffer);
        let mut file = self.file.take().ok_or_else(lost)?;
        let queue = (dir != file.dir()).then(|| queue.clone());
        let work = move || {
            if let Some(queue) = queue {
                file.move_to(&queue, dir)?;
            }
            // Where it now is, nobody else would look for a file that was not completed.
            let path = file.path().to_owned();
            let written = file.file_mut().write_all(&buffer);
            let committed = written.and_then(|()| {
                let committed = file.commit()?;
                clock.map_or(Ok(()), |clock| clock.check(&committed.file))?;
                Ok(committed)
            });
            if committed.is_err() {
                let _ = std::fs::remove_file(path);
            }
            committed
        };
        let number = log::number();
        let outcome = spawn_blocking(move || log::in_number(number, work)).await;
        outcome.unwrap_or_else(|_| Err(lost()))
    }

    /// Where the file is.
    pub(crate) fn path(&self) -> Option<PathBuf> {
        self.file.as_ref().map(|file| file.path().to_owned())
    }

    /// The file, for those who want to read it after [`Output::flush`].
    pub(crate) fn file(&self) -> Option<&NewFile> {
        self.file.as_ref()
    }

    async fn with_file<T: Send + 'static>(
        &mut self,
        work: impl FnOnce(&mut NewFile) -> io::Result<T> + Send + 'static,
    ) -> io::Result<T> {
        let mut file = self.file.take().ok_or_else(lost)?;
        let task = spawn_blocking(move || {
            let result = work(&mut file);
            (file, result)
        });
        let (file, result) = task.await.map_err(|_| lost())?;
        self.file = Some(file);
        result
    }
}

fn lost() -> io::Error {
    io::Error::other("queue file was lost")
}
