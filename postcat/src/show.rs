//! Shows one queue file, record by record.

use queue::file::leading_number;
use queue::record::{self, segment};
use queue::{Reader, Type, attr};
use std::fs::File;
use std::io::{self, Read, Seek, Write};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use sys::LocalTime;

/// Which parts of a message are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Parts {
    pub(crate) envelope: bool,
    pub(crate) header: bool,
    pub(crate) body: bool,
}

/// How a file is shown.
#[derive(Clone, Debug, Default)]
pub(crate) struct Show {
    pub(crate) parts: Parts,
    pub(crate) offsets: bool,
    pub(crate) type_numbers: bool,
    pub(crate) pathnames: bool,
    /// Do not follow pointers.
    pub(crate) raw: bool,
    /// Show pointers and padding, and name the content's record types.
    pub(crate) verbose: bool,
    /// Offset to start at.
    pub(crate) start: u64,
}

/// The part of the message that a record is in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Envelope,
    Header,
    Body,
}

/// What to do after a record.
enum Step {
    Go,
    Stop,
}

/// A file on its way to the output.
struct Listing<'a, W> {
    show: &'a Show,
    path: &'a Path,
    seekable: bool,
    out: Output<'a, W>,
    reader: Reader<File>,
    state: State,
    printing: bool,
    /// The previous record was content without a line end.
    open_line: bool,
    /// Where the content starts, and how long it is, from the size record; -1 while unknown.
    start: i64,
    size: i64,
    /// Offset of the current record.
    offset: u64,
}

impl Show {
    /// Shows a file. The error is the text of a fatal log line.
    pub(crate) fn file<W: Write>(
        &self,
        path: &Path,
        mut file: File,
        is_stdin: bool,
        out: &mut W,
    ) -> Result<(), String> {
        if is_stdin && self.start > 0 {
            skip(&mut file, path, self.start)?;
        }
        let seekable = file.stream_position().is_ok();
        let mut reader = Reader::new(file);
        if self.verbose {
            reader = reader.raw();
        }
        if !seekable {
            reader = reader.without_seek();
        } else if self.start > 0 {
            reader.seek(self.start).map_err(|error| self.cannot_start(path, &error))?;
        }
        let mut listing = Listing {
            show: self,
            path,
            seekable,
            out: Output { inner: out, pending: Vec::new(), settled: 0 },
            reader,
            state: State::Envelope,
            printing: self.parts.envelope,
            open_line: false,
            start: -1,
            size: -1,
            offset: 0,
        };
        let result = listing.run();
        // What was shown so far belongs before the failure. Who closed our output does not want to hear about it.
        let _ = listing.out.flush();
        match result {
            Ok(()) | Err(Failure::Output) => Ok(()),
            Err(Failure::Fatal(text)) => Err(text),
            // As in the reference, what cannot be read ends like a file that is read to its end.
            Err(Failure::Record(record::Error::Io(error))) => {
                if !is_stdin {
                    log::warn!("close {}: {}", path.display(), sys::error_text(&error));
                }
                Ok(())
            }
            Err(Failure::Record(error)) => {
                log::warn!("{}: {error}", path.display());
                Err("record read error".to_owned())
            }
        }
    }
}

impl Show {
    fn cannot_start(&self, path: &Path, error: &record::Error) -> String {
        let why = match error {
            record::Error::Seek(error) => sys::error_text(error),
            other => other.to_string(),
        };
        format!("{}: seek to {}: {why}", path.display(), self.start)
    }
}

/// Collects output. Like the reference, whose output ends with the last whole record that it showed, this writes
/// only what was settled.
struct Output<'a, W> {
    inner: &'a mut W,
    pending: Vec<u8>,
    settled: usize,
}

const WRITE_SIZE: usize = 64 * 1024;

impl<W: Write> Output<'_, W> {
    fn settle(&mut self) -> io::Result<()> {
        self.settled = self.pending.len();
        if self.settled >= WRITE_SIZE { self.flush() } else { Ok(()) }
    }
}

impl<W: Write> Write for Output<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.pending.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let settled: Vec<u8> = self.pending.drain(..self.settled).collect();
        self.settled = 0;
        self.inner.write_all(&settled)?;
        self.inner.flush()
    }
}

fn skip(file: &mut File, path: &Path, count: u64) -> Result<(), String> {
    let skipped = io::copy(&mut file.take(count), &mut io::sink()).unwrap_or(0);
    match skipped {
        skipped if skipped < count => {
            Err(format!("{}: skip {count} bytes failed after {skipped}", path.display()))
        }
        _ => Ok(()),
    }
}

enum Failure {
    Fatal(String),
    Record(record::Error),
    Output,
}

impl From<io::Error> for Failure {
    fn from(_: io::Error) -> Self {
        Failure::Output
    }
}

impl<W: Write> Listing<'_, W> {
    fn run(&mut self) -> Result<(), Failure> {
        if self.show.start == 0 {
            if !self.is_plausible()? {
                self.out.flush()?;
                log::warn!("{}: input is not a valid queue file", self.path.display());
                return Ok(());
            }
            if self.show.parts.envelope {
                self.out.write_all(b"*** ENVELOPE RECORDS ")?;
                self.out.write_all(self.path.as_os_str().as_bytes())?;
                self.out.write_all(b" ***\n")?;
            }
        }
        let mut data = Vec::new();
        loop {
            // What a pipe's offset is shown as: -1, unsigned.
            self.offset = if self.seekable { self.reader.offset() } else { u64::MAX };
            let record = match self.show.verbose {
                true => self.reader.next_raw(),
                false => self.reader.next_record(),
            };
            let Some(record) = record.map_err(Failure::Record)? else { return Ok(()) };
            let kind = record.kind;
            data.clear();
            data.extend_from_slice(record.data);
            if let Step::Stop = self.record(kind, &data)? {
                return Ok(());
            }
        }
    }

    fn is_plausible(&mut self) -> Result<bool, Failure> {
        let first = self.reader.peek().map_err(Failure::Record)?;
        Ok(first.is_none_or(|byte| Type(byte).is_in(segment::ENVELOPE)))
    }

    fn record(&mut self, kind: Type, data: &[u8]) -> Result<Step, Failure> {
        let parts = self.show.parts;
        match kind {
            Type::CONT | Type::NORM => {
                if let Step::Stop = self.notice_body(data)? {
                    return Ok(Step::Stop);
                }
                // With one byte for two types, the envelope's filter record comes by here, too.
                if self.printing {
                    self.text(kind, data)?;
                    self.out.settle()?;
                }
                return Ok(Step::Go);
            }
            Type::MESG => {
                self.expect(self.state == State::Envelope, "out-of-order message content marker")?;
                if parts.envelope {
                    self.marker(kind, "MESSAGE CONTENTS")?;
                }
                if !parts.header && !parts.body {
                    self.skip_content()?;
                }
                self.state = State::Header;
                self.printing = parts.header;
            }
            Type::XTRA => {
                self.expect(self.state != State::Envelope, "out-of-order extracted segment marker")?;
                if self.printing && self.open_line {
                    self.out.write_all(b"\n")?;
                }
                if parts.envelope {
                    self.marker(kind, "HEADER EXTRACTED")?;
                }
                self.state = State::Envelope;
                self.printing = parts.envelope;
                if !self.printing {
                    return Ok(Step::Stop);
                }
            }
            Type::END => {
                self.expect(self.state == State::Envelope, "out-of-order message end marker")?;
                if parts.envelope {
                    self.marker(kind, "MESSAGE FILE END")?;
                }
                // Without -v, nothing after the end is shown.
                return Ok(if self.show.raw && self.show.verbose { Step::Go } else { Step::Stop });
            }
            Type::PTR => {
                if self.printing {
                    self.named(kind, data)?;
                }
                if !self.show.raw
                    && let Err(error) = self.reader.follow(data)
                {
                    self.out.flush()?;
                    log::warn!("{}: {error}", self.path.display());
                    return Err(Failure::Fatal("bad pointer record, or input is not seekable".to_owned()));
                }
            }
            Type::SIZE => self.size(data)?,
            _ if self.printing => {
                self.envelope(kind, data)?;
                self.out.settle()?;
            }
            _ => {}
        }
        if !matches!(kind, Type::MESG | Type::XTRA | Type::PTR | Type::SIZE) && self.printing {
            self.open_line = false;
        }
        Ok(Step::Go)
    }

    /// The first line that is no header starts the body.
    fn notice_body(&mut self, data: &[u8]) -> Result<Step, Failure> {
        let parts = self.show.parts;
        let continues = matches!(data.first(), Some(b' ' | b'\t'));
        let is_header = continues || mime::header::name_length(c_string(data)).is_some();
        let wanted = parts.header || parts.body;
        if self.state != State::Header || !wanted || self.open_line || is_header {
            return Ok(Step::Go);
        }
        self.state = State::Body;
        self.printing = parts.body;
        if !self.printing && !parts.envelope {
            return Ok(Step::Stop);
        }
        if !self.printing {
            self.skip_content()?;
        }
        Ok(Step::Go)
    }

    fn skip_content(&mut self) -> Result<(), Failure> {
        if self.start <= 0 || self.size < 0 {
            return Ok(());
        }
        self.seek(self.start.wrapping_add(self.size))
    }

    fn seek(&mut self, offset: i64) -> Result<(), Failure> {
        // A negative offset is refused by the system, as is one that is too large.
        self.reader.seek(offset.cast_unsigned()).map_err(|error| match error {
            record::Error::Seek(error) => Failure::Fatal(format!("seek error: {}", sys::error_text(&error))),
            other => Failure::Record(other),
        })
    }

    fn size(&mut self, data: &[u8]) -> Result<(), Failure> {
        if self.printing {
            self.named(Type::SIZE, data)?;
        }
        // In maildrop, the record holds only options of the sender.
        if self.path.as_os_str().as_bytes().starts_with(b"maildrop/") {
            return Ok(());
        }
        if self.size >= 0 || self.start >= 0 {
            self.out.flush()?;
            log::warn!("file contains multiple size records");
            return Ok(());
        }
        let (record, count) = queue::file::SizeRecord::parse(c_string(data));
        self.size = if count > 0 { record.data_size } else { self.size };
        self.start = if count > 1 { record.data_offset } else { self.start };
        if self.size <= 0 || self.start <= 0 {
            self.out.flush()?;
            let shown = c_string(data);
            log::warn!("invalid size record: {}", log::bytes(shown.get(..100).unwrap_or(shown)));
        }
        if !self.show.parts.envelope {
            self.seek(self.start)?;
            self.state = State::Header;
            self.printing = self.show.parts.header;
        }
        Ok(())
    }

    fn expect(&mut self, in_order: bool, complaint: &str) -> Result<(), Failure> {
        if !in_order {
            self.out.flush()?;
            log::warn!("{}: {complaint}", self.path.display());
        }
        Ok(())
    }

    /// What stands before each line.
    fn prefix(&mut self, kind: Type) -> Result<(), Failure> {
        if self.show.pathnames {
            self.out.write_all(self.path.as_os_str().as_bytes())?;
            self.out.write_all(b": ")?;
        }
        if self.show.offsets {
            write!(self.out, "{:9} ", self.offset)?;
        }
        if self.show.type_numbers {
            write!(self.out, "{:3} ", kind.0)?;
        }
        Ok(())
    }

    fn marker(&mut self, kind: Type, text: &str) -> Result<(), Failure> {
        self.prefix(kind)?;
        write!(self.out, "*** {text} ")?;
        self.out.write_all(self.path.as_os_str().as_bytes())?;
        self.out.write_all(b" ***\n")?;
        Ok(self.out.settle()?)
    }

    fn named(&mut self, kind: Type, data: &[u8]) -> Result<(), Failure> {
        self.prefix(kind)?;
        self.value(kind.name(), c_string(data))?;
        Ok(self.out.settle()?)
    }

    fn value(&mut self, name: &str, value: &[u8]) -> Result<(), Failure> {
        write!(self.out, "{name}: ")?;
        self.out.write_all(value)?;
        self.out.write_all(b"\n")?;
        Ok(())
    }

    fn text(&mut self, kind: Type, data: &[u8]) -> Result<(), Failure> {
        self.prefix(kind)?;
        if kind == Type::NORM {
            if self.show.verbose {
                self.out.write_all(b"regular_text: ")?;
            }
            self.out.write_all(data)?;
            self.out.write_all(b"\n")?;
            self.open_line = false;
            return Ok(());
        }
        let in_envelope = self.state == State::Envelope;
        if in_envelope {
            self.out.write_all(b"content_filter: ")?;
        } else if self.show.verbose {
            self.out.write_all(b"unterminated_text: ")?;
        }
        self.out.write_all(data)?;
        let closed = in_envelope || self.show.verbose || self.show.offsets;
        if closed {
            self.out.write_all(b"\n")?;
        }
        self.open_line = !closed;
        Ok(())
    }

    fn envelope(&mut self, kind: Type, data: &[u8]) -> Result<(), Failure> {
        self.prefix(kind)?;
        match kind {
            Type::TIME | Type::WARN => self.time(kind.name(), leading_number(data)),
            Type::DTXT => self.value(kind.name(), data),
            Type::ATTR => match attr::split(c_string(data)) {
                Ok((name, value)) if name == attr::CREATE_TIME.as_bytes() => {
                    self.time(attr::CREATE_TIME, leading_number(value))
                }
                Ok((name, value)) => self.value(kind.name(), &[name, b"=", value].concat()),
                Err(complaint) => {
                    self.out.flush()?;
                    let shown = c_string(data);
                    let shown = log::bytes(shown.get(..100).unwrap_or(shown));
                    log::warn!("{}: malformed attribute: {complaint}: {shown}", self.path.display());
                    Ok(())
                }
            },
            _ => self.value(kind.name(), c_string(data)),
        }
    }

    fn time(&mut self, name: &str, seconds: i64) -> Result<(), Failure> {
        let text = LocalTime::from_seconds(seconds).format("%a %b %e %H:%M:%S %Y");
        self.value(name, text.as_bytes())
    }
}

/// The part before a NUL: values of records are shown as C strings.
fn c_string(data: &[u8]) -> &[u8] {
    data.split(|&byte| byte == 0).next().unwrap_or_default()
}
