//! Postfix's diagnostics: info, warning, error, fatal, panic, to stderr, syslog, postlogd or a file, in its exact form.
