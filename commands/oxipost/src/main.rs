//! See the library.

fn main() -> std::process::ExitCode {
    oxipost_command::run(std::env::args_os().collect())
}
