//! The traditional listing.

use crate::source::{self, AnyListing, ShowError};
use config::Config;
use ipc::showq::Message;
use std::io::{self, Write};
use sys::LocalTime;

/// Column widths, which depend on the form of new queue ids.
struct Columns {
    id: usize,
    size: usize,
    date: usize,
    heading: [&'static str; 4],
}

const SHORT: Columns = Columns {
    id: 11,
    size: 7,
    date: 20,
    heading: ["-Queue ID-", "--Size--", "----Arrival Time----", "-Sender/Recipient-------"],
};
const LONG: Columns = Columns {
    id: 17,
    size: 8,
    date: 19,
    heading: ["----Queue ID-----", "--Size--", "---Arrival Time----", "--Sender/Recipient------"],
};
/// Reasons are moved to the right up to here.
const REASON_WIDTH: usize = 76;

/// Shows a listing. Nothing that is complete waits here while more is awaited from the server.
pub(crate) fn show(config: &Config, listing: &mut AnyListing, out: &mut dyn Write) -> Result<(), ShowError> {
    let columns = if config.get(&params::ENABLE_LONG_QUEUE_IDS) { LONG } else { SHORT };
    let mut messages: u64 = 0;
    let mut bytes: u64 = 0;
    while let Some(message) = listing.message()? {
        if messages == 0 {
            columns.line(out, columns.heading)?;
        } else {
            out.write_all(b"\n")?;
        }
        columns.message(out, message)?;
        bytes = bytes.wrapping_add(message.size as u64);
        recipients(&columns, listing, out)?;
        if source::is_due(listing) {
            out.flush()?;
        }
        messages += 1;
    }
    if messages == 0 {
        out.write_all(b"Mail queue is empty\n")?;
    } else {
        let plural = if messages == 1 { "" } else { "s" };
        writeln!(out, "\n-- {} Kbytes in {messages} Request{plural}.", bytes / 1024)?;
    }
    Ok(())
}

fn recipients(columns: &Columns, listing: &mut AnyListing, out: &mut dyn Write) -> Result<(), ShowError> {
    let mut last_reason = Vec::new();
    while let Some(recipient) = listing.recipient()? {
        // A reason stands before all recipients that have it.
        if recipient.reason != last_reason {
            let shown = match recipient.reason.as_slice() {
                [] => "reason unavailable".into(),
                reason => log::bytes(reason).text(),
            };
            blanks(out, REASON_WIDTH, shown.len())?;
            for part in ["(", &shown, ")\n"] {
                out.write_all(part.as_bytes())?;
            }
            last_reason.clone_from(&recipient.reason);
        }
        columns.line(out, ["", "", "", &log::bytes(&recipient.address).text()])?;
    }
    Ok(())
}

impl Columns {
    fn line(&self, out: &mut dyn Write, [id, size, date, address]: [&str; 4]) -> io::Result<()> {
        out.write_all(id.as_bytes())?;
        blanks(out, self.id, id.len())?;
        out.write_all(b" ")?;
        blanks(out, self.size, size.len())?;
        out.write_all(size.as_bytes())?;
        out.write_all(b" ")?;
        out.write_all(date.as_bytes())?;
        blanks(out, self.date, date.len())?;
        out.write_all(b" ")?;
        out.write_all(address.as_bytes())?;
        out.write_all(b"\n")
    }

    fn message(&self, out: &mut dyn Write, message: &Message) -> io::Result<()> {
        let mut id = log::printable(&message.queue_id);
        match message.queue_name.as_slice() {
            b"active" => id.push('*'),
            b"hold" => id.push('!'),
            _ => {}
        }
        if message.forced_expire {
            id.push('#');
        }
        let date = LocalTime::from_seconds(message.arrival_time).format("%a %b %e %H:%M:%S %Y");
        let date = date.get(..self.date).unwrap_or(&date);
        self.line(out, [&id, &message.size.to_string(), date, &log::bytes(&message.sender).text()])
    }
}

/// Fills a column that has a text of this length.
fn blanks(out: &mut dyn Write, width: usize, length: usize) -> io::Result<()> {
    const BLANKS: [u8; REASON_WIDTH] = [b' '; REASON_WIDTH];
    out.write_all(BLANKS.get(..width.saturating_sub(length)).unwrap_or(&BLANKS))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{BufReader, Cursor, Read};

    /// A listing as showq(8) sends it.
    fn listing(words: &[&str]) -> AnyListing {
        let mut bytes = b"protocol\0mail_queue_list_protocol\0\0".to_vec();
        for word in words {
            bytes.extend_from_slice(word.as_bytes());
            bytes.push(0);
        }
        let input: Box<dyn Read> = Box::new(Cursor::new(bytes));
        AnyListing::open(BufReader::new(input), "test").unwrap()
    }

    const MESSAGE: &[&str] = &[
        "queue_name",
        "deferred",
        "queue_id",
        "4D2A31234",
        "time",
        "0",
        "size",
        "2048",
        "forced_expire",
        "1",
        "sender",
        "me@x.example",
    ];

    fn shown(words: &[&str]) -> String {
        let config = Config::from_text("postqueue", "").unwrap();
        let mut out = Vec::new();
        show(&config, &mut listing(words), &mut out).unwrap_or_else(|_| panic!("not shown"));
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn an_empty_queue() {
        assert_eq!(shown(&[""]), "Mail queue is empty\n");
    }

    // Expectation: postqueue -p of 3.11.7 in UTC.
    #[test]
    fn reasons_stand_before_recipients() {
        let recipient = |address, reason| {
            ["original_recipient", address, "recipient", address, "log_class", "defer", "reason", reason]
        };
        let mut words = MESSAGE.to_vec();
        words.extend(recipient("a@b.example", "no route"));
        words.extend(recipient("c@b.example", "no route"));
        words.extend(recipient("d@b.example", ""));
        words.extend(["", ""]);
        let text = shown(&words);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], "-Queue ID-  --Size-- ----Arrival Time---- -Sender/Recipient-------");
        assert!(lines[1].starts_with("4D2A31234#     2048 Thu Jan  1 "), "{}", lines[1]);
        assert!(lines[1].ends_with("  me@x.example"), "{}", lines[1]);
        assert_eq!(lines[2], format!("{:68}(no route)", ""));
        assert_eq!(lines[3].trim_start(), "a@b.example");
        assert_eq!(lines[4], format!("{:41}c@b.example", ""));
        assert_eq!(lines[5].trim_start(), "(reason unavailable)");
        assert_eq!(lines[8], "-- 2 Kbytes in 1 Request.");
    }

    #[test]
    fn a_broken_listing_is_an_error() {
        let config = Config::from_text("postqueue", "").unwrap();
        let cut = MESSAGE.get(..4).unwrap();
        assert!(show(&config, &mut listing(cut), &mut Vec::new()).is_err());
    }
}
