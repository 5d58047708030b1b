//! What trivial-rewrite(8) says about an address.

use ipc::rewrite::{flags, names};

use crate::session::{Break, Session};

/// The class of an address's domain (ADDRESS_CLASS_README).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DomainClass {
    Local,
    Alias,
    Virtual,
    Relay,
    Default,
}

/// An address with its way.
#[derive(Clone, Debug)]
pub struct Resolved {
    /// The domain's class.
    pub class: DomainClass,
    /// The local part holds more routing.
    pub routed: bool,
    /// The address is malformed.
    pub malformed: bool,
    /// The question could not be answered now.
    pub failed: bool,
    /// The delivery agent's service.
    pub transport: Vec<u8>,
    /// Where the agent would send it.
    pub nexthop: Vec<u8>,
    /// The address, in internal form and lower case.
    pub recipient: Vec<u8>,
}

impl Resolved {
    /// Whether mail for the address ends here.
    pub fn is_final(&self) -> bool {
        matches!(self.class, DomainClass::Local | DomainClass::Alias | DomainClass::Virtual)
    }

    /// Whether we relay mail for the domain.
    pub fn is_relay(&self) -> bool {
        self.class == DomainClass::Relay
    }
}

impl Session {
    /// Asks about an address in internal form. `other` is the other end of the envelope, which matters for
    /// sender-dependent routes.
    pub(crate) async fn resolve(&mut self, other: Option<&[u8]>, address: &[u8]) -> Result<Resolved, Break> {
        let other = match other {
            Some(other) => self.rewrite(other).await?,
            None => Vec::new(),
        };
        let address = self.rewrite(address).await?;
        let answer = self.server.rewrite.resolve(&other, &address).await.map_err(|_| Break::LocalData)?;
        let class = match answer.flags & flags::CLASS_MASK {
            flags::CLASS_LOCAL => DomainClass::Local,
            flags::CLASS_ALIAS => DomainClass::Alias,
            flags::CLASS_VIRTUAL => DomainClass::Virtual,
            flags::CLASS_RELAY => DomainClass::Relay,
            _ => DomainClass::Default,
        };
        Ok(Resolved {
            class,
            routed: answer.flags & flags::ROUTED != 0,
            malformed: answer.flags & flags::ERROR != 0,
            failed: answer.flags & flags::FAIL != 0,
            transport: answer.transport,
            nexthop: answer.nexthop,
            recipient: address::fold(&answer.recipient),
        })
    }

    /// An address in its standard form, both internal.
    pub(crate) async fn rewrite(&self, address: &[u8]) -> Result<Vec<u8>, Break> {
        if address.is_empty() {
            return Ok(Vec::new());
        }
        let external = address::quote_822(address);
        let answer = self.server.rewrite.rewrite(names::LOCAL, &external).await;
        answer.map(|address| address::unquote_822(&address)).map_err(|_| Break::LocalData)
    }

    /// Whether an address is well-formed enough to be taken.
    pub(crate) async fn is_acceptable_address(
        &mut self,
        address: &[u8],
        smtputf8: bool,
    ) -> Result<bool, Break> {
        if address.is_empty() || self.server.stand_alone {
            return Ok(true);
        }
        let other = match self.stage {
            crate::verb::Stage::Command(crate::verb::Verb::Mail) => self.mail.recipient.clone(),
            _ => self.mail.sender.clone(),
        };
        let resolved = self.resolve(other.as_deref(), address).await?;
        if resolved.malformed {
            return Ok(false);
        }
        let domain = address::split_at(&resolved.recipient).1.unwrap_or_default();
        Ok(smtputf8 || domain.is_ascii())
    }
}
