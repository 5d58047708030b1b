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
use tables::{Access, Answer, Flags, LookupError, Opener, Seek, Table};

/// How results are written.
#[derive(Clone, Copy)]
pub(crate) struct Output {
    /// Between key and value.
    pub(crate) separator: &'static str,
    /// `-j`.
    pub(crate) json: bool,
    /// Behind `query error` when a table's data is wrong.
    pub(crate) bad_data: &'static str,
    /// `-F`: values encode the content of files, which is what is written.
    pub(crate) decodes: bool,
}

impl Output {
    /// A look-up that failed.
    fn failure(self, table: &dyn Table, error: &LookupError) -> Failure {
        match error {
            LookupError::Config => Failure::Fatal(format!(
                "table {}:{}: query error{}",
                table.kind(),
                table.name(),
                self.bad_data
            )),
            _ => Failure::of_request(table, "query", error),
        }
    }

    /// A table's value; with `-F`, the content that the value encodes.
    fn look_up(self, table: &dyn Table, key: &[u8]) -> Result<Option<Vec<u8>>, LookupError> {
        match table.lookup(key)? {
            Some(value) => self.decoded(table, key, value).map(Some),
            None => Ok(None),
        }
    }

    /// A value; with `-F`, the content that it encodes.
    fn decoded(self, table: &dyn Table, key: &[u8], value: Vec<u8>) -> Result<Vec<u8>, LookupError> {
        if !self.decodes {
            return Ok(value);
        }
        tables::decode_base64(&value).map_err(|why| {
            log_lines::bad_content(table.kind(), table.name(), key, &why);
            LookupError::Config
        })
    }

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
        let table = target.open(opener, Access::Read, flags)?;
        let found = output.look_up(&*table, key).map_err(|error| output.failure(&*table, &error))?;
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
    output: Output,
    open: Vec<Option<Arc<dyn Table>>>,
}

impl<'a> LazyTables<'a> {
    /// Opens nothing yet.
    pub(crate) fn new(
        opener: &'a Opener,
        targets: &'a [Target],
        flags: Flags,
        output: Output,
    ) -> LazyTables<'a> {
        LazyTables { opener, targets, flags, output, open: targets.iter().map(|_| None).collect() }
    }

    /// What one table alone says to many keys, if it can do that in less time than one after the other.
    fn find_many(&mut self, keys: &[&[u8]]) -> Result<Vec<Answer>, Failure> {
        let ([place], [target]) = (self.open.as_mut_slice(), self.targets) else {
            return Ok(Vec::new());
        };
        Ok(opened(place, self.opener, target, self.flags)?.lookup_many(keys))
    }

    /// The first table's value for a key; an empty one is warned of. `known` is what [`LazyTables::find_many`] has said.
    pub(crate) fn find(&mut self, key: &[u8], mut known: Answer) -> Result<Option<Vec<u8>>, Failure> {
        for (place, target) in self.open.iter_mut().zip(self.targets) {
            let table = &**opened(place, self.opener, target, self.flags)?;
            let found = match std::mem::replace(&mut known, Answer::Unknown) {
                Answer::Found(value) => self.output.decoded(table, key, value).map(Some),
                Answer::Missing => Ok(None),
                Answer::Unknown => self.output.look_up(table, key),
            };
            if let Some(value) = found.map_err(|error| self.output.failure(table, &error))? {
                if value.is_empty() {
                    log_lines::empty_result(table.kind(), table.name(), key);
                }
                return Ok(Some(value));
            }
        }
        Ok(None)
    }
}

/// The table in a place, opened when it is asked first.
fn opened<'a>(
    place: &'a mut Option<Arc<dyn Table>>,
    opener: &Opener,
    target: &Target,
    flags: Flags,
) -> Result<&'a Arc<dyn Table>, Failure> {
    Ok(match place {
        Some(table) => table,
        None => place.insert(target.open(opener, Access::Read, flags)?),
    })
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
    let mut tables = LazyTables::new(opener, targets, flags, output);
    let mut keys = KeyReader::new(File::from(io::stdin().as_fd().try_clone_to_owned()?));
    let mut answers = Answers { out: io::stdout().lock(), waiting: Vec::new(), any: false };
    while keys.wait() {
        let asked = ask(&keys.take_ready(), &mut tables, output, &mut answers);
        // What does not fill a block waits for more, and is lost when a request fails.
        answers.write_blocks()?;
        asked?;
    }
    answers.write_all()
}

/// Asks the tables for each of some keys.
fn ask(
    keys: &[&[u8]],
    tables: &mut LazyTables<'_>,
    output: Output,
    answers: &mut Answers,
) -> Result<(), Failure> {
    // A table can give all its answers in one go when keys are here, never while this process waits for more of them.
    let known = tables.find_many(keys)?.into_iter().chain(std::iter::repeat(Answer::Unknown));
    for (key, known) in keys.iter().zip(known) {
        if let Some(value) = tables.find(key, known)? {
            answers.add(output, key, &value)?;
        }
    }
    Ok(())
}

/// Answers on their way to standard output.
struct Answers {
    out: io::StdoutLock<'static>,
    waiting: Vec<u8>,
    any: bool,
}

impl Answers {
    fn add(&mut self, output: Output, key: &[u8], value: &[u8]) -> io::Result<()> {
        self.any = true;
        output.pair(&mut self.waiting, key, value)?;
        if self.waiting.len() < ANSWERS { Ok(()) } else { self.write_blocks() }
    }

    /// Writes as many blocks as are full.
    fn write_blocks(&mut self) -> io::Result<()> {
        let full = self.waiting.len() / REFERENCE_BLOCK * REFERENCE_BLOCK;
        let rest = self.waiting.split_off(full);
        self.out.write_all(&self.waiting)?;
        self.waiting = rest;
        Ok(())
    }

    /// Writes everything; says whether there was any answer.
    fn write_all(mut self) -> Result<bool, Failure> {
        self.out.write_all(&self.waiting)?;
        self.out.flush()?;
        Ok(self.any)
    }
}

/// How a table is opened for deletions.
fn open_to_delete(opener: &Opener, target: &Target, flags: Flags) -> Result<Arc<dyn Table>, Failure> {
    let access = if target.kind == "proxy" { Access::CreateAndChange } else { Access::Change };
    Ok(target.open(opener, access, flags)?)
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
    let table = target.open(opener, Access::Read, flags)?;
    let mut out = buffered_output();
    match walk(&*table, target, output, &mut out) {
        Ok(()) => out.flush()?,
        Err(failure) => {
            let _ = out.into_parts();
            return Err(failure);
        }
    }
    Ok(true)
}

fn walk(table: &dyn Table, target: &Target, output: Output, out: &mut impl Write) -> Result<(), Failure> {
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
        if output.decodes {
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
