//! A child process that looks keys up for a program that lacks the code: both sides of their conversation.
//!
//! It has the rights of its parent, reads the same main.cf, and logs under the same name, so nobody can tell who asked the
//! server. It talks on its standard input, in lists of attributes, and ends when its parent hangs up.

use crate::{About, Flags, LookupError, Name, OpenError, Opener, Owner, Table, warn_unsupported};
use ipc::{Attrs, blocking};
use std::io::{self, BufReader};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};

/// The program's name, in daemon_directory.
pub const PROGRAM: &str = "oxipost-tables";

/// Names of attributes.
mod attribute {
    pub(super) const TABLE: &str = "table";
    pub(super) const FLAGS: &str = "flags";
    pub(super) const OWNER: &str = "owner";
    pub(super) const KEY: &str = "key";
    pub(super) const STATUS: &str = "status";
    pub(super) const TEXT: &str = "text";
}

/// What became of a request.
mod status {
    pub(super) const DONE: i32 = 0;
    pub(super) const NO_KEY: i32 = 1;
    /// Not now; the text says why, if there is one.
    pub(super) const RETRY: i32 = 2;
    pub(super) const CONFIG: i32 = 3;
    /// Never; the text says why.
    pub(super) const FATAL: i32 = 4;
}

/// An owner as it travels: the number of a user, or one of these.
mod owner {
    pub(super) const TRUSTED: i64 = -1;
    pub(super) const UNKNOWN: i64 = -2;
}

type Stream = BufReader<UnixStream>;

/// What both requests are answered with: a status, and a value or the reason why there is none.
struct Answer {
    status: i32,
    text: Vec<u8>,
}

impl Answer {
    fn new(status: i32, text: impl Into<Vec<u8>>) -> Answer {
        Answer { status, text: text.into() }
    }

    fn of_lookup(found: Result<Option<Vec<u8>>, LookupError>) -> Answer {
        match found {
            Ok(Some(value)) => Answer::new(status::DONE, value),
            Ok(None) => Answer::new(status::NO_KEY, ""),
            Err(LookupError::Retry(why)) => Answer::new(status::RETRY, why.unwrap_or_default()),
            Err(LookupError::Config) => Answer::new(status::CONFIG, ""),
            Err(LookupError::Fatal(why)) => Answer::new(status::FATAL, why),
        }
    }

    fn into_lookup(self) -> Result<Option<Vec<u8>>, LookupError> {
        let why = String::from_utf8_lossy(&self.text).into_owned();
        match self.status {
            status::DONE => Ok(Some(self.text)),
            status::NO_KEY => Ok(None),
            status::CONFIG => Err(LookupError::Config),
            status::FATAL => Err(LookupError::Fatal(why)),
            _ => Err(LookupError::Retry(Some(why).filter(|why| !why.is_empty()))),
        }
    }

    fn attrs(&self) -> Attrs {
        let mut attrs = Attrs::new();
        attrs.put_int(attribute::STATUS, self.status).put_data(attribute::TEXT, &self.text);
        attrs
    }

    /// What was answered; a process that is gone is like a server that is gone.
    fn read(attrs: &Attrs) -> Result<Answer, ipc::Error> {
        let mut scanner = attrs.scanner();
        Ok(Answer { status: scanner.int(attribute::STATUS)?, text: scanner.data(attribute::TEXT)? })
    }
}

/// A table that another process has open.
pub(crate) struct HelperTable {
    about: About,
    stream: Mutex<Stream>,
}

impl HelperTable {
    /// Starts the process and has it open the table.
    ///
    /// # Errors
    /// What the process says; or there is no such program, which is as if the type did not exist.
    pub(crate) fn open(
        opener: &Opener,
        kind: &str,
        name: &Name,
        flags: Flags,
    ) -> Result<HelperTable, OpenError> {
        let mut stream =
            start(opener).map_err(|_| OpenError::unavailable(warn_unsupported(kind, "dictionary")))?;
        let mut request = Attrs::new();
        request.put_str(attribute::TABLE, [kind.as_bytes(), b":", name].concat());
        request.put_long(attribute::FLAGS, flags.bits().into());
        let gone = |error| OpenError::unavailable(format!("{kind}:{name}: {PROGRAM}: {error}"));
        let attrs = ask(&mut stream, &request).map_err(gone)?;
        let answer = Answer::read(&attrs).map_err(gone)?;
        if answer.status != status::DONE {
            let text = String::from_utf8_lossy(&answer.text).into_owned();
            return Err(OpenError { text, always_fatal: answer.status == status::FATAL });
        }
        let flags =
            attrs.long(attribute::FLAGS).and_then(|bits| u32::try_from(bits).ok()).unwrap_or_default();
        let owner = match attrs.long(attribute::OWNER) {
            Some(owner::TRUSTED) => Owner::Trusted,
            Some(uid) => u32::try_from(uid).map_or(Owner::Unknown, Owner::User),
            None => Owner::Unknown,
        };
        let about = About::new(kind.to_owned(), name, Flags::from_bits(flags), owner);
        Ok(HelperTable { about, stream: Mutex::new(stream) })
    }
}

impl Table for HelperTable {
    fn about(&self) -> &About {
        &self.about
    }

    fn asks_a_server(&self) -> bool {
        true
    }

    fn lookup(&self, key: &[u8]) -> Result<Option<Vec<u8>>, LookupError> {
        let mut request = Attrs::new();
        request.put_data(attribute::KEY, key);
        let mut stream = self.stream.lock().unwrap_or_else(PoisonError::into_inner);
        let answer = ask(&mut stream, &request).and_then(|attrs| Answer::read(&attrs));
        answer.map_err(|error| LookupError::Retry(Some(error.to_string())))?.into_lookup()
    }
}

/// Starts the process for a program, under whose name it will log.
fn start(opener: &Opener) -> io::Result<Stream> {
    let config = opener.settings().main_cf.as_ref().ok_or(io::ErrorKind::NotFound)?;
    let (ours, theirs) = UnixStream::pair()?;
    let verbose = (0..log::verbose()).map(|_| "-v");
    Command::new(Path::new(config.get(&params::DAEMON_DIRECTORY)).join(PROGRAM))
        .args(verbose)
        .arg(config.program())
        .stdin(OwnedFd::from(theirs))
        .stdout(Stdio::null())
        .spawn()?;
    Ok(BufReader::new(ours))
}

fn ask(stream: &mut Stream, request: &Attrs) -> Result<Attrs, ipc::Error> {
    blocking::write_attrs(stream.get_mut(), request)?;
    blocking::read_attrs(stream)?.ok_or(ipc::Error::Eof)
}

/// The other side: opens the table that the parent names first, and looks keys up until it hangs up.
///
/// # Errors
/// The parent breaks the rules, or the connection does.
pub fn serve(parent: UnixStream, opener: &Opener) -> Result<(), ipc::Error> {
    let mut parent = BufReader::new(parent);
    let Some(request) = blocking::read_attrs(&mut parent)? else { return Ok(()) };
    let mut scanner = request.scanner();
    let spec = scanner.str(attribute::TABLE)?.to_vec();
    let flags = u32::try_from(scanner.long(attribute::FLAGS)?).unwrap_or_default();
    let table = match opener.open(spec, Flags::from_bits(flags)) {
        Ok(table) => table,
        Err(error) => {
            let status = if error.always_fatal { status::FATAL } else { status::RETRY };
            let answer = Answer::new(status, error.text).attrs();
            return Ok(blocking::write_attrs(parent.get_mut(), &answer)?);
        }
    };
    let mut answer = Answer::new(status::DONE, "").attrs();
    answer.put_long(attribute::FLAGS, table.flags().bits().into()).put_long(
        attribute::OWNER,
        match table.owner() {
            Owner::Trusted => owner::TRUSTED,
            Owner::Unknown => owner::UNKNOWN,
            Owner::User(uid) => uid.into(),
        },
    );
    blocking::write_attrs(parent.get_mut(), &answer)?;
    while let Some(request) = blocking::read_attrs(&mut parent)? {
        let key = request.scanner().data(attribute::KEY)?;
        let answer = Answer::of_lookup(table.lookup(&key));
        blocking::write_attrs(parent.get_mut(), &answer.attrs())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Settings;

    fn conversation(requests: &[Attrs]) -> Vec<Attrs> {
        let (ours, theirs) = UnixStream::pair().unwrap();
        let opener = Opener::new(Settings::default());
        let server = std::thread::spawn(move || serve(theirs, &opener).unwrap());
        let mut stream = BufReader::new(ours);
        let answers = requests.iter().map(|request| ask(&mut stream, request).unwrap()).collect();
        drop(stream);
        server.join().unwrap();
        answers
    }

    fn open(spec: &str) -> Attrs {
        let mut request = Attrs::new();
        request.put_str(attribute::TABLE, spec).put_long(attribute::FLAGS, 0);
        request
    }

    fn key(key: &[u8]) -> Attrs {
        let mut request = Attrs::new();
        request.put_data(attribute::KEY, key);
        request
    }

    #[test]
    fn answers_of_a_table() {
        let answers = conversation(&[open("inline:{a=b}"), key(b"a"), key(b"c\0")]);
        assert_eq!(answers[0].long(attribute::OWNER), Some(owner::TRUSTED));
        let found: Vec<_> =
            answers[1..].iter().map(|attrs| Answer::read(attrs).unwrap().into_lookup()).collect();
        assert_eq!(found, [Ok(Some(b"b".to_vec())), Ok(None)]);
    }

    #[test]
    fn a_table_that_cannot_be_opened() {
        let answers = conversation(&[open("inline:{a")]);
        assert_eq!(answers[0].int(attribute::STATUS), Some(status::RETRY));
        assert!(!Answer::read(&answers[0]).unwrap().text.is_empty());
    }

    #[test]
    fn errors_travel() {
        for error in [
            LookupError::Retry(None),
            LookupError::Retry(Some("why".to_owned())),
            LookupError::Config,
            LookupError::Fatal("never".to_owned()),
        ] {
            assert_eq!(Answer::of_lookup(Err(error.clone())).into_lookup(), Err(error));
        }
    }
}
