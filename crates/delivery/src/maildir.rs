//! Delivery into a maildir: a new file in `tmp`, then linked into `new`.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::Path;

use sys::WallTime;

use crate::copy::{CopyFlags, CopyHeaders};
use crate::failure::{Failure, mailbox_status};
use crate::message_copy::{CopyError, Source, copy_to_file};

/// How a maildir delivery can fail.
#[derive(Debug)]
pub enum MaildirError {
    /// See [`CopyError::Corrupt`].
    Corrupt,
    /// With `permission` set, the error was a lack of permission (which is worth a hint in the log).
    Failed {
        /// Status and text, without a prefix.
        failure: Failure,
        /// EACCES
        permission: bool,
    },
}

/// Delivers into the maildir `path` (which ends in `/`) with the effective identity of now. `hostname` is part of file
/// names, and `default_status` is the status of errors that have none of their own. Missing directories are made.
pub fn deliver(
    path: &Path,
    hostname: &str,
    source: Source<'_>,
    flags: CopyFlags,
    headers: &CopyHeaders<'_>,
    default_status: &'static str,
) -> Result<(), MaildirError> {
    let cannot_create = |file: &Path, error: &io::Error| cannot_create(file, error, default_status);
    let start = WallTime::now();
    let (tmp, new, cur) = (path.join("tmp"), path.join("new"), path.join("cur"));
    let tmp_file = tmp.join(format!("{}.P{}.{hostname}", start.seconds, sys::pid()));
    let mut file = create_exclusively(&tmp, &tmp_file).map_err(|error| cannot_create(&tmp_file, &error))?;
    let result = fill_and_link(
        &mut file,
        start,
        hostname,
        (&tmp_file, &new, &cur),
        source,
        (flags, headers),
        &cannot_create,
    );
    if let Err(error) = fs::remove_file(&tmp_file) {
        crate::log_lines::cannot_remove(&tmp_file, &error);
    }
    result
}

fn fill_and_link(
    file: &mut File,
    start: WallTime,
    hostname: &str,
    (tmp_file, new, cur): (&Path, &Path, &Path),
    source: Source<'_>,
    (flags, headers): (CopyFlags, &CopyHeaders<'_>),
    cannot_create: &dyn Fn(&Path, &io::Error) -> MaildirError,
) -> Result<(), MaildirError> {
    let status = file.metadata().map_err(|error| cannot_create(tmp_file, &error))?;
    let name =
        format!("{}.V{:x}I{:x}M{}.{hostname}", start.seconds, status.dev(), status.ino(), start.microseconds);
    let new_file = new.join(name);
    copy_to_file(source, file, flags, headers).map_err(|error| copy_failed(&error))?;
    let linked = match fs::hard_link(tmp_file, &new_file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => make_directory(cur)
            .and_then(|()| make_directory(new))
            .and_then(|()| fs::hard_link(tmp_file, &new_file)),
        result => result,
    };
    linked.map_err(|error| cannot_create(&new_file, &error))
}

fn create_exclusively(tmp: &Path, file: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(0o600);
    match options.open(file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            make_directory(tmp)?;
            options.open(file)
        }
        result => result,
    }
}

fn make_directory(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}

fn cannot_create(file: &Path, error: &io::Error, default_status: &'static str) -> MaildirError {
    MaildirError::Failed {
        failure: Failure::new(
            mailbox_status(error, default_status),
            format!("create maildir file {}: {}", file.display(), sys::error_text(error)),
        ),
        permission: error.kind() == io::ErrorKind::PermissionDenied,
    }
}

fn copy_failed(error: &CopyError) -> MaildirError {
    match error.failure() {
        None => MaildirError::Corrupt,
        Some(failure) => MaildirError::Failed { failure, permission: false },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;

    #[test]
    fn a_message_lands_in_new() {
        let dir = tempfile::tempdir().unwrap();
        let mut bytes = Vec::new();
        queue::record::encode(&mut bytes, queue::Type::NORM, b"Subject: x");
        queue::record::encode(&mut bytes, queue::Type::XTRA, b"");
        let mut queue_file = tempfile::tempfile().unwrap();
        queue_file.write_all(&bytes).unwrap();
        let headers = CopyHeaders { sender: b"a@b", original_to: b"", delivered_to: b"c@d", asctime: "" };
        let source = Source { file: &queue_file, data_offset: 0 };
        let path = dir.path().join("m/");
        deliver(&path, "mail.example.com", source, CopyFlags::MAILDIR, &headers, "5.2.0").unwrap();
        let new: Vec<_> = fs::read_dir(path.join("new")).unwrap().map(|entry| entry.unwrap()).collect();
        assert_eq!(new.len(), 1);
        assert!(new[0].file_name().to_str().unwrap().ends_with(".mail.example.com"));
        let text = fs::read_to_string(new[0].path()).unwrap();
        assert_eq!(text, "Return-Path: <a@b>\nDelivered-To: c@d\nSubject: x\n");
        assert_eq!(fs::read_dir(path.join("tmp")).unwrap().count(), 0);
    }
}
