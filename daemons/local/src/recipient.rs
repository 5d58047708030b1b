//! One local recipient: aliases first, then the user's forward file, then the mailbox.

use std::fs;
use std::io;

use delivery::Verdict;
use ipc::deliver::Dsn;
use sys::User;

use crate::agent::Work;
use crate::log_lines;
use crate::settings::Source;
use crate::state::{Rights, State};

/// Deeper than this, an expansion is taken for a loop.
pub(crate) const MAX_LEVEL: u32 = 100;

impl Work<'_> {
    /// Delivers to one recipient.
    pub(crate) fn deliver_recipient(&mut self, state: &State, rights: &Rights) -> Verdict {
        if self.fatal.is_some() {
            return Verdict::Again;
        }
        let mut state = state.deeper();
        let recipient = state.recipient.address.clone();
        if state.level > MAX_LEVEL {
            log_lines::nesting("recipient nesting limit exceeded", &recipient);
            return self.fail(&state, "5.4.6", "recipient nesting limit exceeded");
        }
        if self.duplicates.seen(&format!("recipient {}", state.level), &recipient) {
            return Verdict::Done;
        }
        if self.loops.contains(&recipient) {
            let text = [b"mail forwarding loop for ", recipient.as_slice()].concat();
            return self.fail_towards_owner(&state, Dsn::simple("5.4.6", text));
        }
        if state.delivered.is_none() {
            state.delivered = Some(recipient.clone());
        }
        self.split(&mut state);
        if state.user.is_empty() {
            let text = [b"null username in \"", recipient.as_slice(), b"\""].concat();
            return self.fail(&state, "5.1.3", text);
        }
        self.deliver_switch(&state, rights)
    }

    /// Takes the address apart.
    fn split(&self, state: &mut State) {
        let folded = address::fold(&state.recipient.address);
        let (local, domain) = address::split_at(&folded);
        state.local = local.to_vec();
        state.domain = domain.map(<[u8]>::to_vec);
        if state.domain.is_none() {
            log_lines::no_domain(local);
        }
        let (user, extension) = self.settings.delimiter.split(local);
        state.user = user.to_vec();
        state.extension = extension.map(<[u8]>::to_vec);
        if state.extension.as_ref().is_some_and(|extension| extension.contains(&b'/')) {
            log_lines::illegal_extension(self.queue_id(), &state.local);
            state.extension = None;
            state.local.clone_from(&state.user);
        }
        state.unmatched.clone_from(&state.extension);
    }

    fn deliver_switch(&mut self, state: &State, rights: &Rights) -> Verdict {
        let mut state = state.deeper();
        // `\user`: no aliases and no forward file.
        if state.recipient.address.first() == Some(&b'\\') {
            state.recipient.address.remove(0);
            state.local.remove(0);
            state.user.remove(0);
            let delivered = self.deliver_mailbox(&state);
            return delivered.unwrap_or_else(|| self.deliver_unknown(&state, rights));
        }
        state.unmatched = None;
        let local = state.local.clone();
        if let Some(verdict) = self.deliver_alias(&state, &local) {
            return verdict;
        }
        if state.extension.is_some() {
            if self.settings.propagate.alias {
                state.unmatched.clone_from(&state.extension);
            }
            let user = state.user.clone();
            if let Some(verdict) = self.deliver_alias(&state, &user) {
                return verdict;
            }
            state.unmatched.clone_from(&state.extension);
        }
        // What comes out of a list or a forward file for somebody else gets a queue file of its own, so that each
        // recipient has a status of its own.
        let for_another = state.owner.as_ref().is_some_and(|owner| !address::eq_fold(owner, &state.user));
        if for_another || state.source == Some(Source::Include) {
            return self.deliver_indirect(&state);
        }
        if self.settings.require_home
            && let Err(verdict) = self.check_home(&state)
        {
            return verdict;
        }
        if let Some(verdict) = self.deliver_dotforward(&state) {
            return verdict;
        }
        let delivered = self.deliver_mailbox(&state);
        delivered.unwrap_or_else(|| self.deliver_unknown(&state, rights))
    }

    fn check_home(&self, state: &State) -> Result<(), Verdict> {
        let Some(user) = self.look_up_user(state)? else { return Ok(()) };
        let status = match self.become_user(user.uid, user.gid) {
            Some(_identity) => fs::metadata(&user.home),
            None => Err(io::ErrorKind::PermissionDenied.into()),
        };
        match status {
            Ok(_) => Ok(()),
            Err(error) => {
                let home = user.home.display();
                let text = format!("cannot access home directory {home}: {}", sys::error_text(&error));
                Err(self.fail(state, "4.3.0", text))
            }
        }
    }

    /// The user in the password database; mail is deferred if the database cannot be asked.
    pub(crate) fn look_up_user(&self, state: &State) -> Result<Option<User>, Verdict> {
        match User::by_name(&state.user_text()) {
            Ok(user) => Ok(user),
            Err(error) => {
                log_lines::user_lookup(&state.user, &error);
                Err(self.fail(state, "4.0.0", "user lookup error"))
            }
        }
    }
}
