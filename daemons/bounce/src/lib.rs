//! The bounce(8) daemon, also as defer(8) and trace(8): keeps logs of what happened to recipients, and makes notices out
//! of them.
//!
//! `log_file` is the logs' format, `template` and `text` the texts of notices, `notice` their form, `send`
//! decides who gets one, and `compose` writes it into cleanup(8).

mod compose;
mod log_file;
mod log_lines;
mod notice;
mod original;
mod send;
mod settings;
mod template;
mod text;
mod wrap;

pub use template::{Class, Template, Templates};
pub use text::Texts;

use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use ipc::bounce::{Command, Message, Request, flags};
use ipc::deliver::{Dsn, Recipient, names};
use ipc::{Attrs, Connection, protocol};
use queue::flags::{dsn_ret, sendopts};
use queue::{Dir, Id, Queue};
use server::{Conn, Fatal, ProcessLimit, Session, SessionService, Setup, Stream};
use tokio::io::AsyncWriteExt as _;

use send::{Failure, Sender};
use settings::Settings;

/// Runs the daemon with its whole argument vector, the name it was called by first.
pub fn main(args: Vec<OsString>) -> ExitCode {
    server::run_sessions::<BounceService>(args)
}

/// Names under which postconf(1) calls this program to show templates.
const DUMP_TEMPLATES: &str = "dump_templates";
const EXPAND_TEMPLATES: &str = "expand_templates";

struct BounceService {
    sender: Sender,
    role: Role,
    timeout: Duration,
}

/// What the service is for, as its name says.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Role {
    /// bounce, defer, trace: keeps the log in that directory.
    Log(Dir),
    /// Shows this text, made of templates, to postconf(1).
    Show(Vec<u8>),
}

impl SessionService for BounceService {
    const PROGRAM: &'static str = "bounce";
    const PROCESS_LIMIT: ProcessLimit = ProcessLimit::None;

    fn pre_jail(setup: &Setup) -> Result<BounceService, Fatal> {
        setup.refuse_arguments()?;
        let config = &setup.config;
        let mut templates = Templates::built_in();
        let file = config.get(&params::BOUNCE_TEMPLATE_FILE);
        if !file.is_empty() {
            let content = config::read_file(Path::new(file)).map_err(Fatal::new)?;
            templates.load(file, &content).map_err(Fatal::new)?;
        }
        let sender = Sender {
            settings: Settings::new(config),
            services: ipc::Services::new(config),
            queue: Arc::new(Queue::from_config(config)),
            texts: Texts::new(config, templates),
        };
        let role = match setup.service_name.as_str() {
            DUMP_TEMPLATES => Role::Show(dump(&sender)),
            EXPAND_TEMPLATES => Role::Show(expand(&sender.texts).map_err(Fatal::new)?),
            name => Dir::by_name(name)
                .map(Role::Log)
                .ok_or_else(|| Fatal::new(format_args!("malformed service name: {name}")))?,
        };
        Ok(BounceService { sender, role, timeout: config.get(&params::IPC_TIMEOUT) })
    }

    async fn serve(self: Rc<Self>, connection: Conn, _session: Session) {
        match (&self.role, connection.stream) {
            (Role::Log(log), Stream::Unix(stream)) => {
                self.converse(*log, Connection::new(stream, self.timeout)).await;
            }
            (Role::Show(text), mut stream) => {
                // Whoever asked is gone if this fails.
                let _ = stream.write_all(text).await;
                let _ = stream.flush().await;
            }
            _ => {}
        }
    }
}

impl BounceService {
    /// One client, one request.
    async fn converse(&self, log: Dir, mut connection: Connection) {
        if connection.announce(protocol::BOUNCE).await.is_err() {
            return;
        }
        let Ok(Some(attrs)) = connection.receive_or_end().await else {
            log_lines::malformed_request();
            return;
        };
        let Ok(request) = Request::scan(&attrs).map(printable) else {
            log_lines::malformed_request();
            let _ = connection.send(&status(-1)).await;
            return;
        };
        let clean = clean_up_target(&request);
        let answer = match self.handle(log, request).await {
            Ok(()) => 0,
            Err(Failure::Status(status)) => status,
            Err(Failure::Fatal(text)) => {
                // Hanging up tells the client that nothing was done.
                log::fatal_line!("{text}");
                self.clean_up(log, clean);
                return;
            }
        };
        let told = connection.send(&status(answer)).await;
        if answer != 0 || told.is_err() {
            self.clean_up(log, clean);
        }
    }

    async fn handle(&self, log: Dir, request: Request) -> Result<(), Failure> {
        let sender = &self.sender;
        match request {
            Request::Append { id, recipient, dsn, .. } => self.append(log, id, recipient, dsn).await,
            Request::Notify { command, flags, mut message } => {
                self.guard_privacy(&mut message);
                match command {
                    Command::Warn => sender.delay(log, &message).await,
                    Command::Trace => sender.report(flags, log, &message).await,
                    _ => sender.failure(flags, log, &message).await,
                }
            }
            Request::Verp { flags, mut message, delimiters } => {
                if delimiters.len() != 2 {
                    log_lines::malformed_delimiters(&delimiters);
                    return Err(Failure::Status(-1));
                }
                self.guard_privacy(&mut message);
                sender.verp(flags, log, &message, &delimiters).await
            }
            Request::One { flags, mut message, recipient, dsn } => {
                if log != Dir::Bounce {
                    log_lines::wrong_service(log.name());
                    return Err(Failure::Status(-1));
                }
                self.guard_privacy(&mut message);
                sender.one(flags, &message, &recipient, &dsn).await
            }
        }
    }

    async fn append(&self, log: Dir, id: Id, recipient: Recipient, dsn: Dsn) -> Result<(), Failure> {
        let entry = log_file::format_entry(&recipient, &dsn, self.sender.settings.old_log_form);
        let queue = Arc::clone(&self.sender.queue);
        let name = id.clone();
        let written = tokio::task::spawn_blocking(move || log_file::append(&queue, log, &name, &entry)).await;
        match written {
            Ok(Ok(())) => Ok(()),
            Ok(Err((action, error))) => {
                let text = sys::error_text(&error);
                Err(Failure::Fatal(format!("{action} file {} {id}: {text}", log.name())))
            }
            // A panic; the log has it.
            Err(_) => Err(Failure::Status(-1)),
        }
    }

    /// Notices about mail that may only travel protected must not give it away (RFC 8689).
    fn guard_privacy(&self, message: &mut Message) {
        if !self.sender.settings.requiretls || message.sendopts & sendopts::REQUIRETLS_ESMTP == 0 {
            return;
        }
        message.sendopts &= !sendopts::REQUIRETLS_HEADER;
        if self.sender.settings.requiretls_redacts {
            message.sendopts &= !sendopts::REQUIRETLS_ESMTP;
            message.dsn_ret = dsn_ret::HDRS;
        }
    }

    fn clean_up(&self, log: Dir, target: Option<Id>) {
        if let Some(id) = target {
            // The client goes on as if it had never asked.
            let _ = self.sender.queue.remove(log, &id);
        }
    }
}

/// All templates, in the form that template files have.
fn dump(sender: &Sender) -> Vec<u8> {
    let mut out = Vec::new();
    for class in Class::ALL {
        if !out.is_empty() {
            out.push(b'\n');
        }
        sender.texts.template(class).dump(class, sender.settings.standard_from, &mut out);
    }
    out
}

/// The texts of all templates, with parameters filled in. The error is the text of a fatal log line.
fn expand(texts: &Texts) -> Result<Vec<u8>, String> {
    let mut out = Vec::new();
    for class in Class::ALL {
        if !out.is_empty() {
            out.push(b'\n');
        }
        let (class, template, text) = texts.get(class)?;
        out.extend_from_slice(format!("expanded_{}_text = <<EOF\n", class.name()).as_bytes());
        for line in text.lines(class, template) {
            out.extend_from_slice(line);
            out.push(b'\n');
        }
        out.extend_from_slice(b"EOF\n");
    }
    Ok(out)
}

fn status(number: i32) -> Attrs {
    let mut attrs = Attrs::new();
    attrs.put_int(names::STATUS, number);
    attrs
}

/// The message whose log is to go if the request fails.
fn clean_up_target(request: &Request) -> Option<Id> {
    let (request_flags, id) = match request {
        Request::Append { flags, id, .. } => (*flags, id),
        Request::Notify { flags, message, .. } | Request::Verp { flags, message, .. } => {
            (*flags, &message.id)
        }
        Request::One { .. } => return None,
    };
    (request_flags & flags::CLEAN != 0).then(|| id.clone())
}

/// Everything goes into a log file or a message, where control characters have no place.
fn printable(mut request: Request) -> Request {
    match &mut request {
        Request::Append { recipient, dsn, .. } => {
            clean_recipient(recipient);
            clean_dsn(dsn);
        }
        Request::Notify { message, .. } => clean_message(message),
        Request::Verp { message, delimiters, .. } => {
            clean_message(message);
            clean(delimiters);
        }
        Request::One { message, recipient, dsn, .. } => {
            clean_message(message);
            clean_recipient(recipient);
            clean_dsn(dsn);
        }
    }
    request
}

fn clean_message(message: &mut Message) {
    for field in [&mut message.encoding, &mut message.sender, &mut message.dsn_envid] {
        clean(field);
    }
}

fn clean_recipient(recipient: &mut Recipient) {
    for field in [&mut recipient.address, &mut recipient.original, &mut recipient.dsn_orcpt] {
        clean(field);
    }
}

fn clean_dsn(dsn: &mut Dsn) {
    for field in [
        &mut dsn.status,
        &mut dsn.action,
        &mut dsn.reason,
        &mut dsn.diag_type,
        &mut dsn.diag_text,
        &mut dsn.mta_type,
        &mut dsn.mta_name,
    ] {
        clean(field);
    }
}

fn clean(field: &mut Vec<u8>) {
    let is_clean = field.iter().all(|c| matches!(c, b' '..=b'~'));
    if !is_clean {
        *field = log::printable(field).into_bytes();
    }
}
