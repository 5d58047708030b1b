//! Changes to main.cf and master.cf.

use std::path::Path;

use bstr::ByteSlice;
use config::edit::{Change, LineKind, PhysicalLine, PhysicalLines, Replacement, Requests, edit_main_cf};
use config::{Error, MAIN_CF, MASTER_CF, read_file_to_edit, split_pair};

use crate::entries::folded_entry;
use crate::log_lines;
use crate::options::{Flag, Options};
use crate::output::is_separator;
use crate::pattern::Pattern;
use crate::service::{Field, NotAService, Service, TOO_SHORT};
use crate::view::file_path;

/// The options that change master.cf, as messages name them.
const EDIT_OPTIONS: &str = "-Me, -Fe, -Pe, -X, or -#";

/// Makes the changes that the command line asks for.
pub fn run(options: &Options) -> Result<(), Error> {
    if options.operands.is_empty() {
        return Err(Error::fatal("missing service argument"));
    }
    let change = if options.has(Flag::Edit) {
        Change::Set
    } else if options.has(Flag::CommentOut) {
        Change::CommentOut
    } else {
        Change::Remove
    };
    if options.shows_master_cf() {
        return edit_master_cf(&file_path(options, MASTER_CF), change, options);
    }
    let mut warnings = Vec::new();
    let words = options.operands.iter().map(Vec::as_slice);
    let outcome = Requests::parse(change, words, &mut warnings)
        .and_then(|requests| edit_main_cf(&file_path(options, MAIN_CF), change, &requests, &mut warnings));
    warnings.iter().for_each(log_lines::warning);
    outcome
}

/// What to do with the services that a request matches.
enum Action {
    /// Put this entry in their place.
    Entry(Vec<u8>),
    /// Take them away or turn them into comments.
    Drop,
    /// Set a field.
    Field(Field, Vec<u8>),
    /// Set a parameter, or take its setting away.
    Parameter(Vec<u8>, Option<Vec<u8>>),
}

/// A request for a change of master.cf.
struct Request {
    text: Vec<u8>,
    pattern: Pattern,
    action: Action,
    matches: usize,
}

impl Request {
    /// Reads a word of the command line.
    fn parse(options: &Options, change: Change, text: &[u8]) -> Result<Self, Error> {
        let fatal = |text: &str| Error::fatal(text);
        if text.contains(&b'\n') {
            return Err(Error::fatal(format!("{EDIT_OPTIONS} accept no multi-line input")));
        }
        let word = text.trim_start_with(|c| c.is_ascii_whitespace());
        if word.starts_with(b"#") {
            return Err(Error::fatal(format!("{EDIT_OPTIONS} accept no comment input")));
        }
        let (pattern, value) = match change {
            Change::Set => {
                let (pattern, value) = split_pair(word)
                    .map_err(|why| Error::fatal(format!("{why}: \"{}\"", log::bytes(text))))?;
                (pattern, Some(value))
            }
            _ if word.contains(&b'=') => return Err(fatal("-X or -# requires names without value")),
            _ => (word, None),
        };
        let has_blanks = |value: Option<&[u8]>| value.is_some_and(|value| value.iter().any(is_separator));
        let (pattern, action) = if options.has(Flag::MasterEntries) {
            let pattern = Pattern::parse(pattern, 2, 2)
                .ok_or_else(|| fatal("-Me, -MX or -M# requires service_name/type"))?;
            (pattern, value.map_or(Action::Drop, |value| Action::Entry(value.to_vec())))
        } else if options.has(Flag::MasterFields) {
            let pattern = Pattern::parse(pattern, 3, 3)
                .ok_or_else(|| fatal("-Fe or -FX requires service_name/type/field_name"))?;
            let field = pattern.field()?.ok_or_else(|| fatal("-Fe does not accept wild-card field name"))?;
            if field != Field::COMMAND && has_blanks(value) {
                return Err(fatal("-Fe does not accept whitespace in non-command field"));
            }
            (pattern, value.map_or(Action::Drop, |value| Action::Field(field, value.to_vec())))
        } else {
            let pattern = Pattern::parse(pattern, 3, 3)
                .ok_or_else(|| fatal("-Pe or -PX requires service_name/type/parameter"))?;
            let name = pattern
                .parameter()
                .map(<[u8]>::to_vec)
                .ok_or_else(|| fatal("-Pe does not accept wild-card parameter name"))?;
            if has_blanks(value) {
                return Err(fatal("-Pe does not accept whitespace in parameter value"));
            }
            (pattern, Action::Parameter(name, value.map(<[u8]>::to_vec)))
        };
        Ok(Self { text: text.to_vec(), pattern, action, matches: 0 })
    }
}

/// Changes entries in the file `path`, a master.cf.
fn edit_master_cf(path: &Path, change: Change, options: &Options) -> Result<(), Error> {
    let mut requests = Vec::new();
    for text in &options.operands {
        requests.push(Request::parse(options, change, text)?);
    }
    let replacement = Replacement::of(path)?;
    let content = read_file_to_edit(path)?;
    let mut editor =
        Editor { path: path.to_string_lossy().into_owned(), change, requests, result: Vec::new() };
    editor.go_through(&content)?;
    editor.finish_requests()?;
    replacement.finish([&editor.result[..]])
}

/// A change of master.cf under way.
struct Editor {
    path: String,
    change: Change,
    requests: Vec<Request>,
    result: Vec<u8>,
}

impl Editor {
    /// Copies what no request matches, and changes the rest.
    fn go_through(&mut self, content: &[u8]) -> Result<(), Error> {
        let mut lines = PhysicalLines::of(content);
        let mut matched = false;
        while let Some(line) = lines.next() {
            match line.kind {
                LineKind::Comment => self.result.extend_from_slice(&line.text),
                LineKind::Continuation => self.keep_or_drop(&line, matched),
                LineKind::Start => matched = self.entry(&line, &mut lines)?,
            }
        }
        Ok(())
    }

    fn keep_or_drop(&mut self, line: &PhysicalLine<'_>, matched: bool) {
        if !matched {
            self.result.extend_from_slice(&line.text);
        } else if self.change == Change::CommentOut {
            self.result.push(b'#');
            self.result.extend_from_slice(&line.text);
        }
    }

    /// Handles an entry from its first line on; tells whether a request matched.
    fn entry(&mut self, line: &PhysicalLine<'_>, lines: &mut PhysicalLines<'_>) -> Result<bool, Error> {
        let (name, service_type) = self.name_and_type(line)?;
        let mut matched = false;
        let mut changed: Option<Service> = None;
        let mut requests = std::mem::take(&mut self.requests);
        for request in &mut requests {
            let matches = request.pattern.matches(&name, &service_type);
            match &request.action {
                Action::Entry(text) => {
                    let new = parse_requested(text, &request.text)?;
                    let same = new.field(Field::SERVICE) == name && new.field(Field::TYPE) == service_type;
                    if matches || same {
                        matched = true;
                        request.matches += 1;
                        if request.matches == 1 {
                            changed = Some(new);
                        }
                    }
                }
                _ if !matches => {}
                Action::Drop => {
                    matched = true;
                    request.matches += 1;
                }
                Action::Field(..) | Action::Parameter(..) => {
                    matched = true;
                    request.matches += 1;
                    let mut service = match changed.take() {
                        Some(service) => service,
                        None => self.whole_entry(line, lines)?,
                    };
                    match &request.action {
                        Action::Field(field, value) => service.set_field(*field, value)?,
                        Action::Parameter(name, value) => service.set_parameter(name, value.as_deref()),
                        Action::Entry(_) | Action::Drop => {}
                    }
                    changed = Some(service);
                }
            }
        }
        self.requests = requests;
        match changed {
            Some(service) => self.result.extend_from_slice(&folded_entry(&service)),
            None => self.keep_or_drop(line, matched),
        }
        Ok(matched)
    }

    /// Name and type stand on an entry's first line.
    fn name_and_type(&self, line: &PhysicalLine<'_>) -> Result<(Vec<u8>, Vec<u8>), Error> {
        let fatal = |what: String| Error::fatal(format!("file {}: line {}: {what}", self.path, line.number));
        let mut words = line.text.split(is_separator).filter(|word| !word.is_empty());
        let (Some(name), Some(service_type)) = (words.next(), words.next()) else {
            return Err(fatal("specify service name and type on the same line".to_owned()));
        };
        for (what, word, bad) in [("name", name, &b"="[..]), ("type", service_type, b"=/")] {
            if word.iter().any(|byte| bad.contains(byte)) {
                let word = log::bytes(word);
                return Err(fatal(format!(
                    "service {what} syntax \"{word}\" is unsupported with {EDIT_OPTIONS}"
                )));
            }
        }
        Ok((name.to_vec(), service_type.to_vec()))
    }

    /// Reads an entry to its end; comments within it stay, before it.
    fn whole_entry(
        &mut self,
        line: &PhysicalLine<'_>,
        lines: &mut PhysicalLines<'_>,
    ) -> Result<Service, Error> {
        let mut text = line.text.to_vec();
        while lines.continues() {
            let Some(next) = lines.next() else { break };
            match next.kind {
                LineKind::Comment => self.result.extend_from_slice(&next.text),
                LineKind::Continuation | LineKind::Start => text.extend_from_slice(next.as_in_file()),
            }
        }
        // The original leaves these lines out of its count.
        lines.count_on_from(line.number);
        Service::parse(&text).map_err(|why| match why {
            NotAService::Fatal(error) => error,
            NotAService::TooShort => {
                Error::fatal(format!("file {}: line {}: {TOO_SHORT}", self.path, line.number))
            }
        })
    }

    /// Adds entries that were not there, and warns about other requests that matched nothing.
    fn finish_requests(&mut self) -> Result<(), Error> {
        for request in self.requests.iter().filter(|request| request.matches == 0) {
            match &request.action {
                Action::Entry(text) => {
                    let service = parse_requested(text, &request.text)?;
                    self.result.extend_from_slice(&folded_entry(&service));
                }
                Action::Drop if request.pattern.parameter().is_none() => {}
                _ => log_lines::unmatched_service(&request.text),
            }
        }
        Ok(())
    }
}

/// Reads an entry from the command line.
fn parse_requested(text: &[u8], request: &[u8]) -> Result<Service, Error> {
    Service::parse(text).map_err(|why| match why {
        NotAService::Fatal(error) => error,
        NotAService::TooShort => Error::fatal(format!("{TOO_SHORT}: \"{}\"", log::bytes(request))),
    })
}
