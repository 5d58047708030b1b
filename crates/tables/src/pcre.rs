//! `pcre:` tables: Perl-compatible regular expressions, by PCRE2.
//!
//! Three option letters have no switch in the library's Rust interface. `U` and `A` are written into the pattern.
//! `E` (`$` does not match before a newline at the end) is accepted and changes nothing, because no lookup key of a
//! mail system ends with a newline.

use crate::patterns::Engine;
use crate::required_text::{Dialect, Required, required_texts};
use crate::substitution::Places;
use pcre2::bytes::{Regex, RegexBuilder};

/// Option letters of a pattern.
#[derive(Clone, Copy)]
pub(crate) struct Options {
    caseless: bool,
    multi_line: bool,
    dot_all: bool,
    extended: bool,
    anchored: bool,
    ungreedy: bool,
}

/// A compiled pattern.
pub(crate) struct Pcre(Regex);

impl Engine for Pcre {
    const KIND: &'static str = "pcre";
    const BELOW_ONE: &'static str = "out of range";
    const UNCLOSED: &'static str = "ignoring";
    const TWO_PATTERNS: bool = false;
    const BACKSLASH_CLOSES: bool = false;
    type Options = Options;

    fn default_options() -> Options {
        Options {
            caseless: true,
            multi_line: false,
            dot_all: true,
            extended: false,
            anchored: false,
            ungreedy: false,
        }
    }

    fn toggle(options: &mut Options, letter: u8) -> Result<(), Option<&'static str>> {
        let option = match letter {
            b'i' => &mut options.caseless,
            b'm' => &mut options.multi_line,
            b's' => &mut options.dot_all,
            b'x' => &mut options.extended,
            b'A' => &mut options.anchored,
            b'E' => return Ok(()),
            b'U' => &mut options.ungreedy,
            b'X' => return Err(Some("ignoring obsolete regexp option \"X\"")),
            _ => return Err(None),
        };
        *option = !*option;
        Ok(())
    }

    fn required(pattern: &[u8], options: Options) -> Required {
        if options.extended { None } else { required_texts(pattern, Dialect::Perl) }
    }

    fn compile(pattern: &[u8], options: Options) -> Result<Pcre, String> {
        let source = source_text(pattern);
        let prefix = match (options.ungreedy, options.anchored) {
            (false, false) => "",
            (true, false) => "(?U)",
            (false, true) => "\\G(?:",
            (true, true) => "\\G(?U:",
        };
        // The newline ends a comment that an extended pattern may finish with.
        let suffix = match (options.anchored, options.extended) {
            (false, _) => "",
            (true, false) => ")",
            (true, true) => "\n)",
        };
        RegexBuilder::new()
            .caseless(options.caseless)
            .multi_line(options.multi_line)
            .dotall(options.dot_all)
            .extended(options.extended)
            .build(&format!("{prefix}{source}{suffix}"))
            .map(Pcre)
            .map_err(|error| {
                let offset = error.offset().unwrap_or(0).saturating_sub(prefix.len()).min(source.len());
                format!("error in regex at offset {offset}: {}", library_text(&error))
            })
    }

    fn groups(&self) -> usize {
        self.0.captures_len().saturating_sub(1)
    }

    fn is_match(&self, text: &[u8]) -> Result<bool, String> {
        self.0.is_match(text).map_err(|error| library_text(&error))
    }

    fn find(&self, text: &[u8]) -> Result<Option<Places>, String> {
        let mut places = self.0.capture_locations();
        match self.0.captures_read(&mut places, text) {
            Ok(None) => Ok(None),
            Ok(Some(_)) => Ok(Some(
                (0..places.len()).map(|group| places.get(group).map(|(start, end)| start..end)).collect(),
            )),
            Err(error) => Err(library_text(&error)),
        }
    }
}

/// The pattern as text: bytes that are not UTF-8 become escapes, which match the same bytes.
fn source_text(pattern: &[u8]) -> String {
    let mut source = String::with_capacity(pattern.len());
    for chunk in pattern.utf8_chunks() {
        source.push_str(chunk.valid());
        for byte in chunk.invalid() {
            source.push_str(&format!("\\x{byte:02x}"));
        }
    }
    source
}

/// PCRE2's own words, without those that its Rust interface puts before them.
fn library_text(error: &pcre2::Error) -> String {
    let text = error.to_string();
    let own = match error.offset() {
        Some(offset) => text.split_once(&format!("at offset {offset}: ")).map(|(_, own)| own),
        None => text.strip_prefix("PCRE2: error matching: "),
    };
    own.unwrap_or(&text).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compile(pattern: &str, letters: &str) -> Result<Pcre, String> {
        let mut options = Pcre::default_options();
        for letter in letters.bytes() {
            Pcre::toggle(&mut options, letter).unwrap();
        }
        Pcre::compile(pattern.as_bytes(), options)
    }

    #[test]
    fn option_letters() {
        assert!(compile("ABC", "").unwrap().is_match(b"xabc").unwrap());
        assert!(!compile("ABC", "i").unwrap().is_match(b"xabc").unwrap());
        assert!(!compile("abc", "A").unwrap().is_match(b"xabc").unwrap());
        assert!(compile("abc # x", "Ax").unwrap().is_match(b"abc").unwrap());
        let places = compile("(a+)", "U").unwrap().find(b"aaa").unwrap().unwrap();
        assert_eq!(places[1], Some(0..1));
    }

    #[test]
    fn bytes_that_are_not_utf8() {
        assert!(
            Pcre::compile(b"\xe9t\xe9", Pcre::default_options()).unwrap().is_match(b"l'\xe9t\xe9").unwrap()
        );
    }

    /// By experiment with postmap 3.11.
    #[test]
    fn errors_are_the_librarys() {
        assert_eq!(
            compile("(", "").err().unwrap(),
            "error in regex at offset 1: missing closing parenthesis"
        );
        assert_eq!(
            compile("(", "U").err().unwrap(),
            "error in regex at offset 1: missing closing parenthesis"
        );
    }
}
