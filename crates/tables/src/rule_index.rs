//! Which rules of a pattern table may hold for a key: found by one pass over the key for all rules at once.

use crate::required_text::Required;
use aho_corasick::AhoCorasick;
use std::collections::BTreeMap;

/// Tells the rules that may hold for a key from those that cannot.
pub(crate) struct RuleIndex {
    /// Searches for the texts that rules require; `None` when no rule requires one.
    searcher: Option<AhoCorasick>,
    /// For each text, the rules that may hold when it is in the key.
    rules_of_text: Vec<Vec<usize>>,
    /// Rules that may hold for any key.
    always: RuleSet,
}

/// A set of rules, by their indices.
#[derive(Clone, Default)]
pub(crate) struct RuleSet {
    words: Vec<u64>,
}

impl RuleSet {
    fn insert(&mut self, rule: usize) {
        let word = rule / 64;
        if self.words.len() <= word {
            self.words.resize(word + 1, 0);
        }
        if let Some(word) = self.words.get_mut(word) {
            *word |= 1 << (rule % 64);
        }
    }

    /// Whether a rule is in the set.
    pub(crate) fn contains(&self, rule: usize) -> bool {
        self.words.get(rule / 64).is_some_and(|word| word & (1 << (rule % 64)) != 0)
    }

    /// The first rule from this index on that is in the set.
    pub(crate) fn next_from(&self, rule: usize) -> Option<usize> {
        let first = rule / 64;
        for (at, &word) in self.words.iter().enumerate().skip(first) {
            let word = if at == first { word & (u64::MAX << (rule % 64)) } else { word };
            if word != 0 {
                return Some(at * 64 + word.trailing_zeros() as usize);
            }
        }
        None
    }
}

impl FromIterator<usize> for RuleSet {
    fn from_iter<I: IntoIterator<Item = usize>>(rules: I) -> RuleSet {
        let mut set = RuleSet::default();
        rules.into_iter().for_each(|rule| set.insert(rule));
        set
    }
}

impl RuleIndex {
    /// Takes what each rule requires of a key, in the order of the rules.
    pub(crate) fn new(required: impl IntoIterator<Item = Required>) -> RuleIndex {
        let mut always = RuleSet::default();
        let mut texts: BTreeMap<Vec<u8>, Vec<usize>> = BTreeMap::new();
        for (rule, required) in required.into_iter().enumerate() {
            match required {
                Some(required) => {
                    for text in required {
                        texts.entry(text).or_default().push(rule);
                    }
                }
                None => always.insert(rule),
            }
        }
        let (texts, rules_of_text): (Vec<_>, Vec<_>) = texts.into_iter().unzip();
        let searcher = AhoCorasick::builder().ascii_case_insensitive(true).build(&texts);
        match searcher {
            Ok(searcher) if !texts.is_empty() => {
                RuleIndex { searcher: Some(searcher), rules_of_text, always }
            }
            // More text than the searcher can number: every rule is tried.
            _ => {
                rules_of_text.iter().flatten().for_each(|&rule| always.insert(rule));
                RuleIndex { searcher: None, rules_of_text: Vec::new(), always }
            }
        }
    }

    /// The rules that may hold for a key.
    pub(crate) fn candidates(&self, key: &[u8]) -> RuleSet {
        let mut candidates = self.always.clone();
        if let Some(searcher) = &self.searcher {
            for found in searcher.find_overlapping_iter(key) {
                let rules = self.rules_of_text.get(found.pattern().as_usize());
                rules.into_iter().flatten().for_each(|&rule| candidates.insert(rule));
            }
        }
        candidates
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_rules_whose_text_is_there() {
        let text = |text: &str| Some(vec![text.as_bytes().to_vec()]);
        let index = RuleIndex::new([text("abc"), None, text("bcd"), text("x"), text("abc")]);
        let candidates = index.candidates(b"-ABCD-");
        let rules: Vec<usize> = (0..6).filter(|&rule| candidates.contains(rule)).collect();
        assert_eq!(rules, [0, 1, 2, 4]);
        assert_eq!(candidates.next_from(1), Some(1));
        assert_eq!(candidates.next_from(3), Some(4));
        assert_eq!(candidates.next_from(5), None);
        assert_eq!(candidates.next_from(500), None);
    }

    #[test]
    fn sets_of_many_rules() {
        let index =
            RuleIndex::new((0..200).map(|rule| (rule != 63 && rule != 199).then(|| vec![b"zz".to_vec()])));
        let candidates = index.candidates(b"");
        assert_eq!(candidates.next_from(0), Some(63));
        assert_eq!(candidates.next_from(64), Some(199));
        assert_eq!(index.candidates(b"zz").next_from(150), Some(150));
    }
}
