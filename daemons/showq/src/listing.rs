//! The listing itself: synchronous, and without any idea of who reads it.

use crate::log_lines;
use ipc::Attrs;
use ipc::showq::names;
use queue::delivery_log::Entries;
use queue::file::leading_number;
use queue::{Checked, Dir, Id, Queue, Reader, Scan, Type, mode};
use std::collections::HashSet;
use std::fs::{File, Metadata};
use std::io::{self, BufReader};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt};

/// What the listing depends on beside the queue.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) queue: Queue,
    /// empty_address_recipient.
    pub(crate) nobody: String,
    /// duplicate_filter_limit; 0 for none.
    pub(crate) duplicate_limit: usize,
}

/// Takes the listing, piece by piece; the reader may have gone.
pub(crate) trait Sink {
    /// A piece of the listing. Says whether more is wanted.
    fn take(&mut self, bytes: &[u8]) -> bool;
}

/// The directories in the order of the listing.
const LISTED: [Dir; 5] = [Dir::Maildrop, Dir::Active, Dir::Incoming, Dir::Deferred, Dir::Hold];
/// Where reasons stand.
const LOGS: [Dir; 2] = [Dir::Defer, Dir::Bounce];

/// The reader of the listing has gone.
struct Gone;

/// Lists the queue.
pub(crate) fn list(settings: &Settings, sink: &mut dyn Sink) {
    let announcement = ipc::protocol::announcement(ipc::protocol::SHOWQ);
    if !sink.take(&announcement.encode()) {
        return;
    }
    for dir in LISTED {
        match list_directory(settings, dir, sink) {
            Ok(Wanted::More) => {}
            Ok(Wanted::Nothing) => return,
            // Without the end mark, the reader knows that something is missing.
            Err(error) => return log_lines::cannot_scan(dir, &error),
        }
    }
    sink.take(&Attrs::new().encode());
}

/// Whether the reader is still there.
enum Wanted {
    More,
    Nothing,
}

fn list_directory(settings: &Settings, dir: Dir, sink: &mut dyn Sink) -> io::Result<Wanted> {
    let scan = if dir == Dir::Maildrop { Scan::flat(dir) } else { Scan::recursive(dir) };
    for entry in scan? {
        let (_, name) = entry?;
        let Some(id) = Id::parse(name.as_bytes()) else { continue };
        let Checked::Ready(_, status) = settings.queue.check(dir, &id) else { continue };
        match settings.queue.open_read(dir, &id) {
            Ok(file) => {
                let message = Message { settings, dir, id: &id, sink };
                if message.list(file, &status).is_err() {
                    return Ok(Wanted::Nothing);
                }
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => log_lines::cannot_open(dir, &id, &error),
        }
    }
    Ok(Wanted::More)
}

struct Message<'a> {
    settings: &'a Settings,
    dir: Dir,
    id: &'a Id,
    sink: &'a mut dyn Sink,
}

impl Message<'_> {
    /// Lists one message: its properties when its sender is found, then its recipients.
    fn list(mut self, file: File, status: &Metadata) -> Result<(), Gone> {
        let mut reader = Reader::new(file);
        let mut arrival = 0;
        let mut size = None;
        let mut original = None;
        let mut listed: Option<HashSet<Vec<u8>>> = None;
        loop {
            let (kind, data) = match reader.next_record() {
                Ok(Some(record)) => (record.kind, record.data),
                Ok(None) => break,
                Err(error) => {
                    log_lines::record_error(&self.settings.queue.path(self.dir, self.id), &error);
                    break;
                }
            };
            let text = data.split(|&byte| byte == 0).next().unwrap_or_default();
            match kind {
                Type::TIME if arrival == 0 => arrival = leading_number(text),
                // In maildrop, the record holds only options of the sender.
                Type::SIZE if size.is_none() && self.dir != Dir::Maildrop => {
                    size = self.message_size(text);
                }
                Type::FROM => {
                    let sender = self.shown(text);
                    if listed.is_some() {
                        log_lines::duplicate_sender(self.id, &sender);
                        break;
                    }
                    let time = if arrival > 0 { arrival } else { status.mtime() };
                    let shown_size = size.unwrap_or(i64::try_from(status.len()).unwrap_or(i64::MAX));
                    self.properties(time, shown_size, is_expired(status), &sender)?;
                    listed = Some(self.reasons()?);
                }
                Type::ORCP | Type::RCPT if listed.is_none() => {
                    log_lines::missing_sender(self.id);
                    break;
                }
                Type::ORCP => original = Some(self.quoted(text)),
                Type::RCPT => {
                    let address = self.shown(text);
                    let before = original.take().unwrap_or_else(|| address.clone());
                    if !listed.as_ref().is_some_and(|listed| listed.contains(address.as_bytes())) {
                        self.recipient(before.as_bytes(), address.as_bytes(), "", b"")?;
                    }
                }
                Type::MESG => {
                    if let Some(size) = size.and_then(|size| u64::try_from(size).ok()) {
                        let target = reader.offset().saturating_add(size);
                        if reader.seek(target).is_err() {
                            break;
                        }
                    }
                }
                Type::END => break,
                _ => {}
            }
        }
        if listed.is_some() { self.send(&[0]) } else { Ok(()) }
    }

    /// The message size in a size record; nothing, with a warning, when the record is malformed.
    fn message_size(&self, text: &[u8]) -> Option<i64> {
        let is_numeric = text.iter().all(|byte| byte.is_ascii_digit() || *byte == b' ');
        if is_numeric {
            return Some(leading_number(text));
        }
        log_lines::malformed_size(self.id, text);
        None
    }

    /// Recipients that the logs know about, with reasons; they are not listed again.
    fn reasons(&mut self) -> Result<HashSet<Vec<u8>>, Gone> {
        let mut listed = HashSet::new();
        let limit = self.settings.duplicate_limit;
        for dir in LOGS {
            let Ok(file) = self.settings.queue.open_read(dir, self.id) else { continue };
            let path = self.settings.queue.path(dir, self.id).to_string_lossy().into_owned();
            let input = BufReader::new(file);
            let mut entries = match dir {
                Dir::Defer => Entries::of_deferrals(input, &path),
                _ => Entries::of_bounces(input, &path),
            };
            while let Ok(Some(entry)) = entries.next_entry() {
                if limit == 0 || listed.len() < limit {
                    listed.insert(entry.recipient.clone());
                }
                self.recipient(&entry.original_recipient, &entry.recipient, dir.name(), &entry.reason)?;
            }
        }
        Ok(listed)
    }

    fn properties(&mut self, time: i64, size: i64, expired: bool, sender: &str) -> Result<(), Gone> {
        let mut attrs = Attrs::new();
        attrs.put_str(names::QUEUE_NAME, self.dir.name()).put_str(names::QUEUE_ID, self.id.as_str());
        attrs.put_long(names::TIME, time).put_long(names::SIZE, size);
        attrs.put_int(names::FORCED_EXPIRE, i32::from(expired)).put_str(names::SENDER, sender);
        self.send_open(&attrs)
    }

    fn recipient(
        &mut self,
        original: &[u8],
        address: &[u8],
        log_class: &str,
        reason: &[u8],
    ) -> Result<(), Gone> {
        let mut attrs = Attrs::new();
        attrs.put_str(names::ORIGINAL_RECIPIENT, original).put_str(names::RECIPIENT, address);
        attrs.put_str(names::LOG_CLASS, log_class).put_str(names::REASON, reason);
        self.send_open(&attrs)
    }

    fn send_open(&mut self, attrs: &Attrs) -> Result<(), Gone> {
        let mut bytes = Vec::new();
        attrs.encode_open_into(&mut bytes);
        self.send(&bytes)
    }

    fn send(&mut self, bytes: &[u8]) -> Result<(), Gone> {
        if self.sink.take(bytes) { Ok(()) } else { Err(Gone) }
    }

    /// An address as it is shown: nobody by name, quoted, printable.
    fn shown(&self, address: &[u8]) -> String {
        let nobody = self.settings.nobody.as_bytes();
        self.quoted(if address.is_empty() { nobody } else { address })
    }

    fn quoted(&self, address: &[u8]) -> String {
        log::bytes(&address::quote_822(address)).to_string()
    }
}

fn is_expired(status: &Metadata) -> bool {
    status.permissions().mode() & mode::EXPIRE != 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use ipc::showq::Listing;
    use queue::record::encode;
    use std::fs::{self, Permissions};

    impl Sink for Vec<u8> {
        fn take(&mut self, bytes: &[u8]) -> bool {
            self.extend_from_slice(bytes);
            true
        }
    }

    fn message(records: &[(Type, &[u8])]) -> Vec<u8> {
        let mut bytes = Vec::new();
        for (kind, data) in records {
            encode(&mut bytes, *kind, data);
        }
        bytes
    }

    // The one test here that needs a current directory of its own.
    #[test]
    fn lists_what_is_complete_with_reasons_from_logs() {
        let root = tempfile::tempdir().unwrap();
        std::env::set_current_dir(root.path()).unwrap();
        for dir in ["maildrop", "active", "incoming", "deferred/4", "hold", "defer/4", "bounce"] {
            fs::create_dir_all(dir).unwrap();
        }
        let whole = message(&[
            (Type::SIZE, b"              7              20"),
            (Type::TIME, b"1234 5"),
            (Type::FROM, b"me you@x.example"),
            (Type::ORCP, b"alias@x"),
            (Type::RCPT, b"a@b.example"),
            (Type::RCPT, b"c@d.example"),
            (Type::MESG, b""),
            (Type::NORM, b"hello"),
            (Type::XTRA, b""),
            (Type::END, b""),
        ]);
        fs::write("deferred/4/4A1", &whole).unwrap();
        fs::set_permissions("deferred/4/4A1", Permissions::from_mode(0o710)).unwrap();
        fs::write("defer/4/4A1", "\nrecipient=a@b.example\noriginal_recipient=alias@x\nreason=no way\n\n")
            .unwrap();
        fs::write("incoming/4A2", &whole).unwrap();
        fs::set_permissions("incoming/4A2", Permissions::from_mode(0o600)).unwrap();

        let settings = Settings {
            queue: Queue::new("deferred, defer", 1, false),
            nobody: "MAILER-DAEMON".to_owned(),
            duplicate_limit: 1000,
        };
        let mut bytes = Vec::new();
        list(&settings, &mut bytes);
        let mut listing = Listing::open(&bytes[..]).unwrap();
        let found = listing.message().unwrap().unwrap();
        assert_eq!((&found.queue_name[..], &found.queue_id[..]), (&b"deferred"[..], &b"4A1"[..]));
        assert_eq!((found.arrival_time, found.size, found.forced_expire), (1234, 7, true));
        assert_eq!(found.sender, b"\"me you\"@x.example");
        let first = listing.recipient().unwrap().unwrap();
        assert_eq!((&first.original[..], &first.reason[..]), (&b"alias@x"[..], &b"no way"[..]));
        let second = listing.recipient().unwrap().unwrap();
        assert_eq!((&second.address[..], &second.original[..]), (&b"c@d.example"[..], &b"c@d.example"[..]));
        assert_eq!(listing.recipient().unwrap(), None);
        assert_eq!(listing.message().unwrap(), None);
    }
}
