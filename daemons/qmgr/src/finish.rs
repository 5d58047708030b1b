//! What happens to a message when no recipient is left in memory: notices, then removal, or deferral.

use std::cell::{Cell, RefCell};
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use ipc::bounce::{self, Command, Kind, Request, flags};
use queue::flags::trace;
use queue::{Checked, Dir, Id, Queue, Type};
use tokio::sync::oneshot;

use crate::feed::blocking;
use crate::log_lines;
use crate::manager::{ActiveMessage, Manager, MessageId};

/// What is known of a message whose deliveries have ended.
#[derive(Debug)]
enum Found {
    /// All went well, and it has been removed.
    Removed,
    /// There is a bounce log.
    Bounces,
    /// There is none.
    NoBounces,
    /// The file itself is gone.
    Gone,
    /// The queue could not be changed.
    Failed(server::Fatal),
}

/// Messages without recipients in memory, on their way to the disk.
#[derive(Debug, Default)]
pub struct EndedMessages {
    waiting: RefCell<Vec<Ended>>,
    is_running: Cell<bool>,
}

#[derive(Debug)]
struct Ended {
    id: Id,
    is_done: bool,
    tell: oneshot::Sender<Found>,
}

impl Manager {
    /// Finishes a message. It may come back to life when it has recipients that were not read yet.
    pub async fn finish(self: Rc<Self>, handle: MessageId) {
        let Some(message) = self.message(handle) else { return };
        if self.finish_round(handle, &message).await {
            self.forget(handle, &message);
        }
        self.carry_out();
    }

    /// True when the message has left the active queue.
    async fn finish_round(self: &Rc<Self>, handle: MessageId, message: &ActiveMessage) -> bool {
        match self.look(message).await {
            Found::Removed | Found::Gone => return true,
            Found::Failed(fatal) => {
                self.give_up(fatal);
                return true;
            }
            Found::Bounces => self.send_notice(message, Kind::Bounce, 0, "bounce").await,
            Found::NoBounces => {}
        }
        if message.deferred.get() && !self.is_sound(message).await {
            self.set_aside(&message.id).await;
            return true;
        }
        if message.envelope.borrow().next_recipient.is_some() {
            // Held, so that a delivery that ends at once does not finish it a second time.
            self.sched.borrow_mut().hold(handle);
            let read = self.read_more(handle).await;
            if read.is_err() {
                self.set_aside(&message.id).await;
                return true;
            }
            self.sched.borrow_mut().release(handle);
            return false;
        }
        self.send_report(message).await;
        if message.deferred.get() {
            self.expire_or_warn(message).await;
        }
        if message.deferred.get() {
            self.put_back(&message.id, Dir::Deferred, self.pause(message)).await;
        } else {
            self.remove(message).await;
        }
        true
    }

    fn forget(&self, handle: MessageId, message: &ActiveMessage) {
        if message.envelope.borrow().trace_flags & trace::MTA_VRFY != 0 {
            self.probes.set(self.probes.get().saturating_sub(1));
        }
        self.messages.borrow_mut().remove(&handle);
        self.sched.borrow_mut().remove_message(handle);
    }

    /// The usual case takes one trip to the disk: nothing bounced, nothing deferred, so the file is removed. Messages
    /// that end while others are on that trip go together on the next one.
    async fn look(self: &Rc<Self>, message: &ActiveMessage) -> Found {
        let is_done = !message.deferred.get()
            && message.envelope.borrow().next_recipient.is_none()
            && !wants_report(message);
        let (tell, told) = oneshot::channel();
        self.ended.waiting.borrow_mut().push(Ended { id: message.id.clone(), is_done, tell });
        if !self.ended.is_running.replace(true) {
            self.spawn(Rc::clone(self).look_at_all());
        }
        told.await.unwrap_or(Found::NoBounces)
    }

    async fn look_at_all(self: Rc<Self>) {
        loop {
            let batch = self.ended.waiting.take();
            if batch.is_empty() {
                break;
            }
            let queue = Arc::clone(&self.queue);
            let look = move |ended: Ended| (look_at(&queue, &ended.id, ended.is_done), ended.tell);
            let found = blocking(move || batch.into_iter().map(look).collect::<Vec<_>>()).await;
            for (found, tell) in found.into_iter().flatten() {
                // Who asked waits for the answer, or the process ends.
                let _ = tell.send(found);
            }
        }
        self.ended.is_running.set(false);
    }

    async fn is_sound(&self, message: &ActiveMessage) -> bool {
        let (queue, id) = (Arc::clone(&self.queue), message.id.clone());
        blocking(move || matches!(queue.check(Dir::Active, &id), Checked::Ready(..))).await.unwrap_or(true)
    }

    /// Asks for a notice about what is in a log. If that fails, the message stays.
    async fn send_notice(&self, message: &ActiveMessage, kind: Kind, extra_flags: i32, what: &str) {
        let verp = message.envelope.borrow().verp.clone().filter(|_| !self.settings.no_verp_bounces);
        let about = message.for_notice();
        let (request, what) = match verp {
            Some(delimiters) => {
                (Request::Verp { flags: extra_flags, message: about, delimiters }, "verp-bounce")
            }
            None => (Request::Notify { command: Command::Flush, flags: extra_flags, message: about }, what),
        };
        if bounce::request(&self.notice_services, kind, &request).await != 0 {
            log_lines::notice_failed(message.id.as_str(), what);
            message.deferred.set(true);
        }
    }

    async fn send_report(&self, message: &ActiveMessage) {
        if !wants_report(message) {
            return;
        }
        let flags = message.envelope.borrow().trace_flags;
        let request = Request::Notify { command: Command::Trace, flags, message: message.for_notice() };
        if bounce::request(&self.notice_services, Kind::Trace, &request).await != 0 {
            log_lines::notice_failed(message.id.as_str(), "trace");
            message.deferred.set(true);
            return;
        }
        let record = message.envelope.borrow().trace_record;
        if let Some(offset) = record {
            // One report was asked for, not one for each attempt.
            self.update(message, move |file| file.write_all_at(&[Type::KILL.0], offset)).await;
        }
    }

    async fn expire_or_warn(&self, message: &ActiveMessage) {
        let now = sys::clock::now_seconds();
        let (lifetime, created, warning, sender) = {
            let envelope = message.envelope.borrow();
            let settings = &self.settings;
            let lifetime =
                if envelope.sender().is_empty() { settings.bounce_lifetime } else { settings.max_lifetime };
            (lifetime, envelope.created, envelope.warning, envelope.sender().to_vec())
        };
        let expired = if message.urgency.expire {
            Some("force-expired")
        } else {
            (now >= created.saturating_add(lifetime)).then_some("expired")
        };
        if let Some(status) = expired {
            log_lines::expired(message.id.as_str(), self.settings.reading.log_form, &sender, status);
            message.deferred.set(false);
            self.send_notice(message, Kind::Defer, flags::DELRCPT, "bounce").await;
            return;
        }
        let due = warning.filter(|(_, time)| *time > 0 && now >= *time - 1);
        let Some((offset, _)) = due else { return };
        let request = Request::Notify { command: Command::Warn, flags: 0, message: message.for_notice() };
        if bounce::request(&self.notice_services, Kind::Defer, &request).await != 0 {
            log_lines::notice_failed(message.id.as_str(), "delay warning");
            return;
        }
        let mut record = Vec::new();
        queue::record::encode(&mut record, Type::WARN, queue::file::format_warn_time(-1).as_bytes());
        self.update(message, move |file| file.write_all_at(&record, offset)).await;
    }

    async fn update(
        &self,
        message: &ActiveMessage,
        change: impl FnOnce(&File) -> io::Result<()> + Send + 'static,
    ) {
        let (queue, id) = (Arc::clone(&self.queue), message.id.clone());
        let changed = blocking(move || queue.open_update(Dir::Active, &id).and_then(|file| change(&file)));
        if let Some(Err(error)) = changed.await {
            self.give_up(server::Fatal::new(format_args!(
                "update queue file active/{}: {}",
                message.id,
                sys::error_text(&error)
            )));
        }
    }

    /// For how long a message is left alone: as long as it is old, within limits.
    fn pause(&self, message: &ActiveMessage) -> Duration {
        let created = message.envelope.borrow().created;
        let (min, max) = (self.settings.min_backoff, self.settings.max_backoff);
        let age = if created > 0 { sys::clock::now_seconds() - created } else { 0 };
        Duration::from_secs(u64::try_from(age.min(max).max(min)).unwrap_or(0))
    }

    async fn remove(&self, message: &ActiveMessage) {
        let (queue, id) = (Arc::clone(&self.queue), message.id.clone());
        if let Some(Found::Failed(fatal)) = blocking(move || remove(&queue, &id)).await {
            self.give_up(fatal);
        }
    }
}

fn wants_report(message: &ActiveMessage) -> bool {
    const REPORTED: i32 = trace::USR_VRFY | trace::RECORD | trace::REC_DLY_SENT;
    let envelope = message.envelope.borrow();
    envelope.trace_flags & REPORTED != 0 || envelope.wants_success_notice()
}

fn look_at(queue: &Queue, id: &Id, is_done: bool) -> Found {
    let bounce_log = queue.path(Dir::Bounce, id);
    match std::fs::metadata(&bounce_log) {
        Ok(status) if status.len() > 0 => return Found::Bounces,
        Ok(_) => {
            if let Err(error) = std::fs::remove_file(&bounce_log) {
                let text = sys::error_text(&error);
                return Found::Failed(server::Fatal::new(format_args!("remove bounce {id}: {text}")));
            }
        }
        Err(_) => {}
    }
    if is_done { remove(queue, id) } else { Found::NoBounces }
}

/// Says so at once: when the process ends, nobody may wait for the answer any more.
fn remove(queue: &Queue, id: &Id) -> Found {
    match queue.remove(Dir::Active, id) {
        Ok(()) => {
            log_lines::removed(id.as_str());
            Found::Removed
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            log_lines::remove_failed(id.as_str(), Dir::Active.name(), &error);
            Found::Gone
        }
        Err(error) => Found::Failed(server::Fatal::new(format_args!(
            "qmgr_active_done_3_generic: remove {id} from active: {}",
            sys::error_text(&error)
        ))),
    }
}
