//! Jobs: the share of one message that goes by one transport. Which job is served next, and when a small one may
//! overtake a large one, is described in SCHEDULER_README; the names here are those of that text.

use std::collections::VecDeque;

use super::arena::Id;
use super::transport::{Candidate, rotate_past};
use super::{Entry, Message, Peer, Scheduler, Transport};

/// The share of one message that goes by one transport.
#[derive(Debug)]
pub struct Job<R> {
    pub(super) message: Id<Message<R>>,
    pub(super) transport: Id<Transport<R>>,
    /// Neighbours in the transport's delivery order.
    pub(super) previous: Option<Id<Job<R>>>,
    pub(super) next: Option<Id<Job<R>>>,
    /// Its key in the transport's list by age, while it is on the lists.
    pub(super) age: Option<(u64, u64)>,
    /// The job that this one overtook, and those that overtook it.
    pub(super) parent: Option<Id<Job<R>>>,
    pub(super) children: Vec<Id<Job<R>>>,
    pub(super) level: u32,
    pub(super) blocker_tag: u32,
    pub(super) peers: VecDeque<Id<Peer<R>>>,
    pub(super) slots_used: i64,
    pub(super) slots_available: i64,
    pub(super) selected_entries: i64,
    pub(super) read_entries: i64,
    /// Recipients in memory, and how many there may be.
    pub(super) recipients: i64,
    pub(super) recipient_limit: i64,
}

impl<R> Job<R> {
    pub(super) fn new(message: Id<Message<R>>, transport: Id<Transport<R>>) -> Job<R> {
        Job {
            message,
            transport,
            previous: None,
            next: None,
            age: None,
            parent: None,
            children: Vec::new(),
            level: 0,
            blocker_tag: 0,
            peers: VecDeque::new(),
            slots_used: 0,
            slots_available: 0,
            selected_entries: 0,
            read_entries: 0,
            recipients: 0,
            recipient_limit: 0,
        }
    }

    pub(super) fn has_entries(&self) -> bool {
        self.selected_entries < self.read_entries
    }
}

/// What selecting a peer of a job found.
enum Choice<R> {
    Peer(Id<Peer<R>>),
    /// All of its destinations are busy.
    Blocked,
    /// It has nothing in memory, and more is being read.
    Reading,
    /// It has nothing left at all.
    Exhausted,
}

impl<R> Scheduler<R> {
    /// Picks the next entry of a transport for which a delivery agent is ready.
    pub fn select_entry(&mut self, transport: Id<Transport<R>>, now: u64) -> Option<Id<Entry<R>>> {
        let mut job = self.transports.get(transport)?.current?;
        if self.transports[transport].settings.slot_cost >= 2 {
            job = self.preempt(job, now);
        }
        let mut waits_for_recipients = false;
        let mut candidate = Some(job);
        while let Some(job) = candidate {
            candidate = self.jobs[job].next;
            if self.is_blocker(job) {
                continue;
            }
            match self.choose_peer(job, now) {
                Choice::Peer(peer) => return self.take_from(job, peer, now),
                Choice::Blocked => self.mark_blocker(job),
                Choice::Reading => waits_for_recipients = true,
                Choice::Exhausted => self.retire_job(job),
            }
        }
        let list = &mut self.transports[transport];
        list.current = if waits_for_recipients { list.first_job } else { None };
        None
    }

    fn take_from(&mut self, job: Id<Job<R>>, peer: Id<Peer<R>>, now: u64) -> Option<Id<Entry<R>>> {
        let entry = self.begin_entry(peer, now)?;
        let transport = self.jobs[job].transport;
        let message = self.jobs[job].message;
        self.jobs[job].slots_available += 1;
        self.jobs[job].slots_used += 1;
        let list = &mut self.transports[transport];
        if list.candidate.as_ref().is_some_and(|cache| cache.for_job != job) {
            list.candidate = None;
        }
        list.current = Some(job);
        if !self.jobs[job].has_entries() && !self.messages[message].has_more {
            self.retire_job(job);
        }
        Some(entry)
    }

    fn choose_peer(&mut self, job: Id<Job<R>>, now: u64) -> Choice<R> {
        let message_id = self.jobs[job].message;
        let transport = self.jobs[job].transport;
        let settings = &self.transports[transport].settings;
        let message = &self.messages[message_id];
        let room = message.recipient_limit - message.recipients;
        let waited_long = now.saturating_sub(message.refilled_at) >= settings.refill_delay;
        if message.may_refill() && (room >= settings.refill_limit || (room > 0 && waited_long)) {
            self.request_refill(message_id);
        }
        if self.jobs[job].has_entries() {
            return match self.rotate_to_free_peer(job) {
                Some(peer) => Choice::Peer(peer),
                None => {
                    if self.messages[message_id].may_refill() && room > 0 {
                        self.request_refill(message_id);
                    }
                    Choice::Blocked
                }
            };
        }
        if self.messages[message_id].may_refill() && room > 0 {
            self.request_refill(message_id);
        }
        if self.messages[message_id].refilling { Choice::Reading } else { Choice::Exhausted }
    }

    fn rotate_to_free_peer(&mut self, job: Id<Job<R>>) -> Option<Id<Peer<R>>> {
        let found = self.jobs[job].peers.iter().enumerate().find_map(|(index, id)| {
            let peer = &self.peers[*id];
            let free = self.destinations[peer.destination].free_slots() > 0;
            (free && !peer.entries.is_empty()).then_some((index, *id))
        });
        let (index, peer) = found?;
        rotate_past(&mut self.jobs[job].peers, index);
        Some(peer)
    }

    fn mark_blocker(&mut self, job: Id<Job<R>>) {
        let tag = self.transports[self.jobs[job].transport].blocker_tag;
        self.jobs[job].blocker_tag = tag;
        for peer in &self.jobs[job].peers {
            if !self.peers[*peer].entries.is_empty() {
                self.destinations[self.peers[*peer].destination].blocker_tag = tag;
            }
        }
    }

    fn is_blocker(&self, job: Id<Job<R>>) -> bool {
        let job = &self.jobs[job];
        job.blocker_tag == self.transports[job.transport].blocker_tag
    }

    /// The job of `message` on `transport`, on the lists.
    pub(super) fn obtain_job(&mut self, message: Id<Message<R>>, transport: Id<Transport<R>>) -> Id<Job<R>> {
        let known =
            self.messages[message].jobs.iter().copied().find(|job| self.jobs[*job].transport == transport);
        let job = known.unwrap_or_else(|| {
            let job = self.jobs.insert(Job::new(message, transport));
            self.messages[message].jobs.push(job);
            job
        });
        if self.jobs[job].age.is_none() {
            self.link_job(job);
        }
        self.transports[transport].candidate = None;
        if self.is_blocker(job) {
            self.jobs[job].blocker_tag = 0;
            self.transports[transport].current = self.transports[transport].first_job;
        }
        job
    }

    fn link_job(&mut self, job: Id<Job<R>>) {
        let transport_id = self.jobs[job].transport;
        let message = self.jobs[job].message;
        let queued_at = self.messages[message].queued_at;
        let mut passed_current = self.transports[transport_id].current.is_none();
        let mut next = None;
        let mut previous = self.transports[transport_id].last_job;
        while let Some(id) = previous {
            let other = &self.jobs[id];
            if other.parent.is_none() && self.messages[other.message].queued_at <= queued_at {
                break;
            }
            passed_current |= self.transports[transport_id].current == Some(id);
            next = Some(id);
            previous = other.previous;
        }
        self.insert_between(job, previous, next);

        self.serial += 1;
        let age = (queued_at, self.serial);
        self.jobs[job].age = Some(age);
        self.jobs[job].level = 0;
        let unread_age = self.transports[transport_id].next_unread.and_then(|unread| self.jobs[unread].age);
        let transport = &mut self.transports[transport_id];
        transport.by_time.insert(age, job);
        if passed_current {
            transport.current = Some(job);
        }
        if unread_age.is_none_or(|unread| unread > age)
            && let Some(unread) = transport.next_unread.replace(job)
        {
            self.move_limits(unread);
        }
        let unused = std::mem::take(&mut self.transports[transport_id].unused_recipients);
        if unused > 0 {
            self.jobs[job].recipient_limit += unused;
            self.messages[message].recipient_limit += unused;
        } else {
            self.transports[transport_id].unused_recipients = unused;
        }
    }

    fn insert_between(&mut self, job: Id<Job<R>>, previous: Option<Id<Job<R>>>, next: Option<Id<Job<R>>>) {
        let transport = self.jobs[job].transport;
        self.jobs[job].previous = previous;
        self.jobs[job].next = next;
        match previous {
            Some(previous) => self.jobs[previous].next = Some(job),
            None => self.transports[transport].first_job = Some(job),
        }
        match next {
            Some(next) => self.jobs[next].previous = Some(job),
            None => self.transports[transport].last_job = Some(job),
        }
    }

    fn take_out(&mut self, job: Id<Job<R>>) {
        let transport = self.jobs[job].transport;
        let previous = self.jobs[job].previous.take();
        let next = self.jobs[job].next.take();
        match previous {
            Some(previous) => self.jobs[previous].next = next,
            None => self.transports[transport].first_job = next,
        }
        match next {
            Some(next) => self.jobs[next].previous = previous,
            None => self.transports[transport].last_job = previous,
        }
    }

    /// Hands the recipient slots that a job cannot use to the next job that has recipients to read.
    pub(super) fn move_limits(&mut self, job: Id<Job<R>>) {
        let transport_id = self.jobs[job].transport;
        let message_id = self.jobs[job].message;
        let mut next = self.transports[transport_id].next_unread;
        if next == Some(job) {
            next = self.jobs[job].age.and_then(|age| {
                let later = self.transports[transport_id].by_time.range(age..).skip(1);
                later.map(|(_, id)| *id).find(|id| self.messages[self.jobs[*id].message].has_more)
            });
            self.transports[transport_id].next_unread = next;
        }
        let message = &mut self.messages[message_id];
        let own = &mut self.jobs[job];
        let unused = (own.recipient_limit - own.recipients).min(message.recipient_limit - message.recipients);
        if unused <= 0 {
            return;
        }
        own.recipient_limit -= unused;
        message.recipient_limit -= unused;
        let transport = &mut self.transports[transport_id];
        transport.unused_recipients += unused;
        if let Some(next) = next.filter(|_| transport.unused_recipients > 0) {
            let gained = std::mem::take(&mut transport.unused_recipients);
            self.jobs[next].recipient_limit += gained;
            let message = self.jobs[next].message;
            self.messages[message].recipient_limit += gained;
        }
    }

    fn leave_parent(&mut self, job: Id<Job<R>>, heir: Option<Id<Job<R>>>) {
        for child in std::mem::take(&mut self.jobs[job].children) {
            self.jobs[child].parent = heir;
            if let Some(heir) = heir {
                self.jobs[heir].children.push(child);
            }
        }
    }

    fn unlink_job(&mut self, job: Id<Job<R>>) {
        let transport_id = self.jobs[job].transport;
        self.leave_parent(job, None);
        let next = self.jobs[job].next;
        let transport = &mut self.transports[transport_id];
        if transport.current == Some(job) {
            transport.current = next;
        }
        if transport.candidate.as_ref().is_some_and(|cache| cache.for_job == job || cache.best == Some(job)) {
            transport.candidate = None;
        }
        self.take_out(job);
        if let Some(age) = self.jobs[job].age.take() {
            self.transports[transport_id].by_time.remove(&age);
        }
    }

    /// Takes a job that has nothing to do from the lists; it stays until its deliveries have ended.
    pub(super) fn retire_job(&mut self, job: Id<Job<R>>) {
        if self.jobs[job].level > 0 {
            self.pop_job(job);
        }
        self.move_limits(job);
        self.unlink_job(job);
    }

    pub(super) fn free_job(&mut self, job: Id<Job<R>>) {
        if self.jobs[job].level > 0 {
            self.pop_job(job);
        }
        self.move_limits(job);
        if self.jobs[job].age.is_some() {
            self.unlink_job(job);
        }
        let message = self.jobs[job].message;
        self.messages[message].jobs.retain(|other| *other != job);
        self.jobs.remove(job);
    }

    /// The waiting job that deserves most to overtake `current`: the one with the longest wait for each recipient among
    /// those that are small enough for the slots that `current` has earned.
    fn best_candidate(&mut self, current: Id<Job<R>>, now: u64) -> Option<Id<Job<R>>> {
        let transport_id = self.jobs[current].transport;
        let transport = &self.transports[transport_id];
        if let Some(cache) = &transport.candidate
            && cache.for_job == current
            && (cache.at == now || cache.best.is_none())
        {
            return cache.best;
        }
        let own = &self.jobs[current];
        let slots =
            (own.read_entries - own.selected_entries + own.slots_available) / transport.settings.slot_cost;
        let mut best = None;
        let mut best_score = 0.0;
        let mut next = if slots > 0 { own.next } else { None };
        while let Some(id) = next {
            let job = &self.jobs[id];
            next = job.next;
            if !job.children.is_empty() || self.is_blocker(id) {
                continue;
            }
            let total = self.most_entries(id);
            let needed = total - job.selected_entries;
            let wait = waiting(now, self.messages[job.message].queued_at);
            if needed > 0 && needed <= slots {
                let score = wait / float(total);
                if score > best_score {
                    best_score = score;
                    best = Some(id);
                }
            }
            // Jobs behind it are younger, so they cannot have a better score.
            if wait <= best_score && job.level == 0 {
                break;
            }
        }
        self.transports[transport_id].candidate = Some(Candidate { for_job: current, at: now, best });
        best
    }

    /// Entries that a job may come to have, once all recipients are read.
    fn most_entries(&self, job: Id<Job<R>>) -> i64 {
        let job = &self.jobs[job];
        job.read_entries + self.messages[job.message].unread_recipients
    }

    /// Lets a smaller job overtake `current` if that one has earned enough slots. Returns the job to serve.
    fn preempt(&mut self, current: Id<Job<R>>, now: u64) -> Id<Job<R>> {
        let transport_id = self.jobs[current].transport;
        let settings = &self.transports[transport_id].settings;
        let (cost, loan, loan_factor) = (settings.slot_cost, settings.slot_loan, settings.slot_loan_factor);
        if self.jobs[current].slots_available <= 0
            || self.most_entries(current) < settings.min_slots * settings.slot_cost
        {
            return current;
        }
        let Some(job) = self.best_candidate(current, now) else { return current };
        let expected = self.most_entries(job) - self.jobs[job].selected_entries;
        let earned = self.jobs[current].slots_available / cost + loan;
        if float(earned) < float(expected * loan_factor) / 100.0 {
            return current;
        }
        if self.jobs[job].level > 0 {
            self.pop_job(job);
        }
        self.take_out(job);
        let previous = self.jobs[current].previous;
        self.insert_between(job, previous, Some(current));
        self.jobs[job].parent = Some(current);
        self.jobs[current].children.push(job);
        self.jobs[job].level = self.jobs[current].level + 1;
        self.jobs[current].slots_available -= expected * cost;
        self.jobs[job].slots_used = -expected;
        let message = self.jobs[job].message;
        let transport = &mut self.transports[transport_id];
        transport.current = Some(job);
        transport.candidate = None;
        if self.messages[message].has_more {
            let extra = (transport.settings.extra_recipients + transport.unused_recipients + 1) / 2;
            transport.unused_recipients -= extra;
            self.jobs[job].recipient_limit += extra;
            self.messages[message].recipient_limit += extra;
        }
        job
    }

    /// Ends the overtaking of a job: its parent pays for the slots that were used beyond those expected.
    fn pop_job(&mut self, job: Id<Job<R>>) {
        let transport_id = self.jobs[job].transport;
        let cost = self.transports[transport_id].settings.slot_cost;
        let parent = self.jobs[job].parent.take();
        if let Some(parent) = parent {
            if self.jobs[job].level == self.jobs[parent].level + 1 {
                let used = self.jobs[job].slots_used;
                self.jobs[parent].slots_available -= used * cost;
            }
            self.jobs[parent].children.retain(|child| *child != job);
        }
        self.leave_parent(job, parent);
        self.jobs[job].level = 0;
        self.transports[transport_id].candidate = None;
    }
}

fn waiting(now: u64, since: u64) -> f64 {
    float(i64::try_from(now.saturating_sub(since)).unwrap_or(i64::MAX)) + 1.0
}

#[expect(clippy::cast_precision_loss, reason = "counts of entries and seconds are small")]
fn float(count: i64) -> f64 {
    count as f64
}
