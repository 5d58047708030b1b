//! See the library.

fn main() -> std::process::ExitCode {
    postkick_command::run(std::env::args_os().collect())
}
