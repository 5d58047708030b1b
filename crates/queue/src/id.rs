//! Queue ids, in their short form (microseconds and inode number in hexadecimal) and their long one (seconds and
//! microseconds in base 52, a `z`, the inode number in base 51).

use crate::safe_base;
use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

/// The name of a queue file. Letters, digits and underscores only (the last in the names of flush(8)'s files), so
/// it is always safe as part of a path.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Id(Arc<str>);

/// Names of flush(8)'s files come from domain names, which are at most this long.
const MAX_LENGTH: usize = 255;
const SEPARATOR: char = 'z';
const SECONDS_WIDTH: usize = 6;
const MICROSECONDS_WIDTH: usize = 4;
const TIME_BASE: u64 = 52;
const INODE_BASE: u64 = 51;
const SHORT_MICROSECONDS_WIDTH: usize = 5;

impl Id {
    /// The id that `name` spells; nothing if it has other characters than an id may have, or a wrong length.
    pub fn parse(name: impl AsRef<[u8]>) -> Option<Id> {
        let name = name.as_ref();
        if name.is_empty() || name.len() > MAX_LENGTH {
            return None;
        }
        if !name.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'_') {
            return None;
        }
        std::str::from_utf8(name).ok().map(|text| Id(text.into()))
    }

    /// The short form. It repeats when a file with the same inode number is made in the same microsecond of some
    /// other second.
    pub fn short(microseconds: u32, inode: u64) -> Id {
        Id(format!("{microseconds:05X}{inode:X}").into())
    }

    /// The long form, which does not repeat.
    pub fn long(seconds: u64, microseconds: u32, inode: u64) -> Id {
        let mut text = String::with_capacity(20);
        safe_base::encode(&mut text, seconds, TIME_BASE, SECONDS_WIDTH);
        safe_base::encode(&mut text, u64::from(microseconds), TIME_BASE, MICROSECONDS_WIDTH);
        text.push(SEPARATOR);
        safe_base::encode(&mut text, inode, INODE_BASE, 0);
        Id(text.into())
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Where the `z` stands, in the long form.
    fn separator(&self) -> Option<usize> {
        self.0.rfind(SEPARATOR).filter(|&at| at >= SECONDS_WIDTH + MICROSECONDS_WIDTH)
    }

    /// Whether it is in the long form.
    pub fn is_long(&self) -> bool {
        self.separator().is_some()
    }

    /// The inode number that the id was made from; nothing when it holds none. As in the reference, which does not look
    /// closely, a long id may end before it.
    pub fn inode(&self) -> Option<u64> {
        match self.separator() {
            Some(at) => safe_base::decode(self.0.get(at + 1..)?, INODE_BASE),
            None => u64::from_str_radix(self.0.get(SHORT_MICROSECONDS_WIDTH..)?, 16).ok(),
        }
    }

    /// The same time with another inode number: what the id must become when its file was copied.
    pub fn with_inode(&self, inode: u64) -> Id {
        match self.separator() {
            Some(at) => {
                let mut text = self.0.get(..=at).unwrap_or_default().to_owned();
                safe_base::encode(&mut text, inode, INODE_BASE, 0);
                Id(text.into())
            }
            None => {
                let time = self.0.get(..SHORT_MICROSECONDS_WIDTH).unwrap_or(&self.0);
                Id(format!("{time}{inode:X}").into())
            }
        }
    }

    /// The short form of the same time with another inode number. The seconds are lost.
    pub fn to_short(&self, inode: u64) -> Id {
        match self.separator() {
            Some(_) => Id(format!("{}{inode:X}", self.hash_text()).into()),
            None => self.with_inode(inode),
        }
    }

    /// The characters that choose the subdirectory in a hashed queue: the microseconds in hexadecimal, for both
    /// forms.
    pub(crate) fn hash_text(&self) -> Cow<'_, str> {
        match self.separator() {
            Some(at) => {
                let digits = self.0.get(at - MICROSECONDS_WIDTH..at).unwrap_or_default();
                format!("{:05X}", safe_base::decode(digits, TIME_BASE).unwrap_or(0)).into()
            }
            None => Cow::Borrowed(&self.0),
        }
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl AsRef<str> for Id {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_form() {
        let id = Id::short(0x1f, 0xabcde);
        assert_eq!(id.as_str(), "0001FABCDE");
        assert_eq!(id.inode(), Some(0xabcde));
        assert_eq!(id.hash_text().get(..1), Some("0"));
        assert_eq!(id.with_inode(0x12).as_str(), "0001F12");
    }

    #[test]
    fn long_form_holds_time_and_inode() {
        let id = Id::long(1_700_000_000, 123_456, 987_654);
        assert!(id.is_long());
        assert_eq!(id.inode(), Some(987_654));
        assert_eq!(id.hash_text(), format!("{:05X}", 123_456));
        assert_eq!(id.with_inode(51).as_str().split('z').next_back(), Some("10"));
    }

    #[test]
    fn only_safe_names_are_ids() {
        for bad in ["", "a/b", "..", "a.b", "a b", "caf\u{e9}"] {
            assert_eq!(Id::parse(bad), None, "{bad}");
        }
        assert!(Id::parse("example_com").is_some());
        assert!(Id::parse("A".repeat(256)).is_none());
    }
}
