//! The delivery agent: from a recipient to a mailbox file or maildir, and to its owner's identity.

use std::future::Future;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use delivery::copy::{CopyFlags, CopyHeaders};
use delivery::maildir::{self, MaildirError};
use delivery::message_copy::copy_to_file;
use delivery::{Attempt, Delivery, Failure, Fatal, Reporter, Verdict, Waiter, mailbox};
use ipc::deliver::{Dsn, Recipient, flags};
use queue::flags::trace;
use sys::{EffectiveIds, WallTime};
use tables::{AddressSearch, LookupError, Maps, QueryForm, Strategy};

use crate::log_lines;
use crate::settings::Settings;

/// The tables that say where mailboxes are and whose.
pub(crate) struct Tables {
    pub(crate) mailboxes: Maps,
    pub(crate) uids: Maps,
    pub(crate) gids: Maps,
    pub(crate) search: AddressSearch,
}

/// What lasts from request to request.
pub(crate) struct Agent {
    pub(crate) settings: Settings,
    pub(crate) tables: Tables,
    pub(crate) reporter: Reporter,
    pub(crate) waiter: Waiter,
}

/// A recipient's mailbox and its owner.
struct Place {
    mailbox: String,
    uid: u32,
    gid: u32,
}

/// Why there is no place.
enum Nowhere {
    /// No such recipient.
    Unknown,
    /// Tables are broken or contradict each other; that was logged.
    Misconfigured,
}

/// Why nothing was written.
enum Unwritten {
    /// The queue file is damaged.
    Corrupt,
    /// Status and text.
    Failed(Failure),
}

const MISCONFIGURED: &str = "mail system configuration error";

impl Agent {
    /// Runs a conversation with another service to its end.
    pub(crate) fn wait<T>(&self, conversation: impl Future<Output = T>) -> T {
        self.waiter.wait(conversation)
    }

    /// Delivers to all recipients of a request.
    pub(crate) fn deliver(&self, delivery: &Delivery) -> Result<Verdict, Fatal> {
        if !self.settings.base.starts_with('/') {
            return Err(Fatal(format!(
                "do not specify relative pathname: {} = {}",
                params::VIRTUAL_MAILBOX_BASE.name(),
                self.settings.base
            )));
        }
        let request = &delivery.request;
        let mut whole = Verdict::Done;
        for recipient in &request.recipients {
            let verdict = self.deliver_recipient(delivery, recipient);
            if verdict == Verdict::Done && request.flags & flags::SUCCESS != 0 {
                delivery.complete(recipient)?;
            }
            whole = whole.and(verdict);
        }
        Ok(whole)
    }

    fn deliver_recipient(&self, delivery: &Delivery, recipient: &Recipient) -> Verdict {
        let folded = address::fold(&recipient.address);
        let attempt = Attempt::new(&delivery.request, recipient, &self.settings.service);
        let place = match self.find_place(&folded) {
            Ok(place) => place,
            Err(Nowhere::Unknown) => {
                let text = [b"unknown user: \"", folded.as_slice(), b"\""].concat();
                return self.wait(self.reporter.bounce(&attempt, Dsn::simple("5.1.1", text)));
            }
            Err(Nowhere::Misconfigured) => {
                return self.wait(self.reporter.defer(&attempt, Dsn::simple("4.3.5", MISCONFIGURED)));
            }
        };
        let is_maildir = place.mailbox.ends_with('/');
        if delivery.request.flags & trace::ONLY_MASK != 0 {
            let text = if is_maildir { "delivers to maildir" } else { "delivers to mailbox" };
            return self.wait(self.reporter.sent(&attempt, Dsn::simple("2.0.0", text)));
        }
        let (outcome, text) = if is_maildir {
            (self.write_maildir(delivery, recipient, &place), "delivered to maildir")
        } else {
            (self.write_mailbox(delivery, recipient, &place), "delivered to mailbox")
        };
        match outcome {
            Ok(()) => self.wait(self.reporter.sent(&attempt, Dsn::simple("2.0.0", text))),
            Err(Unwritten::Corrupt) => Verdict::Again,
            Err(Unwritten::Failed(failure)) => self.wait(self.reporter.fail(&attempt, dsn_of(&failure))),
        }
    }

    fn find_place(&self, address: &[u8]) -> Result<Place, Nowhere> {
        let tables = &self.tables;
        let mailbox = match self.find(&tables.mailboxes, address) {
            Ok(Some(value)) => String::from_utf8_lossy(&value).into_owned(),
            Ok(None) => return Err(Nowhere::Unknown),
            Err(_) => {
                log_lines::lookup_failed(tables.mailboxes.title(), address);
                return Err(Nowhere::Misconfigured);
            }
        };
        if leaves_base(&mailbox) {
            log_lines::bad_mailbox_path(address, &mailbox, tables.mailboxes.title());
            return Err(Nowhere::Misconfigured);
        }
        let minimum = self.settings.minimum_uid;
        let uid = self.find_id(&tables.uids, address, "uid", |id| id >= minimum)?;
        let gid = self.find_id(&tables.gids, address, "gid", |id| id > 0)?;
        Ok(Place { mailbox: format!("{}/{mailbox}", self.settings.base), uid, gid })
    }

    fn find_id(
        &self,
        maps: &Maps,
        address: &[u8],
        kind: &str,
        is_good: impl Fn(i64) -> bool,
    ) -> Result<u32, Nowhere> {
        let Ok(Some(value)) = self.find(maps, address) else {
            log_lines::not_found(address, maps.title());
            return Err(Nowhere::Misconfigured);
        };
        let number = queue::file::leading_number(&value);
        match u32::try_from(number) {
            Ok(id) if is_good(number) => Ok(id),
            _ => {
                log_lines::bad_id(address, kind, &value, maps.title());
                Err(Nowhere::Misconfigured)
            }
        }
    }

    fn find(&self, maps: &Maps, address: &[u8]) -> Result<Option<Vec<u8>>, LookupError> {
        let hit = self.tables.search.find(maps, address, QueryForm::ExternalFirst, Strategy::DEFAULT)?;
        Ok(hit.map(|hit| hit.value))
    }

    fn become_user(&self, place: &Place) -> Result<EffectiveIds, Unwritten> {
        EffectiveIds::become_user(place.uid, place.gid).map_err(|error| {
            log_lines::identity(place.uid, place.gid, &error);
            Unwritten::Failed(Failure::new("4.3.0", "cannot change identity"))
        })
    }

    fn write_mailbox(
        &self,
        delivery: &Delivery,
        recipient: &Recipient,
        place: &Place,
    ) -> Result<(), Unwritten> {
        let failed = |failure: Failure| {
            Unwritten::Failed(failure.prefixed(&format!("delivery failed to mailbox {}: ", place.mailbox)))
        };
        let settings = &self.settings;
        let headers = self.headers(delivery, recipient);
        let path = Path::new(&place.mailbox);
        let _identity = self.become_user(place)?;
        let mut mailbox =
            mailbox::open(path, None, settings.locks, &settings.lock_patience, "4.2.0").map_err(failed)?;
        if !mailbox.status.is_file() {
            log_lines::not_a_file(&recipient.address, &place.mailbox);
            return Err(failed(Failure::new("5.3.5", MISCONFIGURED)));
        }
        if settings.strict_mailbox_ownership && mailbox.status.uid() != place.uid {
            log_lines::ownership_hint(params::STRICT_MAILBOX_OWNERSHIP.name());
            let text = format!("destination {} is not owned by recipient", place.mailbox);
            return Err(failed(Failure::new("4.2.0", text)));
        }
        copy_to_file(delivery.source(), &mut mailbox.file, CopyFlags::MBOX, &headers.borrowed())
            .map_err(|error| error.failure().map_or(Unwritten::Corrupt, failed))
    }

    fn write_maildir(
        &self,
        delivery: &Delivery,
        recipient: &Recipient,
        place: &Place,
    ) -> Result<(), Unwritten> {
        let headers = self.headers(delivery, recipient);
        let path = Path::new(&place.mailbox);
        let outcome = {
            let _identity = self.become_user(place)?;
            let (flags, hostname) = (CopyFlags::MAILDIR, &self.settings.hostname);
            maildir::deliver(path, hostname, delivery.source(), flags, &headers.borrowed(), "4.2.0")
        };
        match outcome {
            Ok(()) => Ok(()),
            Err(MaildirError::Corrupt) => Err(Unwritten::Corrupt),
            Err(MaildirError::Failed { failure, permission }) => {
                if permission {
                    log_lines::maildir_access(place.uid, place.gid, &failure.text);
                }
                Err(Unwritten::Failed(failure.prefixed("maildir delivery failed: ")))
            }
        }
    }

    fn headers(&self, delivery: &Delivery, recipient: &Recipient) -> Headers {
        let quote = |address: &[u8]| {
            if address.is_empty() { Vec::new() } else { address::quote_822(address) }
        };
        let original = if self.settings.original_recipient { &recipient.original[..] } else { b"" };
        Headers {
            sender: quote(&delivery.request.sender),
            original_to: quote(original),
            delivered_to: quote(&recipient.address),
            asctime: WallTime::now().local().format("%a %b %e %H:%M:%S %Y"),
        }
    }
}

/// The headers that go in front of a message, in external form.
struct Headers {
    sender: Vec<u8>,
    original_to: Vec<u8>,
    delivered_to: Vec<u8>,
    asctime: String,
}

impl Headers {
    fn borrowed(&self) -> CopyHeaders<'_> {
        CopyHeaders {
            sender: &self.sender,
            original_to: &self.original_to,
            delivered_to: &self.delivered_to,
            asctime: &self.asctime,
        }
    }
}

fn dsn_of(failure: &Failure) -> Dsn {
    let mut dsn = Dsn::simple(failure.status, failure.text.clone());
    if let Some(diagnostic) = failure.unix_diagnostic {
        dsn.diag_type = b"x-unix".to_vec();
        dsn.diag_text = diagnostic.into();
    }
    dsn
}

/// Whether a mailbox from a table would lead up, and so out of virtual_mailbox_base (since 3.11.7): who can write to
/// the table's server need not be trusted with all files.
fn leaves_base(mailbox: &str) -> bool {
    mailbox.starts_with("../") || mailbox.contains("/../")
}

#[cfg(test)]
mod tests {
    use super::leaves_base;

    // By experiment with 3.11.7.
    #[test]
    fn mailboxes_stay_below_the_base() {
        for bad in ["../x", "a/../x", "../", "a/../", "/../x"] {
            assert!(leaves_base(bad), "{bad}");
        }
        for good in ["x", "a/..", "..", "..x", "x..", "./x", "a/./x", "//x", "a..b/x", "x..//", ".../x"] {
            assert!(!leaves_base(good), "{good}");
        }
    }
}
