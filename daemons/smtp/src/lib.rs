//! The smtp(8) and lmtp(8) daemons: deliver mail to other systems.
//!
//! The queue manager hands over a message with recipients for one destination. `walk` finds the destination's servers
//! and tries one after the other; `hello` opens a conversation; `transfer` moves the message; `job` keeps the
//! recipients and reports what became of each. Many deliveries go on at once in one process, one task each; they share
//! the `client`, where the kept connections are, too.
//!
//! TLS and SASL are not there yet: a destination that must have TLS gets its mail deferred, never in the clear.

mod cache;
mod channel;
mod checks;
mod client;
mod connect;
mod destination;
mod envelope;
mod failure;
mod generic;
mod hello;
mod job;
mod log_lines;
mod message;
mod notify;
mod peers;
mod session;
mod settings;
mod tls_status;
mod transfer;
mod unsupported;
mod walk;

use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;
use std::rc::Rc;
use std::time::Duration;

use config::OldDefault;
use delivery::delivered_to::DeliveredTo;
use delivery::{Delivery, Received, Reporter};
use ipc::{Connection, Services};
use queue::Queue;
use server::{Conn, Fatal, Session, SessionService, Setup, Stream};
use tables::Opener;

use client::Client;
use failure::Failure;
use generic::Unreadable;
use job::{Job, Manners};
use settings::{Protocol, TlsLevel, pick_param};
use tls_status::TlsStatus;

/// Runs the daemon with its whole argument vector, the name it was called by first.
pub fn main(args: Vec<OsString>) -> ExitCode {
    let name = args.first().map(Path::new).and_then(Path::file_name).and_then(|name| name.to_str());
    match name.and_then(Protocol::from_program) {
        Some(Protocol::Lmtp) => server::run_sessions::<Service<true>>(args),
        _ => server::run_sessions::<Service<false>>(args),
    }
}

struct Service<const LMTP: bool> {
    client: Client,
    opener: Opener,
    reporter: Rc<Reporter>,
    manners: Manners,
    queue: Queue,
    timeout: Duration,
}

impl<const LMTP: bool> SessionService for Service<LMTP> {
    const PROGRAM: &'static str = if LMTP { "lmtp" } else { "smtp" };

    fn pre_jail(setup: &Setup) -> Result<Self, Fatal> {
        let config = &setup.config;
        let protocol = if LMTP { Protocol::Lmtp } else { Protocol::Smtp };
        setup.warn_unsupported(unsupported::names(protocol));
        let arguments: Vec<String> =
            setup.args.iter().map(|argument| argument.to_string_lossy().into_owned()).collect();
        let opener = Opener::for_daemon(config);
        let client = Client::open(setup, protocol, &arguments, &opener)?;
        let level = pick_param!(protocol, SMTP_TLS_SECURITY_LEVEL, LMTP_TLS_SECURITY_LEVEL).name();
        // The default asks for TLS where it can be had; who did not ask is not told that it cannot.
        if client.settings.tls.level > TlsLevel::None && config.raw(level).is_some() {
            server::log_unsupported(level);
        }
        // Lookups work, but nobody asks whether their answers are validated.
        let dns_support = pick_param!(protocol, SMTP_DNS_SUPPORT_LEVEL, LMTP_DNS_SUPPORT_LEVEL).name();
        if config.lookup(dns_support).is_some_and(|level| level == b"dnssec") {
            server::log_unsupported(dns_support);
        }
        if protocol == Protocol::Smtp && config.uses_old_default(OldDefault::SmtpTlsSecurityLevel) {
            log_lines::old_tls_level();
        }
        let filter = match protocol {
            Protocol::Smtp => &params::SMTP_DELIVERY_STATUS_FILTER,
            Protocol::Lmtp => &params::LMTP_DELIVERY_STATUS_FILTER,
        };
        let reporter = Reporter::open(config, &Services::new(config), &opener, Some(filter))
            .map_err(|error| Fatal::new(error.text))?;
        Ok(Service {
            manners: Manners::new(&client.settings, client.flags.final_delivery),
            client,
            opener,
            reporter: Rc::new(reporter),
            queue: Queue::from_config(config),
            timeout: config.get(&params::IPC_TIMEOUT),
        })
    }

    async fn serve(self: Rc<Self>, connection: Conn, session: Session) {
        if !session.is_retired()
            && let Some(table) = self.opener.needs_restart()
        {
            session.retire_process(&table);
        }
        let Stream::Unix(stream) = connection.stream else { return };
        let mut connection = Connection::new(stream, self.timeout);
        let delivery = match Delivery::receive(&mut connection, &self.queue).await {
            Ok(Received::Delivery(delivery)) => delivery,
            Ok(Received::Nothing) => return,
            Err(fatal) => return log_lines::fatal(&fatal),
        };
        // A fatal error leaves the queue manager without an answer; it then tries again later.
        match self.deliver(*delivery).await {
            Ok((delivery, verdict)) => delivery.conclude(&mut connection, verdict).await,
            Err(text) => log_lines::fatal(&text),
        }
    }
}

impl<const LMTP: bool> Service<LMTP> {
    async fn deliver(&self, delivery: Delivery) -> Result<(Delivery, delivery::Verdict), String> {
        let settings = &self.client.settings;
        let tls = TlsStatus::new(settings.tls.level);
        let mut job = Job::new(delivery, &self.reporter, &self.manners, tls);
        self.client.debug_peers.begin_delivery(&job.request.nexthop);
        if job.request.nexthop.is_empty() {
            return Err("empty nexthop hostname".to_owned());
        }
        let refusal = self.refusal(&job).map_err(|unreadable| unreadable.to_string())?;
        match refusal {
            Some(failure) => job.reject(&settings.service, &failure).await,
            None => walk::deliver(&self.client, &mut job).await.map_err(|error| error.to_string())?,
        }
        job.into_result().map_err(|fatal| fatal.to_string())
    }

    /// Why a request cannot be worked on with the flags that master.cf sets.
    fn refusal(&self, job: &Job) -> Result<Option<Failure>, Unreadable> {
        let flags = &self.client.flags;
        let misconfigured = |flag| {
            log_lines::flag_needs_single_recipient(flag, &self.client.settings.service);
            Ok(Some(Failure::local("4.3.5", "mail system configuration error")))
        };
        let Some(first) = job.recipients.first().map(|entry| &entry.recipient) else { return Ok(None) };
        if flags.delivered_to {
            if job.recipients.len() > 1 {
                return misconfigured('D');
            }
            let offset = u64::try_from(job.request.data_offset).unwrap_or(0);
            let seen = DeliveredTo::read(job.file(), offset).unwrap_or_default();
            if seen.contains(&self.client.generic_address(&first.address)?) {
                let shown = String::from_utf8_lossy(&first.address);
                let text = format!("mail forwarding loop for {shown}");
                return Ok(Some(Failure::local("5.4.6", text)));
            }
        }
        if flags.original_to && job.recipients.len() > 1 {
            return misconfigured('O');
        }
        Ok(None)
    }
}
