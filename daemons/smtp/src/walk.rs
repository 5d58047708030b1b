//! The way of a message from destination to destination and from server to server, until no recipient is left.

use std::collections::HashSet;

use dns::exchange::{Exchanges, Found, Problem, Target};
use ipc::deliver::flags;
use queue::flags::sendopts;
use smtp::ehlo::Keywords;

use crate::cache::Key;
use crate::client::Client;
use crate::connect;
use crate::destination::{self, Destination, Malformed};
use crate::envelope;
use crate::failure::Failure;
use crate::hello::{self, Purpose};
use crate::job::Job;
use crate::log_lines;
use crate::session::{Fate, Peer, Session};
use crate::settings::{Protocol, TlsLevel, pick_param, words};
use crate::transfer;

/// The port of mail exchangers. Only there can mail loop back to ourselves.
const SMTP_PORT: u16 = 25;

/// The port of SMTP in TLS from the start.
const SMTPS_PORT: u16 = 465;

/// Delivers a message. Afterwards every recipient has an outcome.
///
/// # Errors
/// A configured destination makes no sense; nothing is known about the recipients that are left.
pub(crate) async fn deliver(client: &Client, job: &mut Job) -> Result<(), Malformed> {
    let nexthop = nexthop_text(&job.request.nexthop);
    let mut walk = Walk {
        needs_smtputf8: envelope::needs_smtputf8(&job.request),
        client,
        job,
        conn_load: false,
        conn_store: false,
        cache_destination: None,
        used_from_cache: HashSet::new(),
        final_nexthop: false,
        loop_detection: false,
        destination: String::new(),
    };
    // A sender who asked for protection all the way must not lose it here.
    let must_protect = walk.job.request.sendopts & sendopts::REQUIRETLS_ESMTP != 0;
    match (client.settings.protocol, nexthop.strip_prefix("unix:")) {
        _ if must_protect && client.settings.must_have_tls(&nexthop) => {
            let text = "Sender requested REQUIRETLS, but our TLS engine is unavailable";
            walk.job.why = Some(Failure::local("4.7.10", text));
        }
        (Protocol::Lmtp, Some(path)) => walk.go_to_socket(path).await,
        (Protocol::Lmtp, None) => {
            let nexthop = nexthop.strip_prefix("inet:").unwrap_or(&nexthop);
            walk.go_to_network(nexthop).await?;
        }
        (Protocol::Smtp, _) => walk.go_to_network(&nexthop).await?,
    }
    if !job.recipients.is_empty() {
        job.final_server = true;
        let why = job.why.take().unwrap_or_else(unavailable);
        job.fail_all(None, &why.throttling()).await;
        job.clean_up();
    }
    Ok(())
}

fn unavailable() -> Failure {
    Failure::local("4.3.0", "server unavailable or unable to receive mail")
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Failure {
        Failure::local(problem.dsn, problem.text)
    }
}

struct Walk<'a> {
    client: &'a Client,
    job: &'a mut Job,
    needs_smtputf8: bool,
    /// Kept connections may be used.
    conn_load: bool,
    /// Connections may be kept.
    conn_store: bool,
    /// The destination under which the first good connection is kept.
    cache_destination: Option<Key>,
    /// Addresses whose kept connections were used: they are not connected to again.
    used_from_cache: HashSet<String>,
    /// After this destination there is none.
    final_nexthop: bool,
    loop_detection: bool,
    /// The destination of the moment, as configured.
    destination: String,
}

/// A nexthop as text. Bytes that are none become question marks, which no host has in its name.
fn nexthop_text(nexthop: &[u8]) -> String {
    match std::str::from_utf8(nexthop) {
        Ok(text) => text.to_owned(),
        Err(_) => log::printable(nexthop),
    }
}

impl Walk<'_> {
    async fn go_to_socket(&mut self, path: &str) {
        let settings = &self.client.settings;
        if !settings.fallback_relay.is_empty() {
            let name = pick_param!(settings.protocol, SMTP_FALLBACK_RELAY, LMTP_FALLBACK_RELAY).name();
            log_lines::ignoring_fallback(name, &settings.fallback_relay);
        }
        path.clone_into(&mut self.destination);
        self.cache_policy(path);
        self.cache_destination = (self.conn_load || self.conn_store).then(|| self.key(path));
        self.job.begin_server();
        let mut session = None;
        if self.conn_load
            && let Some(key) = self.cache_destination.clone()
        {
            session = self.reuse(|client| client.cache.take_by_destination(&key)).await;
        }
        let connected = match session {
            Some(session) => Ok(session),
            None => connect::to_socket(self.client, path, self.conn_store).await,
        };
        match connected {
            Ok(session) => {
                self.job.final_server = true;
                self.converse(session).await;
            }
            Err(failure) => self.job.why = Some(failure),
        }
    }

    async fn go_to_network(&mut self, nexthop: &str) -> Result<(), Malformed> {
        let settings = &self.client.settings;
        let own: Vec<&str> = words(nexthop).collect();
        let sites: Vec<&str> = own.iter().copied().chain(words(&settings.fallback_relay)).collect();
        let mut last = 0;
        for (number, site) in sites.iter().enumerate() {
            if self.job.recipients.is_empty() {
                break;
            }
            last = number;
            self.final_nexthop = number + 1 == sites.len();
            let destination = self.parse(site)?;
            self.go_to_destination(&destination, number == 0).await;
            if self.final_nexthop {
                break;
            }
        }
        if !self.job.recipients.is_empty() {
            let is_fallback = last >= own.len();
            let is_relayhost = sites.first().is_some_and(|site| *site == settings.relayhost);
            self.explain_leftovers(is_fallback, is_relayhost).await;
        }
        Ok(())
    }

    fn parse(&self, site: &str) -> Result<Destination, Malformed> {
        let settings = &self.client.settings;
        let destination = destination::parse(site, &settings.default_port, settings.utf8, |name| {
            self.client.port_of(name)
        })?;
        if settings.helpful_warnings && !settings.tls.wrapper && destination.port == SMTPS_PORT {
            let wrapper = pick_param!(settings.protocol, SMTP_TLS_WRAPPERMODE, LMTP_TLS_WRAPPERMODE).name();
            let level =
                pick_param!(settings.protocol, SMTP_TLS_SECURITY_LEVEL, LMTP_TLS_SECURITY_LEVEL).name();
            log_lines::smtps_hint(wrapper, level);
        }
        Ok(destination)
    }

    /// Configuration problems must not bounce mail, and mail for ourselves may have a place to go.
    async fn explain_leftovers(&mut self, is_fallback: bool, is_relayhost: bool) {
        let settings = &self.client.settings;
        let Some(why) = &mut self.job.why else { return };
        if why.is_soft() {
            return;
        }
        if is_fallback {
            log_lines::configuration_problem(params::SMTP_FALLBACK_RELAY.name());
            why.dsn = "4.3.5".to_owned();
        } else if settings.protocol == Protocol::Smtp && is_relayhost {
            log_lines::configuration_problem(params::RELAYHOST.name());
            why.dsn = "4.3.5".to_owned();
        } else if settings.protocol == Protocol::Smtp
            && why.is_loop()
            && !settings.best_mx_transport.is_empty()
        {
            self.job.why = None;
            self.job.pass_to(&settings.best_mx_transport).await;
        }
    }

    async fn go_to_destination(&mut self, destination: &Destination, is_first: bool) {
        self.destination.clone_from(&destination.text);
        let found = self.look_up(destination).await;
        if found.found_myself {
            self.final_nexthop = true;
        }
        self.job.why = found.problem.map(Failure::from);
        if found.targets.is_empty() && self.job.why.as_ref().is_some_and(Failure::is_loop) {
            self.final_nexthop = true;
        }
        let mut targets = found.targets;
        let Some(best) = targets.first().map(|target| target.preference) else { return };
        match self.client.tls_level_for(&destination.text) {
            Ok(level) => self.job.tls.set_level(level),
            Err(failure) => {
                for target in &targets {
                    log_lines::tls_policy_problem(&destination.text, &target.host, &failure.reason);
                }
                self.job.tls.unknown();
                self.job.why = Some(failure);
                return;
            }
        }
        if is_first {
            self.cache_policy(&destination.domain);
            // Under a level other than none, a connection is never found again by destination: the reference looks it up
            // without a level, before it knows the server.
            let by_destination = self.job.tls.level() == TlsLevel::None;
            if by_destination && (self.conn_load || self.conn_store) {
                self.cache_destination = Some(self.key(&destination.text));
            }
        }
        let mut sessions = 0;
        if self.conn_load {
            targets.retain(|target| !self.used_from_cache.contains(&target.address.to_string()));
            sessions = self.reuse_sessions(destination, &mut targets, best).await;
        }
        self.connect_to_servers(destination, targets, best, sessions).await;
    }

    async fn look_up(&mut self, destination: &Destination) -> Found {
        let settings = &self.client.settings;
        let is_smtp = settings.protocol == Protocol::Smtp;
        self.loop_detection = is_smtp && destination.port == SMTP_PORT;
        let without_dns = settings.dns_disabled || destination.literal;
        let is_own = |address| self.client.is_own_address(address);
        let exchanges = Exchanges {
            resolver: &self.client.resolver,
            settings: &settings.lookup,
            is_own_address: if self.loop_detection { Some(&is_own) } else { None },
        };
        if !without_dns && self.client.uses_srv(&destination.service) {
            exchanges.of_service(&destination.domain, &destination.service, is_smtp).await
        } else if is_smtp && !without_dns {
            exchanges.of_domain(&destination.domain).await
        } else {
            exchanges.of_host(&destination.domain).await
        }
    }

    /// Whether connections are kept: always for listed destinations, else as the queue manager asks.
    fn cache_policy(&mut self, destination: &str) {
        let asked = self.job.request.flags;
        if self.client.caches_destination(destination) {
            self.conn_load = true;
            self.conn_store = true;
        } else {
            let on_demand = self.client.settings.cache.on_demand;
            self.conn_load = on_demand && asked & flags::CONN_LOAD != 0;
            self.conn_store = on_demand && asked & flags::CONN_STORE != 0;
        }
    }

    fn key(&self, place: &str) -> Key {
        Key { place: place.to_owned(), smtputf8: self.needs_smtputf8 }
    }

    fn endpoint(&self, peer: &Peer) -> Key {
        match peer.port {
            Some(port) => self.key(&format!("[{}]:{port}", peer.address)),
            None => self.key(&peer.address),
        }
    }

    /// Takes a kept connection that still works.
    async fn reuse(&mut self, take: impl Fn(&Client) -> Option<Session>) -> Option<Session> {
        // What was begun in the clear must not carry mail that needs more.
        if self.job.tls.level().is_mandatory() {
            return None;
        }
        let mut session = take(self.client)?;
        let needs_login = session.features.has(Keywords::AUTH)
            && self.client.has_password_for(&session.peer.host, &self.destination, &self.job.request.sender);
        if needs_login {
            return None;
        }
        session.from_cache = true;
        session.reuse_count += 1;
        session.history.clear();
        self.client.debug_peers.begin(&mut session);
        if !transfer::probe(self.client, &mut session, self.job.queue_id()).await {
            return None;
        }
        self.used_from_cache.insert(session.peer.address.clone());
        Some(session)
    }

    /// Sends over kept connections to this destination and to its most preferred servers; gives the number of sessions.
    async fn reuse_sessions(
        &mut self,
        destination: &Destination,
        targets: &mut Vec<Target>,
        best: u32,
    ) -> usize {
        let mut sessions = 0;
        // The log shows no TLS level here: none was looked up for a connection that was chosen by destination.
        if let Some(key) = self.cache_destination.clone()
            && let Some(session) = self.reuse(|client| client.cache.take_by_destination(&key)).await
        {
            sessions = 1;
            self.forget(targets, &session.peer.address, sessions);
            self.job.final_server = self.final_nexthop && targets.is_empty();
            self.converse(session).await;
        }
        for target in targets.clone() {
            if self.job.recipients.is_empty() || target.preference != best || targets.is_empty() {
                break;
            }
            self.job.begin_server();
            let key = self.endpoint(&peer_of(destination, &target));
            let Some(mut session) = self.reuse(|client| client.cache.take_by_endpoint(&key)).await else {
                continue;
            };
            session.is_best_mx = true;
            sessions += 1;
            self.forget(targets, &session.peer.address, sessions);
            self.job.final_server = self.final_nexthop && targets.is_empty();
            self.converse(session).await;
        }
        sessions
    }

    /// Takes a server off the list, or all once enough servers were tried.
    fn forget(&self, targets: &mut Vec<Target>, address: &str, sessions: usize) {
        let settings = &self.client.settings;
        if sessions == settings.mx_session_limit || sessions == settings.mx_address_limit {
            targets.clear();
        } else if let Some(at) = targets.iter().position(|target| target.address.to_string() == address) {
            targets.remove(at);
        }
    }

    async fn connect_to_servers(
        &mut self,
        destination: &Destination,
        targets: Vec<Target>,
        best: u32,
        sessions_before: usize,
    ) {
        let settings = &self.client.settings;
        let mut addresses = sessions_before;
        let mut sessions = sessions_before;
        let count = targets.len();
        for (number, target) in targets.into_iter().enumerate() {
            if self.job.recipients.is_empty() {
                break;
            }
            addresses += 1;
            let mut is_last = number + 1 == count || addresses == settings.mx_address_limit;
            self.job.begin_server();
            let peer = peer_of(destination, &target);
            match self.connect(peer, &target, best).await {
                Ok(mut session) => {
                    session.is_best_mx |= target.preference == best;
                    self.job.final_server |= self.final_nexthop && is_last;
                    if session.from_cache || self.open(&mut session).await {
                        sessions += 1;
                        is_last |= sessions == settings.mx_session_limit;
                        self.job.final_server |= self.final_nexthop && is_last;
                        transfer::send(self.client, &mut session, self.job).await;
                    }
                    self.finish(session).await;
                }
                Err(failure) => {
                    log_lines::skipped(&failure.reason);
                    self.job.why = Some(failure);
                }
            }
            if is_last {
                break;
            }
        }
    }

    async fn connect(&mut self, peer: Peer, target: &Target, best: u32) -> Result<Session, Failure> {
        let settings = &self.client.settings;
        if settings.tls.wrapper {
            let wrapper = pick_param!(settings.protocol, SMTP_TLS_WRAPPERMODE, LMTP_TLS_WRAPPERMODE).name();
            let level =
                pick_param!(settings.protocol, SMTP_TLS_SECURITY_LEVEL, LMTP_TLS_SECURITY_LEVEL).name();
            if !self.job.tls.level().is_mandatory() {
                log_lines::wrapper_needs_level(wrapper, level);
            }
            return Err(Failure::local("4.7.5", "TLS is required, but our TLS engine is unavailable"));
        }
        if self.conn_load && target.preference != best {
            let key = self.endpoint(&peer);
            if let Some(session) = self.reuse(|client| client.cache.take_by_endpoint(&key)).await {
                return Ok(session);
            }
        }
        connect::to_address(self.client, peer, target.address, self.conn_store).await
    }

    /// Greets the server, unless the connection was kept, and sends the message.
    async fn converse(&mut self, mut session: Session) {
        if session.from_cache || self.open(&mut session).await {
            transfer::send(self.client, &mut session, self.job).await;
        }
        self.finish(session).await;
    }

    async fn open(&mut self, session: &mut Session) -> bool {
        let request = &self.job.request;
        let nexthop = nexthop_text(&request.nexthop);
        let purpose = Purpose {
            queue_id: request.id.as_str(),
            nexthop: &nexthop,
            destination: &self.destination,
            sender: &request.sender,
            arrival: crate::job::arrival(request),
            detect_loops: self.loop_detection,
            needs_smtputf8: self.needs_smtputf8,
        };
        match hello::open(self.client, session, &purpose, &mut self.job.tls).await {
            Ok(()) => true,
            Err(failure) => {
                if session.from_cache {
                    session.dont_cache();
                }
                self.job.fail_all(Some(session), &failure).await;
                if session.fate != Fate::Forbidden && !session.channel.is_broken() {
                    let queue_id = self.job.queue_id().to_owned();
                    transfer::quit(self.client, session, &queue_id).await;
                    session.said_quit = true;
                }
                false
            }
        }
    }

    /// Keeps the connection or hangs up, and clears the list of recipients.
    async fn finish(&mut self, mut session: Session) {
        self.client.notify_postmaster(&session, &self.job.request).await;
        let throttled = session.fate == Fate::Throttled;
        if session.is_expired(self.client.settings.cache.reuse_count_limit) {
            let queue_id = self.job.queue_id().to_owned();
            transfer::quit(self.client, &mut session, &queue_id).await;
            session.said_quit = true;
        }
        self.client.debug_peers.end(&mut session);
        let is_good = session.is_cached() && !session.channel.is_broken() && !session.said_quit;
        if is_good {
            let endpoint = self.endpoint(&session.peer);
            let limit = self.client.settings.cache.time_limit;
            let destination = self.cache_destination.clone();
            self.client.cache.store(destination, endpoint, session, limit);
        } else {
            let limit = self.client.settings.timeouts.quit;
            session.close(limit).await;
        }
        if !throttled {
            self.cache_destination = None;
        }
        self.job.clean_up();
    }
}

fn peer_of(destination: &Destination, target: &Target) -> Peer {
    Peer {
        host: target.host.clone(),
        address: target.address.to_string(),
        port: Some(target.port.unwrap_or(destination.port)),
    }
}
