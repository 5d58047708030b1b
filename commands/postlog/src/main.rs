//! See the library.

fn main() -> std::process::ExitCode {
    postlog_command::run(std::env::args_os().collect())
}
