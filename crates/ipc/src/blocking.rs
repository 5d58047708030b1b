//! Asynchronous clients in programs that do one thing at a time.

use crate::{Attrs, Decoder, Error};
use std::future::Future;
use std::io::{self, BufRead, Write};

/// Runs a future to its end on this thread, with a runtime of its own.
pub fn run<T>(future: impl Future<Output = T>) -> io::Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let local = tokio::task::LocalSet::new();
    Ok(local.block_on(&runtime, future))
}

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

/// Writes one list.
pub fn write_attrs(output: &mut impl Write, attrs: &Attrs) -> io::Result<()> {
    output.write_all(&attrs.encode())?;
    output.flush()
}
