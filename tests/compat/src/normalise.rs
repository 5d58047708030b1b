//! What may differ between two runs of the same thing: each has a named rule that a case opts into.

use regex::{Captures, Regex};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::OnceLock;

/// One rule. Applied to text; the same thing seen twice gets the same replacement, so identity is still compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Normaliser {
    /// Queue ids, short (`48F5252070D`) and long (`4ZxQ8m1Rz7z9t`), with the folder that they are hashed into, numbered in the order of their appearance.
    QueueId,
    /// The number in brackets behind a program's name in a log line, numbered in the order of their appearance.
    LogNumber,
    /// Process ids in texts (`PID: 186`, `pid 186`).
    Pid,
    /// Time stamps: of syslog, of RFC 5322, of mailq, of mbox lines.
    Date,
    /// The numbers of `delay=` and `delays=` in delivery lines, which have two digits after the point at most.
    Delay,
    /// The time part of message ids that the mail system makes.
    MessageId,
    /// Ports of clients, which the kernel chooses above 32767.
    ClientPort,
    /// Unix times from 2020 on, with or without a fraction.
    UnixTime,
    /// The unique parts of a maildir file's name and of MIME boundaries.
    Boundary,
    /// The text behind `query error: ` of postmap(1): for tables of SQL and LDAP servers it is of whatever error number
    /// the client library of the reference left behind last. Not one of [`Normaliser::ALL`].
    LeftoverNumber,
}

impl Normaliser {
    /// All of them: for logs and messages.
    pub const ALL: &'static [Normaliser] = &[
        Normaliser::MessageId,
        Normaliser::Boundary,
        Normaliser::Date,
        Normaliser::Delay,
        Normaliser::QueueId,
        Normaliser::LogNumber,
        Normaliser::Pid,
        Normaliser::ClientPort,
        Normaliser::UnixTime,
    ];

    fn pattern(self) -> &'static Regex {
        static PATTERNS: OnceLock<HashMap<&'static str, Regex>> = OnceLock::new();
        let patterns = PATTERNS.get_or_init(|| {
            let source = [
                ("queue-id", r"\b(?:(?:[0-9A-F]/)*[0-9A-F]{9,12}|[0-9B-DF-HJ-NP-TV-Zb-df-hj-np-tv-z]{10,13}z[0-9B-DF-HJ-NP-TV-Zb-df-hj-np-tv-z]{1,8})\b"),
                ("log-number", r"(?:postfix(?:/[a-z]+)?/[a-z-]+\[)(\d+)\]"),
                ("pid", r"\b(?:PID: |pid |process id )(\d+)"),
                (
                    "date",
                    r"\b(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),? )?(?:(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) [ \d]\d|\d{1,2} (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4}) \d\d:\d\d:\d\d(?: \d{4}| [+-]\d{4} \([A-Z]+\))?",
                ),
                ("delay", r"\bdelays?=(\d+(?:\.\d{1,2})?(?:/\d+(?:\.\d{1,2})?){0,3})[, ]"),
                ("message-id", r"<(\d{14})\.[0-9A-Za-z]+@"),
                ("client-port", r"(?:\]:|port |client_port=)([3-6]\d{4})\b"),
                ("unix-time", r"\b1[6-9]\d{8}(?:\.\d+)?\b"),
                ("boundary", r"(?:\b[0-9A-Fa-z]+\.\d{10}/[\w.]+|\d{10}\.V[0-9a-f]+I[0-9a-f]+M\d+)"),
                ("leftover-number", r"query error: ([^\n]+)"),
            ];
            source.into_iter().map(|(name, text)| (name, Regex::new(text).expect("a pattern"))).collect()
        });
        &patterns[self.name()]
    }

    fn name(self) -> &'static str {
        match self {
            Normaliser::QueueId => "queue-id",
            Normaliser::LogNumber => "log-number",
            Normaliser::Pid => "pid",
            Normaliser::Date => "date",
            Normaliser::Delay => "delay",
            Normaliser::MessageId => "message-id",
            Normaliser::ClientPort => "client-port",
            Normaliser::UnixTime => "unix-time",
            Normaliser::Boundary => "boundary",
            Normaliser::LeftoverNumber => "leftover-number",
        }
    }

    /// Whether different values get different replacements.
    fn keeps_identity(self) -> bool {
        matches!(self, Normaliser::QueueId)
    }
}

/// Applies rules in their order.
pub fn apply(rules: &[Normaliser], text: &str) -> String {
    rules.iter().fold(text.to_owned(), |text, rule| apply_one(*rule, &text))
}

/// Numbers anew what [`apply`] numbered in the order of its appearance: by what the lines say of it, for lines whose order is
/// left to chance.
pub fn numbered_by_content(text: &str) -> String {
    let mut lines_about: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for line in text.lines() {
        let ids: BTreeSet<&str> = numbered().find_iter(line).map(|found| found.as_str()).collect();
        for id in ids {
            let of_this = numbered().replace_all(line, |found: &Captures<'_>| {
                if &found[0] == id { "<this>".to_owned() } else { format!("<{}>", &found[1]) }
            });
            lines_about.entry(id).or_default().push(of_this.into_owned());
        }
    }
    let mut ids: Vec<(Vec<String>, &str)> = lines_about
        .into_iter()
        .map(|(id, mut lines)| {
            lines.sort();
            (lines, id)
        })
        .collect();
    ids.sort();
    let ranks: HashMap<&str, usize> = ids.iter().zip(1..).map(|((_, id), rank)| (*id, rank)).collect();
    let ranked = |found: &Captures<'_>| format!("<{}:{}>", &found[1], ranks[&found[0]]);
    numbered().replace_all(text, ranked).into_owned()
}

/// As [`apply`], but the same replacement for every value: for text whose order is left to chance.
pub fn without_identity(rules: &[Normaliser], text: &str) -> String {
    numbered().replace_all(&apply(rules, text), "<$1>").into_owned()
}

/// What [`apply`] puts in the place of a value that keeps its identity.
fn numbered() -> &'static Regex {
    static NUMBERED: OnceLock<Regex> = OnceLock::new();
    NUMBERED.get_or_init(|| Regex::new(r"<([a-z-]+):\d+>").expect("a pattern"))
}

fn apply_one(rule: Normaliser, text: &str) -> String {
    let mut seen: HashMap<String, usize> = HashMap::new();
    rule.pattern()
        .replace_all(text, |found: &Captures<'_>| {
            let whole = &found[0];
            // A word of letters only, or a number that may be a Unix time, is no queue id.
            if rule == Normaliser::QueueId && !looks_like_queue_id(whole) {
                return whole.to_owned();
            }
            let next = seen.len() + 1;
            let number = *seen.entry(whole.to_owned()).or_insert(next);
            let token = if rule.keeps_identity() {
                format!("<{}:{number}>", rule.name())
            } else {
                format!("<{}>", rule.name())
            };
            match found.get(1) {
                Some(part) => {
                    let start = part.start() - found.get(0).expect("a match").start();
                    format!("{}{token}{}", &whole[..start], &whole[start + part.len()..])
                }
                None => token,
            }
        })
        .into_owned()
}

fn looks_like_queue_id(word: &str) -> bool {
    let word = word.rsplit('/').next().unwrap_or(word);
    let digits = word.bytes().filter(u8::is_ascii_digit).count();
    let may_be_time = word.len() == 10 && Normaliser::UnixTime.pattern().is_match(word);
    digits > 0 && (digits < word.len() || word.len() > 9 && !may_be_time)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queue_ids_keep_their_identity() {
        let text = "48F5252070D: to=<a>; 48F5252071E: x; 48F5252070D: removed";
        assert_eq!(
            apply(&[Normaliser::QueueId], text),
            "<queue-id:1>: to=<a>; <queue-id:2>: x; <queue-id:1>: removed"
        );
    }

    #[test]
    fn log_lines_lose_time_and_number_only() {
        let line = "Nov 22 15:21:54 mail postfix/local[197]: 48F5252070D: to=<root>, relay=local, delay=0.02, \
                    delays=0.01/0.01/0/0, dsn=2.0.0, status=sent (delivered to mailbox)";
        assert_eq!(
            apply(Normaliser::ALL, line),
            "<date> mail postfix/local[<log-number>]: <queue-id:1>: to=<root>, relay=local, delay=<delay>, \
             delays=<delay>, dsn=2.0.0, status=sent (delivered to mailbox)"
        );
    }

    #[test]
    fn ids_of_lines_in_any_order() {
        let text = |a: u8, b: u8| {
            let id = |number: u8| format!("<queue-id:{number}>");
            [format!("{}: from=<>\n", id(b)), format!("{}: sent notice {}\n", id(a), id(b))]
        };
        let [first, second] = text(1, 2);
        let [third, fourth] = text(2, 1);
        let sorted = |one: &str, other: &str| {
            let text = numbered_by_content(&format!("{one}{other}"));
            let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
            lines.sort();
            lines
        };
        assert_eq!(sorted(&first, &second), sorted(&fourth, &third));
    }

    #[test]
    fn delays_that_no_log_has() {
        let line = "delay=0.123, delays=0.1/0.2/0.3/0.4/0.5, x";
        assert_eq!(apply(&[Normaliser::Delay], line), line);
    }

    #[test]
    fn dates_of_all_kinds() {
        for date in
            ["Sun, 22 Nov 2026 15:21:54 +0000 (UTC)", "Sun Nov 22 15:21:54 2026", "Sun Nov 22 15:21:54"]
        {
            assert_eq!(apply(&[Normaliser::Date], date), "<date>", "{date}");
        }
    }

    #[test]
    fn words_and_numbers_stay() {
        for word in ["DEADBEEFDEAD", "1763874000", "delivered"] {
            assert_eq!(apply(&[Normaliser::QueueId], word), word);
        }
    }
}
