//! What a server answered, as a client reads it.

use std::fmt;
use std::rc::Rc;

use crate::dsn;
use crate::line::{Command, CommandReader, LineEnd, LineRules};

/// A server's whole answer, however many lines it had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// The code of the last line; zero if that line did not start with three digits.
    pub code: u16,
    /// The enhanced status code; made up from the code (`5.0.0`) if the answer has none that fits its code, and
    /// `5.5.0` if the code makes no sense.
    pub status: String,
    /// The lines, separated by line feeds, with unprintable bytes replaced by question marks. No more than about
    /// twice the length limit is kept.
    pub text: Vec<u8>,
}

/// What happened while an answer was read, for transcript and log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Note {
    /// A line came, with unprintable bytes replaced by question marks.
    Line {
        /// The line.
        text: Vec<u8>,
        /// It is part of what is kept of the answer.
        kept: bool,
    },
    /// The filter put this in the place of the line before.
    Replaced {
        /// The line.
        line: Vec<u8>,
        /// What took its place.
        by: Vec<u8>,
        /// It is part of what is kept of the answer.
        kept: bool,
    },
    /// The filter failed for this line.
    FilterFailed(Vec<u8>),
    /// A line was over the length limit and was cut; this is what is left.
    LongLine(Vec<u8>),
    /// The answer as a whole was over the limit; the lines from here on are dropped. This was kept.
    LongResponse(Vec<u8>),
    /// A line that is not SMTP.
    NotSmtp(Vec<u8>),
    /// A line was so long that nothing more is taken from this server.
    Flood,
}

/// The filter cannot tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FilterFailed;

/// Gives what is to be read in the place of a line, if anything (postconf(5) `smtp_reply_filter`).
pub type LineFilter = Rc<dyn Fn(&[u8]) -> Result<Option<Vec<u8>>, FilterFailed>>;

/// Reads answers from a server's output.
pub struct ResponseReader {
    lines: CommandReader,
    limit: usize,
    utf8: bool,
    text: Vec<u8>,
    too_long: bool,
    flooded: bool,
    notes: Vec<Note>,
    filter: Option<LineFilter>,
}

impl fmt::Debug for ResponseReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseReader").field("text", &self.text).finish_non_exhaustive()
    }
}

/// What [`ResponseReader::next`] found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// More input is needed; so many bytes of the present one are done with.
    NeedMore {
        /// Bytes that can be forgotten.
        consumed: usize,
    },
    /// The filter failed; the conversation cannot go on.
    FilterFailed,
    /// After [`Note::Flood`], for whatever comes next: it is as if the server had hung up.
    Flooded,
    /// An answer, and how many bytes of the input are done with.
    Response {
        /// The answer.
        response: Response,
        /// Bytes that can be forgotten.
        consumed: usize,
    },
}

impl ResponseReader {
    /// A reader with a limit on the length of lines (postconf(5) `line_length_limit`). With `utf8` (postconf(5)
    /// `smtputf8_enable`) well-formed UTF-8 counts as printable.
    pub fn new(limit: usize, utf8: bool) -> Self {
        let lines = CommandReader::new(LineRules { limit, detect_bare_lf: false });
        let (text, notes) = (Vec::new(), Vec::new());
        Self { lines, limit, utf8, text, too_long: false, flooded: false, notes, filter: None }
    }

    /// The same, with lines replaced by what a filter says.
    pub fn with_filter(self, filter: Option<LineFilter>) -> Self {
        Self { filter, ..self }
    }

    /// What happened since the last call. To be asked after each [`ResponseReader::next`]: an answer may have any
    /// number of lines, and each leaves a note.
    pub fn take_notes(&mut self) -> Vec<Note> {
        std::mem::take(&mut self.notes)
    }

    /// The next answer at the start of `input`.
    pub fn next(&mut self, input: &[u8]) -> Next {
        let mut done = 0;
        loop {
            if self.flooded {
                return Next::Flooded;
            }
            match self.lines.next(input.get(done..).unwrap_or_default()) {
                Command::NeedMore { consumed } => return Next::NeedMore { consumed: done + consumed },
                Command::Line { text, consumed, end } => {
                    done += consumed;
                    match self.line(&text, end) {
                        Ok(None) => {}
                        Ok(Some(response)) => return Next::Response { response, consumed: done },
                        Err(FilterFailed) => return Next::FilterFailed,
                    }
                }
            }
        }
    }

    /// Takes one line; gives the answer if it was its last.
    fn line(&mut self, raw: &[u8], end: LineEnd) -> Result<Option<Response>, FilterFailed> {
        let line = printable(raw.split(|&byte| byte == 0).next().unwrap_or_default(), b'?', self.utf8);
        if end == LineEnd::Flood {
            self.flooded = true;
            self.notes.push(Note::Flood);
        }
        if matches!(end, LineEnd::Flood | LineEnd::TooLong) {
            self.notes.push(Note::LongLine(line.clone()));
        }
        let kept = self.text.len() < self.limit;
        self.notes.push(Note::Line { text: line.clone(), kept });
        if !kept && !std::mem::replace(&mut self.too_long, true) {
            self.notes.push(Note::LongResponse(self.text.clone()));
        }
        let line = self.filtered(line, kept)?;
        if kept {
            if !self.text.is_empty() {
                self.text.push(b'\n');
            }
            self.text.extend_from_slice(&line);
        }
        let digits = line.iter().take_while(|byte| byte.is_ascii_digit()).count();
        Ok(match (digits, line.get(3)) {
            (3, Some(b'-')) => None,
            (3, Some(b' ') | None) => Some(self.finish(&line)),
            _ => {
                self.notes.push(Note::NotSmtp(line));
                None
            }
        })
    }

    fn filtered(&mut self, line: Vec<u8>, kept: bool) -> Result<Vec<u8>, FilterFailed> {
        let Some(filter) = &self.filter else { return Ok(line) };
        match filter(&line) {
            Ok(None) => Ok(line),
            Ok(Some(by)) => {
                self.notes.push(Note::Replaced { line, by: by.clone(), kept });
                Ok(by)
            }
            Err(failed) => {
                self.notes.push(Note::FilterFailed(line));
                Err(failed)
            }
        }
    }

    fn finish(&mut self, last: &[u8]) -> Response {
        self.too_long = false;
        let code =
            last.iter().take(3).fold(0u16, |sum, digit| sum * 10 + u16::from(digit.wrapping_sub(b'0')));
        Response { code, status: status_of(last), text: std::mem::take(&mut self.text) }
    }
}

fn status_of(line: &[u8]) -> String {
    let Some(&class @ (b'2' | b'4' | b'5')) = line.first() else { return "5.5.0".to_owned() };
    let rest = line.get(4..).unwrap_or_default();
    let blanks = rest.iter().take_while(|&&byte| byte == b' ').count();
    let rest = rest.get(blanks..).unwrap_or_default();
    match dsn::status_len(rest).and_then(|len| rest.get(..len)) {
        Some(status) if status.first() == Some(&class) => String::from_utf8_lossy(status).into_owned(),
        _ => format!("{}.0.0", char::from(class)),
    }
}

/// Replaces what cannot be printed: bytes outside 32..126 that are not part of well-formed UTF-8 (or are, without
/// `utf8`).
pub fn printable(text: &[u8], replacement: u8, utf8: bool) -> Vec<u8> {
    let mut shown = Vec::with_capacity(text.len());
    let mut ascii = |bytes: &[u8]| {
        shown.extend(bytes.iter().map(|&byte| if (32..127).contains(&byte) { byte } else { replacement }));
    };
    if !utf8 {
        ascii(text);
        return shown;
    }
    for chunk in text.utf8_chunks() {
        for character in chunk.valid().chars() {
            if character.is_ascii() {
                shown.push(if character.is_ascii_control() { replacement } else { character as u8 });
            } else {
                shown.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
            }
        }
        shown.extend(chunk.invalid().iter().map(|_| replacement));
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(input: &[u8]) -> (Vec<(u16, String, String)>, usize) {
        let mut reader = ResponseReader::new(40, true);
        let mut done = 0;
        let mut all = Vec::new();
        loop {
            match reader.next(&input[done..]) {
                Next::NeedMore { consumed } => return (all, input.len() - done - consumed),
                Next::FilterFailed | Next::Flooded => unreachable!("no filter, no flood"),
                Next::Response { response, consumed } => {
                    done += consumed;
                    all.push((response.code, response.status, String::from_utf8(response.text).unwrap()));
                }
            }
        }
    }

    #[test]
    fn answers() {
        let one = |input: &[u8]| read(input).0.remove(0);
        assert_eq!(one(b"250 2.1.0 Ok\r\n"), (250, "2.1.0".into(), "250 2.1.0 Ok".into()));
        assert_eq!(one(b"250-a\r\n250 b\n"), (250, "2.0.0".into(), "250-a\n250 b".into()));
        assert_eq!(one(b"550 4.1.1 x\r\n"), (550, "5.0.0".into(), "550 4.1.1 x".into()));
        assert_eq!(one(b"354\r\n"), (354, "5.5.0".into(), "354".into()));
        assert_eq!(one(b"250\r\n"), (250, "2.0.0".into(), "250".into()));
        assert_eq!(one(b"hello\r\n250 ok\x01\r\n"), (250, "2.0.0".into(), "hello\n250 ok?".into()));
        assert_eq!(read(b"250-a\r\n250"), (vec![], 3));
    }

    #[test]
    fn a_filter_replaces_lines() {
        let filter: LineFilter = Rc::new(|line| match line {
            b"550 go away" => Ok(Some(b"450 4.0.0 come back".to_vec())),
            b"broken" => Err(FilterFailed),
            _ => Ok(None),
        });
        let mut reader = ResponseReader::new(40, true).with_filter(Some(filter));
        let Next::Response { response, consumed } = reader.next(b"550 go away\r\nbroken\r\n") else {
            panic!("an answer")
        };
        assert_eq!((response.code, response.status.as_str(), consumed), (450, "4.0.0", 13));
        let line = b"550 go away".to_vec();
        let by = b"450 4.0.0 come back".to_vec();
        assert_eq!(
            reader.take_notes(),
            [Note::Line { text: line.clone(), kept: true }, Note::Replaced { line, by, kept: true }]
        );
        assert_eq!(reader.next(b"broken\r\n"), Next::FilterFailed);
    }

    #[test]
    fn nothing_is_taken_after_a_flood() {
        let mut reader = ResponseReader::new(8, true);
        let Next::Response { response, consumed } = reader.next(b"220 xxxxyyyyyyyyzz\r\n250 ok\r\n") else {
            panic!("an answer")
        };
        assert_eq!((response.text.as_slice(), consumed), (&b"220 xxxx"[..], 16));
        let text = b"220 xxxx".to_vec();
        let line = Note::Line { text: text.clone(), kept: true };
        assert_eq!(reader.take_notes(), [Note::Flood, Note::LongLine(text), line]);
        assert_eq!(reader.next(b"zz\r\n250 ok\r\n"), Next::Flooded);
        let mut reader = ResponseReader::new(8, true);
        assert_eq!(reader.next(b"220-xxxxyyyyyyyyzz\r\n250 ok\r\n"), Next::Flooded);
    }

    #[test]
    fn printable_text() {
        assert_eq!(printable("n\u{8}a\u{ef}\u{7f}".as_bytes(), b'?', true), "n?a\u{ef}?".as_bytes());
        assert_eq!(printable(b"na\xefve", b'?', true), b"na?ve");
        assert_eq!(printable("a\u{ef}".as_bytes(), b'?', false), b"a??");
    }
}
