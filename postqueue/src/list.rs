//! The traditional listing.

use crate::source::{AnyListing, ShowError};
use config::Config;
use ipc::showq::Message;
use std::io::Write;
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

/// Shows a listing. Each message goes out as soon as it is complete.
pub(crate) fn show(config: &Config, listing: &mut AnyListing, out: &mut dyn Write) -> Result<(), ShowError> {
    let columns = if config.get(&params::ENABLE_LONG_QUEUE_IDS) { LONG } else { SHORT };
    let mut messages: u64 = 0;
    let mut bytes: u64 = 0;
    while let Some(message) = listing.message()? {
        if messages == 0 {
            columns.texts(out, columns.heading)?;
        } else {
            out.write_all(b"\n")?;
        }
        columns.message(out, &message)?;
        recipients(&columns, listing, out)?;
        out.flush()?;
        messages += 1;
        bytes = bytes.wrapping_add(message.size as u64);
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
                [] => "reason unavailable".to_owned(),
                reason => log::bytes(reason).to_string(),
            };
            let padding = REASON_WIDTH.saturating_sub(shown.len());
            writeln!(out, "{:padding$}({shown})", "")?;
            last_reason = recipient.reason;
        }
        columns.texts(out, ["", "", "", &log::bytes(&recipient.address).to_string()])?;
    }
    Ok(())
}

impl Columns {
    fn texts(&self, out: &mut dyn Write, texts: [&str; 4]) -> std::io::Result<()> {
        let Columns { id, size, date, .. } = *self;
        let [first, second, third, fourth] = texts;
        writeln!(out, "{first:<id$} {second:>size$} {third:<date$} {fourth}")
    }

    fn message(&self, out: &mut dyn Write, message: &Message) -> std::io::Result<()> {
        let Columns { id: id_width, size: size_width, date: date_width, .. } = *self;
        let mut id = log::bytes(&message.queue_id).to_string();
        match message.queue_name.as_slice() {
            b"active" => id.push('*'),
            b"hold" => id.push('!'),
            _ => {}
        }
        if message.forced_expire {
            id.push('#');
        }
        let date = LocalTime::from_seconds(message.arrival_time).format("%a %b %e %H:%M:%S %Y");
        let date = date.get(..date_width).unwrap_or(&date);
        let sender = log::bytes(&message.sender).to_string();
        writeln!(out, "{id:<id_width$} {:size_width$} {date:>date_width$} {sender}", message.size)
    }
}
