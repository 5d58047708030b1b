//! Keys out of a message on standard input (`-h`, `-b`, `-m`): to try header_checks and body_checks.

use crate::command::{Failure, Target};
use crate::input::input_lines;
use crate::query::{LazyTables, Output, buffered_output};
use config::Config;
use mime::header::Names;
use mime::{Event, Limits, Line, Machine, Options};
use std::io::Write;
use tables::{Answer, Flags, Opener};

/// Which parts of the message are keys.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Keys {
    /// `-h`: headers.
    pub(crate) header: bool,
    /// `-b`: body lines.
    pub(crate) body: bool,
    /// `-m`: headers of parts and attached messages, too.
    pub(crate) mime: bool,
}

impl Keys {
    pub(crate) fn any(self) -> bool {
        self.header || self.body || self.mime
    }

    pub(crate) fn header_or_body(self) -> bool {
        self.header || self.body
    }

    /// Without body and parts, nothing behind the primary headers matters.
    fn ends_with_headers(self) -> bool {
        !self.body && !self.mime
    }
}

fn limit(value: i64) -> usize {
    usize::try_from(value).unwrap_or(usize::MAX)
}

/// Asks the tables for headers and body lines.
pub(crate) fn query(
    config: &Config,
    opener: &Opener,
    targets: &[Target],
    keys: Keys,
    flags: Flags,
    output: Output,
) -> Result<bool, Failure> {
    let limits = Limits {
        header_size: limit(config.get(&params::HEADER_SIZE_LIMIT)),
        boundary_length: limit(config.get(&params::MIME_BOUNDARY_LENGTH_LIMIT)),
        nesting: limit(config.get(&params::MIME_NESTING_LIMIT)),
    };
    let mut tables = LazyTables::new(opener, targets, flags, output);
    let mut machine = Machine::new(Options { disable_mime: !keys.mime, ..Options::default() }, limits);
    let mut out = buffered_output();
    let mut any = false;
    let mut answer = |line: Line<'_>| -> Result<bool, Failure> {
        let mut events = Vec::new();
        machine.push(line, &Names::default(), &mut events);
        let mut headers_done = false;
        for event in events {
            let key = match &event {
                Event::Header { text, .. } if keys.header => text.as_slice(),
                Event::Body { text, .. } if keys.body => text.as_ref(),
                Event::EndOfPrimaryHeaders { .. } => {
                    headers_done = true;
                    continue;
                }
                _ => continue,
            };
            if let Some(value) = tables.find(key, Answer::Unknown)? {
                output.pair(&mut out, key, &value)?;
                any = true;
            }
        }
        Ok(headers_done && keys.ends_with_headers())
    };
    let mut run = || -> Result<(), Failure> {
        for line in input_lines() {
            if answer(Line::Full(&line))? {
                break;
            }
        }
        answer(Line::End).map(|_| ())
    };
    match run() {
        Ok(()) => out.flush()?,
        Err(failure) => {
            let _ = out.into_parts();
            return Err(failure);
        }
    }
    Ok(any)
}
