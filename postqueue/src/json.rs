//! The listing as JSON, one object a line. The layout is an interface, to the last blank.

use crate::source::{AnyListing, ShowError};
use config::Config;
use std::io::{self, Write};

/// Shows a listing. Each message goes out as soon as it is complete.
pub(crate) fn show(_config: &Config, listing: &mut AnyListing, out: &mut dyn Write) -> Result<(), ShowError> {
    while let Some(message) = listing.message()? {
        out.write_all(b"{")?;
        text(out, "queue_name", &message.queue_name)?;
        out.write_all(b", ")?;
        text(out, "queue_id", &message.queue_id)?;
        write!(out, ", \"arrival_time\": {}", message.arrival_time)?;
        write!(out, ", \"message_size\": {}", message.size)?;
        write!(out, ", \"forced_expire\": {}, ", message.forced_expire)?;
        text(out, "sender", &message.sender)?;
        out.write_all(b", \"recipients\": [")?;
        let mut separator: &[u8] = b"{";
        while let Some(recipient) = listing.recipient()? {
            out.write_all(separator)?;
            separator = b", {";
            text(out, "orig_address", &recipient.original)?;
            out.write_all(b", ")?;
            text(out, "address", &recipient.address)?;
            if !recipient.reason.is_empty() {
                out.write_all(b", ")?;
                text(out, reason_name(&recipient.log_class), &recipient.reason)?;
            }
            out.write_all(b"}")?;
        }
        out.write_all(b"]}\n")?;
        out.flush()?;
    }
    Ok(())
}

fn reason_name(log_class: &[u8]) -> &'static str {
    match log_class {
        b"defer" => "delay_reason",
        b"bounce" => "bounce_reason",
        _ => "other_reason",
    }
}

/// A member with a string value. What is not printable was sent as `?`, so only two characters need a backslash.
fn text(out: &mut dyn Write, name: &str, value: &[u8]) -> io::Result<()> {
    write!(out, "\"{name}\": \"")?;
    for character in log::bytes(value).to_string().chars() {
        if matches!(character, '"' | '\\') {
            out.write_all(b"\\")?;
        }
        write!(out, "{character}")?;
    }
    out.write_all(b"\"")
}
