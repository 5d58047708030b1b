//! One submission: records from standard input, checked, into a file. The file becomes mail when it is on disk with
//! its final mode; only then is success reported.

use crate::abandon::{self, Unfinished};
use crate::log_lines;
use crate::sender_access::{self, Access};
use config::Config;
use ipc::cleanup::{Status, names};
use ipc::{Attrs, Class, Services, blocking, protocol, trigger};
use queue::file::{format_time, leading_number};
use queue::flags::trace;
use queue::record::segment;
use queue::{Dir, NewFile, Queue, Reader, Type, Writer, attr, mode};
use std::io;
use std::process::ExitCode;
use std::time::{Duration, SystemTime};
use sys::signals::HeldSignals;

/// A directory that cannot be written to now may be writable later; the mail has nowhere else to go.
const CREATE_PAUSE: Duration = Duration::from_secs(10);

/// The parts of a submission, in order.
const SEGMENTS: [&[u8]; 3] = [segment::POST_ENVELOPE, segment::POST_CONTENT, segment::POST_EXTRACT];

/// Takes a message from standard input. Gives the exit status; a fatal failure was logged.
pub(crate) fn submit(config: &Config) -> Result<ExitCode, ExitCode> {
    let queue = Queue::from_config(config);
    let started = SystemTime::now();
    let (file, unfinished) = create(&queue)
        .map_err(|error| cli::fatal(format_args!("catch signals: {}", sys::error_text(&error))))?;
    let mut announcement = protocol::announcement(protocol::POSTDROP);
    announcement.put_str(names::QUEUE_ID, file.id().as_str());
    // A caller that does not read this will not send a message, either.
    let _ = blocking::send(&mut io::stdout().lock(), &announcement);
    let max_record = usize::try_from(config.get(&params::LINE_LENGTH_LIMIT)).unwrap_or(usize::MAX);
    let mut copy = Copy {
        config,
        uid: sys::identity::real_uid(),
        input: Reader::new(io::stdin().lock()).with_limit(max_record),
        output: Writer::new(file),
        status: Status::OK,
        reason: String::new(),
        senders: 0,
        recipients: 0,
    };
    match copy.run(started) {
        Ok(End::Complete) => {}
        Ok(End::Cancelled) => {
            match unfinished.remove() {
                Some((path, Ok(()))) => log_lines::removed(&path),
                Some((path, Err(error))) => log_lines::cannot_remove(copy.uid, &path, &error),
                None => {}
            }
            return Ok(ExitCode::SUCCESS);
        }
        Err(text) => {
            unfinished.remove();
            return Err(cli::fatal(text));
        }
    }
    let (status, reason) = copy.finish(config, &unfinished);
    let mut answer = Attrs::new();
    answer.put_int(names::STATUS, status.0).put_str(names::REASON, if status.is_ok() { "" } else { &reason });
    let _ = blocking::send(&mut io::stdout().lock(), &answer);
    // The reference gives the number away, of which eight bits arrive.
    Ok(ExitCode::from(status.0 as u8))
}

/// Makes the file. The error is that signals cannot be caught.
fn create(queue: &Queue) -> io::Result<(NewFile, Unfinished)> {
    let signals = abandon::signals();
    loop {
        // None comes after the file is made and before it is watched over.
        let held = HeldSignals::new(&signals)?;
        match queue.create(Dir::Maildrop, mode::MAILDROP) {
            Ok(file) => {
                let unfinished = Unfinished::watch(file.path(), &signals)?;
                return Ok((file, unfinished));
            }
            Err(error) => log_lines::cannot_create(&error),
        }
        drop(held);
        std::thread::sleep(CREATE_PAUSE);
    }
}

enum End {
    Complete,
    /// The caller hung up: it does not want the message sent.
    Cancelled,
}

struct Copy<'a, R> {
    config: &'a Config,
    uid: u32,
    input: Reader<R>,
    output: Writer<NewFile>,
    status: Status,
    reason: String,
    senders: usize,
    recipients: usize,
}

impl<R: io::Read> Copy<'_, R> {
    /// Copies the message. The error is the text of a fatal log line.
    fn run(&mut self, started: SystemTime) -> Result<End, String> {
        // What the caller says about time is not believed.
        let mut written = self.output.put(Type::TIME, format_time(started).as_bytes());
        let mut part = 0;
        let mut data = Vec::new();
        loop {
            let Some(kind) = self.next_record(&mut data)? else { return Ok(End::Cancelled) };
            let expected = SEGMENTS.get(part).copied().unwrap_or_default();
            if !kind.is_in(expected) {
                return Err(format!("uid={}: unexpected record type: {}", self.uid, kind.0));
            }
            if !matches!(kind, Type::NORM | Type::CONT) && has_line_break(&data) {
                let text = data.split(|&byte| byte == 0).next().unwrap_or_default();
                let shown = log::bytes(text.get(..200).unwrap_or(text));
                let (uid, name) = (self.uid, kind.name());
                return Err(format!("uid={uid}: null or line break in '{name}' record type: {shown}"));
            }
            if expected.first() == Some(&kind.0) {
                part += 1;
            }
            match kind {
                Type::FROM => {
                    self.check_sender(&data)?;
                    self.senders += 1;
                }
                Type::RCPT => self.recipients += 1,
                Type::ATTR => {
                    if let Some(kept) = self.allowed_attribute(&data) {
                        written = written.and_then(|()| self.output.put(Type::ATTR, &kept));
                    }
                    continue;
                }
                _ => {}
            }
            if self.status.is_ok() && written.is_ok() {
                written = self.output.put(kind, &data);
            }
            if !self.status.is_ok() || written.is_err() {
                return self.drain(kind, written.err());
            }
            if kind == Type::END {
                if self.senders == 0 || self.recipients == 0 {
                    self.status = self.status.with(Status::BAD);
                }
                return Ok(End::Complete);
            }
        }
    }

    fn next_record(&mut self, data: &mut Vec<u8>) -> Result<Option<Type>, String> {
        match self.input.next_raw() {
            Ok(Some(record)) => {
                data.clear();
                data.extend_from_slice(record.data);
                Ok(Some(record.kind))
            }
            // Input that cannot be read is like input that ends: nobody sends this message.
            Ok(None) | Err(queue::record::Error::Io(_)) => Ok(None),
            Err(error) => {
                log_lines::bad_record(&error);
                Err(format!("uid={}: malformed input", self.uid))
            }
        }
    }

    /// Reads the rest of a message that cannot be accepted, or the caller would not read our answer.
    fn drain(&mut self, last: Type, error: Option<io::Error>) -> Result<End, String> {
        let mut data = Vec::new();
        let mut kind = Some(last);
        while kind.is_some_and(|kind| kind != Type::END) {
            kind = self.next_record(&mut data)?;
        }
        if let Some(error) = error {
            self.status = self.status.with(write_status(&error));
            log_lines::write_failed(self.uid, &error);
        }
        Ok(End::Complete)
    }

    fn check_sender(&mut self, sender: &[u8]) -> Result<(), String> {
        match sender_access::check(self.config, self.uid, sender)? {
            Access::Granted => {}
            Access::Denied(reason) => self.refuse(Status::NOPERM, reason),
            Access::Unknown(reason) => self.refuse(Status::WRITE, reason),
        }
        Ok(())
    }

    fn refuse(&mut self, status: Status, reason: String) {
        self.status = self.status.with(status);
        self.reason = reason;
    }

    /// The attribute record as it is stored, if a user may set that attribute.
    fn allowed_attribute(&self, record: &[u8]) -> Option<Vec<u8>> {
        let text = record.split(|&byte| byte == 0).next().unwrap_or_default();
        let (name, value) = match attr::split(text) {
            Ok(pair) => pair,
            Err(complaint) => {
                log_lines::malformed_attribute(self.uid, complaint, text);
                return None;
            }
        };
        if name == attr::TRACE_FLAGS.as_bytes() {
            let flags = i32::try_from(leading_number(value)).unwrap_or(0);
            if matches!(flags, trace::USR_VRFY | trace::RECORD) {
                return Some(format!("{}={flags}", attr::TRACE_FLAGS).into_bytes());
            }
            log_lines::unexpected_trace_flags(self.uid, value);
            return None;
        }
        if is_allowed(name, value) {
            return Some([name, b"=", value].concat());
        }
        log_lines::ignored_attribute(self.uid, name, value);
        None
    }

    /// Completes the file, or removes it, and says how it went.
    fn finish(self, config: &Config, unfinished: &Unfinished) -> (Status, String) {
        let Copy { uid, output, status, reason, .. } = self;
        if !status.is_ok() {
            unfinished.remove();
            return (status, reason);
        }
        match output.into_inner().and_then(NewFile::commit) {
            Ok(_) => {
                wake_pickup(config);
                // From here on, the mail is the mail system's.
                match unfinished.keep() {
                    Some(_) => (Status::OK, String::new()),
                    None => (Status::WRITE, String::new()),
                }
            }
            Err(error) => {
                log_lines::write_failed(uid, &error);
                unfinished.remove();
                (write_status(&error), reason)
            }
        }
    }
}

/// Only content may hold such bytes; elsewhere they could end up in headers or in other programs' input.
fn has_line_break(data: &[u8]) -> bool {
    data.iter().any(|byte| matches!(byte, 0 | b'\r' | b'\n'))
}

fn is_allowed(name: &[u8], value: &[u8]) -> bool {
    if name == attr::ENCODING.as_bytes() {
        return value.is_empty() || value == attr::ENC_7BIT.as_bytes() || value == attr::ENC_8BIT.as_bytes();
    }
    if name == attr::RWR_CONTEXT.as_bytes() {
        return value == attr::RWR_LOCAL.as_bytes() || value == attr::RWR_REMOTE.as_bytes();
    }
    attr::record_type(name).is_some()
}

fn write_status(error: &io::Error) -> Status {
    match error.kind() {
        io::ErrorKind::FileTooLarge => Status::SIZE,
        _ => Status::WRITE,
    }
}

/// Tells pickup(8) that there is mail. If it does not listen, it will look by itself some time.
fn wake_pickup(config: &Config) {
    let services = Services::new(config);
    let pickup = &services.settings().pickup;
    let _ = trigger::notify(&services, Class::Public, pickup, &[trigger::WAKEUP]);
}
