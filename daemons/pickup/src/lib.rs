//! The pickup(8) daemon: moves mail from the maildrop directory, where postdrop(1) put it, into cleanup(8).
//!
//! A file is removed only after cleanup(8) said that the mail is in the queue; a crash in between can only bring
//! mail in twice, never lose it.

mod log_lines;
mod message;
mod settings;

use message::Verdict;
use queue::{Checked, Dir, Id, Scan};
use server::{EventService, Fatal, Setup, Triggers};
use settings::Settings;
use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::process::ExitCode;
use std::rc::Rc;
use std::time::Duration;
use tokio::task::JoinSet;

/// The service.
#[derive(Debug)]
struct Pickup {
    settings: Rc<Settings>,
}

/// Messages that are on their way into cleanup(8) at the same time: while one waits for the disk, others move.
const AT_ONCE: usize = 4;

impl EventService for Pickup {
    const PROGRAM: &'static str = "pickup";

    fn watchdog(setup: &Setup) -> Duration {
        setup.config.get(&params::DAEMON_TIMEOUT)
    }

    fn pre_jail(setup: &Setup) -> Result<Self, Fatal> {
        setup.refuse_arguments()?;
        Ok(Pickup { settings: Rc::new(Settings::new(&setup.config)?) })
    }

    async fn run(self: Rc<Self>, _setup: Setup, mut triggers: Triggers) -> Result<(), Fatal> {
        // What the trigger says does not matter: there is one thing to do.
        while triggers.next().await.is_some() {
            // Mail may come in behind our back; go on until nothing moves any more.
            while self.scan().await? > 0 {}
        }
        Ok(())
    }
}

impl Pickup {
    /// Goes through the directory once, and says how many files were removed.
    async fn scan(&self) -> Result<usize, Fatal> {
        let unreadable = |error: std::io::Error| {
            let name = Dir::Maildrop.name();
            Fatal::new(format_args!("scan_dir_push: open directory {name}: {}", sys::error_text(&error)))
        };
        let mut removed = 0;
        let mut moving = JoinSet::new();
        for entry in Scan::flat(Dir::Maildrop).map_err(unreadable)? {
            let (_, name) = entry.map_err(unreadable)?;
            let Some(id) = Id::parse(name.as_bytes()) else { continue };
            // Files that are still being written, and things that are none of ours, stay.
            let Checked::Ready(path, status) = self.settings.queue.check(Dir::Maildrop, &id) else {
                continue;
            };
            if moving.len() >= AT_ONCE {
                removed += finish_one(&mut moving).await?;
            }
            let settings = self.settings.clone();
            moving.spawn_local(async move {
                let verdict = message::transfer(&settings, &path, &status).await;
                verdict.map(|verdict| (path, verdict))
            });
        }
        while !moving.is_empty() {
            removed += finish_one(&mut moving).await?;
        }
        Ok(removed)
    }
}

type Transfer = Result<(std::path::PathBuf, Verdict), ipc::Error>;

/// Waits for a message to be moved, and removes its file; says how many were removed.
async fn finish_one(moving: &mut JoinSet<Transfer>) -> Result<usize, Fatal> {
    match moving.join_next().await {
        Some(Ok(Ok((path, Verdict::Remove)))) => match fs::remove_file(&path) {
            Ok(()) => Ok(1),
            Err(error) => {
                log_lines::cannot_remove(&path, &error);
                Ok(0)
            }
        },
        // cleanup(8) does not answer the door; master starts us again, later.
        Some(Ok(Err(error))) => Err(Fatal::new(error)),
        Some(Ok(Ok((_, Verdict::Keep))) | Err(_)) | None => Ok(0),
    }
}

/// Runs the daemon with its whole argument vector, the name it was called by first.
pub fn main(args: Vec<OsString>) -> ExitCode {
    server::run_trigger::<Pickup>(args)
}
