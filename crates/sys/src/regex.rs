//! POSIX regular expressions of the C library, `regcomp(3)`, for tables of type `regexp`: an administrator's patterns
//! must match just what they match under Postfix.

use std::ffi::CString;
use std::fmt;
use std::mem::MaybeUninit;
use std::ops::Range;

/// How a pattern is compiled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flags {
    /// Extended syntax (`REG_EXTENDED`).
    pub extended: bool,
    /// Letters match in either case (`REG_ICASE`).
    pub ignore_case: bool,
    /// `^` and `$` match at newlines, and `.` matches none (`REG_NEWLINE`).
    pub newline: bool,
}

impl Default for Flags {
    fn default() -> Flags {
        Flags { extended: true, ignore_case: true, newline: false }
    }
}

/// Why a pattern does not compile, or a match failed: `regerror(3)`'s text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegexError(String);

impl fmt::Display for RegexError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl std::error::Error for RegexError {}

/// A compiled pattern.
pub struct PosixRegex {
    compiled: Box<libc::regex_t>,
}

// SAFETY: the compiled pattern is owned memory without thread affinity.
unsafe impl Send for PosixRegex {}
// SAFETY: POSIX requires regexec to be thread-safe for one compiled pattern; glibc locks inside.
unsafe impl Sync for PosixRegex {}

// The start of `regex_t` in <regex.h>, up to the one member that POSIX makes public: the libc crate keeps it opaque.
#[repr(C)]
struct Layout {
    #[cfg(target_env = "gnu")]
    private: [usize; 6],
    re_nsub: libc::size_t,
}

// <regex.h> of the GNU library: match only the bytes that the first element of the result array names.
const REG_STARTEND: libc::c_int = 4;

impl PosixRegex {
    /// Compiles a pattern.
    ///
    /// # Errors
    /// The pattern is not valid, or contains a NUL byte.
    pub fn new(pattern: &[u8], flags: Flags) -> Result<PosixRegex, RegexError> {
        let pattern = CString::new(pattern).map_err(|_| RegexError("NUL byte in pattern".to_owned()))?;
        let mut options = 0;
        for (wanted, bit) in [
            (flags.extended, libc::REG_EXTENDED),
            (flags.ignore_case, libc::REG_ICASE),
            (flags.newline, libc::REG_NEWLINE),
        ] {
            if wanted {
                options |= bit;
            }
        }
        let mut space: Box<MaybeUninit<libc::regex_t>> = Box::new(MaybeUninit::zeroed());
        // SAFETY: the pattern is NUL-terminated and the space has the type's size.
        let code = unsafe { libc::regcomp(space.as_mut_ptr(), pattern.as_ptr(), options) };
        if code != 0 {
            return Err(error_text(code, space.as_ptr()));
        }
        // SAFETY: regcomp succeeded, so the value is there; its address stays the box's.
        let compiled = unsafe { Box::from_raw(Box::into_raw(space).cast::<libc::regex_t>()) };
        Ok(PosixRegex { compiled })
    }

    /// How many parenthesised groups the pattern has.
    pub fn groups(&self) -> usize {
        // SAFETY: regcomp filled the value in, and its start has this layout on this C library.
        unsafe { (*std::ptr::from_ref(&*self.compiled).cast::<Layout>()).re_nsub }
    }

    /// Looks for the pattern in a text. Gives `None` if it is not there, else the place of the whole match (first) and
    /// of each group, `None` for a group that took no part.
    ///
    /// # Errors
    /// The matcher ran out of memory.
    pub fn find(&self, text: &[u8]) -> Result<Option<Vec<Option<Range<usize>>>>, RegexError> {
        let mut places = vec![libc::regmatch_t { rm_so: -1, rm_eo: -1 }; self.groups() + 1];
        if let Some(first) = places.first_mut() {
            first.rm_so = 0;
            first.rm_eo = libc::regoff_t::try_from(text.len())
                .map_err(|_| RegexError("text is too long".to_owned()))?;
        }
        // SAFETY: REG_STARTEND bounds the text by the first element, which is its length; the array has the length
        // that is passed.
        let code = unsafe {
            libc::regexec(
                &*self.compiled,
                text.as_ptr().cast(),
                places.len(),
                places.as_mut_ptr(),
                REG_STARTEND,
            )
        };
        match code {
            0 => Ok(Some(places.iter().map(range).collect())),
            libc::REG_NOMATCH => Ok(None),
            _ => Err(error_text(code, &*self.compiled)),
        }
    }

    /// Is the pattern in the text?
    ///
    /// # Errors
    /// The matcher ran out of memory.
    pub fn is_match(&self, text: &[u8]) -> Result<bool, RegexError> {
        Ok(self.find(text)?.is_some())
    }
}

fn range(place: &libc::regmatch_t) -> Option<Range<usize>> {
    Some(usize::try_from(place.rm_so).ok()?..usize::try_from(place.rm_eo).ok()?)
}

fn error_text(code: libc::c_int, regex: *const libc::regex_t) -> RegexError {
    let mut buffer = [0u8; 256];
    // SAFETY: the pattern was given to regcomp before; the buffer's length is its own.
    let length = unsafe { libc::regerror(code, regex, buffer.as_mut_ptr().cast(), buffer.len()) };
    let text = buffer.get(..length.saturating_sub(1)).unwrap_or(&buffer);
    RegexError(String::from_utf8_lossy(text).into_owned())
}

impl Drop for PosixRegex {
    fn drop(&mut self) {
        // SAFETY: the value was made by regcomp and is freed once.
        unsafe { libc::regfree(&mut *self.compiled) }
    }
}

impl fmt::Debug for PosixRegex {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("PosixRegex").field("groups", &self.groups()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_have_places() {
        let regex = PosixRegex::new(b"^(a+)(x)?b", Flags::default()).unwrap();
        assert_eq!(regex.groups(), 2);
        let places = regex.find(b"AAb tail").unwrap().unwrap();
        assert_eq!(places, [Some(0..3), Some(0..2), None]);
        assert_eq!(regex.find(b"nothing").unwrap(), None);
    }

    #[test]
    fn the_text_is_bounded_by_its_length() {
        let regex = PosixRegex::new(b"b$", Flags::default()).unwrap();
        assert!(regex.is_match(b"ab").unwrap());
        assert!(regex.is_match(b"abc".get(..2).unwrap()).unwrap());
    }

    #[test]
    fn a_bad_pattern_has_the_c_librarys_text() {
        let error = PosixRegex::new(b"(", Flags::default()).unwrap_err();
        assert_eq!(error.to_string(), "Unmatched ( or \\(");
    }
}
