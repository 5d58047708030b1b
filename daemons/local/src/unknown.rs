//! Users that do not exist.

use address::Address;
use delivery::{Verdict, pass};
use ipc::deliver::Recipient;
use tables::Ask;

use crate::agent::Work;
use crate::expand;
use crate::late_maps::LateMaps;
use crate::log_lines;
use crate::state::{Rights, State};

impl Work<'_> {
    /// Delivers to a user that is neither an alias nor in the password database.
    pub(crate) fn deliver_unknown(&mut self, state: &State, rights: &Rights) -> Verdict {
        let mut state = state.deeper();
        if self.duplicates.seen("deliver_unknown", &state.local) {
            return Verdict::Done;
        }
        let (agent, settings) = (self.agent, self.settings);
        let transports = &agent.tables.fallback_transports;
        if let Some(verdict) = self.pass_by_tables(&state, transports, &settings.fallback_transport) {
            return verdict;
        }
        let unknown = [b"unknown user: \"", state.user.as_slice(), b"\""].concat();
        if !self.settings.luser_relay.is_empty() {
            state.unmatched = None;
            let relay = expand::attributes(&self.settings.luser_relay, self.settings, &state, rights, None);
            let canonical = self.canonical_external(&relay.bytes);
            if canonical.eq_ignore_ascii_case(&state.recipient.address) {
                return self.fail(&state, "5.1.1", unknown);
            }
            return self.deliver_resolve(&state, rights, &Address::scan(&relay.bytes));
        }
        let is_role =
            [&b"mailer-daemon"[..], b"postmaster"].iter().any(|role| state.user.eq_ignore_ascii_case(role));
        if is_role {
            log_lines::missing_alias(&state.user);
            return self.sent(&state, "discarded");
        }
        self.fail(&state, "5.1.1", unknown)
    }

    /// Hands the recipient to another delivery agent, if tables or a parameter say so.
    pub(crate) fn pass_by_tables(
        &mut self,
        state: &State,
        tables: &LateMaps,
        transport: &str,
    ) -> Option<Verdict> {
        let found = match tables.maps() {
            Ok(maps) => maps.find(&state.user, Ask::All),
            Err(fatal) => return Some(self.give_up(fatal)),
        };
        let service = match found {
            Ok(Some(service)) => String::from_utf8_lossy(&service).into_owned(),
            Ok(None) if !transport.is_empty() => transport.to_owned(),
            Ok(None) => return None,
            Err(_) => return Some(self.fail(state, "4.3.0", "table lookup failure")),
        };
        // The other agent must not mark a recipient that is ours to mark.
        let recipient = Recipient { offset: -1, ..state.recipient.clone() };
        let request = &self.delivery.request;
        let passed = self.agent.wait(pass::to_agent(&self.agent.reporter, request, &recipient, &service));
        Some(passed.unwrap_or_else(|fatal| self.give_up(fatal)))
    }
}
