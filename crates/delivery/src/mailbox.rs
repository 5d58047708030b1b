//! Opening mailbox files with the locks that the site uses.

use std::fs::{File, Metadata};
use std::io;
use std::path::Path;
use std::time::Duration;

use sys::lock::DotLockPatience;
use sys::{DotLock, LockKind};

use crate::failure::{Failure, mailbox_status};
use crate::{log_lines, safe_open};

/// Which locks protect a mailbox file (mailbox_delivery_lock, virtual_mailbox_lock).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LockStyles {
    /// `flock`
    pub flock: bool,
    /// `fcntl`
    pub fcntl: bool,
    /// `dotlock`: a file `NAME.lock`
    pub dotlock: bool,
    /// Go on without a dotlock when it cannot be made (not when somebody else holds it).
    pub dotlock_may_fail: bool,
}

impl LockStyles {
    /// Parses a list of names. The error is the first unknown one.
    pub fn parse(list: &str) -> Result<LockStyles, String> {
        let mut styles = LockStyles::default();
        for name in list.split([',', ' ', '\t', '\r', '\n']).filter(|name| !name.is_empty()) {
            match name {
                "flock" => styles.flock = true,
                "fcntl" => styles.fcntl = true,
                "dotlock" => styles.dotlock = true,
                unknown => return Err(unknown.to_owned()),
            }
            log_lines::lock_style_recognised(name);
        }
        Ok(styles)
    }
}

/// How patient locking is: deliver_lock_attempts, deliver_lock_delay, stale_lock_time.
#[derive(Clone, Copy, Debug)]
pub struct LockPatience {
    /// How often to try.
    pub attempts: u32,
    /// The pause between tries; what is slept varies by half of it.
    pub delay: Duration,
    /// A lock file that is older than this is removed.
    pub stale_after: Duration,
}

impl LockPatience {
    /// As main.cf says.
    pub fn new(config: &config::Config) -> LockPatience {
        LockPatience {
            attempts: u32::try_from(config.get(&params::DELIVER_LOCK_ATTEMPTS)).unwrap_or(1),
            delay: config.get(&params::DELIVER_LOCK_DELAY),
            stale_after: config.get(&params::STALE_LOCK_TIME),
        }
    }

    fn for_dotlock(&self) -> DotLockPatience {
        DotLockPatience { attempts: self.attempts, delay: self.delay, stale_after: self.stale_after }
    }
}

/// An open mailbox file. Its locks go when it is dropped.
#[derive(Debug)]
pub struct Mailbox {
    /// The file, open for appending.
    pub file: File,
    /// Its status: the caller checks whether it is a regular file and whose it is.
    pub status: Metadata,
    _dot_lock: Option<DotLock>,
}

/// Opens `path` for delivery, with the effective identity of now; makes it with mode 0600 if there is none, and gives it to
/// `owner` if that is set. `default_status` is the status of errors that have none of their own.
pub fn open(
    path: &Path,
    owner: Option<(u32, u32)>,
    styles: LockStyles,
    patience: &LockPatience,
    default_status: &'static str,
) -> Result<Mailbox, Failure> {
    let dot_lock = dot_lock(path, styles, patience, default_status)?;
    let (file, mut status) = safe_open::open_append(path, 0o600, owner)
        .map_err(|problem| Failure::new(mailbox_status(&problem.error, default_status), problem.text))?;
    if status.is_file() {
        for (wanted, kind) in [(styles.flock, LockKind::Flock), (styles.fcntl, LockKind::Fcntl)] {
            if wanted {
                lock_patiently(&file, kind, patience).map_err(|error| {
                    Failure::new(
                        mailbox_status(&error, default_status),
                        format!("unable to lock for exclusive access: {}", sys::error_text(&error)),
                    )
                })?;
            }
        }
        // Others may have linked or removed it while we waited for the lock.
        match file.metadata() {
            Ok(now) if std::os::unix::fs::MetadataExt::nlink(&now) == 1 => status = now,
            _ => {
                log_lines::file_changed(path);
                return Err(Failure::new("4.2.0", "target file status changed unexpectedly"));
            }
        }
    }
    Ok(Mailbox { file, status, _dot_lock: dot_lock })
}

fn dot_lock(
    path: &Path,
    styles: LockStyles,
    patience: &LockPatience,
    default_status: &'static str,
) -> Result<Option<DotLock>, Failure> {
    let applies = std::fs::metadata(path).map_or(true, |status| status.is_file());
    if !styles.dotlock || !applies {
        return Ok(None);
    }
    let error = match DotLock::acquire(path, &patience.for_dotlock()) {
        Ok(lock) => return Ok(Some(lock)),
        Err(error) => error,
    };
    let reason = if error.kind() == io::ErrorKind::AlreadyExists {
        "File exists".to_owned()
    } else {
        sys::error_text(&error)
    };
    let text = format!("unable to create lock file {}.lock: {reason}", path.display());
    if error.kind() == io::ErrorKind::AlreadyExists {
        Err(Failure::new("4.2.0", text))
    } else if styles.dotlock_may_fail {
        log_lines::plain_warning(&text);
        Ok(None)
    } else {
        Err(Failure::new(mailbox_status(&error, default_status), text))
    }
}

/// Takes an exclusive lock, with the site's patience.
pub fn lock_patiently(file: &File, kind: LockKind, patience: &LockPatience) -> io::Result<()> {
    for attempt in 1.. {
        log_lines::locking(file, kind);
        let result = sys::lock::lock(file, kind, sys::lock::Operation::Exclusive, false);
        log_lines::locked(result.is_ok());
        match result {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock && attempt < patience.attempts => {
                std::thread::sleep(vary(patience.delay));
            }
            // Always the same text, however the lock says that it is taken.
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                return Err(nix::errno::Errno::EAGAIN.into());
            }
            result => return result,
        }
    }
    Ok(())
}

/// Plus or minus a quarter, so that two who wait do not keep step.
fn vary(delay: Duration) -> Duration {
    let nanos = sys::clock::monotonic().subsec_nanos();
    delay.mul_f64(0.75 + f64::from(nanos % 1000) / 2000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const IMPATIENT: LockPatience =
        LockPatience { attempts: 1, delay: Duration::ZERO, stale_after: Duration::from_secs(500) };

    #[test]
    fn lock_styles_are_parsed() {
        let styles = LockStyles::parse("fcntl, dotlock").unwrap();
        assert!(styles.fcntl && styles.dotlock && !styles.flock);
        assert_eq!(LockStyles::parse("fcntl, lockf"), Err("lockf".to_owned()));
    }

    #[test]
    fn a_held_dotlock_defers() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("mbox");
        let styles = LockStyles { dotlock: true, fcntl: true, ..LockStyles::default() };
        let held = open(&path, None, styles, &IMPATIENT, "5.2.0").unwrap();
        let failure = open(&path, None, styles, &IMPATIENT, "5.2.0").unwrap_err();
        assert_eq!(failure.status, "4.2.0");
        assert_eq!(failure.text, format!("unable to create lock file {}.lock: File exists", path.display()));
        drop(held);
        open(&path, None, styles, &IMPATIENT, "5.2.0").unwrap();
    }
}
