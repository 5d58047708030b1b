//! `cdb:` tables: constant databases, D. J. Bernstein's format. A rebuild writes `NAME.tmp` and renames it to
//! `NAME.cdb`, so that readers see the old table or the new one.

use crate::cdb_writer::{Duplicate, HEADER, Writer};
use crate::null_forms::{NullForms, stored};
use crate::reload::{Loaded, Reloading, Stamp};
use crate::{About, Access, Entry, Flags, LookupError, Name, OpenError, Owner, Seek, Table, log_lines};
use std::fs::{File, OpenOptions};
use std::io::{self, BufReader, Read};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

/// Opens a cdb to look things up, or to build it anew.
pub(crate) fn open(name: &Name, access: Access, flags: Flags) -> Result<Arc<dyn Table>, OpenError> {
    match access {
        Access::Read => {
            let path = name.with_suffix(".cdb");
            let source = name.to_owned();
            Reloading::open(&path.clone(), false, Box::new(move || load(&path, &source, flags)))
        }
        Access::Build => Ok(Arc::new(CdbBuild::open(name, flags)?)),
        Access::Change | Access::CreateAndChange => {
            Err(OpenError::unavailable("unsupported non-bulk change request"))
        }
    }
}

/// Warns when a table's source is newer, unless it changed only now.
pub(crate) fn warn_if_outdated(database: &Name, modified: io::Result<SystemTime>, source: &Name) {
    let source_modified = std::fs::metadata(source).and_then(|status| status.modified());
    let (Ok(database_time), Ok(source_time)) = (modified, source_modified) else {
        return;
    };
    let age = SystemTime::now().duration_since(source_time).unwrap_or_default();
    let lead = source_time.duration_since(database_time).unwrap_or_default();
    if lead >= Duration::from_secs(1) && age > Duration::from_secs(100) {
        log_lines::older_than_source(database, source);
    }
}

fn load(path: &Name, source: &Name, flags: Flags) -> Result<Loaded, OpenError> {
    let complain = |error: io::Error| {
        OpenError::unavailable(format!("open database {path}: {}", sys::error_text(&error)))
    };
    let file = File::open(path).map_err(complain)?;
    let status = file.metadata().map_err(complain)?;
    let stamp = Stamp::new(file.try_clone().map_err(complain)?).map_err(complain)?;
    let bad_file = |error: io::Error| {
        OpenError::fatal(format!("dict_cdbq_open: unable to init {path}: {}", cause(&error)))
    };
    if status.len() < u64::from(HEADER) {
        return Err(bad_file(io::ErrorKind::InvalidData.into()));
    }
    let data = cdb2::CDB::open(path).map_err(bad_file)?;
    warn_if_outdated(path, status.modified(), source);
    let forms = NullForms::new(flags);
    let table = CdbTable {
        about: About::new("cdb", path, flags | forms.flags() | Flags::FIXED, Owner::of_uid(status.uid())),
        forms,
        data,
        file,
        cursor: Mutex::new(None),
    };
    Ok(Loaded { table: Arc::new(table), stamp: Some(stamp), left_out: 0 })
}

/// What the system says, or tinycdb's own word for a file that is damaged.
fn cause(error: &io::Error) -> String {
    if error.raw_os_error().is_some() { sys::error_text(error) } else { "Protocol error".to_owned() }
}

/// What stands before the first null byte: values are C strings.
pub(crate) fn up_to_null(mut value: Vec<u8>) -> Vec<u8> {
    if let Some(end) = memchr::memchr(0, &value) {
        value.truncate(end);
    }
    value
}

struct CdbTable {
    about: About,
    forms: NullForms,
    data: cdb2::CDB,
    file: File,
    cursor: Mutex<Option<Cursor>>,
}

/// Reads records one after the other.
struct Cursor {
    reader: BufReader<File>,
    at: u32,
    end: u32,
}

impl CdbTable {
    fn failed(&self, what: &str, error: &io::Error) -> LookupError {
        LookupError::Fatal(format!("error {what} {}: {}", self.about.name, cause(error)))
    }

    fn find(&self, key: &[u8]) -> Result<Option<Vec<u8>>, LookupError> {
        match self.data.get(key) {
            None => Ok(None),
            Some(Ok(value)) => Ok(Some(value)),
            Some(Err(error)) => Err(self.failed("reading", &error)),
        }
    }
}

impl Cursor {
    fn start(file: &File) -> io::Result<Cursor> {
        use std::io::{Seek as _, SeekFrom};
        let mut file = file.try_clone()?;
        file.seek(SeekFrom::Start(0))?;
        let mut reader = BufReader::new(file);
        let mut header = [0; HEADER as usize];
        reader.read_exact(&mut header)?;
        let end = u32::from_le_bytes([header[0], header[1], header[2], header[3]]);
        Ok(Cursor { reader, at: HEADER, end })
    }

    fn next(&mut self) -> io::Result<Option<Entry>> {
        if self.at.saturating_add(8) > self.end {
            return Ok(None);
        }
        let mut sizes = [0; 8];
        self.reader.read_exact(&mut sizes)?;
        let [k0, k1, k2, k3, v0, v1, v2, v3] = sizes;
        let (keys, values) = (u32::from_le_bytes([k0, k1, k2, k3]), u32::from_le_bytes([v0, v1, v2, v3]));
        let next = self.at.checked_add(8).and_then(|at| at.checked_add(keys)?.checked_add(values));
        let next = next.filter(|&next| next <= self.end).ok_or(io::ErrorKind::InvalidData)?;
        let mut key = vec![0; keys as usize];
        let mut value = vec![0; values as usize];
        self.reader.read_exact(&mut key)?;
        self.reader.read_exact(&mut value)?;
        self.at = next;
        Ok(Some((up_to_null(key), up_to_null(value))))
    }
}

impl Table for CdbTable {
    fn about(&self) -> &About {
        &self.about
    }

    fn lookup(&self, key: &[u8]) -> Result<Option<Vec<u8>>, LookupError> {
        for form in self.forms.candidates() {
            if let Some(value) = self.find(&stored(key, form))? {
                self.forms.decide(form);
                return Ok(Some(up_to_null(value)));
            }
        }
        Ok(None)
    }

    fn sequence(&self, seek: Seek) -> Result<Option<Entry>, LookupError> {
        let mut place = self.cursor.lock().unwrap_or_else(PoisonError::into_inner);
        let started = match place.take() {
            Some(cursor) if seek == Seek::Next => Ok(cursor),
            _ => Cursor::start(&self.file),
        };
        let entry = started.and_then(|mut cursor| {
            let entry = cursor.next()?;
            *place = Some(cursor);
            Ok(entry)
        });
        entry.map_err(|error| self.failed("reading", &error))
    }
}

/// A cdb that is being built.
struct CdbBuild {
    about: About,
    temporary: Name,
    /// `None` when the database is finished.
    writer: Mutex<Option<Writer>>,
    /// Keeps the lock until the new file has its name.
    _locked: File,
}

impl CdbBuild {
    fn open(name: &Name, flags: Flags) -> Result<CdbBuild, OpenError> {
        let temporary = name.with_suffix(".cdb.tmp");
        let fatal = |what: String| {
            move |error: io::Error| OpenError::fatal(format!("{what}: {}", sys::error_text(&error)))
        };
        let file = loop {
            let file = OpenOptions::new()
                .read(true)
                .write(true)
                .create(true)
                .truncate(false)
                .mode(0o644)
                .open(&temporary)
                .map_err(|error| {
                    OpenError::unavailable(format!("open database {temporary}: {}", sys::error_text(&error)))
                })?;
            use sys::lock::{LockKind, Operation, lock};
            lock(&file, LockKind::Flock, Operation::Exclusive, true)
                .map_err(fatal(format!("lock {temporary}")))?;
            // Another postmap may have renamed the file while this one waited for the lock.
            let opened = file.metadata().map_err(fatal(format!("fstat({temporary})")))?;
            let named = std::fs::metadata(&temporary).map_err(fatal(format!("stat({temporary})")))?;
            if opened.ino() == named.ino() && opened.dev() == named.dev() && opened.nlink() > 0 {
                break file;
            }
        };
        file.set_len(0).map_err(fatal(format!("initialize database {temporary}")))?;
        let with_nulls = flags.contains(Flags::TRY1NULL);
        let nulls = if with_nulls { Flags::TRY1NULL } else { Flags::TRY0NULL };
        let flags = flags.without(Flags::TRY0NULL | Flags::TRY1NULL) | nulls | Flags::FIXED;
        let writer = file.try_clone().and_then(Writer::new);
        let writer = Mutex::new(Some(writer.map_err(fatal(format!("initialize database {temporary}")))?));
        let about = About::new("cdb", name, flags, Owner::Trusted);
        Ok(CdbBuild { about, temporary, writer, _locked: file })
    }

    fn failed(&self, what: &str, error: &io::Error) -> LookupError {
        LookupError::Fatal(format!("{what} {}: {}", self.temporary, sys::error_text(error)))
    }

    /// Adds a record as it stands in the file; `key` is for messages.
    fn add(&self, key: &[u8], stored: &[u8], value: &[u8]) -> Result<bool, LookupError> {
        let duplicate = if self.about.flags.contains(Flags::DUP_REPLACE) {
            Duplicate::Replace
        } else if self.about.flags.contains(Flags::DUP_IGNORE) {
            Duplicate::Add
        } else {
            Duplicate::Refuse
        };
        let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(writer) = writer.as_mut() else {
            return Err(LookupError::unsupported("cdb", &self.about.name, "update"));
        };
        let is_new =
            writer.add(stored, value, duplicate).map_err(|error| self.failed("error writing", &error))?;
        if !is_new && duplicate == Duplicate::Refuse {
            log_lines::duplicate_in_file(&self.about.name, key);
        }
        Ok(is_new || duplicate != Duplicate::Refuse)
    }
}

impl Table for CdbBuild {
    fn about(&self) -> &About {
        &self.about
    }

    fn lookup(&self, _key: &[u8]) -> Result<Option<Vec<u8>>, LookupError> {
        Err(LookupError::unsupported("cdb", &self.about.name, "lookup"))
    }

    fn update(&self, key: &[u8], value: &[u8]) -> Result<bool, LookupError> {
        self.add(key, &stored(key, self.about.flags), &stored(value, self.about.flags))
    }

    fn update_raw(&self, key: &[u8], value: &[u8]) -> Result<bool, LookupError> {
        self.add(key, key, value)
    }

    fn finish(&self) -> Result<(), LookupError> {
        let writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(writer) = writer {
            writer.finish().map_err(|error| self.failed("finish database", &error))?;
        }
        let target = self.about.name.with_suffix(".cdb");
        std::fs::rename(&self.temporary, &target).map_err(|error| {
            let text = sys::error_text(&error);
            LookupError::Fatal(format!("rename database from {} to {target}: {text}", self.temporary))
        })
    }
}
