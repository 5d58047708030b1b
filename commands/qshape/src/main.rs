//! See the library.

fn main() -> std::process::ExitCode {
    qshape_command::run(std::env::args_os().collect())
}
