//! One message on its way from a file into cleanup(8).

use crate::log_lines;
use crate::settings::Settings;
use ipc::cleanup::{Outcome, Status, Submission, flags};
use queue::record::segment;
use queue::{Reader, Type, attr};
use std::fs::{self, File, Metadata, OpenOptions};
use std::io;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;
use sys::LocalTime;

/// What to do with the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The mail is in the queue, or can never be.
    Remove,
    /// Try again later.
    Keep,
}

/// What ends a transfer early.
enum Stop {
    Verdict(Verdict),
    /// cleanup(8) cannot be written to.
    Ipc,
}

impl From<ipc::Error> for Stop {
    fn from(_: ipc::Error) -> Stop {
        Stop::Ipc
    }
}

const TWO_HOURS: i64 = 2 * 3600;
const DAY: i64 = 86_400;

/// Moves a message. The error is that cleanup(8) is not there.
pub(crate) async fn transfer(
    settings: &Settings,
    path: &Path,
    status: &Metadata,
) -> Result<Verdict, ipc::Error> {
    let file = match open(path) {
        Ok(file) => file,
        Err(refusal) => return Ok(refusal.verdict(path)),
    };
    let requeued = status.uid() == settings.owner && status.mode() & 0o004 == 0;
    let mut wanted = settings.cleanup_flags;
    if requeued {
        // Milters saw this mail when it came in, and what they then knew is gone.
        wanted &= !flags::MILTER;
    } else if settings.detect_utf8 {
        wanted |= flags::AUTOUTF8;
    }
    let submission = match Submission::open(&settings.services, wanted).await {
        Ok(submission) => submission,
        Err(error @ ipc::Error::Connect { .. }) => return Err(error),
        Err(_) => return Ok(Verdict::Keep),
    };
    let mut transfer = Transfer {
        settings,
        path,
        uid: status.uid(),
        mtime: status.mtime(),
        requeued,
        reader: Reader::new(file).with_limit(settings.max_record),
        submission,
        sender: None,
    };
    match transfer.copy().await {
        Ok(()) => {}
        Err(Stop::Verdict(verdict)) => {
            // cleanup(8) then sees, and logs, how far the message came.
            let _ = transfer.submission.flush().await;
            return Ok(verdict);
        }
        Err(Stop::Ipc) => return Ok(transfer.failed(Status::WRITE, b"")),
    }
    let Transfer { submission, .. } = transfer;
    let id = submission.id().clone();
    let outcome = submission.finish().await;
    let Outcome { status, reason } = outcome.unwrap_or(Outcome { status: Status::WRITE, reason: Vec::new() });
    Ok(judge(path, id.as_str(), status, &reason))
}

fn judge(path: &Path, id: &str, status: Status, reason: &[u8]) -> Verdict {
    if status.is_ok() {
        return Verdict::Remove;
    }
    // A reason was logged by cleanup(8) already.
    if reason.is_empty() {
        log_lines::cleanup_failed(path, id, status.detail().text);
    }
    match status.has(Status::BAD.with(Status::RCPT)) {
        true => Verdict::Remove,
        false => Verdict::Keep,
    }
}

/// Why a file is not opened.
enum Refusal {
    Open(io::Error),
    Suspicious(String),
}

impl Refusal {
    fn verdict(self, path: &Path) -> Verdict {
        match self {
            Refusal::Open(error) => {
                let denied = error.kind() == io::ErrorKind::PermissionDenied;
                if error.kind() != io::ErrorKind::NotFound {
                    log_lines::cannot_open(path, &format!("cannot open file: {}", sys::error_text(&error)));
                }
                if denied { Verdict::Keep } else { Verdict::Remove }
            }
            Refusal::Suspicious(reason) => {
                log_lines::cannot_open(path, &reason);
                Verdict::Remove
            }
        }
    }
}

/// Opens a file of a directory that strangers can, with some effort, put things into.
fn open(path: &Path) -> Result<File, Refusal> {
    const NONBLOCK: i32 = 0o4000;
    let options = OpenOptions::new().read(true).custom_flags(NONBLOCK).clone();
    let file = options.open(path).map_err(Refusal::Open)?;
    let opened = file.metadata().map_err(Refusal::Open)?;
    let suspicious = |reason: &str| Err(Refusal::Suspicious(reason.to_owned()));
    if opened.nlink() != 1 {
        return Err(Refusal::Suspicious(format!("file has {} hard links", opened.nlink())));
    }
    if opened.is_dir() {
        return suspicious("file is a directory");
    }
    let changed = "file status changed unexpectedly";
    match fs::symlink_metadata(path) {
        Err(error) => Err(Refusal::Suspicious(format!("{changed}: {}", sys::error_text(&error)))),
        Ok(named) if named.file_type().is_symlink() => suspicious("file is a symbolic link"),
        Ok(named)
            if (named.dev(), named.ino(), named.mode()) != (opened.dev(), opened.ino(), opened.mode()) =>
        {
            suspicious(changed)
        }
        Ok(_) => Ok(file),
    }
}

struct Transfer<'a> {
    settings: &'a Settings,
    path: &'a Path,
    uid: u32,
    mtime: i64,
    requeued: bool,
    reader: Reader<File>,
    submission: Submission,
    sender: Option<Vec<u8>>,
}

/// The parts of a message.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Envelope,
    Content,
    Extracted,
}

impl Part {
    fn expected(self) -> &'static [u8] {
        match self {
            Part::Envelope => segment::ENVELOPE,
            Part::Content => segment::CONTENT,
            Part::Extracted => segment::EXTRACT,
        }
    }
}

impl Transfer<'_> {
    fn failed(&self, status: Status, reason: &[u8]) -> Verdict {
        judge(self.path, self.submission.id().as_str(), status, reason)
    }

    async fn copy(&mut self) -> Result<(), Stop> {
        self.check_time();
        if !self.settings.content_filter.is_empty() {
            self.submission.put(Type::FILT, self.settings.content_filter.as_bytes()).await?;
        }
        self.part(Part::Envelope).await?;
        let Some(sender) = self.sender.take() else {
            log_lines::no_sender(self.submission.id(), self.uid);
            return Err(Stop::Verdict(Verdict::Remove));
        };
        let shown = self.settings.log_form.show(&sender);
        // For mail that was queued before, the id that the log knows it by.
        let former = self.path.file_name().filter(|_| self.requeued);
        log_lines::picked_up(self.submission.id(), self.uid, &shown, former);
        self.submission.put(Type::MESG, b"").await?;
        self.received().await?;
        self.part(Part::Content).await?;
        self.submission.put(Type::XTRA, b"").await?;
        self.part(Part::Extracted).await?;
        Ok(self.submission.put(Type::END, b"").await?)
    }

    fn check_time(&mut self) {
        let now = sys::clock::now_seconds();
        let id = self.submission.id();
        if self.mtime > now + TWO_HOURS {
            log_lines::from_the_future(id, self.path, self.mtime - now);
            self.mtime = now;
        } else if self.mtime < now - DAY {
            log_lines::queued_for_long(id, self.path, (now - self.mtime) / DAY);
        }
    }

    /// Our Received: header, which names the user by number only.
    async fn received(&mut self) -> Result<(), Stop> {
        let Settings { hostname, mail_name, .. } = self.settings;
        let user = format!(", from userid {})", self.uid);
        let first =
            [b"Received: by ", hostname.as_bytes(), b" (", mail_name.as_slice(), user.as_bytes()].concat();
        let date = LocalTime::from_seconds(self.mtime).mail_date();
        let second = format!("\tid {}; {date}", self.submission.id());
        self.submission.put(Type::NORM, &first).await?;
        Ok(self.submission.put(Type::NORM, second.as_bytes()).await?)
    }

    /// Copies a part of the message up to its end, which is not copied.
    async fn part(&mut self, part: Part) -> Result<(), Stop> {
        let expected = part.expected();
        let mut is_first_text = part == Part::Content;
        let mut time_seen = false;
        loop {
            let (kind, data) = match self.reader.next_record() {
                Ok(Some(record)) if record.kind.passes(expected) => (record.kind, record.data),
                Ok(Some(record)) => return Err(unexpected(self.uid, i32::from(record.kind.0))),
                Ok(None) => return Err(unexpected(self.uid, END_OF_FILE)),
                Err(error) => {
                    log_lines::bad_record(self.path, &error);
                    return Err(unexpected(self.uid, BAD_RECORD));
                }
            };
            if expected.first() == Some(&kind.0) {
                return Ok(());
            }
            if part != Part::Content && is_left_out(part, kind, data) {
                continue;
            }
            if kind == Type::FROM {
                if self.sender.is_none() {
                    let address = data.split(|&byte| byte == 0).next().unwrap_or_default();
                    self.sender = Some(address.to_vec());
                }
                // Very old submissions do not say when they were made.
                if !time_seen {
                    self.submission.push(Type::TIME, self.mtime.to_string().as_bytes());
                }
            }
            time_seen |= kind == Type::TIME;
            if is_first_text {
                is_first_text = false;
                // Or it would look like a part of our Received: header.
                if matches!(data.first(), Some(b' ' | b'\t')) {
                    self.submission.push(Type::NORM, b"");
                }
            }
            if self.submission.push(kind, data) {
                self.submission.flush().await?;
            }
        }
    }
}

/// What the reference logs for records that are not there.
const END_OF_FILE: i32 = -1;
const BAD_RECORD: i32 = -2;

fn unexpected(uid: u32, kind: i32) -> Stop {
    log_lines::unexpected_record(uid, kind);
    Stop::Verdict(Verdict::Remove)
}

/// What mail from `postsuper -r` must not keep: decisions that are made again.
fn is_left_out(part: Part, kind: Type, data: &[u8]) -> bool {
    if matches!(kind, Type::FILT | Type::RDR) {
        return true;
    }
    if part != Part::Extracted {
        return false;
    }
    match kind {
        Type::RRTO | Type::ERTO => true,
        Type::ATTR => {
            let text = data.split(|&byte| byte == 0).next().unwrap_or_default();
            attr::split(text).is_ok_and(|(name, _)| attr::record_type(name).is_none())
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // As postsuper(1) documents for -r.
    #[test]
    fn requeued_mail_loses_old_decisions() {
        assert!(is_left_out(Part::Envelope, Type::FILT, b"filter:x"));
        assert!(is_left_out(Part::Extracted, Type::RDR, b"a@b"));
        assert!(is_left_out(Part::Extracted, Type::ERTO, b"a@b"));
        assert!(!is_left_out(Part::Envelope, Type::ATTR, b"foo=1"));
        assert!(is_left_out(Part::Extracted, Type::ATTR, b"foo=1"));
        assert!(!is_left_out(Part::Extracted, Type::ATTR, b"notify_flags=2"));
        assert!(!is_left_out(Part::Extracted, Type::RCPT, b"a@b"));
    }

    #[test]
    fn a_bad_message_goes_and_a_failed_one_stays() {
        let path = Path::new("maildrop/A1");
        assert_eq!(judge(path, "X", Status::OK, b""), Verdict::Remove);
        assert_eq!(judge(path, "X", Status::RCPT, b"known"), Verdict::Remove);
        assert_eq!(judge(path, "X", Status::WRITE, b"known"), Verdict::Keep);
    }
}
