//! See the library.

fn main() -> std::process::ExitCode {
    postsuper_command::run(std::env::args_os().collect())
}
