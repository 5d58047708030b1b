//! What a client asks for.

use std::ops::BitOrAssign;

use ipc::cleanup::flags;

/// Options that a client sends, and what is found out on the way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Flags(i32);

impl Flags {
    /// Send a notice when the mail is refused, instead of telling the client.
    pub(crate) const BOUNCE: Self = Self(flags::BOUNCE);
    /// Header and body checks.
    pub(crate) const FILTER: Self = Self(flags::FILTER);
    /// Put the message on hold.
    pub(crate) const HOLD: Self = Self(flags::HOLD);
    /// Throw the message away, say that all is well.
    pub(crate) const DISCARD: Self = Self(flags::DISCARD);
    /// Add automatic BCC recipients.
    pub(crate) const BCC: Self = Self(flags::BCC_OK);
    /// Map addresses: canonical, masquerading, virtual aliases.
    pub(crate) const MAP: Self = Self(flags::MAP_OK);
    /// The client asked for SMTPUTF8.
    pub(crate) const SMTPUTF8: Self = Self(flags::SMTPUTF8);
    /// Ask for SMTPUTF8 where addresses or headers need it.
    pub(crate) const AUTO_UTF8: Self = Self(flags::AUTOUTF8);
    /// The client asked for REQUIRETLS.
    pub(crate) const REQUIRETLS: Self = Self(flags::REQUIRETLS);
    /// Header and body checks, and milters.
    pub(crate) const FILTER_ALL: Self = Self(flags::FILTER_ALL);
    /// What may come in a flags record of the envelope.
    const EXTRA: Self = Self(flags::MASK_EXTRA);

    /// The flags out of the protocol's number.
    pub(crate) fn from_bits(bits: i32) -> Self {
        Self(bits)
    }

    /// The flags of an envelope record, if it is one of those that may come there.
    pub(crate) fn extra(bits: i32) -> Option<Self> {
        (bits & !Self::EXTRA.0 == 0).then_some(Self(bits))
    }

    /// Whether any of the flags is set.
    pub(crate) fn has(self, flags: Self) -> bool {
        self.0 & flags.0 != 0
    }

    /// Takes flags away.
    pub(crate) fn remove(&mut self, flags: Self) {
        self.0 &= !flags.0;
    }
}

impl BitOrAssign for Flags {
    fn bitor_assign(&mut self, other: Self) {
        self.0 |= other.0;
    }
}
