//! Berkeley DB files, hash and btree, as version 5.3 reads and writes them; without libdb.
//!
//! Start at [`Database`]. The same calls in the same order make the same file as libdb makes: page for page, item for
//! item, so that a walk through it gives the same order. What stands between items, and the file's id, may differ. New files out of
//! many entries are made faster by [`HashBuilder`], which gives the same file, and by [`Database::append`], which fills
//! the pages of a btree further than libdb does.
//!
//! Files of older versions (hash 7 to 9, btree 8 to 10) are read and changed, in either byte order, with any page size,
//! with and without checksums. Files with several values for one key are read only.
//!
//! Not here: environments, logs, transactions, locks, encryption, the queue and record-number methods. Two processes
//! that change one file must lock it, and open it anew when the other one has changed it.
//!
//! What comes out of a file is checked: a damaged file gives [`Error::Damaged`], no panic, no endless loop, and no more
//! memory than the file itself and the cache.

mod btree;
mod bulk;
mod cursor;
mod error;
mod format;
mod hash;
mod many;
mod meta;
mod overflow;
mod page;
mod pages;
mod spill;
mod store;

pub use bulk::HashBuilder;
pub use cursor::Cursor;
pub use error::Error;
pub use format::ByteOrder;
pub use spill::{Loaded, Place, Spill};
pub use store::Store;

use btree::Btree;
use hash::Hash;
use meta::Meta;
use overflow::Owned;
use pages::Pages;

/// A key and its value.
pub type Entry = (Vec<u8>, Vec<u8>);

/// How a file finds its keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// By a hash of the key.
    Hash,
    /// By their order.
    Btree,
}

/// What becomes of the value that a key has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Existing {
    /// It stays.
    Keep,
    /// The new one takes its place.
    Replace,
}

/// How a new file is made.
#[derive(Clone, Copy, Debug)]
pub struct Creation {
    /// The method.
    pub method: Method,
    /// Bytes in a page, made a power of two from 512 to 65536. libdb takes the file system's block size, at most 16384.
    pub page_size: usize,
    /// The number of keys that is noted in a hash file. It has no influence on anything else.
    pub expected_elements: u32,
    /// What tells the file from others.
    pub file_id: [u8; 20],
}

/// An open file.
pub struct Database<S> {
    files: Files<S>,
    can_be_changed: bool,
}

enum Files<S> {
    Hash(Hash<S>),
    Btree(Btree<S>),
}

impl<S: Store> Database<S> {
    /// Opens a file that must have this method. `cache` is how many bytes of pages are kept in memory.
    ///
    /// # Errors
    /// It is not such a file, or cannot be read.
    pub fn open(store: S, method: Method, cache: usize) -> Result<Database<S>, Error> {
        let meta = Meta::read(&store)?;
        if meta.method != method {
            return Err(Error::OtherMethod);
        }
        let can_be_changed = meta.can_be_changed();
        let files = match method {
            Method::Hash => Files::Hash(Hash::open(store, meta, cache)?),
            Method::Btree => Files::Btree(Btree::open(store, meta, cache)?),
        };
        Ok(Database { files, can_be_changed })
    }

    /// Makes a file in an empty store. Nothing is written before [`Database::flush`], unless the cache overflows.
    ///
    /// # Errors
    /// The store is not empty, or cannot be written.
    pub fn create(store: S, creation: &Creation, cache: usize) -> Result<Database<S>, Error> {
        let page_size = creation.page_size.clamp(format::MIN_PAGE, format::MAX_PAGE).next_power_of_two();
        let meta = Meta::new(creation.method, page_size, &creation.file_id);
        let files = match creation.method {
            Method::Hash => Files::Hash(Hash::create(store, meta, creation.expected_elements, cache)?),
            Method::Btree => Files::Btree(Btree::create(store, meta, cache)?),
        };
        Ok(Database { files, can_be_changed: true })
    }

    fn pages(&mut self) -> &mut Pages<S> {
        match &mut self.files {
            Files::Hash(hash) => &mut hash.pages,
            Files::Btree(tree) => &mut tree.pages,
        }
    }

    /// The value of a key; of several values the first one.
    ///
    /// # Errors
    /// The file is damaged or cannot be read.
    pub fn get(&mut self, key: &[u8]) -> Result<Option<Vec<u8>>, Error> {
        let start = self.start_of(key)?;
        self.get_from(start, key)
    }

    /// The page where the search for a key starts: its bucket's first one, or its leaf.
    fn start_of(&mut self, key: &[u8]) -> Result<u32, Error> {
        match &mut self.files {
            Files::Hash(hash) => Ok(hash.start_of(key)),
            Files::Btree(tree) => tree.leaf_of(key),
        }
    }

    /// The value of a key whose search starts at this page.
    fn get_from(&mut self, start: u32, key: &[u8]) -> Result<Option<Vec<u8>>, Error> {
        let found = match &mut self.files {
            Files::Hash(hash) => hash.get_from(start, key)?,
            Files::Btree(tree) => tree.get_from(start, key)?,
        };
        let order = self.pages().format.order;
        match found {
            None => Ok(None),
            Some(Owned::Values(set)) => {
                Ok(cursor::values_of(order, &set).first().map(|value| value.to_vec()))
            }
            Some(Owned::Tree(root)) => {
                let first = self.pages().values_in_tree(root)?.into_iter().next();
                first.map(|value| self.pages().read_item(value)).transpose()
            }
            Some(item) => self.pages().read_item(item).map(Some),
        }
    }

    /// Stores a value. False says that the key was there and keeps its value.
    ///
    /// # Errors
    /// The file is damaged, has features that are only read, or cannot be written.
    pub fn put(&mut self, key: &[u8], value: &[u8], existing: Existing) -> Result<bool, Error> {
        self.must_be_changeable()?;
        match &mut self.files {
            Files::Hash(hash) => hash.put(key, value, existing),
            Files::Btree(tree) => tree.put(key, value, existing),
        }
    }

    /// Stores a pair whose key is greater than all others: into a btree only. Pages are filled as far as they go, so
    /// that sorted input makes the smallest file. A key that is not greater is not found later.
    ///
    /// # Errors
    /// As [`Database::put`]; [`Error::OtherMethod`] for a hash file.
    pub fn append(&mut self, key: &[u8], value: &[u8]) -> Result<(), Error> {
        self.must_be_changeable()?;
        match &mut self.files {
            Files::Hash(_) => Err(Error::OtherMethod),
            Files::Btree(tree) => tree.append(key, value),
        }
    }

    /// Removes a key. False says that it was not there.
    ///
    /// # Errors
    /// As [`Database::put`].
    pub fn delete(&mut self, key: &[u8]) -> Result<bool, Error> {
        self.must_be_changeable()?;
        match &mut self.files {
            Files::Hash(hash) => hash.delete(key),
            Files::Btree(tree) => tree.delete(key),
        }
    }

    /// Writes all changes to the store.
    ///
    /// # Errors
    /// The store cannot be written.
    pub fn flush(&mut self) -> Result<(), Error> {
        match &mut self.files {
            Files::Hash(hash) => hash.flush(),
            Files::Btree(tree) => tree.flush(),
        }
    }

    /// The store, without the changes that were not flushed.
    pub fn store(&mut self) -> &S {
        self.pages().store()
    }

    fn must_be_changeable(&self) -> Result<(), Error> {
        if self.can_be_changed { Ok(()) } else { Err(Error::ReadOnlyFeatures) }
    }
}
