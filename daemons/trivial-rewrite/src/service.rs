//! The protocol: questions and answers on connections that stay.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ipc::rewrite::{Resolved, names};
use ipc::{Attrs, Connection, protocol};
use server::{Fatal, Session, SessionService, Setup, Stream};
use tables::Opener;

use crate::log_lines;
use crate::personality::Personality;
use crate::resolve::Resolver;

/// How often tables are looked at for changes that need a new process.
const CHECK_TABLES: Duration = Duration::from_secs(10);

/// The daemon.
pub(crate) struct TrivialRewrite {
    shared: Arc<Shared>,
    opener: Opener,
    timeout: Duration,
    /// The service's name in master.cf.
    name: String,
    tables_checked: Cell<Instant>,
}

/// What answers need, wherever they are made.
struct Shared {
    resolver: Resolver,
    regular: Personality,
    verify: Personality,
}

impl SessionService for TrivialRewrite {
    const PROGRAM: &'static str = "trivial-rewrite";
    const SHARED: bool = true;

    fn pre_jail(setup: &Setup) -> Result<Self, Fatal> {
        setup.refuse_arguments()?;
        let config = &setup.config;
        let opener = Opener::for_daemon(config);
        let shared = Shared {
            resolver: Resolver::open(&opener, config)?,
            regular: Personality::regular(&opener, config)?,
            verify: Personality::verify(&opener, config)?,
        };
        Ok(Self {
            shared: Arc::new(shared),
            opener,
            timeout: config.get(&params::IPC_TIMEOUT),
            name: setup.service_name.clone(),
            tables_checked: Cell::new(Instant::now()),
        })
    }

    fn post_jail(self: &Rc<Self>, _setup: &Setup) -> Result<(), Fatal> {
        for personality in [&self.shared.regular, &self.shared.verify] {
            if let Some(table) = &personality.transport_maps {
                table.prime();
            }
        }
        Ok(())
    }

    fn changed_table(&self) -> Option<String> {
        self.opener.needs_restart()
    }

    async fn serve(self: Rc<Self>, connection: server::Conn, session: Session) {
        let Stream::Unix(stream) = connection.stream else { return };
        let mut connection = Connection::new(stream, self.timeout);
        if connection.announce(protocol::TRIVIAL_REWRITE).await.is_err() {
            return;
        }
        loop {
            let request = tokio::select! {
                request = connection.receive_or_end() => request,
                () = session.retired() => return,
            };
            let answer = match request {
                Ok(Some(request)) => self.answer(&request).await,
                Ok(None) | Err(_) => return,
            };
            let Some(answer) = answer else { return };
            if connection.send(&answer).await.is_err() {
                return;
            }
            self.check_tables(&session);
        }
    }
}

impl TrivialRewrite {
    /// Ends the process, in an orderly way, when a table has changed that it cannot open again.
    fn check_tables(&self, session: &Session) {
        if self.tables_checked.get().elapsed() < CHECK_TABLES {
            return;
        }
        self.tables_checked.set(Instant::now());
        if let Some(table) = self.opener.needs_restart() {
            session.retire_process(&table);
        }
    }

    /// Answers a question; `None` if it makes no sense, and the client is to be left.
    async fn answer(&self, request: &Attrs) -> Option<Attrs> {
        match Question::scan(request) {
            Ok(Question::Rewrite { rule, address }) => self.rewrite(rule, address).await,
            Ok(Question::Resolve { verify, sender, address }) => {
                Some(self.resolve(verify, sender, address).await)
            }
            Ok(Question::Unknown(command)) => {
                log_lines::bad_command(command);
                None
            }
            Err(error) => {
                log_lines::bad_request(&self.name, &error);
                None
            }
        }
    }

    async fn rewrite(&self, rule: &[u8], address: &[u8]) -> Option<Attrs> {
        let local = match rule {
            _ if rule == names::LOCAL.as_bytes() => true,
            _ if rule == names::REMOTE.as_bytes() => false,
            _ => {
                log_lines::unknown_context(rule);
                return None;
            }
        };
        let result = if address.is_empty() {
            log_lines::null_address();
            Vec::new()
        } else if self.shared.resolver.rewriting_asks_a_server() {
            let address = address.to_vec();
            self.off_thread(move |shared| shared.resolver.rewrite_external(local, &address)).await?
        } else {
            self.shared.resolver.rewrite_external(local, address)
        };
        let mut answer = Attrs::new();
        answer.put_int(names::FLAGS, 0).put_str(names::ADDRESS, result);
        Some(answer)
    }

    async fn resolve(&self, verify: bool, sender: &[u8], address: &[u8]) -> Attrs {
        let personality = self.shared.personality(verify);
        let resolved = if self.shared.resolver.asks_a_server() || personality.asks_a_server() {
            let (sender, address) = (sender.to_vec(), address.to_vec());
            let look_up =
                move |shared: &Shared| shared.resolver.resolve(shared.personality(verify), &sender, &address);
            self.off_thread(look_up)
                .await
                .unwrap_or_else(|| Resolved { flags: ipc::rewrite::flags::FAIL, ..Resolved::default() })
        } else {
            self.shared.resolver.resolve(personality, sender, address)
        };
        let mut answer = Attrs::new();
        answer.put_int(names::FLAGS, 0);
        answer.put_str(names::TRANSPORT, resolved.transport).put_str(names::NEXTHOP, resolved.nexthop);
        answer.put_str(names::RECIPIENT, resolved.recipient).put_int(names::FLAGS, resolved.flags);
        answer
    }

    /// Runs something that may wait for another process on the blocking pool.
    async fn off_thread<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Shared) -> T + Send + 'static,
    ) -> Option<T> {
        let shared = Arc::clone(&self.shared);
        let number = log::number();
        tokio::task::spawn_blocking(move || log::in_number(number, || work(&shared))).await.ok()
    }
}

/// What a client asks.
enum Question<'a> {
    Rewrite { rule: &'a [u8], address: &'a [u8] },
    Resolve { verify: bool, sender: &'a [u8], address: &'a [u8] },
    Unknown(&'a [u8]),
}

impl<'a> Question<'a> {
    fn scan(request: &'a Attrs) -> Result<Self, ipc::Error> {
        let mut scanner = request.scanner();
        let command = scanner.str(names::REQUEST)?;
        let question = if command == names::REWRITE.as_bytes() {
            Question::Rewrite { rule: scanner.str(names::RULE)?, address: scanner.str(names::ADDRESS)? }
        } else if command == names::RESOLVE.as_bytes() || command == names::VERIFY.as_bytes() {
            let verify = command == names::VERIFY.as_bytes();
            Question::Resolve {
                verify,
                sender: scanner.str(names::SENDER)?,
                address: scanner.str(names::ADDRESS)?,
            }
        } else {
            return Ok(Question::Unknown(command));
        };
        scanner.end().map(|()| question)
    }
}

impl Shared {
    fn personality(&self, verify: bool) -> &Personality {
        if verify { &self.verify } else { &self.regular }
    }
}
