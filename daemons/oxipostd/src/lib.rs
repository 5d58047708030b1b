//! All daemons in one executable. Each is installed as a hard link under its own name; the last component of the
//! name it is called by picks one.

use std::ffi::OsString;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

/// A daemon's entry point: its whole argument vector in, its exit status out.
pub type Entry = fn(Vec<OsString>) -> ExitCode;

/// Every program in `daemon_directory` that this executable can be, sorted by name.
pub const PROGRAMS: &[(&str, Entry)] = &[
    ("anvil", daemon_anvil::main),
    ("bounce", daemon_bounce::main),
    ("cleanup", daemon_cleanup::main),
    ("discard", daemon_discard::main),
    ("error", daemon_error::main),
    ("lmtp", daemon_smtp::main),
    ("local", daemon_local::main),
    ("master", daemon_master::main),
    ("nqmgr", daemon_qmgr::main),
    (tables::helper::PROGRAM, table_clients::helper_main),
    ("pickup", daemon_pickup::main),
    ("postlogd", daemon_postlogd::main),
    ("proxymap", daemon_proxymap::main),
    ("qmgr", daemon_qmgr::main),
    ("showq", daemon_showq::main),
    ("smtp", daemon_smtp::main),
    ("smtpd", daemon_smtpd::main),
    ("trivial-rewrite", daemon_trivial_rewrite::main),
    ("virtual", daemon_virtual::main),
];

/// The entry point for the name that a process was called by.
pub fn entry(arg0: &OsString) -> Option<Entry> {
    let name = Path::new(arg0).file_name()?.to_str()?;
    PROGRAMS.iter().find(|(known, _)| *known == name).map(|(_, entry)| *entry)
}

/// What it does under any other name: prints the names that it can be installed under, for `dist/install`.
pub fn list_programs() -> ExitCode {
    let mut out = std::io::stdout().lock();
    for (name, _) in PROGRAMS {
        if writeln!(out, "{name}").is_err() {
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}
