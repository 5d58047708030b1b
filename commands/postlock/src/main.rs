//! See the library.

fn main() -> std::process::ExitCode {
    postlock_command::run(std::env::args_os().collect())
}
