//! Exit statuses.

use std::process::ExitCode;

/// An exit status, with the names of `<sysexits.h>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exit(u8);

impl Exit {
    /// Done.
    pub const OK: Exit = Exit(0);
    /// Not done; what a fatal error gives.
    pub const FAILURE: Exit = Exit(1);
    /// Wrong use of the command line.
    pub const USAGE: Exit = Exit(64);
    /// The input data is not valid.
    pub const DATAERR: Exit = Exit(65);
    /// An input file cannot be opened.
    pub const NOINPUT: Exit = Exit(66);
    /// No such user.
    pub const NOUSER: Exit = Exit(67);
    /// No such host.
    pub const NOHOST: Exit = Exit(68);
    /// A service is not available.
    pub const UNAVAILABLE: Exit = Exit(69);
    /// An internal error.
    pub const SOFTWARE: Exit = Exit(70);
    /// The operating system refused.
    pub const OSERR: Exit = Exit(71);
    /// A system file is missing or wrong.
    pub const OSFILE: Exit = Exit(72);
    /// An output file cannot be made.
    pub const CANTCREAT: Exit = Exit(73);
    /// Reading or writing failed.
    pub const IOERR: Exit = Exit(74);
    /// Try again later.
    pub const TEMPFAIL: Exit = Exit(75);
    /// The other side broke the protocol.
    pub const PROTOCOL: Exit = Exit(76);
    /// Not allowed.
    pub const NOPERM: Exit = Exit(77);
    /// The configuration is wrong.
    pub const CONFIG: Exit = Exit(78);

    /// Any status.
    pub const fn status(status: u8) -> Exit {
        Exit(status)
    }

    /// The number.
    pub const fn code(self) -> u8 {
        self.0
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit.0)
    }
}
