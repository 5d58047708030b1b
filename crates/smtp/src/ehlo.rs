//! EHLO keywords: sets of them, as configuration names them, and what a server's answer says.

/// A set of EHLO keywords that Postfix knows about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Keywords(u32);

impl Keywords {
    /// No keywords.
    pub const NONE: Self = Self(0);
    /// `8BITMIME`
    pub const EIGHTBITMIME: Self = Self(1 << 0);
    /// `PIPELINING`
    pub const PIPELINING: Self = Self(1 << 1);
    /// `SIZE`
    pub const SIZE: Self = Self(1 << 2);
    /// `VRFY`
    pub const VRFY: Self = Self(1 << 3);
    /// `ETRN`
    pub const ETRN: Self = Self(1 << 4);
    /// `AUTH`
    pub const AUTH: Self = Self(1 << 5);
    /// `XVERP`
    pub const VERP: Self = Self(1 << 6);
    /// `STARTTLS`
    pub const STARTTLS: Self = Self(1 << 7);
    /// `XCLIENT`
    pub const XCLIENT: Self = Self(1 << 8);
    /// `XFORWARD`
    pub const XFORWARD: Self = Self(1 << 9);
    /// `ENHANCEDSTATUSCODES`
    pub const ENHANCEDSTATUSCODES: Self = Self(1 << 10);
    /// `DSN`
    pub const DSN: Self = Self(1 << 11);
    /// `SMTPUTF8`
    pub const SMTPUTF8: Self = Self(1 << 12);
    /// `CHUNKING`
    pub const CHUNKING: Self = Self(1 << 13);
    /// `REQUIRETLS`
    pub const REQUIRETLS: Self = Self(1 << 14);
    /// `silent-discard`, which is not a keyword but asks not to log that keywords are discarded.
    pub const SILENT: Self = Self(1 << 31);

    /// In the order in which Postfix lists them.
    const NAMES: [(&'static str, Self); 16] = [
        ("8BITMIME", Self::EIGHTBITMIME),
        ("AUTH", Self::AUTH),
        ("ETRN", Self::ETRN),
        ("PIPELINING", Self::PIPELINING),
        ("SIZE", Self::SIZE),
        ("XVERP", Self::VERP),
        ("VRFY", Self::VRFY),
        ("XCLIENT", Self::XCLIENT),
        ("XFORWARD", Self::XFORWARD),
        ("STARTTLS", Self::STARTTLS),
        ("ENHANCEDSTATUSCODES", Self::ENHANCEDSTATUSCODES),
        ("DSN", Self::DSN),
        ("SMTPUTF8", Self::SMTPUTF8),
        ("CHUNKING", Self::CHUNKING),
        ("REQUIRETLS", Self::REQUIRETLS),
        ("SILENT-DISCARD", Self::SILENT),
    ];

    /// The set that a configuration value names; unknown names are ignored.
    pub fn parse(value: &[u8]) -> Self {
        value
            .split(|byte| matches!(byte, b',' | b' ' | b'\t' | b'\r' | b'\n'))
            .fold(Self::NONE, |set, name| set.with(Self::named(name)))
    }

    /// The one keyword of that name, or none.
    pub fn named(name: &[u8]) -> Self {
        let known = Self::NAMES.iter().find(|(known, _)| name.eq_ignore_ascii_case(known.as_bytes()));
        known.map_or(Self::NONE, |(_, bit)| *bit)
    }

    /// This set and another one.
    #[must_use]
    pub fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// This set without those in another one.
    #[must_use]
    pub fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Whether all of `other` are in this set.
    pub fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether the set is empty.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }
}

impl std::fmt::Display for Keywords {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names = Self::NAMES.iter().filter(|(_, bit)| self.has(*bit));
        for (index, (name, _)) in names.enumerate() {
            write!(out, "{}{name}", if index > 0 { ", " } else { "" })?;
        }
        Ok(())
    }
}

/// What a server's answer to EHLO says it can do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Capabilities {
    /// The name that the server goes by, if it gave one.
    pub server_name: Option<Vec<u8>>,
    /// The keywords that we know.
    pub keywords: Keywords,
    /// The message size limit in bytes; zero means that there is none, none that the server did not say.
    pub size_limit: Option<u64>,
    /// What stands where the message size limit should be, when that is no number.
    pub malformed_size: Option<Vec<u8>>,
    /// The authentication mechanisms, as one string separated by spaces, of all AUTH lines.
    pub auth_mechanisms: Vec<Vec<u8>>,
    /// The XFORWARD attributes, in upper case.
    pub xforward: Vec<Vec<u8>>,
}

impl Capabilities {
    /// Takes apart the text of a successful answer to EHLO (see [`crate::response::Response::text`]).
    pub fn parse(text: &[u8]) -> Self {
        let mut all = Self::default();
        for (index, line) in text.split(|&byte| byte == b'\n').enumerate() {
            let mut words = line
                .get(4..)
                .unwrap_or_default()
                .split(|byte| matches!(byte, b' ' | b'\t' | b'='))
                .filter(|word| !word.is_empty());
            let Some(word) = words.next() else { continue };
            if index == 0 {
                all.server_name = Some(word.to_vec());
                continue;
            }
            let keyword = Keywords::named(word);
            all.keywords = all.keywords.with(keyword.without(Keywords::SILENT));
            match keyword {
                Keywords::SIZE => {
                    let Some(word) = words.next() else { continue };
                    all.size_limit = number(word);
                    if !word.iter().all(u8::is_ascii_digit) {
                        all.malformed_size = Some(word.to_vec());
                    }
                }
                Keywords::AUTH => all.auth_mechanisms.extend(words.map(<[u8]>::to_vec)),
                Keywords::XFORWARD => all.xforward.extend(words.map(<[u8]>::to_ascii_uppercase)),
                _ => {}
            }
        }
        all
    }
}

fn number(text: &[u8]) -> Option<u64> {
    crate::token::offset(text).and_then(|value| u64::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets() {
        let set = Keywords::parse(b"pipelining, Silent-Discard chunking nonsense");
        assert!(set.has(Keywords::PIPELINING) && set.has(Keywords::SILENT) && !set.has(Keywords::DSN));
        assert_eq!(set.to_string(), "PIPELINING, CHUNKING, SILENT-DISCARD");
        assert_eq!(Keywords::parse(b""), Keywords::NONE);
    }

    #[test]
    fn answers() {
        let answer = b"250-mail.example.com\n250-PIPELINING\n250-SIZE 10240000\n250-AUTH PLAIN LOGIN\n\
            250-AUTH=PLAIN\n250-XFORWARD name ADDR\n250-FOO\n250 8BITMIME";
        let all = Capabilities::parse(answer);
        assert_eq!(all.server_name.as_deref(), Some(&b"mail.example.com"[..]));
        assert_eq!(all.size_limit, Some(10_240_000));
        assert_eq!(all.auth_mechanisms, [&b"PLAIN"[..], b"LOGIN", b"PLAIN"]);
        assert_eq!(all.xforward, [&b"NAME"[..], b"ADDR"]);
        assert!(all.keywords.has(Keywords::EIGHTBITMIME) && !all.keywords.has(Keywords::DSN));
        assert_eq!(all.malformed_size, None);
        assert_eq!(Capabilities::parse(b""), Capabilities::default());
        assert_eq!(Capabilities::parse(b"250-x\n250 SIZE 1k").malformed_size.as_deref(), Some(&b"1k"[..]));
    }
}
