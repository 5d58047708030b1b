//! What every command starts with: getopt as the C library does it, a clean environment, `-v`, exit statuses.
