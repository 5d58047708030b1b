//! The delivery agent: what lasts, and one request in work.

use std::future::Future;
use std::rc::Rc;

use delivery::delivered_to::DeliveredTo;
use delivery::message_copy::Source;
use delivery::{Attempt, Delivery, Fatal, Reporter, Verdict, Waiter};
use ipc::Services;
use ipc::deliver::{Dsn, flags};
use queue::flags::trace;
use sys::EffectiveIds;
use tables::Maps;

use crate::duplicates::Duplicates;
use crate::forward::Forwards;
use crate::late_maps::LateMaps;
use crate::log_lines;
use crate::settings::Settings;
use crate::state::{Rights, State};

/// The tables that local(8) looks things up in.
pub(crate) struct Tables {
    pub(crate) aliases: Maps,
    pub(crate) mailbox_transports: LateMaps,
    pub(crate) mailbox_commands: LateMaps,
    pub(crate) fallback_transports: LateMaps,
}

/// What lasts from request to request.
pub(crate) struct Agent {
    pub(crate) settings: Settings,
    pub(crate) tables: Tables,
    pub(crate) services: Services,
    pub(crate) reporter: Rc<Reporter>,
    pub(crate) rewriter: ipc::rewrite::Client,
    /// Flags for cleanup(8) beside the usual ones.
    pub(crate) cleanup_flags: i32,
    pub(crate) waiter: Waiter,
}

impl Agent {
    /// Runs a conversation with another service to its end.
    pub(crate) fn wait<T>(&self, conversation: impl Future<Output = T>) -> T {
        self.waiter.wait(conversation)
    }

    /// Delivers to all recipients of a request.
    pub(crate) fn deliver(&self, delivery: &Delivery) -> Result<Verdict, Fatal> {
        let request = &delivery.request;
        let offset = u64::try_from(request.data_offset).unwrap_or(0);
        let loops = DeliveredTo::read(&delivery.file, offset).unwrap_or_default();
        let mut whole = Verdict::Done;
        for recipient in &request.recipients {
            let state = State::new(recipient.clone(), &request.sender, &request.dsn_envid, request.dsn_ret);
            let mut work = Work {
                agent: self,
                settings: &self.settings,
                delivery,
                loops: &loops,
                duplicates: Duplicates::new(self.settings.duplicate_limit),
                forwards: Forwards::default(),
                fatal: None,
            };
            let verdict = work.deliver_recipient(&state, &Rights::default());
            if let Some(fatal) = work.fatal.take() {
                return Err(fatal);
            }
            let verdict = work.finish_forwards(&state, verdict);
            if verdict == Verdict::Done && request.flags & flags::SUCCESS != 0 {
                delivery.complete(recipient)?;
            }
            whole = whole.and(verdict);
        }
        Ok(whole)
    }
}

/// One recipient of a request in work.
pub(crate) struct Work<'a> {
    pub(crate) agent: &'a Agent,
    pub(crate) settings: &'a Settings,
    pub(crate) delivery: &'a Delivery,
    pub(crate) loops: &'a DeliveredTo,
    pub(crate) duplicates: Duplicates,
    pub(crate) forwards: Forwards,
    /// Why the request comes to no end.
    pub(crate) fatal: Option<Fatal>,
}

impl Work<'_> {
    /// The queue id, for the log.
    pub(crate) fn queue_id(&self) -> &str {
        self.delivery.request.id.as_str()
    }

    /// True if nothing is to be delivered, only to be reported.
    pub(crate) fn is_trace_only(&self) -> bool {
        self.delivery.request.flags & trace::ONLY_MASK != 0
    }

    /// Gives the whole request up: the queue manager gets no answer, and tries again later.
    pub(crate) fn give_up(&mut self, fatal: Fatal) -> Verdict {
        self.fatal = Some(fatal);
        Verdict::Again
    }

    /// The message content.
    pub(crate) fn source(&self) -> Source<'_> {
        self.delivery.source()
    }

    fn attempt<'s>(&'s self, state: &'s State) -> Attempt<'s> {
        Attempt::new(&self.delivery.request, &state.recipient, &self.settings.service)
    }

    /// Reports success.
    pub(crate) fn sent(&self, state: &State, text: impl Into<Vec<u8>>) -> Verdict {
        let dsn = Dsn::simple("2.0.0", text);
        self.agent.wait(self.agent.reporter.sent(&self.attempt(state), dsn))
    }

    /// Reports success of this kind.
    pub(crate) fn sent_with(&self, state: &State, dsn: Dsn) -> Verdict {
        self.agent.wait(self.agent.reporter.sent(&self.attempt(state), dsn))
    }

    /// Adds a line to a success report.
    pub(crate) fn traced(&self, state: &State, dsn: &Dsn) -> Verdict {
        let attempt = Attempt { flags: 0, ..self.attempt(state) };
        self.agent.wait(self.agent.reporter.traced(&attempt, dsn))
    }

    /// Reports a failure; a status of class 4 defers, others bounce.
    pub(crate) fn fail(&self, state: &State, status: &str, text: impl Into<Vec<u8>>) -> Verdict {
        self.fail_with(state, Dsn::simple(status, text))
    }

    /// Reports a failure with all its details.
    pub(crate) fn fail_with(&self, state: &State, dsn: Dsn) -> Verdict {
        self.agent.wait(self.agent.reporter.fail(&self.attempt(state), dsn))
    }

    /// Reports a failure to the owner of the list that the recipient is, if it is one; else as usual.
    pub(crate) fn fail_towards_owner(&self, state: &State, dsn: Dsn) -> Verdict {
        let mut state = state.clone();
        match self.list_owner(&state) {
            Err(()) => self.fail(&state, "4.3.0", "alias database unavailable"),
            Ok(None) => self.fail_with(&state, dsn),
            Ok(Some(owner)) => {
                state.sender = owner;
                let request = &self.delivery.request;
                let message = ipc::bounce::Message {
                    dir: request.dir,
                    id: request.id.clone(),
                    encoding: request.encoding.clone(),
                    sendopts: request.sendopts,
                    sender: state.sender.clone(),
                    dsn_envid: state.dsn_envid.clone(),
                    dsn_ret: state.dsn_ret,
                };
                let attempt = self.attempt(&state);
                let reporter = &self.agent.reporter;
                if dsn.status.first() == Some(&b'4') {
                    self.agent.wait(reporter.defer_one(&attempt, &message, dsn))
                } else {
                    self.agent.wait(reporter.bounce_one(&attempt, &message, dsn))
                }
            }
        }
    }

    /// Acts as a user for a while.
    pub(crate) fn become_user(&self, uid: u32, gid: u32) -> Option<EffectiveIds> {
        match EffectiveIds::become_user(uid, gid) {
            Ok(identity) => Some(identity),
            Err(error) => {
                log_lines::identity(uid, gid, &error);
                None
            }
        }
    }

    /// Whose rights files and commands get: default_privs where they are nobody's in particular.
    pub(crate) fn identity(&self, rights: &Rights) -> (u32, u32) {
        let (uid, gid) = self.settings.default_identity;
        (if rights.uid == 0 { uid } else { rights.uid }, if rights.gid == 0 { gid } else { rights.gid })
    }

    /// The standard form of an address in external form.
    pub(crate) fn canonical_external(&self, external: &[u8]) -> Vec<u8> {
        let answer = self.agent.wait(self.agent.rewriter.rewrite("local", external));
        answer.unwrap_or_else(|_| external.to_vec())
    }

    /// The standard form of an address in internal form.
    pub(crate) fn canonical_internal(&self, internal: &[u8]) -> Vec<u8> {
        address::unquote_822(&self.canonical_external(&address::quote_822(internal)))
    }
}

/// A failure of file delivery as a status.
pub(crate) fn dsn_of(failure: &delivery::Failure) -> Dsn {
    let mut dsn = Dsn::simple(failure.status, failure.text.clone());
    if let Some(diagnostic) = failure.unix_diagnostic {
        dsn.diag_type = b"x-unix".to_vec();
        dsn.diag_text = diagnostic.into();
    }
    dsn
}
