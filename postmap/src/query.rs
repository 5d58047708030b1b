//! Look-ups, deletions, and walks through a table.

use crate::command::{Failure, Target};
use crate::input::{KeyReader, input_lines};
use crate::{json, log_lines};

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Write};
use std::os::fd::AsFd;
use std::os::unix::ffi::OsStrExt;
use std::sync::Arc;
use tables::{Access, Flags, LookupError, Opener, Seek, Table};

/// How results are written.
#[derive(Clone, Copy)]
pub(crate) struct Output {
    /// Between key and value.
    pub(crate) separator: &'static str,
    /// `-j`.
    pub(crate) json: bool,
}

impl Output {
    /// Writes a key with its value.
    pub(crate) fn pair(self, out: &mut impl Write, key: &[u8], value: &[u8]) -> io::Result<()> {
        if self.json {
            return json::write_pair(out, key, value);
        }
        out.write_all(key)?;
        out.write_all(self.separator.as_bytes())?;
        out.write_all(value)?;
        out.write_all(b"\n")
    }
}

/// A table's value; with `-F`, the content that the value encodes.
fn look_up(table: &dyn Table, key: &[u8], flags: Flags) -> Result<Option<Vec<u8>>, LookupError> {
    match table.lookup(key)? {
        Some(value) if flags.contains(Flags::SRC_RHS_IS_FILE) => {
            tables::decode_base64(&value).map(Some).map_err(|why| {
                log_lines::bad_content(table.kind(), table.name(), key, &why);
                LookupError::Config
            })
        }
        result => Ok(result),
    }
}

/// Asks the tables for one key; the first that has it wins.
pub(crate) fn query(
    opener: &Opener,
    targets: &[Target],
    key: &OsStr,
    flags: Flags,
    output: Output,
) -> Result<bool, Failure> {
    let key = key.as_bytes();
    for target in targets {
        let table = opener.open(&target.spec(), flags)?;
        let found =
            look_up(&*table, key, flags).map_err(|error| Failure::of_request(&*table, "query", &error))?;
        let Some(value) = found else {
            continue;
        };
        if value.is_empty() {
            log_lines::empty_result(&target.kind, &target.name, key);
        }
        let mut out = io::stdout().lock();
        if output.json {
            json::write_pair(&mut out, key, &value)?;
        } else {
            out.write_all(&value)?;
            out.write_all(b"\n")?;
        }
        out.flush()?;
        return Ok(true);
    }
    Ok(false)
}

/// Tables that are opened when they are asked first.
pub(crate) struct LazyTables<'a> {
    opener: &'a Opener,
    targets: &'a [Target],
    flags: Flags,
    open: Vec<Option<Arc<dyn Table>>>,
}

impl<'a> LazyTables<'a> {
    /// Opens nothing yet.
    pub(crate) fn new(opener: &'a Opener, targets: &'a [Target], flags: Flags) -> LazyTables<'a> {
        LazyTables { opener, targets, flags, open: targets.iter().map(|_| None).collect() }
    }

    /// Holds the table, if it is the only one and open already: so long it cannot change.
    fn hold(&self) -> Result<Option<Arc<dyn Table>>, Failure> {
        let [Some(table)] = self.open.as_slice() else {
            return Ok(None);
        };
        table.hold().map_err(|error| Failure::of_request(&**table, "query", &error))?;
        Ok(Some(Arc::clone(table)))
    }

    /// The first table's value for a key; an empty one is warned of.
    pub(crate) fn find(&mut self, key: &[u8]) -> Result<Option<Vec<u8>>, Failure> {
        for (place, target) in self.open.iter_mut().zip(self.targets) {
            let table = match place {
                Some(table) => table,
                None => place.insert(self.opener.open(&target.spec(), self.flags)?),
            };
            let found = look_up(&**table, key, self.flags)
                .map_err(|error| Failure::of_request(&**table, "query", &error))?;
            if let Some(value) = found {
                if value.is_empty() {
                    log_lines::empty_result(table.kind(), table.name(), key);
                }
                return Ok(Some(value));
            }
        }
        Ok(None)
    }
}

/// Standard output that is written when the buffer is full, and at the end of a run without a fatal error.
pub(crate) fn buffered_output() -> io::BufWriter<io::StdoutLock<'static>> {
    io::BufWriter::with_capacity(4096, io::stdout().lock())
}

/// How many bytes of answers are collected before they are written.
const ANSWERS: usize = 64 * 1024;

/// The block size in which the reference writes, bytes. What it holds back when it ends with an error is lost.
const REFERENCE_BLOCK: usize = 4096;

/// Asks the tables for each line of standard input.
pub(crate) fn query_each(
    opener: &Opener,
    targets: &[Target],
    flags: Flags,
    output: Output,
) -> Result<bool, Failure> {
    let mut tables = LazyTables::new(opener, targets, flags);
    let mut keys = KeyReader::new(File::from(io::stdin().as_fd().try_clone_to_owned()?));
    let mut out = io::stdout().lock();
    let mut answers = Vec::new();
    let mut any = false;
    while keys.wait()? {
        // Tables are held for keys that are here, never while this process waits for input or for a reader.
        let held = tables.hold()?;
        let asked = ask_while_ready(&mut keys, &mut tables, output, &mut answers);
        if let Some(table) = held {
            table.release().map_err(|error| Failure::of_request(&*table, "query", &error))?;
        }
        any |= !answers.is_empty();
        // What does not fill a block waits for more, and is lost when a request fails.
        let rest = answers.split_off(answers.len() / REFERENCE_BLOCK * REFERENCE_BLOCK);
        out.write_all(&answers)?;
        answers = rest;
        asked?;
    }
    out.write_all(&answers)?;
    out.flush()?;
    Ok(any)
}

/// Asks for the keys that were read already, as long as there is room for answers.
fn ask_while_ready(
    keys: &mut KeyReader<File>,
    tables: &mut LazyTables<'_>,
    output: Output,
    answers: &mut Vec<u8>,
) -> Result<(), Failure> {
    while answers.len() < ANSWERS
        && let Some(key) = keys.next_ready()
    {
        if let Some(value) = tables.find(key)? {
            output.pair(answers, key, &value)?;
        }
    }
    Ok(())
}

/// How a table is opened for deletions.
fn open_to_delete(opener: &Opener, target: &Target, flags: Flags) -> Result<Arc<dyn Table>, Failure> {
    let access = if target.kind == "proxy" { Access::CreateAndChange } else { Access::Change };
    Ok(opener.open_for(&target.spec(), access, flags)?)
}

fn delete_one(table: &dyn Table, key: &[u8]) -> Result<bool, Failure> {
    table.delete(key).map_err(|error| Failure::of_request(table, "delete", &error))
}

/// Deletes one key from all tables.
pub(crate) fn delete(
    opener: &Opener,
    targets: &[Target],
    key: &OsStr,
    flags: Flags,
) -> Result<bool, Failure> {
    let mut any = false;
    for target in targets {
        let table = open_to_delete(opener, target, flags)?;
        any |= delete_one(&*table, key.as_bytes())?;
    }
    Ok(any)
}

/// Deletes each line of standard input from all tables.
pub(crate) fn delete_each(opener: &Opener, targets: &[Target], flags: Flags) -> Result<bool, Failure> {
    let mut tables = Vec::new();
    for target in targets {
        tables.push(open_to_delete(opener, target, flags)?);
    }
    let mut any = false;
    for key in input_lines() {
        let key = key?;
        for table in &tables {
            any |= delete_one(&**table, &key)?;
        }
    }
    Ok(any)
}

/// Writes all entries of a table.
pub(crate) fn sequence(
    opener: &Opener,
    target: Option<&Target>,
    flags: Flags,
    output: Output,
) -> Result<bool, Failure> {
    let Some(target) = target else {
        return Ok(false);
    };
    let table = opener.open(&target.spec(), flags)?;
    let mut out = buffered_output();
    match walk(&*table, target, flags, output, &mut out) {
        Ok(()) => out.flush()?,
        Err(failure) => {
            let _ = out.into_parts();
            return Err(failure);
        }
    }
    Ok(true)
}

fn walk(
    table: &dyn Table,
    target: &Target,
    flags: Flags,
    output: Output,
    out: &mut impl Write,
) -> Result<(), Failure> {
    let mut seek = Seek::First;
    loop {
        let next = table.sequence(seek).map_err(|error| Failure::of_request(table, "sequence", &error))?;
        seek = Seek::Next;
        let Some((key, mut value)) = next else {
            return Ok(());
        };
        if key.is_empty() {
            log_lines::empty_key(&target.kind, &target.name);
        } else if value.is_empty() {
            log_lines::empty_result(&target.kind, &target.name, &key);
        }
        if flags.contains(Flags::SRC_RHS_IS_FILE) {
            match tables::decode_base64(&value) {
                Ok(content) => value = content,
                Err(why) => {
                    log_lines::bad_content(table.kind(), table.name(), &key, &why);
                    continue;
                }
            }
        }
        output.pair(out, &key, &value)?;
    }
}
