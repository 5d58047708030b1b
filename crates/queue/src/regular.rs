//! Reading of regular files with fewer questions to the system.

use std::fs::File;
use std::io::{Read, Result, Seek, SeekFrom};

/// A regular file gives fewer bytes than it was asked for only at its end: what would come after that is not asked for
/// again. Not for files that somebody appends to meanwhile, of which more is expected.
#[derive(Debug)]
pub struct RegularFile {
    file: File,
    ended: bool,
}

impl From<File> for RegularFile {
    fn from(file: File) -> Self {
        RegularFile { file, ended: false }
    }
}

impl Read for RegularFile {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        if self.ended {
            return Ok(0);
        }
        let count = self.file.read(buffer)?;
        self.ended = count < buffer.len();
        Ok(count)
    }
}

impl Seek for RegularFile {
    fn seek(&mut self, position: SeekFrom) -> Result<u64> {
        self.ended = false;
        self.file.seek(position)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn gives_what_the_file_has() {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(&[7; 5000]).unwrap();
        file.rewind().unwrap();
        let mut regular = RegularFile::from(file);
        let mut all = Vec::new();
        assert_eq!(regular.read_to_end(&mut all).unwrap(), 5000);
        assert_eq!(regular.read(&mut [0; 10]).unwrap(), 0);
        regular.seek(SeekFrom::Start(4995)).unwrap();
        assert_eq!(regular.read(&mut [0; 10]).unwrap(), 5);
    }
}
