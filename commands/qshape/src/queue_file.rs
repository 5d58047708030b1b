//! What qshape(1) wants to know of a queue file: when it came in, its sender and its recipients.

use crate::number;
use queue::{Reader, Type};
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

/// A message in the queue.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Message {
    /// When it came in: Unix time, seconds.
    pub(crate) time: f64,
    pub(crate) sender: Vec<u8>,
    /// Recipients that were not delivered to yet.
    pub(crate) recipients: Vec<Vec<u8>>,
}

/// The longest record that is looked at.
const MAX_RECORD: usize = 2_097_151;

/// Reads a queue file; nothing if it is none, or is not complete.
pub(crate) fn read(path: &Path) -> Option<Message> {
    if !is_queue_file_name(path) {
        return None;
    }
    let status = fs::symlink_metadata(path).ok()?;
    if !status.is_file() || status.mode() & 0o733 != 0o700 {
        return None;
    }
    // The file may have been replaced by something that blocks.
    let file = OpenOptions::new().read(true).custom_flags(sys::descriptors::NONBLOCK).open(path).ok()?;
    let mut envelope = Envelope::new(file);
    match envelope.start(status.mtime()) {
        Start::Here => envelope.rest(),
        Start::Damaged => None,
        // Only old versions of postdrop(1) left files that start with their sender. What newer ones leave counts as
        // a message from nobody to nobody, of unknown age.
        Start::Unknown => Some(Message { time: 0.0, sender: Vec::new(), recipients: Vec::new() }),
    }
}

fn is_queue_file_name(path: &Path) -> bool {
    let name = path.file_name().map_or(&b""[..], OsStrExt::as_bytes);
    name.len() >= 6 && name.iter().all(u8::is_ascii_alphanumeric)
}

enum Start {
    Here,
    Damaged,
    Unknown,
}

/// A file whose records are gone through.
struct Envelope<R> {
    reader: Reader<R>,
    time: Option<f64>,
    content_length: Option<u64>,
    sender: Option<Vec<u8>>,
    recipients: Vec<Vec<u8>>,
}

impl Envelope<File> {
    fn new(file: File) -> Self {
        Envelope {
            reader: Reader::new(file).raw().with_limit(MAX_RECORD),
            time: None,
            content_length: None,
            sender: None,
            recipients: Vec::new(),
        }
    }
}

impl<R: io::Read + io::Seek> Envelope<R> {
    fn next(&mut self) -> Option<(Type, Vec<u8>)> {
        let record = self.reader.next_raw().ok().flatten()?;
        Some((record.kind, record.data.to_vec()))
    }

    /// The records before the others: size and time, or full name and sender.
    fn start(&mut self, mtime: i64) -> Start {
        let Some((kind, data)) = self.next() else { return Start::Unknown };
        match kind {
            Type::SIZE => {
                self.content_length = content_length(&data);
                match self.next() {
                    Some((Type::TIME, data)) => {
                        self.time = Some(number::leading(first_word(&data)));
                        Start::Here
                    }
                    _ => Start::Damaged,
                }
            }
            Type::FROM => {
                (self.time, self.sender) = (Some(mtime as f64), Some(data));
                Start::Here
            }
            Type::FULL => match self.next() {
                Some((Type::FROM, data)) => {
                    (self.time, self.sender) = (Some(mtime as f64), Some(data));
                    Start::Here
                }
                _ => Start::Damaged,
            },
            _ => Start::Unknown,
        }
    }

    fn rest(mut self) -> Option<Message> {
        loop {
            let (kind, data) = self.next()?;
            match kind {
                Type::PTR => self.follow(&data)?,
                Type::RCPT => self.recipients.push(data),
                Type::FROM => self.sender = Some(data),
                Type::MESG => {
                    self.sender.as_ref()?;
                    self.skip_content()?;
                }
                Type::END if self.recipients.is_empty() => return None,
                Type::END => {
                    return Some(Message {
                        time: self.time?,
                        sender: self.sender?,
                        recipients: self.recipients,
                    });
                }
                _ => {}
            }
        }
    }

    /// Goes to the record after the content, which must be the one that belongs there.
    fn skip_content(&mut self) -> Option<()> {
        let after = match self.content_length {
            Some(length) => {
                self.reader.seek(self.reader.offset().checked_add(length)?).ok()?;
                self.next()?.0
            }
            None => loop {
                match self.next()? {
                    (Type::PTR, data) => self.follow(&data)?,
                    (Type::NORM | Type::CONT, _) => {}
                    (other, _) => break other,
                }
            },
        };
        (after == Type::XTRA).then_some(())
    }

    fn follow(&mut self, pointer: &[u8]) -> Option<()> {
        match number::leading(pointer) {
            target if target > 0.0 => self.reader.follow(format!("{target:.0}").as_bytes()).ok(),
            _ => Some(()),
        }
    }
}

/// The first of at least three numbers.
fn content_length(data: &[u8]) -> Option<u64> {
    let mut words = data.split(|byte| byte.is_ascii_whitespace()).filter(|word| !word.is_empty());
    let first = std::str::from_utf8(words.next()?).ok()?.parse().ok()?;
    let starts_with_digit = |word: &[u8]| word.first().is_some_and(u8::is_ascii_digit);
    let second = words.next()?.iter().all(u8::is_ascii_digit);
    (second && words.next().is_some_and(starts_with_digit)).then_some(first)
}

fn first_word(data: &[u8]) -> &[u8] {
    data.split(|byte| byte.is_ascii_whitespace()).next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use queue::record::encode;
    use std::os::unix::fs::PermissionsExt;

    fn message(records: &[(Type, &[u8])]) -> Option<Message> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("4ABCDE1");
        let mut bytes = Vec::new();
        for (kind, data) in records {
            encode(&mut bytes, *kind, data);
        }
        fs::write(&path, bytes).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o700)).unwrap();
        read(&path)
    }

    const HEAD: [(Type, &[u8]); 3] =
        [(Type::SIZE, b"   4   90   1   0   4"), (Type::TIME, b"1000 5"), (Type::FROM, b"a@b")];

    #[test]
    fn recipients_may_stand_on_either_side_of_the_content() {
        let tail: [(Type, &[u8]); 5] = [
            (Type::RCPT, b"x@y"),
            (Type::MESG, b""),
            (Type::NORM, b"hi"),
            (Type::XTRA, b""),
            (Type::RCPT, b"z@y"),
        ];
        let mut records = [&HEAD[..], &tail].concat();
        assert_eq!(message(&records), None, "without its end");
        records.push((Type::END, b""));
        let found = message(&records).unwrap();
        assert_eq!((found.time, found.sender.as_slice()), (1000.0, &b"a@b"[..]));
        assert_eq!(found.recipients, [b"x@y", b"z@y"]);
    }

    #[test]
    fn pointers_in_circles_end() {
        let records = [&HEAD[..], &[(Type::PTR, b"1")]].concat();
        assert_eq!(message(&records), None);
    }

    #[test]
    fn other_files_are_not_read() {
        assert_eq!(read(Path::new("/dev/random")), None);
        assert!(!is_queue_file_name(Path::new("active/4ABC-1")));
        assert_eq!(content_length(b"12 34"), None);
    }
}
