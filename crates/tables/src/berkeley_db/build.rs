//! A `hash:` or `btree:` table that is built at once, in a new file.

use super::new_file::NewFile;
use super::{Addition, fatal, io_open_error};
use crate::bulk::{BulkEntries, nameless_file};
use crate::null_forms::NullForms;
use crate::{About, Flags, LookupError, Name, OpenError, Owner, Table};
use bdb::{Creation, Database, Error, Existing, HashBuilder, Method};
use std::fs::File;
use std::sync::{Mutex, PoisonError};

/// How much memory pages of a btree take while they are written one after the other, bytes.
const CACHE: usize = 256 * 1024;

/// A table under construction.
pub(super) struct DbBuild {
    /// Messages have the file's name.
    about: About,
    forms: NullForms,
    /// Takes its place when all is in it.
    file: NewFile,
    /// `None` when the file is finished.
    entries: Mutex<Option<Entries>>,
}

/// What the file will have.
enum Entries {
    Hash(Box<HashBuilder<File>>),
    Btree(Box<BulkEntries>, Creation),
}

impl Entries {
    fn put(&mut self, key: &[u8], value: &[u8], existing: Existing) -> Result<bool, Error> {
        match self {
            Entries::Hash(builder) => builder.put(key, value, existing),
            Entries::Btree(entries, _) => entries.insert(key, value, existing == Existing::Replace),
        }
    }

    /// Writes the file.
    fn write(self, mut file: File) -> Result<(), Error> {
        match self {
            Entries::Hash(builder) => builder.finish(&mut file)?,
            Entries::Btree(entries, creation) => {
                let entries = entries.sorted()?;
                let mut database = Database::create(file.try_clone()?, &creation, CACHE)?;
                entries.for_each(|key, value| database.append(key, value))?;
                database.flush()?;
            }
        }
        file.sync_data()?;
        Ok(())
    }
}

impl DbBuild {
    /// Starts a file. `old` is the one that it will replace.
    pub(super) fn open(
        method: Method,
        path: Name,
        flags: Flags,
        old: Option<File>,
    ) -> Result<DbBuild, OpenError> {
        let file = NewFile::create(&path, old)?;
        let creation = file.creation(method).map_err(|error| io_open_error(&path, &error))?;
        let entries = match method {
            Method::Hash => {
                let target = file.target().to_owned();
                Entries::Hash(Box::new(HashBuilder::new(&creation, move || nameless_file(&target))))
            }
            Method::Btree => Entries::Btree(Box::new(BulkEntries::new(file.target())), creation),
        };
        let forms = NullForms::new(flags);
        let flags = flags | forms.flags() | Flags::FIXED;
        let about = About::new(super::kind(method), &path, flags, Owner::Trusted);
        Ok(DbBuild { about, forms, file, entries: Mutex::new(Some(entries)) })
    }

    fn store(&self, key: &[u8], value: &[u8], existing: Existing) -> Result<bool, LookupError> {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(entries) = entries.as_mut() else {
            return Err(LookupError::unsupported(self.kind(), &self.about.name, "update"));
        };
        entries.put(key, value, existing).map_err(|error| fatal("error writing", &self.about.name, &error))
    }
}

impl Table for DbBuild {
    fn about(&self) -> &About {
        &self.about
    }

    fn lookup(&self, _key: &[u8]) -> Result<Option<Vec<u8>>, LookupError> {
        Err(LookupError::unsupported(self.kind(), &self.about.name, "lookup"))
    }

    fn update(&self, key: &[u8], value: &[u8]) -> Result<bool, LookupError> {
        let add = Addition { about: &self.about, forms: &self.forms, key, value };
        add.with(|key, value, existing| self.store(key, value, existing))
    }

    fn update_raw(&self, key: &[u8], value: &[u8]) -> Result<bool, LookupError> {
        self.store(key, value, Existing::Replace)
    }

    fn finish(&self) -> Result<(), LookupError> {
        let Some(entries) = self.entries.lock().unwrap_or_else(PoisonError::into_inner).take() else {
            return Ok(());
        };
        let file = self.file.to_write().map_err(Error::Io);
        file.and_then(|file| entries.write(file))
            .map_err(|error| fatal("flush database", &self.about.name, &error))?;
        self.file.put_in_place()
    }
}
