//! Kept connections to one service.

use crate::{Attrs, Class, Connection, Error, Services, log_lines};
use std::cell::RefCell;
use std::time::{Duration, Instant};
use tokio::sync::Semaphore;

/// Connections to a service that answers one request after the other, shared by the sessions of a process. A
/// connection is given up after it was idle for ipc_idle or open for ipc_ttl.
#[derive(Debug)]
pub struct Pool {
    services: Services,
    class: Class,
    service: String,
    protocol: &'static str,
    idle: RefCell<Vec<Kept>>,
    places: Semaphore,
}

#[derive(Debug)]
struct Kept {
    connection: Connection,
    opened: Instant,
    used: Instant,
}

const RETRY_PAUSE: Duration = Duration::from_secs(1);

impl Pool {
    /// A pool of at most `places` connections to `class/service`.
    pub fn new(
        services: &Services,
        class: Class,
        service: &str,
        protocol: &'static str,
        places: usize,
    ) -> Pool {
        Pool {
            services: services.clone(),
            class,
            service: service.to_owned(),
            protocol,
            idle: RefCell::new(Vec::new()),
            places: Semaphore::new(places),
        }
    }

    /// The services that this pool's is one of.
    pub fn services(&self) -> &Services {
        &self.services
    }

    /// Asks, and asks again until there is an answer that `parse` understands, as Postfix's clients of services
    /// do that must be there while the system runs. The error is that the service cannot be connected to, after
    /// all tries.
    pub async fn insist<T>(
        &self,
        request: &Attrs,
        parse: impl Fn(&Attrs) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let mut failures = 0;
        loop {
            match self.try_once(request, &parse).await {
                Ok(answer) => return Ok(answer),
                Err(error @ Error::Connect { .. }) => return Err(error),
                Err(error) => {
                    failures += 1;
                    if failures > 1 || log::verbose() > 0 {
                        log_lines::exchange_failed(&self.service, &error);
                    }
                }
            }
            tokio::time::sleep(RETRY_PAUSE).await;
        }
    }

    /// Asks, at most `tries` times.
    pub async fn ask<T>(
        &self,
        request: &Attrs,
        tries: u32,
        parse: impl Fn(&Attrs) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let mut tried = 0;
        loop {
            tried += 1;
            match self.try_once(request, &parse).await {
                Ok(answer) => return Ok(answer),
                Err(error) if tried >= tries => return Err(error),
                Err(_) => tokio::time::sleep(RETRY_PAUSE).await,
            }
        }
    }

    async fn try_once<T>(
        &self,
        request: &Attrs,
        parse: impl Fn(&Attrs) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let Ok(_place) = self.places.acquire().await else { return Err(Error::Eof) };
        // A kept connection may have been closed a moment ago; that is no reason to complain or to wait.
        while let Some(mut kept) = self.take_idle() {
            let exchange = self.exchange(&mut kept.connection, request).await;
            if let Ok(answer) = exchange {
                return self.understand(kept, &answer, parse);
            }
        }
        let now = Instant::now();
        let mut kept = Kept { connection: self.open().await?, opened: now, used: now };
        let answer = self.exchange(&mut kept.connection, request).await?;
        self.understand(kept, &answer, parse)
    }

    fn understand<T>(
        &self,
        mut kept: Kept,
        answer: &Attrs,
        parse: impl Fn(&Attrs) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let result = parse(answer)?;
        kept.used = Instant::now();
        self.idle.borrow_mut().push(kept);
        Ok(result)
    }

    fn take_idle(&self) -> Option<Kept> {
        let settings = self.services.settings();
        let mut idle = self.idle.borrow_mut();
        idle.retain(|kept| {
            kept.used.elapsed() < settings.idle_limit && kept.opened.elapsed() < settings.ttl_limit
        });
        while let Some(kept) = idle.pop() {
            if !kept.connection.is_stale() {
                return Some(kept);
            }
        }
        None
    }

    async fn open(&self) -> Result<Connection, Error> {
        let mut connection = self.services.connect_wait(self.class, &self.service).await?;
        connection.expect_protocol(self.protocol).await?;
        Ok(connection)
    }

    async fn exchange(&self, connection: &mut Connection, request: &Attrs) -> Result<Attrs, Error> {
        connection.send(request).await?;
        connection.receive().await
    }

    /// Closes the connections that nobody uses, because the service asked for it or its answers changed.
    pub fn forget(&self) {
        self.idle.borrow_mut().clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Settings, protocol};
    use tokio::net::UnixListener;

    /// Answers `requests` questions on each connection, then hangs up.
    async fn serve(listener: UnixListener, requests: usize) {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let mut connection = Connection::new(stream, Duration::from_secs(5));
            connection.announce(protocol::VERIFY).await.unwrap();
            for _ in 0..requests {
                let Ok(Some(request)) = connection.receive_or_end().await else { break };
                connection.send(&request).await.unwrap();
            }
        }
    }

    #[test]
    fn a_server_may_hang_up_between_requests() {
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir(root.path().join("private")).unwrap();
        let listener = std::os::unix::net::UnixListener::bind(root.path().join("private/x")).unwrap();
        listener.set_nonblocking(true).unwrap();
        let settings = Settings { queue_directory: root.path().to_owned(), ..Settings::default() };
        let started = Instant::now();
        crate::blocking::run(async {
            let server = tokio::task::spawn_local(serve(UnixListener::from_std(listener).unwrap(), 2));
            let services = Services::with(settings);
            let pool = Pool::new(&services, Class::Private, "x", protocol::VERIFY, 2);
            for number in 0..7 {
                let mut request = Attrs::new();
                request.put_int("n", number);
                let answer = pool.insist(&request, |attrs| attrs.int("n").ok_or(Error::Missing("n"))).await;
                assert_eq!(answer.unwrap(), number);
            }
            server.abort();
        })
        .unwrap();
        // No pause for a connection that went stale.
        assert!(started.elapsed() < RETRY_PAUSE);
    }
}
