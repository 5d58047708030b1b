//! Patterns on the command line: `name/type`, `name/type/field`, with `*` for any.

use config::Error;

use crate::service::{Field, Service};

/// Matches anything.
pub const ANY: &[u8] = b"*";

/// A pattern, split at its slashes.
#[derive(Clone, Debug)]
pub struct Pattern {
    /// The text as it was given.
    pub text: Vec<u8>,
    parts: Vec<Vec<u8>>,
}

impl Pattern {
    /// Reads a pattern of at least `min` and at most `max` parts; missing parts match anything. `None`: it is none.
    pub fn parse(text: &[u8], min: usize, max: usize) -> Option<Self> {
        if text.starts_with(b"/") {
            return None;
        }
        let mut parts: Vec<Vec<u8>> =
            text.split(|&byte| byte == b'/').filter(|part| !part.is_empty()).map(<[u8]>::to_vec).collect();
        let misplaced_star = parts.iter().any(|part| part != ANY && part.contains(&b'*'));
        if !(min..=max).contains(&parts.len()) || misplaced_star {
            return None;
        }
        parts.resize(max, ANY.to_vec());
        Some(Self { text: text.to_vec(), parts })
    }

    fn part(&self, at: usize) -> &[u8] {
        self.parts.get(at).map_or(ANY, Vec::as_slice)
    }

    /// Does it match a service of this name and type?
    pub fn matches(&self, name: &[u8], service_type: &[u8]) -> bool {
        let fits = |at: usize, text: &[u8]| self.part(at) == ANY || self.part(at) == text;
        fits(0, name) && fits(1, service_type)
    }

    /// Does it match an entry?
    pub fn matches_service(&self, service: &Service) -> bool {
        self.matches(service.field(Field::SERVICE), service.field(Field::TYPE))
    }

    /// The third part: the name of a parameter; `None` for any.
    pub fn parameter(&self) -> Option<&[u8]> {
        Some(self.part(2)).filter(|&name| name != ANY)
    }

    /// The third part: a field; `None` for any.
    pub fn field(&self) -> Result<Option<Field>, Error> {
        match self.part(2) {
            ANY => Ok(None),
            name => Field::by_name(name).map(Some).ok_or_else(|| {
                Error::fatal(format!("invalid service attribute name: \"{}\"", log::bytes(name)))
            }),
        }
    }
}

/// Patterns of a command line, with a count of what each matched.
pub struct Requests<T> {
    requests: Vec<(Pattern, T, bool)>,
}

impl<T> Requests<T> {
    /// Reads the patterns; `complaint` is the fatal text for what is none, `rest` reads what a pattern asks for.
    pub fn parse(
        operands: &[Vec<u8>],
        max: usize,
        complaint: &str,
        rest: impl Fn(&Pattern) -> Result<T, Error>,
    ) -> Result<Self, Error> {
        let mut requests = Vec::new();
        for text in operands {
            let pattern = Pattern::parse(text, 1, max).ok_or_else(|| Error::fatal(complaint))?;
            let wanted = rest(&pattern)?;
            requests.push((pattern, wanted, false));
        }
        Ok(Self { requests })
    }

    /// Calls `show` for each request that matches the service; it tells whether it found what was asked for.
    pub fn for_each_match(
        &mut self,
        service: &Service,
        mut show: impl FnMut(&T) -> Result<bool, Error>,
    ) -> Result<(), Error> {
        for (pattern, wanted, matched) in &mut self.requests {
            if pattern.matches_service(service) && show(wanted)? {
                *matched = true;
            }
        }
        Ok(())
    }

    /// Warns about requests that matched nothing.
    pub fn warn_unmatched(&self) {
        for (pattern, _, matched) in &self.requests {
            if !matched {
                crate::log_lines::unmatched_request(&pattern.text);
            }
        }
    }

    /// Were there none?
    pub fn is_empty(&self) -> bool {
        self.requests.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_counted_and_stars_stand_alone() {
        let pattern = Pattern::parse(b"smtp", 1, 2).unwrap();
        assert!(pattern.matches(b"smtp", b"inet") && !pattern.matches(b"x", b"inet"));
        assert!(Pattern::parse(b"*/inet", 2, 2).unwrap().matches(b"x", b"inet"));
        for bad in ["/smtp", "smtp*", "a/b/c", ""] {
            assert!(Pattern::parse(bad.as_bytes(), 1, 2).is_none(), "{bad}");
        }
    }
}
