//! `hash:` and `btree:` tables: Berkeley DB files, `NAME.db`.
//!
//! Readers and writers lock the file with flock(2), as Postfix does: around each request, or, in postmap(1), as long as
//! the table is open. What another process changes is seen by the next request.

mod build;
mod new_file;

use crate::cdb::{up_to_null, warn_if_outdated};
use crate::null_forms::{self, NullForms, stored};
use crate::reload::{Loaded, Reloading, Stamp};
use crate::table::ANSWERS;
use crate::{
    About, Access, Answer, Entry, Flags, LookupError, Name, OpenError, Owner, Seek, Table, log_lines,
};
use bdb::{Cursor, Database, Error, Existing, Method};
use build::DbBuild;
use new_file::NewFile;
use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};
use sys::lock::{LockKind, Operation, lock};

/// A file that was changed so shortly before it was read may change again and keep its time stamp.
const CLOCK_TICK: Duration = Duration::from_millis(20);

/// How much memory pages may take, bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Buffers {
    /// berkeley_db_read_buffer_size, for look-ups.
    pub(crate) read: usize,
    /// berkeley_db_create_buffer_size, for changes.
    pub(crate) create: usize,
}

/// The least memory for pages of a table that is asked, bytes: the pages above the leaves of a btree with a million
/// entries stay there. Small tables take less.
const READ_CACHE: usize = 768 * 1024;

/// Opens `hash:NAME` or `btree:NAME`.
pub(crate) fn open(
    kind: &str,
    name: &Name,
    access: Access,
    flags: Flags,
    buffers: Buffers,
) -> Result<Arc<dyn Table>, OpenError> {
    let method = if kind == "btree" { Method::Btree } else { Method::Hash };
    let path = name.with_suffix(".db");
    let is_shared = flags.contains(Flags::LOCK);
    if access == Access::Read {
        say_deprecated(name);
        let (file, source) = (path.clone(), name.to_owned());
        let load = move || load(method, &file, &source, flags, buffers.read.max(READ_CACHE));
        return Reloading::open(&path, false, Box::new(load));
    }
    let old = if is_shared { None } else { new_file::lock_existing(&path)? };
    say_deprecated(name);
    if access == Access::Build {
        return Ok(Arc::new(DbBuild::open(method, path, flags, old)?));
    }
    let file = match old {
        Some(file) => file,
        None => open_to_change(&path, access, method, buffers.create)?,
    };
    let table = DbTable::new(method, path, flags, buffers.create, file)?;
    table.lock_while_open()?;
    Ok(Arc::new(table))
}

/// The type's name.
fn kind(method: Method) -> &'static str {
    match method {
        Method::Hash => "hash",
        Method::Btree => "btree",
    }
}

/// Says once in a process that these types go, where the distribution's Postfix says that.
fn say_deprecated(name: &Name) {
    static SAID: AtomicBool = AtomicBool::new(false);
    if params::profile::NAME == "debian" {
        log_lines::berkeley_db(name, !SAID.swap(true, Ordering::Relaxed));
    }
}

fn open_error(path: &Name, why: &str) -> OpenError {
    OpenError::unavailable(format!("open database {path}: {why}"))
}

fn io_open_error(path: &Name, error: &io::Error) -> OpenError {
    open_error(path, &sys::error_text(error))
}

/// The error of a file that is no table, in the words that libdb has for it.
fn not_a_table(path: &Name, error: &Error) -> OpenError {
    match error {
        Error::Io(error) => return io_open_error(path, error),
        Error::OtherMethod => log_lines::other_database_type(path),
        _ => {}
    }
    open_error(path, "Invalid argument")
}

/// The error of a request that failed: `what` failed for the file `path`.
fn fatal(what: &str, path: &Name, error: &Error) -> LookupError {
    let text = match error {
        Error::Io(error) => sys::error_text(error),
        error => error.to_string(),
    };
    LookupError::Fatal(format!("{what} {path}: {text}"))
}

/// An entry to be added to a table: whether it replaces one that is there already is the table's flags' to say.
struct Addition<'a> {
    about: &'a About,
    forms: &'a NullForms,
    key: &'a [u8],
    value: &'a [u8],
}

impl Addition<'_> {
    /// Has the entry stored, as it is to stand in the file. False if the key was there and keeps its value.
    fn with(
        self,
        store: impl FnOnce(&[u8], &[u8], Existing) -> Result<bool, LookupError>,
    ) -> Result<bool, LookupError> {
        let form = self.forms.to_write();
        let replaces = self.about.flags.contains(Flags::DUP_REPLACE);
        let existing = if replaces { Existing::Replace } else { Existing::Keep };
        let is_new = store(&stored(self.key, form), &stored(self.value, form), existing)?;
        if !is_new {
            report_duplicate(&self.about.name, self.about.flags, self.key)?;
        }
        Ok(is_new)
    }
}

/// What becomes of a key that is there already, and keeps its value.
fn report_duplicate(path: &Name, flags: Flags, key: &[u8]) -> Result<(), LookupError> {
    if flags.contains(Flags::DUP_WARN) {
        log_lines::duplicate_in_file(path, key);
    } else if !flags.contains(Flags::DUP_IGNORE) {
        let key = log::bytes(key);
        return Err(LookupError::Fatal(format!("{path}: duplicate entry: \"{key}\"")));
    }
    Ok(())
}

/// Opens a table for look-ups.
fn load(method: Method, path: &Name, source: &Name, flags: Flags, cache: usize) -> Result<Loaded, OpenError> {
    let complain = |error: io::Error| io_open_error(path, &error);
    let file = File::open(path).map_err(complain)?;
    let stamp = Stamp::new(file.try_clone().map_err(complain)?).map_err(complain)?;
    let modified = file.metadata().and_then(|status| status.modified());
    let table = DbTable::new(method, path.to_owned(), flags, cache, file)?;
    if flags.contains(Flags::LOCK) {
        warn_if_outdated(path, modified, source);
    }
    Ok(Loaded { table: Arc::new(table), stamp: Some(stamp), left_out: 0 })
}

/// Opens a file for changes; makes an empty one when there is none, if it may.
fn open_to_change(path: &Name, access: Access, method: Method, cache: usize) -> Result<File, OpenError> {
    let complain = |error: io::Error| io_open_error(path, &error);
    let open = || OpenOptions::new().read(true).write(true).open(path);
    match open() {
        Err(error) if error.kind() == io::ErrorKind::NotFound && access == Access::CreateAndChange => {
            let file = NewFile::create(path, None)?;
            let creation = file.creation(method).map_err(complain)?;
            Database::create(file.to_write().map_err(complain)?, &creation, cache)
                .and_then(|mut empty| empty.flush())
                .map_err(|error| not_a_table(path, &error))?;
            file.put_in_place().map_err(|error| open_error(path, &error.to_string()))?;
            open().map_err(complain)
        }
        result => result.map_err(complain),
    }
}

struct DbTable {
    method: Method,
    /// Messages have the file's name.
    about: About,
    forms: NullForms,
    cache: usize,
    file: File,
    state: Mutex<State>,
}

/// One request at a time: the file lock belongs to all threads.
struct State {
    database: Database<File>,
    /// What the file was like when `database` read it.
    seen: Seen,
    cursor: Cursor,
}

/// Tells whether a file has changed.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Seen {
    size: u64,
    modified: (i64, i64),
    changed: (i64, i64),
    /// It may change without a trace: it was changed just now.
    recent: bool,
}

impl Seen {
    fn of(file: &File) -> io::Result<Seen> {
        let status = file.metadata()?;
        let age = status.modified().map(|at| SystemTime::now().duration_since(at).unwrap_or_default());
        Ok(Seen {
            size: status.size(),
            modified: (status.mtime(), status.mtime_nsec()),
            changed: (status.ctime(), status.ctime_nsec()),
            recent: age.is_ok_and(|age| age < CLOCK_TICK),
        })
    }

    /// Whether what was read then is still what the file has.
    fn still_holds(self, now: Seen) -> bool {
        !self.recent && Seen { recent: false, ..now } == self
    }
}

impl DbTable {
    fn new(method: Method, path: Name, flags: Flags, cache: usize, file: File) -> Result<DbTable, OpenError> {
        let complain = |error: io::Error| io_open_error(&path, &error);
        let is_shared = flags.contains(Flags::LOCK);
        let lock_to_open = |operation: Operation, what: &str| match is_shared {
            true => lock(&file, LockKind::Flock, operation, true).map_err(|error| {
                OpenError::fatal(format!("{what} database {path} for open: {}", sys::error_text(&error)))
            }),
            false => Ok(()),
        };
        lock_to_open(Operation::Shared, "shared-lock")?;
        let seen = Seen::of(&file).map_err(complain)?;
        let database = Database::open(file.try_clone().map_err(complain)?, method, cache)
            .map_err(|error| not_a_table(&path, &error))?;
        lock_to_open(Operation::Release, "unlock")?;
        let owner = Owner::of_uid(file.metadata().map_err(complain)?.uid());
        let forms = NullForms::new(flags);
        Ok(DbTable {
            method,
            about: About::new(kind(method), &path, flags | forms.flags() | Flags::FIXED, owner),
            forms,
            cache,
            state: Mutex::new(State { database, seen, cursor: Cursor::new() }),
            file,
        })
    }

    /// Keeps others out as long as the table is open, where the flags ask for that.
    fn lock_while_open(&self) -> Result<(), OpenError> {
        let fail = |what: &str, error: io::Error| {
            Err(OpenError::fatal(format!("{what}: {}", sys::error_text(&error))))
        };
        if self.about.flags.contains(Flags::OPEN_LOCK) {
            return lock(&self.file, LockKind::Flock, Operation::Exclusive, false).or_else(|error| {
                fail(&format!("{}:{}: unable to get exclusive lock", self.kind(), self.about.name), error)
            });
        }
        if !self.about.flags.contains(Flags::LOCK) {
            return lock(&self.file, LockKind::Flock, Operation::Exclusive, true)
                .or_else(|error| fail(&format!("lock {}", self.about.name), error));
        }
        Ok(())
    }

    /// Changes wait in memory for [`Table::finish`]: all or nothing.
    fn is_bulk(&self) -> bool {
        !self.about.flags.intersects(Flags::LOCK | Flags::OPEN_LOCK)
    }

    fn fatal(&self, what: &str, error: &Error) -> LookupError {
        fatal(what, &self.about.name, error)
    }

    /// Runs a request on what the file has now, locked if the flags ask for that. `failure` is the text of an error.
    fn locked<T>(
        &self,
        operation: Operation,
        failure: &str,
        request: impl FnOnce(&mut State) -> Result<T, Error>,
    ) -> Result<T, LookupError> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if self.is_bulk() {
            return request(&mut state).map_err(|error| self.fatal(failure, &error));
        }
        self.set_lock(operation, "lock")?;
        let result = self.refresh(&mut state).and_then(|()| request(&mut state)).and_then(|answer| {
            if operation == Operation::Exclusive {
                self.write_out(&mut state)?;
            }
            Ok(answer)
        });
        self.set_lock(Operation::Release, "unlock")?;
        result.map_err(|error| self.fatal(failure, &error))
    }

    /// Locks or unlocks the file, unless this is the only process that uses it.
    fn set_lock(&self, operation: Operation, what: &str) -> Result<(), LookupError> {
        if !self.about.flags.contains(Flags::LOCK) {
            return Ok(());
        }
        lock(&self.file, LockKind::Flock, operation, true).map_err(|error| {
            LookupError::Fatal(format!("{}: {what} dictionary: {}", self.about.name, sys::error_text(&error)))
        })
    }

    /// Looks a key up in either form.
    fn find(&self, state: &mut State, key: &[u8]) -> Result<Option<Vec<u8>>, Error> {
        for form in self.forms.candidates() {
            if let Some(value) = state.database.get(&stored(key, form))? {
                self.forms.decide(form);
                return Ok(Some(up_to_null(value)));
            }
        }
        Ok(None)
    }

    /// Looks keys up in one form.
    fn find_many(&self, state: &mut State, keys: &[&[u8]], form: Flags) -> Vec<Answer> {
        let mut answers = vec![Answer::Unknown; keys.len()];
        let mut room = ANSWERS;
        state.database.get_many(keys, null_forms::end(form), |number, value| {
            if let Some(answer) = answers.get_mut(number) {
                *answer = Answer::of(value.map(|value| value.map(up_to_null)), &mut room);
            }
        });
        answers
    }

    /// Looks a key up without the file's lock, which takes more time than the rest. What was found holds if the file
    /// is afterwards what it was when it was read with the lock: whoever changes it gives it another time stamp.
    fn find_unlocked(&self, key: &[u8]) -> Option<Option<Vec<u8>>> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if self.is_bulk() || state.seen.recent {
            return None;
        }
        let found = self.find(&mut state, key).ok()?;
        Seen::of(&self.file).is_ok_and(|now| state.seen.still_holds(now)).then_some(found)
    }

    /// Reads the file anew if it has changed.
    fn refresh(&self, state: &mut State) -> Result<(), Error> {
        if !self.about.flags.contains(Flags::LOCK) {
            // Nobody else may change it.
            return Ok(());
        }
        let now = Seen::of(&self.file)?;
        if !state.seen.still_holds(now) {
            state.database = Database::open(self.file.try_clone()?, self.method, self.cache)?;
            state.seen = now;
        }
        Ok(())
    }

    /// Writes a change, so that others see it.
    fn write_out(&self, state: &mut State) -> Result<(), Error> {
        state.database.flush()?;
        if self.about.flags.contains(Flags::SYNC_UPDATE) {
            self.file.sync_data()?;
        }
        state.seen = Seen { recent: false, ..Seen::of(&self.file)? };
        Ok(())
    }

    /// Stores an entry as it stands in the file.
    fn store(&self, stored: &[u8], value: &[u8], existing: Existing) -> Result<bool, LookupError> {
        self.locked(Operation::Exclusive, "error writing", |state| {
            state.database.put(stored, value, existing)
        })
    }
}

impl Table for DbTable {
    fn about(&self) -> &About {
        &self.about
    }

    fn lookup(&self, key: &[u8]) -> Result<Option<Vec<u8>>, LookupError> {
        if let Some(found) = self.find_unlocked(key) {
            return Ok(found);
        }
        self.locked(Operation::Shared, "error reading", |state| self.find(state, key))
    }

    fn lookup_many(&self, keys: &[&[u8]]) -> Vec<Answer> {
        let found = self.locked(Operation::Shared, "error reading", |state| {
            Ok(self.forms.find_many(|form| self.find_many(state, keys, form)))
        });
        // A look-up of the first key will say what is wrong.
        found.unwrap_or_default()
    }

    fn update(&self, key: &[u8], value: &[u8]) -> Result<bool, LookupError> {
        let add = Addition { about: &self.about, forms: &self.forms, key, value };
        add.with(|key, value, existing| self.store(key, value, existing))
    }

    fn update_raw(&self, key: &[u8], value: &[u8]) -> Result<bool, LookupError> {
        // What an earlier update left there is replaced.
        self.store(key, value, Existing::Replace)
    }

    fn delete(&self, key: &[u8]) -> Result<bool, LookupError> {
        self.locked(Operation::Exclusive, "error deleting from", |state| {
            for form in self.forms.candidates() {
                if state.database.delete(&stored(key, form))? {
                    self.forms.decide(form);
                    return Ok(true);
                }
            }
            Ok(false)
        })
    }

    fn sequence(&self, seek: Seek) -> Result<Option<Entry>, LookupError> {
        self.locked(Operation::Shared, "error seeking", |state| {
            if seek == Seek::First {
                state.cursor = Cursor::new();
            }
            let entry = state.database.next(&mut state.cursor)?;
            Ok(entry.map(|(key, value)| (up_to_null(key), up_to_null(value))))
        })
    }

    fn finish(&self) -> Result<(), LookupError> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let flushed = state.database.flush().and_then(|()| Ok(self.file.sync_data()?));
        flushed.map_err(|error| self.fatal("flush database", &error))
    }
}
