//! See the library.

use std::ffi::OsString;
use std::process::ExitCode;

fn main() -> ExitCode {
    table_clients::plug_in();
    let args: Vec<OsString> = std::env::args_os().collect();
    match args.first().and_then(oxipostd::entry) {
        Some(entry) => entry(args),
        None => oxipostd::list_programs(),
    }
}
