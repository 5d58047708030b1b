//! Where the listing comes from: showq(8), through its socket; or, when the mail system is down, as a child of the
//! superuser's.

use crate::{Failure, permit};
use config::Config;
use ipc::showq::Listing;
use ipc::{Class, Services};
use std::ffi::OsString;
use std::fs::File;
use std::io::{self, BufReader, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};

/// The text of the fatal line when showq(8) sent nonsense, or nothing.
const MALFORMED: &str = "malformed showq server response";

/// A listing from anywhere.
pub(crate) type AnyListing = Listing<BufReader<Box<dyn Read>>>;
/// Shows a listing.
pub(crate) type Show = fn(&Config, &mut AnyListing, &mut dyn Write) -> Result<(), ShowError>;

/// Why a listing cannot be shown.
pub(crate) enum ShowError {
    /// showq(8) sent nonsense, or stopped.
    Source,
    /// Our output cannot be written.
    Output(io::Error),
}

impl From<ipc::Error> for ShowError {
    fn from(_: ipc::Error) -> Self {
        ShowError::Source
    }
}

impl From<io::Error> for ShowError {
    fn from(error: io::Error) -> Self {
        ShowError::Output(error)
    }
}

const BUFFER_SIZE: usize = 64 * 1024;

/// Whether what was shown must not wait for more: the server is awaited, or `-v` says things in between.
pub(crate) fn is_due(listing: &AnyListing) -> bool {
    listing.is_drained() || log::verbose() > 0
}

/// Gets a listing and shows it.
pub(crate) fn with_listing(config: &Config, show: Show) -> Result<(), ExitCode> {
    permit(config, &params::AUTHORIZED_MAILQ_USERS, "view")?;
    let services = Services::new(config);
    let service = &services.settings().showq;
    let mail_name = config.get(&params::MAIL_NAME);
    match UnixStream::connect(services.path(Class::Public, service)) {
        Ok(stream) => {
            ipc::log_connected(Class::Public, service);
            let patience = Some(config.get(&params::IPC_TIMEOUT)).filter(|time| !time.is_zero());
            stream.set_read_timeout(patience).map_err(|error| Failure(sys::error_text(&error)))?;
            Ok(show_from(config, Box::new(stream), &format!("public/{service} socket"), show)?)
        }
        Err(error) => {
            ipc::log_not_connected(Class::Public, service, &error);
            let reason = format!("Connect to the {mail_name} {service} service: {}", sys::error_text(&error));
            if error.kind() == io::ErrorKind::PermissionDenied {
                return Err(Failure(reason).into());
            }
            if sys::identity::effective_uid() != 0 {
                let text = format!("Queue report unavailable - mail system is down ({reason})");
                return Err(Failure(text).into());
            }
            log::warn!("Mail system is down -- accessing queue directly ({reason})");
            Ok(run_showq(config, service, show)?)
        }
    }
}

fn show_from(config: &Config, source: Box<dyn Read>, name: &str, show: Show) -> Result<(), Failure> {
    let malformed = || Failure(MALFORMED.to_owned());
    let mut out = io::BufWriter::with_capacity(BUFFER_SIZE, output()?);
    let mut listing =
        Listing::open(BufReader::with_capacity(BUFFER_SIZE, source), name).map_err(|_| malformed())?;
    let result = show(config, &mut listing, &mut out);
    let flushed = out.flush();
    match result.and_then(|()| flushed.map_err(ShowError::Output)) {
        Ok(()) => Ok(()),
        Err(ShowError::Source) => Err(malformed()),
        // The reader of our output has seen enough.
        Err(ShowError::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        Err(ShowError::Output(error)) => {
            Err(Failure(format!("output write error: {}", sys::error_text(&error))))
        }
    }
}

/// Standard output as a file: the standard library's own hides that nobody can write to it, as when the caller closed
/// it and the C library put something unwritable in its place.
fn output() -> Result<File, Failure> {
    let output = io::stdout().as_fd().try_clone_to_owned();
    output
        .map(File::from)
        .map_err(|error| Failure(format!("output write error: {}", sys::error_text(&error))))
}

fn run_showq(config: &Config, service: &str, show: Show) -> Result<(), Failure> {
    let path = Path::new(config.get(&params::DAEMON_DIRECTORY)).join(service);
    let mut args: Vec<OsString> = vec!["-u".into(), "-S".into()];
    args.extend((0..log::verbose()).map(|_| OsString::from("-v")));
    let failed = || Failure(format!("Error running {}", path.display()));
    let child = Command::new(&path).args(args).stdout(Stdio::piped()).spawn();
    let mut child = child.map_err(|error| {
        // In the reference this is the last line of the child, and the next one that of the parent, who got nothing.
        let (path, why) = (path.display(), sys::error_text(&error));
        log::fatal_line!("vstream_popen: execvp {path}: {why}");
        Failure(MALFORMED.to_owned())
    })?;
    let Some(output) = child.stdout.take() else { return Err(failed()) };
    let shown = show_from(config, Box::new(output), "unknown_stream", show);
    let status = child.wait().map_err(|_| failed())?;
    shown?;
    if status.success() { Ok(()) } else { Err(failed()) }
}
