//! Enhanced status codes (RFC 3463) in front of texts, and the values of the DSN parameters (RFC 3461).

/// The length of the enhanced status code that `text` starts with: a class of 2, 4 or 5, then two numbers of at most
/// three digits, then white space or the end.
pub fn status_len(text: &[u8]) -> Option<usize> {
    let digits = |from: usize| {
        let rest = text.get(from..).unwrap_or_default();
        let count = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        (1..=3).contains(&count).then_some(from + count)
    };
    if !matches!(text.first(), Some(b'2' | b'4' | b'5')) || text.get(1) != Some(&b'.') {
        return None;
    }
    let middle = digits(2)?;
    if text.get(middle) != Some(&b'.') {
        return None;
    }
    let end = digits(middle + 1)?;
    text.get(end).is_none_or(|byte| byte.is_ascii_whitespace() || *byte == 0x0b).then_some(end)
}

/// Takes an enhanced status code off the front of `text`: the code (or `default`) and the rest without leading
/// white space.
pub fn split<'a>(default: &'a [u8], text: &'a [u8]) -> (&'a [u8], &'a [u8]) {
    let text = trim_start(text);
    match status_len(text).and_then(|end| text.split_at_checked(end)) {
        Some((status, rest)) => (status, trim_start(rest)),
        None => (default, text),
    }
}

fn trim_start(text: &[u8]) -> &[u8] {
    let blanks = text.iter().take_while(|byte| byte.is_ascii_whitespace() || **byte == 0x0b).count();
    text.get(blanks..).unwrap_or_default()
}

/// What a `RET=` parameter asks to be returned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ret {
    /// The whole message.
    Full = 1,
    /// Its header only.
    Headers = 2,
}

impl Ret {
    /// The value of a `RET=` parameter.
    pub fn parse(value: &[u8]) -> Option<Self> {
        match value {
            value if value.eq_ignore_ascii_case(b"FULL") => Some(Self::Full),
            value if value.eq_ignore_ascii_case(b"HDRS") => Some(Self::Headers),
            _ => None,
        }
    }

    /// The number that queue files and internal protocols use.
    pub fn code(self) -> i32 {
        self as i32
    }
}

/// When a `NOTIFY=` parameter asks for notices.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Notify(u8);

impl Notify {
    /// Never.
    pub const NEVER: Self = Self(1);
    /// After delivery.
    pub const SUCCESS: Self = Self(2);
    /// When delivery fails.
    pub const FAILURE: Self = Self(4);
    /// When delivery is late.
    pub const DELAY: Self = Self(8);

    const NAMES: [(&'static str, Self); 4] = [
        ("NEVER", Self::NEVER),
        ("SUCCESS", Self::SUCCESS),
        ("FAILURE", Self::FAILURE),
        ("DELAY", Self::DELAY),
    ];

    /// The value of a `NOTIFY=` parameter: names separated by commas; `NEVER` goes with no other.
    pub fn parse(value: &[u8]) -> Option<Self> {
        let mut mask = 0;
        for name in value.split(|byte| matches!(byte, b',' | b' ' | b'\t' | b'\r' | b'\n')) {
            if name.is_empty() {
                continue;
            }
            let (_, bit) =
                Self::NAMES.iter().find(|(known, _)| name.eq_ignore_ascii_case(known.as_bytes()))?;
            mask |= bit.0;
        }
        let never = mask & Self::NEVER.0 != 0;
        (mask != 0 && (!never || mask == Self::NEVER.0)).then_some(Self(mask))
    }

    /// The first name in the value of a `NOTIFY=` parameter that is not one.
    pub fn unknown_name(value: &[u8]) -> Option<&[u8]> {
        let known =
            |name: &[u8]| Self::NAMES.iter().any(|(known, _)| name.eq_ignore_ascii_case(known.as_bytes()));
        value
            .split(|byte| matches!(byte, b',' | b' ' | b'\t' | b'\r' | b'\n'))
            .find(|name| !name.is_empty() && !known(name))
    }

    /// From the number that queue files and internal protocols use; zero means that nothing was asked for.
    pub fn from_code(code: i32) -> Self {
        Self(u8::try_from(code).unwrap_or(0) & 15)
    }

    /// The number that queue files and internal protocols use.
    pub fn code(self) -> i32 {
        i32::from(self.0)
    }

    /// Whether nothing was asked for.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }
}

impl std::fmt::Display for Notify {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names = Self::NAMES.iter().filter(|(_, bit)| self.0 & bit.0 != 0);
        for (index, (name, _)) in names.enumerate() {
            write!(out, "{}{name}", if index > 0 { "," } else { "" })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn status_codes() {
        assert_eq!(status_len(b"5.7.1"), Some(5));
        assert_eq!(status_len(b"4.123.456 text"), Some(9));
        assert_eq!(status_len(b"5.7.1x"), None);
        assert_eq!(status_len(b"3.7.1"), None);
        assert_eq!(status_len(b"5.1234.1"), None);
        assert_eq!(status_len(b"5.1"), None);
        assert_eq!(status_len(b""), None);
        assert_eq!(split(b"5.7.1", b"  4.3.2  try"), (&b"4.3.2"[..], &b"try"[..]));
        assert_eq!(split(b"5.7.1", b" no"), (&b"5.7.1"[..], &b"no"[..]));
    }

    #[test]
    fn parameters() {
        assert_eq!(Notify::parse(b"never"), Some(Notify::NEVER));
        assert_eq!(Notify::parse(b"SUCCESS,delay").map(Notify::code), Some(10));
        assert_eq!(Notify::parse(b"NEVER,DELAY"), None);
        assert_eq!(Notify::parse(b"SOON"), None);
        assert_eq!(Notify::parse(b""), None);
        assert_eq!(Notify::from_code(6).to_string(), "SUCCESS,FAILURE");
        assert_eq!(Ret::parse(b"hdrs").map(Ret::code), Some(2));
        assert_eq!(Ret::parse(b"HDR"), None);
    }
}
