//! Queue files on a real file system. One test, because it needs a current directory of its own.

use oxipost_queue::file::{Content, mark_done};
use oxipost_queue::{Checked, Dir, LockKind, Queue, Reader, Type, Writer, lock, mode, try_lock, unlock};
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};

#[test]
fn the_life_of_a_queue_file() {
    let root = tempfile::tempdir().unwrap();
    std::env::set_current_dir(root.path()).unwrap();
    for dir in Dir::ALL {
        fs::create_dir(dir.name()).unwrap();
    }
    let queue = Queue::new("deferred, defer", 2, false);

    // While it is written, nobody touches it.
    let mut new = queue.create(Dir::Incoming, 0).unwrap();
    let id = new.id().clone();
    assert!(matches!(queue.check(Dir::Incoming, &id), Checked::NotReady));
    let mut writer = Writer::new(&mut new);
    writer.put(Type::FROM, b"me").unwrap();
    let recipient = writer.offset();
    writer.put(Type::RCPT, b"you").unwrap();
    writer.put(Type::MESG, b"").unwrap();
    let content = writer.offset();
    writer.put(Type::CONT, b"a").unwrap();
    writer.put(Type::NORM, b"b").unwrap();
    writer.put(Type::XTRA, b"").unwrap();
    writer.put(Type::END, b"").unwrap();
    writer.flush().unwrap();
    let done = new.commit().unwrap();
    assert_eq!(done.file.metadata().unwrap().mode() & 0o777, mode::READY);
    assert_eq!(id.inode(), Some(done.file.metadata().unwrap().ino()));
    assert!(matches!(queue.check(Dir::Incoming, &id), Checked::Ready(..)));

    // It moves into a directory whose subdirectories do not exist yet.
    queue.rename(&id, Dir::Incoming, Dir::Deferred).unwrap();
    let path = queue.path(Dir::Deferred, &id);
    assert_eq!(path.components().count(), 4);
    assert_eq!(fs::metadata(path.parent().unwrap()).unwrap().permissions().mode() & 0o777, 0o700);
    assert_eq!(queue.scan(Dir::Deferred).unwrap().count(), 1);

    // Locks are between open files, even of one process.
    let file = queue.open_update(Dir::Deferred, &id).unwrap();
    let other = queue.open_update(Dir::Deferred, &id).unwrap();
    lock(&file, LockKind::Shared).unwrap();
    assert!(!try_lock(&other, LockKind::Exclusive).unwrap());
    unlock(&file).unwrap();
    assert!(try_lock(&other, LockKind::Exclusive).unwrap());

    mark_done(&file, i64::try_from(recipient).unwrap()).unwrap();
    let mut reader = Reader::new(file);
    let kinds: Vec<u8> =
        std::iter::from_fn(|| reader.next_record().unwrap().map(|record| record.kind.0)).collect();
    assert_eq!(kinds, b"SDMLNXE");
    let mut texts = Content::at(reader, content).unwrap();
    let first = texts.next_text().unwrap().unwrap();
    assert_eq!((first.data, first.ends_line), (&b"a"[..], false));
    assert!(texts.next_text().unwrap().unwrap().ends_line);
    assert_eq!(texts.next_text().unwrap(), None);
    queue.remove(Dir::Deferred, &id).unwrap();
    assert!(queue.open_read(Dir::Deferred, &id).is_err());
}
