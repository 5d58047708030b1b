//! Places for sessions: each session's place gives it its number in the log.

use std::cell::RefCell;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::rc::Rc;

/// The places of one process. The lowest that is free is given out first, so a process that serves one client at a time
/// logs its own process id only.
#[derive(Clone, Debug, Default)]
pub(crate) struct Slots(Rc<RefCell<State>>);

#[derive(Debug, Default)]
struct State {
    free: BinaryHeap<Reverse<usize>>,
    made: usize,
    used: usize,
}

impl Slots {
    pub(crate) fn take(&self) -> Slot {
        let mut state = self.0.borrow_mut();
        state.used += 1;
        let index = match state.free.pop() {
            Some(Reverse(index)) => index,
            None => {
                state.made += 1;
                state.made - 1
            }
        };
        Slot { slots: self.clone(), index }
    }

    pub(crate) fn used(&self) -> usize {
        self.0.borrow().used
    }
}

/// A place that is taken; dropping it (also by a panic) frees it.
#[derive(Debug)]
pub(crate) struct Slot {
    slots: Slots,
    pub(crate) index: usize,
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut state = self.slots.0.borrow_mut();
        state.used -= 1;
        state.free.push(Reverse(self.index));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lowest_free_place_comes_first() {
        let slots = Slots::default();
        let (first, second, third) = (slots.take(), slots.take(), slots.take());
        assert_eq!((first.index, second.index, third.index), (0, 1, 2));
        drop(second);
        drop(first);
        assert_eq!(slots.used(), 1);
        assert_eq!(slots.take().index, 0);
        assert_eq!(third.index, 2);
    }
}
