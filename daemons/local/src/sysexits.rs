//! Exit statuses of mail programs (sysexits.h) and what they mean to a sender.

/// `EX_TEMPFAIL`
pub(crate) const TEMPORARY_FAILURE: i32 = 75;

/// `EX_USAGE`, the first of them.
const BASE: i32 = 64;

const MEANINGS: [(&str, &str); 15] = [
    ("5.3.0", "command line usage error"),
    ("5.6.0", "data format error"),
    ("5.3.0", "cannot open input"),
    ("5.1.1", "user unknown"),
    ("5.1.2", "host name unknown"),
    ("5.3.0", "service unavailable"),
    ("5.3.0", "internal software error"),
    ("4.3.0", "system resource problem"),
    ("5.3.0", "critical OS file missing"),
    ("5.2.0", "can't create user output file"),
    ("5.3.0", "input/output error"),
    ("4.3.0", "temporary failure"),
    ("5.5.0", "remote error in protocol"),
    ("5.7.0", "permission denied"),
    ("5.3.5", "local configuration error"),
];

/// The enhanced status code and the text for an exit status, if it is one of sysexits.h.
pub(crate) fn detail(status: i32) -> Option<(&'static str, &'static str)> {
    let index = usize::try_from(status.checked_sub(BASE)?).ok()?;
    MEANINGS.get(index).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_of_mail_programs() {
        assert_eq!(detail(67), Some(("5.1.1", "user unknown")));
        assert_eq!(detail(TEMPORARY_FAILURE), Some(("4.3.0", "temporary failure")));
        assert_eq!(detail(1), None);
        assert_eq!(detail(79), None);
    }
}
