//! The command line, read as Perl's Getopt::Std does, which the reference is written with.

use crate::number;
use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;

/// What the command line says.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Options {
    /// `-s`: count senders, not recipients.
    pub(crate) by_sender: bool,
    /// `-p`: show parent domains, too.
    pub(crate) parents: bool,
    /// `-l`: all buckets are equally wide.
    pub(crate) linear: bool,
    /// `-c`
    pub(crate) config_directory: Option<OsString>,
    /// `-w`: the width of the output, in characters.
    pub(crate) width: f64,
    /// `-b`: the number of buckets.
    pub(crate) buckets: f64,
    /// `-t`: the width of the first bucket, in minutes.
    pub(crate) tick: f64,
    /// `-m`: parent domains with fewer subdomains are not shown.
    pub(crate) min_subdomains: f64,
    /// `-N`: after how many messages results are shown at a terminal; 0 for at the end only.
    pub(crate) batch_messages: u64,
    /// `-n`: how many rows are shown at a terminal; 0 for all.
    pub(crate) batch_domains: usize,
    /// The queues to look at: directories or files.
    pub(crate) queues: Vec<PathBuf>,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            by_sender: false,
            parents: false,
            linear: false,
            config_directory: None,
            width: 80.0,
            buckets: 10.0,
            tick: 5.0,
            min_subdomains: 5.0,
            batch_messages: 1000,
            batch_domains: 20,
            queues: vec!["incoming".into(), "active".into()],
        }
    }
}

/// Why the command does not run.
#[derive(Debug)]
pub(crate) enum Stop {
    /// `-h`
    Help,
    /// A letter that is no option.
    Unknown(u8),
    /// postconf(1) did not tell the queue directory, and said why.
    Postconf,
    /// The queue directory is not said in plain text.
    Expansion(Vec<u8>),
    /// The queue directory cannot be entered.
    Directory(PathBuf, io::Error),
    /// Results cannot be written.
    Output(io::Error),
}

const HELP: &str = "\
The 's' option shows sender domain counts.
The 'p' option shows address counts by for parent domains.
Parent domains are shown with a leading '.' before the domain name.
Parent domains are only shown if the domain is not a TLD, and at
least <min_subdomains> (default 5) subdomains are shown in the output.

The bucket age ranges in units of <bucket_time> minutes are
[0,1), [1,2), [2,4), [4,8), [8, 16), ... i.e.:
\tthe first bucket is [0, bucket_time) minutes
\tthe second bucket is [bucket_time, 2*bucket_time) minutes
\tthe third bucket is [2*bucket_time, 4*bucket_time) minutes...
'-l' makes the ages linear, the number of buckets shown is <bucket_count>

The default summary is for the incoming and active queues. An explicit
list of queue names can be given on the command line. Non-absolute queue
names are interpreted relative to the Postfix queue directory. Use
<config_directory> to specify a non-default Postfix instance.  Values of
the main.cf queue_directory parameter that use variable expansions are
not supported. If necessary, use explicit absolute paths for all queues.
";

impl Stop {
    /// The text for standard error; `program` is the name that the command was called by.
    pub(crate) fn text(&self, program: &str) -> Vec<u8> {
        let mut text = Vec::new();
        match self {
            Stop::Help => {}
            Stop::Unknown(letter) => {
                text.extend_from_slice(format!("{program}: Unknown option: ").as_bytes());
                text.extend([*letter, b'\n']);
            }
            Stop::Postconf => return format!("{program}: postconf failed\n").into_bytes(),
            Stop::Expansion(directory) => {
                let start = format!("{program}: 'queue_directory' variable expansion not supported: ");
                text.extend_from_slice(start.as_bytes());
                text.extend_from_slice(directory);
                text.push(b'\n');
            }
            Stop::Directory(path, error) => {
                let (path, error) = (path.display(), sys::error_text(error));
                return format!("{program}: chdir({path}): {error}\n").into_bytes();
            }
            Stop::Output(error) => {
                return format!("Unable to flush stdout: {}\n", sys::error_text(error)).into_bytes();
            }
        }
        let usage = format!(
            "Usage: {program} [ -s ] [ -p ] [ -m <min_subdomains> ] [ -l ]\n\
             \t[ -b <bucket_count> ] [ -t <bucket_time> ] [ -w <terminal_width> ]\n\
             \t[ -N <batch_msg_count> ] [ -n <batch_top_domains> ]\n\
             \t[ -c <config_directory> ] [ <queue_name> ... ]\n"
        );
        text.extend_from_slice(usage.as_bytes());
        text.extend_from_slice(HELP.as_bytes());
        text
    }

    /// The exit status.
    pub(crate) fn status(&self) -> u8 {
        match self {
            Stop::Help | Stop::Unknown(_) | Stop::Expansion(_) => 255,
            Stop::Postconf | Stop::Output(_) => 1,
            // A script that dies of a system error has its number.
            Stop::Directory(_, error) => {
                error.raw_os_error().and_then(|number| u8::try_from(number).ok()).unwrap_or(255)
            }
        }
    }
}

/// Reads the command line; the name that the command was called by comes first.
pub(crate) fn parse(args: &[OsString]) -> Result<Options, Stop> {
    let mut options = Options::default();
    let mut help = false;
    let mut rest = args.iter().skip(1);
    let mut operands = Vec::new();
    while let Some(argument) = rest.next() {
        let letters = match argument.as_bytes() {
            b"--" => break,
            [b'-', letters @ ..] if !letters.is_empty() => letters,
            _ => {
                operands.push(argument);
                break;
            }
        };
        for (at, &letter) in letters.iter().enumerate() {
            match letter {
                b'l' => options.linear = true,
                b'p' => options.parents = true,
                b's' => options.by_sender = true,
                b'h' => help = true,
                b'c' | b'w' | b'b' | b't' | b'm' | b'n' | b'N' => {
                    let attached = letters.get(at + 1..).filter(|value| !value.is_empty());
                    let value = match attached {
                        Some(value) => OsString::from_vec(value.to_vec()),
                        None => rest.next().cloned().unwrap_or_default(),
                    };
                    options.set(letter, &value);
                    break;
                }
                unknown => return Err(Stop::Unknown(unknown)),
            }
        }
    }
    if help {
        return Err(Stop::Help);
    }
    operands.extend(rest);
    if !operands.is_empty() {
        options.queues = operands.into_iter().map(PathBuf::from).collect();
    }
    Ok(options)
}

impl Options {
    /// An option with a value. A number that makes no sense leaves things as they are.
    fn set(&mut self, letter: u8, value: &OsStr) {
        let number = number::leading(value.as_bytes());
        let more_than = |least: f64, usual: f64| if number > least { number } else { usual };
        let usual = Options::default();
        match letter {
            b'c' => self.config_directory = Some(value.to_owned()),
            b'w' => self.width = more_than(80.0, usual.width),
            b'b' => self.buckets = more_than(0.0, usual.buckets),
            b't' => self.tick = more_than(0.0, usual.tick),
            b'm' => self.min_subdomains = more_than(0.0, usual.min_subdomains),
            b'N' => self.batch_messages = number as u64,
            _ => self.batch_domains = number as usize,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Options, Stop> {
        let args: Vec<OsString> = line.split(' ').map(OsString::from).collect();
        parse(&args)
    }

    #[test]
    fn letters_cluster_and_values_attach() {
        let options = parsed("qshape -lsb12 -t 2.5 -w 60 deferred -x").unwrap();
        assert!(options.linear && options.by_sender && !options.parents);
        assert_eq!((options.buckets, options.tick, options.width), (12.0, 2.5, 80.0));
        assert_eq!(options.queues, [PathBuf::from("deferred"), PathBuf::from("-x")]);
        assert_eq!(parsed("qshape -- -s").unwrap().queues, [PathBuf::from("-s")]);
    }

    #[test]
    fn unknown_letters_stop_it() {
        assert!(matches!(parsed("qshape -lx"), Err(Stop::Unknown(b'x'))));
        assert!(matches!(parsed("qshape -h"), Err(Stop::Help)));
    }
}
