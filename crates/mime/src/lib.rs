//! Header and MIME parsing as a state machine without I/O; header and body checks.
