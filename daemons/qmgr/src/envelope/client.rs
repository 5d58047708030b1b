//! Where a message came from, as attributes of its queue file tell.

use queue::attr;

use crate::log_lines;

/// Where a message came from.
#[derive(Clone, Debug, Default)]
pub struct Client {
    /// Host name.
    pub name: Vec<u8>,
    /// Network address.
    pub address: Vec<u8>,
    /// Port.
    pub port: Vec<u8>,
    /// SMTP or ESMTP.
    pub protocol: Vec<u8>,
    /// HELO name.
    pub helo: Vec<u8>,
    /// How the client authenticated.
    pub sasl_method: Vec<u8>,
    /// As whom.
    pub sasl_username: Vec<u8>,
    /// The AUTH= parameter of MAIL FROM.
    pub sasl_sender: Vec<u8>,
    /// The queue id at the host where it was first queued.
    pub log_ident: Vec<u8>,
    /// Which rewriting applies.
    pub rewrite_context: Vec<u8>,
    /// Whether anything says what it is to be called.
    is_named: bool,
    /// Attributes that were read and may be there once.
    given: Vec<&'static str>,
}

impl Client {
    /// Nothing is known.
    pub(super) fn unknown() -> Client {
        Client { rewrite_context: attr::RWR_LOCAL.into(), ..Client::default() }
    }

    /// Takes an attribute of the message `id`; says whether it is about the client.
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
            attr::LOG_CLIENT_NAME => &mut self.name,
            attr::LOG_CLIENT_ADDR => &mut self.address,
            attr::LOG_CLIENT_PORT => &mut self.port,
            attr::LOG_PROTO_NAME => &mut self.protocol,
            attr::LOG_HELO_NAME => &mut self.helo,
            _ => return None,
        })
    }

    /// The place of what a client really was.
    fn actual(&mut self, name: &str) -> Option<&mut Vec<u8>> {
        Some(match name {
            attr::ACT_CLIENT_NAME => &mut self.name,
            attr::ACT_CLIENT_ADDR => &mut self.address,
            attr::ACT_CLIENT_PORT => &mut self.port,
            attr::ACT_PROTO_NAME => &mut self.protocol,
            attr::ACT_HELO_NAME => &mut self.helo,
            _ => return None,
        })
    }

    fn take_unique(&mut self, id: &str, name: &str, value: &[u8]) -> bool {
        let unique = [
            (attr::SASL_METHOD, &mut self.sasl_method),
            (attr::SASL_USERNAME, &mut self.sasl_username),
            (attr::SASL_SENDER, &mut self.sasl_sender),
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
