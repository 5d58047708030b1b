//! What was read: main.cf, master.cf, and the names that mean something in them.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use bstr::{BStr, BString};
use config::expand::{Found, Mode, expand};
use config::lines::LogicalLines;
use config::{DIRECTORY_ENVIRONMENT, Dictionary, Error, MAIN_CF, MASTER_CF, file_in, read_file, split_pair};
use params::Default;

use crate::defaults::Computations;
use crate::log_lines;
use crate::names::{Name, Names, Origin};
use crate::options::{Flag, Options};
use crate::service::{Field, NotAService, Service, TOO_SHORT};

/// What was read.
pub struct View<'a> {
    /// The name under which the command was called.
    pub program: &'a str,
    options: &'a Options,
    /// The configuration directory, as it goes into messages.
    pub directory: String,
    /// What main.cf sets, and the command line in its place.
    pub settings: Dictionary,
    /// The names that mean something in main.cf.
    pub names: Names,
    /// The entries of master.cf.
    pub services: Vec<Service>,
    /// Their `-o` settings; entries with the same name and type share them.
    pub scopes: Vec<Dictionary>,
    /// All names in these settings, each with the numbers of the entries that see it.
    pub(crate) scoped_names: HashMap<BString, Vec<usize>>,
    pub(crate) computations: Computations,
    /// Names in the global list of restriction classes.
    pub(crate) restriction_classes: HashSet<BString>,
    /// Database client files that were looked at.
    pub(crate) clients_seen: HashSet<BString>,
}

impl<'a> View<'a> {
    /// Nothing read yet.
    pub fn new(program: &'a str, options: &'a Options) -> Self {
        let (directory, chosen) = directory(options);
        let directory = directory.to_string_lossy().into_owned();
        let mut settings = Dictionary::new();
        if chosen {
            settings.set(params::CONFIG_DIRECTORY.name().as_bytes(), directory.as_bytes());
        }
        Self {
            program,
            options,
            directory,
            settings,
            names: Names::builtin(),
            services: Vec::new(),
            scopes: Vec::new(),
            scoped_names: HashMap::new(),
            computations: Computations::default(),
            restriction_classes: HashSet::new(),
            clients_seen: HashSet::new(),
        }
    }

    /// Are only defaults to be shown?
    pub fn shows_defaults(&self) -> bool {
        self.options.has(Flag::Defaults)
    }

    /// Are warnings about unused names wanted?
    pub fn is_quiet(&self) -> bool {
        self.options.quiet
    }

    /// Path of main.cf.
    pub fn main_path(&self) -> String {
        format!("{}/{MAIN_CF}", self.directory)
    }

    /// Path of master.cf.
    pub fn master_path(&self) -> String {
        format!("{}/{MASTER_CF}", self.directory)
    }

    /// Reads main.cf, then the settings on the command line.
    ///
    /// # Errors
    /// The file cannot be read, or a line of it or a setting on the command line is none.
    pub fn read_main_cf(&mut self) -> Result<(), Error> {
        let path = self.main_path();
        let content = read_file(Path::new(&path))?;
        let mut warnings = Vec::new();
        let outcome = self.settings.read(&content, &path, &mut warnings);
        warnings.iter().for_each(log_lines::warning);
        outcome?;
        for word in &self.options.overrides {
            let (name, value) = split_pair(word).map_err(|why| {
                Error::fatal(format!("invalid parameter override: {}: {why}", log::bytes(word)))
            })?;
            self.settings.set(name, value);
        }
        Ok(())
    }

    /// Reads master.cf; unless it is `required`, it may be missing.
    ///
    /// # Errors
    /// The file cannot be read though it must, or an entry is wrong.
    pub fn read_master_cf(&mut self, required: bool) -> Result<(), Error> {
        let path = self.master_path();
        let content = match std::fs::read(&path) {
            Ok(content) => content,
            // Like the original, which only looks at whether it could open the file.
            Err(why) if why.kind() == ErrorKind::IsADirectory => Vec::new(),
            Err(why) if required => {
                return Err(Error::fatal(format!("open {path}: {}", sys::error_text(&why))));
            }
            Err(why) => {
                log_lines::cannot_open(&path, &why);
                return Ok(());
            }
        };
        let mut warnings = Vec::new();
        let mut lines = LogicalLines::new(&content, &path, &mut warnings);
        let mut outcome = Ok(());
        for line in lines.by_ref() {
            match Service::parse(&line.text) {
                Ok(service) => self.services.push(service),
                Err(NotAService::Fatal(error)) => outcome = Err(error),
                Err(NotAService::TooShort) => {
                    outcome = Err(Error::fatal(format!("file {path}: line {}: {TOO_SHORT}", line.first)));
                }
            }
            if outcome.is_err() {
                break;
            }
        }
        warnings.iter().for_each(log_lines::warning);
        outcome
    }

    /// Finds the names that services and users define.
    ///
    /// # Errors
    /// A value that must be expanded for it cannot be.
    pub fn find_names(&mut self) -> Result<(), Error> {
        for service in &self.services {
            self.names.add_service(service.field(Field::SERVICE), service.field(Field::COMMAND));
        }
        if self.shows_defaults() { Ok(()) } else { self.find_user_names() }
    }

    /// The settings of a service.
    pub fn scope(&self, service: &Service) -> Option<&Dictionary> {
        self.scopes.get(service.scope?)
    }

    /// The value of a name, not expanded. A service's own settings come before those of main.cf, and defaults last,
    /// unless only what is set is wanted.
    ///
    /// # Errors
    /// A default cannot be computed.
    pub fn value<'v>(
        &'v self,
        name: &[u8],
        known: Option<Name>,
        service: Option<&'v Service>,
        set_only: bool,
    ) -> Result<Option<Cow<'v, BStr>>, Error> {
        if !self.shows_defaults() {
            let local = service.and_then(|service| {
                service.own(name).or_else(|| self.scope(service).and_then(|settings| settings.get(name)))
            });
            if let Some(value) = local.or_else(|| self.settings.get(name)) {
                return Ok(Some(Cow::Borrowed(value)));
            }
            if set_only {
                return Ok(None);
            }
        }
        match known.or_else(|| self.names.get(name)) {
            Some(known) => self.default_of(known).map(Some),
            None => Ok(None),
        }
    }

    /// A default, not expanded.
    ///
    /// # Errors
    /// It cannot be computed.
    pub fn default_of(&self, known: Name) -> Result<Cow<'static, BStr>, Error> {
        Ok(match known.default {
            Origin::Nothing => Cow::Borrowed(BStr::new("")),
            Origin::Family(reference) => Cow::Borrowed(BStr::new(reference)),
            Origin::Table(row) => match row.default {
                Default::Text(text) => Cow::Borrowed(BStr::new(text)),
                Default::Computed(computed) => Cow::Owned(self.computed_default(computed)?),
            },
        })
    }

    /// Expands a value, seen from a service or from main.cf.
    ///
    /// # Errors
    /// Broken syntax, or a default that cannot be computed.
    pub fn expand(&self, text: &[u8], service: Option<&Service>) -> Result<BString, Error> {
        let mut lookup = |name: &[u8]| {
            let known = self.names.get(name);
            match self.value(name, known, service, false) {
                Ok(value) if known.is_some_and(|known| known.is_raw()) => {
                    value.map(|value| Found::RawButNested(value.into_owned().into()))
                }
                Ok(value) => value.map(|value| Found::Text(value.into_owned().into())),
                Err(error) => Some(Found::Fatal(error)),
            }
        };
        let done = expand(text, Mode::Recursive, &mut lookup);
        done.warnings.iter().for_each(log_lines::warning);
        done.whole_or(|| "macro processing error".to_owned()).map(BString::from)
    }

    /// Names and values set in main.cf, in a copy that does not hold on to the view.
    pub(crate) fn set_names(settings: &Dictionary) -> Vec<(BString, BString)> {
        settings.iter().map(|(name, value): (&BStr, &BStr)| (name.to_owned(), value.to_owned())).collect()
    }
}

/// The configuration directory, and whether somebody chose it.
fn directory(options: &Options) -> (PathBuf, bool) {
    let chosen = options
        .directory
        .clone()
        .or_else(|| sys::environment::trusted(DIRECTORY_ENVIRONMENT).map(PathBuf::from));
    match chosen {
        Some(directory) => (directory, true),
        None => (PathBuf::from(params::profile::CONFIG_DIRECTORY), false),
    }
}

/// Path of a file of the configuration, for commands that change it.
pub fn file_path(options: &Options, name: &str) -> PathBuf {
    file_in(&directory(options).0, name)
}
