//! Which of many rules about ranges of numbers is the first that holds for a number: found by one binary search.
//!
//! Ranges may overlap and nest. Every number at which the answer changes is computed beforehand, so the cost of a
//! look-up grows with the logarithm of the number of rules, and the answer is that of a walk through all rules.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// What ranges are made of: the addresses of a family.
pub(crate) trait Number: Copy + Ord {
    const LOWEST: Self;
    const HIGHEST: Self;
    fn before(self) -> Option<Self>;
    fn after(self) -> Option<Self>;
}

macro_rules! number {
    ($($kind:ty),*) => {
        $(impl Number for $kind {
            const LOWEST: $kind = <$kind>::MIN;
            const HIGHEST: $kind = <$kind>::MAX;

            fn before(self) -> Option<$kind> {
                self.checked_sub(1)
            }

            fn after(self) -> Option<$kind> {
                self.checked_add(1)
            }
        })*
    };
}

number!(u32, u128);

/// Numbers from the first to the last one, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span<N> {
    pub(crate) first: N,
    pub(crate) last: N,
}

impl<N: Number> Span<N> {
    /// All numbers.
    pub(crate) const EVERYTHING: Span<N> = Span { first: N::LOWEST, last: N::HIGHEST };

    /// What two ranges have in common.
    pub(crate) fn intersection(self, other: Span<N>) -> Option<Span<N>> {
        let (first, last) = (self.first.max(other.first), self.last.min(other.last));
        (first <= last).then_some(Span { first, last })
    }

    /// Whether a number is one of them.
    pub(crate) fn contains(self, number: N) -> bool {
        (self.first..=self.last).contains(&number)
    }

    /// The numbers below and those above.
    pub(crate) fn around(self) -> [Option<Span<N>>; 2] {
        [
            self.first.before().map(|last| Span { first: N::LOWEST, last }),
            self.last.after().map(|first| Span { first, last: N::HIGHEST }),
        ]
    }
}

/// The answer where no rule holds.
const NO_RULE: u32 = u32::MAX;

/// The index of the first rule that holds, for each number.
pub(crate) struct FirstMatch<N> {
    /// Where the answer changes, ascending.
    changes: Vec<N>,
    /// The answers from there on.
    answers: Vec<u32>,
}

impl<N: Number> FirstMatch<N> {
    /// Takes the ranges in which rules hold, each with the rule's index.
    pub(crate) fn new(mut spans: Vec<(Span<N>, u32)>) -> FirstMatch<N> {
        spans.sort_unstable_by_key(|(span, _)| span.first);
        let mut index = FirstMatch { changes: Vec::new(), answers: Vec::new() };
        let mut waiting = spans.iter().peekable();
        // The rules whose ranges have begun, the first rule on top. Those that have ended are dropped when they come up.
        let mut begun: BinaryHeap<Reverse<(u32, N)>> = BinaryHeap::new();
        let mut next = waiting.peek().map(|(span, _)| span.first);
        while let Some(here) = next {
            while let Some((span, rule)) = waiting.next_if(|(span, _)| span.first == here) {
                begun.push(Reverse((*rule, span.last)));
            }
            while begun.peek().is_some_and(|Reverse((_, last))| *last < here) {
                begun.pop();
            }
            let best = begun.peek().map(|Reverse(best)| *best);
            index.answer_from(here, best.map_or(NO_RULE, |(rule, _)| rule));
            let end = best.and_then(|(_, last)| last.after());
            let start = waiting.peek().map(|(span, _)| span.first);
            next = end.into_iter().chain(start).min();
        }
        index
    }

    fn answer_from(&mut self, number: N, answer: u32) {
        if self.answers.last().copied().unwrap_or(NO_RULE) != answer {
            self.changes.push(number);
            self.answers.push(answer);
        }
    }

    /// The first rule that holds for a number.
    pub(crate) fn find(&self, number: N) -> Option<u32> {
        let behind = self.changes.partition_point(|from| *from <= number);
        self.answers.get(behind.checked_sub(1)?).copied().filter(|rule| *rule != NO_RULE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_answer_is_that_of_a_walk(ranges in proptest::collection::vec((0..60u32, 0..20u32), 0..40)) {
            let spans: Vec<(Span<u32>, u32)> = (0..)
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
        let index = FirstMatch::new(vec![(Span::EVERYTHING, 7)]);
        assert_eq!(index.find(u128::MAX), Some(7));
        assert_eq!(FirstMatch::new(Vec::new()).find(0_u32), None);
    }
}
