//! The delivery-agent side: request, status, mbox and maildir, DSN status, the delivery log line.
