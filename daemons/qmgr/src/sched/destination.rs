//! A destination: one nexthop of one transport, with the window of deliveries that may run to it at once.

use std::collections::HashSet;

use super::arena::Id;
use super::{Peer, Reason, Transport, TransportSettings};

/// Whether mail may be sent to a destination now.
#[derive(Clone, Debug, PartialEq)]
pub enum Window {
    /// So many deliveries at once.
    Ready(u32),
    /// Too many failures. New mail goes to the retry service until a timer or a flush opens it again.
    Throttled(Reason),
    /// Between two deliveries of a destination with a rate delay.
    Suspended,
}

/// What a delivery says about its destination.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It can be reached.
    Success,
    /// It as a whole refuses mail, or cannot be reached.
    Failure,
}

/// What a delivery did to the window of its destination, for destination_concurrency_feedback_debug.
#[derive(Clone, Debug, PartialEq)]
pub struct WindowChange {
    /// What caused it.
    pub outcome: Outcome,
    /// The destination's key.
    pub destination: Vec<u8>,
    /// The step, where one was made.
    pub feedback: Option<f64>,
    /// The most deliveries at once.
    pub limit: u32,
    /// Deliveries at once from now on; 0 is a closed destination.
    pub window: u32,
    /// Collected steps of successes.
    pub success: f64,
    /// Collected steps of failures.
    pub failure: f64,
    /// How many windows full of deliveries in a row have failed.
    pub failed_cohorts: f64,
}

/// One nexthop of one transport.
#[derive(Debug)]
pub struct Destination<R> {
    /// The key: the nexthop in lower case, with a recipient in front for transports that take one recipient at a time.
    pub name: Vec<u8>,
    /// The nexthop as the resolver gave it.
    pub nexthop: Vec<u8>,
    /// Whose destination it is.
    pub transport: Id<Transport<R>>,
    /// Whether, and how much, may be sent.
    pub window: Window,
    /// Deliveries under way.
    pub busy: u32,
    /// Entries that wait.
    pub todo: u32,
    /// The delivery agent may look for a cached connection.
    pub may_load_connection: bool,
    /// The delivery agent may leave its connection in the cache.
    pub may_store_connection: bool,
    /// When the last delivery ended, in seconds.
    pub last_done: u64,
    /// Which jobs have mail for it.
    pub(super) peers: HashSet<Id<Peer<R>>>,
    pub(super) blocker_tag: u32,
    pub(super) clog_warn_at: u64,
    pub(super) throttle_epoch: u32,
    success: f64,
    failure: f64,
    failed_cohorts: f64,
}

impl<R> Destination<R> {
    pub(super) fn new(
        transport: Id<Transport<R>>,
        name: Vec<u8>,
        nexthop: Vec<u8>,
        initial_window: u32,
    ) -> Destination<R> {
        Destination {
            name,
            nexthop,
            transport,
            window: Window::Ready(initial_window),
            busy: 0,
            todo: 0,
            may_load_connection: false,
            may_store_connection: false,
            last_done: 0,
            peers: HashSet::new(),
            blocker_tag: 0,
            clog_warn_at: 0,
            throttle_epoch: 0,
            success: 0.0,
            failure: 0.0,
            failed_cohorts: 0.0,
        }
    }

    /// Why it is closed.
    pub fn throttled(&self) -> Option<&Reason> {
        match &self.window {
            Window::Throttled(reason) => Some(reason),
            _ => None,
        }
    }

    /// How many more deliveries may start now.
    pub fn free_slots(&self) -> u32 {
        match self.window {
            Window::Ready(window) => window.saturating_sub(self.busy),
            _ => 0,
        }
    }

    pub(super) fn is_ready(&self) -> bool {
        matches!(self.window, Window::Ready(_))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.busy == 0 && self.todo == 0
    }

    /// How an outcome has changed the window by `feedback`.
    pub(super) fn window_change(
        &self,
        outcome: Outcome,
        feedback: Option<f64>,
        settings: &TransportSettings,
    ) -> WindowChange {
        WindowChange {
            outcome,
            destination: self.name.clone(),
            feedback,
            limit: settings.concurrency_limit,
            window: match self.window {
                Window::Ready(window) => window,
                Window::Throttled(_) | Window::Suspended => 0,
            },
            success: self.success,
            failure: self.failure,
            failed_cohorts: self.failed_cohorts,
        }
    }

    /// Opens a closed destination, or lets an open one grow after a success. Returns the step that was made.
    pub(super) fn unthrottle(&mut self, settings: &TransportSettings) -> Option<f64> {
        self.failed_cohorts = 0.0;
        let window = match self.window {
            Window::Suspended => return None,
            Window::Throttled(_) => {
                let window = if self.busy > 0 { self.busy } else { settings.initial_concurrency };
                self.window = Window::Ready(window);
                self.throttle_epoch = self.throttle_epoch.wrapping_add(1);
                self.success = 0.0;
                self.failure = 0.0;
                return None;
            }
            Window::Ready(window) => window,
        };
        let limit = settings.concurrency_limit;
        if (limit != 0 && limit <= window) || window >= self.busy + settings.initial_concurrency {
            return None;
        }
        let mut window = window;
        let feedback = settings.positive_feedback.at(window);
        self.success += feedback;
        while self.success + feedback / 2.0 >= 1.0 {
            window += 1;
            self.success -= 1.0;
            self.failure = 0.0;
        }
        if limit != 0 {
            window = window.min(limit);
        }
        self.window = Window::Ready(window);
        Some(feedback)
    }

    /// Narrows the window after a failure; closes it when too many windows full of deliveries in a row have failed.
    /// Returns the step that was made.
    pub(super) fn throttle(&mut self, settings: &TransportSettings, reason: &Reason) -> Option<f64> {
        let Window::Ready(window) = self.window else { return None };
        self.failed_cohorts += 1.0 / f64::from(window.max(1));
        let cohort_limit = settings.failed_cohort_limit;
        if cohort_limit > 0 && self.failed_cohorts >= f64::from(cohort_limit) {
            self.window = Window::Throttled(reason.clone());
            self.throttle_epoch = self.throttle_epoch.wrapping_add(1);
            self.may_load_connection = false;
            self.may_store_connection = false;
            return None;
        }
        let feedback = settings.negative_feedback.at(window);
        let mut window = i64::from(window);
        self.failure -= feedback;
        while self.failure - feedback / 2.0 < 0.0 {
            window -= 1;
            self.success = 0.0;
            self.failure += 1.0;
        }
        self.window = Window::Ready(u32::try_from(window.max(1)).unwrap_or(1));
        Some(feedback)
    }

    /// Decides whether connection caching is worth it: only when deliveries follow each other closely.
    pub(super) fn update_connection_caching(&mut self, now: u64) {
        let back_to_back = self.last_done + 1 >= now;
        if !self.may_store_connection {
            if back_to_back {
                self.may_load_connection = true;
                self.may_store_connection = true;
            }
        } else if self.busy <= 1 && !back_to_back {
            self.may_store_connection = false;
        }
    }
}
