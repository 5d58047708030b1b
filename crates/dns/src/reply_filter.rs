//! Records that an administrator does not want to see (postconf(5) `smtp_dns_reply_filter` and its fellows).

use tables::{Ask, Flags, Maps, OpenError, Opener};

use crate::error::{Error, ErrorKind};
use crate::log_lines;
use crate::record::{Record, RecordType};

/// Tables with the records to ignore, by their text.
#[derive(Clone)]
pub struct ReplyFilter(Maps);

impl std::fmt::Debug for ReplyFilter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("ReplyFilter").field(&self.0.title()).finish()
    }
}

impl ReplyFilter {
    /// Opens the tables that the parameter `title` lists.
    ///
    /// # Errors
    /// A table cannot be opened.
    pub fn open(opener: &Opener, title: &str, list: impl AsRef<[u8]>) -> Result<ReplyFilter, OpenError> {
        Ok(ReplyFilter(Maps::open(opener, title, list, Flags::LOCK | Flags::FOLD_FIX)?))
    }

    /// The records of an answer about `name` that pass. An answer that loses all its records is an error.
    pub(crate) async fn pass(
        &self,
        name: &str,
        kind: RecordType,
        records: Vec<Record>,
    ) -> Result<Vec<Record>, Error> {
        if self.0.is_empty() {
            return Ok(records);
        }
        let mut passed = Vec::with_capacity(records.len());
        for record in records {
            let text = record.zone_line(kind);
            match self.0.find_async(text.as_bytes(), Ask::All).await {
                Ok(None) => passed.push(record),
                Ok(Some(action)) if is_ignore(&action) => log_lines::ignoring(&text),
                Ok(Some(action)) => {
                    log_lines::unknown_filter_action(self.0.title(), &action);
                    return Err(failure(name, kind, ErrorKind::Retry, "Invalid DNS reply filter syntax"));
                }
                Err(_) => {
                    return Err(failure(name, kind, ErrorKind::Retry, "Invalid DNS reply filter syntax"));
                }
            }
        }
        if passed.is_empty() {
            return Err(failure(name, kind, ErrorKind::Policy, "DNS reply filter drops all results"));
        }
        Ok(passed)
    }
}

fn is_ignore(action: &[u8]) -> bool {
    let word = action.split(|byte| matches!(byte, b' ' | b'\t')).next().unwrap_or_default();
    word.eq_ignore_ascii_case(b"IGNORE")
}

fn failure(name: &str, kind: RecordType, class: ErrorKind, why: &str) -> Error {
    Error {
        kind: class,
        no_such_name: false,
        negative_ttl: None,
        text: format!("Error looking up name={name} type={kind}: {why}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Data;
    use tables::Settings;

    async fn pass(list: &str) -> Result<Vec<Record>, Error> {
        let filter = ReplyFilter::open(&Opener::new(Settings::default()), "smtp_dns_reply_filter", list);
        let mx = |host: &str| Record {
            owner: "a.example".to_owned(),
            ttl: 5,
            data: Data::Mx { preference: 10, host: host.to_owned() },
        };
        filter.unwrap().pass("a.example", RecordType::Mx, vec![mx("b.example"), mx("c.example")]).await
    }

    #[tokio::test(flavor = "current_thread")]
    async fn records_are_matched_by_their_text() {
        assert_eq!(pass("").await.unwrap().len(), 2);
        let left = pass(r"regexp:{{/^a\.example\. 5 IN MX 10 b\.example\.$/ Ignore this}}").await.unwrap();
        assert_eq!(left.len(), 1);
        let all = pass("static:IGNORE").await.unwrap_err();
        assert_eq!(all.kind, ErrorKind::Policy);
        assert_eq!(all.text, "Error looking up name=a.example type=MX: DNS reply filter drops all results");
        assert_eq!(pass("static:OK").await.unwrap_err().kind, ErrorKind::Retry);
    }
}
