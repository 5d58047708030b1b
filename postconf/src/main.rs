//! See the library.

fn main() -> std::process::ExitCode {
    postconf_command::run(std::env::args_os().collect())
}
