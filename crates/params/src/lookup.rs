//! Finding rows.

use std::sync::LazyLock;

use crate::row::Row;
use crate::rows::THEMES;

/// Number of parameters.
pub const COUNT: usize = crate::rows::COUNT;

/// All rows; a row's position is its ordinal.
static BY_ORDINAL: LazyLock<Vec<&'static Row>> =
    LazyLock::new(|| THEMES.iter().flat_map(|theme| theme.iter()).collect());

/// Ordinals in order of the names, for binary search.
static BY_NAME: LazyLock<Vec<u16>> = LazyLock::new(|| {
    let mut ordinals: Vec<u16> = (0..COUNT as u16).collect();
    ordinals.sort_unstable_by_key(|&ordinal| row(usize::from(ordinal)).map_or("", |row| row.name));
    ordinals
});

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
