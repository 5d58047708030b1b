//! Where the internal services are, and how to reach them.

use crate::{Connection, Error, log_lines};
use config::Config;
use std::path::PathBuf;
use std::rc::Rc;
use std::time::Duration;
use tokio::net::UnixStream;

/// Which directory a service's socket is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Reachable for group postdrop.
    Public,
    /// For the mail system alone.
    Private,
}

impl Class {
    /// The directory's name.
    pub fn name(self) -> &'static str {
        match self {
            Class::Public => "public",
            Class::Private => "private",
        }
    }
}

/// Names of services and limits, as configured.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The queue directory; empty for the current one.
    pub queue_directory: PathBuf,
    /// ipc_timeout: limit for each read and write.
    pub timeout: Duration,
    /// ipc_idle: how long an unused connection is kept.
    pub idle_limit: Duration,
    /// ipc_ttl: how long any connection is kept.
    pub ttl_limit: Duration,
    /// trigger_timeout.
    pub trigger_timeout: Duration,
    /// bounce_service_name.
    pub bounce: String,
    /// cleanup_service_name.
    pub cleanup: String,
    /// defer_service_name.
    pub defer: String,
    /// flush_service_name.
    pub flush: String,
    /// pickup_service_name.
    pub pickup: String,
    /// queue_service_name.
    pub queue: String,
    /// rewrite_service_name.
    pub rewrite: String,
    /// showq_service_name.
    pub showq: String,
    /// trace_service_name.
    pub trace: String,
    /// address_verify_service_name.
    pub verify: String,
}

impl Default for Settings {
    fn default() -> Self {
        let name = str::to_owned;
        Settings {
            queue_directory: PathBuf::new(),
            timeout: Duration::from_secs(3600),
            idle_limit: Duration::from_secs(5),
            ttl_limit: Duration::from_secs(1000),
            trigger_timeout: Duration::from_secs(10),
            bounce: name("bounce"),
            cleanup: name("cleanup"),
            defer: name("defer"),
            flush: name("flush"),
            pickup: name("pickup"),
            queue: name("qmgr"),
            rewrite: name("rewrite"),
            showq: name("showq"),
            trace: name("trace"),
            verify: name("verify"),
        }
    }
}

/// The mail system's internal services. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Services(Rc<Settings>);

/// As patient as Postfix is with a service that does not answer the door.
const CONNECT_TRIES: u32 = 10;
const CONNECT_PAUSE: Duration = Duration::from_secs(10);

impl Services {
    /// The services that main.cf describes, below the current directory (the queue directory).
    pub fn new(config: &Config) -> Services {
        let name = |param: &params::Param<params::Text>| config.get(param).to_owned();
        Services::with(Settings {
            queue_directory: PathBuf::new(),
            timeout: config.get(&params::IPC_TIMEOUT),
            idle_limit: config.get(&params::IPC_IDLE),
            ttl_limit: config.get(&params::IPC_TTL),
            trigger_timeout: config.get(&params::TRIGGER_TIMEOUT),
            bounce: name(&params::BOUNCE_SERVICE_NAME),
            cleanup: name(&params::CLEANUP_SERVICE_NAME),
            defer: name(&params::DEFER_SERVICE_NAME),
            flush: name(&params::FLUSH_SERVICE_NAME),
            pickup: name(&params::PICKUP_SERVICE_NAME),
            queue: name(&params::QUEUE_SERVICE_NAME),
            rewrite: name(&params::REWRITE_SERVICE_NAME),
            showq: name(&params::SHOWQ_SERVICE_NAME),
            trace: name(&params::TRACE_SERVICE_NAME),
            verify: name(&params::ADDRESS_VERIFY_SERVICE_NAME),
        })
    }

    /// Services with these settings.
    pub fn with(settings: Settings) -> Services {
        Services(Rc::new(settings))
    }

    /// The settings.
    pub fn settings(&self) -> &Settings {
        &self.0
    }

    /// The path of a service's socket.
    pub fn path(&self, class: Class, name: &str) -> PathBuf {
        self.0.queue_directory.join(class.name()).join(name)
    }

    /// Connects, once.
    pub async fn connect(&self, class: Class, name: &str) -> Result<Connection, Error> {
        match UnixStream::connect(self.path(class, name)).await {
            Ok(stream) => {
                log_lines::connected(class, name);
                Ok(Connection::new(stream, self.0.timeout).named(format!("{}/{name} socket", class.name())))
            }
            Err(error) => {
                log_lines::not_connected(class, name, &error);
                Err(Error::Connect { service: format!("{}/{name}", class.name()), tries: 1, error })
            }
        }
    }

    /// Connects and waits for the service to come up, with a warning for each failed try.
    pub async fn connect_wait(&self, class: Class, name: &str) -> Result<Connection, Error> {
        let mut tries = 0;
        loop {
            tries += 1;
            match self.connect(class, name).await {
                Ok(connection) => return Ok(connection),
                Err(Error::Connect { service, error, .. }) if tries > CONNECT_TRIES => {
                    return Err(Error::Connect { service, tries, error });
                }
                Err(error) => log_lines::connect_failed(tries, class, name, &error),
            }
            tokio::time::sleep(CONNECT_PAUSE).await;
        }
    }
}
