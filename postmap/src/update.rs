//! Building and changing tables from source text.

use crate::command::{Failure, Options, Target};
use crate::log_lines;
use crate::progress::Progress;
use bstr::ByteSlice;
use config::Config;
use nix::sys::stat::{SFlag, fstat};
use std::borrow::Cow;
use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::os::fd::AsFd;
use std::os::unix::fs::MetadataExt;
use sys::EffectiveIds;
use sys::signals::HeldSignals;
use tables::{Access, Flags, LogicalLine, LogicalLines, Name, SourceLine, Table};

/// An entry of a table's source.
pub struct SourceEntry<'a> {
    /// The key, before folding.
    pub key: Cow<'a, [u8]>,
    /// The value.
    pub value: Cow<'a, [u8]>,
}

/// An entry that the command itself adds.
pub struct LastEntry {
    /// The entry.
    pub entry: SourceEntry<'static>,
    /// Whether it is stored as it stands: not folded, without a null byte.
    pub raw: bool,
}

/// Bytes that are read from a source at once.
const SOURCE_BUFFER: usize = 64 * 1024;

/// How the source of a table is understood.
pub trait Source: Sync {
    /// The entry of a logical line; `None` for a line that is not used, which was warned of with `warn`.
    fn entry<'a>(&self, text: &'a [u8], warn: &dyn Fn(&str)) -> Option<SourceEntry<'a>>;

    /// Entries that end every table. They replace those that an earlier run left.
    fn last_entries(&self, _config: &Config) -> Vec<LastEntry> {
        Vec::new()
    }
}

/// The source syntax of postmap(1).
pub(crate) struct PostmapSource;

impl Source for PostmapSource {
    fn entry<'a>(&self, text: &'a [u8], warn: &dyn Fn(&str)) -> Option<SourceEntry<'a>> {
        match tables::source_line(text) {
            SourceLine::Entry { key, value } => {
                if key.ends_with(b":") {
                    warn("record is in \"key: value\" format; is this an alias file?");
                }
                Some(SourceEntry { key: key.into(), value: value.into() })
            }
            SourceLine::UnbalancedQuote => {
                warn(&format!("unbalanced '\"' in '{}' -- ignoring this line", log::bytes(text)));
                None
            }
            SourceLine::Incomplete => {
                warn("expected format: key whitespace value");
                None
            }
        }
    }
}

/// What to build or change.
pub(crate) struct Update<'a> {
    pub(crate) config: &'a Config,
    pub(crate) opener: &'a tables::Opener,
    pub(crate) target: &'a Target,
    pub(crate) options: &'a Options,
    /// `-i`: entries from standard input go into the table that is there.
    pub(crate) incremental: bool,
}

/// Where the source's lines come from, and what its file is like.
struct Input {
    path: Name,
    reader: Box<dyn BufRead>,
    status: nix::sys::stat::FileStat,
}

fn system_failure(what: &str, error: &io::Error) -> Failure {
    Failure::Fatal(format!("{what}: {}", sys::error_text(error)))
}

/// The directory of a file, without slashes at its end.
fn directory_of(path: &Name) -> Name {
    let is_slash = |character| character == '/';
    match path.trim_end_with(is_slash).rsplit_once_str("/") {
        None => Name::from("."),
        Some((directory, _)) => match directory.trim_end_with(is_slash) {
            b"" => Name::from("/"),
            directory => Name::from(directory),
        },
    }
}

impl Update<'_> {
    fn input(&self) -> Result<Input, Failure> {
        let (path, status, reader): (Name, _, Box<dyn BufRead>) = if self.incremental {
            let stdin = io::stdin();
            ("stdin".into(), fstat(stdin.as_fd()), Box::new(stdin.lock()))
        } else {
            let path = self.target.name.clone();
            let file = File::open(&path).map_err(|error| system_failure(&format!("open {path}"), &error))?;
            (path, fstat(file.as_fd()), Box::new(BufReader::with_capacity(SOURCE_BUFFER, file)))
        };
        let status = status.map_err(|error| system_failure(&format!("fstat {path}"), &error.into()))?;
        Ok(Input { path, reader, status })
    }

    /// Becomes the owner of the source, so that the table belongs to the same user.
    fn as_owner(&self, input: &Input) -> Result<Option<EffectiveIds>, Failure> {
        use nix::unistd::{getegid, geteuid, getuid};
        let (uid, gid) = (input.status.st_uid, input.status.st_gid);
        let is_other = uid != geteuid().as_raw() || gid != getegid().as_raw();
        if !self.options.as_owner || !getuid().is_root() || !is_other {
            return Ok(None);
        }
        let taken = EffectiveIds::become_user(uid, gid);
        taken.map(Some).map_err(|error| system_failure(&format!("set_eugid: seteuid({uid})"), &error))
    }

    /// Warns of a table that root makes in the directory of somebody else, who could put another file in its place.
    fn warn_of_foreign_directory(&self, input: &Input) -> Result<(), Failure> {
        let is_roots = input.status.st_uid == 0 && nix::unistd::getuid().is_root();
        if !self.options.as_owner || !is_roots || self.target.kind == "proxy" {
            return Ok(());
        }
        let directory = directory_of(&self.target.name);
        let status = std::fs::metadata(&directory)
            .map_err(|error| system_failure(&format!("stat {directory}"), &error))?;
        if status.uid() != 0 {
            log_lines::foreign_directory(&input.path, &self.target.name, &directory);
        }
        Ok(())
    }

    /// Signals that would leave half of an update wait for its end. An lmdb file is never left like that.
    fn hold_signals(&self) -> Result<Option<HeldSignals>, Failure> {
        if self.target.kind == "lmdb" {
            return Ok(None);
        }
        let held = HeldSignals::all().map_err(|error| system_failure("sigdelay: sigprocmask", &error))?;
        Ok(Some(held))
    }

    /// Opens the table; a new file gets no more permissions than the source has.
    fn open(&self, input: &Input) -> Result<std::sync::Arc<dyn Table>, Failure> {
        let Target { kind, .. } = self.target;
        if !tables::is_supported(kind) {
            return Err(Failure::Fatal(tables::warn_unsupported(kind, "map")));
        }
        if !self.incremental && !tables::can_be_built(kind) {
            return Err(Failure::Fatal(format!("no 'map create' support for this type: {kind}")));
        }
        let mut flags = self.options.flags;
        let access = if self.incremental {
            Access::CreateAndChange
        } else {
            flags = flags | Flags::BULK_UPDATE;
            Access::Build
        };
        let is_file = SFlag::from_bits_truncate(input.status.st_mode) & SFlag::S_IFMT == SFlag::S_IFREG;
        let copies_mode = self.options.save_permissions && is_file;
        if log::verbose() > 0 {
            log_lines::opening(kind, &self.target.name);
        }
        let before = copies_mode.then(|| sys::process::umask(0o022 | (!input.status.st_mode & 0o077)));
        let table = self.opener.open_named(kind, &self.target.name, access, flags);
        if let Some(before) = before {
            sys::process::umask(before);
        }
        Ok(table?)
    }

    /// The value that is stored: with `-F`, the content of the files that the source names.
    fn value<'v>(&self, value: Cow<'v, [u8]>) -> Result<Cow<'v, [u8]>, String> {
        if self.options.flags.contains(Flags::SRC_RHS_IS_FILE) {
            return tables::read_base64(&value).map(Cow::Owned);
        }
        Ok(value)
    }
}

/// Puts all entries of the source into the table.
pub(crate) fn run(update: &Update<'_>, source: &dyn Source) -> Result<(), Failure> {
    if !update.incremental && update.target.kind == "proxy" {
        return Err(Failure::Fatal("can't create maps via the proxy service".to_owned()));
    }
    let input = update.input()?;
    let _identity = update.as_owner(&input)?;
    update.warn_of_foreign_directory(&input)?;
    let held = update.hold_signals()?;
    let done = fill(update, source, input);
    if done.is_err() {
        // What waits, such as SIGXFSZ, must not end the process before it says what went wrong.
        std::mem::forget(held);
    }
    done
}

/// Opens the table, puts all entries of the source into it, and has it take the place of the old one.
fn fill(update: &Update<'_>, source: &dyn Source, input: Input) -> Result<(), Failure> {
    let table = update.open(&input)?;
    let store = |entry: &SourceEntry<'_>| {
        table.update(&entry.key, &entry.value).map_err(|error| Failure::of_request(&*table, "write", &error))
    };
    let utf8 = table.flags().contains(Flags::UTF8_ACTIVE);
    let mut progress = Progress::new();
    for LogicalLine { text, first } in LogicalLines::new(&input.path, input.reader) {
        progress.advance();
        let warn = |what: &str| log_lines::source_line(&input.path, first, what);
        if utf8 && !tables::is_utf8(&text) {
            log_lines::non_utf8_line(&input.path, first, &text);
            continue;
        }
        let Some(entry) = source.entry(&text, &warn) else {
            continue;
        };
        match update.value(entry.value) {
            Ok(value) => store(&SourceEntry { key: entry.key, value })?,
            Err(why) => {
                warn(&format!("{why}: skipping this entry"));
                continue;
            }
        };
    }
    for LastEntry { entry, raw } in source.last_entries(update.config) {
        let failed = |error| Failure::of_request(&*table, "write", &error);
        if update.incremental && !raw {
            table.delete(&entry.key).map_err(failed)?;
        }
        let put = if raw { Table::update_raw } else { Table::update };
        put(&*table, &entry.key, &entry.value).map_err(failed)?;
    }
    table.finish().map_err(|error| Failure::of_request(&*table, "write", &error))
}
