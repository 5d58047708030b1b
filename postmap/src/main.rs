//! See the library.

fn main() -> std::process::ExitCode {
    table_clients::plug_in();
    postmap_command::run(std::env::args_os().collect())
}
