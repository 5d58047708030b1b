//! Text that a regular expression cannot match without, so that most rules need not be tried for most keys.
//!
//! This reads just enough of a pattern to be sure. What it does not know for certain ends in "nothing is required", which
//! costs time and never a match. Letters stand for both cases: the reader compares without regard to case, whatever the
//! pattern says.

/// Whose syntax a pattern has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// POSIX extended regular expressions with the GNU library's additions.
    Posix,
    /// PCRE2, bytes, without the option `x`.
    Perl,
}

/// How deep groups may nest.
const MAX_DEPTH: usize = 40;
/// How many alternatives are worth looking for.
const MAX_TEXTS: usize = 64;
/// Shorter text is in nearly every key.
const MIN_LENGTH: usize = 2;

/// Texts of which a match has at least one; `None` where nothing is known.
pub(crate) type Required = Option<Vec<Vec<u8>>>;

/// What every match of the pattern contains one of, in lower case.
pub(crate) fn required_texts(pattern: &[u8], dialect: Dialect) -> Required {
    let mut scanner = Scanner { rest: pattern, dialect };
    let required = scanner.alternatives(0).ok()?;
    if scanner.rest.is_empty() { required } else { None }
}

/// How well a text tells keys apart: by its length, but the name of a header, which many rules and keys start with, hardly
/// counts.
fn worth(text: &[u8]) -> usize {
    let behind_name = text.rsplit(|&byte| byte == b':').next().unwrap_or(text);
    behind_name.len().max(text.len().min(MIN_LENGTH))
}

/// Syntax that this reader does not know for certain.
struct Unknown;

struct Scanner<'a> {
    rest: &'a [u8],
    dialect: Dialect,
}

/// What one atom of a sequence contributes.
enum Atom {
    /// This byte, in either case.
    Byte(u8),
    /// Something that is not looked at.
    Something,
    /// A group.
    Group(Required),
    /// A place: it matches no text, and no repetition may follow.
    Place,
}

/// What is known of a sequence so far.
#[derive(Default)]
struct Sequence {
    best: Required,
    run: Vec<u8>,
}

impl Sequence {
    /// Takes what is required if it tells more keys apart than what there is.
    fn consider(&mut self, candidate: Required) {
        let Some(candidate) = candidate else { return };
        let worth = |texts: &[Vec<u8>]| texts.iter().map(|text| worth(text)).min().unwrap_or(0);
        if worth(&candidate) >= MIN_LENGTH
            && self.best.as_ref().is_none_or(|best| worth(&candidate) > worth(best))
        {
            self.best = Some(candidate);
        }
    }

    /// What follows need not stand right behind what was read.
    fn interrupt(&mut self) {
        let run = std::mem::take(&mut self.run);
        self.consider(Some(vec![run]));
    }

    fn add(&mut self, atom: Atom, repeats: Option<u32>) {
        match (atom, repeats) {
            (Atom::Byte(byte), None) => self.run.push(byte),
            (Atom::Byte(byte), Some(1..)) => {
                self.run.push(byte);
                self.interrupt();
                self.run.push(byte);
            }
            (Atom::Group(required), None | Some(1..)) => {
                self.interrupt();
                self.consider(required);
            }
            (Atom::Byte(_) | Atom::Group(_), Some(0)) | (Atom::Something | Atom::Place, _) => {
                self.interrupt()
            }
        }
    }

    fn finish(mut self) -> Required {
        self.interrupt();
        self.best
    }
}

impl<'a> Scanner<'a> {
    fn take(&mut self) -> Option<u8> {
        let (&byte, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(byte)
    }

    fn take_if(&mut self, wanted: impl Fn(u8) -> bool) -> Option<u8> {
        if self.rest.first().is_some_and(|&byte| wanted(byte)) { self.take() } else { None }
    }

    fn take_while(&mut self, wanted: impl Fn(u8) -> bool) -> &'a [u8] {
        let end = self.rest.iter().position(|&byte| !wanted(byte)).unwrap_or(self.rest.len());
        let (taken, rest) = self.rest.split_at(end);
        self.rest = rest;
        taken
    }

    /// Everything up to the end of the pattern or of the group.
    fn alternatives(&mut self, depth: usize) -> Result<Required, Unknown> {
        if depth > MAX_DEPTH {
            return Err(Unknown);
        }
        let mut all = self.sequence(depth)?;
        while self.take_if(|byte| byte == b'|').is_some() {
            let more = self.sequence(depth)?;
            all = match (all, more) {
                (Some(mut all), Some(more)) if all.len() + more.len() <= MAX_TEXTS => {
                    all.extend(more);
                    Some(all)
                }
                _ => None,
            };
        }
        Ok(all)
    }

    fn sequence(&mut self, depth: usize) -> Result<Required, Unknown> {
        let mut sequence = Sequence::default();
        while self.rest.first().is_some_and(|&byte| byte != b'|' && byte != b')') {
            let atom = self.atom(depth)?;
            let repeats = self.repeats()?;
            if repeats.is_some() && matches!(atom, Atom::Place) {
                return Err(Unknown);
            }
            sequence.add(atom, repeats);
        }
        Ok(sequence.finish())
    }

    fn atom(&mut self, depth: usize) -> Result<Atom, Unknown> {
        match self.take().ok_or(Unknown)? {
            b'(' => self.group(depth),
            b'[' => self.bracket(),
            b'\\' => self.escape(),
            b'.' => Ok(Atom::Something),
            b'^' | b'$' => Ok(Atom::Place),
            b'*' | b'+' | b'?' | b'{' => Err(Unknown),
            byte => Ok(Atom::Byte(byte.to_ascii_lowercase())),
        }
    }

    fn group(&mut self, depth: usize) -> Result<Atom, Unknown> {
        let counts = self.dialect == Dialect::Posix || self.group_head()?;
        if self.rest.first() == Some(&b')') {
            self.take();
            return Ok(Atom::Something);
        }
        let required = self.alternatives(depth + 1)?;
        self.take_if(|byte| byte == b')').ok_or(Unknown)?;
        Ok(if counts { Atom::Group(required) } else { Atom::Something })
    }

    /// What stands behind the parenthesis of a Perl group. False for a group whose text is not part of the match.
    fn group_head(&mut self) -> Result<bool, Unknown> {
        match self.rest {
            [b'*', ..] => return Err(Unknown),
            [b'?', ..] => self.take(),
            _ => return Ok(true),
        };
        let kind = self.take().ok_or(Unknown)?;
        match kind {
            b':' | b'>' => Ok(true),
            b'=' | b'!' => Ok(false),
            b'<' if self.take_if(|byte| byte == b'=' || byte == b'!').is_some() => Ok(false),
            b'<' => self.name(b'>'),
            b'\'' => self.name(b'\''),
            b'P' if self.take_if(|byte| byte == b'<').is_some() => self.name(b'>'),
            b'i' | b'm' | b's' | b'-' => {
                self.take_while(|byte| b"ims-".contains(&byte));
                match self.rest.first() {
                    Some(b')') => Ok(false),
                    _ => self.take_if(|byte| byte == b':').map(|_| true).ok_or(Unknown),
                }
            }
            _ => Err(Unknown),
        }
    }

    fn name(&mut self, end: u8) -> Result<bool, Unknown> {
        self.take_while(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        self.take_if(|byte| byte == end).map(|_| true).ok_or(Unknown)
    }

    /// Skips what stands in brackets.
    fn bracket(&mut self) -> Result<Atom, Unknown> {
        self.take_if(|byte| byte == b'^');
        self.take_if(|byte| byte == b']');
        loop {
            match self.take().ok_or(Unknown)? {
                b']' => return Ok(Atom::Something),
                b'[' if matches!(self.rest.first(), Some(b'.' | b'=')) => return Err(Unknown),
                b'[' if self.take_if(|byte| byte == b':').is_some() => {
                    self.take_while(|byte| byte.is_ascii_alphabetic() || byte == b'^');
                    self.rest = self.rest.strip_prefix(b":]").ok_or(Unknown)?;
                }
                b'\\' if self.dialect == Dialect::Perl => {
                    if matches!(self.take(), None | Some(b'Q' | b'E' | b'c')) {
                        return Err(Unknown);
                    }
                }
                _ => {}
            }
        }
    }

    fn escape(&mut self) -> Result<Atom, Unknown> {
        let byte = self.take().ok_or(Unknown)?;
        match (self.dialect, byte) {
            (Dialect::Posix, b'<' | b'>' | b'`' | b'\'' | b'b' | b'B') => Ok(Atom::Place),
            (Dialect::Perl, b'b' | b'B' | b'A' | b'Z' | b'z' | b'G' | b'K') => Ok(Atom::Place),
            (Dialect::Perl, b'd' | b'D' | b'w' | b'W' | b's' | b'S' | b'h' | b'H' | b'v' | b'V' | b'R') => {
                Ok(Atom::Something)
            }
            (Dialect::Perl, b'n' | b'r' | b't' | b'f' | b'e' | b'a') => Ok(Atom::Something),
            (Dialect::Perl, b'0'..=b'9') => {
                self.take_while(|byte| byte.is_ascii_digit());
                Ok(Atom::Something)
            }
            (Dialect::Posix, byte) if byte.is_ascii_alphanumeric() => Ok(Atom::Something),
            (_, byte) if byte.is_ascii_punctuation() || byte == b' ' => Ok(Atom::Byte(byte)),
            _ => Err(Unknown),
        }
    }

    /// How often the last atom comes at least; `None` for one that is not repeated.
    fn repeats(&mut self) -> Result<Option<u32>, Unknown> {
        let mut least = self.repetition()?;
        match self.dialect {
            Dialect::Perl if least.is_some() => {
                self.take_if(|byte| byte == b'?' || byte == b'+');
            }
            Dialect::Perl => {}
            Dialect::Posix => {
                while let (Some(so_far), Some(more)) = (least, self.repetition()?) {
                    least = Some(so_far.saturating_mul(more));
                }
            }
        }
        Ok(least)
    }

    fn repetition(&mut self) -> Result<Option<u32>, Unknown> {
        match self.rest.first() {
            Some(b'*' | b'?') => {
                self.take();
                Ok(Some(0))
            }
            Some(b'+') => {
                self.take();
                Ok(Some(1))
            }
            Some(b'{') => {
                self.take();
                let digits = self.take_while(|byte| byte.is_ascii_digit());
                let comma = self.take_if(|byte| byte == b',').is_some();
                let limit = self.take_while(|byte| byte.is_ascii_digit());
                self.take_if(|byte| byte == b'}').ok_or(Unknown)?;
                if digits.is_empty() && (limit.is_empty() || !comma) {
                    return Err(Unknown);
                }
                Ok(Some(u32::from(digits.iter().any(|&digit| digit != b'0'))))
            }
            _ => Ok(None),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn perl(pattern: &str) -> Option<Vec<String>> {
        texts(pattern, Dialect::Perl)
    }

    fn posix(pattern: &str) -> Option<Vec<String>> {
        texts(pattern, Dialect::Posix)
    }

    fn texts(pattern: &str, dialect: Dialect) -> Option<Vec<String>> {
        let required = required_texts(pattern.as_bytes(), dialect)?;
        Some(required.into_iter().map(|text| String::from_utf8(text).unwrap()).collect())
    }

    fn all(texts: &[&str]) -> Option<Vec<String>> {
        Some(texts.iter().map(|&text| text.to_owned()).collect())
    }

    #[test]
    fn the_longest_text_is_taken() {
        assert_eq!(perl(r"^Subject:.*Via+gra\.com$"), all(&["agra.com"]));
        assert_eq!(perl("^Subject:.*[0-9]"), all(&["subject:"]));
        assert_eq!(perl(r"^(ab|cd).*(efg|hijk)"), all(&["efg", "hijk"]));
        assert_eq!(posix("[0-9]+-(dsl|cable)"), all(&["dsl", "cable"]));
        assert_eq!(posix("ab+cd"), all(&["bcd"]));
    }

    #[test]
    fn what_may_be_missing_is_not_required() {
        for pattern in ["(abc)?", "(abc)*", "abc|x", "a?b?", "(abc|d?)", "(abc){0,3}", ".", "^$", "(abc){,2}"]
        {
            assert_eq!(perl(pattern), None, "{pattern}");
            assert_eq!(posix(pattern), None, "{pattern}");
        }
        assert_eq!(posix("(abc)+?"), None, "repeated twice");
        assert_eq!(perl("(abc)+?"), all(&["abc"]), "not greedy");
        assert_eq!(perl("(?!abc)x"), None);
        assert_eq!(perl("(?=abc)"), None);
    }

    #[test]
    fn what_is_not_known_requires_nothing() {
        for pattern in [r"\Qa.b\E", "(*UTF)abc", "(?x)a b c", r"\x41bc", "abc{x", "abc)", "(abc", r"abc\"] {
            assert_eq!(perl(pattern), None, "{pattern}");
        }
        assert_eq!(posix("[[.hyphen.]]abc"), None);
    }
}
