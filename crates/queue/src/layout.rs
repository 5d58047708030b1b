//! Where queue files are: the directories, which of them are split into subdirectories, and moving between them.

use crate::{CreateError, Id, Nearby, NewFile, Scan, log_lines};
use nix::fcntl::OFlag;
use std::fs::{self, File, Metadata, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// A directory of the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Dir {
    /// What postdrop(1) wrote, for pickup(8).
    Maildrop,
    /// On hold, by request.
    Hold,
    /// What cleanup(8) wrote, for qmgr(8).
    Incoming,
    /// In work.
    Active,
    /// To be tried again later.
    Deferred,
    /// Delivery records that a user asked for.
    Trace,
    /// Why recipients were deferred.
    Defer,
    /// Why recipients were bounced.
    Bounce,
    /// Files that could not be read.
    Corrupt,
    /// Which mail waits for which site.
    Flush,
    /// Looked at by postcat(1), filled by nobody.
    Saved,
}

impl Dir {
    /// Every directory.
    pub const ALL: [Dir; 11] = [
        Dir::Maildrop,
        Dir::Hold,
        Dir::Incoming,
        Dir::Active,
        Dir::Deferred,
        Dir::Trace,
        Dir::Defer,
        Dir::Bounce,
        Dir::Corrupt,
        Dir::Flush,
        Dir::Saved,
    ];

    /// The directory's name, as in paths and protocols.
    pub fn name(self) -> &'static str {
        match self {
            Dir::Maildrop => "maildrop",
            Dir::Hold => "hold",
            Dir::Incoming => "incoming",
            Dir::Active => "active",
            Dir::Deferred => "deferred",
            Dir::Trace => "trace",
            Dir::Defer => "defer",
            Dir::Bounce => "bounce",
            Dir::Corrupt => "corrupt",
            Dir::Flush => "flush",
            Dir::Saved => "saved",
        }
    }

    /// The directory with this name.
    pub fn by_name(name: impl AsRef<[u8]>) -> Option<Dir> {
        Dir::ALL.into_iter().find(|dir| dir.name().as_bytes() == name.as_ref())
    }

    /// Whether its files are messages (and not logs about messages).
    pub fn has_messages(self) -> bool {
        matches!(self, Dir::Maildrop | Dir::Hold | Dir::Incoming | Dir::Active | Dir::Deferred)
    }
}

/// Modes of queue files say what state they are in.
pub mod mode {
    /// The owner's bits.
    pub const OWNER_BITS: u32 = 0o700;
    /// Complete: may be delivered.
    pub const READY: u32 = 0o700;
    /// Unreadable for qmgr(8), set aside.
    pub const CORRUPT: u32 = 0o400;
    /// Set by `postqueue -i`: qmgr(8) drops what it knows about dead destinations.
    pub const UNTHROTTLE: u32 = 0o040;
    /// Set by `postsuper -e`: to be returned at the next attempt.
    pub const EXPIRE: u32 = 0o010;
    /// Still being written.
    pub const WRITING: u32 = 0o600;
    /// In maildrop, everybody may read it: cleanup and pickup do not run as the submitting user.
    pub const MAILDROP: u32 = 0o444;
}

/// The layout of the queue: enough to turn a directory and an id into a path.
#[derive(Clone, Debug)]
pub struct Queue {
    hashed: Vec<Dir>,
    depth: usize,
    long_ids: bool,
}

/// What a look at a queue file says.
#[derive(Debug)]
pub enum Checked {
    /// A complete file: its path and status.
    Ready(PathBuf, Metadata),
    /// Not there, not complete yet, or not a file that we would touch (that was logged).
    NotReady,
}

impl Queue {
    /// The layout that main.cf describes.
    pub fn from_config(config: &config::Config) -> Queue {
        let depth = usize::try_from(config.get(&params::HASH_QUEUE_DEPTH)).unwrap_or(1);
        let long_ids = config.get(&params::ENABLE_LONG_QUEUE_IDS);
        Queue::new(config.get(&params::HASH_QUEUE_NAMES), depth, long_ids)
    }

    /// The layout for the values of hash_queue_names, hash_queue_depth and enable_long_queue_ids.
    pub fn new(hash_queue_names: &str, hash_queue_depth: usize, long_ids: bool) -> Queue {
        let names = hash_queue_names.split([' ', '\t', '\r', '\n', ',']).filter(|name| !name.is_empty());
        let hashed = names.filter_map(|name| Dir::by_name(name.to_ascii_lowercase())).collect();
        Queue { hashed, depth: hash_queue_depth.max(1), long_ids }
    }

    /// Whether new files get long ids.
    pub fn long_ids(&self) -> bool {
        self.long_ids
    }

    /// Whether the directory is split into subdirectories.
    pub fn is_hashed(&self, dir: Dir) -> bool {
        self.hashed.contains(&dir)
    }

    /// How many levels of subdirectories a hashed directory has.
    pub fn depth(&self) -> usize {
        self.depth
    }

    /// The path of a message's file, relative to the queue directory.
    pub fn path(&self, dir: Dir, id: &Id) -> PathBuf {
        let mut path = String::with_capacity(48);
        path.push_str(dir.name());
        path.push('/');
        if self.is_hashed(dir) {
            let text = id.hash_text();
            let mut characters = text.chars();
            for _ in 0..self.depth {
                path.push(characters.next().unwrap_or('_'));
                path.push('/');
            }
        }
        path.push_str(id.as_str());
        PathBuf::from(path)
    }

    /// Looks whether a file may be opened, as every program does before it touches one: a regular file, complete.
    pub fn check(&self, dir: Dir, id: &Id) -> Checked {
        let path = self.path(dir, id);
        let status = match fs::symlink_metadata(&path) {
            Ok(status) => status,
            Err(error) => {
                if error.kind() != io::ErrorKind::NotFound {
                    log_lines::cannot_look(&path, &error);
                }
                return Checked::NotReady;
            }
        };
        if is_ready(&path, &status) { Checked::Ready(path, status) } else { Checked::NotReady }
    }

    /// Opens a file for reading if it may be opened, see [`Queue::check`]: one way through the path instead of two.
    pub fn open_ready(&self, nearby: &mut Nearby, dir: Dir, id: &Id) -> io::Result<Option<(File, Metadata)>> {
        let path = self.path(dir, id);
        // Nothing that is no file may lead elsewhere, or make us wait.
        match nearby.open(&path, OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK) {
            Ok(file) => {
                let status = file.metadata()?;
                Ok(is_ready(&path, &status).then_some((file, status)))
            }
            // What is not ready need not be readable.
            Err(error) => match self.check(dir, id) {
                Checked::Ready(..) => Err(error),
                Checked::NotReady => Ok(None),
            },
        }
    }

    /// Opens a file with the given options. With `create`, missing subdirectories are made.
    pub fn open(&self, dir: Dir, id: &Id, options: &OpenOptions) -> io::Result<File> {
        let path = self.path(dir, id);
        match options.open(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound && self.is_hashed(dir) => {
                // Without `create` this finds no file again, and that is the answer.
                make_parents(&path)?;
                options.open(&path)
            }
            result => result,
        }
    }

    /// Opens an existing file for reading.
    pub fn open_read(&self, dir: Dir, id: &Id) -> io::Result<File> {
        File::open(self.path(dir, id))
    }

    /// Opens an existing file for reading and for updates in place.
    pub fn open_update(&self, dir: Dir, id: &Id) -> io::Result<File> {
        OpenOptions::new().read(true).write(true).open(self.path(dir, id))
    }

    /// Opens a log file (bounce, defer, trace) for appending; makes it, with mode 0600, when there is none.
    pub fn open_append(&self, dir: Dir, id: &Id) -> io::Result<File> {
        let mut options = OpenOptions::new();
        options.read(true).append(true).create(true).mode(0o600);
        self.open(dir, id, &options)
    }

    /// Moves a file to another directory; missing subdirectories are made.
    pub fn rename(&self, id: &Id, from: Dir, to: Dir) -> io::Result<()> {
        let (old, new) = (self.path(from, id), self.path(to, id));
        match fs::rename(&old, &new) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                if !self.is_hashed(to) {
                    return Err(error);
                }
                make_parents(&new)?;
                fs::rename(&old, &new)
            }
            result => result,
        }
    }

    /// Removes a file.
    pub fn remove(&self, dir: Dir, id: &Id) -> io::Result<()> {
        fs::remove_file(self.path(dir, id))
    }

    /// Makes an empty file with an id of its own. `extra_mode` is added to 0600 now and to 0700 at the end.
    pub fn create(&self, dir: Dir, extra_mode: u32) -> Result<NewFile, CreateError> {
        NewFile::create(self, dir, extra_mode)
    }

    /// The names in a directory and in its subdirectories, whatever hash_queue_names says now.
    pub fn scan(&self, dir: Dir) -> io::Result<Scan> {
        Scan::recursive(dir)
    }
}

/// Makes the missing directories above `path`, for the mail system's owner only.
pub fn make_parents(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(parent) => fs::DirBuilder::new().recursive(true).mode(0o700).create(parent),
        None => Ok(()),
    }
}

/// Whether a file is a complete message; what is odd about it is logged.
fn is_ready(path: &Path, status: &Metadata) -> bool {
    if !status.is_file() {
        log_lines::not_regular(path, status.uid());
        return false;
    }
    if status.mode() & mode::OWNER_BITS != mode::READY {
        return false;
    }
    // While a file is being renamed, some systems show it under both names for a moment.
    if status.nlink() > 1 && (log::verbose() > 0 || is_older_than(status, Duration::from_secs(60))) {
        log_lines::many_links(path, status.uid(), status.nlink());
    }
    true
}

fn is_older_than(status: &Metadata, age: Duration) -> bool {
    let changed = SystemTime::UNIX_EPOCH + Duration::from_secs(u64::try_from(status.ctime()).unwrap_or(0));
    SystemTime::now().duration_since(changed).is_ok_and(|passed| passed > age)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_follow_hash_queue_names() {
        let queue = Queue::new("deferred, defer", 1, false);
        let id = Id::parse("4D2A31234").unwrap();
        assert_eq!(queue.path(Dir::Incoming, &id), Path::new("incoming/4D2A31234"));
        assert_eq!(queue.path(Dir::Deferred, &id), Path::new("deferred/4/4D2A31234"));
        let deep = Queue::new("Incoming", 2, false);
        assert_eq!(deep.path(Dir::Incoming, &id), Path::new("incoming/4/D/4D2A31234"));
        let short = Id::parse("x").unwrap();
        assert_eq!(deep.path(Dir::Incoming, &short), Path::new("incoming/x/_/x"));
    }

    #[test]
    fn long_ids_hash_by_their_microseconds() {
        let queue = Queue::new("deferred", 2, true);
        let id = Id::long(1_700_000_000, 0xABCDE, 5);
        let path = queue.path(Dir::Deferred, &id);
        assert_eq!(path, Path::new(&format!("deferred/A/B/{id}")));
    }
}
