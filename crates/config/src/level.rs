//! Compatibility levels: `0`, `1`, `2`, `3.6`, `3.11`, `3.11.1`.

use crate::text::integer;

/// A compatibility level, ordered as releases are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Level {
    major: i64,
    minor: i64,
    patch: i64,
}

/// Greatest minor and patch number.
const PART_LIMIT: i64 = 1023;

/// Greatest major number.
const MAJOR_LIMIT: i64 = i64::MAX >> 20;

impl Level {
    /// A level out of its numbers.
    pub const fn new(major: i64, minor: i64, patch: i64) -> Self {
        Self { major, minor, patch }
    }

    /// Reads a level: one to three numbers with dots between them.
    pub fn parse(text: &[u8]) -> Option<Self> {
        let mut parts = [0; 3];
        let mut rest = text;
        for (index, part) in parts.iter_mut().enumerate() {
            let number = integer(rest);
            let limit = if index == 0 { MAJOR_LIMIT } else { PART_LIMIT };
            if !number.found || number.overflow || !(0..=limit).contains(&number.value) {
                return None;
            }
            *part = number.value;
            match number.rest.split_first() {
                None => return Some(Self::new(parts[0], parts[1], parts[2])),
                Some((b'.', after)) => rest = after,
                Some(_) => return None,
            }
        }
        None
    }

    /// The warning or fatal text for something that is no level.
    pub fn malformed(text: &str) -> String {
        format!("malformed compatibility level syntax: \"{text}\"")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_compare_as_releases() {
        let level = |text: &str| Level::parse(text.as_bytes());
        assert!(level("3.6") < level("3.11"));
        assert!(level("2") < level("3.6"));
        assert_eq!(level("3"), level("3.0.0"));
        for bad in ["", "x", "3.", "3.6x", "3.6.1.2", "-1", "3.1024", "99999999999999999999"] {
            assert_eq!(level(bad), None, "{bad}");
        }
    }
}
