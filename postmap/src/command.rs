//! Options, and which of the things that the commands can do is done.

use crate::message::Keys;
use crate::query::{self, Output};
use crate::update::{self, Source, Update};
use bstr::ByteSlice;
use cli::{Exit, Getopt, Logging, Opt};
use config::Config;
use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;
use std::process::ExitCode;
use std::sync::Arc;
use tables::{Access, Flags, LookupError, Name, OpenError, Opener, Table};

/// Where postmap(1) and postalias(1) differ.
pub struct Flavour {
    /// The program's name in the configuration.
    pub program: &'static str,
    /// Its option letters, as getopt(3) takes them.
    pub options: &'static str,
    /// The usage text behind the name.
    pub usage: &'static str,
    /// What stands between key and value on standard output.
    pub separator: &'static str,
    /// What stands behind `query error` when a table's data is wrong.
    pub bad_data: &'static str,
    /// How source lines are understood.
    pub source: &'static dyn Source,
}

/// What ends the command: a fatal line, or an exit status after a line that was logged before.
#[derive(Debug)]
pub(crate) enum Failure {
    Fatal(String),
    Status(ExitCode),
}

impl From<OpenError> for Failure {
    fn from(error: OpenError) -> Failure {
        Failure::Fatal(error.text)
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Failure {
        Failure::Fatal(format!("write error: {}", sys::error_text(&error)))
    }
}

impl Failure {
    /// A failed request to a table: `table TYPE:NAME: query error: WHY`.
    pub(crate) fn of_request(table: &dyn Table, what: &str, error: &LookupError) -> Failure {
        let (kind, name) = (table.kind(), table.name());
        Failure::Fatal(match error {
            LookupError::Fatal(text) => text.clone(),
            LookupError::Config => format!("table {kind}:{name}: {what} error: Application error"),
            LookupError::Retry(_) => format!("table {kind}:{name}: {what} error: {}", error.cause()),
        })
    }
}

/// What the reference says behind `query error` of data that is wrong: the system's last error, of which there was none.
pub const NO_CAUSE: &str = ": Application error";

/// What to do with the tables.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Action {
    Build,
    Update,
    Query(OsString),
    Delete(OsString),
    Sequence,
}

/// What the options say.
pub(crate) struct Options {
    action: Action,
    pub(crate) flags: Flags,
    pub(crate) as_owner: bool,
    pub(crate) save_permissions: bool,
    keys: Keys,
    force_utf8: bool,
    json: bool,
}

impl Options {
    fn new() -> Options {
        Options {
            action: Action::Build,
            flags: Flags::DUP_WARN | Flags::FOLD_FIX | Flags::UTF8_REQUEST,
            as_owner: true,
            save_permissions: true,
            keys: Keys::default(),
            force_utf8: false,
            json: false,
        }
    }

    fn choose(&mut self, action: Action) -> Result<(), Failure> {
        if self.action != Action::Build {
            return Err(Failure::Fatal("specify only one of -d -i -q or -s".to_owned()));
        }
        self.action = action;
        Ok(())
    }

    /// Sets one flag and clears those that contradict it.
    fn flag(&mut self, set: Flags, clear: Flags) {
        self.flags = self.flags.without(clear) | set;
    }

    fn parse(flavour: &Flavour, name: &str, args: &[OsString]) -> Result<(Options, Vec<OsString>), Failure> {
        let mut options = Options::new();
        let mut getopt = Getopt::new(args, flavour.options);
        for opt in getopt.by_ref() {
            match opt {
                Opt::Value('c', directory) => cli::set_environment(cli::CONFIG_ENVIRONMENT, &directory)
                    .map_err(|_| Failure::Fatal("out of memory".to_owned()))?,
                Opt::Value('d', key) => options.choose(Action::Delete(key))?,
                Opt::Value('q', key) => options.choose(Action::Query(key))?,
                Opt::Flag('i') => options.choose(Action::Update)?,
                Opt::Flag('s') => options.choose(Action::Sequence)?,
                Opt::Flag('N') => options.flag(Flags::TRY1NULL, Flags::TRY0NULL),
                Opt::Flag('n') => options.flag(Flags::TRY0NULL, Flags::TRY1NULL),
                Opt::Flag('f') => options.flag(Flags::NONE, Flags::FOLD_FIX),
                Opt::Flag('F') => options.flag(Flags::SRC_RHS_IS_FILE, Flags::NONE),
                Opt::Flag('r') => options.flag(Flags::DUP_REPLACE, Flags::DUP_WARN | Flags::DUP_IGNORE),
                Opt::Flag('w') => options.flag(Flags::DUP_IGNORE, Flags::DUP_WARN | Flags::DUP_REPLACE),
                Opt::Flag('u') => options.flag(Flags::NONE, Flags::UTF8_REQUEST),
                Opt::Flag('U') => options.force_utf8 = true,
                Opt::Flag('b') => options.keys.body = true,
                Opt::Flag('h') => options.keys.header = true,
                Opt::Flag('m') => options.keys.mime = true,
                Opt::Flag('j') => options.json = true,
                Opt::Flag('o') => options.as_owner = false,
                Opt::Flag('p') => options.save_permissions = false,
                Opt::Flag('v') => log::set_verbose(log::verbose() + 1),
                _ => return Err(usage(flavour, name)),
            }
        }
        if options.json && !matches!(options.action, Action::Query(_) | Action::Sequence) {
            return Err(Failure::Fatal("option -j requires -q or -s".to_owned()));
        }
        Ok((options, getopt.operands()))
    }

    /// Checks the options that take keys out of a message, after main.cf was read.
    fn check_keys(&mut self) -> Result<(), Failure> {
        let from_input = matches!(&self.action, Action::Query(key) if key == "-");
        if self.keys.any() && !from_input {
            return Err(Failure::Fatal("specify -b -h or -m only with \"-q -\"".to_owned()));
        }
        if self.keys.any() && !self.keys.header_or_body() {
            log_lines::ignoring_mime_option();
        }
        if self.keys.header_or_body() && !self.force_utf8 {
            self.flags = self.flags.without(Flags::UTF8_REQUEST);
        }
        Ok(())
    }
}

use crate::log_lines;

fn usage(flavour: &Flavour, name: &str) -> Failure {
    Failure::Fatal(format!("usage: {name} {}", flavour.usage))
}

/// A table on the command line.
pub(crate) struct Target {
    /// The type, given or default_database_type.
    pub(crate) kind: String,
    /// What follows the type.
    pub(crate) name: Name,
}

impl Target {
    fn parse(operand: &OsString, default_kind: &str) -> Target {
        match operand.as_bytes().split_once_str(":") {
            Some((kind, name)) => Target { kind: log::bytes(kind).to_string(), name: name.into() },
            None => Target { kind: default_kind.to_owned(), name: operand.as_bytes().into() },
        }
    }

    /// Opens the table for requests. Neither its type nor its name may be empty, which are no obstacle to a build.
    pub(crate) fn open(
        &self,
        opener: &Opener,
        access: Access,
        flags: Flags,
    ) -> Result<Arc<dyn Table>, OpenError> {
        if self.kind.is_empty() || self.name.is_empty() {
            return Err(OpenError::no_type_and_name(&[self.kind.as_bytes(), b":", &self.name].concat()));
        }
        opener.open_named(&self.kind, &self.name, access, flags)
    }
}

/// Runs postmap(1) or postalias(1) with the whole argument vector.
pub fn run(flavour: &Flavour, args: &[OsString]) -> ExitCode {
    let name = cli::start(args, Logging::StderrAndMailLog);
    let mut args = args.to_vec();
    if let Some(first) = args.first_mut() {
        // getopt's messages start with the last part of the name, too.
        *first = OsString::from(&name);
    }
    if sys::environment::trusted(cli::VERBOSE_ENVIRONMENT).is_some() {
        log::set_verbose(1);
    }
    match perform(flavour, &name, &args) {
        Ok(true) => Exit::OK.into(),
        Ok(false) => Exit::FAILURE.into(),
        Err(Failure::Fatal(text)) => cli::fatal(text),
        Err(Failure::Status(status)) => status,
    }
}

/// Does the work. False is exit status 1: nothing was found.
fn perform(flavour: &Flavour, name: &str, args: &[OsString]) -> Result<bool, Failure> {
    let (mut options, operands) = Options::parse(flavour, name, args)?;
    let config: Config =
        cli::configure(&config::Source::of(flavour.program), name, Exit::FAILURE).map_err(Failure::Status)?;
    cli::update_environment(&config).map_err(|error| Failure::Fatal(error.to_string()))?;
    options.check_keys()?;
    if operands.is_empty() && options.action != Action::Sequence {
        return Err(usage(flavour, name));
    }
    let default_kind = config.get(&params::DEFAULT_DATABASE_TYPE);
    let targets: Vec<Target> = operands.iter().map(|operand| Target::parse(operand, default_kind)).collect();
    let opener = Opener::for_command(&config);
    let output = Output {
        separator: flavour.separator,
        json: options.json,
        bad_data: flavour.bad_data,
        decodes: options.flags.contains(Flags::SRC_RHS_IS_FILE),
    };
    let asking = options.flags | Flags::LOCK;
    match &options.action {
        Action::Delete(key) if key == "-" => query::delete_each(&opener, &targets, asking),
        Action::Delete(key) => query::delete(&opener, &targets, key, asking),
        Action::Query(key) if key == "-" => {
            if options.keys.header_or_body() {
                // Values are never decoded here, even with -F: by experiment with 3.11.
                let output = Output { bad_data: NO_CAUSE, decodes: false, ..output };
                crate::message::query(&config, &opener, &targets, options.keys, asking, output)
            } else {
                query::query_each(&opener, &targets, asking, output)
            }
        }
        Action::Query(key) => query::query(&opener, &targets, key, asking, output),
        Action::Sequence => query::sequence(&opener, targets.first(), asking, output),
        Action::Build | Action::Update => {
            let incremental = options.action == Action::Update;
            for target in &targets {
                let update =
                    Update { config: &config, opener: &opener, target, options: &options, incremental };
                update::run(&update, flavour.source)?;
            }
            Ok(true)
        }
    }
}
