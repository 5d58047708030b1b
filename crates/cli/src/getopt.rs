//! `getopt(3)` of the GNU C library, with its messages.

use std::ffi::{OsStr, OsString};
use std::io::Write;
use std::os::unix::ffi::{OsStrExt, OsStringExt};

/// One option that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Opt {
    /// An option without value.
    Flag(char),
    /// An option with its value.
    Value(char, OsString),
    /// A letter that is no option; the message is written.
    Unknown(char),
    /// An option whose value is missing; the message is written.
    Missing(char),
}

/// Goes through a command line's options, as Postfix programs do on GNU systems: letters may be clustered, a value may
/// be attached or be the next argument, `--` ends the options, and so does the first argument that is no option.
#[derive(Debug)]
pub struct Getopt<'a> {
    args: &'a [OsString],
    spec: &'a str,
    // The argument to look at, and the place in it after the letters of a cluster that were given out.
    index: usize,
    offset: usize,
    quiet: bool,
}

impl<'a> Getopt<'a> {
    /// Goes through `args` (the name that the program was called by comes first). `spec` lists the letters, each that takes
    /// a value followed by a colon.
    pub fn new(args: &'a [OsString], spec: &'a str) -> Getopt<'a> {
        Getopt { args, spec, index: 1, offset: 0, quiet: false }
    }

    /// Starts at another argument than the first: to go on after an operand.
    #[must_use]
    pub fn starting_at(mut self, index: usize) -> Getopt<'a> {
        self.index = index;
        self
    }

    /// Writes no messages: what `opterr = 0` does in C.
    #[must_use]
    pub fn quiet(mut self) -> Getopt<'a> {
        self.quiet = true;
        self
    }

    /// The index of the next argument: C's `optind`.
    pub fn index(&self) -> usize {
        self.index
    }

    /// The operands: after the iterator has ended, what is left of the arguments.
    pub fn operands(&self) -> Vec<OsString> {
        self.args.get(self.index..).unwrap_or_default().to_vec()
    }

    fn complain(&self, text: &str, letter: u8) {
        if self.quiet {
            return;
        }
        let mut line = self.args.first().map(|arg| arg.as_bytes().to_vec()).unwrap_or_default();
        line.extend_from_slice(text.as_bytes());
        line.extend_from_slice(b" -- '");
        line.push(letter);
        line.extend_from_slice(b"'\n");
        // Nobody to tell if stderr is gone.
        let _ = std::io::stderr().write_all(&line);
    }

    // The letter's place in the spec: does it take a value?
    fn takes_value(&self, letter: u8) -> Option<bool> {
        if letter == b':' || letter == b';' {
            return None;
        }
        let spec = self.spec.as_bytes();
        let place = spec.iter().position(|known| *known == letter)?;
        Some(spec.get(place + 1) == Some(&b':'))
    }

    // Goes to the next argument that holds options; false at the end of the options.
    fn open_cluster(&mut self) -> bool {
        match self.args.get(self.index).map(|arg| arg.as_bytes()) {
            Some(b"--") => {
                self.index += 1;
                false
            }
            Some([b'-', _, ..]) => {
                self.offset = 1;
                true
            }
            _ => false,
        }
    }

    fn value(&mut self, arg: &OsStr) -> Option<OsString> {
        let attached = arg.as_bytes().get(self.offset..).unwrap_or_default();
        self.index += 1;
        self.offset = 0;
        if !attached.is_empty() {
            return Some(OsString::from_vec(attached.to_vec()));
        }
        let value = self.args.get(self.index)?.clone();
        self.index += 1;
        Some(value)
    }
}

impl Iterator for Getopt<'_> {
    type Item = Opt;

    fn next(&mut self) -> Option<Opt> {
        if self.offset == 0 && !self.open_cluster() {
            return None;
        }
        let arg: &OsString = self.args.get(self.index)?;
        let letter = *arg.as_bytes().get(self.offset)?;
        self.offset += 1;
        let is_last = self.offset >= arg.len();
        match self.takes_value(letter) {
            Some(true) => match self.value(arg) {
                Some(value) => Some(Opt::Value(char::from(letter), value)),
                None => {
                    self.complain(": option requires an argument", letter);
                    Some(Opt::Missing(char::from(letter)))
                }
            },
            known => {
                if is_last {
                    self.index += 1;
                    self.offset = 0;
                }
                if known.is_none() {
                    self.complain(": invalid option", letter);
                    return Some(Opt::Unknown(char::from(letter)));
                }
                Some(Opt::Flag(char::from(letter)))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<OsString> {
        text.split(' ').map(OsString::from).collect()
    }

    #[test]
    fn clusters_and_values() {
        let args = words("prog -va1 -b two -- -v");
        let mut getopt = Getopt::new(&args, "a:b:v").quiet();
        let found: Vec<Opt> = getopt.by_ref().collect();
        assert_eq!(found, [Opt::Flag('v'), Opt::Value('a', "1".into()), Opt::Value('b', "two".into())]);
        assert_eq!(getopt.operands(), words("-v"));
    }

    #[test]
    fn the_first_operand_ends_the_options() {
        let args = words("prog -v file -v");
        let mut getopt = Getopt::new(&args, "v");
        assert_eq!(getopt.by_ref().count(), 1);
        assert_eq!(getopt.operands(), words("file -v"));
    }

    #[test]
    fn mistakes_are_reported() {
        let args = words("prog -Zv -a");
        let found: Vec<Opt> = Getopt::new(&args, "va:").quiet().collect();
        assert_eq!(found, [Opt::Unknown('Z'), Opt::Flag('v'), Opt::Missing('a')]);
    }
}
