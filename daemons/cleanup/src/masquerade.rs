//! Address masquerading (`masquerade_domains`): hosts hide behind a parent domain.

use address::fold;

/// The domains that hide what is below them, in order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Domains {
    rules: Vec<Rule>,
}

#[derive(Clone, Debug)]
struct Rule {
    domain: Vec<u8>,
    /// False for `!domain`: hosts below this one are not hidden.
    hides: bool,
}

impl Domains {
    /// By the value of `masquerade_domains`.
    pub(crate) fn new(value: &str) -> Self {
        let words =
            value.split(|c: char| c == ',' || c.is_ascii_whitespace()).filter(|word| !word.is_empty());
        let rules = words.filter_map(|word| {
            let name = word.trim_start_matches('!');
            let hides = (word.len() - name.len()) % 2 == 0;
            (!name.is_empty()).then(|| Rule { domain: fold(name.as_bytes()), hides })
        });
        Self { rules: rules.collect() }
    }

    /// Whether there are none.
    pub(crate) fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    /// The domain that an address's domain is to be replaced by.
    pub(crate) fn replacement(&self, domain: &[u8]) -> Option<&[u8]> {
        let domain = fold(domain);
        // The first rule that is the domain itself or a parent of it decides.
        for rule in &self.rules {
            let Some(rest) = domain.strip_suffix(rule.domain.as_slice()) else { continue };
            match rest.last() {
                None => return None,
                Some(b'.') => return rule.hides.then_some(&rule.domain),
                Some(_) => {}
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_rule_decides() {
        let domains = Domains::new("foo.example.com !bar.example.com, example.com");
        assert_eq!(domains.replacement(b"a.b.foo.Example.com"), Some(&b"foo.example.com"[..]));
        assert_eq!(domains.replacement(b"x.bar.example.com"), None);
        assert_eq!(domains.replacement(b"bar.example.com"), None);
        assert_eq!(domains.replacement(b"host.example.com"), Some(&b"example.com"[..]));
        assert_eq!(domains.replacement(b"hostexample.com"), None);
        assert_eq!(domains.replacement(b"example.com"), None);
    }
}
