//! Flags that are stored in queue files, as numbers.

/// What to send back to the sender (`ret_flags`).
pub mod dsn_ret {
    /// The whole message.
    pub const FULL: i32 = 1;
    /// Its headers.
    pub const HDRS: i32 = 2;
}

/// When to notify the sender about a recipient (`notify_flags`).
pub mod dsn_notify {
    /// Not at all.
    pub const NEVER: i32 = 1;
    /// On success.
    pub const SUCCESS: i32 = 2;
    /// On failure.
    pub const FAILURE: i32 = 4;
    /// On delay.
    pub const DELAY: i32 = 8;

    /// Whether the flags can stand together: `NEVER` alone, or any of the others.
    pub fn is_valid(flags: i32) -> bool {
        flags == NEVER || flags & (SUCCESS | FAILURE | DELAY) == flags
    }
}

/// What the sender asked of the transport (sixth number of the size record, `sendopts`).
pub mod sendopts {
    /// SMTPUTF8 was asked for.
    pub const SMTPUTF8_REQUESTED: i32 = 1;
    /// A header holds UTF-8.
    pub const SMTPUTF8_HEADER: i32 = 1 << 1;
    /// The sender address holds UTF-8.
    pub const SMTPUTF8_SENDER: i32 = 1 << 2;
    /// A recipient address holds UTF-8 (delivery requests only).
    pub const SMTPUTF8_RECIPIENT: i32 = 1 << 3;
    /// `TLS-Required: no` header.
    pub const REQUIRETLS_HEADER: i32 = 1 << 4;
    /// REQUIRETLS parameter of MAIL FROM.
    pub const REQUIRETLS_ESMTP: i32 = 1 << 5;
    /// All SMTPUTF8 flags.
    pub const SMTPUTF8_ALL: i32 = 0xf;
    /// All flags.
    pub const ALL: i32 = 0x3f;
}

/// Hints for the queue manager (fourth number of the size record).
pub mod qmgr_read {
    /// Recipients are not all at the end of their segment, so the whole envelope must be read first.
    pub const MIXED_RCPT_OTHER: i64 = 1;

    /// The bit for a DSN notify flag that some recipient has.
    pub fn from_dsn(notify: i32) -> i64 {
        i64::from(notify) << 1
    }
}

/// Trace flags, as in delivery requests.
pub mod trace {
    /// Address probe by the mail system.
    pub const MTA_VRFY: i32 = 1 << 8;
    /// Address probe by a user (`sendmail -bv`).
    pub const USR_VRFY: i32 = 1 << 9;
    /// Deliver and report (`sendmail -v`).
    pub const RECORD: i32 = 1 << 10;
    /// Report a delayed delivery once.
    pub const REC_DLY_SENT: i32 = 1 << 13;
    /// All of them.
    pub const MASK: i32 = MTA_VRFY | USR_VRFY | RECORD | REC_DLY_SENT;
    /// Those under which nothing is delivered.
    pub const ONLY_MASK: i32 = MTA_VRFY | USR_VRFY;
}
