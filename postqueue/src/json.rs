//! The listing as JSON, one object a line. The layout is an interface, to the last blank.

use crate::source::{self, AnyListing, ShowError};
use config::Config;
use std::io::{self, Write};

/// Shows a listing. Nothing that is complete waits here while more is awaited from the server.
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
        if source::is_due(listing) {
            out.flush()?;
        }
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
    for part in ["\"", name, "\": \""] {
        out.write_all(part.as_bytes())?;
    }
    let shown = log::bytes(value).text();
    let mut written = 0;
    for (at, _) in shown.match_indices(['"', '\\']) {
        out.write_all(shown.get(written..at).unwrap_or_default().as_bytes())?;
        out.write_all(b"\\")?;
        written = at;
    }
    out.write_all(shown.get(written..).unwrap_or_default().as_bytes())?;
    out.write_all(b"\"")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{BufReader, Cursor, Read};

    // Expectation: postqueue -j of 3.11.7.
    #[test]
    fn one_object_a_line() {
        let bytes = b"protocol\0mail_queue_list_protocol\0\0\
            queue_name\0hold\0queue_id\0A1\0time\x0012\0size\x0034\0forced_expire\x000\0sender\0\"q\\\"q\"@x\0\
            original_recipient\0a@b\0recipient\0c@d\0log_class\0bounce\0reason\0no \x01\0\
            original_recipient\0e@f\0recipient\0e@f\0log_class\0\0reason\0\0\0\0";
        let input: Box<dyn Read> = Box::new(Cursor::new(bytes.to_vec()));
        let mut listing = AnyListing::open(BufReader::new(input), "test").unwrap();
        let config = Config::from_text("postqueue", "").unwrap();
        let mut out = Vec::new();
        assert!(show(&config, &mut listing, &mut out).is_ok());
        let expected = concat!(
            r#"{"queue_name": "hold", "queue_id": "A1", "arrival_time": 12, "message_size": 34, "#,
            r#""forced_expire": false, "sender": "\"q\\\"q\"@x", "recipients": ["#,
            r#"{"orig_address": "a@b", "address": "c@d", "bounce_reason": "no ?"}, "#,
            r#"{"orig_address": "e@f", "address": "e@f"}]}"#,
            "\n"
        );
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }
}
