//! MX, A and AAAA look-ups as an SMTP client needs them.
