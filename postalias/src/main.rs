//! See the library.

fn main() -> std::process::ExitCode {
    postalias_command::run(std::env::args_os().collect())
}
