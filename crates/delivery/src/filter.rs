//! delivery_status_filter: replaces enhanced status codes and texts by those of a table.

use std::future::Future;
use std::pin::Pin;

use ipc::deliver::Dsn;

use crate::{log_lines, status};

/// Looks up `status text` in the filter's tables.
pub type Lookup = Box<dyn Fn(Vec<u8>) -> Pin<Box<dyn Future<Output = Option<Vec<u8>>>>>>;

/// A filter by the tables of a parameter.
pub struct StatusFilter {
    title: String,
    lookup: Lookup,
}

impl std::fmt::Debug for StatusFilter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StatusFilter").field("title", &self.title).finish_non_exhaustive()
    }
}

impl StatusFilter {
    /// `title` names the parameter in the log.
    pub fn new(title: &str, lookup: Lookup) -> StatusFilter {
        StatusFilter { title: title.to_owned(), lookup }
    }

    /// The status that takes the place of `dsn`, if there is one. Success stays success, failure stays failure.
    pub async fn apply(&self, dsn: &Dsn) -> Option<Dsn> {
        let key = [&dsn.status[..], b" ", &dsn.reason].concat();
        let result = (self.lookup)(key).await?;
        let class = result.first().copied().filter(|_| status::valid(&result).is_some());
        let was_success = dsn.status.first() == Some(&b'2');
        let fits = class.is_some_and(|class| (class == b'2') == was_success);
        if !fits {
            log_lines::bad_filter_status(&self.title, &result);
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

    fn filter(result: &'static str) -> StatusFilter {
        StatusFilter::new(
            "delivery_status_filter",
            Box::new(move |_| Box::pin(async move { Some(result.as_bytes().to_vec()) })),
        )
    }

    #[test]
    fn classes_do_not_cross() {
        let failed = Dsn::simple("5.1.1", "unknown");
        let changed = ipc::blocking::run(filter("4.2.1  later").apply(&failed)).unwrap().unwrap();
        assert_eq!((&changed.status[..], &changed.reason[..]), (&b"4.2.1"[..], &b"later"[..]));
        assert_eq!(changed.action, b"delayed");
        assert_eq!(ipc::blocking::run(filter("2.0.0 fine").apply(&failed)).unwrap(), None);
    }
}
