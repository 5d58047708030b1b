//! Copies a message out of its queue file into a mailbox file, a maildir file or the standard input of a command.

use std::fs::File;
use std::io::{self, Seek as _, SeekFrom, Write};

use queue::{Reader, Type};

use crate::copy::{Copier, CopyFlags, CopyHeaders};
use crate::failure::{Failure, mailbox_status};

/// How a copy can fail.
#[derive(Debug)]
pub enum CopyError {
    /// The queue file is damaged. It has been marked, and the message is to be deferred; qmgr(8) sets it aside.
    Corrupt,
    /// The queue file cannot be read.
    Read(io::Error),
    /// The copy cannot be written.
    Write(io::Error),
}

impl CopyError {
    /// Status and text for the sender; none for a damaged queue file.
    pub fn failure(&self) -> Option<Failure> {
        match self {
            CopyError::Corrupt => None,
            CopyError::Read(error) => {
                let status = match mailbox_status(error, "5.3.0") {
                    "4.2.0" => "4.3.0",
                    _ => "5.3.0",
                };
                Some(Failure::io(status, format!("error reading message: {}", sys::error_text(error))))
            }
            CopyError::Write(error) => {
                let status = mailbox_status(error, "5.3.0");
                Some(Failure::io(status, format!("error writing message: {}", sys::error_text(error))))
            }
        }
    }
}

impl std::fmt::Display for CopyError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            CopyError::Corrupt => f.write_str("the queue file is damaged"),
            CopyError::Read(error) => write!(f, "error reading message: {}", sys::error_text(error)),
            CopyError::Write(error) => write!(f, "error writing message: {}", sys::error_text(error)),
        }
    }
}

impl std::error::Error for CopyError {}

/// What is copied.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// The queue file.
    pub file: &'a File,
    /// Where the content starts.
    pub data_offset: u64,
}

/// The buffer is written when it has grown to this.
const CHUNK: usize = 64 * 1024;

/// Appends a message to a file and waits until it is on disk. After a failure the file has its old length again.
pub fn copy_to_file(
    source: Source<'_>,
    target: &mut File,
    flags: CopyFlags,
    headers: &CopyHeaders<'_>,
) -> Result<(), CopyError> {
    let length = target.seek(SeekFrom::End(0)).map_err(CopyError::Write)?;
    let result = copy_to(source, target, flags, b"\n", headers)
        .and_then(|()| target.sync_all().map_err(CopyError::Write));
    if result.is_err() {
        // Best effort: the failure itself is what gets reported.
        let _ = target.set_len(length);
    }
    result
}

/// Writes a message to anything.
pub fn copy_to(
    source: Source<'_>,
    target: &mut impl Write,
    flags: CopyFlags,
    eol: &'static [u8],
    headers: &CopyHeaders<'_>,
) -> Result<(), CopyError> {
    let mut input = source.file;
    input.seek(SeekFrom::Start(0)).map_err(CopyError::Read)?;
    let mut reader = Reader::new(input);
    reader.seek(source.data_offset).map_err(read_error)?;
    let mut copier = Copier::new(flags, eol);
    let mut out = Vec::with_capacity(CHUNK + 4096);
    copier.begin(headers, &mut out);
    let ended_well = loop {
        match reader.next_record() {
            Ok(Some(record)) if record.kind == Type::NORM => copier.record(true, record.data, &mut out),
            Ok(Some(record)) if record.kind == Type::CONT => copier.record(false, record.data, &mut out),
            Ok(Some(record)) if record.kind == Type::XTRA => break true,
            Ok(Some(record)) => {
                crate::log_lines::bad_record_in_content(record.kind.0.into());
                break false;
            }
            Ok(None) => {
                crate::log_lines::bad_record_in_content(-1);
                break false;
            }
            Err(queue::record::Error::Io(error)) => return Err(CopyError::Read(error)),
            Err(_) => {
                crate::log_lines::bad_record_in_content(-2);
                break false;
            }
        }
        if out.len() >= CHUNK {
            target.write_all(&out).map_err(CopyError::Write)?;
            out.clear();
        }
    };
    if !ended_well {
        crate::queue_file::mark_corrupt(source.file);
        return Err(CopyError::Corrupt);
    }
    copier.finish(&mut out);
    target.write_all(&out).and_then(|()| target.flush()).map_err(CopyError::Write)
}

fn read_error(error: queue::record::Error) -> CopyError {
    match error {
        queue::record::Error::Io(error) => CopyError::Read(error),
        _ => CopyError::Corrupt,
    }
}
