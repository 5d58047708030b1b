//! The file into which a connection's secrets go, for those who look at recorded traffic.

use crate::log_lines;
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use tables::Name;

/// Writes lines of NSS's format into a file, which only its owner may read.
#[derive(Debug)]
pub(super) struct KeyLogFile(pub(super) Name);

impl KeyLogFile {
    fn add(&self, line: &str) -> io::Result<()> {
        let mut file = OpenOptions::new().append(true).create(true).mode(0o600).open(&self.0)?;
        file.write_all(line.as_bytes())
    }
}

impl rustls::KeyLog for KeyLogFile {
    fn log(&self, label: &str, client_random: &[u8], secret: &[u8]) {
        let hex = |bytes: &[u8]| -> String { crate::digest::hex(bytes).collect() };
        let line = format!("{label} {} {}\n", hex(client_random), hex(secret));
        if let Err(error) = self.add(&line) {
            log_lines::pgsql_key_log(&self.0, &sys::error_text(&error));
        }
    }
}
