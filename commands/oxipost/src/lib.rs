//! The oxipost(1) command: what Oxipost adds to Postfix. So far: which version this is, and which it speaks.

use clap::Parser;
use std::ffi::OsString;
use std::io::Write;
use std::process::ExitCode;
use std::sync::LazyLock;

static VERSION: LazyLock<String> = LazyLock::new(|| {
    format!("{} (speaks Postfix {})", env!("CARGO_PKG_VERSION"), params::profile::MAIL_VERSION)
});

/// What Oxipost adds to Postfix.
#[derive(Parser)]
#[command(name = "oxipost", about, long_about = None, version = VERSION.as_str(), arg_required_else_help = true)]
struct Arguments {}

/// Runs the command with its whole argument vector, the name it was called by first.
pub fn run(args: Vec<OsString>) -> ExitCode {
    match Arguments::try_parse_from(args) {
        Ok(Arguments {}) => ExitCode::SUCCESS,
        Err(answer) => {
            // Help and version are answers as well: clap knows where each goes and what status it gives.
            let _ = answer.print();
            let _ = std::io::stdout().flush();
            u8::try_from(answer.exit_code()).map_or(ExitCode::FAILURE, ExitCode::from)
        }
    }
}
