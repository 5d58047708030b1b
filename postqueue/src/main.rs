//! See the library.

fn main() -> std::process::ExitCode {
    postqueue_command::run(std::env::args_os().collect())
}
