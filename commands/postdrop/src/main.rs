//! See the library.

fn main() -> std::process::ExitCode {
    postdrop_command::run(std::env::args_os().collect())
}
