//! One request of the queue manager from its connection to the answer, for agents that work in tasks ([`serve`]) and for
//! those that do one job at a time and may change identity while they do ([`Waiter`]).

use std::future::Future;
use std::io;
use std::time::Duration;

use ipc::Connection;
use queue::Queue;
use tokio::net::UnixStream;
use tokio::runtime::{Builder, Runtime};
use tokio::task::LocalSet;

use crate::log_lines;
use crate::report::Verdict;
use crate::request::{Delivery, Fatal, Received};

/// Reads a request from `stream`, has it worked on, and answers. What is fatal to the delivery is logged, and the queue
/// manager gets no answer: so it knows that the outcome is not known.
pub async fn serve(
    stream: UnixStream,
    queue: &Queue,
    timeout: Duration,
    work: impl AsyncFnOnce(&Delivery) -> Result<Verdict, Fatal>,
) {
    let mut connection = Connection::new(stream, timeout);
    let Some(delivery) = receive(&mut connection, queue).await else { return };
    match work(&delivery).await {
        Ok(verdict) => delivery.conclude(&mut connection, verdict).await,
        Err(fatal) => log_lines::fatal(&fatal),
    }
}

async fn receive(connection: &mut Connection, queue: &Queue) -> Option<Box<Delivery>> {
    match Delivery::receive(connection, queue).await {
        Ok(Received::Delivery(delivery)) => Some(delivery),
        Ok(Received::Nothing) => None,
        Err(fatal) => {
            log_lines::fatal(&fatal);
            None
        }
    }
}

/// Runs conversations with other services to their end, one after the other, for a process that does one job.
#[derive(Debug)]
pub struct Waiter {
    runtime: Runtime,
    tasks: LocalSet,
}

impl Waiter {
    /// A new one. Helper threads end soon after their work, as they must not be there when a command is started.
    ///
    /// # Errors
    /// The system refuses an event loop.
    pub fn new() -> Result<Waiter, Fatal> {
        let runtime = Builder::new_current_thread()
            .enable_all()
            .thread_keep_alive(Duration::from_millis(1))
            .build()
            .map_err(|error| Fatal(format!("event loop: {}", sys::error_text(&error))))?;
        Ok(Waiter { runtime, tasks: LocalSet::new() })
    }

    /// Runs a conversation to its end.
    pub fn wait<T>(&self, conversation: impl Future<Output = T>) -> T {
        self.tasks.block_on(&self.runtime, conversation)
    }

    /// As [`serve`], with work that waits where it stands.
    pub fn serve(
        &self,
        stream: std::os::unix::net::UnixStream,
        queue: &Queue,
        timeout: Duration,
        work: impl FnOnce(&Delivery) -> Result<Verdict, Fatal>,
    ) {
        let received = self.wait(async {
            stream.set_nonblocking(true)?;
            let mut connection = Connection::new(UnixStream::from_std(stream)?, timeout);
            let delivery = receive(&mut connection, queue).await;
            Ok::<_, io::Error>(delivery.map(|delivery| (delivery, connection)))
        });
        // A connection that is gone brings no work.
        let Ok(Some((delivery, mut connection))) = received else { return };
        match work(&delivery) {
            Ok(verdict) => self.wait(delivery.conclude(&mut connection, verdict)),
            Err(fatal) => log_lines::fatal(&fatal),
        }
    }
}
