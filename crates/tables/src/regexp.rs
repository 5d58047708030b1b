//! `regexp:` tables: POSIX regular expressions, by the C library.

use crate::patterns::Engine;
use crate::required_text::{Dialect, Required, required_texts};
use crate::substitution::Places;
use sys::PosixRegex;
use sys::regex::Flags as Options;

impl Engine for PosixRegex {
    const KIND: &'static str = "regexp";
    const BELOW_ONE: &'static str = "out-of-range";
    const UNCLOSED: &'static str = "skipping";
    const TWO_PATTERNS: bool = true;
    const BACKSLASH_CLOSES: bool = true;
    type Options = Options;

    fn default_options() -> Options {
        Options { extended: true, ignore_case: true, newline: false }
    }

    fn toggle(options: &mut Options, letter: u8) -> Result<(), Option<&'static str>> {
        let option = match letter {
            b'i' => &mut options.ignore_case,
            b'm' => &mut options.newline,
            b'x' => &mut options.extended,
            _ => return Err(None),
        };
        *option = !*option;
        Ok(())
    }

    fn required(pattern: &[u8], options: Options) -> Required {
        if options.extended { required_texts(pattern, Dialect::Posix) } else { None }
    }

    fn compile(pattern: &[u8], options: Options) -> Result<PosixRegex, String> {
        PosixRegex::new(pattern, options).map_err(|error| error.to_string())
    }

    fn groups(&self) -> usize {
        PosixRegex::groups(self)
    }

    fn is_match(&self, text: &[u8]) -> Result<bool, String> {
        PosixRegex::is_match(self, text).map_err(|error| error.to_string())
    }

    fn find(&self, text: &[u8]) -> Result<Option<Places>, String> {
        PosixRegex::find(self, text).map_err(|error| error.to_string())
    }
}
