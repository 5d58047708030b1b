//! What happened to a recipient: tells bounce(8), defer(8), trace(8), verify(8) and flush(8), and writes the log line.

use std::time::Duration;

use config::Config;
use ipc::bounce::{Kind, Message, Request};
use ipc::deliver::{Dsn, MessageStats, Recipient};
use ipc::verify::AddressStatus;
use ipc::{Services, bounce, flush, verify};
use params::{Param, Text};
use queue::Id;
use queue::flags::{dsn_notify, trace};
use sys::WallTime;
use tables::{Flags, Maps, MatchList, OpenError, Opener, Subdomains};

use crate::filter::StatusFilter;
use crate::log_lines::{self, Delays, DeliveryLine, LogStyle};
use crate::status;

/// The relay that the log shows when there is none.
pub const NO_RELAY: &str = "none";

/// Whether a recipient needs more work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "a recipient that is done is to be marked in the queue file"]
pub enum Verdict {
    /// None. It is to be marked in the queue file.
    Done,
    /// It is to be tried again later.
    Again,
}

impl Verdict {
    /// Done only if both are.
    pub fn and(self, other: Verdict) -> Verdict {
        if self == Verdict::Done { other } else { Verdict::Again }
    }

    /// As delivery agents tell qmgr(8): 0 or -1.
    pub fn status(self) -> i32 {
        match self {
            Verdict::Done => 0,
            Verdict::Again => -1,
        }
    }
}

/// One attempt for one recipient.
#[derive(Clone, Copy, Debug)]
pub struct Attempt<'a> {
    /// Trace flags of the request, and [`ipc::bounce::flags`].
    pub flags: i32,
    /// The message.
    pub id: &'a Id,
    /// Times.
    pub stats: &'a MessageStats,
    /// Who.
    pub recipient: &'a Recipient,
    /// Where it went.
    pub relay: &'a str,
    /// Protection of the connection, if the log is to show it.
    pub tls: Option<&'a str>,
}

impl<'a> Attempt<'a> {
    /// For a recipient of a request, `relay` being the service or host.
    pub fn new(request: &'a ipc::deliver::Request, recipient: &'a Recipient, relay: &'a str) -> Attempt<'a> {
        Attempt {
            flags: request.flags & trace::MASK,
            id: &request.id,
            stats: &request.stats,
            recipient,
            relay,
            tls: None,
        }
    }

    fn has(&self, flags: i32) -> bool {
        self.flags & flags != 0
    }
}

/// How a program reports: its connections and the parameters that matter.
pub struct Reporter {
    /// Where bounce(8) and the others are.
    pub services: Services,
    /// How log lines are written.
    pub style: LogStyle,
    /// soft_bounce
    pub soft_bounce: bool,
    /// address_verify_negative_cache
    pub cache_negative_probes: bool,
    /// delivery_status_filter, or what the program has instead.
    pub filter: Option<StatusFilter>,
    /// fast_flush_domains: for which domains flush(8) keeps a list of waiting mail.
    pub fast_flush: Option<MatchList>,
    verify: verify::Client,
}

impl Reporter {
    /// Without filter, and without fast flush.
    pub fn new(services: &Services, style: LogStyle) -> Reporter {
        Reporter {
            services: services.clone(),
            style,
            soft_bounce: false,
            cache_negative_probes: true,
            filter: None,
            fast_flush: None,
            verify: verify::Client::new(services),
        }
    }

    /// As main.cf says. `filter` is the parameter with the program's status filter, if it has one. Tables are opened, so
    /// this belongs before the jail.
    pub fn open(
        config: &Config,
        services: &Services,
        opener: &Opener,
        filter: Option<&Param<Text>>,
    ) -> Result<Reporter, OpenError> {
        let domains = &params::FAST_FLUSH_DOMAINS;
        let subdomains = Subdomains::of_list(opener, config, domains.name())?;
        let fast_flush = MatchList::domains(opener, domains.name(), config.bytes(domains), subdomains)?;
        let filter = match filter {
            Some(param) => Some(Maps::open(opener, param.name(), config.bytes(param), Flags::LOCK)?)
                .filter(|maps| !maps.is_empty()),
            None => None,
        };
        Ok(Reporter {
            soft_bounce: config.get(&params::SOFT_BOUNCE),
            cache_negative_probes: config.get(&params::ADDRESS_VERIFY_NEGATIVE_CACHE),
            filter: filter.map(StatusFilter::new),
            fast_flush: Some(fast_flush),
            ..Reporter::new(services, LogStyle::new(config))
        })
    }

    /// The recipient was delivered. The action is `delivered` unless `dsn` has one (`relayed`, `expanded`).
    pub async fn sent(&self, attempt: &Attempt<'_>, dsn: Dsn) -> Verdict {
        let mut dsn = with_class(dsn, b'2', "sent", "2.0.0");
        if let Some(changed) = self.filtered(&dsn).await {
            dsn = changed;
        }
        if attempt.has(trace::MTA_VRFY) {
            dsn.action = b"deliverable".to_vec();
            return self.probed(attempt, &dsn, AddressStatus::Ok).await;
        }
        if attempt.has(trace::USR_VRFY) {
            dsn.action = b"deliverable".to_vec();
            return self.traced(attempt, &dsn).await;
        }
        if dsn.action.is_empty() {
            dsn.action = b"delivered".to_vec();
        }
        let notify = attempt.recipient.dsn_notify;
        let wants_delay = notify == 0 || notify & dsn_notify::DELAY != 0;
        let record = attempt.has(trace::RECORD) || (attempt.has(trace::REC_DLY_SENT) && wants_delay);
        let success = notify & dsn_notify::SUCCESS != 0;
        for wanted in [record, success] {
            if wanted && self.traced(attempt, &dsn).await == Verdict::Again {
                let trace = &self.services.settings().trace;
                let reason = format!("{}: {trace} service failed", attempt.id);
                return Box::pin(
                    self.defer(attempt, Dsn { status: b"4.3.0".to_vec(), reason: reason.into(), ..dsn }),
                )
                .await;
            }
        }
        self.log(attempt, &dsn, "sent");
        Verdict::Done
    }

    /// The recipient cannot be delivered: the sender will be told.
    pub async fn bounce(&self, attempt: &Attempt<'_>, dsn: Dsn) -> Verdict {
        let dsn = with_class(dsn, b'5', "bounce_append", "5.0.0");
        match self.filtered(&dsn).await {
            Some(changed) if changed.status.first() == Some(&b'4') => self.defer_now(attempt, changed).await,
            Some(changed) => self.bounce_now(attempt, changed).await,
            None => self.bounce_now(attempt, dsn).await,
        }
    }

    /// The recipient is to be tried again later.
    pub async fn defer(&self, attempt: &Attempt<'_>, dsn: Dsn) -> Verdict {
        let dsn = with_class(dsn, b'4', "defer_append", "4.0.0");
        match self.filtered(&dsn).await {
            Some(changed) if changed.status.first() == Some(&b'5') => self.bounce_now(attempt, changed).await,
            Some(changed) => self.defer_now(attempt, changed).await,
            None => self.defer_now(attempt, dsn).await,
        }
    }

    /// [`Reporter::defer`] or [`Reporter::bounce`], by the class of the status.
    pub async fn fail(&self, attempt: &Attempt<'_>, dsn: Dsn) -> Verdict {
        if dsn.status.first() == Some(&b'4') {
            self.defer(attempt, dsn).await
        } else {
            self.bounce(attempt, dsn).await
        }
    }

    /// The recipient cannot be delivered: the sender is told now, and not with others later. For mail that is deleted or
    /// redirected at once. `message` says who is told about what.
    pub async fn bounce_one(&self, attempt: &Attempt<'_>, message: &Message, dsn: Dsn) -> Verdict {
        let dsn = with_class(dsn, b'5', "bounce_one", "5.0.0");
        match self.filtered(&dsn).await {
            Some(changed) if changed.status.first() == Some(&b'4') => self.defer_now(attempt, changed).await,
            Some(changed) => self.bounce_one_now(attempt, message, changed).await,
            None => self.bounce_one_now(attempt, message, dsn).await,
        }
    }

    /// [`Reporter::defer`], unless a filter makes it a failure: then the sender is told now.
    pub async fn defer_one(&self, attempt: &Attempt<'_>, message: &Message, dsn: Dsn) -> Verdict {
        let dsn = with_class(dsn, b'4', "defer_one", "4.0.0");
        match self.filtered(&dsn).await {
            Some(changed) if changed.status.first() == Some(&b'5') => {
                self.bounce_one_now(attempt, message, changed).await
            }
            Some(changed) => self.defer_now(attempt, changed).await,
            None => self.defer_now(attempt, dsn).await,
        }
    }

    /// Adds a line to the report that somebody asked for, and logs it if nothing else will.
    pub async fn traced(&self, attempt: &Attempt<'_>, dsn: &Dsn) -> Verdict {
        let mut told = dsn.clone();
        if attempt.relay != NO_RELAY {
            told.reason = [b"delivery via ", attempt.relay.as_bytes(), b": ", &dsn.reason].concat();
        }
        let request = append(attempt, told);
        if bounce::request(&self.services, Kind::Trace, &request).await != 0 {
            log_lines::service_failure(attempt.id.as_str(), &self.services.settings().trace);
            return Verdict::Again;
        }
        if attempt.has(trace::USR_VRFY) {
            self.log(attempt, dsn, &String::from_utf8_lossy(&dsn.action));
        }
        Verdict::Done
    }

    async fn bounce_now(&self, attempt: &Attempt<'_>, mut dsn: Dsn) -> Verdict {
        if let Some(verdict) = self.undeliverable(attempt, &mut dsn, AddressStatus::Bounce).await {
            return verdict;
        }
        let clean = attempt.has(bounce::flags::CLEAN);
        if self.soft_bounce && clean {
            return Verdict::Again;
        }
        let (kind, log_status) =
            if self.soft_bounce { (Kind::Defer, "SOFTBOUNCE") } else { (Kind::Bounce, "bounced") };
        if self.soft_bounce {
            if let Some(class) = dsn.status.first_mut() {
                *class = b'4';
            }
            dsn.action = b"delayed".to_vec();
        } else {
            dsn.action = b"failed".to_vec();
        }
        let request = append(attempt, dsn.clone());
        let done = bounce::request(&self.services, kind, &request).await == 0;
        if done && self.recorded(attempt, &dsn).await == Verdict::Done {
            self.log(attempt, &dsn, log_status);
            return if self.soft_bounce { Verdict::Again } else { Verdict::Done };
        }
        self.service_failed(attempt, dsn, clean).await
    }

    async fn bounce_one_now(&self, attempt: &Attempt<'_>, message: &Message, mut dsn: Dsn) -> Verdict {
        if let Some(verdict) = self.undeliverable(attempt, &mut dsn, AddressStatus::Bounce).await {
            return verdict;
        }
        if self.soft_bounce {
            return self.bounce_now(attempt, dsn).await;
        }
        dsn.action = b"failed".to_vec();
        let request = Request::One {
            flags: attempt.flags,
            message: message.clone(),
            recipient: attempt.recipient.clone(),
            dsn: dsn.clone(),
        };
        let done = bounce::request(&self.services, Kind::Bounce, &request).await == 0;
        if done && self.recorded(attempt, &dsn).await == Verdict::Done {
            self.log(attempt, &dsn, "bounced");
            return Verdict::Done;
        }
        self.service_failed(attempt, dsn, attempt.has(bounce::flags::CLEAN)).await
    }

    async fn service_failed(&self, attempt: &Attempt<'_>, mut dsn: Dsn, clean: bool) -> Verdict {
        if clean {
            return Verdict::Again;
        }
        let settings = self.services.settings();
        dsn.status = b"4.3.0".to_vec();
        dsn.reason = format!("{} or {} service failure", settings.bounce, settings.trace).into();
        self.defer_now(attempt, dsn).await
    }

    async fn defer_now(&self, attempt: &Attempt<'_>, mut dsn: Dsn) -> Verdict {
        if let Some(verdict) = self.undeliverable(attempt, &mut dsn, AddressStatus::Defer).await {
            return verdict;
        }
        dsn.action = b"delayed".to_vec();
        let request = append(attempt, dsn.clone());
        if bounce::request(&self.services, Kind::Defer, &request).await != 0 {
            log_lines::service_failure(attempt.id.as_str(), &self.services.settings().defer);
        }
        self.log(attempt, &dsn, "deferred");
        // A report that cannot be written is no reason to hold up anything; the failure is in the log.
        let _ = self.recorded(attempt, &dsn).await;
        self.remember_for_flush(attempt).await;
        Verdict::Again
    }

    /// For probes and test runs, which are neither bounced nor deferred.
    async fn undeliverable(
        &self,
        attempt: &Attempt<'_>,
        dsn: &mut Dsn,
        address_status: AddressStatus,
    ) -> Option<Verdict> {
        if attempt.has(trace::MTA_VRFY) {
            dsn.action = b"undeliverable".to_vec();
            return Some(self.probed(attempt, dsn, address_status).await);
        }
        if attempt.has(trace::USR_VRFY) {
            dsn.action = b"undeliverable".to_vec();
            return Some(self.traced(attempt, dsn).await);
        }
        None
    }

    async fn recorded(&self, attempt: &Attempt<'_>, dsn: &Dsn) -> Verdict {
        if attempt.has(trace::RECORD) { self.traced(attempt, dsn).await } else { Verdict::Done }
    }

    /// Tells verify(8) what a probe found out.
    async fn probed(&self, attempt: &Attempt<'_>, dsn: &Dsn, status: AddressStatus) -> Verdict {
        let recipient = attempt.recipient;
        let mut action = String::from_utf8_lossy(&dsn.action).into_owned();
        if self.cache_negative_probes || status == AddressStatus::Ok {
            let original = Some(&recipient.original).filter(|original| !original.is_empty());
            let other = Some(&recipient.address).filter(|address| **address != recipient.original);
            for address in original.into_iter().chain(other) {
                if self.verify.update(address, status, &dsn.reason).await.is_err() {
                    log_lines::service_failure(attempt.id.as_str(), &self.services.settings().verify);
                    return Verdict::Again;
                }
            }
        } else {
            "undeliverable-but-not-cached".clone_into(&mut action);
        }
        self.log(attempt, dsn, &action);
        Verdict::Done
    }

    async fn remember_for_flush(&self, attempt: &Attempt<'_>) {
        let (_, Some(domain)) = address::split_at(&attempt.recipient.address) else { return };
        let Some(domains) = self.fast_flush.as_ref().filter(|_| !domain.is_empty()) else { return };
        match domains.matches_async(domain).await {
            Ok(true) => {}
            // Not knowing whether it is wanted counts as not wanted; the failure is in the log.
            Ok(false) | Err(_) => return,
        }
        match flush::add(&self.services, domain, attempt.id).await {
            flush::Status::Ok | flush::Status::Deny => {}
            _ => log_lines::service_failure(attempt.id.as_str(), &self.services.settings().flush),
        }
    }

    async fn filtered(&self, dsn: &Dsn) -> Option<Dsn> {
        match &self.filter {
            Some(filter) => filter.apply(dsn).await,
            None => None,
        }
    }

    fn log(&self, attempt: &Attempt<'_>, dsn: &Dsn, status: &str) {
        let line = DeliveryLine {
            queue_id: attempt.id.as_str(),
            to: &attempt.recipient.address,
            original_to: &attempt.recipient.original,
            relay: attempt.relay,
            reuse_count: u32::try_from(attempt.stats.reuse_count).unwrap_or(0),
            delays: delays(attempt.stats),
            tls: attempt.tls,
            dsn: &String::from_utf8_lossy(&dsn.status),
            status,
            text: &dsn.reason,
        };
        log_lines::delivery(self.style, &line);
    }
}

fn append(attempt: &Attempt<'_>, dsn: Dsn) -> Request {
    Request::Append {
        flags: attempt.flags,
        id: attempt.id.clone(),
        recipient: attempt.recipient.clone(),
        dsn,
    }
}

/// A status of another class than what happened is a mistake of the caller's.
fn with_class(mut dsn: Dsn, class: u8, function: &str, default: &str) -> Dsn {
    let fits = dsn.status.first() == Some(&class) && status::valid(&dsn.status).is_some();
    if !fits {
        log_lines::ignoring_dsn_code(function, &String::from_utf8_lossy(&dsn.status));
        dsn.status = default.as_bytes().to_vec();
    }
    dsn
}

/// Where the time went. Stages that are not known count for nothing.
fn delays(stats: &MessageStats) -> Delays {
    let known = |time: WallTime| (time.seconds > 0).then_some(time);
    let end = known(stats.delivery_done).unwrap_or_else(WallTime::now);
    let mut delays = Delays { total: between(stats.incoming_arrival, end), ..Delays::default() };
    let Some(active) = known(stats.active_arrival) else {
        delays.before_qmgr = delays.total;
        return delays;
    };
    delays.before_qmgr = between(stats.incoming_arrival, active);
    let Some(handoff) = known(stats.agent_handoff) else {
        delays.in_qmgr = between(active, end);
        return delays;
    };
    delays.in_qmgr = between(active, handoff);
    match known(stats.connection_done) {
        Some(connected) => {
            delays.setup = between(handoff, connected);
            delays.transmission = between(connected, end);
        }
        None => delays.transmission = between(handoff, end),
    }
    delays
}

/// The time from one to the other; nothing if the clock was set back.
fn between(from: WallTime, to: WallTime) -> Duration {
    let micros = |time: WallTime| i128::from(time.seconds) * 1_000_000 + i128::from(time.microseconds);
    u64::try_from(micros(to) - micros(from)).map_or(Duration::ZERO, Duration::from_micros)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64, microseconds: u32) -> WallTime {
        WallTime { seconds, microseconds }
    }

    #[test]
    fn delays_are_those_of_the_stages() {
        let stats = MessageStats {
            incoming_arrival: at(100, 900_000),
            active_arrival: at(101, 100_000),
            agent_handoff: at(102, 0),
            connection_done: at(0, 0),
            delivery_done: at(103, 0),
            reuse_count: 0,
        };
        let delays = delays(&stats);
        assert_eq!(delays.total, Duration::from_millis(2100));
        assert_eq!(delays.before_qmgr, Duration::from_millis(200));
        assert_eq!(delays.in_qmgr, Duration::from_millis(900));
        assert_eq!(delays.setup, Duration::ZERO);
        assert_eq!(delays.transmission, Duration::from_secs(1));
    }

    #[test]
    fn a_status_of_another_class_is_replaced() {
        let capture = log::Capture::start();
        let dsn = with_class(Dsn::simple("2.0.0", "x"), b'5', "bounce_append", "5.0.0");
        assert_eq!(dsn.status, b"5.0.0");
        assert_eq!(capture.lines(), ["warning: bounce_append: ignoring dsn code \"2.0.0\""]);
    }
}
