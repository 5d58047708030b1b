//! Look-ups of many keys: in the order of their pages, so that each page is read once and neighbours are read together.
//! One by one, keys come in no order, and each costs a read of its own when the cache is smaller than the file.

use crate::{Database, Error, Store};

/// To read so many pages along that nobody asks for takes less time than another read behind them.
const GAP: u32 = 2;

/// A key and the page where its search starts. They are put in the order of pages.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Search {
    page: u32,
    key: u32,
}

impl<S: Store> Database<S> {
    /// The values of many keys, as [`Database::get`] finds them one by one. In the file `end` stands behind each of them: a
    /// null byte, or nothing. `answer` is told once for each key, by its number, in any order.
    pub fn get_many(
        &mut self,
        keys: &[&[u8]],
        end: &[u8],
        mut answer: impl FnMut(usize, Result<Option<Vec<u8>>, Error>),
    ) {
        let mut searches = Vec::with_capacity(keys.len());
        let mut stored = Vec::new();
        for (number, key) in keys.iter().enumerate() {
            write_stored(&mut stored, key, end);
            match (self.start_of(&stored), u32::try_from(number)) {
                (Ok(page), Ok(key)) => searches.push(Search { page, key }),
                (Err(error), _) => answer(number, Err(error)),
                (_, Err(_)) => answer(number, Err(Error::Full)),
            }
        }
        searches.sort_unstable();
        let mut rest = searches.as_slice();
        while let Some(first) = rest.first() {
            let (run, later) = rest.split_at(self.run_length(rest));
            if let Some(last) = run.last().filter(|last| last.page > first.page) {
                // Pages that are not read now are read when they are searched; then an error has its key.
                let _ = self.pages().read_run(first.page..=last.page);
            }
            for search in run {
                let number = search.key as usize;
                write_stored(&mut stored, keys.get(number).copied().unwrap_or_default(), end);
                answer(number, self.get_from(search.page, &stored));
            }
            rest = later;
        }
    }

    /// How many searches start so close to the first one that one read takes all their pages.
    fn run_length(&mut self, searches: &[Search]) -> usize {
        let longest = self.pages().longest_run();
        let Some(first) = searches.first() else {
            return 0;
        };
        let is_next = |pair: &&[Search]| match pair {
            [one, next] => {
                next.page - one.page <= GAP + 1 && ((next.page - first.page) as usize) < longest.max(1)
            }
            _ => false,
        };
        1 + searches.windows(2).take_while(is_next).count()
    }
}

fn write_stored(stored: &mut Vec<u8>, key: &[u8], end: &[u8]) {
    stored.clear();
    stored.extend_from_slice(key);
    stored.extend_from_slice(end);
}
