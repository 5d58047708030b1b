//! The log file (`maillog_file`).

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{FileTypeExt, MetadataExt, OpenOptionsExt};
use std::path::Path;

/// A log file, open for appending.
#[derive(Debug)]
pub struct LogFile {
    file: File,
    buffer: Vec<u8>,
}

/// The mode that a value of `maillog_file_permissions` stands for; `None` if it is not one of 644, 640 and 600
/// (leading zeros do not matter).
pub fn create_mode(value: &str) -> Option<u32> {
    match value.trim_start_matches('0') {
        "644" => Some(0o644),
        "640" => Some(0o640),
        "600" => Some(0o600),
        _ => None,
    }
}

impl LogFile {
    /// Opens a log file for appending; makes it with the given mode if it is not there. A file with several hard
    /// links, a directory, or (in a directory that others may write) a symbolic link is refused.
    ///
    /// # Errors
    /// The file is refused or cannot be opened; the error's own text says which, in Postfix's words.
    pub fn open(path: &Path, mode: u32) -> io::Result<LogFile> {
        let file = match OpenOptions::new().append(true).create_new(true).mode(mode).open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => open_existing(path)?,
            Err(error) => {
                let text = sys::error_text(&error);
                return Err(io::Error::other(format!("cannot create file exclusively: {text}")));
            }
        };
        Ok(LogFile { file, buffer: Vec::new() })
    }

    /// Appends whole lines, in one write.
    ///
    /// # Errors
    /// The write failed.
    pub fn append_lines(&mut self, lines: &[u8]) -> io::Result<()> {
        self.file.write_all(lines)
    }

    /// Appends one record and a newline, in one write.
    ///
    /// # Errors
    /// The write failed, for example because the disk is full.
    pub fn append(&mut self, record: &[u8]) -> io::Result<()> {
        self.buffer.clear();
        self.buffer.extend_from_slice(record);
        self.buffer.push(b'\n');
        self.file.write_all(&self.buffer)
    }
}

fn open_existing(path: &Path) -> io::Result<File> {
    let by_name = std::fs::symlink_metadata(path)?;
    if by_name.file_type().is_symlink() {
        // A link is followed only where nobody but its owner could have put it, and the owner is root.
        let folder = path.parent().unwrap_or(Path::new("/"));
        let folder = std::fs::metadata(folder)?;
        let safe = by_name.uid() == 0 && folder.uid() == 0 && folder.mode() & 0o022 == 0;
        if !safe {
            return Err(io::Error::other("file is a symbolic link"));
        }
    }
    let file = OpenOptions::new()
        .append(true)
        .open(path)
        .map_err(|error| io::Error::other(format!("cannot open file: {}", sys::error_text(&error))))?;
    let opened = file.metadata()?;
    if opened.is_dir() {
        return Err(io::Error::other("file is a directory"));
    }
    let device = opened.file_type().is_char_device() || opened.file_type().is_fifo();
    if opened.nlink() != 1 && !device {
        return Err(io::Error::other(format!("file has {} hard links", opened.nlink())));
    }
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_sane_modes() {
        assert_eq!(create_mode("0644"), Some(0o644));
        assert_eq!(create_mode("600"), Some(0o600));
        assert_eq!(create_mode("666"), None);
    }
}
