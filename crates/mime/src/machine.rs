//! The state machine that tells headers from body, part by part.

use std::borrow::Cow;

use crate::downgrade::Encoder;
use crate::error::{Error, Errors};
use crate::header::{Info, Kind, Names, name_length};
use crate::part::{ContentType, Encoding, MessageType, Part};
use crate::token::{Items, SPECIALS, TSPECIALS, Token};

/// One piece of input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line<'a> {
    /// The last or only piece of a line.
    Full(&'a [u8]),
    /// A piece of a line that goes on.
    Part(&'a [u8]),
    /// The end of the message.
    End,
}

/// Where a header stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeaderClass {
    /// At the start of the message.
    Primary,
    /// At the start of a body part.
    Multipart,
    /// At the start of an attached message.
    Nested,
}

/// What to do beside telling headers from body.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// Everything after the primary headers is body.
    pub disable_mime: bool,
    /// Report [`Error::TruncatedHeader`].
    pub report_truncated_header: bool,
    /// Report [`Error::EightBitInHeader`].
    pub report_8bit_in_header: bool,
    /// Report [`Error::EightBitInBody`].
    pub report_8bit_in_body: bool,
    /// Report [`Error::EncodingDomain`].
    pub report_encoding_domain: bool,
    /// Report [`Error::Nesting`].
    pub report_nesting: bool,
    /// Report [`Error::NonEmptyEndOfHeader`].
    pub report_non_empty_end: bool,
    /// Convert eight-bit parts to quoted-printable.
    pub downgrade: bool,
}

/// How much is remembered.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes of one header (`header_size_limit`); what is longer is dropped.
    pub header_size: usize,
    /// Bytes of a boundary string (`mime_boundary_length_limit`).
    pub boundary_length: usize,
    /// Parts within parts (`mime_nesting_limit`).
    pub nesting: usize,
}

/// What was found.
#[derive(Debug, PartialEq, Eq)]
pub enum Event<'a> {
    /// A whole header, its lines separated (not ended) by line feeds. `offset` counts the bytes of this block of
    /// headers before it.
    Header {
        /// Where it stands.
        class: HeaderClass,
        /// What is known about it.
        info: Option<Info>,
        /// Its text.
        text: Vec<u8>,
    },
    /// The primary headers are over.
    EndOfPrimaryHeaders {
        /// What was wrong so far.
        errors: Errors,
    },
    /// Body text, with the number of bytes of the current part before it.
    Body {
        /// The text.
        text: Cow<'a, [u8]>,
        /// Whether the line ends with it.
        line_end: bool,
        /// Bytes of the part's body before this text, line ends included.
        offset: usize,
    },
    /// An error, seen for the first time.
    Error {
        /// Which.
        error: Error,
        /// The text that shows it.
        text: Vec<u8>,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Headers(HeaderClass),
    Body,
}

/// A multipart whose boundaries are looked for.
#[derive(Debug)]
struct Enclosing {
    boundary: Vec<u8>,
    default_content: ContentType,
}

/// The state machine. Feed it with [`Machine::push`].
#[derive(Debug)]
pub struct Machine {
    options: Options,
    limits: Limits,
    state: State,
    part: Part,
    /// The header that is being collected.
    header: Vec<u8>,
    /// The piece before this one was a part of a line.
    in_line: bool,
    enclosing: Vec<Enclosing>,
    errors: Errors,
    body_offset: usize,
    encoder: Encoder,
}

impl Machine {
    /// At the start of a message.
    pub fn new(options: Options, limits: Limits) -> Self {
        Self {
            options,
            limits,
            state: State::Headers(HeaderClass::Primary),
            part: Part::TEXT,
            header: Vec::new(),
            in_line: false,
            enclosing: Vec::new(),
            errors: Errors::default(),
            body_offset: 0,
            encoder: Encoder::default(),
        }
    }

    /// What was wrong so far.
    pub fn errors(&self) -> Errors {
        self.errors
    }

    /// The quick way for body text that needs no conversion: gives the text's offset, and nothing else is to be done
    /// with it than to copy it. `None`: use [`Machine::push`].
    pub fn push_plain_body(&mut self, text: &[u8], line_end: bool) -> Option<usize> {
        let needs_look = self.state != State::Body
            || (self.options.report_8bit_in_body && self.part.encoding == Encoding::SevenBit)
            || self.converts()
            || (!self.in_line && !self.enclosing.is_empty() && text.starts_with(b"--"));
        if needs_look {
            return None;
        }
        self.in_line = !line_end;
        let offset = self.body_offset;
        self.body_offset += text.len() + 1;
        Some(offset)
    }

    /// Takes the next piece of the message and appends what it means to `events`.
    pub fn push<'a>(&mut self, line: Line<'a>, names: &Names, events: &mut Vec<Event<'a>>) {
        match line {
            Line::Full(text) => self.text(text, true, names, events),
            Line::Part(text) => self.text(text, false, names, events),
            Line::End => {
                if self.in_line {
                    self.text(b"", true, names, events);
                }
                if let State::Headers(class) = self.state {
                    self.finish_header(class, names, events);
                    self.end_of_headers(class, None, events);
                }
            }
        }
    }

    fn text<'a>(&mut self, text: &'a [u8], line_end: bool, names: &Names, events: &mut Vec<Event<'a>>) {
        if let State::Headers(class) = self.state {
            if self.continues_header(text) {
                self.extend_header(text, events);
                self.in_line = !line_end;
                return;
            }
            if self.finish_header(class, names, events) {
                self.in_line = false;
            }
            if let Some(length) = name_length(text) {
                let (name, rest) = text.split_at(length);
                let blanks = rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
                self.header.extend_from_slice(name);
                self.header.extend_from_slice(until_nul(rest.get(blanks..).unwrap_or_default()));
                self.in_line = !line_end;
                return;
            }
            self.end_of_headers(class, Some(text), events);
        }
        // The line that ended the headers may also have begun those of an attached message.
        self.body(text, line_end, events);
        self.in_line = !line_end;
    }

    fn continues_header(&self, text: &[u8]) -> bool {
        !self.header.is_empty() && (self.in_line || matches!(text.first(), Some(b' ' | b'\t')))
    }

    fn extend_header(&mut self, text: &[u8], events: &mut Vec<Event<'_>>) {
        if self.header.len() >= self.limits.header_size {
            if self.options.report_truncated_header {
                let shown = self.header.clone();
                self.report(Error::TruncatedHeader, &shown, events);
            }
            return;
        }
        if !self.in_line {
            self.header.push(b'\n');
        }
        self.header.extend_from_slice(until_nul(text));
    }

    /// Gives the collected header out; says whether there was one.
    fn finish_header(&mut self, class: HeaderClass, names: &Names, events: &mut Vec<Event<'_>>) -> bool {
        if self.header.is_empty() {
            return false;
        }
        let text = std::mem::take(&mut self.header);
        let info = names.find(&text);
        let kind = info.map(|info| info.kind);
        if !self.options.disable_mime
            && let Some(info) = info
        {
            match info.kind {
                Kind::ContentType => self.content_type(&text, info, events),
                Kind::ContentTransferEncoding => self.content_encoding(&text, info),
                _ => {}
            }
        }
        if self.options.report_8bit_in_header && !text.is_ascii() {
            self.report(Error::EightBitInHeader, &text, events);
        }
        // The encoding of a part that is to be converted is written when its type is known, too.
        let held_back = kind == Some(Kind::ContentTransferEncoding) && self.converts();
        if !held_back {
            events.push(Event::Header { class, info, text });
        }
        true
    }

    fn converts(&self) -> bool {
        self.options.downgrade && self.part.encoding.domain() != Encoding::SevenBit
    }

    fn content_type(&mut self, header: &[u8], info: Info, events: &mut Vec<Event<'_>>) {
        let mut items = Items::new(header.get(info.name_length + 1..).unwrap_or_default(), TSPECIALS);
        let first = items.next_item(3);
        let (kind, subtype) = match first.as_deref() {
            Some([kind, Token::Special(b'/'), subtype]) => (kind, Some(subtype)),
            Some([kind, ..]) => (kind, None),
            Some([]) | None => {
                self.part.content = ContentType::Other;
                return;
            }
        };
        let is_subtype = |name| subtype.is_some_and(|subtype| subtype.is_word(name));
        if kind.is_word("text") {
            self.part.content = ContentType::Text;
        } else if kind.is_word("message") {
            let types = [
                ("rfc822", MessageType::Rfc822),
                ("partial", MessageType::Partial),
                ("external-body", MessageType::ExternalBody),
                ("global", MessageType::Global),
            ];
            let found = types.into_iter().find(|(name, _)| is_subtype(name));
            self.part.content = ContentType::Message(found.map_or(MessageType::Other, |(_, kind)| kind));
        } else if kind.is_word("multipart") {
            self.part.content = ContentType::Multipart;
            let default_content = if is_subtype("digest") {
                ContentType::Message(MessageType::Rfc822)
            } else {
                ContentType::Text
            };
            self.boundaries(items, default_content, header, events);
        }
    }

    /// Remembers every boundary parameter, also the second of two, which somebody may have put there to hide a part.
    fn boundaries(
        &mut self,
        mut items: Items<'_>,
        default_content: ContentType,
        header: &[u8],
        events: &mut Vec<Event<'_>>,
    ) {
        while let Some(item) = items.next_item(3) {
            let [name, Token::Special(b'='), value] = item.as_slice() else { continue };
            if !name.is_word("boundary") {
                continue;
            }
            if self.enclosing.len() > self.limits.nesting + 1 {
                if self.options.report_nesting {
                    self.report(Error::Nesting, header, events);
                }
                continue;
            }
            let boundary = value.text();
            let kept = boundary.get(..boundary.len().min(self.limits.boundary_length)).unwrap_or_default();
            self.enclosing.push(Enclosing { boundary: kept.to_vec(), default_content });
        }
    }

    fn content_encoding(&mut self, header: &[u8], info: Info) {
        let mut items = Items::new(header.get(info.name_length + 1..).unwrap_or_default(), SPECIALS);
        if let Some(first) = items.next_item(1).and_then(|item| item.into_iter().next())
            && let Some((_, encoding)) = Encoding::NAMES.into_iter().find(|(name, _)| first.is_word(name))
        {
            self.part.encoding = encoding;
        }
    }

    /// A line that is no header ended a block of headers; `text` is `None` at the end of the message.
    fn end_of_headers<'a>(
        &mut self,
        class: HeaderClass,
        text: Option<&'a [u8]>,
        events: &mut Vec<Event<'a>>,
    ) {
        if self.converts() {
            let composite = match self.part.content {
                ContentType::Message(kind) => kind != MessageType::Global,
                ContentType::Multipart => true,
                ContentType::Text | ContentType::Other => false,
            };
            let encoding = if composite { "7bit" } else { "quoted-printable" };
            let text = format!("Content-Transfer-Encoding: {encoding}").into_bytes();
            events.push(Event::Header { class, info: None, text });
        }
        if class == HeaderClass::Primary {
            if let Some(text) = text.filter(|text| !text.is_empty() && self.options.report_non_empty_end) {
                self.report(Error::NonEmptyEndOfHeader, text, events);
            }
            events.push(Event::EndOfPrimaryHeaders { errors: self.errors });
        }
        if self.options.report_encoding_domain {
            self.check_encoding_domain(events);
        }
        self.state = State::Body;
        match text {
            None => self.body_offset = 0,
            Some(b"") => self.begin_body(),
            Some(_) => {
                self.body_offset = 0;
                if class == HeaderClass::Primary {
                    // Garbage among the headers: separate what follows from them.
                    events.push(Event::Body { text: Cow::Borrowed(b""), line_end: true, offset: 0 });
                }
            }
        }
    }

    /// An empty line ended the headers properly.
    fn begin_body(&mut self) {
        self.body_offset = 0;
        let attached_message = match self.part.content {
            ContentType::Message(MessageType::Rfc822) => true,
            ContentType::Message(MessageType::Global) => {
                !self.options.downgrade || self.part.encoding.domain() == Encoding::SevenBit
            }
            _ => false,
        };
        if attached_message {
            self.state = State::Headers(HeaderClass::Nested);
            self.part = Part::TEXT;
        } else if self.part.content == ContentType::Multipart {
            self.part = Part::OTHER;
        }
    }

    fn check_encoding_domain(&mut self, events: &mut Vec<Event<'_>>) {
        let encoding = self.part.encoding;
        let wrong = match self.part.content {
            ContentType::Message(MessageType::Partial | MessageType::ExternalBody) => {
                encoding.domain() != Encoding::SevenBit
            }
            ContentType::Message(MessageType::Rfc822) | ContentType::Multipart => {
                encoding != encoding.domain()
            }
            _ => false,
        };
        if wrong {
            self.report(Error::EncodingDomain, encoding.name().as_bytes(), events);
        }
    }

    fn body<'a>(&mut self, text: &'a [u8], line_end: bool, events: &mut Vec<Event<'a>>) {
        if self.options.report_8bit_in_body && self.part.encoding == Encoding::SevenBit && !text.is_ascii() {
            self.report(Error::EightBitInBody, text, events);
        }
        if !self.in_line {
            self.look_for_boundary(text);
        }
        if self.converts() {
            for line in self.encoder.push(text, line_end) {
                let offset = self.body_offset;
                self.body_offset += line.len() + 1;
                events.push(Event::Body { text: Cow::Owned(line), line_end: true, offset });
            }
        } else {
            events.push(Event::Body { text: Cow::Borrowed(text), line_end, offset: self.body_offset });
            self.body_offset += text.len() + 1;
        }
    }

    /// Looks for the boundary of any enclosing multipart, so that a missing inner one does no harm. What follows the
    /// boundary on its line does not matter, because the remembered string may have been cut.
    fn look_for_boundary(&mut self, text: &[u8]) {
        let Some(rest) = text.strip_prefix(b"--").filter(|rest| !rest.is_empty()) else { return };
        let Some(at) = self.enclosing.iter().rposition(|part| rest.starts_with(&part.boundary)) else {
            return;
        };
        self.enclosing.truncate(at + 1);
        let Some(part) = self.enclosing.last() else { return };
        let closing = rest.get(part.boundary.len()..).is_some_and(|end| end.starts_with(b"--"));
        if closing {
            self.enclosing.pop();
            self.state = State::Body;
            self.part = Part::OTHER;
            self.body_offset = 0;
        } else {
            self.state = State::Headers(HeaderClass::Multipart);
            self.part = Part { content: part.default_content, encoding: Encoding::SevenBit };
        }
    }

    fn report(&mut self, error: Error, text: &[u8], events: &mut Vec<Event<'_>>) {
        if self.errors.insert(error) {
            events.push(Event::Error { error, text: text.to_vec() });
        }
    }
}

/// Headers end at a NUL.
fn until_nul(text: &[u8]) -> &[u8] {
    memchr::memchr(0, text).and_then(|nul| text.get(..nul)).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LIMITS: Limits = Limits { header_size: 2000, boundary_length: 2000, nesting: 20 };

    /// What the machine says about a message, one line of text for each event.
    fn read(options: Options, message: &[&str]) -> Vec<String> {
        let names = Names::new("");
        let mut machine = Machine::new(options, LIMITS);
        let mut told = Vec::new();
        let lines = message.iter().map(|line| Line::Full(line.as_bytes())).chain([Line::End]);
        for line in lines {
            let mut events = Vec::new();
            machine.push(line, &names, &mut events);
            told.extend(events.into_iter().map(|event| match event {
                Event::Header { class, text, .. } => format!("{class:?} {}", String::from_utf8_lossy(&text)),
                Event::EndOfPrimaryHeaders { .. } => "end".to_owned(),
                Event::Body { text, offset, .. } => format!("{offset} {}", String::from_utf8_lossy(&text)),
                Event::Error { error, .. } => format!("{error:?}"),
            }));
        }
        told
    }

    #[test]
    fn headers_and_body() {
        let told = read(Options::default(), &["A: b", "\tc", "D : e", "", "body", "x: y"]);
        assert_eq!(told, ["Primary A: b\n\tc", "Primary D: e", "end", "0 ", "1 body", "6 x: y"]);
    }

    #[test]
    fn garbage_ends_the_headers() {
        let told = read(Options::default(), &["A: b", "no header", "C: d"]);
        assert_eq!(told, ["Primary A: b", "end", "0 ", "0 no header", "10 C: d"]);
    }

    #[test]
    fn parts_and_attached_messages() {
        let told = read(
            Options::default(),
            &[
                "Content-Type: multipart/mixed; boundary=\"b\"",
                "",
                "--b",
                "Content-Type: message/rfc822",
                "",
                "From: x",
                "",
                "text",
                "--b--",
                "end",
            ],
        );
        assert_eq!(
            told[3..],
            [
                "1 --b",
                "Multipart Content-Type: message/rfc822",
                "0 ",
                "Nested From: x",
                "0 ",
                "1 text",
                "0 --b--",
                "6 end"
            ]
        );
    }

    #[test]
    fn eight_bit_parts_become_quoted_printable() {
        let options = Options { downgrade: true, ..Options::default() };
        let told = read(options, &["Content-Transfer-Encoding: 8bit", "", "\u{e9}=x "]);
        let expected =
            ["Primary Content-Transfer-Encoding: quoted-printable", "end", "0 ", "1 =C3=A9=3Dx=20"];
        assert_eq!(told, expected);
    }

    proptest! {
        #[test]
        fn any_input_has_one_end_of_headers(lines in proptest::collection::vec("[ -~\t]{0,40}", 0..40)) {
            let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
            let told = read(Options::default(), &lines);
            prop_assert_eq!(told.iter().filter(|line| *line == "end").count(), 1);
        }
    }
}
