//! Reading of regular files with fewer questions to the system.

use std::fs::File;
use std::io::{BufRead, Read, Result, Seek, SeekFrom};
use std::ops::Range;

/// A regular file gives fewer bytes than it was asked for only at its end: what would come after that is not asked for
/// again. Not for files that somebody appends to meanwhile, of which more is expected.
#[derive(Debug)]
pub struct RegularFile {
    file: File,
    ended: bool,
}

/// A file that is read through a buffer that belongs to somebody else, who reads many files.
#[derive(Debug)]
pub struct BufferedFile<'b> {
    file: RegularFile,
    buffer: &'b mut [u8],
    unread: Range<usize>,
}

impl RegularFile {
    /// Has the buffer stand between.
    pub fn with_buffer(self, buffer: &mut [u8]) -> BufferedFile<'_> {
        BufferedFile { file: self, buffer, unread: 0..0 }
    }
}

impl BufRead for BufferedFile<'_> {
    fn fill_buf(&mut self) -> Result<&[u8]> {
        if self.unread.is_empty() {
            self.unread = 0..self.file.read(self.buffer)?;
        }
        Ok(self.buffer.get(self.unread.clone()).unwrap_or_default())
    }

    fn consume(&mut self, count: usize) {
        self.unread.start = self.unread.end.min(self.unread.start + count);
    }
}

impl Read for BufferedFile<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        let count = self.fill_buf()?.read(buffer)?;
        self.consume(count);
        Ok(count)
    }
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
        regular.rewind().unwrap();
        all.clear();
        let mut room = [0; 17];
        assert_eq!(regular.with_buffer(&mut room).read_to_end(&mut all).unwrap(), 5000);
        assert!(all.iter().all(|&byte| byte == 7));
    }
}
