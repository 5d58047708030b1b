//! See the library.

fn main() -> std::process::ExitCode {
    postcat_command::run(std::env::args_os().collect())
}
