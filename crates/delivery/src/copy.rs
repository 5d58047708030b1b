//! Turns message records into the bytes that a mailbox file, a maildir file or a command gets: the extra headers in
//! front, quoting, line ends. No I/O here.

/// What is added to a message on its way into a file or command (names as in pipe(8) flags and mailbox delivery).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CopyFlags {
    /// Prepend a `From sender time` line.
    pub from_line: bool,
    /// Prepend a `Return-Path:` header.
    pub return_path: bool,
    /// Prepend an `X-Original-To:` header (subject to enable_original_recipient).
    pub original_to: bool,
    /// Prepend a `Delivered-To:` header.
    pub delivered_to: bool,
    /// Put `>` before body lines that start with `From `.
    pub quote_from: bool,
    /// Double a leading `.`.
    pub dot_stuff: bool,
    /// Append an empty line.
    pub blank_line: bool,
}

impl CopyFlags {
    /// For mbox files.
    pub const MBOX: CopyFlags = CopyFlags {
        from_line: true,
        return_path: true,
        original_to: true,
        delivered_to: true,
        quote_from: true,
        dot_stuff: false,
        blank_line: true,
    };

    /// For maildir files.
    pub const MAILDIR: CopyFlags = CopyFlags {
        from_line: false,
        return_path: true,
        original_to: true,
        delivered_to: true,
        quote_from: false,
        dot_stuff: false,
        blank_line: false,
    };
}

/// What the extra headers say. Addresses in external (quoted) form.
#[derive(Clone, Copy, Debug)]
pub struct CopyHeaders<'a> {
    /// The envelope sender, quoted; empty for the null sender.
    pub sender: &'a [u8],
    /// The original recipient, quoted; empty if there is none or enable_original_recipient is off.
    pub original_to: &'a [u8],
    /// The final recipient, quoted.
    pub delivered_to: &'a [u8],
    /// The time for the `From ` line in asctime form, `Sun Nov 22 15:30:00 2026`.
    pub asctime: &'a str,
}

/// Feeds on message content records one by one and appends what is to be written to a buffer.
#[derive(Debug)]
pub struct Copier {
    flags: CopyFlags,
    eol: &'static [u8],
    at_line_start: bool,
}

impl Copier {
    /// A copier with line ends `eol`.
    pub fn new(flags: CopyFlags, eol: &'static [u8]) -> Copier {
        Copier { flags, eol, at_line_start: true }
    }

    /// Appends the headers that go before the message.
    pub fn begin(&self, headers: &CopyHeaders<'_>, out: &mut Vec<u8>) {
        if self.flags.from_line {
            let sender = if headers.sender.is_empty() { b"MAILER-DAEMON" } else { headers.sender };
            self.line(out, &[b"From ", sender, b"  ", headers.asctime.as_bytes()]);
        }
        if self.flags.return_path {
            self.line(out, &[b"Return-Path: <", headers.sender, b">"]);
        }
        if self.flags.original_to && !headers.original_to.is_empty() {
            self.line(out, &[b"X-Original-To: ", headers.original_to]);
        }
        if self.flags.delivered_to {
            self.line(out, &[b"Delivered-To: ", headers.delivered_to]);
        }
    }

    /// Appends one content record. `ends_line` is false for a record that the next one continues.
    pub fn record(&mut self, ends_line: bool, data: &[u8], out: &mut Vec<u8>) {
        if self.at_line_start {
            if self.flags.quote_from && data.starts_with(b"From ") {
                out.push(b'>');
            }
            if self.flags.dot_stuff && data.first() == Some(&b'.') {
                out.push(b'.');
            }
        }
        out.extend_from_slice(data);
        if ends_line {
            out.extend_from_slice(self.eol);
        }
        self.at_line_start = ends_line;
    }

    /// Appends what ends the message.
    pub fn finish(&self, out: &mut Vec<u8>) {
        if !self.at_line_start {
            out.extend_from_slice(self.eol);
        }
        if self.flags.blank_line {
            out.extend_from_slice(self.eol);
        }
    }

    fn line(&self, out: &mut Vec<u8>, parts: &[&[u8]]) {
        for part in parts {
            out.extend_from_slice(part);
        }
        out.extend_from_slice(self.eol);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Expectations from postfix-3.11 local(8) and virtual(8).
    #[test]
    fn mbox_form() {
        let mut copier = Copier::new(CopyFlags::MBOX, b"\n");
        let mut out = Vec::new();
        let headers = CopyHeaders {
            sender: b"",
            original_to: b"u@example.com",
            delivered_to: b"v@example.com",
            asctime: "Sun Nov 22 15:30:00 2026",
        };
        copier.begin(&headers, &mut out);
        copier.record(true, b"Subject: x", &mut out);
        copier.record(true, b"", &mut out);
        copier.record(true, b"From here", &mut out);
        copier.record(false, b"long ", &mut out);
        copier.record(true, b"From inside", &mut out);
        copier.record(false, b"unfinished", &mut out);
        copier.finish(&mut out);
        let expected = "From MAILER-DAEMON  Sun Nov 22 15:30:00 2026\nReturn-Path: <>\n\
            X-Original-To: u@example.com\nDelivered-To: v@example.com\nSubject: x\n\n>From here\n\
            long From inside\nunfinished\n\n";
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }
}
