//! How a table is used and what kind of table it is.

use std::fmt;
use std::ops::{BitAnd, BitOr};

/// A set of table flags. The numbers are those that proxymap(8) clients send, so they are part of an interface.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Flags(u32);

impl Flags {
    /// No special processing.
    pub const NONE: Flags = Flags(0);
    /// Warn about a key that is stored twice, and keep the first value.
    pub const DUP_WARN: Flags = Flags(1);
    /// Ignore a key that is stored twice.
    pub const DUP_IGNORE: Flags = Flags(1 << 1);
    /// Keys and values are stored without a terminating null byte.
    pub const TRY0NULL: Flags = Flags(1 << 2);
    /// Keys and values are stored with a terminating null byte.
    pub const TRY1NULL: Flags = Flags(1 << 3);
    /// The table has fixed keys: partial keys (a domain, a parent domain) may be asked.
    pub const FIXED: Flags = Flags(1 << 4);
    /// The keys are patterns: only the full key may be asked.
    pub const PATTERN: Flags = Flags(1 << 5);
    /// Lock the file around each access.
    pub const LOCK: Flags = Flags(1 << 6);
    /// A key that is stored twice takes the last value.
    pub const DUP_REPLACE: Flags = Flags(1 << 7);
    /// Updates reach the disk before they return, where the type can do that.
    pub const SYNC_UPDATE: Flags = Flags(1 << 8);
    /// No `$1` in results of regular expression tables.
    pub const NO_REGSUB: Flags = Flags(1 << 11);
    /// `proxy:` opens the table itself.
    pub const NO_PROXY: Flags = Flags(1 << 12);
    /// No tables whose data anybody may change.
    pub const NO_UNAUTH: Flags = Flags(1 << 13);
    /// Fold the case of keys, for tables with fixed keys.
    pub const FOLD_FIX: Flags = Flags(1 << 14);
    /// Fold the case of keys, for tables with patterns.
    pub const FOLD_MUL: Flags = Flags(1 << 15);
    /// Lock the file as long as it is open, unless the type is safe with several writers.
    pub const OPEN_LOCK: Flags = Flags(1 << 16);
    /// The table is built at once: one transaction, or a new file that replaces the old one.
    pub const BULK_UPDATE: Flags = Flags(1 << 17);
    /// The type is safe with several writers.
    pub const MULTI_WRITER: Flags = Flags(1 << 18);
    /// Check and fold keys as UTF-8, where smtputf8_enable allows that.
    pub const UTF8_REQUEST: Flags = Flags(1 << 19);
    /// UTF-8 checking and folding is in effect.
    pub const UTF8_ACTIVE: Flags = Flags(1 << 20);
    /// Values of the source are names of files, whose content is stored in base64.
    pub const SRC_RHS_IS_FILE: Flags = Flags(1 << 21);

    /// What nearly every look-up in a daemon asks for: locked, keys folded, UTF-8.
    pub const LOOKUP: Flags = Flags(Self::LOCK.0 | Self::FOLD_FIX.0 | Self::UTF8_REQUEST.0);
    /// What decisions about identity ask for (aliases, privileges): no substitution, no proxy, no unauthenticated data.
    pub const PARANOID: Flags = Flags(Self::NO_REGSUB.0 | Self::NO_PROXY.0 | Self::NO_UNAUTH.0);

    /// The flags as a number.
    pub const fn bits(self) -> u32 {
        self.0
    }

    /// The flags out of a number; unknown bits are kept.
    pub const fn from_bits(bits: u32) -> Flags {
        Flags(bits)
    }

    /// Whether all flags of `other` are set.
    pub const fn contains(self, other: Flags) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether any flag of `other` is set.
    pub const fn intersects(self, other: Flags) -> bool {
        self.0 & other.0 != 0
    }

    /// These flags without those of `other`.
    pub const fn without(self, other: Flags) -> Flags {
        Flags(self.0 & !other.0)
    }

    /// All flags of both, for constants.
    pub const fn union(self, other: Flags) -> Flags {
        Flags(self.0 | other.0)
    }
}

/// The names of the flags in log lines.
const NAMES: &[(Flags, &str)] = &[
    (Flags::DUP_WARN, "warn_dup"),
    (Flags::DUP_IGNORE, "ignore_dup"),
    (Flags::TRY0NULL, "try0null"),
    (Flags::TRY1NULL, "try1null"),
    (Flags::FIXED, "fixed"),
    (Flags::PATTERN, "pattern"),
    (Flags::LOCK, "lock"),
    (Flags::DUP_REPLACE, "dup_replace"),
    (Flags::SYNC_UPDATE, "sync_update"),
    (Flags::NO_REGSUB, "no_regsub"),
    (Flags::NO_PROXY, "no_proxy"),
    (Flags::NO_UNAUTH, "no_unauth"),
    (Flags::FOLD_FIX, "fold_fix"),
    (Flags::FOLD_MUL, "fold_mul"),
    (Flags::OPEN_LOCK, "open_lock"),
    (Flags::BULK_UPDATE, "bulk_update"),
    (Flags::MULTI_WRITER, "multi_writer"),
    (Flags::UTF8_REQUEST, "utf8_request"),
    (Flags::UTF8_ACTIVE, "utf8_active"),
    (Flags::SRC_RHS_IS_FILE, "src_rhs_is_file"),
];

/// Shows the names, `lock|fold_fix|utf8_request`.
impl fmt::Display for Flags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> =
            NAMES.iter().filter(|(flag, _)| self.contains(*flag)).map(|(_, name)| *name).collect();
        f.write_str(&names.join("|"))
    }
}

impl BitOr for Flags {
    type Output = Flags;
    fn bitor(self, other: Flags) -> Flags {
        self.union(other)
    }
}

impl BitAnd for Flags {
    type Output = Flags;
    fn bitand(self, other: Flags) -> Flags {
        Flags(self.0 & other.0)
    }
}

impl fmt::Debug for Flags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Flags({:#o})", self.0)
    }
}
