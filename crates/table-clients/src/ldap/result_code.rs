//! Result codes (RFC 4511 appendix A), those that the client library adds, and its texts for both.

pub(crate) const SUCCESS: i32 = 0;
pub(crate) const REFERRAL: i32 = 10;
pub(crate) const NO_SUCH_OBJECT: i32 = 32;
pub(crate) const SERVER_DOWN: i32 = -1;
pub(crate) const DECODING_ERROR: i32 = -4;
pub(crate) const TIMEOUT: i32 = -5;
pub(crate) const UNKNOWN_METHOD: i32 = -6;
pub(crate) const FILTER_ERROR: i32 = -7;
pub(crate) const PARAMETER_ERROR: i32 = -9;
pub(crate) const CONNECT_ERROR: i32 = -11;
pub(crate) const NOT_SUPPORTED: i32 = -12;

/// What a code means.
pub(crate) fn text(code: i32) -> &'static str {
    match code {
        0 => "Success",
        1 => "Operations error",
        2 => "Protocol error",
        3 => "Time limit exceeded",
        4 => "Size limit exceeded",
        5 => "Compare False",
        6 => "Compare True",
        7 => "Authentication method not supported",
        8 => "Strong(er) authentication required",
        9 => "Partial results and referral received",
        10 => "Referral",
        11 => "Administrative limit exceeded",
        12 => "Critical extension is unavailable",
        13 => "Confidentiality required",
        14 => "SASL bind in progress",
        16 => "No such attribute",
        17 => "Undefined attribute type",
        18 => "Inappropriate matching",
        19 => "Constraint violation",
        20 => "Type or value exists",
        21 => "Invalid syntax",
        32 => "No such object",
        33 => "Alias problem",
        34 => "Invalid DN syntax",
        35 => "Entry is a leaf",
        36 => "Alias dereferencing problem",
        47 => "Proxy Authorization Failure",
        48 => "Inappropriate authentication",
        49 => "Invalid credentials",
        50 => "Insufficient access",
        51 => "Server is busy",
        52 => "Server is unavailable",
        53 => "Server is unwilling to perform",
        54 => "Loop detected",
        64 => "Naming violation",
        65 => "Object class violation",
        66 => "Operation not allowed on non-leaf",
        67 => "Operation not allowed on RDN",
        68 => "Already exists",
        69 => "Cannot modify object class",
        70 => "Results too large",
        71 => "Operation affects multiple DSAs",
        80 => "Other (e.g., implementation specific) error",
        -1 => "Can't contact LDAP server",
        -2 => "Local error",
        -3 => "Encoding error",
        -4 => "Decoding error",
        -5 => "Timed out",
        -6 => "Unknown authentication method",
        -7 => "Bad search filter",
        -9 => "Bad parameter to an ldap routine",
        -11 => "Connect error",
        -12 => "Not Supported",
        _ => "Unknown error",
    }
}
