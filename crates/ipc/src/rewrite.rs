//! trivial-rewrite(8): brings addresses into standard form, and finds the way for a recipient.

use crate::{Attrs, Class, Error, Pool, Services, log_lines, protocol};
use std::cell::RefCell;
use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// Request names and rule sets.
pub mod names {
    /// Rewrite an address.
    pub const REWRITE: &str = "rewrite";
    /// Resolve an address.
    pub const RESOLVE: &str = "resolve";
    /// Resolve an address that is only to be verified.
    pub const VERIFY: &str = "verify";
    /// Rule set for local mail.
    pub const LOCAL: &str = "local";
    /// Rule set for mail of strangers.
    pub const REMOTE: &str = "remote";
    /// Attribute: request.
    pub const REQUEST: &str = "request";
    /// Attribute: rule set.
    pub const RULE: &str = "rule";
    /// Attribute: address.
    pub const ADDRESS: &str = "address";
    /// Attribute: sender.
    pub const SENDER: &str = "sender";
    /// Attribute: flags (of the server, and again of the resolver).
    pub const FLAGS: &str = "flags";
    /// Attribute: transport.
    pub const TRANSPORT: &str = "transport";
    /// Attribute: next hop.
    pub const NEXTHOP: &str = "nexthop";
    /// Attribute: recipient.
    pub const RECIPIENT: &str = "recipient";
}

/// Flags of a resolved address.
pub mod flags {
    /// Final delivery here.
    pub const FINAL: i32 = 1;
    /// The local part holds more routing.
    pub const ROUTED: i32 = 1 << 1;
    /// The address is malformed.
    pub const ERROR: i32 = 1 << 2;
    /// The question could not be answered now.
    pub const FAIL: i32 = 1 << 3;
    /// Domain of mydestination, inet_interfaces, proxy_interfaces.
    pub const CLASS_LOCAL: i32 = 1 << 8;
    /// Domain of virtual_alias_domains.
    pub const CLASS_ALIAS: i32 = 1 << 9;
    /// Domain of virtual_mailbox_domains.
    pub const CLASS_VIRTUAL: i32 = 1 << 10;
    /// Domain of relay_domains.
    pub const CLASS_RELAY: i32 = 1 << 11;
    /// Any other domain.
    pub const CLASS_DEFAULT: i32 = 1 << 12;
    /// The classes that end here.
    pub const CLASS_FINAL: i32 = CLASS_LOCAL | CLASS_ALIAS | CLASS_VIRTUAL;
    /// All classes.
    pub const CLASS_MASK: i32 = CLASS_FINAL | CLASS_RELAY | CLASS_DEFAULT;
}

/// The way for a recipient.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Resolved {
    /// See [`flags`].
    pub flags: i32,
    /// Name of the delivery agent's service.
    pub transport: Vec<u8>,
    /// Where to send it.
    pub nexthop: Vec<u8>,
    /// The recipient, in internal form.
    pub recipient: Vec<u8>,
}

/// A client of trivial-rewrite(8), with a small memory for answers of the last seconds.
#[derive(Debug)]
pub struct Client {
    pool: Pool,
    rewritten: RefCell<Memory<Vec<u8>>>,
    resolved: RefCell<Memory<Resolved>>,
}

/// How many conversations a process has with trivial-rewrite(8) at a time.
const PLACES: usize = 4;

impl Client {
    /// A client without a connection yet.
    pub fn new(services: &Services) -> Client {
        let service = services.settings().rewrite.clone();
        Client {
            pool: Pool::new(services, Class::Private, &service, protocol::TRIVIAL_REWRITE, PLACES),
            rewritten: RefCell::new(Memory::new()),
            resolved: RefCell::new(Memory::new()),
        }
    }

    /// The standard form of an address. `rule` is `local`, `remote`, or another rule set; the address is in
    /// external (quoted) form, and so is the answer.
    pub async fn rewrite(&self, rule: &str, address: &[u8]) -> Result<Vec<u8>, Error> {
        let mut request = Attrs::new();
        request.put_str(names::REQUEST, names::REWRITE);
        request.put_str(names::RULE, rule).put_str(names::ADDRESS, address);
        if let Some(known) = self.rewritten.borrow_mut().recall(&request) {
            return Ok(known);
        }
        let (server, result) = self
            .pool
            .insist(&request, |answer| {
                let mut scanner = answer.scanner();
                let server = scanner.int(names::FLAGS)?;
                let address = scanner.str(names::ADDRESS)?.to_vec();
                scanner.end().map(|()| (server, address))
            })
            .await?;
        self.heed(server);
        self.rewritten.borrow_mut().keep(request, result.clone());
        Ok(result)
    }

    /// The way for a recipient, given in internal form. The sender (internal form, may be empty) matters for
    /// sender-dependent routes.
    pub async fn resolve(&self, sender: &[u8], address: &[u8]) -> Result<Resolved, Error> {
        self.resolve_class(names::RESOLVE, sender, address).await
    }

    /// The same for an address that is only to be verified (address_verify_* parameters).
    pub async fn resolve_for_verify(&self, sender: &[u8], address: &[u8]) -> Result<Resolved, Error> {
        self.resolve_class(names::VERIFY, sender, address).await
    }

    async fn resolve_class(&self, class: &str, sender: &[u8], address: &[u8]) -> Result<Resolved, Error> {
        let mut request = Attrs::new();
        request.put_str(names::REQUEST, class);
        request.put_str(names::SENDER, sender).put_str(names::ADDRESS, address);
        if let Some(known) = self.resolved.borrow_mut().recall(&request) {
            return Ok(known);
        }
        loop {
            let (server, resolved) = self.pool.insist(&request, parse_resolved).await?;
            self.heed(server);
            if resolved.transport.is_empty() {
                log_lines::null_transport(address);
            } else if resolved.recipient.is_empty() && !address.is_empty() {
                log_lines::null_recipient(address);
            } else {
                self.resolved.borrow_mut().keep(request, resolved.clone());
                return Ok(resolved);
            }
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    }

    /// A server that is about to restart, because a table changed, says so with non-zero flags.
    fn heed(&self, server_flags: i32) {
        if server_flags != 0 {
            self.pool.forget();
            self.rewritten.borrow_mut().clear();
            self.resolved.borrow_mut().clear();
        }
    }
}

fn parse_resolved(answer: &Attrs) -> Result<(i32, Resolved), Error> {
    let mut scanner = answer.scanner();
    let server = scanner.int(names::FLAGS)?;
    let transport = scanner.str(names::TRANSPORT)?.to_vec();
    let nexthop = scanner.str(names::NEXTHOP)?.to_vec();
    let recipient = scanner.str(names::RECIPIENT)?.to_vec();
    let flags = scanner.int(names::FLAGS)?;
    scanner.end()?;
    Ok((server, Resolved { flags, transport, nexthop, recipient }))
}

/// Answers of the last seconds. The reference keeps one answer for 30 seconds; with many sessions in a process,
/// a few more for a shorter time save more and are never staler than the reference's.
#[derive(Debug)]
struct Memory<T> {
    answers: VecDeque<(Attrs, T, Instant)>,
}

const MEMORY_SIZE: usize = 16;
const MEMORY_TIME: Duration = Duration::from_secs(2);

impl<T: Clone> Memory<T> {
    fn new() -> Self {
        Memory { answers: VecDeque::with_capacity(MEMORY_SIZE) }
    }

    fn recall(&mut self, request: &Attrs) -> Option<T> {
        while self.answers.back().is_some_and(|(_, _, when)| when.elapsed() > MEMORY_TIME) {
            self.answers.pop_back();
        }
        self.answers.iter().find(|(known, _, _)| known == request).map(|(_, answer, _)| answer.clone())
    }

    fn keep(&mut self, request: Attrs, answer: T) {
        if self.answers.len() >= MEMORY_SIZE {
            self.answers.pop_back();
        }
        self.answers.push_front((request, answer, Instant::now()));
    }

    fn clear(&mut self) {
        self.answers.clear();
    }
}
