//! delivery_status_filter: replaces enhanced status codes and texts by those of a table.

use ipc::deliver::Dsn;
use tables::{Ask, Maps};

use crate::{log_lines, status};

/// A filter by the tables of a parameter.
#[derive(Clone)]
pub struct StatusFilter(Maps);

impl std::fmt::Debug for StatusFilter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("StatusFilter").field(&self.0.title()).finish()
    }
}

impl StatusFilter {
    /// A filter by these tables.
    pub fn new(maps: Maps) -> StatusFilter {
        StatusFilter(maps)
    }

    /// The status that takes the place of `dsn`, if there is one. Success stays success, failure stays failure.
    pub async fn apply(&self, dsn: &Dsn) -> Option<Dsn> {
        let key = [&dsn.status[..], b" ", &dsn.reason].concat();
        // A table that fails was logged; the status stays as it is.
        let result = self.0.find_async(&key, Ask::All).await.ok()??;
        let class = result.first().copied().filter(|_| status::valid(&result).is_some());
        let was_success = dsn.status.first() == Some(&b'2');
        let fits = class.is_some_and(|class| (class == b'2') == was_success);
        if !fits {
            log_lines::bad_filter_status(self.0.title(), &result);
            return None;
        }
        let (code, text) = status::split("", &result);
        let action = match class {
            Some(b'4') => b"delayed".to_vec(),
            Some(b'5') => b"failed".to_vec(),
            _ => dsn.action.clone(),
        };
        Some(Dsn { status: code.into(), reason: text.to_vec(), action, ..dsn.clone() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tables::{Flags, Opener, Settings};

    #[test]
    fn classes_do_not_cross() {
        let filter = |result: &str| {
            let opener = Opener::new(Settings::default());
            let list = format!("static:{{{result}}}");
            StatusFilter::new(Maps::open(&opener, "delivery_status_filter", &list, Flags::LOCK).unwrap())
        };
        let failed = Dsn::simple("5.1.1", "unknown");
        let changed = ipc::blocking::run(filter("4.2.1  later").apply(&failed)).unwrap().unwrap();
        assert_eq!((&changed.status[..], &changed.reason[..]), (&b"4.2.1"[..], &b"later"[..]));
        assert_eq!(changed.action, b"delayed");
        assert_eq!(ipc::blocking::run(filter("2.0.0 fine").apply(&failed)).unwrap(), None);
    }
}
