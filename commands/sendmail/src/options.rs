//! The command line. Sendmail's options grew over decades; some of them no getopt can parse.

use crate::{Failure, failure, log_lines, shown};
use cli::{Getopt, Opt};
use config::Config;
use queue::attr;
use queue::flags::{dsn_notify, dsn_ret, sendopts, trace};
use std::convert::Infallible;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};

const LETTERS: &str = "A:B:C:F:GIL:N:O:R:UV:X:b:ce:f:h:imno:p:r:q:tvx";

/// What to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    Enqueue,
    NewAliases,
    Mailq,
    Daemon,
    StandAlone,
    Flush,
    Ignore,
}

/// What the command line says.
#[derive(Debug)]
pub(crate) struct Options {
    pub(crate) mode: Mode,
    /// `-f`, `-r`.
    pub(crate) sender: Option<OsString>,
    /// `-F`.
    pub(crate) full_name: Option<OsString>,
    /// A line with a dot ends the message (no `-i`).
    pub(crate) dot_ends: bool,
    /// `-t`.
    pub(crate) extract_recipients: bool,
    /// `-B`.
    pub(crate) encoding: Option<&'static str>,
    /// `-G`.
    pub(crate) rewrite_context: &'static str,
    /// `-N`.
    pub(crate) dsn_notify: i32,
    /// `-R`.
    pub(crate) dsn_ret: i32,
    /// `-V`.
    pub(crate) dsn_envid: Option<OsString>,
    /// `-XV`.
    pub(crate) verp: Option<OsString>,
    /// `-O`.
    pub(crate) sendopts: i32,
    /// `-v`, `-bv`.
    pub(crate) trace_flags: i32,
    /// `-qR`.
    pub(crate) flush_site: Option<OsString>,
    /// `-qI`.
    pub(crate) flush_id: Option<OsString>,
    /// `-q` with an interval.
    pub(crate) interval: bool,
    /// `-oA`.
    pub(crate) alias_file: Option<OsString>,
    pub(crate) verbose: u32,
    pub(crate) operands: Vec<OsString>,
}

/// Goes through the options, one argument at a time, because some arguments are not for getopt.
struct Walk {
    args: Vec<OsString>,
    index: usize,
}

impl Walk {
    fn current(&self) -> Option<&OsStr> {
        self.args.get(self.index).map(OsString::as_os_str)
    }

    /// Takes the options of the current argument one by one, until one fails; false at the end of the options.
    fn cluster<E>(&mut self, mut take: impl FnMut(Opt) -> Result<(), E>) -> Result<bool, E> {
        let mut getopt = Getopt::new(&self.args, LETTERS).starting_at(self.index);
        let mut found = false;
        while let Some(option) = getopt.next() {
            found = true;
            take(option)?;
            if getopt.index() != self.index {
                break;
            }
        }
        self.index = getopt.index();
        Ok(found)
    }
}

/// The value of `-C`, which must be known before anything else.
pub(crate) fn configuration_file(args: &[OsString]) -> Option<OsString> {
    let mut walk = Walk { args: args.to_vec(), index: 1 };
    let mut chosen = None;
    while let Some(argument) = walk.current() {
        if argument == "-q" {
            walk.index += 1;
            continue;
        }
        let Ok(found) = walk.cluster(|option| {
            if let Opt::Value('C', value) = option {
                chosen = Some(value);
            }
            Ok::<_, Infallible>(())
        });
        if !found {
            break;
        }
    }
    chosen
}

/// Reads the command line.
pub(crate) fn parse(config: &Config, program: &str, args: Vec<OsString>) -> Result<Options, Failure> {
    let mut options = Options::new(program);
    let mut walk = Walk { args, index: 1 };
    while let Some(argument) = walk.current() {
        if argument == "-q" {
            match options.mode {
                Mode::Daemon => log_lines::flush_in_daemon_mode(),
                _ => options.mode = Mode::Flush,
            }
            walk.index += 1;
            continue;
        }
        options.translate_old_verp(&mut walk);
        if walk.current().is_some_and(|argument| argument == "-XV") {
            options.verp = Some(config.get(&params::DEFAULT_VERP_DELIMITERS).into());
            walk.index += 1;
            continue;
        }
        if !walk.cluster(|option| options.take(config, program, option))? {
            break;
        }
    }
    options.operands = walk.args.split_off(walk.index.min(walk.args.len()));
    options.check()?;
    Ok(options)
}

impl Options {
    fn new(program: &str) -> Options {
        Options {
            mode: match program {
                "mailq" => Mode::Mailq,
                "newaliases" => Mode::NewAliases,
                "smtpd" => Mode::Daemon,
                _ => Mode::Enqueue,
            },
            sender: None,
            full_name: None,
            dot_ends: true,
            extract_recipients: false,
            encoding: None,
            rewrite_context: attr::RWR_LOCAL,
            dsn_notify: 0,
            dsn_ret: 0,
            dsn_envid: None,
            verp: None,
            sendopts: 0,
            trace_flags: 0,
            flush_site: None,
            flush_id: None,
            interval: false,
            alias_file: None,
            verbose: log::verbose(),
            operands: Vec::new(),
        }
    }

    /// `-V` before two letters, and `-Vxx`, were VERP before DSN took the letter.
    fn translate_old_verp(&self, walk: &mut Walk) {
        let next_is_short = walk.args.get(walk.index + 1).is_some_and(|next| next.len() == 2);
        let Some(argument) = walk.args.get_mut(walk.index) else { return };
        if argument == "-V" && next_is_short {
            log_lines::old_verp();
            *argument = "-XV".into();
        }
        if argument.as_bytes().starts_with(b"-V") && argument.len() == 4 {
            let letters = OsStr::from_bytes(argument.as_bytes().get(1..).unwrap_or_default());
            log_lines::old_verp_delimiters(argument, letters);
            *argument = OsString::from_vec([b"-X", letters.as_bytes()].concat());
        }
    }

    fn take(&mut self, config: &Config, program: &str, option: Opt) -> Result<(), Failure> {
        match option {
            Opt::Unknown(_) | Opt::Missing(_) => return Err(failure(format!("usage: {program} [options]"))),
            Opt::Flag(letter) => self.flag(letter)?,
            Opt::Value(letter, value) => match letter {
                'B' => {
                    self.encoding = Some(match value.as_bytes() {
                        b"8BITMIME" => attr::ENC_8BIT,
                        b"7BIT" => attr::ENC_7BIT,
                        _ => return Err(failure("-B option needs 8BITMIME or 7BIT")),
                    });
                }
                'F' => self.full_name = Some(value),
                'N' => self.notify(&value),
                'O' => self.setting(config, &value),
                'R' => self.returned(&value),
                'V' => self.envelope_id(value),
                'X' => self.extension(config, &value)?,
                'b' => self.mode_letter(&value)?,
                'f' | 'r' => self.sender = Some(value),
                'o' => self.old_option(&value)?,
                'q' => self.queue_run(&value)?,
                other => log_lines::ignored(&other.to_string()),
            },
        }
        Ok(())
    }

    fn flag(&mut self, letter: char) -> Result<(), Failure> {
        match letter {
            'n' => return Err(failure("-n option not supported")),
            'G' => self.rewrite_context = attr::RWR_REMOTE,
            'I' => self.mode = Mode::NewAliases,
            'i' => self.dot_ends = false,
            't' => self.extract_recipients = true,
            'v' => {
                self.verbose += 1;
                log::set_verbose(self.verbose);
            }
            other => log_lines::ignored(&other.to_string()),
        }
        Ok(())
    }

    fn notify(&mut self, value: &OsStr) {
        self.dsn_notify = notify_flags(value).unwrap_or(0);
        if self.dsn_notify == 0 {
            log_lines::bad_notify(value);
        }
    }

    fn returned(&mut self, value: &OsStr) {
        self.dsn_ret = match value.as_bytes() {
            full if full.eq_ignore_ascii_case(b"FULL") => dsn_ret::FULL,
            headers if headers.eq_ignore_ascii_case(b"HDRS") => dsn_ret::HDRS,
            _ => 0,
        };
        if self.dsn_ret == 0 {
            log_lines::bad_return();
        }
    }

    fn envelope_id(&mut self, value: OsString) {
        if value.len() > 100 {
            log_lines::long_envelope_id();
        } else if value.is_empty() || !value.as_bytes().iter().all(|byte| matches!(byte, b' '..=b'~')) {
            log_lines::bad_envelope_id();
        } else {
            self.dsn_envid = Some(value);
        }
    }

    fn setting(&mut self, config: &Config, value: &OsStr) {
        let bytes = value.as_bytes();
        let name_end = bytes.iter().position(|&byte| byte == b'=').map_or(bytes.len(), |at| at + 1);
        let (name, wanted) = bytes.split_at(name_end);
        // The reference compares as many letters as there are.
        let is = |known: &[u8]| known.get(..name.len()).is_some_and(|known| known.eq_ignore_ascii_case(name));
        let (flag, enabled) = if is(b"REQUIRETLS=") {
            (sendopts::REQUIRETLS_ESMTP, config.get(&params::REQUIRETLS_ENABLE))
        } else if is(b"SMTPUTF8=") {
            (sendopts::SMTPUTF8_REQUESTED, config.get(&params::SMTPUTF8_ENABLE))
        } else {
            return;
        };
        if !enabled && flag == sendopts::REQUIRETLS_ESMTP {
            log_lines::requiretls_disabled(value);
        } else if !enabled {
            log_lines::smtputf8_disabled(value);
        } else if wanted.eq_ignore_ascii_case(b"yes") {
            self.sendopts |= flag;
        } else if wanted.eq_ignore_ascii_case(b"no") {
            self.sendopts &= !flag;
        } else {
            log_lines::bad_setting(value);
        }
    }

    fn extension(&mut self, config: &Config, value: &OsStr) -> Result<(), Failure> {
        let Some((b'V', delimiters)) = value.as_bytes().split_first() else {
            return Err(unsupported('X', value));
        };
        let allowed = config.get(&params::VERP_DELIMITER_FILTER);
        if delimiters.len() != 2 || !delimiters.iter().all(|byte| allowed.as_bytes().contains(byte)) {
            return Err(failure(format!("-V requires two characters from {allowed}")));
        }
        self.verp = Some(OsString::from_vec(delimiters.to_vec()));
        Ok(())
    }

    fn mode_letter(&mut self, value: &OsStr) -> Result<(), Failure> {
        self.mode = match value.as_bytes().first() {
            Some(b'd' | b'l') => {
                if self.mode == Mode::Flush {
                    log_lines::flush_in_daemon_mode();
                }
                Mode::Daemon
            }
            Some(b'h' | b'H') => Mode::Ignore,
            Some(b'i') => Mode::NewAliases,
            Some(b'm') => Mode::Enqueue,
            Some(b'p') => Mode::Mailq,
            Some(b's') => Mode::StandAlone,
            Some(b'v') => {
                self.trace_flags |= trace::USR_VRFY;
                self.mode
            }
            _ => return Err(unsupported('b', value)),
        };
        Ok(())
    }

    fn old_option(&mut self, value: &OsStr) -> Result<(), Failure> {
        match value.as_bytes().split_first() {
            Some((b'A', [])) => return Err(failure("-oA requires pathname")),
            Some((b'A', path)) => self.alias_file = Some(OsString::from_vec(path.to_vec())),
            Some((b'i', _)) => self.dot_ends = false,
            Some((b'7' | b'8' | b'm', _)) => {}
            Some((letter, _)) => log_lines::ignored(&format!("o{}", char::from(*letter))),
            None => log_lines::ignored("o"),
        }
        Ok(())
    }

    fn queue_run(&mut self, value: &OsStr) -> Result<(), Failure> {
        let rest = |bytes: &[u8]| Some(OsString::from_vec(bytes.to_vec()));
        match value.as_bytes().split_first() {
            Some((b'0'..=b'9', _)) => self.interval = true,
            Some((b'R', [])) => return Err(failure("specify: -qRsitename")),
            Some((b'R', site)) => self.flush_site = rest(site),
            Some((b'I', [])) => return Err(failure("specify: -qIqueueid")),
            Some((b'I', id)) => self.flush_id = rest(id),
            _ => return Err(failure(format!("-q{} is not implemented", first_letter(value)))),
        }
        Ok(())
    }

    /// Looks for options that do not go together.
    fn check(&mut self) -> Result<(), Failure> {
        let enqueues = self.mode == Mode::Enqueue;
        let expands = self.trace_flags & trace::USR_VRFY != 0;
        let conflicts = [
            (self.extract_recipients && !enqueues, "-t can be used only in delivery mode"),
            (self.flush_site.is_some() && !enqueues, "-qR can be used only in delivery mode"),
            (self.flush_id.is_some() && !enqueues, "-qI can be used only in delivery mode"),
            (expands && self.extract_recipients, "-t option cannot be used with -bv"),
            (expands && self.dsn_notify != 0, "-N option cannot be used with -bv"),
            (expands && self.dsn_ret != 0, "-R option cannot be used with -bv"),
            (expands && self.verbose == 1, "-v option cannot be used with -bv"),
        ];
        if let Some((_, text)) = conflicts.iter().find(|(conflict, _)| *conflict) {
            return Err(failure(*text));
        }
        // One -v asks for a report about the delivery, more of them for more log lines.
        if self.verbose == 1 && enqueues {
            self.verbose = 0;
            self.trace_flags |= trace::RECORD;
        }
        Ok(())
    }
}

fn unsupported(option: char, value: &OsStr) -> Failure {
    failure(format!("unsupported: -{option}{}", first_letter(value)))
}

fn first_letter(value: &OsStr) -> String {
    value.as_bytes().get(..1).map(log::bytes).map_or_else(String::new, |letter| letter.to_string())
}

fn notify_flags(value: &OsStr) -> Option<i32> {
    let text = shown(value).to_string();
    let mut flags = 0;
    for word in text.split([',', ' ', '\t', '\r', '\n']).filter(|word| !word.is_empty()) {
        flags |= match word.to_ascii_uppercase().as_str() {
            "NEVER" => dsn_notify::NEVER,
            "SUCCESS" => dsn_notify::SUCCESS,
            "FAILURE" => dsn_notify::FAILURE,
            "DELAY" => dsn_notify::DELAY,
            _ => {
                log_lines::unknown_notify(word, value);
                return None;
            }
        };
        log_lines::notify_word(word);
    }
    dsn_notify::is_valid(flags).then_some(flags)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Options, Failure> {
        let config = Config::from_text("sendmail", "").unwrap();
        let args = line.split(' ').map(OsString::from).collect();
        parse(&config, "sendmail", args)
    }

    #[test]
    fn options_that_getopt_cannot_parse() {
        assert_eq!(parsed("sendmail -q").unwrap().mode, Mode::Flush);
        assert!(parsed("sendmail -q5m").unwrap().interval);
        assert_eq!(parsed("sendmail -XV a@b").unwrap().verp.unwrap(), "+=");
        assert_eq!(parsed("sendmail -V+= a@b").unwrap().verp.unwrap(), "+=");
        assert_eq!(parsed("sendmail -V envid a@b").unwrap().dsn_envid.unwrap(), "envid");
    }

    #[test]
    fn operands_end_the_options() {
        let options = parsed("sendmail -it -f me a@b -i").unwrap();
        assert!(options.extract_recipients && !options.dot_ends);
        assert_eq!(options.operands, ["a@b", "-i"]);
    }

    #[test]
    fn one_v_asks_for_a_report() {
        assert_eq!(parsed("sendmail -v a@b").unwrap().trace_flags, trace::RECORD);
        assert_eq!(parsed("sendmail -bz").unwrap_err().0, "unsupported: -bz");
        assert_eq!(parsed("sendmail -bv -t").unwrap_err().0, "-t option cannot be used with -bv");
    }

    #[test]
    fn notify_words() {
        let flags = |text: &str| notify_flags(OsStr::new(text));
        assert_eq!(flags("success,FAILURE"), Some(dsn_notify::SUCCESS | dsn_notify::FAILURE));
        assert_eq!(flags("never,success"), None);
        assert_eq!(flags("sometimes"), None);
    }
}
