//! The message's content: lines from standard input, and the recipients in its headers.

use crate::options::Options;
use crate::{Failure, failure};
use address::AddressList;
use config::Config;
use ipc::postdrop::Postdrop;
use mime::header::{Addresses, Names};
use mime::{Event, HeaderClass, Limits, Line, Machine};
use queue::Type;
use std::io::{self, BufRead};

/// How it went.
pub(crate) enum Copied {
    /// Everything that could be read was copied.
    Done {
        /// The recipients that were found in headers.
        recipients: Vec<Vec<u8>>,
        /// Why there may be more to read.
        read_error: Option<io::Error>,
    },
    WriteFailed(io::Error),
    BadHeader(&'static str),
}

/// What to do about carriage returns before line feeds.
#[derive(Clone, Copy, PartialEq, Eq)]
enum CarriageReturn {
    /// Do as the first line does.
    Ask,
    Strip,
    Keep,
}

/// Copies the message from standard input.
pub(crate) fn copy(config: &Config, options: &Options, postdrop: &mut Postdrop) -> Result<Copied, Failure> {
    let param = &params::SENDMAIL_FIX_LINE_ENDINGS;
    let carriage_return = match config.get(param) {
        "always" => CarriageReturn::Strip,
        "strict" => CarriageReturn::Ask,
        "never" => CarriageReturn::Keep,
        other => return Err(failure(format!("invalid {} value: {other}", param.name()))),
    };
    let limit = usize::try_from(config.get(&params::LINE_LENGTH_LIMIT)).unwrap_or(usize::MAX);
    let mut sink =
        Sink { postdrop, limit, extractor: options.extract_recipients.then(|| Extractor::new(config)) };
    let mut lines =
        Lines { dot_ends: options.dot_ends, carriage_return, skip_from: true, previous_open: false };
    let mut input = io::stdin().lock();
    let mut piece = Vec::new();
    let mut read_error = None;
    loop {
        let kind = match read_piece(&mut input, limit, &mut piece) {
            Ok(Some(kind)) => kind,
            Ok(None) => break,
            Err(error) => {
                read_error = Some(error);
                break;
            }
        };
        match lines.look(kind, &mut piece) {
            Look::Skip => {}
            Look::End => break,
            Look::Copy => {
                if let Err(stop) = sink.text(kind, &piece) {
                    return Ok(stop.into());
                }
            }
        }
        lines.previous_open = kind == Type::CONT;
    }
    match sink.finish() {
        Ok(recipients) => Ok(Copied::Done { recipients, read_error }),
        Err(stop) => Ok(stop.into()),
    }
}

/// Reads a line, or as much of it as fits into a record; nothing at the end.
fn read_piece(input: &mut impl BufRead, limit: usize, piece: &mut Vec<u8>) -> io::Result<Option<Type>> {
    piece.clear();
    loop {
        let available = match input.fill_buf() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            available => available?,
        };
        if available.is_empty() {
            return Ok((!piece.is_empty()).then_some(Type::CONT));
        }
        let room = limit - piece.len();
        let window = available.get(..room).unwrap_or(available);
        match memchr::memchr(b'\n', window) {
            Some(at) => {
                piece.extend_from_slice(window.get(..at).unwrap_or_default());
                input.consume(at + 1);
                return Ok(Some(Type::NORM));
            }
            None => {
                let taken = window.len();
                piece.extend_from_slice(window);
                input.consume(taken);
                if piece.len() >= limit {
                    return Ok(Some(Type::CONT));
                }
            }
        }
    }
}

enum Look {
    Copy,
    Skip,
    End,
}

/// Habits of local mail: a leading From_ line, a dot at the end, carriage returns.
struct Lines {
    dot_ends: bool,
    carriage_return: CarriageReturn,
    skip_from: bool,
    previous_open: bool,
}

impl Lines {
    fn look(&mut self, kind: Type, piece: &mut Vec<u8>) -> Look {
        let is_line = kind == Type::NORM;
        if self.carriage_return == CarriageReturn::Ask && is_line {
            self.carriage_return = match piece.last() {
                Some(b'\r') => CarriageReturn::Strip,
                _ => CarriageReturn::Keep,
            };
        }
        if self.skip_from {
            let quotes = piece.iter().take_while(|&&byte| byte == b'>').count();
            if is_line && piece.get(quotes..).is_some_and(|rest| rest.starts_with(b"From ")) {
                return Look::Skip;
            }
            self.skip_from = false;
        }
        if self.carriage_return == CarriageReturn::Strip && is_line {
            while piece.last() == Some(&b'\r') {
                piece.pop();
            }
        }
        if self.dot_ends && !self.previous_open && piece == b"." { Look::End } else { Look::Copy }
    }
}

/// Why copying stops.
enum Stop {
    Write(io::Error),
    Header(&'static str),
}

impl From<Stop> for Copied {
    fn from(stop: Stop) -> Copied {
        match stop {
            Stop::Write(error) => Copied::WriteFailed(error),
            Stop::Header(text) => Copied::BadHeader(text),
        }
    }
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Stop {
        Stop::Write(error)
    }
}

/// Where content goes: straight to postdrop(1), or through a look at its headers.
struct Sink<'a> {
    postdrop: &'a mut Postdrop,
    limit: usize,
    extractor: Option<Extractor>,
}

impl Sink<'_> {
    fn text(&mut self, kind: Type, piece: &[u8]) -> Result<(), Stop> {
        match &mut self.extractor {
            None => Ok(self.postdrop.put(kind, piece)?),
            Some(extractor) => {
                let line = if kind == Type::NORM { Line::Full(piece) } else { Line::Part(piece) };
                let mut events = Vec::new();
                extractor.machine.push(line, &extractor.names, &mut events);
                self.events(events)
            }
        }
    }

    fn finish(mut self) -> Result<Vec<Vec<u8>>, Stop> {
        let Some(extractor) = &mut self.extractor else { return Ok(Vec::new()) };
        let mut events = Vec::new();
        extractor.machine.push(Line::End, &extractor.names, &mut events);
        self.events(events)?;
        Ok(self.extractor.map(Extractor::recipients).unwrap_or_default())
    }

    fn events(&mut self, events: Vec<Event<'_>>) -> Result<(), Stop> {
        for event in events {
            match event {
                Event::Header { class, info, text } => {
                    if class == HeaderClass::Primary
                        && let (Some(info), Some(extractor)) = (info, &mut self.extractor)
                    {
                        extractor.header(&info, &text);
                    }
                    self.header_lines(&text)?;
                }
                Event::Body { text, line_end, .. } => {
                    let kind = if line_end { Type::NORM } else { Type::CONT };
                    self.postdrop.put(kind, &text)?;
                }
                Event::Error { error, .. } => return Err(Stop::Header(error.text())),
                Event::EndOfPrimaryHeaders { .. } => {}
            }
        }
        Ok(())
    }

    /// A header's lines as they came, cut to the length of a record.
    fn header_lines(&mut self, text: &[u8]) -> io::Result<()> {
        for line in text.split(|&byte| byte == b'\n') {
            let mut rest = line;
            while rest.len() > self.limit {
                let (piece, after) = rest.split_at(self.limit);
                self.postdrop.put(Type::CONT, piece)?;
                rest = after;
            }
            self.postdrop.put(Type::NORM, rest)?;
        }
        Ok(())
    }
}

/// Finds recipients in headers. Those of `Resent-` headers win over the others.
struct Extractor {
    machine: Machine,
    names: Names,
    recipients: Vec<Vec<u8>>,
    resent_recipients: Vec<Vec<u8>>,
    resent: bool,
}

impl Extractor {
    fn new(config: &Config) -> Extractor {
        let options =
            mime::Options { disable_mime: true, report_truncated_header: true, ..mime::Options::default() };
        let header_size = usize::try_from(config.get(&params::HEADER_SIZE_LIMIT)).unwrap_or(usize::MAX);
        Extractor {
            machine: Machine::new(options, Limits { header_size, boundary_length: 0, nesting: 0 }),
            names: Names::default(),
            recipients: Vec::new(),
            resent_recipients: Vec::new(),
            resent: false,
        }
    }

    fn header(&mut self, info: &mime::header::Info, text: &[u8]) {
        if info.addresses != Addresses::ExtractedRecipient || (self.resent && !info.resent) {
            return;
        }
        let body = text.get(info.name_length + 1..).unwrap_or_default();
        let list = AddressList::parse(body, 0);
        let found = list.addresses().map(|address| address.internalize());
        if info.resent {
            self.resent = true;
            self.resent_recipients.extend(found);
        } else {
            self.recipients.extend(found);
        }
    }

    fn recipients(self) -> Vec<Vec<u8>> {
        if self.resent { self.resent_recipients } else { self.recipients }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(input: &[u8], limit: usize) -> Vec<(u8, Vec<u8>)> {
        let mut input = io::Cursor::new(input);
        let mut piece = Vec::new();
        let mut found = Vec::new();
        while let Some(kind) = read_piece(&mut input, limit, &mut piece).unwrap() {
            found.push((kind.0, piece.clone()));
        }
        found
    }

    // Expectation: the records that sendmail of 3.11.7 writes, with another limit.
    #[test]
    fn long_lines_become_several_records() {
        let found = pieces(b"abcd\nabcdef\nab", 4);
        let expected: [(u8, &[u8]); 5] =
            [(b'L', b"abcd"), (b'N', b""), (b'L', b"abcd"), (b'N', b"ef"), (b'L', b"ab")];
        assert_eq!(found, expected.map(|(kind, text)| (kind, text.to_vec())));
    }

    fn lines(dot_ends: bool, carriage_return: CarriageReturn) -> Lines {
        Lines { dot_ends, carriage_return, skip_from: true, previous_open: false }
    }

    #[test]
    fn from_lines_are_skipped_at_the_start_only() {
        let mut lines = lines(true, CarriageReturn::Keep);
        let mut look = |text: &[u8]| lines.look(Type::NORM, &mut text.to_vec());
        assert!(matches!(look(b"From me"), Look::Skip));
        assert!(matches!(look(b">>From me"), Look::Skip));
        assert!(matches!(look(b"Subject: x"), Look::Copy));
        assert!(matches!(look(b"From me"), Look::Copy));
        assert!(matches!(look(b"."), Look::End));
    }

    #[test]
    fn the_first_line_decides_about_carriage_returns() {
        let mut ask = lines(false, CarriageReturn::Ask);
        let mut first = b"a\r\r".to_vec();
        assert!(matches!(ask.look(Type::NORM, &mut first), Look::Copy));
        assert_eq!(first, b"a");
        let mut ask = lines(false, CarriageReturn::Ask);
        assert!(matches!(ask.look(Type::NORM, &mut b"a".to_vec()), Look::Copy));
        let mut later = b"b\r".to_vec();
        assert!(matches!(ask.look(Type::NORM, &mut later), Look::Copy));
        assert_eq!(later, b"b\r");
    }

    #[test]
    fn resent_headers_win() {
        let config = Config::from_text("sendmail", "").unwrap();
        let mut extractor = Extractor::new(&config);
        for header in [&b"To: a@b, \"q q\"@c"[..], b"Subject: no@no", b"Resent-To: r@s", b"Cc: late@x"] {
            if let Some(info) = extractor.names.find(header) {
                extractor.header(&info, header);
            }
        }
        assert_eq!(extractor.recipients, [&b"a@b"[..], b"q q@c"]);
        assert_eq!(extractor.recipients(), [b"r@s"]);
    }
}
