//! Addresses out of an expansion: local ones go on here, others are forwarded.

use address::Address;
use delivery::Verdict;
use ipc::rewrite::flags;

use crate::agent::Work;
use crate::state::{Rights, State};

impl Work<'_> {
    /// Delivers to an address.
    pub(crate) fn deliver_resolve(&mut self, state: &State, rights: &Rights, address: &Address) -> Verdict {
        let mut state = state.deeper();
        let canonical = self.canonical_external(&address.externalize_tokens());
        let internal = Address::scan(&canonical).internalize();
        let Ok(resolved) = self.agent.wait(self.agent.rewriter.resolve(b"", &internal)) else {
            return self.fail(&state, "4.3.0", "address resolver failure");
        };
        if resolved.flags & flags::FAIL != 0 {
            return self.fail(&state, "4.3.0", "address resolver failure");
        }
        if resolved.flags & flags::ERROR != 0 {
            let text = [b"bad recipient address syntax: ", resolved.recipient.as_slice()].concat();
            return self.fail(&state, "5.1.3", text);
        }
        let mut recipient = resolved.recipient;
        if let Some(extension) = &state.unmatched {
            let at = address::split_at(&recipient).0.len();
            let delimiter = state.delimiter();
            recipient.splice(at..at, delimiter.into_iter().chain(extension.iter().copied()));
        }
        state.recipient.address = recipient;
        if resolved.transport == self.settings.service.as_bytes() {
            self.deliver_recipient(&state, rights)
        } else {
            self.deliver_indirect(&state)
        }
    }
}
