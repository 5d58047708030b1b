//! A queue file that is being written, and how it becomes a message: complete data, on disk, then known to others.

use crate::layout::{make_parents, mode};
use crate::{Dir, Id, Queue, log_lines};
use std::fmt;
use std::fs::{self, File, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};
use sys::error_text;

/// A file that has an id but is not complete: nobody else touches it before [`NewFile::commit`].
#[derive(Debug)]
pub struct NewFile {
    id: Id,
    dir: Dir,
    path: PathBuf,
    file: File,
    extra_mode: u32,
    created: SystemTime,
}

/// Why no file could be made. `Display` gives Postfix's text; its programs log that as a warning and try again
/// after ten seconds, because the mail has nowhere else to go.
#[derive(Debug)]
pub enum CreateError {
    /// The temporary file cannot be made.
    Create(PathBuf, io::Error),
    /// The file cannot be given its final name.
    Rename(PathBuf, PathBuf, io::Error),
    /// The file's status cannot be read.
    Status(io::Error),
}

impl fmt::Display for CreateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CreateError::Create(path, error) => {
                write!(f, "mail_queue_enter: create file {}: {}", path.display(), error_text(error))
            }
            CreateError::Rename(old, new, error) => {
                let (old, new) = (old.display(), new.display());
                write!(f, "mail_queue_enter: rename {old} to {new}: {}", error_text(error))
            }
            CreateError::Status(error) => write!(f, "fstat: {}", error_text(error)),
        }
    }
}

impl std::error::Error for CreateError {}

/// How often a name is tried before the failure is reported.
const RENAME_TRIES: usize = 1000;

impl NewFile {
    pub(crate) fn create(queue: &Queue, dir: Dir, extra_mode: u32) -> Result<NewFile, CreateError> {
        let (temporary, file) = temporary_file(dir, mode::WRITING | extra_mode)?;
        let inode = file.metadata().map_err(CreateError::Status)?.ino();
        // The inode number makes the id unique among files that exist, the time among those that did.
        let mut attempts = 0;
        loop {
            attempts += 1;
            let created = SystemTime::now();
            let now = created.duration_since(UNIX_EPOCH).unwrap_or_default();
            let id = match queue.long_ids() {
                true => Id::long(now.as_secs(), now.subsec_micros(), inode),
                false => Id::short(now.subsec_micros(), inode),
            };
            let path = queue.path(dir, &id);
            match fs::rename(&temporary, &path) {
                Ok(()) => {
                    log_lines::opened(&path);
                    return Ok(NewFile { id, dir, path, file, extra_mode, created });
                }
                Err(error) if attempts > RENAME_TRIES => {
                    let _ = fs::remove_file(&temporary);
                    return Err(CreateError::Rename(temporary, path, error));
                }
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    make_parents(&path)
                        .map_err(|error| CreateError::Rename(temporary.clone(), path, error))?;
                }
                Err(_) => {}
            }
        }
    }

    /// The message's id.
    pub fn id(&self) -> &Id {
        &self.id
    }

    /// The directory that the file is in.
    pub fn dir(&self) -> Dir {
        self.dir
    }

    /// The file's path, relative to the queue directory.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// When the id was made.
    pub fn created(&self) -> SystemTime {
        self.created
    }

    /// The open file.
    pub fn file(&self) -> &File {
        &self.file
    }

    /// The open file, for writing.
    pub fn file_mut(&mut self) -> &mut File {
        &mut self.file
    }

    /// Moves the unfinished file to another directory (cleanup(8) does so for mail that is to be held).
    pub fn move_to(&mut self, queue: &Queue, to: Dir) -> io::Result<()> {
        queue.rename(&self.id, self.dir, to)?;
        self.dir = to;
        self.path = queue.path(to, &self.id);
        Ok(())
    }

    /// Declares the file complete: sets the mode that says so, and waits until data and mode are on disk. After
    /// this the mail is the mail system's, whatever happens to this process. This blocks.
    pub fn commit(self) -> io::Result<Committed> {
        self.file.set_permissions(Permissions::from_mode(mode::READY | self.extra_mode))?;
        self.file.sync_all()?;
        Ok(Committed { id: self.id, dir: self.dir, path: self.path, file: self.file })
    }

    /// Gives the message up.
    pub fn discard(self) -> io::Result<()> {
        fs::remove_file(&self.path)
    }
}

impl io::Write for NewFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// A complete message on disk.
#[derive(Debug)]
pub struct Committed {
    /// The message's id.
    pub id: Id,
    /// The directory that it is in.
    pub dir: Dir,
    /// Its path, relative to the queue directory.
    pub path: PathBuf,
    /// The file, still open.
    pub file: File,
}

fn temporary_file(dir: Dir, mode: u32) -> Result<(PathBuf, File), CreateError> {
    let pid = std::process::id();
    loop {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let path = PathBuf::from(format!("{}/{}.{pid}", dir.name(), now.subsec_micros()));
        match OpenOptions::new().read(true).write(true).create_new(true).mode(mode).open(&path) {
            Ok(file) => return Ok((path, file)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(CreateError::Create(path, error)),
        }
    }
}
