//! See the library.

fn main() -> std::process::ExitCode {
    sendmail_command::run(std::env::args_os().collect())
}
