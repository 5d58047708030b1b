//! Classes of errors: which of them happened, and of which the postmaster wants to know (`notify_classes`).

/// A set of error classes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ErrorClasses(u8);

impl ErrorClasses {
    /// A restriction said no.
    pub const POLICY: Self = Self(1 << 0);
    /// The client broke the protocol.
    pub const PROTOCOL: Self = Self(1 << 1);
    /// Mail that cannot be delivered.
    pub const BOUNCE: Self = Self(1 << 2);
    /// Something is wrong on our side.
    pub const SOFTWARE: Self = Self(1 << 3);
    /// Not enough of something on our side.
    pub const RESOURCE: Self = Self(1 << 4);
    /// A notice that could not be delivered.
    pub const DOUBLE_BOUNCE: Self = Self(1 << 5);
    /// Late mail.
    pub const DELAY: Self = Self(1 << 6);
    /// A lookup table does not work.
    pub const DATA: Self = Self(1 << 7);

    const NAMES: [(&'static str, Self); 8] = [
        ("bounce", Self::BOUNCE),
        ("2bounce", Self::DOUBLE_BOUNCE),
        ("data", Self::DATA),
        ("delay", Self::DELAY),
        ("policy", Self::POLICY),
        ("protocol", Self::PROTOCOL),
        ("resource", Self::RESOURCE),
        ("software", Self::SOFTWARE),
    ];

    /// The classes that a parameter value names; `Err` is the first name that is not one.
    pub fn parse(value: &str) -> Result<Self, String> {
        let mut set = Self::default();
        for name in value.split([',', ' ', '\t', '\r', '\n']).filter(|name| !name.is_empty()) {
            match Self::NAMES.iter().find(|(known, _)| *known == name) {
                Some((_, class)) => set.insert(*class),
                None => return Err(name.to_owned()),
            }
        }
        Ok(set)
    }

    /// Adds classes.
    pub fn insert(&mut self, other: Self) {
        self.0 |= other.0;
    }

    /// Whether the sets have a class in common.
    pub fn intersects(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// Whether the set is empty.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        let set = ErrorClasses::parse("resource, software").unwrap();
        assert!(set.intersects(ErrorClasses::SOFTWARE) && !set.intersects(ErrorClasses::POLICY));
        assert_eq!(ErrorClasses::parse("resource nonsense"), Err("nonsense".to_owned()));
        assert!(ErrorClasses::parse("").unwrap().is_empty());
    }
}
