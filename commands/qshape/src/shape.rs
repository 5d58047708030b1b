//! Domains, and how many messages of which age each has.

use crate::age;
use crate::options::Options;
use crate::queue_file::Message;
use std::collections::HashMap;

/// The row of all domains together.
const TOTAL: &[u8] = b"TOTAL";
/// Where mail without sender comes from.
const NOBODY: &[u8] = b"MAILER-DAEMON";
/// The least room for a domain's name, however narrow the output.
const MIN_NAME_WIDTH: usize = 18;

/// What was counted.
#[derive(Debug)]
pub(crate) struct Shape {
    domains: HashMap<Vec<u8>, Row>,
    buckets: usize,
}

#[derive(Clone, Debug, Default)]
struct Row {
    /// By bucket; the first is the total of the others.
    counts: Vec<u64>,
    /// Of a parent domain.
    subdomains: u64,
}

impl Row {
    /// Counts one; says whether it is the row's first.
    fn count(&mut self, bucket: usize, buckets: usize) -> bool {
        self.counts.resize(buckets + 1, 0);
        for at in [0, bucket] {
            if let Some(count) = self.counts.get_mut(at) {
                *count += 1;
            }
        }
        self.total() == 1
    }

    fn total(&self) -> u64 {
        self.counts.first().copied().unwrap_or(0)
    }
}

impl Shape {
    /// Nothing yet.
    pub(crate) fn new(options: &Options) -> Shape {
        let total = (TOTAL.to_vec(), Row::default());
        Shape { domains: HashMap::from([total]), buckets: options.buckets as usize }
    }

    /// Counts a message: once for each of its recipients, or its sender.
    pub(crate) fn count(&mut self, message: &Message, now: i64, options: &Options) {
        let bucket = age::bucket(message.time, now, options);
        let buckets = self.buckets;
        let sender = std::slice::from_ref(&message.sender);
        let addresses = if options.by_sender { sender } else { &message.recipients };
        for address in addresses {
            self.row(TOTAL).count(bucket, buckets);
            let mut name = domain(address);
            let mut is_new = self.row(&name).count(bucket, buckets);
            while let Some(parent) = parent(&name).filter(|_| options.parents) {
                let row = self.row(&parent);
                row.subdomains += u64::from(is_new);
                is_new = row.count(bucket, buckets);
                name = parent;
            }
        }
    }

    fn row(&mut self, name: &[u8]) -> &mut Row {
        self.domains.entry(name.to_vec()).or_default()
    }

    /// Writes the table, at most `limit` rows of it.
    pub(crate) fn print(&self, options: &Options, limit: Option<usize>, out: &mut Vec<u8>) {
        let headings = age::headings(options);
        let total = self.domains.get(TOTAL).cloned().unwrap_or_default();
        let count = |row: &Row, at: usize| row.counts.get(at).copied().unwrap_or(0).to_string();
        let widths: Vec<usize> = headings
            .iter()
            .enumerate()
            .map(|(at, heading)| match heading.len().max(count(&total, at).len()) {
                width if width > 2 => width + 1,
                _ => 3,
            })
            .collect();
        let used: usize = widths.iter().sum();
        let name_width = (options.width as usize).saturating_sub(used).max(MIN_NAME_WIDTH);
        let mut line = |name: &[u8], cells: &[String]| {
            push_name(name, name_width, out);
            for (cell, width) in cells.iter().zip(&widths) {
                out.extend_from_slice(format!("{cell:>width$}").as_bytes());
            }
            out.push(b'\n');
        };
        line(b"", &headings);
        for (name, row) in self.rows(options).into_iter().take(limit.unwrap_or(usize::MAX)) {
            let cells: Vec<String> = (0..headings.len()).map(|at| count(row, at)).collect();
            line(name, &cells);
        }
    }

    /// The rows to show, in order: more messages first, then shorter names. The reference leaves the rest to chance.
    fn rows(&self, options: &Options) -> Vec<(&[u8], &Row)> {
        let is_shown = |name: &[u8], row: &Row| {
            !name.starts_with(b".") || row.subdomains as f64 >= options.min_subdomains
        };
        let mut rows: Vec<(&[u8], &Row)> = self
            .domains
            .iter()
            .map(|(name, row)| (name.as_slice(), row))
            .filter(|(name, row)| is_shown(name, row))
            .collect();
        rows.sort_by(|(a, row_a), (b, row_b)| {
            row_b.total().cmp(&row_a.total()).then(a.len().cmp(&b.len())).then(a.cmp(b))
        });
        rows
    }
}

/// A name at the right end of its column; of one that is too long, the end.
fn push_name(name: &[u8], width: usize, out: &mut Vec<u8>) {
    let end = |length: usize| name.get(name.len() - length..).unwrap_or_default();
    if name.len() <= width {
        out.resize(out.len() + width - name.len(), b' ');
        out.extend_from_slice(name);
    } else if name.starts_with(b".") {
        out.extend_from_slice(b".+");
        out.extend_from_slice(end(width - 2));
    } else {
        out.push(b'+');
        out.extend_from_slice(end(width - 1));
    }
}

/// An address's domain, in lower case, without dots at its ends; a name without domain stands for itself.
fn domain(address: &[u8]) -> Vec<u8> {
    if address.is_empty() {
        return NOBODY.to_vec();
    }
    let lower = address.to_ascii_lowercase();
    let after_at = lower.iter().rposition(|&byte| byte == b'@').map_or(0, |at| at + 1);
    let mut name = Vec::with_capacity(lower.len());
    let mut rest = lower.get(after_at..).unwrap_or_default();
    // Two dots are one; of three, two are left.
    while let Some((&byte, after)) = rest.split_first() {
        name.push(byte);
        rest = if byte == b'.' { after.strip_prefix(b".").unwrap_or(after) } else { after };
    }
    let inner = match name.as_slice() {
        [b'.', inner @ ..] if !inner.is_empty() => inner,
        all => all,
    };
    match inner {
        [inner @ .., b'.'] if !inner.is_empty() => inner.to_vec(),
        inner => inner.to_vec(),
    }
}

/// The parent domain, with a dot before it; top level domains count for nobody's parent.
fn parent(name: &[u8]) -> Option<Vec<u8>> {
    let inner = name.strip_prefix(b".").unwrap_or(name);
    let dot = inner.iter().position(|&byte| byte == b'.').filter(|&dot| dot > 0)?;
    let parent = inner.get(dot..)?;
    parent.get(1..)?.contains(&b'.').then(|| parent.to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn domains_of_addresses() {
        let of = |address: &str| String::from_utf8(domain(address.as_bytes())).unwrap();
        assert_eq!(of("A@b@Example.COM."), "example.com");
        assert_eq!(of(""), "MAILER-DAEMON");
        assert_eq!(of("root"), "root");
        assert_eq!(of("a@"), "");
        assert_eq!(of("a@.x..y...z."), "x.y..z");
        assert_eq!(of("a@."), ".");
    }

    #[test]
    fn parents_end_below_the_top_level() {
        assert_eq!(parent(b"a.b.example.com").unwrap(), b".b.example.com");
        assert_eq!(parent(b".example.com"), None);
        assert_eq!(parent(b"foo.example.com").unwrap(), b".example.com");
        assert_eq!(parent(b"localhost"), None);
    }

    #[test]
    fn long_names_lose_their_start() {
        let shown = |name: &str| {
            let mut out = Vec::new();
            push_name(name.as_bytes(), 6, &mut out);
            String::from_utf8(out).unwrap()
        };
        assert_eq!(shown("abc"), "   abc");
        assert_eq!(shown("abcdefgh"), "+defgh");
        assert_eq!(shown(".bcdefgh"), ".+efgh");
    }

    // Expectation: 3.11.
    #[test]
    fn an_empty_queue_has_a_total() {
        let options = Options { buckets: 1.0, ..Options::default() };
        let mut out = Vec::new();
        Shape::new(&options).print(&options, None, &mut out);
        let text = String::from_utf8(out).unwrap();
        assert_eq!(text, format!("{:>77}{:>3}\n{:>77}{:>3}\n", "T", "0+", "TOTAL  0", "0"));
    }
}
