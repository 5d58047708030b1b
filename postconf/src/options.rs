//! The command line: options, and which of them go together.

use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;

use cli::{Getopt, Opt};
use config::Error;

use crate::log_lines;
use crate::names::Class;

/// An option, or what it asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flag {
    /// `-a`: server SASL types.
    ServerSasl,
    /// `-A`: client SASL types.
    ClientSasl,
    /// `-b`: bounce templates, expanded.
    ExpandTemplates,
    /// `-C`: class of parameters.
    Class,
    /// `-d`: defaults.
    Defaults,
    /// `-e`: edit.
    Edit,
    /// `-f`: fold lines.
    Fold,
    /// `-F`: fields of master.cf.
    MasterFields,
    /// `-h`: no names.
    HideNames,
    /// `-H`: no values.
    HideValues,
    /// `-j`: JSON.
    Json,
    /// `-l`: lock types.
    Locks,
    /// `-m`: table types.
    Maps,
    /// `-M`: entries of master.cf.
    MasterEntries,
    /// `-n`: what is set.
    NonDefault,
    /// `-o`: other values for this run.
    Override,
    /// `-p`: main.cf.
    MainParameters,
    /// `-P`: parameters in master.cf.
    MasterParameters,
    /// `-t`: bounce templates, as they stand.
    DumpTemplates,
    /// `-T`: TLS facts.
    Tls,
    /// `-x`: expand values.
    Expand,
    /// `-X`: take entries away.
    Remove,
    /// `-#`: turn entries into comments.
    CommentOut,
    /// `-P -P`: all parameters as a service sees them.
    MergedParameters,
}

/// All flags with their names, in the order in which messages list them.
const NAMES: [(Flag, &str); 24] = [
    (Flag::ServerSasl, "-a"),
    (Flag::ClientSasl, "-A"),
    (Flag::ExpandTemplates, "-b"),
    (Flag::Class, "-C"),
    (Flag::Defaults, "-d"),
    (Flag::Edit, "-e"),
    (Flag::Fold, "-f"),
    (Flag::MasterFields, "-F"),
    (Flag::HideNames, "-h"),
    (Flag::HideValues, "-H"),
    (Flag::Json, "-j"),
    (Flag::Locks, "-l"),
    (Flag::Maps, "-m"),
    (Flag::MasterEntries, "-M"),
    (Flag::NonDefault, "-n"),
    (Flag::Override, "-o"),
    (Flag::MainParameters, "-p"),
    (Flag::MasterParameters, "-P"),
    (Flag::DumpTemplates, "-t"),
    (Flag::Tls, "-T"),
    (Flag::Expand, "-x"),
    (Flag::Remove, "-X"),
    (Flag::CommentOut, "-#"),
    (Flag::MergedParameters, "-PP"),
];

/// What the command is about: one of these at most.
const MAJOR: &[Flag] = &[
    Flag::ServerSasl,
    Flag::ClientSasl,
    Flag::ExpandTemplates,
    Flag::Locks,
    Flag::Maps,
    Flag::DumpTemplates,
    Flag::MainParameters,
    Flag::MasterEntries,
    Flag::MasterFields,
    Flag::MasterParameters,
    Flag::Tls,
];

/// Groups of which only one may be given.
const EXCLUSIVE: [&[Flag]; 7] = [
    MAJOR,
    &[Flag::MergedParameters, Flag::Edit, Flag::CommentOut, Flag::Remove],
    &[Flag::Defaults, Flag::Edit, Flag::NonDefault, Flag::CommentOut, Flag::Remove],
    &[Flag::Fold, Flag::Edit, Flag::CommentOut, Flag::Remove],
    &[Flag::Expand, Flag::Edit, Flag::CommentOut, Flag::Remove],
    &[Flag::Override, Flag::Defaults, Flag::Edit, Flag::CommentOut, Flag::Remove],
    &[Flag::HideNames, Flag::Edit, Flag::CommentOut, Flag::Remove, Flag::HideValues],
];

/// Flags with all that may be given beside them.
const COMPATIBLE: [(Flag, &[Flag]); 14] = [
    (Flag::ServerSasl, &[]),
    (Flag::ClientSasl, &[]),
    (Flag::ExpandTemplates, &[]),
    (Flag::Locks, &[]),
    (Flag::Maps, &[]),
    (Flag::Tls, &[]),
    (Flag::DumpTemplates, &[]),
    (
        Flag::MainParameters,
        &[
            Flag::Edit,
            Flag::Remove,
            Flag::CommentOut,
            Flag::Fold,
            Flag::HideNames,
            Flag::Class,
            Flag::Expand,
            Flag::Defaults,
            Flag::NonDefault,
            Flag::Override,
            Flag::HideValues,
            Flag::Json,
        ],
    ),
    (
        Flag::MasterEntries,
        &[Flag::Edit, Flag::Remove, Flag::CommentOut, Flag::Fold, Flag::Override, Flag::Expand, Flag::Json],
    ),
    (
        Flag::MasterFields,
        &[
            Flag::Edit,
            Flag::Fold,
            Flag::HideNames,
            Flag::Override,
            Flag::Expand,
            Flag::HideValues,
            Flag::Json,
        ],
    ),
    (
        Flag::MasterParameters,
        &[
            Flag::Edit,
            Flag::Remove,
            Flag::Fold,
            Flag::HideNames,
            Flag::Override,
            Flag::Expand,
            Flag::HideValues,
            Flag::Json,
            Flag::MergedParameters,
        ],
    ),
    (
        Flag::MergedParameters,
        &[
            Flag::Fold,
            Flag::HideNames,
            Flag::Override,
            Flag::Expand,
            Flag::HideValues,
            Flag::Json,
            Flag::MasterParameters,
        ],
    ),
    (
        Flag::Json,
        &[
            Flag::MainParameters,
            Flag::MasterEntries,
            Flag::MasterFields,
            Flag::MasterParameters,
            Flag::Override,
            Flag::Expand,
            Flag::NonDefault,
            Flag::Defaults,
        ],
    ),
    (Flag::Class, &[Flag::MainParameters, Flag::Defaults, Flag::NonDefault]),
];

/// The command line, understood.
#[derive(Clone, Debug)]
pub struct Options {
    flags: Vec<Flag>,
    /// `-c`: the configuration directory.
    pub directory: Option<PathBuf>,
    /// `-C`: the classes to show.
    pub classes: Vec<Class>,
    /// `-o`: settings, `name=value`, to put in the place of main.cf's.
    pub overrides: Vec<Vec<u8>>,
    /// `-T`: what to tell about TLS.
    pub tls_mode: Vec<u8>,
    /// `-q`: no warnings about names that nobody reads.
    pub quiet: bool,
    /// The rest of the command line.
    pub operands: Vec<Vec<u8>>,
}

impl Options {
    /// Reads a command line.
    ///
    /// # Errors
    /// An unknown option, or options that do not go together.
    pub fn parse(args: &[OsString]) -> Result<Self, Error> {
        let mut options = Self {
            flags: Vec::new(),
            directory: None,
            classes: Class::ALL.to_vec(),
            overrides: Vec::new(),
            tls_mode: Vec::new(),
            quiet: false,
            operands: Vec::new(),
        };
        let mut getopt = Getopt::new(args, "aAbc:C:deEfFhHjlmMno:pPqtT:vxX#");
        for option in getopt.by_ref() {
            options.take(option, args)?;
        }
        options.operands = getopt.operands().into_iter().map(OsString::into_vec).collect();
        options.complete();
        options.check()?;
        Ok(options)
    }

    /// Takes one option.
    fn take(&mut self, option: Opt, args: &[OsString]) -> Result<(), Error> {
        match option {
            Opt::Value('c', value) => self.directory = Some(value.into()),
            Opt::Value('C', value) => self.classes = classes(value.as_bytes())?,
            Opt::Value('o', value) => {
                self.set(Flag::Override);
                self.overrides.push(value.into_vec());
            }
            Opt::Value('T', _) if self.has(Flag::Tls) => {
                return Err(Error::fatal("At most one -T <mode> option may be specified"));
            }
            Opt::Value('T', value) => {
                self.set(Flag::Tls);
                self.tls_mode = value.into_vec();
            }
            Opt::Flag('b' | 't') if self.has(Flag::ExpandTemplates) || self.has(Flag::DumpTemplates) => {
                return Err(Error::fatal("specify one of -b and -t"));
            }
            Opt::Flag('P') if self.has(Flag::MasterParameters) => self.set(Flag::MergedParameters),
            Opt::Flag('q') => self.quiet = true,
            Opt::Flag('v') => log::set_verbose(log::verbose() + 1),
            Opt::Flag(letter) => match flag_of(letter) {
                Some(flag) => self.set(flag),
                None => return Err(usage(args)),
            },
            _ => return Err(usage(args)),
        }
        Ok(())
    }

    /// Makes explicit what goes without saying.
    fn complete(&mut self) {
        if !MAJOR.iter().any(|&flag| self.has(flag)) {
            self.set(Flag::MainParameters);
        }
        let edits = self.has(Flag::MainParameters) || self.shows_master_cf();
        if edits && self.operands.first().is_some_and(|word| word.contains(&b'=')) {
            self.set(Flag::Edit);
        }
    }

    fn check(&self) -> Result<(), Error> {
        for group in EXCLUSIVE {
            let given = self.listed(|flag| group.contains(&flag));
            if given.len() > 1 {
                return Err(Error::fatal(format!("specify one of {}", given.join(", "))));
            }
        }
        for (flag, beside) in COMPATIBLE {
            let excess = self.listed(|other| other != flag && !beside.contains(&other));
            if self.has(flag) && !excess.is_empty() {
                let name = NAMES.iter().find(|(known, _)| *known == flag).map_or("", |(_, name)| name);
                return Err(Error::fatal(format!("with option {name}, do not specify {}", excess.join(" "))));
            }
        }
        if self.has(Flag::Edit) && self.operands.is_empty() {
            return Err(Error::fatal("-e requires name=value argument"));
        }
        Ok(())
    }

    /// Names of the given flags for which `wanted` holds.
    fn listed(&self, wanted: impl Fn(Flag) -> bool) -> Vec<&'static str> {
        NAMES.iter().filter(|(flag, _)| self.has(*flag) && wanted(*flag)).map(|(_, name)| *name).collect()
    }

    fn set(&mut self, flag: Flag) {
        if !self.has(flag) {
            self.flags.push(flag);
        }
    }

    /// Was this asked for?
    pub fn has(&self, flag: Flag) -> bool {
        self.flags.contains(&flag)
    }

    /// Is master.cf what this is about?
    pub fn shows_master_cf(&self) -> bool {
        self.has(Flag::MasterEntries) || self.has(Flag::MasterFields) || self.has(Flag::MasterParameters)
    }

    /// Will a file be changed?
    pub fn edits(&self) -> bool {
        self.has(Flag::Edit) || self.has(Flag::Remove) || self.has(Flag::CommentOut)
    }

    /// What of the program itself is to be shown, if that is what this is about.
    pub fn inventory(&self) -> Option<crate::inventory::What<'_>> {
        use crate::inventory::What;
        let wanted = [
            (Flag::Maps, What::Maps),
            (Flag::Locks, What::Locks),
            (Flag::ServerSasl, What::ServerSasl),
            (Flag::ClientSasl, What::ClientSasl),
            (Flag::Tls, What::Tls(&self.tls_mode)),
        ];
        wanted.into_iter().find(|(flag, _)| self.has(*flag)).map(|(_, what)| what)
    }
}

/// The flag that a letter sets by itself.
fn flag_of(letter: char) -> Option<Flag> {
    let mut name = [b'-', 0];
    *name.last_mut()? = u8::try_from(letter).ok()?;
    NAMES.iter().find(|(_, known)| known.as_bytes() == name).map(|(flag, _)| *flag)
}

/// The classes that `-C` names.
fn classes(list: &[u8]) -> Result<Vec<Class>, Error> {
    let mut found = Vec::new();
    for word in list.split(|byte| b" \t\r\n,".contains(byte)).filter(|word| !word.is_empty()) {
        let text = String::from_utf8_lossy(word).to_ascii_lowercase();
        match text.as_str() {
            "builtin" => found.push(Class::Builtin),
            "service" => found.push(Class::Service),
            "user" => found.push(Class::User),
            "all" => found.extend(Class::ALL),
            _ => {
                let (word, list) = (log::bytes(word), log::bytes(list));
                return Err(Error::fatal(format!("unknown -C option value \"{word}\" in \"{list}\"")));
            }
        }
        log_lines::class(word);
    }
    Ok(found)
}

/// The summary of options. Its wording is the original's, a mistaken letter included.
fn usage(args: &[OsString]) -> Error {
    let program = args.first().map(|arg| arg.as_bytes()).unwrap_or_default();
    Error::fatal(format!(
        "usage: {} [-a (server SASL types)] [-A (client SASL types)] [-b (bounce templates)] [-c config_dir] \
         [-c param_class] [-d (parameter defaults)] [-e (edit configuration)] [-f (fold lines)] \
         [-F (master.cf fields)] [-h (no names)] [-H (no values)] [-j (streaming JSON) ] [-l (lock types)] \
         [-m (map types)] [-M (master.cf)] [-n (non-default parameters)] [-o name=value (override parameter value)] \
         [-p (main.cf, default)] [-P (master.cf parameters)] [-t (bounce templates)] \
         [-T compile-version|run-version|public-key-algorithms] [-v (verbose)] [-x (expand parameter values)] \
         [-X (exclude)] [-# (comment-out)] [name...]",
        log::bytes(program)
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(words: &[&str]) -> Result<Options, String> {
        let args: Vec<OsString> = ["postconf"].iter().chain(words).map(OsString::from).collect();
        Options::parse(&args).map_err(|error| error.to_string())
    }

    // Texts of Postfix 3.11.
    #[test]
    fn options_that_do_not_go_together() {
        let error = |words: &[&str]| parse(words).unwrap_err();
        assert_eq!(error(&["-n", "-d"]), "specify one of -d, -n");
        assert_eq!(error(&["-a", "-A"]), "specify one of -a, -A");
        assert_eq!(error(&["-M", "-d"]), "with option -M, do not specify -d");
        assert_eq!(error(&["-j", "-h", "-f"]), "with option -j, do not specify -f -h");
        assert_eq!(error(&["-e"]), "-e requires name=value argument");
        assert_eq!(error(&["-C", "x"]), "unknown -C option value \"x\" in \"x\"");
    }

    #[test]
    fn a_pair_means_edit() {
        assert!(parse(&["a=b"]).unwrap().has(Flag::Edit));
        assert!(!parse(&["a"]).unwrap().has(Flag::Edit));
        assert!(parse(&["-PP"]).unwrap().has(Flag::MergedParameters));
    }
}
