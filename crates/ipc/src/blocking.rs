//! Asynchronous clients in programs that do one thing at a time.

use crate::{Attrs, Decoder, Error, log_lines};
use std::future::Future;
use std::io::{self, BufRead, Write};

/// Runs a future to its end on this thread, with a runtime of its own.
///
/// # Errors
/// The process may not have the descriptors that a runtime needs.
pub fn run<T>(future: impl Future<Output = T>) -> io::Result<T> {
    spare_descriptors()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let local = tokio::task::LocalSet::new();
    Ok(local.block_on(&runtime, future))
}

/// Callers of set-gid commands choose the limit of open files, and a runtime that cannot have its own panics.
fn spare_descriptors() -> io::Result<()> {
    (0..SPARE_PIPES).map(|_| io::pipe()).collect::<io::Result<Vec<_>>>().map(drop)
}

/// Two descriptors each: one for the poll, two to wake it up, four for signals, and one over for the connection.
const SPARE_PIPES: usize = 4;

/// Reads one list; nothing at the end of the input.
pub fn read_attrs(input: &mut impl BufRead) -> Result<Option<Attrs>, Error> {
    let mut decoder = Decoder::new();
    loop {
        let bytes = match input.fill_buf() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            bytes => bytes?,
        };
        if bytes.is_empty() {
            return if decoder.is_untouched() { Ok(None) } else { Err(Error::Eof) };
        }
        let used = decoder.push(bytes)?;
        input.consume(used);
        if decoder.is_complete() {
            return Ok(decoder.finish());
        }
    }
}

/// As [`read_attrs`], and has `-v` say what came from `source`.
pub fn receive(input: &mut impl BufRead, source: &str) -> Result<Option<Attrs>, Error> {
    let found = read_attrs(input)?;
    if let Some(attrs) = &found {
        log_lines::received(source, attrs);
    }
    Ok(found)
}

/// As [`write_attrs`], and has `-v` say what is sent.
pub fn send(output: &mut impl Write, attrs: &Attrs) -> io::Result<()> {
    log_lines::sent(attrs);
    write_attrs(output, attrs)
}

/// Writes one list.
pub fn write_attrs(output: &mut impl Write, attrs: &Attrs) -> io::Result<()> {
    output.write_all(&attrs.encode())?;
    output.flush()
}
