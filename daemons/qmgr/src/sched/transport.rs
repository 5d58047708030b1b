//! A transport: one kind of delivery agent, its limits, its destinations and its list of jobs.

use std::collections::{BTreeMap, VecDeque};

use indexmap::IndexMap;

use super::arena::Id;
use super::feedback::Feedback;
use super::{Destination, Job, Reason};

/// Connections to a delivery agent that may be in the making at once.
pub(super) const MAX_PENDING: u32 = 2;

/// The limits of a transport: the `transport_` family of parameters. Counts of 0 mean no limit where Postfix says so.
#[derive(Clone, Debug)]
pub struct TransportSettings {
    /// _destination_concurrency_limit
    pub concurrency_limit: u32,
    /// _initial_destination_concurrency
    pub initial_concurrency: u32,
    /// _destination_recipient_limit
    pub recipient_limit: usize,
    /// _delivery_slot_cost
    pub slot_cost: i64,
    /// _delivery_slot_loan
    pub slot_loan: i64,
    /// 100 less _delivery_slot_discount, in percent
    pub slot_loan_factor: i64,
    /// _minimum_delivery_slots
    pub min_slots: i64,
    /// _recipient_limit: recipients in memory for all jobs of the transport
    pub recipients_in_memory: i64,
    /// _extra_recipient_limit: further ones for a job that overtakes
    pub extra_recipients: i64,
    /// _recipient_refill_limit
    pub refill_limit: i64,
    /// _recipient_refill_delay, seconds
    pub refill_delay: u64,
    /// _destination_rate_delay, seconds
    pub rate_delay: u64,
    /// _transport_rate_delay, seconds
    pub transport_rate_delay: u64,
    /// _destination_concurrency_positive_feedback
    pub positive_feedback: Feedback,
    /// _destination_concurrency_negative_feedback
    pub negative_feedback: Feedback,
    /// _destination_concurrency_failed_cohort_limit
    pub failed_cohort_limit: u32,
    /// destination_concurrency_feedback_debug, but for the services that defer and bounce: changes of windows are
    /// shown in the log
    pub shows_windows: bool,
}

impl TransportSettings {
    /// Applies the rules between the limits.
    pub fn normalised(mut self) -> TransportSettings {
        if self.rate_delay > 0 {
            self.concurrency_limit = 1;
        }
        if self.concurrency_limit != 0 {
            self.initial_concurrency = self.initial_concurrency.min(self.concurrency_limit);
        }
        self
    }
}

/// The job that would best overtake the current one, as last computed.
#[derive(Debug)]
pub(super) struct Candidate<R> {
    pub(super) for_job: Id<Job<R>>,
    pub(super) at: u64,
    pub(super) best: Option<Id<Job<R>>>,
}

/// One kind of delivery agent.
#[derive(Debug)]
pub struct Transport<R> {
    /// The service name in master.cf.
    pub name: String,
    /// Its limits.
    pub settings: TransportSettings,
    /// Why it is out of order; nothing is sent while it is.
    pub dead: Option<Reason>,
    pub(super) dead_epoch: u32,
    pub(super) rate_locked: bool,
    pub(super) pending: u32,
    /// Entries that wait, for all destinations.
    pub(super) waiting: u32,
    pub(super) destinations: IndexMap<Vec<u8>, Id<Destination<R>>>,
    /// Recipients that jobs of this transport may still read into memory.
    pub(super) unused_recipients: i64,
    /// Delivery order: oldest first, an overtaking job right before the overtaken.
    pub(super) first_job: Option<Id<Job<R>>>,
    pub(super) last_job: Option<Id<Job<R>>>,
    /// By age: key is the time of queueing and a serial number.
    pub(super) by_time: BTreeMap<(u64, u64), Id<Job<R>>>,
    pub(super) current: Option<Id<Job<R>>>,
    pub(super) next_unread: Option<Id<Job<R>>>,
    pub(super) candidate: Option<Candidate<R>>,
    pub(super) blocker_tag: u32,
}

impl<R> Transport<R> {
    pub(super) fn new(name: String, settings: TransportSettings) -> Transport<R> {
        Transport {
            name,
            unused_recipients: settings.recipients_in_memory,
            settings,
            dead: None,
            dead_epoch: 0,
            rate_locked: false,
            pending: 0,
            waiting: 0,
            destinations: IndexMap::new(),
            first_job: None,
            last_job: None,
            by_time: BTreeMap::new(),
            current: None,
            next_unread: None,
            candidate: None,
            blocker_tag: 1,
        }
    }

    pub(super) fn may_allocate(&self) -> bool {
        self.dead.is_none() && !self.rate_locked && self.pending < MAX_PENDING && self.waiting > self.pending
    }
}

/// Moves the element at `index` to the end, and all before it with it, so that its successor is first.
pub(super) fn rotate_past<T>(list: &mut VecDeque<T>, index: usize) {
    if index < list.len() {
        list.rotate_left(index + 1);
    }
}
