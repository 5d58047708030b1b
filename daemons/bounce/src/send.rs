//! Sends notices, and decides who gets one.

use std::os::unix::fs::FileExt as _;
use std::sync::Arc;

use ipc::Services;
use ipc::bounce::{Message, flags as request_flags};
use ipc::cleanup::{Status, flags as cleanup_flags};
use ipc::deliver::{Dsn, Recipient};
use ipc::post_mail::{Envelope, Origin, Posting};
use queue::flags::{dsn_notify, sendopts, trace};
use queue::{Dir, Queue, Type};

use crate::compose::{Composed, Entries, Letter, compose};
use crate::log_file::LogReader;
use crate::log_lines::{self, NoticeKind};
use crate::notice::{Attach, Notice};
use crate::original::Original;
use crate::settings::Settings;
use crate::template::Class;
use crate::text::Texts;

/// For everybody, whatever they wanted to be told about.
const EVERY_RECIPIENT: i32 =
    dsn_notify::NEVER | dsn_notify::SUCCESS | dsn_notify::FAILURE | dsn_notify::DELAY;

/// Why a request fails: the status that the client gets, or the text of a fatal log line.
#[derive(Debug)]
pub enum Failure {
    /// The notice cannot be sent now.
    Status(i32),
    /// Something is wrong with the queue or the configuration.
    Fatal(String),
}

impl From<crate::original::Unreadable> for Failure {
    fn from(error: crate::original::Unreadable) -> Failure {
        Failure::Fatal(error.0)
    }
}

/// What everything here needs.
pub struct Sender {
    /// Parameters.
    pub settings: Settings,
    /// Where cleanup(8) is.
    pub services: Services,
    /// Where messages and logs are.
    pub queue: Arc<Queue>,
    /// Templates.
    pub texts: Texts,
}

/// What came of a notice.
enum Sent {
    /// It is queued.
    Queued,
    /// There was nobody to write about.
    Nobody,
    /// cleanup(8) did not take it.
    Refused(Status),
    /// The conversation with cleanup(8) broke off.
    Broken,
    /// cleanup(8) is not there.
    Unreachable,
}

impl Sent {
    fn status(&self) -> i32 {
        match self {
            Sent::Queued | Sent::Nobody => 0,
            Sent::Refused(status) => status.0,
            Sent::Broken | Sent::Unreachable => 1,
        }
    }

    /// Why it was not queued, as far as the log says.
    fn complaint(&self) -> Option<Option<&'static str>> {
        match self {
            Sent::Refused(status) => Some(Some(status.detail().text)),
            Sent::Unreachable => Some(None),
            Sent::Queued | Sent::Nobody | Sent::Broken => None,
        }
    }
}

/// Which notices a service sends.
struct Plan {
    class: Class,
    to_sender: NoticeKind,
    to_postmaster: NoticeKind,
    /// Which recipients the sender wanted to be told about.
    filter: i32,
    /// The postmaster gets those that have no sender.
    postmaster_instead: bool,
    /// The postmaster gets a copy.
    postmaster_too: bool,
    postmaster: Vec<u8>,
    postmaster_instead_address: Vec<u8>,
    while_doing: &'static str,
}

impl Sender {
    /// Undeliverable mail: tells the sender, or the postmaster if there is none. Then the log goes.
    pub async fn failure(&self, flags: i32, log: Dir, about: &Message) -> Result<(), Failure> {
        let notify = self.settings.notify;
        let plan = Plan {
            class: Class::Failure,
            to_sender: NoticeKind::SenderNonDelivery,
            to_postmaster: NoticeKind::PostmasterNonDelivery,
            filter: dsn_notify::FAILURE,
            postmaster_instead: notify.bounce || notify.double_bounce,
            postmaster_too: notify.bounce,
            postmaster: self.settings.bounce_recipient.clone(),
            postmaster_instead_address: self.settings.double_bounce_recipient.clone(),
            while_doing: "bouncing to",
        };
        let original = self.original(about)?;
        let mut reader = self.open_log(log, about)?;
        let status = self.tell(&plan, about, &original, &mut reader).await?;
        if status != 0 {
            return Err(Failure::Status(status));
        }
        if flags & request_flags::DELRCPT != 0 {
            mark_all(&original, &mut reader)?;
        }
        self.remove_log(log, about)
    }

    /// Late mail: tells the sender. The log stays.
    pub async fn delay(&self, log: Dir, about: &Message) -> Result<(), Failure> {
        let delay = self.settings.notify.delay;
        let plan = Plan {
            class: Class::Delay,
            to_sender: NoticeKind::SenderDelay,
            to_postmaster: NoticeKind::PostmasterDelay,
            filter: dsn_notify::DELAY,
            postmaster_instead: delay,
            postmaster_too: delay,
            postmaster: self.settings.delay_recipient.clone(),
            postmaster_instead_address: self.settings.delay_recipient.clone(),
            while_doing: "warning",
        };
        let original = self.original(about)?;
        let mut reader = self.open_log(log, about)?;
        match self.tell(&plan, about, &original, &mut reader).await? {
            0 => Ok(()),
            status => Err(Failure::Status(status)),
        }
    }

    async fn tell(
        &self,
        plan: &Plan,
        about: &Message,
        original: &Original,
        reader: &mut Option<LogReader>,
    ) -> Result<i32, Failure> {
        if self.is_double_bounce(&about.sender) {
            log_lines::postmaster_notice_discarded(&about.id);
            return Ok(0);
        }
        let text = self.texts.get(plan.class).map_err(Failure::Fatal)?;
        let notice = Notice::new(&self.settings, about, text, original);
        if about.sender.is_empty() {
            if !plan.postmaster_instead {
                return Ok(0);
            }
            let letter = Letter {
                kind: plan.to_postmaster,
                from: &self.settings.double_bounce,
                to: &plan.postmaster_instead_address,
                is_postmaster_copy: true,
                has_boilerplate: false,
                attach: Attach::Message,
            };
            let entries = Entries::Log(reader, EVERY_RECIPIENT);
            let sent = self.post(about, original, &notice, &letter, entries).await;
            if let Some(why) = sent.complaint() {
                log_lines::postmaster_notice_failed(&about.id, why);
            }
            return Ok(sent.status());
        }
        let attach =
            if plan.class == Class::Delay { Attach::Headers } else { Attach::from_ret(about.dsn_ret) };
        let letter = Letter {
            kind: plan.to_sender,
            from: b"",
            to: &about.sender,
            is_postmaster_copy: false,
            has_boilerplate: true,
            attach,
        };
        let entries = Entries::Log(&mut *reader, plan.filter);
        let sent = self.post(about, original, &notice, &letter, entries).await;
        if let Some(why) = sent.complaint() {
            log_lines::sender_notice_failed(&about.id, &about.sender, why);
        }
        if sent.status() == 0 && plan.postmaster_too {
            let letter = self.copy(plan.to_postmaster, &plan.postmaster);
            let entries = Entries::Log(reader, EVERY_RECIPIENT);
            if self.post(about, original, &notice, &letter, entries).await.status() != 0 {
                log_lines::postmaster_copy_failed(&about.id, plan.while_doing, &about.sender);
            }
        }
        Ok(sent.status())
    }

    /// A report that somebody asked for. Then the log goes.
    pub async fn report(&self, flags: i32, log: Dir, about: &Message) -> Result<(), Failure> {
        if self.is_double_bounce(&about.sender) {
            log_lines::no_report_for_double_bounce(&about.id);
            return Ok(());
        }
        let (from, to) = if !about.sender.is_empty() {
            (&b""[..], &about.sender)
        } else if self.settings.notify.double_bounce {
            (&self.settings.double_bounce[..], &self.settings.double_bounce_recipient)
        } else {
            log_lines::no_report_for_single_bounce(&about.id);
            return self.remove_log(log, about);
        };
        let mut reader = self.open_log(log, about)?;
        if reader.is_none() {
            return Ok(());
        }
        let asked_for = flags & (trace::USR_VRFY | trace::RECORD) != 0;
        let class = if asked_for { Class::Verify } else { Class::Success };
        let text = self.texts.get(class).map_err(Failure::Fatal)?;
        let original = self.original(about)?;
        let notice = Notice::new(&self.settings, about, text, &original);
        let letter = Letter {
            kind: NoticeKind::SenderReport,
            from,
            to,
            is_postmaster_copy: false,
            has_boilerplate: true,
            attach: Attach::Headers,
        };
        let entries = Entries::Log(&mut reader, EVERY_RECIPIENT);
        let sent = self.post(about, &original, &notice, &letter, entries).await;
        if let Some(why) = sent.complaint() {
            log_lines::sender_notice_failed(&about.id, to, why);
        }
        match sent.status() {
            0 => self.remove_log(log, about),
            status => Err(Failure::Status(status)),
        }
    }

    /// One undeliverable recipient, told at once.
    pub async fn one(
        &self,
        flags: i32,
        about: &Message,
        recipient: &Recipient,
        dsn: &Dsn,
    ) -> Result<(), Failure> {
        let original = self.original(about)?;
        let text = self.texts.get(Class::Failure).map_err(Failure::Fatal)?;
        let notice = Notice::new(&self.settings, about, text, &original);
        let status = self.tell_one(about, &original, &notice, recipient, dsn).await;
        if status != 0 {
            return Err(Failure::Status(status));
        }
        if flags & request_flags::DELRCPT != 0 {
            mark(&original, recipient)?;
        }
        Ok(())
    }

    async fn tell_one(
        &self,
        about: &Message,
        original: &Original,
        notice: &Notice<'_>,
        recipient: &Recipient,
        dsn: &Dsn,
    ) -> i32 {
        let notify = self.settings.notify;
        if self.is_double_bounce(&about.sender) {
            log_lines::postmaster_notice_discarded(&about.id);
            return 0;
        }
        if about.sender.is_empty() {
            if !notify.bounce && !notify.double_bounce {
                return 0;
            }
            let letter = Letter {
                attach: Attach::Message,
                ..self.copy(NoticeKind::PostmasterNonDelivery, &self.settings.double_bounce_recipient)
            };
            let sent = self.post(about, original, notice, &letter, Entries::One(recipient, dsn)).await;
            if let Some(why) = sent.complaint() {
                log_lines::postmaster_notice_failed(&about.id, why);
            }
            return sent.status();
        }
        let wanted = recipient.dsn_notify == 0 || recipient.dsn_notify & dsn_notify::FAILURE != 0;
        let mut status = 0;
        if wanted {
            status = self.tell_sender_of_one(about, original, notice, &about.sender, recipient, dsn).await;
        }
        if status == 0 && notify.bounce {
            self.tell_postmaster_of_one(about, original, notice, recipient, dsn).await;
        }
        status
    }

    async fn tell_sender_of_one(
        &self,
        about: &Message,
        original: &Original,
        notice: &Notice<'_>,
        to: &[u8],
        recipient: &Recipient,
        dsn: &Dsn,
    ) -> i32 {
        let letter = Letter {
            kind: NoticeKind::SenderNonDelivery,
            from: b"",
            to,
            is_postmaster_copy: false,
            has_boilerplate: true,
            attach: Attach::from_ret(about.dsn_ret),
        };
        let sent = self.post(about, original, notice, &letter, Entries::One(recipient, dsn)).await;
        if let Some(why) = sent.complaint() {
            log_lines::sender_notice_failed(&about.id, to, why);
        }
        sent.status()
    }

    async fn tell_postmaster_of_one(
        &self,
        about: &Message,
        original: &Original,
        notice: &Notice<'_>,
        recipient: &Recipient,
        dsn: &Dsn,
    ) {
        let letter = self.copy(NoticeKind::PostmasterNonDelivery, &self.settings.bounce_recipient);
        if self.post(about, original, notice, &letter, Entries::One(recipient, dsn)).await.status() != 0 {
            log_lines::postmaster_copy_failed(&about.id, "bouncing to", &about.sender);
        }
    }

    /// Undeliverable mail with a notice for each recipient, to a sender address with that recipient in it.
    pub async fn verp(
        &self,
        flags: i32,
        log: Dir,
        about: &Message,
        delimiters: &[u8],
    ) -> Result<(), Failure> {
        if about.sender.is_empty() || self.is_double_bounce(&about.sender) {
            log_lines::verp_without_sender();
            return self.failure(flags, log, about).await;
        }
        let Some(mut reader) = self.open_log(log, about)? else {
            let recipient =
                Recipient { address: b"(recipient address unavailable)".to_vec(), ..Recipient::default() };
            let dsn = Dsn::simple("5.0.0", "(error report unavailable)");
            return self.one(flags, about, &recipient, &dsn).await;
        };
        let original = self.original(about)?;
        let text = self.texts.get(Class::Failure).map_err(Failure::Fatal)?;
        let notice = Notice::new(&self.settings, about, text, &original);
        let read_failed = |error: std::io::Error| log_read_failed(about, &error);
        while let Some((recipient, dsn)) = reader.next_entry().map_err(read_failed)? {
            let wanted = recipient.dsn_notify == 0 || recipient.dsn_notify & dsn_notify::FAILURE != 0;
            if wanted {
                let to = delivery::verp::sender(
                    delimiters,
                    &about.sender,
                    &recipient.original,
                    &recipient.address,
                );
                let status = self.tell_sender_of_one(about, &original, &notice, &to, &recipient, &dsn).await;
                if status != 0 {
                    return Err(Failure::Status(status));
                }
                if flags & request_flags::DELRCPT != 0 {
                    mark(&original, &recipient)?;
                }
            }
            if self.settings.notify.bounce {
                self.tell_postmaster_of_one(about, &original, &notice, &recipient, &dsn).await;
            }
        }
        self.remove_log(log, about)
    }

    fn copy<'a>(&'a self, kind: NoticeKind, to: &'a [u8]) -> Letter<'a> {
        Letter {
            kind,
            from: &self.settings.double_bounce,
            to,
            is_postmaster_copy: true,
            has_boilerplate: false,
            attach: Attach::Headers,
        }
    }

    async fn post(
        &self,
        about: &Message,
        original: &Original,
        notice: &Notice<'_>,
        letter: &Letter<'_>,
        entries: Entries<'_>,
    ) -> Sent {
        let mut flags = self.settings.cleanup_flags;
        if about.sendopts & sendopts::REQUIRETLS_ESMTP != 0 {
            flags |= cleanup_flags::REQUIRETLS;
        }
        if about.sendopts & sendopts::SMTPUTF8_REQUESTED != 0 {
            flags |= cleanup_flags::SMTPUTF8;
        }
        let origin = Origin { hostname: &self.settings.hostname, mail_name: &self.settings.mail_name };
        let envelope =
            Envelope { sender: letter.from, recipient: letter.to, cleanup_flags: flags, trace_flags: 0 };
        let mut posting = match Posting::try_open(&self.services, origin, envelope).await {
            Ok(posting) => posting,
            Err(error) => {
                log_lines::cannot_reach_cleanup(&error);
                return Sent::Unreachable;
            }
        };
        log_lines::notice(&about.id, letter.kind, posting.id());
        match compose(notice, original, letter, entries, &mut posting).await {
            Err(_) => return Sent::Broken,
            Ok(Composed::Nobody) => {
                posting.abandon().await;
                return Sent::Nobody;
            }
            Ok(Composed::Whole) => {}
        }
        match posting.finish().await {
            Ok(outcome) if outcome.status.is_ok() => Sent::Queued,
            Ok(outcome) => Sent::Refused(outcome.status),
            Err(_) => Sent::Refused(Status::WRITE),
        }
    }

    fn is_double_bounce(&self, address: &[u8]) -> bool {
        address::eq_fold(address, &self.settings.double_bounce)
    }

    fn original(&self, about: &Message) -> Result<Original, Failure> {
        let settings = &self.settings;
        let opened =
            Original::open(&self.queue, about.dir, &about.id, &settings.mailer_daemon, settings.threaded);
        Ok(opened?)
    }

    fn open_log(&self, log: Dir, about: &Message) -> Result<Option<LogReader>, Failure> {
        LogReader::open(&self.queue, log, &about.id).map_err(|error| {
            Failure::Fatal(format!("open {} {}: {}", log.name(), about.id, sys::error_text(&error)))
        })
    }

    fn remove_log(&self, log: Dir, about: &Message) -> Result<(), Failure> {
        match self.queue.remove(log, &about.id) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                let text = sys::error_text(&error);
                Err(Failure::Fatal(format!("remove {} {}: {text}", log.name(), about.id)))
            }
            _ => Ok(()),
        }
    }
}

fn mark_all(original: &Original, reader: &mut Option<LogReader>) -> Result<(), Failure> {
    let Some(reader) = reader else { return Ok(()) };
    if reader.rewind().is_err() {
        return Ok(());
    }
    while let Ok(Some((recipient, _))) = reader.next_entry() {
        mark(original, &recipient)?;
    }
    Ok(())
}

/// The sender has been told about this recipient: no more attempts.
fn mark(original: &Original, recipient: &Recipient) -> Result<(), Failure> {
    let (Some(file), Ok(offset)) = (&original.file, u64::try_from(recipient.offset)) else { return Ok(()) };
    if offset == 0 {
        return Ok(());
    }
    file.write_all_at(&[Type::DONE.0], offset)
        .map_err(|error| Failure::Fatal(format!("update queue file: {}", sys::error_text(&error))))
}

fn log_read_failed(about: &Message, error: &std::io::Error) -> Failure {
    Failure::Fatal(format!("read bounce log {}: {}", about.id, sys::error_text(error)))
}
