//! Which of many rules about ranges of numbers is the first that holds for a number: found by one binary search.
//!
//! Ranges may overlap and nest. Every number at which the answer changes is computed beforehand, so the cost of a
//! look-up grows with the logarithm of the number of rules, and the answer is that of a walk through all rules.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Numbers from the first to the last one, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) first: u128,
    pub(crate) last: u128,
}

impl Span {
    /// What two ranges have in common.
    pub(crate) fn intersection(self, other: Span) -> Option<Span> {
        let (first, last) = (self.first.max(other.first), self.last.min(other.last));
        (first <= last).then_some(Span { first, last })
    }
}

/// The index of the first rule that holds, for each number.
#[derive(Default)]
pub(crate) struct FirstMatch {
    /// Where the answer changes, ascending.
    changes: Vec<u128>,
    /// The answers from there on.
    answers: Vec<Option<u32>>,
}

impl FirstMatch {
    /// Takes the ranges in which rules hold, each with the rule's index.
    pub(crate) fn new(mut spans: Vec<(Span, u32)>) -> FirstMatch {
        spans.sort_unstable_by_key(|(span, rule)| (span.first, *rule));
        let mut edges: Vec<u128> = Vec::with_capacity(spans.len() * 2);
        for (span, _) in &spans {
            edges.push(span.first);
            edges.extend(span.last.checked_add(1));
        }
        edges.sort_unstable();
        edges.dedup();
        let mut waiting = spans.iter().peekable();
        // The rules whose ranges have begun, the first rule on top. Those that have ended are dropped when they come up.
        let mut begun: BinaryHeap<Reverse<(u32, u128)>> = BinaryHeap::new();
        let (mut changes, mut answers) = (Vec::new(), Vec::new());
        for edge in edges {
            while let Some((span, rule)) = waiting.next_if(|(span, _)| span.first == edge) {
                begun.push(Reverse((*rule, span.last)));
            }
            while begun.peek().is_some_and(|Reverse((_, last))| *last < edge) {
                begun.pop();
            }
            let answer = begun.peek().map(|Reverse((rule, _))| *rule);
            if answers.last().copied().flatten() != answer {
                changes.push(edge);
                answers.push(answer);
            }
        }
        FirstMatch { changes, answers }
    }

    /// The first rule that holds for a number.
    pub(crate) fn find(&self, number: u128) -> Option<u32> {
        let behind = self.changes.partition_point(|from| *from <= number);
        *self.answers.get(behind.checked_sub(1)?)?
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_answer_is_that_of_a_walk(ranges in proptest::collection::vec((0..60u128, 0..20u128), 0..40)) {
            let spans: Vec<(Span, u32)> = (0..)
                .zip(&ranges)
                .map(|(rule, &(first, more))| (Span { first, last: first + more }, rule))
                .collect();
            let index = FirstMatch::new(spans.clone());
            for number in 0..90 {
                let walk = spans.iter().find(|(span, _)| (span.first..=span.last).contains(&number));
                prop_assert_eq!(index.find(number), walk.map(|(_, rule)| *rule));
            }
        }
    }

    #[test]
    fn the_largest_number_is_in_range() {
        let index = FirstMatch::new(vec![(Span { first: 0, last: u128::MAX }, 7)]);
        assert_eq!(index.find(u128::MAX), Some(7));
        assert_eq!(FirstMatch::new(Vec::new()).find(0), None);
    }
}
