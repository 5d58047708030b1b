//! Finds the way for recipients: transport, nexthop, destination.

use std::fs::File;
use std::rc::Rc;

use delivery::{Attempt, NO_RELAY, Verdict};
use ipc::deliver::{Dsn, MessageStats, Recipient};
use ipc::rewrite::{Resolved, flags as resolve_flags, names as rewrite_names};
use queue::flags::trace;
use sys::WallTime;

use crate::envelope::Envelope;
use crate::log_lines;
use crate::manager::{ActiveMessage, Manager, MessageId};
use crate::sched::{Destination, ERROR, Id, RETRY, Reason, Scheduler};

/// A recipient and where the resolver sends it.
struct Routed {
    recipient: Recipient,
    way: Resolved,
}

impl Manager {
    /// Sends recipients on their way. `file` is the message's queue file.
    pub async fn route(
        self: &Rc<Self>,
        handle: MessageId,
        message: &ActiveMessage,
        mut recipients: Vec<Recipient>,
        file: &File,
    ) {
        if message.envelope.borrow().redirect.is_some() {
            // Which of them stands for all shows in the log.
            recipients.sort_by_cached_key(by_domain);
            recipients.truncate(1);
            let mut envelope = message.envelope.borrow_mut();
            envelope.next_recipient = None;
            envelope.unread = 0;
        }
        let mut routed = Vec::with_capacity(recipients.len());
        for recipient in recipients {
            let mut found = self.resolve(message, recipient).await;
            self.overrule(message, &mut found);
            if self.is_double_bounce(&found.way) {
                self.discard(message, &found.recipient, file).await;
            } else {
                routed.push(found);
            }
        }
        let refused = self.assign(handle, message, routed);
        for (recipient, reason) in &refused {
            self.defer_recipient(message, recipient, reason).await;
        }
    }

    /// Says that a recipient is to be tried again, without asking a delivery agent.
    pub async fn defer_recipient(&self, message: &ActiveMessage, recipient: &Recipient, reason: &Reason) {
        let stats = message.stats();
        let attempt = message.attempt(recipient, &stats);
        let dsn = Dsn::simple(&reason.status, reason.text.clone());
        if self.reporter.defer(&attempt, dsn).await == Verdict::Again {
            message.deferred.set(true);
        }
    }

    async fn resolve(&self, message: &ActiveMessage, mut recipient: Recipient) -> Routed {
        let (redirect, filter, sender, probe) = {
            let envelope = message.envelope.borrow();
            let filter = envelope.filter.clone().filter(|_| envelope.trace_flags & trace::ONLY_MASK == 0);
            let probe = envelope.trace_flags & trace::MTA_VRFY != 0;
            (envelope.redirect.clone(), filter, envelope.sender().to_vec(), probe)
        };
        if let Some(redirect) = redirect {
            let external = address::quote_822(&redirect);
            if let Ok(rewritten) = self.rewrite.rewrite(rewrite_names::LOCAL, &external).await {
                recipient.address = address::unquote_822(&rewritten);
            }
        } else if let Some(filter) = filter {
            let way = self.way_to_filter(&filter, &recipient.address);
            return Routed { recipient, way };
        }
        let answer = if probe {
            self.rewrite.resolve_for_verify(&sender, &recipient.address).await
        } else {
            self.rewrite.resolve(&sender, &recipient.address).await
        };
        let mut way = match answer {
            Ok(way) => way,
            Err(_) => Resolved { flags: resolve_flags::FAIL, ..Resolved::default() },
        };
        if way.flags & resolve_flags::FAIL != 0 {
            redirect_to(&mut way, RETRY, "4.3.0 address resolver failure");
            way.recipient.clone_from(&recipient.address);
        } else if way.flags & resolve_flags::ERROR != 0 {
            redirect_to(&mut way, ERROR, "5.1.3 bad address syntax");
        }
        recipient.address.clone_from(&way.recipient);
        Routed { recipient, way }
    }

    fn way_to_filter(&self, filter: &[u8], address: &[u8]) -> Resolved {
        let (transport, nexthop) = match filter.iter().position(|c| *c == b':') {
            Some(colon) => (&filter[..colon], &filter[colon + 1..]),
            None => (filter, &b""[..]),
        };
        let domain = address::split_at(address).1.filter(|domain| !domain.is_empty());
        let nexthop = match (nexthop, &self.settings.filter_nexthop[..], domain) {
            (b"", b"", Some(domain)) => domain,
            (b"", b"", None) => &self.settings.hostname,
            (b"", default, _) => default,
            (given, _, _) => given,
        };
        Resolved {
            flags: 0,
            transport: transport.to_vec(),
            nexthop: nexthop.to_vec(),
            recipient: address.to_vec(),
        }
    }

    /// What the resolver does not know about.
    fn overrule(&self, message: &ActiveMessage, routed: &mut Routed) {
        let way = &mut routed.way;
        if routed.recipient.address.is_empty() {
            redirect_to(way, ERROR, "5.1.3 null recipient address");
        }
        if message.urgency.expire {
            redirect_to(way, RETRY, "4.7.0 message is administratively expired");
        }
        if !message.urgency.use_deferred_transports
            && self.settings.deferred_transports.contains(&way.transport)
        {
            redirect_to(way, RETRY, "4.3.2 deferred transport");
        }
        let probe = message.envelope.borrow().trace_flags & trace::MTA_VRFY != 0;
        if probe && self.probes.get() > self.settings.pending_verifications {
            redirect_to(way, RETRY, "4.3.2 Too many address verification requests");
        }
    }

    fn is_double_bounce(&self, way: &Resolved) -> bool {
        let (local, _) = address::split_at(&way.recipient);
        way.flags & resolve_flags::CLASS_LOCAL != 0 && address::eq_fold(local, &self.settings.double_bounce)
    }

    async fn discard(&self, message: &ActiveMessage, recipient: &Recipient, file: &File) {
        let stats = message.stats();
        let attempt = message.attempt(recipient, &stats);
        let dsn = Dsn::simple("2.0.0", "undeliverable postmaster notification discarded");
        match self.reporter.sent(&attempt, dsn).await {
            Verdict::Again => message.deferred.set(true),
            Verdict::Done => {
                if let Err(error) = queue::file::mark_done(file, recipient.offset) {
                    log_lines::cannot_update(message.id.as_str(), &error);
                }
            }
        }
    }

    /// Hands recipients to their destinations. Gives back those that must be deferred here, because their destination
    /// and the retry service are closed.
    fn assign(
        &self,
        handle: MessageId,
        message: &ActiveMessage,
        routed: Vec<Routed>,
    ) -> Vec<(Recipient, Reason)> {
        let mut sched = self.sched.borrow_mut();
        let mut refused = Vec::new();
        let mut assigned = Vec::with_capacity(routed.len());
        for Routed { recipient, way } in routed {
            match self.destination(&mut sched, message, &way) {
                Ok(destination) => assigned.push((destination, recipient)),
                Err(reason) => refused.push((recipient, reason)),
            }
        }
        if assigned.len() > 1 {
            assigned.sort_by_cached_key(|(id, recipient)| {
                let destination = sched.destination_info(*id);
                let transport = sched.transport_info(destination.transport).name.clone();
                (transport, destination.name.clone(), by_domain(recipient))
            });
        }
        let (has_more, unread) = {
            let envelope = message.envelope.borrow();
            (envelope.next_recipient.is_some(), envelope.unread)
        };
        sched.assign(handle, assigned, has_more, unread, Manager::now());
        refused
    }

    fn destination(
        &self,
        sched: &mut Scheduler<Recipient>,
        message: &ActiveMessage,
        way: &Resolved,
    ) -> Result<Id<Destination<Recipient>>, Reason> {
        let mut transport = sched.transport(&String::from_utf8_lossy(&way.transport));
        let mut nexthop = way.nexthop.clone();
        if message.urgency.open_destinations && sched.transport_info(transport).dead.is_some() {
            sched.open_transport(transport);
        }
        if let Some(reason) = sched.transport_info(transport).dead.clone() {
            transport = sched.retry_transport().ok_or_else(|| reason.clone())?;
            nexthop = reason.nexthop();
        }
        let info = sched.transport_info(transport);
        let one_at_a_time = info.settings.recipient_limit == 1 && info.name != ERROR && info.name != RETRY;
        let mut name = nexthop.clone();
        if one_at_a_time {
            let (local, _) = address::split_at(&way.recipient);
            name = [self.settings.delimiter.split(local).0, b"@", &nexthop].concat();
        }
        name.make_ascii_lowercase();
        let destination = sched.destination(transport, &name, &nexthop);
        if message.urgency.open_destinations && sched.destination_info(destination).throttled().is_some() {
            sched.open_destination(destination);
        }
        match sched.destination_info(destination).throttled().cloned() {
            None => Ok(destination),
            Some(reason) => sched.retry_destination(&reason).ok_or(reason),
        }
    }
}

impl ActiveMessage {
    /// Times for the log line of a recipient that no delivery agent sees.
    pub fn stats(&self) -> MessageStats {
        MessageStats {
            incoming_arrival: WallTime::from(self.envelope.borrow().arrival),
            active_arrival: self.active_since,
            ..MessageStats::default()
        }
    }

    fn attempt<'a>(&'a self, recipient: &'a Recipient, stats: &'a MessageStats) -> Attempt<'a> {
        Attempt {
            flags: self.envelope.borrow().trace_flags,
            id: &self.id,
            stats,
            recipient,
            relay: NO_RELAY,
            tls: None,
        }
    }

    /// What bounce(8) needs to know to send a notice.
    pub fn for_notice(&self) -> ipc::bounce::Message {
        let envelope: &Envelope = &self.envelope.borrow();
        ipc::bounce::Message {
            dir: queue::Dir::Active,
            id: self.id.clone(),
            encoding: envelope.encoding.clone(),
            sendopts: envelope.sendopts,
            sender: envelope.sender().to_vec(),
            dsn_envid: envelope.dsn_envid.clone(),
            dsn_ret: envelope.dsn_ret,
        }
    }
}

/// Sorts by domain, those without domain last, and then by address.
fn by_domain(recipient: &Recipient) -> (bool, Option<Vec<u8>>, Vec<u8>) {
    let domain = address::split_at(&recipient.address).1.map(address::fold);
    (domain.is_none(), domain, recipient.address.clone())
}

fn redirect_to(way: &mut Resolved, transport: &str, nexthop: &str) {
    way.flags = 0;
    way.transport = transport.as_bytes().to_vec();
    way.nexthop = nexthop.as_bytes().to_vec();
}
