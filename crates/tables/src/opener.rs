//! From `type:name` to an open table.

use crate::berkeley_db::{self, Buffers};
use crate::cidr::CidrTable;
use crate::combined::{CombinedTable, How, RandomTable};
use crate::debug::DebugTable;
use crate::fold::Folding;
use crate::memory::{self, MemoryTable};
use crate::nis::NisTable;
use crate::patterns::PatternTable;
use crate::pcre::Pcre;
use crate::proxy::{Proxies, ProxyTable};
use crate::reload::{Loaded, Reloading, Stamp};
use crate::simple::{EnvironTable, FailTable, StaticTable, UnixTable};
use crate::stand_in::{Retry, StandIn};
use crate::syntax::{items, strip_group, trim};
use crate::{Flags, LogicalLines, Name, OpenError, Owner, Table, cdb, lmdb, log_lines, outside};
use bstr::ByteSlice;
use std::collections::HashMap;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};
use sys::PosixRegex;

/// How often [`Opener::needs_restart`] looks at files, milliseconds.
const CHECK_INTERVAL_MS: u64 = 50;

/// How deep `unionmap:` and `pipemap:` may nest.
const MAX_DEPTH: usize = 100;

/// How much of a text file is read at once, bytes.
const READ_BUFFER: usize = 64 * 1024;

/// What a table is opened for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Access {
    /// Look-ups.
    Read,
    /// Changes of a table that exists.
    Change,
    /// Changes of a table that is created when it does not exist.
    CreateAndChange,
    /// A new table in the place of an old one.
    Build,
}

impl Access {
    /// The flags of open(2), which stand in log lines.
    fn open_flags(self) -> nix::libc::c_int {
        use nix::libc::{O_CREAT, O_RDONLY, O_RDWR, O_TRUNC};
        match self {
            Access::Read => O_RDONLY,
            Access::Change => O_RDWR,
            Access::CreateAndChange => O_RDWR | O_CREAT,
            Access::Build => O_RDWR | O_CREAT | O_TRUNC,
        }
    }
}

/// What to do about a table that cannot be opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IfUnavailable {
    /// [`Opener::open`] gives the error: commands end with it.
    Fail,
    /// An `error:` line goes to the log, and every look-up fails for now: daemons defer mail and go on.
    StandIn,
}

/// What tables need to know of the configuration.
#[derive(Clone, Debug)]
pub struct Settings {
    /// What to do about a table that cannot be opened.
    pub if_unavailable: IfUnavailable,
    /// `proxy:` tables are opened right here: true in proxymap(8) itself.
    pub proxies_are_here: bool,
    /// smtputf8_enable: keys and values are UTF-8.
    pub utf8: bool,
    /// queue_directory, where `private/proxymap` is.
    pub queue_directory: PathBuf,
    /// proxymap_service_name.
    pub proxymap_service: String,
    /// proxywrite_service_name.
    pub proxywrite_service: String,
    /// ipc_timeout, for one request to proxymap(8).
    pub ipc_timeout: Duration,
    /// ipc_idle: a connection to proxymap(8) that was not used so long is closed.
    pub ipc_idle: Duration,
    /// ipc_ttl: a connection to proxymap(8) is not used longer than that.
    pub ipc_ttl: Duration,
    /// lmdb_map_size, bytes.
    pub lmdb_map_size: usize,
    /// berkeley_db_read_buffer_size, bytes.
    pub berkeley_db_read_buffer: usize,
    /// berkeley_db_create_buffer_size, bytes.
    pub berkeley_db_create_buffer: usize,
    /// socketmap_max_reply_size, bytes.
    pub socketmap_max_reply: usize,
    /// main.cf, where the legacy form of `pgsql:name` and its like has its parameters.
    pub main_cf: Option<config::Config>,
}

impl Default for Settings {
    /// Postfix's own defaults, for tests and for programs without a configuration.
    fn default() -> Settings {
        Settings {
            if_unavailable: IfUnavailable::Fail,
            proxies_are_here: false,
            utf8: true,
            queue_directory: PathBuf::from("/var/spool/postfix"),
            proxymap_service: "proxymap".to_owned(),
            proxywrite_service: "proxywrite".to_owned(),
            ipc_timeout: Duration::from_secs(3600),
            ipc_idle: Duration::from_secs(5),
            ipc_ttl: Duration::from_secs(1000),
            lmdb_map_size: 16 * 1024 * 1024,
            berkeley_db_read_buffer: 128 * 1024,
            berkeley_db_create_buffer: 16 * 1024 * 1024,
            socketmap_max_reply: 100_000,
            main_cf: None,
        }
    }
}

impl Settings {
    /// The settings of a configuration.
    pub fn from_config(config: &config::Config, if_unavailable: IfUnavailable) -> Settings {
        let bytes = |size: i64| usize::try_from(size).unwrap_or(0);
        Settings {
            if_unavailable,
            proxies_are_here: false,
            utf8: config.get(&params::SMTPUTF8_ENABLE),
            queue_directory: PathBuf::from(config.get(&params::QUEUE_DIRECTORY)),
            proxymap_service: config.get(&params::PROXYMAP_SERVICE_NAME).to_owned(),
            proxywrite_service: config.get(&params::PROXYWRITE_SERVICE_NAME).to_owned(),
            ipc_timeout: config.get(&params::IPC_TIMEOUT),
            ipc_idle: config.get(&params::IPC_IDLE),
            ipc_ttl: config.get(&params::IPC_TTL),
            lmdb_map_size: bytes(config.get(&params::LMDB_MAP_SIZE)),
            berkeley_db_read_buffer: bytes(config.get(&params::BERKELEY_DB_READ_BUFFER_SIZE)),
            berkeley_db_create_buffer: bytes(config.get(&params::BERKELEY_DB_CREATE_BUFFER_SIZE)),
            socketmap_max_reply: bytes(config.get(&params::SOCKETMAP_MAX_REPLY_SIZE)),
            main_cf: Some(config.clone()),
        }
    }

    /// The protocol families that clients of servers may use.
    pub fn protocols(&self) -> config::networks::Protocols {
        self.main_cf
            .as_ref()
            .map_or(config::networks::Protocols { ipv4: true, ipv6: true }, config::Config::protocols)
    }
}

type Key = (String, Name, Access, Flags);

struct Shared {
    settings: Settings,
    open: Mutex<HashMap<Key, Weak<dyn Table>>>,
    proxies: Proxies,
    started: Instant,
    next_check: AtomicU64,
}

/// Opens tables, and lets all users of the same table share one. Cheap to clone.
#[derive(Clone)]
pub struct Opener(Arc<Shared>);

impl Opener {
    /// An opener with these settings.
    pub fn new(settings: Settings) -> Opener {
        let proxies = Proxies::new(&settings);
        Opener(Arc::new(Shared {
            settings,
            open: Mutex::default(),
            proxies,
            started: Instant::now(),
            next_check: AtomicU64::new(0),
        }))
    }

    /// For a daemon: a table that cannot be opened is said in the log, and mail that needs it waits.
    pub fn for_daemon(config: &config::Config) -> Opener {
        Opener::new(Settings::from_config(config, IfUnavailable::StandIn))
    }

    /// For a command: a table that cannot be opened is an error.
    pub fn for_command(config: &config::Config) -> Opener {
        Opener::new(Settings::from_config(config, IfUnavailable::Fail))
    }

    /// The settings.
    pub fn settings(&self) -> &Settings {
        &self.0.settings
    }

    /// Opens `type:name` for look-ups.
    ///
    /// # Errors
    /// The table cannot be opened, and the settings do not ask for a stand-in; or the text is not `type:name`.
    pub fn open(&self, spec: impl AsRef<[u8]>, flags: Flags) -> Result<Arc<dyn Table>, OpenError> {
        self.open_for(spec, Access::Read, flags)
    }

    /// Opens `type:name` for what `access` says.
    ///
    /// # Errors
    /// As [`Opener::open`].
    pub fn open_for(
        &self,
        spec: impl AsRef<[u8]>,
        access: Access,
        flags: Flags,
    ) -> Result<Arc<dyn Table>, OpenError> {
        self.open_nested(spec.as_ref(), access, flags, 0)
    }

    /// Opens the table of a type by its name, either of which may be empty, for what `access` says.
    ///
    /// # Errors
    /// As [`Opener::open`].
    pub fn open_named(
        &self,
        kind: &str,
        name: &Name,
        access: Access,
        flags: Flags,
    ) -> Result<Arc<dyn Table>, OpenError> {
        self.open_once(kind, name, access, flags, 0)
    }

    /// Opens a part of a combined table.
    pub(crate) fn open_member(
        &self,
        spec: &[u8],
        flags: Flags,
        depth: usize,
    ) -> Result<Arc<dyn Table>, OpenError> {
        self.open_nested(spec, Access::Read, flags, depth)
    }

    fn open_nested(
        &self,
        spec: &[u8],
        access: Access,
        flags: Flags,
        depth: usize,
    ) -> Result<Arc<dyn Table>, OpenError> {
        let (kind, name) = split_spec(spec).ok_or_else(|| OpenError::no_type_and_name(spec))?;
        // A type whose name is no text does not exist, and is only shown.
        self.open_once(&log::bytes(kind).to_string(), &Name::from(name), access, flags, depth)
    }

    /// Opens a table, if nobody has it open by this name and with these flags.
    fn open_once(
        &self,
        kind: &str,
        name: &Name,
        access: Access,
        flags: Flags,
        depth: usize,
    ) -> Result<Arc<dyn Table>, OpenError> {
        let key = (kind.to_owned(), name.clone(), access, flags);
        let lock = || self.0.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(table) = lock().get(&key).and_then(Weak::upgrade) {
            return Ok(table);
        }
        let table = match self.open_type(kind, name, access, flags, depth) {
            // What is behind `debug:` folds keys itself: the log shows them as they were asked for.
            Ok(table) if kind == "debug" => table,
            Ok(table) => {
                // A command that builds or changes a table, which takes no locks for single requests, says so itself.
                let is_command = matches!(access, Access::Build | Access::CreateAndChange)
                    && !flags.intersects(Flags::LOCK | Flags::OPEN_LOCK);
                if log::verbose() > 0 && !is_command {
                    log_lines::opened(kind, name);
                }
                Folding::wrap(table, self.0.settings.utf8)
            }
            Err(error) if error.always_fatal => return Err(error),
            Err(error) => match self.0.settings.if_unavailable {
                IfUnavailable::Fail => return Err(error),
                IfUnavailable::StandIn => {
                    log_lines::cannot_open(&error.text);
                    self.stand_in(kind, name, access, flags, &error.text)
                }
            },
        };
        let mut open = lock();
        open.retain(|_, table| table.strong_count() > 0);
        open.insert(key, Arc::downgrade(&table));
        Ok(table)
    }

    /// Takes the place of a table until it can be opened.
    fn stand_in(
        &self,
        kind: &str,
        name: &Name,
        access: Access,
        flags: Flags,
        reason: &str,
    ) -> Arc<dyn Table> {
        let opener = self.clone();
        let (kind_again, name_again) = (kind.to_owned(), name.to_owned());
        let retry = move || {
            let table = opener.open_type(&kind_again, &name_again, access, flags, 0).ok()?;
            Some(Folding::wrap(table, opener.0.settings.utf8))
        };
        // A type that does not exist will not come to exist, and asking for it would be logged again.
        let retry: Option<Retry> = if is_supported(kind) { Some(Box::new(retry)) } else { None };
        Arc::new(StandIn::new(kind, name, flags, reason, retry))
    }

    fn open_type(
        &self,
        kind: &str,
        name: &Name,
        access: Access,
        flags: Flags,
        depth: usize,
    ) -> Result<Arc<dyn Table>, OpenError> {
        if depth > MAX_DEPTH {
            return Err(OpenError::unavailable(format!("{kind}: tables are nested too deep")));
        }
        match kind {
            "proxy" => return self.open_proxy(name, access, flags, depth),
            "debug" => {
                let inner = self.open_nested(name, access, flags, depth + 1)?;
                return Ok(Arc::new(DebugTable::new(name, inner)));
            }
            "cdb" => return cdb::open(name, access, flags),
            "lmdb" => return lmdb::open(name, access, flags, self.0.settings.lmdb_map_size),
            "hash" | "btree" => {
                let settings = &self.0.settings;
                let buffers = Buffers {
                    read: settings.berkeley_db_read_buffer,
                    create: settings.berkeley_db_create_buffer,
                };
                return berkeley_db::open(kind, name, access, flags, buffers);
            }
            "fail" => return Ok(Arc::new(FailTable::open(name, flags))),
            "environ" => return Ok(Arc::new(EnvironTable::open(name, flags))),
            "internal" => return Ok(Arc::new(MemoryTable::new("internal", name, flags))),
            "static" => return Ok(Arc::new(StaticTable::open(name, flags)?)),
            _ if !is_supported(kind) => {
                return Err(OpenError::unavailable(warn_unsupported(kind, "dictionary")));
            }
            _ if outside::is_plug_in(kind) => return outside::open(self, kind, name, access, flags),
            _ => {}
        }
        if access != Access::Read {
            let text = format!("{kind}:{name} map requires O_RDONLY access mode");
            return Err(OpenError::unavailable(text));
        }
        match kind {
            "nis" => Ok(Arc::new(NisTable::without_domain(name, flags)?)),
            "inline" => Ok(Arc::new(memory::inline(
                name,
                flags,
                self.0.settings.utf8 && flags.contains(Flags::UTF8_REQUEST),
            )?)),
            "unix" => Ok(Arc::new(UnixTable::open(name, flags)?)),
            "randmap" => Ok(Arc::new(RandomTable::open(name, flags)?)),
            "unionmap" => Ok(Arc::new(CombinedTable::open(self, How::Union, name, flags, depth)?)),
            "pipemap" => Ok(Arc::new(CombinedTable::open(self, How::Pipe, name, flags, depth)?)),
            _ => open_text(kind, name, flags),
        }
    }

    fn open_proxy(
        &self,
        spec: &Name,
        access: Access,
        flags: Flags,
        depth: usize,
    ) -> Result<Arc<dyn Table>, OpenError> {
        if flags.contains(Flags::NO_PROXY) || self.0.settings.proxies_are_here {
            return self.open_nested(spec, access, flags, depth + 1);
        }
        Ok(Arc::new(ProxyTable::open(&self.0.proxies, spec, access, flags)?))
    }

    /// The name of a table whose file has changed and that this process cannot read again, because it is in a jail or
    /// gave up its rights: `cdb:/etc/aliases(0,lock|fold_fix|utf8_request)`. The reference logs `table NAME has changed -- restarting` and ends the process.
    ///
    /// Files are looked at once in 50 ms at most.
    pub fn needs_restart(&self) -> Option<String> {
        let now = u64::try_from(self.0.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        if now < self.0.next_check.load(Ordering::Relaxed) {
            return None;
        }
        self.0.next_check.store(now.saturating_add(CHECK_INTERVAL_MS), Ordering::Relaxed);
        let open = self.0.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.iter().find_map(|((kind, name, access, flags), table)| {
            table.upgrade()?.stale_file()?;
            Some(format!("{kind}:{name}({:o},{flags})", access.open_flags()))
        })
    }
}

/// The types that can be opened, in alphabetical order. `postconf -m` lists them.
#[rustfmt::skip] // A word a line would be long.
pub const TYPES: &[&str] = &[
    "btree", "cdb", "cidr", "debug", "environ", "fail", "hash", "inline", "internal", "ldap", "lmdb", "memcache",
    "mysql", "nis", "pcre", "pgsql", "pipemap", "proxy", "randmap", "regexp", "socketmap", "sqlite", "static",
    "tcp", "texthash", "unionmap", "unix",
];

/// Whether tables of this type can be opened.
pub fn is_supported(kind: &str) -> bool {
    TYPES.contains(&kind)
}

/// Says in the log why tables of a type cannot be had, and gives the text of the error that comes of it. `what` is
/// the reference's word for what is wanted: `dictionary` or `map`.
pub fn warn_unsupported(kind: &str, what: &str) -> String {
    log_lines::unsupported_type(kind);
    format!("unsupported {what} type: {kind}")
}

/// Whether tables of this type can be built.
pub fn can_be_built(kind: &str) -> bool {
    matches!(kind, "btree" | "cdb" | "fail" | "hash" | "lmdb" | "proxy")
}

/// The type and the name out of `type:name`, if the text is of this form.
fn split_spec(spec: &[u8]) -> Option<(&[u8], &[u8])> {
    spec.split_once_str(":").filter(|(kind, name)| !kind.is_empty() && !name.is_empty())
}

/// Opens a type whose whole text is read at once.
fn open_text(kind: &str, name: &Name, flags: Flags) -> Result<Arc<dyn Table>, OpenError> {
    let (kind_owned, name_owned) = (kind.to_owned(), name.to_owned());
    let in_main_cf = name.starts_with(b"{") && kind != "texthash";
    if in_main_cf {
        let text = lines_of_group(kind, name)?;
        let mut lines = LogicalLines::new(name, text.as_slice());
        let owner = Owner::of_uid(nix::unistd::getuid().as_raw());
        let (table, _) = parse_text(kind, name, &mut lines, owner, flags)?;
        return Ok(table);
    }
    let load = move || load_text(&kind_owned, &name_owned, flags);
    Reloading::open(name, true, Box::new(load))
}

fn load_text(kind: &str, name: &Name, flags: Flags) -> Result<Loaded, OpenError> {
    let what = if kind == "texthash" { "open database" } else { "open" };
    let complain = |what: &str, error: &std::io::Error| {
        OpenError::unavailable(format!("{what} {name}: {}", sys::error_text(error)))
    };
    let file = File::open(name).map_err(|error| complain(what, &error))?;
    let status = file.metadata().map_err(|error| complain("fstat", &error))?;
    let stamp = match Stamp::new(file.try_clone().map_err(|error| complain(what, &error))?) {
        Ok(stamp) => Some(stamp),
        Err(error) => return Err(complain("fstat", &error)),
    };
    let mut lines = LogicalLines::new(name, BufReader::with_capacity(READ_BUFFER, file));
    let (table, left_out) = parse_text(kind, name, &mut lines, Owner::of_uid(status.uid()), flags)?;
    if let Some(error) = lines.failure() {
        // A directory, for instance. The reference takes the other types for empty.
        let text = sys::error_text(error);
        match kind {
            "cidr" => return Err(OpenError::fatal(format!("cidr map {name}: read error: {text}"))),
            "texthash" => return Err(OpenError::fatal(format!("read {name}: {text}"))),
            _ => {}
        }
    }
    Ok(Loaded { table, stamp, left_out })
}

fn parse_text(
    kind: &str,
    name: &Name,
    lines: &mut LogicalLines<'_, impl BufRead>,
    owner: Owner,
    flags: Flags,
) -> Result<(Arc<dyn Table>, usize), OpenError> {
    fn shared<T: Table + 'static>((table, left_out): (T, usize)) -> (Arc<dyn Table>, usize) {
        (Arc::new(table), left_out)
    }
    Ok(match kind {
        "texthash" => shared(memory::texthash(name, lines, owner, flags)?),
        "cidr" => shared(CidrTable::parse(name, flags, owner, lines)),
        "pcre" => shared(PatternTable::<Pcre>::parse(name, flags, owner, lines)),
        _ => shared(PatternTable::<PosixRegex>::parse(name, flags, owner, lines)),
    })
}

/// The lines of a table that stands in main.cf: `pcre:{ { /pattern/ result }, ... }`.
fn lines_of_group(kind: &str, name: &Name) -> Result<Vec<u8>, OpenError> {
    let complain = |why: String| OpenError::unavailable(format!("{kind} map: {why}"));
    let mut text = Vec::new();
    for item in items(strip_group(name).map_err(complain)?) {
        text.extend_from_slice(trim(strip_group(item).map_err(complain)?).as_bytes());
        text.push(b'\n');
    }
    Ok(text)
}
