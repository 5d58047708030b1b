//! The agent's side of a delivery request: the queue file is open and locked while the request is worked on.

use std::fs::File;
use std::io;

use ipc::Connection;
use ipc::deliver::{self, Dsn, Outcome, Recipient, Request};
use queue::{LockKind, Queue};

use crate::log_lines;
use crate::message_copy::Source;
use crate::report::Verdict;

/// What qmgr(8) sent.
#[derive(Debug)]
pub enum Received {
    /// It changed its mind, or sent nonsense (which was logged and answered).
    Nothing,
    /// Work to do.
    Delivery(Box<Delivery>),
}

/// A request that is being worked on.
#[derive(Debug)]
pub struct Delivery {
    /// What is to be done.
    pub request: Request,
    /// The queue file. A shared lock tells qmgr(8) that the message is still being delivered.
    pub file: File,
    /// Why the destination as a whole cannot be reached, if that is so; qmgr(8) then leaves it alone for a while.
    pub hop_status: Option<Dsn>,
}

/// Why a delivery agent cannot go on; the text of its fatal log line.
#[derive(Debug)]
pub struct Fatal(pub String);

impl std::fmt::Display for Fatal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Fatal {}

impl Delivery {
    /// Reads a request and opens its queue file.
    pub async fn receive(connection: &mut Connection, queue: &Queue) -> Result<Received, Fatal> {
        let request = match deliver::receive(connection).await {
            Ok(Some(request)) => request,
            Ok(None) => return Ok(Received::Nothing),
            Err(error) => {
                log_lines::bad_request(&error);
                refuse(connection).await;
                return Ok(Received::Nothing);
            }
        };
        // qmgr(8) has just read this file, so opening it does not wait for the disk.
        match open_and_lock(queue, &request)? {
            Some(file) => Ok(Received::Delivery(Box::new(Delivery { request, file, hop_status: None }))),
            None => {
                refuse(connection).await;
                Ok(Received::Nothing)
            }
        }
    }

    /// The message content.
    pub fn source(&self) -> Source<'_> {
        Source { file: &self.file, data_offset: u64::try_from(self.request.data_offset).unwrap_or(0) }
    }

    /// Marks a recipient as done. This must not fail: the recipient would get the message again.
    pub fn complete(&self, recipient: &Recipient) -> Result<(), Fatal> {
        queue::file::mark_done(&self.file, recipient.offset).map_err(|error| {
            let request = &self.request;
            let name = format!("{}/{}", request.dir.name(), request.id);
            Fatal(format!("update queue file {name}: {}", sys::error_text(&error)))
        })
    }

    /// Tells qmgr(8) the result, and lets the queue file go.
    pub async fn conclude(self, connection: &mut Connection, verdict: Verdict) {
        let outcome = Outcome { status: verdict.status(), hop_status: self.hop_status };
        // qmgr(8) notices a connection that breaks; the lock must be gone before it looks at the message again.
        drop(self.file);
        let _ = deliver::conclude(connection, &outcome).await;
    }
}

async fn refuse(connection: &mut Connection) {
    let outcome = Outcome { status: Verdict::Again.status(), hop_status: None };
    let _ = deliver::conclude(connection, &outcome).await;
}

fn open_and_lock(queue: &Queue, request: &Request) -> Result<Option<File>, Fatal> {
    let name = request.dir.name();
    let id = &request.id;
    // What is odd about the file is logged; what it is shows when it is opened.
    let _ = queue.check(request.dir, id);
    let file = match queue.open_update(request.dir, id) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            log_lines::cannot_open_queue_file(name, id.as_str(), &error);
            return Ok(None);
        }
        Err(error) => return Err(Fatal(format!("open {name} {id}: {}", sys::error_text(&error)))),
    };
    match queue::try_lock(&file, LockKind::Shared) {
        Ok(true) => Ok(Some(file)),
        Ok(false) => Err(Fatal(format!("shared lock {name}/{id}: Resource temporarily unavailable"))),
        Err(error) => Err(Fatal(format!("shared lock {name}/{id}: {}", sys::error_text(&error)))),
    }
}
