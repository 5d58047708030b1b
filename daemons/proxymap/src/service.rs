//! The protocol with other daemons: requests about tables, on connections that stay.

use crate::approved::{Approved, Which, without_proxy};
use crate::log_lines::{self, Mode};
use ipc::{Attrs, Connection, protocol};
use server::{Conn, Fatal, Session, SessionService, Setup, Stream};
use std::cell::RefCell;
use std::collections::HashMap;
use std::io::Write;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;
use tables::{
    Access, Flags, IfUnavailable, LookupError, Opener, Seek, Settings, Table, proxy_status as status,
};

/// Open tables by name and by the flags that clients open them with.
type OpenTables = HashMap<(Vec<u8>, u32), Arc<dyn Table>>;

/// The daemon.
pub(crate) struct Proxymap {
    mode: Mode,
    approved: Approved,
    opener: Opener,
    open: RefCell<OpenTables>,
    timeout: Duration,
}

impl SessionService for Proxymap {
    const PROGRAM: &'static str = "proxymap";
    const SHARED: bool = true;

    /// `export-all-SERVICE` and `export-proxy-SERVICE` list tables on standard output.
    fn errand(setup: &Setup) -> Result<bool, Fatal> {
        let name = &setup.service_name;
        let (service, which) = match (name.strip_prefix("export-all-"), name.strip_prefix("export-proxy-")) {
            (Some(service), _) => (service, Which::All),
            (None, Some(service)) => (service, Which::Proxied),
            (None, None) => return Ok(false),
        };
        let approved = Approved::from_config(&setup.config, mode_of(service)?, which);
        let lines: Vec<u8> = approved.tables().flat_map(|table| [table, b"\n"].concat()).collect();
        // As in the reference, a reader that went away makes no difference.
        let _ = std::io::stdout().lock().write_all(&lines);
        Ok(true)
    }

    fn pre_jail(setup: &Setup) -> Result<Self, Fatal> {
        setup.refuse_arguments()?;
        let config = &setup.config;
        let mode = mode_of(&setup.service_name)?;
        if mode == Mode::Write {
            // A signal to the mail system's process group shall not interrupt a change.
            let _ = sys::process::new_session();
        }
        let mut settings = Settings::from_config(config, IfUnavailable::StandIn);
        settings.proxies_are_here = true;
        Ok(Proxymap {
            mode,
            approved: Approved::from_config(config, mode, Which::Proxied),
            opener: Opener::new(settings),
            open: RefCell::default(),
            timeout: config.get(&params::IPC_TIMEOUT),
        })
    }

    fn changed_table(&self) -> Option<String> {
        if self.mode == Mode::Read { self.opener.needs_restart() } else { None }
    }

    async fn serve(self: Rc<Self>, connection: Conn, session: Session) {
        let Stream::Unix(stream) = connection.stream else { return };
        let mut connection = Connection::new(stream, self.timeout);
        if connection.announce(protocol::PROXYMAP).await.is_err() {
            return;
        }
        loop {
            let request = tokio::select! {
                request = connection.receive_or_end() => request,
                () = session.retired() => return,
            };
            let Ok(Some(request)) = request else { return };
            let Some(answer) = self.answer(&request).await else { return };
            if connection.send(&answer).await.is_err() {
                return;
            }
        }
    }
}

fn mode_of(service: &str) -> Result<Mode, Fatal> {
    match service {
        "proxymap" => Ok(Mode::Read),
        "proxywrite" => Ok(Mode::Write),
        other => Err(Fatal::new(format_args!(
            "invalid service name: \"{other}\" - service name must be \"proxywrite\" or \"proxymap\""
        ))),
    }
}

/// What is done with a table.
enum Request<'a> {
    Open,
    LookUp { key: &'a [u8] },
    Update { key: &'a [u8], value: &'a [u8] },
    Delete { key: &'a [u8] },
    Sequence { seek: Seek },
}

/// A request as far as all have the same attributes.
struct Call<'a> {
    table: &'a [u8],
    instance_flags: Flags,
    flags: Flags,
    request: Request<'a>,
}

impl<'a> Call<'a> {
    /// Reads a request. `Ok(None)` is one whose function does not exist.
    fn parse(verb: &[u8], attrs: &'a Attrs) -> Result<Option<Call<'a>>, ipc::Error> {
        let mut scanner = attrs.scanner();
        scanner.str("request")?;
        let table = scanner.str("table")?;
        let instance_flags = Flags::from_bits(scanner.int("instance_flags")? as u32);
        if verb == b"open" {
            scanner.end()?;
            return Ok(Some(Call { table, instance_flags, flags: Flags::NONE, request: Request::Open }));
        }
        let flags = Flags::from_bits(scanner.int("flags")? as u32);
        let request = match verb {
            b"sequence" => match scanner.int("function")? {
                0 => Request::Sequence { seek: Seek::First },
                1 => Request::Sequence { seek: Seek::Next },
                _ => return Ok(None),
            },
            b"update" => Request::Update { key: scanner.str("key")?, value: scanner.str("value")? },
            b"delete" => Request::Delete { key: scanner.str("key")? },
            _ => Request::LookUp { key: scanner.str("key")? },
        };
        scanner.end()?;
        Ok(Some(Call { table, instance_flags, flags, request }))
    }
}

/// An answer before it is written down.
struct Answer {
    status: i32,
    flags: Flags,
    key: Vec<u8>,
    value: Vec<u8>,
}

impl Answer {
    fn of_status(status: i32) -> Answer {
        Answer { status, flags: Flags::NONE, key: Vec::new(), value: Vec::new() }
    }

    /// The attributes that a client waits for depend on its request.
    fn attrs(&self, verb: &[u8]) -> Attrs {
        let mut attrs = Attrs::new();
        attrs.put_int("status", self.status).put_int("flags", self.flags.bits() as i32);
        if verb == b"sequence" {
            attrs.put_str("key", &self.key);
        }
        if verb == b"sequence" || verb == b"lookup" {
            attrs.put_str("value", &self.value);
        }
        attrs
    }
}

fn status_of(error: &LookupError) -> i32 {
    match error {
        LookupError::Config => status::CONFIG,
        LookupError::Retry(_) => status::RETRY,
        LookupError::Fatal(text) => {
            log_lines::failed(text);
            status::RETRY
        }
    }
}

fn status_of_change(done: Result<bool, LookupError>) -> i32 {
    match done {
        Ok(true) => status::OK,
        Ok(false) => status::NO_KEY,
        Err(error) => status_of(&error),
    }
}

impl Proxymap {
    /// Answers a request; `None` for one that is none, and whose client is to be left.
    async fn answer(&self, attrs: &Attrs) -> Option<Attrs> {
        let verb = attrs.scanner().str("request").inspect_err(log_lines::malformed_request).ok()?;
        if !matches!(verb, b"open" | b"lookup" | b"update" | b"delete" | b"sequence") {
            log_lines::unrecognized_request(verb);
            let mut refusal = Attrs::new();
            refusal.put_int("status", status::BAD);
            return Some(refusal);
        }
        let call = Call::parse(verb, attrs).inspect_err(log_lines::malformed_request).ok().flatten();
        Some(match call {
            Some(call) => self.perform(&call).await.attrs(verb),
            None => Answer::of_status(status::BAD).attrs(verb),
        })
    }

    async fn perform(&self, call: &Call<'_>) -> Answer {
        let refused = match &call.request {
            Request::Update { .. } => Some("update"),
            Request::Delete { .. } => Some("delete"),
            _ => None,
        };
        if let Some(verb) = refused.filter(|_| self.mode == Mode::Read) {
            log_lines::refused_change(call.table, verb);
            return Answer::of_status(status::DENIED);
        }
        let table = match self.table(call.table, call.instance_flags) {
            Ok(table) => table,
            Err(status) => return Answer::of_status(status),
        };
        let mut answer = Answer { flags: call.flags, ..Answer::of_status(status::OK) };
        match &call.request {
            Request::Open => answer.flags = shown_flags(&*table, call.instance_flags),
            Request::LookUp { key } => {
                let key = key.to_vec();
                match off_thread(&table, false, move |table| table.lookup(&key)).await {
                    Ok(Some(value)) => answer.value = value,
                    Ok(None) => answer.status = status::NO_KEY,
                    Err(error) => answer.status = status_of(&error),
                }
            }
            Request::Update { key, value } => {
                let (key, value) = (key.to_vec(), value.to_vec());
                answer.flags = call.flags | WRITER_FLAGS;
                let done = off_thread(&table, true, move |table| table.update(&key, &value)).await;
                answer.status = status_of_change(done);
            }
            Request::Delete { key } => {
                let key = key.to_vec();
                answer.flags = call.flags | Flags::SYNC_UPDATE;
                let done = off_thread(&table, true, move |table| table.delete(&key)).await;
                answer.status = status_of_change(done);
            }
            Request::Sequence { seek } => {
                let seek = *seek;
                match off_thread(&table, false, move |table| table.sequence(seek)).await {
                    Ok(Some((key, value))) => (answer.key, answer.value) = (key, value),
                    Ok(None) => answer.status = status::NO_KEY,
                    Err(error) => answer.status = status_of(&error),
                }
            }
        }
        answer
    }

    /// Opens a table that is approved; the error is the status to answer with.
    fn table(&self, name: &[u8], instance_flags: Flags) -> Result<Arc<dyn Table>, i32> {
        let name = without_proxy(name);
        if !name.contains(&b':') {
            return Err(status::BAD);
        }
        if !self.approved.contains(name) {
            log_lines::unapproved(name, self.mode);
            return Err(status::DENIED);
        }
        let place = (name.to_vec(), instance_flags.bits());
        if let Some(table) = self.open.borrow().get(&place) {
            return Ok(Arc::clone(table));
        }
        let opened = match self.mode {
            Mode::Read => self.opener.open(name, instance_flags),
            Mode::Write => self.opener.open_for(name, Access::CreateAndChange, writer_flags(instance_flags)),
        };
        let table = opened.map_err(|error| {
            log_lines::failed(&error.text);
            status::RETRY
        })?;
        self.open.borrow_mut().insert(place, Arc::clone(&table));
        Ok(table)
    }
}

/// Every change through this service replaces what was there, and is on disk before it is answered.
const WRITER_FLAGS: Flags = Flags::SYNC_UPDATE.union(Flags::DUP_REPLACE);

/// How a table is opened for changes that a client opens with these flags. A client that builds tables asks for no locks,
/// because it is alone and soon done; this process stays, and others must get at the table between two requests.
fn writer_flags(asked: Flags) -> Flags {
    let locks = if asked.contains(Flags::OPEN_LOCK) { Flags::NONE } else { Flags::LOCK };
    asked | WRITER_FLAGS | locks
}

/// A table's flags as if it had been opened with no more than the client asked for.
fn shown_flags(table: &dyn Table, asked: Flags) -> Flags {
    let added = WRITER_FLAGS | Flags::LOCK;
    table.flags().without(added) | (asked & added)
}

/// Does a request to a table; on another thread, when it may wait for a disk or a server.
async fn off_thread<T: Send + 'static>(
    table: &Arc<dyn Table>,
    writes: bool,
    request: impl FnOnce(&dyn Table) -> Result<T, LookupError> + Send + 'static,
) -> Result<T, LookupError> {
    if !writes && !table.asks_a_server() {
        return request(&**table);
    }
    let (table, number) = (Arc::clone(table), log::number());
    tokio::task::spawn_blocking(move || log::in_number(number, || request(&*table)))
        .await
        .unwrap_or_else(|error| Err(LookupError::Retry(Some(error.to_string()))))
}
