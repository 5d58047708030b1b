//! `lmdb:` tables: OpenLDAP's memory-mapped database, in one file, without its lock file. As Postfix does, readers and
//! writers lock the file itself.

use crate::bulk::BulkEntries;
use crate::cdb::{up_to_null, warn_if_outdated};
use crate::null_forms::{NullForms, stored};
use crate::reload::{Loaded, Reloading, Stamp};
use crate::table::ANSWERS;
use crate::{
    About, Access, Answer, Entry, Flags, LookupError, Name, OpenError, Owner, Seek, Table, log_lines,
};
use lmdb::{
    Cursor, Database, DatabaseFlags, Environment, EnvironmentFlags, Error, RoTransaction, Transaction,
    WriteFlags,
};
use nix::fcntl::{FcntlArg, fcntl};
use nix::libc;
use std::fs::{File, OpenOptions};
use std::os::unix::fs::MetadataExt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The least room a file is given beyond its size.
const SLACK: usize = 10240;
/// The longest key that LMDB takes, bytes.
const MAX_KEY: usize = 511;
/// LMDB's operation codes of `mdb_cursor_get`.
const FIRST: u32 = 0;
const SET_RANGE: u32 = 17;
const NEXT: u32 = 8;

/// Opens an lmdb file.
pub(crate) fn open(
    name: &Name,
    access: Access,
    flags: Flags,
    map_size: usize,
) -> Result<Arc<dyn Table>, OpenError> {
    let name = name.to_owned();
    if access == Access::Read {
        let path = name.with_suffix(".lmdb");
        let load = move || {
            let (table, stamp) = LmdbTable::open(&name, access, flags, map_size)?;
            Ok(Loaded { table: Arc::new(table), stamp: Some(stamp), left_out: 0 })
        };
        return Reloading::open(&path, false, Box::new(load));
    }
    Ok(Arc::new(LmdbTable::open(&name, access, flags, map_size)?.0))
}

/// A file lock that belongs to the open file, so that closing another descriptor of the file does not drop it.
fn set_lock(file: &File, kind: libc::c_int) -> nix::Result<()> {
    let range = libc::flock {
        l_type: kind as libc::c_short,
        l_whence: libc::SEEK_SET as libc::c_short,
        l_start: 0,
        l_len: 0,
        l_pid: 0,
    };
    loop {
        match fcntl(file, FcntlArg::F_OFD_SETLKW(&range)) {
            Err(nix::errno::Errno::EINTR) => {}
            result => return result.map(|_| ()),
        }
    }
}

struct LmdbTable {
    about: About,
    forms: NullForms,
    environment: Environment,
    database: Database,
    file: File,
    state: Mutex<State>,
}

/// One request at a time: the file lock and the size of the map belong to all threads.
#[derive(Default)]
struct State {
    limit: usize,
    last_key: Option<Vec<u8>>,
    /// What a bulk update has collected.
    bulk: Option<BulkEntries>,
}

impl LmdbTable {
    fn open(
        name: &Name,
        access: Access,
        flags: Flags,
        map_size: usize,
    ) -> Result<(LmdbTable, Stamp), OpenError> {
        let path = name.with_suffix(".lmdb");
        let complain = |why: &str| OpenError::unavailable(format!("open database {path}: {why}"));
        let complain_io = |error: std::io::Error| complain(&sys::error_text(&error));
        let reading = access == Access::Read;
        let size =
            std::fs::metadata(&path).map_or(0, |status| usize::try_from(status.size()).unwrap_or(usize::MAX));
        let mut limit = map_size.max(SLACK);
        if size > limit - SLACK {
            limit = size.saturating_add(SLACK);
        }
        if log::verbose() > 0 {
            log_lines::lmdb_size_limit(name, limit);
        }
        let mut mode = EnvironmentFlags::NO_SUB_DIR | EnvironmentFlags::NO_LOCK;
        if reading {
            mode |= EnvironmentFlags::READ_ONLY;
        }
        let environment = Environment::new()
            .set_flags(mode)
            .set_map_size(limit)
            .open(path.as_path())
            .map_err(|error| complain(&error.to_string()))?;
        let database = match reading {
            true => environment.open_db(None),
            false => environment.create_db(None, DatabaseFlags::empty()),
        }
        .map_err(|error| complain(&error.to_string()))?;
        let file = OpenOptions::new().read(true).write(!reading).open(&path).map_err(complain_io)?;
        let status = file.metadata().map_err(complain_io)?;
        let stamp = Stamp::new(file.try_clone().map_err(complain_io)?).map_err(complain_io)?;
        if reading && flags.contains(Flags::LOCK) {
            warn_if_outdated(&path, status.modified(), name);
        }
        let bulk = access == Access::Build;
        if bulk {
            // Wait until nobody reads pages that this update will use again; the shared lock keeps writers out.
            for kind in [libc::F_WRLCK, libc::F_RDLCK] {
                set_lock(&file, kind).map_err(|error| {
                    OpenError::fatal(format!("{path}: lock dictionary: {}", sys::error_text(&error.into())))
                })?;
            }
        }
        let forms = NullForms::new(flags);
        let table = LmdbTable {
            about: About::new(
                "lmdb",
                name,
                flags | forms.flags() | Flags::FIXED | Flags::MULTI_WRITER,
                Owner::of_uid(status.uid()),
            ),
            forms,
            environment,
            database,
            file,
            state: Mutex::new(State {
                limit,
                bulk: bulk.then(|| BulkEntries::new(path.as_path())),
                ..State::default()
            }),
        };
        Ok((table, stamp))
    }

    fn fatal(&self, what: &str, error: Error) -> LookupError {
        LookupError::Fatal(format!("error {what} lmdb:{}: {error}", self.about.name))
    }

    /// The entries that wait for the end of a bulk update cannot be kept.
    fn bulk_failed(&self, error: &bdb::Error) -> LookupError {
        let text = match error {
            bdb::Error::Io(error) => sys::error_text(error),
            error => error.to_string(),
        };
        LookupError::Fatal(format!("error updating lmdb:{}: {text}", self.about.name))
    }

    /// Runs a request with the file locked: for changes always, or two writers would lose entries; for look-ups where
    /// the flags ask for that.
    fn locked<T>(
        &self,
        kind: libc::c_int,
        request: impl FnOnce(&mut State) -> Result<T, LookupError>,
    ) -> Result<T, LookupError> {
        let mut state: MutexGuard<'_, State> = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let holds_lock = state.bulk.is_some();
        if holds_lock || (kind == libc::F_RDLCK && !self.about.flags.contains(Flags::LOCK)) {
            return request(&mut state);
        }
        self.set_lock(kind, "lock")?;
        let result = request(&mut state);
        self.set_lock(libc::F_UNLCK, "unlock")?;
        result
    }

    fn set_lock(&self, kind: libc::c_int, what: &str) -> Result<(), LookupError> {
        set_lock(&self.file, kind).map_err(|error| {
            let text = sys::error_text(&error.into());
            LookupError::Fatal(format!("{}: {what} dictionary: {text}", self.about.name))
        })
    }

    /// Starts a transaction to read, after another process has made the file larger, too.
    fn reader(&self, state: &mut State) -> Result<RoTransaction<'_>, Error> {
        match self.environment.begin_ro_txn() {
            Err(Error::MapResized) => {
                self.environment.set_map_size(0)?;
                state.limit = self.environment.info().map_or(state.limit, |info| info.map_size());
                self.environment.begin_ro_txn()
            }
            result => result,
        }
    }

    /// Looks a key up in either form.
    fn find(&self, transaction: &RoTransaction<'_>, key: &[u8]) -> Result<Option<Vec<u8>>, LookupError> {
        for form in self.forms.candidates() {
            match transaction.get(self.database, &stored(key, form)) {
                Ok(value) => {
                    self.forms.decide(form);
                    return Ok(Some(up_to_null(value.to_vec())));
                }
                Err(Error::NotFound) => {}
                Err(error) => return Err(self.fatal("reading", error)),
            }
        }
        Ok(None)
    }

    /// Doubles the room when a change did not fit.
    fn grow(&self, state: &mut State) -> Result<(), Error> {
        state.limit = state.limit.saturating_mul(2).min(isize::MAX as usize);
        self.environment.set_map_size(state.limit)
    }

    /// Changes the file in one transaction; again with more room, if it does not fit.
    fn write<T>(
        &self,
        state: &mut State,
        mut change: impl FnMut(&mut lmdb::RwTransaction<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        for _attempt in 0..128 {
            let attempt = self.environment.begin_rw_txn().and_then(|mut transaction| {
                let result = change(&mut transaction)?;
                transaction.commit()?;
                Ok(result)
            });
            match attempt {
                Err(Error::MapFull) => self.grow(state)?,
                Err(Error::MapResized) => self.environment.set_map_size(0)?,
                result => return result,
            }
        }
        Err(Error::MapFull)
    }

    fn put(
        &self,
        state: &mut State,
        stored: &[u8],
        value: &[u8],
        replace: bool,
    ) -> Result<bool, LookupError> {
        if let Some(bulk) = &mut state.bulk {
            if stored.is_empty() || stored.len() > MAX_KEY {
                return Err(self.fatal("updating", Error::BadValSize));
            }
            return bulk.insert(stored, value, replace).map_err(|error| self.bulk_failed(&error));
        }
        let how = if replace { WriteFlags::empty() } else { WriteFlags::NO_OVERWRITE };
        let put = self.write(state, |transaction| transaction.put(self.database, &stored, &value, how));
        match put {
            Ok(()) => Ok(true),
            Err(Error::KeyExist) => Ok(false),
            Err(error) => Err(self.fatal("updating", error)),
        }
    }
}

impl LmdbTable {
    /// Stores an entry as it stands in the file; `key` is for messages.
    fn store(&self, key: &[u8], stored: &[u8], value: &[u8]) -> Result<bool, LookupError> {
        let replace = self.about.flags.contains(Flags::DUP_REPLACE);
        let is_new = self.locked(libc::F_WRLCK, |state| self.put(state, stored, value, replace))?;
        if !is_new && !self.about.flags.contains(Flags::DUP_IGNORE) {
            log_lines::duplicate_in_table("lmdb", &self.about.name, key);
        }
        Ok(is_new)
    }
}

impl Table for LmdbTable {
    fn about(&self) -> &About {
        &self.about
    }

    fn lookup(&self, key: &[u8]) -> Result<Option<Vec<u8>>, LookupError> {
        self.locked(libc::F_RDLCK, |state| {
            let transaction = self.reader(state).map_err(|error| self.fatal("reading", error))?;
            self.find(&transaction, key)
        })
    }

    fn lookup_many(&self, keys: &[&[u8]]) -> Vec<Answer> {
        let found = self.locked(libc::F_RDLCK, |state| {
            let transaction = self.reader(state).map_err(|error| self.fatal("reading", error))?;
            let mut room = ANSWERS;
            let mut answers = Vec::with_capacity(keys.len());
            for key in keys {
                let answer = Answer::of(self.find(&transaction, key), &mut room);
                let failed = answer == Answer::Unknown;
                answers.push(answer);
                if failed {
                    // Keys behind it must not decide whether keys have null bytes before it is asked again.
                    break;
                }
            }
            answers.resize(keys.len(), Answer::Unknown);
            Ok(answers)
        });
        // A look-up of the first key will say what is wrong.
        found.unwrap_or_default()
    }

    fn update(&self, key: &[u8], value: &[u8]) -> Result<bool, LookupError> {
        let form = self.forms.to_write();
        self.store(key, &stored(key, form), &stored(value, form))
    }

    fn update_raw(&self, key: &[u8], value: &[u8]) -> Result<bool, LookupError> {
        // What an earlier update left there is replaced.
        let put = self.locked(libc::F_WRLCK, |state| self.put(state, key, value, true))?;
        debug_assert!(put);
        Ok(put)
    }

    fn delete(&self, key: &[u8]) -> Result<bool, LookupError> {
        self.locked(libc::F_WRLCK, |state| {
            for form in self.forms.candidates() {
                let stored = stored(key, form);
                match self.write(state, |transaction| transaction.del(self.database, &stored, None)) {
                    Ok(()) => {
                        self.forms.decide(form);
                        return Ok(true);
                    }
                    Err(Error::NotFound) => {}
                    Err(error) => return Err(self.fatal("deleting from", error)),
                }
            }
            Ok(false)
        })
    }

    fn sequence(&self, seek: Seek) -> Result<Option<Entry>, LookupError> {
        self.locked(libc::F_RDLCK, |state| {
            let previous = if seek == Seek::First { None } else { state.last_key.take() };
            let next = self.reader(state).and_then(|transaction| {
                let cursor = transaction.open_ro_cursor(self.database)?;
                let (key, value) = match &previous {
                    None => cursor.get(None, None, FIRST)?,
                    Some(previous) => {
                        let (found, value) = cursor.get(Some(previous), None, SET_RANGE)?;
                        // The last key may have been deleted meanwhile: then this is the next one.
                        match found {
                            Some(found) if found != previous.as_slice() => (Some(found), value),
                            _ => cursor.get(None, None, NEXT)?,
                        }
                    }
                };
                Ok((key.unwrap_or_default().to_vec(), value.to_vec()))
            });
            match next {
                Ok((key, value)) => {
                    state.last_key = Some(key.clone());
                    Ok(Some((up_to_null(key), up_to_null(value))))
                }
                Err(Error::NotFound) => Ok(None),
                Err(error) => Err(self.fatal("seeking", error)),
            }
        })
    }

    fn finish(&self) -> Result<(), LookupError> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(entries) = state.bulk.take() else {
            return Ok(());
        };
        let entries = entries.sorted().map_err(|error| self.bulk_failed(&error))?;
        while (state.limit as u64) < entries.size() {
            self.grow(&mut state).map_err(|error| self.fatal("updating", error))?;
        }
        let mut unread = None;
        let written = self.write(&mut state, |transaction| {
            transaction.clear_db(self.database)?;
            let put = |key: &[u8], value: &[u8]| -> Result<(), Failed> {
                Ok(transaction.put(self.database, &key, &value, WriteFlags::APPEND)?)
            };
            entries.for_each(put).map_err(|failed| match failed {
                Failed::ToWrite(error) => error,
                Failed::ToRead(error) => {
                    unread = Some(error);
                    Error::Panic
                }
            })
        });
        match unread {
            Some(error) => Err(self.bulk_failed(&error)),
            None => written.map_err(|error| self.fatal("updating", error)),
        }
    }
}

/// Why a bulk update ended before its last entry.
enum Failed {
    /// LMDB did not take an entry.
    ToWrite(Error),
    /// The entries that wait in a file cannot be read.
    ToRead(bdb::Error),
}

impl From<Error> for Failed {
    fn from(error: Error) -> Failed {
        Failed::ToWrite(error)
    }
}

impl From<bdb::Error> for Failed {
    fn from(error: bdb::Error) -> Failed {
        Failed::ToRead(error)
    }
}
