//! Finding rows. The indexes are made by the compiler, because short-lived commands would pay for them at each start.

use crate::row::Row;
use crate::rows::THEMES;

/// Number of parameters.
pub const COUNT: usize = crate::rows::COUNT;

/// All rows; a row's position is its ordinal.
static BY_ORDINAL: [&Row; COUNT] = by_ordinal();

/// Ordinals in order of the names, for binary search.
static BY_NAME: [u16; COUNT] = by_name_order();

/// Puts the themes' rows in one list.
const fn by_ordinal() -> [&'static Row; COUNT] {
    let mut all = [&THEMES[0][0]; COUNT];
    let mut ordinal = 0;
    let mut theme = 0;
    while theme < THEMES.len() {
        let mut at = 0;
        while at < THEMES[theme].len() {
            all[ordinal] = &THEMES[theme][at];
            ordinal += 1;
            at += 1;
        }
        theme += 1;
    }
    all
}

/// Sorts by name: a comb sort, which needs nothing that the compiler cannot evaluate.
const fn by_name_order() -> [u16; COUNT] {
    let mut order = [0; COUNT];
    let mut at = 0;
    while at < COUNT {
        order[at] = at as u16;
        at += 1;
    }
    let mut gap = COUNT;
    let mut swapped = true;
    while gap > 1 || swapped {
        gap = if gap > 13 {
            gap * 10 / 13
        } else if gap > 1 {
            gap - 1
        } else {
            1
        };
        swapped = false;
        let mut at = 0;
        while at + gap < COUNT {
            let (left, right) = (order[at], order[at + gap]);
            if is_less(BY_ORDINAL[right as usize].name.as_bytes(), BY_ORDINAL[left as usize].name.as_bytes())
            {
                order[at] = right;
                order[at + gap] = left;
                swapped = true;
            }
            at += 1;
        }
    }
    order
}

/// Compares byte by byte.
const fn is_less(left: &[u8], right: &[u8]) -> bool {
    let mut at = 0;
    while at < left.len() && at < right.len() {
        if left[at] != right[at] {
            return left[at] < right[at];
        }
        at += 1;
    }
    left.len() < right.len()
}

/// All rows, in order of their ordinals.
pub fn rows() -> &'static [&'static Row] {
    &BY_ORDINAL
}

/// The row with this ordinal.
pub fn row(ordinal: usize) -> Option<&'static Row> {
    BY_ORDINAL.get(ordinal).copied()
}

/// Ordinal of the parameter with this name.
pub fn ordinal_of(name: &str) -> Option<usize> {
    BY_NAME
        .binary_search_by(|&ordinal| row(usize::from(ordinal)).map_or("", |row| row.name).cmp(name))
        .ok()
        .and_then(|at| BY_NAME.get(at))
        .map(|&ordinal| usize::from(ordinal))
}

/// The ordinals of all parameters, in order of the names.
pub fn ordinals_by_name() -> impl Iterator<Item = usize> {
    BY_NAME.iter().map(|&ordinal| usize::from(ordinal))
}

/// Does the name of some parameter begin with this text?
pub fn any_starts_with(beginning: &str) -> bool {
    let name_of = |&ordinal: &u16| row(usize::from(ordinal)).map_or("", |row| row.name);
    let at = BY_NAME.partition_point(|ordinal| name_of(ordinal) < beginning);
    BY_NAME.get(at).is_some_and(|ordinal| name_of(ordinal).starts_with(beginning))
}

/// The row of the parameter with this name.
pub fn by_name(name: &str) -> Option<&'static Row> {
    row(ordinal_of(name)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_found_by_its_name_and_names_are_unique() {
        assert_eq!(rows().len(), COUNT);
        for (ordinal, row) in rows().iter().enumerate() {
            assert_eq!(ordinal_of(row.name), Some(ordinal), "{}", row.name);
        }
        assert_eq!(by_name("no_such_parameter").map(|row| row.name), None);
    }

    #[test]
    fn names_are_in_order_and_found_by_their_beginnings() {
        let names: Vec<_> = ordinals_by_name().filter_map(row).map(|row| row.name).collect();
        assert_eq!(names.len(), COUNT);
        assert!(names.is_sorted());
        assert!(any_starts_with("relay_") && any_starts_with("2bounce_notice_recipient"));
        assert!(!any_starts_with("relay_x") && !any_starts_with("zzz"));
    }

    #[test]
    fn handles_point_at_their_own_rows() {
        assert_eq!(crate::QUEUE_RUN_DELAY.name(), "queue_run_delay");
        assert_eq!(by_name("queue_run_delay").map(|row| row.name), Some("queue_run_delay"));
        assert_eq!(row(crate::MYHOSTNAME.ordinal()).map(|row| row.name), Some("myhostname"));
    }

    #[test]
    fn every_row_is_described() {
        for row in rows() {
            assert!(row.description().len() > 8, "{} has no description", row.name);
        }
    }

    #[test]
    fn defaults_of_times_end_in_their_unit() {
        for row in rows().iter().filter(|row| row.shape == crate::Shape::Seconds) {
            let crate::Default::Text(text) = row.default else { panic!("{}", row.name) };
            assert!(text.ends_with(['s', 'm', 'h', 'd', 'w']), "{} = {text}", row.name);
        }
    }
}
