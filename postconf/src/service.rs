//! An entry of master.cf as postconf(1) shows it: fields as they stand, arguments in a canonical form.

use std::collections::{HashSet, VecDeque};

use bstr::{BStr, BString, ByteSlice, ByteVec};
use config::braces::{next_word, payload};
use config::master_cf::ServiceType;
use config::{Error, split_pair};

use crate::log_lines;
use crate::output::is_separator;

/// The fields before the command's arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field(pub usize);

impl Field {
    /// Name of the service.
    pub const SERVICE: Field = Field(0);
    /// Its type.
    pub const TYPE: Field = Field(1);
    /// The program.
    pub const COMMAND: Field = Field(7);
    /// All of them.
    pub const ALL: [Field; 8] =
        [Field(0), Field(1), Field(2), Field(3), Field(4), Field(5), Field(6), Field(7)];

    /// The field's name in patterns and messages.
    pub fn name(self) -> &'static str {
        const NAMES: [&str; 8] =
            ["service", "type", "private", "unprivileged", "chroot", "wakeup", "process_limit", "command"];
        NAMES.get(self.0).copied().unwrap_or_default()
    }

    /// The field of this name.
    pub fn by_name(name: &[u8]) -> Option<Field> {
        Field::ALL.into_iter().find(|field| field.name().as_bytes() == name)
    }
}

/// An entry.
#[derive(Clone, Debug)]
pub struct Service {
    /// The fields, then the arguments.
    words: Vec<BString>,
    /// `name/type`
    pub name_space: BString,
    /// Which of the view's dictionaries holds its `-o` settings, if it has any.
    pub scope: Option<usize>,
    /// Names among its settings that mean something here, though not everywhere.
    pub valid: HashSet<BString>,
}

/// Why a line is no entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotAService {
    /// Fields are missing: the caller knows where.
    TooShort,
    /// A field has a value that it cannot have.
    Fatal(Error),
}

/// The text for [`NotAService::TooShort`].
pub const TOO_SHORT: &str = "bad field count";

impl Service {
    /// Reads an entry.
    ///
    /// # Errors
    /// Fields are missing or wrong.
    pub fn parse(text: &[u8]) -> Result<Self, NotAService> {
        let words = split(text);
        if words.len() < Field::ALL.len() {
            return Err(NotAService::TooShort);
        }
        let mut service = Self { words, name_space: BString::default(), scope: None, valid: HashSet::new() };
        service.check(text).map_err(NotAService::Fatal)?;
        service.normalize();
        service.name_space =
            bstr::join("/", [service.field(Field::SERVICE), service.field(Field::TYPE)]).into();
        Ok(service)
    }

    /// A field's text.
    pub fn field(&self, field: Field) -> &BStr {
        self.words.get(field.0).map(|word| word.as_bstr()).unwrap_or_default()
    }

    /// The arguments of the command.
    pub fn arguments(&self) -> &[BString] {
        self.words.get(Field::ALL.len()..).unwrap_or_default()
    }

    /// The command without the directories before it.
    pub fn process_name(&self) -> &BStr {
        let command = self.field(Field::COMMAND);
        let trimmed = command.trim_end_with(|c| c == '/');
        BStr::new(trimmed.rsplit_str("/").next().filter(|name| !name.is_empty()).unwrap_or(command))
    }

    /// A value that the entry itself decides.
    pub fn own(&self, name: &[u8]) -> Option<&BStr> {
        if name == params::PROCESS_NAME.name().as_bytes() {
            Some(self.process_name())
        } else if name == params::SERVICE_NAME.name().as_bytes() {
            Some(self.field(Field::SERVICE))
        } else {
            None
        }
    }

    /// The `-o` settings, in order.
    pub fn settings(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        options(self.arguments())
            .filter(|option| option.flag == "-o")
            .filter_map(|option| split_pair(option.value?).ok())
    }

    /// Puts another value in a field; a new command brings its arguments.
    ///
    /// # Errors
    /// The field cannot have the value.
    pub fn set_field(&mut self, field: Field, value: &[u8]) -> Result<(), Error> {
        if field == Field::COMMAND {
            self.words.truncate(field.0);
            self.words.extend(split(value));
            self.normalize();
        } else if let Some(word) = self.words.get_mut(field.0) {
            *word = value.into();
        }
        self.check(value)
    }

    /// Sets a parameter for the service, or takes its setting away.
    pub fn set_parameter(&mut self, name: &[u8], value: Option<&[u8]>) {
        let start = Field::ALL.len();
        let pair = value.map(|value| BString::from([name, b"=", value].concat()));
        let mut at = start;
        let mut found = false;
        let names_it = |option: &CommandOption<'_>| {
            let pair = option.value.filter(|_| option.flag == "-o");
            pair.and_then(|pair| pair.strip_prefix(name)).is_some_and(|rest| rest.starts_with(b"="))
        };
        loop {
            let next = options(self.words.get(at..).unwrap_or_default()).next();
            let Some((length, names_it)) = next.map(|option| (option.length(), names_it(&option))) else {
                break;
            };
            match (&pair, names_it) {
                (Some(pair), true) => {
                    found = true;
                    if let Some(word) = self.words.get_mut(at + 1) {
                        word.clone_from(pair);
                    }
                    at += length;
                }
                (None, true) => drop(self.words.drain(at..at + length)),
                (_, false) => at += length,
            }
        }
        if let Some(pair) = pair.filter(|_| !found) {
            self.words.splice(at..at, [BString::from("-o"), pair]);
        }
    }

    /// Checks the fields before the command.
    fn check(&self, text: &[u8]) -> Result<(), Error> {
        let bad = |field: Field| {
            // As in the original, a message ends at a null byte.
            let text = text.split(|&byte| byte == 0).next().unwrap_or_default().replace("\n", " ");
            let (name, value, text) = (field.name(), log::bytes(self.field(field)), log::bytes(&text));
            Err(Error::fatal(format!("invalid {name} field \"{value}\" in \"{text}\"")))
        };
        // The original writes an empty field into the file, which cannot be read again then.
        if let Some(empty) = Field::ALL.into_iter().find(|&field| self.field(field).is_empty()) {
            return bad(empty);
        }
        let service_type = self.field(Field::TYPE).to_str_lossy();
        if ServiceType::by_name(&service_type).is_none() {
            return bad(Field::TYPE);
        }
        for field in [Field(2), Field(3), Field(4)] {
            if !matches!(self.field(field).as_bytes(), b"y" | b"n" | b"-") {
                return bad(field);
            }
        }
        let digits = |text: &[u8]| text.iter().all(u8::is_ascii_digit);
        let wakeup = self.field(Field(5)).as_bytes();
        let wakeup = wakeup.strip_suffix(b"?").unwrap_or(wakeup);
        if wakeup != b"-" && !digits(wakeup) {
            return bad(Field(5));
        }
        let limit = self.field(Field(6));
        if limit != "-" && !digits(limit) {
            return bad(Field(6));
        }
        Ok(())
    }

    /// Gives options the form `-o name=value`, and takes braces off.
    fn normalize(&mut self) {
        let mut words = VecDeque::from(self.words.split_off(Field::ALL.len().min(self.words.len())));
        while words.front().is_some_and(|word| is_option(word))
            && let Some(mut word) = words.pop_front()
        {
            // In `-vo` the value belongs to the last letter. The original sees no difference between that and an `o`
            // in a value: `-ofoo=bar` falls apart at each.
            if let Some(at) = word.iter().skip(2).position(|&letter| letter == VALUE_LETTER) {
                let tail = word.split_off(at + 2);
                words.push_front([b"-", &tail[..]].concat().into());
            }
            if !takes_value(&word) {
                self.words.push(word);
                continue;
            }
            let letter_end = word.len().min(2);
            let attached = word.split_off(letter_end);
            self.words.push(word);
            let value = if attached.is_empty() { words.pop_front() } else { Some(attached.into()) };
            self.words.extend(value.map(normal_setting));
        }
        self.words.extend(words.into_iter().map(without_braces));
    }
}

/// Is it an option of a command, not its first argument or the mark before that?
fn is_option(word: &[u8]) -> bool {
    word.starts_with(b"-") && word != b"--"
}

/// The letter of the only option of daemons that is known to take a value.
const VALUE_LETTER: u8 = b'o';

/// Does the next word belong to this option?
fn takes_value(option: &[u8]) -> bool {
    option.get(1) == Some(&VALUE_LETTER)
}

/// Splits at white space that is not in braces.
fn split(text: &[u8]) -> Vec<BString> {
    let text = text.split(|&byte| byte == 0).next().unwrap_or_default();
    let mut rest = text;
    let is_separator = |byte| is_separator(&byte);
    std::iter::from_fn(move || next_word(&mut rest, is_separator).map(BString::from)).collect()
}

/// An argument without braces around it.
fn without_braces(word: BString) -> BString {
    if !word.starts_with(b"{") {
        return word;
    }
    let payload = payload(&word).unwrap_or_else(|why| {
        log_lines::bad_argument(&why.to_string());
        why.payload
    });
    payload.trim().into()
}

/// `{ name = value }` as `name=value`.
fn normal_setting(value: BString) -> BString {
    if !value.starts_with(b"{") {
        return value;
    }
    let value = without_braces(value);
    match split_pair(&value) {
        Ok((name, text)) => [name, b"=", text].concat().into(),
        Err(why) => {
            log_lines::bad_argument(&format!("{why}: \"{}\"", log::bytes(&value)));
            value
        }
    }
}

/// An option among a command's arguments.
pub struct CommandOption<'a> {
    /// `-v`, `-o`, ...
    pub flag: &'a BStr,
    /// The value of `-o`.
    pub value: Option<&'a [u8]>,
}

impl CommandOption<'_> {
    /// The number of words it takes.
    pub fn length(&self) -> usize {
        if self.value.is_some() { 2 } else { 1 }
    }
}

/// The options at the start of a command's arguments.
pub fn options(arguments: &[BString]) -> impl Iterator<Item = CommandOption<'_>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let flag = arguments.get(at)?.as_bstr();
        if !is_option(flag) {
            return None;
        }
        let value = arguments.get(at + 1).filter(|_| takes_value(flag));
        let option = CommandOption { flag, value: value.map(|value| value.as_slice()) };
        at += option.length();
        Some(option)
    })
}

/// A text for the places where white space needs braces around it.
pub fn braced_if_needed(text: &[u8], result: &mut Vec<u8>) {
    if text.iter().any(is_separator) {
        result.push_byte(b'{');
        result.extend_from_slice(text);
        result.push_byte(b'}');
    } else {
        result.extend_from_slice(text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arguments(text: &str) -> Vec<String> {
        let service = Service::parse(format!("a unix - - n - - pipe {text}").as_bytes()).unwrap();
        service.arguments().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn arguments_get_one_form() {
        assert_eq!(arguments("-oa=b"), ["-o", "a=b"]);
        assert_eq!(arguments("-ofoo=bar"), ["-o", "f", "-o", "-o=bar"]);
        assert_eq!(arguments("-vo a=b x"), ["-v", "-o", "a=b", "x"]);
        assert_eq!(arguments("-o { a = b c } {x y}"), ["-o", "a=b c", "x y"]);
        assert_eq!(arguments("flags=DR user=x argv={y} z"), ["flags=DR", "user=x", "argv={y}", "z"]);
    }

    // Texts of Postfix 3.11.
    #[test]
    fn wrong_fields_are_fatal() {
        let error = |text: &str| match Service::parse(text.as_bytes()) {
            Err(NotAService::Fatal(error)) => error.to_string(),
            Err(NotAService::TooShort) => TOO_SHORT.to_owned(),
            Ok(_) => String::new(),
        };
        assert_eq!(error("a unix - - n - -"), "bad field count");
        assert_eq!(error("a tcp - - n - - x"), "invalid type field \"tcp\" in \"a tcp - - n - - x\"");
        assert_eq!(error("a unix - - Y - - x"), "invalid chroot field \"Y\" in \"a unix - - Y - - x\"");
        assert_eq!(
            error("a unix - - n 60?? - x"),
            "invalid wakeup field \"60??\" in \"a unix - - n 60?? - x\""
        );
        assert_eq!(error("a unix - - n 60? 1 x"), "");
    }

    #[test]
    fn parameters_are_set_and_taken_away() {
        let mut service = Service::parse(b"a unix - - n - - smtp -v -o a=1 -o b=2 x").unwrap();
        service.set_parameter(b"b", Some(b"3"));
        service.set_parameter(b"c", Some(b"4"));
        service.set_parameter(b"a", None);
        let words: Vec<_> = service.arguments().iter().map(ToString::to_string).collect();
        assert_eq!(words, ["-v", "-o", "b=3", "-o", "c=4", "x"]);
    }
}
