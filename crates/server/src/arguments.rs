//! A daemon's command line, as master(8) writes it.

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;

use bstr::BString;
use cli::{Getopt, Opt};

use crate::Fatal;

/// How clients reach the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Transport {
    Inet,
    Unix,
    Fifo,
    Pass,
    UnixDatagram,
}

impl Transport {
    fn by_name(name: &str) -> Result<Transport, Fatal> {
        let known = [
            ("inet", Transport::Inet),
            ("unix", Transport::Unix),
            ("fifo", Transport::Fifo),
            ("pass", Transport::Pass),
            ("unix-dgram", Transport::UnixDatagram),
        ];
        known
            .into_iter()
            .find(|(word, _)| word.eq_ignore_ascii_case(name))
            .map(|(_, transport)| transport)
            .ok_or_else(|| Fatal::new(format_args!("unsupported transport type: {name}")))
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Transport::Inet => "inet",
            Transport::Unix => "unix",
            Transport::Fifo => "fifo",
            Transport::Pass => "pass",
            Transport::UnixDatagram => "unix-dgram",
        }
    }
}

/// The command line, taken apart.
#[derive(Debug, Default)]
pub(crate) struct Arguments {
    /// The name that the program was called by, without directory.
    pub(crate) program: String,
    /// `-n`: the service's name in master.cf; the program's name without.
    pub(crate) service_name: String,
    /// `-t`.
    pub(crate) transport: Option<Transport>,
    /// `-s`: how many sockets to listen on.
    pub(crate) socket_count: i32,
    /// `-c`: go into the jail.
    pub(crate) jail: bool,
    /// `-u`: give up root's rights.
    pub(crate) unprivileged: bool,
    /// `-d` absent: started by master, not by hand.
    pub(crate) daemon: bool,
    /// `-D`: start a debugger.
    pub(crate) debug: bool,
    /// `-l`: at most one process.
    pub(crate) alone: bool,
    /// `-z`: any number of processes.
    pub(crate) unlimited: bool,
    /// `-S`: the one client is on standard input and output.
    pub(crate) standard_input: bool,
    /// `-V`: log to stderr, too.
    pub(crate) log_to_stderr: bool,
    /// `-v`, counted.
    pub(crate) verbose: u32,
    /// `-o name=value`, `-i` and `-m`, in order.
    pub(crate) overrides: Vec<(BString, BString)>,
    /// What follows the options.
    pub(crate) operands: Vec<OsString>,
}

fn split_name_value(text: &[u8]) -> Result<(BString, BString), Fatal> {
    let (name, value) = config::split_pair(text)
        .map_err(|why| Fatal::new(format_args!("invalid \"-o {}\" option value: {why}", log::bytes(text))))?;
    Ok((name.into(), value.into()))
}

impl Arguments {
    /// What the program's name and the environment say, before anything else is read.
    pub(crate) fn of_program(name: Option<&OsString>) -> Arguments {
        let program = cli::program_name(name);
        Arguments {
            service_name: program.clone(),
            program,
            socket_count: 1,
            daemon: true,
            verbose: u32::from(std::env::var_os(cli::VERBOSE_ENVIRONMENT).is_some()),
            debug: std::env::var_os(cli::DEBUG_ENVIRONMENT).is_some(),
            ..Arguments::default()
        }
    }

    /// Reads the command line. Options before a wrong one count: one of them says where to complain.
    pub(crate) fn read(&mut self, args: &[OsString]) -> Result<(), Fatal> {
        let mut getopt = Getopt::new(args, "cdDi:lm:n:o:s:St:uvVz").quiet();
        for opt in getopt.by_ref() {
            self.take(opt)?;
        }
        self.operands = getopt.operands();
        Ok(())
    }

    fn take(&mut self, opt: Opt) -> Result<(), Fatal> {
        match opt {
            Opt::Flag('c') => self.jail = true,
            Opt::Flag('d') => self.daemon = false,
            Opt::Flag('D') => self.debug = true,
            Opt::Flag('l') => self.alone = true,
            Opt::Flag('S') => self.standard_input = true,
            Opt::Flag('u') => self.unprivileged = true,
            Opt::Flag('v') => self.verbose += 1,
            Opt::Flag('V') => self.log_to_stderr = true,
            Opt::Flag('z') => self.unlimited = true,
            Opt::Value('o', value) => self.overrides.push(split_name_value(value.as_bytes())?),
            Opt::Value(letter, value) => self.take_value(letter, &value.to_string_lossy())?,
            Opt::Flag(letter) | Opt::Unknown(letter) | Opt::Missing(letter) => {
                return Err(Fatal::new(format_args!("invalid option: {letter}")));
            }
        }
        Ok(())
    }

    fn take_value(&mut self, letter: char, value: &str) -> Result<(), Fatal> {
        match letter {
            'i' => self.overrides.push((params::MAX_IDLE.name().into(), value.into())),
            'm' => self.overrides.push((params::MAX_USE.name().into(), value.into())),
            'n' => value.clone_into(&mut self.service_name),
            's' => {
                self.socket_count = value
                    .parse()
                    .ok()
                    .filter(|count| *count > 0)
                    .ok_or_else(|| Fatal::new(format_args!("invalid socket_count: {value}")))?;
            }
            't' => self.transport = Some(Transport::by_name(value)?),
            _ => return Err(Fatal::new(format_args!("invalid option: {letter}"))),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Arguments, Fatal> {
        let args: Vec<OsString> = line.split(' ').map(OsString::from).collect();
        let mut arguments = Arguments::of_program(args.first());
        arguments.read(&args).map(|()| arguments)
    }

    #[test]
    fn a_line_as_master_writes_it() {
        let arguments =
            parse("/usr/lib/postfix/sbin/smtpd -n 10025 -t inet -u -c -s 2 -o stress= -o max_use=5").unwrap();
        assert_eq!(arguments.program, "smtpd");
        assert_eq!(arguments.service_name, "10025");
        assert_eq!(arguments.transport, Some(Transport::Inet));
        assert!(arguments.unprivileged && arguments.jail);
        assert_eq!(arguments.socket_count, 2);
        assert_eq!(arguments.overrides, [("stress".into(), "".into()), ("max_use".into(), "5".into())]);
    }

    // Texts: 3.11.
    #[test]
    fn mistakes_have_postfixs_texts() {
        assert_eq!(parse("smtpd -s x").unwrap_err().to_string(), "invalid socket_count: x");
        assert_eq!(parse("smtpd -t tcp").unwrap_err().to_string(), "unsupported transport type: tcp");
        assert_eq!(parse("smtpd -Z").unwrap_err().to_string(), "invalid option: Z");
    }
}
