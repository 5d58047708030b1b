//! What restrictions remember while they are evaluated.

use smtp::Reply;

use crate::errors::ErrorClasses;
use crate::session::Break;

/// What one restriction or a whole list says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing; ask the next one.
    Dunno,
    /// Permit, and skip the rest of the list.
    Permit,
    /// Refuse.
    Reject(Reply),
}

impl Verdict {
    /// As `-v` shows it.
    pub fn number(&self) -> u8 {
        match self {
            Verdict::Dunno => 0,
            Verdict::Permit => 1,
            Verdict::Reject(_) => 2,
        }
    }
}

/// Why the evaluation of a list ends at once.
#[derive(Debug)]
pub enum Stop {
    /// The request is refused whatever the rest of the list says: a table or our configuration does not work.
    Reject(Reply),
    /// The session ends.
    Break(Break),
}

impl From<Break> for Stop {
    fn from(reason: Break) -> Self {
        Stop::Break(reason)
    }
}

/// What evaluating a restriction gives.
pub type Outcome = Result<Verdict, Stop>;

/// A refusal before it is decided what becomes of it.
#[derive(Clone, Debug)]
pub struct Refusal {
    /// The class of error.
    pub class: ErrorClasses,
    /// The reply code.
    pub code: u16,
    /// The enhanced status code.
    pub status: Vec<u8>,
    /// The reply's text.
    pub text: Vec<u8>,
}

/// A refusal that waits for what the other restrictions say.
#[derive(Debug, Default)]
pub struct Deferral {
    /// Whether it counts for the present request.
    pub active: bool,
    /// The refusal. It stays when it no longer counts, since it can come to count again.
    pub refusal: Option<Refusal>,
}

impl Deferral {
    /// Sets the refusal, unless there is one that counts.
    pub fn set(&mut self, refusal: Refusal) {
        if !self.active {
            self.active = true;
            self.refusal = Some(refusal);
        }
    }
}

/// The state of evaluation, kept from request to request of one session.
#[derive(Debug, Default)]
pub struct CheckState {
    /// How deep lists are nested.
    pub depth: u32,
    /// The depth up to which `warn_if_reject` is in force; zero if it is not.
    pub warn_depth: u32,
    /// What is said if the request would be permitted.
    pub defer_if_permit: Deferral,
    /// What is said if the request would be refused for good.
    pub defer_if_reject: Deferral,
    /// Whether the client restrictions asked for `defer_if_permit`.
    pub deferred_by_client: bool,
    /// Whether the helo restrictions did.
    pub deferred_by_helo: bool,
    /// Whether the sender restrictions did.
    pub deferred_by_sender: bool,
    /// Whether it has been looked up that the sender exists.
    pub sender_listed: bool,
    /// Whether it has been looked up that the recipient exists.
    pub recipient_listed: bool,
    /// How deep policy server failures are nested.
    pub policy_depth: u32,
}

impl CheckState {
    /// Forgets what only counts for one list.
    pub fn reset(&mut self) {
        self.depth = 0;
        self.warn_depth = 0;
        self.defer_if_reject.active = false;
    }

    /// Whether `warn_if_reject` is in force.
    pub fn warns(&self) -> bool {
        self.warn_depth > 0
    }

    /// Takes `warn_if_reject` back where the list that it stands in ends.
    pub fn end_warning(&mut self) {
        if self.warn_depth >= self.depth {
            self.warn_depth = 0;
        }
    }
}
