//! Queue ids, directories and their hashing, locking and scanning; the record codec of queue files.
