//! `proxy:` tables: look-ups and changes by the proxymap(8) services.
//!
//! Requests wait for another process, so they belong on the blocking pool: see [`crate::Table::asks_a_server`].
//! Connections are kept for the next request, up to ipc_idle and ipc_ttl seconds.

use crate::{
    About, Access, Entry, Flags, LookupError, Name, OpenError, Owner, Seek, Settings, Table, log_lines,
};
use ipc::Attrs;
use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

const PROTOCOL: &str = "proxymap_protocol";
/// How often a connection is tried before the reference gives up, and the seconds between.
const CONNECT_TRIES: u32 = 10;
const CONNECT_PAUSE: Duration = Duration::from_secs(10);
/// How often a request is tried with fresh connections, a second apart.
const REQUEST_TRIES: u32 = 10;

/// What proxymap(8) says of a request.
pub mod status {
    /// It was done.
    pub const OK: i32 = 0;
    /// There is no such key, or it was there already.
    pub const NO_KEY: i32 = 1;
    /// Not now.
    pub const RETRY: i32 = 2;
    /// It makes no sense.
    pub const BAD: i32 = 3;
    /// It is not allowed for this table.
    pub const DENIED: i32 = 4;
    /// The table's configuration does not work.
    pub const CONFIG: i32 = 5;
}

/// One of the two services, and the connections to it that are idle now.
struct Service {
    name: String,
    queue_directory: PathBuf,
    timeout: Duration,
    idle_limit: Duration,
    life_limit: Duration,
    idle: Mutex<Vec<Connection>>,
}

struct Connection {
    stream: UnixStream,
    opened: Instant,
    used: Instant,
}

/// The services that proxied tables of a process share.
pub(crate) struct Proxies {
    read: Arc<Service>,
    write: Arc<Service>,
}

impl Proxies {
    /// Connects to nothing yet.
    pub(crate) fn new(settings: &Settings) -> Proxies {
        let service = |name: &str| {
            Arc::new(Service {
                name: name.to_owned(),
                queue_directory: settings.queue_directory.clone(),
                timeout: settings.ipc_timeout,
                idle_limit: settings.ipc_idle,
                life_limit: settings.ipc_ttl,
                idle: Mutex::default(),
            })
        };
        Proxies { read: service(&settings.proxymap_service), write: service(&settings.proxywrite_service) }
    }
}

fn read_attrs(stream: &mut UnixStream) -> io::Result<Attrs> {
    let mut input = Vec::new();
    let mut chunk = [0; 4096];
    loop {
        match Attrs::decode(&input) {
            Ok(Some((attrs, _))) => return Ok(attrs),
            Ok(None) => {}
            Err(error) => return Err(io::Error::other(error.to_string())),
        }
        match stream.read(&mut chunk)? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            count => input.extend_from_slice(&chunk[..count]),
        }
    }
}

impl Service {
    /// A daemon runs in the queue directory, perhaps as the root of its jail; a command does not.
    fn path(&self) -> PathBuf {
        let relative = Path::new("private").join(&self.name);
        if relative.exists() { relative } else { self.queue_directory.join(relative) }
    }

    /// Connects; a service that is not there yet is waited for.
    fn connect(&self) -> Result<Connection, LookupError> {
        let path = self.path();
        let mut tries = 0;
        let stream = loop {
            tries += 1;
            let error = match UnixStream::connect(&path) {
                Ok(stream) => break stream,
                Err(error) => sys::error_text(&error),
            };
            let text = format!("connect #{tries} to subsystem {}: {error}", path.display());
            if tries > CONNECT_TRIES {
                return Err(LookupError::Fatal(text));
            }
            log_lines::proxy_unexpected(&text);
            std::thread::sleep(CONNECT_PAUSE);
        };
        let timeout = Some(self.timeout).filter(|timeout| !timeout.is_zero());
        let set = stream.set_read_timeout(timeout).and_then(|()| stream.set_write_timeout(timeout));
        set.map_err(|error| LookupError::io(&error))?;
        let now = Instant::now();
        Ok(Connection { stream, opened: now, used: now })
    }

    /// A kept connection that is still good.
    fn kept(&self) -> Option<Connection> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        idle.retain(|connection| {
            now.duration_since(connection.used) < self.idle_limit
                && now.duration_since(connection.opened) < self.life_limit
        });
        while let Some(connection) = idle.pop() {
            // The service never speaks first, except to hang up.
            if !sys::descriptors::wait_readable(&connection.stream, Some(Duration::ZERO)).unwrap_or(true) {
                return Some(connection);
            }
        }
        None
    }

    fn exchange(connection: &mut Connection, request: &[u8], fresh: bool) -> io::Result<Attrs> {
        if fresh {
            let greeting = read_attrs(&mut connection.stream)?;
            if greeting.str("protocol") != Some(PROTOCOL.as_bytes()) {
                return Err(io::Error::other("unexpected protocol"));
            }
        }
        connection.stream.write_all(request)?;
        read_attrs(&mut connection.stream)
    }

    /// Sends a request and gives the answer. `function` is for messages.
    fn ask(&self, function: &str, request: &Attrs) -> Result<Attrs, LookupError> {
        let request = request.encode();
        let mut tries = 0;
        loop {
            tries += 1;
            let (mut connection, fresh) = match self.kept() {
                Some(connection) => (connection, false),
                None => (self.connect()?, true),
            };
            match Self::exchange(&mut connection, &request, fresh) {
                Ok(answer) => {
                    connection.used = Instant::now();
                    self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
                    return Ok(answer);
                }
                Err(error) => {
                    let text = match error.kind() {
                        io::ErrorKind::UnexpectedEof => "Application error".to_owned(),
                        _ => sys::error_text(&error),
                    };
                    if tries > 1 {
                        log_lines::proxy_service(function, &self.name, &text);
                    }
                    if tries >= REQUEST_TRIES {
                        return Err(LookupError::Retry(Some(text)));
                    }
                }
            }
            if fresh {
                std::thread::sleep(Duration::from_secs(1));
            }
        }
    }
}

/// A table behind a proxymap(8) service.
pub(crate) struct ProxyTable {
    service: Arc<Service>,
    about: About,
    instance_flags: Flags,
}

impl ProxyTable {
    /// Asks the service to open a table.
    pub(crate) fn open(
        proxies: &Proxies,
        name: &Name,
        access: Access,
        flags: Flags,
    ) -> Result<ProxyTable, OpenError> {
        let service = Arc::clone(if access == Access::Read { &proxies.read } else { &proxies.write });
        let about = About::new("proxy", name, flags, Owner::Unknown);
        let mut table = ProxyTable { service, about, instance_flags: flags };
        let mut request = Attrs::new();
        request.put_str("request", "open").put_str("table", name).put_int("instance_flags", number(flags));
        let answer = table
            .service
            .ask("dict_proxy_open", &request)
            .map_err(|error| OpenError::unavailable(error.to_string()))?;
        let service = &table.service.name;
        match answer.int("status") {
            Some(status::OK) => {}
            Some(status::BAD) => {
                let text = format!("{service} open failed for table \"{name}\": invalid request");
                return Err(OpenError::unavailable(text));
            }
            Some(status::DENIED) => {
                let text = format!("{service} service is not configured for table \"{name}\"");
                return Err(OpenError::unavailable(text));
            }
            other => {
                let status = other.unwrap_or(-1);
                let text = format!("{service} open failed for table \"{name}\": unexpected status {status}");
                return Err(OpenError::unavailable(text));
            }
        }
        table.about.flags = Flags::from_bits(answer.int("flags").unwrap_or(0) as u32);
        Ok(table)
    }

    fn request(&self, verb: &str) -> Attrs {
        let mut request = Attrs::new();
        request
            .put_str("request", verb)
            .put_str("table", &self.about.name)
            .put_int("instance_flags", number(self.instance_flags))
            .put_int("flags", number(self.about.flags));
        request
    }

    /// Judges an answer; true when the request was satisfied. `about` names the key or function, for messages.
    fn judge(&self, verb: &str, about: &str, answer: &Attrs) -> Result<bool, LookupError> {
        let (service, name) = (&self.service.name, &self.about.name);
        match answer.int("status") {
            Some(status::OK) => Ok(true),
            Some(status::NO_KEY) => Ok(false),
            Some(status::RETRY) => Err(LookupError::Retry(None)),
            Some(status::CONFIG) => Err(LookupError::Config),
            Some(status::BAD) => Err(LookupError::Fatal(format!(
                "{service} {verb} failed for table \"{name}\" {about}: invalid request"
            ))),
            Some(status::DENIED) => {
                let what = if verb == "update" || verb == "delete" { "update access" } else { "service" };
                Err(LookupError::Fatal(format!("{service} {what} is not configured for table \"{name}\"")))
            }
            other => {
                let status = other.unwrap_or(-1);
                log_lines::proxy_unexpected(&format!(
                    "{service} {verb} failed for table \"{name}\" {about}: unexpected reply status {status}"
                ));
                Err(LookupError::Retry(None))
            }
        }
    }
}

/// Flags as they travel.
fn number(flags: Flags) -> i32 {
    flags.bits() as i32
}

fn about_key(key: &[u8]) -> String {
    format!("key \"{}\"", log::bytes(key))
}

impl Table for ProxyTable {
    fn about(&self) -> &About {
        &self.about
    }

    fn asks_a_server(&self) -> bool {
        true
    }

    fn lookup(&self, key: &[u8]) -> Result<Option<Vec<u8>>, LookupError> {
        let mut request = self.request("lookup");
        request.put_str("key", key);
        let answer = self.service.ask("dict_proxy_lookup", &request)?;
        let found = self.judge("lookup", &about_key(key), &answer)?;
        Ok(if found { answer.str("value").map(<[u8]>::to_vec) } else { None })
    }

    fn update(&self, key: &[u8], value: &[u8]) -> Result<bool, LookupError> {
        let mut request = self.request("update");
        request.put_str("key", key).put_str("value", value);
        let answer = self.service.ask("dict_proxy_update", &request)?;
        self.judge("update", &about_key(key), &answer)
    }

    fn delete(&self, key: &[u8]) -> Result<bool, LookupError> {
        let mut request = self.request("delete");
        request.put_str("key", key);
        let answer = self.service.ask("dict_proxy_delete", &request)?;
        self.judge("delete", &about_key(key), &answer)
    }

    fn sequence(&self, seek: Seek) -> Result<Option<Entry>, LookupError> {
        let function = if seek == Seek::First { 0 } else { 1 };
        let mut request = self.request("sequence");
        request.put_int("function", function);
        let answer = self.service.ask("dict_proxy_sequence", &request)?;
        if !self.judge("sequence", &format!("function {function}"), &answer)? {
            return Ok(None);
        }
        let part = |name: &str| answer.str(name).unwrap_or_default().to_vec();
        Ok(Some((part("key"), part("value"))))
    }
}
