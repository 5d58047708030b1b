//! Where a message came from, as attributes of its queue file tell.

use crate::log_lines;
use ipc::deliver::{Client, Sasl};
use queue::attr;

/// Where a message came from.
#[derive(Clone, Debug, Default)]
pub struct Origin {
    /// The SMTP client.
    pub client: Client,
    /// How it authenticated.
    pub sasl: Sasl,
    /// The queue id at the host where it was first queued.
    pub log_ident: Vec<u8>,
    /// Which rewriting applies.
    pub rewrite_context: Vec<u8>,
    /// Whether anything says what it is to be called.
    is_named: bool,
    /// Attributes that were read and may be there once.
    given: Vec<&'static str>,
}

impl Origin {
    /// Nothing is known.
    pub(super) fn unknown() -> Origin {
        Origin { rewrite_context: attr::RWR_LOCAL.into(), ..Origin::default() }
    }

    /// Takes an attribute of the message `id`; says whether it is about its origin.
    pub(super) fn take(&mut self, id: &str, name: &str, value: &[u8]) -> bool {
        if let Some(slot) = self.named(name) {
            *slot = value.to_vec();
            self.is_named = true;
            return true;
        }
        let is_named = self.is_named;
        if let Some(slot) = self.actual(name) {
            // What it really was counts only as long as nothing says what it is to be called.
            if !is_named && slot.is_empty() {
                *slot = value.to_vec();
            }
            return true;
        }
        self.take_unique(id, name, value)
    }

    /// The place of what a client is to be called.
    fn named(&mut self, name: &str) -> Option<&mut Vec<u8>> {
        Some(match name {
            attr::LOG_CLIENT_NAME => &mut self.client.name,
            attr::LOG_CLIENT_ADDR => &mut self.client.address,
            attr::LOG_CLIENT_PORT => &mut self.client.port,
            attr::LOG_PROTO_NAME => &mut self.client.protocol,
            attr::LOG_HELO_NAME => &mut self.client.helo,
            _ => return None,
        })
    }

    /// The place of what a client really was.
    fn actual(&mut self, name: &str) -> Option<&mut Vec<u8>> {
        Some(match name {
            attr::ACT_CLIENT_NAME => &mut self.client.name,
            attr::ACT_CLIENT_ADDR => &mut self.client.address,
            attr::ACT_CLIENT_PORT => &mut self.client.port,
            attr::ACT_PROTO_NAME => &mut self.client.protocol,
            attr::ACT_HELO_NAME => &mut self.client.helo,
            _ => return None,
        })
    }

    fn take_unique(&mut self, id: &str, name: &str, value: &[u8]) -> bool {
        let unique = [
            (attr::SASL_METHOD, &mut self.sasl.method),
            (attr::SASL_USERNAME, &mut self.sasl.username),
            (attr::SASL_SENDER, &mut self.sasl.sender),
            (attr::LOG_IDENT, &mut self.log_ident),
            (attr::RWR_CONTEXT, &mut self.rewrite_context),
        ];
        let Some((name, slot)) = unique.into_iter().find(|(known, _)| *known == name) else { return false };
        if self.given.contains(&name) {
            log_lines::repeated_attribute(id, name, value);
        } else {
            *slot = value.to_vec();
            self.given.push(name);
        }
        true
    }
}
