//! See the library.

fn main() -> std::process::ExitCode {
    postfix_command::run(std::env::args_os().collect())
}
