//! System interfaces that need `unsafe` or deserve one home: identity changes, descriptor passing, locks,
//! passwd and group look-ups, POSIX regular expressions, chroot, resource limits.
