//! The commands that the server knows, and how often a client used them.

/// A command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    Helo,
    Ehlo,
    Xclient,
    Xforward,
    Starttls,
    Auth,
    Mail,
    Rcpt,
    Data,
    Bdat,
    Rset,
    Noop,
    Vrfy,
    Etrn,
    Quit,
    Help,
}

impl Verb {
    /// All commands, in the order in which a session's statistics list them.
    pub const ALL: [Verb; 16] = [
        Verb::Helo,
        Verb::Ehlo,
        Verb::Xclient,
        Verb::Xforward,
        Verb::Starttls,
        Verb::Auth,
        Verb::Mail,
        Verb::Rcpt,
        Verb::Data,
        Verb::Bdat,
        Verb::Rset,
        Verb::Noop,
        Verb::Vrfy,
        Verb::Etrn,
        Verb::Quit,
        Verb::Help,
    ];

    /// The command's name in upper case.
    pub fn name(self) -> &'static str {
        match self {
            Verb::Helo => "HELO",
            Verb::Ehlo => "EHLO",
            Verb::Xclient => "XCLIENT",
            Verb::Xforward => "XFORWARD",
            Verb::Starttls => "STARTTLS",
            Verb::Auth => "AUTH",
            Verb::Mail => "MAIL",
            Verb::Rcpt => "RCPT",
            Verb::Data => "DATA",
            Verb::Bdat => "BDAT",
            Verb::Rset => "RSET",
            Verb::Noop => "NOOP",
            Verb::Vrfy => "VRFY",
            Verb::Etrn => "ETRN",
            Verb::Quit => "QUIT",
            Verb::Help => "HELP",
        }
    }

    /// The command of that name, in upper or lower case.
    pub fn named(name: &[u8]) -> Option<Verb> {
        Verb::ALL.into_iter().find(|verb| name.eq_ignore_ascii_case(verb.name().as_bytes()))
    }

    /// Whether the command counts against `smtpd_junk_command_limit`.
    pub fn is_junk(self) -> bool {
        matches!(self, Verb::Helo | Verb::Ehlo | Verb::Rset | Verb::Noop | Verb::Vrfy | Verb::Etrn)
    }

    /// Whether the command may be used before TLS where TLS is demanded.
    pub fn is_allowed_before_tls(self) -> bool {
        matches!(
            self,
            Verb::Helo | Verb::Ehlo | Verb::Xclient | Verb::Starttls | Verb::Noop | Verb::Quit | Verb::Help
        )
    }

    /// Whether a client must wait for the answer even with PIPELINING (RFC 2920 section 3.1).
    pub fn ends_pipeline(self) -> bool {
        matches!(self, Verb::Helo | Verb::Ehlo | Verb::Data | Verb::Noop | Verb::Vrfy)
    }
}

/// How often each command was used, and with success.
#[derive(Clone, Debug, Default)]
pub struct CommandCounts {
    known: [Count; Verb::ALL.len()],
    unknown: Count,
}

#[derive(Clone, Copy, Debug, Default)]
struct Count {
    success: u32,
    total: u32,
}

impl CommandCounts {
    /// Counts a command when it comes; `None` is one that is not known.
    pub fn came(&mut self, verb: Option<Verb>) {
        self.entry(verb).total += 1;
    }

    /// Counts a command that had success.
    pub fn succeeded(&mut self, verb: Verb) {
        self.entry(Some(verb)).success += 1;
    }

    fn entry(&mut self, verb: Option<Verb>) -> &mut Count {
        match verb.and_then(|verb| self.known.get_mut(verb as usize)) {
            Some(count) => count,
            None => &mut self.unknown,
        }
    }
}

impl std::fmt::Display for CommandCounts {
    /// As in the log line at a session's end: ` ehlo=1 mail=1 rcpt=0/1 quit=1 commands=3/4`.
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let known = Verb::ALL.into_iter().zip(self.known).map(|(verb, count)| (verb.name(), count));
        let mut all = Count::default();
        for (name, count) in known.chain([("unknown", self.unknown)]) {
            if count.total > 0 {
                write!(out, " {}={}", name.to_ascii_lowercase(), count.success)?;
                if count.success != count.total {
                    write!(out, "/{}", count.total)?;
                }
            }
            all.success += count.success;
            all.total += count.total;
        }
        write!(out, " commands={}", all.success)?;
        if all.success != all.total || all.total == 0 {
            write!(out, "/{}", all.total)?;
        }
        Ok(())
    }
}

/// Where in the conversation something happens, for the log and for policy servers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Before the first command.
    Connect,
    /// In a command.
    Command(Verb),
    /// In a command that is not known.
    Unknown,
    /// In message content after DATA.
    DataContent,
    /// In message content after BDAT.
    BdatContent,
    /// After the end of message content.
    EndOfMessage,
}

impl Stage {
    /// The stage's name in log lines.
    pub fn name(self) -> &'static str {
        match self {
            Stage::Connect => "CONNECT",
            Stage::Command(verb) => verb.name(),
            Stage::Unknown => "UNKNOWN",
            Stage::DataContent => "DATA content",
            Stage::BdatContent => "BDAT content",
            Stage::EndOfMessage => "END-OF-MESSAGE",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_read_as_in_the_log() {
        let mut counts = CommandCounts::default();
        assert_eq!(counts.to_string(), " commands=0/0");
        for verb in [Verb::Ehlo, Verb::Mail, Verb::Rcpt] {
            counts.came(Some(verb));
        }
        counts.succeeded(Verb::Ehlo);
        counts.succeeded(Verb::Mail);
        counts.came(None);
        assert_eq!(counts.to_string(), " ehlo=1 mail=1 rcpt=0/1 unknown=0/1 commands=2/4");
    }

    #[test]
    fn names() {
        assert_eq!(Verb::named(b"eHlO"), Some(Verb::Ehlo));
        assert_eq!(Verb::named(b"EXPN"), None);
        for (index, verb) in Verb::ALL.into_iter().enumerate() {
            assert_eq!(verb as usize, index);
        }
    }
}
