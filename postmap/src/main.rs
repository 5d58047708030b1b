//! See the library.

fn main() -> std::process::ExitCode {
    postmap_command::run(std::env::args_os().collect())
}
