//! Where the client of a server has its parameters: in a file of its own, or (legacy form) in main.cf.

use bstr::ByteSlice;
use config::{Config, Dictionary};
use std::fs::File;
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use tables::{Name, OpenError, Owner};

/// The parameters of one table. Its methods give errors with the texts of the fatal lines of Postfix.
pub(crate) struct Source {
    name: Name,
    place: Place,
    owner: Owner,
}

enum Place {
    /// `pgsql:/etc/postfix/users.cf`: the file's `hosts`, `query`, ...
    File(Dictionary),
    /// `pgsql:users`: `users_hosts`, `users_query`, ... of main.cf.
    MainCf(Option<Config>),
}

impl Source {
    /// The parameters of the table with this name.
    ///
    /// # Errors
    /// The file cannot be read, or a line of it is no `name = value`.
    pub(crate) fn open(name: &Name, main_cf: Option<&Config>) -> Result<Source, OpenError> {
        if name.is_empty() {
            return Err(OpenError::fatal("cfg_parser_alloc: null parser name"));
        }
        if !name.first().is_some_and(|byte| matches!(byte, b'/' | b'.')) {
            let owner = main_cf.map_or(Owner::Unknown, owner_of_main_cf);
            return Ok(Source { name: name.to_owned(), place: Place::MainCf(main_cf.cloned()), owner });
        }
        let complain = |what: &'static str| {
            move |error: std::io::Error| {
                OpenError::unavailable(format!("{what} {name}: {}", sys::error_text(&error)))
            }
        };
        let mut file = File::open(name).map_err(complain("open"))?;
        let owner = Owner::of_uid(file.metadata().map_err(complain("open"))?.uid());
        let mut content = Vec::new();
        file.read_to_end(&mut content).map_err(complain("read"))?;
        let mut warnings = Vec::new();
        let parsed = Dictionary::parse(&content, &name.to_string(), &mut warnings);
        for warning in warnings {
            log::warn!("{warning}");
        }
        let settings = parsed.map_err(|error| OpenError::fatal(error.to_string()))?;
        Ok(Source { name: name.to_owned(), place: Place::File(settings), owner })
    }

    /// The name of the file, or the prefix of the parameters in main.cf.
    pub(crate) fn name(&self) -> &Name {
        &self.name
    }

    /// Who could have written the parameters.
    pub(crate) fn owner(&self) -> Owner {
        self.owner
    }

    fn find(&self, parameter: &str) -> Option<Name> {
        match &self.place {
            Place::File(settings) => settings.get(parameter).map(|value| value.as_bytes().into()),
            Place::MainCf(config) => {
                let name = [self.name.as_bytes(), b"_", parameter.as_bytes()].concat();
                config.as_ref()?.lookup(name).map(Name::from)
            }
        }
    }

    /// A complaint about a parameter: `FILE: what PARAMETER`, or `what NAME_PARAMETER` where it stands in main.cf.
    fn complain(&self, what: impl Fn(&str) -> String, parameter: &str) -> OpenError {
        OpenError::fatal(match &self.place {
            Place::File(_) => format!("{}: {}", self.name, what(parameter)),
            Place::MainCf(_) => what(&format!("{}_{parameter}", self.name)),
        })
    }

    /// A text, perhaps empty.
    pub(crate) fn text(&self, parameter: &str, default: &str) -> Name {
        self.find(parameter).unwrap_or_else(|| default.into())
    }

    /// A text; `None` if it is empty or not set.
    pub(crate) fn optional(&self, parameter: &str) -> Option<Name> {
        self.find(parameter).filter(|text| !text.is_empty())
    }

    /// A text that may not be empty.
    pub(crate) fn required(&self, parameter: &str, default: &str) -> Result<Name, OpenError> {
        let text = self.text(parameter, default);
        if text.is_empty() {
            return Err(self.complain(|name| format!("bad string length 0 < 1: {name} = "), parameter));
        }
        Ok(text)
    }

    /// A list whose items are separated by white space or commas.
    pub(crate) fn list(&self, parameter: &str, default: &str) -> Vec<Name> {
        config::byte_words(&self.text(parameter, default)).map(Name::from).collect()
    }

    /// The parameter `hosts`. A single host is named twice, so that it gets a second chance at once: it may be a load
    /// balancer.
    pub(crate) fn hosts(&self) -> Vec<Name> {
        let mut hosts = self.list("hosts", "");
        if hosts.is_empty() {
            hosts.push("localhost".into());
        }
        if let [only] = hosts.as_slice() {
            hosts.push(only.clone());
        }
        hosts
    }

    /// A whole number of at least `min`, where that is given.
    pub(crate) fn number(&self, parameter: &str, default: i32, min: Option<i32>) -> Result<i32, OpenError> {
        let value = match self.find(parameter) {
            None => default,
            Some(text) => {
                let unsigned = text.trim_start_with(|c| " \t\n\r\x0b\x0c".contains(c)).to_str().ok();
                unsigned.and_then(|digits| digits.parse().ok()).ok_or_else(|| {
                    self.complain(|name| format!("bad numerical configuration: {name} = {text}"), parameter)
                })?
            }
        };
        match min {
            Some(min) if value < min => {
                let what = |name: &str| format!("invalid {name} parameter value {value} < {min}");
                Err(self.complain(what, parameter))
            }
            _ => Ok(value),
        }
    }

    /// A whole number of at most `max`.
    pub(crate) fn number_up_to(&self, parameter: &str, default: i32, max: i32) -> Result<i32, OpenError> {
        let value = self.number(parameter, default, None)?;
        let what = |name: &str| format!("invalid {name} parameter value {value} > {max}");
        if value > max { Err(self.complain(what, parameter)) } else { Ok(value) }
    }

    /// A number of seconds or bytes: as [`Source::number`], with negative values counting as nothing.
    pub(crate) fn amount(&self, parameter: &str, default: i32, min: Option<i32>) -> Result<u32, OpenError> {
        Ok(u32::try_from(self.number(parameter, default, min)?).unwrap_or(0))
    }

    /// `yes` or `no`; `None` if it is not set.
    pub(crate) fn flag(&self, parameter: &str) -> Result<Option<bool>, OpenError> {
        let Some(text) = self.find(parameter) else {
            return Ok(None);
        };
        if text.eq_ignore_ascii_case(b"yes") {
            Ok(Some(true))
        } else if text.eq_ignore_ascii_case(b"no") {
            Ok(Some(false))
        } else {
            Err(self.complain(|name| format!("bad boolean configuration: {name} = {text}"), parameter))
        }
    }
}

fn owner_of_main_cf(config: &Config) -> Owner {
    std::fs::metadata(config::file_in(config.directory(), config::MAIN_CF))
        .map_or(Owner::Unknown, |status| Owner::of_uid(status.uid()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn main_cf(text: &str) -> Source {
        let config = Config::from_text("test", text).unwrap();
        Source::open(&"t".into(), Some(&config)).unwrap()
    }

    #[test]
    fn legacy_form() {
        let source = main_cf("t_a = x $myhostname\nmyhostname = h.example\nt_n = 12\nt_b = maybe\nt_e =\n");
        assert_eq!(source.text("a", ""), "x h.example".into());
        assert_eq!(source.number("n", 1, None), Ok(12));
        assert_eq!(source.number("m", 1, None), Ok(1));
        assert_eq!(source.number("n", 1, Some(13)).unwrap_err().text, "invalid t_n parameter value 12 < 13");
        assert_eq!(source.flag("b").unwrap_err().text, "bad boolean configuration: t_b = maybe");
        assert_eq!(source.required("e", "d").unwrap_err().text, "bad string length 0 < 1: t_e = ");
    }

    #[test]
    fn file_form() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("t.cf");
        std::fs::write(&path, "n = 1x\nq = $a\u{e9}\n").unwrap();
        let name = Name::from(path.as_path());
        let source = Source::open(&name, None).unwrap();
        assert_eq!(source.text("q", ""), "$a\u{e9}".into());
        assert_eq!(
            source.number("n", 1, None).unwrap_err().text,
            format!("{name}: bad numerical configuration: n = 1x")
        );
        assert!(!Source::open(&"/nonexistent".into(), None).err().unwrap().always_fatal);
    }
}
