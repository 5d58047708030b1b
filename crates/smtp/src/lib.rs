//! SMTP grammar, replies, dot-stuffing, BDAT: no I/O.
