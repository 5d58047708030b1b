//! The command line.

use std::ffi::OsString;
use std::time::Duration;

use cli::{Getopt, Opt};

use crate::error::Error;

/// The options.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Options {
    /// `-c`.
    pub(crate) config_directory: Option<OsString>,
    /// `-d`: stay with the terminal.
    pub(crate) attached: bool,
    /// `-D`: run the debugger.
    pub(crate) debug: bool,
    /// `-e`: end after this time.
    pub(crate) exit_after: Option<Duration>,
    /// `-i`: run as the first process of a container.
    pub(crate) init: bool,
    /// `-s`: keep standard output.
    pub(crate) keep_stdout: bool,
    /// `-t`: only test whether a master runs.
    pub(crate) test: bool,
    /// `-v`, counted.
    pub(crate) verbose: u32,
    /// `-w`: wait until the daemon in the background is ready.
    pub(crate) wait: bool,
}

impl Options {
    pub(crate) fn parse(args: &[OsString]) -> Result<Options, Error> {
        let mut options = Options::default();
        let mut getopt = Getopt::new(args, "c:Dde:istvw");
        for opt in getopt.by_ref() {
            match opt {
                Opt::Value('c', directory) => options.config_directory = Some(directory),
                Opt::Value('e', seconds) => {
                    // atoi(3): what is no number is zero.
                    let seconds = seconds.to_string_lossy().trim().parse().unwrap_or(0);
                    options.exit_after = Some(Duration::from_secs(seconds));
                }
                Opt::Flag('d') => options.attached = true,
                Opt::Flag('D') => options.debug = true,
                Opt::Flag('i') => {
                    if sys::pid() != 1 {
                        return Err(Error::new("-i is allowed only for PID 1 process"));
                    }
                    options.init = true;
                    options.keep_stdout = true;
                }
                Opt::Flag('s') => options.keep_stdout = true,
                Opt::Flag('t') => options.test = true,
                Opt::Flag('v') => options.verbose += 1,
                Opt::Flag('w') => options.wait = true,
                _ => return Err(usage(args)),
            }
        }
        if !getopt.operands().is_empty() {
            return Err(usage(args));
        }
        if options.test && options.wait {
            return Err(Error::new("the -t and -w options cannot be used together"));
        }
        if options.init && (options.debug || options.attached || options.wait) {
            return Err(Error::new("the -i option cannot be used with -D, -d, or -w"));
        }
        Ok(options)
    }
}

fn usage(args: &[OsString]) -> Error {
    let name = args.first().map(|arg| arg.to_string_lossy()).unwrap_or_default();
    Error::new(format_args!(
        "usage: {name} [-c config_dir] [-D (debug)] [-d (don't detach from terminal)] [-e exit_time] [-t (test)] \
         [-v] [-w (wait for initialization)]"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Options, Error> {
        Options::parse(&line.split(' ').map(OsString::from).collect::<Vec<_>>())
    }

    #[test]
    fn options_are_understood() {
        let options = parse("master -wvv -c /etc/other -e 60").unwrap();
        assert!(options.wait && !options.test);
        assert_eq!(options.verbose, 2);
        assert_eq!(options.config_directory, Some("/etc/other".into()));
        assert_eq!(options.exit_after, Some(Duration::from_secs(60)));
    }

    // Texts: 3.11.
    #[test]
    fn contradictions_are_refused() {
        let text = parse("master -tw").unwrap_err().to_string();
        assert_eq!(text, "the -t and -w options cannot be used together");
        let text = parse("master -i").unwrap_err().to_string();
        assert_eq!(text, "-i is allowed only for PID 1 process");
        assert!(parse("master more").unwrap_err().to_string().starts_with("usage: master [-c config_dir]"));
    }
}
