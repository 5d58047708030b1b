//! The end of a message: queued, bounced, or gone.

use ipc::cleanup::{Outcome, Status};
use queue::Dir;
use queue::file::SizeRecord;

use crate::flags::Flags;
use crate::log_lines;
use crate::message::Message;
use crate::notices;

impl Message<'_> {
    /// Queues the message, or gives it up. What comes back is for the client.
    pub(crate) async fn finish(mut self) -> Outcome {
        if self.is_ok() {
            if self.envelope.recipient.is_none() {
                self.note_error(Status::RCPT);
            }
            if !self.end_seen {
                self.note_error(Status::BAD);
            }
        }
        // Mail that some rule throws away is no error to anybody.
        if self.flags.has(Flags::DISCARD) {
            self.errors = Status::OK;
        }
        if self.is_ok() {
            self.finish_size_record().await;
        }
        let wants_notice = self.flags.has(Flags::BOUNCE) && self.envelope.sender.is_some();
        if !self.errors.is_ok() && wants_notice && !self.errors.has(Status::MASK_CANT_BOUNCE) {
            notices::bounce(&mut self).await;
        }
        let discard = self.flags.has(Flags::DISCARD);
        if !self.errors.is_ok() || discard {
            return self.remove().await;
        }
        self.commit().await
    }

    async fn finish_size_record(&mut self) {
        let size = i64::try_from(self.extracted_offset.saturating_sub(self.data_offset)).unwrap_or(0);
        let record = SizeRecord {
            data_size: size,
            data_offset: i64::try_from(self.data_offset).unwrap_or(0),
            recipients: self.recipients,
            qmgr_flags: self.qmgr_flags,
            content_length: size,
            sendopts: i64::from(self.sendopts),
        };
        if let Err(error) = self.output.finish_size_record(record.format().as_bytes()).await {
            self.write_failed(&error);
        }
    }

    async fn commit(self) -> Outcome {
        let Self { service, id, output, flags, reason, has_trace, .. } = self;
        let hold = flags.has(Flags::HOLD);
        let dir = if hold { Dir::Hold } else { Dir::Incoming };
        if hold {
            // This message does not go through the queue manager, so it takes no token.
            service.put_flow_token();
        }
        let path = output.path();
        let committed = output.commit(&service.queue, dir, &service.clock).await;
        // Until here nobody was told that the message is safe, so the end of the process takes it away.
        service.unfinished.remove(&id);
        match committed {
            Ok(_) if hold => {}
            Ok(_) => service.wake_queue_manager(),
            Err(error) => {
                log_lines::write_error(&id, &error);
                service.remove_files(&id, path, has_trace).await;
                log_lines::removed(&id, "canceled");
                return Outcome { status: Status::WRITE, reason: reason.unwrap_or_default() };
            }
        }
        Outcome { status: Status::OK, reason: reason.unwrap_or_default() }
    }

    async fn remove(self) -> Outcome {
        let Self { service, id, output, errors, reason, has_trace, .. } = self;
        let path = output.path();
        if output.is_over_limit() {
            log_lines::close_error();
        }
        drop(output);
        service.remove_files(&id, path, has_trace).await;
        service.unfinished.remove(&id);
        log_lines::removed(&id, if errors.is_ok() { "discarded" } else { "canceled" });
        Outcome { status: errors, reason: reason.unwrap_or_default() }
    }
}
