//! Lists of services, as in `master_service_disable`: `type` or `name/type`, `!` before it to take it out.

use crate::text::words;

/// A list of patterns; the first that matches decides.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServicePatterns {
    patterns: Vec<String>,
}

impl ServicePatterns {
    /// Reads a list. `name.type` is the old form of `name/type`.
    pub fn parse(list: &str) -> Self {
        let modern = |word: &str| match word.rsplit_once('.') {
            Some((name, service_type)) if !word.contains('/') => format!("{name}/{service_type}"),
            _ => word.to_owned(),
        };
        Self { patterns: words(list).map(modern).collect() }
    }

    /// Is the service in the list?
    pub fn matches(&self, name: &str, service_type: &str) -> bool {
        let whole = format!("{name}/{service_type}");
        for pattern in &self.patterns {
            let bare = pattern.trim_start_matches('!');
            let subject = if bare.contains('/') { &whole } else { service_type };
            if subject.eq_ignore_ascii_case(bare) {
                return (pattern.len() - bare.len()).is_multiple_of(2);
            }
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::ServicePatterns;

    #[test]
    fn the_first_match_decides() {
        let patterns = ServicePatterns::parse("!smtp/inet, inet foo.unix");
        assert!(!patterns.matches("smtp", "inet"));
        assert!(patterns.matches("25", "inet"));
        assert!(patterns.matches("foo", "unix"));
        assert!(!patterns.matches("bar", "unix"));
        assert!(!ServicePatterns::default().matches("bar", "unix"));
    }
}
