//! The listing itself: synchronous, and without any idea of who reads it.

use crate::message::Lister;
use crate::pieces::{Gone, Pieces, Sink};
use crate::{log_lines, readers};
use ipc::Attrs;
use queue::{Dir, Id, Queue, Scan};
use std::io;
use std::os::unix::ffi::OsStrExt;

/// What the listing depends on beside the queue.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) queue: Queue,
    /// empty_address_recipient.
    pub(crate) nobody: String,
    /// duplicate_filter_limit; 0 for none.
    pub(crate) duplicate_limit: usize,
}

/// The directories in the order of the listing.
const LISTED: [Dir; 5] = [Dir::Maildrop, Dir::Active, Dir::Incoming, Dir::Deferred, Dir::Hold];
/// So many messages come first, and the only ones in most queues: no threads are started for them.
const FIRST: usize = 16;

/// Lists the queue.
pub(crate) fn list<S: Sink>(settings: &Settings, sink: S) -> Result<(), Gone> {
    let mut out = Pieces::new(sink);
    out.bytes(&ipc::protocol::announcement(ipc::protocol::SHOWQ).encode());
    out.give()?;
    let mut names = Names::default();
    let mut lister = Lister::of_few(settings);
    let few = if readers::are_possible() { FIRST } else { usize::MAX };
    for (dir, id) in names.by_ref().take(few) {
        lister.list(dir, &id, &mut out)?;
        // Readers exist that look at the start first, and take whole messages for granted after that.
        out.give()?;
    }
    readers::list(settings, &mut names, &mut out)?;
    match names.failure {
        // Without the end mark, the reader knows that something is missing.
        Some((dir, error)) => log_lines::cannot_scan(dir, &error),
        None => out.bytes(&Attrs::new().encode()),
    }
    out.give()
}

/// The names in all directories, one directory after the other.
#[derive(Default)]
struct Names {
    /// How many directories were begun.
    begun: usize,
    scan: Option<(Dir, Scan)>,
    /// The name before, in the same directory.
    last: Option<Id>,
    /// A directory that cannot be read ends the names.
    failure: Option<(Dir, io::Error)>,
}

impl Names {
    /// Looks into the next directory; says whether there was one.
    fn begin(&mut self) -> bool {
        let Some(&dir) = LISTED.get(self.begun) else { return false };
        self.begun += 1;
        match if dir == Dir::Maildrop { Scan::flat(dir) } else { Scan::recursive(dir) } {
            Ok(scan) => self.scan = Some((dir, scan)),
            Err(error) => self.failure = Some((dir, error)),
        }
        self.last = None;
        true
    }

    /// Whether a name comes twice in a row. As in the reference, that ends its directory: it once saw a system that
    /// gave the same name for ever.
    fn repeats(&mut self, dir: Dir, id: &Id) -> bool {
        let repeats = self.last.as_ref() == Some(id);
        if repeats {
            log_lines::readdir_loop(dir, id);
            self.scan = None;
        }
        self.last = Some(id.clone());
        repeats
    }
}

impl Iterator for Names {
    type Item = (Dir, Id);

    fn next(&mut self) -> Option<(Dir, Id)> {
        while self.failure.is_none() {
            match &mut self.scan {
                None => {
                    if !self.begin() {
                        return None;
                    }
                }
                Some((dir, scan)) => match scan.next() {
                    None => self.scan = None,
                    Some(Err(error)) => self.failure = Some((*dir, error)),
                    Some(Ok((_, name))) => {
                        let dir = *dir;
                        if let Some(id) = Id::parse(name.as_bytes())
                            && !self.repeats(dir, &id)
                        {
                            return Some((dir, id));
                        }
                    }
                },
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ipc::showq::Listing;
    use queue::Type;
    use queue::record::encode;
    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt;

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
        list(&settings, &mut bytes).unwrap();
        let mut listing = Listing::open(&bytes[..], "test").unwrap();
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

        for number in 0..1000 {
            fs::write(format!("hold/5{number}"), &whole).unwrap();
            fs::set_permissions(format!("hold/5{number}"), Permissions::from_mode(0o700)).unwrap();
        }
        let names = Names::default().map(|(_, id)| id.as_str().as_bytes().to_vec());
        let expected: Vec<_> = names.filter(|name| name != b"4A2").collect();
        bytes.clear();
        list(&settings, &mut bytes).unwrap();
        let mut listing = Listing::open(&bytes[..], "test").unwrap();
        let mut found = Vec::new();
        while let Some(message) = listing.message().unwrap() {
            found.push(message.queue_id.clone());
            while listing.recipient().unwrap().is_some() {}
        }
        assert_eq!(found, expected);
    }
}
